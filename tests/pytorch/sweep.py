"""Record every model of a library, or compare its small ones with eager builds.

``python tests/pytorch/sweep.py [--library transformers|timm|diffusers] [--compare] [name ...]``

Records all models with their default configurations, or those named, and prints totals: how many record, how many are
laws entirely, which share of all elements is. With ``--compare``, small models are built eagerly, by `materialize` and
under `accelerate`, with several seeds: names, kinds, ties, the forward pass, all elements that no seed changes and the
laws of all others are to be the same. Either ends with a table of failures by reason. Some ten minutes of processor
time each, twenty for ``timm``.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import io
import math
import re
import signal
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator

import comparing
import sweep_libraries
import torch
from torch import nn

import fastinit.torch as ft

#: Processor seconds after which a model is given up.
LIMIT_S = 120

#: Elements of a model that is built with memory, to see whether it fails there too: 4 GB.
MOST_ELEMENTS = 10**9

FAULTS = {
    "library": "needs a library that is not installed",
    "none": "no class takes its configuration",
    "same": "its default configuration raises the same without this package",
    "ours": "raises here alone",
}

Failures = dict[str, dict[str, list[str]]]  # by fault, by message: names


class GivenUpError(Exception):
    pass


def give_up(*signal_and_frame) -> None:
    raise GivenUpError(f"more than {LIMIT_S} processor seconds")


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """No model's prints, and none that never ends."""
    signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def fault_of(error: Exception, build: Callable[[], nn.Module]) -> tuple[str, str]:
    """Whose fault a failure is, and what was said, shortened."""
    said = f"{type(error).__name__}: {error}".strip()
    line = " ".join(said.split())
    if isinstance(error, sweep_libraries.NoModelError):
        return "none", line
    if isinstance(error, ImportError) or re.search(r"requires the|not installed|pip install", said):
        names = re.findall(r"requires the (.+?) library|No module named '(\w+)|`?pip install ([\w-]+)", said)
        return "library", next((name for found in names for name in found if name), line)[:60]
    return ("same" if said == _said_without(build) else "ours"), line[:160]


def _said_without(build: Callable[[], nn.Module]) -> str | None:
    """What the same builder raises without this package, on the meta device or, if the model is not large, with memory.

    transformers initializes nothing on the meta device, and so does not fail there where its initialization does.
    """
    for device in ("meta", "cpu"):
        try:
            with torch.device(device), limited():
                model = build()
        except Exception as error:
            return f"{type(error).__name__}: {error}".strip()
        if sum(parameter.numel() for parameter in model.parameters()) > MOST_ELEMENTS:
            break
    return None


def record_all(library: sweep_libraries.Library, names: list[str]) -> Failures:
    seconds, n_elements, n_law_elements, n_entire = [], 0, 0, 0
    failures: Failures = collections.defaultdict(lambda: collections.defaultdict(list))
    for name in names or library.defaults:
        start = time.process_time()
        try:
            with limited():
                plan = ft.record(lambda name=name: library.build(name))
        except Exception as error:
            fault, message = fault_of(error, lambda name=name: library.build(name))
            failures[fault][message].append(name)
            print(f"{name}: {FAULTS[fault]}: {message}", file=sys.stderr, flush=True)
            continue
        seconds.append(time.process_time() - start)
        own = [entry for entry in plan.values() if entry.same_as is None and entry.role == "parameter"]
        n_elements += sum(math.prod(entry.shape) for entry in own)
        n_law_elements += sum(math.prod(entry.shape) for entry in own if entry.scheme is not None)
        n_entire += all(entry.scheme is not None for entry in own)
    print(f"\n{library.version}: {len(seconds)} of {len(names or library.defaults)} record")
    if seconds:
        print(f"median {statistics.median(seconds):.2f} processor s; all parameters are laws in {n_entire}")
        print(f"{100 * n_law_elements / n_elements:.5f} % of {n_elements:.3g} elements are laws")
    return failures


def compare_all(library: sweep_libraries.Library, names: list[str]) -> Failures:
    failures: Failures = collections.defaultdict(lambda: collections.defaultdict(list))
    n_alike, n_controls = 0, 0
    for name in names or library.small:
        start, found = time.process_time(), comparing.Comparison(*library.small[name])
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                found.make()
        except Exception as error:
            found.differences.append(f"{type(error).__name__}: {' '.join(str(error).split())[:120]}")
        for message in found.differences:
            failures["ours"][message].append(name)
        n_alike, n_controls = n_alike + (not found.differences), n_controls + (found.seen == 1.01)
        state = "alike" if not found.differences else f"DIFFERS: {'; '.join(found.differences[:3])}"
        left = "".join(f"; {n} {op} left to PyTorch: {why}" for (op, why), n in found.left_to_torch.items())
        print(f"{name}: {state}{left} ({time.process_time() - start:.1f} s)", flush=True)
    print(f"\n{library.version}: {n_alike} of {len(names or library.small)} are alike")
    print(f"a scale off by 1 % was seen in {n_controls}, those with {comparing.N_CONTROL:,} values, by 10 % in others")
    return failures


def show(failures: Failures) -> None:
    for fault, title in FAULTS.items():
        if fault in failures:
            print(f"\n{sum(map(len, failures[fault].values()))} {title}")
            for message, names in sorted(failures[fault].items(), key=lambda item: (-len(item[1]), item[0])):
                print(f"  {message}: {', '.join(names)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", default="transformers", choices=sweep_libraries.LIBRARIES)
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    signal.signal(signal.SIGPROF, give_up)
    warnings.simplefilter("ignore")
    sweep_libraries.import_torchvision()
    library = sweep_libraries.LIBRARIES[given.library]()
    failures = (compare_all if given.compare else record_all)(library, given.names)
    show(failures)
    sys.exit("ours" in failures)


if __name__ == "__main__":
    main()
