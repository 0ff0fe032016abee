"""Parameters that are arrays: each element's law has its own numbers, at the element's own place in the stream."""

import tracemalloc

import numpy as np
import pytest
from exact_laws import Normal
from fills import same_bits
from reference_laws import DTYPES

import fastinit as fi
from fastinit.laws.dtypes import FORMATS

ROWS, COLUMNS = np.linspace(0.1, 3, 12)[:, None], np.linspace(-2, 2, 16)

CASES = [
    fi.get("normal", std=ROWS),
    fi.get("normal", mean=COLUMNS, std=0.5),
    fi.get("uniform", low=-ROWS, high=COLUMNS + 4),
    fi.get("truncated_normal", mean=COLUMNS, std=ROWS),
    fi.get("truncated_normal", std=ROWS, low=[-2.0, -1.0] * 8, high=3),
    fi.get("truncated_normal", std=2, lower=-ROWS),
    fi.get("zeros").but(np.s_[5:, ::2], fi.get("normal", std=ROWS[:7])),
]


def label(scheme) -> str:
    return "-".join([scheme.name, *scheme.params])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("std", [ROWS, np.linspace(0.5, 1, 16)], ids=["rows", "columns"])
def test_normals_by_definition(std, dtype):
    """std z + mean in float64 from the standard draws of the arithmetic, rounded once."""
    arithmetic = "float64" if dtype == "float64" else "float32"
    z = fi.normal((12, 16), rng=1, name="w", dtype=arithmetic).astype(np.float64)
    exact = std * z + COLUMNS / 4
    ours = fi.normal((12, 16), mean=COLUMNS / 4, std=std, rng=1, name="w", dtype=DTYPES[dtype])
    assert same_bits(ours, fi.constant((12, 16), value=exact, dtype=DTYPES[dtype]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_uniforms_by_definition_and_inside(dtype):
    low, high = -ROWS, COLUMNS + 4
    arithmetic = "float64" if dtype == "float64" else "float32"
    x = fi.uniform((12, 16), low=-1, high=1, rng=1, name="w", dtype=arithmetic).astype(np.float64)
    ours = fi.uniform((12, 16), low=low, high=high, rng=1, name="w", dtype=DTYPES[dtype]).astype(np.float64)
    assert (low < ours).all()
    assert (ours < high).all()
    step = 2.0 ** -FORMATS[dtype].precision * np.maximum(abs(low), high)
    assert (abs(ours - (low / 2 + high / 2 + (high / 2 - low / 2) * x)) <= 2 * step).all()


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
@pytest.mark.parametrize("scheme", CASES, ids=label)
def test_parts_layouts_and_batches(scheme, dtype):
    whole = scheme((12, 16), rng=3, name="w", dtype=dtype)
    ids = np.random.default_rng(0).integers(-12, 12, 30)
    for index in np.s_[7], np.s_[3:11:3, ::-7], np.s_[ids], np.s_[ids[:5], 9], np.s_[:, [3, 3, 0]]:
        assert same_bits(scheme((12, 16), rng=3, name="w", dtype=dtype, index=index), np.asarray(whole[index])), index
    out = np.full((16, 24), 7, whole.dtype).T[::-2]
    assert same_bits(scheme(out=out, rng=3, name="w", threads=2), whole)
    assert same_bits(fi.initialize({"w": np.empty((12, 16), whole.dtype)}, {"*": scheme}, rng=3)["w"], whole)


def test_pieces_are_as_the_whole():
    """More elements than are made ready at a time."""
    z = fi.normal((300, 400), rng=1, name="w").astype(np.float64)
    std = np.linspace(1, 2, 400)
    assert same_bits(fi.normal((300, 400), std=std, rng=1, name="w"), (std * z).astype(np.float32))


def test_truncated_laws():
    """KS distances of 8 columns of 40,000, each by its own numbers: a false alarm in 10**6 runs; and a control."""
    std, low = np.linspace(0.5, 4, 8), np.linspace(-2.5, 0, 8)
    w = fi.truncated_normal((40000, 8), mean=1.0, std=std, low=low, high=2.0, rng=0, dtype="float64")
    scaled = (w - 1) / std
    assert (scaled > low).all()
    assert (scaled < 2).all()
    bound = 2.9 / 200  # of the distance times sqrt(40000): P = 2 exp(-2 * 2.9**2) = 1e-7 each

    def distance(values: np.ndarray, first: float) -> float:
        base, above = Normal(0.0, 1.0).cdf(first), Normal(0.0, 1.0).cdf(2.0)
        u = np.sort((Normal(0.0, 1.0).cdf(values) - base) / (above - base))
        grid = np.arange(u.size + 1) / u.size
        return max(abs(u - grid[1:]).max(), abs(u - grid[:-1]).max())

    assert max(distance(scaled[:, i], low[i]) for i in range(8)) < bound
    assert distance(1.1 * scaled[:, 2], low[2]) > bound


def test_widths_of_0_and_one_law_for_all():
    assert fi.normal((2, 3), mean=[1, 2, 3], std=0, rng=0).tolist() == [[1, 2, 3]] * 2
    assert fi.uniform(3, low=[1, 2, 3], high=[1, 2, 4], rng=0)[:2].tolist() == [1, 2]
    assert fi.truncated_normal(2, std=[0, 1], mean=5, rng=0)[0] == 5
    assert fi.normal(0, std=np.ones(1), rng=0).shape == (0,)


@pytest.mark.parametrize("dtype", DTYPES)
def test_bounds_of_many_are_those_of_one(dtype):
    """all_below against below: numbers of the dtype, beside and between them, powers of two, zeros, subnormals."""
    fmt = FORMATS[dtype]
    numbers = np.random.default_rng(4).standard_normal(300) * 2.0 ** np.arange(-150, 150)
    numbers = np.concatenate([numbers, 2.0 ** np.arange(-150, 15), [0.0, 1e-60, 0.75, 3.0, 5e-324, fmt.max]])
    numbers = numbers[abs(numbers) <= fmt.max]
    numbers = np.concatenate([numbers, -numbers, [fmt.nearest(float(number)) for number in numbers]])
    numbers = numbers[numbers > -fmt.max]  # below which there is none
    expected = [fmt.below(float(number)) for number in numbers]
    assert np.array_equal(fmt.all_below(numbers), expected)
    assert (fmt.all_below(numbers) < numbers).all()
    assert not np.array_equal(fmt.all_below(numbers / 1.01), expected)


@pytest.mark.parametrize("scheme", ["normal", "uniform"])
def test_memory_is_that_of_a_piece(scheme):
    """However many different numbers: 16 MiB of combinations of rows and columns. Held against a copy."""
    rows, columns = np.linspace(1, 2, 1024)[:, None], np.linspace(2, 3, 2048)
    params = {"normal": dict(mean=rows, std=columns), "uniform": dict(low=rows, high=columns)}[scheme]
    out = np.empty((1024, 2048), np.float64)

    def peak(action) -> int:
        tracemalloc.start()
        action()
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(lambda: getattr(fi, scheme)(out=out, rng=0, **params)) < 3 << 20
    assert peak(lambda: out.copy()) > 15 << 20


def test_one_wrong_number_among_many():
    """In the last piece that is checked; each in the words of a single one."""
    std = np.ones(100_000)
    std[-1] = np.nan
    out = np.full(100_000, 7, np.float32)
    with pytest.raises(ValueError, match=r"^normal: std: expected a finite number >= 0, got nan$"):
        fi.normal(out=out, std=std)
    low = np.zeros(100_000)
    low[-1] = 1 - 2.0**-30
    with pytest.raises(ValueError, match=r"^uniform: low, high: expected bounds with a float32 strictly between them"):
        fi.uniform(out=out, low=low, high=1)
    assert fi.uniform(out=np.empty(100_000), low=low, high=1, rng=0)[-1] < 1
    assert (out == 7).all()


def test_parameters_are_copied():
    std = np.ones(4)
    scheme = fi.get("normal", std=std)
    before = scheme((3, 4), rng=0)
    std[:] = 100
    assert same_bits(scheme((3, 4), rng=0), before)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda out: fi.normal(out=out, std=[1, 2, 3]),
            ValueError,
            "normal: std: expected an array that broadcasts to",
        ),
        (lambda out: fi.normal(out=out, std=[[1, -2]]), ValueError, "normal: std: expected a finite number >= 0"),
        (lambda out: fi.normal(out=out, mean=[0, np.nan]), ValueError, "normal: mean: expected a finite number"),
        (lambda out: fi.normal(out=out, std=[1, 3e38]), ValueError, "normal: mean, std: expected |mean| + 7.54 std"),
        (lambda out: fi.normal(out=out, std=["a", "b"]), TypeError, "normal: std: expected a real number"),
        (lambda out: fi.normal(out=out, mean=[1, 2], std=[1, 2, 3]), ValueError, "normal: mean, std: expected arrays"),
        (lambda out: fi.uniform(out=out, low=[0, 3], high=2), ValueError, "uniform: low, high: expected low <"),
        (lambda out: fi.truncated_normal(out=out, low=[0, 3]), ValueError, "truncated_normal: low, high: expected"),
        (
            lambda out: fi.truncated_normal(out=out, low=[0, 1], lower=0),
            TypeError,
            "truncated_normal: low, high, lower",
        ),
    ],
)
def test_refused_before_anything_is_written(call, error, message):
    out = np.full((4, 2), 7, np.float32)
    with pytest.raises(error) as raised:
        call(out)
    assert str(raised.value).startswith(message)
    assert (out == 7).all()
