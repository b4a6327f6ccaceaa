"""Rule 9: machines that break down, and the capacity they leave of a roster."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from tests.branch_by_hand import counter, rows, times
from tests.branch_days import Batch, Engine, batch_of, changed, journey_of

from journeysim.branch.day_plan import Counts
from journeysim.branch.metrics import metrics_of
from journeysim.branch.totals import GroupSum, sum_days
from journeysim.units import to_ticks

EVERY_TWENTY = {"uptime": {"constant": "20 min"}, "repair": {"constant": "5 min"}}
AT_RANDOM = {
    "uptime": {"exponential": {"mean": "25 min"}},
    "repair": {"gamma": {"mean": "10 min", "cv": 0.6}},
}


def machines(count: Any, breakdown: dict[str, Any] = EVERY_TWENTY, **changes: Any) -> dict[str, Any]:
    """The counter, staffed by machines."""
    staff = {"count": count, "serves": ["line"], "kind": "machine", "breakdown": breakdown}
    return counter(**{"staff": {"machines": staff}} | changes)


def capacity(data: dict[str, Any], days: int = 1, group: int = 0) -> list[Counts]:
    return [day[group] for day in batch_of(journey_of(data), days).capacity]


def counts(*changes: tuple[float, int]) -> Counts:
    """Counts from minutes after opening."""
    return Counts(tuple(to_ticks(540 + minute) for minute, _ in changes), tuple(n for _, n in changes))


def at(of_day: Counts, ticks: np.ndarray) -> np.ndarray:
    """What the counts are at each tick."""
    return np.array(of_day.counts)[np.searchsorted(of_day.ticks, ticks, side="right") - 1]


def test_capacity_is_what_is_up() -> None:
    assert capacity(machines(2)) == [counts((0, 2), (20, 0), (25, 2), (45, 0), (50, 2))]


def test_capacity_is_what_is_rostered_and_up() -> None:
    roster = {"09:00": 2, "09:22": 1, "09:30": 2, "09:45": 0}
    assert capacity(machines(roster)) == [counts((0, 2), (20, 0), (25, 1), (30, 2), (45, 0))]
    # A machine runs, and breaks down, in opening time, whether it is on duty or not.
    assert capacity(machines({"09:30": 1})) == [counts((0, 0), (30, 1), (45, 0), (50, 1))]


def test_the_roster_itself_stays() -> None:
    batch = batch_of(journey_of(machines(2)))
    assert batch.plan.day.rosters == (counts((0, 2)),)


def test_a_group_without_breakdowns_has_its_roster() -> None:
    data = machines(2)
    data["staff"]["tellers"] = {"count": {"09:00": 1, "09:30": 2}, "serves": ["line"]}
    assert capacity(data, 2, group=1) == [counts((0, 1), (30, 2))] * 2
    assert capacity(machines(0), 2) == [counts((0, 0))] * 2


def test_service_in_hand_finishes_and_nobody_is_taken_before_the_repair(engine: Engine) -> None:
    found = rows(engine, machines(2), 18, 19, 19.5)
    assert times(found) == [(0, 18, 23, "served"), (1, 19, 24, "served"), (2, 25, 30, "served")]


def test_a_breakdown_goes_before_and_a_repair_serves_the_arrival_of_its_moment(engine: Engine) -> None:
    data = machines(1, queues__line__capacity=0)
    found = rows(engine, data, 20, 25)
    assert times(found) == [(0, None, 20, "rejected"), (1, 25, 30, "served")]


def test_an_expected_wait_counts_who_is_up(engine: Engine) -> None:
    data = machines(
        2,
        segments__a__acceptable_wait={"constant": "100 min"},
        queues__line__balk={"expected_wait": True},
    )
    assert [row.outcome for row in rows(engine, data, 21)] == ["balked"]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_all_are_up_at_opening_on_every_day(count: int) -> None:
    days = capacity(machines(count, AT_RANDOM), 60)
    assert [day.counts[0] for day in days] == [count] * 60
    # Days have luck of their own.
    assert len({day.ticks for day in days if len(day.ticks) > 1}) > 50
    assert max(tick for day in days for tick in day.ticks) < to_ticks(600)
    assert min(min(day.counts) for day in days) < count


def test_more_machines_leave_the_breakdowns_of_the_others() -> None:
    ticks = np.arange(to_ticks(540), to_ticks(600), to_ticks(0.25))
    by_count = [np.array([at(day, ticks) for day in capacity(machines(n, AT_RANDOM), 30)]) for n in range(5)]
    # Each machine is up or down, and the one that is added is no copy of another.
    added = np.array([more - fewer for fewer, more in pairwise(by_count)])
    assert set(added.ravel().tolist()) == {0, 1}
    assert len({machine.tobytes() for machine in added}) == 4


def test_a_shorter_roster_keeps_the_first_machines() -> None:
    ticks = np.arange(to_ticks(540), to_ticks(600), to_ticks(0.25))
    full, first = (capacity(machines(n, AT_RANDOM), 30) for n in (3, 1))
    falling = capacity(machines({"09:00": 3, "09:30": 1}, AT_RANDOM), 30)
    early = ticks < to_ticks(570)
    for all_three, alone, fallen in zip(full, first, falling, strict=True):
        expected = np.where(early, at(all_three, ticks), at(alone, ticks))
        assert np.array_equal(at(fallen, ticks), expected)


def luck_of(batch: Batch) -> list[list[int]]:
    draws = batch.draws(4)
    return [batch.arrivals.tick.tolist(), draws.steps[0][0].service.tolist()]


def test_breakdowns_move_nobody_and_are_moved_by_nobody() -> None:
    data = machines(2, AT_RANDOM, touchpoints__counter__service={"exponential": {"mean": "3 min"}})
    data = changed(data, {"arrivals.per_hour": 30})
    never = changed(data, {})
    del never["staff"]["machines"]["breakdown"]
    assert luck_of(batch_of(journey_of(data), 5)) == luck_of(batch_of(journey_of(never), 5))
    more = changed(data, {"arrivals.per_hour": 90, "staff.machines.serves": ["line"]})
    more["staff"] = {"tellers": {"count": 1, "serves": ["line"]}, **more["staff"]}
    assert capacity(more, 5, group=1) == capacity(data, 5)
    # Machines of another name are other machines.
    renamed = changed(data, {"staff": {"automats": data["staff"]["machines"]}})
    assert capacity(renamed, 5) != capacity(data, 5)


def test_days_keep_their_breakdowns_in_whatever_batch() -> None:
    journey = journey_of(machines(2, AT_RANDOM))
    assert [day[0] for day in batch_of(journey, 3).capacity] == [
        day[0] for day in batch_of(journey, 9).capacity
    ][:3]
    first, second = (batch_of(journey, 3, replication=replication).capacity for replication in (0, 1))
    assert first != second


def test_a_breakdown_is_neither_overtime_nor_less_to_pay() -> None:
    data = changed(machines(1), {"staff.machines.cost_per_hour": 60, "arrivals.per_hour": 30})
    batch = batch_of(journey_of(data), 20)
    totals = sum_days(batch.plan, batch.arrivals, batch.steps(), 20, 0)
    assert totals.staff[0, GroupSum.ROSTERED_TICKS] == 20 * to_ticks(60)
    steps = batch.steps()
    assert ((steps.started < to_ticks(560)) & (to_ticks(560) < steps.ended)).any()
    after_closing = (steps.ended - np.clip(steps.started, to_ticks(600), steps.ended)).sum()
    assert totals.staff[0, GroupSum.OVERTIME_TICKS] == after_closing
    told = {(m.name, m.metric): m.value for m in metrics_of(totals)}
    assert told["machines", "staff_cost_per_day"] == pytest.approx(
        60 + told["machines", "overtime_min_per_day"]
    )
