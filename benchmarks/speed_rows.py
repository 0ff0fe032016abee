"""The rows of the project's speed table: both sides of each on the same memory, their values checked beforehand.

A peer is in its best form of the same work. What takes peers too long, and matrices, have a part of the buffer: the row
says which.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeVar

import numpy as np

import fastinit as fi
from fastinit import _kernels
from fastinit.bench import buffers, matrix_values, values
from fastinit.bench.own import new_name
from fastinit.bench.peer_interface import SEED, STD, Fill, Unavailable, require
from fastinit.bench.peers import CEILINGS, PEERS
from fastinit.bench.peers_frameworks import as_tensor

ALL = fi.get_num_threads()

N_TENSORS, TENSOR_ELEMENTS = 10_000, 1_000

#: PyTorch truncates 20 million values a second: 128 MiB of them, beyond all caches but the largest servers'.
N_TRUNCATED = 1 << 25

ORTHOGONAL_SHAPES = ((2048, 2048), (8192, 1024))
SPARSE_SHAPE, SPARSITY = (4096, 4096), 0.9


T = TypeVar("T")


class Row(NamedTuple):
    """A ratio to measure: how many times as fast `ours` is as the fastest of `theirs`."""

    work: str
    against: str
    floor: float
    aim: float
    ours: Callable[[], object]
    theirs: list[Callable[[], object]]
    scale: float = 1.0


def contender(name: str, out: np.ndarray, law: str, n_threads: int) -> Fill:
    """The peer's fill, after one whose values have been checked."""
    fill = PEERS[name].prepare(out, law, n_threads)
    values.erase(out)
    result = fill()
    if PEERS[name].ceiling:
        values.require_written(result, name)
    else:
        values.require_law(result, law, name)
    return fill


def available(title: str, make: Callable[[], T]) -> list[T]:
    """What `make` returns, as a list of one; of none, with a word about it, if that is missing."""
    try:
        return [make()]
    except Unavailable as reason:
        print(f"left out: {title}: {reason}")
        return []


def peer(name: str, out: np.ndarray, law: str, n_threads: int) -> list[Fill]:
    """A peer's fill, if the peer is installed."""
    return available(PEERS[name].title, lambda: contender(name, out, law, n_threads))


def with_isa(name: str, function: Callable[[], object]) -> Callable[[], object]:
    """The function with an instruction set forced for its length."""

    def forced() -> None:
        before = _kernels.isa()
        assert _kernels.choose_isa(name)
        function()
        _kernels.choose_isa(before)

    return forced


def rows(out: np.ndarray) -> list[Row]:
    """All but those of many tensors, on a float32 buffer."""
    return [*float32_rows(out), *part_rows(out), *dtype_rows(out), *matrix_rows(out)]


def float32_rows(out: np.ndarray) -> list[Row]:
    """The laws against writing memory and against the others, and their threads against one."""
    uniform = {n: contender("fastinit", out, "uniform", n) for n in (1, ALL)}
    normal = {n: contender("fastinit", out, "normal", n) for n in (1, ALL)}
    memset = {n: [contender(name, out, "normal", n) for name in CEILINGS] for n in (1, ALL)}
    numpy = peer("numpy", out, "normal", 1)
    few = out[:N_TRUNCATED]
    truncated = contender("fastinit", few, "truncated", 1)
    avx2 = [with_isa("avx2", normal[1])] if _kernels.isas().get("avx2") else []
    return [
        Row("uniform, 1 thread", "memset", 0.85, 1.0, uniform[1], memset[1]),
        Row(f"uniform, {ALL} threads", "memset", 0.85, 1.0, uniform[ALL], memset[ALL]),
        Row("normal, 1 thread", "memset", 0.40, 0.50, normal[1], memset[1]),
        Row("normal, 1 thread", "NumPy", 22, 30, normal[1], numpy),
        Row("normal, 1 thread", "PyTorch", 8, 11, normal[1], peer("torch", out, "normal", 1)),
        Row("normal, 1 thread", "MKL VSL, ICDF", 2.0, 2.5, normal[1], peer("mkl-vsl", out, "normal", 1)),
        *(Row("normal, 1 thread, AVX2", "NumPy", 13, 18, ours, numpy) for ours in avx2),
        Row("truncated, 128 MiB, 1 thread", "PyTorch", 60, 100, truncated, peer("torch", few, "truncated", 1)),
        Row("uniform, 1 thread", "NumPy", 14, 18, uniform[1], peer("numpy", out, "uniform", 1)),
        Row(f"uniform, {ALL} threads / {ALL}", "1 thread", 0.85, 0.95, uniform[ALL], [uniform[1]], 1 / ALL),
        Row(f"normal, {ALL} threads / {ALL}", "1 thread", 0.85, 0.95, normal[ALL], [normal[1]], 1 / ALL),
    ]


def part_rows(out: np.ndarray) -> list[Row]:
    """A block of columns of a larger tensor, also into memory that starts inside a cache line, and rows by id."""
    part = out[: 65536 * 1024].reshape(65536, 1024)
    late = out[4 : 4 + 65536 * 1024].reshape(65536, 1024)  # 16 bytes into a line, as NumPy's own arrays
    found = [
        Row(
            work,
            "whole, as many",
            0.85,
            0.95,
            lambda place=place: fi.normal((65536, 8192), index=np.s_[:, 3072:4096], out=place, rng=0, threads=1),
            [lambda place=place: fi.normal(out=place, rng=0, threads=1)],
        )
        for work, place in (("normal W[:, a:a+1024]", part), ("the same, 16 bytes into a line", late))
    ]
    ids = np.random.default_rng(0).integers(0, 2**40, out.size // 128)[: 10**6]
    rows = out[: ids.size * 128].reshape(-1, 128)
    by_id = partial(fi.normal, (2**40, 128), index=ids, out=rows, rng=0, threads=1)
    whole = partial(fi.normal, out=rows, rng=0, threads=1)
    return [*found, Row("10**6 rows by id, 128 each", "whole, as many", 1 / 3, 0.5, by_id, [whole])]


def dtype_rows(out: np.ndarray) -> list[Row]:
    """Normals of other dtypes, on the same bytes."""
    found = []
    for dtype, name, floor, aim in (("float64", "numpy", 10, 13), ("bfloat16", "torch", 10, 14)):
        for view in available(dtype, lambda dtype=dtype: out.view(buffers.named_dtype(dtype))):
            ours, theirs = contender("fastinit", view, "normal", 1), peer(name, view, "normal", 1)
            found.append(Row(f"{dtype} normal, 1 thread", PEERS[name].title, floor, aim, ours, theirs))
    return found


def matrix_rows(out: np.ndarray) -> list[Row]:
    """Orthogonal and sparse matrices on all threads, in a part of the buffer."""
    orthonormal = matrix_values.require_orthonormal
    sparse = partial(matrix_values.require_sparse, sparsity=SPARSITY)
    return [
        *(matrix_row(out, shape, "orthogonal", {}, orthonormal, 2.5, 3.5) for shape in ORTHOGONAL_SHAPES),
        matrix_row(out, SPARSE_SHAPE, "sparse", {"sparsity": SPARSITY, "std": STD}, sparse, 12, 25),
    ]


def matrix_row(
    out: np.ndarray,
    shape: tuple[int, int],
    name: str,
    parameters: dict[str, float],
    check: Callable[..., None],
    floor: float,
    aim: float,
) -> Row:
    """The scheme of that name against its namesake of torch.nn.init, each checked once."""
    matrix = out[: math.prod(shape)].reshape(shape)
    scheme = partial(getattr(fi, name), out=matrix, rng=SEED, threads=ALL, **parameters)

    def checked(who: str, fill: Callable[[], object]) -> Callable[[], object]:
        values.erase(matrix)
        fill()
        check(matrix, who=who)
        return fill

    def theirs() -> Callable[[], object]:
        torch = require("torch")
        torch.manual_seed(SEED)
        draw = partial(getattr(torch.nn.init, f"{name}_"), as_tensor(torch, matrix), **parameters)
        return checked("torch", lambda: (torch.set_num_threads(ALL), draw()))

    work = f"{name} {'x'.join(map(str, shape))}"
    ours = checked("fastinit", lambda: scheme(name=new_name()))
    return Row(f"{work}, {ALL} threads", "PyTorch", floor, aim, ours, available("PyTorch", theirs))


def many_tensors(out: np.ndarray, n_threads: int) -> Row:
    """All of a model's small tensors by one call, against one tensor of as many elements."""
    flat = out[: N_TENSORS * TENSOR_ELEMENTS]
    arrays = {f"h.{i}.weight": tensor for i, tensor in enumerate(flat.reshape(N_TENSORS, TENSOR_ELEMENTS))}
    rules = {"*": fi.get("normal", std=STD)}
    several = lambda: fi.initialize(arrays, rules, rng=0, threads=n_threads)  # noqa: E731
    one = lambda: fi.normal(std=STD, out=flat, rng=0, threads=n_threads)  # noqa: E731
    return Row("many tensors", "one tensor", 0.5, 1, several, [one])
