"""`fastinit.check`: what weights do to the scale of activations and gradients. The work is in `fastinit.checking`."""

from __future__ import annotations

import os
from collections.abc import Mapping

from fastinit.common import checks
from fastinit.common.calls import one_form
from fastinit.filling import seed
from fastinit.laws import fan_rules

WHERE = "check"

#: Inputs and gradients that a stack sees.
N_SAMPLES = 128


@one_form
def check(
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
    loss=None,
):
    """Report what a network's weights do to activations and gradients before training, or whose scale weights have.

    Pushes random inputs forward through a stack of layers and random gradients back, and says of each layer, and of the
    whole, whether they vanish, explode, saturate or die, or units are equal; and why, and what to do.

    Parameters
    ----------
    layers : sequence, mapping, path, or torch.nn.Module
        A network, its weights alone, a file, or a module, which is run (docs/howto/check-modules.md).

        - Widths, as ``[784, 256, 10]``, make a network of dense layers.
        - A sequence of layers, inputs first: each a shape, an array of weights, or a mapping with ``shape`` or
          ``weights`` and, if it is to differ from the arguments below, ``activation``, ``scheme``, ``bias``, ``layout``
          and ``name``. Arrays of two dimensions are dense layers, of more convolutions.
        - A mapping of names to arrays: each array by itself, unless an activation is given. Then weights and biases
          are one stack, in the order of their names as people count, if each has as many inputs as the one before has
          outputs.
        - A path that ends in ``.safetensors``, or in ``.index.json`` as the index of several such files, to a mapping;
          or in ``.toml``, to a network, whose own settings go before the arguments below (docs/check.md).
    activation : str or (str, float), optional
        What is applied to each layer's outputs but the last one's: a name that `recommend` knows, or a pair with a
        parameter, as for `gain`: ``("leaky_relu", 0.2)``. By default "relu" for a network.
    scheme : str, scheme or None, default None
        What fills layers given by shape: a scheme, its name, or what `get` returned. By default what `recommend` has
        for the layer's activation.
    output : str or (str, float), default "linear"
        The last layer's activation. "softmax" may be here only.
    bias : float or array, default 0
        Biases, one for all units or one for each.
    layout : {"io", "oi", "oki"}, optional
        Layout of shapes and arrays, as `fans` of the schemes; schemes that ask for it are told. By default "io" for a
        network; weights alone are read in every way.
    rng : None, int, sequence of int, SeedSequence, BitGenerator or Generator, default 0
        The seed of data and weights; each layer's weights are those of ``scheme(shape, rng=rng, name=name)``. A
        BitGenerator or Generator is advanced once.
    n_samples : int >= 1, optional
        Number of inputs and of gradients: 128 for a stack. Of a module without a batch, samples of the batch that is
        made: 8.
    batch : tensor, list or tuple, or mapping, optional
        Of a module only, for which the second argument may also be it: what it is called with, by position or by name.
        By default a batch is made of its configuration or its first layer.
    loss : callable, optional
        Of a module only: from its output to the scalar tensor whose gradients are looked at. By default the output's
        own ``loss``, cross-entropy of logits against random classes, or a random direction.

    Returns
    -------
    NetworkReport, WeightsReport or ModuleReport
        All have ``verdict``, ``healthy`` (a bool), ``to_dict()`` for JSON, and ``str()``, a table with reason and
        remedy; a NetworkReport also ``reason``, ``remedy``, ``findings`` and ``layers``, a WeightsReport ``tensors``, a
        ModuleReport those of the first and ``notes``, ``parameters``, ``attentions`` and ``logits``.

    Raises
    ------
    ValueError
        If there is no such activation or scheme, layers do not fit each other, weights of a network are not finite,
        there are no layers, or a file is not as it should be.
    TypeError
        If an argument is of another type.
    OSError
        If a file cannot be read.

    Notes
    -----
    Inputs are N(0, 1), and so are the gradients with respect to the last layer's pre-activations. Convolutions have
    stride 1 and see a periodic grid as large as the largest kernel. Everything is computed in float64, so that scales
    beyond float32 are still seen. Residual connections and normalization, which keep scales whatever the weights, are
    not modelled: a check of the stack alone is too strict for such networks. The thresholds and their reasons are in
    docs/check.md.

    References
    ----------
    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.
    K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers", ICCV 2015. S. S. Schoenholz, J. Gilmer,
    S. Ganguli and J. Sohl-Dickstein, "Deep information propagation", ICLR 2017.

    Examples
    --------
    >>> import fastinit as fi
    >>> fi.check([784, 256, 256, 10], "relu", "he_normal").verdict
    'healthy'
    >>> report = fi.check([100] * 20, "tanh", fi.get("normal", std=0.01))
    >>> report.verdict, report.remedy[:35]
    ('vanishing', "weights: fastinit.get('glorot_norma")
    >>> fi.check({"fc.weight": fi.he_normal((512, 256), rng=1)}).tensors[0].fits[0]
    'he_normal'
    """
    from fastinit.checking import frameworks

    framework = frameworks.of(layers)
    if framework is not None:
        given = {"scheme": scheme, "output": output, "bias": bias, "layout": layout}
        return frameworks.report(WHERE, framework, layers, activation, batch, loss, rng, n_samples, given)
    frameworks.reject_beside_a_stack(WHERE, batch, loss)
    if isinstance(layers, (str, os.PathLike)):
        from fastinit.checking import files

        own = {"activation": activation, "scheme": scheme, "output": output, "bias": bias, "layout": layout}
        return check(rng=rng, n_samples=n_samples, **{**own, **files.read(WHERE, layers)})
    n_samples = checks.positive_integer(WHERE, "n_samples", N_SAMPLES if n_samples is None else n_samples)
    if layout is not None:
        fan_rules.check_layout(WHERE, layout)
    seed.check_rng(WHERE, rng)
    if isinstance(layers, Mapping) and activation is None:
        from fastinit.checking import weights

        return weights.report(WHERE, layers, layout)
    from fastinit.checking import chaining, model, propagate, report

    if isinstance(layers, Mapping):
        layers = chaining.stack_of(WHERE, layers, layout)
    activation = "relu" if activation is None else activation
    stack = model.layers_of(WHERE, layers, model.Defaults(activation, output, scheme, bias, layout or "io"))
    # Advances a generator, so after all checks: a call that raises must not.
    return report.make(propagate.run(stack, _repeatable(rng), n_samples), n_samples)


def _repeatable(rng: object) -> object:
    """`rng` as a seed that gives the same values each time, for weights that are drawn twice."""
    if rng is not None and not hasattr(rng, "bit_generator") and not hasattr(rng, "random_raw"):
        return rng
    return int.from_bytes(seed.seed_of(WHERE, rng), "little")
