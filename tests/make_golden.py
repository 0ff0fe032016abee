"""Write fastinit/selftest/golden.json from the portable backend: ``FASTINIT_ISA=portable python tests/make_golden.py``.

To be run only when an issue allows the stream to change, with a line in the changelog, or when a case is new: hashes of
cases that were there before must then stay as they are.
"""

import json
from collections.abc import Iterable

import numpy as np
from reference_laws import DTYPES

import fastinit as fi
from fastinit.laws.dtypes import COMPLEX_FORMATS
from fastinit.plans.plain import scheme_of
from fastinit.selftest.golden import PATH, sha256

CASES = [
    ("normal", {}, (1000, 1003), 0, ""),
    ("normal", {"mean": 0.25, "std": 0.02}, (513, 257), 1, "tok_embeddings"),
    ("normal", {"std": 1e-6}, (7,), [1, 2, 3], "h.0.bias"),
    ("uniform", {}, (1000, 1003), 0, ""),
    ("uniform", {"low": -3.0, "high": 5.0}, (31, 33, 35), 2**70, "conv"),
    ("constant", {"value": 0.1}, (1025,), 0, ""),
    ("he_normal", {"negative_slope": 0.2}, (300, 200), 5, "he"),
    ("he_uniform", {"mode": "fan_out", "fans": "oi"}, (64, 3, 7, 7), 5, "he"),
    ("glorot_normal", {"gain": 5 / 3}, (300, 200), 5, "glorot"),
    ("glorot_uniform", {"fans": (17, 19)}, (300, 200), 5, "glorot"),
    ("lecun_normal", {}, (300, 200), 5, "lecun"),
    ("lecun_uniform", {}, (300, 200), 5, "lecun"),
    ("fan_in_uniform", {}, (300, 200), 5, "linear"),
    ("variance_scaling", {"scale": 0.5, "mode": "fan_geo_avg"}, (300, 200), 5, "vs"),
    ("variance_scaling", {"mode": "fan_avg", "distribution": "uniform"}, (300, 200), 5, "vs-uniform"),
    ("variance_scaling", {"distribution": "truncated_normal"}, (300, 200), 5, "vs-truncated"),
    ("he_normal", {"truncated": True}, (300, 200), 5, "he"),
    ("truncated_normal", {}, (1000, 1003), 0, ""),
    ("truncated_normal", {"mean": 0.1, "std": 0.02, "low": -3.0, "high": 1.0}, (513, 257), 1, "one-sided"),
    ("truncated_normal", {"low": 5.0, "high": 6.0}, (31, 33, 35), 2, "far out"),
    ("truncated_normal", {"std": 0.02, "lower": -0.04, "upper": 0.03}, (513, 257), 1, "between"),
    ("truncated_normal", {"std": 0.02, "lower": -0.04, "upper": 0.04, "keep_std": True}, (513, 257), 1, "kept between"),
    ("truncated_normal", {"mean": 0.1, "std": 0.5, "lower": 0.0, "keep_std": True}, (513, 257), 1, "kept above"),
    ("truncated_normal", {"low": -1.0, "high": 3.0, "keep_std": True}, (513, 257), 1, "kept"),
    ("sparse", {"sparsity": 0.3, "mean": 1.0, "std": 0.1}, (20, 30), 5, "sparse about 1"),
    ("dirac", {"gain": -0.5}, (3, 4, 5), 0, ""),
    ("sparse", {"sparsity": 0.9}, (300, 200), 5, "sparse"),
    ("sparse", {"sparsity": 0.3, "std": 1.0, "fans": "oi"}, (20, 3, 5, 5), 5, "sparse"),
    ("zeros", {}, (1025,), 0, ""),
    ("ones", {}, (1025,), 0, ""),
    ("constant", {"value": [[0.1], [-1e-7], [1 / 3]]}, (5, 3, 11), 0, ""),
    ("log_odds", {"p": 0.01}, (1025,), 0, ""),
    ("log_odds", {"p": [0.01, 0.5, 1e-30, 0.999]}, (3, 4), 0, ""),
    ("identity", {"gain": 0.1}, (30, 50), 0, ""),
    ("sparse", {"sparsity": 0.6, "fans": {"in_axis": 2, "out_axis": 1, "batch_axis": 0}}, (5, 40, 60), 5, "experts"),
    ("identity", {"gain": 0.1, "fans": {"batch_axis": 0}}, (5, 30, 50), 0, "experts"),
    ("normal", {"mean": [0.5, 0.0, -0.5], "std": [[0.1], [1.0]]}, (5, 2, 3), 5, "varied"),
    ("uniform", {"low": [-1.0, -2.0], "high": 3.0}, (513, 2), 5, "varied"),
    ("truncated_normal", {"std": [0.5, 2.0], "low": [-1.0, -3.0]}, (513, 2), 5, "varied"),
    ("dirac", {"groups": 2, "fans": "oi"}, (8, 3, 4, 5), 0, ""),
    ("orthogonal", {}, (300, 170), 5, "tall"),
    ("orthogonal", {"gain": 2.0, "fans": "oi"}, (40, 3, 5, 5), 5, "wide"),
    ("orthogonal", {"gain": -0.3, "fans": {"batch_axis": 0}}, (3, 70, 65), 5, "stacked"),
    ("delta_orthogonal", {}, (3, 3, 20, 30), 5, "delta"),
    # Of a few blocks: what `fastinit selftest` fills by every path.
    ("uniform", {"low": -0.3, "high": 0.7}, (7, 1031), 9, "blocks"),
    ("normal", {"mean": 0.25, "std": 0.02}, (7, 1031), 9, "blocks"),
    ("truncated_normal", {"mean": 0.5, "std": 0.25}, (7, 1031), 9, "blocks"),
    ("truncated_normal", {"low": -1.0, "high": 6.0}, (7, 1031), 9, "blocks"),
    ("orthogonal", {"gain": 0.7}, (90, 70), 9, "two panels"),
]

#: Of complex numbers.
CASES_COMPLEX = [
    ("normal", {"std": 0.02}, (513, 257), 1, "parts"),
    ("he_normal", {}, (300, 200), 5, "he"),
    ("variance_scaling", {"distribution": "uniform"}, (300, 200), 5, "disc"),
    ("variance_scaling", {"distribution": "truncated_normal"}, (300, 200), 5, "truncated"),
    ("truncated_normal", {"std": 0.5, "low": -1.5, "high": 1.5}, (300, 200), 5, "modulus"),
    ("glorot_normal", {"gain": 0.5}, (70, 50), 9, "blocks"),
    ("glorot_uniform", {}, (70, 50), 9, "blocks"),
    ("lecun_normal", {"truncated": True}, (70, 50), 9, "blocks"),
]

#: Schemes with blocks, by name, each of a tensor of shape (200, 96).
BLOCKS = {
    "padding": fi.get("normal", std=0.02).but(0, "zeros"),
    "strided": fi.get("zeros").but(np.s_[1::3, ::-2], fi.get("uniform", low=-1, high=1)),
    "fans": fi.get("zeros").but(np.s_[:64], "glorot_uniform").but(np.s_[64:, 8:], "glorot_uniform"),
    "sparse": fi.get("ones").but(np.s_[:, :48], fi.get("sparse", sparsity=0.5)),
}


def configured(scheme: str, params: dict):
    """With roles of axes as JSON has them."""
    return scheme_of("golden", "scheme", {"name": scheme, **params})


def records(cases: list[tuple], dtypes: Iterable[str]) -> list[dict]:
    """What a case is, and the hash of its array in each dtype; None where the dtype has no numbers for it."""
    made = []
    for scheme, params, shape, rng, name in cases:
        init = configured(scheme, params)
        values = {}
        for dtype in dtypes:
            try:
                values[dtype] = sha256(init(shape, rng=rng, name=name, dtype=dtype))
            except ValueError:
                values[dtype] = None
        made.append({"scheme": scheme, "params": params, "shape": shape, "rng": rng, "name": name, "sha256": values})
    return made


def block_hash(name: str, dtype: object) -> str:
    return sha256(BLOCKS[name]((200, 96), rng=5, name=name, dtype=dtype))


def main() -> None:
    golden = {
        "stream": "v1",
        "cases": records(CASES, DTYPES),
        "complex": records(CASES_COMPLEX, COMPLEX_FORMATS),
        "blocks": {name: {dtype: block_hash(name, DTYPES[dtype]) for dtype in DTYPES} for name in BLOCKS},
    }
    PATH.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
