"""Estimates over replications, and paired differences between options.

Every number here is over replications, never over customers: a metric is each replication's ratio of sums,
and a replication in which nothing was observed (NaN) is left out of that metric.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from journeysim.units import BoolArray, FloatArray

CONFIDENCE = 0.95
REAL_BELOW = 0.05
"""A difference is real when its Holm-adjusted p lies below this."""

FEWEST_ALIKE = 4
"""Replications from which on a difference that is the same in all of them counts as having no variance."""

_ROUNDING = 1e-12
"""Relative size below which a spread is the rounding of floats and no variance."""


@dataclass(frozen=True)
class Estimate:
    """Mean over replications with its 95% confidence interval.

    Parameters
    ----------
    mean : NaN where no replication observed anything.
    low, high : ends of the t-interval; NaN with fewer than two replications.
    n : replications with a value.
    """

    mean: float
    low: float
    high: float
    n: int

    @property
    def half_width(self) -> float:
        """Half the width of the interval; NaN where there is none."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class Difference:
    """An option minus the baseline, replication by replication.

    Parameters
    ----------
    difference : mean of the paired differences; NaN where no replication has both values.
    low, high : ends of the unadjusted 95% t-interval; NaN with fewer than two pairs, and where two or three
        have the very same difference.
    p : two-sided p of "no difference", unadjusted; NaN where there is no interval.
    n : replications in which both have a value.
    variance_removed : share of the variance of an unpaired difference that pairing took away, at most 1;
        negative where pairing added; NaN where there was no variance.
    """

    difference: float
    low: float
    high: float
    p: float
    n: int
    variance_removed: float


def estimate(values: FloatArray) -> Estimate:
    """Mean and t-interval of a metric over replications.

    Parameters
    ----------
    values : shape (replications,), in replication order; NaN where nothing was observed.

    References
    ----------
    Law (2015), Simulation Modeling and Analysis, 5th ed., section 9.4.1 (replication approach).
    """
    seen = values[~np.isnan(values)]
    if seen.size == 0:
        return Estimate(math.nan, math.nan, math.nan, 0)
    mean = _mean(seen)
    if seen.size == 1:
        return Estimate(mean, math.nan, math.nan, 1)
    half = _t_quantile(seen.size - 1) * _spread(seen, float(np.abs(seen).max())) / math.sqrt(seen.size)
    return Estimate(mean, mean - half, mean + half, int(seen.size))


def paired_difference(option: FloatArray, baseline: FloatArray) -> Difference:
    """Difference of an option from the baseline under common random numbers.

    Parameters
    ----------
    option, baseline : shape (replications,), the same replications in the same order; NaN where nothing
        was observed.

    Notes
    -----
    Differences without variance get the interval [d, d], and p is 1 if d is 0, else 0; but two or three that
    agree in a d other than 0 get neither, as customers who are counted do agree by chance. A spread within
    the rounding of floats (1e-12 of the largest value) counts as no variance.

    References
    ----------
    Law (2015), Simulation Modeling and Analysis, 5th ed., section 10.2.1 (paired-t interval).
    """
    return _paired(option - baseline, option, baseline)


def difference_of_differences(
    first: FloatArray, second: FloatArray, third: FloatArray, fourth: FloatArray
) -> Difference:
    """Contrast (first - second) - (third - fourth) of four options under common random numbers.

    Parameters
    ----------
    first, second, third, fourth : shape (replications,) each; as those of `paired_difference`, with what
        is said there of differences without variance.

    Returns
    -------
    with the variance of four independent sets of replications as what pairing is held against.
    """
    return _paired((first - second) - (third - fourth), first, second, third, fourth)


def ratio_of_means(numerator: FloatArray, denominator: FloatArray) -> Estimate:
    """Ratio of two means over the same replications, with its 95% interval.

    Parameters
    ----------
    numerator, denominator : shape (replications,), paired; NaN where nothing was observed.

    Returns
    -------
    ends are NaN where the interval of the denominator's mean reaches 0, or with fewer than two pairs.

    References
    ----------
    Fieller (1954), Some problems in interval estimation.
    """
    both = ~(np.isnan(numerator) | np.isnan(denominator))
    over, under = numerator[both], denominator[both]
    count = int(over.size)
    mean_over, mean_under = (_mean(values) if count else math.nan for values in (over, under))
    ratio = mean_over / mean_under if mean_under else math.nan
    if count < 2:
        return Estimate(ratio, math.nan, math.nan, count)
    scaled = np.cov(over, under) * _t_quantile(count - 1) ** 2 / count
    # |mean of (numerator - r denominator)| within t standard errors: a quadratic inequality in r.
    a = mean_under**2 - float(scaled[1, 1])
    b = mean_over * mean_under - float(scaled[0, 1])
    c = mean_over**2 - float(scaled[0, 0])
    if not a > 0:
        return Estimate(ratio, math.nan, math.nan, count)
    half = math.sqrt(max(0.0, b * b - a * c))
    return Estimate(ratio, min((b - half) / a, ratio), max((b + half) / a, ratio), count)


def _paired(gaps: FloatArray, *options: FloatArray) -> Difference:
    """Mean of what was made of options replication by replication; NaN where one of them has no value."""
    both = ~np.isnan(gaps)
    gaps, complete = gaps[both], [option[both] for option in options]
    count = int(gaps.size)
    if count == 0:
        return Difference(math.nan, math.nan, math.nan, math.nan, 0, math.nan)
    mean = _mean(gaps)
    if count == 1:
        return Difference(mean, math.nan, math.nan, math.nan, 1, math.nan)
    scale = float(max(np.abs(values).max() for values in complete))
    spread = _spread(gaps, scale)
    unpaired = sum(_spread(values, scale) ** 2 for values in complete)
    removed = 1 - spread**2 / unpaired if unpaired > 0 else math.nan
    if spread == 0:
        if abs(mean) <= _ROUNDING * scale:
            return Difference(mean, mean, mean, 1.0, count, removed)
        if count < FEWEST_ALIKE:
            return Difference(mean, math.nan, math.nan, math.nan, count, removed)
        return Difference(mean, mean, mean, 0.0, count, removed)
    error = spread / math.sqrt(count)
    half = _t_quantile(count - 1) * error
    return Difference(mean, mean - half, mean + half, _two_sided_p(mean / error, count - 1), count, removed)


def holm(p: FloatArray) -> FloatArray:
    """Adjust p values of one family of comparisons for their number.

    Parameters
    ----------
    p : shape (comparisons,), 0..1; NaN where there was nothing to compare, which does not count.

    Returns
    -------
    shape (comparisons,), 0..1, never below ``p``; NaN where ``p`` is.

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    adjusted = np.full(p.shape, math.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known], kind="stable")]
    factors = np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * factors))
    return adjusted


def is_real(adjusted_p: FloatArray) -> BoolArray:
    """Whether each difference is taken for real; False where its p is NaN."""
    return np.asarray(adjusted_p < REAL_BELOW, dtype=np.bool_)


def _mean(values: FloatArray) -> float:
    """Mean that lies within the values even when rounding would carry it out."""
    return float(np.clip(values.mean(), values.min(), values.max()))


def _spread(values: FloatArray, scale: float) -> float:
    """Standard deviation with n - 1, exactly 0 where all that varies is the rounding."""
    if float(np.ptp(values)) <= _ROUNDING * scale:
        return 0.0
    return float(values.std(ddof=1))


@lru_cache(maxsize=4096)
def _t_quantile(degrees: int) -> float:
    # scipy.stats would cost 0.7 s of import for this one number.
    from scipy.special import stdtrit

    return float(stdtrit(degrees, 0.5 + CONFIDENCE / 2))


def _two_sided_p(t: float, degrees: int) -> float:
    from scipy.special import stdtr

    return float(2 * stdtr(degrees, -abs(t)))
