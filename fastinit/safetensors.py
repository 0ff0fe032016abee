"""Checkpoints in the safetensors format: written at the speed of the disk, by any number of processes, and verified.

>>> import os, tempfile, fastinit as fi, fastinit.safetensors as fs
>>> path = os.path.join(tempfile.mkdtemp(), "model.safetensors")
>>> fs.create(path, {"w": (300, 200), "b": (300,)}, {"w": fi.get("he_normal", fans="oi"), "b": "zeros"}, rng=7).n_bytes
245296
>>> print(fs.verify(path))
2 tensors, 241,200 bytes of values: all as planned
"""

from fastinit.checkpoints.creating import create, write_part
from fastinit.checkpoints.reading import open_plan
from fastinit.checkpoints.verifying import verify

__all__ = ["create", "open_plan", "verify", "write_part"]
