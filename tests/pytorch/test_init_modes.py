"""`fastinit.torch.init` where something intercepts calls: modes, subclasses, transforms, compilers."""

import pytest

torch = pytest.importorskip("torch")

from torch.overrides import TorchFunctionMode  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from fastinit.torch import init  # noqa: E402

NAMES = ["uniform_", "normal_", "trunc_normal_", "xavier_normal_", "kaiming_uniform_", "orthogonal_"]


def filled(name, tensor=None, seed=7):
    tensor = torch.zeros(4, 4, device="cpu") if tensor is None else tensor
    return getattr(init, name)(tensor, generator=torch.Generator("cpu").manual_seed(seed))


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("name", NAMES)
def test_a_default_device_changes_nothing(name, device):
    expected = filled(name)
    with torch.device(device):
        assert torch.equal(filled(name), expected)


@pytest.mark.parametrize("name", NAMES)
def test_a_function_mode_is_told(name):
    class Told(TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            told.append(func)
            return func(*args, **(kwargs or {}))

    told, expected, tensor = [], filled(name), torch.zeros(4, 4)
    with Told():
        filled(name, tensor)
    assert told == [getattr(init, name)]
    assert torch.equal(tensor, expected)


def test_a_dispatch_mode_sees_what_pytorch_does():
    class Seen(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            seen.append(func)
            return func(*args, **(kwargs or {}))

    seen, tensor = [], torch.zeros(4)
    with Seen():
        init.normal_(tensor)
    assert seen == [torch.ops.aten.normal_.default]
    assert tensor.all()


def test_a_subclass_that_adds_nothing():
    class Plain(torch.Tensor):
        pass

    tensor = torch.zeros(4, 4).as_subclass(Plain)
    assert filled("normal_", tensor) is tensor
    assert torch.equal(tensor.as_subclass(torch.Tensor), filled("normal_"))
    assert tensor._version == 1


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_subclass_of_its_own_knows_pytorchs_functions(is_replaced, monkeypatch):
    class Own(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            told.append(func)
            return super().__torch_function__(func, types, args, kwargs or {})

    theirs = {name: getattr(torch.nn.init, name) for name in NAMES}
    if is_replaced:
        for name in (*init.__all__, *init.ALSO):
            monkeypatch.setattr(torch.nn.init, name, getattr(init, name))
    for name in NAMES:
        told, tensor = [], torch.zeros(4, 4).as_subclass(Own)
        getattr(init, name)(tensor)
        told_itself = name in ("uniform_", "normal_", "kaiming_uniform_")
        assert (told[0] is theirs[name]) == told_itself
        assert getattr(init, name) not in told
        assert tensor.as_subclass(torch.Tensor).any()


def test_vmap_has_its_own_randomness():
    with pytest.raises(RuntimeError, match="vmap: called random operation while in randomness error mode"):
        torch.vmap(init.normal_)(torch.zeros(3, 2))
    rows = torch.vmap(init.normal_, randomness="same")(torch.zeros(3, 2))
    assert torch.equal(rows[0], rows[2])


@pytest.mark.filterwarnings("ignore")  # of the compiler's own imports
def test_compiled_functions_are_pytorchs():
    compiled = torch.compile(lambda x: init.normal_(x, 0.0, 2.0) * 1, backend="eager", fullgraph=True)
    torch.manual_seed(5)
    values = compiled(torch.zeros(3))
    torch.manual_seed(5)
    assert torch.equal(values, torch.zeros(3).normal_(0, 2))
