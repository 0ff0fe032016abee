"""Plans as data: saved, read, changed; and hostile ones."""

import base64
import json
import zlib

import ml_dtypes
import numpy as np
import pytest

import fastinit as fi
from fastinit.plans.plan import FORMAT, Entry, Plan


def given(array):
    return lambda rng: array


EXPERTS = fi.get("he_normal", fans=fi.axes(in_axis=2, out_axis=1, batch_axis=0), truncated=True)
ENTRIES = {
    **{f"layers.{i}.w": Entry((8, 4), "bfloat16", fi.get("normal", std=0.02)) for i in range(3)},
    "embed": Entry((5, 4), "float32", fi.get("normal", std=0.02).but(0, "zeros").but(np.s_[1:3, ...], "ones")),
    "experts": Entry((2, 3, 4), "float32", EXPERTS.but(np.s_[1, ..., ::2], fi.get("constant", value=[1.0, 2.0]))),
    "pair": Entry((2, 3), "float32", fi.get("glorot_uniform", fans=(3, 7))),
    "bounds": Entry((2, 3), "float32", fi.get("truncated_normal", lower=float("-inf"), upper=1.0)),
    "head": Entry((5, 4), "float32", same_as="embed"),
    "many": Entry((20,), "float32", values=given(np.linspace(0, 1, 20, dtype=np.float32)), role="transient buffer"),
    "half": Entry((20,), "bfloat16", values=given(np.arange(20).astype(ml_dtypes.bfloat16))),
    "few": Entry((2, 2), "int64", values=given(np.array([[1, 2], [3, 2**62]])), role="buffer", note="ids"),
    "one": Entry((), "float64", values=given(np.array(0.1))),
    "mask": Entry((3,), "bool", values=given(np.array([True, False, True]))),
    "odd": Entry((2,), "float32", values=given(np.array([np.nan, np.inf], np.float32))),
    "none": Entry((0, 3), "float32", values=given(np.empty((0, 3), np.float32))),
}


def same(a, b):
    if a._replace(values=None) != b._replace(values=None):
        return False
    if a.values is None:
        return True
    x, y = a.values(0), b.values(0)
    return x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes()


@pytest.mark.parametrize("form", ["json", "toml"])
def test_saved_and_read(form):
    if form == "toml":
        pytest.importorskip("tomli_w")
    plan = Plan(ENTRIES)
    text = getattr(plan, f"to_{form}")()
    again = getattr(Plan, f"from_{form}")(text)
    assert list(again) == list(plan)
    for name in plan:
        assert same(again[name], plan[name]), name
    assert getattr(again, f"to_{form}")() == text


def test_the_table_groups_layers():
    first = str(Plan(ENTRIES)).splitlines()[1]
    assert first.split() == ["layers.{0..2}.w", "(3)", "8", "x", "4", "bfloat16", "normal(std=0.02)"]
    assert "[0] zeros(); [1:3, ...] ones()" in str(Plan(ENTRIES))


def test_changed():
    plan = Plan(ENTRIES).with_rules({"many": fi.get("zeros")})
    assert plan["many"].scheme == fi.get("zeros")
    assert plan["many"].values is None
    assert Plan(ENTRIES).with_rules({"layers.*": "ones"})["layers.1.w"].scheme == fi.get("ones")
    expected = "plan: rules: expected each to be used for at least one name, got 'nothing', which is used for no"
    with pytest.raises(ValueError, match=f"^{expected} name"):
        plan.with_rules({"nothing": fi.get("zeros")})


def test_a_rule_for_a_tied_name_says_whose_it_is():
    tied = next(name for name, entry in ENTRIES.items() if entry.same_as)
    with pytest.raises(ValueError, match=f"for no name: it is '{ENTRIES[tied].same_as}'"):
        Plan(ENTRIES).with_rules({tied: "zeros"})


@pytest.mark.parametrize("rules", [[1], {1: "zeros"}, {"many": "zeross"}, {"many": 3}])
def test_rules_that_are_none(rules):
    with pytest.raises((ValueError, TypeError), match=r"^plan: .*expected"):
        Plan(ENTRIES).with_rules(rules)


def row(**changes):
    table = {"shape": [2], "dtype": "float32", "scheme": "zeros"} | changes
    return {key: value for key, value in table.items() if value is not None}


def packed(n_bytes):
    return {"zlib": base64.b64encode(zlib.compress(bytes(n_bytes))).decode()}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (3, "text: expected a table with format"),
        ({"a": 3}, r"'a' \(entry: table\): expected one with shape and dtype, got 3"),
        ({"a": row(scheme=None)}, r"'a' \(entry: table\): expected one of same_as, scheme and values, got none"),
        ({"a": row(values=[1, 2])}, r"'a' \(entry: table\): expected one of .*, got scheme and values"),
        ({"a": row(shap=[2])}, r"'a' \(entry: key\): expected 'shape', got 'shap'"),
        ({"a": row(shape="2")}, r"'a' \(.*shape\): expected"),
        ({"a": row(shape=[-1])}, r"'a' \(.*shape\): expected"),
        ({"a": row(shape=[2**62, 2**62])}, r"'a' \(.*shape\): expected"),
        ({"a": row(role="thing")}, r"'a' \(entry: role\): expected"),
        ({"a": row(scheme="zeroes")}, r"'a' \(.*\): expected 'zeros'"),
        ({"a": row(scheme=None, values=[1])}, r"'a' \(entry: values\): expected 2 numbers, got 1"),
        ({"a": row(scheme=None, values=["x", 1])}, r"'a' \(entry: values\): expected numbers of float32"),
        ({"a": row(scheme=None, values=[300, 1], dtype="int8")}, r"'a' \(entry: values\): expected numbers of int8"),
        ({"a": row(scheme=None, values={"zlib": "?"})}, r"'a' \(entry: values\): expected bytes that zlib packed"),
        ({"a": row(scheme=None, values=packed(7))}, r"'a' \(entry: values\): expected 8 bytes, got 7"),
        ({"a": row(scheme=None, values=packed(10**7))}, r"'a' \(entry: values\): expected 8 bytes, got more"),
        ({"a": row(scheme=None, values={})}, r"'a' \(entry: values\): expected a list of numbers or a table with zlib"),
        ({"a": row(scheme=None, values=[1, 2], dtype="float33")}, r"'a' \(entry: dtype\): expected"),
        ({"a": row(scheme=None, same_as="b")}, "'a': same_as: expected a tensor of its own, got 'b'"),
        ({"a": row(scheme=None, same_as="a")}, "'a': same_as: expected a tensor of its own, got 'a'"),
    ],
)
def test_refused(rows, expected):
    with pytest.raises((TypeError, ValueError), match=f"^plan: {expected}") as raised:
        Plan.from_json(json.dumps({"format": FORMAT, "tensors": rows}))
    assert len(str(raised.value)) < 330


def test_refused_texts():
    for text in ("", "{", "[1]", '{"format": "other", "tensors": {}}', "[" * 100_000):
        with pytest.raises(ValueError, match=r"^plan: text: expected "):
            Plan.from_json(text)
    with pytest.raises(ValueError, match=r"^plan: text: expected TOML, got "):
        Plan.from_toml("a = ")


def test_a_plan_without_all_laws_is_shown_and_not_saved():
    """As plans written by hand may be, before rules."""
    plan = Plan({"a": Entry((2,), "float32", fi.get("normal")), "b": Entry((2,), "float32")})
    assert str(plan).splitlines()[-1].split() == ["b", "2", "float32", "none", "yet"]
    for save in (plan.to_json, plan.to_toml):
        with pytest.raises(ValueError, match=r"^plan: 'b': expected a law, which rules may give, got none$"):
            save(0)
    assert Plan.from_json(plan.with_rules({"b": "zeros"}).to_json(0))["b"].scheme == fi.get("zeros")
