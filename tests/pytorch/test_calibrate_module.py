"""`fastinit.calibrate` of modules, and remedies of `fastinit.check` that were tried."""

import pytest

torch = pytest.importorskip("torch")

import module_cases  # noqa: E402
import real_modules as real  # noqa: E402
from torch import nn  # noqa: E402

import fastinit as fi  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # what PyTorch warns of is not this project's error


def deep(activation=nn.SiLU, n_layers=24, n_units=64):
    torch.manual_seed(0)
    layers = [part for _ in range(n_layers) for part in (nn.Linear(n_units, n_units), activation())]
    net = nn.Sequential(*layers, nn.Linear(n_units, 10))
    for part in net[:-1:2]:
        nn.init.kaiming_normal_(part.weight)
        nn.init.zeros_(part.bias)
    return net


def stds(module, batch):
    """Of the outputs of each linear layer and convolution, by plain hooks."""
    found = {}

    def see(name):
        def hook(part, inputs, output):
            found.setdefault(name, float(output.double().std(correction=0)))

        return hook

    parts = {name: part for name, part in module.named_modules() if isinstance(part, (nn.Linear, nn.Conv2d))}
    handles = [part.register_forward_hook(see(name)) for name, part in parts.items()]
    with torch.no_grad():
        module(batch)
    for handle in handles:
        handle.remove()
    return found


@pytest.mark.parametrize("std", [1.0, 0.5])
def test_each_layer_has_the_width_on_the_batch(std):
    net, batch = deep(), torch.randn(32, 64)
    with torch.no_grad():
        for part in net[::2]:
            part.bias.normal_(std=0.1)
    before = stds(net, batch)
    done = fi.calibrate(net, batch, std=std)
    assert done.factors.keys() == before.keys()
    assert list(stds(net, batch).values()) == pytest.approx([std] * 25, rel=1e-4)  # float32, 25 layers
    assert max(before.values()) / min(before.values()) > 10
    assert "0 " in str(done).splitlines()[1]


def test_a_dry_run_says_the_same_and_changes_nothing():
    net, batch = deep(), torch.randn(32, 64)
    state = {name: one.clone() for name, one in net.state_dict().items()}
    versions = [one._version for one in net.parameters()]
    said = fi.calibrate(net, batch, dry_run=True)
    assert all(torch.equal(state[name], one) for name, one in net.state_dict().items())
    assert [one._version for one in net.parameters()] == versions
    done = fi.calibrate(net, batch)
    assert done.factors == said.factors
    assert torch.allclose(net[4].weight, state["4.weight"] * done.factors["4"])
    assert torch.equal(net[4].bias, state["4.bias"])


class Mixed(nn.Module):
    """Convolutions before a norm and not, ends of zeros, tied weights, layers that are called twice and never."""

    def __init__(self):
        super().__init__()
        self.normed, self.norm = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.plain, self.end = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 1)
        nn.init.zeros_(self.end.weight)
        nn.init.zeros_(self.end.bias)
        self.twice, self.unused = nn.Linear(8, 8), nn.Linear(8, 8)
        self.embed, self.head = nn.Embedding(10, 8), nn.Linear(8, 10, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, x):
        x = self.norm(self.normed(x)).relu()
        x = x + self.end(self.plain(x).relu())
        x = x.mean((2, 3)) + self.embed(torch.zeros(len(x), dtype=torch.long))
        return self.head(self.twice(self.twice(x).tanh()))


def test_what_is_left_alone():
    torch.manual_seed(0)
    net, batch = Mixed(), torch.randn(16, 3, 8, 8)
    before = {name: one.clone() for name, one in net.state_dict().items()}
    done = fi.calibrate(net, batch)
    assert done.factors.keys() == {"plain", "end", "twice"}
    assert done.factors["end"] == 1
    changed = {name for name, one in net.state_dict().items() if not torch.equal(one, before[name])}
    assert changed == {"plain.weight", "twice.weight"}
    found = stds(net.train(), batch)
    assert found["plain"] == pytest.approx(1, rel=1e-5)
    assert found["twice"] == pytest.approx(1, rel=1e-5)  # at its first call


def test_transposed_layers_and_half_precision():
    net = real.GPT(n_layers=2)
    tokens = torch.randint(0, 50, (4, 12))
    done = fi.calibrate(net, tokens)
    assert done.factors
    assert all(row.std_after == pytest.approx(1, rel=1e-3) for row in done.scaled if row.factor != 1)
    half, batch = deep(n_layers=4).to(torch.bfloat16), torch.randn(32, 64, dtype=torch.bfloat16)
    fi.calibrate(half, batch)
    assert half[0].weight.dtype == torch.bfloat16
    assert fi.calibrate(half, batch, dry_run=True).factors["8"] == pytest.approx(1, rel=0.02)  # bfloat16


REFUSED = [
    ({"center": True}, TypeError, "calibrate: center: expected none beside a torch.nn.Module"),
    ({"scheme": "zeros"}, TypeError, "calibrate: scheme: expected none beside a torch.nn.Module"),
    ({"std": 0}, ValueError, "calibrate: std: expected a finite number > 0, got 0"),
    ({"dry_run": 1}, TypeError, "calibrate: dry_run: expected"),
    ({"batch": 3}, TypeError, "calibrate: batch: expected a tensor, a list of positional"),
    ({"n_samples": 0}, ValueError, "calibrate: n_samples: expected an int >= 1, got 0"),
    ({"batch": torch.zeros(2, 64), "n_samples": 3}, ValueError, "calibrate: n_samples: expected None beside a batch"),
]


@pytest.mark.parametrize(("arguments", "kind", "words"), REFUSED)
def test_refused(arguments, kind, words):
    net = deep(n_layers=2)
    before = [one.clone() for one in net.parameters()]
    with pytest.raises(kind, match=words):
        fi.calibrate(net, **arguments)
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))
    with pytest.raises(TypeError, match="calibrate: dry_run: expected none, except for a torch"):
        fi.calibrate([4, 5], dry_run=True)


def test_a_remedy_that_calibrates():
    case = next(case for case in module_cases.SICK if case.name == "ResNet without norms, 29 blocks")
    torch.manual_seed(0)
    net = case.build()
    assert fi.check(net).remedy == "fastinit.calibrate(module, batch)"
    fi.calibrate(net)
    assert fi.check(net).healthy


def test_remedies_are_tried_and_where_none_helps_it_is_said():
    """Of the cases of the table, those that no scale mends."""
    unmended = set()
    for case in module_cases.SICK:
        torch.manual_seed(0)
        remedy = fi.check(case.build(), case.batch and case.batch(), rng=0).remedy
        assert remedy
        if remedy.startswith(("nothing that was tried", "find what")):
            unmended.add(case.name)
    assert unmended == {
        "LSTM, weights 50 times too wide",
        "50 layers with batch normalization",
        "10 layers of sigmoid",
        "ResNet, first half detached",
        "ViT, a NaN",
        "Mamba, overflow",
    }


def test_a_picture_and_a_page(tmp_path):
    report = fi.check(real.GPT(n_layers=2))
    report.html(tmp_path / "x.html")
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert page.count("<tr") == len(report.layers) + 1
    assert "attn.qkv" in page
    report.plot(tmp_path / "x.svg", dark=True)
    assert "attn.qkv" in (tmp_path / "x.svg").read_text()
