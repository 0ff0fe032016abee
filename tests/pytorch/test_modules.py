"""`materialize` and `initialize_`: values, ties, names, what is left alone, and refusals before anything is written."""

import numpy as np
import pytest

import fastinit as fi

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

import fastinit.torch as ft  # noqa: E402


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(20, 8)
        self.norm = nn.BatchNorm1d(8)
        self.rnn = nn.LSTM(8, 8, 2)
        self.head = nn.Linear(8, 20, bias=False)
        self.head.weight = self.embed.weight
        self.also = [self.embed.weight, (torch.arange(4), {"norm": self.norm.weight})]
        self.register_buffer("mask", torch.ones(4, 4).tril().bool(), persistent=False)

    def forward(self, ids):
        return self.head(self.rnn(self.norm(self.embed(ids)))[0])


def states_are_equal(a, b):
    return all(torch.equal(x, b.state_dict()[name]) for name, x in a.state_dict().items())


def test_materialize():
    model = ft.materialize(Tied, rng=3)
    assert model.head.weight is model.embed.weight is model.also[0]
    assert model.also[1][1]["norm"] is model.norm.weight
    assert model.also[1][0].tolist() == [0, 1, 2, 3]
    assert torch.equal(model.mask, torch.ones(4, 4).tril().bool())
    assert model.mask.dtype is torch.bool
    expected = fi.normal((20, 8), rng=3, name="embed.weight")
    assert (model.embed.weight.detach().numpy() == expected).all()
    assert states_are_equal(model, ft.materialize(Tied, rng=3, threads=1))
    assert not states_are_equal(model, ft.materialize(Tied, rng=4))
    assert all(p.requires_grad and p.is_leaf for p in model.parameters())
    model(torch.arange(5)).sum().backward()


def test_materialize_in_another_dtype():
    model, full = (ft.materialize(Tied, rng=3, dtype=dtype) for dtype in (torch.bfloat16, None))
    for (name, half), (_, whole) in zip(model.named_parameters(), full.named_parameters(), strict=True):
        assert torch.equal(half, whole.to(torch.bfloat16)), name
    assert model.norm.running_var.dtype is torch.float32
    with pytest.raises(TypeError, match=r"^materialize: dtype: expected a floating-point torch.dtype or None, got"):
        ft.materialize(Tied, dtype=torch.int8)


def test_attributes_and_kinds_of_parameters_are_kept():
    class Special(nn.Parameter):
        pass

    def build():
        module = nn.Module()
        module.a = nn.Parameter(torch.zeros(3), requires_grad=False)
        module.b = Special(torch.ones(3))
        module.b.no_weight_decay = True
        return module

    module = ft.materialize(build)
    assert not module.a.requires_grad
    assert type(module.b) is Special
    assert module.b.no_weight_decay


def test_generators():
    values = [ft.materialize(Tied, rng=make(7)).embed.weight for make in (np.random.default_rng, np.random.default_rng)]
    assert torch.equal(*values)
    torch_values = [ft.materialize(Tied, rng=torch.Generator().manual_seed(k)).embed.weight for k in (7, 7, 8)]
    assert torch.equal(torch_values[0], torch_values[1])
    assert not torch.equal(torch_values[0], torch_values[2])


def test_initialize_by_rules():
    rules = {"*norm*": fi.keep, "rnn.*": fi.get("uniform", low=-0.1, high=0.1), "embed.weight": "normal"}
    model = ft.initialize_(Tied(), rules, rng=3)
    assert (model.embed.weight.detach().numpy() == fi.normal((20, 8), rng=3, name="embed.weight")).all()
    assert model.norm.weight.eq(1).all()
    assert states_are_equal(model, ft.initialize_(nn.Sequential(Tied()), rules, rng=3, rename=lambda name: name[2:])[0])
    wrapped = nn.Module()
    wrapped._orig_mod = Tied()
    assert states_are_equal(model, ft.initialize_(wrapped, rules, rng=3)._orig_mod)


def test_stages_by_a_rename():
    """A stage counts its layers from 0; the whole model does not."""
    whole = ft.initialize_(nn.Sequential(*(nn.Linear(4, 4) for _ in range(6))), {"*": "normal"}, rng=0)
    stage = nn.Sequential(*(nn.Linear(4, 4) for _ in range(2)))
    ft.initialize_(stage, {"*": "normal"}, rng=0, rename=lambda name: f"{int(name[0]) + 4}{name[1:]}")
    for ours, theirs in zip(stage.parameters(), whole[4:].parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_initialize_by_a_plan():
    model, plan = Tied(), ft.record(Tied)
    with torch.no_grad():
        for tensor in [*model.parameters(), *model.buffers()]:
            tensor.fill_(1)
    assert states_are_equal(ft.initialize_(model, plan, rng=3), ft.materialize(Tied, rng=3))
    changed = plan.with_rules({"embed.weight": fi.get("zeros")})
    assert not ft.initialize_(model, changed, rng=3).embed.weight.any()


def test_what_another_library_has_initialized_is_left():
    for how in ({"*": "normal"}, ft.record(Tied)):
        model = Tied()
        before = model.embed.weight.detach().clone()
        model.embed.weight._is_hf_initialized = True
        norm = model.norm.weight.detach().clone()
        ft.initialize_(model, how, rng=3, skip="norm.*")
        assert torch.equal(model.embed.weight, before)
        assert torch.equal(model.norm.weight, norm)


@pytest.mark.parametrize(
    ("module", "how", "expected"),
    [
        (3, {}, "module: expected a torch.nn.Module, got int"),
        (
            nn.Linear(2, 2),
            ft.record(lambda: nn.Linear(2, 3)),
            "plan: expected the names and shapes of the module, got 2 ",
        ),
        (
            nn.Linear(2, 2),
            ft.record(lambda: nn.LayerNorm(2)),
            r"plan: expected .*'weight' of shape \(2, 2\) instead of",
        ),
        (nn.Linear(2, 2), ft.record(lambda: nn.Sequential(nn.Linear(2, 2))), "plan: expected .*no entry for 'weight'"),
        (nn.Linear(2, 2, bias=False), ft.record(lambda: nn.Linear(2, 2)), "plan: expected .*no tensor 'bias'"),
        (nn.Linear(2, 2), {"weight": "normal"}, "rules: expected a rule for every name"),
    ],
)
def test_refused(module, how, expected):
    before = [p.detach().clone() for p in module.parameters()] if isinstance(module, nn.Module) else []
    with pytest.raises((TypeError, ValueError), match=rf"^initialize_?: {expected}"):
        ft.initialize_(module, how, rng=0)
    for old, new in zip(before, module.parameters() if before else [], strict=True):
        assert torch.equal(old, new)


def test_parts_of_a_plan():
    """What is not there is no error if it is said so."""
    ft.initialize_(nn.Linear(2, 2, bias=False), ft.record(lambda: nn.Linear(2, 2)), rng=0, unused="ignore")


def test_refused_names():
    with pytest.raises(TypeError, match=r"^initialize_: rename: expected a function or None, got 3$"):
        ft.initialize_(nn.Linear(2, 2), {"*": "zeros"}, rename=3)
    with pytest.raises(ValueError, match=r"^initialize_: rename: expected a name for each tensor, got 'a' for two$"):
        ft.initialize_(nn.Linear(2, 2), {"*": "zeros"}, rename=lambda name: "a")
    clash = nn.Module()
    clash.module, clash.weight = nn.Linear(2, 2), nn.Parameter(torch.zeros(2))
    with pytest.raises(TypeError, match=r"^names: 'weight': expected a name for one tensor, got two, without"):
        ft.initialize_(clash, {"*": "zeros"})


@pytest.mark.parametrize("device", ["meta"])
def test_tensors_that_cannot_be_filled(device):
    with pytest.raises(ValueError, match=r"expected a tensor on the CPU, got one on meta"):
        ft.initialize_(nn.Linear(2, 2, device=device), {"*": "normal"}, rng=0)


def test_values_for_what_cannot_be_written_are_refused_first():
    values = torch.arange(12.0).view(4, 3).numpy()
    plan = ft.Plan(
        {
            "first": ft.Entry((5,), "float32", fi.get("normal")),
            "second": ft.Entry((4, 3), "float32", values=lambda rng: values),
        }
    )
    for second in torch.full((1, 3), 5.0).expand(4, 3), torch.empty(4, 3, device="meta"):
        module = nn.Module()
        module.first, module.second = nn.Parameter(torch.zeros(5)), nn.Parameter(second)
        with pytest.raises((ValueError, TypeError), match="second"):
            ft.initialize_(module, plan)
        assert not module.first.any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.complex64])
def test_filled_memory_can_still_be_resized(dtype):
    """PyTorch's own way to NumPy would forbid it for good; FSDP frees and makes memory so."""
    module = nn.Module()
    module.w = nn.Parameter(torch.zeros(4, 5, dtype=dtype))
    ft.initialize_(module, {"w": "normal"})
    with torch.no_grad():
        ft.init.normal_(module.w)
        fi.normal(out=module.w, rng=0)
    assert module.w.untyped_storage().resizable()
    module.w.data.resize_(8, 8)
    with ft.accelerate(rng=0):
        tensor = torch.empty(4, 4).normal_()
    assert tensor.resize_(8, 8).shape == (8, 8)


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_scripted_modules_are_refused():
    with pytest.raises(
        ValueError, match=r"^materialize: build: expected modules that are scripted afterwards, got Linear$"
    ):
        ft.materialize(lambda: nn.Sequential(torch.jit.script(nn.Linear(4, 4))))
