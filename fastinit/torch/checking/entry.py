"""What `fastinit.check` and `fastinit.calibrate` have in common for a module: all checks of what is given."""

from __future__ import annotations

from typing import NamedTuple

from torch import nn
from torch.nn.parameter import is_lazy

from fastinit.common import checks
from fastinit.common.errors import Shown, reject_value
from fastinit.filling import seed
from fastinit.torch.checking import batches, isolation
from fastinit.torch.checking.batches import Batch

#: Samples of a batch that is made here: units that are off by chance for all of 8 samples are few, and a large image
#: model still takes seconds.
N_SAMPLES = 8


class Asked(NamedTuple):
    """A module, checked, and what it is to be run on."""

    where: str
    module: nn.Module
    batch: Batch | None  #: the caller's
    n_samples: int  #: of one that is made
    seed: int  #: of values that are made
    seed_of_globals: int  #: as NumPy's global generator takes one
    trainable: frozenset[str]  #: names of parameters that are to learn

    def batch_made(self) -> Batch:
        """The caller's batch, or one that the module takes, which is tried."""
        if self.batch is not None:
            return self.batch
        with isolation.untouched(self.module, self.seed_of_globals):
            return batches.made(self.where, self.module, self.n_samples, self.seed)


def asked(where: str, module: nn.Module, batch: object, rng: object, n_samples: int | None) -> Asked:
    module = _within(module)
    _check_parameters(where, module)
    seed.check_rng(where, rng)
    if n_samples is not None:
        n_samples = checks.positive_integer(where, "n_samples", n_samples)
    given = None if batch is None else batches.given(where, batch)
    if given is not None and n_samples is not None:
        reject_value(where, "n_samples", "None beside a batch, which has its own number", n_samples)
    trainable = frozenset(name for name, parameter in module.named_parameters() if parameter.requires_grad)
    words = int.from_bytes(seed.seed_of(where, rng), "little")
    return Asked(where, module, given, n_samples or N_SAMPLES, words, words % 2**32, trainable)


def _within(module: nn.Module) -> nn.Module:
    """The caller's module, without what compiles or distributes it."""
    while True:
        compiled = dict(module.named_children()).get("_orig_mod")
        if isinstance(compiled, nn.Module) and compiled is not module:
            module = compiled
        elif isinstance(module, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
            module = module.module
        else:
            return module


def _check_parameters(where: str, module: nn.Module) -> None:
    for name, parameter in [*module.named_parameters(), *module.named_buffers()]:
        if is_lazy(parameter):
            reject_value(where, "module", "parameters of known shapes", Shown(f"{name}, which is not initialized yet"))
        if parameter.is_inference():
            reject_value(where, "module", "parameters not made in inference mode", Shown(f"{name}, which is"))
        if parameter.is_meta:
            reject_value(where, "module", "parameters with values", Shown(f"{name} on the meta device"))
