"""Arrays of JAX and Dask, by this package and by their own: ``python benchmarks/arrays_elsewhere.py [rounds]``.

JAX: 256 MiB of normals on one device, eagerly and under jit, beside ``jax.nn.initializers.normal`` under jit. Dask: the
sum of 1 GiB of normals in 32 MiB chunks on two worker processes of one thread, beside ``dask.array.random``. In each
round all run in turn. Processor seconds (user and system) of the process, or of both workers; medians and ranges, and
ratios of medians. JAX's values are checked by the standard deviation of a hundredth of them, Dask's by their sum.
"""

from __future__ import annotations

import resource
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

STD = 0.02
JAX_SHAPE = 8192, 8192
DASK_SHAPE, DASK_CHUNKS = (2**21, 128), (2**16, 128)


def report(title: str, found: dict[str, list[tuple[float, float]]], against: str) -> None:
    print(title)
    base, base_wall = (statistics.median(column) for column in zip(*found[against], strict=True))
    for way, pairs in found.items():
        cpu, wall = zip(*pairs, strict=True)
        print(
            f"  {way:24} processor {statistics.median(cpu):6.2f} s ({min(cpu):.2f} to {max(cpu):.2f}), "
            f"{base / statistics.median(cpu):5.2f} times; wall {statistics.median(wall):6.2f} s "
            f"({min(wall):.2f} to {max(wall):.2f}), {base_wall / statistics.median(wall):5.2f} times"
        )


def in_turn(ways: dict[str, Callable[[], None]], used: Callable[[], float], n_rounds: int) -> dict[str, list]:
    """Processor and wall seconds of each call, the first round left out. Each checks its own values."""
    found: dict[str, list] = {way: [] for way in ways}
    for i in range(n_rounds + 1):
        for way, call in ways.items():
            before, began = used(), time.perf_counter()
            call()
            seconds = used() - before, time.perf_counter() - began
            if i:
                found[way].append(seconds)
    return found


def of_process() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def jax_rows(n_rounds: int) -> None:
    import jax
    import numpy as np

    import fastinit.jax as fj

    key, ours, theirs = jax.random.key(0), fj.normal(STD), jax.nn.initializers.normal(STD)
    jitted = {name: jax.jit(lambda key, init=init: init(key, JAX_SHAPE)) for name, init in (("o", ours), ("t", theirs))}
    makers = {
        "JAX's under jit": lambda: jitted["t"](key),
        "fastinit": lambda: ours(key, JAX_SHAPE),
        "fastinit under jit": lambda: jitted["o"](key),
    }

    def made(way: str) -> None:
        std = float(np.std(makers[way]().block_until_ready()[::100]))  # a hundredth of the work
        assert abs(std / STD - 1) < 5e-3, (way, std)

    ways = {way: partial(made, way) for way in makers}
    report(f"JAX, {JAX_SHAPE} float32", in_turn(ways, of_process, n_rounds), "JAX's under jit")


def dask_rows(n_rounds: int) -> None:
    import dask.array as da
    from distributed import Client, LocalCluster

    import fastinit as fi
    import fastinit.dask as fd

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        n = DASK_SHAPE[0] * DASK_SHAPE[1]
        theirs = da.random.default_rng(0).standard_normal(DASK_SHAPE, chunks=DASK_CHUNKS, dtype="float32")
        arrays = {
            "dask.array.random": theirs,
            "fastinit": fd.array(fi.get("normal", std=STD), DASK_SHAPE, DASK_CHUNKS),
        }
        scales = {"dask.array.random": STD, "fastinit": 1.0}

        def used() -> float:
            return sum(client.run(of_process).values())

        def summed(way: str) -> None:
            total = float(arrays[way].sum().compute())
            assert abs(total) * scales[way] < 6 * STD * n**0.5, (way, total)

        ways = {way: partial(summed, way) for way in arrays}
        report(f"Dask, the sum of {DASK_SHAPE} float32", in_turn(ways, used, n_rounds), "dask.array.random")


def main(n_rounds: int = 5) -> None:
    jax_rows(n_rounds)
    dask_rows(n_rounds)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
