"""Formulas on the site: as MathML, which browsers show by themselves, with no script and no font."""

from __future__ import annotations

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from formulas import to_tex


def set_formulas(app, doctree: nodes.document) -> None:
    """Make math of the formulas among the literals of pages that docstrings make."""
    if app.env.docname.partition("/")[0] == "api":
        for literal in list(doctree.findall(nodes.literal)):
            tex = to_tex(" ".join(literal.astext().split()))
            if tex is not None:
                literal.replace_self(nodes.math(tex, tex))


def visit_math(self, node: nodes.Element) -> None:
    self.body.append(tex2mathml(node.astext(), as_block=isinstance(node, nodes.math_block)).strip())
    raise nodes.SkipNode


def setup(app) -> dict:
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math, None))
    app.connect("doctree-read", set_formulas)
    return {"parallel_read_safe": True}
