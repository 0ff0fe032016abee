"""What models have that is rare: other scales of idioms, no elements, given numbers, several threads that ask."""

import math
from concurrent.futures import ThreadPoolExecutor

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

import fastinit as fi  # noqa: E402
import fastinit.torch as ft  # noqa: E402


def holder(*makers):
    """A module whose parameters are what functions make."""
    return nn.ParameterList([nn.Parameter(make()) for make in makers])


def idiom(std, mean=0.0, lower=-2.0, upper=2.0):
    """As timm draws truncated normals: by a distribution function that leaves few digits in the tails."""
    tensor = torch.empty(40, 30)
    low, high = ((1 + math.erf((bound - mean) / std / math.sqrt(2.0))) / 2 for bound in (lower, upper))
    tensor.uniform_(2 * low - 1, 2 * high - 1).erfinv_().mul_(std * math.sqrt(2.0)).add_(mean)
    return tensor.clamp_(min=lower, max=upper)


@pytest.mark.parametrize("std", [0.02, 0.15, 0.201, 0.22, 0.24, 0.25, 0.26, 0.27, 0.3, 1.0, 5.0])
def test_the_idiom_of_truncated_normals_at_any_scale(std):
    plan = ft.record(lambda: holder(lambda: idiom(std)))
    assert plan["0"].scheme is not None, plan["0"].note
    params = plan["0"].scheme.params
    assert abs(params["std"] / std - 1) < 1e-5
    if std >= 0.3:
        assert abs(params["lower"] + 2) < 1e-3


def test_a_clamp_that_gathers_values_is_no_law():
    plan = ft.record(lambda: holder(lambda: torch.empty(40, 30).normal_().clamp_(-3, 3)))
    assert plan["0"].scheme is None


def test_tensors_without_elements():
    shapes = [(1, 0, 8), (0,), (8, 0), (2, 0, 0, 3), (0, 5)]
    plan = ft.record(lambda: holder(*(lambda s=s: torch.empty(s).normal_() for s in shapes)))
    assert [entry.shape for entry in plan.values()] == shapes


def test_matrices_of_ones_on_the_diagonal():
    plan = ft.record(lambda: holder(lambda: torch.eye(5), lambda: torch.eye(4, 6)))
    assert [entry.scheme.name for entry in plan.values()] == ["identity"] * 2
    assert (fi.get("identity")((4, 6)) == torch.eye(4, 6).numpy()).all()


def test_given_numbers_that_are_equal():
    plan = ft.record(lambda: holder(lambda: torch.Tensor([0.5]), lambda: torch.Tensor([0.5, 0.25])))
    assert plan["0"].scheme == fi.get("constant", value=0.5)
    assert plan["1"].note == "given values"


def test_threads_may_ask_for_values_together():
    """PyTorch has one generator for all threads: what one sets, another must not draw from."""
    plan = ft.record(lambda: holder(*[lambda: torch.rand(64).exp()] * 8))
    expected = {name: entry.values(9) for name, entry in plan.items()}
    state = torch.default_generator.get_state()
    with ThreadPoolExecutor(4) as pool:
        asked = [(name, pool.submit(plan[name].values, 9)) for name in list(plan) * 20]
        assert all((found.result() == expected[name]).all() for name, found in asked)
    assert torch.equal(torch.default_generator.get_state(), state)
