"""`fastinit.calibrate`: a network's weights scaled, layer by layer, to one width of pre-activations."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np

from fastinit.common import checks
from fastinit.common.calls import one_form
from fastinit.common.errors import reject_value

WHERE = "calibrate"

#: Widths beyond which nothing is meant.
MOST = 1e9


class Calibrated(NamedTuple):
    """What `fastinit.calibrate` did; ``str()`` is a table."""

    layers: list[dict[str, Any]]  #: the network with its new weights, as `fastinit.check` takes it
    scaled: tuple  #: a row for each layer: ``name, std_before, factor, std_after, shift``

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """The new weights, by their layers' names."""
        return {layer["name"]: layer["weights"] for layer in _with_weights(self.layers)}

    @property
    def biases(self) -> dict[str, np.ndarray]:
        """Biases, one for each unit, by their layers' names; of layers with one number, none."""
        return {layer["name"]: layer["bias"] for layer in _with_weights(self.layers) if np.ndim(layer["bias"])}

    @property
    def factors(self) -> dict[str, float]:
        """What weights were multiplied with, by their layers' names."""
        return {row.name: row.factor for row in self.scaled}

    def __str__(self) -> str:
        from fastinit.checking import calibrating

        return calibrating.text_of(self.scaled)


def _with_weights(layers: list[dict]) -> list[dict]:
    found = []
    for layer in layers:
        if "residual" in layer:
            found += _with_weights(layer["residual"]) + _with_weights(layer.get("shortcut", []))
        elif "weights" in layer:
            found.append(layer)
    return found


@one_form
def calibrate(
    layers,
    activation=None,
    scheme=None,
    *,
    output="linear",
    bias=0.0,
    layout=None,
    rng=0,
    n_samples=None,
    batch=None,
    std=1.0,
    center=False,
    dry_run=False,
):
    """Scale each layer's weights, from the first to the last, until its pre-activations have one standard deviation.

    Pre-activations are ``z = W h + b``; s is their standard deviation over samples, positions and units. W becomes
    ``f W``, with ``f > 0`` such that s is `std`. Without biases ``f = std / s``. Each layer's inputs h are those that
    the layers before it give once they are scaled. So it takes one forward pass.

    Parameters
    ----------
    layers : sequence, mapping, path, or torch.nn.Module
        A network, a file that has one, or a module, as for `check`. A mapping of weights is one stack.
    activation, scheme, output, bias, layout, rng, n_samples : optional
        As for `check`.
    batch : array, or for a module what it is called with, optional
        Of a stack inputs of shape (n_samples, n_in), for convolutions (n_samples, positions..., n_in). By default
        `n_samples` from N(0, 1), other ones than those of `check`. Of a module as for `check`, by position too.
    std : float > 0, default 1
        The standard deviation that pre-activations are to have.
    center : bool, default False
        Set biases so that each unit's mean is 0 over the batch, and scale what varies around it. Sigmoid and softplus
        need it in deep networks: their outputs are all positive. Not of a module.
    dry_run : bool, default False
        Of a module only: leave its weights as they are, and say what would be done.

    Returns
    -------
    Calibrated, or CalibratedModule for a module, which is changed in place
        Both have ``factors`` by the layers' names, ``scaled``, a row for each layer, and ``str()``, a table. Of a stack
        there are ``layers`` for `check`, and ``weights`` and ``biases`` by the layers' names; what was given is not
        changed. Weights keep their dtype; those that a scheme draws are float32.

    Raises
    ------
    ValueError, TypeError, OSError
        As `check` does; and if `std` is no number from 1e-9 to 1e9, weights would overflow their dtype, or two layers
        have one name.

    See Also
    --------
    check : What the weights do, before and after.
    gain : The factor for an activation, without a batch.

    Notes
    -----
    A layer whose norm takes its scale away stays as it is. So does one that gets nothing, or whose weights are 0: the
    zeros that end a residual branch are meant. Of a module the layers are those of ``nn.Linear``, ``nn.Bilinear`` and
    convolutions, and weights that several layers share, or that are frozen, stay as they are. If biases alone have a
    larger standard deviation than `std`, the products without them get it.

    The result depends on the batch: give data as they will come. The same call gives the same weights.

    References
    ----------
    D. Mishkin and J. Matas, "All you need is a good init", ICLR 2016. T. Salimans and D. P. Kingma, "Weight
    normalization", NeurIPS 2016, for `center`.

    Examples
    --------
    >>> import fastinit as fi
    >>> fi.check([256] * 25, "silu").verdict
    'vanishing'
    >>> calibrated = fi.calibrate([256] * 25, "silu")
    >>> fi.check(calibrated.layers).verdict
    'healthy'
    >>> round(calibrated.factors["layer 2"], 2)
    1.18
    """
    own = {"activation": activation, "scheme": scheme, "output": output, "bias": bias, "layout": layout}
    from fastinit.checking import frameworks

    std = checks.positive(WHERE, "std", std)
    if not 1 / MOST <= std <= MOST:
        reject_value(WHERE, "std", f"a number in [{1 / MOST:g}, {MOST:g}]", std)
    center = checks.boolean(WHERE, "center", center)
    dry_run = checks.boolean(WHERE, "dry_run", dry_run)
    framework = frameworks.of(layers)
    if framework is not None:
        own = {**own, "center": center}
        return frameworks.calibrated(WHERE, framework, layers, activation, batch, std, rng, n_samples, dry_run, own)
    frameworks.reject_beside_a_stack(WHERE, dry_run=dry_run or None)
    more = {"rng": rng, "n_samples": n_samples, "batch": batch, "std": std, "center": center}
    if isinstance(layers, (str, os.PathLike)):
        from fastinit.checking import files

        return calibrate(**more, **{**own, **files.read(WHERE, layers)})
    from fastinit.checking import calibrating, given, network, propagate

    n_samples = given.checked_samples(WHERE, n_samples, batch, layout, rng)
    steps = given.stack(WHERE, layers, **own)
    names = [layer.name for layer in network.layers(steps)]
    if len(set(names)) < len(names):
        reject_value(WHERE, "layers", "names of their own", max(names, key=names.count))
    batch, n_samples = given.inputs_of(WHERE, batch, n_samples, steps)
    rng = given.repeatable(WHERE, rng)
    h = propagate.inputs(steps, rng, n_samples, calibrating.INPUTS) if batch is None else batch
    steps, scaled = calibrating.run(steps, h, rng, std, center)
    return Calibrated(network.described(steps), tuple(scaled))
