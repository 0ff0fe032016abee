"""From a configured scheme and the caller's arguments to one call of the kernels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fastinit import _kernels
from fastinit.common import checks, selection
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.common.selection import Selection, block_shape
from fastinit.filling import memory, output, region, seed, tensors, threads
from fastinit.filling.target import Target
from fastinit.laws import dtypes
from fastinit.laws.dtypes import FLOAT32, FLOAT32_FORMAT
from fastinit.laws.kernel_laws import Law
from fastinit.laws.spec import Placement, Spec

#: Bytes of output from which stores bypass the caches. Below, the result fits in a large L2 or a share of L3 and is
#: still there for its first use; above, a plain store would first read every line it overwrites. Measured where a core
#: has 2 MiB of L2, rates past the caches over rates through them, fill and one read of the whole by NumPy together, for
#: 4, 8, 16, 32 and 512 MiB: uniform on one thread 0.62, 1.0, 1.3, 1.5, 1.7; on two 0.7, 0.85, 1.1, 1.3, 1.4; normal
#: on one 0.73, 0.87, 0.96, 1.05, 1.08. The fill alone breaks even at half that size.
STREAM_BYTES = 16 << 20


def fill(spec: Spec, shape, dtype, out, rng, name, index, n_threads):
    """Check everything, then allocate if need be, fill, and return the result. `n_threads` may be None."""
    where = spec.scheme
    is_plain = shape is None and dtype is None and index is None and _kernels.is_plain(out, FLOAT32)
    if is_plain:
        array = part = out
        fmt, full_shape, chosen, box = FLOAT32_FORMAT, out.shape, None, None
    else:
        array, dtype, full_shape, chosen = _asked(where, shape, dtype, out, index)
        fmt = dtypes.format_of(dtype)
        spec = spec.for_kind(fmt)
    _kept = None if array is None else _kernels.keep_memory(array)  # while the caller's own code runs
    law = spec.law(full_shape, fmt)
    seed.check_name(where, name)
    if array is None:
        array = memory.aligned(where, full_shape if chosen is None else chosen.shape, dtype)
    if not is_plain:
        part, box = runs_of(array, full_shape, chosen)
    n_threads = threads.choose(where, n_threads, array.size)
    placement, workspace = None, None
    if not spec.is_law:
        own_name = str.__str__(name)
        target = target_of(array, full_shape, chosen)
        placement = Placement(target, full_shape, fmt, seed.NO_SEED, own_name, own_name, n_threads)
    if placement is not None or box is not None:
        workspace = memory.workspace(where, lambda: max(_room_of_law(part, law, box, n_threads), room(spec, placement)))
    # Last of all checks, because it advances a generator: a call that raises must not.
    words = seed.seed_of(where, rng, law.tag != b"" if spec.is_law else spec.draws(full_shape, fmt))
    if out is not array:
        tensors.note_write(out)
    if law is not None:
        _kernels.fill(part, law, words, name, box, n_threads, array.nbytes >= STREAM_BYTES, workspace)
    if placement is not None:
        complete(spec, placement._replace(seed=words, workspace=workspace))
    return array if out is None else out


def fill_whole(spec: Spec, array: np.ndarray, rng, name: str) -> None:
    """The same of an array and a name that need no more checks; for the many small ones with as few looks as can be."""
    fmt = dtypes.format_of(array.dtype)
    if fmt is None or fmt.kind != "float" or not (spec.is_law and _kernels.is_plain(array, array.dtype)):
        fill(spec, None, None, array, rng, name, None, None)
        return
    law = spec.law(array.shape, fmt)
    n_threads = threads.choose(spec.scheme, None, array.size)
    words = seed.seed_of(spec.scheme, rng, law.tag != b"")
    _kernels.fill(array, law, words, name, None, n_threads, array.nbytes >= STREAM_BYTES)


def room(spec: Spec, p: Placement | None) -> int:
    """Bytes of workspace that `complete` takes; none for a scheme without a placement."""
    if p is None or 0 in p.target.shape:
        return 0
    n_bytes = 0
    if spec.room is not None:
        n_bytes = spec.room(p)
    for block, other in _blocks(spec, p):
        law = other.law(block.shape, block.fmt)
        if law is not None:
            part, box = block.target.runs()
            n_bytes = max(n_bytes, _room_of_law(part, law, box, threads.for_part(p.n_threads, part.size)))
        n_bytes = max(n_bytes, room(other, block))
    return n_bytes


def _room_of_law(part: np.ndarray, law: Law | None, box: tuple | None, n_threads: int) -> int:
    return 0 if law is None or box is None else _kernels.fill_room(part, law, box, n_threads)


def complete(spec: Spec, p: Placement) -> None:
    """What a scheme does after its law: it places values, then gives blocks to other schemes."""
    if 0 in p.target.shape:
        return
    if spec.place is not None:
        with np.errstate(all="ignore"):  # to infinities and NaN among given values, to dtypes with fewer bits
            _kernels.in_default_float_mode(spec.place, p)
    for block, other in _blocks(spec, p):
        _fill_block(other, block)


def _blocks(spec: Spec, p: Placement) -> Iterator[tuple[Placement, Spec]]:
    """What of it lies in each block that another scheme gets, and that scheme."""
    for override in spec.overrides:
        box = override.block(spec.scheme, p.shape)
        target = p.target.within(box)
        if target is not None:
            own_name = f"{p.own_name}\0{','.join(f'{line.start}:{line.step}:{line.count}' for line in box)}"
            yield p._replace(target=target, shape=block_shape(box), own_name=own_name), override.spec


def _fill_block(spec: Spec, p: Placement) -> None:
    law = spec.law(p.shape, p.fmt)
    if law is not None:
        array, box = p.target.runs()
        n_threads = threads.for_part(p.n_threads, array.size)
        _kernels.fill(array, law, p.seed, p.name, box, n_threads, array.nbytes >= STREAM_BYTES, p.workspace)
    complete(spec, p)


def fill_flat(spec: Spec, full_shape, first: int, array: np.ndarray, rng, name: str, n_threads) -> None:
    """Fill a contiguous `array` with the elements of a tensor that follow flat index `first`; for laws alone."""
    law = spec.law(full_shape, dtypes.format_of(array.dtype))
    n_threads = threads.choose(spec.scheme, n_threads, array.size)
    words = seed.seed_of(spec.scheme, rng, law.tag != b"")
    _kernels.fill(array, law, words, name, region.whole(array, first), n_threads, array.nbytes >= STREAM_BYTES)


def runs_of(array: np.ndarray, full_shape: Shape, chosen: Selection | None) -> tuple[np.ndarray, tuple | None]:
    """What is filled of an array that gets a part of a tensor, and the box of the stream that goes there.

    Both as _kernels.fill takes them; the part is the whole, if none is chosen.
    """
    if array.size == 0:
        return array.real, None  # complex numbers go as their parts
    if array.dtype.kind == "c" or (chosen is not None and chosen.positions):
        return target_of(array, full_shape, chosen).runs()
    if chosen is not None:
        return region.of_lines(array, chosen.lines, full_shape)
    return array, None if array.flags.c_contiguous else region.whole(array)


def target_of(array: np.ndarray, full_shape: Shape, chosen: Selection | None) -> Target:
    """An array as the place of a part of a tensor; of the whole, if none is chosen."""
    return Target(array, full_shape, selection.whole(full_shape) if chosen is None else chosen)


def _asked(where: str, shape, dtype, out, index) -> tuple[np.ndarray | None, np.dtype, Shape, Selection | None]:
    """The array to fill, None if it is yet to be made; its dtype; the full shape; the part, None for the whole."""
    array = None
    if out is not None:
        array = output.as_array(where, out)
        _kept = _kernels.keep_memory(array)  # while the caller's own code runs, such as an index's
        if dtype is not None and dtypes.resolve(where, dtype) != array.dtype:
            reject_type(where, "dtype", f"{array.dtype.name}, the dtype of out", dtype)
        dtype = array.dtype
    else:
        dtype = dtypes.resolve(where, dtype)
    full_shape = _full_shape(where, shape, dtype, array, index)
    if index is None:
        if array is not None and array.shape != full_shape:
            reject_value(where, "shape", f"{array.shape}, the shape of out", Shown(full_shape))
        return array, dtype, full_shape, None
    chosen = selection.select(where, full_shape, index)
    if array is not None and array.shape != chosen.shape:
        reject_value(where, "out", f"shape {chosen.shape}, the indexed shape", Shown(array.shape))
    return array, dtype, full_shape, chosen


def _full_shape(where: str, shape, dtype: np.dtype, array: np.ndarray | None, index) -> Shape:
    if shape is not None:
        if checks.n_dims(shape) != 0 or (type(shape) not in (int, tuple, list) and output.is_exporter(shape)):
            reject_type(where, "shape", checks.SHAPE_EXPECTED, Shown("an array; to fill it, use out="))
        return checks.as_shape(where, shape, dtype.itemsize)
    if array is None:
        reject_type(where, "shape", "a shape, or an array as out", None)
    if index is not None:
        reject_type(where, "shape", "the full shape when index is given", None)
    return array.shape
