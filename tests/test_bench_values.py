"""The check of values that every benchmark makes: true ones pass, and each kind of false ones is found."""

import numpy as np
import pytest

from fastinit.bench import values
from fastinit.bench.peer_interface import HALF_WIDTH, LAWS, STD


def sample(law: str, n: int = 1 << 21) -> np.ndarray:
    generator = np.random.default_rng(1)
    if law == "normal":
        return generator.standard_normal(n, np.float32) * np.float32(STD)
    return ((generator.random(n, np.float32) - np.float32(0.5)) * np.float32(2 * HALF_WIDTH)).astype(np.float32)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("n", [1 << 8, 1 << 16, 3_000_001])
def test_true_values_pass(law, n):
    values.require_law(sample(law, n), law, "numpy")


def left_unwritten(array):
    array[-1] = np.nan


def constant(array):
    array.fill(STD)


def half_a_percent_wide(array):
    array *= np.float32(1.005)


def half_a_percent_narrow(array):
    array *= np.float32(0.995)


def shifted(array):
    array += np.float32(0.01 * STD)


def repeated_slices(array):
    array[array.size // 2 :] = array[: array.size // 2]


def repeated_neighbours(array):
    array[1::2] = array[::2]


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(
    "spoil",
    [
        left_unwritten,
        constant,
        half_a_percent_wide,
        half_a_percent_narrow,
        shifted,
        repeated_slices,
        repeated_neighbours,
    ],
)
def test_false_values_are_found(law, spoil):
    array = sample(law)
    spoil(array)
    with pytest.raises(ValueError, match="bench: peer: expected"):
        values.require_law(array, law, "peer")


def test_another_law_of_the_same_deviation_is_found():
    uniform = sample("uniform") * np.float32(STD * 3**0.5 / HALF_WIDTH)
    with pytest.raises(ValueError, match="share within one deviation"):
        values.require_law(uniform, "normal", "peer")


def test_a_round_that_writes_nothing_is_found():
    array = sample("normal")
    with pytest.raises(ValueError, match="fresh values"):
        values.require_changed(values.glimpse(array), values.glimpse(array), "peer")
