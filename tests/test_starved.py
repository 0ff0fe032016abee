"""Starved machines: no threads, small stacks, no memory. A call fills on fewer threads, or raises before it writes."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from quick import heavy_but

import fastinit as fi
from fastinit import _kernels

resource = pytest.importorskip("resource", reason="limits of a process are POSIX's")

BEGIN = """
    import hashlib, os, resource, sys
    import numpy as np
    import fastinit as fi

    def limit(more_mib):
        "No more than so many MiB of addresses besides those that the process has."
        pages = int(open("/proc/self/statm").read().split()[0])
        n_bytes = pages * resource.getpagesize() + (more_mib << 20)
        resource.setrlimit(resource.RLIMIT_AS, (n_bytes, n_bytes))

    def fills(n_threads):
        call = dict(rng=3, threads=n_threads)
        whole, parts = np.empty((600, 500), np.float32), {"a": np.empty(300_000, np.float32)}
        fi.initialize(parts, {"a": "normal"}, **call)
        arrays = [
            fi.normal(out=whole, **call).copy(),
            fi.uniform(out=whole.T, **call).copy(),
            fi.sparse((600, 500), sparsity=0.5, **call),
            fi.orthogonal((300, 200), **call),
            fi.constant((600, 500), value=np.arange(500.0), **call),
            parts["a"],
        ]
        return hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest()
"""


def run_python(code, **environment):
    code = textwrap.dedent(BEGIN) + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.fixture(scope="module")
def expected():
    return run_python("print(fills(1))")


THREADLESS = {
    "no room for a stack": ("limit(1000); print(fills(4))", "4G"),
    "room for one of three": ("limit(1500); print(fills(4))", "1G"),
    "fewer again, then no more": ("fills(3); fills(2); limit(500); print(fills(3))", "1G"),
    "more than before": ("fills(2); limit(500); print(fills(3))", "1G"),
    "in another Python thread": (
        """
        import threading
        fills(3)
        limit(500)
        thread = threading.Thread(target=lambda: print(fills(3)))
        thread.start()
        thread.join()
        """,
        "1G",
    ),
    "stacks that are too small": ("print(fills(4))", "16k"),
    "stacks that are nearly too small": ("print(fills(4))", "48K"),
    "stacks in bytes": ("print(fills(4))", " 20000 B"),
    "no processes": (
        """
        fills(1)
        resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
        if os.getuid() == 0:
            os.setuid(65534)  # the limit is not for root
        print(fills(4))
        """,
        "",
    ),
}


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="how much there is stands in /proc")
@pytest.mark.parametrize(
    "case",
    heavy_but(THREADLESS, "fewer again, then no more", "no processes"),
)
def test_fills_go_on_with_the_threads_that_there_are(case, expected):
    """OpenMP's library ends the process where it cannot make a thread."""
    code, stack = THREADLESS[case]
    assert run_python(code, OMP_STACKSIZE=stack, OMP_NUM_THREADS="4") == expected


COUNT = """
    def n_threads():
        return len(os.listdir("/proc/self/task"))

    before = n_threads()
    limit({mib})
    fills(4)
    fi.normal((600, 500), threads=4)  # work for four, where orthogonal matrices of that size have less
    print(n_threads() - before)
"""


#: MiB of addresses, the size of stacks, and how many threads are made.
ROOM = {
    "none": (1000, "4G", 0),
    "for one more": (1500, "1G", 1),
    "for all": (1000, "2M", 3),
    "in stacks that are too small": (1000, "16k", 0),
}


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="threads are counted in /proc")
@pytest.mark.parametrize("case", heavy_but(ROOM, "for one more", "in stacks that are too small"))
def test_no_more_threads_than_there_is_room_for(case):
    mib, stack, n_more = ROOM[case]
    assert run_python(COUNT.format(mib=mib), OMP_STACKSIZE=stack) == [str(n_more)]


SQUARE = dict(shape=(1 << 24, 1 << 22), index=np.s_[-3:, -3:])
KERNEL = dict(shape=(3, 1 << 22, 1 << 24), index=np.s_[1, -3:, -3:])

#: Calls that no memory has room for, with 3 x 3 elements.
TOO_LARGE = {
    "orthogonal": lambda **more: fi.orthogonal(**SQUARE, **more),
    "delta_orthogonal": lambda **more: fi.delta_orthogonal(**KERNEL, **more),
    "float16": lambda **more: fi.orthogonal(**SQUARE, **{**more, "out": more["out"].view("f2")[:, :3]}),
    "beyond 64 bits": lambda out, rng: fi.orthogonal((1 << 60, 1), index=np.s_[:3], out=out[:, :1], rng=rng),
    "a block": lambda **more: fi.get("normal").but((slice(1 << 23, None), slice(None)), "orthogonal")(**SQUARE, **more),
    "a part": lambda out, rng: fi.initialize({"w": fi.part(out, **SQUARE)}, {"w": "orthogonal"}, rng=rng),
    "a part beside others": lambda out, rng: fi.initialize(
        {"v": out[:1], "w": fi.part(out[1:], SQUARE["shape"], np.s_[-2:, -3:])},
        {"v": "normal", "w": "orthogonal"},
        rng=rng,
    ),
}


@pytest.mark.parametrize("case", TOO_LARGE)
def test_a_workspace_that_does_not_fit_is_refused_before_anything_is_done(case):
    """Nothing is written, no generator is advanced, and the message is ours."""
    out, rng = np.full((3, 3), 7, np.float32), np.random.default_rng(1)
    with pytest.raises(MemoryError, match=r"^\w+: \w+: expected .* fits in memory, got .* workspace of [\d,]+ bytes$"):
        TOO_LARGE[case](out=out, rng=rng)
    assert (out == 7).all()
    assert rng.random() == np.random.default_rng(1).random()


def test_a_small_case_of_each_is_filled():
    """The calls above are refused for their size alone."""
    small = dict(shape=(24, 22), index=np.s_[-3:, -3:])
    w = fi.get("normal").but((slice(12, None), slice(None)), "orthogonal")(**small, rng=1)
    assert np.isfinite(w).all()
    assert np.isfinite(fi.initialize({"w": fi.part(w, **small)}, {"w": "orthogonal"}, rng=1)["w"].array).all()


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="how much there is stands in /proc")
def test_sparse_without_room_for_its_marks():
    code = """
        out, rng = np.full((1, 4), 7, np.float32), np.random.default_rng(1)
        limit(200)  # of 256 MiB for a unit
        try:
            fi.sparse((2**31, 4), sparsity=0.5, index=np.s_[:1], out=out, rng=rng)
        except MemoryError as error:
            print(str(error).replace(" ", "_"), (out == 7).all(), rng.random() == np.random.default_rng(1).random())
    """
    words, *rest = run_python(code)
    assert words.startswith("sparse:_shape:_expected_one_that_fits_in_memory,_got_one_that_takes_a_workspace_of_268")
    assert rest == ["True", "True"]


@pytest.mark.heavy
@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="how much there is stands in /proc")
def test_room_for_the_workspace_alone_is_too_little():
    """It takes 80 to 160 MiB, as vectors are wide, and the numbers of rows that a call also needs 8 at a time: from too
    little room to enough."""
    code = """
        for mib in range(64, 201, 8):
            out, rng = np.full((1 << 20, 1), 7, np.float32), np.random.default_rng(1)
            pages, hard = int(open("/proc/self/statm").read().split()[0]), resource.getrlimit(resource.RLIMIT_AS)[1]
            resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (mib << 20), hard))
            try:
                fi.orthogonal(out=out, rng=rng, threads=1)
                got = "filled"
            except MemoryError as error:
                got = str(error)
            resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
            if got != "filled":
                assert got.startswith("orthogonal: shape: expected one that fits in memory, got one that "), (mib, got)
                assert (out == 7).all() and rng.random() == np.random.default_rng(1).random(), mib
            print(got[:6])
    """
    found = run_python(code)
    assert (found[0], found[-1]) == ("orthog", "filled")


def test_sparse_has_no_more_marks_than_units():
    assert _kernels.zeros_room(2**32 - 1, 4, 64) == 4 * 2**29
    assert _kernels.zeros_room(2**32 - 1, 4, 3) == 3 * 2**29
    assert _kernels.zeros_room(2**32 - 1, 0, 64) <= 2**29


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="how much there is stands in /proc")
def test_sparse_of_few_units_fills_within_what_its_docstring_says():
    """A unit of 2**27 inputs takes 16 MiB, on however many threads."""
    code = """
        limit(200)
        print(fi.sparse((2**27, 2), sparsity=1e-6, index=np.s_[:1], rng=0, threads=64).shape)
    """
    assert run_python(code, OMP_STACKSIZE="2M") == ["(1,", "2)"]
