"""Schemes as plain data: what TOML says is what the functions make; nothing else is taken."""

import tomllib

import numpy as np
import pytest

import fastinit as fi
from fastinit.plans.plain import index_of, scheme_of

TEXT = """
scheme = { name = "he_normal", negative_slope = 0.2, fans = { in_axis = 2, out_axis = 1, batch_axis = [0] }, but = [
  { index = "0", scheme = "zeros" },
  { index = "..., ::4", scheme = { name = "normal", std = 0.02, but = [{ index = 1, scheme = "ones" }] } },
] }
"""


def test_a_table():
    inner = fi.get("normal", std=0.02).but(1, "ones")
    fans = fi.axes(in_axis=2, out_axis=1, batch_axis=0)
    expected = fi.get("he_normal", negative_slope=0.2, fans=fans).but(0, "zeros").but(np.s_[..., ::4], inner)
    assert scheme_of("check", "scheme", tomllib.loads(TEXT)["scheme"]) == expected


def test_other_forms():
    scheme = fi.get("normal", std=3.0)
    assert scheme_of("check", "scheme", scheme) is scheme
    assert scheme_of("check", "scheme", "zeros") == scheme_of("check", "scheme", fi.zeros) == fi.get("zeros")
    assert scheme_of("check", "scheme", {"name": "he_normal", "fans": [3, 4]}) == fi.get("he_normal", fans=[3, 4])


INDICES = [
    (0, 0),
    ("0", (0,)),
    (" -1 , 2", (-1, 2)),
    ("1:3, ...", (slice(1, 3), ...)),
    ("::4", (slice(None, None, 4),)),
    (":", (slice(None),)),
    ("..., 1 : 9 : -2", (..., slice(1, 9, -2))),
    ("[7, 1, 5]", ([7, 1, 5],)),
    ("[7], :3", ([7], slice(None, 3))),
]


@pytest.mark.parametrize(("text", "index"), INDICES)
def test_indices(text, index):
    assert index_of("check", "index", text) == index


BAD_INDICES = (
    *("", " ", ",", "0,", ",0", "0,,1", "1.5", "a", "0x1", "1_0", "1:2:3:4", "[1", "[]", "[1,]", "[[1]]", "1 2", "-"),
    *("+ 1", "1;2", "__import__('os')", "None", "....", ". . .", "9" * 40, "\u0661", True, None, 1.5, [1]),
)


@pytest.mark.parametrize("text", BAD_INDICES)
def test_bad_indices(text):
    with pytest.raises((ValueError, TypeError), match="check: index: expected an int, or text such as") as raised:
        index_of("check", "index", text)
    assert len(str(raised.value)) < 300


BAD = [
    ({"std": 1.0}, ValueError, "check: s: expected a table with a name, got one without"),
    ({"name": "nomal"}, ValueError, "get: name: expected 'normal'"),
    ({"name": "normal", "sd": 1}, TypeError, "normal: sd: expected"),
    ({"name": "normal", 3: 1}, TypeError, "check: s: expected strings as keys"),
    ({"name": "he_normal", "fans": {"in": 1}}, ValueError, "check: s.fans: key: expected one of in_axis, out_axis"),
    ({"name": "he_normal", "fans": {"in_axis": "a"}}, TypeError, r"check: s.fans \(axes: in_axis\): expected"),
    ({"name": "zeros", "but": {"index": 0}}, TypeError, "check: s.but: expected a list of tables"),
    ({"name": "zeros", "but": [0]}, TypeError, r"check: s.but\[0\]: expected a table"),
    ({"name": "zeros", "but": [{"index": 0}]}, ValueError, r"check: s.but\[0\].scheme: expected a value, got nothing"),
    ({"name": "zeros", "but": [{"indx": 0}]}, ValueError, r"check: s.but\[0\]: key: expected 'index'"),
    (
        {"name": "zeros", "but": [{"index": "x", "scheme": "ones"}]},
        ValueError,
        r"check: s.but\[0\].index: expected an int",
    ),
    (
        {"name": "zeros", "but": [{"index": "[1]", "scheme": "ones"}]},
        TypeError,
        r"check: s.but\[0\] \(zeros.but: index\)",
    ),
    ("zeroes", ValueError, "check: s: expected 'zeros'"),
    (3, TypeError, "check: s: expected a scheme"),
]


@pytest.mark.parametrize(("value", "error", "words"), BAD)
def test_refused(value, error, words):
    with pytest.raises(error, match=words):
        scheme_of("check", "s", value)


def test_check_takes_it(tmp_path):
    """Blocks and axes, in a file and in Python; a layout is told to a scheme with blocks too."""
    (tmp_path / "m.toml").write_text(
        'layers = [20, 30, 5]\nlayout = "oi"\nscheme = {name = "he_normal", but = [{index = ":2", scheme = "zeros"}]}\n'
    )
    scheme = fi.get("he_normal").but(np.s_[:2], "zeros")
    ours = fi.check(tmp_path / "m.toml").to_dict()
    assert ours == fi.check([20, 30, 5], scheme=scheme, layout="oi").to_dict()
    assert ours != fi.check([20, 30, 5], scheme="he_normal", layout="oi").to_dict()


@pytest.mark.parametrize(("scheme", "parameter"), [("constant", "value"), ("log_odds", "p")])
def test_parameters_of_as_many_axes_as_arrays_have(scheme, parameter):
    given = np.full([1] * 62 + [2, 3], 0.25)
    filled = scheme_of("check", "scheme", {"name": scheme, parameter: given.tolist()})((*[1] * 62, 2, 3), rng=0)
    assert np.array_equal(
        filled.reshape(2, 3), scheme_of("check", "scheme", {"name": scheme, parameter: 0.25})((2, 3), rng=0)
    )
