"""Arrivals: addresses, order, opening hours, and what a log says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.branch_days import BUSY, MONDAY, batch_of, changed, in_order, journey_of, one_queue, with_log

from journeysim.branch.arrivals import Arrivals, generated_arrivals, recorded_arrivals
from journeysim.branch.luck import Luck, name_tag
from journeysim.branch.plan import compile_plan
from journeysim.units import TICKS_PER_MINUTE, to_ticks

HOUR = to_ticks(60)


def assert_in_order(arrivals: Arrivals) -> None:
    keys = list(zip(arrivals.day, arrivals.tick, arrivals.order, strict=True))
    assert keys == sorted(keys)


def test_generated_arrivals_are_in_order_and_within_hours() -> None:
    batch = batch_of(journey_of(BUSY), 50)
    arrivals = batch.arrivals
    assert_in_order(arrivals)
    assert arrivals.tick.min() >= batch.plan.day.opens
    assert arrivals.tick.max() < batch.plan.day.closes
    assert set(arrivals.day) == set(range(50))
    assert set(arrivals.segment) == {0, 1}
    assert set(arrivals.need) == {0, 1}


def test_an_address_is_segment_hour_layer_and_index() -> None:
    arrivals = batch_of(journey_of(BUSY), 50).arrivals
    assert np.unique(np.stack([arrivals.day, arrivals.order]), axis=1).shape[1] == arrivals.day.size
    assert np.array_equal(arrivals.order >> 32, arrivals.segment)
    low = arrivals.luck_address.low.astype(np.int64)
    assert np.array_equal(arrivals.order & 0xFFFFFFFF, low)
    assert np.array_equal(low >> 27, arrivals.tick // HOUR)
    # 40 an hour of regulars before 10:30 and 64 after: four layers, then seven.
    layer = (low >> 6) & 0x1FFFFF
    regular, early = arrivals.segment == 0, arrivals.tick < to_ticks(630)
    assert set(layer[regular & early]) == set(range(4))
    assert set(layer[regular & ~early]) == set(range(7))
    # Luck goes with the segment's name, wherever it stands in the map.
    assert set(arrivals.luck_address.high[regular]) == {name_tag("regular")}


def test_visit_ids_are_distinct_over_days_and_segments() -> None:
    batch = batch_of(journey_of(BUSY), 50)
    ids = batch.arrivals.visit_id
    assert np.unique(ids).size == ids.size
    assert (ids >> 42 == np.array([day.number for day in batch.days])[batch.arrivals.day]).all()


@pytest.mark.parametrize(
    "changes", [{"arrivals.per_hour": 0}, {"arrivals.scale": 0}, {"arrivals.per_hour": {"11:59": 0.0}}]
)
def test_no_demand_gives_no_arrivals(changes: dict[str, object]) -> None:
    arrivals = batch_of(journey_of(changed(BUSY, changes)), 5).arrivals
    assert arrivals.tick.size == 0
    assert batch_of(journey_of(changed(BUSY, changes)), 5).steps().visit.size == 0


def test_nobody_comes_before_the_first_rate() -> None:
    arrivals = batch_of(journey_of(changed(BUSY, {"arrivals.per_hour": {"10:20": 60}})), 20).arrivals
    assert arrivals.tick.min() >= to_ticks(620)


def test_opening_counts_and_closing_does_not() -> None:
    batch = batch_of(journey_of(BUSY))
    tick, order = batch.arrivals.tick, batch.arrivals.order
    shorter = replace(batch.plan.day, opens=int(tick[10]), closes=int(tick[20]))
    found = generated_arrivals(replace(batch.plan, day=shorter), batch.days, batch.luck)
    assert np.array_equal(np.sort(found.order), np.sort(order[10:20]))


def test_a_day_keeps_its_arrivals_in_whatever_batch() -> None:
    journey = journey_of(BUSY)
    batch = batch_of(journey, 5)
    alone = in_order(generated_arrivals(batch.plan, [batch.days[3]], batch.luck))
    mine = batch.arrivals.day == 3
    assert np.array_equal(alone.tick, batch.arrivals.tick[mine])
    assert np.array_equal(alone.order, batch.arrivals.order[mine])
    first, last = batch.bounds[3]
    part = batch.arrivals[first:last]
    assert np.array_equal(part.order, alone.order)
    assert set(part.day) == {3}
    assert set(alone.day) == {0}
    assert np.array_equal(part.luck_address.day, alone.luck_address.day)


def test_recorded_arrivals_are_those_of_the_log() -> None:
    rows = [(600.5, "vip", "cash"), (559.25, "regular", "advice"), (600.5, "regular", "cash")]
    batch = batch_of(with_log(journey_of(BUSY), rows))
    arrivals = batch.arrivals
    assert (arrivals.tick / TICKS_PER_MINUTE).tolist() == [559.25, 600.5, 600.5]
    assert arrivals.order.tolist() == [1, 0, 2]
    assert arrivals.segment.tolist() == [0, 1, 0]
    assert arrivals.need.tolist() == [1, 0, 0]


def test_recorded_arrivals_outside_the_hours_do_not_enter() -> None:
    rows = [(539.999, "vip", "cash"), (540, "vip", "cash"), (719.999, "vip", "cash"), (720, "vip", "cash")]
    assert batch_of(with_log(journey_of(BUSY), rows)).arrivals.order.tolist() == [1, 2]


def test_what_a_log_does_not_say_is_drawn_by_the_shares() -> None:
    journey = with_log(journey_of(BUSY), [(540 + i / 100, "vip", "cash") for i in range(15_000)])
    log = journey.arrivals.recorded
    assert log is not None
    plan = compile_plan(journey, MONDAY)
    assert plan is not None
    days = batch_of(journey).days
    blank = replace(log, segment=None, need=None)
    arrivals = recorded_arrivals(plan, days, Luck(1, 0), blank)
    share = np.mean(arrivals.segment == 0)
    assert share == pytest.approx(0.8, abs=4 * (0.8 * 0.2 / 15_000) ** 0.5)
    for segment, cash in ((0, 0.7), (1, 0.4)):
        mine = arrivals.need[arrivals.segment == segment]
        assert np.mean(mine == 0) == pytest.approx(cash, abs=4 * (cash * (1 - cash) / mine.size) ** 0.5)
    # A need that the log names stays; the segment's luck is a stream of its own.
    with_need = recorded_arrivals(plan, days, Luck(1, 0), replace(log, segment=None))
    assert set(with_need.need) == {0}
    assert np.array_equal(with_need.segment, arrivals.segment)


def test_days_of_a_log_are_taken_by_their_number() -> None:
    journey = with_log(journey_of(one_queue()), [(600 + i, "all", "any") for i in range(6)])
    log = journey.arrivals.recorded
    assert log is not None
    journey.arrivals._recorded = replace(
        log,
        dates=tuple(log.dates[0].replace(day=day) for day in (4, 5, 6)),
        day=np.array([2, 0, 2, 1, 0, 2]),
    )
    batch = batch_of(journey, 3)
    assert batch.arrivals.day.tolist() == [0, 0, 1, 2, 2, 2]
    assert batch.arrivals.order.tolist() == [1, 4, 3, 0, 2, 5]
