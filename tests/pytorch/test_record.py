"""What is read as which law, one way of writing it after the other."""

import functools
import math
import tracemalloc

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

import fastinit as fi  # noqa: E402
import fastinit.torch as ft  # noqa: E402


def law_of(make):
    """The entry of one parameter that a function makes."""

    def build():
        module = nn.Module()
        module.w = nn.Parameter(make()) if not isinstance(found := make(), nn.Parameter) else found
        return module

    return ft.record(build)["w"]


def after(change, shape=(6, 4)):
    def make():
        w = torch.empty(shape)
        with torch.no_grad():
            change(w)
        return w

    return make


def copied(w):
    w.copy_(torch.randn(6, 4) * 0.5)


def rows_of_zeros(w):
    w.normal_(std=0.1)
    w[0].zero_()
    w[2:4] = 1


def timm(w, mean=0.1, std=0.2, a=-0.2, b=0.5):
    low, high = (math.erf((x - mean) / (std * 2**0.5)) for x in (a, b))
    w.uniform_(low, high).erfinv_().mul_(std * 2**0.5).add_(mean).clamp_(min=a, max=b)


@pytest.mark.parametrize(
    ("make", "scheme"),
    [
        (lambda: torch.zeros(6, 4), fi.get("zeros")),
        (lambda: torch.full((6, 4), 0.5), fi.get("constant", value=0.5)),
        (lambda: torch.ones(6, 4) * 1e-6, fi.get("constant", value=1e-6)),
        (lambda: torch.randn(6, 4) * 0.02 + 1, fi.get("normal", mean=1.0, std=0.02)),
        (lambda: torch.randn(6, 4) / math.sqrt(4), fi.get("normal", std=0.5)),
        (lambda: -torch.rand(6, 4), fi.get("uniform", low=-1.0, high=0.0)),
        (lambda: 2 * torch.rand(6, 4) - 1, fi.get("uniform", low=-1.0, high=1.0)),
        (lambda: torch.normal(0.0, 0.3, (6, 4)), fi.get("normal", std=0.3)),
        (lambda: torch.randn(6, 4, dtype=torch.float64).float(), fi.get("normal", std=1.0)),
        (lambda: torch.tensor(2.5), fi.get("constant", value=2.5)),
        (after(lambda w: w.normal_(0, 2).mul_(0.25)), fi.get("normal", std=0.5)),
        (after(lambda w: w.uniform_(-1, 1).uniform_(-3, 1)), fi.get("uniform", low=-3.0, high=1.0)),
        (after(lambda w: w.uniform_(0, 1).neg_()), fi.get("uniform", low=-1.0, high=0.0)),
        (after(copied), fi.get("normal", std=0.5)),
        (after(lambda w: w.copy_(torch.randn(4, 6).t())), fi.get("normal", std=1.0)),
        (after(rows_of_zeros), fi.get("normal", std=0.1).but(0, "zeros").but(slice(2, 4), "ones")),
        (after(lambda w: nn.init.trunc_normal_(w, std=0.02)), fi.get("normal", std=0.02)),
        (
            after(lambda w: nn.init.trunc_normal_(w, 0.5, 2, -1, 3)),
            fi.get("truncated_normal", mean=0.5, std=2.0, lower=-1.0, upper=3.0),
        ),
        (
            after(lambda w: nn.init.trunc_normal_(w).mul_(0.5).add_(1)),
            fi.get("truncated_normal", mean=1.0, std=0.5, lower=0.0, upper=2.0),
        ),
        (after(lambda w: nn.init.orthogonal_(w, 0.5).mul_(2)), fi.get("orthogonal", gain=1.0, fans="oi")),
        (after(lambda w: nn.init.sparse_(w, 0.3)), fi.get("sparse", sparsity=0.3, std=0.01)),
        (after(lambda w: nn.init.eye_(w)), fi.get("identity")),
        (after(lambda w: nn.init.dirac_(w), (6, 4, 3)), fi.get("dirac", groups=1, fans="oi")),
        (after(lambda w: nn.init.kaiming_uniform_(w, a=5**0.5)), fi.get("uniform", low=-0.5, high=0.5)),
        (lambda: nn.Parameter(torch.Tensor(6, 4).uniform_(-2, 2)), fi.get("uniform", low=-2.0, high=2.0)),
    ],
)
def test_laws(make, scheme):
    found = law_of(make).scheme
    assert found.name == scheme.name
    assert found.params.keys() == scheme.params.keys()
    for key, value in scheme.params.items():
        assert found.params[key] == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value), key
    assert found.blocks == scheme.blocks


@pytest.mark.parametrize("name", ["orthogonal_", "dirac_", "eye_", "sparse_"])
def test_functions_that_nobody_can_replace(name):
    """A partial function holds PyTorch's own: what it does is then replayed, not lost."""
    held = functools.partial(getattr(nn.init, name), **({"sparsity": 0.5} if name == "sparse_" else {}))
    shape = (6, 4, 3) if name == "dirac_" else (6, 4)
    entry = law_of(after(held, shape))
    values = torch.from_numpy(entry.values(0)) if entry.scheme is None else torch.from_numpy(entry.scheme(shape))
    if name == "orthogonal_":
        assert torch.allclose(values.t() @ values, torch.eye(4), atol=1e-6)
    elif name == "sparse_":
        assert (values == 0).sum(0).tolist() == [3, 3, 3, 3]
    else:
        assert torch.equal(values, getattr(nn.init, name)(torch.empty(shape)))


def test_the_idiom_of_vision_models():
    found = law_of(after(timm)).scheme
    assert found.name == "truncated_normal"
    expected = {"mean": 0.1, "std": 0.2, "lower": -0.2, "upper": 0.5}
    assert dict(found.params) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("make", "note"),
    [
        (lambda: torch.arange(24.0).view(6, 4).log(), "log"),
        (after(lambda w: w.normal_().clamp_(-1, 1)), "clamp"),
        (after(lambda w: w.uniform_().exponential_()), "exponential"),
        (after(lambda w: w.normal_().mul_(torch.randn(4))), "mul"),
        (lambda: torch.randn(6, 4).round(), "round"),
        (lambda: torch.cat([torch.zeros(3), torch.ones(2)]), "cat"),
        (lambda: torch.tensor([1.0, 2.0]), "given values"),
    ],
)
def test_no_laws(make, note):
    entry = law_of(make)
    assert entry.scheme is None
    assert entry.note == note
    assert entry.values(0).shape == entry.shape


def test_draws_that_are_no_law_follow_rng_and_name():
    def build():
        module = nn.Module()
        for name in "ab":
            module.register_parameter(name, nn.Parameter(torch.rand(50).log()))
        return module

    state = torch.get_rng_state()
    plan = ft.record(build)
    values = [plan[name].values(rng) for name in "ab" for rng in (0, 0, 1)]
    assert torch.equal(torch.get_rng_state(), state)
    assert (values[0] == values[1]).all()
    assert len({v.tobytes() for v in values}) == 4
    assert all((v < 0).all() for v in values)


def test_what_is_computed_of_a_law_has_the_values_that_the_law_gets():
    def build():
        module = nn.utils.parametrizations.weight_norm(nn.Linear(40, 30))
        return module

    for model in (ft.materialize(build, rng=5), ft.initialize_(build(), ft.record(build), rng=5)):
        scale, direction = (getattr(model.parametrizations.weight, f"original{i}") for i in (0, 1))
        assert torch.allclose(scale.flatten(), direction.norm(dim=1))


def test_parametrizations_keep_laws():
    plan = ft.record(lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(4, 3)))
    assert plan["parametrizations.weight.original"].law() == "uniform(low=-0.5, high=0.5)"


def test_sparse_tensors_on_the_way_are_no_matter():
    def build():
        module = nn.Linear(3, 3)
        module.mask = torch.eye(3, device="cpu").to_sparse()
        return module

    assert ft.record(build)["weight"].scheme.name == "uniform"


def test_a_line_that_reads_values_is_named():
    def build():
        rates = [x.item() for x in torch.linspace(0, 1, 5)]  # as drop path does
        return nn.Linear(2, len(rates))

    with pytest.raises(
        ValueError, match=r"^record: build: expected .*accelerate\), got test_record.py:\d+: rates = \["
    ):
        ft.record(build)
    with pytest.raises(ZeroDivisionError):
        ft.record(lambda: 1 / 0)


@pytest.mark.parametrize("build", [3, None, nn.Linear(2, 2), "model"])
def test_no_builders(build):
    with pytest.raises(TypeError, match=r"^record: build: expected a function that returns a torch.nn.Module, or "):
        ft.record(build)


def test_no_modules():
    with pytest.raises(TypeError, match=r"^record: build: expected a function .*, got int$"):
        ft.record(lambda: 5)
    with pytest.raises(TypeError, match=r"^names: 'weight': expected a tensor with a shape, got one of a lazy module$"):
        ft.record(lambda: nn.LazyLinear(3))


def test_everything_is_as_before_afterwards():
    before = dict(vars(nn.init))
    ft.record(lambda: nn.Linear(3, 3))
    with pytest.raises(ZeroDivisionError):
        ft.record(lambda: 1 / 0)
    assert dict(vars(nn.init)) == before
    assert torch.empty(1).device.type == "cpu"
    with ft.accelerate(), pytest.raises(ValueError, match=r"^record: with: expected no accelerate or record under way"):
        ft.record(lambda: nn.Linear(3, 3))


def test_the_table():
    def build():
        blocks = [nn.Sequential(nn.Linear(4, 4, bias=False), nn.LayerNorm(4)) for _ in range(3)]
        model = nn.Sequential(nn.Embedding(9, 4, padding_idx=0), *blocks, nn.Linear(4, 9, bias=False))
        model[4].weight = model[0].weight
        model.register_buffer("steps", torch.arange(5), persistent=False)
        return model

    plan = ft.record(build)
    assert str(plan).splitlines() == [
        "tensor               shape  dtype    law",
        "steps                5      int64    values (arange)",
        "0.weight             9 x 4  float32  normal(std=1); [0] zeros()",
        "{1..3}.0.weight (3)  4 x 4  float32  uniform(low=-0.5, high=0.5)",
        "{1..3}.1.weight (3)  4      float32  ones()",
        "{1..3}.1.bias (3)    4      float32  zeros()",
        "4.weight             9 x 4  float32  is 0.weight",
    ]
    assert plan["steps"].role == "transient buffer"
    assert repr(plan) == "<fastinit plan of 12 tensors>"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("weight", "weight"),
        ("module.weight", "weight"),
        ("_orig_mod.layers.0.weight", "layers.0.weight"),
        ("module._orig_mod.a.b", "a.b"),
        ("a._checkpoint_wrapped_module.b._fsdp_wrapped_module.c", "a.b.c"),
        ("_fsdp_wrapped_module._orig_mod.module.a", "a"),
        ("a.module", "a.module"),
        ("modules.a", "modules.a"),
        ("a.my_module.b", "a.my_module.b"),
    ],
)
def test_names_without_wrappers(name, expected):
    assert ft.canonical(name) == expected


def test_nothing_is_as_long_as_a_tensor():
    """A flat parameter, whose rows are its elements."""
    tracemalloc.start()
    try:
        entry = law_of(after(lambda w: w.normal_(0, 0.02), shape=(10_000_000,)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert entry.scheme == fi.get("normal", std=0.02)
    assert peak < 1_000_000
