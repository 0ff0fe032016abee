"""``python tests/peak_memory.py DTYPE``: by how many KiB each scheme's fill raises the peak of resident memory (JSON).

A process of its own, so that nothing else allocates; the peak is reset and the allocator's free memory handed back
before each fill. Linux alone.
"""

from __future__ import annotations

import ctypes
import json
import sys
from pathlib import Path

import numpy as np
from cases import NEEDED, takes
from laws_of_schemes import MATRICES

import fastinit as fi
from fastinit.laws import dtypes

N_THREADS, N_BYTES = 2, 64 << 20

#: Taken instead of shapes as large as the buffer by schemes that go through matrix products.
MATRIX, KERNEL = (2048, 256), (3, 3, 256, 300)


def peak_kib() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


def growth(action) -> int:
    """KiB that the peak rises above what was resident before."""
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before = peak_kib()
    action()
    return peak_kib() - before


def outputs(name: str, buffer: np.ndarray) -> dict[str, np.ndarray]:
    """Arrays in the buffer that the scheme takes: contiguous, with gaps, in another order of axes."""
    if name in MATRICES:
        shape = MATRIX if name == "orthogonal" else KERNEL
    else:
        n_rows = buffer.size >> 10
        shape = (n_rows, 1 << 10) if takes(name, (1, 1)) else (4, 4, n_rows >> 4, 1 << 10)
    whole = buffer[: np.prod(shape)].reshape(shape)
    return {"whole": whole, "with gaps": whole[..., ::2], "transposed": whole.swapaxes(-1, -2)}


def controls(buffer: np.ndarray) -> dict[str, int]:
    """Nothing; a fill by way of an array as large as the output; and one by way of 3 MiB."""
    generator = np.random.default_rng(0)

    def copied(n_bytes: int):
        buffer.view(np.float32)[: n_bytes // 4] = generator.standard_normal(n_bytes // 4, np.float32)

    copied(1 << 10)
    return {
        "nothing": growth(lambda: None),
        "copied": growth(lambda: copied(N_BYTES)),
        "3 MiB copied": growth(lambda: copied(3 << 20)),
    }


def main(dtype_name: str) -> dict[str, int]:
    dtype = dtypes.resolve("peak_memory", dtype_name)
    buffer = np.ones(N_BYTES, np.uint8).view(dtype)  # every page touched
    found = controls(buffer)
    call = dict(rng=0, threads=N_THREADS)
    fi.normal(1 << 20, dtype=dtype, **call)  # OpenMP's threads are there from now on
    for name in sorted({getattr(fi, name).__name__ for name in fi.schemes()}):
        scheme = fi.get(name, **NEEDED.get(name, {}))
        for layout, out in outputs(name, buffer).items():
            if name == "delta_orthogonal" and out.shape[-2] > out.shape[-1]:
                continue

            def fill(scheme=scheme, out=out):
                scheme(out=out, **call)

            if name in MATRICES:
                fill()  # NumPy's library for matrix products keeps memory of its own from the first one on
            found[f"{name}, {layout}"] = growth(fill)
    return found


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
