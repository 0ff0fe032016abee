"""Fixtures over what the build reports: every instruction set that runs here, every law in every dtype.

And what the quick run leaves out: `quick.py`.
"""

import os

# Before NumPy and the kernels are imported: products and fills in tests are small, and threads that wait for each other
# in loops took five times the processor time of the products themselves, and half of that of tests of threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from collections import defaultdict

import numpy as np
import pytest
from fills import BY_SIZE, FILLS
from quick import heavy_but, spare

from fastinit import _kernels
from fastinit.filling import run

#: Attacks are commands of their own: docs/reliability.md. Comparisons with other libraries run only if named: pytest
#: tests/peers/peer_torch.py. What the tests of PyTorch import is no test, and would be imported to look for examples,
#: also where there is no PyTorch; nor is a conftest.
collect_ignore_glob = ["attack/*", "peers/*", "pytorch/[!t]*", "with_*/conftest.py"]

#: The best comes first.
ISAS = [name for name, runs_here in _kernels.isas().items() if runs_here]


@pytest.hookimpl(tryfirst=True)  # before the marks are looked at
def pytest_collection_modifyitems(items):
    """Marks heavy what a test marked `each_value` has beyond each value of each of its parameters."""
    grids = defaultdict(list)
    for item in items:
        if item.get_closest_marker("each_value") and not item.get_closest_marker("heavy"):
            grids[item.path, item.function].append(item)
    for grid in grids.values():
        for i in spare([item.callspec.params for item in grid]):
            grid[i].add_marker("heavy")


def chosen_isa(request):
    before = _kernels.isa()
    assert _kernels.choose_isa(request.param)
    assert _kernels.isa() == request.param
    yield request.param
    _kernels.choose_isa(before)


@pytest.fixture(params=ISAS)
def isa(request):
    """Each instruction set in turn, for the length of a test."""
    yield from chosen_isa(request)


@pytest.fixture(params=heavy_but(ISAS, ISAS[0]))
def isa_of_much(request):
    """The same for tests that fill much: all but the best are heavy, since portable code is 50 times slower."""
    yield from chosen_isa(request)


@pytest.fixture(params=FILLS)
def fill(request):
    """Each law in each dtype."""
    return FILLS[request.param]


@pytest.fixture(params=BY_SIZE)
def sized(request):
    """A fill of each size of elements."""
    return BY_SIZE[request.param]


@pytest.fixture(params=[False, True], ids=["cached", "streamed"])
def streamed(request, monkeypatch):
    """Stores through the caches, and past them whatever the size."""
    monkeypatch.setattr(run, "STREAM_BYTES", 0 if request.param else 1 << 60)


@pytest.fixture
def canary():
    """A maker of arrays that lie inside a larger buffer, and a check that nothing around them was written."""
    buffers = []

    def make(n_bytes: int, offset: int = 256) -> np.ndarray:
        buffer = np.full(n_bytes + offset + 256, 0xA5, np.uint8)
        buffers.append((buffer, offset, n_bytes))
        return buffer[offset : offset + n_bytes]

    yield make
    for buffer, offset, n_bytes in buffers:
        assert (buffer[:offset] == 0xA5).all()
        assert (buffer[offset + n_bytes :] == 0xA5).all()
