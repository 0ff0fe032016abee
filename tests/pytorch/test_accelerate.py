"""`accelerate`: PyTorch's own calls draw by this package; what it does not draw is PyTorch's to the letter."""

import copy
import subprocess
import sys
import threading
import types

import numpy as np
import pytest

import fastinit as fi

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn.init import orthogonal_ as held_early  # noqa: E402

from fastinit.torch import accelerate, patches  # noqa: E402

DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16]


def bits(tensor):
    return tensor.detach().contiguous().view(torch.uint8).numpy().tobytes()


def drawn(scheme, shape, n, dtype=torch.float32, **law):
    """What the n-th draw of seed 5 gives."""
    out = torch.empty(shape, dtype=dtype, device="cpu")
    return bits(scheme(out=out, rng=5, name=str(n), **law))


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_are_those_of_the_schemes(dtype):
    with accelerate(rng=5) as report:
        made = [
            torch.empty(30, 20, dtype=dtype).normal_(1, 0.5),
            torch.empty(20, 30, dtype=dtype).t().uniform_(-0.5, 2),
            torch.randn(30, 20, dtype=dtype),
            torch.rand(30, 20, dtype=dtype),
            torch.normal(0.5, 2.0, (30, 20), dtype=dtype),
            torch.randn_like(torch.empty(30, 20, dtype=dtype)),
            torch.rand_like(torch.empty(20, 30, dtype=dtype).t()),
            nn.init.trunc_normal_(torch.empty(30, 20, dtype=dtype), 0.1, 0.5, -0.4, 0.9),
            nn.init.sparse_(torch.empty(30, 20, dtype=dtype), 0.5),
        ]
    laws = [
        (fi.normal, dict(mean=1, std=0.5)),
        (fi.uniform, dict(low=-0.5, high=2)),
        (fi.normal, {}),
        (fi.uniform, {}),
        (fi.normal, dict(mean=0.5, std=2)),
        (fi.normal, {}),
        (fi.uniform, {}),
        (fi.truncated_normal, dict(mean=0.1, std=0.5, lower=-0.4, upper=0.9)),
        (fi.sparse, dict(sparsity=0.5)),
    ]
    for n, (tensor, (scheme, law)) in enumerate(zip(made, laws, strict=True)):
        assert bits(tensor) == drawn(scheme, (30, 20), n, dtype, **law), n
    assert made[6].stride() == (1, 30)
    assert ((made[8] == 0).sum(0) == 15).all()  # of each column
    assert not report.fell_back
    assert sum(report.elements.values()) == 9 * 600


def test_composed_functions():
    with accelerate(rng=5):
        matrix = held_early(torch.empty(8, 3, 4), gain=2)
        kernel, diagonal = nn.init.dirac_(torch.empty(4, 2, 3, 3), 2), nn.init.eye_(torch.empty(3, 5))
        after = torch.randn(3)
    assert np.allclose(matrix.numpy(), fi.orthogonal((8, 3, 4), gain=2, fans="oi", rng=5, name="0"), atol=1e-6)
    assert torch.equal(kernel, nn.init.dirac_(torch.empty(4, 2, 3, 3), 2))
    assert torch.equal(diagonal, torch.eye(3, 5))
    assert bits(after) == drawn(fi.normal, 3, 1)  # what draws nothing takes no number


def test_complex_normals():
    with accelerate(rng=5) as report:
        tensor = torch.randn(1000, dtype=torch.complex64)
        torch.rand(4, dtype=torch.complex64)
    assert bits(tensor) == drawn(fi.normal, 1000, 0, torch.complex64)
    assert report.filled == {"randn": 1}
    assert report.fell_back.total() == 1


def test_layers_have_the_laws_of_pytorch():
    """Means and standard deviations within 6 standard errors: false alarms 2e-9 each; a fifth off is seen."""

    def layers():
        return [nn.Linear(300, 400), nn.Embedding(400, 300, padding_idx=0), nn.Conv2d(40, 50, 7), nn.LSTM(64, 128)]

    torch.manual_seed(3)
    with accelerate() as report:
        ours = layers()
    assert report.elements.total() >= 350_000
    for our, their in zip(ours, layers(), strict=True):
        for (name, mine), (_, theirs) in zip(our.named_parameters(), their.named_parameters(), strict=True):
            if mine.dim() > 1:
                error = 6 * theirs.std() * (2 / mine.numel()) ** 0.5
                assert abs(mine.mean() - theirs.mean()) < error, name
                assert abs(mine.std() - theirs.std()) < error, name
                assert abs(1.2 * mine.std() - theirs.std()) > error, name
    assert not ours[1].weight[0].any()


def test_manual_seed_counts():
    def build(seed):
        torch.manual_seed(seed)
        with accelerate():
            return nn.Linear(5, 4).weight.tolist(), torch.rand(1).item()

    state = torch.get_rng_state()
    assert build(1) == build(1) != build(2)
    torch.manual_seed(1)
    with accelerate():
        first, second = torch.randn(3), torch.randn(100_000)
    torch.manual_seed(1)
    assert first.tolist() == fi.normal(3, rng=torch.default_generator).tolist()
    assert bits(second) == fi.normal(100_000, rng=torch.default_generator).tobytes()
    torch.set_rng_state(state)


def test_generators():
    """The mode's own, and that of a call, which comes first and takes no number."""
    expected = fi.normal(3, rng=torch.Generator().manual_seed(7)).tolist()
    with accelerate(rng=torch.Generator().manual_seed(7)):
        assert torch.randn(3).tolist() == expected
    with accelerate(rng=5):
        assert torch.empty(3).normal_(generator=torch.Generator().manual_seed(7)).tolist() == expected
        assert torch.randn(3, generator=torch.Generator().manual_seed(7)).tolist() == expected
        assert bits(torch.randn(3)) == drawn(fi.normal, 3, 0)


@pytest.mark.parametrize(
    ("rng", "error"), [(-1, ValueError), ("x", (TypeError, ValueError)), (True, TypeError), (1.5, TypeError)]
)
def test_bad_seeds(rng, error):
    with pytest.raises(error, match=r"^accelerate: rng: expected .*, got "):
        accelerate(rng=rng)
    with pytest.raises(TypeError, match=r"^accelerate: seed: expected .*perhaps rng"):
        accelerate(seed=0)


@pytest.mark.parametrize("raised", [None, ValueError, KeyboardInterrupt])
def test_everything_is_restored(raised):
    user = types.ModuleType("user_of_torch")
    user.renamed = nn.init.sparse_
    user.TORCH_INIT_FUNCTIONS = {"dirac_": nn.init.dirac_}
    user.late = None
    own = nn.init.sparse_, nn.init.dirac_, nn.init.eye_
    before = dict(vars(nn.init))
    sys.modules["user_of_torch"] = user
    try:
        with accelerate():
            assert user.renamed is nn.init.sparse_ is not own[0]
            assert user.TORCH_INIT_FUNCTIONS["dirac_"] is nn.init.dirac_ is not own[1]
            user.late = nn.init.eye_  # as an import inside would
            kept = nn.init.eye_
            if raised:
                raise raised
    except (ValueError, KeyboardInterrupt):
        assert raised
    finally:
        del sys.modules["user_of_torch"]
    assert dict(vars(nn.init)) == before
    assert user.renamed is own[0]
    assert user.TORCH_INIT_FUNCTIONS["dirac_"] is own[1]
    assert kept is not own[2]
    assert torch.equal(kept(torch.empty(2, 2)), torch.eye(2))  # as PyTorch's own from now on
    assert not torch.utils._python_dispatch._get_current_dispatch_mode_stack()


def test_modules_imported_inside_get_the_originals_back():
    own, late = nn.init.eye_, types.ModuleType("late_user_of_torch")
    with accelerate():
        late.eye_ = nn.init.eye_
        sys.modules[late.__name__] = late
    del sys.modules[late.__name__]
    assert late.eye_ is own


def test_what_others_put_in_place_stays(monkeypatch):
    own = nn.init.eye_
    with accelerate():
        nn.init.eye_ = len
    assert nn.init.eye_ is len
    nn.init.eye_ = own


def test_no_nesting_from_any_thread():
    errors = []

    def another():
        with pytest.raises(ValueError, match=r"^accelerate: with: expected no accelerate or record under way") as error:
            accelerate().__enter__()
        errors.append(error)

    with accelerate():
        another()
        thread = threading.Thread(target=another)
        thread.start(), thread.join()
        with pytest.raises(ValueError, match=r"^record: with: expected no accelerate"), patches.replaced("record", {}):
            pass
        assert torch.randn(3).numel() == 3
    with accelerate():
        pass
    assert len(errors) == 2


def test_other_threads_draw_as_before():
    def draw(found):
        generator = torch.Generator().manual_seed(1)
        found += torch.empty(20).normal_(generator=generator).tolist()
        found += nn.init.trunc_normal_(torch.empty(20), generator=generator).tolist()
        found += held_early(torch.empty(4, 4), generator=generator).flatten().tolist()

    expected, found, ours = [], [], []
    draw(expected)
    with accelerate() as report:
        thread = threading.Thread(target=draw, args=(found,))
        thread.start(), thread.join()
        assert not report.filled
        draw(ours)
    assert found == expected != ours
    assert report.filled == {"normal_": 1, "trunc_normal_": 1, "orthogonal_": 1}


def test_dynamo_is_not_imported():
    code = (
        "import sys, torch; from fastinit.torch import accelerate\n"
        "with accelerate(0) as report: torch.nn.init.trunc_normal_(torch.nn.Linear(3, 4).weight)\n"
        "assert report.filled and not report.not_patched, report\n"
        "assert 'torch._dynamo' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def outcome(function):
    """The error's type and words, or the values, with PyTorch's generator set and put back."""
    state = torch.get_rng_state()
    torch.manual_seed(9)
    try:
        result = function()
        return (result.shape, result.dtype, result.device, str(result.tolist() if result.device.type == "cpu" else ""))
    except Exception as error:
        return type(error), str(error)
    finally:
        torch.set_rng_state(state)


def after_backward():
    weight = torch.ones(3, requires_grad=True)
    total = (weight * weight).sum()
    with torch.no_grad():
        weight.normal_()
    total.backward()


def inference_tensor():
    with torch.inference_mode():
        tensor = torch.zeros(3)
    return tensor.normal_()


UNTOUCHED = {
    "a leaf": lambda: torch.zeros(3, requires_grad=True).normal_(),
    "a view of a leaf": lambda: torch.zeros(3, requires_grad=True)[1:].uniform_(),
    "backward": after_backward,
    "inference": inference_tensor,
    "bad std": lambda: torch.zeros(3).normal_(0, -1),
    "bad bounds": lambda: torch.zeros(3).uniform_(2, 1),
    "std 0": lambda: torch.zeros(3).normal_(2, 0),
    "wide interval": lambda: torch.zeros(3).uniform_(-3e38, 3e38),
    "equal bounds": lambda: torch.zeros(3).uniform_(2, 2),
    "no elements": lambda: torch.randn(0, 3),
    "integers": lambda: torch.randn(3, dtype=torch.int32),
    "integers in place": lambda: torch.zeros(3, dtype=torch.int32).normal_(),
    "float8": lambda: torch.zeros(3, dtype=torch.float8_e5m2).normal_(),
    "half": lambda: torch.zeros(3, dtype=torch.float16).normal_(0, 1e5),
    "complex": lambda: torch.zeros(3, dtype=torch.complex64).normal_(1, 2),
    "complex uniform": lambda: torch.rand(3, dtype=torch.complex64),
    "overlap": lambda: torch.zeros(1).expand(3).normal_(),
    "sparse": lambda: torch.eye(3).to_sparse().normal_(),
    "meta": lambda: torch.randn(3, device="meta"),
    "meta in place": lambda: torch.zeros(3, device="meta").normal_(),
    "meta truncated": lambda: nn.init.trunc_normal_(torch.zeros(3, device="meta")),
    "subclass": lambda: torch.zeros(3).as_subclass(type("Own", (torch.Tensor,), {})).normal_(),
    "truncated, std 0": lambda: nn.init.trunc_normal_(torch.zeros(3), std=0),
    "truncated, crossed": lambda: nn.init.trunc_normal_(torch.zeros(3), a=1, b=-1),
    "orthogonal, one axis": lambda: nn.init.orthogonal_(torch.zeros(3)),
    "sparse, three axes": lambda: nn.init.sparse_(torch.zeros(3, 3, 3), 0.5),
    "dirac, groups": lambda: nn.init.dirac_(torch.zeros(3, 2, 3), 2),
    "eye, integers": lambda: nn.init.eye_(torch.zeros(3, 2, dtype=torch.int64)),
    "no argument": lambda: nn.init.eye_(),
    "another argument": lambda: nn.init.sparse_(torch.zeros(3, 3), sparsity=0.5, none=1),
    "no tensor": lambda: nn.init.trunc_normal_([1.0]),
    "vmap": lambda: torch.vmap(nn.init.trunc_normal_, randomness="different")(torch.zeros(3, 2)),
    "vmap, grad": lambda: torch.func.grad(lambda x: nn.init.dirac_(x).sum())(torch.ones(3, 2, 3)),
    "dropout": lambda: nn.functional.dropout(torch.ones(50)),
    "bernoulli_": lambda: torch.zeros(50).bernoulli_(0.5),
    "multinomial": lambda: torch.multinomial(torch.ones(50), 20),
    "exponential_": lambda: torch.zeros(5).exponential_(),
    "means": lambda: torch.normal(torch.ones(5), 2.0),
    "randint": lambda: torch.randint(50, (20,)),
    "randperm": lambda: torch.randperm(50),
}


@pytest.mark.filterwarnings("ignore:mean is more than")
@pytest.mark.parametrize("name", UNTOUCHED)
def test_what_is_not_ours_is_as_in_pytorch(name):
    expected = outcome(UNTOUCHED[name])
    with accelerate(rng=torch.Generator().manual_seed(0)) as report:
        assert outcome(UNTOUCHED[name]) == expected
    assert not report.filled or name in ("backward", "vmap")  # of which `normal_` is ours


def test_fake_tensors():
    from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

    def build():
        layer = nn.Linear(3, 4).weight, torch.randn(3), torch.rand_like(torch.empty(3))
        assert all(isinstance(part.data if isinstance(part, nn.Parameter) else part, FakeTensor) for part in layer)

    with accelerate(rng=0) as report, FakeTensorMode():
        build()
    with FakeTensorMode(), accelerate(rng=0) as second:
        build()
    assert not report.filled
    assert not second.filled
    assert second.fell_back["randn", "another dispatch mode"] == 1


def test_a_trace_holds_the_draws():
    """Whether it begins outside or inside: a fill that it did not see would be a constant of it."""
    from torch.fx.experimental.proxy_tensor import make_fx

    def function(x):
        return x + torch.randn(3)

    def function_inside(x):
        with accelerate(rng=5):
            return function(x)

    with accelerate(rng=5):
        traces = [make_fx(function)(torch.zeros(3))]
    traces.append(make_fx(function_inside)(torch.zeros(3)))
    for trace in traces:
        assert any(node.target is torch.ops.aten.randn.default for node in trace.graph.nodes)


def test_vmap_of_draws():
    with accelerate(rng=5) as report:
        different = torch.vmap(lambda x: x + torch.randn(2), randomness="different")(torch.zeros(300, 2))
    assert report.elements == {"randn": 600}
    assert bits(different) == drawn(fi.normal, (300, 2), 0)


def test_the_negative_bit_is_resolved_above_the_mode():
    with accelerate(rng=5):
        tensor = torch._neg_view(torch.zeros(3)).normal_()
    assert tensor.is_neg()
    assert bits(tensor.resolve_neg()) == drawn(fi.normal, 3, 0)


def test_gradients_and_inference():
    """One write is counted once, and gradients are those of PyTorch's draws."""
    with accelerate(rng=5) as report:
        weight = nn.Parameter(torch.zeros(3))
        with torch.no_grad():
            weight.normal_()
        assert weight._version == 1
        made = (weight * 2).uniform_()
        made.sum().backward()
        assert torch.equal(weight.grad, torch.zeros(3))
        with torch.inference_mode():
            assert torch.randn(3).is_inference()
            assert torch.zeros(3).normal_().any()
        assert not torch.randn(3).is_inference()
    assert report.filled == {"normal_": 2, "uniform_": 1, "randn": 2}


def test_default_dtype_and_meta_context():
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.bfloat16)
        with accelerate(rng=5) as report:
            weight = nn.init.trunc_normal_(nn.Linear(30, 20).weight, std=0.02)
            drawn_by_default = torch.randn(9)
            with torch.device("meta"):
                assert nn.init.orthogonal_(nn.Linear(3, 4).weight).is_meta
        with torch.device("meta"), accelerate(rng=5):
            assert nn.Linear(3, 4).weight.is_meta
            assert bits(torch.randn(9, device="cpu")) == drawn(fi.normal, 9, 0, torch.bfloat16)
    finally:
        torch.set_default_dtype(before)
    assert bits(weight) == drawn(fi.normal, (20, 30), 2, torch.bfloat16, std=0.02)  # the bounds are 100 of them away
    assert bits(drawn_by_default) == drawn(fi.normal, 9, 3, torch.bfloat16)
    assert report.fell_back["uniform_", "on meta"] == 2


def test_copies_of_layers_are_equal():
    with accelerate(rng=0):
        encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2, enable_nested_tensor=False)
        again = copy.deepcopy(encoder)
    first, second = encoder.layers
    assert torch.equal(first.linear1.weight, second.linear1.weight)
    assert torch.equal(again.layers[0].linear1.weight, first.linear1.weight)


def test_what_pytorch_lacks_is_reported(monkeypatch):
    """Without its private names, less is accelerated, and nothing fails."""
    monkeypatch.delattr(nn.init, patches.TRUNC_NORMAL)
    monkeypatch.delattr(nn.init, "dirac_")
    monkeypatch.delattr(torch.utils._python_dispatch.TorchDispatchMode, "_should_skip_dynamo")
    monkeypatch.delattr(torch._C, "_len_torch_dispatch_stack")
    with accelerate(rng=5) as report:
        tensor = nn.init.trunc_normal_(torch.empty(9))
    assert bits(tensor) == drawn(fi.truncated_normal, 9, 0)
    missing = "\n".join(report.not_patched)
    for name in ("_no_grad_trunc_normal_", "dirac_", "_should_skip_dynamo", "_len_torch_dispatch_stack"):
        assert name in missing


def test_the_report_reads_like_a_table():
    with accelerate(rng=0) as report:
        torch.randn(1000, 1000)
        torch.randn(3, device="meta")
        assert str(report).splitlines()[1].split() == ["randn", "1", "1,000,000"]
    lines = str(report).splitlines()
    assert [line.split() for line in lines] == [
        ["filled", "calls", "elements"],
        ["randn", "1", "1,000,000"],
        ["left", "to", "PyTorch", "calls", "because"],
        ["randn", "1", "on", "meta"],
    ]
