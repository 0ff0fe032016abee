"""`fastinit.check` of weights alone: each scheme's are known as its own, and what no scheme gives is found."""

import math

import numpy as np
import pytest
from safetensors.numpy import save_file

import fastinit as fi
from fastinit.checking import known_schemes, law_moments, moments, special_matrices

SHAPE = (300, 200)


def tensor(array, **arguments):
    return fi.check({"w": array}, **arguments).tensors[0]


def known():
    return [one for one in known_schemes.of(SHAPE, None) if "GPT" not in one.label]


@pytest.mark.parametrize("one", known(), ids=lambda one: one.label)
def test_every_known_scheme_is_recognised(one):
    """By its own label; a false alarm has probability 6e-7 for each of some four tests."""
    call = one.label.partition(" (")[0]
    name, _, rest = call.partition("(")
    array = eval(f"fi.{name}({SHAPE}, rng=1, {rest or ')'}", {"fi": fi, "axes": fi.axes})
    report = tensor(array)
    assert report.verdict == "known"
    assert one.label in report.fits or call in report.fits
    assert report.errors < 5
    assert report.law.startswith(one.moments.distribution)


@pytest.mark.parametrize("factor", [0.3, 0.95, 1.05, 3.0])
@pytest.mark.parametrize("name", ["he_normal", "lecun_uniform", "glorot_normal"])
def test_other_scales_are_told(name, factor):
    """5 % are 17 standard errors for n = 63511: 1 / sqrt(2 n) is 0.28 %. None of the others happens to be there."""
    report = tensor(factor * fi.get(name)((301, 211), rng=1))
    assert report.fits == ()
    assert report.verdict == "unknown"
    assert report.law.startswith(("normal(std=", "uniform(low="))
    assert "of no known scheme; nearest: " in report.reason


def test_two_percent_are_found():
    assert tensor(np.float32(1.02) * fi.he_normal((1000, 1000), rng=1)).reason.endswith("nearest: 1.02 times he_normal")
    assert tensor(np.float32(1.02) * fi.he_uniform((1000, 1000), rng=1)).reason.endswith(
        "nearest: 1.02 times he_uniform"
    )


def test_beside_he_in_both_layouts():
    found = tensor(np.float32(0.1) * fi.he_normal((10, 160), fans="oi", rng=0)).reason
    assert found.endswith("; 0.0249 times he_normal or 0.0994 times he_normal(fans='oi')")


def test_another_law_of_the_same_scale_is_not():
    flipped = np.where(fi.uniform(SHAPE, low=-1, high=1, rng=0) > 0, 1, -1) * math.sqrt(2 / 300)
    assert "he_normal" not in tensor(flipped + fi.normal(SHAPE, std=1e-9, rng=1)).fits
    assert "he_normal" not in tensor(fi.he_uniform(SHAPE, rng=0)).fits
    assert tensor(fi.he_normal(SHAPE, rng=0) + np.float32(0.01)).fits == ()


def with_outlier():
    array = fi.normal(SHAPE, std=0.02, rng=0)
    array[5, 7] = 2.0
    return array


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (with_outlier(), "against normal(std=0.02158): a value at 92.7 standard deviations"),
        (np.random.default_rng(0).laplace(size=(500, 500)), "against normal(std=1.414): a value at"),
        (np.random.default_rng(0).standard_t(20, size=(700, 700)), "against normal(std=1.054): "),
        (np.sign(fi.normal(SHAPE, rng=1)) + 0.01 * fi.normal(SHAPE, rng=2), "no value beyond 1.04 standard deviations"),
        (np.concatenate([fi.normal(SHAPE, rng=1), fi.normal(SHAPE, rng=2, std=1.5)]), "against normal"),
        (np.sin(np.arange(1500)[:, None] / 10000 ** (np.arange(384) / 384)), "against uniform(low=-1, high=1): "),
    ],
)
def test_what_is_of_no_law(array, words):
    report = tensor(array)
    assert report.verdict == "unknown"
    assert report.law == ""
    assert report.reason.startswith("of no law: against ")
    assert words in report.reason


@pytest.mark.parametrize(
    ("array", "law"),
    [
        (fi.normal(SHAPE, mean=0.3, rng=0), "normal(mean=0.29"),
        (fi.truncated_normal(SHAPE, std=0.02, low=-3, high=3, rng=0), "truncated_normal(std=0.0199"),
        (fi.truncated_normal(SHAPE, std=0.02, low=-1, high=1, rng=0), "truncated_normal(std=0.0198"),
        (fi.uniform(SHAPE, low=0.1, high=0.5, rng=0), "uniform(low=0.1, high=0.5)"),
        (fi.dirac((16, 16, 3, 3), fans="oi"), "dirac(fans='oi')"),
        (fi.dirac((16, 4, 3, 3), fans="oi", groups=4, gain=0.5), "dirac(gain=0.5, fans='oi', groups=4)"),
        (fi.identity((20, 30), gain=2), "identity(gain=2.0)"),
        (fi.delta_orthogonal((3, 3, 20, 40), rng=0), "delta_orthogonal(gain=1)"),
        (fi.delta_orthogonal((40, 20, 3, 3), gain=2, fans="oi", rng=0), "delta_orthogonal(gain=2, fans='oi')"),
        (fi.sparse(SHAPE, sparsity=0.9, std=0.01, rng=0), "0.9 of the values are 0, the others normal(std=0.0100"),
        (fi.get("normal", std=0.02).but(0, "zeros")((900, 64), rng=0), "0.001111 of the values are 0, the others"),
        (fi.fan_in_uniform(200, fans=(300, 200), rng=0), "uniform(low=-0.05"),
    ],
)
def test_laws(array, law):
    report = tensor(array)
    assert report.law.startswith(law)
    assert report.verdict == ("known" if report.fits else "not judged" if array.ndim < 2 else "unknown")


def test_readings():
    """Stacked matrices are told by their own fans; taken for a kernel, it is said so, and how likely that is."""
    right = tensor(fi.he_normal((8, 128, 512), fans=fi.axes(batch_axis=0), rng=0))
    assert right.fits[0] == "he_normal(fans=axes(batch_axis=0))"
    narrow = tensor(fi.he_normal((8, 128, 512), rng=0))
    assert narrow.fits[0] == "he_normal as a kernel of 8"
    assert not any("batch_axis=0" in label and label.startswith("he_normal(f") for label in narrow.fits)
    stacked = tensor(fi.he_normal((40, 10, 6, 8), rng=0))
    assert "he_normal as a kernel of 40x10, which is unlikely" in stacked.fits
    query = tensor(fi.lecun_normal((64, 8, 24), fans=fi.axes(0, (1, 2)), rng=0))
    assert "lecun_normal(fans=axes(in_axis=0, out_axis=(1, 2)))" in query.fits
    packed = tensor(fi.glorot_uniform((768, 200), fans=fi.axes(1, 0, out_groups=3), rng=0))
    assert "glorot_uniform(fans=axes(in_axis=1, out_axis=0, out_groups=3))" in packed.fits


def test_layouts():
    array = fi.he_normal(SHAPE, rng=0, fans="oi")
    assert tensor(array).fits[0] == "he_normal(fans='oi')"
    assert tensor(array, layout="oi").fits[0] == "he_normal(fans='oi')"
    assert "he_normal" not in tensor(array, layout="io").fits
    assert tensor(fi.he_normal((200, 200), rng=0)).fits[0] == "he_normal"


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_dtypes(dtype):
    report = tensor(fi.glorot_uniform(SHAPE, rng=0, dtype=dtype))
    assert report.fits[0] == "glorot_uniform"
    assert report.dtype == dtype


@pytest.mark.parametrize("shape", [(300, 200), (200, 300), (3, 3, 20, 40)])
@pytest.mark.parametrize("gain", [1.0, 2**0.5])
def test_orthogonal(shape, gain):
    array = fi.orthogonal(shape, gain=gain, rng=0)
    assert tensor(array).reason == f"orthogonal(gain={gain:.4g}), to rounding"
    noisy = array + np.float32(0.02 * array.std()) * fi.normal(shape, rng=1)
    assert "orthogonal" not in tensor(noisy).reason
    assert tensor(np.roll(fi.identity((50, 30)), 1, axis=0)).reason == "orthogonal(gain=1), to rounding"


@pytest.mark.parametrize("shape", [(256, 256), (1200, 100), (100, 1200)])
def test_how_orthogonal(shape):
    """Some columns are looked at first: they refuse none that all would not, wherever its errors are."""
    n, m = sorted(shape)
    limit = min(special_matrices.MAX_RESIDUAL, special_matrices.RESIDUAL_SHARE * math.sqrt(n / m))
    array, noise = fi.orthogonal(shape, rng=0, dtype="float64"), fi.normal(shape, rng=1, dtype="float64") / math.sqrt(m)
    one = np.zeros(shape)
    one[(0, slice(None)) if shape[0] < shape[1] else (slice(None), 0)] = 1
    for share, is_so in (0.7, True), (1.5, False):
        # W' W is off by noise of deviation e sqrt(2 / m), e that of W's own times sqrt(m): by e sqrt(2 n / m) in all.
        even = array + share * limit * math.sqrt(m / (2 * n)) * noise
        assert (special_matrices.orthogonal_gain(even, ("io",)) is not None) == is_so
    uneven = array * (1 + 0.3 * limit * math.sqrt(n) * one)  # one column's square is off by 0.6 of the limit for all
    assert special_matrices.orthogonal_gain(uneven, ("io",)) == pytest.approx(1, rel=limit)


@pytest.mark.parametrize(
    ("array", "verdict", "words"),
    [
        (np.zeros(SHAPE), "constant", "zeros"),
        (np.full(SHAPE, 0.1), "constant", "constant(0.1)"),
        (np.zeros(5), "constant", "zeros"),
        (np.ones(5), "constant", "ones"),
        (np.ones(()), "constant", "ones"),
        (np.arange(5.0), "not judged", "fewer than 20 values"),
        (np.zeros((0, 5)), "not judged", "no elements"),
        (np.array([[1.0, np.nan], [np.inf, 0.0]]), "not finite", "2 of 4 values"),
        (np.repeat(fi.he_normal((50, 1), rng=0), 40, axis=1), "symmetric", "100% of the units (layout 'io') equal"),
        (np.repeat(fi.he_normal((1, 50), rng=0), 40, axis=0), "symmetric", "100% of the units (layout 'oi') equal"),
        (np.repeat(fi.normal((50, 3), rng=0, dtype="bfloat16"), 20, axis=0), "symmetric", "100% of the units"),
    ],
)
def test_verdicts(array, verdict, words):
    report = tensor(array)
    assert report.verdict == verdict
    assert words in report.reason


def test_the_whole_has_the_gravest_verdict():
    good, odd, bad = fi.he_normal(SHAPE, rng=0), fi.he_normal(SHAPE, rng=0) ** 3, np.full(SHAPE, np.nan)
    assert fi.check({"a": good, "zeros": np.zeros(SHAPE)}).verdict == "known"
    assert fi.check({"a": good, "zeros": np.zeros(SHAPE)}).healthy
    assert fi.check({"a": good, "b": odd}).verdict == "unknown"
    report = fi.check({"a": good, "b": odd, "c": bad})
    assert report.verdict == "not finite"
    assert not report.healthy
    assert [row.split()[0] for row in report.text(None).split("\n\n")[0].splitlines()] == ["tensor", "a", "b", "c"]
    assert report.to_dict()["tensors"][2]["mean"] is None
    assert str(report).endswith("\nnot finite: 1 known, 1 unknown, 1 not finite")
    assert str(fi.check({"a": good})).endswith("\nknown: 1 known")


def test_residual_branches():
    assert "sqrt(2 * 12))" in tensor(fi.normal((768, 768), std=0.02 / 24**0.5, rng=0)).fits[0]
    few = [one.label for one in known_schemes.of((10, 10), "io") if "GPT-2" in one.label]
    assert few == []  # a hundred numbers do not tell


def test_scales_by_the_width_of_the_network():
    """CLIP's, T5's: told where other tensors have that axis, and not of a tensor by itself."""
    others = {f"mlp.{i}": fi.lecun_normal((96, 200), rng=i) for i in range(3)}
    by_depth, by_head = (
        fi.normal((96, 96), std=(96 * 6) ** -0.5, rng=5),
        fi.normal((96, 96), std=(96 * 24) ** -0.5, rng=6),
    )
    bias = fi.normal((32, 4), std=96**-0.5, rng=7)
    rows = fi.check({**others, "by depth": by_depth, "by head": by_head, "bias": bias}).tensors[3:]
    assert "normal(std=96**-0.5 / sqrt(2 * 3)) (CLIP's by depth)" in rows[0].fits
    assert "normal(std=(96 * 24)**-0.5) (T5's queries)" in rows[1].fits
    assert "normal(std=96**-0.5), 96 being an axis of other tensors" in rows[2].fits
    for array in by_depth, by_head, bias:
        assert not any("96" in label for label in tensor(array).fits)


@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_sinusoids(interleaved, dtype):
    angles = np.arange(300)[:, None] / 10000 ** (np.arange(48) / 48)
    both = np.stack([np.sin(angles), np.cos(angles)], 2 if interleaved else 1).reshape(300, 96)
    table = fi.empty((300, 96), dtype)
    table[:] = both
    assert tensor(table).reason == "sinusoids, as of positions, to rounding"
    table[200, 5] = 3
    assert tensor(table).verdict == "unknown"


def test_moments():
    values = np.concatenate([np.arange(1 << 20), [5.0, 7.0]]).reshape(2, -1) * 1e200  # two pieces, powers overflow
    sample = moments.of(values)
    centred = values / 1e200 - (values / 1e200).mean()
    assert sample.mean == pytest.approx(values.mean())
    assert sample.n_zeros == 1
    assert sample.std == pytest.approx(1e200 * centred.std())
    assert sample.kurtosis == pytest.approx((centred**4).mean() / (centred**2).mean() ** 2)
    assert (sample.n, sample.least, sample.greatest) == (values.size, values.min(), values.max())


@pytest.mark.parametrize("distribution", law_moments.STANDARDIZED)
def test_standardized_moments(distribution):
    """By the trapezoidal rule; for uniforms by the midpoint rule."""
    x = (np.arange(200_000) + 0.5) / 100_000 - 1
    x, density = {
        "uniform": (x, np.ones_like(x)),
        "normal": (10 * x, np.exp(-50 * x * x)),
        "truncated_normal": (2 * x, np.exp(-2 * x * x)),
    }[distribution]
    density = density / density.sum()
    x = x / math.sqrt(density @ x**2)
    for k in (2, 4, 6, 8):
        assert law_moments.STANDARDIZED[distribution](k) == pytest.approx(density @ x**k, rel=1e-8)


def test_errors_are_what_samples_have():
    """Of 200 samples of 2000: within 25 % of the stated, which is 5 of its own deviations, 1 / sqrt(2 * 200)."""
    for name in ("normal", "uniform", "truncated_normal"):
        draws = fi.get(name)((200, 2000), rng=0, dtype="float64")
        draws = draws - draws.mean(axis=1, keepdims=True)
        second = (draws**2).mean(axis=1)
        stds, kurtoses = np.sqrt(second), (draws**4).mean(axis=1) / second**2
        assert stds.std() / stds.mean() == pytest.approx(law_moments.std_error(name, 2000), rel=0.25)
        assert kurtoses.std() == pytest.approx(law_moments.kurtosis_error(name, 2000), rel=0.25)
        assert kurtoses.std() != pytest.approx(law_moments.kurtosis_error(name, 1000), rel=0.25)


def test_tensors_that_are_no_weights_are_named(tmp_path):
    path = tmp_path / "mixed.safetensors"
    save_file({"w": fi.he_normal(SHAPE, rng=0), "n": np.arange(3), "mask": np.ones(4, bool)}, path)
    report = fi.check(path)
    assert [one.name for one in report.tensors] == ["w"]
    assert sorted(report.left_out) == ["mask (BOOL)", "n (I64)"]
    assert str(report).splitlines()[-1].startswith("left out: ")
    assert sorted(report.to_dict()["left_out"]) == sorted(report.left_out)
    save_file({"n": np.arange(3)}, path)
    with pytest.raises(
        ValueError, match=r"^check: layers: expected tensors of floating-point numbers, got only n \(I64\)"
    ):
        fi.check(path)


@pytest.mark.parametrize(("width", "n_layers"), [(128, 6), (128, 12), (256, 12)])
def test_residual_branches_are_told_by_the_number_of_layers(width, n_layers):
    """Of so few values neighbouring depths cannot be told apart; the file says how many layers it has."""
    std = 0.02 / math.sqrt(2 * n_layers)
    arrays = {f"h.{i}.proj": fi.normal((width, width), std=std, rng=0, name=str(i)) for i in range(n_layers)}
    report = fi.check(arrays)
    assert report.healthy
    assert all(f"sqrt(2 * {n_layers}))" in tensor.fits[0] for tensor in report.tensors)
    assert not fi.check({name: 4 * array for name, array in arrays.items()}).healthy
