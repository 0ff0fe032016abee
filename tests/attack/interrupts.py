"""Ctrl-C at every point of ``fastinit init``, and while fills run.

A fork of this process runs the command and sends itself SIGINT at the k-th line of the package that is executed, from
the first of `main` on; k goes over all lines in equal steps. Afterwards the target is complete or as it was before,
nothing else is left, and the exit status is 130 with one line on standard error, or 0 if the command had done its
work. Real signals after so many microseconds cover what is no line of Python. Long work of each kind then stops soon.
The controls are a command that writes under the target's own name, and work that is deaf.

``python tests/attack/interrupts.py [N]``, N points.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import row  # first: it finds the tests' own modules
from cases import configured

import fastinit as fi
import fastinit.safetensors as fs
from fastinit import cli

PACKAGE = str(Path(fi.__file__).parent)
PLAN = '[tensors]\n"w" = {shape = [300, 100], scheme = "normal"}\n"v" = {shape = [5000], scheme = "ones"}\n'
SAID = "fastinit: error: interrupted\n"
#: What is promised, in processor time: other processes take their share of the clock's.
DEAF_SECONDS = 0.3

#: The line before, ``try:``, is not within itself.
FIRST = 2


def in_a_fork(work: Callable[[], int], errors: Path) -> int:
    """The status of a child that does the work, with its standard error in a file."""
    pid = os.fork()
    if pid == 0:
        status = 99
        try:
            os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            sys.stderr = os.fdopen(2, "w", closefd=False)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            status = work()
        except SystemExit as exit:
            status = exit.code if isinstance(exit.code, int) else 1
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            sys.settrace(None)
            sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def traced(work: Callable[[], int], at: int, note: Path) -> int:
    """Do the work; SIGINT at the line of the package that is the at-th to be executed, which the note tells.

    Without a signal, the note tells their number.
    """
    n_lines = 0

    def line(frame, event, argument):
        nonlocal n_lines
        if event == "line":
            n_lines += 1
            if n_lines == at:
                note.write_text(f"{frame.f_code.co_filename}:{frame.f_lineno}")
                os.kill(os.getpid(), signal.SIGINT)
        return line

    sys.settrace(lambda frame, event, argument: line if frame.f_code.co_filename.startswith(PACKAGE) else None)
    status = work()
    if at == 0:
        note.write_text(str(n_lines))
    return status


class Place:
    """A folder with a plan, and a target that is not there or an older one."""

    def __init__(self, is_forced: bool):
        self.folder = Path(tempfile.mkdtemp())
        self.plan, self.target = self.folder / "plan.toml", self.folder / "out" / "m.safetensors"
        self.plan.write_text(PLAN)
        self.target.parent.mkdir()
        self.before = None
        self.arguments = ["init", str(self.plan), "-o", str(self.target), "--quiet", *["--force"] * is_forced]
        if is_forced:
            fs.create(self.target, {"x": (4,)}, {"*": "zeros"})
            self.before = self.target.read_bytes()

    def reset(self) -> None:
        if self.before is None:
            self.target.unlink(missing_ok=True)
        else:
            self.target.write_bytes(self.before)

    def run(self) -> int:
        return cli.main(self.arguments)

    def check(self, status: int, errors: str, where: object) -> None:
        """All or nothing, and said so."""
        there = sorted(os.listdir(self.target.parent))
        is_old = self.before is not None and there == [self.target.name] and self.target.read_bytes() == self.before
        is_nothing = is_old if self.before is not None else there == []
        is_complete = there == [self.target.name] and not is_old and fs.verify(self.target).is_as_planned
        row.demand(is_nothing or is_complete, where, "left", there, errors)
        row.demand(status in (0, 130), where, "status", status, errors[-1500:])
        row.demand(is_complete or status == 130, where, "status 0, and nothing done")
        row.demand(errors == (SAID if status == 130 else ""), where, "said", errors[-1500:])


def at_lines(n_points: int, is_forced: bool, work_of=lambda place: place.run) -> tuple[int, int]:
    """Of how many lines the command has, and at how many the signal was sent; raises Found."""
    place = Place(is_forced)
    work, errors = work_of(place), place.folder / "errors"
    try:
        note = place.folder / "note"
        row.demand(in_a_fork(lambda: traced(work, 0, note), errors) == 0, "without a signal:", errors.read_text())
        n_lines = int(note.read_text())
        points = range(FIRST, n_lines + 1, max(1, n_lines // n_points))
        for at in points:
            place.reset()
            status = in_a_fork(lambda at=at: traced(work, at, note), errors)
            place.check(status, errors.read_text(), f"at line {at} of {n_lines}, {note.read_text()},")
        return n_lines, len(points)
    finally:
        shutil.rmtree(place.folder)


def at_times(n_points: int) -> None:
    """Real signals, after as many microseconds as the command takes."""
    place = Place(False)
    errors = place.folder / "errors"
    start = time.perf_counter()
    in_a_fork(place.run, errors)
    seconds = time.perf_counter() - start
    for i in range(n_points):
        place.reset()

        def work(i=i) -> int:
            signal.signal(signal.SIGALRM, lambda number, frame: os.kill(os.getpid(), signal.SIGINT))
            signal.setitimer(signal.ITIMER_REAL, max(1e-6, seconds * i / n_points))
            try:
                return place.run()
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)  # the command is over

        status = in_a_fork(work, errors)
        said = errors.read_text()
        is_before_main = status == 99 and "in run\n    return cli.main" not in said
        if not is_before_main:
            place.check(status, said, f"after {i} of {n_points} parts of {seconds:.3f} s")
    shutil.rmtree(place.folder)


def deaf_seconds(work: Callable[[], object]) -> float:
    """Processor time from a signal to its exception; the least of three if the first is too long."""
    least = float("inf")
    for _ in range(3):
        sent = []

        def send(sent=sent):
            sent.append(time.process_time())
            os.kill(os.getpid(), signal.SIGINT)

        timer = threading.Timer(0.2, send)
        timer.start()
        try:
            work()
            timer.cancel()
            timer.join()
            if not sent:
                return 0.0  # it was over before
        except KeyboardInterrupt:
            pass
        least = min(least, time.process_time() - sent[0])
        if least < DEAF_SECONDS:
            break
    return least


#: Of each kind of work something that takes seconds, on one thread, since all threads' time is counted.
LONG = {
    "normal": lambda out: fi.normal(out=out, rng=0, threads=1),
    "truncated, transposed": lambda out: fi.truncated_normal(
        out=out.reshape(1 << 13, -1).T, low=-1, high=4.5, rng=0, threads=1
    ),
    "float64": lambda out: fi.normal(out=out.view(np.float64), rng=0, threads=1),
    "listed rows": lambda out: fi.normal((1 << 30, 64), rng=0, index=np.arange(1 << 19) * 977, threads=1),
    "sparse": lambda out: configured("sparse")(out=out.reshape(1 << 13, -1), rng=0, threads=1),
    "sparse, few units": lambda out: fi.sparse((2**31, 4), sparsity=0.5, rng=0, index=np.s_[:1], threads=1),
    "orthogonal": lambda out: fi.orthogonal((1500, 1500), rng=0, threads=1),
    "delta_orthogonal": lambda out: fi.delta_orthogonal((3, 3, 1200, 1200), rng=0, threads=1),
    "many": lambda out: fi.initialize(
        {str(i): out[i << 10 : i + 1 << 10] for i in range(30_000)}, {"*": "normal"}, rng=0, threads=1
    ),
    "check": lambda out: fi.check([1500] * 8, "tanh"),
}


def _deaf() -> None:
    """The control: seconds in C, without the interpreter's lock, so that the signal is sent meanwhile."""
    hashlib.pbkdf2_hmac("sha512", b"", b"", 4_000_000)


def _writes_under_its_name(place: Place) -> Callable[[], int]:
    """The control: half a file under the target's name, then the command; interrupted between, it says so and goes."""

    def work() -> int:
        place.target.write_text("half")
        try:
            cli._parser()  # lines of the package
        except KeyboardInterrupt:
            sys.stderr.write(SAID)
            return 130
        place.target.unlink()
        return place.run()

    return work


def attack(n_points: int) -> str:
    new, n_new = at_lines(n_points, False)
    old, n_old = at_lines(n_points, True)
    at_times(min(n_points, 200))
    try:
        at_lines(n_points, False, _writes_under_its_name)
    except row.Found as error:
        row.demand(" left ['m.safetensors']" in str(error), "the control failed in another way:", error)
    else:
        row.demand(False, "the control was not found")
    out = np.zeros(1 << 26, np.float32)
    deaf = {name: deaf_seconds(lambda work=work: work(out)) for name, work in LONG.items()}
    for name, seconds in deaf.items():
        row.demand(seconds < DEAF_SECONDS, name, "is deaf for", f"{seconds:.2f} s")
    row.demand(deaf_seconds(_deaf) > DEAF_SECONDS, "the deaf control was heard")
    longest = max(deaf, key=deaf.get)
    return (
        f"at {n_new:,} of {new:,} lines, over an old file at {n_old:,} of {old:,}; deaf for {deaf[longest]:.2f} s at "
        f"the most ({longest}); controls found"
    )


if __name__ == "__main__":
    row.run(attack, 60, "points")
