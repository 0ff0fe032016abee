"""Types of arguments on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def at_least(lowest: int) -> Callable[[str], int]:
    """An argument's type: an int in [lowest, infinity)."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = lowest - 1
        if number < lowest:
            raise argparse.ArgumentTypeError(f"expected an int >= {lowest}, got {text!r}")
        return number

    return parse
