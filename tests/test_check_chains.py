"""A checkpoint as a stack of layers: by names as people count, by shapes, and refused where they leave doubt."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

import fastinit as fi
from fastinit.checking.tensors import as_counted

SIZES = [20, 30, 30, 12, 5]


def stack(layout, last="weight", bias=True):
    tensors = {}
    for i in reversed(range(len(SIZES) - 1)):
        shape = (SIZES[i], SIZES[i + 1]) if layout == "io" else (SIZES[i + 1], SIZES[i])
        tensors[f"net.{9 + i}.{last}"] = fi.he_normal(shape, fans=layout, rng=i)
        if bias:
            tensors[f"net.{9 + i}.bias"] = np.full(SIZES[i + 1], 0.01 * i, np.float32)
    return tensors


def in_order(tensors, layout, last="weight"):
    names = sorted((name for name in tensors if name.endswith(last)), key=as_counted)
    return [
        {"weights": tensors[name], "name": name, "layout": layout, "bias": tensors.get(name.replace(last, "bias"), 0.0)}
        for name in names
    ]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("layout", "last"), [("oi", "weight"), ("io", "kernel"), ("io", "weight"), ("oi", "kernel")])
def test_the_layout_is_the_one_that_fits(layout, last, bias):
    tensors = stack(layout, last, bias)
    report = fi.check(tensors, "relu")
    assert report.to_dict() == fi.check(in_order(tensors, layout, last), "relu").to_dict()
    assert [layer.name for layer in report.layers] == [f"net.{9 + i}.{last}" for i in range(4)]
    assert fi.check(tensors).verdict != report.verdict  # each by itself, if no activation is named


@pytest.mark.parametrize(("last", "layout"), [("weight", "oi"), ("kernel", "io")])
def test_squares_are_of_the_layout_of_their_names(last, layout):
    tensors = {f"{i}.{last}": fi.he_normal((8, 8), rng=i) for i in range(3)}
    assert fi.check(tensors, "relu").to_dict() == fi.check(in_order(tensors, layout, last), "relu").to_dict()
    assert fi.check(tensors, "relu", layout="io").to_dict() == fi.check(in_order(tensors, "io", last), "relu").to_dict()


def test_convolutions():
    tensors = {"0.weight": fi.he_normal((8, 3, 3, 3), fans="oi", rng=0), "2.weight": fi.he_normal((6, 8, 3, 3), rng=1)}
    assert [layer.name for layer in fi.check(tensors, "relu").layers] == ["0.weight", "2.weight"]


def test_a_deep_network_that_cannot_train_is_found():
    names = [f"net.{2 * i}.weight" for i in range(30)]
    sick = {name: fi.fan_in_uniform((64, 64), fans="oi", rng=0, name=name) for name in names}
    assert fi.check(sick).healthy
    assert fi.check(sick, "tanh").verdict == "vanishing"
    sound = {name: fi.glorot_normal((64, 64), gain=5 / 3, rng=0, name=name) for name in names}
    assert fi.check(sound, "tanh").healthy


REFUSED = [
    ({"a.weight": np.ones((3, 4)), "b.weight": np.ones((5, 6))}, "'a.weight' of 3x4, then 'b.weight' of 5x6"),
    ({"a": np.ones((4, 4)), "b": np.ones((4, 4))}, "check: layout: expected one of 'io', 'oi', since the weights fit"),
    ({"a.weight": np.ones((4, 4)), "norm.weight": np.ones(4)}, "weights and their biases alone, .*'norm.weight' too"),
    ({"a.weight": np.ones(4)}, "check: layers: expected weights of two dimensions or more, got none"),
    ({"a.weight": np.ones((4, 4)), "b.weight": "x"}, "weights and their biases alone, .*'b.weight' too"),
]


@pytest.mark.parametrize(("tensors", "words"), REFUSED)
def test_doubt_is_said(tensors, words):
    with pytest.raises((ValueError, TypeError), match=words):
        fi.check(tensors, "relu")


def test_as_people_count():
    names = ["h.10.w", "h.2.w", "h.1.w", "b", "h.2.b"]
    assert sorted(names, key=as_counted) == ["b", "h.1.w", "h.2.b", "h.2.w", "h.10.w"]


def test_an_index_of_shards(tmp_path):
    tensors = stack("oi")
    names = list(tensors)
    save_file({name: tensors[name] for name in names[:3]}, tmp_path / "m-1.safetensors")
    save_file({name: tensors[name] for name in names[3:]} | {"n": np.arange(3)}, tmp_path / "m-2.safetensors")
    places = {name: f"m-{1 if i < 3 else 2}.safetensors" for i, name in enumerate([*names, "n"])}
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": places}))
    report = fi.check(index)
    assert [row.name for row in report.tensors] == sorted(names, key=as_counted)
    assert report.left_out == ("n (I64)",)
    assert fi.check(tmp_path).to_dict() == report.to_dict()  # its folder
    assert fi.check(index, "relu").to_dict() == fi.check(tensors, "relu").to_dict()


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "{}", '{"weight_map": 5}', '{"weight_map": {"a": "../m.safetensors"}}', '{"weight_map": {"a": 5}}'],
)
def test_bad_indices(tmp_path, text):
    index = tmp_path / "x.index.json"
    index.write_text(text)
    with pytest.raises(
        ValueError, match=r"check: x.index.json: (expected an index|weight_map\['a'\]: expected the name of a file)"
    ):
        fi.check(index)


def test_a_shard_that_is_missing(tmp_path):
    index = tmp_path / "x.index.json"
    index.write_text('{"weight_map": {"a": "m.safetensors"}}')
    with pytest.raises(FileNotFoundError):
        fi.check(index)
