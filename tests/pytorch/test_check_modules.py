"""`fastinit.check` of modules: verdicts on real ones, healthy and sick."""

import warnings

import pytest

torch = pytest.importorskip("torch")

import module_cases  # noqa: E402
from torch import nn  # noqa: E402

import fastinit as fi  # noqa: E402

CASES = module_cases.HEALTHY + module_cases.SICK

#: Of the heavy run.
N_SEEDS = 10


def checked(case, seed):
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what PyTorch warns of is not this project's error
        return fi.check(case.build(), case.batch and case.batch(), rng=seed)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_verdict(case):
    report = checked(case, 0)
    assert (report.verdict, report.healthy) == (case.verdict, case.verdict == "healthy"), report.reason
    assert (report.remedy == "") == report.healthy
    assert case.verdict == "healthy" or report.verdict in report.findings


@pytest.mark.heavy
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_verdict_for_each_seed(case):
    """No chance of a false alarm is stated: all are decided by far more than chance moves them."""
    assert [checked(case, seed).verdict for seed in range(N_SEEDS)] == [case.verdict] * N_SEEDS


def test_there_are_enough_cases():
    assert len(module_cases.HEALTHY) >= 12
    assert len(module_cases.SICK) >= 20
    assert len({case.name for case in CASES}) == len(CASES)


def test_zero_initialized_ends_are_explained():
    reports = {case.name: checked(case, 0) for case in module_cases.HEALTHY}
    explained = {name for name, report in reports.items() if any("zero at the beginning" in n for n in report.notes)}
    assert explained == {"ResNet, zero ends", "ViT, zero head", "LoRA", "DiT", "UNet", "ReZero"}
    narrow = {name for name, report in reports.items() if any("narrower by" in note for note in report.notes)}
    assert narrow == {"GPT", "GPT, attention written out", "GPT with experts"}


def test_the_reason_names_all_layers_that_share_a_fault():
    net = nn.Sequential(*[layer for _ in range(4) for layer in (nn.Linear(32, 32), nn.ReLU())], nn.Linear(32, 4))
    for i in (0, 4):
        nn.init.constant_(net[i].bias, -50.0)
    report = fi.check(net)
    assert report.verdict == "dead"
    assert [row.name for row in report.layers if "dead" in row.findings] == ["1", "5"]
    assert report.reason == "100% of the units of 1 (ReLU) pass nothing on, whatever the sample (2 places: 1, 5)"
    assert "0.weight" in report.remedy
    assert "4.weight" in report.remedy


def test_every_finding_has_a_remedy_that_names_a_scheme():
    case = next(case for case in module_cases.SICK if case.name == "perceptron, constant")
    assert "fastinit.get('he_normal', fans='oi')" in checked(case, 0).remedy


def test_a_remedy_heals():
    """The sick perceptron, filled as the remedy says, is healthy."""
    import fastinit.torch as ft

    case = next(case for case in module_cases.SICK if case.name == "perceptron, weights 10 times too narrow")
    net = case.build()
    assert fi.check(net).verdict == "vanishing"
    ft.initialize_(net, {"*.weight": fi.get("he_normal", fans="oi"), "*.bias": "zeros"})
    assert fi.check(net).healthy


def test_samples_that_the_output_hardly_tells_apart_are_noted():
    """The first layer's weights are 1e-4 of its biases; 200 steps of SGD or Adam learn all the same."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 10))
    assert not any("varies across samples" in note for note in fi.check(net).notes)
    with torch.no_grad():
        net[0].weight.mul_(1e-4)
    report = fi.check(net)
    assert report.healthy
    assert any("varies across samples" in note for note in report.notes)
