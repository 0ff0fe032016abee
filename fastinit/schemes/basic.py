"""Schemes whose law is the same for every shape: uniform, normal, truncated normal."""

from __future__ import annotations

from functools import partial

from fastinit.common import checks
from fastinit.laws import kernel_laws, truncation
from fastinit.laws.spec import Spec, fixed
from fastinit.schemes.register import alias, scheme


@scheme
def uniform(*, low: float = 0.0, high: float = 1.0) -> Spec:
    """Draw from the uniform distribution on the open interval (low, high).

    2**24 equally likely draws, symmetric about the midpoint, each rounded to float32 once; neither bound is ever
    reached. For U(-a, a) the values themselves are symmetric, and never 0.

    Parameters
    ----------
    [shape]
    low, high : float, default 0 and 1
        Finite bounds with low < high, within float32 and with a float32 strictly between them.
    [common]

    Notes
    -----
    In law equal to ``torch.nn.init.uniform_`` and ``numpy.random.Generator.uniform``, which include `low`;
    ``jax.nn.initializers.uniform(scale)`` draws from [0, scale), Keras's ``RandomUniform`` from [-0.05, 0.05).

    Examples
    --------
    >>> import fastinit as fi
    >>> a = fi.uniform((1000,), low=-0.1, high=0.1, rng=0)
    >>> bool(-0.1 < a.min() < -0.099 and 0.099 < a.max() < 0.1)
    True
    """
    bounds = (checks.finite("uniform", name, value) for name, value in (("low", low), ("high", high)))
    return fixed("uniform", partial(kernel_laws.uniform, "uniform", *bounds))


@scheme
def normal(*, mean: float = 0.0, std: float = 1.0) -> Spec:
    """Draw from the normal distribution with the given mean and standard deviation.

    Not truncated: ``mean + std z``, where z follows the standard normal up to 7.5 standard deviations.

    Parameters
    ----------
    [shape]
    mean : float, default 0
        Finite.
    std : float, default 1
        Finite and >= 0; 0 gives `mean` everywhere.
    [common]

    Notes
    -----
    In law equal to ``torch.nn.init.normal_`` (whose float32 values stop at 5.77 standard deviations) and
    ``jax.nn.initializers.normal`` (5.42), which takes ``stddev=0.01`` by default.

    References
    ----------
    G. E. P. Box and M. E. Muller, "A note on the generation of random normal deviates", Annals of Mathematical
    Statistics 29(2), 1958.

    Examples
    --------
    >>> import fastinit as fi
    >>> w = fi.normal((256, 512), std=0.02, rng=0, name="tok_embeddings")
    >>> round(float(w.std()), 3)
    0.02
    """
    mean = checks.finite("normal", "mean", mean) + 0.0  # -0.0 becomes 0.0: equal numbers give equal bits
    return fixed("normal", partial(kernel_laws.normal, "normal", mean, checks.non_negative("normal", "std", std)))


@scheme
def truncated_normal(*, mean: float = 0.0, std: float = 1.0, low: float = -2.0, high: float = 2.0) -> Spec:
    """Draw from the normal distribution between ``mean + low std`` and ``mean + high std``, bounds excluded.

    By the quantile function: one pass, no rejection, and no values piled up at the bounds.

    Parameters
    ----------
    [shape]
    mean : float, default 0
        Of the normal distribution before truncation; finite.
    std : float, default 1
        Its standard deviation, finite and > 0. That of the values is smaller: 0.87962566103423978 std for the default
        bounds.
    low, high : float, default -2 and 2
        Bounds in standard deviations from the mean, low < high, infinite ones included; the interval must begin
        within 8 of 0, and be no narrower than 2e-12 and than 1e-10 of its larger bound.
    [common]

    Notes
    -----
    In law equal to ``jax.nn.initializers.truncated_normal(stddev, lower, upper)`` (mean 0), to Keras's
    ``TruncatedNormal``, and to ``torch.nn.init.trunc_normal_`` with ``a = mean + low std`` and ``b = mean + high std``,
    where PyTorch's bounds are absolute. Schemes scaled by fans, which correct the standard deviation:
    `variance_scaling` and the ``truncated=True`` of `he_normal` and others.

    References
    ----------
    L. Devroye, Non-Uniform Random Variate Generation, 1986, II.2 (inversion); the quantile's form follows M. Giles,
    "Approximating the erfinv function", GPU Computing Gems 2, 2011.

    Examples
    --------
    >>> import fastinit as fi
    >>> w = fi.truncated_normal((256, 512), std=0.02, rng=0)
    >>> bool(abs(w).max() < 0.04), round(float(w.std()) / 0.02, 2)
    (True, 0.88)
    """
    where = "truncated_normal"
    mean = checks.finite(where, "mean", mean) + 0.0
    low, high = (checks.real(where, name, value) for name, value in (("low", low), ("high", high)))
    truncation.check_bounds(where, low, high)
    std = checks.positive(where, "std", std)
    return fixed(where, partial(truncation.truncated_normal, where, mean, std, low, high))


random_uniform = alias("random_uniform", uniform)
random_normal = alias("random_normal", normal)
