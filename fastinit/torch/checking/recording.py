"""A module's forward pass, watched: a record for each layer and for each activation, in the order in which they run."""

from __future__ import annotations

import contextlib
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.nn.utils.parametrize import is_parametrized
from torch.utils._python_dispatch import TorchDispatchMode

from fastinit.torch.checking import attention, functions
from fastinit.torch.checking.functions import Flatness
from fastinit.torch.checking.statistics import CHANNELS_FIRST, CHANNELS_LAST, Moments, float_tensors

#: Calls of one layer, or of one function in one module, that have a record of their own; later ones go to the last.
#: A block's activation is called two or three times, a cell of a recurrent loop at every step.
MAX_CALLS = 4

#: Modules that use their children's parameters without calling them.
WHOLE = (nn.MultiheadAttention,)

#: What layers with weights are, what rescales, and all else.
WEIGHTS, NORM, OTHER = "weights", "norm", "other"


@dataclass(eq=False)  # by identity: figures hold arrays
class Record:
    """One layer, or one activation called as a function, at one of its calls."""

    name: str
    kind: str
    role: str
    shape: tuple[int, ...] = ()  #: of the last output
    outputs: Moments = field(default_factory=Moments)
    gradients: Moments = field(default_factory=Moments)  #: with respect to the outputs
    input_second_moment: float = math.nan
    flatness: Flatness | None = None  #: of an activation
    parameters: tuple[str, ...] = ()

    @property
    def elasticity(self) -> float:
        """Squared change of what the gradient is of, when all outputs change by a small random part of their scale.

        It does not depend on the scale that a normalization takes away again, as activations and gradients do.
        """
        return self.outputs.second_moment * self.gradients.squares if self.gradients.n_values else math.nan


@dataclass
class SoftmaxRecord:
    name: str
    evenness: attention.Evenness


class Recording(TorchDispatchMode):
    """A context in which a module is called once."""

    supports_higher_order_operators = True

    def __init__(self, module: nn.Module):
        super().__init__()
        self.records: list[Record] = []
        self.softmaxes: list[SoftmaxRecord] = []
        self.called: set[str] = set()
        self._names = {id(part): name for name, part in module.named_modules()}
        self._parameters = {id(parameter): name for name, parameter in module.named_parameters()}
        self._leaves = leaves_of(module)
        self._stack: list[nn.Module] = []
        self._by_call: dict[tuple[str, str, int], Record] = {}
        self._n_calls: dict[tuple[str, str], int] = defaultdict(int)
        self._busy = False
        self._axis = CHANNELS_LAST
        self._watched: list[tuple[int, int, Record]] = []  #: addresses of in- and output of the last tanh or sigmoid
        self._of_call: list[Flatness] = []  #: of activations since the last leaf began

    def __enter__(self):
        self._handles = [
            register_module_forward_pre_hook(self._begin),
            register_module_forward_hook(self._end),
        ]
        return super().__enter__()

    def __exit__(self, *error):
        for handle in self._handles:
            handle.remove()
        return super().__exit__(*error)

    @contextlib.contextmanager
    def _aside(self) -> Iterator[None]:
        """Operations of our own are not recorded."""
        self._busy = True
        try:
            with torch.no_grad():
                yield
        finally:
            self._busy = False

    def _begin(self, module: nn.Module, inputs: tuple) -> None:
        if id(module) in self._names:
            self._stack.append(module)
            self.called.add(self._names[id(module)])
            self._of_call = []

    def _end(self, module: nn.Module, inputs: tuple, output: object) -> None:
        if id(module) not in self._names:
            return
        while self._stack and self._stack.pop() is not module:  # what a caught exception has left
            pass
        tensors = float_tensors(output)
        if id(module) not in self._leaves or not tensors:
            return
        with self._aside():
            self._leaf(module, float_tensors(inputs), tensors[0])

    def _leaf(self, module: nn.Module, inputs: list[torch.Tensor], output: torch.Tensor) -> None:
        role = role_of(module)
        if role != OTHER and not isinstance(module, nn.Embedding):
            self._axis = CHANNELS_FIRST if _has_channels_first(module) else CHANNELS_LAST
        record = self._record(self._names[id(module)], type(module).__name__, role)
        record.parameters = tuple(self._parameters[id(parameter)] for parameter in module.parameters())
        if role == OTHER and self._of_call:
            record.flatness = self._of_call[-1]
            self._forget_function(module)
        if inputs:
            moments = Moments()
            moments.add(inputs[0])
            record.input_second_moment = moments.second_moment
        self._add(record, output)

    def _forget_function(self, module: nn.Module) -> None:
        """The function of an activation module is the module's own record."""
        name = self._names[id(module)]
        self.records = [one for one in self.records if one.name != name or one.kind == type(module).__name__]

    def _record(self, name: str, kind: str, role: str, n_most: int = MAX_CALLS) -> Record:
        self._n_calls[name, kind] += 1
        call = min(self._n_calls[name, kind], n_most)
        if (name, kind, call) not in self._by_call:
            self._by_call[name, kind, call] = Record(name, kind, role)
            self.records.append(self._by_call[name, kind, call])
        return self._by_call[name, kind, call]

    def _add(self, record: Record, output: torch.Tensor) -> None:
        record.shape = tuple(output.shape)
        record.outputs.add(output)
        if output.requires_grad:
            output.register_hook(record.gradients.add)

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        schema = getattr(operation, "_schema", None)
        if self._busy or schema is None or not self._stack:
            return operation(*args, **kwargs)
        name = schema.name.removeprefix("aten::")
        self._formula(name, args)
        is_softmax = name in ("_softmax", "_safe_softmax") or name.startswith("_scaled_dot_product")
        if is_softmax and not name.endswith("backward"):
            self._softmax(name, functions.arguments_of(operation, args, kwargs))
            return operation(*args, **kwargs)
        arguments = functions.arguments_of(operation, args, kwargs) if name.rstrip("_") in ACTIVATIONS else {}
        known = functions.activation_of(name.rstrip("_"), arguments) if arguments else None
        if known is None or not args[0].is_floating_point() or args[0].ndim < 2:
            return operation(*args, **kwargs)
        return self._activation(known, operation, args, kwargs)

    def _activation(self, known: tuple[str, float | None], operation, args: tuple, kwargs: dict):
        owner = self._stack[-1]
        z = args[0]
        n_most = 1 if isinstance(owner, nn.RNNBase) else MAX_CALLS
        record = self._record(self._names[id(owner)], known[0], OTHER, n_most)
        found = functions.flatness(z.detach(), functions.ends(*known), self._axis)
        address = z.data_ptr()
        output = operation(*args, **kwargs)
        record.flatness = found if record.flatness is None else _together(record.flatness, found)
        record.shape = tuple(output.shape)
        record.outputs.add(output)
        self._of_call.append(record.flatness)
        if known[0] in ("tanh", "sigmoid"):
            self._watched = [*self._watched[-2:], (address, output.data_ptr(), record)]
        return output

    def _formula(self, name: str, args: tuple) -> None:
        """tanh in 1 + tanh(z), and sigmoid in z sigmoid(z), are parts of gelu and silu, which are meant to be flat."""
        if name not in ("add", "add_", "mul", "mul_") or len(args) < 2 or not self._watched:
            return
        addresses = [arg.data_ptr() if isinstance(arg, torch.Tensor) else None for arg in args[:2]]
        for before, after, record in self._watched:
            is_gelu = name.startswith("add") and 1 in [arg for arg in args[:2] if isinstance(arg, (int, float))]
            is_silu = name.startswith("mul") and before in addresses and before != after  # alike if done in place
            if after in addresses and (is_gelu or is_silu):
                record.flatness = None
                if self._of_call:
                    self._of_call.pop()

    def _softmax(self, name: str, arguments: dict) -> None:
        if name.startswith("_scaled"):
            mask = arguments.get("attn_mask", arguments.get("attn_bias"))
            given = arguments["query"], arguments["key"], mask, arguments["is_causal"], arguments["scale"]
            found = attention.of_queries(*given)
        else:
            scores = arguments["self"]
            found = attention.of_scores(scores.movedim(arguments["dim"], -1)) if scores.ndim else None
        if found is not None:
            self.softmaxes.append(SoftmaxRecord(self._names[id(self._stack[-1])], found))


#: Operations that may be activations.
ACTIVATIONS = (
    functions.PLAIN
    | {"leaky_relu", "elu", "celu", "softplus", "hardtanh", "threshold", "clamp_min", "clamp"}
    | {
        "hardsigmoid",
        "prelu",
        "_prelu_kernel",
    }
)


def leaves_of(module: nn.Module) -> dict[int, nn.Module]:
    """The modules that have no children, or hide them, as parametrizations are, by id."""
    if isinstance(module, WHOLE) or is_parametrized(module) or next(module.children(), None) is None:
        return {id(module): module}
    return {key: leaf for child in module.children() for key, leaf in leaves_of(child).items()}


#: Names of classes that normalize: as LayerNorm, LlamaRMSNorm, BatchNorm2d, LayerNormFp32.
A_NORM = re.compile(r"(Layer|Batch|Group|Instance|RMS|Rms)Norm|Norm(\dd)?$")


def role_of(module: nn.Module) -> str:
    if A_NORM.search(type(module).__name__):
        return NORM
    return WEIGHTS if any(parameter.ndim > 1 for parameter in module.parameters()) else OTHER


def _has_channels_first(module: nn.Module) -> bool:
    name = type(module).__name__
    return name.startswith(("Conv", "LazyConv", "BatchNorm", "GroupNorm", "InstanceNorm")) and name != "Conv1D"


def _together(a: Flatness, b: Flatness) -> Flatness:
    """Of several calls of the same activation, as at the steps of a recurrent layer: of both, a unit's best."""
    n_seen = a.n_seen + b.n_seen
    saturated = (a.saturated * a.n_seen + b.saturated * b.n_seen) / n_seen
    return Flatness(saturated, min(a.dead, b.dead), a.n_units, n_seen, a.n_sides)
