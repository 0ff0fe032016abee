"""What the commands of this folder share: one size as argument, figures on one line, exit status 1 if something fell.

``python tests/attack/NAME.py`` is as small as CI wants it; ``docs/reliability.md`` has the sizes of the full runs. No
`assert` stands in these files: they also run under ``python -O``.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))  # for the tests' own tables of laws, dtypes and bad files

#: The one form of every message, and its most characters; a name of the caller's may stand in its middle.
FORM = re.compile(r"[a-z_0-9]+: .+: expected .+, got .+", re.DOTALL)
MAX_CHARACTERS = 700


class Found(Exception):
    """A promise that does not hold."""


def demand(holds: object, *told: object) -> None:
    """Raise Found unless it holds."""
    if not holds:
        raise Found(" ".join(map(str, told)))


def demand_form(error: BaseException) -> None:
    """An error as the package words it, and no other's."""
    text = str(error)
    demand(type(error) in (ValueError, TypeError, MemoryError), "of type", type(error).__name__, text[:300])
    demand(FORM.fullmatch(text), "not in the one form:", repr(text[:400]))
    demand(len(text) <= MAX_CHARACTERS, "of", len(text), "characters:", text[:100])


def run(attack: Callable[..., str], quick: int, what: str, option: str = "", known: Collection[str] = ()) -> None:
    """Run the command: `attack(size)` returns its figures.

    With an option as ``--with torch,jax`` it is `attack(size, names)`, of names that are known, none by default.
    """

    def names(text: str) -> list[str]:
        found = text.split(",")
        if set(found).difference(known):
            raise argparse.ArgumentTypeError(f"expected some of {', '.join(known)}, got {text}")
        return found

    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("size", nargs="?", type=int, default=quick, help=f"{what} (default {quick:,})")
    if option:
        parser.add_argument(option, dest="names", type=names, default=[], metavar=",".join(known))
    given = parser.parse_args()
    start = time.perf_counter()
    try:
        figures = attack(given.size, given.names) if option else attack(given.size)
    except Found as error:
        print(f"FOUND: {error}", file=sys.stderr)
        raise SystemExit(1) from error
    seconds, busy = time.perf_counter() - start, sum(os.times()[:4])  # with processes that have ended
    print(f"{Path(sys.argv[0]).stem}: {figures}; {seconds:.1f} s, {busy:.1f} s of processor time")
