"""What would be written, as a table and as plain data."""

from __future__ import annotations

from typing import Any

from fastinit.checkpoints.comparing import printable
from fastinit.checkpoints.layout import Layout

HEAD = ("tensor", "shape", "dtype", "law", "bytes", "file")


def rows(layout: Layout) -> list[tuple[str, str, str, str, str, str]]:
    """A row for each tensor, in the order of the bytes."""
    return [
        (
            printable(content.name),
            " x ".join(map(str, content.entry.shape)) or "()",
            content.entry.dtype,
            content.entry.law(),
            f"{content.n_bytes:,}",
            file.name,
        )
        for file in layout.files
        for content, _, _ in file.spans
    ]


def text(layout: Layout) -> str:
    """The table, and totals."""
    table = [HEAD, *rows(layout)]
    widths = [max(len(row[i]) for row in table) for i in range(len(HEAD) - 1)] + [0]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in table]
    return "\n".join([*lines, "", _totals(layout)])


def _totals(layout: Layout) -> str:
    contents = layout.contents
    n_values = sum(content.n_elements for content in contents)
    return f"{len(contents)} tensors, {n_values:,} parameters, {layout.n_bytes:,} bytes, {len(layout.files)} files"


def plain(layout: Layout) -> dict[str, Any]:
    """The same for JSON."""
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
