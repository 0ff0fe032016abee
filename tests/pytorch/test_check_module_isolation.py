"""A module that was checked is what it was before, to the bit; so are random states and flags of the process."""

import random

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import real_images  # noqa: E402
import real_modules as real  # noqa: E402
from torch import nn  # noqa: E402
from torch.utils.checkpoint import checkpoint  # noqa: E402

import fastinit as fi  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # what PyTorch warns of is not this project's error


class Restless(nn.Module):
    """Changes in its forward pass whatever a module can change."""

    def __init__(self, fails=None):
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Linear(8, 3)
        self.drop = nn.Dropout(0.5)
        self.register_buffer("seen", torch.zeros(4))
        self.n_calls, self.cache, self.log, self.fails = 0, {}, [], fails
        self.plain = torch.zeros(3)
        self.codebook = nn.Parameter(torch.ones(3), requires_grad=False)
        self.generator = torch.Generator().manual_seed(3)

    def forward(self, x):
        self.n_calls += 1
        self.cache["x"] = x
        self.log.append(x.shape)
        self.extra = 1
        self.plain += 1
        self.seen = self.seen + 1
        self.codebook.data.mul_(0.9)
        torch.rand(1, generator=self.generator)
        random.random()
        np.random.rand()  # noqa: NPY002  a module may draw from it
        x = self.drop(self.norm(self.first(x)).relu_())
        self.first.train(False)
        if self.fails == "forward":
            raise RuntimeError("in the forward pass")
        return Fails.apply(self.last(x)) if self.fails == "backward" else self.last(x)


class Fails(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        raise RuntimeError("in the backward pass")


def state(module):
    """All that a check must leave, as values that can be compared; tensors by content and by identity."""
    found = {}
    for name, part in module.named_modules():
        for key, value in part.__dict__.items():
            content = dict(value) if isinstance(value, dict) else list(value) if isinstance(value, list) else value
            found[name, key] = (id(value), repr(content))
    flags = {
        name: (id(one), one.requires_grad, one.grad is None or one.grad.tolist(), one._version, one.tolist())
        for name, one in module.named_parameters()
    }
    flags |= {name: (id(one), one.tolist()) for name, one in module.named_buffers()}
    numpy_state = np.random.get_state()[1].tolist()  # noqa: NPY002
    generators = torch.get_rng_state().tolist(), random.getstate(), numpy_state
    modes = torch.is_grad_enabled(), torch.is_autocast_enabled(), torch.backends.mkldnn.enabled, torch.get_num_threads()
    return found, flags, generators, modes


def prepared(fails=None):
    torch.manual_seed(0)
    module = Restless(fails)
    module.eval()
    module.norm.train()
    module.first.weight.requires_grad_(False)
    module.last.weight.grad = torch.full_like(module.last.weight, 7.0)
    module.norm.register_forward_hook(lambda *_: None)
    return module


@pytest.mark.parametrize("batch", [None, torch.zeros(4, 6)], ids=["made", "given"])
def test_all_is_as_before(batch):
    module = prepared()
    before = state(module)
    fi.check(module, batch)
    assert state(module) == before


def test_the_batch_is_as_before():
    net = nn.Sequential(nn.ReLU(inplace=True), nn.Linear(6, 3))
    x = torch.randn(4, 6)
    expected, version = x.clone(), x._version
    fi.check(net, [x])
    assert torch.equal(x, expected)
    assert x._version == version
    net(x)
    assert not torch.equal(x, expected)  # the control


def test_the_control_sees_what_a_plain_pass_leaves():
    module = prepared()
    before = state(module)
    module(torch.ones(4, 6)).sum().backward()
    assert [a == b for a, b in zip(state(module), before, strict=True)] == [False, False, False, True]


@pytest.mark.parametrize("fails", ["forward", "backward", "loss"])
def test_all_is_as_before_after_an_exception(fails):
    module = prepared(fails)
    before = state(module)

    def loss(output):
        raise RuntimeError("in the loss")

    with pytest.raises(RuntimeError, match=f"in the {fails}") as caught:
        fi.check(module, torch.ones(4, 6), loss=loss if fails == "loss" else None)
    assert any(f"in the {fails} pass" in note and "(4, 6)" in note for note in caught.value.__notes__)
    assert state(module) == before


@pytest.mark.parametrize(
    "build", [real_images.resnet, real.GPT, real.LstmClassifier, real.lora], ids=lambda b: b.__name__
)
def test_real_modules_are_as_before(build):
    """Also those whose zero ends are opened."""
    torch.manual_seed(0)
    module = build()
    before, values = state(module), {name: t.clone() for name, t in module.state_dict().items()}
    fi.check(module)
    assert state(module) == before
    assert all(torch.equal(values[name], t) for name, t in module.state_dict().items())


def test_no_hook_is_left_and_a_graph_of_the_callers_stays_valid():
    module = real.perceptron(depth=2)
    total = module(torch.ones(2, 64)).sum()
    fi.check(module)
    assert not torch.nn.modules.module._global_forward_hooks
    assert not torch.nn.modules.module._global_forward_pre_hooks
    total.backward()


def test_under_no_grad_inference_mode_and_autocast():
    module = real.perceptron(depth=2)
    expected = [row[:-2] for row in fi.check(module).layers]
    with torch.no_grad():
        assert [row[:-2] for row in fi.check(module).layers] == expected
    with torch.inference_mode():
        assert [row[:-2] for row in fi.check(module).layers] == expected
    with torch.autocast("cpu", torch.bfloat16):
        assert fi.check(module).healthy


def test_the_same_call_gives_the_same_report():
    torch.manual_seed(0)
    module = real.transformer_encoder()  # has dropout
    first = fi.check(module, rng=4).to_dict()
    torch.manual_seed(9)
    assert fi.check(module, rng=4).to_dict() == first
    assert fi.check(module, rng=5).to_dict() != first


class Checkpointed(nn.Module):
    def __init__(self, reentrant):
        super().__init__()
        self.first, self.inner, self.reentrant = nn.Linear(6, 6), nn.Sequential(nn.Linear(6, 6), nn.ReLU()), reentrant
        self.last = nn.Linear(6, 2)

    def forward(self, x):
        h = self.first(x)
        h = self.inner(h) if self.reentrant is None else checkpoint(self.inner, h, use_reentrant=self.reentrant)
        return self.last(h)


@pytest.mark.parametrize("reentrant", [True, False])
def test_checkpoints_are_counted_once(reentrant):
    module = Checkpointed(reentrant)
    rows = fi.check(module).layers
    module.reentrant = None
    assert [row[:-2] for row in rows] == [row[:-2] for row in fi.check(module).layers]


def test_wrappers_are_looked_into():
    module = real.perceptron(depth=2)
    expected = [row[:-2] for row in fi.check(module).layers]
    for wrapped in (torch.compile(module), nn.DataParallel(module), nn.DataParallel(torch.compile(module))):
        assert [row[:-2] for row in fi.check(wrapped).layers] == expected
