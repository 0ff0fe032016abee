"""`fastinit.check`: what weights do to the scale of activations and gradients. The work is in `fastinit.checking`."""

from __future__ import annotations

import os
from collections.abc import Mapping

from fastinit.common.calls import one_form
from fastinit.common.errors import Shown, reject_value

WHERE = "check"


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
          and ``name``; also ``norm`` ("layer", "rms", "batch") and its ``gain``, ``stride`` and ``groups``. Arrays of
          two dimensions are dense layers, of more convolutions. ``{"norm": ...}`` is a norm alone.
          ``{"residual": [...]}`` is a block, with ``shortcut``, ``activation`` and ``name`` perhaps.
        - A mapping of names to arrays: each array by itself, unless an activation is given. Then weights and biases
          are one stack, in the order of their names as people count, if each has as many inputs as the one before has
          outputs.
        - A path that ends in ``.safetensors``, or in ``.index.json`` as the index of several such files, or that of a
          folder with ``model.safetensors`` or its index, to a mapping; or in ``.toml``, to a network, whose own
          settings go before the arguments below (docs/check.md).
    activation : str, (str, float) or callable, optional
        What is applied to each layer's outputs but the last one's: a name that `recommend` knows, "sine", a gate
        ("glu", "bilinear", "reglu", "geglu", "swiglu"), a pair with a parameter, as for `gain`:
        ``("leaky_relu", 0.2)``, or a function that acts on each number of an array. By default "relu" for a network.
        For a module, its batch.
    scheme : str, scheme or None, default None
        What fills layers given by shape: a scheme, its name, or what `get` returned. By default what `recommend` has
        for the layer's activation.
    output : str, (str, float) or callable, default "linear"
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
    batch : array, or for a module tensor, list or tuple, or mapping, optional
        Of a stack the inputs, of shape (n_samples, n_in), for convolutions (n_samples, positions..., n_in). What a
        module is called with, by position or by name; by default a batch is made of its configuration or its first
        layer.
    loss : callable, optional
        Of a module only: from its output to the scalar tensor whose gradients are looked at. By default the output's
        own ``loss``, cross-entropy of logits against random classes, or a random direction.

    Returns
    -------
    NetworkReport, WeightsReport or ModuleReport
        All have ``verdict``, ``healthy`` (a bool), ``reason``, ``to_dict()`` for JSON, ``html(path)``, and ``str()``, a
        table; a WeightsReport has ``tensors``. The others have ``remedy``, ``notes``, ``findings``, ``layers`` and
        ``plot(path)``, a NetworkReport also ``phase``, a ModuleReport ``parameters``, ``attentions`` and ``logits``.

    Raises
    ------
    ValueError
        If there is no such activation or scheme, layers do not fit each other, weights of a network are not finite,
        there are no layers, or a file is not as it should be.
    TypeError
        If an argument is of another type.
    OSError
        If a file cannot be read.

    See Also
    --------
    calibrate : Scale each layer until its pre-activations have one standard deviation.
    recommend : Which scheme suits an activation.
    gain : The factor for an activation.

    Notes
    -----
    Inputs are N(0, 1), and so are the gradients with respect to the last layer's pre-activations. Convolutions see a
    periodic grid as large as the largest kernel times all strides. Everything is computed in float64, so that scales
    beyond float32 are still seen. A remedy is offered after it was tried. The thresholds and their reasons are in
    docs/check.md.

    References
    ----------
    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.
    K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers", ICCV 2015. B. Poole, S. Lahiri, M. Raghu,
    J. Sohl-Dickstein and S. Ganguli, "Exponential expressivity in deep neural networks through transient chaos",
    NeurIPS 2016. S. S. Schoenholz, J. Gilmer, S. Ganguli and J. Sohl-Dickstein, "Deep information propagation", ICLR
    2017.

    Examples
    --------
    >>> import fastinit as fi
    >>> fi.check([784, 256, 256, 10], "relu", "he_normal").verdict
    'healthy'
    >>> report = fi.check([100] * 20, "tanh", fi.get("normal", std=0.01))
    >>> report.verdict, report.remedy[:80]
    ('vanishing', "weights of all 19 layers (layer 1 to layer 19): fastinit.get('glorot_normal')  #")
    >>> fi.check({"fc.weight": fi.he_normal((512, 256), rng=1)}).tensors[0].fits[0]
    'he_normal'
    """
    own = {"activation": activation, "scheme": scheme, "output": output, "bias": bias, "layout": layout}
    from fastinit.checking import frameworks

    framework = frameworks.of(layers)
    if framework is not None:
        return frameworks.report(WHERE, framework, layers, activation, batch, loss, rng, n_samples, own)
    frameworks.reject_beside_a_stack(WHERE, loss=loss)
    if isinstance(layers, (str, os.PathLike)):
        from fastinit.checking import files

        return check(rng=rng, n_samples=n_samples, batch=batch, **{**own, **files.read(WHERE, layers)})
    from fastinit.checking import given

    n_samples = given.checked_samples(WHERE, n_samples, batch, layout, rng)
    if isinstance(layers, Mapping) and activation is None:
        from fastinit.checking import weights

        if batch is not None:
            reject_value(WHERE, "batch", "None for weights alone", Shown("one"))
        return weights.report(WHERE, layers, layout)
    from fastinit.checking import phase, propagate, remedies, report, verdicts

    steps = given.stack(WHERE, layers, **own)
    batch, n_samples = given.inputs_of(WHERE, batch, n_samples, steps)
    # Advances a generator, so after all checks: a call that raises must not.
    rng = given.repeatable(WHERE, rng)
    rows = propagate.run(steps, rng, n_samples, batch)
    remedy = remedies.remedy(steps, rows, rng, n_samples, batch) if verdicts.of_stack(rows) else ""
    return report.make(rows, n_samples, remedy, phase.of_stack(steps, rng))
