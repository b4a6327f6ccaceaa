"""What holds on every branch day, looked at from outside: the rules as statements about the steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import oracle
from tests.branch_days import BUSY, EVERYTHING, MONDAY, Batch, batch_of, changed, differences, journey_of
from tests.branch_maps import branch_maps
from tests.strategies import FILES, journey_maps

from journeysim.branch import open_days, simulate_replication
from journeysim.branch.day_plan import Counts
from journeysim.branch.plan import Outcome, Plan
from journeysim.branch.steps import NONE, StepArrays
from journeysim.errors import InputError


def count_at(counts: Counts, tick: int) -> int:
    return counts.counts[int(np.searchsorted(counts.ticks, tick, side="right")) - 1]


def assert_rules_hold(batch: Batch) -> None:
    steps = batch.steps()
    assert_visits_are_whole(batch, steps)
    for capacity, (first, last) in zip(batch.capacity, batch.bounds, strict=True):
        mine = (steps.visit >= first) & (steps.visit < last)
        day = StepArrays(*(getattr(steps, name)[mine] for name in StepArrays.__dataclass_fields__))
        assert_lines_are_kept(batch, day)
        assert_staff_works(batch.plan, capacity, day)


def assert_visits_are_whole(batch: Batch, steps: StepArrays) -> None:
    """Every arrival is in the table, its steps follow each other without a gap, and every one has ended."""
    arrivals = batch.arrivals
    first = steps.step == 1
    assert np.array_equal(steps.visit[first], np.arange(arrivals.tick.size))
    assert np.array_equal(steps.joined[first], arrivals.tick)
    assert np.array_equal(steps.touchpoint[first], arrivals.start)
    assert np.array_equal(steps.step[1:][~first[1:]], steps.step[:-1][~first[1:]] + 1)
    assert np.array_equal(steps.joined[1:][~first[1:]], steps.ended[:-1][~first[1:]])
    assert np.array_equal(steps.visit[1:][~first[1:]], steps.visit[:-1][~first[1:]])
    started = steps.started != NONE
    assert (steps.ended >= steps.joined).all()
    assert (steps.started[started] >= steps.joined[started]).all()
    served = (steps.outcome == Outcome.SERVED) | (steps.outcome == Outcome.FAILED)
    assert np.array_equal(started, served)
    assert (steps.outcome != Outcome.IN_PROGRESS).all()
    at_once = (steps.outcome == Outcome.BALKED) | (steps.outcome == Outcome.REJECTED)
    assert np.array_equal(steps.ended[at_once], steps.joined[at_once])
    queue = steps.queue
    assert np.array_equal(steps.group == NONE, (queue == NONE) | ~started)
    assert (steps.released >= steps.ended).all()
    assert np.array_equal(steps.released[steps.group == NONE], steps.ended[steps.group == NONE])
    last = np.append(first[1:], True)
    assert (last | (steps.follow_up == NONE)).all()
    assert (steps.outcome[steps.follow_up != NONE] == Outcome.SERVED).all()
    assert (steps.queue_length_seen[queue == NONE] == NONE).all()
    for group, plan in enumerate(batch.plan.group_plans):
        assert set(queue[steps.group == group]) <= set(plan.serves)


def assert_lines_are_kept(batch: Batch, day: StepArrays) -> None:
    """Nobody overtakes but by priority or head start; no queue holds more than its capacity."""
    plan = batch.plan
    wait_end = np.where(day.started != NONE, day.started, day.ended)
    queue = np.where(day.joined_queue, day.queue, NONE)
    segment = batch.arrivals.segment[day.visit]
    for number, rules in enumerate(plan.queue_plans):
        here = np.flatnonzero((queue == number) & (wait_end > day.joined))
        lines = [rules.lines[line] for line in np.array(rules.line_of_segment)[segment[here]]]
        level = np.array([line.level for line in lines])
        counted = day.joined[here] - np.array([line.head_start for line in lines], dtype=np.int64)
        for row, own, since in zip(here, level, counted, strict=True):
            inside = here[(day.joined[here] <= day.joined[row]) & (wait_end[here] > day.joined[row])]
            assert inside.size <= rules.capacity
            if day.started[row] != NONE:
                first = (level < own) | ((level == own) & (counted < since))
                ahead = here[(day.joined[here] < day.started[row]) & first]
                assert (wait_end[ahead] <= day.started[row]).all()


def assert_staff_works(plan: Plan, capacity: tuple[Counts, ...], day: StepArrays) -> None:
    """Nobody waits while somebody who serves them is free; nobody starts beyond the roster."""
    waiting = day.joined_queue
    wait_end = np.where(day.started != NONE, day.started, day.ended)
    queue = day.queue
    changes = [counts.ticks for counts in capacity]
    ticks = np.unique(np.concatenate([day.joined, wait_end, day.released, *changes]))
    groups = range(len(plan.groups))
    serving = [
        [group for group in groups if number in plan.group_plans[group].serves]
        for number in range(len(plan.queues))
    ]
    for start in ticks:
        busy = [
            int(((day.group == group) & (day.started <= start) & (start < day.released)).sum())
            for group in groups
        ]
        on_duty = [count_at(capacity[group], start) for group in groups]
        for number in set(queue[waiting & (day.joined <= start) & (start < wait_end)]):
            assert all(busy[group] >= on_duty[group] for group in serving[number])
        for group in set(day.group[(day.started == start) & (day.released > start)]) - {NONE}:
            assert busy[group] <= on_duty[group]


@pytest.mark.parametrize("at_close", ["serve", "leave"])
def test_rules_hold_on_busy_days(at_close: str) -> None:
    assert_rules_hold(batch_of(journey_of(changed(BUSY, {"hours.at_close": at_close})), 4))


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("at_close", ["serve", "leave"])
def test_rules_hold_on_days_with_everything(at_close: str, tied: bool) -> None:
    batch = batch_of(journey_of(changed(EVERYTHING, {"hours.at_close": at_close})), 3)
    assert_rules_hold(batch.tied() if tied else batch)


@settings(max_examples=40)
@given(branch_maps())
def test_rules_hold(data: dict[str, Any]) -> None:
    assert_rules_hold(batch_of(journey_of(data), 1))


@settings(max_examples=40)
@given(branch_maps(tied=True))
def test_rules_hold_where_everything_is_tied(data: dict[str, Any]) -> None:
    assert_rules_hold(batch_of(journey_of(data), 1).tied())


@settings(max_examples=40)
@given(journey_maps(per_hour=40, files=True), st.booleans())
def test_rules_hold_on_maps_with_every_form(data: dict[str, Any], tied: bool) -> None:
    try:
        batch = batch_of(journey_of(data, FILES), 1)
    except InputError:
        return
    assert_rules_hold(batch.tied() if tied else batch)


def run_to_the_end(data: dict[str, Any]) -> None:
    """Any map that check accepts runs to the end of its day, in both engines alike."""
    try:
        journey = journey_of(data)
    except InputError:
        return
    days = open_days(journey, MONDAY, 2)
    result = simulate_replication(journey, days, seed=1, replication=0, target_wait_min=5, keep_steps=True)
    assert result.steps is not None
    batch = batch_of(journey, 1)
    mine = batch.steps()
    assert_visits_are_whole(batch, mine)
    assert differences(mine, batch.steps(oracle.simulate_day)) == []
    assert result.steps.filter(result.steps["day"] == days[0].number).height == mine.visit.size


@settings(max_examples=100)
@given(journey_maps())
def test_every_accepted_map_runs_to_the_end_of_its_day(data: dict[str, Any]) -> None:
    run_to_the_end(data)


@pytest.mark.slow
@settings(max_examples=400)
@given(journey_maps(per_hour=60))
def test_every_one_of_many_accepted_maps_runs_to_the_end(data: dict[str, Any]) -> None:
    run_to_the_end(data)
