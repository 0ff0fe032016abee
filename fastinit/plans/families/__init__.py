"""What a configuration of Hugging Face's says about a model's tensors, without their libraries.

Owns, for the most used families: the names, shapes, order and ties of the tensors, and the law of each, as Transformers
5.24 has them, and the defaults of the keys that they depend on. `fastinit.torch.record` makes the same plan from the
model itself, for any architecture; transient buffers, which no checkpoint holds, are left out here.

============== ==========================================================
`reading`      a configuration, each value checked
`tables`       tensors written one after another: layers, norms, ties
`gpt2`         GPT-2
`llama`        Llama, Mistral, Qwen2, Qwen3, Gemma, Phi-3, OLMo 2
`mixtures`     Mixtral, Qwen3-MoE, DeepSeek-V3
`bert`         BERT, RoBERTa, DistilBERT
`t5`           T5 and its version 1.1
`vit`          ViT
`whisper`      Whisper
`mamba2`       Mamba-2
============== ==========================================================
"""

from __future__ import annotations

from collections.abc import Mapping

from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.plans.families import bert, gpt2, llama, mamba2, mixtures, t5, vit, whisper
from fastinit.plans.families.reading import WHERE, Config
from fastinit.plans.families.tables import Family, Table
from fastinit.plans.plan import Plan

#: By `model_type`.
FAMILIES: dict[str, Family] = {
    name: family
    for module in (gpt2, llama, mixtures, bert, t5, vit, whisper, mamba2)
    for name, family in module.FAMILIES.items()
}


def plan_of_config(config: Mapping[str, object]) -> Plan:
    """The plan of a model, from what its ``config.json`` holds.

    Parameters
    ----------
    config : mapping
        With `model_type`, one of `FAMILIES`. The first of `architectures` chooses the model, or else it is the base
        model; `dtype`, or `torch_dtype`, is that of all parameters. Keys that no tensor depends on are not looked at.

    Returns
    -------
    Plan
        Each parameter and each buffer that checkpoints hold.

    Raises
    ------
    ValueError, TypeError
        If a value is not as the family has it. The message names the key.

    Examples
    --------
    >>> from fastinit.plans.families import plan_of_config
    >>> plan = plan_of_config({"model_type": "llama", "num_hidden_layers": 2, "num_key_value_heads": 8})
    >>> plan["layers.1.self_attn.k_proj.weight"].shape
    (1024, 4096)
    """
    if not isinstance(config, Mapping):
        reject_type(WHERE, "config", "a mapping, as config.json holds it", config)
    family = FAMILIES[_one_of("model_type", config.get("model_type"), FAMILIES)]
    reader = Config(config, family.defaults, family.aliases)
    reader.refuse("per_layer_config")
    table = Table(reader.dtype())
    family.architectures[_architecture(config.get("architectures"), family)](table, reader)
    return Plan(table.entries)


def _architecture(names: object, family: Family) -> str:
    if names is None or (isinstance(names, (list, tuple)) and not names):
        return next(iter(family.architectures))
    if not isinstance(names, (list, tuple)):
        reject_type(WHERE, "architectures", "a list of names", names)
    return _one_of("architectures", names[0], family.architectures)


def _one_of(key: str, value: object, names: Mapping[str, object]) -> str:
    expected = "one of " + ", ".join(names)
    if value is None:
        reject_value(WHERE, key, expected, Shown("nothing"))
    if not isinstance(value, str):
        reject_type(WHERE, key, expected, value)
    if value not in names:
        reject_value(WHERE, key, expected, value)
    return value
