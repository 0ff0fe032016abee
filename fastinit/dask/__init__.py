"""Dask's arrays, each chunk filled where it lives, and equal to the NumPy array for any chunking.

For what no one machine holds: Dask distributes, and each worker fills its own chunks. On several machines: start
``dask scheduler`` on one and ``dask worker tcp://SCHEDULER:8786`` on each, then ``Client("tcp://SCHEDULER:8786")``.

>>> import fastinit as fi, fastinit.dask as fd
>>> table = fd.array(fi.get("normal", std=0.02), (1_000_000, 128), chunks=(50_000, 128), rng=0, name="emb")
>>> rows = table[700_000:700_003].compute()
>>> bool((rows == fi.normal((1_000_000, 128), std=0.02, rng=0, name="emb", index=slice(700_000, 700_003))).all())
True

Owns what only those who use Dask need. Called by users alone; no room imports it. `array` is in `lazy`, `to_npy` in
`npy`.
"""

try:
    import dask.array as _array  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "dask":
        raise  # Dask is here, and lacks something itself
    text = "fastinit.dask: import: expected Dask, as pip install 'fastinit-nn[dask]' brings it, got none"
    raise ImportError(text) from error

from fastinit.dask.lazy import array
from fastinit.dask.npy import to_npy

__all__ = ["array", "to_npy"]
