"""The comparison of eager builds with fills of plans sees what it is to see."""

import pytest

torch = pytest.importorskip("torch")

import comparing  # noqa: E402
from torch import nn  # noqa: E402

import fastinit.torch as ft  # noqa: E402


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.head = nn.Embedding(200, 8, padding_idx=0), nn.Linear(8, 200, bias=False)
        self.head.weight = self.embed.weight
        self.norm, self.out = nn.LayerNorm(8), nn.Linear(8, 3)
        self.register_buffer("angles", torch.arange(8).sin())

    def forward(self, ids):
        return self.out(self.norm(self.embed(ids)) * self.angles)


def run(model):
    return model(torch.arange(20))


def eager(seed):
    torch.manual_seed(seed)
    return Model()


def filled(seed, change=lambda model: None):
    model = ft.materialize(Model, rng=seed)
    with torch.no_grad():
        change(model)
    return model


def test_alike():
    found = comparing.Comparison(Model, run)
    found.make()
    assert found.differences == []
    assert found.seen == 1.1
    assert found.left_to_torch == {}


VALUES = {
    "a padding row": (lambda model: model.embed.weight[0].fill_(1e-3), "no seed changes"),
    "a buffer": (lambda model: model.angles[3].add_(1e-6), "no seed changes"),
    "a constant": (lambda model: model.norm.weight.normal_(), "no seed changes"),
    "a scale": (lambda model: model.embed.weight.mul_(1.2), "moments"),
    "a law": (lambda model: model.embed.weight[1:].uniform_(-(3**0.5), 3**0.5), "distribution functions"),
    "one value for all seeds": (lambda model: model.out.bias.fill_(0.1), "the same for all seeds"),
}


@pytest.mark.parametrize("case", VALUES)
def test_other_values(case):
    change, words = VALUES[case]
    theirs = comparing.samples_of(eager, 12)
    ours = comparing.samples_of(lambda seed: filled(seed, change), 12)
    assert any(words in difference for difference in comparing.filled_alike(theirs, ours))


def untie(model):
    model.head.weight = nn.Parameter(model.head.weight.clone())


KINDS = {
    "a tie": (untie, "ties"),
    "a dtype": (lambda model: model.norm.double(), "norm.weight"),
    "a gradient": (lambda model: model.norm.weight.requires_grad_(False), "norm.weight"),
    "a name": (lambda model: model.register_buffer("more", torch.ones(1)), "state_dict"),
    "a transient buffer": (lambda model: model.register_buffer("angles", model.angles, persistent=False), "state_dict"),
}


@pytest.mark.parametrize("case", KINDS)
def test_other_kinds(case):
    change, words = KINDS[case]
    assert any(difference.startswith(words) for difference in comparing.made_alike(eager(0), filled(0, change)))


def test_another_forward_pass():
    def change(model):
        model.norm.eps = 1e-2

    assert [*comparing.computed_alike(eager(0), filled(0, change), run)]
    assert not [*comparing.computed_alike(eager(0), filled(0), run)]
