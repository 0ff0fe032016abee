"""Objects of frameworks that `fastinit.check` runs, and which adapter does it: found by name, imported then."""

from __future__ import annotations

import importlib
import sys
from typing import NamedTuple

from fastinit.common.errors import reject_type


class Framework(NamedTuple):
    """A class of objects, and who checks them."""

    module: str  #: that has the class; loaded, if there is such an object
    name: str
    adapter: str  #: a package with ``checkup.check_module`` and ``calibration.calibrate_module``
    what: str  #: in words


FRAMEWORKS = (Framework("torch.nn", "Module", "fastinit.torch.checking", "a torch.nn.Module"),)

#: Arguments of a stack of layers, and what they are if nobody gives them.
OF_STACKS = {"scheme": None, "output": "linear", "bias": 0.0, "layout": None, "center": False}


def of(layers: object) -> Framework | None:
    """The framework that an object is of; None for data of Python and NumPy."""
    for framework in FRAMEWORKS:
        cls = getattr(sys.modules.get(framework.module), framework.name, None)
        if cls is not None and isinstance(layers, cls):
            return framework
    return None


def report(where: str, framework: Framework, module, second, batch, loss, rng, n_samples, given: dict):
    """What the adapter finds; `second` is the argument without a name, which is the batch of a module."""
    batch = _batch(where, framework, second, batch, given)
    adapter = importlib.import_module(f"{framework.adapter}.checkup")
    return adapter.check_module(module, batch, loss, rng, n_samples)


def calibrated(where: str, framework: Framework, module, second, batch, std, rng, n_samples, dry_run, given: dict):
    """What the adapter did to the module."""
    batch = _batch(where, framework, second, batch, given)
    adapter = importlib.import_module(f"{framework.adapter}.calibration")
    return adapter.calibrate_module(module, batch, std, rng, n_samples, dry_run)


def _batch(where: str, framework: Framework, second: object, batch: object, given: dict) -> object:
    """The batch, after what is not of modules is refused."""
    for name, value in given.items():
        default = OF_STACKS.get(name, value)
        if not (value is default or (type(value) in (str, float, int) and value == default)):
            reject_type(where, name, f"none beside {framework.what}, which says it itself", value)
    if isinstance(second, str):
        reject_type(where, "activation", f"none beside {framework.what}, which says it itself", second)
    if second is not None and batch is not None:
        reject_type(where, "batch", "it once", "it by position and by name")
    return second if batch is None else batch


def reject_beside_a_stack(where: str, **arguments: object) -> None:
    """Refuse what only a module takes."""
    for name, value in arguments.items():
        if value is not None:
            what = " or ".join(framework.what for framework in FRAMEWORKS)
            reject_type(where, name, f"none, except for {what}", value)
