"""Options of ``fastinit check`` and ``fastinit calibrate``."""

from __future__ import annotations

import argparse
from pathlib import Path

from fastinit.common.arguments import at_least


def add_check(check: argparse.ArgumentParser) -> None:
    check.description = "Exit status 0 if all is healthy, 1 if not, 2 if the question is wrong."
    _add_network(check, "default relu; leaky_relu:0.2 sets a slope; with a file of weights, takes them as one stack")
    check.add_argument(
        "--plot",
        type=Path,
        metavar="FILE.png",
        help="draw a network's histograms and scales, as .png, .svg or .pdf (needs matplotlib)",
    )
    check.add_argument("--dark", action="store_true", help="with --plot: light on dark")
    check.add_argument("--html", type=Path, metavar="FILE.html", help="write all of it as one page")
    _add_output(check)


def add_calibrate(calibrate: argparse.ArgumentParser) -> None:
    calibrate.description = (
        "Say what each layer's weights are to be multiplied with, so that its pre-activations have one standard "
        "deviation. Nothing is changed; -o writes the file anew."
    )
    _add_network(calibrate, "default relu; needed with a file of weights, which are one stack")
    calibrate.add_argument(
        "--std", type=float, default=1.0, metavar="X", help="of pre-activations, afterwards (default 1)"
    )
    calibrate.add_argument(
        "-o", "--write", type=Path, metavar="FILE.safetensors", help="a copy of FILE with the scaled weights"
    )
    calibrate.add_argument("--force", action="store_true", help="with -o: overwrite a file that exists")
    _add_output(calibrate)


def _add_network(parser: argparse.ArgumentParser, about_activation: str) -> None:
    about_file = "a network (.toml), or weights (.safetensors, .index.json, or the folder of either)"
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help=about_file)
    parser.add_argument("--layers", type=_widths, metavar="N,N,...", help="instead of FILE: widths of dense layers")
    parser.add_argument("--activation", type=_with_number, metavar="NAME", help=about_activation)
    parser.add_argument(
        "--output",
        dest="output_activation",
        type=_with_number,
        metavar="NAME",
        help="the last layer's activation (default linear)",
    )
    parser.add_argument(
        "--scheme",
        metavar="NAME[:PARAM=VALUE,...]",
        help="what fills the weights, as normal:std=0.01 (default: what is recommended)",
    )
    parser.add_argument("--bias", type=float, metavar="X", help="biases of all units (default 0)")
    parser.add_argument("--layout", choices=("io", "oi"), help="of weights: io as in Keras and JAX, oi as in PyTorch")
    parser.add_argument("--seed", type=at_least(0), default=0, metavar="N", help="of weights and data (default 0)")
    parser.add_argument("--samples", type=at_least(1), default=128, metavar="N", help="inputs (default 128)")


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON, not a table")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors; the exit status tells")


def _widths(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected ints with commas between them, got {text!r}") from None


def _with_number(text: str) -> tuple[str, float | None]:
    """``name`` or ``name:number``."""
    name, colon, number = text.partition(":")
    try:
        return name, float(number) if colon else None
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected NAME or NAME:NUMBER, got {text!r}") from None
