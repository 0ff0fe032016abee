"""From ``rng`` and ``name`` to the 256-bit key of a stream."""

from __future__ import annotations

import functools
import os

from fastinit.errors import reject_type, reject_value

EXPECTED = "None, a non-negative int, a sequence of them, a SeedSequence, BitGenerator or Generator"

#: Part of every key, so that a later stream can never repeat this one.
VERSION = b"fastinit-v1"


def stream_key(where: str, rng: object, name: str, tag: bytes) -> bytes:
    """The key of the stream that (rng, name) names for the laws of one tag; advances a generator.

    BLAKE2b, 32 bytes, personalised with VERSION, of: 32 bytes from rng, the length of name in UTF-8 as 8 bytes,
    name in UTF-8, tag; integers little-endian.
    """
    # Only short plain names are remembered, so that the cache stays small and nobody's own __eq__ enters it.
    if type(rng) is int and rng >= 0 and type(name) is str and len(name) <= 256:
        return _int_key(rng, name, tag)
    return _key(seed_words(where, rng), name, tag)


def check_rng(where: str, rng: object) -> None:
    """Raise what stream_key would, without advancing anything."""
    if rng is not None and type(rng) is not int:
        _generator(where, rng)
    elif rng is not None and rng < 0:
        reject_value(where, "rng", EXPECTED, rng)


def check_name(where: str, name: object) -> None:
    if type(name) is str and name.isascii():
        return
    if not isinstance(name, str):
        reject_type(where, "name", "a string", name)
    try:
        name.encode()
    except UnicodeEncodeError:
        reject_value(where, "name", "a string that UTF-8 can encode", name)


def seed_words(where: str, rng: object) -> bytes:
    """Eight 32-bit words of seed, as bytes; fresh entropy for None."""
    if rng is None:
        return os.urandom(32)
    # The low halves, because MT19937 fills no more than those; at least 32 bits of every BitGenerator of NumPy's.
    words = _generator(where, rng).bit_generator.random_raw(8).astype("<u8").view("<u4")
    return words[::2].tobytes()


def _generator(where: str, rng: object):
    try:
        return _default_rng()(rng)
    except TypeError:
        reject_type(where, "rng", EXPECTED, rng)
    except ValueError:
        reject_value(where, "rng", EXPECTED, rng)


@functools.cache
def _default_rng():
    # Imported when first used: NumPy itself loads it lazily, and it costs a tenth of NumPy's import time.
    from numpy.random import default_rng

    return default_rng


@functools.cache
def _blake2b():
    from hashlib import blake2b

    return blake2b


@functools.lru_cache(maxsize=256)
def _int_words(seed: int) -> bytes:
    return seed_words("", seed)


@functools.lru_cache(maxsize=4096)
def _int_key(seed: int, name: str, tag: bytes) -> bytes:
    return _key(_int_words(seed), name, tag)


def _key(words: bytes, name: str, tag: bytes) -> bytes:
    name_bytes = name.encode()
    message = words + len(name_bytes).to_bytes(8, "little") + name_bytes + tag
    return _blake2b()(message, digest_size=32, person=VERSION).digest()
