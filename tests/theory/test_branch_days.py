"""Days that differ, and machines that break down, against what probability says of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats
from tests.branch_days import Batch, batch_of, changed, journey_of, one_queue

from journeysim.units import TICKS_PER_MINUTE

DAYS = 4000
MEAN = 60
"""Arrivals expected in two hours at 30 an hour."""


def counts(cv: float, **changes: Any) -> tuple[np.ndarray, Batch]:
    """Arrivals of each day."""
    data = one_queue(arrivals={"per_hour": 30, "day_cv": cv}, **changes)
    batch = batch_of(journey_of(data), DAYS, seed=3)
    return np.bincount(batch.arrivals.day, minlength=DAYS), batch


def standard_error_of_variance(sample: np.ndarray) -> float:
    deviations = sample - sample.mean()
    return float(np.sqrt(((deviations**4).mean() - sample.var() ** 2) / sample.size))


@pytest.mark.parametrize("cv", [0.15, 0.5, 1.2])
def test_days_differ_by_more_than_chance_and_their_mean_stays(cv: float) -> None:
    """Given the day's factor its count is Poisson: variance = mean + (cv mean)^2."""
    found, _ = counts(cv)
    variance = MEAN + (cv * MEAN) ** 2
    assert abs(found.mean() - MEAN) < 3.5 * np.sqrt(variance / DAYS)
    assert abs(found.var() - variance) < 3.5 * standard_error_of_variance(found)
    # Chance alone would make a variance of the mean.
    assert found.var() > MEAN + 5 * np.sqrt(2 / DAYS) * MEAN


@pytest.mark.parametrize("cv", [0.15, 1.2])
def test_counts_of_days_are_negative_binomial(cv: float) -> None:
    """A gamma factor on the rate makes them so (Jongbloed & Koole 2001)."""
    found, _ = counts(cv)
    shape = cv**-2
    law = stats.nbinom(shape, shape / (shape + MEAN))
    edges = np.unique(law.ppf(np.linspace(0.05, 0.95, 19)))
    places = np.searchsorted(edges, found)
    expected = np.diff([0.0, *law.cdf(edges), 1.0]) * DAYS
    assert stats.chisquare(np.bincount(places, minlength=edges.size + 1), expected).pvalue > 0.001


def test_a_day_differs_as_a_whole() -> None:
    """Its hours and segments share the factor: covariance = cv^2 times both means."""
    cv = 0.5
    segments = {"a": {"share": 0.7}, "b": {"share": 0.3}}
    _, batch = counts(cv, segments=segments)
    late = batch.arrivals.tick >= 600 * TICKS_PER_MINUTE
    cells = batch.arrivals.segment * 2 + late
    table = np.bincount(batch.arrivals.day * 4 + cells, minlength=4 * DAYS).reshape(DAYS, 4)
    means = np.array([21, 21, 9, 9])
    for one, other in [(0, 1), (0, 2), (1, 2), (0, 3)]:
        products = (table[:, one] - means[one]) * (table[:, other] - means[other])
        expected = cv**2 * means[one] * means[other]
        assert abs(products.mean() - expected) < 3.5 * products.std() / np.sqrt(DAYS)
    days = table.sum(axis=1)
    assert abs(np.corrcoef(days[1:], days[:-1])[0, 1]) < 4 / np.sqrt(DAYS)


def test_days_of_more_demand_are_the_same_days() -> None:
    """The factor is the day's, whatever the rates: whoever came still comes, and the spread is the same."""
    fewer, few = counts(0.8)
    many = batch_of(
        journey_of(one_queue(arrivals={"per_hour": 30, "day_cv": 0.8, "scale": 1.5})), DAYS, seed=3
    )
    assert set(few.arrivals.visit_id.tolist()) < set(many.arrivals.visit_id.tolist())
    more = np.bincount(many.arrivals.day, minlength=DAYS)
    assert np.corrcoef(fewer, more)[0, 1] > 0.95
    assert abs(more.mean() - 1.5 * MEAN) < 3.5 * np.sqrt((1.5 * MEAN + (0.8 * 1.5 * MEAN) ** 2) / DAYS)


def test_without_differences_days_are_as_they_were() -> None:
    plain = batch_of(journey_of(one_queue(arrivals__per_hour=30)), DAYS, seed=3).arrivals
    _, batch = counts(0)
    assert np.array_equal(plain.tick, batch.arrivals.tick)
    assert np.array_equal(plain.visit_id, batch.arrivals.visit_id)


UPTIME, REPAIR = 40.0, 15.0
MACHINES = 4


@pytest.fixture(scope="module")
def broken() -> tuple[np.ndarray, np.ndarray]:
    """Minutes after opening, every half minute, and machines up at each, of 1500 days of two hours."""
    data = changed(
        one_queue(),
        {
            "arrivals.per_hour": 0.01,
            "staff.tellers": {
                "count": MACHINES,
                "serves": ["line"],
                "kind": "machine",
                "breakdown": {
                    "uptime": {"exponential": {"mean": f"{UPTIME} min"}},
                    "repair": {"exponential": {"mean": f"{REPAIR} min"}},
                },
            },
        },
    )
    batch = batch_of(journey_of(data), 1500, seed=9)
    minutes = np.arange(0, 120, 0.5) + 1 / 7
    ticks = batch.plan.day.opens + (minutes * TICKS_PER_MINUTE).astype(np.int64)
    up = [
        np.array(day[0].counts)[np.searchsorted(day[0].ticks, ticks, side="right") - 1]
        for day in batch.capacity
    ]
    return minutes, np.array(up)


def chance_up(minutes: float | np.ndarray) -> Any:
    """P(up at t | up at 0) of the two-state Markov chain."""
    breaks, mends = 1 / UPTIME, 1 / REPAIR
    long_run = mends / (breaks + mends)
    return long_run + (1 - long_run) * np.exp(-(breaks + mends) * minutes)


def test_machines_are_up_as_often_as_a_two_state_chain(broken: tuple[np.ndarray, np.ndarray]) -> None:
    minutes, up = broken
    assert chance_up(1e9) == pytest.approx(UPTIME / (UPTIME + REPAIR))
    for at in (0, 5, 20, 60, 150, 239):
        share = up[:, at] / MACHINES
        error = np.sqrt(chance_up(minutes[at]) * (1 - chance_up(minutes[at])) / (MACHINES * share.size))
        assert abs(share.mean() - chance_up(minutes[at])) < 3.5 * error
    by_day = up.mean(axis=1) / MACHINES
    expected = integrate.quad(chance_up, 0, 120)[0] / 120
    assert abs(by_day.mean() - expected) < 3.5 * by_day.std() / np.sqrt(by_day.size)
    # Precise enough to tell a day that starts with all machines up from the long run.
    assert by_day.std() / np.sqrt(by_day.size) < 0.1 * (expected - UPTIME / (UPTIME + REPAIR))


def test_machines_break_down_each_by_itself(broken: tuple[np.ndarray, np.ndarray]) -> None:
    """How many are up is binomial at any moment."""
    minutes, up = broken
    for at in (40, 120, 239):
        law = stats.binom(MACHINES, chance_up(minutes[at]))
        found = np.bincount(up[:, at], minlength=MACHINES + 1)
        expected = law.pmf(np.arange(MACHINES + 1)) * up.shape[0]
        few = int(np.searchsorted(np.cumsum(expected), 10)) + 1
        observed = np.array([found[:few].sum(), *found[few:]])
        assert stats.chisquare(observed, [expected[:few].sum(), *expected[few:]]).pvalue > 0.001
