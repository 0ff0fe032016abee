"""Plans of configurations against plans recorded from the models that Transformers builds of them."""

import math

import numpy as np
import published
import pytest
from quick import heavy_but

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

import fastinit.torch as ft  # noqa: E402
from fastinit.plans.families import FAMILIES, plan_of_config  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")

ARCHITECTURES = [(family, name) for family in FAMILIES for name in FAMILIES[family].architectures]


@pytest.fixture(autouse=True)
def quiet():
    transformers.logging.set_verbosity_error()


def recorded(config):
    """The plan of the model that a config.json tells of, without what checkpoints do not hold."""
    options = {key: value for key, value in config.items() if key != "model_type"}
    plan = ft.record(transformers.AutoConfig.for_model(config["model_type"], **options))
    return {name: entry for name, entry in plan.items() if entry.role != "transient buffer"}


def compare(config):
    ours, theirs = plan_of_config(config), recorded(config)
    assert list(ours) == list(theirs)
    for name, entry in ours.items():
        other = theirs[name]
        assert entry._replace(scheme=None, values=None, note="") == other._replace(scheme=None, values=None, note=""), (
            name
        )
        if entry.scheme is not None and other.values is not None:  # a law that the recorder does not tell
            assert np.array_equal(entry.scheme(entry.shape, dtype=entry.dtype, rng=0), other.values(0)), name
        else:
            assert entry.scheme == other.scheme, name
            assert (entry.values is None) == (other.values is None), name


@pytest.mark.parametrize("changes", [{}, published.OTHERWISE], ids=["plain", "otherwise"])
@pytest.mark.parametrize(("family", "architecture"), ARCHITECTURES, ids=[name for _, name in ARCHITECTURES])
def test_small_models(family, architecture, changes):
    config = published.SMALL[family] | changes.get(family, {})
    compare({"model_type": family, "architectures": [architecture], **config})


@pytest.mark.parametrize("family", heavy_but(FAMILIES, "gpt2", "distilbert", "whisper"))
def test_the_defaults(family):
    compare({"model_type": family})


@pytest.mark.parametrize("name", heavy_but(published.MODELS, *published.first_of_each()))
def test_published_models(name):
    compare(published.MODELS[name].config)


def values_of(plan, ending):
    (name,) = (name for name in plan if name.endswith(ending))
    return plan[name].values(0).astype(np.float64)


def test_sinusoids():
    """PyTorch's functions of float32 are off by one unit in the last place here and there, by the processor."""
    config = {"model_type": "whisper", "architectures": ["WhisperModel"]}
    ours, theirs = (
        values_of(plan, "encoder.embed_positions.weight") for plan in (plan_of_config(config), recorded(config))
    )
    assert (ours == theirs).mean() > 0.9
    assert abs(ours - theirs).max() < 1500 * 2**-24


def test_log_rates():
    config = {"model_type": "mamba2", "num_hidden_layers": 1}
    ours, theirs = (values_of(plan, "A_log") for plan in (plan_of_config(config), recorded(config)))
    assert (ours == theirs).mean() > 0.9
    assert (abs(ours - theirs) <= np.spacing(theirs.astype(np.float32))).all()


def test_time_steps():
    """The same law from other streams: Kolmogorov and Smirnov's distance, beyond which one run in 10**9 is."""
    config = {
        "model_type": "mamba2",
        "num_hidden_layers": 1,
        "num_heads": 8192,
        "head_dim": 1,
        "time_step_floor": 0.002,
    }
    ours, theirs = (np.sort(values_of(plan, "dt_bias")) for plan in (plan_of_config(config), recorded(config)))
    least = math.log(math.expm1(0.002))
    assert ours[0] == pytest.approx(least, abs=1e-5)
    assert theirs[0] == pytest.approx(least, abs=1e-5)
    both = np.concatenate([ours, theirs])
    shares = [np.searchsorted(x, both + 1e-5) / x.size for x in (ours, theirs)]
    assert abs(shares[0] - shares[1]).max() * math.sqrt(ours.size / 2) < 3.3
