"""``fastinit check``: arguments to `fastinit.check`, its report shown, saved and drawn."""

from __future__ import annotations

import json
import shutil
import sys
from argparse import Namespace

from fastinit.checking.checkup import WHERE, check
from fastinit.checking.report import NetworkReport
from fastinit.checking.weights_report import WeightsReport
from fastinit.common import written_files
from fastinit.common.errors import Shown, reject_value
from fastinit.plans import rule_text

#: Options that describe the network where --layers gives its widths, by the argument of `fastinit.check`; a file says
#: all that itself.
OF_LAYERS = {"activation": "activation", "scheme": "scheme", "output": "output_activation", "bias": "bias"}

SICK = 1


def main(options: Namespace) -> int:
    """Print, draw and save the report as asked; 0 if all is healthy, SICK if not."""
    if (options.file is None) == (options.layers is None):
        reject_value(WHERE, "FILE, --layers", "one of them", Shown("neither" if options.file is None else "both"))
    _reject_beside_a_file(options)
    given = {name: getattr(options, option) for name, option in {**OF_LAYERS, "layout": "layout"}.items()}
    given = {name: value for name, value in given.items() if value is not None}
    if "scheme" in given:
        given["scheme"] = rule_text.scheme_of(WHERE, "--scheme", given["scheme"])
    _check_files(options)
    layers = options.file if options.layers is None else options.layers
    report = check(layers, rng=options.seed, n_samples=options.samples, **given)
    if options.plot is not None:
        report.plot(options.plot, dark=options.dark)
    if options.html is not None:
        report.html(options.html)
    if not options.quiet:
        print(_text(report, options.json))
    return 0 if report.healthy else SICK


def _text(report: NetworkReport | WeightsReport, as_json: bool) -> str:
    """As wide as the terminal, and as it likes for a program that reads on."""
    if as_json:
        return json.dumps(report.to_dict(), indent=1, allow_nan=False)
    return report.text(shutil.get_terminal_size().columns if sys.stdout.isatty() else None)


def _is_weights(options: Namespace) -> bool:
    return options.file is not None and options.file.name.endswith((".safetensors", ".index.json"))


def _reject_beside_a_file(options: Namespace) -> None:
    """A model in TOML says all by itself; weights alone are a network if an activation is named."""
    is_stack = options.file is not None and options.file.suffix != ".toml" and options.activation is not None
    for name, option in OF_LAYERS.items():
        if is_stack and name in ("activation", "output"):
            continue
        if options.file is not None and getattr(options, option) is not None:
            reject_value(WHERE, f"--{name}", "--layers beside it, not a file", Shown(str(options.file)))


def _check_files(options: Namespace) -> None:
    """Before the work that would be lost."""
    if options.plot is not None:
        written_files.check_plot(WHERE, "--plot", options.plot)
        if _is_weights(options) and options.activation is None:
            got = Shown(f"weights alone, {str(options.file)!r}; --activation makes them one")
            reject_value(WHERE, "--plot", "a network", got)
    elif options.dark:
        reject_value(WHERE, "--dark", "--plot beside it", Shown("none"))
    if options.html is not None:
        written_files.check_html(WHERE, "--html", options.html)
