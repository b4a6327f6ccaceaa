"""Retention over years by the shifted-beta-geometric model: each customer leaves at a rate of their own.

Each customer leaves with the same probability every year; the probabilities differ between customers as a
beta distribution. So those who leave easily are gone first, and retention rises with tenure although nobody
changes.

References
----------
Fader & Hardie (2007), How to project customer retention, Journal of Interactive Marketing 21.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from journeysim.units import FloatArray

ALIKE_FROM = 1000.0
"""``alpha + beta`` from which on customers differ by less than two points of probability."""


@dataclass(frozen=True)
class BetaGeometric:
    """Leaving probabilities that differ between customers as a beta distribution.

    Attributes
    ----------
    alpha, beta : parameters of the beta distribution, > 0; its mean ``alpha / (alpha + beta)`` is the share
        who leave in the first year. Both small: customers differ much.
    """

    alpha: float
    beta: float

    def __post_init__(self) -> None:
        if not (0 < self.alpha < np.inf and 0 < self.beta < np.inf):
            raise ValueError(f"alpha and beta must lie above 0, not {self.alpha} and {self.beta}")

    def retention(self, years: int) -> FloatArray:
        """Share of those still there who stay through each year, shape (years,), 0..1."""
        year = np.arange(1, years + 1)
        return (self.beta + year - 1) / (self.alpha + self.beta + year - 1)

    def survival(self, years: int) -> FloatArray:
        """Share of all who are still there after 0, 1, … years, shape (years + 1,), 1 at first."""
        return np.concatenate([[1.0], np.cumprod(self.retention(years))])


def fit_retention(customers: ArrayLike) -> BetaGeometric:
    """Maximum likelihood fit to a cohort's numbers of customers.

    Parameters
    ----------
    customers : shape (years + 1,), customers at the start and after each year, falling or level; shares or
        percentages give the same fit. At least two years, and somebody has left in them and somebody stayed.

    Raises
    ------
    ValueError
        They are too few, rise, or have no fit: customers who do not differ have the plain geometric model as
        limit, of infinite parameters.

    References
    ----------
    Fader & Hardie (2007).
    """
    from scipy import optimize

    left = np.asarray(customers, dtype=np.float64)
    if left.ndim != 1 or left.size < 3 or not np.all(np.isfinite(left)) or left.min() < 0:
        raise ValueError("numbers of customers at the start and after at least two years are required")
    lost = -np.diff(left)
    if lost.min() < 0:
        raise ValueError("a cohort's number of customers never rises")
    if lost.sum() == 0 or left[-1] == 0:
        raise ValueError("some customers must have left, and some must be left")
    years = left.size - 1

    def misfit(log_parameters: FloatArray) -> float:
        alpha, beta = np.exp(log_parameters)
        survival = BetaGeometric(float(alpha), float(beta)).survival(years)
        gone = -np.diff(survival)
        return -float(lost @ np.log(gone) + left[-1] * np.log(survival[-1])) / float(left[0])

    found = optimize.minimize(
        misfit, np.zeros(2), method="L-BFGS-B", bounds=[(-10, 10)] * 2, options={"ftol": 1e-15, "gtol": 1e-10}
    )
    if np.exp(found.x).sum() > ALIKE_FROM:
        raise ValueError("these customers hardly differ in how they leave: a constant retention fits them")
    alpha, beta = np.exp(found.x)
    return BetaGeometric(float(alpha), float(beta))
