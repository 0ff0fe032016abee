"""What would be written, as a table and as plain data."""

from __future__ import annotations

from typing import Any

from fastinit.checkpoints.layout import Layout
from fastinit.common.errors import brief
from fastinit.common.terminal import counted

HEAD = ("tensor", "shape", "dtype", "law", "bytes", "file")


def text(layout: Layout) -> str:
    """The table for reading, and totals."""
    table = [HEAD, *map(_cells, plain(layout)["tensors"])]
    widths = [max(len(row[i]) for row in table) for i in range(len(HEAD) - 1)] + [0]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in table]
    return "\n".join([*lines, "", _totals(layout)])


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    shape = " x ".join(map(str, row["shape"])) or "()"
    return brief(row["name"]), shape, row["dtype"], row["law"], f"{row['bytes']:,}", row["file"]


def _totals(layout: Layout) -> str:
    contents = layout.contents
    n_values = sum(content.n_elements for content in contents)
    tensors, files = counted(len(contents), "tensor"), counted(len(layout.files), "file")
    return f"{tensors}, {n_values:,} parameters, {layout.n_bytes:,} bytes, {files}"


def plain(layout: Layout) -> dict[str, Any]:
    """A row for each tensor, in the order of the bytes, as JSON has it."""
    tensors = [
        {
            "name": content.name,
            "shape": list(content.entry.shape),
            "dtype": content.entry.dtype,
            "law": content.entry.law(),
            "bytes": content.n_bytes,
            "file": file.name,
        }
        for file in layout.files
        for content, _, _ in file.spans
    ]
    return {"files": [file.name for file in layout.files], "n_bytes": layout.n_bytes, "tensors": tensors}
