"""Peak memory: the output and at most 1 MiB a thread, for every scheme and dtype; for matrices what `orthogonal` says.

Measured by ``peak_memory.py``: 0 to 80 KiB where there is nothing to see, pages that the interpreter or the C library
touch for the first time.
"""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from laws_of_schemes import MATRICES
from peak_memory import KERNEL, MATRIX, N_BYTES, N_THREADS
from quick import heavy_but

import fastinit as fi
from fastinit.laws import dtypes

SLACK_KIB = 256

LIMIT_KIB = N_THREADS * 1024 + SLACK_KIB

#: Each is a process of some seconds.
DTYPES = heavy_but(dtypes.FORMATS, "float32")


@functools.cache
def measured(dtype):
    script = Path(__file__).with_name("peak_memory.py")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),  # so that it measures the package that is tested
        "OMP_WAIT_POLICY": "passive",  # other tests may run beside
        "NUMPY_MADVISE_HUGEPAGE": "0",  # whole huge pages would count for arrays that begin or end in them
    }
    command = [sys.executable, script, dtype]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def workspace_kib(name, layout, dtype):
    """As the docstring of `orthogonal` has it."""
    n_rows, n_columns = MATRIX if name == "orthogonal" else KERNEL[-2:]
    if layout == "with gaps":
        n_columns //= 2
    itemsize = 8 if dtype == "float64" else 4
    m, n = max(n_rows, n_columns), -(-min(n_rows, n_columns) // 8) * 8
    elements = (m + 74) * n - max(0, n * (n - 64) // 2)
    if dtype not in ("float32", "float64"):
        elements += n_rows * n_columns
    return (elements * itemsize + N_THREADS * max(32 * (m + 136) * itemsize, 13 << 18)) / 1024


@pytest.mark.parametrize("dtype", DTYPES)
def test_peak_memory(dtype):
    found = measured(dtype)
    for name in {getattr(fi, name).__name__ for name in fi.schemes()}:
        layouts = {key.split(", ")[1]: kib for key, kib in found.items() if key.split(", ")[0] == name}
        assert layouts.keys() >= {"whole", "transposed"} or name == "delta_orthogonal"
        for layout, kib in layouts.items():
            allowed = LIMIT_KIB + (workspace_kib(name, layout, dtype) if name in MATRICES else 0)
            assert kib <= allowed, (name, layout)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_measurement_sees_memory(dtype):
    """Of a fill by way of a second array, or of 3 MiB of one; and little else."""
    found = measured(dtype)
    assert found["nothing"] <= SLACK_KIB
    assert found["copied"] > 0.95 * N_BYTES / 1024
    assert found["3 MiB copied"] > LIMIT_KIB
