"""Headers edited at random, by whoever knows the format and this code: read or refused; and peaks of memory."""

import copy
import json
import os
import random
import re
import sys

import pytest
from hostile import ESCAPE, file_of, is_one_line
from safetensors import SafetensorError, safe_open

import fastinit as fi
import fastinit.safetensors as fs
from fastinit.checkpoints import origin
from fastinit.files import headers
from fastinit.files.safetensors_format import DTYPES

ODD = (
    *(None, True, 0, 1, -1, 2**63, 10**300, 1.5, float("nan"), "", "x", ESCAPE, "\0", [], {}, [[]], [1, [2]]),
    *({"name": "normal"}, {"sha256": "x"}, "normal", "orthogonal", "F4", "Q9", "float32", "F64", list(range(70))),
    *({"name": "he_normal", "fans": [3, 4]}, {"name": "normal", "but": [{"index": "0", "scheme": "zeros"}]}),
)


def places(value, path=()):
    """Every place within nested data."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield from places(item, (*path, key))


def edited(value, chance):
    """Nested data with one place taken out, renamed, or given another value."""
    value, (*path, last) = copy.deepcopy(value), chance.choice([path for path in places(value) if path])
    inner = value
    for key in path:
        inner = inner[key]
    how = chance.randrange(4)
    if how == 0:
        del inner[last]
    elif how == 1 and isinstance(inner, dict):
        inner[chance.choice(["x", "dtype", "name", ESCAPE])] = inner.pop(last)
    else:
        inner[last] = chance.choice(ODD)
    return value


def with_text_edited(text, chance):
    """Bytes replaced, taken out and put in again elsewhere."""
    text = bytearray(text)
    for _ in range(chance.randrange(1, 4)):
        at, other = chance.randrange(len(text)), chance.randrange(len(text))
        sign = chance.choice(b'{}[]",:019-.eE\\\0\xff nt')
        text[at : at + chance.randrange(2)] = chance.choice([text[other : other + chance.randrange(20)], [sign]])
    return bytes(text)


def with_origin_edited(header, chance):
    """What fastinit says of the file edited, with a digest that fits again, as whoever knows the code can make it."""
    told = json.loads(header["__metadata__"][origin.KEY])
    told = edited(told, chance)
    rows = {name: row for name, row in header.items() if name != "__metadata__"}
    told["digest"] = origin.digest(
        told, ((name, DTYPES[rows[name]["dtype"]][0], tuple(rows[name]["shape"])) for name in sorted(rows))
    )
    return {**header, "__metadata__": {origin.KEY: json.dumps(told)}}


def read_in_every_way(path):
    """Whether each reader took the file; an assertion fails if it was refused in another form than the one."""
    ways = {
        "check": lambda: str(fi.check(path)),
        "check as a network": lambda: str(fi.check(path, "tanh")),
        "verify": lambda: str(fs.verify(path)),
        "open_plan": lambda: str(fs.open_plan(path).plan),
    }
    took = {}
    for name, read in ways.items():
        refusal = refusal_of(read)
        assert refusal is None or (is_one_line(refusal) and ": expected " in refusal), (name, refusal)
        took[name] = refusal is None
    return took


def refusal_of(read):
    try:
        read()
    except (ValueError, TypeError) as error:
        return str(error)
    return None


def official_takes(path):
    try:
        with safe_open(path, "np"):
            return True
    except SafetensorError:
        return False


@pytest.mark.parametrize("n_files", [150, pytest.param(10_000, marks=pytest.mark.heavy)])
def test_random_edits_of_a_header(tmp_path, n_files):
    """Whatever is edited, each reader reads or refuses; and it refuses what the format's own library refuses.

    The seed is fixed, so that no run differs. That the edits bite is seen by the counts.
    """
    path, chance, n_taken = tmp_path / "w.safetensors", random.Random(n_files), 0
    rules = {"a.weight": fi.get("he_normal", fans="oi").but(0, "zeros"), "b": "zeros", "c": fi.get("normal", std=0.3)}
    fs.create(path, {"a.weight": (8, 6), "b": (6,), "c": (4, 8)}, rules, rng=[3, 4])
    assert all(read_in_every_way(path)[way] for way in ("check", "verify", "open_plan"))
    content = path.read_bytes()
    n_header = 8 + int.from_bytes(content[:8], "little")
    text, data = content[8:n_header].rstrip(), content[n_header:]
    header = json.loads(text)
    for i in range(n_files):
        new = [with_text_edited(text, chance), edited(header, chance), with_origin_edited(header, chance)][i % 3]
        path.write_bytes(file_of(new, 0) + data)
        took = read_in_every_way(path)
        n_taken += took["check"]
        if took["check"] and not official_takes(path):
            codes = headers.read("test", path).others.values()
            assert codes, "taken, and the format's own library refuses it, not for its dtype"
    assert n_files / 3 < n_taken < 0.9 * n_files


@pytest.mark.heavy
@pytest.mark.skipif(sys.platform != "linux", reason="peaks of memory are read from Linux's /proc")
def test_peaks_of_memory(tmp_path):
    """Below 32 MiB for what is refused; the control parses the same text as a whole."""
    from peak_memory import growth

    path, lists = tmp_path / "w.safetensors", b'{"w": [' + b"[]," * 1_250_000 + b"[]]}"
    told = {"__metadata__": {origin.KEY: lists.decode()}}

    def refused(words):
        def read():
            for reader in fi.check, fs.open_plan:
                with pytest.raises(ValueError, match=words):
                    reader(path)

        return read

    n_most = 32 << 10
    path.write_bytes(file_of(lists))
    assert growth(refused("a value of at most 4,096 bytes")) < n_most
    assert growth(lambda: json.loads(lists)) > 2 * n_most
    path.write_bytes((99_000_000).to_bytes(8, "little"))
    os.truncate(path, 100_000_000)  # a file of zeros that takes no room
    assert growth(refused("that begins with {")) < n_most
    path.write_bytes(file_of(told, 0))
    assert growth(lambda: fs.verify(path)) < n_most
    assert "at most 1,048,576 lists and tables" in fs.verify(path).problems[0]


def test_what_is_written_can_be_read(tmp_path, monkeypatch):
    """The bound on lists in the metadata holds for both."""
    monkeypatch.setattr(origin, "MAX_LISTS", 3)
    monkeypatch.setattr(origin, "MAX_LISTS_EACH", 0)
    with pytest.raises(ValueError, match="safetensors: metadata: expected at most 3 lists and tables, got 6"):
        fs.create(tmp_path / "w.safetensors", {"w": (3, 4)}, {"w": fi.get("normal", std=0.3)})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("n_files", [400, pytest.param(10_000, marks=pytest.mark.heavy)])
def test_tensors_told_as_usual(tmp_path, n_files):
    """They are read in a way of their own, and told in other words of JSON, with the same result or refusal."""
    path, chance, n_taken = tmp_path / "w.safetensors", random.Random(n_files), 0
    header = {
        "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "b": {"dtype": "F32", "shape": [2, 3], "data_offsets": [24, 48]},
        "ü": {"dtype": "Q9", "shape": [], "data_offsets": [48, 50]},
        "c": {"dtype": "F32", "shape": [0], "data_offsets": [50, 50]},
        "last, with no comma behind": {"dtype": "U8", "shape": [0], "data_offsets": [50, 50]},
    }

    def told(table, **form):
        path.write_bytes(file_of(json.dumps(table, ensure_ascii=False, **form).encode(), 50))
        try:
            return headers.read("test", path)._replace(n_bytes=0)
        except ValueError as error:
            return re.sub(r" at byte \d+$", "", str(error))

    for _ in range(n_files):
        new = edited(header, chance)
        taken = told(new)
        assert taken == told(new, separators=(",", ":")) == told(new, indent=1)
        n_taken += not isinstance(taken, str)
    assert n_files / 50 < n_taken < n_files / 2
    assert len(headers.USUAL.findall(json.dumps(header, ensure_ascii=False).encode())) == len(header) - 1
    assert not headers.USUAL.search(json.dumps(header, indent=1).encode())
