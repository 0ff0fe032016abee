"""Names with ranges: ``h.{0..47}.attn.weight`` is 48 names."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from fastinit.common.errors import Shown, reject_value
from fastinit.plans.patterns import quoted

RANGE = re.compile(r"\{(\d{1,9})\.\.(\d{1,9})\}", re.ASCII)

#: Names that one plan may have.
MAX_NAMES = 1_000_000


def n_names(where: str, name: str) -> int:
    """How many names a name with ranges is. Raises ValueError for an empty range, and for more than MAX_NAMES."""
    n = 1
    for first, last in RANGE.findall(name):
        if int(last) < int(first):
            reject_value(where, quoted(name), "ranges that do not run backwards", Shown(f"{first}..{last}"))
        n *= int(last) - int(first) + 1
        if n > MAX_NAMES:
            reject_value(where, quoted(name), f"at most {MAX_NAMES:,} names", Shown("more"))
    return n


def _numbers(first: str, last: str) -> list[str]:
    """With as many digits as the first, if that has zeros ahead."""
    width = len(first) if first[0] == "0" else 1
    return [f"{number:0{width}}" for number in range(int(first), int(last) + 1)]


def expanded(name: str) -> Iterator[str]:
    """All names, the last range the fastest."""
    texts = RANGE.split(name)[::3]
    ranges = [_numbers(first, last) for first, last in RANGE.findall(name)]
    for numbers in itertools.product(*ranges):
        yield texts[0] + "".join(f"{number}{text}" for number, text in zip(numbers, texts[1:], strict=True))
