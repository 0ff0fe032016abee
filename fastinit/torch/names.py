"""Names of a module's tensors that do not depend on what the module is wrapped in."""

from __future__ import annotations

#: Segments of names that wrappers add: torch.compile, DistributedDataParallel and DataParallel (and what keeps a module
#: as `module`), activation checkpointing, and the first FSDP.
WRAPPERS = frozenset({"_orig_mod", "module", "_checkpoint_wrapped_module", "_fsdp_wrapped_module"})


def canonical(name: str) -> str:
    """A tensor's name without the segments of wrappers, wherever they stand but at the end.

    >>> canonical("module._orig_mod.layers.0._checkpoint_wrapped_module.weight")
    'layers.0.weight'
    >>> canonical("head.module")
    'head.module'
    """
    *path, last = name.split(".")
    return ".".join([segment for segment in path if segment not in WRAPPERS] + [last])
