"""fastinit.part: pieces of tensors in fastinit.initialize, equal to the whole's own elements."""

import itertools
import re

import numpy as np
import pytest
from cases import configured, shape_for
from fills import same_bits
from test_targets import random_index

import fastinit as fi
from fastinit.filling import run

PADDED = fi.get("normal", std=0.02).but(np.s_[:, 3:9], "glorot_uniform").but(5, "zeros")


def backwards(shape, dtype=np.float32, value=7):
    """An array whose memory runs against its indices."""
    return np.full(shape[::-1], value, dtype).T[(*[slice(None, None, -1)] * len(shape), ...)]


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("name", fi.schemes())
def test_equals_the_whole(name, dtype):
    scheme, shape = configured(name), shape_for(name)
    generator = np.random.default_rng(1)
    whole = scheme(shape, rng=3, name="w", dtype=dtype)
    for make in np.empty, backwards:
        index = random_index(generator, shape)
        piece = make(whole[index].shape, np.dtype(dtype))
        fi.initialize({"w": fi.part(piece, shape, index)}, {"w": scheme}, rng=3)
        assert same_bits(piece, np.asarray(whole[index])), index


def test_one_table_fills_every_rank():
    """Rows of one tensor, columns of another, a whole bias; tables with functions, blocks and batches among them."""
    shapes = {"emb": (50, 12), "fc.weight": (12, 48), "fc.bias": (48,), "out.weight": (48, 12), "pad": (40, 20)}
    seen = set()

    def by_fans(name, shape):
        seen.add((name, shape))
        return fi.get("normal", std=sum(shape) ** -0.5) if name.startswith("out") else None

    rules = {"*": by_fans, "*.bias": "zeros", "fc*": "he_normal", "pad": PADDED, "emb": fi.get("sparse", sparsity=0.5)}
    del rules["*"]
    rules = {"o*": by_fans} | rules | {"*.none": "ones"}
    whole = {name: np.empty(shape, np.float32) for name, shape in shapes.items()}
    fi.initialize(whole, rules, rng=5, unused="ignore")
    for rank in range(4):
        cuts = {name: np.s_[rank::4] if name == "pad" else np.s_[..., rank * 3 : rank * 3 + 3] for name in shapes}
        pieces = {name: backwards(whole[name][cut].shape) for name, cut in cuts.items()}
        parts = {name: fi.part(pieces[name], shapes[name], cut) for name, cut in cuts.items()}
        for n_threads in 1, 3:
            assert fi.initialize(parts, rules, rng=5, unused="ignore", threads=n_threads) is parts
            for name, cut in cuts.items():
                assert same_bits(pieces[name], np.asarray(whole[name][cut])), name
    assert seen == {("out.weight", (48, 12))}


@pytest.mark.parametrize("scheme", ["normal", PADDED, "orthogonal"], ids=str)
def test_several_pieces_of_one_tensor(scheme):
    """As strided shards need them; one name, asked for once."""
    names = []

    def asked(name, shape):
        names.append((name, shape))
        return scheme

    pieces = [np.empty((10, 30), np.float32), backwards((3, 5)), np.empty((0, 30), np.float32)]
    indices = [np.s_[::4], np.s_[1:20:8, -5:], np.s_[4:4]]
    parts = tuple(fi.part(piece, (40, 30), index) for piece, index in zip(pieces, indices, strict=True))
    fi.initialize({"w": parts, "b": np.empty(3, np.float32)}, {"w": asked, "*": "zeros"}, rng=0)
    assert names == [("w", (40, 30))]
    whole = (fi.get(scheme) if isinstance(scheme, str) else scheme)((40, 30), rng=0, name="w")
    for piece, index in zip(pieces, indices, strict=True):
        assert same_bits(piece, whole[index])


@pytest.mark.parametrize("scheme", [fi.get("normal"), fi.get("ones").but(np.s_[1::2], "he_normal")], ids=repr)
def test_complex_parts(scheme):
    whole, index = scheme((20, 30), rng=0, name="w", dtype="complex64"), np.s_[3:17, ::-2]
    piece = backwards((14, 15), np.complex64)
    fi.initialize({"w": fi.part(piece, (20, 30), index)}, {"w": scheme}, rng=0)
    assert (piece == whole[index]).all()


def test_two_replicas_of_the_same_elements():
    a, b = np.empty((2, 30), np.float32), np.empty((2, 30), np.float32)
    fi.initialize({"w": (fi.part(a, (40, 30), np.s_[3:5]), fi.part(b, (40, 30), np.s_[3:5]))}, {"w": "normal"}, rng=0)
    assert same_bits(a, b)


def test_in_a_nest_skipped_and_kept():
    pieces = [np.full(3, 7, np.float32) for _ in range(4)]
    parts = tuple(fi.part(piece, 9, np.s_[3:6]) for piece in pieces)
    tree = {"layers": [{"w": parts[0]}, {"w": (parts[1], parts[1])}], "b": parts[2], "c": (parts[3],)}
    fi.initialize(tree, {"b": fi.keep, "*": "normal"}, rng=0, skip="layers.1.w")
    assert same_bits(pieces[0], fi.normal(9, rng=0, name="layers.0.w")[3:6])
    assert same_bits(pieces[3], fi.normal(9, rng=0, name="c")[3:6])
    assert pieces[1].tolist() == pieces[2].tolist() == [7, 7, 7]


def test_the_fans_are_the_wholes():
    piece = np.empty((2, 1000), np.float32)
    fi.initialize({"w": fi.part(piece, (1000, 1000), np.s_[:2])}, {"w": "glorot_uniform"}, rng=0)
    assert 0.99 * (6 / 2000) ** 0.5 < abs(piece).max() < (6 / 2000) ** 0.5


def test_a_few_rows_of_a_table_larger_than_any_memory():
    rows = np.empty((3, 128), np.float32)
    fi.initialize({"t": fi.part(rows, (2**40, 128), np.s_[2**39 : 2**39 + 3])}, {"t": "normal"}, rng=0)
    assert same_bits(rows, fi.normal((2**40, 128), rng=0, name="t", index=np.s_[2**39 : 2**39 + 3]))


def test_rows_by_id():
    rows, ids = np.empty((3, 12), np.float32), [7, 0, 7]
    fi.initialize({"t": (fi.part(rows, (50, 12), ids),)}, {"t": "normal"}, rng=0)
    assert same_bits(rows, fi.normal((50, 12), rng=0, name="t")[ids])


def test_scalars_and_empty_parts():
    one, none = np.empty((), np.float32), np.empty((4, 0), np.float32)
    parts = {"a": fi.part(one, (4, 5), np.s_[2, -1]), "b": fi.part(none, (4, 5), np.s_[:, 2:2])}
    fi.initialize(parts, {"*": "normal"}, rng=0)
    assert one == fi.normal((4, 5), rng=0, name="a")[2, -1]
    fi.initialize({"a": fi.part(none, (8, 30), np.s_[::2, 2:2])}, {"*": PADDED}, rng=0)


def test_progress_counts_parts_and_what_is_placed():
    arrays = {"q": np.empty((30, 20), np.float32), "p": fi.part(np.empty((40, 3)), (40, 30), np.s_[:, ::10])}
    arrays["several"] = tuple(fi.part(np.empty(5, np.float16), 10, np.s_[i::2]) for i in range(2))
    written = []
    fi.initialize(arrays, {"q": "orthogonal", "*": "normal"}, rng=0, progress=written.append)
    assert sum(written) == 30 * 20 * 4 + 40 * 3 * 8 + 10 * 2
    assert min(written) > 0


def test_streamed_stores(monkeypatch):
    monkeypatch.setattr(run, "STREAM_BYTES", 0)
    pieces = [np.empty((64, 33), np.float32), np.empty((64, 100), np.float32)]
    parts = (fi.part(pieces[0], (64, 700), np.s_[:, 5:38]), fi.part(pieces[1], (64, 700), np.s_[:, 600:]))
    fi.initialize({"w": parts}, {"w": "normal"}, rng=0, threads=2)
    whole = fi.normal((64, 700), rng=0, name="w")
    assert same_bits(pieces[0], whole[:, 5:38])
    assert same_bits(pieces[1], whole[:, 600:])


def square(value=7):
    return np.full((4, 4), value, np.float32)


def frozen():
    array = square()
    array.flags.writeable = False
    return array


SHARED = square()
REFUSED = {
    "another shape": (
        ValueError,
        r"arrays\['w'\] \(normal: out\): expected shape \(4, 8\)",
        lambda: fi.part(square(), (9, 8), np.s_[:4]),
    ),
    "a list as array": (TypeError, r"arrays\['w'\] \(normal: out\).* got list", lambda: fi.part([1.0], 4, np.s_[:1])),
    "read-only": (ValueError, r"arrays\['w'\].*read-only", lambda: fi.part(frozen(), (4, 8), np.s_[:, :4])),
    "int64": (TypeError, r"arrays\['w'\].*int64", lambda: fi.part(np.zeros((4, 4), np.int64), (4, 8), np.s_[:, :4])),
    "too large": (ValueError, r"arrays\['w'\] \(normal: shape\)", lambda: fi.part(np.zeros(3), 2**61, np.s_[:3])),
    "a part in a part": (TypeError, r"arrays\['w'\]", lambda: fi.part(fi.part(square(), (4, 4), ...), (4, 4), ...)),
    "one piece twice": (ValueError, "'w' and another part of it", lambda: (fi.part(SHARED, (4, 8), np.s_[:, :4]),) * 2),
    "overlapping": (
        ValueError,
        "'w' and another part of it",
        lambda: tuple(fi.part(SHARED[i : i + 3], (9, 4), np.s_[i : i + 3]) for i in range(2)),
    ),
    "two tensors": (
        ValueError,
        r"arrays\['w'\]: expected parts of one tensor, got parts of \(4, 8\) and \(8, 4\)",
        lambda: (fi.part(square(), (4, 8), np.s_[:, :4]), fi.part(square(), (8, 4), np.s_[4:])),
    ),
    "an array among parts": (
        TypeError,
        r"arrays\['w'\]: expected parts alone, got ndarray among parts",
        lambda: (fi.part(square(), (4, 8), np.s_[:, :4]), square()),
    ),
}


@pytest.mark.parametrize(("error", "words", "made"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(error, words, made):
    """The first and the last keep their values; nothing is drawn."""
    arrays = {"a": square(), "w": made(), "z": fi.part(square(), (4, 4), ...)}
    generator = np.random.default_rng(0)
    with pytest.raises(error, match=words) as caught:
        fi.initialize(arrays, {"*": "normal"}, generator)
    assert re.match(r"^initialize: arrays(\[.*\])?( \(\w+: \w+\))?: expected .+, got .+", str(caught.value))
    assert len(str(caught.value)) <= 300
    assert (arrays["a"] == 7).all()
    assert (SHARED == 7).all()
    assert (arrays["z"].array == 7).all()
    assert generator.bit_generator.state == np.random.default_rng(0).bit_generator.state


def test_parts_of_two_tensors_that_share_memory():
    buffer = np.full(16, 7, np.float32)
    for scheme, other in itertools.product(("normal", "orthogonal"), repeat=2):
        arrays = {"a": fi.part(buffer[:12].reshape(3, 4), (6, 4), np.s_[3:]), "b": buffer[8:].reshape(2, 4)}
        with pytest.raises(ValueError, match="share no memory, got 'a' and 'b'"):
            fi.initialize(arrays, {"a": scheme, "b": other}, rng=0)
        assert (buffer == 7).all()


@pytest.mark.parametrize(
    ("error", "words", "arguments"),
    [
        (TypeError, "part: shape: expected an int", ("4", 0)),
        (ValueError, "part: shape: expected an int", (-1, 0)),
        (TypeError, "part: index: expected integers, slices", ((4, 4), None)),
        (TypeError, "part: index: expected integers, slices", ((4, 4), "0")),
        (ValueError, r"part: index: expected -4 <= i < 4 on axis 0, got 4", ((4, 4), 4)),
        (ValueError, "part: index: expected at most 2 axes, got 3", ((4, 4), np.s_[0, 0, 0])),
    ],
)
def test_bad_shape_or_index(error, words, arguments):
    with pytest.raises(error, match=words):
        fi.part(np.zeros(4, np.float32), *arguments)


def test_shows_itself():
    assert (
        repr(fi.part(np.zeros((1, 4)), (9, 4), np.s_[3:4]))
        == "<fastinit.part of a tensor of shape (9, 4), (1, 4) in all>"
    )


def test_a_list_of_parts_is_layers():
    """As in the whole model, where the list has arrays; pieces of one tensor come in a tuple."""
    whole = {"w": [np.empty((4, 3), np.float32), np.empty((3, 4), np.float32)]}
    fi.initialize(whole, {"*": "he_normal"}, rng=0)
    shard = {
        "w": [
            fi.part(np.empty((2, 3), np.float32), (4, 3), np.s_[:2]),
            fi.part(np.empty((3, 2), np.float32), (3, 4), np.s_[:, 2:]),
        ]
    }
    fi.initialize(shard, {"*": "he_normal"}, rng=0)
    assert same_bits(shard["w"][0].array, whole["w"][0][:2])
    assert same_bits(shard["w"][1].array, whole["w"][1][:, 2:])
