"""How a function of ``fastinit.torch.init`` draws into a tensor, and what it leaves to PyTorch's own."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor
from torch.overrides import handle_torch_function

from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.filling import tensors
from fastinit.filling.placing import is_many
from fastinit.filling.run import fill_whole
from fastinit.laws import dtypes
from fastinit.laws.spec import Spec
from fastinit.schemes.basic import normal, truncated_normal, uniform
from fastinit.schemes.orthogonal import orthogonal
from fastinit.schemes.sparse import sparse
from fastinit.torch.laws import is_far

#: PyTorch's own functions, as they are before anybody puts this package's into their place.
THEIRS = SimpleNamespace(**vars(torch.nn.init))

#: The name of the stream that the values come from.
STREAM = "nn.init"

#: Those that tell a subclass of the call itself; of the others it sees the operations inside.
TELLING = ("uniform_", "normal_", "kaiming_uniform_")

#: What refusals of this package, and of PyTorch where it has no memory to show, are made of. Nothing is written then.
REFUSALS = (ValueError, TypeError, RuntimeError)

#: Sets of parameters that each of a module's schemes remembers.
N_SPECS = 256

#: How many dispatch modes are active. It has no public name.
_n_dispatch_modes: Callable[[], int] = getattr(torch._C, "_len_torch_dispatch_stack", lambda: 0)

#: What torch.autograd.graph.increment_version calls, which takes twice as long.
_increment_versions: Callable[[tuple], None] = getattr(
    torch._C, "_increment_version", torch.autograd.graph.increment_version
)

_default_generator = torch.default_generator
_is_compiling = torch.compiler.is_compiling
_disabled = torch.nn.Parameter.__torch_function__


class Drawing(NamedTuple):
    """A scheme, the parameters that a function gives it by position, and what was made of some."""

    scheme: Callable
    names: tuple[str, ...]
    rest: dict[str, str]  #: parameters that are always the same
    specs: dict[tuple, Spec]  #: by values: found in half of the time that the scheme's own look-up takes

    def spec(self, values: tuple) -> Spec:
        """The scheme, configured; kept by numbers alone: of other arguments the value may change."""
        for name, value in zip(self.names, values, strict=True):
            if is_many(value):
                reject_type(self.scheme.__name__, name, "one number, as PyTorch does", value)
        spec = self.scheme.configured(dict(zip(self.names, values, strict=True)) | self.rest)
        if all(type(value) in (int, float) for value in values):
            if len(self.specs) >= N_SPECS:
                self.specs.clear()
            self.specs[values] = spec
        return spec


UNIFORM = Drawing(uniform, ("low", "high"), {}, {})
NORMAL = Drawing(normal, ("mean", "std"), {}, {})
TRUNCATED_NORMAL = Drawing(truncated_normal, ("mean", "std", "lower", "upper"), {}, {})
ORTHOGONAL = Drawing(orthogonal, ("gain",), {"fans": "oi"}, {})
SPARSE = Drawing(sparse, ("sparsity", "std"), {}, {})


def drawn(tensor: Tensor, drawing: Drawing, values: tuple, generator: Generator | None) -> bool:
    """Draw a scheme into a tensor; False, with nothing written or drawn, if that is PyTorch's to do or to refuse.

    Its: what is no CPU memory that can be filled in place here, calls that a dispatch mode or a compiler wants to see,
    and arguments that the scheme refuses.
    """
    if _is_compiling() or _n_dispatch_modes() or not (isinstance(tensor, Tensor) and tensor.is_cpu):
        return False
    if generator is None:
        generator = _default_generator
    elif not isinstance(generator, Generator):
        return False
    try:
        array = tensors.as_array("init", tensor.data if tensor.requires_grad else tensor)
    except REFUSALS:
        _check_can_be_handed_over(drawing.scheme.__name__, tensor)
        return False
    try:
        fill_whole(drawing.specs.get(values) or drawing.spec(values), array, generator, STREAM)
    except REFUSALS:
        return False
    except BaseException:  # such as an interrupt: some of it is written
        _increment_versions((tensor,))
        raise
    _increment_versions((tensor,))
    return True


def _check_can_be_handed_over(where: str, tensor: Tensor) -> None:
    """Refuse what PyTorch would not: memory that has been freed, which ends the process; drawing slowly unasked."""
    if type(tensor).__torch_dispatch__ is not Tensor.__torch_dispatch__ or tensor.layout is not torch.strided:
        return
    name = str(tensor.dtype).removeprefix("torch.")
    if name in dtypes.FROM_ML_DTYPES:
        dtypes.from_ml_dtypes(where, "tensor", name)
    try:
        is_freed = tensor.numel() > 0 and tensor.data_ptr() == 0
    except RuntimeError:  # a wrapper of functorch's shows no memory
        return
    if is_freed:
        reject_value(where, "tensor", "a tensor with memory", Shown("one without"))


def told(function: Callable, tensor: Tensor, **arguments: Any) -> Tensor:
    """Call a function by way of what intercepts it: modes, and subclasses with a ``__torch_function__``.

    Modes, and subclasses that inherit Tensor's, get the function itself, and call it in their turn. Others know
    PyTorch's functions alone.
    """
    own = getattr(type(tensor), "__torch_function__", _disabled)
    if own is _disabled or getattr(own, "__func__", None) is Tensor.__torch_function__.__func__:
        return handle_torch_function(function, (tensor,), tensor=tensor, **arguments)
    theirs = getattr(THEIRS, function.__name__)
    if function.__name__ in TELLING:
        return handle_torch_function(theirs, (tensor,), tensor=tensor, **arguments)
    return theirs(tensor, **arguments)


def _no_grad_uniform_(tensor: Tensor, a: float, b: float, generator: Generator | None = None) -> Tensor:
    if drawn(tensor, UNIFORM, (a, b), generator):
        return tensor
    return THEIRS._no_grad_uniform_(tensor, a, b, generator)


def _no_grad_normal_(tensor: Tensor, mean: float, std: float, generator: Generator | None = None) -> Tensor:
    if drawn(tensor, NORMAL, (mean, std), generator):
        return tensor
    return THEIRS._no_grad_normal_(tensor, mean, std, generator)


def _no_grad_trunc_normal_(
    tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Generator | None = None
) -> Tensor:
    if is_far(mean, std, a, b) and drawn(tensor, NORMAL, (mean, std), generator):
        return tensor
    if std == 0 or not drawn(tensor, TRUNCATED_NORMAL, (mean, std, a, b), generator):  # by 0, PyTorch divides
        return THEIRS._no_grad_trunc_normal_(tensor, mean, std, a, b, generator)
    if mean < a - 2 * std or mean > b + 2 * std:
        text = (
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of values may be incorrect."
        )
        warnings.warn(text, stacklevel=3)
    return tensor
