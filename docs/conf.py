"""Settings of the documentation site: ``sphinx-build -W --keep-going -b html docs docs/_build/html``.

The pages need nothing from elsewhere: no font, no script, no MathJax. Where they are put, their address makes the links
and the picture of social cards whole: ``-D html_baseurl=https://... -D ogp_site_url=https://...``.
"""

import inspect
import re
import sys
from pathlib import Path

import fastinit

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # for `mathml` and `card`

project = "fastinit"
author = "the fastinit developers"
project_copyright = f"2026, {author}"
version = release = fastinit.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",  # each function's page leads to its source
    "numpydoc",
    "sphinx_copybutton",
    "sphinxext.opengraph",
    "mathml",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]

# A reference to something that is not there is an error, as every other warning is under -W.
nitpicky = True

# Anchors for headings as GitHub makes them, so that the same links work on both; formulas between dollars, as there.
myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath"]
html_math_renderer = "mathml"

# The blank line before a closing fence ends doctest's expected output; it need not show.
highlight_options = {"python": {"stripnl": True}}

# Copied are the lines with prompts, without them; of blocks that have none, all.
copybutton_prompt_text = r">>> |\.\.\. ?"
copybutton_prompt_is_regexp = True

# One page for each function, written at build time.
autosummary_generate = True
autodoc_typehints = "none"  # the docstrings state types, with their ranges
numpydoc_show_class_members = False

# Furo: no script or font from elsewhere, wide tables and code scroll by themselves, one column on a phone.
html_theme = "furo"
html_title = f"fastinit {release}"
pygments_dark_style = "github-dark"  # Furo's own underlines the names of modules, as if they were links
html_favicon = "_static/favicon.svg"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False

ogp_image = "_static/card.png"
ogp_image_alt = "Normals a second: fastinit beside MKL, PyTorch, NumPy and JAX"
ogp_custom_meta_tags = ['<meta name="twitter:card" content="summary_large_image" />']
ogp_social_cards = {"enable": False}  # one picture for all pages
ogp_enable_meta_description = True


def link_functions(app, what, name, obj, options, lines):
    """Make links of public names in backticks, but for those that are the function's own parameters."""
    names = set(fastinit.__all__) - (inspect.signature(obj).parameters.keys() if callable(obj) else set())

    def link(match):
        short = match[1].removeprefix("fastinit.")
        return f":py:func:`fastinit.{short}`" if short in names or short != match[1] else match[0]

    lines[:] = [re.sub(r"(?<![`:])`([\w.]+)(?:\(\))?`(?!`)", link, line) for line in lines]


def draw_card(app, exception):
    """The picture of social cards, from the saved run of the benchmarks."""
    if exception is None and app.builder.format == "html":
        import card

        card.draw(HERE / "benchmark.txt", Path(app.outdir, ogp_image))


def setup(app):
    app.connect("autodoc-process-docstring", link_functions)
    app.connect("build-finished", draw_card)
