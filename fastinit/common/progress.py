"""A progress bar on standard error, drawn by tqdm where it is installed and a terminal shows it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(total: int, label: str, *, quiet: bool = False, **style: object) -> Iterator[Callable[..., object]]:
    """Yield ``advance(n_new, doing="")``, which draws nothing without tqdm (in the `cli` extra) or a terminal."""
    tqdm = _tqdm() if not quiet and _is_terminal() else None
    if tqdm is None:
        yield lambda n_new, doing="": None
        return
    with tqdm(total=total, desc=label, **style) as drawn:

        def advance(n_new: int, doing: str = "") -> None:
            if doing:
                drawn.set_postfix_str(doing, refresh=False)
            drawn.update(n_new)

        yield advance


def _is_terminal() -> bool:
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):  # none, an object that can only write, a closed file
        return False


def _tqdm() -> type | None:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm
