"""What this installation and machine offer, and which of it a fill would use."""

from __future__ import annotations

import platform

import numpy as np

from fastinit import _kernels
from fastinit._version import __version__
from fastinit.common import checks
from fastinit.common.calls import one_form
from fastinit.filling import threads


@one_form
def show_config(mode: str = "stdout") -> dict | None:
    """Print, or return, the version, instruction sets, threads and memory settings in force.

    Parameters
    ----------
    mode : {"stdout", "dicts"}, default "stdout"
        Print as text, or return as a dict of dicts.

    Returns
    -------
    dict or None
        With "dicts": sections, each a dict of name to value.

    Raises
    ------
    ValueError, TypeError
        If `mode` is neither.

    See Also
    --------
    get_num_threads : The number of threads alone.

    Examples
    --------
    >>> import fastinit as fi
    >>> sorted(fi.show_config("dicts"))
    ['instruction sets', 'memory', 'threads', 'version']
    """
    config = collect()
    if checks.one_of("show_config", "mode", mode, ("stdout", "dicts")) == "dicts":
        return config
    for section, entries in config.items():
        print(section)
        for name, value in entries.items():
            print(f"  {name + ':':<22} {value}")
    return None


def collect() -> dict[str, dict[str, object]]:
    n_threads, reason = threads.decide()
    isas = _kernels.isas()
    return {
        "version": {
            "fastinit": __version__,
            "Python": platform.python_version(),
            "NumPy": np.__version__,
            "platform": platform.platform(),
        },
        "instruction sets": {
            "processor": _processor(),
            "found": ", ".join(name for name, runs_here in isas.items() if runs_here),
            "not found": ", ".join(name for name, runs_here in isas.items() if not runs_here) or "-",
            "chosen": _kernels.isa(),
        },
        "threads": {
            "OpenMP": "yes" if _kernels.HAVE_OPENMP else "no, fills use one thread",
            **threads.limits(),
            "in use": f"{n_threads}, set by: {reason}",
        },
        "memory": {"huge pages": _huge_pages()},
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as file:
            names = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def _huge_pages() -> str:
    """Linux's setting: always, madvise (NumPy asks for them for arrays of 4 MiB and more) or never."""
    try:
        with open("/sys/kernel/mm/transparent_hugepage/enabled") as file:
            text = file.read()
    except OSError:
        return "unknown"
    return text[text.index("[") + 1 : text.index("]")]
