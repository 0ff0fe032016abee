"""Tables of reports: the width that there is, what is shortened, what is left out, and names of any characters."""

import numpy as np
import pytest

import fastinit as fi
from fastinit.checking import report, table
from fastinit.common.terminal import n_cells, printable, shortened, wrapped

WIDE = "\N{HIRAGANA LETTER A}"


@pytest.fixture(scope="module")
def network():
    layers = [{"shape": (30, 30), "name": f"model.decoder.layers.{i}.self_attention.output"} for i in range(12)]
    return fi.check(layers, "relu", fi.get("normal", std=0.01), n_samples=8)


@pytest.fixture(scope="module")
def weights():
    arrays = {f"model.{WIDE * i}.weight": i * fi.he_normal((64, 30), rng=i) for i in range(1, 5)}
    return fi.check({**arrays, "bias": np.zeros(3)})


@pytest.mark.parametrize("kind", ["network", "weights"])
def test_lines_fit_every_width(request, kind):
    found = request.getfixturevalue(kind)
    verdicts = "".join(found.table().rows[-1][-1].split())
    for width in range(12, 220, 4):
        lines = found.text(width).splitlines()
        assert max(map(n_cells, lines)) <= width
        assert verdicts[:40] in "".join("".join(lines).split())
    natural = max(map(n_cells, found.text(None).splitlines()))
    assert any(n_cells(line) > 100 for line in found.text(None).splitlines()), natural


def test_names_are_shortened_before_columns_are_left_out(network):
    full, *rows = network.table().lines(None)
    narrower = network.table().lines(max(map(n_cells, rows)) - 10)
    assert narrower[0].split() == full.split()
    assert "model.decod" in narrower[1]
    assert "..." in narrower[1].split()[0]
    assert "left out" not in "\n".join(narrower)


def test_columns_are_left_out_by_rank(network):
    by_rank = sorted(report.COLUMNS, key=lambda column: -column.rank)
    seen = set()
    for width in range(28, 140):
        lines = network.table().lines(width)
        note = " ".join(lines).partition("left out, for want of width: ")[2]
        left_out = [part.strip() for part in note.split(",") if part.strip()] if note else []
        seen.add(len(left_out))
        assert set(left_out) == {column.heading for column in by_rank[: len(left_out)]}
        assert lines[0].split()[0] == "layer"
        assert lines[0].split()[-1] == "verdict"
    assert seen == set(range(len(by_rank) + 1))


def test_columns_are_aligned_whatever_the_characters(weights):
    heading, *rows = weights.table().lines(None)
    start = heading.index("shape")
    for row in rows:
        end = next(i for i in range(len(row)) if n_cells(row[:i]) == start)
        assert row[end - 2 : end] == "  "
        assert row[end] != " "
    assert len({len(row) - len(row[:10]) for row in rows}) > 1


def test_control_characters_do_not_reach_the_terminal():
    name = "a\x1b[31m\n\u202eb\ud800"
    found = fi.check([{"shape": (5, 4), "name": name.replace("\ud800", "")}], scheme="zeros").text()
    assert all(line.isprintable() for line in found.split("\n"))
    assert r"a\x1b[31m\n\u202eb" in found
    printable(name).encode("utf-8")
    assert printable("plain") == "plain"


def test_text_does_not_depend_on_the_terminal(network, monkeypatch):
    before = str(network)
    monkeypatch.setenv("COLUMNS", "30")
    assert str(network) == before == network.text(table.DEFAULT_WIDTH)
    assert network.text(30) != before


def test_shortened():
    assert shortened("abcdefghij", 10) == "abcdefghij"
    assert shortened("abcdefghij", 9) == "abc...hij"
    assert [n_cells(shortened("abcdefghij", n)) for n in range(11)] == list(range(11))
    assert all(n_cells(shortened(WIDE * 20, n)) <= n for n in range(30))


def test_wrapped():
    text = "one two  three " + "x" * 30 + WIDE * 5
    for width in range(2, 60):
        lines = wrapped(text, width)
        assert all(n_cells(line) <= width for line in lines)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert wrapped(text, None) == [text]
    assert wrapped("", 5) == [""]
    assert n_cells("e\N{COMBINING ACUTE ACCENT}") == 1
