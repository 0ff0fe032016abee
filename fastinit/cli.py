"""The command line, ``fastinit init`` and the others of `_parser`; also as ``python -m fastinit``."""

from __future__ import annotations

import argparse
import importlib.util
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from fastinit._version import __version__
from fastinit.checking import arguments as checking_arguments
from fastinit.checkpoints import arguments, command
from fastinit.common import completing
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
    try:
        for number in STOP_SIGNALS:
            signal.signal(number, _stop)
        with outliving_readers():
            return _run(_parser().parse_args(given))
    except KeyboardInterrupt:  # before the command has begun, or after its end
        return _fail("interrupted", 130)


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
    parser = argparse.ArgumentParser(prog="fastinit", description="Fill neural-network weights, reproducibly.")
    parser.add_argument("--version", action="version", version=f"fastinit {__version__}")
    parser.set_defaults(failure=1)
    commands = parser.add_subparsers(required=True)

    init = commands.add_parser("init", help="write a checkpoint of new values")
    arguments.add_init(init)
    init.set_defaults(run=_init)
    verify = commands.add_parser("verify", help="compute a checkpoint's values anew and compare")
    arguments.add_verify(verify)
    verify.set_defaults(run=_verify, failure=2)

    check = commands.add_parser("check", help="what a network's weights do to the scale of activations and gradients")
    checking_arguments.add_check(check)
    check.set_defaults(run=_check, failure=2)
    calibrate = commands.add_parser("calibrate", help="scale a network's weights, layer by layer, to one width")
    checking_arguments.add_calibrate(calibrate)
    calibrate.set_defaults(run=_calibrate, failure=2)
    _add_bench(commands.add_parser("bench", help="compare with other libraries and with writing memory"))

    info = commands.add_parser("info", help="version, instruction sets, threads and memory settings")
    info.set_defaults(run=lambda options: show_config())
    selftest = commands.add_parser("selftest", help="compare golden hashes, by every instruction set and thread count")
    selftest.set_defaults(run=_selftest)
    completion = commands.add_parser("completion", help="print a script that completes arguments in a shell")
    completion.add_argument("shell", choices=completing.SHELLS)
    completion.set_defaults(run=lambda options: print(completing.script(parser, options.shell)))
    return parser


def _add_bench(bench: argparse.ArgumentParser) -> None:
    how = bench.add_mutually_exclusive_group()
    how.add_argument("--quick", dest="mode", action="store_const", const="quick", help="under 20 seconds, 64 MiB")
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
    bench.add_argument("--quiet", action="store_true", help="print nothing but errors")
    bench.set_defaults(run=_bench, mode="default")


def _check(options: argparse.Namespace) -> int:
    from fastinit.checking import command

    return command.check(options)


def _calibrate(options: argparse.Namespace) -> int:
    from fastinit.checking import command

    return command.calibrate(options)


def _bench(options: argparse.Namespace) -> None:
    from fastinit.bench import command

    command.main(options)


def _selftest(options: argparse.Namespace) -> int:
    from fastinit.selftest import command

    return command.main()


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
