"""Cases: no contact is lost or made up, and they come as often and as late as chance would have it."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from scipy import stats
from tests.branch_days import EVERYTHING, MONDAY, batch_of_days, changed, journey_of
from tests.strategies import FILES, journey_maps

from journeysim.branch import open_days, simulate_replication, visits_from_steps
from journeysim.branch.steps import OUTCOMES
from journeysim.branch.totals import Sum, Totals
from journeysim.errors import InputError
from journeysim.journey import Journey

LATER_DAYS = 40
"""Long enough for nearly every contact that random maps put off; those that take longer stay open."""


def simulated(journey: Journey, days: int, seed: int = 1) -> tuple[Totals, pl.DataFrame]:
    found = open_days(journey, MONDAY, days)
    result = simulate_replication(
        journey, found, seed=seed, replication=0, target_wait_min=5, keep_steps=True
    )
    assert result.steps is not None
    return result.totals, result.steps


def assert_no_contact_is_lost(journey: Journey, days: int) -> tuple[int, int]:
    """Visits are first contacts and later ones; each case is closed or open. Returns (later, open)."""
    totals, steps = simulated(journey, days)
    _, longer = simulated(journey, days + LATER_DAYS)
    assert steps.equals(longer.filter(pl.col("day").is_in(steps["day"].unique().to_list())))
    visits = visits_from_steps(steps)
    is_first = pl.col("case_id") == pl.col("visit_id")
    first, later = visits.filter(is_first), visits.filter(~is_first)

    came = [batch_of_days(journey, [day]).arrivals.visit_id for day in open_days(journey, MONDAY, days)]
    assert first["visit_id"].to_list() == np.concatenate(came).tolist()
    assert visits["visit_id"].n_unique() == visits.height
    for keys in (["day"], ["segment"], ["need"], ["outcome"], ["segment", "need", "day"]):
        both = pl.concat([first, later]).group_by(keys).len().sort(keys)
        assert both.equals(visits.group_by(keys).len().sort(keys))
    assert totals.sums[0, Sum.COUNT] == visits.height == totals.sums[0, : len(OUTCOMES)].sum()

    whose = ["case_id", "segment", "need"]
    assert later.join(first.select(whose), on=whose, how="semi").height == later.height
    by_case = visits.group_by("case_id").agg(pl.first("segment"), contacts=pl.len(), days=pl.col("day"))
    assert all(list(days) == sorted(set(days)) for days in by_case["days"])

    beyond = visits_from_steps(longer).filter(pl.col("day") > steps["day"].max())  # type: ignore[operator]
    is_open = by_case["case_id"].is_in(beyond["case_id"].to_list())
    closed = by_case.filter(~is_open)
    assert totals.sums[0, Sum.CASES] == closed.height
    assert totals.sums[0, Sum.CONTACTS] == closed["contacts"].sum()
    took = closed["days"].list.max() - closed["days"].list.min()
    assert totals.sums[0, Sum.CASE_DAYS] == took.sum()
    for number, name in enumerate(totals.segments):
        mine = closed.filter(pl.col("segment") == name)
        assert totals.sums[1 + number, Sum.CASES] == mine.height
        assert totals.sums[1 + number, Sum.CONTACTS] == mine["contacts"].sum()
    return later.height, int(is_open.sum())


def test_no_contact_is_lost_on_days_with_everything() -> None:
    later, still_open = assert_no_contact_is_lost(journey_of(EVERYTHING), 8)
    assert later > 20
    assert still_open > 5


@settings(max_examples=15)
@given(journey_maps(per_hour=20, files=True))
def test_no_contact_is_lost(data: dict[str, Any]) -> None:
    try:
        journey = journey_of(data, FILES)
    except InputError:
        return
    if open_days(journey, MONDAY, 5):
        steps = simulated(journey, 5)[1]
        if steps.height:
            assert_no_contact_is_lost(journey, 5)


RETURNS = {
    "journey": "Returns",
    "hours": {"open": "09:00", "close": "10:00"},
    "segments": {"all": {"share": 1}},
    "needs": {"any": {"share": 1, "start": "call"}},
    "arrivals": {"per_hour": 60},
    "touchpoints": {
        "call": {
            "stage": "T",
            "service": {"constant": "1 min"},
            "next": [{"to": "call", "after": "1 day", "probability": 0.3}, {"to": "leave"}],
        }
    },
}


@pytest.mark.parametrize(("probability", "delay"), [(0.3, 1), (0.6, 2)])
def test_contacts_of_a_case_are_geometric(probability: float, delay: int) -> None:
    """Each contact leads to another with the same chance: 1/(1-p) contacts a case, with variance p/(1-p)^2.

    Cases that are still open are left out, fewer than one in a hundred over this many days.
    """
    again = {"to": "call", "after": f"{delay} days", "probability": probability}
    journey = journey_of(changed(RETURNS, {"touchpoints.call.next": [again, {"to": "leave"}]}))
    totals, steps = simulated(journey, 500)
    cases, contacts, days = totals.sums[0, [Sum.CASES, Sum.CONTACTS, Sum.CASE_DAYS]].tolist()
    error = np.sqrt(probability / (1 - probability) ** 2 / cases)
    assert abs(contacts / cases - 1 / (1 - probability)) < 3.5 * error
    # Open every day, so that each contact comes exactly the delay after the one before.
    assert days == delay * (contacts - cases)
    still_open = steps["case_id"].n_unique() - cases
    assert 0 < still_open < 0.01 * cases
    taken = np.bincount(steps.group_by("case_id").len()["len"].to_numpy())[1:]
    k = np.arange(1, taken.size + 1)
    expected = taken.sum() * (1 - probability) * probability ** (k - 1)
    usual = expected >= 10
    observed = np.append(taken[usual], taken[~usual].sum())
    mass = np.append(expected[usual], taken.sum() - expected[usual].sum())
    assert stats.chisquare(observed, mass).pvalue > 0.001
