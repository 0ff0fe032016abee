"""Running the command, and what a refusal looks like."""

import contextlib
import io
import signal
import subprocess
import sys
import time

from fastinit import cli


def fastinit(*arguments, **kwargs):
    command = [sys.executable, "-m", "fastinit", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **kwargs)


def in_this_process(*arguments):
    """The same without a process of its own, for what is refused at once; signals are handled as before afterwards."""
    handlers = {number: signal.getsignal(number) for number in cli.STOP_SIGNALS}
    stdout, stderr = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
            status = cli.main(list(map(str, arguments)))
    except SystemExit as exit:  # argparse's
        status = exit.code
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return subprocess.CompletedProcess(arguments, status, stdout.getvalue(), stderr.getvalue())


def fails(done, *words):
    assert done.returncode == 1, (done.returncode, done.stderr)
    last = done.stderr.splitlines()[-1]
    assert last.startswith("fastinit: error: ")
    assert all(word in last for word in words), last
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def interrupted(sent, status, ready, *arguments):
    """Send the running command a signal once ready(process) is true; standard error, the rest checked."""
    command = [sys.executable, "-m", "fastinit", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 60
        while not ready(process):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(sent)
        stdout, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == status
    assert stdout == ""
    assert "Traceback" not in stderr
    return stderr
