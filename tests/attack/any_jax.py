"""Any call of JAX's initializers, by hypothesis: the values are the rule's own, eager, compiled, mapped or scanned.

The rule is that of the initializer, called without JAX with the key's words as seed. Each call is also made with one
argument spoilt, and has to be refused in the one form. The control is one element that is wrong in a rare case.

Needs hypothesis and JAX.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import row
from hypothesis import strategies as st
from searched import search_with_control

import fastinit.jax as fj

N_CONTROL = 2000

#: Initializers without arguments of their own, which would only change the rule.
MADE = {
    "uniform": fj.uniform(0.5),
    "uniform below 0": fj.uniform(-3.0),
    "normal": fj.normal(0.02),
    "truncated_normal": fj.truncated_normal(0.5, lower=-1.0, upper=3.0),
    "variance_scaling": fj.variance_scaling(2.0, "fan_avg", "uniform", in_axis=0, out_axis=(1, -1)),
    "glorot_uniform": fj.glorot_uniform(),
    "lecun_normal": fj.lecun_normal(batch_axis=0),
    "he_normal": fj.he_normal(-1, -2),
    "orthogonal": fj.orthogonal(2.0, column_axis=0),
}
DTYPES = ("float32", "float16", "bfloat16", "complex64")
COMPLEX = ("normal", "lecun_normal", "he_normal")

WAYS = {
    "eager": lambda init, key, shape, dtype: init(key, shape, dtype),
    "jit": lambda init, key, shape, dtype: jax.jit(init, static_argnums=(1, 2))(key, shape, dtype),
    "vmap": lambda init, key, shape, dtype: jax.vmap(lambda key: init(key, shape, dtype))(jnp.stack([key, key]))[1],
    "scan": lambda init, key, shape, dtype: jax.lax.scan(
        lambda carry, key: (carry, init(key, shape, dtype)), 0, jnp.stack([key])
    )[1][0],
}

#: By position: key, shape, dtype.
SPOILT = (
    (None, 3, "key", 1.5, np.zeros(3), [1, 2], jnp.zeros((3, 2), jnp.uint32)),
    (-1, (3, -1), 2.5, "33", (2**33, 2**33), (1,) * 65, None, {3: 4}, (True, 2)),
    ("float31", 3, "U3", "int32", ("f4", -1)),
)


class Case(NamedTuple):
    """An initializer's call, and which of its arguments is spoilt for the second one."""

    initializer: str
    shape: tuple[int, ...]
    dtype: str
    seed: int
    is_old_key: bool
    way: str
    spoilt: tuple[int, object]

    def key(self) -> jax.Array:
        return jax.random.PRNGKey(self.seed) if self.is_old_key else jax.random.key(self.seed)


@st.composite
def cases(draw) -> Case:
    name, position = draw(st.sampled_from(sorted(MADE))), draw(st.integers(0, 2))
    return Case(
        name,
        tuple(draw(st.lists(st.integers(0, 9), min_size=3, max_size=4))),
        draw(st.sampled_from(DTYPES if name in COMPLEX else DTYPES[:3])),
        draw(st.integers(0, 2**31)),
        draw(st.booleans()),
        draw(st.sampled_from(sorted(WAYS))),
        (position, draw(st.sampled_from(SPOILT[position]))),
    )


def as_promised(case: Case, tamper=None) -> None:
    init, key = MADE[case.initializer], case.key()
    words = np.asarray(key if case.is_old_key else jax.random.key_data(key)).tolist()
    wanted = init.rule(case.shape)(case.shape, dtype=jnp.dtype(case.dtype), rng=words)
    got = np.array(WAYS[case.way](init, key, case.shape, case.dtype))
    if tamper is not None:
        tamper(case, got)
    row.demand((got.dtype, got.shape) == (wanted.dtype, wanted.shape), "another array:", case)
    row.demand(got.tobytes() == wanted.tobytes(), "other values:", case)
    position, value = case.spoilt
    arguments = [key, case.shape, case.dtype]
    arguments[position] = value
    try:
        init(*arguments)
    except (ValueError, TypeError) as error:
        row.demand_form(error)
    else:
        row.demand(False, "taken:", case)


def _one_off(case: Case, got: np.ndarray) -> None:
    if case.way == "scan" and case.dtype == "bfloat16" and got.size:
        got.reshape(-1)[-1] += 1


def attack(n_cases: int) -> str:
    search_with_control(cases(), as_promised, _one_off, n_cases, N_CONTROL)
    return f"{n_cases:,} calls of {len(MADE)} initializers, and as many refused; the control found"


if __name__ == "__main__":
    row.run(attack, 100, "calls")
