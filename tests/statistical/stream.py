"""The words behind the values, for any battery: ``python tests/statistical/stream.py NAME [MIB] | RNG_test stdin64``.

What fills draw from is not one generator: each block of 1024 elements has eight, started anew from a hash of the key
and the index of the block. So that is what is written here, in the orders in which a flaw of it would show:

=============== ====================================================================================================
words           the 64-bit words of one key, block by block, as a float32 law draws them
first-draws     the first draw of every block, eight words, where seeding is all there is
one-a-block     the first word of every block
keys            6,144 real keys, eight words of each in turn: seeds from 0 on, names that differ in a letter, both
keys-bytes      the same keys, one byte of each in turn
short           one real key after the other, 1 MiB each
normals         float64 normals through the normal distribution's function, 32 bits of each
tails           those beyond 3 standard deviations, through that of such ones, 32 bits of each
related-keys    the negative control, which must fail: 6,144 keys that differ in their last word, eight words of each
=============== ====================================================================================================

The first three have the key of zeros, which gives the hash the least to work with. Without MIB they go on until the
reader stops. NumPy computes the words, as docs/stream.md says; tests/test_statistical.py holds them to the kernels.
"""

from __future__ import annotations

import itertools
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import reference
from reference import LANES, U64

import fastinit as fi

#: Blocks at once, so that the states of all lanes stay in the caches.
N_BLOCKS = 1024

#: Draws of a block by a float32 law of two draws a step.
N_DRAWS = 64

ZERO_KEY = [0, 0, 0, 0]

#: Of `short`: words of each key.
N_SHORT = 1 << 17

#: As which words are written.
WORD = np.dtype("<u8")

#: Where `tails` begin.
TAIL = 3.0


def mix(z: np.ndarray) -> np.ndarray:
    z = (z ^ z >> U64(30)) * U64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> U64(27)) * U64(0x94D049BB133111EB)
    return z ^ z >> U64(31)


def states(keys: np.ndarray, blocks: np.ndarray, n_lanes: int = LANES) -> np.ndarray:
    """States of the lanes, shape (4 words, n, lanes), for keys of shape (n or 1, 4) and n or 1 indices of blocks."""
    offsets = U64(4) * np.arange(n_lanes, dtype=U64) + np.arange(4, dtype=U64)[:, None, None]
    x = U64(32) * blocks[:, None].astype(U64) + offsets
    first, second, third, fourth = keys.T[:, None, :, None]
    return mix((mix(x * U64(0x9E3779B97F4A7C15) + first) ^ second) + third) ^ fourth


def as_keys(keys: list[list[int]]) -> np.ndarray:
    return np.array(keys, U64)


def of_blocks(key: list[int], n_draws: int, n_lanes: int = LANES) -> Iterator[np.ndarray]:
    """The first draws of one key's blocks."""
    for first in itertools.count(0, N_BLOCKS):
        lanes = states(as_keys([key]), np.arange(first, first + N_BLOCKS), n_lanes)
        drawn = np.empty((N_BLOCKS, n_draws, n_lanes), WORD)
        for i in range(n_draws):
            drawn[:, i] = reference.xoshiro256plusplus(lanes)
        yield drawn.reshape(-1)


def interleaved(keys: np.ndarray, bytewise: bool = False) -> Iterator[np.ndarray]:
    """A draw of each key in turn, block by block; or a byte of each key's draw in turn."""
    for block in itertools.count():
        lanes = states(keys, np.array([block]))
        for _ in range(N_DRAWS):
            drawn = reference.xoshiro256plusplus(lanes).astype(WORD)
            yield np.ascontiguousarray(drawn.view(np.uint8).T).reshape(-1).view(WORD) if bytewise else drawn.reshape(-1)


def real_keys() -> np.ndarray:
    """Thrice 2,048: of seeds, of names, and of both."""
    names = [f"h.{first}{second}.weight" for first in map(chr, range(64, 128)) for second in map(chr, range(96, 128))]
    seeds = [reference.key(seed, "", b"n32") for seed in range(2048)]
    named = [reference.key(0, name, b"n32") for name in names]
    return as_keys(seeds + named + [reference.key(seed, name, b"n32") for seed, name in enumerate(names, 2048)])


def related_keys() -> np.ndarray:
    """What keys would be without a hash: a real one, and a number in its last word."""
    first, second, third, _ = reference.key(0, "", b"n32")
    return as_keys([[first, second, third, number] for number in range(6144)])


def short() -> Iterator[np.ndarray]:
    for seed in itertools.count():
        yield next(of_blocks(reference.key(seed, "w", b"u32"), N_DRAWS))[:N_SHORT]


def upper_tail(sizes: np.ndarray) -> np.ndarray:
    """P(|Z| > size), to the last places."""
    return np.fromiter(map(math.erfc, (sizes / math.sqrt(2)).tolist()), np.float64, sizes.size)


def normals(least: float = 0.0) -> Iterator[np.ndarray]:
    """32 bits of P(|Z| > |z| given |Z| > least) for each |z| > least; without one, the sign is the first of them."""
    n = 1 << (16 if least == 0 else 22)
    for first in itertools.count(0, n):
        z = fi.normal(1 << 59, dtype="float64", rng=2026, index=slice(first, first + n), threads=1)
        z = z[np.abs(z) > least] if least else z
        share = upper_tail(np.abs(z)) / math.erfc(least / math.sqrt(2))
        if not least:
            share = np.where(z < 0, share, 2 - share) / 2
        yield np.minimum(share * 2.0**32, 2.0**32 - 1).astype("<u4")


STREAMS = {
    "words": lambda: of_blocks(ZERO_KEY, N_DRAWS),
    "first-draws": lambda: of_blocks(ZERO_KEY, 1),
    "one-a-block": lambda: of_blocks(ZERO_KEY, 1, 1),
    "keys": lambda: interleaved(real_keys()),
    "keys-bytes": lambda: interleaved(real_keys(), bytewise=True),
    "short": short,
    "normals": normals,
    "tails": lambda: normals(TAIL),
    "related-keys": lambda: interleaved(related_keys()),
}


def segments(name: str, n_words: int) -> Iterator[np.ndarray]:
    """The stream in pieces of so many 64-bit words."""
    room, n = np.empty(n_words, WORD).view(np.uint8), 0
    for piece in STREAMS[name]():
        piece = piece.view(np.uint8)
        while piece.size:
            taken = min(room.size - n, piece.size)
            room[n : n + taken] = piece[:taken]
            piece, n = piece[taken:], n + taken
            if n == room.size:
                yield room.view(WORD).copy()
                n = 0


def main(name: str, n_mib: str | None = None) -> int:
    try:
        for piece in itertools.islice(segments(name, 1 << 17), None if n_mib is None else int(n_mib)):
            sys.stdout.buffer.write(piece.data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # the battery has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in STREAMS:
        sys.exit(f"usage: {sys.argv[0]} {{{','.join(STREAMS)}}} [MIB]")
    sys.exit(main(*sys.argv[1:]))
