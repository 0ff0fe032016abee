"""Printing to whoever may have stopped reading, as ``head`` does: what is left is thrown away, and nobody is told."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import Any, TextIO


class _Stream:
    """A stream that stays writable once its reader is gone."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with self._until_closed():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with self._until_closed():
            self._stream.flush()

    @contextmanager
    def _until_closed(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            # What is still buffered would fail again when the interpreter ends, with a message and a status of its own.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
            if not isinstance(error, BrokenPipeError):
                raise


@contextmanager
def outliving_readers() -> Iterator[None]:
    """Within it a closed pipe behind standard output or error is no failure."""
    with ExitStack() as stack:
        # Closed from the start, a stream is None.
        out, error = (stream or stack.enter_context(open(os.devnull, "w")) for stream in (sys.stdout, sys.stderr))
        stack.enter_context(redirect_stdout(_Stream(out)))
        stack.enter_context(redirect_stderr(_Stream(error)))
        try:
            yield
        finally:
            with suppress(OSError):  # who wants to know of a full disk has flushed
                sys.stdout.flush()
