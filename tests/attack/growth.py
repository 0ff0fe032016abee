"""Many calls of every public function, right ones and wrong ones, and nothing that grows with their number.

Each scenario is called N times to warm up and N times under watch: Python's memory blocks, malloc's bytes and the
references that its arguments have are to be as many afterwards, but for what a whole run may leave once. The controls
keep one small object a call, in Python and in C, and a reference to an argument. Where arguments are new each time,
what caches keep has a bound.

``python tests/attack/growth.py [N] [--with torch,jax]``
"""

from __future__ import annotations

import ctypes
import gc
import itertools
import sys
from collections.abc import Callable

import growth_scenarios
import row

#: What a whole run may leave once: a table that has grown, a cache's last entries.
FEW_BLOCKS, FEW_BYTES = 60, 6000


class _Malloc(ctypes.Structure):
    """What glibc's mallinfo2 returns."""

    _fields_ = [(f"field_{i}", ctypes.c_size_t) for i in range(10)]


def malloc_bytes() -> Callable[[], int]:
    """A function that says how many bytes are in use; 0 where the system's library does not tell."""
    mallinfo = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if mallinfo is None:
        return lambda: 0
    mallinfo.restype = _Malloc

    def in_use() -> int:
        found = mallinfo()
        return found.field_4 + found.field_7  # hblkhd, of pages of their own, and uordblks

    return in_use


def counts(in_use: Callable[[], int], held: list) -> tuple[int, int, list[int]]:
    """Python's blocks, malloc's bytes, and the references to what the caller holds."""
    gc.collect()
    return sys.getallocatedblocks(), in_use(), [sys.getrefcount(one) for one in held]


def growth(scenario: growth_scenarios.Scenario, n_calls: int) -> tuple[int, int]:
    """By how many blocks and bytes `n_calls` raise what is in use; raises Found if references are kept."""
    in_use = malloc_bytes()

    def calls(n: int) -> None:
        for _ in itertools.repeat(None, n):
            scenario.call()

    calls(n_calls)
    before = counts(in_use, scenario.held)
    calls(n_calls)
    after = counts(in_use, scenario.held)
    row.demand(after[2] == before[2], scenario.name, "keeps references to its arguments:", before[2], after[2])
    return after[0] - before[0], after[1] - before[1]


def watch(scenario: growth_scenarios.Scenario, n_calls: int) -> None:
    """Raise Found unless the growth is less than a small object for every other call, three times in a row."""
    for _ in range(3):
        n_blocks, n_bytes = growth(scenario, n_calls)
        if n_blocks < FEW_BLOCKS + n_calls // 4 and n_bytes < FEW_BYTES + 4 * n_calls:
            return
    row.demand(False, scenario.name, "grows by", n_blocks, "blocks and", n_bytes, "bytes in", n_calls, "calls")


#: More calls than any cache of the package has entries; and after how many of them is looked.
A_CACHE, STEP = 2200, 25


def watch_caches(scenario: growth_scenarios.Scenario) -> None:
    """Raise Found unless the most blocks are as many later as before: caches fill, and are emptied, in between."""

    def most() -> int:
        found = []
        for _ in range(A_CACHE // STEP):
            for _ in range(STEP):
                scenario.call()
            found.append(counts(int, [])[0])
        return max(found)

    most()
    n_grown = -most() + most()
    row.demand(n_grown < A_CACHE // 2, scenario.name, "grows by", n_grown, "blocks in", A_CACHE, "calls")


def controls() -> list[growth_scenarios.Scenario]:
    kept, argument = [], object()
    libc = ctypes.CDLL(None)
    libc.malloc.argtypes, libc.malloc.restype = [ctypes.c_size_t], ctypes.c_void_p
    return [
        growth_scenarios.Scenario("an object a call", lambda: kept.append(object())),
        growth_scenarios.Scenario("24 bytes of malloc a call", lambda: libc.malloc(24)),
        growth_scenarios.Scenario("a reference a call", lambda: kept.append(argument), [argument]),
    ]


def attack(n_calls: int, frameworks: list[str]) -> str:
    scenarios = growth_scenarios.scenarios(frameworks)
    gc.freeze()  # what is there by now need not be looked through each time
    caches = [] if frameworks else growth_scenarios.new_arguments()
    for scenario in scenarios:
        watch(scenario, n_calls)
    for scenario in caches:
        watch_caches(scenario)
    for control in controls():
        try:
            watch(control, max(n_calls, 1000))
        except row.Found:
            continue
        row.demand(False, "a control was not found:", control.name)
    n_all = 2 * n_calls * len(scenarios) + 3 * A_CACHE * len(caches)
    n_wrong = sum(scenario.is_refused for scenario in scenarios)
    return f"{n_all:,} calls of {len(scenarios + caches)} scenarios, {n_wrong} of them refusals; three controls found"


if __name__ == "__main__":
    row.run(attack, 10, "calls of each scenario, twice", "--with", ("torch", "jax"))
