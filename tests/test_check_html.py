"""The page of a check: what it says, that it needs nothing else, and that no name gets out of its cell."""

import sys
from html.parser import HTMLParser

import numpy as np
import pytest

import fastinit as fi

#: Elements without an end.
VOID = {"meta", "br"}

HOSTILE = '<script>alert("1")</script>&amp;\'\x1b[31m'


class Page(HTMLParser):
    """A page taken apart: elements as (name, attributes), texts by the element around them; refuses wrong nesting."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.texts = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag, **attributes):
        return [own for name, own in self.elements if name == tag and attributes.items() <= own.items()]

    def text(self, tag):
        return [data for name, data in self.texts if name == tag and data.strip()]


def page_of(report, tmp_path):
    report.html(tmp_path / "x.html")
    return Page((tmp_path / "x.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def network():
    return fi.check([30] * 9, "tanh", fi.get("normal", std=0.01), n_samples=16)


def test_a_page_says_what_the_text_says(network, tmp_path):
    page = page_of(network, tmp_path)
    assert page.text("title") == ["fastinit check: vanishing"]
    assert page.text("h1") == ["vanishing"]
    assert network.reason in page.text("p")
    assert f"remedy: {network.remedy}" in page.text("p")
    table = network.table()
    assert set(table.headings) <= set(page.text("th"))
    cells = page.text("td")
    for row in table.rows:
        assert row[0] in page.text("th")
        assert set(row[1:]) <= set(cells)
    assert len(page.all("tr", **{"class": "sick"})) == sum(table.is_sick) > 0


def test_a_page_shows_what_the_picture_shows(network, tmp_path):
    page = page_of(network, tmp_path)
    n = len(network.layers)
    images = page.all("svg", role="img")
    assert len(images) == 3 * n
    assert len(page.all("polygon")) == 2 * n
    assert len(page.all("circle")) == len(page.all("rect")) - n == n  # a square for gradients, and the band
    labels = [image["aria-label"] for image in images]
    assert labels[0].startswith("activations about ")
    assert labels[1].startswith("gradients about ")
    assert labels[2].startswith("activations ")
    assert labels[2].endswith(" times the last layer's")


def test_a_page_can_be_read_by_all(network, tmp_path):
    page = page_of(network, tmp_path)
    assert page.all("html")[0]["lang"] == "en"
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")
    assert {head["scope"] for head in page.all("th")} == {"row", "col"}
    assert len(page.all("th", scope="row")) == len(network.layers)
    assert page.all("th", scope="col", **{"class": "number"})
    (style,) = page.text("style")
    for words in ("prefers-color-scheme: dark", "@media print", "overflow-x: auto", "max-width: 40rem"):
        assert words in style


@pytest.mark.parametrize("kind", ["network", "weights"])
def test_a_page_needs_nothing_else(network, tmp_path, kind):
    report = network if kind == "network" else fi.check({"a": fi.he_normal((9, 9), rng=0)})
    page = page_of(report, tmp_path)
    text = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert not any(word in text for word in ("http:", "https:", "url(", "@import", "//"))
    assert {name for name, _ in page.elements}.isdisjoint({"script", "link", "img", "iframe", "object", "use"})
    assert not any(name in {"src", "href", "onload"} for _, own in page.elements for name in own)


@pytest.mark.parametrize("kind", ["network", "weights"])
def test_names_stay_in_their_cells(tmp_path, kind):
    if kind == "network":
        report = fi.check([{"shape": (20, 20), "name": HOSTILE}, (20, 5)], "relu", "zeros")
        assert HOSTILE.replace("\x1b", r"\x1b") in report.reason
    else:
        report = fi.check({HOSTILE: fi.he_normal((64, 64), rng=0)})
    page = page_of(report, tmp_path)
    assert page.all("script") == []
    shown = HOSTILE.replace("\x1b", r"\x1b")
    assert shown in page.text("th")
    assert (kind == "weights") or any(shown in text for text in page.text("p"))
    assert Page("<p><script>x</script></p>").all("script")  # it would be noticed


def test_weights(tmp_path):
    report = fi.check({"good": fi.he_normal((64, 64), rng=0), "bad": np.full((3, 3), np.nan)})
    page = page_of(report._replace(left_out=("n (I64)",)), tmp_path)
    assert page.text("h1") == ["not finite"]
    assert page.text("p")[0] == "1 known, 1 not finite"
    assert "left out: n (I64)" in page.text("p")
    assert page.all("svg") == []
    assert len(page.all("tr", **{"class": "sick"})) == 1


@pytest.mark.parametrize("factor", [1e100, 1e307])
def test_what_is_not_finite(tmp_path, factor):
    layers = [factor * fi.normal((20, 20), dtype="float64", rng=i) for i in range(5)]
    page = page_of(fi.check(layers, "relu"), tmp_path)
    assert "∞" in page.text("text")
    assert "activations: not finite" in [image["aria-label"] for image in page.all("svg", role="img")]
    assert not any("nan" in point for own in page.all("polygon") for point in own["points"].split())
    assert not any("nan" in own["d"] for own in page.all("path"))


def test_matplotlib_is_not_needed(network, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    network.html(tmp_path / "x.html")
    first = (tmp_path / "x.html").read_bytes()
    network.html(str(tmp_path / "x.html"))
    assert (tmp_path / "x.html").read_bytes() == first


def test_refusals(network, tmp_path):
    bad = [
        (tmp_path / "x.txt", ValueError, r"^html: path: expected a name that ends in \.html, \.htm"),
        (tmp_path / "no" / "x.html", ValueError, "^html: path: expected a file that can be written"),
        (3, TypeError, "^html: path: expected a path, got 3"),
    ]
    for path, kind, words in bad:
        with pytest.raises(kind, match=words):
            network.html(path)
    assert list(tmp_path.iterdir()) == []
