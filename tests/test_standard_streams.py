"""Whoever reads what a command prints may stop, and a disk may be full."""

import io
import os
import subprocess
import sys

import pytest
from quick import heavy_but

from fastinit.common import progress

HEALTHY = ("--layers", "30,30,30,30", "--scheme", "he_normal")
SICK = ("--layers", "30,30,30,30", "--scheme", "zeros")


#: Commands, and their exit status.
COMMANDS = {
    "healthy": (["check", *HEALTHY], 0),
    "sick": (["check", *SICK, "--json"], 1),
    "info": (["info"], 0),
    "help": (["init", "--help"], 0),
}


@pytest.mark.parametrize("command", heavy_but(COMMANDS, "sick"))
@pytest.mark.parametrize("both", [False, True], ids=["out", "out and error"])
def test_a_reader_that_stops_changes_nothing(command, both):
    arguments, status = COMMANDS[command]
    reader, writer = os.pipe()
    os.close(reader)
    try:
        where = {"stdout": writer, "stderr": writer if both else subprocess.PIPE}
        done = subprocess.run([sys.executable, "-m", "fastinit", *arguments], **where, text=True, timeout=100)
    finally:
        os.close(writer)
    assert done.returncode == status
    assert not done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device that is always full")
def test_a_full_disk_is_told():
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "fastinit", "check", *HEALTHY]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=100)
    assert done.returncode == 2
    assert done.stderr == "fastinit: error: standard output: No space left on device\n"


@pytest.mark.parametrize("kind", ["none", "without isatty", "closed"])
def test_a_bar_needs_no_standard_error(monkeypatch, kind):
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", {"none": None, "without isatty": object(), "closed": closed}[kind])
    with progress.bar(3, "filling") as advance:
        advance(1)
