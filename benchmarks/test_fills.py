"""Every peer at every case, each of its rounds right after one of fastinit's on the same buffer.

A benchmark's group is its case, and all of a group have as many calls in a round. `extra_info` holds the case, that
number, and under `fastinit_ratio` how many times as fast fastinit was: median, least and most of the rounds' ratios.
Values are checked before the first round and after the last.
"""

from __future__ import annotations

import statistics
from dataclasses import asdict

import pytest

from fastinit.bench import buffers
from fastinit.bench.measure import Case, Contender
from fastinit.bench.peer_interface import Peer, Unavailable
from fastinit.bench.peers import PEERS


def test_fill(benchmark, case: Case, peer: Peer, request: pytest.FixtureRequest) -> None:
    try:
        array, renew = buffers.buffer(case.n_bytes, case.dtype, case.pages)
        ours = Contender(PEERS["fastinit"], case, array, renew)
        theirs = ours if peer.name == "fastinit" else Contender(peer, case, array, renew)
    except Unavailable as reason:
        pytest.skip(f"{peer.title}: {reason}")
    our_seconds: list[float] = []

    def setup() -> None:
        our_seconds.append(ours.seconds())
        renew()

    def target() -> None:
        theirs.round()  # without its result, which JAX could not write over

    benchmark.group = str(case)
    benchmark.extra_info |= {**asdict(case), "peer": peer.name, "note": peer.note, "calls_per_round": case.n_calls}
    benchmark.pedantic(target, setup=setup, rounds=request.config.getoption("--fill-rounds"), iterations=1)
    theirs.seconds()  # once more, to see that it still writes values of its own
    if benchmark.enabled:
        their_seconds = [seconds / case.n_calls for seconds in benchmark.stats.stats.data]
        ratios = [their / our for their, our in zip(their_seconds, our_seconds, strict=True)]
        summary = {"median": statistics.median(ratios), "least": min(ratios), "most": max(ratios)}
        benchmark.extra_info["fastinit_ratio"] = summary
