"""Schemes that write values after their law: what they write, in parts and into any output, in every dtype."""

import mpmath
import numpy as np
import pytest
from fills import layouts, same_bits
from reference_laws import DTYPES
from test_invariance import random_index

import fastinit as fi
from fastinit.laws.dtypes import FORMATS

GIVEN = np.linspace(-1, 1, 40)[None, :] / 3

#: scheme, parameters, shape
PLACED = [
    ("identity", {"gain": 0.1}, (30, 40)),
    ("identity", {}, (40, 30)),
    ("dirac", {"groups": 2}, (3, 4, 6, 8)),
    ("dirac", {"groups": 3, "fans": "oi"}, (9, 2, 5)),
    ("constant", {"value": GIVEN}, (30, 40)),
    ("constant", {"value": GIVEN.reshape(4, 1, 10)}, (5, 4, 6, 10)),
    ("log_odds", {"p": (GIVEN + 1) / 2}, (30, 40)),
    ("orthogonal", {"gain": 0.5}, (30, 40)),
    ("orthogonal", {"fans": "oi"}, (20, 3, 5)),
    ("delta_orthogonal", {}, (3, 4, 6, 8)),
]


@pytest.fixture(params=PLACED, ids=lambda case: f"{case[0]}-{case[2]}")
def placed(request):
    return request.param


@pytest.fixture(params=DTYPES)
def dtype(request):
    return DTYPES[request.param]


@pytest.mark.each_value
def test_parts(placed, dtype):
    """15 random basic indices, into contiguous and strided outputs; and one that is shifted is seen."""
    scheme, params, shape = placed
    init = fi.get(scheme, **params)
    whole = init(shape, rng=0, dtype=dtype)
    assert not same_bits(np.roll(whole, 1, -1), whole)
    generator = np.random.default_rng(1)
    for _ in range(15):
        index = random_index(generator, shape)
        expected = np.asarray(whole[index])
        assert same_bits(init(shape, rng=0, dtype=dtype, index=index), expected), index
        doubled = np.full([2 * n for n in expected.shape], 7, dtype)
        strided = doubled[(slice(1, None, 2),) * expected.ndim + (...,)]
        init(shape, rng=0, index=index, out=strided, threads=2)
        assert same_bits(strided, expected), index
        strided[...] = 7
        assert (doubled == 7).all()


@pytest.mark.each_value
@pytest.mark.parametrize("layout", layouts((30, 40)))
@pytest.mark.parametrize(
    "case", [case for case in PLACED if len(case[2]) == 2], ids=lambda case: f"{case[0]}-{case[2]}"
)
def test_layouts(case, dtype, layout):
    scheme, params, shape = case
    out = layouts(shape, dtype)[layout]
    fi.get(scheme, **params)(out=out, rng=0, threads=3)
    assert same_bits(out, fi.get(scheme, **params)(shape, rng=0, dtype=dtype))


def test_identity_is_numpys(dtype):
    for shape in [(3, 5), (5, 3), (4, 4), (1, 6), (0, 3)]:
        expected = (np.eye(*shape) * 0.1).astype(dtype)
        assert same_bits(fi.identity(shape, gain=0.1, dtype=dtype), expected)


@pytest.mark.each_value
@pytest.mark.parametrize("fans", ["io", "oi"])
@pytest.mark.parametrize("field", [(3,), (4, 5), (1, 2, 3)])
@pytest.mark.parametrize(("n_out", "n_in", "groups"), [(6, 4, 1), (4, 6, 1), (6, 2, 3), (8, 3, 2)])
def test_dirac_by_its_definition(dtype, fans, field, n_out, n_in, groups):
    """Output d of each group takes input d, at size // 2 of each axis of the field."""
    expected = np.zeros((n_out, n_in, *field), dtype)
    for group in range(groups):
        for d in range(min(n_out // groups, n_in)):
            expected[(group * (n_out // groups) + d, d, *(size // 2 for size in field))] = 1
    if fans == "io":
        expected = np.moveaxis(expected, (1, 0), (-2, -1))
    assert same_bits(fi.dirac(expected.shape, groups=groups, fans=fans, dtype=dtype), expected)


def test_given_constants_are_rounded_once(dtype):
    """From float64 to the dtype, not by way of float32, in which numbers just above a tie of the dtype are one."""
    fmt = FORMATS[np.dtype(dtype).name]
    above_tie = 1 + 2.0**-fmt.precision + 2.0**-40
    ends = [np.inf, -np.inf] if fmt.has_infinity else [fmt.max, -fmt.max]
    values = np.array([0.1, -1 / 3, 1e-7, above_tie, -above_tie, -0.0, *ends])
    ours = fi.constant(8, value=values, dtype=dtype)
    if fmt.precision < 24:
        assert ours[3:5].astype(np.float64).tolist() == [
            1 + 2.0 ** (1 - fmt.precision),
            -1 - 2.0 ** (1 - fmt.precision),
        ]
    else:
        assert same_bits(ours, values.astype(dtype))
    each = [fi.constant(1, value=value, dtype=dtype) for value in values]
    assert same_bits(ours, np.concatenate(each))
    assert np.signbit(ours.astype(np.float64)).tolist() == [False, True, False, False, True, True, False, True]


@pytest.mark.parametrize("p", [0.01, 0.5, 0.5 + 2.0**-53, 1e-300, 1 - 2.0**-53, 0.731])
def test_log_odds_is_correctly_rounded(p):
    with mpmath.workdps(60):
        exact = float(mpmath.log(mpmath.mpf(p) / (1 - mpmath.mpf(p))))
    assert fi.log_odds(1, p=p, dtype="float64")[0] == exact
    assert fi.log_odds(1, p=p)[0] == np.float32(exact)
    assert fi.log_odds(1, p=[p], dtype="float64")[0] == exact
