"""Schemes scaled by the fans: the general one, and those that fix all but the fans."""

from __future__ import annotations

from fastinit.common import checks
from fastinit.laws.spec import Spec, normal_or_truncated, scaled
from fastinit.schemes.register import scheme


@scheme
def variance_scaling(*, scale: float = 1.0, mode: str = "fan_in", distribution: str = "normal", fans="io") -> Spec:
    """Draw with mean 0 and variance ``scale / n``, where n is the fan that `mode` names.

    - "normal" is ``N(0, scale / n)``, untruncated.
    - "uniform" is ``U(-a, a)`` with ``a = sqrt(3 scale / n)``, bounds excluded.
    - "truncated_normal" is ``N(0, s**2)`` between ``-2 s`` and ``2 s``, bounds excluded. Truncation narrows it, so
      ``s = sqrt(scale / n) / 0.87962566103423978``, and the variance is ``scale / n`` here too.

    Parameters
    ----------
    [shape]
    scale : float, default 1
        Finite and >= 0; 0 gives 0 everywhere.
    mode : {"fan_in", "fan_out", "fan_avg", "fan_geo_avg"}
        n: one of the fans, their mean, or their geometric mean; an empty axis counts as n = 1.
    distribution : {"normal", "uniform", "truncated_normal"}
        Keras's "normal" is truncated; this one is not.
    [fans]
    [common]

    See Also
    --------
    glorot_normal, he_normal, lecun_normal : The same with a fixed scale and mode.
    gain : Its square is the scale for an activation.
    fans : What n is for a layer.

    Notes
    -----
    In law equal to ``jax.nn.initializers.variance_scaling`` of the same arguments. Keras refuses a scale of 0.

    Examples
    --------
    >>> import fastinit as fi
    >>> w = fi.variance_scaling((400, 100), scale=2.0, mode="fan_avg", rng=0)
    >>> round(float(w.var()) * 250, 1)
    2.0
    """
    where = "variance_scaling"
    scale = checks.non_negative(where, "scale", scale)
    return scaled(where, scale, mode, distribution, fans, zero=scale == 0)


@scheme
def fan_in_uniform(*, fans="io") -> Spec:
    """Draw from ``U(-a, a)``, ``a = 1 / sqrt(fan_in)``, bounds excluded.

    Parameters
    ----------
    [shape]
    [fans]
    [common]

    See Also
    --------
    lecun_uniform : Three times the variance.
    he_uniform : Six times the variance.

    Notes
    -----
    The law of the weights of a new ``torch.nn.Linear`` or convolution (there with ``fans="oi"``), written in PyTorch
    as ``kaiming_uniform_(a=sqrt(5))``; and, with the pair of the layer's fans, of its bias.

    References
    ----------
    Y. LeCun, L. Bottou, G. Orr and K.-R. Mueller, "Efficient BackProp", in Neural Networks: Tricks of the Trade, 1998,
    names the scale; PyTorch's default is a third of its variance.

    Examples
    --------
    >>> import fastinit as fi
    >>> w = fi.fan_in_uniform((10, 400), fans="oi", rng=0)
    >>> bool(abs(w).max() < 1 / 400**0.5)
    True
    """
    return scaled("fan_in_uniform", 1 / 3, "fan_in", "uniform", fans)


@scheme
def lecun_uniform(*, fans="io") -> Spec:
    """Draw from ``U(-a, a)``, ``a = sqrt(3 / fan_in)``, bounds excluded.

    Parameters
    ----------
    [shape]
    [fans]
    [common]

    See Also
    --------
    lecun_normal : The normal distribution of the same variance.
    fan_in_uniform : A third of the variance.

    Notes
    -----
    In law equal to Keras's ``LecunUniform`` and ``jax.nn.initializers.lecun_uniform``.

    References
    ----------
    Y. LeCun, L. Bottou, G. Orr and K.-R. Mueller, "Efficient BackProp", in Neural Networks: Tricks of the Trade, 1998.

    Examples
    --------
    >>> import fastinit as fi
    >>> w = fi.lecun_uniform((300, 100), rng=0)
    >>> bool(abs(w).max() < 0.1)
    True
    """
    return scaled("lecun_uniform", 1.0, "fan_in", "uniform", fans)


@scheme
def lecun_normal(*, truncated: bool = False, fans="io") -> Spec:
    """Draw from ``N(0, 1 / fan_in)``; for SELU and other self-normalizing networks.

    Parameters
    ----------
    [shape]
    [truncated]
    [fans]
    [common]

    See Also
    --------
    lecun_uniform : The uniform distribution of the same variance.
    he_normal : Twice the variance, for the ReLU family.
    recommend : Which scheme suits an activation.

    Notes
    -----
    With ``truncated=True`` in law equal to Keras's ``LecunNormal`` and ``jax.nn.initializers.lecun_normal``.

    References
    ----------
    G. Klambauer, T. Unterthiner, A. Mayr and S. Hochreiter, "Self-normalizing neural networks", NeurIPS 2017.

    Examples
    --------
    >>> import fastinit as fi
    >>> w = fi.lecun_normal((400, 100), rng=0)
    >>> round(float(w.std()) * 20, 1)
    1.0
    """
    return scaled("lecun_normal", 1.0, "fan_in", normal_or_truncated("lecun_normal", truncated), fans)
