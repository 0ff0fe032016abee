"""What commands that draw ask of ``--plot``, before the work that would be lost."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from fastinit.common.errors import Shown, reject_value

#: What a plot can be written as.
SUFFIXES = (".png", ".svg", ".pdf")


def check(where: str, path: Path) -> None:
    """Refuse what matplotlib, or its absence, could not write."""
    if find_spec("matplotlib") is None:
        reject_value(where, "--plot", "matplotlib (pip install 'fastinit-nn[bench]')", Shown("none"))
    if path.suffix not in SUFFIXES:
        reject_value(where, "--plot", f"a name that ends in {', '.join(SUFFIXES)}", str(path))
