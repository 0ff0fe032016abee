"""What `fuzz.py` reads, led by coverage: libFuzzer, by way of atheris, instruments the readers' Python.

Each reader has a process and an equal share of the inputs; an input that reaches new code is edited on. The bounds are
those of `fuzz.py`. The control is a reader that fails where four conditions hold one after the other, which a blind
search meets once in 4 billion inputs.

``python tests/attack/fuzz_by_coverage.py [N] [--only headers,plans]``, N inputs in all. Needs atheris, which is no
dependency of the project: ``pip install atheris``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import row

N_CONTROL = 500_000


def deep(data: bytes) -> None:
    """The control: each condition is a branch of its own."""
    if data[:1] == b"f" and len(data) > 6:  # noqa: SIM102
        if data[1:2] == b"o":  # noqa: SIM102
            if data[2:3] == b"u":  # noqa: SIM102
                if data[3:4] == b"n":
                    raise KeyError("found")


def child(name: str, n_inputs: str, folder: str) -> None:
    """Fuzz one reader; libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=["fastinit"], exclude=["fastinit._kernels"]):
        import fuzz
        import fuzz_targets

    target = fuzz_targets.Target(deep, lambda: [b"f"]) if name == "control" else fuzz_targets.TARGETS[name]
    if name == "control":
        atheris.instrument_func(deep)
    corpus, words = Path(folder) / "corpus", Path(folder) / "words"
    corpus.mkdir()
    for i, seed in enumerate(target.seeds()):
        (corpus / str(i)).write_bytes(seed)
    escaped = ("".join(f"\\x{byte:02x}" for byte in word.encode()) for word in fuzz_targets.WORDS)
    words.write_text("\n".join(f'"{word}"' for word in escaped))
    fuzz.limit_memory()
    options = [
        f"-runs={n_inputs}",
        f"-dict={words}",
        "-max_len=4000",
        "-rss_limit_mb=0",
        "-timeout=60",
        f"-seed={n_inputs}",
    ]
    atheris.Setup(
        [sys.argv[0], *options, f"-artifact_prefix={folder}/", str(corpus)], lambda data: fuzz.one(target, data)
    )
    atheris.Fuzz()


def fuzzed(name: str, n_inputs: int) -> tuple[int, str]:
    """How many inputs were run, and what libFuzzer said."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--child", name, str(n_inputs), folder]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
    said = done.stdout + done.stderr
    row.demand(done.returncode == 0, name, said.partition("Uncaught")[2][:4000] or said[-1000:])
    return int(re.findall(r"Done (\d+) runs", said)[-1]), said


def attack(n_inputs: int, names: list[str]) -> str:
    try:
        import atheris  # noqa: F401
    except ImportError:
        raise SystemExit(
            "fuzz_by_coverage: atheris: expected it to be installed (pip install atheris), got none"
        ) from None
    try:
        fuzzed("control", N_CONTROL)
    except row.Found as error:
        row.demand("KeyError" in str(error), "the control failed in another way:", error)
    else:
        row.demand(False, "the control was not found")
    told, n_all = [], 0
    for name in names:
        start = sum(os.times()[2:4])
        n_run, said = fuzzed(name, n_inputs // len(names))
        reached = re.findall(r"cov: (\d+)", said)
        n_all += n_run
        rate = n_run / (sum(os.times()[2:4]) - start)
        told.append(f"{name} {n_run:,} at {rate:,.0f} in a second of processor time, {reached[-1]} places")
        print(told[-1], flush=True)
    return f"{n_all:,} inputs ({'; '.join(told)}); the control found"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
    else:
        from fuzz_targets import TARGETS

        row.run(lambda n_inputs, only: attack(n_inputs, only or list(TARGETS)), 20_000, "inputs", "--only", TARGETS)
