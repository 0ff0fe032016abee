"""A progress bar on standard error, drawn by tqdm where it is installed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def bar(total: int, label: str, **style: object) -> Iterator[Callable[..., object]]:
    """Yield ``advance(n_new, doing="")``, which draws nothing without tqdm (in the `cli` extra) or standard error."""
    try:
        from tqdm import tqdm
    except ImportError:
        tqdm = None
    if tqdm is None or sys.stderr is None:
        yield lambda n_new, doing="": None
        return
    with tqdm(total=total, desc=label, **style) as drawn:

        def advance(n_new: int, doing: str = "") -> None:
            if doing:
                drawn.set_postfix_str(doing, refresh=False)
            drawn.update(n_new)

        yield advance
