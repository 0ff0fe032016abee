"""``fastinit bench``: a short, honest comparison on this machine.

Everything writes the same prefaulted float32 buffer. In each round every contender runs once, in turn, so that a
change in the machine's speed meets all of them; figures are medians over the rounds, ratios medians of the rounds'
ratios. "memset" is the faster of libc's memset and of plain non-temporal stores on as many threads.
"""

from __future__ import annotations

import ctypes
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from fastinit import config, memory
from fastinit.dtypes import FLOAT32
from fastinit.errors import Shown, reject_value
from fastinit.schemes_basic import constant, normal, uniform
from fastinit.threads import get_num_threads


def main(n_mib: int, n_rounds: int) -> None:
    """Measure and print the table."""
    array = memory.aligned("bench", (n_mib << 18,), FLOAT32)
    array.fill(0)  # touch every page
    _print_machine(array)
    print("G/s: 10**9 values a second; x: how many times as fast fastinit is\n")
    print(f"{'float32':8} {'threads':>7}  {'fastinit':>16}  {'NumPy, 1 thread':>19}  {'memset':>18}")
    for n_threads in sorted({1, get_num_threads()}):
        for law in ("uniform", "normal"):
            _print_row(law, n_threads, measure(array, contenders(array, law, n_threads), n_rounds), array)


def contenders(array: np.ndarray, law: str, n_threads: int) -> dict[str, Callable[[], object]]:
    """The functions to time, each filling the whole array."""
    generator = np.random.default_rng(0)
    fills = {"uniform": (uniform, generator.random), "normal": (normal, generator.standard_normal)}
    ours, numpys = fills[law]
    return {
        "fastinit": lambda: ours(out=array, rng=0, threads=n_threads),
        "NumPy": lambda: numpys(out=array, dtype=np.float32),
        "libc memset": libc_memset(array, n_threads),
        "non-temporal": lambda: constant(out=array, value=1.0, threads=n_threads),
    }


def libc_memset(array: np.ndarray, n_threads: int) -> Callable[[], object]:
    """A memset of the array, each thread its share."""
    address, n_bytes = array.ctypes.data, array.nbytes
    bounds = [n_bytes * i // n_threads for i in range(n_threads + 1)]
    pool = ThreadPoolExecutor(n_threads)

    def clear() -> None:
        list(pool.map(lambda a, b: ctypes.memset(address + a, 0, b - a), bounds, bounds[1:]))

    return clear


def measure(array: np.ndarray, functions: dict[str, Callable], n_rounds: int) -> dict[str, list[float]]:
    """Seconds of each function in each round, after one round that does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(n_rounds + 1):
        for name, function in functions.items():
            start = time.perf_counter()
            function()
            seconds[name].append(time.perf_counter() - start)
            if name in ("fastinit", "NumPy"):
                _check_filled(name, array)
    return {name: times[1:] for name, times in seconds.items()}


def _check_filled(name: str, array: np.ndarray) -> None:
    """That the whole array holds fresh values: none of the constants that other contenders wrote."""
    sample = array[:: max(1, array.size // 4096)]
    if np.unique(sample).size < 0.9 * sample.size:
        reject_value("bench", name, "an array of random values", Shown("repeated ones"))


def _print_machine(array: np.ndarray) -> None:
    shown = config.collect()
    print(f"{shown['instruction sets']['processor']}, {shown['instruction sets']['chosen']}; ", end="")
    print(f"NumPy {np.__version__}; {array.nbytes >> 20} MiB, pages touched before\n")


def _print_row(law: str, n_threads: int, seconds: dict[str, list[float]], array: np.ndarray) -> None:
    memset = [min(pair) for pair in zip(seconds["libc memset"], seconds["non-temporal"], strict=True)]
    ours, numpys = seconds["fastinit"], seconds["NumPy"]

    def rate(times: list[float]) -> float:
        return array.size / statistics.median(times) / 1e9

    def ratio(theirs: list[float]) -> float:
        return statistics.median(their / our for their, our in zip(theirs, ours, strict=True))

    print(
        f"{law:8} {n_threads:7}  {rate(ours):5.2f} G/s {4 * rate(ours):4.1f} GB/s"
        f"  {rate(numpys):5.2f} G/s {ratio(numpys):6.1f} x  {rate(memset):5.2f} G/s {ratio(memset):6.2f} x"
    )
