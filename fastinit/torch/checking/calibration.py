"""`fastinit.calibrate` for a torch.nn.Module."""

from __future__ import annotations

from typing import NamedTuple

from torch import nn

from fastinit.checking.calibrating import Scaled, text_of
from fastinit.torch.checking import calibrating, entry, isolation

WHERE = "calibrate"


class CalibratedModule(NamedTuple):
    """What `fastinit.calibrate` did to a module; ``str()`` is a table."""

    scaled: tuple[Scaled, ...]  #: a row for each layer: ``name, std_before, factor, std_after, shift``

    @property
    def factors(self) -> dict[str, float]:
        """What weights were multiplied with, by their layers' names."""
        return {row.name: row.factor for row in self.scaled}

    def __str__(self) -> str:
        return text_of(self.scaled)


def calibrate_module(module: nn.Module, batch: object, std: float, rng: object, n_samples: int | None, dry_run: bool):
    """Scale the weights in place, unless `dry_run`; `fastinit.calibrate` has the docstring."""
    asked = entry.asked(WHERE, module, batch, rng, n_samples)
    used = asked.batch_made()
    with isolation.untouched(asked.module, asked.seed_of_globals):
        rows = calibrating.factors(asked.module, used, std, asked.seed_of_globals, asked.trainable)
    if not dry_run:
        calibrating.apply(asked.module, rows)
    return CalibratedModule(tuple(rows))
