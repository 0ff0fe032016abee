"""Models that ``fastinit init`` knows by name, from their published dimensions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from functools import partial

from fastinit.plans.families import plan_of_config
from fastinit.plans.plan import Entry, Plan
from fastinit.schemes.register import get

#: Rows of the 26 tables of the Criteo Terabyte data set, each number of distinct values.
CRITEO_ROWS = (
    *(227605432, 39060, 17295, 7424, 20265, 3, 7122, 1543, 63, 130229467, 3067956, 405282, 10),
    *(2209, 11938, 155, 4, 976, 14, 292775614, 40790948, 187188510, 590152, 12973, 108, 36),
)


def dlrm(rows: tuple[int, ...] = CRITEO_ROWS, max_rows: int = 100_000_000, width: int = 128) -> Iterator[tuple]:
    """DLRM: embedding tables, each with a padding row first, and two perceptrons, as its authors name and draw them.

    Naumov et al., "Deep learning recommendation model for personalization and recommendation systems", 2019, and its
    implementation: U(+-1 / sqrt(rows)) for tables; N(0, 2 / (fan_in + fan_out)) for weights, N(0, 1 / fan_out) for
    biases. The widths are those of MLPerf; tables are cut to `max_rows`. The rows of zeros are not the authors'.
    """
    for i, n in enumerate(min(n, max_rows) for n in rows):
        table = get("uniform", low=-1 / math.sqrt(n), high=1 / math.sqrt(n))
        yield f"emb_l.{i}.weight", (n, width), table.but(0, "zeros")
    n_pairs = (len(rows) + 1) * len(rows) // 2
    for name, widths in ("bot_l", (13, 512, 256, width)), ("top_l", (n_pairs + width, 1024, 1024, 512, 256, 1)):
        for i, (n_in, n_out) in enumerate(itertools.pairwise(widths)):
            yield f"{name}.{2 * i}.weight", (n_out, n_in), get("normal", std=math.sqrt(2 / (n_in + n_out)))
            yield f"{name}.{2 * i}.bias", (n_out,), get("normal", std=math.sqrt(1 / n_out))


def _gpt2(n_layer: int, n_embd: int, n_head: int) -> Callable[[], Plan]:
    return _of(model_type="gpt2", architectures=["GPT2Model"], n_layer=n_layer, n_embd=n_embd, n_head=n_head)


def _llama(**sizes: object) -> Callable[[], Plan]:
    told = dict(architectures=["LlamaForCausalLM"], vocab_size=128256, num_attention_heads=32, num_key_value_heads=8)
    return _of(model_type="llama", **told, **sizes)


def _of(**config: object) -> Callable[[], Plan]:
    return partial(plan_of_config, config)


def _dlrm() -> Plan:
    return Plan({name: Entry(shape, "float32", scheme) for name, shape, scheme in dlrm()})


#: Models by name, each a function that plans its tensors. GPT-2's published checkpoints are of the base model.
MODELS: dict[str, Callable[[], Plan]] = {
    "gpt2": _gpt2(12, 768, 12),
    "gpt2-medium": _gpt2(24, 1024, 16),
    "gpt2-large": _gpt2(36, 1280, 20),
    "gpt2-xl": _gpt2(48, 1600, 25),
    "llama-1b": _llama(
        hidden_size=2048, intermediate_size=8192, num_hidden_layers=16, head_dim=64, tie_word_embeddings=True
    ),
    "llama-8b": _llama(hidden_size=4096, intermediate_size=14336, num_hidden_layers=32),
    "vit-b-16": _of(model_type="vit", architectures=["ViTForImageClassification"]),
    "dlrm": _dlrm,
}
