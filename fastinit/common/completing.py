"""A shell's script that completes a command's arguments, written by shtab."""

from __future__ import annotations

import argparse
from importlib.util import find_spec
from pathlib import Path

from fastinit.common.errors import Shown, reject_value

SHELLS = ("bash", "zsh", "tcsh")


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """For a command's parser. Raises ValueError without shtab."""
    if find_spec("shtab") is None:
        reject_value("completion", "SHELL", "shtab (pip install 'fastinit-nn[completion]')", Shown("none"))
    import shtab

    _say_which_are_files(parser, shtab.FILE)
    return shtab.complete(parser, shell)


def _say_which_are_files(parser: argparse.ArgumentParser, how: dict) -> None:
    for action in parser._actions:  # argparse has no other way to them, and shtab itself takes this one
        if isinstance(action, argparse._SubParsersAction):
            for command in set(action.choices.values()):
                _say_which_are_files(command, how)
        elif action.type is Path or action.metavar == "SOURCE":
            action.complete = how
