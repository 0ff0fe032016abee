"""Real process groups: each process fills its part, and the parts put together are the whole, bit for bit."""

import json
import warnings

import pytest

torch = pytest.importorskip("torch")
from group_processes import spawn  # noqa: E402
from process_group_cases import cases, process  # noqa: E402

SIZES = [1, 2, 4]

#: A process's own part, and what it may need besides.
MIB, MIB_MORE = 64, 64


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What came of each case: of each size of a group, in each of its processes. To start these takes longest."""
    folder = tmp_path_factory.mktemp("groups")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own, of processes that end
        spawn(process, (folder,), max(SIZES))
    return {n: [json.loads((folder / f"{n}.{rank}.json").read_text()) for rank in range(n)] for n in SIZES}


@pytest.mark.parametrize(("n", "case"), [(n, case) for n in SIZES for case in cases(n) if case != "memory"])
def test_parts_are_the_whole(results, n, case):
    assert [found[case] for found in results[n]] == [None] * n


@pytest.mark.parametrize("n", [n for n in SIZES if "memory" in cases(n)])
def test_memory_of_the_part_alone(results, n):
    found = [by_case["memory"] for by_case in results[n]]
    for by_way in found:
        for growth in by_way["part"]:
            assert 0.9 * MIB < growth < MIB + MIB_MORE
    assert found[0]["whole"][1] > MIB + MIB_MORE  # the measure sees what is too much
