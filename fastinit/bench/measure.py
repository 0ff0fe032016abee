"""One case: every contender fills the same buffer in turn, round by round, forwards and backwards by turns."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from fastinit.bench import buffers, values
from fastinit.bench.peer_interface import Peer, Unavailable
from fastinit.bench.peers import PEERS

#: A round of a small case repeats the call until it has written this much, so that it takes about a millisecond; by
#: size rather than by time, so that all contenders' rounds hold the same work.
ROUND_BYTES = 8 << 20
MOST_CALLS = 1000

#: Called with the contender's name before each of its rounds.
Tell = Callable[[str], object]


@dataclass(frozen=True)
class Case:
    """The work that contenders have in common."""

    law: str
    dtype: str
    n_bytes: int
    n_threads: int
    pages: str = "touched"

    @property
    def n_calls(self) -> int:
        """Calls in a round; one where each call must have fresh pages."""
        return min(MOST_CALLS, math.ceil(ROUND_BYTES / self.n_bytes)) if self.pages == "touched" else 1

    def __str__(self) -> str:
        threads = f"{self.n_threads} thread{'s' if self.n_threads > 1 else ''}"
        return f"{self.law} {self.dtype}, {binary_size(self.n_bytes)}, {threads}, {self.pages} pages"


def binary_size(n_bytes: int) -> str:
    """As KiB, MiB or GiB: 65536 is '64 KiB'."""
    unit = max(0, min(3, (n_bytes.bit_length() - 1) // 10))
    return f"{n_bytes / 1024**unit:g} {('B', 'KiB', 'MiB', 'GiB')[unit]}"


class Contender:
    """One peer at one case, made ready, its values checked.

    Raises `Unavailable` if the peer cannot do the work, and ValueError if its values are not what they claim.
    """

    def __init__(self, peer: Peer, case: Case, array: np.ndarray, renew: Callable[[], object]) -> None:
        if case.pages != "touched" and not peer.in_place:
            raise Unavailable("writes into memory of its own, not into the fresh pages")
        self.peer, self.case, self.array, self.renew = peer, case, array, renew
        self.fill = peer.prepare(array, case.law, case.n_threads)
        values.erase(array)
        result = self.fill()
        if peer.ceiling:
            values.require_written(result, peer.name)
        else:
            values.require_law(result, case.law, peer.name)
        # A copy, not the result: JAX could not write over memory that somebody still looks at.
        self.seen = values.glimpse(result)
        del result

    def seconds(self) -> float:
        """Seconds for one call, in one more round, after which the values must have changed."""
        if self.peer.in_place:
            self.seen = values.glimpse(self.array)
        self.renew()
        start = time.perf_counter()
        result = self.round()
        seconds = time.perf_counter() - start
        if not self.peer.ceiling:
            after = values.glimpse(result)
            values.require_changed(self.seen, after, self.peer.name)
            self.seen = after
        return seconds / self.case.n_calls

    def round(self) -> np.ndarray:
        """What is timed; the array that holds the values."""
        fill = self.fill
        for _ in range(self.case.n_calls - 1):
            fill()
        return fill()


def run(case: Case, names: Sequence[str], n_rounds: int, tell: Tell) -> dict:
    """Measure one case and return it with each contender's raw times, and why contenders were left out."""
    array, renew = buffers.buffer(case.n_bytes, case.dtype, case.pages)
    contenders: dict[str, Contender] = {}
    left_out: dict[str, str] = {}
    seconds: dict[str, list[float]] = {}
    for name in names:
        tell(name)
        try:
            contenders[name] = Contender(PEERS[name], case, array, renew)
            seconds[name] = []
        except Exception as error:  # whatever a peer raises, the others are measured
            left_out[name] = reason(error)
    for i in range(n_rounds):
        for name in list(contenders)[:: 1 if i % 2 == 0 else -1]:
            tell(name)
            try:
                seconds[name].append(contenders[name].seconds())
            except Exception as error:
                left_out[name] = reason(error)
                del contenders[name], seconds[name]
    return {**asdict(case), "calls_per_round": case.n_calls, "seconds": seconds, "left_out": left_out}


def reason(error: Exception) -> str:
    """In one line: the message, after the type unless it is one of the project's own."""
    text = " ".join(str(error).split())
    return text if isinstance(error, (Unavailable, ValueError)) else f"{type(error).__name__}: {text}"
