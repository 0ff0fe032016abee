"""``fastinit check`` and ``fastinit calibrate``: options to arguments, results shown, saved and drawn."""

from __future__ import annotations

import json
import shutil
import sys
from argparse import Namespace
from typing import Any

from fastinit.checking import calibration, checkup, plain_data, rewriting
from fastinit.checking.report import NetworkReport
from fastinit.checking.weights_report import WeightsReport
from fastinit.common.errors import Shown, reject_value
from fastinit.files import written_files
from fastinit.plans import rule_text

#: Options that describe the network where --layers gives its widths, by the argument of `fastinit.check`; a file says
#: all that itself.
OF_LAYERS = {"activation": "activation", "scheme": "scheme", "output": "output_activation", "bias": "bias"}

SICK = 1


def check(options: Namespace) -> int:
    """Print, draw and save the report as asked; 0 if all is healthy, SICK if not."""
    arguments = _arguments(checkup.WHERE, options)
    _check_files(options)
    report = checkup.check(**arguments)
    if not options.quiet:  # first: what cannot be written takes nothing with it
        print(_text(report, options.json), flush=True)
    if options.plot is not None:
        report.plot(options.plot, dark=options.dark)
    if options.html is not None:
        report.html(options.html)
    return 0 if report.healthy else SICK


def calibrate(options: Namespace) -> int:
    """Print the factors; write the file anew if that is asked."""
    where = calibration.WHERE
    arguments = _arguments(where, options)
    if _is_weights(options) and options.activation is None:
        reject_value(where, "--activation", "the one between weights of a file", Shown("none"))
    if options.write is not None:
        _check_write(where, options)
    elif options.force:
        reject_value(where, "--force", "-o beside it", Shown("none"))
    done = calibration.calibrate(**arguments, std=options.std)
    if not options.quiet:  # first, as above
        print(json.dumps(plain_data.of(done.scaled), indent=1, allow_nan=False) if options.json else done, flush=True)
    if options.write is not None:
        rewriting.write(where, options.file, options.write, done.weights, options.force)
        if not options.quiet and not options.json:
            print(f"\nwritten to {options.write}")
    return 0


def _check_write(where: str, options: Namespace) -> None:
    if options.file is None or options.file.suffix != ".safetensors":
        reject_value(where, "-o", "a FILE of weights in .safetensors", Shown(str(options.file or "--layers")))
    if options.write.suffix != ".safetensors":
        reject_value(where, "-o", "a name that ends in .safetensors", str(options.write))
    if options.write.exists() and not options.force:
        reject_value(where, "-o", "a file that does not exist, or --force", str(options.write))
    written_files.check_writable(where, "-o", options.write)


def _arguments(where: str, options: Namespace) -> dict[str, Any]:
    """Of `fastinit.check` and `fastinit.calibrate`."""
    if (options.file is None) == (options.layers is None):
        reject_value(where, "FILE, --layers", "one of them", Shown("neither" if options.file is None else "both"))
    _reject_beside_a_file(where, options)
    given = {name: getattr(options, option) for name, option in {**OF_LAYERS, "layout": "layout"}.items()}
    given = {name: value for name, value in given.items() if value is not None}
    if "scheme" in given:
        given["scheme"] = rule_text.scheme_of(where, "--scheme", given["scheme"])
    layers = options.file if options.layers is None else options.layers
    return {"layers": layers, "rng": options.seed, "n_samples": options.samples, **given}


def _text(report: NetworkReport | WeightsReport, as_json: bool) -> str:
    """As wide as the terminal, and as it likes for a program that reads on."""
    if as_json:
        return json.dumps(report.to_dict(), indent=1, allow_nan=False)
    return report.text(shutil.get_terminal_size().columns if sys.stdout.isatty() else None)


def _is_weights(options: Namespace) -> bool:
    return options.file is not None and options.file.suffix != ".toml"


def _reject_beside_a_file(where: str, options: Namespace) -> None:
    """A model in TOML says all by itself; weights alone are a network if an activation is named."""
    is_stack = _is_weights(options) and options.activation is not None
    for name, option in OF_LAYERS.items():
        if is_stack and name in ("activation", "output"):
            continue
        if options.file is not None and getattr(options, option) is not None:
            reject_value(where, f"--{name}", "--layers beside it, not a file", Shown(str(options.file)))


def _check_files(options: Namespace) -> None:
    """Before the work that would be lost."""
    if options.plot is not None:
        written_files.check_plot(checkup.WHERE, "--plot", options.plot)
        if _is_weights(options) and options.activation is None:
            got = Shown(f"weights alone, {str(options.file)!r}; --activation makes them one")
            reject_value(checkup.WHERE, "--plot", "a network", got)
    elif options.dark:
        reject_value(checkup.WHERE, "--dark", "--plot beside it", Shown("none"))
    if options.html is not None:
        written_files.check_html(checkup.WHERE, "--html", options.html)
