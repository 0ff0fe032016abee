"""What should be independent is uncorrelated, and so are the squares: within a stream, and from one stream to another.

A truncated normal in float32 takes the lowest bits of both elements of a pair from one word, a half each.

At 2**21 elements a correlation of 0.0031 is beyond the bound. The same at 2**26: ``python tests/battery.py``.
"""

import pytest
from quick import heavy_but
from statistics_of import independence_scores
from tally import beyond

import fastinit as fi
from fastinit.laws import dtypes

N_VALUES = 1 << 21

#: A truncated normal has two ways to be drawn in float32, by its bounds.
STREAMS = {
    "normal": fi.get("normal"),
    "uniform": fi.get("uniform", low=-1, high=1),
    "truncated on both sides alike": fi.get("truncated_normal"),
    "truncated": fi.get("truncated_normal", low=-1, high=3),
}


def draw(stream, dtype, rng=31, name="", n=N_VALUES):
    return STREAMS[stream](n, dtype=dtype, rng=rng, name=name, threads=1)


@pytest.mark.each_value
@pytest.mark.parametrize("dtype", dtypes.FORMATS)
@pytest.mark.parametrize("stream", STREAMS)
def test_independence(stream, dtype):
    """False alarms: 20 scores at 6.8e-6 and two for each other kind of stream."""
    others = {"seed": draw(stream, dtype, rng=32), "name": draw(stream, dtype, name="a")}
    assert not beyond(independence_scores(draw(stream, dtype), others))


@pytest.mark.parametrize("dtype", heavy_but(dtypes.FORMATS, "float32", "float64"))
def test_laws_of_one_seed_are_independent(dtype):
    """Each kind of law has its tag; of the two ways to draw a truncated normal too. False alarms as above."""
    others = {stream: draw(stream, dtype) for stream in STREAMS if stream != "normal"}
    if dtype == "float64":
        others["float32"] = draw("normal", "float32")
        del others["truncated"]  # in float64 there is one way to draw it, so the same words
    assert not beyond(independence_scores(draw("normal", dtype), others))
    if dtype != "float64":
        ways = {"the other way": draw("truncated", dtype)}
        assert not beyond(independence_scores(draw("truncated on both sides alike", dtype), ways))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_shared_half_percent_is_seen(dtype):
    """Of the other element of a pair, and of its magnitude; of the other stream."""
    z = draw("normal", dtype).reshape(-1, 2, 8 if dtype == "float64" else 16)
    shared, scaled = z.copy(), z.copy()
    shared[:, 1] += z.dtype.type(0.005) * z[:, 0]
    scaled[:, 1] *= 1 + z.dtype.type(0.005) * (z[:, 0] ** 2 - 1)
    lag = f"lag {z.shape[-1]}"
    assert beyond(independence_scores(shared.ravel(), {}, "pairs"))
    assert beyond(independence_scores(scaled.ravel(), {}, "pairs, squared"))
    assert beyond(independence_scores((z + z.dtype.type(0.01) * z[:, ::-1]).ravel(), {}, lag))
    other = draw("normal", dtype, name="a") + z.dtype.type(0.005) * z.ravel()
    assert beyond(independence_scores(z.ravel(), {"other": other})).keys() == {"other"}
