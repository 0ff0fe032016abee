"""The command line: ``fastinit init | check | bench | info``, also as ``python -m fastinit``."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from fastinit._version import __version__
from fastinit.checkpoints import writer
from fastinit.common import progress
from fastinit.config import show_config
from fastinit.laws.dtypes import FORMATS
from fastinit.plans.models import MODELS

#: Signals that end a command; Windows has no SIGHUP.
STOP_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status; every foreseen failure is one line on standard error."""
    options = _parser().parse_args(arguments)
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)
    try:
        return options.run(options) or 0
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    except BrokenPipeError:
        return 1
    except OSError as error:
        # The user's own name for the file, not the temporary one's.
        where = getattr(options, "output", error.filename) or "standard output"
        return _fail(f"{where}: {error.strerror or error}", options.failure)
    except (ValueError, TypeError, MemoryError) as error:
        return _fail(str(error) or "out of memory", options.failure)


def _fail(message: str, status: int) -> int:
    print(f"fastinit: error: {message}", file=sys.stderr)
    return status


def _stop(signal_number: int, frame: object) -> None:
    """As an exception, so that a file half written is removed; once, so that a second signal cannot prevent it."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    if signal_number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + signal_number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fastinit", description="Fill neural-network weights at memory speed.")
    parser.add_argument("--version", action="version", version=f"fastinit {__version__}")
    parser.set_defaults(failure=1)
    commands = parser.add_subparsers(required=True, metavar="{init,check,bench,info}")

    init = commands.add_parser("init", help="write a freshly initialized checkpoint")
    init.add_argument(
        "model", choices=sorted(MODELS), help="architecture: " + ", ".join(sorted(MODELS)), metavar="model"
    )
    init.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the .safetensors file to write")
    init.add_argument(
        "--seed", type=_at_least(0), default=0, metavar="N", help="a seed >= 0 (default 0): same seed, same file"
    )
    init.add_argument(
        "--threads", type=_at_least(1), metavar="N", help="threads, 1 or more (default: all that are free)"
    )
    init.add_argument("--force", action="store_true", help="overwrite FILE if it exists")
    init.set_defaults(run=_init)

    _add_check(
        commands.add_parser("check", help="what a network's weights do to the scale of activations and gradients")
    )
    _add_bench(commands.add_parser("bench", help="compare with other libraries and with writing memory"))

    info = commands.add_parser("info", help="version, instruction sets, threads and memory settings")
    info.set_defaults(run=lambda options: show_config())
    return parser


def _add_check(check: argparse.ArgumentParser) -> None:
    check.description = "Exit status 0 if all is healthy, 1 if not, 2 if the question is wrong."
    check.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="a network (.toml), or weights alone (.safetensors)"
    )
    check.add_argument("--layers", type=_widths, metavar="N,N,...", help="instead of FILE: widths of dense layers")
    check.add_argument(
        "--activation", type=_with_number, metavar="NAME", help="default relu; leaky_relu:0.2 sets a slope"
    )
    check.add_argument(
        "--output",
        dest="output_activation",
        type=_with_number,
        metavar="NAME",
        help="the last layer's activation (default linear)",
    )
    check.add_argument("--scheme", metavar="NAME", help="what fills the weights (default: what is recommended)")
    check.add_argument("--bias", type=float, metavar="X", help="biases of all units (default 0)")
    check.add_argument("--layout", choices=("io", "oi"), help="of weights: io as in Keras and JAX, oi as in PyTorch")
    check.add_argument("--seed", type=_at_least(0), default=0, metavar="N", help="of weights and data (default 0)")
    check.add_argument("--samples", type=_at_least(1), default=128, metavar="N", help="inputs (default 128)")
    check.add_argument("--plot", type=Path, metavar="FILE.png", help="draw histograms and scales (needs matplotlib)")
    check.add_argument("--json", action="store_true", help="print JSON, not a table")
    check.set_defaults(run=_check, failure=2)


def _add_bench(bench: argparse.ArgumentParser) -> None:
    how = bench.add_mutually_exclusive_group()
    how.add_argument("--quick", dest="mode", action="store_const", const="quick", help="under 20 seconds, 128 MiB")
    how.add_argument("--full", dest="mode", action="store_const", const="full", help="every peer; some minutes")
    how.add_argument(
        "--from", dest="saved", type=Path, metavar="FILE.json", help="show what --json saved; measure nothing"
    )
    bench.add_argument("--dtype", choices=list(FORMATS), help="of the values (default float32)")
    bench.add_argument("--mib", type=_at_least(1), metavar="N", help="size of the table's buffer in MiB (default 512)")
    bench.add_argument(
        "--rounds",
        type=_at_least(1),
        metavar="N",
        help="rounds to take medians over (default 5, with --quick and --full 3)",
    )
    bench.add_argument(
        "--threads",
        type=_at_least(1),
        nargs="+",
        metavar="N",
        help="numbers of threads (default: 1 and all that are free)",
    )
    bench.add_argument("--json", type=Path, metavar="FILE", help="save machine, versions and every raw time")
    bench.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the results (needs matplotlib)")
    bench.set_defaults(run=_bench, mode="default")


def _at_least(lowest: int) -> Callable[[str], int]:
    """An argument's type: an int in [lowest, infinity)."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = lowest - 1
        if number < lowest:
            raise argparse.ArgumentTypeError(f"expected an int >= {lowest}, got {text!r}")
        return number

    return parse


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


def _check(options: argparse.Namespace) -> int:
    from fastinit.checking import command

    return command.main(options)


def _bench(options: argparse.Namespace) -> None:
    from fastinit.bench import command

    command.main(options)


def _init(options: argparse.Namespace) -> None:
    parameters = list(MODELS[options.model]())
    n_values = sum(writer.n_elements(parameter) for parameter in parameters)
    writer.check_target(options.output, options.force)
    start = time.perf_counter()
    with progress.bar(4 * n_values, options.model, unit="B", unit_scale=True) as advance:
        n_bytes = writer.write(
            options.output, parameters, options.seed, force=options.force, threads=options.threads, progress=advance
        )
    seconds = time.perf_counter() - start
    print(
        f"{options.output}: {len(parameters)} tensors, {n_values:,} parameters, {n_bytes:,} bytes, "
        f"{seconds:.2f} s, {n_bytes / seconds / 1e9:.2f} GB/s"
    )
