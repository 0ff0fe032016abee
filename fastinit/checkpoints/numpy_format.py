"""NumPy's own files: a folder with one for each tensor, or an archive of them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from fastinit.checkpoints.contents import Content
from fastinit.checkpoints.disk import CACHED_BYTES
from fastinit.checkpoints.layout import File, Layout
from fastinit.common.errors import Shown, reject_value
from fastinit.files import names
from fastinit.filling import memory
from fastinit.laws import dtypes
from fastinit.plans.patterns import quoted

#: In a folder, what the names of unfinished work are made of.
IN_FOLDER = "tensors"


def folder(where: str, path: Path, contents: list[Content]) -> Layout:
    """A folder's files: ``NAME.npy`` for each tensor."""
    files = []
    for content in contents:
        if set(content.name) & set("/\\\0") or content.name.startswith(".") or len(content.name.encode()) > 200:
            reject_value(where, quoted(content.name), "a name that a file can have", Shown("another"))
        files.append(File(f"{content.name}.npy", _header(where, content), [content]))
    return Layout(path / IN_FOLDER, tuple(files), None)


def _header(where: str, content: Content) -> bytes:
    if content.dtype.name in dtypes.FROM_ML_DTYPES:
        reject_value(
            where, f"{quoted(content.name)}: dtype", "one that NumPy's files have (--dtype float32)", content.dtype.name
        )
    return header_of(content.dtype, content.entry.shape)


def header_of(dtype: np.dtype, shape: tuple[int, ...]) -> bytes:
    """What a ``.npy`` file of an array in C order begins with, of a dtype that such files have."""
    header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
    raw = io.BytesIO()
    np.lib.format.write_array_header_2_0(raw, header)
    return raw.getvalue()


def write_archive(
    where: str, path: Path, contents: list[Content], force: bool, progress: Callable[[int], object]
) -> int:
    """Write an archive as `numpy.savez` does, uncompressed, in bounded memory; its bytes. By one thread."""
    headers = [_header(where, content) for content in contents]
    names.check_target(path, force)
    buffer = memory.aligned(where, (CACHED_BYTES,), np.dtype(np.uint8))
    with (
        names.complete(path, force) as begun,
        zipfile.ZipFile(begun, "w", zipfile.ZIP_STORED, allowZip64=True) as archive,
    ):
        for content, header in zip(contents, headers, strict=True):
            entry = zipfile.ZipInfo(f"{content.name}.npy")  # of a fixed date: the same seed, the same file
            with archive.open(entry, "w", force_zip64=True) as file:
                file.write(header)
                for first in range(0, content.n_bytes, CACHED_BYTES):
                    part = buffer[: min(CACHED_BYTES, content.n_bytes - first)].view(content.dtype)
                    content.put(first // content.dtype.itemsize, part)
                    file.write(part.view(np.uint8))
                    progress(part.nbytes)
    return path.stat().st_size
