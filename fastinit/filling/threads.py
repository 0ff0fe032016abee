"""How many threads a fill uses: asked anew at every large fill, since every limit may change between two."""

from __future__ import annotations

import math
import os
import time

from fastinit import _kernels
from fastinit.common import checks
from fastinit.common.calls import one_form

#: Elements each thread must have before another joins. A parallel region costs about 10 microseconds, the time of some
#: 20,000 normals or 40,000 uniforms on one core.
MIN_ELEMENTS_PER_THREAD = 1 << 16

#: What an explicit `threads` is cut to: OpenMP does not survive a system that runs out of threads.
MAX_THREADS = max(64, os.cpu_count() or 1)

#: How long a container's quota counts as read. Reading it takes some 150 microseconds, as long as 200,000 normals.
QUOTA_LASTS_S = 0.25

#: Flag of a Linux process that was forked and has not called exec since (PF_FORKNOEXEC in the kernel's sched.h).
_FORKED_WITHOUT_EXEC = 0x40

_default: int | None = None
_forked = False
_forked_by_process = (0, False)
_quota_then: tuple[float, float | None] = (-math.inf, None)


@one_form
def set_num_threads(n: int | None) -> None:
    """Set how many threads large fills use unless a call says otherwise.

    Parameters
    ----------
    n : int >= 1 or None
        More than 64 are cut to 64 or to the number of processors, whichever is more. None returns to the automatic
        choice: the smallest of OpenMP's limit in the calling thread, the processors this process may run on, and its
        container's CPU quota. Small fills use one thread in any case, and so do those for which the threads of a busy
        machine would have to be waited for longer than they save; the values never depend on the number.

    Raises
    ------
    ValueError, TypeError
        If `n` is not as stated.

    See Also
    --------
    get_num_threads : The number in force.
    show_config : Which limit sets it.

    Examples
    --------
    >>> import fastinit as fi
    >>> fi.set_num_threads(1)
    >>> fi.get_num_threads()
    1
    >>> fi.set_num_threads(None)
    """
    global _default
    _default = None if n is None else min(checks.positive_integer("set_num_threads", "n", n), MAX_THREADS)


@one_form
def get_num_threads() -> int:
    """Return how many threads a large fill started now from this thread would use, if none must be waited for.

    Returns
    -------
    int
        At least 1.

    See Also
    --------
    set_num_threads : Sets it.
    show_config : Which limit sets it.

    Examples
    --------
    >>> import fastinit as fi
    >>> fi.get_num_threads() >= 1
    True
    """
    return decide()[0]


def choose(where: str, threads: object, n_elements: int) -> int:
    """Threads for one fill: as many as the call says or, if negative, at most so many, by the automatic choice."""
    if threads is not None:
        n = min(checks.positive_integer(where, "threads", threads), MAX_THREADS)
        return n if n == 1 or not forked() else 1
    if n_elements < 2 * MIN_ELEMENTS_PER_THREAD:
        return 1
    return -min(decide()[0], n_elements // MIN_ELEMENTS_PER_THREAD)


def for_part(n_threads: int, n_elements: int) -> int:
    """What `choose` chose for all of a fill, for a part of so many elements."""
    return n_threads if n_threads > 0 else -min(-n_threads, max(1, n_elements // MIN_ELEMENTS_PER_THREAD))


def decide() -> tuple[int, str]:
    """The automatic choice for a large fill, and which limit set it."""
    if forked():
        return 1, "forked child (OpenMP threads do not survive a fork)"
    default = _default  # once: another thread may set it to None
    if default is not None:
        return default, "set_num_threads"
    name, n = min(limits().items(), key=lambda item: item[1])
    return n, name


def limits() -> dict[str, int]:
    """Every limit in force, by name."""
    if not _kernels.HAVE_OPENMP:
        return {"built without OpenMP": 1}
    found = {"OpenMP limit": _kernels.openmp_max_threads(), "CPU affinity": _n_processors()}
    quota = _quota_lately()
    if quota is not None:
        # Half a processor of quota is worth a thread: it works half of the time.
        found["container CPU quota"] = max(1, math.ceil(quota))
    return found


def _n_processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows
        return os.cpu_count() or 1


def forked() -> bool:
    """Whether this process is a fork that has not called exec.

    The threads of an OpenMP pool stay with the parent, and waiting for them in the child hangs, whoever started them:
    this package, or another before this one was imported.
    """
    global _forked_by_process
    # Asked of the system once in a process, since that takes 25 microseconds; a fork of any kind changes the number.
    if _forked_by_process[0] != os.getpid():
        _forked_by_process = os.getpid(), _system_says_forked()
    return _forked or _forked_by_process[1]


def _system_says_forked() -> bool:
    try:
        fields = _read("/proc/self/stat").rpartition(")")[2].split()
        return bool(int(fields[6]) & _FORKED_WITHOUT_EXEC)
    except (OSError, ValueError, IndexError):
        return False


def _note_fork() -> None:
    global _forked
    _forked = True


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def _quota_lately() -> float | None:
    global _quota_then
    now = time.monotonic()
    then, quota = _quota_then  # a pair that no other thread changes
    if now - then > QUOTA_LASTS_S:
        quota = cpu_quota()
        _quota_then = now, quota
    return quota


def cpu_quota(root: str = "/") -> float | None:
    """Processors' worth of time that the process's control groups allow, or None without a limit.

    Reads cgroup v2 (cpu.max) and v1 (cpu.cfs_quota_us), the group and all above it.
    """
    try:
        lines = _read(os.path.join(root, "proc/self/cgroup")).splitlines()
    except OSError:
        return None
    quotas = []
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and "cpu" not in controllers.split(","):
            continue
        mount = os.path.join(root, "sys/fs/cgroup", "cpu" if controllers else "")
        # Inside a container the path may be the host's, and only the mount itself exists.
        groups = [name for name in path.split("/") if name]
        quotas += [_quota_of(os.path.join(mount, *groups[:depth])) for depth in range(len(groups) + 1)]
    return min((quota for quota in quotas if quota is not None), default=None)


def _quota_of(folder: str) -> float | None:
    try:
        if os.path.exists(os.path.join(folder, "cpu.max")):
            quota, period = _read(os.path.join(folder, "cpu.max")).split()
        else:
            quota, period = (_read(os.path.join(folder, f"cpu.cfs_{what}_us")).strip() for what in ("quota", "period"))
        return None if quota in ("max", "-1") else int(quota) / int(period)
    except (OSError, ValueError, ArithmeticError):
        return None


def _read(path: str) -> str:
    # Not pathlib: importing it would be a third of the package's import time.
    # A process may be called anything, and the kernel cuts its name in the middle of a character.
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
