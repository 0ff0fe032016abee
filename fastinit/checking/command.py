"""``fastinit check``: arguments to `fastinit.check`, its report shown, saved and drawn."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

from fastinit.checking.checkup import WHERE, check
from fastinit.checking.report import NetworkReport
from fastinit.common import plot_file
from fastinit.common.errors import Shown, reject_value

#: Options that describe the network where --layers gives its widths, by the argument of `fastinit.check`; a file says
#: all that itself.
OF_LAYERS = {"activation": "activation", "scheme": "scheme", "output": "output_activation", "bias": "bias"}

SICK = 1


def main(options: Namespace) -> int:
    """Print the report; 0 if all is healthy, SICK if not."""
    if (options.file is None) == (options.layers is None):
        reject_value(WHERE, "FILE, --layers", "one of them", Shown("neither" if options.file is None else "both"))
    _reject_beside_a_file(options)
    if options.plot is not None:
        _check_plot(options.plot)
    arguments = {**OF_LAYERS, "layout": "layout"}
    given = {name: getattr(options, option) for name, option in arguments.items()}
    given = {name: value for name, value in given.items() if value is not None}
    layers = options.file if options.layers is None else options.layers
    report = check(layers, rng=options.seed, n_samples=options.samples, **given)
    if options.plot is not None:
        if not isinstance(report, NetworkReport):
            reject_value(WHERE, "--plot", "a network", Shown("weights alone"))
        from fastinit.checking import plot

        plot.write(report, options.plot)
    print(json.dumps(report.to_dict(), indent=1, allow_nan=False) if options.json else report)
    return 0 if report.healthy else SICK


def _reject_beside_a_file(options: Namespace) -> None:
    """A model in TOML says all by itself; weights alone are a network if an activation is named."""
    is_weights = options.file is not None and Path(options.file).suffix != ".toml" and options.activation is not None
    for name, option in OF_LAYERS.items():
        if is_weights and name in ("activation", "output"):
            continue
        if options.file is not None and getattr(options, option) is not None:
            reject_value(WHERE, f"--{name}", "--layers beside it, not a file", Shown(str(options.file)))


def _check_plot(path: Path) -> None:
    """Before the work that would be lost."""
    plot_file.check(WHERE, path)
    if not path.parent.is_dir():
        reject_value(WHERE, "--plot", "a file in a folder that exists", str(path))
