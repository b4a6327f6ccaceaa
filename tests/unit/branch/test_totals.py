"""Day sums and metrics of days small enough to work out by hand."""

from __future__ import annotations

from dataclasses import fields, replace
from math import isnan
from typing import Any

import numpy as np
import pytest
from tests.branch_days import BUSY, batch_of, changed, journey_of, one_queue, with_log

from journeysim.branch import simulate_replication
from journeysim.branch.metrics import metrics_of, wait_quantile_min
from journeysim.branch.totals import BIN_TICKS, BINS, GroupSum, Sum, Totals, sum_days
from journeysim.units import TICKS_PER_MINUTE, to_ticks

ALL, SEGMENT, COUNTER = 0, 1, 2


def minutes_of(
    data: dict[str, Any], *came: float, target_min: float = 5
) -> tuple[Totals, dict[tuple[str, str], float]]:
    """Totals of a Monday with arrivals at the given minutes after nine, and metrics by (name, metric)."""
    journey = with_log(journey_of(data), [(540 + minute, "all", "any") for minute in came])
    batch = batch_of(journey)
    totals = sum_days(batch.plan, batch.arrivals, batch.steps(), 1, to_ticks(target_min))
    return totals, {(metric.name, metric.metric): metric.value for metric in metrics_of(totals)}


def five_minutes(**changes: Any) -> dict[str, Any]:
    return one_queue(
        **{"staff__tellers__count": 1, "touchpoints__counter__service": {"constant": "5 min"}} | changes
    )


def test_waits_of_a_morning() -> None:
    """Three come at once to one teller: waits of 0, 5 and 10 minutes."""
    totals, metrics = minutes_of(five_minutes(), 0, 0, 0)
    for name in ("", "all", "counter"):
        assert metrics[name, "visits_per_day"] == 3
        assert metrics[name, "served_fraction"] == 1
        assert metrics[name, "wait_mean_min"] == 5
        assert metrics[name, "wait_served_mean_min"] == 5
        # Within the target counts its last moment.
        assert metrics[name, "wait_within_target_fraction"] == pytest.approx(2 / 3)
        assert metrics[name, "waited_fraction"] == pytest.approx(2 / 3)
        assert metrics[name, "service_mean_min"] == 5
        assert metrics[name, "queue_length_mean"] == 15 / 120
        assert metrics[name, "queue_length_max"] == 2
        assert metrics[name, "wait_p90_min"] == pytest.approx(10, abs=0.05)
    assert metrics["", "time_in_branch_mean_min"] == 10
    assert ("counter", "time_in_branch_mean_min") not in metrics
    assert metrics["tellers", "utilisation"] == 15 / 120
    assert totals.longest_wait.tolist() == [to_ticks(10)] * 3


def test_who_turns_away_has_not_joined_and_who_gives_up_has_waited() -> None:
    data = five_minutes(
        queues__line={"capacity": 1, "patience": {"constant": "2 min"}},
    )
    # Served at 0; waits from 1 and gives up at 3; finds no room at 2.
    _, metrics = minutes_of(data, 0, 1, 2)
    for name in ("", "counter"):
        assert metrics[name, "served_fraction"] == pytest.approx(1 / 3)
        assert metrics[name, "reneged_fraction"] == pytest.approx(1 / 3)
        assert metrics[name, "rejected_fraction"] == pytest.approx(1 / 3)
        assert metrics[name, "wait_mean_min"] == 1
        assert metrics[name, "wait_served_mean_min"] == 0
        assert metrics[name, "waited_fraction"] == 0.5
        assert metrics[name, "wait_within_target_fraction"] == pytest.approx(1 / 3)
        assert metrics[name, "service_mean_min"] == 5
        assert metrics[name, "queue_length_max"] == 1
    assert metrics["", "time_in_branch_mean_min"] == pytest.approx((5 + 2 + 0) / 3)


def test_waits_of_a_visit_are_summed_over_its_queues() -> None:
    data = five_minutes(
        staff__clerks={"count": 1, "serves": ["desk_line"]},
        queues={"line": {}, "desk_line": {}},
        touchpoints__counter__next=[{"to": "desk"}],
        touchpoints__desk={"stage": "T", "queue": "desk_line", "service": {"constant": "7 min"}},
    )
    _, metrics = minutes_of(data, 0, 0, target_min=6)
    # The second waits 5 minutes at the counter and 2 at the desk.
    assert metrics["", "wait_mean_min"] == 3.5
    assert (metrics["counter", "wait_mean_min"], metrics["desk", "wait_mean_min"]) == (2.5, 1)
    assert metrics["", "wait_within_target_fraction"] == 0.5
    assert metrics["counter", "wait_within_target_fraction"] == 1
    assert metrics["", "service_mean_min"] == 12
    assert metrics["", "time_in_branch_mean_min"] == 15.5
    assert metrics["", "visits_per_day"] == metrics["desk", "visits_per_day"] == 2


def test_nothing_observed_is_not_a_number() -> None:
    totals, metrics = minutes_of(five_minutes())
    told = {name for (_, name), value in metrics.items() if not isnan(value)}
    assert told == {"visits_per_day", "utilisation", "overtime_min_per_day", "staff_cost_per_day"}
    assert metrics["", "visits_per_day"] == 0
    assert isnan(wait_quantile_min(totals, ALL, 0.9))


def test_a_place_without_a_queue_has_no_queue_length() -> None:
    data = five_minutes(touchpoints__counter={"stage": "T", "service": {"constant": "5 min"}})
    _, metrics = minutes_of(data, 0)
    for metric in (
        "wait_mean_min",
        "waited_fraction",
        "queue_length_mean",
        "queue_length_max",
        "wait_p90_min",
    ):
        assert isnan(metrics["", metric])
        assert isnan(metrics["counter", metric])
    assert metrics["", "served_fraction"] == 1


def test_an_empty_line_that_was_seen_has_length_0() -> None:
    _, metrics = minutes_of(five_minutes(), 0)
    assert metrics["", "queue_length_max"] == metrics["", "queue_length_mean"] == 0
    assert metrics["", "wait_p90_min"] == 0


def test_queue_length_counts_opening_hours_only() -> None:
    # Closing at 11:00: one waits from 10:58 to 11:03, of which two minutes while open.
    _, metrics = minutes_of(five_minutes(), 118, 118)
    assert metrics["", "wait_mean_min"] == 2.5
    assert metrics["", "queue_length_mean"] == 2 / 120


class TestStaff:
    """Rule 4's utilisation and overtime."""

    def test_work_after_closing_is_overtime(self) -> None:
        totals, metrics = minutes_of(five_minutes(staff__tellers__cost_per_hour=60), 118, 118)
        assert totals.staff[0].tolist() == [to_ticks(120), to_ticks(2), to_ticks(8)]
        assert metrics["tellers", "utilisation"] == 2 / 120
        assert metrics["tellers", "overtime_min_per_day"] == metrics["", "overtime_min_per_day"] == 8
        assert metrics["tellers", "staff_cost_per_day"] == metrics["", "staff_cost_per_day"] == 128

    def test_who_is_busy_beyond_the_roster_works_overtime(self) -> None:
        data = five_minutes(staff__tellers__count={"09:00": 3, "09:02": 1, "09:04": 2})
        totals, metrics = minutes_of(data, 0, 0, 0)
        # Two beyond from 2 to 4, one from 4 to 5.
        assert totals.staff[0, GroupSum.OVERTIME_TICKS] == to_ticks(2 * 2 + 1)
        assert totals.staff[0, GroupSum.BUSY_TICKS] == to_ticks(15 - 5)
        assert totals.staff[0, GroupSum.ROSTERED_TICKS] == to_ticks(3 * 2 + 1 * 2 + 2 * 116)
        assert metrics["tellers", "utilisation"] == pytest.approx(10 / 240)

    def test_overtime_is_counted_day_by_day(self) -> None:
        data = five_minutes(
            staff__tellers__count={"09:00": 3, "09:02": 1}, arrivals__per_hour={"09:00": 900, "09:01": 0}
        )
        journey = journey_of(data)
        many = batch_of(journey, 7)
        together = sum_days(many.plan, many.arrivals, many.steps(), 7, 0)
        apart = [
            sum_days(day.plan, day.arrivals, day.steps(), 1, 0)
            for day in (one_day(many, number) for number in range(7))
        ]
        assert together.staff.tolist() == sum(day.staff for day in apart).tolist()
        assert together.staff[0, GroupSum.OVERTIME_TICKS] > 0

    def test_people_and_machines_are_told_apart(self) -> None:
        data = five_minutes(
            staff={
                "tellers": {"count": 1, "serves": ["line"], "cost_per_hour": 30},
                "machines": {"count": 3, "serves": ["second"], "kind": "machine", "cost_per_hour": 6},
            },
            queues={"line": {}, "second": {}},
            touchpoints__counter__next=[{"to": "machine"}],
            touchpoints__machine={"stage": "T", "queue": "second", "service": {"constant": "9 min"}},
        )
        _, metrics = minutes_of(data, 0, 112)
        assert metrics["", "utilisation"] == metrics["tellers", "utilisation"] == 10 / 120
        assert metrics["machines", "utilisation"] == pytest.approx((9 + 3) / 360)
        assert metrics["machines", "overtime_min_per_day"] == 6
        assert metrics["", "overtime_min_per_day"] == 0
        assert metrics["", "staff_cost_per_day"] == pytest.approx(60 + 36 + 0.6)

    def test_where_there_are_only_machines_they_count(self) -> None:
        _, metrics = minutes_of(five_minutes(staff__tellers__kind="machine"), 0)
        assert metrics["", "utilisation"] == 5 / 120

    def test_nobody_rostered_has_no_utilisation(self) -> None:
        _, metrics = minutes_of(five_minutes(staff__tellers__count=0), 0)
        assert isnan(metrics["tellers", "utilisation"])
        assert metrics["", "closed_fraction"] == 1


def one_day(batch: Any, number: int) -> Any:
    first, last = batch.bounds[number]
    kept = replace(batch.arrivals[first:last], day=np.zeros(last - first, dtype=np.int64))
    return type(batch)(batch.plan, [batch.days[number]], kept, batch.luck)


class TestQuantiles:
    """The histogram of waits."""

    def test_a_wait_lies_in_the_bin_whose_upper_end_it_does_not_pass(self) -> None:
        for ticks, place in ((50 * BIN_TICKS - 1, 49), (50 * BIN_TICKS, 49), (50 * BIN_TICKS + 1, 50)):
            totals, _ = minutes_of(five_minutes(), 0, 5 - ticks / TICKS_PER_MINUTE)
            assert totals.longest_wait.tolist() == [ticks] * 3
            assert np.flatnonzero(totals.histogram[ALL]).tolist() == [place]
            assert totals.histogram.shape == (3, BINS + 1)
            assert totals.histogram.sum() == 3

    def test_waits_beyond_the_last_bin_reach_up_to_the_longest(self) -> None:
        data = five_minutes(
            hours={"open": "09:00", "close": "18:00"}, touchpoints__counter__service={"constant": "500 min"}
        )
        # Waits of 0, 500 and 999 minutes; the ninth tenth lies 1.7 customers into the two that waited.
        totals, metrics = minutes_of(data, 0, 0, 1)
        assert totals.histogram[ALL, BINS] == 2
        assert metrics["", "wait_p90_min"] == pytest.approx(240 + (999 - 240) * 0.85)
        assert wait_quantile_min(totals, ALL, 1.0) == 999

    def test_levels_run_from_no_wait_to_the_longest(self) -> None:
        totals, _ = minutes_of(five_minutes(), 0, 0, 0, 0)
        assert wait_quantile_min(totals, ALL, 0.25) == 0
        for level, minute in ((0.26, 5), (0.5, 5), (0.51, 10), (0.75, 10), (0.76, 15), (1.0, 15)):
            assert wait_quantile_min(totals, COUNTER, level) == pytest.approx(minute, abs=0.0501)


def test_sums_add_up_over_days_in_any_order() -> None:
    batch = batch_of(journey_of(BUSY), 6)
    target = to_ticks(5)
    together = sum_days(batch.plan, batch.arrivals, batch.steps(), 6, target)
    days = [one_day(batch, number) for number in (3, 0, 5, 1, 4, 2)]
    apart = [sum_days(day.plan, day.arrivals, day.steps(), 1, target) for day in days]
    added = apart[0]
    for totals in apart[1:]:
        added = added + totals
    for f in fields(Totals):
        assert np.array_equal(getattr(added, f.name), getattr(together, f.name)), f.name


def test_segments_add_up_to_all() -> None:
    batch = batch_of(journey_of(BUSY), 5)
    totals = sum_days(batch.plan, batch.arrivals, batch.steps(), 5, to_ticks(5))
    assert totals.sums[0].tolist() == totals.sums[1:3].sum(axis=0).tolist()
    assert totals.histogram[0].tolist() == totals.histogram[1:3].sum(axis=0).tolist()
    # What queues and services took is the same counted by visit or by step.
    for column in (Sum.WAIT_TICKS, Sum.SERVICE_TICKS, Sum.QUEUE_TICKS, Sum.PRESENT_TICKS):
        assert totals.sums[0, column] == totals.sums[3:, column].sum()


def test_metrics_come_by_scope_in_map_order_and_each_once() -> None:
    journey = journey_of(BUSY)
    batch = batch_of(journey, 2)
    result = simulate_replication(journey, batch.days, seed=1, replication=0, target_wait_min=5)
    keys = [(metric.scope, metric.name, metric.metric) for metric in result.metrics]
    assert len(set(keys)) == len(keys)
    names = list(dict.fromkeys((scope, name) for scope, name, _ in keys))
    assert names == [
        ("all", ""),
        *(("segment", name) for name in BUSY["segments"]),
        *(("touchpoint", name) for name in BUSY["touchpoints"]),
        *(("staff", name) for name in BUSY["staff"]),
    ]


def test_a_map_without_staff_has_no_staff_metrics() -> None:
    data = changed(
        one_queue(),
        {"staff": {}, "queues": {}, "touchpoints.counter": {"stage": "T", "service": {"constant": "5 min"}}},
    )
    totals, metrics = minutes_of(data, 0)
    assert totals.staff.shape == (0, len(GroupSum))
    assert isnan(metrics["", "utilisation"])
    assert metrics["", "staff_cost_per_day"] == 0
