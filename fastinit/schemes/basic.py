"""Schemes whose law is the same for every shape: uniform, normal, truncated normal."""

from __future__ import annotations

import math
from functools import partial

from fastinit.common import checks
from fastinit.common.errors import Shown, reject_type
from fastinit.laws import complex_laws, kernel_laws, truncation
from fastinit.laws.spec import Spec, by_parts, fixed
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
        Finite bounds, within the dtype and with a number of it strictly between them; or equal ones, which give that
        number everywhere.
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
    std = checks.non_negative("normal", "std", std)
    others = by_parts("normal", partial(complex_laws.normal, "normal", std)) if mean == 0 else {}
    return fixed("normal", partial(kernel_laws.normal, "normal", mean, std), others)


@scheme
def truncated_normal(
    *,
    mean: float = 0.0,
    std: float = 1.0,
    low: float | None = None,
    high: float | None = None,
    lower: float | None = None,
    upper: float | None = None,
    keep_std: bool = False,
) -> Spec:
    """Draw from the normal distribution between ``mean + low std`` and ``mean + high std``, or `lower` and `upper`.

    Bounds are excluded, in every dtype. By the quantile function: one pass, no rejection, and no values piled up at the
    bounds.

    Parameters
    ----------
    [shape]
    mean : float, default 0
        Of the normal distribution before truncation; finite. The mean of the values is another one if the bounds lie
        unevenly about it.
    std : float, default 1
        Its standard deviation, finite and >= 0; 0 gives `mean` everywhere. That of the values is smaller:
        0.87962566103423978 std for the default bounds.
    low, high : float, default -2 and 2
        Bounds in standard deviations from the mean, infinite ones included; the interval must begin within 8 of 0,
        and be no narrower than 2e-12 and than 1e-10 of its larger bound. Equal ones give that number everywhere.
    lower, upper : float, optional
        Absolute bounds, instead of `low` and `high`; of one alone the other side is open. The same limits hold. Values
        are strictly between them as float64 compares.
    keep_std : bool, default False
        Whether `std` is that of the values, about their own mean. The normal distribution before truncation is then
        wider: by a factor for `low` and `high`, which count in its own standard deviations; for `lower` and `upper`,
        as wide as it needs to be, to float64. A std from that of uniform values on, (upper - lower) / sqrt(12), is
        refused.
    [common]

    Notes
    -----
    In law equal to ``jax.nn.initializers.truncated_normal(stddev, lower, upper)`` (mean 0) with JAX's `lower` and
    `upper` as `low` and `high`, to Keras's ``TruncatedNormal``, and to ``torch.nn.init.trunc_normal_(w, mean, std, a,
    b)`` with ``lower=a, upper=b``. Bounds of PyTorch are absolute: as ``low=-0.04, high=0.04`` with ``std=0.02`` they
    would leave a fiftieth of the width meant. Schemes scaled by fans, which correct the standard deviation:
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
    >>> w = fi.truncated_normal((256, 512), std=0.02, lower=-0.04, upper=0.04, keep_std=True, rng=0)
    >>> bool(abs(w).max() < 0.04), round(float(w.std()) / 0.02, 2)
    (True, 1.0)
    """
    where = "truncated_normal"
    mean = checks.finite(where, "mean", mean) + 0.0
    std = checks.non_negative(where, "std", std)
    keep_std = checks.boolean(where, "keep_std", keep_std)
    if lower is None and upper is None:
        low, high = _bounds(where, ("low", low, -2.0), ("high", high, 2.0))
        truncation.check_bounds(where, low, high)
        std = truncation.width_that_keeps(where, std, low, high) if keep_std else std
        law_of = partial(truncation.truncated_normal, where, mean, std, low, high)
        by_modulus = by_parts(where, lambda parts: complex_laws.truncated_normal(where, std, high, parts))
        return fixed(where, law_of, by_modulus if mean == 0 and low == -high and not keep_std else {})
    if low is not None or high is not None:
        got = Shown("some of both")
        reject_type(where, "low, high, lower, upper", "bounds in std (low, high) or absolute ones (lower, upper)", got)
    lower, upper = _bounds(where, ("lower", lower, -math.inf), ("upper", upper, math.inf))
    std = truncation.width_that_keeps_between(where, mean, std, lower, upper) if keep_std else std
    return fixed(where, partial(truncation.truncated_between, where, mean, std, lower, upper))


def _bounds(where: str, *named: tuple[str, object, float]) -> tuple[float, ...]:
    """Each number, or its default for None."""
    return tuple(default if value is None else checks.real(where, name, value) for name, value, default in named)


random_uniform = alias("random_uniform", uniform)
random_normal = alias("random_normal", normal)
