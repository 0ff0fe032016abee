"""A scheme with its parameters checked: what remains to be known is the shape and the dtype."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from fastinit._kernels import in_default_float_mode
from fastinit.common import checks, selection
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, located, reject_type, reject_value
from fastinit.common.selection import Line
from fastinit.laws import complex_laws, fan_rules, kernel_laws, truncation
from fastinit.laws.dtypes import FLOAT64_FORMAT, REAL, REAL_OR_COMPLEX, ComplexFormat, Format
from fastinit.laws.kernel_laws import Law

if TYPE_CHECKING:
    import numpy as np

    from fastinit.filling.target import Target

MODES = ("fan_in", "fan_out", "fan_avg", "fan_geo_avg")

#: Distributions, and the letters of their streams.
LETTERS = {"uniform": "u", "normal": "n", "truncated_normal": "t"}

#: The standard deviation of the standard normal between -2 and 2 (normal_tail.truncated_std).
TRUNCATED_STD = 0.87962566103423978

#: Shapes and dtypes whose laws a configured scheme remembers. Models repeat few shapes many times.
N_LAWS = 256

#: What is remembered of a shape that has not been asked for.
UNKNOWN = object()


class Placement(NamedTuple):
    """What a scheme that is more than a law fills: a part of a tensor, or of a block of one."""

    target: Target
    shape: Shape  #: of the tensor, or of the block
    fmt: Format
    seed: bytes
    name: str  #: of the tensor's stream, whose flat indices the target knows
    own_name: str  #: of the stream for what is drawn by other numbers than flat indices; a block has its own
    n_threads: int
    workspace: np.ndarray | None = None  #: as many bytes as `room` says


class Override(NamedTuple):
    """A block of a tensor that gets another scheme."""

    index: tuple  #: of integers, slices and at most one Ellipsis
    spec: Spec

    def block(self, where: str, shape: Shape) -> tuple[Line, ...]:
        """Its place in a tensor of this shape."""
        return selection.box(where, "but", shape, self.index)


class Spec:
    """A configured scheme: from the full shape of a tensor and its dtype to the law of its elements.

    Schemes that are more than a law also `place`: called after all elements have been given the law, it writes those
    that have another value. Overrides follow, one after the other. `rule` has made every check by then; it answers None
    where `place` writes every element. What `place` needs besides the output, in bytes, `room` says beforehand.
    """

    __slots__ = ("_laws", "by_shape", "is_law", "others", "overrides", "place", "place_draws", "room", "rule", "scheme")

    def __init__(
        self,
        scheme: str,
        rule: Callable[[Shape, Format], Law | None],
        by_shape: bool,
        place: Callable[[Placement], None] | None = None,
        draws: bool = False,
        overrides: tuple[Override, ...] = (),
        others: dict[str, Spec] | None = None,
        room: Callable[[Placement], int] | None = None,
    ):
        self.scheme = scheme
        self.rule = rule
        self.by_shape = by_shape or bool(overrides)  #: whether the law, or whether there is one, depends on the shape
        self.place = place
        self.room = room
        self.place_draws = draws  #: whether placing draws random numbers
        self.overrides = overrides
        self.others = others or {}  #: the same scheme for other kinds of dtypes than floats
        self.is_law = place is None and not overrides  #: whether the law is all there is to it
        self._laws: dict[tuple, Law | None] = {}

    def but(self, index: tuple, other: Spec) -> Spec:
        """The same with the block at `index` given to another scheme."""
        return self._with((*self.overrides, Override(index, other)), self.others)

    def _with(self, overrides: tuple[Override, ...], others: dict[str, Spec]) -> Spec:
        return Spec(self.scheme, self.rule, self.by_shape, self.place, self.place_draws, overrides, others, self.room)

    def for_kind(self, fmt: Format | ComplexFormat) -> Spec:
        """The same scheme for a dtype's kind; raises TypeError if it knows none such."""
        if fmt.kind == "float":
            return self
        found = self.others.get(fmt.kind)
        if found is None:
            reject_type(self.scheme, "dtype", REAL_OR_COMPLEX if "complex" in self.others else REAL, Shown(fmt.name))
        if not self.overrides:
            return found
        overrides = []
        for index, spec in self.overrides:
            with located(f"{self.scheme}: but[{selection.text(index)}]"):
                overrides.append(Override(index, spec.for_kind(fmt)))
        return found._with(tuple(overrides), {})

    def law(self, shape: Shape, fmt: Format) -> Law | None:
        """The law for a tensor of this full shape; raises ValueError if there is none."""
        key = (shape, fmt.code) if self.by_shape else fmt.code
        law = self._laws.get(key, UNKNOWN)
        if law is UNKNOWN:
            # Computed in Python, and to be as independent of the caller's floating-point mode as the values.
            law = in_default_float_mode(self._checked_law, shape, fmt)
            if len(self._laws) >= N_LAWS:
                self._laws.clear()
            self._laws[key] = law
        return law

    def _checked_law(self, shape: Shape, fmt: Format) -> Law | None:
        for override in self.overrides:
            block = selection.block_shape(override.block(self.scheme, shape))
            with located(f"{self.scheme}: but[{selection.text(override.index)}]"):
                override.spec.law(block, fmt)
        return self.rule(shape, fmt)

    def draws(self, shape: Shape, fmt: Format) -> bool:
        """Whether filling a tensor of this shape takes random numbers."""
        law = self.law(shape, fmt)
        return (
            self.place_draws
            or (law is not None and law.tag != b"")
            or any(o.spec.draws(selection.block_shape(o.block(self.scheme, shape)), fmt) for o in self.overrides)
        )


def fixed(scheme: str, law_of: Callable[[Format], Law], others: dict[str, Spec] | None = None) -> Spec:
    """The same law for every shape; what not even float64 can hold is refused now."""
    law_of(FLOAT64_FORMAT)
    return Spec(scheme, lambda shape, fmt: law_of(fmt), by_shape=False, others=others)


def by_parts(scheme: str, law_of: Callable[[Format], Law]) -> dict[str, Spec]:
    """The same for complex numbers, from the format of their parts."""
    return {"complex": Spec(scheme, lambda shape, fmt: law_of(fmt.parts), by_shape=False)}


def complex_refused(scheme: str, parameter: str, expected: str, got: object) -> dict[str, Spec]:
    """Of a scheme that has complex dtypes, but not with these parameters: the refusal."""

    def refuse(parts: Format) -> NoReturn:
        reject_type(scheme, parameter, f"{expected} where the dtype is complex", got)

    return by_parts(scheme, refuse)


def with_parts(spec: Spec) -> Spec:
    """A scheme whose law both parts of complex numbers get, as zeros around what it places."""

    def place(p: Placement) -> None:
        spec.place(p._replace(fmt=p.fmt.parts))

    of_parts = Spec(spec.scheme, lambda shape, fmt: spec.rule(shape, fmt.parts), spec.by_shape, spec.place and place)
    return spec._with(spec.overrides, {"complex": of_parts})


def scaled(scheme: str, scale: float, mode: str, distribution: str, fans: object, zero: bool = False) -> Spec:
    """Mean 0 and variance scale / n, where n is a mean of the fans; n counts as 1 if an axis is empty.

    All 0 if that is asked for by `zero`; scales that are 0 in float64 alone are refused.
    """
    mode = checks.one_of(scheme, "mode", mode, MODES)
    distribution = checks.one_of(scheme, "distribution", distribution, tuple(LETTERS))
    choice = fan_rules.check(scheme, fans)

    def std_of(shape: Shape) -> float:
        fan_in, fan_out = fan_rules.of(scheme, choice, shape)
        return math.sqrt(scale / (_mean_fan(mode, fan_in, fan_out) or 1))

    def rule(shape: Shape, fmt: Format) -> Law:
        std = std_of(shape)
        if zero:
            return kernel_laws.without_width(scheme, LETTERS[distribution], 0.0, fmt, "scale")
        return _scaled_law(scheme, std, distribution, fmt)

    def complex_rule(shape: Shape, fmt: ComplexFormat) -> Law:
        return complex_laws.LAWS[distribution](scheme, 0.0 if zero else std_of(shape), fmt.parts)

    by_shape = not isinstance(choice, tuple)
    return Spec(scheme, rule, by_shape, others={"complex": Spec(scheme, complex_rule, by_shape)})


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
