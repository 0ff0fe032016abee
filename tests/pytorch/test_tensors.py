"""PyTorch's tensors as `out`, and its generators as `rng`, by every function of the package itself."""

import ml_dtypes
import numpy as np
import pytest

import fastinit as fi

torch = pytest.importorskip("torch")

DTYPES = ["float32", "float64", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "complex64", "complex128"]


def ours(dtype):
    return np.dtype(getattr(ml_dtypes, dtype, None) or dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_bits_of_an_array(dtype):
    tensor = torch.zeros(30, 40, dtype=getattr(torch, dtype)).t()
    assert fi.normal(out=tensor, rng=0, name="w") is tensor
    expected = fi.normal((40, 30), rng=0, name="w", dtype=ours(dtype))
    raw = tensor.contiguous().view(torch.uint8).numpy()
    assert raw.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint8", "int16", "int32", "int64"])
def test_integers(dtype):
    assert fi.ones(out=torch.zeros(3, dtype=getattr(torch, dtype))).tolist() == [1, 1, 1]


def test_a_parameter_under_no_grad():
    weight = torch.nn.Parameter(torch.zeros(3, 4))
    with pytest.raises(ValueError, match=r"^normal: out: expected a tensor that asks for no gradient, got .*no_grad"):
        fi.normal(out=weight, rng=0)
    assert not weight.any()
    with torch.no_grad():
        assert fi.normal(out=weight, rng=0) is weight
    assert weight.detach().numpy().tobytes() == fi.normal((3, 4), rng=0).tobytes()


@pytest.mark.parametrize("way", ["alone", "detached", "initialize", "part", "row"])
def test_backward_refuses_values_that_were_overwritten(way):
    weight = torch.ones(3, 4, requires_grad=True)
    total = (weight * weight).sum()
    seen = weight.detach()
    with torch.no_grad():
        if way == "alone":
            fi.ones(out=weight)
        elif way == "detached":
            fi.ones(out=seen)
        elif way == "initialize":
            fi.initialize({"w": seen}, {"*": "ones"})
        elif way == "part":
            fi.initialize({"w": fi.part(seen, (6, 4), np.s_[:3])}, {"*": "ones"})
        else:
            fi.ones(out=seen[0])
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        total.backward()


def test_a_refused_call_is_no_write():
    weight = torch.zeros(3)
    with pytest.raises(ValueError, match="std"):
        fi.normal(out=weight, std=-1, rng=0)
    with pytest.raises(ValueError, match="rng"):
        fi.normal(out=weight, rng=-1)
    assert weight._version == 0


def test_inference_tensors():
    with torch.inference_mode():
        tensor = torch.zeros(3)
        assert fi.ones(out=tensor).tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match=r"^zeros: out: expected an inference tensor in inference mode, got"):
        fi.zeros(out=tensor)
    assert tensor.tolist() == [1, 1, 1]


def freed():
    tensor = torch.zeros(4)
    tensor.untyped_storage().resize_(0)
    return tensor


@pytest.mark.filterwarnings("ignore:.*(quantized|CSR)")  # of PyTorch's own, as they are made
@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: torch.zeros(3, device="meta"), "a tensor on the CPU, got one on meta"),
        (lambda: torch.zeros(3).to_sparse(), "a dense tensor, got layout torch.sparse_coo"),
        (lambda: torch.zeros(2, 3).to_sparse_csr(), "a dense tensor, got layout torch.sparse_csr"),
        (lambda: torch.quantize_per_tensor(torch.zeros(3), 0.1, 0, torch.qint8), "dtype .*, got torch.qint8"),
        (lambda: torch._neg_view(torch.zeros(3)), "values that are as memory holds them, got .* negative bit"),
        (
            lambda: torch.zeros(3, dtype=torch.complex64).conj(),
            "values that are .*, got a tensor with the conjugate bit",
        ),
        (lambda: torch.zeros(1).expand(3), "an array whose elements do not share memory, got strides"),
        (lambda: torch.zeros(9).as_strided((3, 3), (2, 1)), "an array whose elements do not share memory, got strides"),
        (freed, "a tensor with memory, got one without"),
    ],
)
def test_refused(make, expected):
    tensor = make()
    with pytest.raises((TypeError, ValueError), match=rf"^normal: out: expected {expected}"):
        fi.normal(out=tensor, rng=0)


def test_fake_tensors_are_refused():
    from torch._subclasses.fake_tensor import FakeTensorMode

    with FakeTensorMode():
        tensor = torch.empty(3)
    with pytest.raises(TypeError, match=r"^normal: out: expected a plain tensor, got FakeTensor"):
        fi.normal(out=tensor, rng=0)


def test_a_generator_is_the_seed():
    """A fixed number of words a call, whatever is filled; none for what draws nothing."""
    filled = [fi.normal(n, rng=torch.Generator().manual_seed(7)) for n in (3, 1000)]
    assert filled[0].tolist() == filled[1][:3].tolist()
    generator = torch.Generator().manual_seed(7)
    assert fi.normal(3, rng=generator).tolist() == filled[0].tolist()
    state = generator.get_state()
    assert fi.normal(3, rng=generator).tolist() != filled[0].tolist()
    generator.set_state(state)
    fi.zeros(3, rng=generator)
    assert torch.equal(generator.get_state(), state)
    other = torch.Generator().manual_seed(7)
    torch.empty(8, dtype=torch.int32).random_(-(2**31), 2**31, generator=other)
    assert torch.equal(other.get_state(), state)


def test_a_refused_call_leaves_the_generator():
    generator = torch.Generator().manual_seed(7)
    before = generator.get_state()
    with pytest.raises(ValueError, match="std"):
        fi.normal(3, std=-1, rng=generator)
    with pytest.raises(ValueError, match="no gradient"):
        fi.normal(out=torch.zeros(3, requires_grad=True), rng=generator)
    assert torch.equal(generator.get_state(), before)


def test_a_generator_in_any_mode():
    expected = fi.normal(3, rng=torch.Generator().manual_seed(7)).tolist()
    with torch.inference_mode(), torch.device("meta"):
        assert fi.normal(3, rng=torch.Generator("cpu").manual_seed(7)).tolist() == expected
    assert fi.normal(3, rng=torch.Generator().manual_seed(7)).tolist() == expected


def test_a_generator_for_many():
    arrays = {"a": np.zeros(5, np.float32), "b": np.zeros(5, np.float32)}
    fi.initialize(arrays, {"*": "normal"}, rng=torch.Generator().manual_seed(3))
    assert (arrays["b"] == fi.normal(5, rng=torch.Generator().manual_seed(3), name="b")).all()


def test_generators_elsewhere_are_refused():
    class Elsewhere(torch.Generator):
        device = torch.device("cuda:0")

    with pytest.raises(ValueError, match=r"^normal: rng: expected a torch.Generator on the CPU, got one on cuda:0$"):
        fi.normal(3, rng=Elsewhere())
