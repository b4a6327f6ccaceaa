"""Waiting obeys what holds for every queue: Little's law, and more staff is never worse."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.branch_days import BUSY, Batch, batch_of, changed, journey_of, one_queue

from journeysim.branch import simulate_replication
from journeysim.branch.steps import NONE, StepArrays
from journeysim.branch.totals import sum_days
from journeysim.journey.values import show_time
from journeysim.units import TICKS_PER_MINUTE

SERVICES: list[dict[str, Any]] = [
    {"exponential": {"mean": "4 min"}},
    {"gamma": {"mean": "3 min", "cv": 2}},
    {"constant": "5 min"},
    {"empirical": {"values": [0, 1, 15], "unit": "min"}},
]


def people_in_line(day: StepArrays, moment: int) -> int:
    """How many stand in line, counted one by one."""
    end = np.where(day.started != NONE, day.started, day.ended)
    return int(((day.joined <= moment) & (moment < end)).sum())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"staff.tellers.count": {"09:00": 1, "09:40": 3, "10:20": 2}},
        {"segments.all.patience": {"exponential": {"mean": "5 min"}}},
        {"queues.line": {"capacity": 4, "balk": {"at_length": 2, "probability": 0.5}}},
    ],
)
def test_littles_law_with_the_queue_counted_at_moments(changes: dict[str, Any]) -> None:
    """L = lambda W, with L from looking at the line every quarter of a minute."""
    data = changed(one_queue(hours={"open": "09:00", "close": "11:00", "at_close": "leave"}), changes)
    days = 60
    journey = journey_of(data)
    batch = batch_of(journey, days, seed=5)
    steps = batch.steps()
    every = TICKS_PER_MINUTE // 4
    # From a moment that is no whole quarter, so that ties play no part; all have left at closing.
    moments = np.arange(batch.plan.day.opens + every // 3, batch.plan.day.closes, every)
    counted = np.array(
        [
            [people_in_line(day, moment) for moment in moments]
            for day in (steps_of(steps, first, last) for first, last in batch.bounds)
        ]
    )
    metrics = {
        metric.metric: metric.value
        for metric in simulate_replication(
            journey, batch.days, seed=5, replication=0, target_wait_min=5
        ).metrics
        if metric.scope == "all"
    }
    turned_away = metrics["balked_fraction"] + metrics["rejected_fraction"]
    joined_per_min = metrics["visits_per_day"] * (1 - turned_away) / 120
    assert counted.mean() == pytest.approx(joined_per_min * metrics["wait_mean_min"], rel=0.01)
    assert metrics["queue_length_mean"] == pytest.approx(counted.mean(), rel=0.01)
    assert counted.max() <= metrics["queue_length_max"]


def test_poisson_arrivals_see_time_averages() -> None:
    """Wolff (1982): the lines seen by who comes sum to the rate times the line there is over time."""
    batch = batch_of(journey_of(one_queue()), 1500, seed=2)
    steps = batch.steps()
    left_line = np.minimum(np.where(steps.started != NONE, steps.started, steps.ended), batch.plan.day.closes)
    in_line = left_line - steps.joined
    per_tick = 40 / 60 / TICKS_PER_MINUTE
    differences = np.array(
        [
            steps.queue_length_seen[first:last].sum() - per_tick * in_line[first:last].sum()
            for first, last in batch.bounds
        ]
    )
    error = differences.std() / np.sqrt(differences.size)
    seen_per_day = steps.queue_length_seen.sum() / differences.size
    assert error < 0.02 * seen_per_day
    assert abs(differences.mean()) < 3.5 * error


def steps_where(steps: StepArrays, mine: np.ndarray) -> StepArrays:
    return StepArrays(*(getattr(steps, f.name)[mine] for f in fields(StepArrays)))


def steps_of(steps: StepArrays, first: int, last: int) -> StepArrays:
    return steps_where(steps, (steps.visit >= first) & (steps.visit < last))


@st.composite
def rosters(draw: st.DrawFn) -> dict[str, int]:
    times = draw(st.lists(st.integers(541, 659), unique=True, max_size=4))
    return {show_time(minute): draw(st.integers(0, 3)) for minute in [540, *sorted(times)]}


def waits(batch: Batch) -> np.ndarray:
    """Wait of each visit; with everybody served there is one step a visit."""
    steps = batch.steps()
    assert steps.visit.size == batch.arrivals.tick.size
    return np.where(steps.started != NONE, steps.started, steps.ended) - steps.joined


@settings(max_examples=60)
@given(st.sampled_from(SERVICES), rosters(), st.data(), st.integers(0, 99), st.booleans())
def test_more_servers_are_never_more_waiting_for_anybody(
    service: dict[str, Any], roster: dict[str, int], more: st.DataObject, seed: int, tied: bool
) -> None:
    """Under the same luck, first come first served, without reneging, balking or capacity."""
    # The last count is at least one, so that nobody is sent home unserved.
    roster = {**roster, "10:59": 1 + list(roster.values())[-1]}
    larger = {time: count + more.draw(st.integers(0, 2)) for time, count in roster.items()}
    data = one_queue(touchpoints__counter__service=service)
    batches = [
        batch_of(journey_of(changed(data, {"staff.tellers.count": counts})), 2, seed)
        for counts in (roster, larger)
    ]
    if tied:
        batches = [batch.tied() for batch in batches]
    fewer, many = batches
    assert (waits(many) <= waits(fewer)).all()


@settings(max_examples=40)
@given(st.sampled_from(SERVICES), st.integers(1, 3), st.integers(0, 99))
def test_more_customers_are_never_less_waiting_for_those_who_came_before(
    service: dict[str, Any], count: int, seed: int
) -> None:
    data = one_queue(touchpoints__counter__service=service, staff__tellers__count=count)
    before = batch_of(journey_of(data), 2, seed)
    after = batch_of(journey_of(changed(data, {"arrivals.scale": 1.4})), 2, seed)
    places = {
        (int(day), int(who)): row
        for row, (day, who) in enumerate(zip(after.arrivals.day, after.arrivals.order, strict=True))
    }
    rows = [places[int(d), int(o)] for d, o in zip(before.arrivals.day, before.arrivals.order, strict=True)]
    assert (waits(after)[rows] >= waits(before)).all()


def test_a_server_who_wraps_up_or_is_kept_makes_people_wait_like_a_longer_service() -> None:
    """To the tick: whether the server's last two minutes are the customer's, a desk's or their own."""
    longer = one_queue(touchpoints__counter__service={"constant": "5 min"}, staff__tellers__count=3)
    wraps_up = changed(
        longer,
        {
            "touchpoints.counter.service": {"constant": "3 min"},
            "touchpoints.counter.wrap_up": {"constant": "2 min"},
        },
    )
    keeps = changed(
        longer,
        {
            "touchpoints.counter.service": {"constant": "3 min"},
            "touchpoints.counter.next": [{"to": "away", "keep_server": True}],
            "touchpoints.away": {"stage": "T", "service": {"constant": "2 min"}},
        },
    )
    found = []
    for data in (longer, wraps_up, keeps):
        batch = batch_of(journey_of(data), 20)
        steps = batch.steps()
        at_counter = steps_where(steps, steps.touchpoint == 0)
        found.append((at_counter.started, at_counter.released, at_counter.queue_length_seen))
        totals = sum_days(batch.plan, batch.arrivals, steps, 20, 0)
        found[-1] += (totals.staff,)
    for other in found[1:]:
        for one, two in zip(found[0], other, strict=True):
            assert np.array_equal(one, two)
    assert (found[0][0] - at_counter.joined).max() > 0


def test_priority_helps_the_first_class_and_costs_the_others() -> None:
    """The work is the same, so what one class gains the other loses."""
    data = one_queue(
        segments={"first": {"share": 0.3, "priority": 1}, "rest": {"share": 0.7, "priority": 2}},
        arrivals__per_hour=38,
        touchpoints__counter__service={"constant": "3 min"},
    )
    fifo = batch_of(journey_of(data), 30)
    ranked = batch_of(journey_of(changed(data, {"queues.line.discipline": "priority"})), 30)
    first = fifo.arrivals.segment == 0
    plain, favoured = waits(fifo), waits(ranked)
    assert favoured[first].sum() < plain[first].sum()
    # With equal services the order changes who waits, never how much waiting there is.
    assert favoured.sum() == plain.sum()


def test_what_lies_behind_changes_nothing_before() -> None:
    """Everybody passes the door as before, whatever staff there is behind it."""
    before = batch_of(journey_of(BUSY), 5)
    after = batch_of(journey_of(changed(BUSY, {"staff.tellers.count": 1, "staff.machines.count": 1})), 5)
    one, other = (steps_where(steps, steps.step == 1) for steps in (before.steps(), after.steps()))
    for name in ("joined", "started", "ended", "queue_length_seen", "outcome"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
