"""``fastinit init`` and ``fastinit verify``: arguments to files, and what became of them."""

from __future__ import annotations

import json
import os
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from pathlib import Path

from fastinit.checkpoints import numpy_format, planning, reading, sources, table, verifying, writer
from fastinit.checkpoints.contents import Content
from fastinit.checkpoints.sources import Source
from fastinit.common import progress
from fastinit.common.errors import Shown, brief, reject_value
from fastinit.common.terminal import counted
from fastinit.files import names, shards, texts
from fastinit.plans import rule_text
from fastinit.plans.plan import Plan

INIT, VERIFY = "init", "verify"

#: Ends of names of files that are not written here without being asked for.
OTHER_SUFFIXES = (".npz", ".npy", ".pt", ".pth", ".bin", ".gguf", ".h5", ".msgpack", ".json", ".toml")

#: The exit status of `verify` where something is not as planned.
DIFFERENT = 1


def init(
    options: Namespace,
    plan_of_config: Callable[[Mapping], Plan],
    create_dcp: Callable[[Path, Plan, object, int | None], object],
) -> None:
    """Write a checkpoint, or say what would be written."""
    source = sources.resolve(INIT, options.source, plan_of_config)
    if options.format != "safetensors":
        _write_otherwise(options, source, create_dcp)
        return
    target, folder = _target(options.output)
    layout = planning.plan_layout(
        INIT, target, source.plan, _rules(INIT, options), options.seed, options.dtype, options.shard_size, source.label
    )
    if options.dry_run:
        print(json.dumps(table.plain(layout), indent=1) if options.json else table.text(layout))
        return
    config = None if source.config is None or folder is None else folder / "config.json"
    if config is not None and not _is_same(config, options.source):
        names.check_target(config, options.force)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with _bar(options, layout.n_bytes, source.label) as advance:
        writer.write(layout, force=options.force, resume=options.resume, threads=options.threads, progress=advance)
    if config is not None and not _is_same(config, options.source):
        _write_config(config, source, options.dtype)
    _report(options, layout.contents, layout.targets, layout.n_bytes, time.perf_counter() - start)


def _write_otherwise(options: Namespace, source: Source, create_dcp: Callable) -> None:
    """In a format other than safetensors."""
    plan = planning.planned(INIT, source.plan, _rules(INIT, options), options.dtype)
    contents = planning.contents_of(INIT, plan, options.seed)
    for option in "shard_size", "resume":
        if getattr(options, option):
            reject_value(INIT, f"--{option.replace('_', '-')}", "--format safetensors beside it", options.format)
    layout = numpy_format.folder(INIT, options.output, contents) if options.format == "npy" else None
    if options.dry_run:
        print(plan.to_json(options.seed) if options.json else plan)
        return
    start, n_bytes = time.perf_counter(), sum(content.n_bytes for content in contents)
    with _bar(options, n_bytes if layout is None else layout.n_bytes, source.label) as advance:
        if options.format == "npy":
            options.output.mkdir(parents=True, exist_ok=True)
            writer.write(layout, force=options.force, threads=options.threads, progress=advance)
        elif options.format == "npz":
            numpy_format.write_archive(INIT, options.output, contents, options.force, advance)
        else:
            if options.output.exists() and not options.force:
                names.check_target(options.output, force=False)
                reject_value(INIT, "TARGET", "a folder that is not there yet, or --force", str(options.output))
            create_dcp(options.output, plan, options.seed, options.threads)
    _report(options, contents, [options.output], n_bytes, time.perf_counter() - start)


def _target(output: Path) -> tuple[Path, Path | None]:
    """The file, and the folder if that is what was asked for."""
    if str(output) == "-":
        reject_value(INIT, "TARGET", "the name of a file or folder: nothing goes to standard output", str(output))
    if output.suffix == ".safetensors" and not output.is_dir():
        return output, None
    if output.suffix in OTHER_SUFFIXES and not output.is_dir():
        expected = "a file that ends in .safetensors, or a folder (other formats by --format)"
        reject_value(INIT, "TARGET", expected, str(output))
    if output.exists() and not output.is_dir():
        names.check_target(output, force=False)
    return output / shards.IN_FOLDER, output


def _is_same(path: Path, source: str) -> bool:
    try:
        return os.path.samefile(path, source) or os.path.samefile(path.parent, source)
    except OSError:
        return False


def _rules(where: str, options: Namespace) -> dict[str, object] | None:
    """What --rule and --rules say, the former first."""
    rules: dict[str, object] = {}
    for text in options.rule or ():
        pattern, scheme = rule_text.rule_of(where, text)
        if pattern in rules:
            reject_value(where, "--rule", "each pattern once", pattern)
        rules[pattern] = scheme
    if options.rules is not None:
        found = texts.data_of(where, options.rules)
        if not isinstance(found, dict):
            reject_value(where, options.rules.name, "a table of patterns", found)
        rules.update((pattern, rule) for pattern, rule in found.items() if pattern not in rules)
    return rules or None


def _bar(options: Namespace, n_bytes: int, label: str):
    return progress.bar(n_bytes, brief(label), unit="B", unit_scale=True, quiet=options.quiet)


def _write_config(path: Path, source: Source, dtype: str | None) -> None:
    """The model's configuration, with the dtype of what has been written."""
    config = dict(source.config)
    if dtype is not None:
        config["torch_dtype" if "torch_dtype" in config else "dtype"] = dtype
    with names.complete(path) as begun:
        begun.write_text(json.dumps(config, indent=2) + "\n")


def _report(options: Namespace, contents: list[Content], paths: list[Path], n_bytes: int, seconds: float) -> None:
    n_values = sum(content.n_elements for content in contents)
    if options.json:
        told = {"files": list(map(str, paths)), "n_tensors": len(contents), "n_parameters": n_values}
        print(json.dumps({**told, "n_bytes": n_bytes, "seconds": seconds}, indent=1))
    elif not options.quiet:
        n_files = sum(path.suffix != ".json" for path in paths)
        files = f" in {n_files} files" if n_files > 1 else ""
        tensors = counted(len(contents), "tensor")
        print(
            f"{options.output}: {tensors}, {n_values:,} parameters, {n_bytes:,} bytes{files}, "
            f"{seconds:.2f} s, {n_bytes / seconds / 1e9:.2f} GB/s"
        )


def verify(options: Namespace, plan_of_config: Callable[[Mapping], Plan]) -> int:
    """Print what differs; 0 if nothing does."""
    plan, rules = None, _rules(VERIFY, options)
    if options.plan is not None:
        plan = planning.planned(
            VERIFY, sources.resolve(VERIFY, options.plan, plan_of_config).plan, rules, options.dtype
        )
    elif rules or options.dtype or options.seed is not None:
        reject_value(VERIFY, "--seed, --dtype, --rule, --rules", "--plan beside them", Shown("none"))
    texts.path_of(VERIFY, "FILE", options.file)
    n_bytes = sum(path.stat().st_size for path, _ in _files(options.file))
    with _bar(options, n_bytes, str(options.file)) as advance:
        found = verifying.verify(options.file, plan, options.seed or 0, threads=options.threads, progress=advance)
    if options.json:
        print(json.dumps(found.to_dict(), indent=1))
    elif not options.quiet:
        print(found)
    return 0 if found.is_as_planned else DIFFERENT


def _files(path: Path) -> list:
    try:
        return reading.files_of(VERIFY, path)
    except ValueError:  # `verify` says what it is
        return []
