"""The test vectors of docs/stream.md: every row against the package, and against the NumPy implementation."""

import json
from collections import Counter

import numpy as np
import pytest
import reference
import reference_rows
from make_vectors import PATH, hexadecimal, params_of, rng_of, values_of
from reference_laws import DTYPES

import fastinit as fi
from fastinit import _kernels
from fastinit.filling import seed
from fastinit.laws.dtypes import COMPLEX_FORMATS

VECTORS = json.loads(PATH.read_text())
PLAIN_SEEDS = [row for row in VECTORS["seeds"] if not isinstance(row["seed"], dict)]


def key_of(words: list[str]) -> list[int]:
    return [int(word, 16) for word in words]


def test_seeds():
    for row in VECTORS["seeds"]:
        assert seed.seed_of("", rng_of(row["seed"])).hex() == row["bytes"], row
    for row in PLAIN_SEEDS:
        words = np.random.PCG64(np.random.SeedSequence(rng_of(row["seed"]))).random_raw(8)
        assert (words & 0xFFFFFFFF).astype("<u4").tobytes().hex() == row["bytes"], row


def test_a_generator_is_advanced_from_call_to_call():
    generator = np.random.Generator(np.random.PCG64(5))
    of_calls = [
        row["bytes"]
        for row in VECTORS["seeds"]
        if row["seed"] in [dict(bit_generator="PCG64", seed="5", call=n) for n in (1, 2)]
    ]
    assert [seed.seed_of("", generator).hex() for _ in of_calls] == of_calls
    assert len(set(of_calls)) == 2


def test_keys():
    for row in VECTORS["keys"]:
        words = seed.seed_of("", rng_of(row["seed"]))
        assert _kernels.stream_key(words, row["name"], row["tag"].encode()) == key_of(row["key"]), row
        assert reference.key(rng_of(row["seed"]), row["name"], row["tag"].encode()) == key_of(row["key"]), row


def test_lanes():
    """Of the NumPy implementation alone, since the kernels show values; those are below."""
    for row in VECTORS["lanes"]:
        outputs = reference.draws(key_of(row["key"]), row["block"], 4, 1)[0].T
        assert [[f"{int(word):016x}" for word in lane] for lane in outputs] == row["outputs"]


def test_values_of_the_package(isa_of_much):
    wrong = [row for row in VECTORS["values"] if hexadecimal(values_of(row)) != row["bits"]]
    assert wrong == []


@pytest.mark.parametrize("row", VECTORS["refused"], ids=lambda row: f"{row['scheme']}-{row['dtype']}-{row['params']}")
def test_what_is_not_admitted_is_refused(row):
    with pytest.raises(ValueError, match=rf"^{row['scheme']}: "):
        values_of({**row, "index": [0]})


def by_reference(row: dict) -> list[str]:
    return hexadecimal(reference_rows.values(row, params_of(row["params"]), rng_of(row["seed"])))


@pytest.mark.parametrize("scheme", sorted({row["scheme"] for row in VECTORS["values"]}))
def test_values_of_the_reference(scheme):
    wrong = [row for row in VECTORS["values"] if row["scheme"] == scheme and by_reference(row) != row["bits"]]
    assert wrong == []


@pytest.mark.parametrize("change", [{"seed": "4"}, {"name": "v"}])
def test_the_comparison_can_fail(change):
    row = {**VECTORS["values"][0], **change}
    assert hexadecimal(values_of(row)) != row["bits"]
    assert by_reference(row) != row["bits"]


def test_rows_cover_laws_and_dtypes():
    n_rows = Counter((row["scheme"], row["dtype"]) for row in VECTORS["values"])
    for scheme in ("normal", "uniform", "truncated_normal"):
        assert all(n_rows[scheme, dtype] >= 5 for dtype in DTYPES)
    for dtype in COMPLEX_FORMATS:
        assert n_rows["normal", dtype]
        assert n_rows["variance_scaling", dtype] == n_rows["truncated_normal", dtype] == 2
    drawing = {scheme for scheme in fi.schemes() if scheme not in ("zeros", "ones", "identity", "dirac")}
    aliases = {
        "kaiming_normal",
        "kaiming_uniform",
        "xavier_normal",
        "xavier_uniform",
        "random_normal",
        "random_uniform",
    }
    assert drawing - aliases == {scheme for scheme, _ in n_rows}
