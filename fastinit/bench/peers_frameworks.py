"""Peers that are frameworks: PyTorch and JAX."""

from __future__ import annotations

import itertools
import os
from functools import partial

import numpy as np

from fastinit.bench.peer_interface import (
    HALF_WIDTH,
    LAWS,
    N_DEVIATIONS,
    SEED,
    STD,
    Fill,
    Unavailable,
    require,
    require_dtype,
    require_law,
    require_one_thread,
    shares,
    together,
)

DTYPES = ("float32", "float64", "float16", "bfloat16")


def torch_plain(out: np.ndarray, law: str, n_threads: int) -> Fill:
    """``Tensor.uniform_``, ``normal_`` and ``torch.nn.init.trunc_normal_``."""
    torch = require("torch")
    require_law(law, LAWS)
    torch.manual_seed(SEED)
    tensor = as_tensor(torch, out)

    def fill() -> np.ndarray:
        _torch_draw(torch, tensor, law, None, n_threads)
        return out

    return fill


def torch_slices(out: np.ndarray, law: str, n_threads: int) -> Fill:
    """The same, by one Python thread for each slice, each with a generator of its own."""
    torch = require("torch")
    require_law(law, LAWS)
    draws = []
    for i, share in enumerate(shares(out, n_threads)):
        generator = torch.Generator().manual_seed(SEED + i)
        draws.append(partial(_torch_draw, torch, as_tensor(torch, share), law, generator, 1))
    return together(draws, out)


def torch_keyed(out: np.ndarray, law: str, n_threads: int) -> Fill:
    """``torch.func._random.uniform_`` and ``normal_``: private, and not on the CPU in every version that has them."""
    torch = require("torch")
    keyed = require("torch.func._random")
    require_law(law)
    require_one_thread(n_threads)
    tensor = as_tensor(torch, out)
    key, calls = keyed.key(SEED), itertools.count()

    def draw(tensor) -> None:
        fresh = keyed.fold_in(key, next(calls))
        if law == "uniform":
            keyed.uniform_(fresh, tensor, low=-HALF_WIDTH, high=HALF_WIDTH)
        else:
            keyed.normal_(fresh, tensor, mean=0.0, std=STD)

    try:
        draw(tensor[:1])
    except NotImplementedError as error:
        raise Unavailable("this version has its keyed functions not on the CPU") from error

    def fill() -> np.ndarray:
        draw(tensor)
        return out

    return fill


def as_tensor(torch, out: np.ndarray):
    """A tensor on the same memory; by way of 16-bit integers for bfloat16, which `from_numpy` does not know."""
    require_dtype(out, *DTYPES)
    if out.dtype.name == "bfloat16":
        return torch.from_numpy(out.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(out)


def _torch_draw(torch, tensor, law: str, generator, n_threads: int) -> None:
    torch.set_num_threads(n_threads)  # for the process or, later, the thread, so again at each call
    if law == "uniform":
        tensor.uniform_(-HALF_WIDTH, HALF_WIDTH, generator=generator)
    elif law == "normal":
        tensor.normal_(0.0, STD, generator=generator)
    else:
        bound = N_DEVIATIONS * STD
        torch.nn.init.trunc_normal_(tensor, 0.0, STD, -bound, bound, generator=generator)


def jax_jitted(implementation: str, out: np.ndarray, law: str, n_threads: int) -> Fill:
    """``jax.random.uniform``, ``normal`` or ``truncated_normal``, compiled ahead of time.

    The last result is donated to the next call, so that like the others it writes memory it has already touched.
    Two-byte values are drawn in float32 and rounded: JAX's own bfloat16 draws are 128 numbers, whose mean is off by a
    hundredth of a standard deviation.
    """
    require_law(law, LAWS)
    require_dtype(out, *DTYPES)
    jax = _start_jax(n_threads)
    if out.dtype.name == "float64":
        jax.config.update("jax_enable_x64", True)
    drawn = out.dtype if out.itemsize > 2 else np.dtype(np.float32)

    def draw(key, old):
        key, now = jax.random.split(key)
        return key, _jax_values(jax, now, law, old.shape, drawn).astype(old.dtype)

    state = [jax.random.key(SEED, impl=implementation), jax.numpy.zeros(out.shape, out.dtype)]
    compiled = jax.jit(draw, donate_argnums=1, keep_unused=True).lower(*state).compile()

    def fill() -> np.ndarray:
        state[:] = compiled(*state)
        state[1].block_until_ready()
        return np.asarray(state[1])  # a view, no copy

    return fill


def _jax_values(jax, key, law: str, shape: tuple[int, ...], dtype: np.dtype):
    if law == "uniform":
        return jax.random.uniform(key, shape, dtype, -HALF_WIDTH, HALF_WIDTH)
    if law == "normal":
        return jax.random.normal(key, shape, dtype) * dtype.type(STD)
    return jax.random.truncated_normal(key, -N_DEVIATIONS, N_DEVIATIONS, shape, dtype) * dtype.type(STD)


_jax_threads: list[int] = []


def _start_jax(n_threads: int):
    """JAX with its pool of threads sized; XLA takes the size from NPROC when it starts, and never again."""
    if _jax_threads and _jax_threads != [n_threads]:
        raise Unavailable(f"JAX runs on {_jax_threads[0]} thread(s) in this process; another number needs another one")
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    jax = require("jax")
    if not _jax_threads:
        before = os.environ.get("NPROC")
        os.environ["NPROC"] = str(n_threads)
        jax.devices("cpu")
        del os.environ["NPROC"]
        if before is not None:
            os.environ["NPROC"] = before
        _jax_threads.append(n_threads)
    return jax
