"""`initialize_`: plans and rules, executed on a module that exists."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from fastinit.common import checks
from fastinit.common.calls import one_form
from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.plans.patterns import quoted
from fastinit.plans.plan import Plan
from fastinit.plans.rules import UNUSED, without_skipped
from fastinit.torch import execution
from fastinit.torch.recording import tensors_of

#: Names that a message shows.
N_SHOWN = 3


@one_form
def initialize_(module, plan, rng=0, *, rename=None, skip=(), unused="error", threads=None, progress=None) -> nn.Module:
    """Fill the parameters of a module that exists, in place, by a plan or by rules.

    Parameters
    ----------
    module : torch.nn.Module
        On the CPU. Its parameters may be whole, or DTensors of which this process has a part: a part gets the values
        that the whole would have there, without communication.
    plan : Plan or mapping of str to scheme
        What `record` returned, for all parameters and buffers of the module; or rules as for `fastinit.initialize`,
        for the parameters.
    rng : int, sequence of int, SeedSequence, BitGenerator, Generator or torch.Generator, default 0
        As for `fastinit.initialize`.
    rename : callable, optional
        From a name in this module, without segments of wrappers, to the name in the whole model: for pipeline stages,
        which count their layers from 0.
    skip : str or sequence of str, optional
        Patterns of names that are left as they are.
    unused : {"error", "ignore"}, optional
        Whether a rule, a pattern of `skip` or an entry of a plan that is for no tensor of the module is refused.
    threads, progress
        As for `fastinit.initialize`.

    Returns
    -------
    torch.nn.Module
        `module` itself.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as stated, or the names and shapes of a plan are not the module's: the message has how
        many and the first of them. Nothing has then been written to.

    See Also
    --------
    record : Makes plans.
    materialize : Builds the model too.
    fastinit.initialize : The same for NumPy arrays.

    Notes
    -----
    A name has no segments of wrappers (`canonical`). Tied parameters are filled once, under the first name in the
    module. What transformers marks with ``_is_hf_initialized`` is left as it is.

    Examples
    --------
    >>> import torch, fastinit as fi, fastinit.torch as ft
    >>> model = torch.nn.Sequential(torch.nn.Linear(64, 32), torch.nn.LayerNorm(32))
    >>> rules = {"*.bias": "zeros", "1.weight": "ones", "*.weight": fi.get("he_normal", fans="oi")}
    >>> ft.initialize_(model, rules, rng=0) is model
    True
    """
    if not isinstance(module, nn.Module):
        reject_type("initialize_", "module", "a torch.nn.Module", Shown(type(module).__name__))
    if rename is not None and not callable(rename):
        reject_type("initialize_", "rename", "a function or None", rename)
    is_plan = isinstance(plan, Plan)
    found = _own_tensors(module, rename, buffers=is_plan)
    if is_plan:
        checks.one_of("initialize_", "unused", unused, UNUSED)
        _check_fits(plan, found, unused)
    free = {name: tensor for name, tensor in found.items() if not getattr(tensor, "_is_hf_initialized", False)}
    wanted = without_skipped(free, skip, unused)
    options = {"threads": threads, "progress": progress}
    if is_plan:
        execution.by_plan("initialize_", plan, wanted, rng, **options)
    else:
        # A rule may be for what another library has initialized.
        execution.by_rules(wanted, plan, rng, unused=unused if len(free) == len(found) else "ignore", **options)
    return module


def _own_tensors(module: nn.Module, rename: Callable | None, buffers: bool) -> dict[str, torch.Tensor]:
    """A module's tensors by their names in the whole model, tied ones under the first."""
    found: dict[str, torch.Tensor] = {}
    seen: set[int] = set()
    for own, tensor, role in tensors_of(module):
        if id(tensor) in seen or not (buffers or role == "parameter"):
            continue
        seen.add(id(tensor))
        name = own if rename is None else rename(own)
        if not isinstance(name, str):
            reject_type("initialize_", "rename", f"a function that returns strings, for {quoted(own)}", name)
        if name in found:
            reject_value("initialize_", "rename", "a name for each tensor", Shown(f"{quoted(name)} for two"))
        found[name] = tensor
    return found


def _check_fits(plan: Plan, found: dict[str, torch.Tensor], unused: str) -> None:
    """Refuse a plan of other names or shapes than a module's, with how many and which."""
    wrong = [f"no entry for {quoted(name)}" for name in found if name not in plan]
    if unused == "error":
        wrong += [f"no tensor {quoted(name)}" for name in plan if name not in found and plan[name].same_as is None]
    for name in found.keys() & plan.keys():
        shape = tuple(found[name].shape)
        if plan[name].shape != shape:
            wrong.append(f"{quoted(name)} of shape {shape} instead of {plan[name].shape}")
        if plan[name].same_as is not None:
            wrong.append(f"{quoted(name)} not tied to {quoted(plan[name].same_as)}")
    if wrong:
        got = Shown(f"{len(wrong)} that are not: {'; '.join(wrong[:N_SHOWN])}{'; ...' if len(wrong) > N_SHOWN else ''}")
        reject_value("initialize_", "plan", "the names and shapes of the module", got)
