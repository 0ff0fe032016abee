"""Running the command, and what a refusal looks like."""

import subprocess
import sys


def fastinit(*arguments, **kwargs):
    command = [sys.executable, "-m", "fastinit", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **kwargs)


def fails(done, *words):
    assert done.returncode == 1, (done.returncode, done.stderr)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("fastinit: error: ")
    assert all(word in last for word in words), last
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
