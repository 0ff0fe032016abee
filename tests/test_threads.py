"""Threads: how many, who decides, and what a fork leaves of them."""

import hashlib
import math
import os
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import fastinit as fi
from fastinit import _kernels
from fastinit.filling import threads


def run_python(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def default_threads():
    yield
    fi.set_num_threads(None)


def test_set_num_threads(default_threads):
    fi.set_num_threads(3)
    assert fi.get_num_threads() == 3
    assert threads.decide() == (3, "set_num_threads")
    fi.set_num_threads(None)
    assert fi.get_num_threads() == min(threads.limits().values())


def test_small_work_is_serial(default_threads):
    fi.set_num_threads(8)
    assert threads.choose("t", None, 100) == 1
    assert threads.choose("t", None, 2 * threads.MIN_ELEMENTS_PER_THREAD) == -2
    assert threads.choose("t", None, 1 << 30) == -8
    assert threads.choose("t", 5, 100) == 5


def test_the_callers_openmp_limit_is_obeyed():
    if not _kernels.HAVE_OPENMP:
        pytest.fail("the test machine's build has no OpenMP")
    assert run_python("import fastinit as fi; print(fi.get_num_threads())", OMP_NUM_THREADS="1") == "1"


def test_affinity_is_obeyed():
    code = """
        import os
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        import fastinit as fi
        print(fi.get_num_threads())
    """
    assert run_python(code, OMP_NUM_THREADS="4") == "1"


QUOTAS = [
    ("v2", "0::/\n", {"cpu.max": "150000 100000\n"}, 1.5),
    ("v2 unlimited", "0::/\n", {"cpu.max": "max 100000\n"}, None),
    ("v2 nested", "0::/a/b\n", {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "50000 100000\n"}, 0.5),
    ("v2 host path", "0::/docker/123\n", {"cpu.max": "200000 100000\n"}, 2.0),
    (
        "v1",
        "4:cpu,cpuacct:/x\n1:name=systemd:/x\n",
        {"cpu/x/cpu.cfs_quota_us": "300000", "cpu/x/cpu.cfs_period_us": "100000"},
        3.0,
    ),
    ("v1 unlimited", "4:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
    ("v1 host path", "4:cpu:/docker/1\n", {"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "50000"}, 2.0),
    ("v1 memory only", "4:memory:/\n", {"memory/limit": "1"}, None),
    ("damaged", "0::/\n", {"cpu.max": "??"}, None),
    ("none", None, {}, None),
]


@pytest.mark.parametrize(("groups", "files", "expected"), [q[1:] for q in QUOTAS], ids=[q[0] for q in QUOTAS])
def test_cpu_quota(tmp_path, groups, files, expected):
    if groups is not None:
        (tmp_path / "proc/self").mkdir(parents=True)
        (tmp_path / "proc/self/cgroup").write_text(groups)
    for name, text in files.items():
        path = tmp_path / "sys/fs/cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert threads.cpu_quota(tmp_path) == expected


def test_quota_rounds_up_and_wins(monkeypatch):
    monkeypatch.setattr(threads, "QUOTA_LASTS_S", -1)
    monkeypatch.setattr(threads, "cpu_quota", lambda: 0.2)
    assert threads.limits()["container CPU quota"] == 1
    assert threads.decide() == (1, "container CPU quota")
    monkeypatch.setattr(threads, "cpu_quota", lambda: 1.5)
    assert threads.limits()["container CPU quota"] == 2


def test_a_quota_is_read_again_after_a_while(monkeypatch):
    clock, quotas = [1000.0], iter([0.5, 1.5])
    monkeypatch.setattr(threads.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(threads, "_quota_then", (-math.inf, None))
    monkeypatch.setattr(threads, "cpu_quota", lambda: next(quotas))
    assert [threads.limits()["container CPU quota"] for _ in range(3)] == [1, 1, 1]
    clock[0] += 1.01 * threads.QUOTA_LASTS_S
    assert [threads.limits()["container CPU quota"] for _ in range(3)] == [2, 2, 2]


PARENTS = {
    "fastinit used threads": "import fastinit as fi; fi.normal(1 << 22, rng=0, threads=2)",
    "another library used OpenMP": """
import ctypes, ctypes.util
omp = ctypes.CDLL("libgomp.so.1")
region = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda data: None)
omp.GOMP_parallel(region, None, 2, 0)
""",
}


@pytest.mark.parametrize("parent", PARENTS)
def test_a_forked_child_fills_correctly(parent):
    """Before the guard this hung; the alarm turns a hang into a failure."""
    code = f"""
import hashlib, os, signal, sys
{PARENTS[parent]}
reader, writer = os.pipe()
pid = os.fork()
if pid == 0:
    signal.alarm(60)
    import fastinit as fi
    assert fi.get_num_threads() == 1, fi.get_num_threads()
    array = fi.normal(1 << 22, rng=0, threads=2)
    os.write(writer, hashlib.sha256(array).hexdigest().encode())
    os._exit(0)
_, status = os.waitpid(pid, 0)
assert status == 0, status
print(os.read(reader, 64).decode())
"""
    assert run_python(code) == hashlib.sha256(fi.normal(1 << 22, rng=0)).hexdigest()


def test_a_forked_child_of_any_name_is_noticed():
    """The kernel cuts a process's name to 15 bytes, perhaps in the middle of a character."""
    code = """
import ctypes, os
ctypes.CDLL(None).prctl(15, bytes([0xD0] * 15))
pid = os.fork()
if pid == 0:
    from fastinit.filling import threads
    os._exit(0 if threads.forked() else 1)
print(os.waitpid(pid, 0)[1])
"""
    assert run_python(code) == "0"


def test_fork_detection_can_fail():
    assert not threads.forked()


def test_fills_release_the_gil():
    """A second thread counts while a fill runs."""
    out = np.empty(1 << 25, np.float32)

    def fill():
        fi.normal(out=out, rng=0, threads=1)

    worker = threading.Thread(target=fill)
    worker.start()
    count = 0
    while worker.is_alive():
        count += 1
    assert count > 1000


def test_concurrent_fills_agree():
    expected = fi.normal(300_000, rng=1)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: fi.normal(300_000, rng=1, threads=2), range(32)))
    assert all(np.array_equal(result, expected) for result in results)


def test_interrupt_stops_a_fill():
    """Ctrl-C during a fill of some seconds raises KeyboardInterrupt well before its end."""
    code = """
        import os, signal, threading, time
        import numpy as np
        import fastinit as fi
        from fastinit import _kernels
        _kernels.choose_isa("portable")  # up to a second a slab, of ten
        out = np.zeros(5 << 26, np.float32)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start background jobs without

        def interrupt():
            while out[0] == 0:  # a busy machine may take long to begin
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=interrupt).start()
        try:
            fi.uniform(out=out, rng=0, threads=1)
        except KeyboardInterrupt:
            print("interrupted", float(out[0]) != 0, float(abs(out[-1000:]).max()))
    """
    assert run_python(code) == "interrupted True 0.0"
