"""Several layers in a few words."""

from __future__ import annotations

#: Names that are all said; of more, the first and the last.
MAX_NAMED = 3


def listed(names: list[str], n_in_all: int, noun: str = "layers") -> str:
    """The names, or how many of all, the first and the last."""
    if len(names) <= MAX_NAMED:
        return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
    of_all = "all" if len(names) == n_in_all else f"{len(names)} of"
    return f"{of_all} {n_in_all} {noun} ({names[0]} to {names[-1]})"
