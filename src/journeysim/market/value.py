"""What customers are worth: margins to come, each as likely as the customer still is one, at interest.

Arrays broadcast: one number stands for all customers. Money is in the map's currency.

References
----------
Gupta & Lehmann (2003), Customers as assets: the margin multiple. Rust, Lemon & Zeithaml (2004): customer
equity.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from journeysim.units import FloatArray


def margin_multiple(retention_per_year: ArrayLike, discount_per_year: ArrayLike) -> FloatArray:
    """Years' margins that a customer is worth who stays with the same probability every year.

    Parameters
    ----------
    retention_per_year : share who stay through a year, 0..1.
    discount_per_year : interest a year, >= 0, such as 0.1; above 0 where retention is 1.

    Returns
    -------
    ``r / (1 + i - r)``: margins come at the end of each year, from those who stayed through it.
    """
    retention, discount = np.asarray(retention_per_year), np.asarray(discount_per_year)
    if not (np.all(retention >= 0) and np.all(retention <= 1)):
        raise ValueError("retention must lie between 0 and 1")
    if not np.all(discount >= 0):
        raise ValueError("interest must not lie below 0")
    below = 1 + discount - retention
    if not np.all(below > 0):
        raise ValueError("customers who never leave, without interest, are worth no finite sum")
    return np.asarray(retention / below, dtype=np.float64)


def lifetime_value(
    margin_per_year: ArrayLike, retention_per_year: ArrayLike, discount_per_year: ArrayLike
) -> FloatArray:
    """What each customer is worth, acquired already: the margin times its multiple; see `margin_multiple`.

    Parameters
    ----------
    margin_per_year : money a year.

    Returns
    -------
    money, of the shape that the arguments broadcast to.
    """
    return np.asarray(margin_per_year) * margin_multiple(retention_per_year, discount_per_year)


def lifetime_value_of_curve(
    margin_per_year: ArrayLike,
    survival: ArrayLike,
    discount_per_year: float,
    acquisition_cost: ArrayLike = 0.0,
) -> FloatArray:
    """What a new customer is worth whose retention changes with tenure, over the years of a survival curve.

    Parameters
    ----------
    margin_per_year : money a year, shape (..., years) or one number.
    survival : shape (..., years), share still there at the end of years 1, 2, …; 0..1.
    discount_per_year : interest a year, >= 0.
    acquisition_cost : money, paid at once.

    Returns
    -------
    money, shape (...): the sum of ``margin * survival / (1 + discount)**year``, less the cost of acquisition.
    """
    survival = np.asarray(survival, dtype=np.float64)
    if not discount_per_year >= 0:
        raise ValueError("interest must not lie below 0")
    today = np.multiply.accumulate(np.full(survival.shape[-1], 1 / (1 + discount_per_year)))
    return np.asarray((np.asarray(margin_per_year) * survival * today).sum(axis=-1) - acquisition_cost)


def customer_equity(
    margin_per_year: ArrayLike, retention_per_year: ArrayLike, discount_per_year: ArrayLike
) -> float:
    """What all customers together are worth, money: the sum of their lifetime values."""
    return float(lifetime_value(margin_per_year, retention_per_year, discount_per_year).sum())
