"""Glorot's and He's schemes, for saturating and for rectifying activations."""

from __future__ import annotations

from fastinit.common import checks
from fastinit.laws.spec import Spec, normal_or_truncated, scaled
from fastinit.schemes.register import alias, scheme


def _glorot(where: str, gain: float, distribution: str, fans) -> Spec:
    gain = checks.non_negative(where, "gain", gain)
    return scaled(where, gain * gain, "fan_avg", distribution, fans, zero=gain == 0)


@scheme
def glorot_uniform(*, gain: float = 1.0, fans="io") -> Spec:
    """Draw from ``U(-a, a)``, ``a = gain sqrt(6 / (fan_in + fan_out))``; for tanh, sigmoid, softmax.

    Both bounds are excluded. The variance is ``2 gain**2 / (fan_in + fan_out)``.

    Parameters
    ----------
    [shape]
    [gain]
    [fans]
    [common]

    See Also
    --------
    glorot_normal : The normal distribution of the same variance.
    he_uniform : For the ReLU family.
    recommend : Which scheme suits an activation.

    Notes
    -----
    In law equal to ``torch.nn.init.xavier_uniform_`` (with ``fans="oi"``), Keras's ``GlorotUniform`` and
    ``jax.nn.initializers.glorot_uniform``. Also called `xavier_uniform`.

    References
    ----------
    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.

    Examples
    --------
    >>> import fastinit as fi
    >>> w = fi.glorot_uniform((784, 256), rng=0)
    >>> bool(abs(w).max() < (6 / (784 + 256)) ** 0.5)
    True
    """
    return _glorot("glorot_uniform", gain, "uniform", fans)


@scheme
def glorot_normal(*, gain: float = 1.0, truncated: bool = False, fans="io") -> Spec:
    """Draw from ``N(0, 2 gain**2 / (fan_in + fan_out))``; for tanh, sigmoid, softmax.

    Parameters
    ----------
    [shape]
    [gain]
    [truncated]
    [fans]
    [common]

    See Also
    --------
    glorot_uniform : The uniform distribution of the same variance.
    he_normal : For the ReLU family.
    recommend : Which scheme suits an activation.

    Notes
    -----
    In law equal to ``torch.nn.init.xavier_normal_`` (with ``fans="oi"``); with ``truncated=True`` to Keras's
    ``GlorotNormal`` and ``jax.nn.initializers.glorot_normal``. Also called `xavier_normal`.

    References
    ----------
    X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", AISTATS 2010.

    Examples
    --------
    >>> import fastinit as fi
    >>> w = fi.glorot_normal((300, 100), rng=0)
    >>> round(float(w.var()) * 200, 1)
    1.0
    """
    return _glorot("glorot_normal", gain, normal_or_truncated("glorot_normal", truncated), fans)


def _he(where: str, negative_slope: float, mode: str, distribution: str, fans) -> Spec:
    slope = checks.finite(where, "negative_slope", negative_slope)
    return scaled(where, 2 / (1 + slope * slope), mode, distribution, fans)


@scheme
def he_uniform(*, negative_slope: float = 0.0, mode: str = "fan_in", fans="io") -> Spec:
    """Draw from ``U(-a, a)``, ``a = sqrt(6 / ((1 + negative_slope**2) n))``; for the ReLU family.

    Both bounds are excluded. The fan n is the one that `mode` names. The variance is
    ``2 / ((1 + negative_slope**2) n)``.

    Parameters
    ----------
    [shape]
    [negative_slope]
    [he mode]
    [fans]
    [common]

    See Also
    --------
    he_normal : The normal distribution of the same variance.
    glorot_uniform : For tanh, sigmoid and softmax.
    gain : The factor for other activations.
    recommend : Which scheme suits an activation.

    Notes
    -----
    In law equal to ``torch.nn.init.kaiming_uniform_`` (with ``fans="oi"``), Keras's ``HeUniform`` and
    ``jax.nn.initializers.he_uniform``. Also called `kaiming_uniform`.

    References
    ----------
    K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers", ICCV 2015.

    Examples
    --------
    >>> import fastinit as fi
    >>> w = fi.he_uniform((512, 128), rng=0)
    >>> bool(abs(w).max() < (6 / 512) ** 0.5)
    True
    """
    return _he("he_uniform", negative_slope, mode, "uniform", fans)


@scheme
def he_normal(*, negative_slope: float = 0.0, mode: str = "fan_in", truncated: bool = False, fans="io") -> Spec:
    """Draw from ``N(0, 2 / ((1 + negative_slope**2) n))``; for the ReLU family.

    The fan n is the one that `mode` names.

    Parameters
    ----------
    [shape]
    [negative_slope]
    [he mode]
    [truncated]
    [fans]
    [common]

    See Also
    --------
    he_uniform : The uniform distribution of the same variance.
    glorot_normal : For tanh, sigmoid and softmax.
    gain : The factor for other activations.
    recommend : Which scheme suits an activation.

    Notes
    -----
    In law equal to ``torch.nn.init.kaiming_normal_`` (with ``fans="oi"``); with ``truncated=True`` to Keras's
    ``HeNormal`` and ``jax.nn.initializers.he_normal``. Also called `kaiming_normal`.

    References
    ----------
    K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers", ICCV 2015.

    Examples
    --------
    >>> import fastinit as fi
    >>> w = fi.he_normal((4096, 128), rng=0)
    >>> round(float(w.var()) * 4096, 1)
    2.0
    """
    return _he("he_normal", negative_slope, mode, normal_or_truncated("he_normal", truncated), fans)


xavier_uniform = alias("xavier_uniform", glorot_uniform)
xavier_normal = alias("xavier_normal", glorot_normal)
kaiming_uniform = alias("kaiming_uniform", he_uniform)
kaiming_normal = alias("kaiming_normal", he_normal)
