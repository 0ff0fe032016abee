"""What the sweeps build: every model of a library by default, and small ones with a forward pass."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import pkgutil
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # some configurations ask for files

import architectures
import diffusers_models
import timm_models
import torch
from torch import nn

Build = Callable[[], nn.Module]


class Library(NamedTuple):
    version: str
    defaults: list[str]  #: every model that the library has
    build: Callable[[str], nn.Module]  #: of one of these
    small: dict[str, tuple[Build, Callable[[nn.Module], object]]]  #: models of little memory, and what runs them


#: Operators that torchvision's Python code expects. Builds for GPUs, as the package index has, lack them on the CPU.
OPERATORS = torch.library.Library("torchvision", "FRAGMENT")


class NoModelError(Exception):
    """A configuration that no class takes."""


def of_transformers() -> Library:
    import transformers
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

    def build(name: str) -> nn.Module:
        config = getattr(transformers, CONFIG_MAPPING_NAMES[name])()
        if type(config) in transformers.AutoModel._model_mapping:
            return transformers.AutoModel.from_config(config)
        return _class_of(config)._from_config(config)

    transformers.logging.set_verbosity_error()
    small = {
        name: (architectures.builder(name), partial(_called, architectures.inputs(name)))
        for name in architectures.FAMILIES
    }
    return Library(f"transformers {transformers.__version__}", list(CONFIG_MAPPING_NAMES), build, small)


def _class_of(config: object) -> type:
    """The first class beside a configuration that takes it, for parts of models, which have no entry of their own."""
    package = importlib.import_module(type(config).__module__.rpartition(".")[0])
    for found in (info.name for info in pkgutil.iter_modules(package.__path__) if info.name.startswith("modeling_")):
        module = importlib.import_module(f"{package.__name__}.{found}")
        for name, kind in vars(module).items():
            is_own = (
                inspect.isclass(kind) and kind.__module__ == module.__name__ and not name.endswith("PreTrainedModel")
            )
            if is_own and getattr(kind, "config_class", None) is type(config):
                return kind
    raise NoModelError(f"none in {package.__name__}")


def of_timm() -> Library:
    import timm

    small = {name: (timm_models.builder(name), timm_models.run) for name in timm_models.SMALL}
    return Library(f"timm {timm.__version__}", timm.list_models(), lambda name: timm_models.builder(name)(), small)


def of_diffusers() -> Library:
    import diffusers

    diffusers.utils.logging.set_verbosity_error()
    kinds = {}
    for name in filter(str.isidentifier, dir(diffusers)):
        found = getattr(diffusers, name)
        if inspect.isclass(found) and issubclass(found, diffusers.ModelMixin) and found is not diffusers.ModelMixin:
            kinds[name] = found
    small = {
        name: (partial(kinds[name], **options), partial(_called, inputs))
        for name, (options, inputs) in diffusers_models.MODELS.items()
    }
    return Library(f"diffusers {diffusers.__version__}", list(kinds), lambda name: kinds[name](), small)


def _called(inputs: dict, model: nn.Module) -> object:
    return model(**inputs)


def import_torchvision() -> None:
    """Import it, if it is there: the libraries import it, and raise where it does."""
    with contextlib.suppress(ImportError):
        try:
            importlib.import_module("torchvision")
        except RuntimeError:
            for name in ("nms", "qnms"):
                OPERATORS.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            importlib.import_module("torchvision")


LIBRARIES = {"transformers": of_transformers, "timm": of_timm, "diffusers": of_diffusers}
