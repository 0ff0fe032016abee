"""Many arrays in one call: rules choose each one's scheme by name, and one parallel loop fills them all."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fastinit import _kernels
from fastinit.common.errors import Shown, located, reject_type, reject_value
from fastinit.filling import output, run, seed
from fastinit.filling.threads import choose as choose_threads
from fastinit.laws import dtypes
from fastinit.laws.kernel_laws import Law
from fastinit.laws.spec import Placement, Spec
from fastinit.plans.rules import choices_of, mapping, specs_of

#: In place of a law's position, where a scheme places every element.
NO_LAW = -1

#: How hard to look for a byte that two interleaved arrays share; NumPy's own unit. Slices need far less.
MAX_OVERLAP_WORK = 1 << 16


def initialize(arrays, rules, rng=None, threads=None, progress=None):
    """Fill many arrays, each by the first rule that matches its name and from the stream that its name names.

    Equal to ``scheme(out=array, rng=rng, name=name)`` for each in turn, if `rng` is an int, a sequence or a
    SeedSequence, at little more than the cost of one fill of as many elements.

    Parameters
    ----------
    arrays : mapping of str to array
        Names and what to fill in place, each as `out` of a single scheme: of any shape, empty ones included. No two may
        share memory; leave out all but one name of tied weights. The mapping must hold the arrays themselves: one
        that makes a new one at each look, as an ``.npz`` file does, is refused.
    rules : mapping of str to scheme
        Patterns, the first match of which chooses the scheme: a scheme's name, its function, or what `fastinit.get`
        returned. ``*`` matches any characters, ``?`` one, ``[ab]`` one of those, ``[!ab]`` one of the others; case
        counts. Every name needs a rule, and every rule must be the first match of some name.
    rng : None, int, sequence of int, SeedSequence, BitGenerator or Generator
        As for a single scheme, except that None draws fresh entropy once, and a BitGenerator or Generator is advanced
        once: all arrays get the values that it would give each as the first. With constants alone nothing is drawn.
    threads : int >= 1, optional
        Threads for this call, as for a single scheme. Values do not depend on it.
    progress : callable, optional
        Called now and then from the calling thread as ``progress(n_bytes)`` with the number of bytes just written; in
        all as many as the arrays have. What it raises ends the call.

    Returns
    -------
    mapping
        `arrays` itself.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as stated; no array has then been written to.

    Examples
    --------
    >>> import numpy as np, fastinit as fi
    >>> weights = {"wte": np.empty((50, 8), np.float32), "ln.bias": np.empty(8, np.float32)}
    >>> rules = {"*.bias": "zeros", "*": fi.get("normal", std=0.02)}
    >>> fi.initialize(weights, rules, rng=0) is weights
    True
    >>> bool((weights["wte"] == fi.normal((50, 8), std=0.02, rng=0, name="wte")).all())
    True
    """
    entries, specs = _entries(arrays), specs_of(rules)
    if progress is not None and not callable(progress):
        reject_type("initialize", "progress", "a callable or None", progress)
    choices = choices_of(entries, list(specs))
    batch = _kernels.Batch(len(entries))
    draws, placed, apart = _collect(batch, entries, choices, list(specs.values()))
    _reject_overlaps(entries, *_bounds(entries, batch, apart))
    n_threads = choose_threads("initialize", threads, batch.n_elements)
    # Last of all checks, because it advances a generator: a call that raises must not.
    words = seed.seed_of("initialize", rng, draws)
    batch.run(words, n_threads, batch.n_bytes >= run.STREAM_BYTES, progress)
    for spec, name, view in placed:
        n_threads = choose_threads("initialize", threads and n_threads, view.size)
        target, fmt = run.target_of(view, view.shape, None), dtypes.format_of(view.dtype)
        run.complete(spec, Placement(target, view.shape, fmt, words, name, name, n_threads))
    return arrays


def _entries(arrays: object) -> dict:
    entries = mapping("arrays", arrays)
    if type(arrays) is not dict and any(arrays[name] is not array for name, array in entries.items()):
        got = Shown(f"{type(arrays).__name__}, which makes a new one at each look")
        reject_type("initialize", "arrays", "a mapping that holds its arrays", got)
    return entries


class _Placed(NamedTuple):
    """What a scheme that is more than a law has still to do."""

    spec: Spec
    name: str
    view: np.ndarray


class _Collected(NamedTuple):
    draws: bool  #: whether anything draws random numbers
    placed: list[_Placed]
    apart: list[_Placed]  #: of these, those that have no law and are not in the batch


def _collect(batch: _kernels.Batch, entries: dict, choices: list[int] | None, specs: list[Spec]) -> _Collected:
    """Check every array and take it into the batch."""
    draws = False
    placed, apart = [], []

    def position_of(law: Law) -> int:
        nonlocal draws
        draws |= law.tag != b""
        return batch.add_law(law)

    #: Of each rule, positions of its laws by shape, for the arrays that the kernels take in by themselves: float32.
    plain: list[dict] = [{} for _ in specs]
    others: list[dict] = [{} for _ in specs]

    def add_other(name: str, array: object, rule: int) -> None:
        nonlocal draws
        spec = specs[rule]
        with located(f"initialize: arrays[{name!r}]"):
            seed.check_name(spec.scheme, name)
            view = output.as_array(spec.scheme, array)
            fmt = dtypes.format_of(view.dtype)
            is_plain = fmt is dtypes.FLOAT32_FORMAT and spec.is_law
            known, key = (plain[rule], view.shape) if is_plain else (others[rule], (view.shape, fmt.code))
            position = known.get(key)
            if position is None:
                law = spec.law(view.shape, fmt)
                known[key] = position = NO_LAW if law is None else position_of(law)
        # The text itself, whatever a subclass makes of str().
        name = str.__str__(name)
        if position != NO_LAW:
            batch.add(view, name, position, run.runs_of(view)[1])
        if not spec.is_law:
            draws |= spec.draws(view.shape, fmt)
            placed.append(_Placed(spec, name, view))
            if position == NO_LAW:
                apart.append(placed[-1])

    batch.add_all(entries, choices, plain, dtypes.FLOAT32, add_other)
    return _Collected(draws, placed, apart)


def _bounds(entries: dict, batch: _kernels.Batch, apart: list[_Placed]) -> tuple[np.ndarray, np.ndarray]:
    """Addresses of each array's first byte and of the one after its last, in the order of the entries."""
    first, end = batch.bounds()
    if apart:
        places = {one.name: np.lib.array_utils.byte_bounds(one.view) for one in apart}
        at = [i - before for before, i in enumerate(i for i, name in enumerate(entries) if name in places)]
        firsts, ends = zip(*places.values(), strict=True)
        first, end = np.insert(first, at, firsts), np.insert(end, at, ends)
    return first, end


def _reject_overlaps(entries: dict, first: np.ndarray, end: np.ndarray) -> None:
    """Values would depend on the order of writing, and with threads on chance."""
    if (end[:-1] <= first[1:]).all():
        return
    order = np.argsort(first, kind="stable")  # the quickest for arrays that nearly lie in order
    if (end[order[:-1]] <= first[order[1:]]).all():
        return
    names, open_until = list(entries), []
    for i in order[first[order] < end[order]].tolist():
        open_until = [j for j in open_until if end[j] > first[i]]
        for j in open_until:
            if _share_memory(entries[names[j]], entries[names[i]]):
                got = Shown(f"{names[min(i, j)]!r} and {names[max(i, j)]!r}")
                reject_value("initialize", "arrays", "arrays that share no memory", got)
        open_until.append(i)


def _share_memory(a: object, b: object) -> bool:
    try:
        return np.shares_memory(output.as_array("", a), output.as_array("", b), MAX_OVERLAP_WORK)
    except np.exceptions.TooHardError:
        return True
