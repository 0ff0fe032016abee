"""Fixtures over what the build reports: every instruction set that runs here, every law in every dtype."""

import numpy as np
import pytest
from fills import BY_SIZE, FILLS

from fastinit import _kernels
from fastinit.filling import run

#: They compare with other libraries, and run only if named: pytest tests/peers/peer_torch.py.
collect_ignore_glob = ["peers/*"]

ISAS = [name for name, runs_here in _kernels.isas().items() if runs_here]


@pytest.fixture(params=ISAS)
def isa(request):
    """Each instruction set in turn, for the length of a test."""
    before = _kernels.isa()
    assert _kernels.choose_isa(request.param)
    assert _kernels.isa() == request.param
    yield request.param
    _kernels.choose_isa(before)


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
