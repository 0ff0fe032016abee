"""Calls of all kinds from several Python threads at once, each with the values that it has alone.

On a free-threaded interpreter nothing else keeps the threads apart; on others they change places as often as they can.
"""

import linecache
import sys
import sysconfig
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import fastinit as fi
from fastinit.filling import threads
from fastinit.schemes.register import N_SPECS

N_THREADS = 6

#: By name, one call each; i goes into the parameters, so that each has specifications of its own.
CALLS = {
    "normal": lambda i: fi.normal(3000, std=0.01 + i / 7, rng=i, name=f"w{i}"),
    "truncated": lambda i: fi.truncated_normal((30, 50), low=-1 - i / 9, high=2.0, rng=i),
    "half": lambda i: fi.he_uniform((64, 40), negative_slope=i / 50, rng=i, dtype="float16", fans="oi"),
    "part": lambda i: fi.uniform((500, 40), rng=i, index=np.s_[::7, 3:20]),
    "threads": lambda i: fi.uniform(70_000, rng=i, threads=2),
    "orthogonal": lambda i: fi.orthogonal((20, 12), rng=i, dtype="float64"),
    "sparse": lambda i: fi.sparse((60, 30), sparsity=0.1 + i / 99, rng=i),
    "model": lambda i: fi.initialize(
        {"a.bias": np.empty(9, np.float32), "a.weight": np.empty((9, 8), np.float32)},
        {"*.bias": "zeros", "*": fi.get("normal", std=0.5 + i)},
        rng=i,
    )["a.weight"],
}


@pytest.fixture
def quick_switches():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(function, arguments):
    """The function's answers, the first ones asked for at the same moment."""
    together = threading.Barrier(N_THREADS)

    def begin(n):
        together.wait(60)
        return [function(argument) for argument in arguments[n::N_THREADS]]

    with ThreadPoolExecutor(N_THREADS) as pool:
        return [answer for answers in pool.map(begin, range(N_THREADS)) for answer in answers]


def in_that_order(arguments):
    return [argument for n in range(N_THREADS) for argument in arguments[n::N_THREADS]]


def test_the_gil_stays_off():
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        assert not sys._is_gil_enabled()


@pytest.mark.parametrize("name", CALLS)
def test_each_call_has_its_own_values(name, quick_switches):
    arguments = [i % 24 for i in range(96)]
    expected = {i: CALLS[name](i).tobytes() for i in range(24)}
    found = at_once(lambda i: CALLS[name](i).tobytes(), arguments)
    assert found == [expected[i] for i in in_that_order(arguments)]


def test_specifications_are_remembered_and_forgotten(quick_switches):
    """Of so many that all are forgotten once, while others look them up."""
    spreads = [1 + i / 1000 for i in range(N_SPECS + 40)]
    expected = {std: fi.normal(8, std=std, rng=0).tobytes() for std in spreads}
    fi.normal.specs.clear()
    found = at_once(lambda std: fi.normal(8, std=std, rng=0).tobytes(), spreads)
    assert found == [expected[std] for std in in_that_order(spreads)]


def test_a_generator_gives_each_call_the_next_seed(quick_switches):
    alone, shared = np.random.default_rng(5), np.random.default_rng(5)
    expected = sorted(fi.uniform(10, rng=alone).tobytes() for _ in range(120))
    assert sorted(at_once(lambda _: fi.uniform(10, rng=shared).tobytes(), list(range(120)))) == expected


def test_the_number_of_threads_is_one_while_another_thread_unsets_it(monkeypatch):
    """As if it came just before the answer, which chance hardly ever hits."""
    monkeypatch.setattr(threads, "_default", 3)

    def unset_it(frame, event, _):
        if frame.f_code is not threads.decide.__code__:
            return None
        if event == "line" and "set_num_threads" in linecache.getline(frame.f_code.co_filename, frame.f_lineno):
            threads._default = None
        return unset_it

    sys.settrace(unset_it)
    try:
        answer = threads.decide()
    finally:
        sys.settrace(None)
    assert answer == (3, "set_num_threads")
