"""What is asked of files that are to be written, before the work that would be lost."""

from __future__ import annotations

import os
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from fastinit.common.errors import Shown, reject_type, reject_value
from fastinit.files import names

#: What a plot can be written as.
PLOT_SUFFIXES = (".png", ".svg", ".pdf")

HTML_SUFFIXES = (".html", ".htm")


def check_plot(where: str, parameter: str, path: str | os.PathLike) -> Path:
    """Refuse what matplotlib, or its absence, could not write."""
    if find_spec("matplotlib") is None:
        reject_value(where, parameter, "matplotlib (pip install 'fastinit-nn[bench]')", Shown("none"))
    return _check(where, parameter, path, PLOT_SUFFIXES)


def check_html(where: str, parameter: str, path: str | os.PathLike) -> Path:
    return _check(where, parameter, path, HTML_SUFFIXES)


def _check(where: str, parameter: str, path: str | os.PathLike, suffixes: tuple[str, ...]) -> Path:
    try:
        path = Path(os.fsdecode(path))
    except TypeError:
        reject_type(where, parameter, "a path", path)
    if path.suffix not in suffixes:
        reject_value(where, parameter, f"a name that ends in {', '.join(suffixes)}", str(path))
    return check_writable(where, parameter, path)


def check_writable(where: str, parameter: str, path: Path) -> Path:
    """By trying it, since permissions alone do not tell; what was not there before is not there after."""
    try:
        target = path.resolve()  # not the symbolic link that may lead there
        names.check_target(target, force=True)
        with suppress(FileNotFoundError):  # a name that is too long is another error
            os.close(os.open(target, os.O_WRONLY))
        names.check_folder(target)
    except (OSError, ValueError, RuntimeError) as error:  # a null character in it, a loop of links
        why = getattr(error, "strerror", None) or error
        reject_value(where, parameter, "a file that can be written", Shown(f"{why}: {str(path)!r}"))
    return path
