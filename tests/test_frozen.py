"""Stream v1 is frozen: what is pinned here may never change. docs/versions.md says what may.

A failure means that values are others than those people have stored. The change is to be taken back; a new stream is
one beside this, under a name of its own. Rows may be added to the golden hashes and to the vectors, after the others.
"""

import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
import reference
from make_vectors import PATH

import fastinit as fi
from fastinit import _kernels
from fastinit.checkpoints.origin import STREAM
from fastinit.filling import seed
from fastinit.laws.spec import TRUNCATED_STD
from fastinit.selftest import golden

DOCS = Path(__file__).parent.parent / "docs"

GOLDEN, VECTORS = golden.load(), json.loads(PATH.read_text())


def digest(rows: object) -> str:
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()[:32]


#: What is pinned: how many rows, and the digest of them.
PINNED = {
    "golden cases": (GOLDEN["cases"], 49, "ab7423c6b9bd24b12ff1f01c49682658"),
    "golden complex": (GOLDEN["complex"], 8, "bf83886166a9b25fa98dfe09849cc0f5"),
    "golden blocks": (sorted(GOLDEN["blocks"].items()), 4, "9f4e962795c4b85553f04fed8e0cd10a"),
    "seeds": (VECTORS["seeds"], 17, "63c74c954f3f383903947895db0a59ab"),
    "keys": (VECTORS["keys"], 22, "4d477f32ec15105b65fc631c45e084d5"),
    "lanes": (VECTORS["lanes"], 4, "086bf894b8fb693a5a0ea9dc391cea12"),
    "refused": (VECTORS["refused"], 20, "3dba5eb6589145e0c47ba9ea5f929451"),
    "values": (VECTORS["values"], 345, "66fe19ab3f360a3a06f67ace45955e15"),
}


@pytest.mark.parametrize("what", PINNED)
def test_rows_are_as_they_were(what):
    rows, n, pinned = PINNED[what]
    assert len(rows) >= n
    assert digest(rows[:n]) == pinned


def test_a_changed_row_is_seen():
    rows, n, pinned = PINNED["values"]
    changed = [*rows[: n - 1], {**rows[n - 1], "name": "v"}]
    assert digest(changed) != pinned


def constants(text: str) -> list[str]:
    """Hexadecimal numbers of the specification, integers and floats, in order."""
    return re.findall(r"-?0x[\da-f.]+(?:p[+-]\d+)?", text)


def test_the_constants_are_as_they_were():
    found = {path.name: constants(path.read_text()) for path in sorted(DOCS.glob("stream*.md"))}
    assert sum(map(len, found.values())) == 136
    assert digest(found) == "0c9349e853662282013b35735e93f9b3"
    assert digest({**found, "stream.md": found["stream.md"][1:]}) != digest(found)


def test_the_name_of_the_stream():
    """In the key, and in what describes the values."""
    words, name, tag = bytes(32), b"w", b"n32"
    hashed = hashlib.blake2b(
        words + len(name).to_bytes(8, "little") + name + tag, digest_size=32, person=b"fastinit-v1"
    )
    key = np.frombuffer(hashed.digest(), "<u8").tolist()
    assert _kernels.stream_key(words, "w", tag) == key
    assert GOLDEN["stream"] == VECTORS["stream"] == STREAM == "v1"


def test_sizes_and_factors():
    assert (reference.BLOCK, reference.STEP, reference.LANES) == (1024, 32, 8)
    assert TRUNCATED_STD == 0.87962566103423978
    assert seed.seed_of("", 0).hex() == VECTORS["seeds"][0]["bytes"]
    assert fi.normal(2, rng=0).tobytes().hex() == "bcbfa3bf9f98c63f"
