"""The parent's side of a measurement: one child process for each number of threads.

JAX and some OpenMP runtimes take their number of threads only once in a process, and a peer that crashes must not take
the rest along: then the others go on in a new child.
"""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import NamedTuple

from fastinit.bench.measure import Case, binary_size
from fastinit.common.errors import Shown, reject_value

#: A child with the parent's own path of modules, wherever it was started.
CHILD = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from fastinit.bench.worker import main; main()"

#: Beside its bytes, what a contender's round costs the progress bar.
STEP_BYTES = 1 << 20

#: Called with steps done, in bytes, and what is being measured.
Advance = Callable[[int, str], object]


class Work(NamedTuple):
    """A case and who takes part in it."""

    case: Case
    contenders: tuple[str, ...]


def n_steps(work: list[Work], n_rounds: int) -> int:
    """The progress bar's total for all of this."""
    return sum(len(w.contenders) * (n_rounds + 1) * _step(w.case) for w in work)


def _steps_left_out(result: dict, n_rounds: int) -> int:
    """Those of contenders that could not be made ready; of one that failed later, most are done."""
    return len(result["left_out"]) * n_rounds * (result["n_bytes"] + STEP_BYTES)


def _step(case: Case) -> int:
    return case.n_bytes + STEP_BYTES


def gather(work: list[Work], n_rounds: int, advance: Advance, child: str = CHILD) -> list[dict]:
    """Measure everything and return a result for each case, in order.

    Raises ValueError if this package itself cannot be measured.
    """
    results = []
    for _, group in itertools.groupby(work, lambda w: w.case.n_threads):
        results += _group(list(group), n_rounds, advance, child)
    for result in results:
        if "fastinit" in result["left_out"]:
            reject_value("bench", "fastinit", "a fill to measure", Shown(result["left_out"]["fastinit"]))
    return results


def _group(work: list[Work], n_rounds: int, advance: Advance, child: str) -> list[dict]:
    results: list[dict] = []
    crashed: dict[str, str] = {}
    while len(results) < len(work):
        rest = [Work(w.case, tuple(n for n in w.contenders if n not in crashed)) for w in work[len(results) :]]
        running = ""
        try:
            for answer in _answers(rest, n_rounds, child):
                running = answer.get("running", "")
                if running:
                    case = rest[answer["case"]].case
                    label = f"{case.law}, {case.n_threads} threads, {binary_size(case.n_bytes)}, {running}"
                    advance(_step(case), label)
                else:
                    results.append(answer["result"])
                    advance(_steps_left_out(answer["result"], n_rounds), "")
        except _ChildDied as death:
            if not running:
                reject_value("bench", "child process", "answers", Shown(str(death)))
            crashed[running] = str(death)
            continue
    for result, asked in zip(results, work, strict=True):
        result["left_out"] |= {
            name: reason
            for name, reason in crashed.items()
            if name in asked.contenders and name not in result["seconds"]
        }
    return results


class _ChildDied(Exception):
    """With what is known of why."""


def _answers(work: list[Work], n_rounds: int, child: str) -> Iterator[dict]:
    """What a child says, line by line; the child ends with the iteration, however that ends."""
    plan = {"n_rounds": n_rounds, "work": [{"case": asdict(w.case), "contenders": w.contenders} for w in work]}
    with tempfile.TemporaryFile("w+", errors="replace") as complaints:
        process = subprocess.Popen(
            [sys.executable, "-c", child, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            process_group=0,  # Ctrl-C is the parent's to handle
        )
        try:
            process.stdin.write(json.dumps(plan))
            process.stdin.close()
            for line in process.stdout:
                yield json.loads(line)
            status = process.wait()
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
        if status != 0:
            complaints.seek(0)
            raise _ChildDied(_cause(status, complaints.read()))


def _cause(status: int, complaints: str) -> str:
    ended = f"ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
    lines = [line.strip() for line in complaints.splitlines() if line.strip()]
    return f"its process {ended}" + (f": {lines[-1]}" if lines else "")
