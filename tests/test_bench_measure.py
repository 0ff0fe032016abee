"""Measuring: every law and dtype, and peers that fail or crash cost nobody else. Nothing about speed."""

import itertools

import numpy as np
import pytest

from fastinit.bench import buffers, measure, plan, supervise
from fastinit.bench.peer_interface import COMMON_LAWS, LAWS, STD, Peer, require, together
from fastinit.bench.peers import CEILINGS, PEERS
from fastinit.laws.dtypes import FORMATS

CASE = measure.Case("normal", "float32", 1 << 20, 1)


@pytest.mark.parametrize("pages", buffers.PAGES)
def test_buffers(pages):
    array, renew = buffers.buffer(1 << 20, "float32", pages)
    array.fill(1)
    renew()
    assert array.size == 1 << 18
    assert (array == (1 if pages == "touched" else 0)).all()


def test_the_buffers_table_of_item_sizes_is_right():
    assert {name: buffers.named_dtype(name).itemsize for name in FORMATS} == buffers.ITEM_BYTES


def normals(n):
    return np.random.default_rng(1).standard_normal(n, np.float32) * np.float32(STD)


def fake(name: str, factory) -> Peer:
    return Peer(name, name.capitalize(), factory, "")


def missing(out, law, n_threads):
    require("no_such_library")


def stuck(out, law, n_threads):
    """Right at first, and nothing after that."""
    calls = iter([lambda: out.__setitem__(slice(None), normals(out.size))])
    return lambda: (next(calls, lambda: None)(), out)[1]


def doubled(out, law, n_threads):
    return together([lambda: out.__setitem__(slice(None), 2 * normals(out.size))], out)


@pytest.mark.parametrize(
    ("factory", "words"),
    [(missing, "cannot import no_such_library"), (stuck, "fresh values"), (doubled, "standard deviation")],
)
def test_a_peer_that_fails_is_named_and_costs_nobody_else(monkeypatch, factory, words):
    monkeypatch.setitem(PEERS, "fake", fake("fake", factory))
    told = []
    result = measure.run(CASE, ["fastinit", "fake", *CEILINGS], 3, told.append)
    assert set(told) == {"fastinit", "fake", *CEILINGS}
    assert list(result["left_out"]) == ["fake"]
    assert words in result["left_out"]["fake"]
    assert set(result["seconds"]) == {"fastinit", *CEILINGS}
    assert result["calls_per_round"] == 8
    assert all(len(seconds) == 3 and min(seconds) > 0 for seconds in result["seconds"].values())


NUMPY_REFUSES = {
    ("truncated", "float32"): "only uniform and normal, not truncated",
    ("normal", "float16"): "only float32 and float64, not float16",
    ("normal", "bfloat16"): "only float32 and float64, not bfloat16",
}


@pytest.mark.parametrize("dtype", FORMATS)
@pytest.mark.parametrize("law", LAWS)
def test_every_law_and_dtype_is_measured_and_refusals_say_why(law, dtype):
    result = measure.run(measure.Case(law, dtype, 1 << 18, 1), ["fastinit", "numpy", *CEILINGS], 1, lambda name: None)
    assert {"fastinit", *CEILINGS} <= set(result["seconds"])
    assert ("numpy" in result["seconds"]) == (law in COMMON_LAWS and dtype in ("float32", "float64"))
    if (law, dtype) in NUMPY_REFUSES:
        assert result["left_out"] == {"numpy": NUMPY_REFUSES[law, dtype]}


def test_a_crash_is_named_and_costs_nobody_else():
    child = (
        "import os, sys; sys.stderr.write('last words\\n');"
        "from fastinit.bench import peers, worker;"
        "dies = lambda out, law, n_threads: os.kill(os.getpid(), 9);"
        "peers.PEERS['numpy'] = peers.Peer('numpy', 'NumPy', dies, '');"
        "worker.main()"
    )
    cases = [measure.Case(law, "float32", 1 << 16, 1) for law in LAWS]
    work = [supervise.Work(case, ("fastinit", "numpy", *CEILINGS)) for case in cases]
    results = supervise.gather(work, 1, lambda n_new, doing: None, child)
    assert [result["law"] for result in results] == list(LAWS)
    for result in results:
        assert set(result["seconds"]) == {"fastinit", *CEILINGS}
        assert result["left_out"] == {"numpy": "its process ended by SIGKILL: last words"}


def test_a_child_that_cannot_start_is_an_error():
    with pytest.raises(ValueError, match=r"bench: child process: expected answers, got .*status 3"):
        supervise.gather([supervise.Work(CASE, ("fastinit",))], 1, lambda *step: None, "raise SystemExit(3)")


def test_the_plan_names_every_contender_once_for_each_number_of_threads():
    work = plan.work(plan.MODES["full"], "float64", 1, [1, 2])
    assert len({item.case for item in work}) == len(work)
    assert {name for item in work for name in item.contenders} == set(PEERS)
    assert {item.case.n_threads for item in work} == {1, 2}
    assert {item.case.dtype for item in work} == {"float64"}
    assert {(item.case.law, item.case.n_threads) for item in work} == set(itertools.product(LAWS, (1, 2)))
    for item in work:
        assert not {"torch", "torch-slices"} <= set(item.contenders)
