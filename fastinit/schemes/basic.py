"""Schemes whose law is the same for every shape: uniform, normal, truncated normal."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from fastinit.common import checks
from fastinit.common.errors import Shown, reject_type
from fastinit.filling.placing import is_many
from fastinit.laws import complex_laws, kernel_laws, truncation
from fastinit.laws.dtypes import FLOAT64_FORMAT, Format
from fastinit.laws.spec import Spec, by_parts, complex_refused, fixed
from fastinit.schemes.register import alias, scheme
from fastinit.schemes.varied import Elements, Numbers, by_combination, refuse_where, varied


@scheme
def uniform(*, low: float = 0.0, high: float = 1.0) -> Spec:
    """Draw from the uniform distribution on the open interval (low, high).

    There are ``2**24`` equally likely draws, symmetric about the midpoint, each rounded to float32 once. Neither bound
    is ever reached. For ``U(-a, a)`` the values themselves are symmetric, and never 0.

    Parameters
    ----------
    [shape]
    low, high : float or array of float, default 0 and 1
        Finite bounds, within the dtype and with a number of it strictly between them; or equal ones, which give that
        number everywhere. [arrays]
    [common]

    See Also
    --------
    normal, truncated_normal : Other distributions of a scale that you give.
    variance_scaling : The scale from the fans.

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
    if is_many(low) or is_many(high):
        return varied("uniform", {"low": low, "high": high}, _uniform_elements)
    bounds = (checks.finite("uniform", name, value) for name, value in (("low", low), ("high", high)))
    return fixed("uniform", partial(kernel_laws.uniform, "uniform", *bounds))


def _uniform_elements(fmt: Format, low: np.ndarray, high: np.ndarray) -> Elements:
    def check(low: float, high: float) -> None:
        checks.finite(where, "low", low), checks.finite(where, "high", high)
        kernel_laws.uniform(where, low, high, fmt)

    where, same = "uniform", low == high
    lowest, highest = -fmt.all_below(-low), fmt.all_below(high)
    largest = kernel_laws.largest(fmt)
    fine = (low < high) & (np.maximum(-low, high) <= largest) & (lowest <= highest)
    fine &= high / 2 - low / 2 >= (kernel_laws.LEAST64 if fmt is FLOAT64_FORMAT else 0)
    refuse_where(~(fine | (same & (abs(low) <= largest))), check, low, high)
    lowest, highest = np.where(same, -fmt.max, lowest), np.where(same, fmt.max, highest)
    standard = kernel_laws.uniform(where, -1.0, 1.0, kernel_laws.arithmetic(fmt))
    return Elements(low / 2 + high / 2 + 0.0, high / 2 - low / 2, lowest, highest, [standard])


@scheme
def normal(*, mean: float = 0.0, std: float = 1.0) -> Spec:
    """Draw from the normal distribution with the given mean and standard deviation.

    Not truncated: ``mean + std z``, where z follows the standard normal up to 7.5 standard deviations.

    Parameters
    ----------
    [shape]
    mean : float or array of float, default 0
        Finite.
    std : float or array of float, default 1
        Finite and >= 0; 0 gives `mean` everywhere. [arrays]
    [common]

    See Also
    --------
    truncated_normal : The same between bounds.
    variance_scaling : The scale from the fans.
    sparse : The same with zeros in it.

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
    if is_many(mean) or is_many(std):
        return varied("normal", {"mean": mean, "std": std}, _normal_elements)
    mean = checks.finite("normal", "mean", mean) + 0.0  # -0.0 becomes 0.0: equal numbers give equal bits
    std = checks.non_negative("normal", "std", std)
    law_of = partial(kernel_laws.normal, "normal", mean, std)
    if mean != 0:
        return fixed("normal", law_of, complex_refused("normal", "mean", "0", mean))
    return fixed("normal", law_of, by_parts("normal", partial(complex_laws.normal, "normal", std)))


def _normal_elements(fmt: Format, mean: np.ndarray, std: np.ndarray) -> Elements:
    def check(mean: float, std: float) -> None:
        checks.finite(where, "mean", mean), checks.non_negative(where, "std", std)
        kernel_laws.normal(where, mean, std, fmt)

    where, computed = "normal", kernel_laws.arithmetic(fmt)
    fine = (std == 0) | (std >= kernel_laws.smallest_std(fmt))
    fine &= abs(mean) + kernel_laws.normal_reach(fmt) * std <= kernel_laws.largest(fmt)
    refuse_where(~fine, check, mean, std)
    return Elements(mean + 0.0, std, None, None, [kernel_laws.normal(where, 0.0, 1.0, computed)])


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

    Bounds are excluded, in every dtype. By the quantile function: one pass, and no rejection. What rounds to a
    bound, in 16 and 8 bits, goes to the number next to it, which so gets about 1.5 times its share where the bound is
    0 or a power of two.

    Parameters
    ----------
    [shape]
    mean : float or array of float, default 0
        Of the normal distribution before truncation; finite. The mean of the values is another one if the bounds lie
        unevenly about it.
    std : float or array of float, default 1
        Its standard deviation, finite and >= 0; 0 gives `mean` everywhere. That of the values is smaller:
        ``0.87962566103423978 std`` for the default bounds.
    low, high : float or array of float, default -2 and 2
        Bounds in standard deviations from the mean, infinite ones included; the interval must begin within 8 of 0,
        and be no narrower than 2e-12 and than 1e-10 of its larger bound. Equal ones give that number everywhere.
    lower, upper : float or array of float, optional
        Absolute bounds, instead of `low` and `high`; of one alone the other side is open. The same limits hold. Values
        are strictly between them as float64 compares. [arrays]
    keep_std : bool, default False
        Whether `std` is that of the values, about their own mean. The normal distribution before truncation is then
        wider: by a factor for `low` and `high`, which count in its own standard deviations; for `lower` and `upper`,
        as wide as it needs to be, to float64. A std from that of uniform values on,
        ``(upper - lower) / sqrt(12)``, is refused.
    [common]

    See Also
    --------
    normal : The same without bounds.
    variance_scaling : The scale from the fans.

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
    keep_std = checks.boolean(where, "keep_std", keep_std)
    absolute = lower is not None or upper is not None
    if absolute and (low is not None or high is not None):
        got = Shown("some of both")
        reject_type(where, "low, high, lower, upper", "bounds in std (low, high) or absolute ones (lower, upper)", got)
    named = {"lower": lower, "upper": upper} if absolute else {"low": low, "high": high}
    defaults = (-math.inf, math.inf) if absolute else (-2.0, 2.0)
    bounds = {name: d if value is None else value for (name, value), d in zip(named.items(), defaults, strict=True)}
    if any(map(is_many, (mean, std, *bounds.values()))):
        numbers_of = partial(_truncated_numbers, keep_std)
        return varied(where, {"mean": mean, "std": std, **bounds}, partial(by_combination, numbers_of))
    bounds = {name: checks.real(where, name, value) for name, value in bounds.items()}
    mean, std, law_of = _truncated(keep_std, mean, std, **bounds)
    if mean != 0 or absolute or keep_std or bounds["low"] != -bounds["high"]:
        centred = "mean 0, low = -high, no lower, upper or keep_std"
        return fixed(where, law_of, complex_refused(where, "parameters", centred, Shown("others")))
    return fixed(where, law_of, by_parts(where, partial(complex_laws.truncated_normal, where, std, bounds["high"])))


def _truncated(keep_std: bool, mean: object, std: object, **bounds: object) -> tuple[float, float, Callable]:
    """Mean and width before truncation, and the law from a format, of numbers that are checked here."""
    where = "truncated_normal"
    mean, std = checks.finite(where, "mean", mean) + 0.0, checks.non_negative(where, "std", std)
    first, last = (checks.real(where, name, value) for name, value in bounds.items())
    if "lower" in bounds:
        std = truncation.width_that_keeps_between(where, mean, std, first, last) if keep_std else std
        return mean, std, partial(truncation.truncated_between, where, mean, std, first, last)
    truncation.check_bounds(where, first, last)
    std = truncation.width_that_keeps(where, std, first, last) if keep_std else std
    return mean, std, partial(truncation.truncated_normal, where, mean, std, first, last)


def _truncated_numbers(keep_std: bool, fmt: Format, mean: float, std: float, **bounds: float) -> Numbers:
    mean, std, law_of = _truncated(keep_std, mean, std, **bounds)
    numbers, computed = law_of(fmt).numbers, kernel_laws.arithmetic(fmt)
    if len(numbers) == 1:  # without width
        return Numbers(
            *numbers, 0.0, *numbers, *numbers, truncation.truncated_normal("", 0.0, 1.0, -2.0, 2.0, computed)
        )
    low, high = truncation.relative(mean, std, *bounds.values()) if "lower" in bounds else bounds.values()
    standard = truncation.truncated_normal("truncated_normal", 0.0, 1.0, low, high, computed)
    return Numbers(mean, std, *numbers[2:4], standard)


random_uniform = alias("random_uniform", uniform)
random_normal = alias("random_normal", normal)
