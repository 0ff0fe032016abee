"""The peers to measure against, by name: ``PEERS[name].prepare(out, law, n_threads)``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from fastinit.bench import own, peers_compiled, peers_frameworks
from fastinit.bench.peer_interface import (
    HALF_WIDTH,
    SEED,
    STD,
    Factory,
    Fill,
    Peer,
    require,
    require_dtype,
    require_law,
    require_one_thread,
    shares,
    together,
)

BLOCK = 1 << 15  # elements; scaled while still in the cache, which is faster than a second pass over the whole


def numpy_in_place(bit_generator: Callable[[], type], out: np.ndarray, law: str, n_threads: int) -> Fill:
    """``Generator.standard_normal(out=)`` or ``random(out=)``, then scaled in place.

    More threads follow "Multithreaded generation" in NumPy's manual: spawned seeds, one slice for each thread.
    """
    require_law(law)
    require_dtype(out, "float32", "float64")
    seeds = np.random.SeedSequence(SEED).spawn(n_threads)
    generators = [np.random.Generator(bit_generator()(seed)) for seed in seeds]
    fill_share = {"uniform": _numpy_uniform, "normal": _numpy_normal}[law]
    pairs = zip(generators, shares(out, n_threads), strict=True)
    return together([partial(fill_share, generator, share) for generator, share in pairs], out)


def _numpy_uniform(generator: np.random.Generator, out: np.ndarray) -> None:
    width, half_width = out.dtype.type(2 * HALF_WIDTH), out.dtype.type(HALF_WIDTH)
    for start in range(0, out.size, BLOCK):
        block = out[start : start + BLOCK]
        generator.random(out=block, dtype=out.dtype)
        block *= width
        block -= half_width


def _numpy_normal(generator: np.random.Generator, out: np.ndarray) -> None:
    std = out.dtype.type(STD)
    for start in range(0, out.size, BLOCK):
        block = out[start : start + BLOCK]
        generator.standard_normal(out=block, dtype=out.dtype)
        block *= std


def numpy_naive(out: np.ndarray, law: str, n_threads: int) -> Fill:
    """What most code does: draw float64, convert, copy."""
    require_law(law)
    require_one_thread(n_threads)
    generator = np.random.default_rng(SEED)

    def fill() -> np.ndarray:
        if law == "uniform":
            out[...] = generator.uniform(-HALF_WIDTH, HALF_WIDTH, out.size).astype(out.dtype)
        else:
            out[...] = generator.normal(0, STD, out.size).astype(out.dtype)
        return out

    return fill


def mkl_random_blocks(out: np.ndarray, law: str, n_threads: int) -> Fill:
    """mkl_random knows float64 only: blocks that fit the cache, each converted as it is copied."""
    peers_compiled.load_mkl()
    mkl_random = require("mkl_random")
    require_law(law)
    require_dtype(out, "float32", "float64")
    draws = []
    for i, share in enumerate(shares(out, n_threads)):
        # Not MKL's own contender's seed: that would draw the same values, and look as if it had drawn none.
        state = mkl_random.MKLRandomState(SEED + 1000 + i, brng="SFMT19937")
        draws.append(partial(_mkl_random_draw, state, law, share))
    return together(draws, out)


def _mkl_random_draw(state, law: str, out: np.ndarray) -> None:
    for start in range(0, out.size, BLOCK):
        block = out[start : start + BLOCK]
        if law == "uniform":
            block[...] = state.uniform(-HALF_WIDTH, HALF_WIDTH, block.size)
        else:
            block[...] = state.normal(0.0, STD, block.size, method="ICDF")


def _peers() -> list[Peer]:
    def numpys(bit_generator: Callable[[], type]) -> Factory:
        return partial(numpy_in_place, bit_generator)

    def jax(implementation: str) -> Factory:
        return partial(peers_frameworks.jax_jitted, implementation)

    numpy_note = "default_rng, out=, scaled block by block; several threads as in NumPy's manual"
    slices_note = "one Python thread and one torch.Generator for each slice, since the drawing itself is serial"
    jax_note = (
        "jitted; returns an array of its own, and the copy into the buffer is not included; values of two bytes are "
        "drawn in float32"
    )
    xoshiro = numpys(lambda: require("randomgen").Xoshiro256)
    vsl, boxmuller = peers_compiled.vsl, peers_compiled.vsl_box_muller
    xoroshiro, per_element = peers_compiled.numba_xoroshiro, peers_compiled.numba_numpy_random
    return [
        Peer("fastinit", "fastinit", own.fastinit, "one rng, a new name for each call", "fastinit-nn"),
        Peer("numpy", "NumPy", numpys(lambda: np.random.PCG64), numpy_note, "numpy"),
        Peer("numpy-sfc64", "NumPy, SFC64", numpys(lambda: np.random.SFC64), "its fastest bit generator", "numpy"),
        Peer(
            "numpy-naive",
            "NumPy, naive",
            numpy_naive,
            "float64 drawn, converted and copied, as most code does",
            "numpy",
            threads="one",
            n_buffers=5,
        ),
        Peer("randomgen", "randomgen", xoshiro, "Xoshiro256 in NumPy's Generator", "randomgen"),
        Peer(
            "torch",
            "PyTorch",
            peers_frameworks.torch_plain,
            "uniform_ and normal_ of torch.Tensor, which draw serially; torch.nn.init.trunc_normal_",
            "torch",
            threads="one",
        ),
        Peer(
            "torch-keyed",
            "PyTorch, keyed",
            peers_frameworks.torch_keyed,
            "uniform_ and normal_ of torch.func._random, which are private: the same key, the same values",
            "torch",
            threads="one",
        ),
        Peer("torch-slices", "PyTorch, slices", peers_frameworks.torch_slices, slices_note, "torch", threads="many"),
        Peer("jax", "JAX", jax("threefry2x32"), f"default generator, {jax_note}", "jax", in_place=False, n_buffers=6),
        Peer(
            "jax-rbg", "JAX, rbg", jax("rbg"), f"its faster generator, {jax_note}", "jax", in_place=False, n_buffers=4
        ),
        Peer("mkl_random", "mkl_random", mkl_random_blocks, "SFMT19937, ICDF; float64 converted", "mkl_random"),
        Peer("mkl-vsl", "MKL VSL, ICDF", vsl, "SFMT19937; more threads skip ahead, a stream each", "mkl"),
        Peer("mkl-vsl-boxmuller2", "MKL VSL, Box-Muller", boxmuller, "SFMT19937, BOXMULLER2", "mkl"),
        Peer("numba", "Numba", xoroshiro, "prange over chunks, xoroshiro128+, Box-Muller", "numba"),
        Peer("numba-np.random", "Numba, np.random", per_element, "prange, one call for each element", "numba"),
        Peer("memset", "memset", own.memset, "libc's, each thread its share", ceiling=True),
        Peer("non-temporal", "non-temporal", own.non_temporal, "stores past the caches, from 16 MiB", ceiling=True),
    ]


#: Every contender, by name.
PEERS: dict[str, Peer] = {peer.name: peer for peer in _peers()}

#: Those that write memory at the machine's pace: the better of them in each round is the memory ceiling.
CEILINGS = tuple(name for name, peer in PEERS.items() if peer.ceiling)
