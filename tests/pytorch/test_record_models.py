"""Real architectures: what is recorded is what an eager build does."""

import warnings

import pytest

torch = pytest.importorskip("torch")

import architectures  # noqa: E402
import comparing  # noqa: E402

import fastinit.torch as ft  # noqa: E402


@pytest.fixture(params=architectures.NAMES)
def name(request):
    if request.param in architectures.FAMILIES:
        pytest.importorskip("transformers").logging.set_verbosity_error()
    return request.param


def eager(name, seed=0):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        return architectures.builder(name)()


@pytest.mark.filterwarnings("ignore")
def test_names_buffers_ties_and_the_forward_pass(name):
    theirs, ours = eager(name), ft.materialize(architectures.builder(name), rng=0)
    assert not [*comparing.made_alike(theirs, ours)]
    for (key, buffer), (_, other) in zip(ours.named_buffers(), theirs.named_buffers(), strict=True):
        assert torch.equal(buffer, other), key
    assert not [*comparing.computed_alike(theirs, ours, lambda model: model(**architectures.inputs(name)))]


@pytest.mark.filterwarnings("ignore")
def test_a_plan_saved_and_read_fills_the_same(name):
    plan = ft.record(architectures.builder(name))
    again = type(plan).from_json(plan.to_json(rng=5))
    ours, theirs = (ft.initialize_(eager(name), each, rng=5) for each in (plan, again))
    whole = ft.materialize(architectures.builder(name), rng=5)
    for key, value in whole.state_dict().items():
        assert torch.equal(ours.state_dict()[key], value), key
        assert torch.equal(theirs.state_dict()[key], value), key


@pytest.mark.filterwarnings("ignore")
def test_every_law(name):
    """Eager builds against fills of the plan; a scale 1 in 10 off is seen."""
    build = architectures.builder(name)
    theirs = comparing.samples_of(lambda seed: eager(name, seed), 12)
    ours = comparing.samples_of(lambda seed: ft.materialize(build, rng=seed), 12)
    assert not [*comparing.filled_alike(theirs, ours)]
    _, scale, is_seen = comparing.control(theirs, ours)
    assert scale == 1.1
    assert is_seen


@pytest.mark.parametrize("layer", [lambda: torch.nn.Embedding(1024, 1024), lambda: torch.nn.Linear(1024, 1024)])
def test_one_percent_is_seen(layer):
    torch.manual_seed(0)
    theirs, ours = (module.weight.detach().double().numpy().ravel() for module in (layer(), ft.materialize(layer)))
    assert max(comparing.scores(theirs, ours)) < comparing.MOST
    assert max(comparing.scores(theirs, 1.01 * ours)) > comparing.MOST
