"""Small models of timm and diffusers: built eagerly, from their plans and under `accelerate`, they are alike.

Some of them; ``python tests/pytorch/sweep.py --library timm --compare`` and the same of diffusers have all.
"""

import pytest

torch = pytest.importorskip("torch")

import comparing  # noqa: E402
import sweep_libraries  # noqa: E402

import fastinit.torch as ft  # noqa: E402

MODELS = {
    "timm": ["test_vit", "test_convnext", "test_resnet", "test_maxvit"],
    "diffusers": ["UNet2DConditionModel", "DiTTransformer2DModel", "FluxTransformer2DModel", "AutoencoderOobleck"],
}


@pytest.fixture(scope="module")
def libraries():
    sweep_libraries.import_torchvision()
    return {}


def library_of(libraries, name):
    pytest.importorskip(name, reason=f"{name} is not installed")
    if name not in libraries:
        libraries[name] = sweep_libraries.LIBRARIES[name]()
    return libraries[name]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("library", "name"), [(library, name) for library in MODELS for name in MODELS[library]])
def test_alike(libraries, library, name):
    found = comparing.Comparison(*library_of(libraries, library).small[name])
    found.make()
    assert found.differences == []
    assert found.left_to_torch == {}


def test_truncated_normals_of_timm(libraries):
    """It draws a uniform number, takes the inverse of the distribution function, and clamps."""
    library_of(libraries, "timm")
    from timm.layers import trunc_normal_, trunc_normal_tf_

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = (torch.nn.Parameter(torch.empty(30, 40)) for _ in "ab")
            trunc_normal_(self.a, mean=0.1, std=0.5, a=-0.2, b=1)
            trunc_normal_tf_(self.b, std=0.02)

    plan = ft.record(Model)
    assert plan["a"].law() == "truncated_normal(mean=0.1, std=0.5, lower=-0.2, upper=1)"
    assert plan["b"].law() == "truncated_normal(std=0.02, lower=-0.04, upper=0.04)"
