"""PyTorch code as it is, with its random draws made by this package: for models that cannot be built on meta."""

from __future__ import annotations

import functools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import numpy as np
import torch
from torch.nn import init
from torch.utils._python_dispatch import TorchDispatchMode

from fastinit.common.calls import one_form
from fastinit.filling import seed, tensors
from fastinit.torch import patches
from fastinit.torch.draws import DRAWS, Composed, Draw, draws_nothing, held_by, unsuited, unusual

#: Why PyTorch answers where somebody's mode looks on: a trace, say, that holds no operator would hold no draw.
OTHER_MODE = "another dispatch mode"


class Report:
    """What became of the draws inside an `accelerate`; `print` shows it as a table.

    Attributes
    ----------
    filled : collections.Counter
        Calls by operator or function that this package answered.
    elements : collections.Counter
        Elements that those calls filled.
    fell_back : collections.Counter
        Calls that PyTorch answered, by (operator, reason).
    not_patched : list of str
        What this version of PyTorch lacks, so that it is not accelerated.
    """

    def __init__(self):
        self.filled: Counter[str] = Counter()
        self.elements: Counter[str] = Counter()
        self.fell_back: Counter[tuple[str, str]] = Counter()
        self.not_patched: list[str] = []

    def __str__(self) -> str:
        rows = [("filled", "calls", "elements")]
        rows += [(name, f"{n:,}", f"{self.elements[name]:,}") for name, n in self.filled.most_common()]
        width = max(16, *(len(row[0]) for row in rows), *(len(name) for name, _ in self.fell_back), 0)
        lines = [f"{name:<{width}} {calls:>10} {elements:>18}" for name, calls, elements in rows]
        if self.fell_back:
            lines.append(f"{'left to PyTorch':<{width}} {'calls':>10}  because")
            lines += [f"{name:<{width}} {n:>10,}  {why}" for (name, why), n in self.fell_back.most_common()]
        return "\n".join([*lines, *(f"not patched: {name}" for name in self.not_patched)])


class _Session:
    """One `accelerate`: its source of random numbers, its thread, its report."""

    def __init__(self, rng: object):
        self.rng = torch.default_generator if rng is None else rng
        self.report = Report()
        self.n_named = 0
        self.thread: int | None = threading.get_ident()
        self.n_modes = getattr(torch._C, "_len_torch_dispatch_stack", None)

    def draw(self, shown: str, draw: Draw, args: tuple, kwargs: dict) -> torch.Tensor | None:
        """The answer of an operator; None if it is PyTorch's to give. Called with the mode taken off."""
        if self.n_modes is not None and self.n_modes() > 0:  # one further out, which is to see PyTorch's operator
            self.report.fell_back[shown, OTHER_MODE] += 1
            return None
        try:
            tensor = draw.tensor(args, kwargs)
            if not isinstance(tensor, str):
                generator = kwargs.get("generator")
                return tensor if self.fill(shown, draw.scheme, tensor, draw.law(args), generator, _memory) else None
        except Exception as error:
            tensor = type(error).__name__
        self.report.fell_back[shown, tensor] += 1
        return None

    def fill(self, shown: str, scheme: Callable, tensor, law: dict, generator, as_out: Callable) -> bool:
        """Whether this package has filled it; else PyTorch is to do so, or to raise its own error."""
        reason = unsuited(tensor, tensor.dtype) or unusual(law)
        if reason is None:
            source = self.rng if generator is None else generator
            is_named = not isinstance(source, torch.Generator)
            try:
                scheme(out=as_out(tensor), rng=source, name=str(self.n_named) if is_named else "", **law)
            except (ValueError, TypeError) as error:
                reason = str(error).partition(", got ")[0].partition(": ")[2] or type(error).__name__
            except Exception as error:
                reason = type(error).__name__
        if reason is not None:
            self.report.fell_back[shown, reason] += 1
            return False
        self.n_named += is_named and not draws_nothing(scheme)
        self.report.filled[shown] += 1
        self.report.elements[shown] += tensor.numel()
        return True

    def replacement(self, name: str, parse: Callable[..., Composed], original: Callable) -> Callable:
        """What stands in for a function of ``torch.nn.init``."""
        shown = name.removeprefix("_no_grad_")

        @functools.wraps(original)
        def replacing(*args, **kwargs):
            if self.thread != threading.get_ident():
                return original(*args, **kwargs)
            if self._compose(shown, parse, args, kwargs):
                return args[0] if args else kwargs["tensor"]
            return original(*args, **kwargs)

        return replacing

    def _compose(self, shown: str, parse: Callable[..., Composed], args: tuple, kwargs: dict) -> bool:
        try:
            scheme, tensor, law, generator = parse(*args, **kwargs)
            if self.n_modes is not None and self.n_modes() > 1:
                self.report.fell_back[shown, OTHER_MODE] += 1
                return False
            with torch.no_grad():
                return self.fill(shown, scheme, tensor, law, generator, lambda tensor: tensor)
        except Exception as error:  # a call that does not fit, or no tensor
            self.report.fell_back[shown, type(error).__name__] += 1
            return False


def _memory(tensor: torch.Tensor) -> np.ndarray:
    """A tensor's memory where autograd has done its part: it has counted the write, and would else count two."""
    return tensors.as_array("accelerate", tensor.detach() if tensor.requires_grad else tensor)


def _mode_of(session: _Session) -> AbstractContextManager:
    """The dispatch mode of a session; what PyTorch lacks of what it needs is noted in the report."""
    lacking = session.report.not_patched
    if session.n_modes is None:
        lacking.append("torch._C._len_torch_dispatch_stack: other dispatch modes do not see the draws")
    if not hasattr(TorchDispatchMode, "_should_skip_dynamo"):
        lacking.append("TorchDispatchMode._should_skip_dynamo: torch._dynamo may be imported")
    draws = {}
    for path, draw in DRAWS.items():
        name, overload = path.split(".")
        operator = getattr(getattr(torch.ops.aten, name, None), overload, None)
        if operator is None:
            lacking.append(f"torch.ops.aten.{path}")
        else:
            draws[operator] = (name, draw)
    return _Mode(session, draws)


class _Mode(TorchDispatchMode):
    """Sees every operator of its thread below autograd; PyTorch takes it off while it answers one."""

    supports_higher_order_operators = True  # else PyTorch refuses them; here they are passed on

    def __init__(self, session: _Session, draws: dict):
        super().__init__()
        self._session, self._draws = session, draws

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # else PyTorch imports torch._dynamo, which takes a second, to keep it from compiling this

    @classmethod
    def ignore_compile_internals(cls) -> bool:
        return True  # else torch.compile compiles nothing while this is there, and raises if all must be

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        known = self._draws.get(func)
        if known is not None and (answer := self._session.draw(*known, args, kwargs)) is not None:
            return answer
        return func(*args, **kwargs)


@contextmanager
def _accelerated(rng: object) -> Iterator[Report]:
    session = _Session(rng)
    factories = {name: functools.partial(session.replacement, name, parse) for name, parse in held_by(init).items()}
    try:
        with patches.replaced("accelerate", factories) as missing:
            if patches.TRUNC_NORMAL not in factories:
                missing = [*missing, f"{patches.TRUNC_NORMAL}: trunc_normal_ only where a module holds it"]
            session.report.not_patched += [f"torch.nn.init.{name}" for name in missing]
            with _mode_of(session):
                yield session.report
    finally:
        session.thread = None  # for whoever has kept a replacement


@one_form
def accelerate(rng=None) -> AbstractContextManager[Report]:
    """Make PyTorch's random draws on CPU tensors by this package, for the length of a ``with`` statement.

    Code inside needs no change. Laws are PyTorch's, values are not. What is drawn: ``normal_`` and ``uniform_`` of
    tensors, and what is made of them as most of ``torch.nn.init``; ``randn``, ``rand``, their ``_like`` forms and
    ``torch.normal`` with numbers; ``trunc_normal_``, ``orthogonal_``, ``sparse_``, ``dirac_`` and ``eye_``. All else is
    PyTorch's: other distributions, devices and dtypes, subclasses of tensors, tensors without elements, laws without
    width, and what this package refuses. So are errors.

    Parameters
    ----------
    rng : None, torch.Generator, int or other seed, default None
        None is PyTorch's default generator, so that ``torch.manual_seed`` counts. Of a generator every draw takes 8
        words as its seed, whatever its size. Of any other seed the n-th draw, from 0, has the stream with the name
        ``str(n)``: it has the values of ``fastinit.normal(..., rng=rng, name=str(n))``; calls that PyTorch answers are
        not counted. A ``generator=`` of the call itself comes first.

    Returns
    -------
    context manager
        It gives a `Report`, to be read inside and afterwards.

    Raises
    ------
    ValueError
        If `rng` is bad; by ``with``, if another `accelerate` or `record` is under way in any thread, since
        functions are replaced for the whole process. They are restored at the end, also after exceptions.
    TypeError
        If `rng` is no seed.

    See Also
    --------
    materialize : Every tensor filled once, and no memory before that.

    Notes
    -----
    Other threads draw as before. Where PyTorch includes bounds, values here lie strictly between them; where
    ``trunc_normal_`` warns of a mean far outside its bounds, the law here is right up to 8 standard deviations, without
    a warning. ``orthogonal_`` also fills float16 and bfloat16. Copies that a module makes of its layers are equal, as
    they are without.

    Examples
    --------
    >>> import torch, fastinit as fi
    >>> from fastinit.torch import accelerate
    >>> with accelerate(rng=0) as report:
    ...     weight = torch.empty(30, 40).normal_(0, 0.02)
    >>> bool((weight.numpy() == fi.normal((30, 40), std=0.02, rng=0, name="0")).all())
    True
    >>> report.elements["normal_"]
    1200
    """
    seed.check_rng("accelerate", rng)
    return _accelerated(rng)
