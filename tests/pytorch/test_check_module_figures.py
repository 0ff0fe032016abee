"""The figures of a module's report, against what plain PyTorch computes, or the hand."""

import json
import math

import pytest

torch = pytest.importorskip("torch")

import real_modules as real  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

import fastinit as fi  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # what PyTorch warns of is not this project's error


def row_of(report, name, activation=None):
    return next(row for row in report.layers if row.name == name and activation in (None, row.activation))


def test_scales_gradients_and_ratios_are_those_of_a_plain_pass():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 3))
    x = torch.randn(16, 5)
    report = fi.check(net, x, loss=lambda y: y.square().sum())
    h = net[0](x)
    h.retain_grad()
    y = net[2](net[1](h))
    y.square().sum().backward()
    row = row_of(report, "0")
    assert row.activation == "Linear"
    assert row.shape == (16, 7)
    assert row.mean == pytest.approx(float(h.mean()), rel=1e-5)
    assert row.std == pytest.approx(float(h.std(unbiased=False)), rel=1e-5)
    assert row.signal == pytest.approx(float(h.var(0, unbiased=False).mean() / h.var(unbiased=False)), rel=1e-5)
    assert row.gradient_std == pytest.approx(float(h.grad.std(unbiased=False)), rel=1e-5)
    assert row.activation_ratio == pytest.approx(float(h.square().mean() / x.square().mean()), rel=1e-5)
    elasticity = float(h.square().mean() * h.grad.square().sum())
    of_last = float(y.square().mean() * (2 * y).square().sum())
    assert row.gradient_ratio == pytest.approx((elasticity / of_last) ** 0.5, rel=1e-4)
    for one in report.parameters:
        parameter = net.get_parameter(one.name)
        assert one.rms == pytest.approx(float(parameter.square().mean().sqrt()), rel=1e-5)
        assert one.gradient_norm == pytest.approx(float(parameter.grad.norm()), rel=1e-5)
        assert one.update_ratio == pytest.approx(float(parameter.grad.norm() / parameter.norm()), rel=1e-5)
    assert sorted(row.values) == pytest.approx(sorted(h.detach().flatten().tolist()))
    assert sorted(row.gradients) == pytest.approx(sorted(h.grad.flatten().tolist()))


def test_dead_and_saturated_shares():
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(inplace=True), nn.Linear(8, 4), nn.Tanh())
    nn.init.eye_(net[2].weight)
    nn.init.constant_(net[0].bias, 1.0)
    nn.init.zeros_(net[2].bias)
    nn.init.zeros_(net[0].weight)
    with torch.no_grad():
        net[0].bias[:3] = -1.0
        net[0].bias[3] = 5.0
    report = fi.check(net, torch.randn(16, 4))
    assert row_of(report, "1").dead == pytest.approx(3 / 8)
    # Inputs of tanh are 0, 0, 0 and 5; its slope is below 1/20 from 2.18 on.
    assert row_of(report, "3").saturated == pytest.approx(1 / 4)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (torch.relu, "relu"),
        (functional.relu, "relu"),
        (lambda x: x.clamp(min=0), "relu"),
        (torch.relu_, "relu"),
        (functional.gelu, "gelu"),
        (functional.silu, "silu"),
        (functional.mish, "mish"),
        (functional.relu6, "relu6"),
        (functional.elu, "elu"),
        (functional.selu, "selu"),
        (functional.hardswish, "hardswish"),
        (functional.softplus, "softplus"),
    ],
)
def test_activations_called_as_functions(function, name):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Linear(4, 40), nn.Linear(40, 2)

        def forward(self, x):
            return self.last(function(self.first(x) * 1.0))

    net = Net()
    nn.init.constant_(net.first.bias[:10], -100.0)
    nn.init.zeros_(net.first.bias[10:])
    # Each of the others is off for all 64 by chance with probability 2**-64.
    assert row_of(fi.check(net, torch.randn(64, 4)), "", name).dead == pytest.approx(1 / 4)


@pytest.mark.parametrize("written_out", ["gelu", "silu"])
def test_parts_of_formulas_are_no_saturation(written_out):
    formulas = {
        "gelu": lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
        "silu": lambda x: x * torch.sigmoid(x),
    }

    class Net(nn.Module):
        def __init__(self, function):
            super().__init__()
            self.first, self.last, self.function = nn.Linear(4, 64), nn.Linear(64, 2), function

        def forward(self, x):
            return self.last(self.function(self.first(x)))

    for function, verdict in ((formulas[written_out], "healthy"), (torch.tanh, "saturating")):
        torch.manual_seed(0)
        net = Net(function)
        with torch.no_grad():
            net.first.weight.mul_(20)
            net.last.weight.div_(20)
        assert fi.check(net, torch.randn(64, 4)).verdict == verdict


class Even(nn.Module):
    """Attention whose queries are zero: all keys have the same share."""

    def __init__(self, causal, fused, query=0.0):
        super().__init__()
        self.inner = real.Attention(16, 2, causal, fused)
        with torch.no_grad():
            self.inner.qkv.weight[:16] *= query
            self.inner.qkv.bias[:16] *= query

    def forward(self, x):
        return self.inner(x)


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("fused", [True, False])
def test_entropy_of_attention(causal, fused):
    x = torch.randn(4, 12, 16)
    (even,) = fi.check(Even(causal, fused), x).attentions
    assert (even.name, even.n_keys, even.saturated) == ("inner", 12, 0)
    assert even.entropy == pytest.approx(1, abs=1e-6)
    report = fi.check(Even(causal, fused, query=1e4), x)
    assert report.verdict == "saturating"
    assert report.attentions[0].entropy < 0.1


def test_fused_attention_is_measured_as_if_written_out():
    torch.manual_seed(0)
    x = torch.randn(4, 12, 16)
    fused, plain = Even(True, True, 5.0), Even(True, False, 5.0)
    plain.load_state_dict(fused.state_dict())
    (a,), (b,) = (fi.check(net, x).attentions for net in (fused, plain))
    assert a.entropy == pytest.approx(b.entropy, rel=1e-5)
    assert 0.1 < a.entropy < 0.99


def test_logits():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 10))
    report = fi.check(net)
    assert (report.logits.n_classes, report.logits.ln_classes) == (10, math.log(10))
    assert report.logits.loss == pytest.approx(math.log(10), rel=0.1)
    nn.init.zeros_(net[2].weight)
    nn.init.zeros_(net[2].bias)
    report = fi.check(net)
    assert (report.logits.std, report.healthy) == (0, True)
    assert report.logits.loss == pytest.approx(math.log(10))


def test_a_report_as_text_and_as_data():
    report = fi.check(real.perceptron(depth=2))
    text = str(report)
    heading, *rows = text.split("\n\n")[0].splitlines()
    assert (
        "  ".join(heading.split())
        == "layer  kind  shape  mean  std  signal  saturated  dead  grad  std  update  verdict"
    )
    assert [row.split()[0] for row in rows] == ["0", "1", "2", "3", "4"]
    assert text.splitlines()[len(rows) + 2].startswith("healthy: ")
    data = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert data["verdict"] == "healthy"
    assert data["layers"][0]["name"] == "0"
    assert data["layers"][1]["saturated"] is None
    assert "values" not in data["layers"][0]


def test_the_table_of_a_deep_module_is_short():
    report = fi.check(real.GPT(n_layers=12))
    assert len(report.layers) == 1 + 12 * 7 + 2
    rows = str(report).split("\n\n")[0].splitlines()
    assert len(rows) < 20
    assert any(row.startswith("h.0-11.attn.qkv") and "12 Linear" in row for row in rows)
