"""The documentation: its tables are the code's, its links lead somewhere, its commands run.

Blocks with ``>>>`` run by themselves: pytest collects README.md and docs/. docs/examples has tests of its own.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from quick import heavy_but
from recommended import shown

import fastinit as fi
import fastinit.safetensors
from fastinit.schemes.recommendation import BY_ACTIVATION, KINDS, RECTIFIERS

ROOT = Path(__file__).parent.parent
WRITTEN = [p for p in sorted((ROOT / "docs").rglob("*.md")) if not {"_build", "api"} & set(p.parts)]
PAGES = [*WRITTEN, *(ROOT / name for name in ("README.md", "benchmarks/README.md", "src/README.md"))]
RUN = [p for p in WRITTEN if "examples" not in p.parts]

#: For a shell that need not know of an installed command.
FASTINIT = 'fastinit() { python -m fastinit "$@"; }'

#: Shell blocks of docs/ that do not run here, by how they begin.
NOT_RUN = {"pip install": "installing is for .ci/run, in an environment of its own"}


def page_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", path.read_text(), re.MULTILINE | re.DOTALL)


def prose(path: Path) -> str:
    """A page without its blocks and inline code."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`]*`", "", text)


def anchors(path: Path) -> set[str]:
    """As GitHub and MyST make them of headings."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def broken(path: Path, target: str) -> bool:
    file, _, anchor = target.partition("#")
    aim = (path.parent / file).resolve() if file else path
    return not aim.exists() or (bool(anchor) and anchor not in anchors(aim))


def links(path: Path) -> list[str]:
    text = prose(path)
    return [t for t in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in t]


@pytest.mark.parametrize("path", PAGES, ids=page_id)
def test_links(path):
    assert [target for target in links(path) if broken(path, target)] == []


def test_broken_links_are_seen():
    path = ROOT / "README.md"
    assert len(links(path)) > 3
    assert broken(path, "docs/no_such_page.md")
    assert broken(path, "docs/stream.md#no-such-heading")
    assert not broken(path, "docs/stream.md#from-schemes-to-laws")
    assert not broken(path, "#guarantees")


#: Names of issues as the pages write them, where they differ from the repository's place.
OWNERS = {
    "pytorch": "pytorch/pytorch",
    "jax": "jax-ml/jax",
    "keras": "keras-team/keras",
    "numpy": "numpy/numpy",
    "tensorflow": "tensorflow/tensorflow",
    "timm": "huggingface/pytorch-image-models",
    "Megatron-Bridge": "NVIDIA-NeMo/Megatron-Bridge",
    "Megatron-LM": "NVIDIA/Megatron-LM",
    "TorchEasyRec": "alibaba/TorchEasyRec",
}


@pytest.mark.parametrize("path", RUN, ids=page_id)
def test_issues_lead_where_their_names_say(path):
    text = path.read_text()
    used = set(re.findall(r"\[([\w-]+#\d+)\]\[\]", text))
    defined = dict(re.findall(r"^\[([\w-]+#\d+)\]: (\S+)$", text, re.MULTILINE))
    assert used == defined.keys()
    for name, url in defined.items():
        project, _, number = name.partition("#")
        assert url == f"https://github.com/{OWNERS[project]}/issues/{number}"


def test_issues_are_many():
    assert len(re.findall(r"\]\[\]", (ROOT / "docs/defects.md").read_text())) > 30


@pytest.mark.parametrize("path", WRITTEN, ids=page_id)
def test_every_python_block_runs(path):
    """With prompts, and a blank line where the closing fence would be taken for output."""
    for block in blocks(path, "python"):
        assert block.startswith(">>> ")
        assert block.endswith("\n\n")


#: Writes five files of half a gigabyte or a quarter.
CHECKPOINTS = ROOT / "docs/howto/checkpoints.md"

WITH_COMMANDS = [p for p in RUN if blocks(p, "sh")]


@pytest.mark.parametrize("path", heavy_but(WITH_COMMANDS, *(p for p in WITH_COMMANDS if p != CHECKPOINTS)), ids=page_id)
def test_commands(path):
    """All shell blocks of a page, one after the other, in a folder of its own."""
    commands = [block for block in blocks(path, "sh") if not block.startswith(tuple(NOT_RUN))]
    search_path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join([FASTINIT, *commands])],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=folder,
            env={**os.environ, "PATH": search_path},
        )
    assert done.returncode == 0, done.stderr


def test_every_exception_is_needed():
    starts = [block for path in RUN for block in blocks(path, "sh")]
    assert all(any(block.startswith(start) for block in starts) for start in NOT_RUN)


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its first two lines."""
    section = (ROOT / "docs" / page).read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def test_recommendations_by_activation():
    table = rows("choosing.md", "By activation")
    named = [name for row in table for name in row[0].split(", ")]
    assert sorted(named) == sorted([*BY_ACTIVATION, "unsure"])
    for names, *cells in table:
        for name in names.split(", "):
            assert cells == shown(None if name == "unsure" else name)


def test_recommendations_by_kind():
    table = {what.partition(":")[0]: cells for what, *cells in rows("choosing.md", "By kind")}
    assert table == {
        **{kind: shown(None, kind) for kind, told in KINDS.items() if told.choice is not None},
        "bias before relu": shown("relu", "bias"),
        "bias before sigmoid": shown("sigmoid", "bias"),
    }
    assert all(fi.recommend(name, "bias").reason == shown("relu", "bias")[1] for name in RECTIFIERS)


def test_gains():
    table = rows("choosing.md", "Gains")
    named = [name for row in table for name in row[0].split(", ")]
    assert sorted(named) == sorted({*BY_ACTIVATION} - {"softmax"})
    for names, value, _ in table:
        assert all(round(fi.gain(name), 4) == float(value) for name in names.split(", "))


def test_every_function_has_a_page():
    own, _, rest = (ROOT / "docs/api.md").read_text().partition("## PyTorch\n")
    rest, _, files = rest.partition("## Checkpoints\n")
    pytorch, _, arrays = rest.partition("## JAX, Keras and Dask\n")
    of_jax, of_dask = ["make_array", "initialize", "variance_scaling"], ["array", "to_npy"]
    assert re.findall(r"^   (\w+)$", arrays, re.MULTILINE) == of_jax + of_dask
    assert f"__all__ = {json.dumps(of_dask)}" in (ROOT / "fastinit/dask/__init__.py").read_text()
    assert re.findall(r"^   (\w+)$", files, re.MULTILINE) == ["create", "write_part", "open_plan", "verify"]
    assert sorted(fastinit.safetensors.__all__) == ["create", "open_plan", "verify", "write_part"]
    assert sorted(re.findall(r"^   (\w+)$", own, re.MULTILINE)) == sorted(set(fi.__all__) - {"__version__"})
    told = re.search(r"__all__ = \[(.*)\]", (ROOT / "fastinit/torch/__init__.py").read_text())[1]
    listed = re.findall(r"^   (\w+)$", pytorch, re.MULTILINE)
    assert sorted(listed) == sorted(set(re.findall(r'"(\w+)"', told)) - {"init", "Entry"})
