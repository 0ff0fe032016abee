"""A scheme with its parameters checked: what remains to be known is the shape."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import NamedTuple

from fastinit import checks, fan_rules, laws
from fastinit._kernels import in_default_float_mode
from fastinit.checks import Shape
from fastinit.errors import reject_value
from fastinit.laws import Law

MODES = ("fan_in", "fan_out", "fan_avg", "fan_geo_avg")
DISTRIBUTIONS = ("uniform", "normal")


#: Shapes whose laws a configured scheme remembers. Models repeat few shapes many times.
N_SHAPES = 256


class Spec(NamedTuple):
    """A configured scheme: from the full shape of a tensor to the law of its elements."""

    scheme: str
    law_of: Callable[[Shape], Law]
    law: Law | None  #: if it is the same for every shape


def fixed(scheme: str, law: Law) -> Spec:
    """The same law for every shape."""
    return Spec(scheme, lambda shape: law, law)


def scaled(scheme: str, scale: float, mode: str, distribution: str, fans: object) -> Spec:
    """Mean 0 and variance scale / n, where n is a mean of the fans; n counts as 1 if an axis is empty."""
    checks.one_of(scheme, "mode", mode, MODES)
    checks.one_of(scheme, "distribution", distribution, DISTRIBUTIONS)
    choice = fan_rules.check(scheme, fans)
    if not isinstance(choice, str):
        return fixed(scheme, _scaled_law(scheme, scale, mode, distribution, choice, ()))
    law_of = functools.partial(in_default_float_mode, _scaled_law, scheme, scale, mode, distribution, choice)
    return Spec(scheme, functools.lru_cache(maxsize=N_SHAPES)(law_of), None)


def _scaled_law(scheme: str, scale: float, mode: str, distribution: str, fans: fan_rules.Fans, shape: Shape) -> Law:
    fan_in, fan_out = fan_rules.of(scheme, fans, shape)
    std = math.sqrt(scale / (_mean_fan(mode, fan_in, fan_out) or 1))
    if not laws.MIN_STD <= std <= laws.MAX_STD:
        reject_value(scheme, "standard deviation", f"{laws.MIN_STD} to {laws.MAX_STD} in float32", std)
    if distribution == "normal":
        return laws.normal(scheme, 0.0, std)
    limit = math.sqrt(3) * std  # the variance of U(-a, a) is a**2 / 3
    return laws.uniform(scheme, -limit, limit)


def _mean_fan(mode: str, fan_in: float, fan_out: float) -> float:
    if mode == "fan_in":
        return fan_in
    if mode == "fan_out":
        return fan_out
    # Halves and roots first: the fans may be the caller's own numbers, and their sum or product not finite.
    return fan_in / 2 + fan_out / 2 if mode == "fan_avg" else math.sqrt(fan_in) * math.sqrt(fan_out)
