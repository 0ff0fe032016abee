"""What reads others' bytes: headers, an index, models and plans in TOML and JSON, rules; and bytes that it takes.

A target takes any bytes. It returns whether they were taken; they may be refused by ValueError or TypeError in the one
form, by OSError for a file that they name, and by nothing else. `WORDS` are the formats' own, for mutators.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import row  # first: it finds the tests' own modules
from hostile import HEADERS, INDICES, MODELS

import fastinit as fi
import fastinit.safetensors as fs
from fastinit.checking import files as model_files
from fastinit.checking import given
from fastinit.checkpoints import origin, sources
from fastinit.files import headers, shards
from fastinit.plans import families, rule_text
from fastinit.plans.plan import Entry, Plan

#: In memory, if the system has such a folder.
FOLDER = Path(tempfile.mkdtemp(prefix="fastinit-fuzz", dir="/dev/shm" if os.path.isdir("/dev/shm") else None))

PLAN = Plan({f"h.{i}.{name}": Entry((6, 4), "float32") for i in range(3) for name in ("weight", "bias", "ln.weight")})

#: Of a network whose file says nothing else.
OF_A_STACK = {"activation": None, "scheme": None, "output": "linear", "bias": 0.0, "layout": "io"}


class Target(NamedTuple):
    """A reader of bytes, and bytes that it takes or nearly takes."""

    read: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]

    def take(self, data: bytes) -> bool:
        """Whether it takes them; raises Found if they are refused in another way than promised."""
        try:
            self.read(data)
        except (ValueError, TypeError) as error:
            row.demand_form(error)
            return False
        except OSError as error:
            row.demand(error.filename is not None, "an error of no file:", repr(error))
            return False
        return True


def _file(name: str) -> Callable[[bytes], Path]:
    path = FOLDER / name

    def written(data: bytes) -> Path:
        path.write_bytes(data)
        return path

    return written


_header_file, _index_file, _model_file = _file("x.safetensors"), _file("x.safetensors.index.json"), _file("m.toml")
_plan_files = {"{": _file("plan.json"), "": _file("plan.toml")}


END = re.compile(rb'"data_offsets":\s*\[\d+,\s*(\d{1,5})\]')


def _header(data: bytes) -> None:
    """A file; or its header alone, which gets the length before it and the data behind it that it speaks of."""
    if data[:1] == b"{":
        n_data = max(map(int, END.findall(data)), default=0)
        data = len(data).to_bytes(8, "little") + data + bytes(n_data)
    header = headers.read("fuzz", _header_file(data))
    if origin.KEY in header.metadata:
        origin.of_header("fuzz", header)


def _index(data: bytes) -> None:
    shards.index_of("fuzz", _index_file(data))


def _model(data: bytes) -> None:
    found = model_files.read("check", _model_file(data))
    given.stack("check", found.pop("layers"), **OF_A_STACK | {key: found[key] for key in found if key in OF_A_STACK})


def _plan(data: bytes) -> None:
    path = _plan_files["{" if data[:1] == b"{" else ""](data)
    plan = sources.resolve("init", str(path), families.plan_of_config).plan
    str(plan)
    plan.to_json(0)


def _rules(data: bytes) -> None:
    """A table in JSON, or what stands on a command line, one rule a line."""
    text = data.decode(errors="surrogateescape")
    try:
        rules = (
            json.loads(text) if text[:1] == "{" else dict(rule_text.rule_of("init", rule) for rule in text.split("\n"))
        )
    except (json.JSONDecodeError, RecursionError):
        return
    str(PLAN.with_rules(rules))


def _headers() -> list[bytes]:
    path = FOLDER / "seed.safetensors"
    rules = {"a.weight": fi.get("he_normal", fans="oi").but(0, "zeros"), "b": "zeros", "*": fi.get("normal", std=0.3)}
    fs.create(path, {"a.weight": (8, 6), "b": (6,), "c": (4, 8), "i": (3,)}, rules, rng=[3, 4], force=True)
    file = path.read_bytes()
    n_text = int.from_bytes(file[:8], "little")
    return [file[8 : 8 + n_text].rstrip(), file, *(content for content, _ in HEADERS.values() if len(content) < 4000)]


def _texts(table: dict) -> list[bytes]:
    texts = [text if isinstance(text, bytes) else text.encode() for text, _ in table.values()]
    return [text for text in texts if len(text) < 4000]


MODEL = b"""
activation = "relu"
scheme = {name = "he_normal", but = [{index = "0", scheme = "zeros"}]}
[[layers]]
shape = [3, 3, 4, 8]
stride = 2
norm = "layer"
[[layers]]
residual = [{shape = [8, 16], activation = ["leaky_relu", 0.1]}, {shape = [16, 8], bias = 0.5}]
shortcut = [{norm = "rms"}]
name = "block"
[[layers]]
shape = [8, 2]
"""

HAND_WRITTEN = b"""
dtype = "bfloat16"
[tensors]
"wte.weight" = {shape = [50, 8], scheme = {name = "normal", std = 0.02, but = [{index = "0, :3", scheme = "zeros"}]}}
"h.{0..11}.ln_1.weight" = {shape = [8], scheme = "ones", dtype = "float32"}
"x" = {shape = [2, 3, 4], scheme = {name = "glorot_uniform", fans = {in_axis = 0, out_axis = [1, 2]}}, role = "buffer"}
"v" = {shape = [2], values = [1, 2.5], note = "given"}
"lm_head.weight" = {shape = [50, 8], same_as = "wte.weight"}
"""

CONFIGS = [
    {"model_type": "gpt2", "n_layer": 2, "n_embd": 8, "n_head": 2, "vocab_size": 20, "n_positions": 16},
    {"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 16, "num_attention_heads": 2, "vocab_size": 20},
    {"model_type": "bert", "num_hidden_layers": 1, "hidden_size": 8, "num_attention_heads": 2, "vocab_size": 20},
]


def _plans() -> list[bytes]:
    plans = [PLAN.with_rules({"*.bias": "zeros", "*": fi.get("truncated_normal", std=0.02, low=-3.0)})]
    saved = [plan.to_json(0).encode() for plan in plans]
    return [HAND_WRITTEN, *saved, *(json.dumps(config).encode() for config in CONFIGS)]


RULES = [
    b"*.bias=zeros\n*=normal:std=0.02",
    b"h.?.weight=variance_scaling:scale=2,mode=fan_out,distribution=uniform,fans=oi\n*=keep",
    b'{"*.ln.*": "ones", "h.[01].*": {"name": "sparse", "sparsity": 0.5}, "*": {"name": "constant", "value": [1, 2]}}',
    b'{"*": {"name": "he_normal", "fans": [3, 4], "but": [{"index": "::2, -1", "scheme": {"name": "normal"}}]}}',
]

TARGETS = {
    "headers": Target(_header, _headers),
    "indices": Target(_index, lambda: _texts(INDICES)),
    "models": Target(_model, lambda: [MODEL, *_texts(MODELS)]),
    "plans": Target(_plan, _plans),
    "rules": Target(_rules, lambda: RULES),
}

_WORDS = """
"dtype" "shape" "data_offsets" "__metadata__" "F32" "BF16" "weight_map" "metadata" layers residual shortcut tensor
activation scheme norm stride groups bias layout tensors same_as values role note but index name format fastinit-plan-1
"normal" "orthogonal" "sparse" "dirac" "constant" value std mean low high gain fans in_axis out_axis model_type
num_hidden_layers hidden_size {0..9} [[ ]] [ ] { } 9223372036854775807 1e308 -1 nan inf true \\u0000 \\ud800 a.a.a.a
"uniform" 1979-05-27 ::-1 ... 0x 1_0
"""
WORDS = _WORDS.split()
