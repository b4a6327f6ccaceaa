"""Days of one branch under different maps are summed by the names of touchpoints and staff."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from tests.branch_days import changed, journey_of
from tests.market_by_hand import SMALL

from journeysim.branch import open_days
from journeysim.branch.luck import Luck
from journeysim.branch.metrics import metrics_of
from journeysim.branch.simulate import simulate_replication, simulated_days
from journeysim.branch.totals import Totals
from journeysim.experience import compile_experience, score_metrics
from journeysim.experience.scoring import score_visits
from journeysim.experience.totals import ScoreTotals, sum_scores
from journeysim.market.presets import default_behaviour

DEARER = changed(
    SMALL,
    {
        "touchpoints": {
            "desk": {"stage": "Advise", "queue": "desk_line", "service": {"constant": "2 min"}},
            "counter": changed(SMALL, {})["touchpoints"]["counter"]
            | {"next": [{"to": "desk", "probability": 0.5}, {"to": "leave"}]},
        },
        "staff": {
            "advisers": {"count": 1, "serves": ["desk_line"], "cost_per_hour": 100},
            "tellers": {"count": 3, "serves": ["line"], "cost_per_hour": 90, "attentive": 0.7},
        },
        "queues": {"line": {}, "desk_line": {}},
    },
)
"""Another branch altogether: a desk in place of the machine, tellers who cost more."""
DAYS = open_days(journey_of(SMALL), date(2027, 1, 4), 8, [])


def totals_of(plan: dict[str, Any]) -> Totals:
    return simulate_replication(journey_of(plan), DAYS, seed=1, replication=0, target_wait_min=10.0).totals


def scores_of(plan: dict[str, Any]) -> ScoreTotals:
    journey, luck, rules = journey_of(plan), Luck(1, 0), default_behaviour()
    parts = []
    for batch in simulated_days(journey, DAYS, luck):
        compiled = compile_experience(journey, batch.plan, rules)
        scores = score_visits(batch.plan, compiled, batch.arrivals, batch.acceptable_wait, batch.steps, luck)
        parts.append(sum_scores(batch.plan, batch.arrivals, batch.steps, scores))
    return sum(parts[1:], start=parts[0])


def by_name(totals: Totals) -> dict[tuple[str, str, str], float]:
    return {(one.scope, one.name, one.metric): one.value for one in metrics_of(totals)}


def test_sums_of_two_maps_are_by_name() -> None:
    one, other = totals_of(SMALL), totals_of(DEARER)
    both = one + other
    assert both.touchpoints == ("counter", "machine", "desk")
    assert both.groups == ("tellers", "machines", "advisers")
    assert both.people == (True, False, True)
    first, second, together = by_name(one), by_name(other), by_name(both)
    for name, parts in {"counter": (first, second), "machine": (first,), "desk": (second,)}.items():
        key = ("touchpoint", name, "visits_per_day")
        assert together[key] == pytest.approx(sum(part[key] for part in parts) / 2)
    for metric in ("staff_cost_per_day", "visits_per_day", "overtime_min_per_day"):
        key = ("all", "", metric)
        assert together[key] == pytest.approx((first[key] + second[key]) / 2)
    longest = max(first["all", "", "queue_length_max"], second["all", "", "queue_length_max"])
    assert together["all", "", "queue_length_max"] == longest
    assert_array_equal(both.sums[:3], one.sums[:3] + other.sums[:3])


def test_the_order_of_the_maps_changes_nothing_but_the_order_of_the_names() -> None:
    one, other = totals_of(SMALL), totals_of(DEARER)
    first, second = by_name(one + other), by_name(other + one)
    assert first.keys() == second.keys()
    for key, value in first.items():
        assert second[key] == pytest.approx(value, rel=1e-12, nan_ok=True), key


def test_sums_of_one_map_are_plain_sums() -> None:
    one = totals_of(SMALL)
    both = one + one
    assert_array_equal(both.sums, 2 * one.sums)
    assert_array_equal(both.staff, 2 * one.staff)
    assert both.cost_per_hour == one.cost_per_hour
    free = replace(one, cost_per_hour=(0.0, 0.0))
    assert (one + free).cost_per_hour[0] == pytest.approx(one.cost_per_hour[0] / 2)


def test_scores_of_two_maps_are_by_name() -> None:
    one, other = scores_of(SMALL), scores_of(DEARER)
    both = one + other
    assert both.touchpoints == ("counter", "machine", "desk")
    assert_array_equal(both.sums[0], one.sums[0] + other.sums[0])
    assert_array_equal(both.sums[3], one.sums[3] + other.sums[4])
    assert_array_equal(both.sums[4], one.sums[4])
    assert_array_equal(both.sums[5], other.sums[3])
    values = {(one.scope, one.name, one.metric): one.value for one in score_metrics(both)}
    assert np.isfinite(values["touchpoint", "desk", "score_mean"])
