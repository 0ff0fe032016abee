"""From ``rng`` to the seed of a stream's key; what a ``name`` may be. The key itself is made in src/key.c."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from types import ModuleType

import numpy as np

from fastinit import _kernels
from fastinit.common import checks
from fastinit.common.errors import reject_size, reject_type, reject_value
from fastinit.filling import tensors

EXPECTED = "None, a non-negative int, a sequence of them, a SeedSequence, BitGenerator or Generator, also PyTorch's"

#: Of seeds that are ints, and of sequences of them: more than anything says, and still hashed in a moment.
MAX_BITS, MAX_WORDS = 1 << 16, 1 << 16
LARGEST = (1 << MAX_BITS) - 1

#: What laws without randomness are given: they draw nothing.
NO_SEED = bytes(32)


class Drawn(bytes):
    """A seed that was drawn from a source: for several fills, in any process, that are to be as the source's next."""


def seed_of(where: str, rng: object, draws: bool = True) -> bytes:
    """Eight 32-bit words, little-endian: the low halves of a bit generator's next raw outputs; fresh entropy for None.

    Without randomness, if not `draws`, rng is only checked. The low halves, because MT19937 fills no more than those;
    at least 32 bits of every BitGenerator of NumPy's.
    """
    if not draws:
        check_rng(where, rng)
        return NO_SEED
    if type(rng) is int and 0 <= rng <= LARGEST:  # no subclass: nobody's own __eq__ enters the cache
        return _int_seed(rng)
    if rng is None:
        return os.urandom(32)
    if type(rng) is Drawn:
        return bytes(rng)
    words = tensors.seed_words(where, rng)
    if words is None:
        words = _kernels.raw_words(_generator(where, rng).bit_generator)
    if words is None:
        reject_value(where, "rng", "a BitGenerator that generates", rng)
    return words


def check_rng(where: str, rng: object) -> None:
    """Raise what seed_of would, without advancing anything."""
    if type(rng) is Drawn:
        return
    if rng is not None and not (type(rng) is int and 0 <= rng <= LARGEST):
        tensors.check_generator(where, rng) or _generator(where, rng)


def check_name(where: str, name: object) -> None:
    if type(name) is str and name.isascii():
        return
    if not isinstance(name, str):
        reject_type(where, "name", "a string", name)
    try:
        str.encode(name)
    except UnicodeEncodeError:
        reject_value(where, "name", "a string that UTF-8 can encode", name)


def _generator(where: str, rng: object):
    if isinstance(rng, bool):
        reject_type(where, "rng", EXPECTED, rng)
    numpy_random = _numpy_random()
    if type(rng) is numpy_random.Generator:
        return rng
    plain = _plain(where, rng)
    try:
        if isinstance(plain, (int, list, numpy_random.SeedSequence)):
            plain = numpy_random.PCG64(plain)  # by name: what default_rng makes of a seed is NumPy's to change
        return numpy_random.default_rng(plain)
    except ValueError:
        reject_value(where, "rng", EXPECTED, rng)
    except MemoryError:
        reject_size(where, "rng", rng)
    except Exception:  # TypeError, and what an object raises that NumPy wants to show
        reject_type(where, "rng", EXPECTED, rng)


def _plain(where: str, rng: object) -> object:
    """What is checked here, as an int or a list of ints: NumPy takes nests too, and runs into those without an end."""
    number = checks.as_integer(rng)
    if number is not None:
        if number.bit_length() > MAX_BITS:
            reject_value(where, "rng", f"an int of at most {MAX_BITS:,} bits", rng)
        return number
    if not isinstance(rng, (np.ndarray, Sequence)) or isinstance(rng, (str, bytes)):
        return rng
    if len(np.shape(rng) if isinstance(rng, np.ndarray) else (1,)) != 1:
        reject_type(where, "rng", EXPECTED, rng)
    at_most = f"a sequence of at most {MAX_WORDS:,} ints"
    words = [checks.as_integer(word) for word in checks.entries(where, "rng", rng, EXPECTED, MAX_WORDS, at_most)]
    if None in words or (isinstance(rng, np.ndarray) and rng.dtype.kind not in "iu"):
        reject_type(where, "rng", EXPECTED, rng)
    if any(word.bit_length() > MAX_BITS for word in words):
        reject_value(where, "rng", f"ints of at most {MAX_BITS:,} bits", rng)
    return words


@functools.cache
def _numpy_random() -> ModuleType:
    # Imported when first used: NumPy itself loads it lazily, and it costs a tenth of NumPy's import time.
    import numpy.random

    return numpy.random


@functools.lru_cache(maxsize=256)
def _int_seed(rng: int) -> bytes:
    return _kernels.raw_words(_generator("", rng).bit_generator)
