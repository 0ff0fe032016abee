"""A report as one page of HTML: it needs no other file, no script, and no library to be made.

The drawings are cells of the table, a row for each layer: so numbers and shapes stand side by side, a narrow screen
scrolls both together, and what cannot be seen is read out in its place.
"""

from __future__ import annotations

import os
from html import escape

from fastinit.checking import drawing, sketches
from fastinit.checking.page_style import STYLE
from fastinit.checking.table import Table
from fastinit.common.terminal import printable
from fastinit.files import names, written_files

HOW_TO_READ = (
    "Each histogram reaches from four standard deviations below its own mean to four above. High peaks are cut. The "
    "lines are second moments on a log axis: that of activations over the inputs', that of gradients over the last "
    "layer's. The shaded band is healthy."
)

MARKS = {"activations": "●", "gradients": "■"}


def write(page: str, path: str | os.PathLike) -> None:
    """Put a page into a file, in place of what it held."""
    path = written_files.check_html("html", "path", path)
    with names.complete(path) as begun:
        begun.write_text(page, encoding="utf-8")


def of_network(report) -> str:
    """The page of a stack of layers: of what `plot.write` asks for, and ``table()``."""
    scale = drawing.scale_of(report.layers)
    key = " ".join(f'<span class="{line.kind}">{MARKS[line.kind]} {line.text}</span>' for line in drawing.LINES)
    heads = ["activations", "gradients", f"second moment<br>{key}<br>{sketches.axis(scale)}"]
    cells = [
        [sketches.ridge(outputs, "activations"), sketches.ridge(gradients, "gradients"), scales]
        for (outputs, gradients), scales in zip(report.histograms, sketches.scales(report.layers, scale), strict=True)
    ]
    more = "".join(f'<p class="remedy">{_text(sentence)}</p>' for sentence in report.sentences()[1:])
    return _page(report, more + _table(report.table(), heads, cells, HOW_TO_READ))


def of_weights(report) -> str:
    """The page of weights alone."""
    table = report.table()
    left_out = f"<p>left out: {_text(', '.join(report.left_out))}</p>" if report.left_out else ""
    about = "Whether a known scheme would give each tensor's scale."
    return _page(report, _table(table, [], [[]] * len(table.rows), about) + left_out)


def _page(report, content: str) -> str:
    verdict = _text(report.verdict)
    kind = "healthy" if report.healthy else "sick"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>fastinit check: {verdict}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1 class="{kind}">{verdict}</h1>
<p>{_text(report.reason)}</p>
{content}
</main>
</body>
</html>
"""


def _table(table: Table, heads: list[str], drawings: list[list[str]], about: str) -> str:
    """Names, drawings, all other columns; in a box that scrolls if there is no room."""
    name, *headings = map(_text, table.headings)
    columns = [' class="number"' if column.is_number else "" for column in table.columns] + [' class="verdict"']
    head = f'<th scope="col">{name}</th>'
    head += "".join(f'<th scope="col" class="drawing">{text}</th>' for text in heads)
    head += "".join(f'<th scope="col"{kind}>{text}</th>' for kind, text in zip(columns, headings, strict=True))
    rows = []
    for cells, drawn, is_sick in zip(table.rows, drawings, table.is_sick, strict=True):
        first, *others = map(_text, cells)
        shown = "".join(f'<td class="drawing">{cell}</td>' for cell in drawn)
        shown += "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(columns, others, strict=True))
        sick = ' class="sick"' if is_sick else ""
        rows.append(f'<tr{sick}><th scope="row">{first}</th>{shown}</tr>')
    body = "\n".join(rows)
    return f"""<p id="about" class="small">{about}</p>
<div class="scroll" role="region" aria-label="{name}s" tabindex="0">
<table aria-describedby="about">
<thead><tr>{head}</tr></thead>
<tbody>
{body}
</tbody>
</table>
</div>
"""


def _text(text: str) -> str:
    return escape(printable(text))
