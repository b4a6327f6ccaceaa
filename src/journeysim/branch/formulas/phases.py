"""Service as phases: exponential parts one after the other, fitted to a mean and a cv."""

from __future__ import annotations

import math
from dataclasses import dataclass

from journeysim.branch.formulas.arguments import require_above, require_whole

_SAME = 1e-9
"""Relative difference below which two variances are the rounding of one."""


@dataclass(frozen=True)
class Phases:
    """A service of phases, gone through in order, that may end after each of them (a Coxian distribution).

    Parameters
    ----------
    per_min : rate at which each phase ends, per minute, > 0.
    ends : probability that the service ends with each phase; 1 for the last.
    """

    per_min: tuple[float, ...]
    ends: tuple[float, ...]

    @property
    def mean_min(self) -> float:
        """Mean, minutes."""
        return self._moments()[0]

    @property
    def cv(self) -> float:
        """Standard deviation ÷ mean."""
        mean, square = self._moments()
        return math.sqrt(max(0.0, square - mean**2)) / mean

    def _moments(self) -> tuple[float, float]:
        """First and second moment of what is left at each phase, from the last one backwards."""
        mean = square = 0.0
        for per_min, ends in zip(reversed(self.per_min), reversed(self.ends), strict=True):
            mean, square = (1.0 - ends) * mean, (1.0 - ends) * square
            square += 2.0 * mean / per_min + 2.0 / per_min**2
            mean += 1.0 / per_min
        return mean, square


def fitted_phases(mean_min: float, cv: float, most: int = 100) -> Phases:
    """Phases with the given mean and cv: one phase where the cv is 1, two where it is larger.

    An exponential is one phase and an Erlang its own phases, so that these two are met exactly.

    Parameters
    ----------
    mean_min : > 0.
    cv : standard deviation ÷ mean, >= 0.
    most : phases, >= 1; a cv below 1/sqrt(most) is taken as that.

    References
    ----------
    Marie (1980) for two phases where cv² is 1/2 or more; Tijms (1994), Stochastic Models, section 4.2.3, for
    a mixture of Erlangs with k - 1 and k phases where it is less.
    """
    require_above("mean_min", mean_min, 0.0)
    require_whole("most", most, 1)
    square = max(cv**2, 1.0 / most)
    if abs(square - 1.0) <= _SAME:
        return Phases((1.0 / mean_min,), (1.0,))
    if square >= 0.5 and most > 1:
        return Phases((2.0 / mean_min, 1.0 / (mean_min * square)), (1.0 - 0.5 / square, 1.0))
    count = math.ceil(1.0 / square - _SAME)
    root = math.sqrt(max(0.0, count * (1.0 + square) - count**2 * square))
    shorter = max(0.0, (count * square - root) / (1.0 + square))
    per_min = (count - shorter) / mean_min
    return Phases((per_min,) * count, (*(0.0,) * (count - 2), shorter, 1.0))
