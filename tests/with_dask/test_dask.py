"""Lazy arrays: equal to the NumPy fill for any chunking, slices and tokens, and files in bounded pieces."""

import doctest
import pickle
import subprocess
import sys

import dask
import dask.array as da
import numpy as np
import pytest

import fastinit as fi
import fastinit.dask as fd
from fastinit.dask import lazy

SCHEMES = [
    "zeros",
    fi.he_normal,
    fi.get("normal", std=0.02),
    fi.get("glorot_uniform", fans=fi.axes(0, 1)),
    fi.get("normal", std=np.linspace(0, 1, 77)).but(0, "zeros"),
    fi.get("sparse", sparsity=0.9),
]
SHAPE = (1000, 77)


@pytest.fixture(autouse=True)
def _one_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


@pytest.fixture
def filled(monkeypatch):
    """How many elements each fill had."""
    counts, get = [], lazy._Addressed.__getitem__

    def counted(self, index):
        part = get(self, index)
        counts.append(part.size)
        return part

    monkeypatch.setattr(lazy._Addressed, "__getitem__", counted)
    return counts


@pytest.mark.parametrize(
    ("scheme", "dtype"),
    [
        *((scheme, dtype) for scheme in SCHEMES for dtype in ("float32", "bfloat16", "float64")),
        (SCHEMES[2], "complex64"),
    ],
)
@pytest.mark.parametrize("chunks", ["auto", (1000, 77), (300, 20), 7777, ((1, 999), (0, 33, 44))])
def test_equal_for_any_chunking(scheme, dtype, chunks):
    x = fd.array(scheme, SHAPE, chunks, dtype, rng=5, name="emb")
    whole = (fi.get(scheme) if isinstance(scheme, str) else scheme)(SHAPE, dtype=dtype, rng=5, name="emb")
    assert isinstance(x, da.Array)
    assert x.dtype == whole.dtype
    assert x.compute().tobytes() == whole.tobytes()


@pytest.mark.parametrize("index", [np.s_[5:7], np.s_[5:7, 3], np.s_[::50], np.s_[990:, 70:], np.s_[5], np.s_[-3:, ::2]])
def test_slices_fill_their_part_alone(index, filled):
    x = fd.array(SCHEMES[2], SHAPE, (100, 33), rng=5, name="emb")
    del filled[:]
    part = x[index].compute()
    assert np.array_equal(part, SCHEMES[2](SHAPE, rng=5, name="emb", index=index))
    assert sum(filled) == part.size


def test_lists_fill_the_chunks_they_touch(filled):
    x = fd.array(SCHEMES[2], SHAPE, (100, 77), rng=5, name="emb")
    del filled[:]
    assert np.array_equal(x[[3, 5, 950]].compute(), SCHEMES[2](SHAPE, rng=5, name="emb", index=[3, 5, 950]))
    assert sum(filled) <= 2 * 100 * 77


def test_one_thread_a_task(monkeypatch):
    from fastinit.schemes.register import Configured

    threads, call = [], Configured.__call__

    def noted(self, *args, **kwargs):
        threads.append(kwargs.get("threads", "a check"))
        return call(self, *args, **kwargs)

    monkeypatch.setattr(Configured, "__call__", noted)
    fd.array("normal", SHAPE, (500, 77)).compute()
    assert threads == ["a check", 1, 1]


def test_tokens():
    def name(**changes):
        arguments = dict(scheme=SCHEMES[4], shape=SHAPE, chunks=(100, 33), dtype="float32", rng=5, name="emb")
        return fd.array(**{**arguments, **changes}).name

    others = [
        dict(scheme=SCHEMES[2]),
        dict(scheme=fi.get("normal", std=np.linspace(0, 2, 77)).but(0, "zeros")),
        dict(scheme=fi.get("normal", std=np.linspace(0, 1, 77)).but(1, "zeros")),
        dict(scheme=fi.get("normal", std=np.linspace(0, 1, 77))),
        dict(shape=(2000, 77)),
        dict(chunks=(200, 33)),
        dict(dtype="float64"),
        dict(rng=6),
        dict(rng=[5, 6]),
        dict(rng=np.arange(2000)),
        dict(rng=np.where(np.arange(2000) == 1000, 0, np.arange(2000))),
        dict(scheme=fi.get("normal", std=np.linspace(0, 1, 77) + 1e-12), dtype="float64"),
        dict(scheme=fi.get("normal", std=np.ones((1000, 77)))),
        dict(scheme=fi.get("normal", std=np.where(np.arange(77000).reshape(1000, 77) == 40_000, 2.0, 1.0))),
        dict(name="other"),
    ]
    assert len({name(), *(name(**changes) for changes in others)}) == 1 + len(others)
    assert name() == name(scheme=fi.get("normal", std=np.linspace(0, 1, 77)).but(0, "zeros"))
    code = "import fastinit as fi, fastinit.dask as fd; print(fd.array(fi.get('normal', std=0.02), (9, 9), 3).name)"
    elsewhere = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert elsewhere.strip() == fd.array(fi.get("normal", std=0.02), (9, 9), 3).name


def test_graphs_are_small():
    x = fd.array(SCHEMES[2], (100_000_000, 128), (65536, 128))
    assert x.npartitions == 1526
    assert len(pickle.dumps(x)) < 30_000


def test_sources_of_random_numbers():
    generator = np.random.default_rng(3)
    first, second = (fd.array("normal", 20, 10, rng=generator).compute() for _ in range(2))
    assert not np.array_equal(first, second)
    x = fd.array("normal", 20, 10, rng=np.random.default_rng(3))
    assert np.array_equal(x.compute(), first)
    assert np.array_equal(x.compute(), first)
    assert np.array_equal(first, fi.normal(20, rng=np.random.default_rng(3)))
    one, other = (fd.array("normal", 20, 10, rng=None).compute() for _ in range(2))
    assert not np.array_equal(one, other)
    with pytest.raises(ValueError, match="chunks"):
        fd.array("normal", 20, "x", rng=generator)
    third = fd.array("normal", 20, 10, rng=generator).compute()
    beside = np.random.default_rng(3)
    assert np.array_equal([fi.normal(20, rng=beside) for _ in range(3)][2], third)
    for rng in 3, [1, 2], np.random.SeedSequence(4), np.uint32(5), range(3):
        assert np.array_equal(fd.array("normal", 20, 10, rng=rng).compute(), fi.normal(20, rng=rng))


@pytest.mark.parametrize(
    ("shape", "chunks"),
    [((7,), 3), ((), ()), ((5, 6, 7), (2, 6, 7)), ((5, 6, 7), (2, 4, 3)), ((5, 6, 7), (5, 6, 2)), ((0, 4), (1, 4))],
)
@pytest.mark.parametrize("dtype", ["float32", "float16", "complex64"])
def test_to_npy(tmp_path, shape, chunks, dtype):
    path = tmp_path / "w.npy"
    path.write_text("an older file")
    x = fd.array("normal", shape, chunks, dtype, rng=5, name="emb")
    fd.to_npy(x, path)
    assert np.array_equal(np.load(path), fi.normal(shape, dtype=dtype, rng=5, name="emb"))
    assert [entry.name for entry in tmp_path.iterdir()] == ["w.npy"]


def test_to_npy_from_two_threads(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    path = tmp_path / "w.npy"
    with ThreadPoolExecutor(2) as pool:
        for _ in range(5):
            list(pool.map(lambda k: fd.to_npy(da.full((100, 100), k, chunks=20), path), [1, 2]))
            assert len(np.unique(np.load(path))) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["w.npy"]


@pytest.mark.parametrize(
    "function",
    [
        lambda block: block.astype("f4"),
        lambda block: block.astype(">f8"),
        lambda block: block[:1],
        lambda block: np.concatenate([block, block]),
        lambda block: np.ma.masked_array(block, block > 0),
    ],
)
def test_chunks_that_are_not_as_declared(tmp_path, function):
    x = da.ones((10, 3), chunks=(5, 3)).map_blocks(function, dtype="float64", chunks=(5, 3), meta=np.empty((0, 0)))
    with pytest.raises((TypeError, ValueError), match=r"to_npy: array: expected .*chunk.*, got"):
        fd.to_npy(x, tmp_path / "w.npy")
    assert not list(tmp_path.iterdir())


def test_to_npy_through_a_link(tmp_path):
    (tmp_path / "link.npy").symlink_to(tmp_path / "w.npy")
    fd.to_npy(fd.array("normal", 4, 2), str(tmp_path / "link.npy").encode())
    assert np.array_equal(np.load(tmp_path / "w.npy"), fi.normal(4, rng=0))
    assert (tmp_path / "link.npy").is_symlink()


def test_to_npy_of_what_is_computed(tmp_path):
    x = fd.array("normal", (40, 30), (7, 11), rng=5)
    fd.to_npy((2 * x[3:, ::2]).rechunk((5, 4)), tmp_path / "w.npy")
    assert np.array_equal(np.load(tmp_path / "w.npy"), 2 * fi.normal((40, 30), rng=5)[3:, ::2])


def test_a_failure_leaves_the_older_file(tmp_path):
    path = tmp_path / "w.npy"
    path.write_text("an older file")

    def fails(block):
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        fd.to_npy(fd.array("normal", (40, 30), 10).map_blocks(fails, dtype="float32"), path)
    assert path.read_text() == "an older file"
    assert [entry.name for entry in tmp_path.iterdir()] == ["w.npy"]


def test_where_no_file_can_be(tmp_path):
    x = fd.array("normal", 4, 2)
    with pytest.raises(IsADirectoryError) as error:
        fd.to_npy(x, tmp_path)
    assert error.value.filename == str(tmp_path)
    with pytest.raises(FileNotFoundError) as error:
        fd.to_npy(x, tmp_path / "no" / "w.npy")
    assert error.value.filename == str(tmp_path / "no")
    assert not list(tmp_path.iterdir())


def test_zarr_by_whole_shards(tmp_path):
    zarr = pytest.importorskip("zarr")
    x = fd.array(fi.get("normal", std=0.02), (1000, 64), (250, 64), rng=5, name="emb")
    target = zarr.create_array(tmp_path / "t.zarr", shape=x.shape, shards=(250, 64), chunks=(50, 64), dtype=x.dtype)
    da.store(x, target, lock=False)
    assert np.array_equal(zarr.open(tmp_path / "t.zarr")[:], x.compute())
    x.to_zarr(tmp_path / "plain.zarr")
    assert np.array_equal(zarr.open(tmp_path / "plain.zarr")[:], x.compute())


REFUSED = [
    (lambda: fd.array("x", 3, 1), "array: scheme: expected a scheme"),
    (lambda: fd.array("normal", 10, ((3, 3),)), r"array: chunks: expected .* cover \(10,\), got \(\(3, 3\),\)"),
    (lambda: fd.array("normal", 10, 0), "array: chunks: expected"),
    (lambda: fd.array("normal", 10, -3), "array: chunks: expected"),
    (lambda: fd.array("normal", 10, "x"), "array: chunks: expected"),
    (lambda: fd.array("he_normal", 10, 5), "he_normal: shape: expected two dimensions"),
    (lambda: fd.array("normal", (10, -1), 5), "array: shape: expected"),
    (lambda: fd.array("normal", 10, 5, "U3"), "array: dtype: expected"),
    (lambda: fd.array("normal", 10, 5, "int32"), "normal: dtype: expected"),
    (lambda: fd.array("normal", 10, 5, rng="x"), "array: rng: expected None"),
    (lambda: fd.array("normal", 10, 5, rng=-1), "array: rng: expected None"),
    (lambda: fd.array("normal", 10, 5, name=3), "array: name: expected a string, got 3"),
    (lambda: fd.array("normal", bad=1), "array: bad: expected one of its parameters"),
    (lambda: fd.to_npy(fd.array("normal", 3, 1), None), "to_npy: path: expected a path, got None"),
    (lambda: fd.to_npy(fd.array("normal", 3, 1), ""), "to_npy: path: expected a file, got ''"),
    (lambda: fd.to_npy(fd.array("normal", 3, 1), "a\0b"), "to_npy: path: expected a path, got"),
    (lambda: fd.to_npy(fd.array("normal", 3, 1), "/dev/null"), "to_npy: path: expected a file, got"),
    (lambda: fd.to_npy(fd.array("normal", 3, 1, "float8_e5m2"), "x"), "to_npy: array: expected a dtype .* got float8"),
    (lambda: fd.to_npy(3, "x"), "to_npy: array: expected a dask.array.Array, got int"),
    (lambda: fd.to_npy(fd.array("normal", 3, 1, "bfloat16"), "x"), "to_npy: array: expected a dtype .*, got bfloat16"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_refusals(call, words):
    with pytest.raises((TypeError, ValueError), match=words):
        call()


@pytest.mark.parametrize("thing", [fd, fd.array, fd.to_npy])
def test_examples(thing):
    found = doctest.DocTestFinder(recurse=False).find(thing, "example", globs={})
    assert sum(len(test.examples) for test in found) > 0
    assert all(doctest.DocTestRunner().run(test).failed == 0 for test in found)
