"""Many arrays in one call: rules choose each one's scheme by name, and one parallel loop fills them all."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from fastinit import _kernels, dtypes, output, run, seed
from fastinit.errors import Shown, reject_type, reject_value
from fastinit.laws import Law
from fastinit.registry import REGISTER, Configured, get
from fastinit.spec import Spec
from fastinit.threads import choose as choose_threads

#: What makes a pattern more than a name.
WILDCARDS = frozenset("*?[")

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
    entries, specs = _entries(arrays), _specs(rules)
    if progress is not None and not callable(progress):
        reject_type("initialize", "progress", "a callable or None", progress)
    choices = _choices(entries, list(specs))
    batch = _kernels.Batch(len(entries))
    draws, placed = _collect(batch, entries, choices, list(specs.values()))
    _reject_overlaps(entries, *batch.bounds())
    n_threads = choose_threads("initialize", threads, batch.n_elements)
    # Last of all checks, because it advances a generator: a call that raises must not.
    words = seed.seed_of("initialize", rng, draws)
    batch.run(words, n_threads, batch.n_bytes >= run.STREAM_BYTES, progress)
    for spec, name, view in placed:
        n_threads = choose_threads("initialize", threads and n_threads, view.size)
        run.place(spec, view, view.shape, None, dtypes.format_of(view.dtype), words, name, n_threads)
    return arrays


def _mapping(parameter: str, value: object) -> dict:
    """A mapping from names as a dict of its own."""
    if not isinstance(value, Mapping):
        got = value if value is None else Shown(type(value).__name__)
        reject_type("initialize", parameter, "a mapping with names as keys", got)
    entries = dict(value)
    for key in () if {str}.issuperset(map(type, entries)) else entries:
        if not isinstance(key, str):
            reject_type("initialize", parameter, "strings as keys", key)
    return entries


def _entries(arrays: object) -> dict:
    entries = _mapping("arrays", arrays)
    if type(arrays) is not dict and any(arrays[name] is not array for name, array in entries.items()):
        got = Shown(f"{type(arrays).__name__}, which makes a new one at each look")
        reject_type("initialize", "arrays", "a mapping that holds its arrays", got)
    return entries


def _specs(rules: object) -> dict[str, Spec]:
    return {str.__str__(pattern): _spec(pattern, scheme) for pattern, scheme in _mapping("rules", rules).items()}


def _spec(pattern: str, scheme: object) -> Spec:
    with _located(f"rules[{pattern!r}]"):
        if isinstance(scheme, Configured):
            return scheme.spec
        if isinstance(scheme, str):
            return get(scheme).spec
        if any(scheme is public for public in REGISTER.values()):
            return scheme.configured({})
    reject_type("initialize", "rules", f"a scheme, its name or fastinit.get(...) for {pattern!r}", scheme)


@contextmanager
def _located(place: str) -> Iterator[None]:
    """Put the place before a message of a single call, whose scheme and parameter go into brackets."""
    try:
        yield
    except (ValueError, TypeError) as error:
        source, expected, rest = str(error).partition(": expected ")
        if not expected:
            raise
        raise type(error)(f"initialize: {place} ({source}){expected}{rest}") from None


def _choices(entries: dict, patterns: list[str]) -> list[int] | None:
    """The position of each name's rule; None if that is 0 for all."""
    if patterns == ["*"] and entries:
        return None
    names = list(entries)
    choices = _kernels.first_matches(names, list(map(_test, patterns)))
    _reject_unmatched(names, patterns, choices)
    return choices


def _test(pattern: str) -> str | tuple[str, str] | Callable[[str], object]:
    """What decides whether a name matches: a whole name, what it begins and ends with, or a function to ask."""
    if not WILDCARDS.intersection(pattern):
        return pattern
    begin, star, end = pattern.partition("*")
    if star and not WILDCARDS.intersection(begin + end):
        return begin, end
    return re.compile(fnmatch.translate(pattern)).match


def _reject_unmatched(names: list[str], patterns: list[str], choices: list[int]) -> None:
    n_rules, chosen = len(patterns), set(choices)
    if n_rules in chosen:
        name = names[choices.index(n_rules)]
        others = choices.count(n_rules) - 1
        got = Shown(f"none for {name!r}" + (f" and {others} more" if others else ""))
        reject_value("initialize", "rules", "a pattern that matches, for every name", got)
    for i, pattern in enumerate(patterns):
        if i not in chosen:
            taken = any(fnmatch.fnmatchcase(name, pattern) for name in names)
            got = Shown(f"{pattern!r}, which matches " + ("only names that earlier rules take" if taken else "no name"))
            reject_value("initialize", "rules", "each to be the first match of some name", got)


class _Collected(NamedTuple):
    draws: bool  #: whether anything draws random numbers
    placed: list[tuple[Spec, str, np.ndarray]]  #: what schemes that are more than a law have still to do


def _collect(batch: _kernels.Batch, entries: dict, choices: list[int] | None, specs: list[Spec]) -> _Collected:
    """Check every array and take it into the batch."""
    draws = any(spec.draws for spec in specs)
    placed = []

    def position_of(law: Law) -> int:
        nonlocal draws
        draws |= law.tag != b""
        return batch.add_law(law)

    #: Of each rule, positions of its laws by shape, for the arrays that the kernels take in by themselves: float32.
    plain: list[dict] = [{} for _ in specs]
    others: list[dict] = [{} for _ in specs]

    def add_other(name: str, array: object, rule: int) -> None:
        spec = specs[rule]
        with _located(f"arrays[{name!r}]"):
            seed.check_name(spec.scheme, name)
            view = output.as_array(spec.scheme, array)
            fmt = dtypes.format_of(view.dtype)
            known = plain[rule] if fmt is dtypes.FLOAT32_FORMAT and spec.place is None else others[rule]
            law = known.get((view.shape, fmt.code) if known is others[rule] else view.shape)
            if law is None:
                law = position_of(spec.law(view.shape, fmt))
                known[(view.shape, fmt.code) if known is others[rule] else view.shape] = law
        # The text itself, whatever a subclass makes of str().
        name = str.__str__(name)
        batch.add(view, name, law, run.box_of(view, view.shape, None))
        if spec.place is not None:
            placed.append((spec, name, view))

    batch.add_all(entries, choices, plain, dtypes.FLOAT32, add_other)
    return _Collected(draws, placed)


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
