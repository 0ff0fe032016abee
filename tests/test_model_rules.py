"""One rule table for each of some real models: it fits their names, gives their authors' laws, and fills any part.

The models: tests/model_rules. A score beyond 4.5 has probability 6.8e-6; the 1,711 scores of tensors and pools alarm
falsely for one seed in 86, and the seed is fixed. Of tensors with fewer than 4,096 values only those scores are taken
that are good for any number: the distance of Kolmogorov and Smirnov, and a normal's sum of squares. Values with the
same law are pooled in each model: of 16,384 and more a standard deviation 5 % off moves the variance by 8.4 standard
deviations or more, so that it passes with probability 5e-5 at most, and each pool is tried. What a rule fills is seen
to be wrong at half as much again, however little it is.
"""

import math
from fnmatch import fnmatchcase
from functools import cache
from importlib import import_module

import numpy as np
import pytest
from exact_laws import Normal, Uniform
from fills import same_bits
from model_rules.facts import But, Image, Orthonormal, Tensor, Values, tensors
from statistics_of import BOUND
from tally import Tally

import fastinit as fi

MODELS = [
    *("gpt2", "llama", "mixtral", "mixtral_listed", "deepseek_v3", "t5", "bert", "vit", "whisper", "mamba2", "dit"),
    *("dlrm", "lstm", "lstm_keras"),
]

#: From this number of values on moments and cells are scored; from the second on 5 % of a scale must be seen.
FEW, MANY = 1 << 12, 1 << 14

SEED = 0


@pytest.fixture(params=MODELS)
def model(request):
    return import_module(f"model_rules.{request.param}")


@cache
def filled(module: str) -> dict[str, np.ndarray]:
    """All tensors of a model, filled in one call, by their names."""
    model = import_module(module)
    return initialized(model, {name: np.full(t.shape, np.nan, np.float32) for name, t in facts(model).items()})


def facts(model) -> dict[str, Tensor]:
    return tensors(model.TENSORS, model.LAWS)


def initialized(model, arrays: dict, **arguments) -> dict:
    """The same arrays, filled by the model's rules: as a tree if the model comes as one."""
    sep = getattr(model, "SEP", None)
    if sep is None:
        fi.initialize(arrays, model.RULES, rng=SEED, **arguments)
    else:
        fi.initialize(tree_of(arrays, sep), model.RULES, rng=SEED, sep=sep, **arguments)
    return arrays


def tree_of(arrays: dict, sep: str) -> dict:
    tree = {}
    for name, array in arrays.items():
        *path, leaf = name.split(sep)
        branch = tree
        for key in path:
            branch = branch.setdefault(key, {})
        branch[leaf] = array
    return tree


def parts_of(values: np.ndarray, law) -> tuple[np.ndarray, object]:
    """What is left of a tensor to be scored, and its law: boxes of constants are checked here."""
    if isinstance(law, But):
        assert (values[law.index] == law.value).all()
        left = np.ones(values.shape, bool)
        left[law.index] = False
        return parts_of(values[left], law.law)
    if isinstance(law, Image):
        return law.inverse(values.astype(np.float64)).ravel(), law.law
    return values, law


def scores(sample: np.ndarray, law: Normal | Uniform) -> dict[str, float]:
    """Of moments, cells and the cumulative distribution; of few values those that are good for any number."""
    found = Tally(law, sample.dtype, 64 if sample.size >= FEW else 16).add(sample).scores()
    if sample.size >= FEW:
        return found
    few = {"Kolmogorov-Smirnov": found["Kolmogorov-Smirnov"]}
    return few | ({"variance": spread_score(sample, law)} if isinstance(law, Normal) else {})


def spread_score(sample: np.ndarray, law: Normal) -> float:
    """Of an untruncated normal's sum of squares: chi-squared, by Wilson and Hilferty's cube root."""
    assert math.isinf(law.z_low)
    assert math.isinf(law.z_high)
    mean_square = np.mean(((sample.astype(np.float64) - law.mean) / law.std) ** 2)
    spread = 2 / (9 * sample.size)
    return float((mean_square ** (1 / 3) - (1 - spread)) / math.sqrt(spread))


def beyond(sample: np.ndarray, law: Normal | Uniform) -> dict[str, float]:
    """The scores that are not within the bound, NaN among them."""
    return {name: score for name, score in scores(sample, law).items() if not abs(score) < BOUND}


def assert_has_law(values: np.ndarray, law) -> None:
    sample, law = parts_of(values, law)
    if isinstance(law, float):
        assert (sample == law).all()
    elif isinstance(law, Values):
        # The angles' last bits are the author's and the user's own.
        np.testing.assert_allclose(sample, law.of(sample.shape), rtol=0, atol=1e-6)
    elif isinstance(law, Orthonormal):
        fewer = sample if sample.shape[0] <= sample.shape[1] else sample.T
        np.testing.assert_allclose(fewer @ fewer.T, np.eye(len(fewer)), rtol=0, atol=1e-5)
    else:
        assert law.low < sample.min()
        assert sample.max() < law.high
        assert not beyond(sample, law)


def pools(model) -> dict[object, np.ndarray]:
    """The values of each law that draws, of all tensors together."""
    found = {}
    for name, tensor in facts(model).items():
        sample, law = parts_of(filled(model.__name__)[name], tensor.law)
        if isinstance(law, Normal | Uniform):
            found.setdefault(law, []).append(sample.ravel())
    return {law: np.concatenate(samples) for law, samples in found.items()}


def test_every_name_finds_a_rule_and_every_rule_a_name(model):
    """Otherwise `initialize` refuses; and nothing is left as it was."""
    for name, values in filled(model.__name__).items():
        assert np.isfinite(values).all(), name


def test_every_tensor_has_the_law_of_the_author(model):
    for name, tensor in facts(model).items():
        try:
            assert_has_law(filled(model.__name__)[name], tensor.law)
        except AssertionError as error:
            error.add_note(f"tensor {name}")
            raise


def test_pools_have_the_law_and_none_with_a_scale_of_one_in_twenty_off(model):
    large = 0
    for law, sample in pools(model).items():
        assert not beyond(sample, law), law
        if sample.size >= MANY:
            large += 1
            for factor in (0.95, 1.05):
                assert "variance" in beyond(sample, law.scaled(factor)), (law, factor)
    assert large > 0


def test_what_any_rule_fills_is_seen_to_be_wrong(model):
    """Half as much again, or a little more than 0: at least one tensor of each rule tells."""
    seen = dict.fromkeys(model.RULES, False)
    for name, tensor in facts(model).items():
        rule = next(pattern for pattern in model.RULES if fnmatchcase(name, pattern))
        values = filled(model.__name__)[name]
        try:
            assert_has_law(np.float32(1.5) * values + np.float32(0 if values.any() else 1e-3), tensor.law)
        except AssertionError:
            seen[rule] = True
    assert all(seen.values()), seen


def test_a_stage_of_a_pipeline_has_the_bits_of_the_whole(model):
    """One table serves a rank that holds few of the tensors, whose rules then are not all needed."""
    whole = filled(model.__name__)
    stage = {name: np.empty_like(whole[name]) for name in whole if fnmatchcase(name, model.STAGE)}
    assert 0 < len(stage) < len(whole)
    for name, values in initialized(model, stage, unused="ignore").items():
        assert_same(values, whole[name], name, model)


@pytest.mark.parametrize("axis", [0, -1])
def test_shards_have_the_bits_of_the_whole(model, axis):
    """A rank's rows or columns of every tensor: from a third to the end, by the rules of the whole."""
    whole, shards, arrays = filled(model.__name__), {}, {}
    for name, values in whole.items():
        index = [slice(None)] * values.ndim
        index[axis] = slice(values.shape[axis] // 3, None)
        shards[name] = tuple(index)
        arrays[name] = np.full_like(values[shards[name]], math.nan)
    initialized(model, {n: fi.part(a, whole[n].shape, shards[n]) for n, a in arrays.items()})
    for name, array in arrays.items():
        assert_same(array, whole[name][shards[name]], name, model)


def assert_same(values: np.ndarray, expected: np.ndarray, name: str, model) -> None:
    if isinstance(facts(model)[name].law, Orthonormal):  # through matrix products: to rounding
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-5, err_msg=name)
    else:
        assert same_bits(values, expected), name


def test_stacked_experts_get_the_scale_of_listed_ones():
    """The same law by fans, said for either form of Mixtral's experts: stacked, they need their axes named."""
    rules = {
        "*.experts.*_proj": fi.get("lecun_normal", fans=fi.axes(in_axis=2, out_axis=1, batch_axis=0)),
        "*.experts.*": fi.get("lecun_normal", fans="oi"),
    }
    fan_in = {"gate_up_proj": 128, "down_proj": 224, "w1.weight": 128, "w3.weight": 128, "w2.weight": 224}
    for module in ("mixtral", "mixtral_listed"):
        shapes = {name: t.shape for name, t in facts(import_module(f"model_rules.{module}")).items()}
        experts = {name: np.empty(shape, np.float32) for name, shape in shapes.items() if ".experts." in name}
        for name, values in fi.initialize(experts, rules, rng=SEED, unused="ignore").items():
            end = next(end for end in fan_in if name.endswith(end))
            assert not beyond(values, Normal(0.0, fan_in[end] ** -0.5)), name
