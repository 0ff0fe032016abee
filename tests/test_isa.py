"""FASTINIT_ISA: each name forces its path, an unknown or unsupported one is refused."""

import os
import subprocess
import sys

import pytest
from conftest import ISAS

from fastinit import _kernels


def import_with(isa):
    return subprocess.run(
        [sys.executable, "-c", "import fastinit; print(fastinit.show_config('dicts')['instruction sets']['chosen'])"],
        env={**os.environ, "FASTINIT_ISA": isa},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("isa", ISAS)
def test_forced(isa):
    assert import_with(isa).stdout.strip() == isa


def test_default_is_the_best():
    assert import_with("").stdout.strip() == ISAS[0]


@pytest.mark.parametrize("isa", ["avx1024", "AVX2", "none", "neon" if "neon" not in _kernels.isas() else "sse2"])
def test_refused(isa):
    done = import_with(isa)
    assert done.returncode != 0
    assert f"fastinit: FASTINIT_ISA: expected one of '{ISAS[0]}'" in done.stderr
    assert done.stderr.strip().endswith(f"got '{isa}'")
