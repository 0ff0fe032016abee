"""Record every model of transformers with its default configuration: ``python tests/pytorch/sweep.py [name ...]``.

Some ten minutes. Prints a line for each that fails, with the reason, and totals: how many record, how many are laws
entirely, which share of all elements is.
"""

from __future__ import annotations

import collections
import contextlib
import io
import math
import os
import signal
import statistics
import sys
import time
import warnings

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # some configurations ask for files

import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

import fastinit.torch as ft

#: Seconds after which a model is given up.
LIMIT_S = 60


class GivenUpError(Exception):
    pass


def give_up(*signal_and_frame) -> None:
    raise GivenUpError(f"more than {LIMIT_S} s")


def plan_of(name: str) -> ft.Plan:
    config = getattr(transformers, CONFIG_MAPPING_NAMES[name])()
    return ft.record(lambda: transformers.AutoModel.from_config(config))


def why(error: BaseException) -> str:
    """The kind of failure: of the library's own making, or the recorder's."""
    text = f"{type(error).__name__}: {error}".splitlines()[0][:100]
    if isinstance(error, ImportError) or "requires the" in str(error) or "not installed" in str(error):
        return "needs a library that is not installed"
    if "Unrecognized configuration class" in str(error):
        return "no base model of its own"
    if str(error).startswith("record: "):
        return f"recorder: {text}"
    return f"default configuration or class: {text}"


def main(names: list[str]) -> None:
    transformers.logging.set_verbosity_error()
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGALRM, give_up)
    seconds, n_elements, n_law_elements, n_entire = [], 0, 0, 0
    failures: dict[str, list[str]] = collections.defaultdict(list)
    for name in names or list(CONFIG_MAPPING_NAMES):
        start = time.perf_counter()
        signal.alarm(LIMIT_S)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                plan = plan_of(name)
        except Exception as error:
            failures[why(error)].append(name)
            continue
        finally:
            signal.alarm(0)
        seconds.append(time.perf_counter() - start)
        own = [entry for entry in plan.values() if entry.same_as is None and entry.role == "parameter"]
        n_elements += sum(math.prod(entry.shape) for entry in own)
        n_law_elements += sum(math.prod(entry.shape) for entry in own if entry.scheme is not None)
        n_entire += all(entry.scheme is not None for entry in own)
    n_failed = sum(map(len, failures.values()))
    print(f"transformers {transformers.__version__}: {len(seconds)} of {len(seconds) + n_failed} record")
    if seconds:
        print(f"median {statistics.median(seconds):.2f} s; all parameters are laws in {n_entire}")
        print(f"{100 * n_law_elements / n_elements:.5f} % of {n_elements:.3g} elements are laws")
    for reason, failed in sorted(failures.items(), key=lambda item: -len(item[1])):
        print(f"{len(failed):4}  {reason}: {', '.join(failed)}")


if __name__ == "__main__":
    main(sys.argv[1:])
