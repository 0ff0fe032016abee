"""Functions of ``torch.nn.init`` replaced wherever modules hold them, for the length of a ``with`` statement.

A module that says ``from torch.nn.init import orthogonal_`` keeps that object, so names alone are not enough: every
module's names are searched for the object itself, and so are the dicts among their values, as transformers'
``TORCH_INIT_FUNCTIONS`` is one. ``trunc_normal_`` calls `TRUNC_NORMAL` by name, so that replacing this one
reaches even what holds `trunc_normal_` in places that nobody searches.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from torch.nn import init

from fastinit.common.errors import Shown, reject_value

#: What does the work of ``trunc_normal_``: private to PyTorch, so it may be missing.
TRUNC_NORMAL = "_no_grad_trunc_normal_"

#: Held while functions are replaced: they are so for the whole process.
_under_way = threading.Lock()


@contextmanager
def replaced(where: str, factories: Mapping[str, Callable[[Callable], Callable]]) -> Iterator[list[str]]:
    """Replace functions of ``torch.nn.init`` by what ``factories[name](original)`` makes of each.

    Yields the names that ``torch.nn.init`` lacks. Afterwards, whatever was raised, originals are back where they were,
    in reverse order, and also where modules that were imported meanwhile hold a replacement. What somebody else has
    put in a replacement's place stays. A replacement must call its original in other threads.

    Raises
    ------
    ValueError
        In the name of `where`, if functions are replaced already, by any thread.
    """
    if not _under_way.acquire(blocking=False):
        expected = "no accelerate or record under way in this process, whatever the thread: they are not nested"
        reject_value(where, "with", expected, Shown("one under way"))
    found: list[tuple[dict, object, object, object]] = []
    pairs: list[tuple[object, object]] = []
    try:
        known = {name: original for name in factories if callable(original := getattr(init, name, None))}
        pairs += [(original, factories[name](original)) for name, original in known.items()]
        _exchange(pairs, found)
        yield [name for name in factories if name not in known]
    finally:
        for holder, key, original, replacement in reversed(found):
            if holder.get(key) is replacement:
                holder[key] = original
        _exchange([(replacement, original) for original, replacement in pairs], [])
        _under_way.release()


def _exchange(pairs: list[tuple[object, object]], found: list) -> None:
    """Put the second of each pair where the first is held, and note (holder, key, first, second) in `found`."""
    by_id = {id(old): (old, new) for old, new in pairs}
    for holder in _holders():
        values = list(holder.values())  # a copy: other threads may import
        if by_id.keys().isdisjoint(map(id, values)):  # of thousands of modules; a loop takes twice as long
            continue
        for key, value in list(holder.items()):
            if id(value) in by_id:
                found.append((holder, key, *by_id[id(value)]))
                holder[key] = by_id[id(value)][1]


def _holders() -> Iterator[dict]:
    """The names of every module, and the plain dicts among what they name, each once."""
    seen = set()
    for module in list(sys.modules.values()):
        names = getattr(module, "__dict__", None)
        if type(names) is not dict:
            continue
        inner = [value for key, value in list(names.items()) if type(value) is dict and key != "__builtins__"]
        for holder in (names, *inner):
            if id(holder) not in seen:
                seen.add(id(holder))
                yield holder
