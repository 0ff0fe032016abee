"""Any tensor of PyTorch, by hypothesis: what `fastinit.torch.init` writes does not depend on where the elements lie.

A tensor of any layout gets the values that a contiguous one gets, and nothing between or around its elements changes.
The control writes an element more where there are gaps, and has to be found.

Needs hypothesis and PyTorch.
"""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import row
import torch
from hypothesis import strategies as st
from searched import search_with_control

from fastinit.torch import init

N_CONTROL = 2000

FUNCTIONS = {
    "normal_": dict(std=0.02),
    "uniform_": dict(a=-1.0, b=2.0),
    "trunc_normal_": dict(std=0.5),
    "xavier_uniform_": {},
    "xavier_normal_": dict(gain=2.0),
    "kaiming_uniform_": dict(a=5**0.5),
    "kaiming_normal_": dict(mode="fan_out"),
    "orthogonal_": {},
    "sparse_": dict(sparsity=0.4),
}
OF_MATRICES = ("sparse_",)
DTYPES = (torch.float32, torch.float64, torch.float16, torch.bfloat16)

#: What is in memory before, in every dtype.
BEFORE = 7.0


class Case(NamedTuple):
    """A function, and where its tensor lies."""

    function: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    order: tuple[int, ...]
    steps: tuple[int, ...]
    n_before: int
    seed: int
    n_threads: int

    def memory(self) -> tuple[torch.Tensor, torch.Tensor]:
        """All of it, and the tensor in it."""
        extents = [size * step for size, step in zip(self.shape, self.steps, strict=False)]
        order = [axis for axis in self.order if axis < len(self.shape)]
        strides, stride = [0] * len(order), 1
        for axis in reversed(order):
            strides[axis], stride = stride * self.steps[axis], stride * extents[axis]
        memory = torch.full((math.prod(extents) + self.n_before + 9,), BEFORE, dtype=self.dtype)
        return memory, memory.as_strided(self.shape, strides, self.n_before)

    def fill(self, tensor: torch.Tensor) -> torch.Tensor:
        generator = torch.Generator().manual_seed(self.seed)
        return getattr(init, self.function)(tensor, generator=generator, **FUNCTIONS[self.function])


@st.composite
def cases(draw) -> Case:
    function = draw(st.sampled_from(sorted(FUNCTIONS)))
    n_dims = 2 if function in OF_MATRICES else draw(st.integers(2, 4))
    most = {2: 70, 3: 16, 4: 8}[n_dims]
    return Case(
        function,
        tuple(draw(st.integers(1, most)) for _ in range(n_dims)),
        draw(st.sampled_from(DTYPES)),
        draw(st.sampled_from(list(itertools.permutations(range(4))))),
        draw(st.sampled_from(list(itertools.product([1, 2, 3], repeat=4)))),
        draw(st.integers(0, 9)),
        draw(st.integers(0, 2**62)),
        draw(st.sampled_from([1, 2, 3])),
    )


def as_promised(case: Case, tamper=None) -> None:
    expected = case.fill(torch.empty(case.shape, dtype=case.dtype))
    memory, tensor = case.memory()
    wanted, there = case.memory()
    there.copy_(expected)
    torch.set_num_threads(case.n_threads)
    done = case.fill(tensor)
    if tamper is not None:
        tamper(case, memory)
    row.demand(done is tensor, "another tensor came back", case)
    row.demand(torch.equal(memory, wanted), "other values, or a value in another place", case)


def _one_more(case: Case, memory: torch.Tensor) -> None:
    if case.steps[1] == 3 and case.shape[1] > 5 and case.dtype == torch.bfloat16:
        memory[-1] = 0


def attack(n_cases: int) -> str:
    search_with_control(cases(), as_promised, _one_more, n_cases, N_CONTROL)
    return f"{n_cases:,} tensors, {len(FUNCTIONS)} functions; the control found"


if __name__ == "__main__":
    row.run(attack, 300, "tensors")
