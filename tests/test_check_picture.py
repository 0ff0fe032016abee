"""The picture of a check: shapes whatever the scale, nothing cut off, light and dark, in every kind of file."""

import math
from typing import NamedTuple

import numpy as np
import pytest
from quick import heavy_but

import fastinit as fi
from fastinit.checking import drawing, histograms, panels, plot


class Layer(NamedTuple):
    name: str = "fc"
    activation: str = "relu"
    findings: tuple = ()
    activation_ratio: float = 1.0
    gradient_ratio: float = 1.0
    std: float = 1.0
    gradient_std: float = 1.0


class Report(NamedTuple):
    """What a report of another kind has."""

    layers: list
    histograms: list
    verdict: str = "vanishing"
    healthy: bool = False
    reason: str = "the second moment falls, " * 12
    remedy: str = "W" * 300


VALUES = fi.normal(histograms.N_VALUES, dtype="float64", rng=0)


def long_report(n_layers, name):
    layers = [Layer(name.format(i), "leaky_relu 0.2", ("vanishing",) * (i % 3 > 1)) for i in range(n_layers)]
    layers[0] = layers[0]._replace(activation_ratio=math.nan, gradient_ratio=0.0)
    layers[-1] = layers[-1]._replace(activation_ratio=math.inf, gradient_ratio=1e-300, std=math.nan)
    shape = histograms.of(VALUES)
    return Report(layers, [(shape, shape if i % 2 else None) for i in range(n_layers)])


@pytest.mark.parametrize("scale", [1e-320, 1e-200, 1.0, 1e200, 1e307])
def test_a_shape_does_not_depend_on_scale(scale):
    shifted = VALUES + 0.5
    plain, scaled = histograms.of(shifted), histograms.of(scale * shifted)
    # Subnormal numbers have few bits: values near an edge may change their bin.
    assert abs(plain.counts - scaled.counts).sum() <= (0 if scale > 1e-300 else 400)
    assert scaled.centre == pytest.approx(scale * shifted.mean(), rel=1e-3 if scale < 1e-300 else 1e-12)
    assert scaled.scale == pytest.approx(scale * shifted.std(), rel=1e-3 if scale < 1e-300 else 1e-12)
    assert not np.array_equal(plain.counts, histograms.of(VALUES**3).counts)


def test_a_shape_is_the_density():
    """Of n normal values a bin's count is binomial: within 5.5 deviations, 4e-8 a bin, 3e-6 in all."""
    ends = np.linspace(-histograms.END, histograms.END, histograms.N_BINS + 1)
    below = np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in ends])
    expected = VALUES.size * np.diff(below)
    counts = histograms.of(VALUES).counts
    assert (abs(counts - expected) < 5.5 * np.sqrt(expected) + 5.5).all()
    assert not (abs(np.roll(counts, 3) - expected) < 5.5 * np.sqrt(expected) + 5.5).all()


@pytest.mark.parametrize("bad", [[math.nan, 1.0], [math.inf, 1.0], [-math.inf], []])
def test_no_shape(bad):
    found = histograms.of(np.array(bad))
    assert not found.counts.any()
    assert math.isnan(found.centre)
    assert math.isnan(found.scale)
    assert [part.size for part in drawing.outline(found)] == [0, 0]
    assert [part.size for part in drawing.outline(None)] == [0, 0]


@pytest.mark.parametrize("value", [0.0, -3.0, 0.1, 1e300, 5e-324])
def test_equal_values_are_in_the_middle(value):
    found = histograms.of(np.full(1000, value))
    assert np.flatnonzero(found.counts).tolist() == [histograms.N_BINS // 2]
    assert (found.centre, found.scale) == (value, 0.0)
    assert drawing.outline(found)[1].tolist() == [0.0, 1.0, 0.0]


def test_figures_hold_what_went_through():
    report = fi.check([400, 300, 200], "relu", n_samples=32)
    for layer, (outputs, gradients) in zip(report.layers, report.histograms, strict=True):
        assert (outputs.centre, outputs.scale) == pytest.approx((layer.mean, layer.std), rel=1e-9)
        assert gradients.scale == pytest.approx(layer.gradient_std, rel=1e-9)


def test_zeros_of_a_rectifier_do_not_flatten_the_rest():
    _, heights = drawing.outline(histograms.of(np.maximum(VALUES, 0)))
    assert heights.max() == 1
    assert np.sort(heights)[-2] > 0.2
    counts = histograms.of(np.maximum(VALUES, 0)).counts
    assert np.sort(counts)[-2] < 0.1 * counts.max()


def test_the_axis_of_scales():
    scale = drawing.scale_of([Layer(activation_ratio=1e-20, gradient_ratio=0.0), Layer(activation_ratio=math.inf)])
    places = [scale.place(ratio) for ratio in (0.0, 1e-20, 1e-3, 1.0, 1e3, math.inf)]
    assert places == sorted(set(places))
    assert (places[0], places[-1]) == (0.0, 1.0)
    assert math.isnan(scale.place(math.nan))
    assert scale.band == (scale.place(1e-3), scale.place(1e3))
    names = [text for _, text in scale.ticks]
    assert {"0", "1", "∞"} <= set(names)
    for low in (1e-300, 1e-30, 1e-9, 1.0):
        ticks = drawing.scale_of([Layer(activation_ratio=low)]).ticks
        assert 3 <= len(ticks) <= drawing.MAX_TICKS
        assert "1" in [text for _, text in ticks]
        assert all(0 <= place <= 1 for place, _ in ticks)


NAMES = [
    "layer {}",
    "model.decoder.layers.{}.a_very_long_name_of_a_layer_indeed." * 3,
    r"$\frac{}$ W_{}^W \x1b" + "W" * 90,
]


@pytest.mark.parametrize(
    ("n_layers", "name"),
    [
        (12, NAMES[2]),
        *(
            pytest.param(*case, marks=pytest.mark.heavy)
            for case in ((1, NAMES[1]), (30, NAMES[0]), *((300, name) for name in NAMES))
        ),
    ],
    ids=lambda value: str(value)[:5],
)
def test_nothing_is_cut_off_and_nothing_runs_into_the_next(n_layers, name):
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    report = long_report(n_layers, name.replace("{}", "{0}"))
    with matplotlib.rc_context(plot.STYLE):
        figure = plot._figure(report, drawing.LIGHT)
        renderer = FigureCanvasAgg(figure).get_renderer()
        boxes = {text: text.get_window_extent(renderer) for text in figure.axes[0].texts if text.get_text()}
        page = figure.bbox
        assert len(boxes) >= 12 + 4 * min(n_layers, 3)
        assert all(_lies_in(box, page) for box in boxes.values())
        rows = [box for text, box in boxes.items() if text.get_size() >= panels.LABEL]
        assert [(a, b) for i, a in enumerate(rows) for b in rows[:i] if _depth(a, b) > 0.3] == []
        figure.set_size_inches(figure.get_figwidth() * 0.9, figure.get_figheight())  # it would be noticed
        assert not all(_lies_in(text.get_window_extent(renderer), figure.bbox) for text in boxes)


def _lies_in(box, page):
    return page.x0 <= box.x0 and box.x1 <= page.x1 and page.y0 <= box.y0 and box.y1 <= page.y1


def _depth(one, other):
    """How far two boxes lie in each other, of the height of the lower; boxes have room for letters that go lower."""
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return high / min(one.height, other.height) if wide > 0 else 0.0


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_files(tmp_path, suffix, start):
    path, other = tmp_path / f"x.{suffix}", tmp_path / f"y.{suffix}"
    path.write_bytes(b"of before")
    fi.check([20, 20, 5], "relu").plot(str(path))
    fi.check([20, 20, 5], "relu").plot(other)
    assert path.read_bytes().startswith(start)
    assert path.read_bytes() == other.read_bytes()
    assert b"layer 2" in path.read_bytes() or suffix != "svg"


@pytest.mark.parametrize("factor", heavy_but([0.0, 1.0, 1e100, 1e307], 0.0, 1e307))
def test_every_report_is_drawn(tmp_path, factor):
    weights = [factor * fi.normal((20, 20), dtype="float64", rng=i) for i in range(3)]
    fi.check([{"weights": w, "name": f"名 $x_{w[0, 0]}"} for w in weights], "relu").plot(tmp_path / "x.pdf")
    assert (tmp_path / "x.pdf").stat().st_size > 5000


def test_light_and_dark(tmp_path):
    from matplotlib.image import imread

    report = fi.check([20, 20, 5], "relu")
    for dark in False, True:
        report.plot(tmp_path / "x.png", dark=dark)
        corner = imread(tmp_path / "x.png")[0, 0, :3]
        paper = (drawing.DARK if dark else drawing.LIGHT).paper
        assert [round(255 * float(c)) for c in corner] == [int(paper[i : i + 2], 16) for i in (1, 3, 5)]


def _luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colors", [drawing.LIGHT, drawing.DARK], ids=["light", "dark"])
def test_text_has_contrast(colors):
    for name in ("ink", "muted", "activations", "gradients", "sick", "healthy"):
        bright, dim = sorted([_luminance(colors.paper), _luminance(getattr(colors, name))], reverse=True)
        assert (bright + 0.05) / (dim + 0.05) >= 4.5, name


def test_refusals(tmp_path):
    report = fi.check([20, 5])
    bad = [
        (dict(path=tmp_path / "x.txt"), ValueError, r"^plot: path: expected a name that ends in \.png, \.svg, \.pdf"),
        (dict(path=tmp_path / "no" / "x.png"), ValueError, "^plot: path: expected a file that can be written"),
        (dict(path=3), TypeError, "^plot: path: expected a path, got 3"),
        (dict(path=tmp_path / "x.png", dark=1), TypeError, "^plot: dark: expected True or False, got 1"),
        (dict(path=tmp_path / "\0.png"), ValueError, "^plot: path: expected a file that can be written"),
    ]
    for arguments, kind, words in bad:
        with pytest.raises(kind, match=words):
            report.plot(**arguments)
    assert list(tmp_path.iterdir()) == []
