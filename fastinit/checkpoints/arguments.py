"""What ``fastinit init`` and ``fastinit verify`` take on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

from fastinit.common.arguments import at_least
from fastinit.laws.dtypes import FORMATS
from fastinit.plans.models import MODELS


def add_init(init: argparse.ArgumentParser) -> None:
    init.description = "Write new values for all tensors of a model, in bounded memory, as safetensors."
    init.add_argument(
        "source",
        metavar="SOURCE",
        help=f"a name ({', '.join(MODELS)}), a Hugging Face config.json or its folder, a .safetensors file or its "
        "index (names, shapes and dtypes), or a plan in TOML or JSON",
    )
    init.add_argument(
        "-o", "--output", type=Path, required=True, metavar="TARGET", help="the .safetensors file to write, or a folder"
    )
    _add_laws(init)
    init.add_argument(
        "--seed", type=at_least(0), default=0, metavar="N", help="a seed >= 0 (default 0): same seed, same file"
    )
    init.add_argument(
        "--format",
        choices=("safetensors", "npy", "npz", "dcp"),
        default="safetensors",
        help="npy: a folder with a file for each tensor; npz: one archive; dcp: a folder of PyTorch's distributed "
        "checkpoints (default safetensors)",
    )
    init.add_argument(
        "--shard-size", metavar="SIZE", help="bytes of a file at the most, as 5GB or 500MiB (default: one)"
    )
    init.add_argument("--force", action="store_true", help="overwrite files that exist")
    init.add_argument(
        "--resume", action="store_true", help="go on with what was begun, and leave what is done if this is interrupted"
    )
    init.add_argument("--dry-run", action="store_true", help="print each tensor's law, bytes and file; write nothing")
    _add_how(init)


def add_verify(verify: argparse.ArgumentParser) -> None:
    verify.description = "Exit status 0 if every bit is as planned, 1 if not, 2 if the question is wrong."
    verify.add_argument(
        "file", type=Path, metavar="FILE", help="a .safetensors file, the index of several, or a folder"
    )
    verify.add_argument(
        "--plan", metavar="SOURCE", help="what is expected, as for init (default: what the file says of itself)"
    )
    _add_laws(verify)
    verify.add_argument("--seed", type=at_least(0), metavar="N", help="with --plan (default 0)")
    _add_how(verify)


def _add_laws(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--rule",
        action="append",
        metavar="'GLOB=SCHEME:NAME=VALUE,...'",
        help="a scheme, in place of the model's own, for names that match; 'dummy' is uniform within 0.001",
    )
    command.add_argument(
        "--rules", type=Path, metavar="FILE", help="rules in TOML or JSON: patterns, each with a scheme"
    )
    command.add_argument(
        "--dtype", choices=list(FORMATS), help="of floating-point parameters (default: the model's own)"
    )


def _add_how(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--threads", type=at_least(1), metavar="N", help="threads, 1 or more (default: all that are free)"
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument("--quiet", action="store_true", help="print nothing but errors")
