"""Building a model by PyTorch alone, `materialize` and `accelerate`: ``python benchmarks/torch_models.py [rounds]``.

A Llama-shaped model of 0.53 billion parameters, plain torch.nn with transformers' usual laws, in float32 and bfloat16,
two threads. Each build is a process of its own; in each round the three run in turn. Processor seconds (user and
system) and wall seconds of the build alone, imports left out; medians and ranges, and ratios of medians.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

WAYS = ("plain", "materialize", "accelerate")
N_THREADS = 2

CHILD = """
import json, resource, sys, time
import torch
from torch import nn

way, dtype = sys.argv[1], getattr(torch, sys.argv[2])
torch.set_num_threads({threads})
if way != "plain":
    import fastinit as fi
    import fastinit.torch as ft
    fi.set_num_threads({threads})


class Layer(nn.Module):
    def __init__(self, width, inner):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.gate, self.up = (nn.Linear(width, inner, bias=False) for _ in range(2))
        self.down = nn.Linear(inner, width, bias=False)
        self.norms = nn.ModuleList(nn.RMSNorm(width) for _ in range(2))


class Model(nn.Module):
    def __init__(self, width=1536, inner=4096, n_layers=16, n_words=32000):
        super().__init__()
        self.embed = nn.Embedding(n_words, width)
        self.layers = nn.ModuleList(Layer(width, inner) for _ in range(n_layers))
        self.head = nn.Linear(width, n_words, bias=False)
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, 0.0, 0.02)


def build():
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        return Model()
    finally:
        torch.set_default_dtype(before)


def processor_s():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


began, began_wall = processor_s(), time.perf_counter()
if way == "plain":
    model = build()
elif way == "materialize":
    model = ft.materialize(build, rng=0)
else:
    with ft.accelerate(rng=0):
        model = build()
seconds = processor_s() - began, time.perf_counter() - began_wall
weight = model.layers[0].q.weight.float()
assert model.head.weight.dtype is dtype and abs(weight.std() / 0.02 - 1) < 0.01 and abs(weight.mean()) < 1e-4
print(json.dumps([*seconds, sum(p.numel() for p in model.parameters())]))
"""


def seconds(way: str, dtype: str) -> list[float]:
    """Processor and wall seconds of one build, and the number of parameters."""
    command = [sys.executable, "-c", CHILD.replace("{threads}", str(N_THREADS)), way, dtype]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def main(n_rounds: int = 5) -> None:
    for dtype in "float32", "bfloat16":
        found: dict[str, list[list[float]]] = {way: [] for way in WAYS}
        for _ in range(n_rounds):
            for way in WAYS:
                found[way].append(seconds(way, dtype))
        print(f"{dtype}, {found['plain'][0][2]:,} parameters, {n_rounds} rounds, {N_THREADS} threads")
        plain = [statistics.median(column) for column in zip(*found["plain"], strict=True)]
        for way in WAYS:
            cpu, wall, _ = zip(*found[way], strict=True)
            print(
                f"  {way:12} processor {statistics.median(cpu):6.2f} s ({min(cpu):.2f} to {max(cpu):.2f}), "
                f"{plain[0] / statistics.median(cpu):5.2f} times; wall {statistics.median(wall):6.2f} s "
                f"({min(wall):.2f} to {max(wall):.2f}), {plain[1] / statistics.median(wall):5.2f} times"
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
