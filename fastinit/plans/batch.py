"""Many arrays in one call: rules choose each one's scheme by name, and one parallel loop fills them all."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fastinit import _kernels
from fastinit.common import checks
from fastinit.common.calls import one_form
from fastinit.common.checks import Shape
from fastinit.common.errors import Shown, located, reject_type, reject_value
from fastinit.common.selection import Selection
from fastinit.filling import memory, output, run, seed, tensors
from fastinit.filling.threads import choose as choose_threads
from fastinit.laws import dtypes
from fastinit.laws.dtypes import Format
from fastinit.laws.spec import Placement, Spec
from fastinit.plans import nests, overlaps
from fastinit.plans.distinct_schemes import KEEP
from fastinit.plans.part import Part
from fastinit.plans.patterns import quoted
from fastinit.plans.rules import UNUSED, Rules, without_skipped

#: In place of a law's position, where a scheme places every element.
NO_LAW = -1


@one_form
def initialize(arrays, rules, rng=None, threads=None, progress=None, *, sep=".", unused="error", skip=()):
    """Fill many arrays, each by the first rule that matches its name and from the stream that its name names.

    Equal to ``scheme(out=array, rng=rng, name=name)`` for each in turn, if `rng` is an int, a sequence or a
    SeedSequence, at little more than the cost of one fill of as many elements.

    Parameters
    ----------
    arrays : mapping of str to array, or a nest of mappings, lists and tuples
        What to fill in place, by name, each as `out` of a single scheme: of any shape, empty ones included. In a nest a
        name is all keys, positions and fields of named tuples on the way, joined by `sep`. `part` holds a part of a
        tensor. No two arrays may share memory; leave out, or skip, all but one name of tied weights. A mapping must
        hold the arrays themselves: one that makes a new one at each look, as an ``.npz`` file does, is refused.
    rules : mapping of str to scheme
        From patterns to schemes. The first pattern that matches a name decides. It gives a scheme's name, its function,
        or what `get` returned; `keep`, to leave the array as it is; or any function of ``(name, shape)`` that returns
        one of these, or None to leave it to the next rule that matches. A pattern that is the name itself matches.
        Otherwise ``*`` matches any characters, ``?`` one, ``[ab]`` one of those, ``[!ab]`` one of the others; case
        counts. Every name needs a rule.
    rng : None, int, sequence of int, SeedSequence, BitGenerator or Generator
        As for a single scheme, but asked once for all arrays: None draws fresh entropy once, and a BitGenerator or
        Generator is advanced once. Each array gets the values that a call of its own would give it with the generator
        as it was before. With constants alone nothing is drawn.
    threads : int >= 1, optional
        Threads for this call, as for a single scheme. Values do not depend on it.
    progress : callable, optional
        Called now and then from the calling thread as ``progress(n_bytes)`` with the number of bytes just written; in
        all as many as the filled arrays have. What it raises ends the call.
    sep : str, optional
        What joins names in nests.
    unused : {"error", "ignore"}, optional
        Whether a rule that is used for no name, or a pattern of `skip` that matches none, is refused. With "ignore" one
        table serves the stages and the variants of a model.
    skip : str or sequence of str, optional
        Patterns of names that are left as they are and need no rule.

    Returns
    -------
    mapping or nest
        `arrays` itself.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as stated; no array has then been written to. What a rule's function raises comes
        through with a note.
    MemoryError
        If there is no room for what the call needs besides the arrays; none has then been written to.

    See Also
    --------
    part : A shard of a tensor, as one of the arrays.
    keep : A rule that leaves an array as it is.
    get : A configured scheme for a rule.
    fastinit.torch.initialize_ : The same for PyTorch modules.
    fastinit.jax.initialize : The same for trees of JAX arrays.

    Examples
    --------
    >>> import numpy as np, fastinit as fi
    >>> weights = {"wte": np.empty((50, 8), np.float32), "ln.bias": np.empty(8, np.float32)}
    >>> rules = {"*.bias": "zeros", "*": fi.get("normal", std=0.02)}
    >>> fi.initialize(weights, rules, rng=0) is weights
    True
    >>> bool((weights["wte"] == fi.normal((50, 8), std=0.02, rng=0, name="wte")).all())
    True

    A function that scales by depth, in a nest, whose norms stay as they are:

    >>> model = {"layers": [{"norm": np.ones(8, np.float32), "w": np.empty((8, 8), np.float32)} for _ in range(3)]}
    >>> def by_depth(name, shape):
    ...     return fi.get("normal", std=0.02 / (1 + int(name.split(".")[1])) ** 0.5)
    >>> _ = fi.initialize(model, {"*.norm": fi.keep, "layers.*": by_depth}, rng=0)
    >>> bool((model["layers"][1]["w"] == fi.normal((8, 8), std=0.02 / 2**0.5, rng=0, name="layers.1.w")).all())
    True
    """
    if not isinstance(sep, str):
        reject_type("initialize", "sep", "a string", sep)
    checks.one_of("initialize", "unused", unused, UNUSED)
    checks.callback("initialize", "progress", progress)
    entries, table = without_skipped(nests.flat(arrays, sep), skip, unused), Rules(rules)
    fill_chosen(entries, table.choose(entries, unused), table.specs, rng, threads, progress)
    return arrays


def fill_chosen(entries: dict, choices: list[int] | None, specs: list[Spec], rng, threads, progress) -> None:
    """Fill arrays and tuples of parts by name, each by the scheme that `Rules.choose` chose for it."""
    work = _Work(*_apart(entries, choices), specs)
    overlaps.reject(work.names, work.values, *work.bounds())
    n_threads = choose_threads("initialize", threads, work.batch.n_elements)
    work.make_room(threads, n_threads)
    # Last of all checks, because it advances a generator: a call that raises must not.
    work.do(seed.seed_of("initialize", rng, work.draws), n_threads, progress)


def _apart(entries: dict, choices: list[int] | None) -> tuple[list[str], list, list[int] | None]:
    """Names, arrays and the choices of what is to be filled: without the kept, and each part by itself."""
    if tuple not in _kernels.types_of(entries.values()) and (choices is None or KEEP not in choices):
        return list(entries), list(entries.values()), choices
    choices = [0] * len(entries) if choices is None else choices
    names, values, chosen = [], [], []
    for (name, value), choice in zip(entries.items(), choices, strict=True):
        for one in () if choice == KEEP else value if type(value) is tuple else (value,):
            names.append(name)
            values.append(one)
            chosen.append(choice)
    return names, values, chosen


class _Placed(NamedTuple):
    """What a scheme that is more than a law has still to do."""

    spec: Spec
    what: Placement
    n_elements: int
    unbatched_bytes: int  #: which it fills without the batch


class _Work:
    """All that is to be filled, checked: a batch for the laws, and what is placed after it."""

    def __init__(self, names: list[str], values: list[object], choices: list[int] | None, specs: list[Spec]):
        self.names, self.values = names, values
        self.batch = _kernels.Batch(len(names))
        self.draws = False
        self._choices, self._specs = choices, specs
        self._placed: list[_Placed] = []
        self._kept: list[object] = []  # references, while the caller's own code runs
        self._workspace: np.ndarray | None = None
        self._views: dict[int, np.ndarray] = {}  # of what the batch does not know as it is, by position in the lists
        self._unbatched: list[int] = []
        #: Of each scheme, positions of its laws by shape, for arrays that the kernels take in by themselves: float32.
        self._plain: list[dict] = [{} for _ in specs]
        self._others: list[dict] = [{} for _ in specs]
        self.batch.add_all(names, values, choices, self._plain, dtypes.FLOAT32, self._add)

    def _add(self, i: int) -> None:
        name, value = self.names[i], self.values[i]
        choice = 0 if self._choices is None else self._choices[i]
        spec = self._specs[choice]
        with located(f"initialize: arrays[{quoted(name)}]"):
            seed.check_name(spec.scheme, name)
            view, shape, chosen = _place(spec, value)
            self._kept.append(_kernels.keep_memory(view))
            fmt = dtypes.format_of(view.dtype)
            spec = spec.for_kind(fmt)
            position = self._law_at(spec, choice, shape, fmt)
        if chosen is not None or position == NO_LAW or view.dtype.kind == "c":
            self._views[i] = view
        if position == NO_LAW:
            self._unbatched.append(i)
        else:
            memory, box = run.runs_of(view, shape, chosen)
            self.batch.add(memory, name, position, box)
        if not spec.is_law:
            self.draws |= spec.draws(shape, fmt)
            target = run.target_of(view, shape, chosen)
            n_bytes = view.nbytes if position == NO_LAW else 0
            what = Placement(target, shape, fmt, seed.NO_SEED, name, name, 1)
            self._placed.append(_Placed(spec, what, view.size, n_bytes))

    def _law_at(self, spec: Spec, choice: int, shape: Shape, fmt: Format) -> int:
        is_plain = fmt is dtypes.FLOAT32_FORMAT and spec.is_law
        known, key = (self._plain[choice], shape) if is_plain else (self._others[choice], (shape, fmt.code))
        position = known.get(key)
        if position is None:
            law = spec.law(shape, fmt)
            known[key] = position = NO_LAW if law is None else self.batch.add_law(law)
            self.draws |= law is not None and law.tag != b""
        return position

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Addresses of each array's first byte and of the one after its last."""
        first, end = self.batch.bounds()
        if self._unbatched:
            at = np.array(self._unbatched) - np.arange(len(self._unbatched))
            first, end = np.insert(first, at, 0), np.insert(end, at, 0)
        for i, view in self._views.items():
            first[i], end[i] = np.lib.array_utils.byte_bounds(view)
        return first, end

    def make_room(self, threads: object, n_threads: int) -> None:
        """All that it takes besides the arrays."""
        for i, (_, what, n_elements, _) in enumerate(self._placed):
            own = choose_threads("initialize", threads and n_threads, n_elements)
            self._placed[i] = self._placed[i]._replace(what=what._replace(n_threads=own))

        def room() -> int:
            return max(self.batch.room(n_threads), *(run.room(spec, what) for spec, what, *_ in self._placed), 0)

        self._workspace = memory.workspace("initialize", room, "arrays")

    def do(self, words: bytes, n_threads: int, progress: object) -> None:
        if _kernels.types_of(self.values) - {np.ndarray}:
            for value in self.values:
                tensors.note_write(value.array if type(value) is Part else value)
        is_streamed = self.batch.n_bytes >= run.STREAM_BYTES
        self.batch.run(words, n_threads, is_streamed, progress, self._workspace)
        for spec, what, _, unbatched_bytes in self._placed:
            run.complete(spec, what._replace(seed=words, workspace=self._workspace))
            if progress is not None and unbatched_bytes:
                progress(unbatched_bytes)


def _place(spec: Spec, value: object) -> tuple[np.ndarray, Shape, Selection | None]:
    """The memory to fill, the full shape, and which part of it that is; None for the whole."""
    if type(value) is not Part:
        view = output.as_array(spec.scheme, value)
        return view, view.shape, None
    view = output.as_array(spec.scheme, value.array)
    shape = checks.as_shape(spec.scheme, value.shape, view.itemsize)
    if view.shape != value.chosen.shape:
        reject_value(spec.scheme, "out", f"shape {value.chosen.shape}, the indexed shape", Shown(view.shape))
    return view, shape, value.chosen
