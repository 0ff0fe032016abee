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
        value = _of_the_mesh_that_is_set(where, parameter, value, is_traced)
    if not isinstance(value, NamedSharding if is_traced else Sharding):
        reject_type(where, parameter, "a NamedSharding or a PartitionSpec", value)
    _check_spec(where, parameter, value, len(shape))
    check_even(where, parameter, value, shape)
    if isinstance(value, NamedSharding) and isinstance(value.mesh, AbstractMesh):
        if not is_traced:
            value = NamedSharding(
                _with_devices(where, parameter, value.mesh), value.spec, memory_kind=value.memory_kind
            )
        elif jax.sharding.get_abstract_mesh().empty:
            reject_value(where, parameter, "a sharding over devices, or over the mesh set by jax.set_mesh", value.mesh)
    return value


def _of_the_mesh_that_is_set(where: str, parameter: str, spec: PartitionSpec, is_traced: bool) -> NamedSharding:
    mesh = jax.sharding.get_abstract_mesh() if is_traced else jax.sharding.get_mesh()
    if mesh.empty:
        reject_value(where, parameter, "a mesh set by jax.set_mesh, for a PartitionSpec", Shown("none"))
    try:
        return NamedSharding(mesh, spec)
    except Exception:  # of several kinds, JAX's own among them
        reject_value(where, parameter, f"each axis of the mesh {dict(mesh.shape)} at most once", spec)


def _check_spec(where: str, parameter: str, sharding: Sharding, n_dims: int) -> None:
    spec = getattr(sharding, "spec", ())
    if len(spec) > n_dims:
        reject_value(where, parameter, f"at most {n_dims} entries, one for each axis", spec)
    if any(entry is PartitionSpec.UNCONSTRAINED for entry in spec) or getattr(spec, "unreduced", None):
        reject_value(where, parameter, "axes of the mesh, or None", spec)
    if jax.sharding.AxisType.Manual in (getattr(getattr(sharding, "mesh", None), "axis_types", None) or ()):
        reject_value(where, parameter, "none inside jax.shard_map", spec)


def in_full(sharding: Sharding | None, n_dims: int) -> Sharding | None:
    """The same sharding with an entry for each axis, as the results of JAX's initializers have it."""
    if not isinstance(sharding, NamedSharding):
        return sharding
    spec = PartitionSpec(*sharding.spec, *(None,) * (n_dims - len(sharding.spec)))
    return NamedSharding(sharding.mesh, spec, memory_kind=sharding.memory_kind)


def are_hidden() -> bool:
    """Whether a mesh is set whose devices JAX does not tell: where it traces, if only to differentiate."""
    return not jax.sharding.get_abstract_mesh().empty and is_tracing()


def is_tracing() -> bool:
    """Whether JAX traces here."""
    try:
        jax.sharding.get_mesh()
    except ValueError:
        return True
    return False


def refuse_tracing(where: str) -> None:
    """Raise where values would be made while tracing, and become constants of the program."""
    if is_tracing():
        reject_value(where, "call", "one outside of traced functions, where the initializers fill", Shown("one inside"))


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
    except (ValueError, TypeError, IndexError, AssertionError, NotImplementedError):
        spec = getattr(sharding, "spec", sharding)
        mesh = dict(sharding.mesh.shape) if hasattr(sharding, "mesh") else ""
        got = Shown(f"{spec} of {mesh} for {shape}")
        reject_value(where, parameter, "one that divides each axis evenly", got)
