"""A progress bar on standard error, drawn by tqdm where it is installed and a terminal shows it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(total: int, label: str, *, quiet: bool = False, **style: object) -> Iterator[Callable[..., object]]:
    """Yield ``advance(n_new, doing="")``, which draws nothing without tqdm (in the `cli` extra) or a terminal."""
    tqdm = None if quiet or sys.stderr is None or not sys.stderr.isatty() else _tqdm()
    if tqdm is None:
        yield lambda n_new, doing="": None
        return
    with tqdm(total=total, desc=label, **style) as drawn:

        def advance(n_new: int, doing: str = "") -> None:
            if doing:
                drawn.set_postfix_str(doing, refresh=False)
            drawn.update(n_new)

        yield advance


def _tqdm() -> type | None:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm
