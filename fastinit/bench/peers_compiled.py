"""Peers that reach compiled code on their own: MKL's vector statistics by ctypes, and Numba."""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.metadata
import itertools
import math
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np

from fastinit.bench.peer_interface import (
    HALF_WIDTH,
    SEED,
    STD,
    Fill,
    Unavailable,
    require,
    require_dtype,
    require_law,
    shares,
    together,
)

# mkl_vsl_defines.h and mkl_service.h
VSL_BRNG_SFMT19937 = 13 << 20
VSL_RNG_METHOD_UNIFORM_STD = 0
VSL_RNG_METHOD_GAUSSIAN_BOXMULLER2 = 1
VSL_RNG_METHOD_GAUSSIAN_ICDF = 2
MKL_INTERFACE_LP64 = 0
MKL_THREADING_SEQUENTIAL = 1
LARGEST_CALL = 1 << 30  # elements; MKL_INT has 32 bits

CHUNK = 1 << 14  # elements that one state of Numba's generator fills


@cache
def load_mkl() -> ctypes.CDLL:
    """The single dynamic library, from the wheel `mkl` or the system, set to one internal thread.

    Call it before anything else uses that library (mkl_random does when imported): its layer is chosen only once, and
    the default one would bring a second OpenMP runtime, Intel's, into the process.
    """
    for path in [*_mkl_libraries(), ctypes.util.find_library("mkl_rt")]:
        if path is None:
            continue
        try:
            library = ctypes.CDLL(str(path))
        except OSError:
            continue
        library.MKL_Set_Threading_Layer(MKL_THREADING_SEQUENTIAL)
        library.MKL_Set_Interface_Layer(MKL_INTERFACE_LP64)
        library.MKL_Set_Num_Threads(1)
        return library
    raise Unavailable("libmkl_rt not found")


def _mkl_libraries() -> list[Path]:
    """Where the wheel `mkl` has put it."""
    try:
        files = importlib.metadata.files("mkl") or []
    except importlib.metadata.PackageNotFoundError:
        return []
    return [Path(file.locate()) for file in files if file.name.startswith(("libmkl_rt.", "mkl_rt."))]


class _Stream:
    """An SFMT19937 stream; those of one seed are 2**56 values apart."""

    def __init__(self, index: int) -> None:
        self.pointer = ctypes.c_void_p()
        self.delete = load_mkl().vslDeleteStream
        _check(load_mkl().vslNewStream(ctypes.byref(self.pointer), VSL_BRNG_SFMT19937, ctypes.c_uint32(SEED)))
        if index:
            _check(load_mkl().vslSkipAheadStream(self.pointer, ctypes.c_longlong(index << 56)))

    def __del__(self) -> None:
        self.delete(ctypes.byref(self.pointer))


def _check(status: int) -> None:
    if status != 0:
        raise RuntimeError(f"MKL returned status {status}")


def vsl(out: np.ndarray, law: str, n_threads: int, gaussian: int = VSL_RNG_METHOD_GAUSSIAN_ICDF) -> Fill:
    """``v?RngUniform`` or ``v?RngGaussian``, one call and one stream for each thread."""
    require_law(law)
    require_dtype(out, "float32", "float64")
    letter, real = ("s", ctypes.c_float) if out.dtype == np.float32 else ("d", ctypes.c_double)
    if law == "uniform":
        function, method, first, second = "RngUniform", VSL_RNG_METHOD_UNIFORM_STD, -HALF_WIDTH, HALF_WIDTH
    else:
        function, method, first, second = "RngGaussian", gaussian, 0.0, STD
    draw = getattr(load_mkl(), f"v{letter}{function}")

    def fill_share(stream: _Stream, share: np.ndarray) -> None:
        for start in range(0, share.size, LARGEST_CALL):
            part = share[start : start + LARGEST_CALL]
            address = ctypes.c_void_p(part.ctypes.data)
            _check(draw(method, stream.pointer, part.size, address, real(first), real(second)))

    parts = shares(out, n_threads)
    return together([partial(fill_share, _Stream(i), part) for i, part in enumerate(parts)], out)


def vsl_box_muller(out: np.ndarray, law: str, n_threads: int) -> Fill:
    """The same by Box and Muller's method, which has no cut at 5.4 standard deviations in float32."""
    require_law(law, ("normal",))
    return vsl(out, law, n_threads, VSL_RNG_METHOD_GAUSSIAN_BOXMULLER2)


def numba_xoroshiro(out: np.ndarray, law: str, n_threads: int) -> Fill:
    """A hand-written kernel: chunks in parallel, each with its own xoroshiro128+ state."""
    return _numba_fill(_xoroshiro_kernel, out, law, n_threads)


def numba_numpy_random(out: np.ndarray, law: str, n_threads: int) -> Fill:
    """Numba's own ``np.random``, called for each element."""
    return _numba_fill(_numpy_random_kernel, out, law, n_threads)


def _numba_fill(make_kernel: Callable, out: np.ndarray, law: str, n_threads: int) -> Fill:
    numba = require("numba")
    require_law(law)
    require_dtype(out, "float32", "float64")
    if n_threads > numba.config.NUMBA_NUM_THREADS:
        raise Unavailable(f"Numba has only {numba.config.NUMBA_NUM_THREADS} threads")
    kernel = make_kernel(out.dtype.name, law)
    parameter = HALF_WIDTH if law == "uniform" else STD
    keys = itertools.count(SEED)

    def fill(array: np.ndarray = out) -> np.ndarray:
        numba.set_num_threads(n_threads)  # lasting, so again at each call
        kernel(array, np.uint64(next(keys) << 32), parameter)
        return array

    fill(np.empty(2, out.dtype))  # compiles
    return fill


@cache
def _numpy_random_kernel(dtype: str, law: str) -> Callable:
    numba = require("numba")

    @numba.njit(parallel=True, fastmath=True, nogil=True)
    def uniform(out, key, half_width):
        for i in numba.prange(out.size):
            out[i] = np.random.uniform(-half_width, half_width)  # noqa: NPY002

    @numba.njit(parallel=True, fastmath=True, nogil=True)
    def normal(out, key, std):
        for i in numba.prange(out.size):
            out[i] = np.random.normal(0.0, std)  # noqa: NPY002

    return uniform if law == "uniform" else normal


@cache
def _xoroshiro_kernel(dtype: str, law: str) -> Callable:
    """The kernel ``(out, key, parameter)``: each chunk's state from its number by SplitMix64, values two by two."""
    numba = require("numba")
    two_values = _two_values(dtype, law)
    golden, factor1, factor2 = map(np.uint64, (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))

    @numba.njit(inline="always")
    def mixed(key, index):
        z = key + np.uint64(index) * golden
        z = (z ^ (z >> np.uint64(30))) * factor1
        z = (z ^ (z >> np.uint64(27))) * factor2
        return z ^ (z >> np.uint64(31))

    @numba.njit(parallel=True, fastmath=True, nogil=True)
    def kernel(out, key, parameter):
        for chunk in numba.prange((out.size + CHUNK - 1) // CHUNK):
            s0, s1 = mixed(key, 2 * chunk), mixed(key, 2 * chunk + 1)
            start, stop = chunk * CHUNK, min(out.size, (chunk + 1) * CHUNK)
            for i in range(start, stop - 1, 2):
                s0, s1, out[i], out[i + 1] = two_values(s0, s1, parameter)
            if (stop - start) % 2 == 1:
                s0, s1, out[stop - 1], _ = two_values(s0, s1, parameter)

    return kernel


def _two_values(dtype: str, law: str) -> Callable:
    """The function ``(s0, s1, parameter)`` that returns the next state and two values of the law."""
    numba = require("numba")
    real, two_units = np.dtype(dtype).type, _two_units(dtype)
    one, two_pi, minus_two = real(1), real(2 * math.pi), real(-2)

    @numba.njit(inline="always")
    def uniform(s0, s1, half_width):
        s0, s1, u, v = two_units(s0, s1)
        width, lowest = real(2.0 * half_width), real(-half_width)
        return s0, s1, u * width + lowest, v * width + lowest

    @numba.njit(inline="always", fastmath=True)
    def normal(s0, s1, std):
        s0, s1, u, v = two_units(s0, s1)
        radius = real(std) * math.sqrt(minus_two * math.log(one - u))
        angle = two_pi * v
        return s0, s1, radius * math.cos(angle), radius * math.sin(angle)

    return uniform if law == "uniform" else normal


def _two_units(dtype: str) -> Callable:
    """The function ``(s0, s1)`` that returns the next state and two values in [0, 1)."""
    numba = require("numba")
    real = np.dtype(dtype).type
    scale = real(2.0**-24 if dtype == "float32" else 2.0**-53)

    @numba.njit(inline="always")
    def step(s0, s1):
        s1 ^= s0
        s0 = ((s0 << np.uint64(24)) | (s0 >> np.uint64(40))) ^ s1 ^ (s1 << np.uint64(16))
        return s0, (s1 << np.uint64(37)) | (s1 >> np.uint64(27))

    @numba.njit(inline="always")
    def single(s0, s1):  # two times 24 bits of one word
        word = s0 + s1
        s0, s1 = step(s0, s1)
        low = (word >> np.uint64(16)) & np.uint64(0xFFFFFF)
        return s0, s1, real(np.int32(word >> np.uint64(40))) * scale, real(np.int32(low)) * scale

    @numba.njit(inline="always")
    def double(s0, s1):  # 53 bits of each of two words
        first = s0 + s1
        s0, s1 = step(s0, s1)
        second = s0 + s1
        s0, s1 = step(s0, s1)
        return s0, s1, real(np.int64(first >> np.uint64(11))) * scale, real(np.int64(second >> np.uint64(11))) * scale

    return single if dtype == "float32" else double
