"""Write the test vectors of docs/stream.md: ``FASTINIT_ISA=portable python tests/make_vectors.py``.

To be run when a row is new: those that were there before stay as they are, as tests/test_frozen.py demands.
tests/test_vectors.py checks every row against the package and the NumPy implementation.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import reference
from law_cases import CASES
from reference_laws import DTYPES, bits

from fastinit.filling import seed
from fastinit.plans.plain import scheme_of

PATH = Path(__file__).parent.parent / "docs" / "_static" / "vectors.json"

#: As JSON has seeds: integers in decimal, which may be large; sequences of them; or a generator's n-th call.
SEEDS = [
    *("0", "1", str(2**32 - 1), str(2**32), str(2**64 - 1), str(2**64), str(10**100)),
    *([], ["0"], ["1", "2", "3"], [str(2**40), "5"]),
    *({"bit_generator": name, "seed": "5", "call": call} for name in ("PCG64", "MT19937", "Philox") for call in (1, 2)),
]

NAMES = ["", "w", "h.0.attn.c_attn.weight", "naïve", "重み", "a\0b", "x" * 85, "x" * 86, "x" * 300]

TAGS = ["u32", "n32", "t32", "w32", "s32", "o32", "u64", "n64", "w64", "s64", "o64", "cd32", "ct64"]

#: The first, the ends of steps and of the first block, the second block.
PLACES = [0, 1, 15, 16, 31, 32, 1023, 1024, 1055]
FAR = [2**33 + 512, 2**40, 2**40 + 1023, 2**58 - 7]
LENGTH, FAR_LENGTH = 3000, 2**59

REALS = list(DTYPES)
PARTS = ["complex64", "complex128"]


def row(scheme: str, params: dict, dtype: str, seed="3", name="w", shape=(LENGTH,), index=PLACES) -> dict:
    return dict(scheme=scheme, params=params, shape=list(shape), seed=seed, name=name, dtype=dtype, index=list(index))


def of_laws() -> list[dict]:
    """Every law with ordinary and awkward parameters, in every dtype; scalars that underflow, and zeros with a sign."""
    rows = [row(case.scheme, case.params(), case.dtype) for case in CASES]
    rows += [row("normal", params, "float32") for params in ({"mean": -0.0, "std": 0.0}, {"mean": 1e-46, "std": 1e-45})]
    rows += [row("uniform", {"low": -0.0, "high": 0.0}, dtype) for dtype in ("float32", "float64")]
    rows += [row("truncated_normal", {"std": 0.5, "low": 0.7, "high": 0.7}, dtype, index=[0]) for dtype in REALS]
    rows += [row("truncated_normal", {"std": 0.02, "lower": -0.04, "upper": 0.03}, dtype) for dtype in REALS]
    rows.append(row("truncated_normal", {"mean": 0.1, "std": 0.0, "lower": 0.0, "upper": 0.4}, "bfloat16", index=[0]))
    rows.append(row("truncated_normal", {"mean": 0.1, "std": 0.5, "lower": 0.0, "keep_std": True}, "float32"))
    rows.append(row("truncated_normal", {"low": -1.0, "high": 3.0, "keep_std": True}, "float64"))
    return rows


def of_keys() -> list[dict]:
    """Other seeds and names; far out."""
    rows = [row("uniform", {}, "float32", seed=seed) for seed in SEEDS]
    rows += [row("normal", {}, "float32", seed="0", name=name) for name in NAMES]
    far = dict(seed=str(2**100), name="naïve", shape=(FAR_LENGTH,), index=FAR)
    for dtype in REALS:
        rows += [row(scheme, {}, dtype, **far) for scheme in ("uniform", "normal", "truncated_normal")]
        rows.append(row("truncated_normal", {"high": "inf"}, dtype, **far))
    return rows


def of_fans() -> list[dict]:
    experts = {"in_axis": 2, "out_axis": 1, "batch_axis": 0, "out_groups": 2}
    schemes = [
        ("he_normal", {"negative_slope": 0.2}, (30, 40)),
        ("he_uniform", {"mode": "fan_out", "fans": "oi"}, (20, 3, 7, 7)),
        ("he_normal", {"truncated": True, "fans": "oki"}, (20, 20, 3)),
        ("glorot_uniform", {"gain": 5 / 3}, (30, 40)),
        ("glorot_normal", {"fans": experts}, (4, 20, 30)),
        ("glorot_normal", {"fans": [0.5, 17.0]}, (2400,)),
        ("lecun_uniform", {}, (3, 3, 10, 20)),
        ("lecun_normal", {"truncated": True}, (3, 3, 10, 20)),
        ("fan_in_uniform", {"fans": "oi"}, (30, 40)),
        ("variance_scaling", {"scale": 0.5, "mode": "fan_geo_avg", "distribution": "normal"}, (30, 40)),
    ]
    index = [0, 1, 1023, 1024, 1199]
    return [
        row(*case, dtype, shape=s, index=index) for *case, s in schemes for dtype in ("float32", "float64", "bfloat16")
    ]


def of_complex() -> list[dict]:
    scaled = {"scale": 1.0, "mode": "fan_in"}
    schemes = [
        ("normal", {"std": 0.02}),
        ("variance_scaling", {**scaled, "distribution": "uniform"}),
        ("variance_scaling", {**scaled, "distribution": "truncated_normal"}),
        ("truncated_normal", {"std": 0.5, "low": -1.5, "high": 1.5}),
        ("truncated_normal", {"low": "-inf", "high": "inf"}),
    ]
    shape, index = (30, 40), [0, 1, 7, 8, 511, 512, 1199]
    return [row(*scheme, dtype, shape=shape, index=index) for scheme in schemes for dtype in PARTS]


def of_placed() -> list[dict]:
    rows = [row("constant", {"value": 0.1}, dtype, shape=(1,), index=[0]) for dtype in REALS]
    rows.append(row("constant", {"value": -1e-9}, "float16", shape=(1,), index=[0]))
    rows += [row("log_odds", {"p": p}, "float64", shape=(1,), index=[0]) for p in (0.01, 0.5, 1e-30)]
    schemes = [
        *(("sparse", {"sparsity": sparsity, "std": 0.5}, (7, 3)) for sparsity in (0.0, 0.3, 0.9, 1.0)),
        ("sparse", {"sparsity": 0.4, "mean": 1.0, "std": 0.1, "fans": "oi"}, (3, 2, 4)),
        *(("orthogonal", {"gain": 0.7}, shape) for shape in ((5, 3), (3, 5), (4, 4))),
        ("delta_orthogonal", {}, (4, 2, 3)),
    ]
    for scheme, params, shape in schemes:
        everywhere = range(math.prod(shape))
        rows += [
            row(scheme, params, dtype, shape=shape, index=everywhere) for dtype in ("float32", "float64", "bfloat16")
        ]
    return rows


def of_refusals() -> list[dict]:
    """Just beyond what is admitted; values just within it are among the rows above."""
    tiny32, under64 = 2.0**-150, math.nextafter(1e-240, 0)
    cases = [
        ("normal", {"std": tiny32}, "float32"),
        ("normal", {"std": under64}, "float64"),
        ("normal", {"std": 2.0**-25}, "float16"),
        ("normal", {"std": -1.0}, "float32"),
        ("normal", {"mean": 65000.0, "std": 100.0}, "float16"),
        ("normal", {"std": 1.1e289}, "float64"),
        ("uniform", {"low": 0.0, "high": 1.9e-240}, "float64"),
        ("uniform", {"low": 1.0, "high": 1 + 2.0**-23}, "float32"),
        ("uniform", {"low": 1.0, "high": 1.25}, "float8_e5m2"),
        ("uniform", {"low": 1.0, "high": 0.0}, "float32"),
        ("uniform", {"low": -1.1e290, "high": 0.0}, "float64"),
        ("truncated_normal", {"low": 8.1, "high": "inf"}, "float32"),
        ("truncated_normal", {"low": 0.0, "high": 1e-12}, "float64"),
        ("truncated_normal", {"low": 7.0, "high": 7.0 + 6e-10}, "float64"),
        ("truncated_normal", {"std": 0.0, "lower": 0.0, "upper": 1.0}, "float32"),
        ("sparse", {"sparsity": 1.1}, "float32"),
        ("orthogonal", {"gain": 9e-38}, "float32"),
        ("glorot_normal", {"gain": 1e-37}, "float32"),
        ("constant", {"value": 500.0}, "float8_e4m3fn"),
    ]
    rows = [row(*case, shape=(30, 40)) for case in cases] + [row("normal", {}, "float32", seed="-1")]
    return [{name: told for name, told in row.items() if name != "index"} for row in rows]


def rng_of(told) -> object:
    """A seed as JSON has it, as `rng`."""
    if isinstance(told, dict):
        generator = getattr(np.random, told["bit_generator"])(int(told["seed"]))
        generator.random_raw(8 * (told["call"] - 1))
        return generator
    return [int(word) for word in told] if isinstance(told, list) else int(told)


def params_of(told: dict) -> dict:
    return {name: float(value) if value in ("inf", "-inf") else value for name, value in told.items()}


def values_of(told: dict) -> np.ndarray:
    """The package's values at the indices."""
    scheme = scheme_of("vectors", "scheme", {"name": told["scheme"], **params_of(told["params"])})
    call = dict(rng=rng_of(told["seed"]), name=told["name"], dtype=DTYPES.get(told["dtype"], told["dtype"]))
    if len(told["shape"]) == 1:
        return scheme(tuple(told["shape"]), index=np.array(told["index"]), **call)
    return scheme(tuple(told["shape"]), **call).reshape(-1)[told["index"]]


def hexadecimal(values: np.ndarray) -> list[str]:
    """The bits of each element; of complex numbers those of both parts."""
    n_digits = 2 * values.real.itemsize
    patterns = bits(values.view(values.real.dtype)).reshape(len(values), -1)
    return ["".join(f"{pattern:0{n_digits}x}" for pattern in element) for element in patterns.tolist()]


def made() -> dict[str, list[dict]]:
    everything = of_laws() + of_keys() + of_fans() + of_complex() + of_placed()
    keys = [("3", "w", tag) for tag in TAGS] + [("0", name, "n32") for name in NAMES]
    seed_bytes = [seed.seed_of("vectors", rng_of(told)).hex() for told in SEEDS]
    key_words = [reference.key(rng_of(told), name, tag.encode()) for told, name, tag in keys]
    lanes = [(key_words[0], 0), (key_words[1], 1), (key_words[1], 2**40), ([0, 0, 0, 0], 0)]
    return {
        "seeds": [{"seed": told, "bytes": found} for told, found in zip(SEEDS, seed_bytes, strict=True)],
        "keys": [
            {"seed": told, "name": name, "tag": tag, "key": [f"{word:016x}" for word in words]}
            for (told, name, tag), words in zip(keys, key_words, strict=True)
        ],
        "lanes": [
            {
                "key": [f"{word:016x}" for word in words],
                "block": block,
                "outputs": [[f"{int(w):016x}" for w in lane] for lane in reference.draws(words, block, 4, 1)[0].T],
            }
            for words, block in lanes
        ],
        "values": [{**told, "bits": hexadecimal(values_of(told))} for told in map(as_json, everything)],
        "refused": of_refusals(),
    }


def as_json(told: dict) -> dict:
    """With infinities as text, which JSON lacks."""
    params = {k: str(v) if isinstance(v, float) and math.isinf(v) else v for k, v in told["params"].items()}
    return {**told, "params": params}


def text_of(vectors: dict[str, list[dict]]) -> str:
    """One row a line."""
    parts = (f'"{part}": [\n' + ",\n".join(map(json.dumps, rows)) + "\n]" for part, rows in vectors.items())
    return '{\n"stream": "v1",\n' + ",\n".join(parts) + "\n}\n"


def with_new(old: dict[str, list[dict]], new: dict[str, list[dict]]) -> dict[str, list[dict]]:
    """The old rows as they are, and after them those that are new."""
    return {
        part: [*old.get(part, []), *(row for row in rows if row not in old.get(part, []))] for part, rows in new.items()
    }


if __name__ == "__main__":
    PATH.write_text(text_of(with_new(json.loads(PATH.read_text()), made())))
