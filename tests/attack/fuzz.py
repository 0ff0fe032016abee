"""Bytes edited at random, for everything that reads others' files: taken, or refused in the one form, at once.

The edits are of a fixed seed: no two runs differ. Each input has a second of processor time, and all together 512 MiB
beyond what was there before. The controls are a reader that lets a foreign error through, one that takes its time, and
one that takes memory. ``fuzz_by_coverage.py`` is led by what the code does with its inputs.
"""

from __future__ import annotations

import random
import resource
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import fuzz_targets
import row
from fuzz_targets import TARGETS, WORDS, Target

SECONDS, N_BYTES = 1.0, 512 << 20

WORD_BYTES = [word.encode() for word in WORDS]
SIGNS = b"{}[]\"',:=019-.eE\\\0\xff \n_"


def edited(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """Bytes replaced, taken out, doubled, and words and pieces of another input put in."""

    def below(n: int) -> int:
        return int(chance.random() * n)  # quicker than randrange

    text = bytearray(data)
    for _ in range((1, 1, 1, 2, 4)[below(5)]):
        at, n = below(len(text) + 1), (0, 0, 1, 1, 2, 8, 40)[below(7)]
        sign, start = below(len(SIGNS)), below(len(other) + 1)
        pieces = (
            b"",
            SIGNS[sign : sign + 1],
            WORD_BYTES[below(len(WORD_BYTES))],
            other[start : start + n],
            text[at : at + n] * 2,
        )
        text[at : at + n] = pieces[below(len(pieces))]
    return bytes(text)


def limit_memory() -> None:
    """What would take more than N_BYTES beyond now fails to get it."""
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + N_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))


def one(target: Target, data: bytes) -> bool:
    """Whether it was taken, in time and in the one form."""
    start = time.process_time()
    try:
        taken = target.take(data)
    except Exception as error:  # of no kind that is promised
        row.demand(False, type(error).__name__, str(error)[:300], "of", data[:2000])
    row.demand(time.process_time() - start < SECONDS, "too slow:", data[:2000])
    return taken


#: Edited inputs that were taken, of which the latest are edited on.
N_KEPT = 100


def search(target: Target, n_inputs: int, chance: random.Random) -> int:
    """How many edited inputs were taken. Every other one is an edit of what was taken."""
    seeds = target.seeds()
    taken = [data for data in seeds if one(target, data)]
    n_first, n_taken = len(taken), 0
    for i in range(n_inputs):
        data = edited(chance.choice(taken if i % 2 else seeds), chance.choice(seeds), chance)[:20_000]
        if one(target, data):
            at = n_first + n_taken % N_KEPT
            taken[at : at + 1] = [data]
            n_taken += 1
    return n_taken


def _foreign(data: bytes) -> None:
    if data.count(b"[[") > 3:
        raise KeyError("x")


def _large(data: bytes) -> None:
    bytes(N_BYTES * (data.count(b"[[") > 3))


def control(read: Callable[[bytes], None]) -> None:
    try:
        search(TARGETS["models"]._replace(read=read), 3000, random.Random(0))
    except row.Found:
        return
    row.demand(False, "a control was not found:", read.__name__)


def _slow_once(data: bytes) -> None:
    if data.count(b"[[") > 3:
        start = time.process_time()
        while time.process_time() < start + SECONDS:
            pass


def attack(n_inputs: int) -> str:
    limit_memory()
    try:
        n_each = n_inputs // len(TARGETS)
        taken = {name: search(target, n_each, random.Random(n_inputs)) for name, target in TARGETS.items()}
        for name, n_taken in taken.items():
            row.demand(0 < n_taken < n_each, name, "of which none or all are taken:", n_taken)
        for read in (_foreign, _slow_once, _large):
            control(read)
    finally:
        shutil.rmtree(fuzz_targets.FOLDER)
    told = ", ".join(f"{name} {n_taken / n_each:.1%}" for name, n_taken in taken.items())
    return f"{n_each:,} inputs for each of {len(TARGETS)} readers, taken of {told}; three controls found"


if __name__ == "__main__":
    row.run(attack, 10_000, "inputs in all")
