"""Write golden.json from the portable backend: ``FASTINIT_ISA=portable python tests/make_golden.py``.

To be run only when an issue allows the stream to change, with a line in the changelog.
"""

import json
from pathlib import Path

from test_stream import sha256

import fastinit as fi

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
]


def main() -> None:
    cases = []
    for scheme, params, shape, rng, name in CASES:
        array = fi.get(scheme, **params)(shape, rng=rng, name=name)
        cases.append(
            {"scheme": scheme, "params": params, "shape": shape, "rng": rng, "name": name, "sha256": sha256(array)}
        )
    text = json.dumps({"stream": "v1", "cases": cases}, indent=1)
    Path(__file__).with_name("golden.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
