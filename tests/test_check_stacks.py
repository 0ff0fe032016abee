"""Residual blocks, norms, strides, groups, gates and functions of the caller's in `fastinit.check`."""

import math

import numpy as np
import pytest

import fastinit as fi
from fastinit.checking import activations, correlations, layer_fields, model, norms, propagate

N = 128


def steps_of(layers, activation="relu", **more):
    defaults = {"output": "linear", "scheme": None, "bias": 0.1, "layout": "io", **more}
    return model.steps_of("check", layers, layer_fields.Defaults(activation, **defaults))


def block(n_units, norm="layer", end=None):
    """A residual block as in transformers, without attention: norm, wide layer, narrow layer."""
    return {"residual": [{"norm": norm}, (n_units, 4 * n_units), end or (4 * n_units, n_units)]}


STACKS = {
    "dense": [(5, 7), (7, 4)],
    "convolutions": [(3, 2, 5, 7), (1, 3, 7, 4), (4, 3)],
    "norms": [
        {"shape": (5, 6), "norm": "layer", "gain": np.arange(6.0) / 5},
        {"norm": "rms"},
        (6, 4),
        {"norm": "batch"},
    ],
    "residual": [(5, 4), block(4), {**block(4, "batch"), "activation": "tanh"}, (4, 3)],
    "shortcut": [{"residual": [(5, 7), (7, 6)], "shortcut": [(5, 6)]}, {"residual": [block(6), (6, 6)]}],
    "strides": [
        {"shape": (3, 3, 2, 4), "stride": 2},
        {
            "residual": [{"shape": (3, 3, 4, 6), "stride": 2}, (3, 3, 6, 6)],
            "shortcut": [{"shape": (1, 1, 4, 6), "stride": 2}],
        },
    ],
    "groups": [(4, 6), {"shape": (3, 6), "groups": 2}, {"shape": (1, 6), "groups": 6}],
    "grouped convolutions": [
        {"shape": (3, 2, 6), "groups": 2, "norm": "rms"},
        {"shape": (3, 1, 12), "groups": 6, "stride": 2},
    ],
    "gates": [
        {"shape": (5, 12), "activation": "swiglu"},
        {"shape": (6, 8), "activation": "glu", "norm": "rms"},
        (4, 3),
    ],
    "sine": [{"shape": (5, 6), "activation": ("sine", 2.0)}, (6, 3)],
    "function": [{"shape": (5, 6), "activation": lambda z: np.arctan(z) * z}, (6, 3)],
}


@pytest.mark.parametrize("name", STACKS)
def test_gradients_are_the_derivatives_of_what_goes_forward(name):
    """Of the sum of outputs times a fixed gradient, with respect to single inputs, by central differences."""
    steps = steps_of(STACKS[name], "tanh", output="tanh")
    h = propagate.inputs(steps, 0, 6)

    def forward(inputs):
        return propagate._sequence(steps, inputs, 0, [], is_in_branch=True)

    outputs, back = forward(h)
    gradient = fi.normal(outputs.shape, rng=1, dtype="float64")
    by_rule = back(gradient)
    assert by_rule.shape == h.shape
    places = fi.uniform((12, h.ndim), rng=2)
    for place in [tuple((row * h.shape).astype(int)) for row in (places + 1) / 2]:
        step = np.zeros_like(h)
        step[place] = 1e-5
        by_hand = ((forward(h + step)[0] - forward(h - step)[0]) * gradient).sum() / 2e-5
        assert by_rule[place] == pytest.approx(by_hand, rel=1e-4, abs=1e-4)  # slopes are kept as float32
    assert abs(by_rule).max() > 0.01


def test_groups_are_separate_layers():
    weights = fi.he_normal((3, 2, 6), rng=0, dtype="float64")  # 2 groups of 2 inputs and 3 units each
    (grouped,) = steps_of([{"weights": weights, "groups": 2}])
    h = fi.normal((5, 3, 4), rng=1, dtype="float64")
    halves = []
    for g in range(2):
        (alone,) = steps_of([weights[:, :, 3 * g : 3 * g + 3]])
        halves.append(correlations.forward(alone, h[..., 2 * g : 2 * g + 2], alone.taps(0)))
    whole = correlations.forward(grouped, h, grouped.taps(0))
    assert np.allclose(whole, np.concatenate(halves, axis=-1), rtol=1e-12)
    assert grouped.recommended.params["fans"] == (6, 9)


def test_a_stride_takes_every_so_many_positions():
    weights = fi.he_normal((3, 3, 2, 4), rng=0, dtype="float64")
    h = fi.normal((2, 6, 4, 2), rng=1, dtype="float64")
    (plain,), (strided,) = steps_of([weights]), steps_of([{"weights": weights, "stride": 2}])
    every = correlations.forward(plain, h, plain.taps(0))
    assert np.array_equal(correlations.forward(strided, h, strided.taps(0)), every[:, ::2, ::2])


@pytest.mark.parametrize("kind", norms.KINDS)
def test_norms_have_unit_moments(kind):
    z = fi.normal((64, 32), mean=3.0, std=2.0, rng=0, dtype="float64") * np.arange(1, 33)
    normed, _ = norms.apply(kind, z)
    axis = 0 if kind == "batch" else 1
    assert np.allclose(np.square(normed).mean(axis=axis), 1, rtol=1e-4)
    assert np.allclose(normed.mean(axis=axis), 0, atol=1e-12) == (kind != "rms")


@pytest.mark.parametrize("name", activations.GATES)
def test_gates_are_one_half_times_a_function_of_the_other(name):
    gate, inner = activations.make("", "", name), activations.make("", "", activations.GATES[name])
    z = fi.normal((9, 8), rng=0, dtype="float64")
    assert np.array_equal(gate.value(z), z[:, :4] * inner.value(z[:, 4:]))
    moment = np.square(inner.value(np.random.default_rng(0).standard_normal(10**6))).mean()
    assert activations.unit_gain(gate) == pytest.approx(moment**-0.5, rel=0.01)  # 6 standard errors of 10**6 values


def test_a_function_has_a_name_a_derivative_and_sides():
    function = activations.make("check", "activation", np.tanh)
    z = np.linspace(-3, 3, 13)
    assert (function.name, function.n_sides) == ("tanh()", 2)
    assert np.allclose(function.slope(z, np.tanh(z)), 1 - np.tanh(z) ** 2, atol=1e-9)
    assert activations.make("check", "activation", lambda z: np.maximum(z, 0)).n_sides == 0
    by_name, by_function = (fi.check([N] * 5, activation, "glorot_normal") for activation in ("tanh", np.tanh))
    for one, other in zip(by_name.layers, by_function.layers, strict=True):
        assert other.gradient_ratio == pytest.approx(one.gradient_ratio, rel=1e-6)


def test_residual_blocks_add_up():
    """Of n branches of unit variance, which a norm before each ensures, the stream's second moment is 1 + n."""
    n_blocks = 12
    branch = {"residual": [{"norm": "rms"}, {"shape": (512, 512), "scheme": "lecun_normal"}]}
    rows = fi.check([branch] * n_blocks, "linear", n_samples=64).layers
    sums = [row.activation_ratio for row in rows if row.name.startswith("residual") and "." not in row.name]
    # A branch's second moment is off by 1 / sqrt(512 * 64 / 2) in standard deviation, its product with the stream by
    # less: six of these are 0.05.
    assert np.allclose(sums, np.arange(2, n_blocks + 2), rtol=0.05)
    assert not np.allclose(sums, np.arange(1, n_blocks + 1), rtol=0.05)


@pytest.mark.parametrize(("n_layers", "verdict"), [(28, "healthy"), (50, "exploding")])
def test_batch_norms_alone_explode_as_theory_has_it(n_layers, verdict):
    """By pi / (pi - 1) a layer of ReLU (Yang et al. 2019): 4.6e4 in 28 layers, 2e8 in 50, and 1e6 is the limit.

    Measured in ten seeds of such layers, ln of the factor has a standard deviation of 0.3 at 50 layers.
    """
    report = fi.check([*[{"shape": (N, N), "norm": "batch"}] * n_layers, (N, 10)], "relu", n_samples=64)
    assert report.verdict == verdict
    largest = max(row.gradient_ratio for row in report.layers)
    assert abs(math.log(largest) - n_layers * math.log(math.pi / (math.pi - 1))) < 2
    assert abs(math.log(largest) - n_layers * math.log(1.3)) > 2


def test_ends_of_branches_are_explained():
    narrow = {"shape": (4 * N, N), "scheme": {"name": "normal", "std": math.sqrt(2 / (4 * N)) / math.sqrt(16)}}
    zero = {"shape": (4 * N, N), "scheme": "zeros"}
    for end, words in ((zero, "ends in zeros"), (narrow, "narrowed by depth"), (None, None)):
        report = fi.check([block(N, end=end)] * 8, "relu")
        assert report.healthy
        assert report.remedy == ""
        assert [words in note for note in report.notes] == ([True] if words else [])
    assert "all 8 blocks (residual 1 to residual 8)" in fi.check([block(N, end=zero)] * 8).notes[0]
    gamma = {"residual": [(N, N), {"shape": (N, N), "norm": "batch", "gain": 0.0}], "activation": "relu"}
    assert "ends in zeros" in fi.check([(N, N), *[gamma] * 4, (N, 10)]).notes[0]


def test_what_zeros_within_a_branch_do_not_hide():
    zero = {"shape": (N, N), "scheme": "zeros"}
    both = {"residual": [zero, zero]}
    assert fi.check([(N, N), both, (N, N)], "tanh").verdict == "symmetric"  # as LoRA, if both of its matrices are zero
    assert fi.check([(N, N), {"residual": [(N, N), zero]}, (N, N)], "tanh").healthy
    assert fi.check([(N, N), {"residual": [zero, (N, N)]}, (N, N)], "tanh").healthy
    assert fi.check([(N, N), {"residual": [zero, (N, N)]}, (N, N)], "relu").verdict == "dead"


REFUSED = [
    ([{"residual": []}], TypeError, r"layers\[0\].residual: expected a sequence of layers"),
    ([{"residual": 3}], TypeError, r"layers\[0\].residual: expected a sequence of layers, got 3"),
    (
        [{"residual": [(4, 5)]}],
        ValueError,
        r"layers\[0\]: expected 4 units at stride 1 as its shortcut has, got 5 units",
    ),
    ([{"residual": [(4, 4)], "scheme": "zeros"}], ValueError, r"layers\[0\]: key: expected one of residual, shortcut"),
    ([{"residual": [(4, 4)], "activation": "glu"}], ValueError, "expected one that keeps the number of units"),
    (
        [{"norm": "group"}, (4, 4)],
        ValueError,
        r"layers\[0\].norm: expected one of 'layer', 'rms', 'batch', got 'group'",
    ),
    ([{"norm": "rms"}], ValueError, "check: layers: expected a layer with weights, got none"),
    ([{"norm": "rms", "gain": np.ones(3)}, (4, 4)], ValueError, r"layers\[0\].gain: expected .*\(4,\), got \(3,\)"),
    ([{"shape": (4, 4), "gain": 2.0}], ValueError, r"layers\[0\].gain: expected none without a norm"),
    ([{"shape": (4, 4), "stride": 2}], ValueError, r"layers\[0\].stride: expected 1 for a dense layer, got 2"),
    ([{"shape": (3, 4, 4), "stride": 0}], ValueError, r"layers\[0\].stride: expected an int >= 1, got 0"),
    ([{"shape": (2, 5), "groups": 2}], ValueError, r"layers\[0\].groups: expected 5 units in 2 equal parts"),
    ([{"shape": (4, 5), "activation": "glu"}, (2, 2)], ValueError, r"layers\[0\].shape: expected 5 units in 2 equal"),
    ([{"shape": (4, 4), "activation": lambda z: z[:2]}], ValueError, "expected a function that acts on each number"),
    ([{"shape": (4, 4), "activation": activations._softmax}], ValueError, "one number depends on others"),
    ([{"shape": (4, 4), "activation": lambda z: z.foo}], ValueError, "got one that raises AttributeError"),
    ([{"shape": (4, 4), "activation": lambda z: np.tanh(z).ravel()}], ValueError, r"got shape \(802,\) of \(2, 401\)"),
    ([{"shape": (4, 4), "activation": lambda z: np.sqrt(z + 0j)}], ValueError, "got complex values"),
    ([(4, 4), {"norm": None}], ValueError, r"layers\[1\]: expected either shape or weights, got neither"),
    ([(4, 4)] * 6000, ValueError, "check: layers: expected at most 5,000 of them, got 6,000"),
    ([{"shape": (4, 4), "name": "a"}] * 2, ValueError, "check: layers: expected names of their own, or none, got 'a'"),
]


@pytest.mark.parametrize(("layers", "kind", "words"), REFUSED)
def test_refused(layers, kind, words):
    with pytest.raises(kind, match=words):
        fi.check(layers)


TOML = """
file = "w.safetensors"
[[layers]]
shape = [3, 3, 4, 8]
stride = 2
norm = "batch"
gain = "gamma"
[[layers]]
activation = "relu"
residual = [
    {tensor = "a", norm = "rms"},
    {shape = [3, 3, 4, 8], groups = 2, scheme = "zeros"},
]
shortcut = [{shape = [1, 1, 8, 8]}]
[[layers]]
norm = "layer"
[[layers]]
tensor = "b"
"""


def test_residual_blocks_in_a_file(tmp_path):
    from safetensors.numpy import save_file

    arrays = {"a": fi.he_normal((3, 3, 8, 8), rng=0), "b": fi.he_normal((8, 5), rng=1), "gamma": np.ones(8) * 1.5}
    save_file(arrays, tmp_path / "w.safetensors")
    (tmp_path / "m.toml").write_text(TOML)
    by_hand = [
        {"shape": (3, 3, 4, 8), "stride": 2, "norm": "batch", "gain": arrays["gamma"]},
        {
            "residual": [
                {"weights": arrays["a"], "norm": "rms", "name": "a"},
                {"shape": (3, 3, 4, 8), "groups": 2, "scheme": "zeros"},
            ],
            "shortcut": [(1, 1, 8, 8)],
            "activation": "relu",
        },
        {"norm": "layer"},
        {"weights": arrays["b"], "name": "b"},
    ]
    assert fi.check(tmp_path / "m.toml").to_dict() == fi.check(by_hand).to_dict()
    (tmp_path / "m.toml").write_text(TOML.replace('tensor = "a"', 'tensor = "c"'))
    with pytest.raises(ValueError, match=r"layers\[1\].residual\[0\].tensor: expected"):
        fi.check(tmp_path / "m.toml")


def test_blocks_within_themselves_are_refused():
    block = {"residual": [(4, 4)]}
    block["residual"].append(block)
    with pytest.raises(ValueError, match="check: layers: expected blocks within at most 16 others"):
        fi.check([(4, 4), block])


def test_functions_are_no_names_and_may_write_into_what_they_get():
    def softmax(z):
        np.maximum(z, 0, out=z)
        return z

    weights = [{"weights": fi.he_normal((N, N), rng=0), "bias": -30.0}, {"weights": fi.he_normal((N, 10), rng=1)}]
    assert fi.check(weights, softmax).verdict == fi.check(weights, "relu").verdict == "dead"
    assert fi.check([N] * 3, lambda z: np.sqrt(np.maximum(z, 0))).layers[0].activation == "<lambda>()"


def test_a_checkpoint_with_a_layer_of_integers_is_no_stack(tmp_path):
    from safetensors.numpy import save_file

    arrays = {f"l{i}.weight": fi.he_normal((N, N), rng=i) for i in range(3)}
    save_file({**arrays, "l1.weight": np.ones((N, N), np.int8)}, tmp_path / "w.safetensors")
    with pytest.raises(ValueError, match=r"check: layers: expected weights of floating-point numbers, got 'l1.weight"):
        fi.check(tmp_path / "w.safetensors", "tanh")


def test_the_same_weights_in_several_layers_are_told():
    same = [fi.he_normal((N, N), rng=0) for _ in range(4)] + [fi.glorot_normal((N, 10), rng=1)]
    (note,) = fi.check(same, "relu").notes
    assert note.startswith("4 of 5 layers (layer 1 to layer 4) begin with the same numbers")
    named = [fi.he_normal((N, N), rng=0, name=str(i)) for i in range(4)]
    assert fi.check(named, "relu").notes == ()
