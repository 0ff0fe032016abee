"""PyTorch's modules and tensors, filled by this package.

Owns what only those who hold PyTorch modules need. Called by users alone, who import it by name; it imports every room
of the package, and PyTorch. No room imports it, so that ``import fastinit`` never loads PyTorch.

=============== ==============================================================================
`init`          the functions of torch.nn.init (`init_draws`, `init_scaled`)
`accelerate`    PyTorch's own draws, done here (`draws`: which ones; `patches`: functions replaced)
`recording`     `record`: a model's own initialization as a plan
`interception`  what lets it be built without memory
`log`           what is done to tensors while a model is built
`reading`       from the log to laws (`laws`: their numbers; `operations`: what each does)
`replay`        what is no law, done again
`materializing` `materialize`: a model filled once
`modules`       `initialize_`: a module that exists
`execution`     plans and rules to tensors, whole and sharded
`shards`        which part of a whole a process has (`shard_intervals`: of a mesh)
`names`         names without wrappers
`checking`      `fastinit.check` of a module, imported when it is given one
`distributed_checkpoint`  `create_dcp`: a plan's values for torch.distributed.checkpoint
=============== ==============================================================================
"""

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    text = "fastinit.torch: import: expected PyTorch, as pip install 'fastinit-nn[torch]' brings it, got none"
    raise ImportError(text) from error

from fastinit.plans.plan import Entry, Plan
from fastinit.torch import init
from fastinit.torch.accelerate import accelerate
from fastinit.torch.distributed_checkpoint import create_dcp
from fastinit.torch.materializing import materialize
from fastinit.torch.modules import initialize_
from fastinit.torch.names import canonical
from fastinit.torch.recording import record

__all__ = ["Entry", "Plan", "accelerate", "canonical", "create_dcp", "init", "initialize_", "materialize", "record"]
