"""Pieces of work for several threads, each with a buffer of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import numpy as np

from fastinit.filling import memory, threads

#: More threads than this gain nothing, and each holds a piece.
MAX_WORKERS = 8


def n_workers(where: str, n_threads: object) -> int:
    """Threads for pieces that are filled and then wait for the disk: two for each that fills."""
    return min(2 * abs(threads.choose(where, n_threads, 1 << 40)), MAX_WORKERS)


def each(pieces: Iterable, work: Callable[[object, np.ndarray], None], n: int, buffer_bytes: int) -> None:
    """Call ``work(piece, buffer)`` for each piece, in n threads; the buffer is the thread's own, on pages.

    The first error ends the others at their next piece and is raised; so does an interrupt of the main thread.
    """
    todo, lock, stop, errors = iter(pieces), threading.Lock(), threading.Event(), []

    def run() -> None:
        try:
            buffer = memory.aligned("checkpoint", (buffer_bytes,), np.dtype(np.uint8), 4096)
            while not stop.is_set():
                with lock:
                    piece = next(todo, None)
                if piece is None:
                    return
                work(piece, buffer)
        except BaseException as error:
            errors.append(error)
            stop.set()

    running = [threading.Thread(target=run, name=f"fastinit-{i}") for i in range(n)]
    try:
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
    finally:
        stop.set()
        for thread in running:
            if thread.ident is not None:
                thread.join()
    if errors:
        raise errors[0]
