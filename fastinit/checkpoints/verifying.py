"""`verify`: the values that a plan and a seed give, computed anew and compared with a file's, bit by bit."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from fastinit.checkpoints import comparing, origin, planning, reading
from fastinit.checkpoints.comparing import Difference, Planned
from fastinit.checkpoints.contents import Content
from fastinit.checkpoints.origin import Origin
from fastinit.common import checks
from fastinit.common.calls import one_form
from fastinit.common.errors import reject_type
from fastinit.common.terminal import counted, printable
from fastinit.files import texts
from fastinit.files.safetensors_format import Header
from fastinit.plans.patterns import quoted
from fastinit.plans.plan import Plan

#: How the files of a checkpoint of several are called.
SHARD = re.compile(r"-\d{5}-of-(\d{5})$")


class Verification(NamedTuple):
    """What `verify` finds; ``str()`` says it."""

    n_tensors: int
    n_bytes: int  #: that were compared
    problems: tuple[str, ...]  #: of files, headers and names
    differences: tuple[Difference, ...]

    @property
    def is_as_planned(self) -> bool:
        """Whether every bit is."""
        return not self.problems and not self.differences

    def __str__(self) -> str:
        head = f"{counted(self.n_tensors, 'tensor')}, {self.n_bytes:,} bytes of values: "
        if self.is_as_planned:
            return head + "all as planned"
        differ = f"{len(self.differences)} {'differs' if len(self.differences) == 1 else 'differ'}"
        problems = f"; {counted(len(self.problems), 'problem')}" if self.problems else ""
        lines = [f"{head if self.n_tensors else ''}not as planned: {differ}{problems}", *self.problems]
        return "\n".join(map(printable, [*lines, *map(str, self.differences)]))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        rows = [{**row._asdict(), "first": list(row.first)} for row in self.differences]
        for row in rows:
            row["correlation"] = None if math.isnan(row["correlation"]) else row["correlation"]
        return {
            "as_planned": self.is_as_planned,
            "n_tensors": self.n_tensors,
            "n_bytes": self.n_bytes,
            "problems": list(self.problems),
            "differences": rows,
        }


@one_form
def verify(path, plan=None, rng=0, *, threads=None, progress=None) -> Verification:
    """Compute a checkpoint's values anew and compare them with the file's, bit by bit.

    Parameters
    ----------
    path : path
        A file in the safetensors format, the index of several, or their folder.
    plan : Plan, optional
        What is expected; None for what the files themselves say.
    rng : int, sequence of int, SeedSequence, BitGenerator, Generator or None, default 0
        The seed of a given plan; the files say their own.
    threads : int >= 1, optional
        Threads that compute.
    progress : callable, optional
        Called with the number of bytes just compared, from any thread, one call at a time.

    Returns
    -------
    Verification
        ``is_as_planned`` is whether all is equal; ``problems`` are of headers and names, ``differences`` of values: of
        each such tensor how many elements differ, the first of them, and of what kind it is. "changed" are few of them;
        "trained" are most, and they are still akin to those planned; else "other values", or those of another tensor.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as stated, or no plan is given and the files say none.
    OSError
        As the file system raises it.

    See Also
    --------
    open_plan : The plan that a file has.
    create : Writes such files.

    Examples
    --------
    >>> import os, tempfile, fastinit.safetensors as fs
    >>> path = os.path.join(tempfile.mkdtemp(), "model.safetensors")
    >>> _ = fs.create(path, {"w": (50, 64)}, {"w": "he_normal"}, rng=3)
    >>> with open(path, "r+b") as file:
    ...     _ = file.seek(-1, 2), file.write(b"x")
    >>> print(fs.verify(path))
    1 tensor, 12,800 bytes of values: not as planned: 1 differs
    w: changed: 1 of 3,200 elements differs, the first at [49, 63]
    """
    if plan is not None and not isinstance(plan, Plan):
        reject_type("verify", "plan", "a plan or None", plan)
    checks.callback("verify", "progress", progress)
    path = texts.path_of("verify", "path", path)
    try:
        files = reading.files_of("verify", path)
    except (ValueError, TypeError) as error:
        return Verification(0, 0, (str(error),), ())
    expected = None if plan is None else _contents(plan, rng)
    problems: list[str] = []
    planned: list[Planned] = []
    origins: dict[str, Origin] = {}
    for file, header in files:
        if expected is not None:
            planned += _of_plan(file, header, expected, problems)
        else:
            planned += _of_itself(file, header, origins, problems)
    problems += [f"{quoted(name)}: expected in the file, got nothing" for name in expected or ()]
    problems += _unlike(origins)
    problems += _missing_files(files)
    differences = comparing.compare(planned, threads, progress)
    return Verification(len(planned), sum(one.n_bytes for one in planned), tuple(problems), tuple(differences))


def _unlike(origins: dict[str, Origin]) -> list[str]:
    """Files that were not made together with the first."""
    first = next(iter(origins.values()), None)
    expected = "expected the seed, source and rules of the other files, got others"
    return [f"{name}: {expected}" for name, found in origins.items() if found != first]


def _missing_files(files: list[tuple[Path, Header]]) -> list[str]:
    """What the names of shards say of their number."""
    problems = []
    for file, _ in files:
        found = SHARD.search(file.stem)
        if found and int(found[1]) != len(files):
            problems.append(f"{file.name}: expected {int(found[1])} files, as its name says, got {len(files)}")
    return problems


def _contents(plan: Plan, rng: object) -> dict[str, Content]:
    contents = planning.contents_of("verify", plan, planning.seed_number("verify", rng))
    return {content.name: content for content in contents}


def _of_plan(file: Path, header: Header, expected: dict[str, Content], problems: list[str]) -> Iterator[Planned]:
    """A file's tensors that a plan has; what has been found is taken out of it."""
    for tensor in header.tensors:
        content = expected.pop(tensor.name, None)
        if content is None:
            problems.append(f"{quoted(tensor.name)}: expected no such tensor, got one in {file.name}")
        elif (content.entry.shape, content.entry.dtype) != (tensor.shape, tensor.dtype):
            wanted = f"{content.entry.dtype} of shape {content.entry.shape}"
            problems.append(f"{quoted(tensor.name)}: expected {wanted}, got {tensor.dtype} of shape {tensor.shape}")
        else:
            yield Planned(file, header.n_bytes + tensor.start, tensor, content)


def _of_itself(file: Path, header: Header, origins: dict[str, Origin], problems: list[str]) -> Iterator[Planned]:
    """A file's tensors as it says itself that they are to be; its origin goes to the others'."""
    if origin.KEY not in header.metadata:
        origin.of_header("verify", header)  # raises: this is no damage, there is nothing to go by
    try:
        told, entries = origin.of_header("verify", header)
    except (ValueError, TypeError) as error:
        problems.append(f"{file.name}: {error}")
        return
    origins[file.name] = told
    if told.stream != origin.STREAM:
        problems.append(f"{file.name}: expected stream {origin.STREAM}, got {told.stream}")
        return
    for tensor in header.tensors:
        entry = entries[tensor.name]
        try:
            content = entry if isinstance(entry, str) else Content("plan", tensor.name, entry, told.seed)
        except (ValueError, TypeError) as error:
            problems.append(f"{file.name}: {quoted(tensor.name)}: {error}")
            continue
        yield Planned(file, header.n_bytes + tensor.start, tensor, content)
