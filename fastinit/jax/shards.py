"""Arrays of which each device gets its part, filled in place and handed over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.sharding import Sharding, SingleDeviceSharding

from fastinit.common import checks
from fastinit.common.calls import one_form
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.filling import memory, seed
from fastinit.jax import keys, meshes
from fastinit.laws import dtypes
from fastinit.plans.batch import initialize
from fastinit.plans.part import Part, part
from fastinit.schemes.register import Configured, configured_of


class Pieces(NamedTuple):
    """Memory for what this process has of an array."""

    shape: tuple[int, ...]  #: of the whole
    dtype: np.dtype
    sharding: Sharding
    parts: tuple[Part, ...]  #: each once, as `fastinit.initialize` takes them
    devices: tuple[list, ...]  #: of each part, those that hold it

    def joined(self) -> jax.Array:
        """The array, its parts handed over. Devices that hold the same part on one machine may share its memory."""
        by_device = [
            handed_over(piece.array, SingleDeviceSharding(device, memory_kind=self.sharding.memory_kind))
            for piece, devices in zip(self.parts, self.devices, strict=True)
            for device in devices
        ]
        return jax.make_array_from_single_device_arrays(self.shape, self.sharding, by_device, dtype=self.dtype)


def pieces_of(where: str, shape: tuple[int, ...], dtype: np.dtype, sharding: Sharding) -> Pieces:
    """New memory, for each distinct part that this process's devices hold."""
    by_bounds: dict[tuple, list] = {}
    for device, index in sharding.addressable_devices_indices_map(shape).items():
        bounds = tuple(line.indices(n)[:2] for line, n in zip(index, shape, strict=True))
        by_bounds.setdefault(bounds, []).append(device)
    parts = [
        part(
            memory.aligned(where, tuple(stop - start for start, stop in bounds), dtype),
            shape,
            tuple(slice(*line) for line in bounds),
        )
        for bounds in by_bounds
    ]
    return Pieces(shape, dtype, sharding, tuple(parts), tuple(by_bounds.values()))


def handed_over(array: np.ndarray, place: Sharding | None = None) -> jax.Array:
    """An array of JAX over the same memory, which nobody writes to any more; a copy where the device has its own."""
    return jax.device_put(array, place, may_alias=True)


def filled(
    where: str, shape: tuple[int, ...], dtype: np.dtype, sharding: Sharding, scheme: Configured, rng: object, name: str
) -> jax.Array:
    """A sharded array, of what has been checked but for the scheme."""
    pieces = pieces_of(where, shape, dtype, sharding)
    if pieces.parts:
        check(scheme, shape, dtype)
        initialize({name: pieces.parts}, {"*": scheme}, rng)
    return pieces.joined()


def check(scheme: Configured, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """Raise what a fill would, in the scheme's own words, and fill nothing."""
    scheme(shape, dtype=dtype, rng=0, index=np.s_[:0] if shape else None)


@one_form
def make_array(
    shape: int | Sequence[int], sharding: Sharding, scheme: Any, rng: Any = 0, name: str = "", *, dtype: Any = None
) -> jax.Array:
    """Return a sharded array of JAX, each part filled on its own, and equal to the whole bit for bit.

    ``np.asarray(make_array(shape, sharding, scheme, rng, name))`` is ``scheme(shape, rng=rng, name=name)``, whatever
    the sharding. Each process fills the parts of its own devices, and no more: a part that several of them hold is
    filled once. On the CPU parts are handed over without a copy.

    Parameters
    ----------
    shape : int or tuple of int
        Of the whole.
    sharding : jax.sharding.Sharding
        Which device holds which part; parts are of equal size.
    scheme : str, scheme or Configured
        A scheme's name, its function, or what `fastinit.get` returned. Its fans come from the whole shape.
    rng : None, int, sequence of int, SeedSequence, BitGenerator, Generator or key of jax.random, default 0
        As for the scheme; of a key, its words. Where several processes share the array, each must give the same number.
    name : str, default ""
        Of the stream.
    dtype : dtype-like, default float32
        One that fills accept, and JAX has: without its 64 bits, none of those.

    Returns
    -------
    jax.Array
        With that sharding.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as stated, or the sharding does not divide the shape evenly.

    See Also
    --------
    initialize : A whole tree of arrays.
    fastinit.get : A scheme by its name.

    Examples
    --------
    >>> import jax, numpy as np, fastinit as fi, fastinit.jax as fj
    >>> from jax.sharding import NamedSharding, PartitionSpec
    >>> mesh = jax.make_mesh((len(jax.devices()),), ("x",))
    >>> w = fj.make_array((64, 32), NamedSharding(mesh, PartitionSpec("x")), "he_normal", rng=0, name="w")
    >>> bool((np.asarray(w) == fi.he_normal((64, 32), rng=0, name="w")).all())
    True
    """
    where = "make_array"
    if not isinstance(sharding, Sharding):
        reject_type(where, "sharding", "a jax.sharding.Sharding", sharding)
    resolved = dtypes.resolve(where, dtype)
    if jax.dtypes.canonicalize_dtype(resolved) != resolved:
        reject_value(where, "dtype", "one of 32 bits or fewer, unless jax_enable_x64 is set", Shown(resolved.name))
    dims = checks.as_shape(where, shape, resolved.itemsize)
    configured = configured_of(where, scheme)
    seed.check_name(where, name)
    meshes.refuse_tracing(where)
    resolved_sharding = meshes.sharding_of(where, "sharding", sharding, dims)
    rng = keys.rng_of(where, rng)
    seed.check_rng(where, rng)
    return filled(where, dims, resolved, resolved_sharding, configured, rng, name)
