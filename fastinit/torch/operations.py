"""What single operations do to laws: draws, functions of torch.nn.init, changes by numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from statistics import NormalDist

from fastinit.torch import laws
from fastinit.torch.laws import Law, none
from fastinit.torch.log import Event, Ref

NAME = re.compile(r"(?:aten|prims)\.(\w+?)(_?)\.\w+$")

#: Operations that pass their input's law on: other names for it, copies, other dtypes.
SAME = {"clone", "_to_copy", "lift_fresh", "lift_fresh_copy", "detach", "alias", "contiguous", "detach_copy"}

#: Factories with the value they give, and those of memory as it comes.
FACTORIES = {"zeros": 0.0, "zeros_like": 0.0, "new_zeros": 0.0, "ones": 1.0, "ones_like": 1.0, "new_ones": 1.0}
EMPTIES = {"empty", "empty_like", "new_empty", "new_empty_strided", "empty_strided", "empty_permuted"}

#: Where the value of a factory that is told one stands among its positional arguments.
FULL = {"full": 1, "full_like": 1, "new_full": 2, "scalar_tensor": 0}

#: What keeps a law and changes its numbers: of x and a number c, the factor and what is added.
AFFINE: dict[str, Callable[[float, float], tuple[float, float]]] = {
    "mul": lambda c, alpha: (c, 0.0),
    "div": lambda c, alpha: (1 / c, 0.0),
    "add": lambda c, alpha: (1.0, c * alpha),
    "sub": lambda c, alpha: (1.0, -c * alpha),
}


def split(op: str) -> tuple[str, bool]:
    """An operation's name, and whether it works in place."""
    found = NAME.match(op)
    return (found[1], bool(found[2])) if found else (op, False)


def name_of(event: Event) -> str:
    return split(event.op)[0]


def number(value: object) -> float | bool | None:
    """A number, or that of a tensor with one."""
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, Ref) and value.values is not None and value.values.numel() == 1:
        found = value.values.item()
        return found if isinstance(found, (int, float)) else None
    return None


def pads_nothing(event: Event) -> bool:
    """Whether it is a padding by no elements, as transformers does to the biases of tied heads."""
    return name_of(event) == "constant_pad_nd" and not any(event.args[1])


def affine(event: Event) -> tuple[float, float] | None:
    """The factor and the shift of an operation by a number; None of others."""
    name = name_of(event)
    if name == "neg":
        return -1.0, 0.0
    c = number(event.args[1]) if name in AFFINE and len(event.args) > 1 else None
    if c is None or (c == 0 and name == "div") or event.kwargs.get("rounding_mode"):
        return None
    return AFFINE[name](c, event.kwargs.get("alpha", 1))


class Arguments:
    """An event's arguments by position or name."""

    def __init__(self, event: Event):
        self._event = event

    def of(self, position: int, name: str, default: object = None) -> object:
        args = self._event.args
        return args[position] if position < len(args) else self._event.kwargs.get(name, default)

    def numbers(self, *told: tuple[int, str, float]) -> list[float] | None:
        found = [number(self.of(*one)) for one in told]
        return None if None in found else found


def _draw(make: Callable[..., Law], *told: tuple[int, str, float]) -> Callable[[Arguments], Law]:
    def law(args: Arguments) -> Law:
        numbers = args.numbers(*told)
        return none("drawn by numbers that are tensors") if numbers is None else make(*numbers)

    return law


def _trunc_normal(mean: float, std: float, lower: float, upper: float) -> Law:
    return laws.truncated(mean, std, lower, upper) if std > 0 and lower < upper else none("trunc_normal_")


def _erfinv(before: Law, args: Arguments) -> Law:
    """Of a uniform number: a normal one of variance 1/2, between the images of its bounds."""
    low, high = (
        NormalDist(0, math.sqrt(0.5)).inv_cdf((1 + u) / 2) if -1 < u < 1 else u * math.inf
        for u in (before.numbers["low"], before.numbers["high"])
    )
    return laws.truncated(0.0, math.sqrt(0.5), low, high)


def _clamp(before: Law, args: Arguments) -> Law:
    """The law between the bounds, if they cut nothing off: its own, as rounded by others, or far beyond its values."""
    mean, std = before.numbers.get("mean", 0.0), before.numbers["std"]
    lower, upper = before.numbers.get("lower", -math.inf), before.numbers.get("upper", math.inf)
    least, most = args.of(1, "min"), args.of(2, "max")
    least, most = (-math.inf if least is None else number(least)), (math.inf if most is None else number(most))
    if None in (least, most):
        return none("clamp")
    lower, upper = _cut(least - mean, lower - mean, std), -_cut(mean - most, mean - upper, std)
    is_cut = math.isnan(lower) or math.isnan(upper)
    return none("clamp") if is_cut else laws.truncated(mean, std, lower + mean, upper + mean)


def _cut(least: float, lower: float, std: float) -> float:
    """A lower bound, and that of a clamp, from the mean: one for both; NaN if the clamp would gather values."""
    if least <= max(lower, -laws.MAX_DEVIATIONS * std) + 1e-4 * std:
        return lower
    return least if least <= -FAR * std else math.nan


#: Draws, by name and whether they are in place.
DRAWS = {
    ("normal", True): _draw(laws.normal, (1, "mean", 0.0), (2, "std", 1.0)),
    ("normal", False): _draw(laws.normal, (0, "mean", 0.0), (1, "std", 1.0)),
    ("normal_functional", False): _draw(laws.normal, (1, "mean", 0.0), (2, "std", 1.0)),
    ("uniform", True): _draw(laws.uniform, (1, "from", 0.0), (2, "to", 1.0)),
    **dict.fromkeys((("randn", False), ("randn_like", False)), _draw(lambda: laws.normal(0.0, 1.0))),
    **dict.fromkeys((("rand", False), ("rand_like", False)), _draw(lambda: laws.uniform(0.0, 1.0))),
}

#: Functions of torch.nn.init that are more than one operation, by their names.
COMPOSED = {
    "trunc_normal_": _draw(_trunc_normal, (1, "mean", 0.0), (2, "std", 1.0), (3, "a", -2.0), (4, "b", 2.0)),
    "orthogonal_": lambda args: Law("orthogonal", {"gain": float(args.of(1, "gain", 1.0)), "fans": "oi"}),
    "sparse_": lambda args: Law("sparse", {"sparsity": args.of(1, "sparsity"), "std": args.of(2, "std", 0.01)}),
    "dirac_": lambda args: Law("dirac", {"groups": args.of(1, "groups", 1), "fans": "oi"}),
    "eye_": lambda args: Law("identity", {}),
}

#: Standard deviations beyond which a normal law has a value in 10**12: timm's bounds lie there, and rounding with them.
FAR = 7.0

#: What in-place operations make of a law: timm and others draw truncated normals as uniform, erfinv, mul, add, clamp.
IDIOMS = {
    ("uniform", "erfinv"): _erfinv,
    ("truncated_normal", "clamp"): _clamp,
    ("normal", "clamp"): _clamp,
}
