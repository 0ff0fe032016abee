"""The face of the package: names, signatures, docstrings, import."""

import ast
import doctest
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import fastinit as fi

FUNCTIONS = [name for name in fi.__all__ if callable(getattr(fi, name))]

COMMON = ["dtype", "out", "rng", "name", "index", "threads"]


def test_all_is_complete():
    public = {name for name in vars(fi) if not name.startswith("_") and not inspect.ismodule(getattr(fi, name))}
    assert public | {"__version__"} == set(fi.__all__)
    assert set(fi.schemes()) < set(fi.__all__)


@pytest.mark.parametrize("name", fi.schemes())
def test_scheme_signatures(name):
    parameters = inspect.signature(getattr(fi, name)).parameters
    assert next(iter(parameters)) == "shape"
    assert list(parameters)[-6:] == COMMON
    assert all(p.kind is p.KEYWORD_ONLY for p in list(parameters.values())[1:])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_docstrings(name):
    """Every section, every parameter by name, and an example that runs."""
    function = getattr(fi, name)
    text = inspect.getdoc(function)
    documented = {
        word.strip(", *") for line in text.splitlines() if " : " in line for word in line.split(" : ")[0].split(",")
    }
    parameters = {p.lstrip("*") for p in inspect.signature(function).parameters}
    assert parameters <= documented | {"params"}, parameters - documented
    assert "[" + "common]" not in text
    if name not in ("get_num_threads", "schemes"):
        assert "Raises\n------" in text or name == "set_num_threads"
    parser = doctest.DocTestParser()
    examples = parser.get_doctest(text, {}, name, None, 0)
    assert examples.examples
    assert doctest.DocTestRunner().run(examples).failed == 0


def test_every_module_has_a_docstring():
    """Also of modules that only those who have a framework can import."""
    files = sorted(Path(fi.__path__[0]).rglob("*.py"))
    assert len(files) > 90
    assert [file.name for file in files if not ast.get_docstring(ast.parse(file.read_text()))] == []


def test_import_is_light():
    """No framework, and nothing of NumPy's or Python's that `import numpy` leaves for later and that takes time."""
    code = "import numpy, sys; before = set(sys.modules); import fastinit; print(*sorted(set(sys.modules) - before))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    foreign = [name for name in loaded if not name.startswith("fastinit") and "." not in name]
    heavy = {
        "torch",
        "jax",
        "tensorflow",
        "tqdm",
        "safetensors",
        "ml_dtypes",
        "argparse",
        "concurrent",
        "asyncio",
        "secrets",
    }
    assert not heavy & set(foreign)
    assert "numpy.random" not in loaded


def test_without_docstrings():
    """python -OO drops them."""
    code = "import fastinit; print(fastinit.normal(3, rng=0).size)"
    assert (
        subprocess.run([sys.executable, "-OO", "-c", code], capture_output=True, text=True, check=True).stdout == "3\n"
    )


def test_version_is_the_distributions():
    from importlib.metadata import version

    assert fi.__version__ == version("fastinit-nn")


def test_the_stub_states_the_real_signatures():
    """Parameters and defaults of each function; `**fill` stands for the common ones."""
    stub = ast.parse(Path(fi.__file__).with_suffix(".pyi").read_text())
    functions = [node for node in stub.body if isinstance(node, ast.FunctionDef)]
    stated = {node.name: node.args for node in reversed(functions)}  # the first of overloads
    aliases = {node.targets[0].id for node in stub.body if isinstance(node, ast.Assign)}
    assert set(FUNCTIONS) <= stated.keys() | aliases
    for name, arguments in stated.items():
        positional = arguments.posonlyargs + arguments.args
        defaults = [None] * (len(positional) - len(arguments.defaults)) + arguments.defaults + arguments.kw_defaults
        pairs = zip(positional + arguments.kwonlyargs, defaults, strict=True)
        parameters = {argument.arg: default and ast.literal_eval(default) for argument, default in pairs}
        real = {
            p.name: None if p.default is p.empty else p.default
            for p in inspect.signature(getattr(fi, name)).parameters.values()
            if p.kind is not p.VAR_KEYWORD and (name not in fi.schemes() or p.name not in COMMON)
        }
        assert parameters == real, name
