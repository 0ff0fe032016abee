"""Settings of the documentation site: ``sphinx-build -W --keep-going -b html docs docs/_build/html``."""

import inspect
import re

import fastinit

project = "fastinit"
author = "the fastinit developers"
project_copyright = f"2026, {author}"
version = release = fastinit.__version__

extensions = ["myst_parser", "sphinx.ext.autosummary", "numpydoc"]
exclude_patterns = ["_build"]
templates_path = ["_templates"]

# A reference to something that is not there is an error, as every other warning is under -W.
nitpicky = True

# Anchors for headings as GitHub makes them, so that the same links work on both.
myst_heading_anchors = 3

# The blank line before a closing fence ends doctest's expected output; it need not show.
highlight_options = {"python": {"stripnl": True}}

# One page for each function, written at build time.
autosummary_generate = True
autodoc_typehints = "none"  # the docstrings state types, with their ranges
numpydoc_show_class_members = False

# Furo: no script or font from elsewhere, wide tables and code scroll by themselves, one column on a phone.
html_theme = "furo"
html_title = f"fastinit {release}"
html_static_path = ["_static"]
html_css_files = ["width.css"]
html_copy_source = False


def link_functions(app, what, name, obj, options, lines):
    """Make links of public names in backticks, but for those that are the function's own parameters."""
    names = set(fastinit.__all__) - (inspect.signature(obj).parameters.keys() if callable(obj) else set())

    def link(match):
        short = match[1].removeprefix("fastinit.")
        return f":py:func:`fastinit.{short}`" if short in names or short != match[1] else match[0]

    lines[:] = [re.sub(r"(?<!`)`([\w.]+)(?:\(\))?`(?!`)", link, line) for line in lines]


def setup(app):
    app.connect("autodoc-process-docstring", link_functions)
