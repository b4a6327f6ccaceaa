"""What part of an option's final effect a horizon shows: opinions take months to follow the visits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from journeysim.units import FloatArray

LEAST_MONTHS = 4
_QUICKEST, _SLOWEST = 0.02, 3.0
"""Time constants that are looked at, in horizons; a slower one leaves the final effect a guess."""
_MOST_UNEXPLAINED = 0.1
"""Share of the path's sum of squares beyond which the curve does not describe it."""
_MOST_APART = 0.1
"""Part by which the last third of the months may lie beside the curve: beyond it the effect still moves."""
_AT_THE_BOUND = 0.05
"""Distance, on a logarithmic scale, from the slowest constant that counts as being there."""


@dataclass(frozen=True)
class Approach:
    """How a difference from the baseline grows towards its final size, D (1 - exp(-t/T)).

    Parameters
    ----------
    final : D, in the metric's own unit.
    months : T, > 0: by then 63% of it is there.
    shown_fraction : part of it that is there at the end of the horizon, 0..1.
    """

    final: float
    months: float
    shown_fraction: float


def approach(differences: FloatArray) -> Approach | None:
    """Fit a curve that levels off to a path of differences, by least squares.

    Parameters
    ----------
    differences : shape (months,), mean difference from the baseline at the end of each month; NaN where
        nothing was observed.

    Returns
    -------
    None where the fit means nothing: fewer than four months, a path that such a curve does not describe (one
    that comes back, or turns its sign), or one that has hardly begun to level off.

    Notes
    -----
    For a given T the best D is linear in the path, so only T is searched for. A month of noise moves the
    answer: call it for differences that are real.

    Assumption: opinions move towards what visits are now like by a constant share of the distance; that is
    exact for exponential smoothing, which is what each visit does to its visitor's satisfaction.

    References
    ----------
    Golub & Pereyra (1973), separable nonlinear least squares.
    """
    count = differences.size
    if count < LEAST_MONTHS or bool(np.isnan(differences).any()):
        return None
    squares = float(differences @ differences)
    if squares == 0:
        return None
    month = np.arange(1, count + 1, dtype=np.float64)

    def fitted(log_months: float) -> tuple[float, float]:
        shape = -np.expm1(-month / math.exp(log_months))
        final = float(shape @ differences) / float(shape @ shape)
        gaps = differences - final * shape
        return float(gaps @ gaps), final

    low, high = math.log(_QUICKEST * count), math.log(_SLOWEST * count)
    best = _lowest(lambda log_months: fitted(log_months)[0], low, high)
    unexplained, final = fitted(best)
    months = math.exp(best)
    last = max(2, count // 3)
    at_the_end = float((-np.expm1(-month[-last:] / months)).mean()) * final
    apart = abs(float(differences[-last:].mean()) - at_the_end)
    if (
        unexplained > _MOST_UNEXPLAINED * squares
        or apart > _MOST_APART * abs(at_the_end)
        or best > high - _AT_THE_BOUND
    ):
        return None
    return Approach(final, months, -math.expm1(-count / months))


def _lowest(cost: Callable[[float], float], low: float, high: float) -> float:
    """Where a smooth function of one number is lowest between two others."""
    from scipy.optimize import minimize_scalar

    # A coarse look first: between far ends there may be more than one valley.
    places = np.linspace(low, high, 61)
    at = int(np.argmin([cost(float(place)) for place in places]))
    bounds = (float(places[max(at - 1, 0)]), float(places[min(at + 1, places.size - 1)]))
    return float(minimize_scalar(cost, bounds=bounds, method="bounded").x)
