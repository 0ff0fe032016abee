"""The battery of the re-keyed stream, in small: it reads the stream, good bits pass, and every measure can fail.

All is of fixed seeds, so that nothing here fails by chance; the whole is a command of its own (docs/battery.md).
"""

import math
import subprocess
import sys
from pathlib import Path

import mpmath
import numpy as np
import pytest
import reference
from quick import heavy_but
from statistical import examine as whole
from statistical import measures, spectrum, stream, tails

N = 1 << 17


def good(n: int = N) -> np.ndarray:
    return np.random.PCG64(1).random_raw(n).astype("<u8")


def test_words_are_those_of_the_stream():
    """That reference.py has what the kernels have is for test_stream.py."""
    key = reference.key(3, "w", b"n32")
    ours = next(stream.of_blocks(key, stream.N_DRAWS)).reshape(stream.N_BLOCKS, stream.N_DRAWS, 8)
    for block in (0, 1, stream.N_BLOCKS - 1):
        assert np.array_equal(ours[block], reference.draws(key, block, stream.N_DRAWS, 1)[0])
    lanes = stream.states(stream.as_keys([key]), np.array([2**40]))
    assert np.array_equal(lanes[:, 0], reference.lane_states(key, 2**40))


def test_orders():
    words = next(stream.segments("words", 64 * 8)).reshape(64, 8)
    first = next(stream.segments("first-draws", 16)).reshape(2, 8)
    assert np.array_equal(first[0], words[0])
    assert next(stream.segments("one-a-block", 2)).tolist() == first[:, 0].tolist()
    keys, n = next(stream.segments("keys", 6144 * 8)).reshape(6144, 8), 2048
    for i, (seed, name) in {0: (0, ""), n - 1: (n - 1, ""), n: (0, "h.@`.weight"), 2 * n: (n, "h.@`.weight")}.items():
        assert np.array_equal(keys[i], reference.draws(reference.key(seed, name, b"n32"), 0, 1, 1)[0, 0])
    assert np.unique(keys).size == keys.size
    in_bytes = next(stream.segments("keys-bytes", 6144 * 8)).view(np.uint8).reshape(64, 6144)
    assert np.array_equal(in_bytes.T, keys.view(np.uint8).reshape(6144, 64))


def test_normals_through_their_distribution():
    """Uniform up to 2**-32, both signs; the tails those beyond 3 of the same numbers."""
    u = next(stream.segments("normals", N)).view("<u4") / 2.0**32
    assert abs(u.mean() - 0.5) < 4.5 / np.sqrt(12 * u.size)
    tails = next(stream.segments("tails", 1 << 12)).view("<u4") / 2.0**32
    assert abs(tails.mean() - 0.5) < 4.5 / np.sqrt(12 * tails.size)


@pytest.mark.parametrize("name", heavy_but(["words", "first-draws", "one-a-block", "keys", "short"], "words", "keys"))
def test_the_stream_passes(name):
    found = whole.examine(name, 4 * N)
    assert len(found) > 30
    assert [what for what, p in found.items() if whole.fails(what, p)] == []


def test_the_control_fails():
    """Keys that differ in their last word, which a hash never gives."""
    found = whole.examine(whole.CONTROL, 4 * N)
    assert sum(whole.fails(what, p) for what, p in found.items()) > 20


def test_good_bits_pass_every_measure():
    for measure in measures.MEASURES.values():
        assert all(1e-4 < p < 1 - 1e-4 for p in measure.p_values(measure.count(good())).values())


def without_a_byte(words: np.ndarray) -> np.ndarray:
    words.view(np.uint8)[::8][:500] = 7
    return words


def with_even_quarters(words: np.ndarray) -> np.ndarray:
    words.view("<u2")[::4][: words.size // 4] &= 0xFFFE
    return words


def with_regular_gaps(words: np.ndarray) -> np.ndarray:
    words.view(np.uint8)[::8][::400] = 0x5A
    return words


def rising(words: np.ndarray) -> np.ndarray:
    words[: words.size // 8].reshape(-1, 4).sort(axis=1)
    return words


def repeated(words: np.ndarray) -> np.ndarray:
    words[8 : words.size // 20 : 16] = words[: words.size // 20 - 8 : 16]
    return words


def with_like_neighbours(words: np.ndarray) -> np.ndarray:
    """Where a word has many bits, so has the next one."""
    halves = words.reshape(-1, 2)
    many = np.bitwise_count(halves) > 32
    swapped = many[:, 0] != many[:, 1]
    halves[swapped, 1] ^= np.uint64(2**64 - 1)
    return words


def on_few_days(words: np.ndarray) -> np.ndarray:
    return words & np.uint64(0xFFFFFFF0_FFFFFFF0)


def with_dependent_rows(words: np.ndarray) -> np.ndarray:
    rows = words.reshape(-1, 64)
    rows[:200, 63] = rows[:200, 0] ^ rows[:200, 1]
    return words


FLAWS = {
    "bytes": without_a_byte,
    "quarters": with_even_quarters,
    "gaps": with_regular_gaps,
    "runs": rising,
    "agreements": repeated,
    "weights": with_like_neighbours,
    "birthdays": on_few_days,
    "ranks": with_dependent_rows,
}


@pytest.mark.parametrize("name", measures.MEASURES)
def test_every_measure_can_fail(name):
    measure = measures.MEASURES[name]
    p_values = measure.p_values(measure.count(FLAWS[name](good())))
    assert any(whole.fails(what, p) for what, p in p_values.items()), p_values


def test_ranks_are_right():
    """Against elimination row by row, in Python's integers."""

    def rank(rows: list[int]) -> int:
        basis = {}
        for row in rows:
            while row and row.bit_length() in basis:
                row ^= basis[row.bit_length()]
            if row:
                basis[row.bit_length()] = row
        return len(basis)

    matrices = good(64 * 40).reshape(40, 64, 1)
    matrices[:5, 10:] = matrices[:5, :54] ^ matrices[:5, :1]
    assert measures.ranks(matrices).tolist() == [rank(matrix[:, 0].tolist()) for matrix in matrices]


@pytest.mark.parametrize("n_places", [2000, 1 << 17])
def test_gaps_of_few_places_are_fewer_where_they_are_long(n_places):
    """Of n places n / 256 have the value; each but the last begins a gap."""
    expected = measures.expected_gaps(n_places)
    assert math.isclose(expected.sum(), n_places / 256 - 1 + (255 / 256) ** n_places, rel_tol=1e-9)
    endless = -np.diff((255 / 256) ** measures.GAP_CELLS, append=0.0)
    shares = expected / expected.sum()
    assert shares[0] > endless[0]
    assert shares[-1] < endless[-1]


def test_uniformity_sees_what_is_not_uniform():
    p_values = np.random.default_rng(1).random(300)
    assert 0.001 < whole.uniformity(p_values) < 0.999
    assert whole.uniformity(p_values**1.5) < 1e-6


@pytest.mark.heavy
def test_the_program_writes_what_a_battery_reads():
    command = [sys.executable, Path(stream.__file__), "words"]
    done = subprocess.run([*command, "1"], capture_output=True, timeout=300)
    assert done.returncode == 0
    assert done.stdout == next(stream.segments("words", N)).tobytes()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as endless:
        assert endless.stdout.read(64) == done.stdout[:64]
        endless.stdout.close()  # as a battery that has seen enough
        assert endless.wait(timeout=300) == 0
        assert endless.stderr.read() == b""


def test_normals_far_out(capsys):
    """As many as the radii imply, in both arithmetics; the control fails."""
    assert tails.main("13") == 0
    assert capsys.readouterr().out.count("FAILS") == 1
    assert tails.beyond(tails.LAWS["float32"], 7.0, 1 << 10).of_radii == pytest.approx(0.99711, abs=5e-6)


def test_singular_values(capsys):
    assert spectrum.main("512") == 0
    assert "control" in capsys.readouterr().out.splitlines()[-1]
    identity = spectrum.scores(np.eye(64) + 1e-3 * good(64 * 64).reshape(64, 64) / 2.0**64)
    assert spectrum.failing(identity) == ["log det", "least", "all"]


@pytest.mark.parametrize("n", [1, 2, 7])
def test_moments_of_log_det(n):
    """Against mpmath's digamma and trigamma."""
    mean = sum(mpmath.digamma(mpmath.mpf(k) / 2) + mpmath.log(2) for k in range(1, n + 1)) / 2
    variance = sum(mpmath.polygamma(1, mpmath.mpf(k) / 2) for k in range(1, n + 1)) / 4
    assert spectrum.log_det_moments(n) == pytest.approx((float(mean), float(variance)), rel=1e-14)
