"""Arrivals are a Poisson process of exactly the rates that the map gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from tests.branch_days import BUSY, batch_of, changed, journey_of

from journeysim.branch.arrivals import Arrivals
from journeysim.units import TICKS_PER_MINUTE

DAYS = 4000
SLOT_MIN = 7.5

# Half-hour openings, changes inside an hour, a rate in no whole layers, a stretch without anybody.
HALF_HOURS = changed(
    BUSY,
    {
        "hours": {"open": "08:30", "close": "12:30"},
        "arrivals": {
            "per_hour": {"08:30": 33, "09:15": 80.5, "10:00": 20, "10:45": 0, "11:00": 9},
            "scale": 1.0,
        },
        "staff.tellers.count": 2,
    },
)
PROFILES = {
    "half hours": (HALF_HOURS, {510: 33, 555: 80.5, 600: 20, 645: 0, 660: 9, 750: 0}),
    "scaled": (
        changed(HALF_HOURS, {"arrivals.scale": 1.7, "arrivals.day_of_week": {"mon": 0.5}}),
        {510: 28.05, 555: 68.425, 600: 17, 645: 0, 660: 7.65, 750: 0},
    ),
    "constant": (changed(BUSY, {"arrivals.per_hour": 40}), {540: 40, 720: 0}),
}


@pytest.fixture(scope="module", params=PROFILES)
def profile(request: pytest.FixtureRequest) -> tuple[Arrivals, dict[int, float]]:
    data, rates = PROFILES[request.param]
    every_day_monday = changed(data, {"hours": {"mon": data["hours"]}})
    return batch_of(journey_of(every_day_monday), DAYS, seed=11).arrivals, rates


def expected_by_slot(rates: dict[int, float]) -> tuple[np.ndarray, np.ndarray]:
    """Edges of slots in minutes and the arrivals to expect in each on one day."""
    times = list(rates)
    edges = np.arange(times[0], times[-1] + SLOT_MIN, SLOT_MIN)
    rate_of_slot = np.array(list(rates.values()))[np.searchsorted(times, edges[:-1], side="right") - 1]
    return edges, rate_of_slot * SLOT_MIN / 60


def test_each_stretch_of_the_day_has_its_cumulated_rate(profile: tuple[Arrivals, dict[int, float]]) -> None:
    arrivals, rates = profile
    edges, expected = expected_by_slot(rates)
    counts = np.histogram(arrivals.tick / TICKS_PER_MINUTE, edges)[0]
    assert counts.sum() == arrivals.tick.size
    assert counts[expected == 0].sum() == 0
    some = expected > 0
    z = (counts[some] - DAYS * expected[some]) / np.sqrt(DAYS * expected[some])
    assert stats.chi2.sf((z**2).sum(), some.sum()) > 0.001
    assert abs(z).max() < 4


def test_counts_of_a_day_vary_as_poisson(profile: tuple[Arrivals, dict[int, float]]) -> None:
    arrivals, rates = profile
    mean = expected_by_slot(rates)[1].sum()
    counts = np.bincount(arrivals.day, minlength=DAYS)
    assert abs(counts.mean() - mean) < 4 * np.sqrt(mean / DAYS)
    dispersion = ((counts - counts.mean()) ** 2).sum() / counts.mean()
    assert 0.001 < stats.chi2.sf(dispersion, DAYS - 1) < 0.999


def test_stretches_of_a_day_are_independent(profile: tuple[Arrivals, dict[int, float]]) -> None:
    """Within an hour, where layers share their number of points, as well as between hours and days."""
    arrivals, rates = profile
    edges, expected = expected_by_slot(rates)
    counts = np.histogram2d(arrivals.day, arrivals.tick / TICKS_PER_MINUTE, [np.arange(DAYS + 1), edges])[0][
        :, expected > 0
    ]
    correlation = np.corrcoef(counts, rowvar=False)[np.triu_indices(counts.shape[1], 1)]
    assert abs(correlation).max() < 5 / np.sqrt(DAYS)
    assert abs(np.corrcoef(counts[:-1].sum(axis=1), counts[1:].sum(axis=1))[0, 1]) < 4 / np.sqrt(DAYS)


def test_gaps_are_exponential_in_operational_time(profile: tuple[Arrivals, dict[int, float]]) -> None:
    arrivals, rates = profile
    edges, expected = expected_by_slot(rates)
    per_day = expected.sum()
    cumulated = np.concatenate([[0], np.cumsum(expected)])
    passed = arrivals.day * per_day + np.interp(arrivals.tick / TICKS_PER_MINUTE, edges, cumulated)
    assert stats.kstest(np.diff(passed), "expon").pvalue > 0.001


def test_segments_and_needs_have_their_shares(profile: tuple[Arrivals, dict[int, float]]) -> None:
    arrivals, _ = profile
    table = np.bincount(arrivals.segment * 2 + arrivals.need, minlength=4)
    shares: Any = np.array([0.8 * 0.7, 0.8 * 0.3, 0.2 * 0.4, 0.2 * 0.6])
    assert stats.chisquare(table, shares * table.sum()).pvalue > 0.001
