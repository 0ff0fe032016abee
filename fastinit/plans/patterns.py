"""Patterns on names: which of many is the first that matches, and what comes near to one that none does."""

from __future__ import annotations

import bisect
import fnmatch
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator

from fastinit import _kernels

#: Up to so many patterns with wildcards are tried one after the other: looking words up costs as much as trying ten.
MAX_TRIED = 10

#: Of the names that begin, and of those that end, most like a text, so many are compared with it in full.
N_NEIGHBOURS = 128

#: Characters that are compared; the time is as their square.
MAX_COMPARED = 200

#: Characters of a name that a message shows.
SHOWN = 48


class Patterns:
    """Patterns in order. A pattern matches what `fnmatch` says, and the name that is its own text.

    Names that are patterns' texts are looked up. So are words, the pieces of a name between dots, slashes and
    underscores: a pattern is tried on names with the rarest of the words that it asks for. Only patterns without a
    whole word, as ``*bias*``, are tried on every name.
    """

    def __init__(self, patterns: list[str]):
        self.texts = patterns
        n_patterns = len(patterns)
        self._exact = dict(zip(reversed(patterns), range(n_patterns - 1, -1, -1), strict=True))  # the first of equals
        globs = [i for i, pattern in enumerate(patterns) if "*" in pattern or "?" in pattern or "[" in pattern]
        self._tests = {i: _test(patterns[i]) for i in globs}
        self._always, self._by_word = list(self._tests), {}
        if len(self._tests) > MAX_TRIED:
            self._look_words_up()

    def _look_words_up(self) -> None:
        words = {i: set(_words(self.texts[i])) for i in self._tests}
        n_patterns = Counter(word for asked in words.values() for word in asked)
        self._always = [i for i, asked in words.items() if not asked]
        for i, asked in words.items():
            if asked:
                rarest = min(asked, key=lambda word: (n_patterns[word], word))
                self._by_word.setdefault(rarest, []).append(i)

    def first(self, names: list[str], after: int = -1) -> list[int]:
        """For each name the position of the first pattern after one that matches it; as many as there are, if none."""
        n_patterns = len(self.texts)
        return _kernels.first_matches(names, self._exact, self._tests, self._always, self._by_word, after, n_patterns)


def _test(pattern: str) -> tuple[str, ...] | Callable[[str], object]:
    """What decides whether a name matches: the texts between stars, or a function to ask."""
    if "?" not in pattern and "[" not in pattern:
        return tuple(pattern.split("*"))
    match = None

    def asked(name: str) -> object:
        nonlocal match
        if match is None:  # compiling takes as long as a thousand names
            match = re.compile(fnmatch.translate(pattern)).match
        return match(name)

    return asked


def _words(pattern: str) -> Iterator[str]:
    """Whole words that every name that the pattern matches has."""
    head, bracket, rest = pattern.partition("[")
    if bracket:  # all from the first bracket to the last may be one set of characters
        pattern = f"{head}*{rest.rpartition(']')[2] if ']' in rest else ''}"
    for word in pattern.replace("/", ".").replace("_", ".").split("."):
        if word and "*" not in word and "?" not in word:
            yield word


def nearest(text: str, candidates: Collection[str]) -> list[str]:
    """At most three of many names or patterns that are like a text, the most alike first.

    After or before a star at an end of the text only the other end is compared.
    """
    import difflib  # only for messages

    near = set()
    for turn in slice(None), slice(None, None, -1):  # by how they begin, and by how they end
        turned = sorted(candidate[turn] for candidate in candidates)
        at = bisect.bisect(turned, text.strip("*")[turn])
        near.update(other[turn] for other in turned[max(0, at - N_NEIGHBOURS) : at + N_NEIGHBOURS])
    core = text.strip("*")[:MAX_COMPARED]
    end = slice(-len(core), None) if text[:1] == "*" else slice(len(core)) if text[-1:] == "*" else slice(MAX_COMPARED)
    by_end = {other[end]: other for other in sorted(near)}
    return [by_end[alike] for alike in difflib.get_close_matches(core, by_end, n=3, cutoff=0.5)]


def quoted(text: str) -> str:
    """A name for a message: its ends, if it is long."""
    shown = repr(text[: SHOWN + 1])
    if len(text) <= SHOWN and len(shown) <= 2 * SHOWN:
        return shown
    head, tail = repr(text[: SHOWN // 2])[1:-1], repr(text[-SHOWN // 3 :])[1:-1]
    return f"'{head[: SHOWN // 2]}...{tail[-SHOWN // 3 :]}'"
