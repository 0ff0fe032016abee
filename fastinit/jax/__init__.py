"""JAX's arrays, filled by this package: on one device or sharded, eagerly or under jit.

Owns what only those who hold JAX's arrays need. Called by users alone, who import it by name; it imports the rooms of
the package, and JAX. No room imports it, so that ``import fastinit`` never loads JAX.

============== ==================================================================================================
`initializers` the functions of jax.nn.initializers, by their own names and arguments
`drawing`      from a key, a shape and a sharding to an array: at once, or by a callback where JAX traces
`meshes`       what a caller says of a sharding
`shards`       `make_array`: an array of which each device gets its part
`trees`        `initialize`: a tree of arrays by rules
============== ==================================================================================================
"""

try:
    import jax as _jax  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "jax":
        raise  # JAX is here, and lacks something itself
    text = "fastinit.jax: import: expected JAX, as pip install 'fastinit-nn[jax]' brings it, got none"
    raise ImportError(text) from error

from jax.nn.initializers import constant, ones, zeros

from fastinit.jax.initializers import (
    delta_orthogonal,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    kaiming_normal,
    kaiming_uniform,
    lecun_normal,
    lecun_uniform,
    normal,
    orthogonal,
    truncated_normal,
    uniform,
    variance_scaling,
    xavier_normal,
    xavier_uniform,
)
from fastinit.jax.shards import make_array
from fastinit.jax.trees import initialize

__all__ = [
    "constant",
    "delta_orthogonal",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "initialize",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "make_array",
    "normal",
    "ones",
    "orthogonal",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]
