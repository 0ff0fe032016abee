"""What a caller says of a sharding, as one that parts can be filled by."""

from __future__ import annotations

import jax
from jax.sharding import AbstractMesh, Mesh, NamedSharding, PartitionSpec, Sharding

from fastinit.common.errors import Shown, reject_type, reject_value


def sharding_of(
    where: str, parameter: str, value: object, shape: tuple[int, ...], is_traced: bool = False
) -> Sharding | None:
    """A sharding of arrays of that shape; a PartitionSpec is one of the mesh that is set.

    None is none, unless a mesh is set: then JAX puts what is made at once on all its devices.
    """
    if value is None:
        mesh = jax.sharding.get_abstract_mesh()
        if is_traced or mesh.empty:
            return None
        value = NamedSharding(mesh, PartitionSpec())
    if isinstance(value, PartitionSpec):
        mesh = jax.sharding.get_abstract_mesh() if is_traced else jax.sharding.get_mesh()
        if mesh.empty:
            reject_value(where, parameter, "a mesh set by jax.set_mesh, for a PartitionSpec", Shown("none"))
        value = NamedSharding(mesh, value)
    if not isinstance(value, NamedSharding if is_traced else Sharding):
        reject_type(where, parameter, "a NamedSharding or a PartitionSpec", value)
    check_even(where, parameter, value, shape)
    if not isinstance(value, NamedSharding):
        return value
    mesh, spec = value.mesh, value.spec
    if isinstance(mesh, AbstractMesh) and not is_traced:
        mesh = _with_devices(where, parameter, mesh)
    spec = PartitionSpec(*spec, *(None,) * (len(shape) - len(spec)))  # in full, as JAX's results have it
    return NamedSharding(mesh, spec, memory_kind=value.memory_kind)


def are_hidden() -> bool:
    """Whether a mesh is set whose devices JAX does not tell: where it traces, if only to differentiate."""
    if jax.sharding.get_abstract_mesh().empty:
        return False
    try:
        jax.sharding.get_mesh()
    except ValueError:
        return True
    return False


def _with_devices(where: str, parameter: str, abstract: AbstractMesh) -> Mesh:
    """The mesh that is set, its axes of the kinds that were given, as under ``jax.sharding.explicit_axes``."""
    mesh = jax.sharding.get_mesh()
    if mesh.shape != abstract.shape:
        reject_value(where, parameter, "a sharding over devices, or over the mesh set by jax.set_mesh", abstract)
    return Mesh(mesh.devices, mesh.axis_names, axis_types=abstract.axis_types)


def check_even(where: str, parameter: str, sharding: Sharding, shape: tuple[int, ...]) -> None:
    """Refuse a sharding whose parts are not all of one size, as JAX does."""
    try:
        sharding.shard_shape(shape)
    except (ValueError, TypeError, IndexError):
        spec = getattr(sharding, "spec", sharding)
        mesh = dict(sharding.mesh.shape) if hasattr(sharding, "mesh") else ""
        got = Shown(f"{spec} of {mesh} for {shape}")
        reject_value(where, parameter, "one that divides each axis evenly", got)
