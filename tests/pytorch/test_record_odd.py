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


def test_what_is_never_written_to_is_zeros():
    def build():
        module = holder(lambda: torch.empty(64, 64), lambda: torch.empty(6, 4).normal_())
        part = torch.empty(6, 4)
        with torch.no_grad():
            part[:3].normal_()
        module.append(nn.Parameter(part))
        module.register_buffer("cache", torch.empty(9, 9))
        return module

    plan = ft.record(build)
    assert plan["0"].scheme == plan["cache"].scheme == fi.get("zeros")
    assert plan["2"].scheme == fi.get("zeros").but(slice(0, 3), fi.get("normal", std=1.0))
    for _ in range(3):
        model = ft.materialize(build, rng=0)
        assert not model[0].any()
        assert not model[2][3:].any()
        assert not model.cache.any()


def test_experts_drawn_one_by_one():
    """As one law of all: else each would be a block of its own, and slow."""

    def build():
        module = holder(lambda: torch.empty(5, 8, 6), lambda: torch.zeros(5, 8, 6), lambda: torch.empty(5, 8, 6))
        for weight in module:
            for expert in weight:
                nn.init.kaiming_normal_(expert)
        nn.init.zeros_(module[2][3])
        return module

    plan = ft.record(build)
    normal = fi.get("normal", std=(2 / 6) ** 0.5)
    assert plan["0"].scheme == plan["1"].scheme
    assert plan["0"].scheme.name == "normal"
    assert not plan["0"].scheme.blocks
    assert abs(plan["0"].scheme.params["std"] / normal.params["std"] - 1) < 1e-12
    assert len(plan["2"].scheme.blocks) == 6
    assert not ft.materialize(build)[2][3].any()


def test_this_packages_own_functions():
    def build():
        module = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8))
        ft.init.orthogonal_(module[0].weight, gain=0.5)
        ft.init.trunc_normal_(module[1].weight, std=0.5)
        ft.init.sparse_(module[2].weight, 0.5)
        return module

    plan = ft.record(build)
    assert [plan[f"{i}.weight"].scheme.name for i in range(3)] == ["orthogonal", "truncated_normal", "sparse"]
    assert plan["0.weight"].scheme.params["gain"] == 0.5


def test_moves_to_the_cpu():
    def build():
        first, second = nn.Linear(3, 4).cpu(), nn.Linear(3, 4).to("cpu", torch.bfloat16)
        third = nn.Linear(3, 4).to(device=torch.device("cpu"))
        third.weight.data = third.weight.data.to(torch.float64).to("cpu")
        return nn.Sequential(first, second, third)

    plan = ft.record(build)
    assert [plan[f"{i}.weight"].dtype for i in range(3)] == ["float32", "bfloat16", "float64"]
    assert all(entry.scheme is not None for entry in plan.values())
    assert ft.materialize(build)[1].weight.device.type == "cpu"


def test_statistics_of_a_batch_norm_that_was_run():
    def build():
        norm = nn.BatchNorm1d(3)
        norm(torch.arange(12.0).view(4, 3))
        return norm

    expected, made = build(), ft.materialize(build)
    assert torch.equal(made.running_mean, expected.running_mean)
    assert torch.equal(made.running_var, expected.running_var)
    assert made.num_batches_tracked == 1


def test_a_padding_by_nothing_is_a_copy():
    def build():
        module = nn.Linear(3, 4)
        module.bias.data = nn.functional.pad(torch.zeros(4), (0, 0))
        return module

    assert ft.record(build)["bias"].scheme == fi.get("zeros")
