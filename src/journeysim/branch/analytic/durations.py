"""Durations as formulas need them: mean, cv, and the share that is longer than some time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincc, ndtr

from journeysim.branch.formulas import Patience
from journeysim.journey import Distribution
from journeysim.units import FloatArray

_AGES_MIN = np.concatenate(([0.0], np.geomspace(0.02, 1440.0, 240)))
_SMALLEST_LEFT = 1e-12


@dataclass(frozen=True)
class Spread:
    """Mean and spread of a duration.

    Parameters
    ----------
    mean_min : minutes, >= 0.
    variance_min2 : minutes squared, >= 0.
    """

    mean_min: float
    variance_min2: float

    @property
    def cv(self) -> float:
        """Standard deviation ÷ mean; 0 where the mean is 0."""
        return math.sqrt(self.variance_min2) / self.mean_min if self.mean_min > 0.0 else 0.0

    def __add__(self, other: Spread) -> Spread:
        """One after the other, independent."""
        return Spread(self.mean_min + other.mean_min, self.variance_min2 + other.variance_min2)


def spread_of(plain: Distribution) -> Spread:
    """Mean and spread of a plain distribution."""
    return Spread(plain.mean_min(), variance(plain))


def mixed(parts: Sequence[tuple[float, Spread]]) -> Spread:
    """Spread of durations mixed with weights, which need not sum to 1."""
    total = math.fsum(weight for weight, _ in parts)
    mean = math.fsum(weight * part.mean_min for weight, part in parts) / total
    square = math.fsum(weight * (part.variance_min2 + part.mean_min**2) for weight, part in parts) / total
    return Spread(mean, max(0.0, square - mean**2))


def variance(plain: Distribution) -> float:
    """Variance of a plain distribution, minutes²."""
    d = plain
    if d.constant is not None:
        return 0.0
    if d.exponential is not None:
        return d.exponential.mean_min**2
    if d.uniform is not None:
        return (d.uniform.high_min - d.uniform.low_min) ** 2 / 12.0
    if d.triangular is not None:
        low, mode, high = d.triangular.low_min, d.triangular.mode_min, d.triangular.high_min
        return (low**2 + mode**2 + high**2 - low * mode - low * high - mode * high) / 18.0
    if d.normal is not None:
        start = -d.normal.location_min / d.normal.sd_min
        density = math.exp(-(start**2) / 2.0) / math.sqrt(2.0 * math.pi) / float(ndtr(-start))
        return d.normal.sd_min**2 * (1.0 + start * density - density**2)
    if d.lognormal is not None:
        return d.lognormal.mean_min**2 * math.expm1(d.lognormal.sigma_log**2)
    if d.gamma is not None or d.erlang is not None:
        parts = d.gamma or d.erlang
        assert parts is not None
        return parts.shape_value * parts.scale_min**2
    if d.weibull is not None:
        shape = d.weibull.shape_value
        ratio = math.lgamma(1.0 + 2.0 / shape) - 2.0 * math.lgamma(1.0 + 1.0 / shape)
        return d.weibull.mean_min**2 * math.expm1(ratio)
    if d.empirical is not None:
        return float(np.var(d.empirical.values_min))
    assert d.mixture is not None
    return mixed([(part.share, spread_of(part.of)) for part in d.mixture]).variance_min2


def longer_than(plain: Distribution, minutes: FloatArray) -> FloatArray:
    """Share of a plain distribution above each of ``minutes`` (any shape); 1 for those below 0."""
    found = np.asarray(_longer(plain, np.maximum(minutes, 0.0)), dtype=np.float64)
    return np.where(minutes < 0.0, 1.0, found)


def _longer(d: Distribution, t: FloatArray) -> FloatArray:
    if d.constant is not None:
        return np.asarray(t < d.constant, dtype=np.float64)
    if d.exponential is not None:
        return np.exp(-t / d.exponential.mean_min)
    if d.uniform is not None:
        low, high = d.uniform.low_min, d.uniform.high_min
        return np.clip((high - t) / (high - low), 0.0, 1.0)
    if d.triangular is not None:
        return _longer_triangular(d.triangular.low_min, d.triangular.mode_min, d.triangular.high_min, t)
    if d.normal is not None:
        mean, sd = d.normal.location_min, d.normal.sd_min
        return np.asarray(ndtr((mean - t) / sd) / ndtr(mean / sd))
    if d.lognormal is not None:
        with np.errstate(divide="ignore"):
            return np.asarray(ndtr(-np.log(t / d.lognormal.median_min) / d.lognormal.sigma_log))
    if d.gamma is not None or d.erlang is not None:
        parts = d.gamma or d.erlang
        assert parts is not None
        return np.asarray(gammaincc(parts.shape_value, t / parts.scale_min))
    if d.weibull is not None:
        return np.exp(-((t / d.weibull.scale_min) ** d.weibull.shape_value))
    if d.empirical is not None:
        ordered = np.sort(d.empirical.values_min)
        return 1.0 - np.searchsorted(ordered, t, side="right") / ordered.size
    assert d.mixture is not None
    return np.asarray(sum(part.share * _longer(part.of, t) for part in d.mixture))


def _longer_triangular(low: float, mode: float, high: float, t: FloatArray) -> FloatArray:
    rising = 1.0 - (t - low) ** 2 / ((high - low) * (mode - low)) if mode > low else np.ones_like(t)
    falling = (high - t) ** 2 / ((high - low) * (high - mode)) if high > mode else np.zeros_like(t)
    inside = np.where(t < mode, rising, falling)
    return np.where(t <= low, 1.0, np.where(t >= high, 0.0, inside))


def patience_of(parts: Sequence[tuple[float, Distribution | None]]) -> Patience | None:
    """Patience of customers mixed with weights; None where nobody gives up.

    Exponentials of one mean are exact; anything else is taken by the share still patient at 240 ages.
    """
    if all(part is None for _, part in parts):
        return None
    means = {None if p is None or p.exponential is None else p.exponential.mean_min for _, p in parts}
    mean = next(iter(means))
    if len(means) == 1 and mean is not None:
        return Patience.exponential(mean)
    total = math.fsum(weight for weight, _ in parts)
    left = np.zeros_like(_AGES_MIN)
    for weight, part in parts:
        left += weight / total * (1.0 if part is None else longer_than(part, _AGES_MIN))
    left = np.maximum(left, _SMALLEST_LEFT)
    left[0] = 1.0
    return Patience(tuple(_AGES_MIN.tolist()), tuple(left.tolist()))
