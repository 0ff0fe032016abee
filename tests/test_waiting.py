"""Whether threads are worth what their caller waits: the rule, by given readings, and that no value depends on it."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import fastinit as fi
from fastinit import _kernels

#: Seconds: of a 512 x 512 fill on one thread, and of a time slice or two of another program's.
SMALL_S, SLICE_S = 200e-6, 24e-3


def reading(alone_s, wait_s=0.0, n_parts=16):
    """A region of two threads, of which the caller did half, for work that takes one thread alone_s."""
    return alone_s / 2, alone_s / 2 + wait_s, alone_s / 2, n_parts // 2


def test_a_quiet_machine_uses_threads_always():
    assert all(_kernels.decide_by([reading(SMALL_S)] * 1000))


def test_small_fills_of_a_busy_machine_wait_less_than_once_in_200():
    used = _kernels.decide_by([reading(SMALL_S, SLICE_S)] * 20_000)
    assert used[0]
    assert 2 <= sum(used) <= 20_000 / 200


def test_what_waiting_costs_is_bounded_whatever_the_waits():
    """Waits at random of every length: all that exceeds the savings is a few times less than the work itself."""
    rng = np.random.default_rng(0)
    for mean_s in (0.3e-3, 1e-3, 3e-3, 30e-3):
        for share in (0.05, 0.3, 1.0):
            waits = np.where(rng.random(20_000) < share, rng.exponential(mean_s, 20_000), 0.0)
            used = _kernels.decide_by(reading(SMALL_S, wait) for wait in waits)
            waited = waits[np.array(used)].sum()
            obedient = share * mean_s * len(waits)
            assert waited < max(0.25 * SMALL_S * len(waits), 0.05 * obedient), (mean_s, share)


def test_large_fills_of_a_busy_machine_use_threads():
    assert all(_kernels.decide_by([reading(3 * SLICE_S, SLICE_S)] * 100))


def test_small_fills_learn_from_large_ones_and_do_not_stop_them():
    readings = [reading(3 * SLICE_S, SLICE_S), *[reading(SMALL_S, SLICE_S)] * 100] * 10
    used = np.array(_kernels.decide_by(readings)).reshape(10, 101)
    assert used[:, 0].all()
    assert used[:, 1:].sum() == 0


def test_a_machine_that_is_quiet_again_is_found_after_a_second_of_savings():
    readings = [reading(SMALL_S, SLICE_S)] * 3000 + [reading(SMALL_S)] * 30_000
    used = _kernels.decide_by(readings)
    again = used.index(True, 3000)
    lasting = max(i for i, u in enumerate(used) if not u)
    assert 3000 < again < lasting
    assert (lasting - 3000) * SMALL_S / 2 < 64 * SLICE_S
    assert all(used[lasting + 1 :])


def test_short_waits_are_none():
    """A thread that must be woken, or the rest of a part another thread has just begun, is no busy machine."""
    assert all(_kernels.decide_by([reading(SMALL_S, 0.2e-3)] * 100))
    assert all(_kernels.decide_by([reading(1.0, 0.06)] * 5 + [reading(SMALL_S)] * 5))
    assert not all(_kernels.decide_by([reading(1.0, 0.07)] * 5 + [reading(SMALL_S)] * 5))


def test_a_caller_whose_parts_others_did_waited():
    others_did_all = (SMALL_S / 2, SLICE_S, 0.0, 0)
    assert _kernels.decide_by([others_did_all] * 10) == [True] + [False] * 9


COUNT_THREADS = """
    import os
    import numpy as np
    import fastinit as fi
    from fastinit import _kernels

    def n_threads():
        return len(os.listdir("/proc/self/task"))

    fi.set_num_threads(3)
    _kernels.expect_wait({wait_s})
    before = n_threads()
    fi.normal(out=np.zeros(1 << 20, np.float32), rng=0, threads={threads})
    print(n_threads() - before)
"""


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="threads are counted in /proc")
@pytest.mark.parametrize(
    ("wait_s", "threads", "expected"),
    [
        *((1000.0, None, 0), (0.0, None, 2), (1000.0, 2, 1)),
        *(pytest.param(*case, marks=pytest.mark.heavy) for case in ((1000.0, 4, 3), (0.0, 1, 0))),
    ],
)
def test_threads_follow_the_expected_wait_unless_the_call_says_how_many(wait_s, threads, expected):
    code = textwrap.dedent(COUNT_THREADS.format(wait_s=wait_s, threads=threads))
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == expected


@pytest.fixture(params=[1e-5, 1000.0], ids=["just worth it", "not worth it"])
def expected_wait(request):
    """A machine that other programs keep busy, or kept a little: the pace is looked at, then threads or none."""
    fi.set_num_threads(3)
    before = _kernels.expect_wait(request.param)
    yield
    _kernels.expect_wait(before)
    fi.set_num_threads(None)


FILLS = {
    "contiguous": lambda threads: fi.normal((1000, 1001), rng=1, threads=threads),
    "fortran": lambda threads: fi.uniform(out=np.zeros((1001, 1000), np.float32, order="F"), rng=1, threads=threads),
    "strided": lambda threads: fi.normal(out=np.zeros((1000, 2000), np.float64)[:, ::2], rng=1, threads=threads),
    "part": lambda threads: fi.he_normal((4000, 3000), rng=1, index=np.s_[7:3000, 100:1100], threads=threads),
    "sparse": lambda threads: fi.sparse((3000, 300), sparsity=0.9, rng=1, threads=threads),
    "just above": lambda threads: fi.normal(2 * 65_536, rng=1, threads=threads),
}


@pytest.mark.parametrize("which", FILLS)
def test_values_do_not_depend_on_it(which, expected_wait):
    np.testing.assert_array_equal(FILLS[which](None), FILLS[which](1))


def test_values_of_many_do_not_depend_on_it(expected_wait):
    def filled(threads):
        arrays = {f"w{i}": np.zeros(400 + i, np.float32) for i in range(1000)}
        return fi.initialize(arrays, {"*": fi.get("normal", std=0.02)}, rng=1, threads=threads)

    default, alone = filled(None), filled(1)
    assert all(np.array_equal(default[name], alone[name]) for name in alone)


def test_progress_is_whole_when_threads_are_not_worth_it(expected_wait):
    told = []
    arrays = {"a": np.zeros((1 << 20) + 3, np.float32)}
    fi.initialize(arrays, {"*": "normal"}, rng=0, progress=told.append)
    assert sum(told) == arrays["a"].nbytes


@pytest.mark.parametrize("n_work", [1, 5, 1000, 2**40 + 1, 2**62 - 1])
@pytest.mark.parametrize("n_parts", [1, 3, 2**20 + 1, 2**44])
def test_parts_of_any_size(n_work, n_parts):
    """One after the other, from the first to the last, and alike in length."""
    parts = [0, 1, n_parts // 2, n_parts - 1, n_parts]
    starts = [_kernels.part_start(n_work, part, n_parts) for part in parts]
    assert sorted(starts) == [_kernels.part_start(n_work, part, n_parts) for part in sorted(parts)]
    assert (starts[0], starts[-1]) == (0, n_work)
    assert abs(starts[2] - n_work * (n_parts // 2) // n_parts) <= n_parts
    assert {starts[1] - starts[0], starts[4] - starts[3]} <= {n_work // n_parts, n_work // n_parts + 1}
