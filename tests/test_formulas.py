"""The site's own parts: formulas of docstrings as TeX, and the figures of its card."""

import re
import sys
from pathlib import Path

import pytest

import fastinit as fi

DOCS = Path(__file__).parent.parent / "docs"
sys.path.insert(0, str(DOCS))

import card  # noqa: E402  which is beside the pages
from formulas import to_tex  # noqa: E402

FAN_IN = r"\mathrm{fan}_{\mathrm{in}}"


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("U(-a, a)", r"U\left(-a, a\right)"),
        ("1 / sqrt(fan_in)", rf"\frac{{1}}{{\sqrt{{{FAN_IN}}}}}"),
        ("a - b / c d", r"a - \frac{b}{c} \, d"),
        ("(a + b) / (2 c)", r"\frac{a + b}{2 \, c}"),
        ("2 / ((1 + slope**2) n)", r"\frac{2}{\left(1 + {\text{slope}}^{2}\right) \, n}"),
        ("a = +-2e-12", r"a = \pm 2 \cdot 10^{-12}"),
        ("0 <= p < 1", r"0 \le p < 1"),
        ("n (n - 64)", r"n \, \left(n - 64\right)"),
    ],
)
def test_formulas(text, tex):
    assert to_tex(text) == tex


CODE = ["fan_in", "64", "rng=0", "a=1, b=2", "full[index]", "w.std()", '"oi"', "axes(1, 0)", "sqrt(", "a +", "(n, m)"]


@pytest.mark.parametrize("text", CODE)
def test_code_is_no_formula(text):
    assert to_tex(text) is None


@pytest.mark.parametrize(
    "name", ["glorot_normal", "he_normal", "he_uniform", "lecun_uniform", "fan_in_uniform", "normal"]
)
def test_laws_are_told_by_formulas(name):
    assert any(map(to_tex, re.findall("``([^`]+)``", getattr(fi, name).__doc__)))


def test_card_has_the_figures_of_the_saved_run():
    saved = (DOCS / "benchmark.txt").read_text()
    rates = card.rates(saved)
    assert set(rates) == set(card.SHOWN)
    first = saved.partition("1 thread ")[2].partition("2 threads ")[0]
    for name in ("NumPy", "PyTorch"):
        ratio = float(re.search(rf"^{name}  .*  (\S+) \(\S+\)$", first, re.MULTILINE)[1])
        assert rates[card.OWN] / rates[name] == pytest.approx(ratio, rel=0.02)
