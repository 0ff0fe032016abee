"""PyTorch's modules and tensors, filled by this package.

Owns what only those who hold PyTorch modules need. Called by users alone, who import it by name; it imports every room
of the package, and PyTorch. No room imports it, so that ``import fastinit`` never loads PyTorch.
"""

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    text = "fastinit.torch: import: expected PyTorch, as pip install 'fastinit-nn[torch]' brings it, got none"
    raise ImportError(text) from error
