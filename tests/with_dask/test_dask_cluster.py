"""A cluster of four processes: the same values, also when one is killed on the way."""

import os
import signal
import time

import dask.array as da
import numpy as np
import pytest
from distributed import Client, LocalCluster

import fastinit as fi
import fastinit.dask as fd

pytestmark = pytest.mark.filterwarnings("default")  # of a worker that is killed, and of ports

SHAPE = (40_000, 64)


def slowly(block):
    time.sleep(0.05)
    return block


@pytest.fixture(scope="module")
def client():
    options = dict(n_workers=4, threads_per_worker=1, processes=True, dashboard_address=None)
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        yield client


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_equal(client, dtype):
    x = fd.array("he_normal", SHAPE, (1000, 64), dtype, rng=5, name="emb")
    assert x.compute().tobytes() == fi.he_normal(SHAPE, dtype=dtype, rng=5, name="emb").tobytes()


def test_equal_with_a_worker_killed(client, tmp_path):
    x = fd.array("he_normal", SHAPE, (500, 64), rng=5, name="emb").map_blocks(slowly, dtype="float32").persist()
    deadline = time.monotonic() + 60
    while not (held := {worker: keys for worker, keys in client.has_what().items() if len(keys) >= 3}):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    victim = next(iter(held))
    pid = client.run(os.getpid, workers=[victim])[victim]
    os.kill(pid, signal.SIGKILL)
    whole = fi.he_normal(SHAPE, rng=5, name="emb")
    assert np.array_equal(x.compute(), whole)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    fd.to_npy(x, tmp_path / "w.npy")
    assert np.array_equal(np.load(tmp_path / "w.npy"), whole)


def test_reductions_happen_where_chunks_live(client):
    x = fd.array(fi.get("normal", std=0.02), SHAPE, (1000, 64), rng=5)
    assert da.std(x).compute() == pytest.approx(0.02, rel=0.01)
