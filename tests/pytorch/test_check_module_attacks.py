"""What an attack on `fastinit.check` and `fastinit.calibrate` of modules found, each with its smallest case."""

import threading

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

import fastinit as fi  # noqa: E402
import fastinit.torch as ft  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # what PyTorch warns of is not this project's error


def silus(first=None):
    torch.manual_seed(0)
    layers = [part for _ in range(24) for part in (nn.Linear(32, 32), nn.SiLU())]
    return nn.Sequential(*([first] if first else []), *layers, nn.Linear(32, 8))


def test_the_batch_is_as_it_was_also_where_remedies_are_tried():
    batch = torch.randn(16, 32)
    before = batch.clone()
    net = silus(nn.ReLU(inplace=True))
    assert fi.check(net, batch).verdict == "vanishing"
    said = fi.calibrate(net, batch, dry_run=True)
    assert torch.equal(batch, before)
    assert fi.calibrate(net, batch).factors == said.factors
    assert float(net[1](batch.relu()).double().std(correction=0)) == pytest.approx(1, rel=1e-4)


class Scaled(nn.Linear):
    """Not its weights times its inputs."""

    def forward(self, x):
        return 4 * super().forward(x)


def test_only_layers_that_are_what_they_seem_are_scaled():
    net = nn.Sequential(Scaled(8, 8), nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8))
    net[1].register_forward_hook(lambda part, inputs, output: 5 * output)
    net[2].weight = nn.Parameter(net[3].weight.data)  # two parameters in one memory
    net[4].weight.requires_grad_(False)
    assert fi.calibrate(net, dry_run=True).factors == {}
    assert fi.calibrate(nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 4)), dry_run=True).factors.keys() == {"0", "1"}
    scripted = torch.jit.script(nn.Sequential(nn.Linear(8, 4)))
    assert fi.calibrate(scripted, torch.randn(4, 8), dry_run=True).factors == {}


class AbnormalHead(nn.Module):
    def forward(self, x):
        return x


def test_a_norm_is_no_matter_of_four_letters():
    assert fi.calibrate(nn.Sequential(nn.Linear(8, 8), AbnormalHead()), dry_run=True).factors.keys() == {"0"}
    assert fi.calibrate(nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8)), dry_run=True).factors == {}


def test_weights_that_overflow_are_refused_before_any_is_changed():
    net = nn.Sequential(nn.Linear(16, 8), nn.Linear(8, 8)).half()
    before = [one.clone() for one in net.parameters()]
    with pytest.raises(ValueError, match="calibrate: std: expected a number with which weights stay within float16"):
        fi.calibrate(net, torch.randn(64, 16).half(), std=1e6)
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))


class Loop(nn.Module):
    """A layer that is called three times, with equal outputs."""

    def __init__(self):
        super().__init__()
        self.cell, self.head = nn.Linear(16, 16), nn.Linear(16, 4)
        nn.init.constant_(self.cell.bias, -50.0)

    def forward(self, x):
        for _ in range(3):
            x = torch.relu(self.cell(x))
        return self.head(x)


def test_layers_that_are_called_again_have_remedies():
    report = fi.check(Loop(), torch.randn(64, 16))
    assert report.verdict == "dead"
    assert "cell.bias, head.bias: fastinit.get('zeros')" in report.remedy


class Steps(nn.Module):
    """Trains itself in its forward pass."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(16, 4)

    def forward(self, x):
        y = self.layer(x)
        y.sum().backward(retain_graph=True)
        torch.set_default_dtype(torch.float64)
        return y


def test_gradients_and_the_default_dtype_are_as_they_were():
    module, x = Steps(), torch.randn(8, 16)
    fi.check(module, x)
    assert module.layer.weight.grad is None
    gradient = module.layer.weight.grad = torch.ones(4, 16)
    fi.check(module, x)
    assert module.layer.weight.grad is gradient
    assert torch.equal(gradient, torch.ones(4, 16))
    assert torch.get_default_dtype() == torch.float32


def test_what_cannot_be_compared_is_put_back_and_so_is_the_rest():
    module = nn.Sequential(nn.Linear(16, 4), nn.BatchNorm1d(4)).eval().requires_grad_(False)
    module.register_buffer("odd", torch.zeros(3, dtype=torch.complex32))
    fi.check(module)
    assert not any(part.training for part in module.modules())
    assert not any(one.requires_grad for one in module.parameters())


def test_threads_wait_for_each_other():
    nets = [nn.Sequential(nn.Linear(16, 16), nn.Dropout(0.5), nn.Linear(16, 4)) for _ in range(3)]
    batch, original = torch.randn(32, 16), torch.utils.checkpoint.CheckpointFunction
    expected = [fi.check(net, batch).to_dict() for net in nets]
    found = [[] for _ in nets]
    work = [
        threading.Thread(target=lambda net=net, own=own: own.extend(fi.check(net, batch).to_dict() for _ in range(3)))
        for net, own in zip(nets, found, strict=True)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert found == [[one] * 3 for one in expected]
    assert torch.utils.checkpoint.CheckpointFunction is original


def test_a_norm_takes_the_scale_of_what_is_before_it_away():
    layers = [part for _ in range(4) for part in (nn.Linear(32, 32, bias=False), nn.BatchNorm1d(32), nn.ReLU())]
    net = nn.Sequential(*layers, nn.Linear(32, 8))
    for part in net:
        if isinstance(part, nn.Linear) and part.bias is None:
            nn.init.normal_(part.weight, std=100.0)
    assert fi.check(net, torch.randn(64, 32)).healthy
    bare = nn.Sequential(*[part for part in net if not isinstance(part, nn.BatchNorm1d)])
    assert fi.check(bare, torch.randn(64, 32)).verdict == "exploding"


def test_rules_of_a_remedy_heal():
    net = nn.Sequential(nn.Linear(20, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10))
    for parameter in net.parameters():
        nn.init.zeros_(parameter)
    report = fi.check(net)
    assert report.verdict == "symmetric"
    assert report.rules["1.weight"] == fi.get("ones")
    ft.initialize_(net, {**report.rules, "*": fi.keep}, rng=0)
    assert fi.check(net).healthy


@pytest.mark.parametrize("activation", [nn.Hardtanh, nn.Hardsigmoid])
def test_hard_functions_saturate_too(activation):
    net = nn.Sequential(nn.Linear(16, 64), activation(), nn.Linear(64, 8))
    nn.init.normal_(net[0].weight, std=10.0)
    assert fi.check(net).verdict == "saturating"
    nn.init.normal_(net[0].weight, std=0.1)
    assert fi.check(net).healthy


def test_prelu_of_slope_0_dies():
    net = nn.Sequential(nn.Linear(16, 64), nn.PReLU(init=0.0), nn.Linear(64, 8))
    nn.init.constant_(net[0].bias, -50.0)
    assert fi.check(net, torch.randn(64, 16)).verdict == "dead"
    nn.init.constant_(net[1].weight, 0.25)
    nn.init.zeros_(net[0].bias)
    assert fi.check(net, torch.randn(64, 16)).healthy


class Odd(nn.Module):
    """Answers to every name."""

    def __getattr__(self, name):
        try:
            return super().__getattr__(name)
        except AttributeError:
            return self

    def forward(self, x):
        return x


def inference_made():
    with torch.inference_mode():
        return nn.Linear(4, 4)


REFUSED = [
    (lambda: fi.check(inference_made()), "check: module: expected parameters not made in inference mode"),
    (lambda: fi.check(nn.Linear(4, 4), torch.full((3, 4), torch.nan)), "check: batch: expected numbers, got NaN"),
    (lambda: fi.check(nn.Linear(4, 4), torch.zeros(3, 4, device="meta")), "check: batch: expected tensors with values"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_odd_modules():
    assert fi.check(nn.Sequential(Odd(), nn.Linear(4, 4)), torch.randn(8, 4)).healthy
    empty = nn.Sequential(nn.Linear(16, 0), nn.Linear(0, 4))
    assert fi.check(empty, torch.randn(8, 16)).verdict
    assert fi.calibrate(empty, torch.randn(8, 16), dry_run=True).factors == {}
