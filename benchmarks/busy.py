"""What fills take while other programs want the processors: ``python benchmarks/busy.py [options]``.

Starts as many programs as there are processors, each a loop that never waits, and stops them at the end. First small
fills, by default and with threads=1 in turn; then large ones, by default, with threads=1, and by default in a process
with OMP_WAIT_POLICY=passive, also in turn. Ratios are to threads=1 and, for large fills, to the better of the others.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np

import fastinit as fi

#: Stops by itself when its parent is gone, however that ended.
SPIN = """
import os
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(10**6):
        pass
"""

SMALL = (512, 512)


@contextlib.contextmanager
def other_programs(n: int) -> Iterator[None]:
    programs = [subprocess.Popen([sys.executable, "-c", SPIN]) for _ in range(n)]
    try:
        time.sleep(0.5)  # until they have started and the system has spread them over the processors
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


class Passive:
    """A process like this one but for OMP_WAIT_POLICY, that fills when told to and answers with the seconds."""

    def __init__(self, law: str, mib: int) -> None:
        command = [sys.executable, __file__, "--serve", law, "--mib", str(mib)]
        environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def seconds(self) -> float:
        self.process.stdin.write("\n")
        return float(self.process.stdout.readline())

    def stop(self) -> None:
        self.process.communicate()


def seconds(law: str, out: np.ndarray, threads: int | None = None) -> float:
    start = time.perf_counter()
    getattr(fi, law)(out=out, rng=0, threads=threads)
    return time.perf_counter() - start


def in_turn(contenders: dict[str, Callable[[], float]], n_rounds: int) -> dict[str, np.ndarray]:
    """Milliseconds of each, in turn, after one round that is not counted."""
    rounds = [[contender() for contender in contenders.values()] for _ in range(n_rounds + 1)][1:]
    return dict(zip(contenders, 1e3 * np.array(rounds).T, strict=True))


def report(what: str, times: dict[str, np.ndarray]) -> None:
    print(what)
    for name, ms in times.items():
        print(f"  {name:24} median {np.median(ms):9.3f} ms   99th percentile {np.percentile(ms, 99):9.3f} ms")
    own, *others = times.values()
    for name, of in [("median", np.median), ("99th percentile", lambda ms: np.percentile(ms, 99))]:
        print(f"  default / best of others, {name}: {of(own) / min(map(of, others)):.2f}")


def serve(law: str, mib: int) -> None:
    out = np.zeros(mib << 18, np.float32)
    for _ in sys.stdin:
        print(seconds(law, out), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--programs", type=int, default=len(os.sched_getaffinity(0)), help="0: a quiet machine")
    parser.add_argument("--small-rounds", type=int, default=1000)
    parser.add_argument("--large-rounds", type=int, default=15)
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--serve", metavar="LAW", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.mib)
        return
    with other_programs(options.programs):
        small, large = np.zeros(SMALL, np.float32), np.zeros(options.mib << 18, np.float32)
        ways = {"default": lambda: seconds("normal", small), "threads=1": lambda: seconds("normal", small, 1)}
        report(f"normal {SMALL}, {options.small_rounds} calls each", in_turn(ways, options.small_rounds))
        for law in ("normal", "uniform"):
            passive = Passive(law, options.mib)
            ways = {
                "default": lambda law=law: seconds(law, large),
                "threads=1": lambda law=law: seconds(law, large, 1),
                "default, passive waiting": passive.seconds,
            }
            report(f"{law}, {options.mib} MiB, {options.large_rounds} calls each", in_turn(ways, options.large_rounds))
            passive.stop()


if __name__ == "__main__":
    main()
