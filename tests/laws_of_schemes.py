"""The exact law of every scheme that fills elements independently, by formulas of its own: none of the package's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from exact_laws import Law, Normal, Uniform, location_and_scale

#: Schemes that draw nothing.
DRAW_NOTHING = {"zeros", "ones", "constant", "identity", "dirac", "log_odds"}

#: Schemes that go through matrix products: test_haar.py.
MATRICES = {"orthogonal", "delta_orthogonal"}

#: Normals of which some are 0 instead: test_sparse.py.
PARTLY_ZERO = {"sparse"}

#: All whose elements are not independent draws of one law.
NO_LAW_OF_ELEMENTS = DRAW_NOTHING | MATRICES | PARTLY_ZERO


class Case(NamedTuple):
    """A scheme, its parameters, and its law for given fans."""

    scheme: str
    params: dict
    law: Callable[[float, float], Law]
    scaled_by_fans: bool = True

    def __str__(self) -> str:
        return " ".join([self.scheme, *(f"{name}={value}" for name, value in self.params.items())])


def centred(distribution: str, std: float) -> Law:
    """The law of a name with mean 0 and a standard deviation."""
    if distribution == "uniform":
        return Uniform(-math.sqrt(3) * std, math.sqrt(3) * std)
    if distribution == "normal":
        return Normal(0.0, std)
    return Normal(0.0, std / location_and_scale(Normal(z_low=-2, z_high=2))[1], -2.0, 2.0)


def scaled(scheme: str, distribution: str, variance: Callable[[float, float], float], /, **params) -> Case:
    return Case(scheme, params, lambda n_in, n_out: centred(distribution, math.sqrt(variance(n_in, n_out))))


def fixed(scheme: str, law: Law, /, **params) -> Case:
    return Case(scheme, params, lambda n_in, n_out: law, scaled_by_fans=False)


CASES = [
    fixed("uniform", Uniform(0.0, 1.0)),
    fixed("uniform", Uniform(-0.3, 0.7), low=-0.3, high=0.7),
    fixed("normal", Normal()),
    fixed("normal", Normal(0.5, 0.02), mean=0.5, std=0.02),
    fixed("truncated_normal", Normal(0.0, 1.0, -2.0, 2.0)),
    fixed("truncated_normal", Normal(0.5, 0.02, -1.0, 3.0), mean=0.5, std=0.02, low=-1, high=3),
    scaled("fan_in_uniform", "uniform", lambda n_in, n_out: 1 / (3 * n_in)),
    scaled("glorot_uniform", "uniform", lambda n_in, n_out: 2 / (n_in + n_out)),
    scaled("glorot_uniform", "uniform", lambda n_in, n_out: 2 * (5 / 3) ** 2 / (n_in + n_out), gain=5 / 3),
    scaled("glorot_normal", "normal", lambda n_in, n_out: 2 / (n_in + n_out)),
    scaled("glorot_normal", "truncated_normal", lambda n_in, n_out: 8 / (n_in + n_out), gain=2, truncated=True),
    scaled("he_uniform", "uniform", lambda n_in, n_out: 2 / n_in),
    scaled("he_uniform", "uniform", lambda n_in, n_out: 2 / 1.04 / n_out, negative_slope=0.2, mode="fan_out"),
    scaled("he_normal", "normal", lambda n_in, n_out: 2 / n_in),
    scaled("he_normal", "normal", lambda n_in, n_out: 4 / (n_in + n_out), mode="fan_avg"),
    scaled("he_normal", "truncated_normal", lambda n_in, n_out: 2 / n_in, truncated=True),
    scaled("lecun_uniform", "uniform", lambda n_in, n_out: 1 / n_in),
    scaled("lecun_normal", "normal", lambda n_in, n_out: 1 / n_in),
    scaled("lecun_normal", "truncated_normal", lambda n_in, n_out: 1 / n_in, truncated=True),
    scaled("variance_scaling", "normal", lambda n_in, n_out: 1 / n_in),
    *(
        scaled(
            "variance_scaling",
            distribution,
            lambda n_in, n_out: 3 / math.sqrt(n_in * n_out),
            scale=3,
            mode="fan_geo_avg",
            distribution=distribution,
        )
        for distribution in ("uniform", "normal", "truncated_normal")
    ),
]
