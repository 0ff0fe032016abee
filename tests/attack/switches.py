"""The interpreter's own switches: the tests under -O, -OO, -W error, -X dev and -bb; and this folder's rows under -OO.

Pytest rewrites the tests' asserts, so that they hold under -O as well; those of modules beside them do not, which is
why the rows here use none. The control is a test that fails, under each switch.

``python tests/attack/switches.py [N]``, of the test files the first N.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import row

#: Each with what it leaves out: under -OO there are no docstrings, which some tests read.
SWITCHES = (
    (["-O"], []),
    (["-OO"], ["-k", "not (would_give or by_formula or themselves_otherwise)"]),
    (["-W", "error"], []),
    (["-X", "dev", "-bb"], []),
)

TESTS = Path(__file__).parent.parent

#: Of each room something, the least work first.
FILES = (
    *("test_golden.py", "test_bad_input.py", "test_seed.py", "test_gain.py", "test_fans.py", "test_rules.py"),
    *("test_output.py", "test_alignment.py", "test_invariance.py", "test_initialize.py", "test_hostile_files.py"),
    *("test_messages.py", "test_check_input.py", "test_verify.py", "test_checkpoints.py", "test_orthogonal.py"),
)

#: Rows that also run without docstrings and asserts, as small as they come.
ROWS = {"fuzz.py": "500", "float_modes.py": "100"}

CONTROL = "def test_control():\n    assert 1 == 2\n"

#: Pytest's own words for asserts that -O takes out of modules that it does not rewrite.
ALLOWED = ["-W", "ignore:assertions not in test modules"]


def ran(command: list[str]) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, *command], capture_output=True, text=True, env=environment)


def tested(switches: list[str], files: list[str]) -> subprocess.CompletedProcess:
    options = ["-q", "-p", "no:cacheprovider", "--import-mode=prepend", *ALLOWED]
    return ran([*switches, "-m", "pytest", *options, *files])


def attack(n_files: int) -> str:
    files, said = [str(TESTS / name) for name in FILES[:n_files]], []
    with tempfile.TemporaryDirectory() as folder:
        control = Path(folder) / "test_control.py"
        control.write_text(CONTROL)
        for switches, left_out in SWITCHES:
            done = tested(switches, [*left_out, *files])
            told = (done.stdout.splitlines() or ["nothing"])[-1]
            row.demand(done.returncode == 0, switches, done.stdout[-3000:], done.stderr[-1000:])
            said.append(f"{' '.join(switches)}: {told.partition(' in ')[0]}")
            row.demand(tested(switches, [str(control)]).returncode == 1, "the control was not found under", switches)
    for name, size in ROWS.items():
        done = ran(["-OO", "-W", "error", str(Path(__file__).parent / name), size])
        row.demand(done.returncode == 0, name, "under -OO -W error:", done.stderr[-2000:])
    return f"{len(files)} files of tests ({'; '.join(said)}); {len(ROWS)} rows; the control failed under each"


if __name__ == "__main__":
    row.run(attack, 1, "files of tests")
