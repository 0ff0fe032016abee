"""Constructed networks, each with the verdict that theory has for it, written down before the thresholds were tried.

Mean-field theory: of wide layers with weights of variance w / fan_in and no biases, pre-activations are normal with
variance q = w m for inputs of second moment m; their outputs' second moment is E[f(z)**2], and the gradient's squared
length changes by w E[f'(z)**2] a layer. `tests/test_check.py` computes these; the comments here have the figures that
decide, A for the activations' second moment at the end over the inputs', G for the gradient's at the beginning over the
end's. A verdict is due beyond 1000 or 1/1000, or with more saturated outputs than 0.159 a side.

TRIED were looked at while the thresholds were settled, HELD only afterwards. One of each was then taken out, 50 layers
of softplus (G 1.2e-5) and of mish (A 1e-5), because N = 256 units are too few for the theory there: another seed,
another side of 1/1000. What of the gradient lies along the activations, 1 / N of it, fades less than the rest; where
the decline of mish from its unstable scale sets in is a matter of chance.
"""

from typing import Any, NamedTuple

import numpy as np

import fastinit as fi

N = 256


class Case(NamedTuple):
    name: str
    verdict: str
    layers: Any
    arguments: dict


def deep(verdict, activation, n_layers, scheme=None, n_units=N, **more):
    """Equal layers, the last one with the same activation."""
    name = f"{activation} {n_layers} {scheme or 'recommended'} {more or ''}".strip()
    arguments = {"activation": activation, "output": activation, "scheme": scheme, **more}
    return Case(name, verdict, [n_units] * (n_layers + 1), arguments)


def wide(verdict, activation, n_layers, factor):
    """The recommended scheme's weights times a factor."""
    weights = [fi.recommend(activation)((N, N), rng=2, name=str(i)) * np.float32(factor) for i in range(n_layers)]
    return Case(
        f"{activation} {n_layers} x{factor}", verdict, weights, {"activation": activation, "output": activation}
    )


def stack(name, verdict, layers, **arguments):
    return Case(name, verdict, layers, arguments)


def doubled(n_pairs, on_both_sides=True):
    """He's weights in three layers, of which the second has pairs of equal columns, and the third of equal rows."""
    layers = [fi.he_normal((N, N), rng=3, name=str(i)) for i in range(3)]
    layers[1][:, N - n_pairs :] = layers[1][:, :n_pairs]
    if on_both_sides:
        layers[2][N - n_pairs :] = layers[2][:n_pairs]
    return layers


NORMAL = fi.get("normal")  # N(0, 1)
TEN = fi.get("normal", std=10.0)
NAIVE = fi.get("fan_in_uniform")  # U(+-1 / sqrt(fan_in)), w = 1/3
CURVED = ("gelu", "silu", "swish", "mish", "hardswish")  # below 0 they come near a rectifier from the other side
KEPT = ("linear", "identity", "tanh", "relu", "relu6", "leaky_relu", "prelu", "elu", "selu")
ALL = (*KEPT, *CURVED, "softplus", "softsign", "sigmoid")


def tried():
    yield from (deep("healthy", a, 3) for a in ALL)  # the least: sigmoid, G 2.5e-3
    yield from (deep("healthy", a, 10) for a in ALL if a != "sigmoid")  # the least: hardswish, A 5.5e-3
    yield from (deep("healthy", a, 50) for a in ("relu", "tanh", "elu"))  # elu: G 190; tanh: A 0.01
    yield deep("vanishing", "sigmoid", 10)  # G 4e-12
    yield deep("vanishing", "gelu", 50)  # A 1e-12
    yield from (wide("vanishing", a, 5, 0.3) for a in ("tanh", "relu", "gelu", "selu"))  # selu: A 1.4e-4
    yield from (wide("exploding", a, 5, 3) for a in ("linear", "relu", "gelu", "selu"))  # selu: A 3.8e3
    yield wide("saturating", "tanh", 5, 3)  # 0.37 to 0.47 saturated
    yield deep("exploding", "relu", 10, NORMAL)
    yield deep("saturating", "tanh", 10, NORMAL)
    yield deep("vanishing", "relu", 50, NAIVE)
    yield deep("vanishing", "relu", 20, "glorot_normal")  # A 1e-6
    yield deep("symmetric", "relu", 3, "zeros")
    yield deep("symmetric", "tanh", 3, fi.get("constant", value=0.01))
    yield stack("half of the units doubled", "symmetric", doubled(N // 2))
    # What follows tells them apart: Net2Net widens networks so.
    yield stack("half of the units doubled on one side", "healthy", doubled(N // 2, on_both_sides=False))
    yield stack("two units doubled", "healthy", doubled(1))
    yield deep("dead", "relu", 3, bias=-10.0)
    yield deep("healthy", "relu", 5, bias=0.1)
    yield deep("saturating", "tanh", 3, bias=10.0)
    yield stack("pyramid", "healthy", [784, 256, 64, 10])
    yield stack("convolutions", "healthy", [(3, 3, 3, 32), *[(3, 3, 32, 32)] * 5, (32, 10)])


def held():
    yield from (deep("healthy", a, 5) for a in ALL if a != "sigmoid")  # the least: softsign, A 0.015
    # The least: softplus, G 3.6e-3. Not here: gelu and softsign, A 1e-3, too near to tell.
    yield from (deep("healthy", a, 20) for a in (*KEPT, "mish", "softplus"))
    yield from (deep("healthy", a, 50) for a in KEPT if a not in ("relu", "tanh", "elu"))  # selu: G 30
    yield deep("vanishing", "sigmoid", 5)  # G 7.7e-6
    yield from (deep("vanishing", a, 20) for a in ("sigmoid", "silu", "hardswish"))  # A 1.1e-5
    yield from (deep("vanishing", a, 50) for a in ("silu", "hardswish", "softsign"))  # softsign: A 1.6e-4
    yield from (wide("vanishing", a, 5, 0.3) for a in ALL if a not in ("tanh", "relu", "gelu", "selu"))  # elu: 1.2e-4
    yield from (wide("vanishing", a, 20, 0.3) for a in ALL)
    yield from (wide("exploding", a, 5, 3) for a in ("leaky_relu", "prelu", "elu", "silu", "mish", "softplus"))
    yield from (wide("exploding", a, 20, 3) for a in (*KEPT, *CURVED, "softplus") if a not in ("tanh", "relu6"))
    yield from (wide("saturating", a, 20, 3) for a in ("tanh", "relu6"))
    yield wide("healthy", "softsign", 5, 3)  # A 0.27, G 1.6, 0.25 saturated
    yield wide("exploding", "softsign", 50, 3)  # G 9e6: chaos
    yield wide("vanishing", "sigmoid", 10, 3)  # G 9e-6
    yield deep("healthy", "tanh", 50, "he_normal")  # w = 2: G 59
    yield deep("exploding", "tanh", 50, fi.get("glorot_normal", gain=5 / 3))  # w = 2.78: G 6.4e3
    yield deep("healthy", "tanh", 20, fi.get("glorot_normal", gain=5 / 3))  # G 21, 0.19 saturated
    yield deep("healthy", "gelu", 20, fi.get("variance_scaling", scale=fi.gain("gelu") ** 2))  # G 28
    yield deep("exploding", "selu", 50, "he_normal")  # w = 2: A 1.6e3, G 4e4
    yield deep("vanishing", "relu", 20, "lecun_normal")
    yield deep("healthy", "relu", 5, "lecun_normal")  # A 0.03
    yield from (deep("vanishing", a, 10, NAIVE) for a in ("tanh", "relu", "sigmoid"))
    yield deep("healthy", "tanh", 5, NAIVE)  # A 2.2e-3
    yield from (deep("saturating", a, 3, TEN) for a in ("sigmoid", "tanh", "softsign"))
    yield deep("saturating", "sigmoid", 3, NORMAL)
    yield deep("exploding", "relu", 3, TEN)
    huge = [fi.normal((N, N), std=1e100, dtype="float64", rng=4, name=str(i)) for i in range(5)]
    yield stack("beyond float64", "exploding", huge, activation="linear")
    yield from (deep("symmetric", a, 3, "zeros") for a in ("tanh", "sigmoid", "selu"))
    yield from (deep("symmetric", a, 4, "ones") for a in ("relu", "gelu"))
    # No unit equals another, since what follows differs; but at 0 ReLU passes nothing back, and tanh does.
    yield stack("one layer of zeros", "dead", [(N, N), {"shape": (N, N), "scheme": "zeros"}, (N, N)])
    # The units above differ, but nothing reaches them: G is 0.
    yield stack("zeros at the end", "vanishing", [(N, N), (N, N), {"shape": (N, 10), "scheme": "zeros"}])
    yield stack("one dead layer", "dead", [(N, N), {"shape": (N, N), "bias": -20.0}, (N, N)])
    yield deep("dead", "elu", 3, bias=-30.0)  # slope exp(-30)
    yield deep("exploding", "relu", 3, bias=100.0)  # A 1e4
    yield from (deep("saturating", "sigmoid", 2, bias=b) for b in (-10.0, 10.0))
    yield deep("healthy", "linear", 20, "identity")
    yield deep("healthy", "tanh", 20, "orthogonal")
    yield deep("healthy", "relu", 50, fi.get("orthogonal", gain=fi.gain("relu")))
    yield deep("vanishing", "relu", 20, "orthogonal")  # A 1e-6
    yield deep("saturating", "tanh", 3, fi.get("sparse", sparsity=0.9, std=1.0))  # w = 25.6
    yield stack("bottlenecks", "vanishing", [10, 1000, 10, 1000, 10, 1000], activation="tanh")  # 1 / 50 a widening
    yield stack("sure softmax", "saturating", [(64, 10)], scheme=TEN, output="softmax")
    yield stack("softmax of 1000", "healthy", [64, 64, 1000], output="softmax")
    yield stack("PyTorch convolutions", "healthy", [(16, 3, 5, 5), (16, 16, 3, 3), (10, 16)], layout="oi")
    yield stack("narrow convolutions", "vanishing", [(3, 16, 16)] * 8, scheme=fi.get("normal", std=0.03))
    yield stack("delta-orthogonal", "healthy", [(3, 3, 16, 16)] * 10, activation="tanh", scheme="delta_orthogonal")


TRIED, HELD = tuple(tried()), tuple(held())
