"""Models for process groups, and which of their layers tensor parallelism cuts."""

import pytest

torch = pytest.importorskip("torch")
if not torch.distributed.is_available():
    pytest.skip("this PyTorch has no process groups", allow_module_level=True)

from torch import nn  # noqa: E402
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel  # noqa: E402


class Block(nn.Module):
    """Of a transformer, with one head and a hidden layer of odd width."""

    def __init__(self, width=12, hidden=25):
        super().__init__()
        self.norm, self.q, self.k = nn.LayerNorm(width), nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.v, self.out = nn.Linear(width, width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        y = self.norm(x)
        x = x + self.out(nn.functional.scaled_dot_product_attention(self.q(y), self.k(y), self.v(y)))
        return x + self.down(self.up(x).relu())


def transformer():
    return nn.Sequential(nn.Embedding(31, 12), Block(), Block(), nn.Linear(12, 31, bias=False))


def perceptron(hidden=50):
    return nn.Sequential(nn.Linear(24, hidden), nn.ReLU(), nn.Linear(hidden, 22), nn.ReLU(), nn.Linear(22, 3))


#: How tensor parallelism cuts the layers of a block, and the first two of a perceptron.
BLOCK = dict.fromkeys(("q", "k", "v", "up"), ColwiseParallel()) | dict.fromkeys(("out", "down"), RowwiseParallel())
ENDS = {"0": ColwiseParallel(), "2": RowwiseParallel()}
