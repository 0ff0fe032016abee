"""What a measurement ran on: processor, memory, versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Iterable

from fastinit import config
from fastinit.bench.peers import PEERS


def describe() -> dict[str, object]:
    """The machine, by keys that saved results keep."""
    found = config.collect()
    return {
        "processor": found["instruction sets"]["processor"],
        "n_processors": os.cpu_count(),
        "threads_in_use": found["threads"]["in use"],
        "instruction_set": found["instruction sets"]["chosen"],
        "memory_bytes": _memory("MemTotal"),
        "huge_pages": found["memory"]["huge pages"],
        "platform": _platform(),
    }


def _platform() -> str:
    """System, its release without what a builder has added, and the C library."""
    release = platform.release().partition("-")[0]
    return " ".join([platform.system(), release, *platform.libc_ver()]).strip()


def versions(names: Iterable[str]) -> dict[str, str]:
    """Python's and those of the distributions behind these contenders, where installed; nothing is imported."""
    found = {"python": config.collect()["version"]["Python"]}
    for distribution in sorted({PEERS[name].distribution for name in names} - {""}):
        try:
            found[distribution] = importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def free_bytes() -> int | None:
    """Memory that could be had without swapping; None where the system does not say."""
    return _memory("MemAvailable")


def _memory(entry: str) -> int | None:
    """An entry of Linux's /proc/meminfo."""
    try:
        with open("/proc/meminfo") as file:
            lines = [line for line in file if line.startswith(entry + ":")]
        return int(lines[0].split()[1]) << 10
    except (OSError, IndexError, ValueError):
        return None
