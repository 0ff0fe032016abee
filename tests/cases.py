"""For every scheme what a call needs, so that tests can go over all of them."""

from __future__ import annotations

import fastinit as fi
from fastinit.schemes.register import Configured

#: Parameters without a default.
NEEDED = {"constant": dict(value=0.1), "log_odds": dict(p=0.01), "sparse": dict(sparsity=0.7)}

#: Numbers of dimensions, where a scheme does not take any of 2 and more.
N_DIMS = {"identity": (2,), "dirac": (3, 4, 5), "delta_orthogonal": (3, 4, 5)}

#: A matrix and a convolution's kernel with few inputs, one of which every scheme takes.
SHAPES = ((300, 200), (3, 5, 20, 30))


def configured(name: str) -> Configured:
    """The scheme with its needed parameters."""
    return fi.get(name, **NEEDED.get(name, {}))


def takes(name: str, shape: tuple[int, ...]) -> bool:
    """Whether the scheme takes a shape, of two dimensions or more, with so many."""
    return len(shape) in N_DIMS.get(name, (len(shape),))


def shape_for(name: str) -> tuple[int, ...]:
    """A shape that the scheme takes."""
    return next(shape for shape in SHAPES if takes(name, shape))
