"""The stream a second time, in NumPy and integers alone, from docs/stream.md: the oracle of the tests.

Here are keys, lanes and the laws of float32 arithmetic; reference64.py has those of float64, reference_truncated.py the
truncated normals, reference_numbers.py the laws' numbers, reference_laws.py all of it by dtype, reference_haar.py
orthogonal matrices. Nothing in them calls the package. Fused multiply-adds are sums rounded to odd, which the tests
hold against exact rationals.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2b

import numpy as np

BLOCK, STEP, LANES = 1024, 32, 8
U64 = np.uint64
MASK = (1 << 64) - 1


def key(seed: int, name: str, tag: bytes) -> list[int]:
    words = np.random.default_rng(seed).bit_generator.random_raw(8) & 0xFFFFFFFF
    text = name.encode()
    message = words.astype("<u4").tobytes() + len(text).to_bytes(8, "little") + text + tag
    digest = blake2b(message, digest_size=32, person=b"fastinit-v1").digest()
    return [int.from_bytes(digest[i : i + 8], "little") for i in range(0, 32, 8)]


def mix(z: int) -> int:
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
    return z ^ z >> 31


def lane_states(k: list[int], block_index: int) -> np.ndarray:
    """States of a block's lanes, shape (4 words, 8 lanes)."""
    states = np.empty((4, LANES), U64)
    for lane in range(LANES):
        for word in range(4):
            x = 32 * block_index + 4 * lane + word
            h = mix(x * 0x9E3779B97F4A7C15 + k[0] & MASK) ^ k[1]
            states[word, lane] = mix(h + k[2] & MASK) ^ k[3]
    return states


def rotl(x: np.ndarray, n: int) -> np.ndarray:
    return (x << U64(n)) | (x >> U64(64 - n))


def xoshiro256plusplus(s: np.ndarray) -> np.ndarray:
    """The next output of each lane; advances the states s[4, lanes] in place. Transcribed from the authors' C."""
    result = rotl(s[0] + s[3], 23) + s[0]
    t = s[1] << U64(17)
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= t
    s[3] = rotl(s[3], 45)
    return result


def draws(k: list[int], block_index: int, n_draws: int, n_steps: int = BLOCK // STEP) -> np.ndarray:
    """A block's 64-bit outputs, shape (steps, draws, 8 lanes)."""
    return outputs(tuple(k), block_index, n_draws * n_steps).reshape(n_steps, n_draws, LANES)


@cache  # a few streams serve hundreds of laws
def outputs(k: tuple[int, ...], block_index: int, n: int) -> np.ndarray:
    """The first n outputs of each lane, shape (n, 8 lanes)."""
    states = lane_states(k, block_index)
    found = np.stack([xoshiro256plusplus(states) for _ in range(n)])
    found.flags.writeable = False
    return found


def words(k: list[int], block_index: int, n_draws: int = 2) -> np.ndarray:
    """A block's 32-bit words, shape (steps, draws, 16): each output's low half first."""
    return draws(k, block_index, n_draws).astype("<u8").view("<u4").astype(np.uint32)


def fma(a, b, c) -> np.ndarray:
    """float32 a*b + c rounded once: product exact in float64, sum rounded to odd, then to float32."""
    p = np.asarray(a, np.float64) * np.asarray(b, np.float64)
    c = np.broadcast_to(np.asarray(c, np.float64), p.shape)
    s = p + c
    part = s - p
    error = (p - (s - part)) + (c - part)
    bits = np.ascontiguousarray(s).view(np.int64)
    away = np.where((error > 0) == (s > 0), 1, -1)
    bits = np.where((error != 0) & (bits & 1 == 0), bits + away, bits)
    return bits.view(np.float64).astype(np.float32)


def horner(x: np.ndarray, coefficients: list[np.float32]) -> np.ndarray:
    total = np.full(x.shape, coefficients[-1], np.float32)
    for c in coefficients[-2::-1]:
        total = fma(total, x, c)
    return total


def float32s(*literals: str) -> list[np.float32]:
    return [np.float32(float.fromhex(literal)) for literal in literals]


Q = float32s("0x1.71547ap0", "-0x1.7154d8p-1", "0x1.ec632p-2", "-0x1.70fe6cp-2")
Q += float32s("0x1.2910bp-2", "-0x1.00958cp-2", "0x1.a1504cp-3", "-0x1.888b62p-4")
C = float32s("0x1.aa4498p-1", "-0x1.06f144p-2", "0x1.b0637ap-7", "-0x1.1613fp-12")
S = float32s("0x1.4eca3cp-1", "-0x1.135a32p-4", "0x1.0fa726p-9", "-0x1.f118bp-16")


def minus_log2(u: np.ndarray) -> np.ndarray:
    """-log2 of float32 u in [2**-41, 1]."""
    m, e = np.frexp(u)  # m in [1/2, 1)
    m, e = np.where(m < 0.75, 2 * m, m), np.where(m < 0.75, e - 1, e)
    t = m - np.float32(1)
    return fma(-t, horner(t, Q), -e.astype(np.float32))


def quarter_turn(k: np.ndarray) -> np.ndarray:
    """The argument of cos_sin for an angle's 22 bits."""
    m = (k | np.uint32(0x3F800000)).view(np.float32)
    return fma(m, np.float32(4 + 2.0**-20), np.float32(-5 - 2.0**-20))


def cos_sin(x: np.ndarray, factor: float) -> tuple[np.ndarray, np.ndarray]:
    even, odd = (horner(x * x, [np.float32(factor) * c for c in coefficients]) for coefficients in (C, S))
    return fma(-x, odd, even), fma(x, odd, even)


def uniform_block(k: list[int], block_index: int, midpoint: float, half_width: float) -> np.ndarray:
    odd = ((words(k, block_index) & 0xFFFFFF00) | 0x80).view(np.int32)
    x = odd.astype(np.float32) * np.float32(2.0**-31)
    return fma(x, np.float32(half_width), np.float32(midpoint)).reshape(BLOCK)


def normals(a: np.ndarray, b: np.ndarray, mean: float, std: float) -> tuple[np.ndarray, np.ndarray]:
    """The two normals of each pair of words."""
    low = ((b & 0x7FC00000) | 0x00200000).astype(np.float32)
    u = fma(a.view(np.int32).astype(np.float32), np.float32(2.0**31), low)
    radius = np.sqrt(minus_log2(abs(u) * np.float32(2.0**-62)))
    cosine, sine = (part.view(np.uint32) for part in cos_sin(quarter_turn(b & 0x003FFFFF), std))
    cosine, sine = ((p ^ (w & np.uint32(0x80000000))).view(np.float32) for p, w in ((cosine, a), (sine, b)))
    return fma(radius, cosine, np.float32(mean)), fma(radius, sine, np.float32(mean))


def normal_block(k: list[int], block_index: int, mean: float, std: float) -> np.ndarray:
    both = words(k, block_index)
    return np.stack(normals(both[:, 0], both[:, 1], mean, std), axis=1).reshape(BLOCK)
