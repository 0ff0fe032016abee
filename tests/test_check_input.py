"""What `fastinit.check` refuses, and the files that it reads."""

import json
import mmap

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

import fastinit as fi
from fastinit.checking import tensors

W = fi.he_normal((4, 6), rng=0)
SPOILT = W.copy()
SPOILT[2, 5] = np.nan

#: layers, further arguments, exception, words of the message.
REFUSED = [
    ([4, 6], {"activation": "rel"}, ValueError, r"check: activation: expected 'relu' or .*, got 'rel'"),
    ([4, 6], {"output": "softmx"}, ValueError, "check: output: expected 'softmax'"),
    ([4, 6], {"activation": 5}, TypeError, "check: activation: expected one of 'linear'"),
    ([4, 6], {"activation": ("relu", 0.1)}, TypeError, "check: activation: expected no number beside 'relu', got 0.1"),
    ([4, 6], {"activation": ("elu", np.inf)}, ValueError, "check: activation: expected a finite number, got inf"),
    ([4, 6], {"activation": ("softplus", 0)}, ValueError, "check: activation: expected a finite number > 0, got 0"),
    ([4, 6, 3], {"activation": "softmax"}, ValueError, r"layers\[0\].activation: expected softmax on the last layer"),
    ([(4, 6), (5, 3)], {}, ValueError, r"check: layers\[1\]: expected 6 inputs, as layers\[0\] has outputs, got 5"),
    ([W, W], {}, ValueError, r"check: layers\[1\]: expected 6 inputs"),
    ([W.T, W.T], {"layout": "oi"}, ValueError, r"expected 6 inputs, .*, got 4, of shape \(6, 4\) with layout 'oi'"),
    ([SPOILT], {}, ValueError, r"check: layers\[0\].weights: expected .* finite .*, got nan at \(2, 5\)"),
    ([-SPOILT * np.inf], {}, ValueError, r"layers\[0\].weights: expected .* finite"),
    ([], {}, ValueError, "check: layers: expected widths .*, got none"),
    ([5], {}, ValueError, r"check: layers: expected widths of two units or more"),
    ([4, 0], {}, ValueError, r"layers\[0\].shape: expected two dimensions or more, each >= 1, got \(4, 0\)"),
    ([4, -1], {}, ValueError, "check: shape: expected"),
    ([(4,)], {}, ValueError, r"layers\[0\].shape: expected two dimensions"),
    ([np.ones(3)], {}, ValueError, r"layers\[0\].shape: expected two dimensions"),
    ([(3, 3, 4, 4), (3, 4, 4)], {}, ValueError, r"expected convolutions of one number of dimensions, got \[1, 2\]"),
    (5, {}, TypeError, "check: layers: expected widths"),
    (W, {}, TypeError, "check: layers: expected widths"),
    ([np.array(["a"])], {}, TypeError, r"layers\[0\].weights: expected an array of finite real numbers, got dtype"),
    ([4.5, 6], {}, ValueError, r"layers\[0\].shape: expected two dimensions"),
    ([{}], {}, ValueError, r"check: layers\[0\]: expected either shape or weights, got neither"),
    ([{"shape": (4, 6), "weights": W}], {}, ValueError, "got both"),
    ([{"shape": (4, 6), "activaton": "relu"}], {}, ValueError, "key: expected 'activation'.*, got 'activaton'"),
    ([{"weights": W, "scheme": "zeros"}], {}, ValueError, r"layers\[0\].scheme: expected none beside weights"),
    (
        [{"shape": (4, 6), "layout": "hwio"}],
        {},
        ValueError,
        "check: layout: expected one of 'io', 'oi', 'oki', got 'hwio'",
    ),
    ([{"shape": (4, 6), "name": 3}], {}, TypeError, r"layers\[0\]: name: expected a string, got 3"),
    ([{"shape": (4, 6), "bias": np.ones(4)}], {}, ValueError, r"layers\[0\].bias: expected a number or .*\(6,\), got"),
    ([4, 6], {"bias": np.nan}, ValueError, r"layers\[0\].bias: expected"),
    ([4, 6], {"scheme": "he_norml"}, ValueError, r"layers\[0\].scheme: expected 'he_normal'"),
    ([4, 6], {"scheme": 3}, TypeError, r"layers\[0\].scheme: expected a scheme, its name or"),
    ([4, 6], {"scheme": {"name": "normal", "sd": 1}}, TypeError, "normal: sd: expected one of the scheme's own"),
    ([4, 6], {"layout": "xy"}, ValueError, "check: layout: expected"),
    ([4, 6], {"n_samples": 0}, ValueError, "check: n_samples: expected an int >= 1, got 0"),
    ([4, 6], {"rng": -1}, ValueError, "check: rng: expected"),
    ({}, {}, ValueError, "check: layers: expected tensors of floating-point numbers, got none"),
    ({"a": "text"}, {}, TypeError, r"check: layers\['a'\]: expected an array of real numbers, got 'text'"),
    ([None], {}, TypeError, r"check: layers\[0\]: expected a shape, an array or a mapping, got None"),
    (
        [{"weights": None}],
        {},
        TypeError,
        r"layers\[0\].weights: expected an array of finite real numbers, got dtype object",
    ),
    ([(3, 3, 4, 4)], {"scheme": "identity"}, ValueError, "identity: shape: expected two dimensions"),
    ("model.yaml", {}, ValueError, "check: file: expected a folder, or a name that ends in .to"),
]


@pytest.mark.parametrize(("layers", "arguments", "kind", "words"), REFUSED)
def test_refused(layers, arguments, kind, words):
    generator = np.random.default_rng(0)
    before = generator.bit_generator.state
    with pytest.raises(kind, match=words):
        fi.check(layers, **{"rng": generator, **arguments})
    assert generator.bit_generator.state == before


MODEL = """
file = "w.safetensors"
layout = "oi"
activation = ["leaky_relu", 0.2]
[[layers]]
tensor = "fc1.weight"
bias = "fc1.bias"
[[layers]]
shape = [8, 6]
scheme = { name = "normal", std = 0.3 }
activation = "tanh"
[[layers]]
tensor = "fc2.weight"
name = "head"
"""


@pytest.fixture
def folder(tmp_path):
    fc2 = fi.lecun_normal((3, 8), fans="oi", rng=1, dtype="bfloat16")
    save_file(
        {
            "fc1.weight": np.ascontiguousarray(W.T),
            "fc1.bias": np.ones(6, np.float16),
            "fc2.weight": fc2,
            "n": np.ones(2, int),
        },
        tmp_path / "w.safetensors",
    )
    (tmp_path / "m.toml").write_text(MODEL)
    return tmp_path


def test_a_model_file_is_the_same_as_its_arguments(folder):
    head = fi.lecun_normal((3, 8), fans="oi", rng=1, dtype="bfloat16")
    layers = [
        {"weights": W.T, "bias": np.ones(6), "name": "fc1.weight"},
        {"shape": (8, 6), "scheme": fi.get("normal", std=0.3), "activation": "tanh"},
        {"weights": head, "name": "head"},
    ]
    by_hand = fi.check(layers, ("leaky_relu", 0.2), layout="oi", rng=4)
    assert fi.check(folder / "m.toml", rng=4).to_dict() == by_hand.to_dict()
    assert fi.check(str(folder / "m.toml"), rng=5).to_dict() != by_hand.to_dict()


def test_widths_in_a_model_file(folder):
    (folder / "w.toml").write_text('layers = [20, 30, 5]\noutput = "softmax"\nscheme = "he_normal"')
    assert (
        fi.check(folder / "w.toml").to_dict() == fi.check([20, 30, 5], output="softmax", scheme="he_normal").to_dict()
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"fc1.bias"', '"fc1.bia"', r"layers\[0\].bias: expected 'fc1.bias' or"),
        ('"fc2.weight"', '"fc2.wight"', r"layers\[2\].tensor: expected 'fc2.weight'"),
        ("[8, 6]", "[8, 7]", r"layers\[1\]: expected 6 inputs"),
        ('layout = "oi"', 'layuot = "oi"', "m.toml: key: expected 'layout'.*, got 'layuot'"),
        ("shape =", "weights =", r"layers\[1\]: key: expected"),
        ('layout = "oi"', "layout =", "check: m.toml: expected TOML, got .*line 3"),
        ('file = "w.safetensors"', "", r"layers\[0\].tensor: expected a tensor, in a file that file = names"),
        ('file = "w.safetensors"', "file = 3", r"m.toml: file: expected a path as a string, got 3"),
    ],
)
def test_a_bad_model_file(folder, old, new, words):
    (folder / "m.toml").write_text(MODEL.replace(old, new, 1))
    with pytest.raises((ValueError, TypeError), match=words):
        fi.check(folder / "m.toml")


def test_files_without_layers_and_missing_files(folder):
    (folder / "m.toml").write_text("")
    with pytest.raises(ValueError, match=r"check: layers: expected widths .*, got none"):
        fi.check(folder / "m.toml")
    (folder / "m.toml").write_text("layers = 3")
    with pytest.raises(TypeError, match="check: layers: expected an array of widths or of tables, got 3"):
        fi.check(folder / "m.toml")
    for name in ("no.toml", "no.safetensors"):
        with pytest.raises(FileNotFoundError):
            fi.check(folder / name)


def mapped_by(array):
    """What an array's memory is of in the end."""
    while isinstance(array, np.ndarray):
        array = array.base
    return array


def test_tensors_are_those_that_were_saved_and_are_mapped(folder):
    found = tensors.read("check", folder / "w.safetensors")
    assert found.keys() == {"fc1.weight", "fc1.bias", "fc2.weight"}  # integers are no weights
    assert np.array_equal(found["fc1.weight"], W.T)
    assert found["fc1.bias"].dtype == np.float16
    assert found["fc2.weight"].dtype == ml_dtypes.bfloat16
    assert isinstance(mapped_by(found["fc1.weight"]), mmap.mmap)
    assert not found["fc1.weight"].flags.writeable


def safetensors(header: object, n_bytes: int = 16) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(n_bytes)


def entry(dtype="F32", shape=(2, 2), offsets=(0, 16)):
    return {"w": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}


def test_numbers_at_odd_addresses(tmp_path):
    path = tmp_path / "w.safetensors"
    for padding in range(4):
        text = json.dumps(entry()).encode() + b" " * padding
        values = np.arange(4, dtype="<f4").reshape(2, 2)
        path.write_bytes(len(text).to_bytes(8, "little") + text + values.tobytes())
        assert np.array_equal(tensors.read("check", path)["w"], values)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1234567",
        (1 << 60).to_bytes(8, "little") + b"{}",
        safetensors(b"{"),
        safetensors(b"\xff\xfe"),
        safetensors([1]),
        safetensors({"w": 3}),
        safetensors({"w": {"dtype": "F32"}}),
        safetensors(entry(offsets=(0, 16, 32))),
        safetensors(entry(offsets=(-4, 12))),
        safetensors(entry(offsets=(0, 12))),
        safetensors(entry(offsets=(16, 0))),
        safetensors(entry(offsets=(8, 24))),
        safetensors(entry(shape=(2.0, 2))),
        safetensors(entry(shape="22")),
        safetensors(entry(dtype=["F32"])),
        safetensors(b"[" * 100_000),
    ],
    ids=range(17),
)
def test_a_bad_safetensors_file(tmp_path, content):
    path = tmp_path / "w.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"^check: w.safetensors: ([^:]*: )?expected [^\n]*, got "):
        fi.check(path)
    path.write_bytes(safetensors(entry()))
    assert fi.check(path).tensors[0].reason.startswith("zeros")


def test_deeply_nested_models_are_refused(tmp_path):
    path = tmp_path / "deep.toml"
    path.write_text("layers = " + "[" * 100_000)
    with pytest.raises(ValueError, match=r"check: deep.toml: expected TOML, got lists or tables in each other"):
        fi.check(path)
