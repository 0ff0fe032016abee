"""Calls for `growth.py`: of each public function some that are right and some that are refused, errors' own paths."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import row  # first: it finds the tests' own modules
from cases import NEEDED, configured, shape_for
from spoilt import SPOILT

import fastinit as fi
import fastinit.safetensors as fs
from fastinit.plans.plan import Plan


class Scenario(NamedTuple):
    """A call without arguments, and the objects whose references are counted."""

    name: str
    call: Callable[[], object]
    held: list = []  # noqa: RUF012
    is_refused: bool = False


#: Whose references are as many as the interpreter likes.
PLAIN = (int, float, str, bool, type(None))


def refused(title: str, function: Callable, *args, **kwargs) -> Scenario:
    """A call that raises."""

    def call() -> None:
        try:
            function(*args, **kwargs)
        except (ValueError, TypeError, MemoryError, OSError, RuntimeError) as error:  # the last is PyTorch's own
            text = str(error)
        else:
            text = ""
        row.demand(text, title, "was taken:", args, kwargs)

    held = [one for one in (*args, *kwargs.values()) if not isinstance(one, PLAIN)]
    return Scenario(f"{title} refused: {list(kwargs)}", call, held, True)


def scenarios(frameworks: list[str]) -> list[Scenario]:
    if not frameworks:
        return [*_fills(), *_refused_fills(), *_others(), *_files()]
    import growth_frameworks

    return [scenario for name in frameworks for scenario in getattr(growth_frameworks, f"{name}_scenarios")()]


def _fills() -> list[Scenario]:
    """Each scheme: a new array, one of the caller's, part of it."""
    found, generator = [], np.random.default_rng(0)
    for name in sorted({getattr(fi, name).__name__ for name in fi.schemes()}):
        scheme, shape = configured(name), tuple(min(size, 12) for size in shape_for(name))
        out, turned, params = np.empty(shape, np.float32), np.empty(shape, np.float16, order="F"), NEEDED.get(name, {})
        function = getattr(fi, name)
        found.append(
            Scenario(name, lambda f=function, s=shape, p=params: f(s, rng=1, name="w", **p), [shape, function])
        )
        found.append(
            Scenario(
                f"{name} into an array, from a generator",
                lambda f=function, o=out, p=params: f(out=o, rng=generator, **p),
                [out, generator],
            )
        )
        index = np.s_[..., [0, 2, 1]]
        found.append(
            Scenario(
                f"{name} configured, a part",
                lambda c=scheme, s=shape, i=index: c(s, rng=[3, 4], index=i, dtype="bfloat16"),
                [scheme, index],
            )
        )
        found.append(
            Scenario(f"{name}, Fortran", lambda c=scheme, o=turned: c(out=o, rng=0, threads=2), [scheme, turned])
        )
    return found


def _refused_fills() -> list[Scenario]:
    return [
        refused("normal", fi.normal, **{"shape": (2, 3), "rng": 0} | {key: value})
        for key, values in SPOILT.items()
        for value in values
    ]


def _others() -> list[Scenario]:
    """What is no fill of one array."""
    generator = np.random.default_rng(0)
    a, b = np.empty((4, 6), np.float32), np.empty(6)
    arrays, rules = {"a.weight": a, "a.bias": b}, {"*.bias": "zeros", "*": fi.get("he_normal").but(0, "ones")}
    parts, nest = {"w": fi.part(a, (8, 6), np.s_[::2])}, {"x": [{"w": a}], "y": b}
    weights = {"fc.weight": fi.normal((30, 20), std=0.1, rng=0), "fc.bias": np.zeros(20, np.float32)}
    by_function = {"*": lambda name, shape: None if "bias" in name else "normal", "*bias": fi.keep}
    return [
        Scenario("initialize", lambda: fi.initialize(arrays, rules, rng=generator), [a, b, arrays, rules, generator]),
        Scenario("initialize parts", lambda: fi.initialize(parts, {"*": "normal"}, rng=0), [a, parts]),
        Scenario("initialize a nest", lambda: fi.initialize(nest, {"*": "normal"}, rng=0, skip="y"), [a, b, nest]),
        Scenario("rules that are functions", lambda: fi.initialize(arrays, by_function, rng=0), [a, b, by_function]),
        refused("initialize", fi.initialize, {"a": a, "b": a}, {"*": "normal"}, rng=generator),
        refused("initialize", fi.initialize, arrays, {"q": "normal"}, rng=0),
        refused("initialize", fi.initialize, arrays, {"*": "norml"}, rng=0),
        refused("get", fi.get, "he_norml"),
        refused("part", fi.part, a, (4, 6), 9),
        refused("memory", fi.normal, (2**40, 2**18), rng=0),
        Scenario("empty", lambda: fi.empty((3, 4), "bfloat16")),
        Scenario("fans", lambda: fi.fans((3, 4, 5), in_axis=0)),
        Scenario("recommend", lambda: fi.recommend("tanh", kind="dense")),
        Scenario("threads", lambda: (fi.set_num_threads(None), fi.get_num_threads())),
        Scenario("check of weights", lambda: str(fi.check(weights)), [weights, *weights.values()]),
        Scenario("check of a network", lambda: fi.check([4, 4, 2], "relu", n_samples=4).to_dict()),
        refused("check", fi.check, [4, 4, 2], "rleu"),
    ]


def new_arguments() -> list[Scenario]:
    """Parameters, seeds and names that are new each time."""
    numbers = itertools.count(1)

    def different() -> float:
        return 1 + next(numbers) * 1e-6

    new = {
        "numbers": lambda: fi.normal(3, std=different(), rng=0),
        "bounds": lambda: fi.truncated_normal(3, low=-different(), rng=0),
        "slopes": lambda: fi.he_normal((3, 4), negative_slope=different(), rng=0),
        "names and seeds": lambda: fi.uniform(3, rng=next(numbers), name=f"w{next(numbers)}"),
        "configurations": lambda: fi.get("normal", std=different()).but(0, "zeros")((3, 4), rng=0),
        "gains": lambda: fi.gain("leaky_relu", different()),
    }
    return [Scenario(f"new {what}", call) for what, call in new.items()]


def _files() -> list[Scenario]:
    path, broken = Path(tempfile.mkdtemp()) / "x.safetensors", Path(tempfile.mkdtemp()) / "y.safetensors"
    fs.create(path, {"w": (30, 20)}, {"w": "normal"})
    broken.write_bytes(path.read_bytes()[:-1])
    text = Plan.from_plain({"format": "fastinit-plan-1", "tensors": {}}).to_json(0)
    return [
        Scenario("create", lambda: fs.create(path, {"w": (30, 20)}, {"w": "normal"}, force=True), [path]),
        Scenario("open_plan", lambda: str(fs.open_plan(path).plan), [path]),
        Scenario("verify", lambda: fs.verify(path), [path]),
        Scenario("verify a broken file", lambda: fs.verify(broken), [broken]),
        refused("open_plan", fs.open_plan, broken),
        refused("create", fs.create, path, {"w": (30, 20)}, {"w": "normal"}),
        Scenario("plans", lambda: Plan.from_json(text), [text]),
    ]
