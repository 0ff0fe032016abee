"""Options and parameters of the benchmarks: ``pytest benchmarks/``."""

from __future__ import annotations

import importlib.util
import itertools

import pytest

from fastinit import get_num_threads
from fastinit.bench.buffers import FRESH, PAGES
from fastinit.bench.measure import Case
from fastinit.bench.peer_interface import LAWS
from fastinit.bench.peers import PEERS
from fastinit.laws.dtypes import FORMATS

if importlib.util.find_spec("pytest_benchmark") is None:
    raise pytest.UsageError("benchmarks: expected pytest-benchmark (pip install 'fastinit-nn[bench]'), got none")

#: In a core's cache, and far beyond all caches.
SIZES = (64 << 10, 128 << 20)
FULL_SIZES = (1 << 10, 64 << 10, 4 << 20, 128 << 20, 512 << 20)
LEAST_FRESH_BYTES = 4 << 20

#: PyTorch takes some 50 ns for a truncated normal, and fresh pages cost the same whatever the law.
MOST_TRUNCATED_BYTES = 128 << 20


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("fastinit benchmarks")
    group.addoption("--full", action="store_true", help="all dtypes and more sizes; about an hour")
    group.addoption("--fill-rounds", type=int, default=5, metavar="N", help="rounds for each peer (default 5)")
    group.addoption(
        "--fill-threads",
        type=int,
        nargs="+",
        metavar="N",
        help="numbers of threads (default: 1 and all); JAX keeps the first of them, so give each its own run",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if {"case", "peer"} <= set(metafunc.fixturenames):
        pairs = [(case, peer) for case in cases(metafunc.config) for peer in PEERS.values()]
        suited = [(case, peer) for case, peer in pairs if peer.suits(case.n_threads)]
        ids = [f"{case}, {peer.name}".replace(" ", "").replace(",", "-") for case, peer in suited]
        metafunc.parametrize(("case", "peer"), suited, ids=ids)


def cases(config: pytest.Config) -> list[Case]:
    full = config.getoption("--full")
    counts = config.getoption("--fill-threads") or sorted({1, get_num_threads()})
    dtypes = list(FORMATS) if full else ["float32"]
    sizes = FULL_SIZES if full else SIZES
    found = []
    for n_threads, pages, dtype, n_bytes, law in itertools.product(counts, PAGES, dtypes, sizes, LAWS):
        case = Case(law, dtype, n_bytes, n_threads, pages)
        if _is_measured(case):
            found.append(case)
    return found


def _is_measured(case: Case) -> bool:
    if case.law == "truncated":
        return case.pages not in FRESH and case.n_bytes <= MOST_TRUNCATED_BYTES
    return case.pages not in FRESH or case.n_bytes >= LEAST_FRESH_BYTES


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("default"))  # a peer's warnings are its own affair
