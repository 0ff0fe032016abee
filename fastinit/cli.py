"""The command line: ``fastinit init | verify | check | bench | info``, also as ``python -m fastinit``."""

from __future__ import annotations

import argparse
import importlib.util
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from fastinit._version import __version__
from fastinit.checkpoints import arguments, command
from fastinit.common.arguments import at_least
from fastinit.common.errors import Shown, brief, reject_value
from fastinit.common.standard_streams import outliving_readers
from fastinit.common.terminal import printable
from fastinit.config import show_config
from fastinit.laws.dtypes import FORMATS
from fastinit.plans.plan import Plan

#: Signals that end a command; Windows has no SIGHUP.
STOP_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def main(given: list[str] | None = None) -> int:
    """Run one command and return the exit status; every foreseen failure is one line on standard error.

    A reader that stops reading, as ``head`` does, changes neither.
    """
    with outliving_readers():
        options = _parser().parse_args(given)
        for number in STOP_SIGNALS:
            signal.signal(number, _stop)
        return _run(options)


def _run(options: argparse.Namespace) -> int:
    try:
        status = options.run(options) or 0
        sys.stdout.flush()  # a full disk is told here, and not when all is over
        return status
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    except OSError as error:
        where = error.filename or "standard output"
        if isinstance(where, str) and Path(where).name.startswith("."):  # a temporary one's: the user's own name for it
            where = getattr(options, "output", where)
        return _fail(f"{brief(str(where))}: {error.strerror or error}", options.failure)
    except (ValueError, TypeError, MemoryError) as error:
        return _fail(str(error) or "out of memory", options.failure)
    except RecursionError:
        return _fail("expected data that is not nested deeply, got some that is", options.failure)


def _fail(message: str, status: int) -> int:
    print(f"fastinit: error: {printable(message)}", file=sys.stderr)
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
    commands = parser.add_subparsers(required=True, metavar="{init,verify,check,bench,info}")

    init = commands.add_parser("init", help="write a checkpoint of new values")
    arguments.add_init(init)
    init.set_defaults(run=_init)
    verify = commands.add_parser("verify", help="compute a checkpoint's values anew and compare")
    arguments.add_verify(verify)
    verify.set_defaults(run=_verify, failure=2)

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
        "file", nargs="?", type=Path, metavar="FILE", help="a network (.toml), or weights (.safetensors, .index.json)"
    )
    check.add_argument("--layers", type=_widths, metavar="N,N,...", help="instead of FILE: widths of dense layers")
    check.add_argument(
        "--activation",
        type=_with_number,
        metavar="NAME",
        help="default relu; leaky_relu:0.2 sets a slope; with a file of weights, takes them as one stack",
    )
    check.add_argument(
        "--output",
        dest="output_activation",
        type=_with_number,
        metavar="NAME",
        help="the last layer's activation (default linear)",
    )
    check.add_argument(
        "--scheme",
        metavar="NAME[:PARAM=VALUE,...]",
        help="what fills the weights, as normal:std=0.01 (default: what is recommended)",
    )
    check.add_argument("--bias", type=float, metavar="X", help="biases of all units (default 0)")
    check.add_argument("--layout", choices=("io", "oi"), help="of weights: io as in Keras and JAX, oi as in PyTorch")
    check.add_argument("--seed", type=at_least(0), default=0, metavar="N", help="of weights and data (default 0)")
    check.add_argument("--samples", type=at_least(1), default=128, metavar="N", help="inputs (default 128)")
    check.add_argument(
        "--plot",
        type=Path,
        metavar="FILE.png",
        help="draw a network's histograms and scales, as .png, .svg or .pdf (needs matplotlib)",
    )
    check.add_argument("--dark", action="store_true", help="with --plot: light on dark")
    check.add_argument("--html", type=Path, metavar="FILE.html", help="write all of it as one page")
    check.add_argument("--json", action="store_true", help="print JSON, not a table")
    check.add_argument("--quiet", action="store_true", help="print nothing but errors; the exit status tells")
    check.set_defaults(run=_check, failure=2)


def _add_bench(bench: argparse.ArgumentParser) -> None:
    how = bench.add_mutually_exclusive_group()
    how.add_argument("--quick", dest="mode", action="store_const", const="quick", help="under 20 seconds, 128 MiB")
    how.add_argument("--full", dest="mode", action="store_const", const="full", help="every peer; some minutes")
    how.add_argument(
        "--from", dest="saved", type=Path, metavar="FILE.json", help="show what --json saved; measure nothing"
    )
    bench.add_argument("--dtype", choices=list(FORMATS), help="of the values (default float32)")
    bench.add_argument("--mib", type=at_least(1), metavar="N", help="size of the table's buffer in MiB (default 512)")
    bench.add_argument(
        "--rounds",
        type=at_least(1),
        metavar="N",
        help="rounds to take medians over (default 5, with --quick and --full 3)",
    )
    bench.add_argument(
        "--threads",
        type=at_least(1),
        nargs="+",
        metavar="N",
        help="numbers of threads (default: 1 and all that are free)",
    )
    bench.add_argument("--json", type=Path, metavar="FILE", help="save machine, versions and every raw time")
    bench.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the results (needs matplotlib)")
    bench.set_defaults(run=_bench, mode="default")


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
    command.init(options, _plan_of_config, _create_dcp)


def _create_dcp(folder: Path, plan: Plan, rng: object, threads: int | None) -> None:
    from fastinit.torch import create_dcp

    create_dcp(folder, plan, rng, threads=threads)


def _verify(options: argparse.Namespace) -> int:
    return command.verify(options, _plan_of_config)


def _plan_of_config(config: Mapping) -> Plan:
    """A model's own initialization: as transformers has it, where that is installed; else by tables of our own."""
    if importlib.util.find_spec("transformers") is None or importlib.util.find_spec("torch") is None:
        from fastinit.plans import families

        return families.plan_of_config(config)
    import transformers

    from fastinit.torch import record

    settings = dict(config)
    try:
        return record(transformers.AutoConfig.for_model(settings.pop("model_type"), **settings))
    except Exception as error:  # it raises whatever it meets
        got = f"{type(error).__name__}: {' '.join(str(error).split())}"
        reject_value("config", "SOURCE", "a configuration of which transformers builds a model", Shown(got))
