"""A small model with tensors of many kinds, for tests of files."""

import numpy as np

import fastinit as fi
from fastinit.plans.plan import Entry, Plan

SINES = np.sin(np.arange(12, dtype=np.float32)).reshape(3, 4)

TINY = Plan(
    {
        "w": Entry((1000, 70), "float32", fi.get("normal", std=0.02)),
        "half": Entry((300, 200), "bfloat16", fi.get("he_normal", fans="oi")),
        "eight": Entry((7, 5, 3), "float8_e4m3fn", fi.get("uniform", low=-1, high=1)),
        "empty": Entry((0, 4), "float32", fi.get("ones")),
        "tied": Entry((1000, 70), "float32", same_as="w"),
        "padded": Entry((50, 6, 4), "float16", fi.get("normal", std=0.02).but(0, "zeros")),
        "few": Entry((400, 30), "float32", fi.get("sparse", sparsity=0.9)),
        "turned": Entry((60, 40), "float64", fi.get("orthogonal")),
        "steps": Entry((), "int64", fi.get("zeros"), role="buffer"),
        "sines": Entry((3, 4), "float32", values=lambda rng: SINES, role="buffer", note="given values"),
        "mask": Entry((9, 9), "float32", fi.get("ones"), role="transient buffer"),
        "b": Entry((70,), "float32", fi.get("constant", value=0.5)),
        "waves": Entry((31,), "complex64", fi.get("normal")),
    }
)

STORED = [name for name in TINY if name not in ("tied", "mask")]


def values_of(name, rng, plan=TINY):
    """What a file is to hold, by a direct fill of the whole."""
    entry = plan[name]
    if entry.scheme is None:
        return entry.values(rng)
    return entry.scheme(entry.shape, dtype=entry.dtype, rng=rng, name=name, threads=1)
