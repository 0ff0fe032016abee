"""`record`: an unmodified model's own initialization as a plan."""

from __future__ import annotations

import linecache
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import nn

from fastinit.common.calls import one_form
from fastinit.common.errors import Shown, message, reject_type
from fastinit.plans.patterns import quoted
from fastinit.plans.plan import Entry, Plan
from fastinit.schemes.register import Configured
from fastinit.torch import laws, replay
from fastinit.torch.interception import recording
from fastinit.torch.laws import Law
from fastinit.torch.log import Log
from fastinit.torch.names import canonical
from fastinit.torch.reading import UNWRITTEN, Reader
from fastinit.torch.replay import Known

#: What PyTorch says when a value of a tensor without memory is asked for.
NO_VALUES = ("meta tensor", "Meta tensor", "no data", "_local_scalar_dense", "device='meta'", "meta device", "set_data")


@one_form
def record(build) -> Plan:
    """Record a model's own initialization, without its memory, as a plan.

    The builder runs as it is, on PyTorch's meta device, and what it does to each tensor is read as a law: the last
    scheme that overwrote it, scalings and blocks, as of padding rows, included. Tensors that are no law, as sinusoids
    and masks, keep their values.

    Parameters
    ----------
    build : callable or transformers configuration
        A function without arguments that returns a ``torch.nn.Module``; or a configuration, of which the architecture
        that it names is built, or else the base model.

    Returns
    -------
    Plan
        What each parameter and buffer is to be, by its name in the model, without the segments of wrappers
        (`fastinit.torch.canonical`). Tied tensors are told once, under the first name.

    Raises
    ------
    ValueError
        If the builder reads a tensor's values, which then has none. The message names the line; `accelerate` serves
        there.
    TypeError
        If `build` is neither, or returns no module.

    See Also
    --------
    materialize : Record a model and fill it, in one step.
    initialize_ : Fill a module by a plan.
    create_dcp : Write a plan's values to a checkpoint.
    fastinit.safetensors.create : The same in the safetensors format.

    Notes
    -----
    Copies become tensors of their own: the layers of ``nn.TransformerEncoder`` start equal in PyTorch, and get
    different values of the same law from a plan.

    Examples
    --------
    >>> import torch, fastinit.torch as ft
    >>> print(ft.record(lambda: torch.nn.Sequential(torch.nn.Embedding(9, 4, padding_idx=0), torch.nn.LayerNorm(4))))
    tensor    shape  dtype    law
    0.weight  9 x 4  float32  normal(std=1); [0] zeros()
    1.weight  4      float32  ones()
    1.bias    4      float32  zeros()
    """
    return recorded("record", build)[1]


def recorded(where: str, build: object) -> tuple[nn.Module, Plan, Callable[[torch.Tensor, object], np.ndarray]]:
    """The model on the meta device, its plan, and what gives the values of tensors without a name from a seed."""
    builder = _builder_of(where, build)
    log = Log()
    with replay.GENERATOR, torch.random.fork_rng(devices=[]), recording(where, log):
        torch.default_generator.manual_seed(0)  # of what is drawn with memory and is no law
        try:
            model = builder()
        except Exception as error:
            _explain(where, error)
            raise
    if not isinstance(model, nn.Module):
        reject_type(where, "build", "a function that returns a torch.nn.Module", Shown(type(model).__name__))
    entries, known = _entries(where, model, log)

    def replayed(tensor: torch.Tensor, rng: object) -> np.ndarray:
        return replay.values_of(log, known, log.place(tensor), where, "", rng)

    return model, Plan(entries), replayed


def _builder_of(where: str, build: object) -> Callable[[], object]:
    transformers = sys.modules.get("transformers")
    if transformers is not None and isinstance(build, transformers.PretrainedConfig):
        names = build.architectures or []
        architecture = getattr(transformers, names[0], None) if names else None
        if architecture is None:
            return lambda: transformers.AutoModel.from_config(build)
        return lambda: architecture._from_config(build)
    if isinstance(build, nn.Module) or not callable(build):
        reject_type(where, "build", "a function that returns a torch.nn.Module, or a transformers configuration", build)
    return build


def _explain(where: str, error: Exception) -> None:
    """Raise in words of ours what a builder raised because it read values; return if it raised something else."""
    if not any(words in str(error) for words in NO_VALUES):
        return
    inside = os.path.dirname(torch.__file__), os.path.dirname(__file__)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(inside)]
    place = frames[-1]
    line = linecache.getline(place.filename, place.lineno).strip()
    at = f"{os.path.basename(place.filename)}:{place.lineno}: {line}"
    expected = "a builder that reads no values (else use accelerate)"
    raise ValueError(message(where, "build", expected, Shown(at))) from error


def _entries(where: str, model: nn.Module, log: Log) -> tuple[dict[str, Entry], dict[int, Known]]:
    """What each tensor is to be, and by memory those that have a law."""
    reader, entries, first_names, known = Reader(log), {}, {}, {}
    for name, tensor, role in tensors_of(model):
        dtype = str(tensor.dtype).removeprefix("torch.")
        entry = Entry(tuple(tensor.shape), dtype, role=role)
        if id(tensor) in first_names:
            entries[name] = entry._replace(same_as=first_names[id(tensor)])
            continue
        first_names[id(tensor)] = name
        law = reader.law_of(tensor)
        is_empty = law is UNWRITTEN and tensor.device.type == "meta"
        scheme = _scheme_of(laws.constant(0.0) if is_empty else law)
        if scheme is not None:
            entries[name] = entry._replace(scheme=scheme)
            known[log.key_of(tensor)] = Known(log.place(tensor), partial(_filled, scheme, name))
        elif tensor.device.type == "meta":
            values = partial(replay.values_of, log, known, log.place(tensor), where, name)
            entries[name] = entry._replace(values=values, note=_why(law))
        elif (scheme := _given_scheme(tensor)) is not None:
            entries[name] = entry._replace(scheme=scheme)
        else:
            values = partial(_given, where, tensor.detach().clone())
            entries[name] = entry._replace(values=values, note="given values")
    return entries, known


def _scheme_of(law: Law) -> Configured | None:
    try:
        return law.scheme() if law.is_told else None
    except (TypeError, ValueError):  # numbers that no scheme takes
        return None


def _given_scheme(tensor: torch.Tensor) -> Configured | None:
    """The constant that a floating-point tensor with memory is, if it is one."""
    numbers = tensor.detach().flatten()
    if not numbers.dtype.is_floating_point or not numbers.numel():
        return None
    numbers = numbers.double()
    return laws.constant(numbers[0].item()).scheme() if bool((numbers == numbers[0]).all()) else None


def _why(law: Law) -> str:
    return law.kind if law.is_told else law.numbers["why"]


def _filled(scheme: Configured, name: str, tensor: torch.Tensor, rng: object) -> None:
    scheme(out=tensor, rng=rng, name=name)


def _given(where: str, tensor: torch.Tensor, rng: object) -> np.ndarray:
    return replay.as_array(where, tensor)


def tensors_of(model: nn.Module) -> Iterator[tuple[str, torch.Tensor, str]]:
    """A module's parameters and buffers by canonical names, tied ones under each, in the order of its state dict."""
    seen: set[str] = set()
    for path, module in model.named_modules(remove_duplicate=False):
        prefix = f"{path}." if path else ""
        for own, tensor in [*module._parameters.items(), *module._buffers.items()]:
            if tensor is None:
                continue
            if nn.parameter.is_lazy(tensor):
                reject_type("names", quoted(prefix + own), "a tensor with a shape", Shown("one of a lazy module"))
            name = canonical(prefix + own)
            if name in seen:
                reject_type("names", quoted(name), "a name for one tensor", Shown("two, without their wrappers"))
            seen.add(name)
            is_transient = own in module._non_persistent_buffers_set
            role = "parameter" if own in module._parameters else "transient buffer" if is_transient else "buffer"
            yield name, tensor, role
