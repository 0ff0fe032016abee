"""Objects of frameworks that `fastinit.check` runs, and which adapter does it: by name, so that none is imported."""

from __future__ import annotations

import importlib
import sys
from typing import NamedTuple

from fastinit.common.errors import reject_type


class Framework(NamedTuple):
    """A class of objects, and who checks them."""

    module: str  #: that has the class; loaded, if there is such an object
    name: str
    adapter: str  #: a module with ``check_module(object, batch, loss, rng, n_samples)``
    what: str  #: in words


FRAMEWORKS = (Framework("torch.nn", "Module", "fastinit.torch.checking.checkup", "a torch.nn.Module"),)

#: Arguments of a stack of layers, and what they are if nobody gives them.
OF_STACKS = {"scheme": None, "output": "linear", "bias": 0.0, "layout": None}


def of(layers: object) -> Framework | None:
    """The framework that an object is of; None for data of Python and NumPy."""
    for framework in FRAMEWORKS:
        cls = getattr(sys.modules.get(framework.module), framework.name, None)
        if cls is not None and isinstance(layers, cls):
            return framework
    return None


def report(where: str, framework: Framework, module, second, batch, loss, rng, n_samples, given: dict):
    """What the adapter finds; `second` is the argument without a name, which is the batch of a module."""
    for name, value in given.items():
        is_default = value is OF_STACKS[name] or (type(value) in (str, float, int) and value == OF_STACKS[name])
        if not is_default:
            reject_type(where, name, f"none beside {framework.what}, which says it itself", value)
    if second is not None and batch is not None:
        reject_type(where, "batch", "it once", "it by position and by name")
    adapter = importlib.import_module(framework.adapter)
    return adapter.check_module(module, second if batch is None else batch, loss, rng, n_samples)


def reject_beside_a_stack(where: str, batch: object, loss: object) -> None:
    """Refuse what only a module takes."""
    for name, value in (("batch", batch), ("loss", loss)):
        if value is not None:
            what = " or ".join(framework.what for framework in FRAMEWORKS)
            reject_type(where, name, f"none, except for {what}", value)
