"""`create` and `write_part`: from a plan, or shapes and rules, to files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from fastinit.checkpoints import planning, writer
from fastinit.checkpoints.layout import Layout
from fastinit.common import checks
from fastinit.common.calls import one_form
from fastinit.common.errors import reject_type, reject_value

#: More processes than any machine has.
MAX_RANKS = 1 << 24


class Created(NamedTuple):
    """What has been written."""

    files: tuple[Path, ...]
    n_tensors: int
    n_parameters: int  #: elements of all tensors
    n_bytes: int  #: of all files


@one_form
def create(
    path,
    plan_or_tensors,
    rules=None,
    rng=0,
    dtype=None,
    shard_size=None,
    threads=None,
    progress=None,
    *,
    force=False,
    resume=False,
    source="",
) -> Created:
    """Write a checkpoint of new values, in the safetensors format, in bounded memory.

    Each tensor has the values that ``scheme(shape, dtype=dtype, rng=seed, name=its name)`` returns. The files appear
    under their names when they are complete and on the disk. They say how they were made: `open_plan` reads that back,
    and `verify` computes the values anew and compares.

    Parameters
    ----------
    path : path
        The file; or a folder that exists, in which it is ``model.safetensors``.
    plan_or_tensors : Plan or mapping
        What `fastinit.torch.record` gives, of which tied tensors are written once and transient buffers not at all; or
        names, each with a shape, or with something that has a shape and a dtype.
    rules : mapping, optional
        Patterns of names with schemes, as for `fastinit.initialize`; a scheme may also be a table as in TOML, with
        ``dtype`` among its keys, or ``"dummy"``: uniform between -0.001 and 0.001. What no pattern matches keeps the
        plan's law.
    rng : int, sequence of int, SeedSequence, BitGenerator, Generator or None, default 0
        An int, or a list or tuple of ints, is the seed, and stands in the files. All others give a number, which is the
        seed then: `open_plan` has it.
    dtype : dtype-like, optional
        Of the floating-point parameters, in place of the plan's: each value rounded once, and kept inside open bounds.
    shard_size : int or str, optional
        Bytes of a file's tensors at the most, as ``"5GB"``; a larger tensor has a file of its own. Several files get
        the usual names and an index.
    threads : int >= 1, optional
        Threads that fill.
    progress : callable, optional
        Called with the number of bytes just written, from any thread, one call at a time.
    force : bool, default False
        Whether files of these names are replaced.
    resume : bool, default False
        Whether to go on with what an equal call had begun, and to leave what is done if this one fails.
    source : str, optional
        Words for the files on where the model comes from.

    Returns
    -------
    Created
        ``files, n_tensors, n_parameters, n_bytes``.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as stated, or a tensor has no law.
    OSError
        As the file system raises it; FileExistsError without `force`. Nothing is left behind.

    See Also
    --------
    write_part : The same by many processes.
    open_plan : How a file was made.
    verify : Whether a file is as planned.

    Examples
    --------
    >>> import os, tempfile, fastinit as fi, fastinit.safetensors as fs
    >>> path = os.path.join(tempfile.mkdtemp(), "table.safetensors")
    >>> padded = fi.get("normal", std=0.02).but(0, "zeros")
    >>> fs.create(path, {"table": (1000, 64)}, {"table": padded}, dtype="float16")[1:]
    (1, 64000, 132096)
    """
    for name, value in ("force", force), ("resume", resume):
        checks.boolean("create", name, value)
    planned = planning.plan_layout("create", path, plan_or_tensors, rules, rng, dtype, shard_size, source)
    checks.callback("create", "progress", progress)
    writer.write(planned, force=force, resume=resume, threads=threads, progress=progress)
    return _created(planned)


@one_form
def write_part(
    path,
    plan_or_tensors,
    rules=None,
    rng=0,
    dtype=None,
    *,
    rank,
    n_ranks,
    shard_size=None,
    threads=None,
    progress=None,
    force=False,
    source="",
) -> Created | None:
    """Write this process's share of a checkpoint that several write together, in a folder that all of them see.

    Each of `n_ranks` processes, on any machine, calls it with the same arguments and a rank of its own, in any order.
    Values need no exchange. The one that completes the last share gives the files their names. A process that was
    killed is started again with the same arguments, and goes on.

    Parameters
    ----------
    path, plan_or_tensors, rules, rng, dtype, shard_size, threads, progress, force, source
        As for `create`. The seed is an int or a sequence of ints.
    rank : int
        Which of the shares, in [0, n_ranks).
    n_ranks : int >= 1
        How many there are.

    Returns
    -------
    Created or None
        What all have written, if this call completed it; else None.

    Raises
    ------
    ValueError, TypeError, OSError
        As `create` does. What has been written stays, for the next try.

    See Also
    --------
    create : The same by one process.
    verify : Whether a file is as planned.

    Examples
    --------
    >>> import os, tempfile, fastinit.safetensors as fs
    >>> path = os.path.join(tempfile.mkdtemp(), "model.safetensors")
    >>> for rank in range(3):
    ...     print(fs.write_part(path, {"w": (5000, 64)}, {"w": "normal"}, rng=1, rank=rank, n_ranks=3) is not None)
    False
    False
    True
    """
    checks.boolean("write_part", "force", force)
    n = checks.positive_integer("write_part", "n_ranks", n_ranks)
    if n > MAX_RANKS:
        reject_value("write_part", "n_ranks", f"at most {MAX_RANKS}", n_ranks)
    number = checks.as_integer(rank)
    if number is None or not 0 <= number < n:
        reject_value("write_part", "rank", f"an int in [0, {n})", rank)
    if planning.plain_seed(rng) is None:
        reject_type("write_part", "rng", "an int or a sequence of ints, the same for all ranks", rng)
    planned = planning.plan_layout("write_part", path, plan_or_tensors, rules, rng, dtype, shard_size, source)
    checks.callback("write_part", "progress", progress)
    landed = writer.write(planned, number, n, force=force, threads=threads, progress=progress)
    return _created(planned) if landed else None


def _created(planned: Layout) -> Created:
    contents = planned.contents
    return Created(tuple(planned.targets), len(contents), sum(c.n_elements for c in contents), planned.n_bytes)
