"""A scheme with its parameters checked: what remains to be known is the shape and the dtype."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fastinit._kernels import in_default_float_mode
from fastinit.common import checks
from fastinit.common.checks import Shape
from fastinit.common.errors import reject_value
from fastinit.laws import fan_rules, kernel_laws, truncation
from fastinit.laws.dtypes import FLOAT64_FORMAT, Format
from fastinit.laws.kernel_laws import Law

MODES = ("fan_in", "fan_out", "fan_avg", "fan_geo_avg")
DISTRIBUTIONS = ("uniform", "normal", "truncated_normal")

#: The standard deviation of the standard normal between -2 and 2 (normal_tail.truncated_std).
TRUNCATED_STD = 0.87962566103423978

#: Shapes and dtypes whose laws a configured scheme remembers. Models repeat few shapes many times.
N_LAWS = 256


class Placement(NamedTuple):
    """What a scheme that is more than a law fills: a box of the full tensor."""

    array: np.ndarray  #: as many axes as the full tensor
    starts: Shape  #: where the box begins on each axis
    shape: Shape  #: of the full tensor
    fmt: Format
    seed: bytes
    name: str
    n_threads: int


class Spec:
    """A configured scheme: from the full shape of a tensor and its dtype to the law of its elements.

    Schemes that are more than a law also `place`: called after all elements have been given the law, it writes those
    that have another value. `rule` has made every check by then.
    """

    __slots__ = ("_laws", "by_shape", "draws", "place", "rule", "scheme")

    def __init__(
        self,
        scheme: str,
        rule: Callable[[Shape, Format], Law],
        by_shape: bool,
        place: Callable[[Placement], None] | None = None,
        draws: bool = False,
    ):
        self.scheme = scheme
        self.rule = rule
        self.by_shape = by_shape  #: whether the law depends on the shape
        self.place = place
        self.draws = draws  #: whether placing draws random numbers
        self._laws: dict[tuple, Law] = {}

    def law(self, shape: Shape, fmt: Format) -> Law:
        """The law for a tensor of this full shape; raises ValueError if there is none."""
        key = (shape, fmt.code) if self.by_shape else fmt.code
        law = self._laws.get(key)
        if law is None:
            # Computed in Python, and to be as independent of the caller's floating-point mode as the values.
            law = in_default_float_mode(self.rule, shape, fmt)
            if len(self._laws) >= N_LAWS:
                self._laws.clear()
            self._laws[key] = law
        return law


def fixed(scheme: str, law_of: Callable[[Format], Law]) -> Spec:
    """The same law for every shape; what not even float64 can hold is refused now."""
    law_of(FLOAT64_FORMAT)
    return Spec(scheme, lambda shape, fmt: law_of(fmt), by_shape=False)


def scaled(scheme: str, scale: float, mode: str, distribution: str, fans: object) -> Spec:
    """Mean 0 and variance scale / n, where n is a mean of the fans; n counts as 1 if an axis is empty."""
    checks.one_of(scheme, "mode", mode, MODES)
    checks.one_of(scheme, "distribution", distribution, DISTRIBUTIONS)
    choice = fan_rules.check(scheme, fans)

    def rule(shape: Shape, fmt: Format) -> Law:
        fan_in, fan_out = fan_rules.of(scheme, choice, shape)
        std = math.sqrt(scale / (_mean_fan(mode, fan_in, fan_out) or 1))
        return _scaled_law(scheme, std, distribution, fmt)

    return Spec(scheme, rule, by_shape=isinstance(choice, str))


def normal_or_truncated(scheme: str, truncated: object) -> str:
    """The distribution that a ``*_normal`` scheme's `truncated` chooses."""
    return "truncated_normal" if checks.boolean(scheme, "truncated", truncated) else "normal"


def _scaled_law(scheme: str, std: float, distribution: str, fmt: Format) -> Law:
    if not kernel_laws.MIN_STD <= std <= kernel_laws.MAX_STD or fmt.nearest(std) == 0 or 10 * std > fmt.max:
        least = max(kernel_laws.MIN_STD, math.ldexp(1.0, fmt.least_exponent))
        most = min(kernel_laws.MAX_STD, fmt.max / 10)
        reject_value(scheme, "standard deviation", f"{least:.2g} to {most:.2g} in {fmt.name}", std)
    if distribution == "normal":
        return kernel_laws.normal(scheme, 0.0, std, fmt)
    if distribution == "truncated_normal":
        return truncation.truncated_normal(scheme, 0.0, std / TRUNCATED_STD, -2.0, 2.0, fmt)
    limit = math.sqrt(3) * std  # the variance of U(-a, a) is a**2 / 3
    return kernel_laws.uniform(scheme, -limit, limit, fmt)


def _mean_fan(mode: str, fan_in: float, fan_out: float) -> float:
    if mode == "fan_in":
        return fan_in
    if mode == "fan_out":
        return fan_out
    # Halves and roots first: the fans may be the caller's own numbers, and their sum or product not finite.
    return fan_in / 2 + fan_out / 2 if mode == "fan_avg" else math.sqrt(fan_in) * math.sqrt(fan_out)
