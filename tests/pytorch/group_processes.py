"""Processes of a test that form process groups of PyTorch."""

import os

import torch.multiprocessing as mp


def spawn(work, arguments, n_processes):
    """Run ``work(rank, *arguments)`` in each process; an exception in one is raised here."""
    mp.spawn(_run, (work, arguments), nprocs=n_processes)


def _run(rank, work, arguments):
    work(rank, *arguments)
    # Without the interpreter's end: Gloo's threads may still hold a finished operation's tensors, and to drop them
    # while the interpreter ends aborts the process (pytorch/pytorch#179291).
    os._exit(0)
