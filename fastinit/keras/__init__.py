"""Keras's random initializers, drawn by this package: under their own names, with their own arguments and laws.

Each is a subclass of Keras's own class, so that layers treat it as theirs, and is saved and loaded with a model; to
load one, import this module first. Besides Keras's arguments each takes two:

name : str, default ""
    Names an independent stream of the seed, as everywhere in this package.
name_from_path : bool, default False
    Whether the path of the variable that is made, as ``"fc1/kernel"``, is that name. One initializer then serves all
    layers, and a model that is built again has the same weights, whatever was built before, if its layers are named,
    and, unless it is a functional one, itself.

``HeNormal(seed, name=name)`` has the values of ``fastinit.he_normal(shape, truncated=True, rng=seed, name=name)``,
with the fans of the axes that the layer counts. Without a seed Keras draws one, once for each initializer. Seeds below
0 count from 2**64 down.

The constants and ``STFT`` are Keras's: nothing is drawn there.

Owns what only those who use Keras need. Called by users alone; no room imports it. `initializers` are the classes,
`backends` the way to tensors of whatever backend Keras runs on.

>>> import keras, fastinit.keras as fk
>>> layer = keras.layers.Dense(3, kernel_initializer=fk.HeNormal(seed=0, name_from_path=True), name="fc")
>>> layer.build((None, 4))
>>> import fastinit as fi
>>> kernel = keras.ops.convert_to_numpy(layer.kernel)
>>> bool((kernel == fi.he_normal((4, 3), truncated=True, rng=0, name="fc/kernel")).all())
True
"""

try:
    import keras as _keras  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "keras":
        raise  # Keras is here, and lacks something itself
    text = "fastinit.keras: import: expected Keras, as pip install 'fastinit-nn[keras]' brings it, got none"
    raise ImportError(text) from error

from keras.initializers import STFT, Constant, Identity, Ones, Zeros

from fastinit.keras.initializers import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
)

__all__ = [
    "STFT",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
]
