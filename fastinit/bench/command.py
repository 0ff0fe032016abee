"""``fastinit bench``: arguments checked, cases measured, results shown."""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path

from fastinit.bench import buffers, machine, plan, report, supervise
from fastinit.bench.peer_interface import Unavailable
from fastinit.bench.peers import PEERS
from fastinit.common import progress
from fastinit.common.errors import Shown, reject_value
from fastinit.files import names, written_files
from fastinit.filling.threads import MAX_THREADS

BAR_FORMAT = "{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}"


def main(options: Namespace) -> None:
    """Measure as told, or read what was measured before; print, save and draw."""
    if options.saved is not None:
        for name in ("dtype", "mib", "rounds", "threads", "json"):
            if getattr(options, name) is not None:
                reject_value("bench", "--from", f"no --{name} beside it", Shown(getattr(options, name)))
    if options.plot is not None:
        written_files.check_plot("bench", "--plot", options.plot)
    if options.json is not None:
        written_files.check_writable("bench", "--json", options.json)
    saved = measure(options) if options.saved is None else read(options.saved)
    if not options.quiet:
        print(*report.lines(saved), sep="\n", flush=True)  # first: what cannot be written takes nothing with it
    if options.json is not None:
        with names.complete(options.json) as begun:
            begun.write_text(json.dumps(saved, indent=1) + "\n")
    if options.plot is not None:
        from fastinit.bench import plot

        with names.complete(options.plot) as begun:
            plot.write(saved, begun, options.plot.suffix[1:])


def measure(options: Namespace) -> dict:
    """Run everything that the options ask for; the result is what ``--json`` writes."""
    mode = plan.MODES[options.mode]
    n_mib, n_rounds = options.mib or mode.n_mib, options.rounds or mode.n_rounds
    counts = sorted(set(options.threads or plan.thread_counts(mode)))
    if counts[-1] > MAX_THREADS:
        reject_value("bench", "--threads", f"at most {MAX_THREADS}", counts[-1])
    work = plan.work(mode, _dtype(options), n_mib, counts)
    total = supervise.n_steps(work, n_rounds)
    with progress.bar(total, "bench", quiet=options.quiet, bar_format=BAR_FORMAT) as advance:
        results = supervise.gather(work, n_rounds, advance)
    taking_part = dict.fromkeys(name for item in work for name in item.contenders)
    keys = ("title", "note", "threads", "in_place", "ceiling")
    return {
        "format": report.FORMAT,
        "machine": machine.describe(),
        "versions": machine.versions(taking_part),
        "plan": {"mode": options.mode, "n_mib": n_mib, "n_rounds": n_rounds},
        "contenders": {name: {key: getattr(PEERS[name], key) for key in keys} for name in taking_part},
        "results": results,
    }


def _dtype(options: Namespace) -> str:
    """The name asked for, once an array of it can be made."""
    dtype = options.dtype or "float32"
    try:
        buffers.named_dtype(dtype)
    except Unavailable as reason:
        reject_value("bench", "--dtype", "ml_dtypes (pip install 'fastinit-nn[bf16]')", Shown(str(reason)))
    return dtype


def read(path: Path) -> dict:
    """Results that ``--json`` has written."""
    try:
        saved = json.loads(path.read_bytes())
        if saved["format"] != report.FORMAT:
            raise ValueError
        list(report.lines(saved))
    except OSError as error:
        reject_value("bench", "--from", "a file to read", Shown(f"{str(path)!r} ({error.strerror})"))
    except Exception:  # whatever another program has made of it
        reject_value("bench", "--from", f"a file that --json wrote, of format {report.FORMAT}", str(path))
    return saved
