"""What a module may be and be called with, and how everything else is refused."""

import collections
import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import real_images  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.utils.parametrizations import spectral_norm, weight_norm  # noqa: E402

import fastinit as fi  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # what PyTorch warns of is not this project's error


def lines(*shape):
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))


class Named(nn.Module):
    """Two inputs, and outputs of any kind."""

    def __init__(self, wrap):
        super().__init__()
        self.a, self.b, self.wrap = nn.Linear(4, 8), nn.Linear(6, 8), wrap

    def forward(self, x, y=None):
        return self.wrap(self.a(x) + (0 if y is None else self.b(y)))


@dataclasses.dataclass
class Output:
    hidden: torch.Tensor
    note: str = ""


WRAPS = {
    "tuple": lambda h: (h, 3, None),
    "dict": lambda h: {"hidden": h, "ids": torch.zeros(2, dtype=torch.int64)},
    "dataclass": Output,
    "nested": lambda h: [{"a": (h,)}],
    "named tuple": collections.namedtuple("Found", "hidden"),
}


@pytest.mark.parametrize("wrap", WRAPS)
def test_outputs_of_every_kind(wrap):
    net = Named(WRAPS[wrap])
    x, y = torch.randn(8, 4), torch.randn(8, 6)
    for batch in ((x, y), [x, y], {"x": x, "y": y}, collections.OrderedDict(y=y, x=x)):
        report = fi.check(net, batch)
        assert report.n_samples == 8
        assert all(one.gradient_norm > 0 for one in report.parameters)
        assert report.logits is None


MADE = {
    "linear": lambda: nn.Linear(5, 3),
    "convolution": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3)),
    "of MNIST": lambda: nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(4 * 26 * 26, 10)),
    "one axis": lambda: nn.Sequential(nn.Conv1d(2, 4, 9), nn.ReLU(), nn.Conv1d(4, 4, 9)),
    "three axes": lambda: nn.Conv3d(2, 4, 3),
    "transposed": lambda: nn.ConvTranspose2d(3, 4, 3),
    "LSTM": lambda: nn.LSTM(4, 8),
    "GRU": lambda: nn.GRU(4, 8, batch_first=True),
    "cell": lambda: nn.RNNCell(4, 8),
    "attention": lambda: nn.MultiheadAttention(8, 2),
    "encoder layer": lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True),
    "bilinear": lambda: nn.Bilinear(3, 4, 5),
    "tokens": lambda: nn.Sequential(nn.Embedding(20, 8), nn.Linear(8, 20)),
    "bag": lambda: nn.Sequential(nn.EmbeddingBag(20, 8), nn.Linear(8, 4)),
    "sparse tokens": lambda: nn.Sequential(nn.Embedding(20, 8, sparse=True), nn.Linear(8, 20)),
    "norm first": lambda: nn.Sequential(nn.LayerNorm(8), nn.Linear(8, 4)),
    "batch norm first": lambda: nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3)),
    "parametrized": lambda: nn.Sequential(weight_norm(nn.Linear(6, 8)), nn.ReLU(), spectral_norm(nn.Linear(8, 3))),
    "half": lambda: lines().bfloat16(),
    "double": lambda: lines().double(),
    "timm": lambda: _with(nn.Sequential(nn.Conv2d(3, 4, 3)), pretrained_cfg={"input_size": (3, 40, 40)}),
}


def _with(module, **attributes):
    for name, value in attributes.items():
        setattr(module, name, value)
    return module


@pytest.mark.parametrize("kind", MADE)
def test_batches_are_made(kind):
    torch.manual_seed(0)
    report = fi.check(MADE[kind]())
    assert report.healthy, report.reason
    assert report.n_samples == 8
    assert "a batch made here" in report.notes[0]
    assert fi.check(MADE[kind](), n_samples=5).n_samples == 5


def test_a_batch_is_that_of_the_seed():
    net = lines()
    assert fi.check(net, rng=1).to_dict() == fi.check(net, rng=1).to_dict() != fi.check(net, rng=2).to_dict()
    generators = [np.random.default_rng(3) for _ in range(2)]
    assert fi.check(net, rng=generators[0]).to_dict() == fi.check(net, rng=generators[1]).to_dict()


class Shared(nn.Module):
    """One layer ten times, one never, and a list that is not called."""

    def __init__(self):
        super().__init__()
        self.cell, self.never, self.rest = nn.Linear(4, 4), nn.Linear(4, 4), nn.ModuleList([nn.Linear(4, 4)])

    def forward(self, x):
        for _ in range(10):
            x = torch.tanh(self.cell(x)) + x
        return self.rest[0](x)


def test_layers_called_often_and_never():
    report = fi.check(Shared())
    assert [row.name for row in report.layers if row.activation == "Linear"] == ["cell"] * 4 + ["rest.0"]
    assert any(note == "no gradient reaches 2 parameters: never.weight, never.bias" for note in report.notes)
    assert report.healthy


def test_complex_numbers():
    class Complex(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Linear(4, 8, dtype=torch.complex64), nn.Linear(8, 8, dtype=torch.complex64)

        def forward(self, x):
            return self.last(self.first(x)).abs()

    assert fi.check(Complex(), torch.randn(8, 4, dtype=torch.complex64)).healthy


def test_a_loss_of_ones_own():
    net = lines()
    report = fi.check(net, torch.randn(8, 6), loss=lambda y: y[:, 0].sum())
    assert "gradients are of the loss given" in report.notes[0]
    assert next(one for one in report.parameters if one.name == "2.bias").gradient_norm == 8


def test_a_module_without_parameters_and_frozen_ones():
    assert fi.check(nn.Sequential(nn.ReLU(), nn.Tanh()), torch.randn(8, 4)).healthy
    net = lines().requires_grad_(False)
    report = fi.check(net)
    assert report.healthy
    assert any(note.startswith("4 parameters are frozen") for note in report.notes)
    assert not any(parameter.requires_grad for parameter in net.parameters())


X = torch.zeros(4, 6)


class Odd(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))

    def forward(self, x):
        return x


REFUSED = [
    (lambda: fi.check(lines(), X, activation="relu"), TypeError, "check: activation"),
    (lambda: fi.check(lines(), X, scheme="he_normal"), TypeError, "check: scheme: expected none beside a torch.nn.Mod"),
    (lambda: fi.check(lines(), X, layout="oi"), TypeError, "check: layout"),
    (lambda: fi.check(lines(), X, bias=np.ones(3)), TypeError, "check: bias"),
    (lambda: fi.check(lines(), X, output="softmax"), TypeError, "check: output"),
    (lambda: fi.check(lines(), X, batch=X), TypeError, "check: batch: expected it once"),
    (lambda: fi.check(lines(), np.zeros((4, 6))), TypeError, "check: batch: expected a tensor, a list"),
    (lambda: fi.check(lines(), [np.zeros((4, 6))]), TypeError, "check: batch: expected tensors"),
    (lambda: fi.check(lines(), "relu"), TypeError, "check: activation: expected none beside"),
    (lambda: fi.check(lines(), {1: X}), TypeError, "check: batch: expected names"),
    (lambda: fi.check(lines(), []), ValueError, "check: batch: expected a tensor with samples"),
    (lambda: fi.check(lines(), torch.zeros(0, 6)), ValueError, "check: batch: expected a tensor with samples"),
    (lambda: fi.check(lines(), X, n_samples=4), ValueError, "check: n_samples: expected None beside a batch"),
    (lambda: fi.check(lines(), n_samples=0), ValueError, "check: n_samples: expected an int >= 1"),
    (lambda: fi.check(lines(), rng=-1), ValueError, "check: rng"),
    (lambda: fi.check(lines(), X, loss=3), TypeError, "check: loss: expected a callable"),
    (lambda: fi.check(lines(), X, loss=lambda y: y), TypeError, "check: loss: expected a function of the output"),
    (lambda: fi.check(nn.Linear(3, 3, device="meta")), ValueError, "check: module: expected parameters with values"),
    (lambda: fi.check(nn.LazyLinear(3)), ValueError, "check: module: expected parameters of known shapes"),
    (lambda: fi.check(Odd()), ValueError, "check: batch: expected a batch, since none could be made for a Odd"),
    (
        lambda: fi.check(real_images.DiT()),
        ValueError,
        "check: batch: expected a batch, since none could be made",
    ),
    (lambda: fi.check(nn.Embedding(4, 2), lambda y: y), TypeError, "check: batch"),
    (lambda: fi.check([4, 4], loss=sum), TypeError, "check: loss: expected none, except for a torch.nn.Module"),
]


@pytest.mark.parametrize(("call", "error", "text"), REFUSED)
def test_refused(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).startswith(text)
    assert len(str(caught.value)) < 400


def test_check_of_arrays_does_not_import_the_adapter():
    import subprocess
    import sys

    code = "import sys, torch, fastinit as fi; fi.check([4, 4]); sys.exit('fastinit.torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
