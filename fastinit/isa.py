"""The instruction set of this process: the best that runs here, or the one that FASTINIT_ISA names."""

from __future__ import annotations

import importlib.util
import os

try:
    from fastinit import _kernels
except ImportError as error:
    found = importlib.util.find_spec("fastinit._kernels")
    if found is not None:  # what they need is missing, or they are of another Python
        raise ImportError(f"fastinit: kernels: expected {found.origin} to load, got: {error}") from error
    raise ImportError(
        f"fastinit: kernels: expected a built package, got {os.path.dirname(__file__)} without them; leave the source "
        "checkout to use the installed package, or build it here with: pip install -e ."
    ) from error
from fastinit.common.errors import reject_value

VARIABLE = "FASTINIT_ISA"


def choose() -> None:
    """Choose once, at import; an unknown or unsupported name is an error, never a silent fallback."""
    name = os.environ.get(VARIABLE) or None
    if not _kernels.choose_isa(name):
        runs_here = [isa for isa, supported in _kernels.isas().items() if supported]
        reject_value("fastinit", VARIABLE, "one of " + ", ".join(map(repr, runs_here)), name)
