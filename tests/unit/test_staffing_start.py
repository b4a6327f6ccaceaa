"""The Erlang start: slots, what comes in each, and the fewest servers that the formulas ask for."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest

from journeysim.branch.calendar import open_days
from journeysim.branch.formulas import erlang_a, erlang_c
from journeysim.experiment.staffing.start import (
    SlotLoad,
    formula_knows,
    formula_roster,
    patience_of,
    roster_today,
    slot_loads,
    slots_of,
)
from journeysim.experiment.staffing.target import Target
from journeysim.journey import parse_journey

MAP = """\
journey: Two lines
hours: {open: 09:00, close: 11:30}
segments: {regular: {share: 1, patience: {exponential: {mean: 8 min}}}}
needs:
  cash: {share: 0.75, start: counter}
  loan: {share: 0.25, start: desk}
arrivals: {per_hour: {09:00: 40, 10:30: 20}}
staff:
  tellers: {count: {09:00: 2, 10:30: 3}, serves: [line, desk_line]}
  helpers: {count: 1, serves: [line]}
queues: {line: {}, desk_line: {}}
touchpoints:
  counter:
    stage: Transact
    queue: line
    service: {constant: 4 min}
    fails: 0.2
    if_failed: desk
  desk: {stage: Advise, queue: desk_line, service: {constant: 10 min}, wrap_up: {constant: 2 min}}
"""
FIRST = date(2027, 1, 4)


def days_of(journey, count=5):
    return open_days(journey, FIRST, count)


def test_slots_cut_the_opening_hours_and_the_last_may_be_short():
    journey = parse_journey(MAP)
    slots = slots_of(journey, days_of(journey), 60)
    assert slots.edges == (540, 600, 660, 690)
    assert slots.hours == (1.0, 1.0, 0.5)
    assert slots.names == ("09:00-10:00", "10:00-11:00", "11:00-11:30")
    assert slots.count((2, 2, 3)) == {"09:00": 2, "11:00": 3}


def test_hours_that_differ_by_weekday_count_by_the_open_days():
    hours = "hours: {mon: {open: 09:00, close: 11:00}, tue: {open: 10:00, close: 12:00}}"
    journey = parse_journey(MAP.replace("hours: {open: 09:00, close: 11:30}", hours))
    slots = slots_of(journey, days_of(journey, 4), 60)
    assert slots.edges == (540, 600, 660, 720)
    assert slots.hours == (0.5, 1.0, 0.5)
    loads = slot_loads(journey, "helpers", days_of(journey, 4), slots)
    # An hour's rate holds on the days on which the slot is open, so it is not halved.
    assert [load.arrivals_per_hour for load in loads] == pytest.approx([30.0, 22.5, 15.0])


def test_todays_roster_is_the_mean_over_the_slot():
    journey = parse_journey(MAP)
    slots = slots_of(journey, days_of(journey), 60)
    assert roster_today(journey, "tellers", days_of(journey), slots) == (2.0, 2.5, 3.0)


def test_todays_roster_counts_only_while_open_so_that_it_gives_the_hours():
    hours = "hours: {mon: {open: 09:00, close: 10:30}, tue: {open: 10:00, close: 12:00}}"
    journey = parse_journey(MAP.replace("hours: {open: 09:00, close: 11:30}", hours))
    days = days_of(journey, 2)
    slots = slots_of(journey, days, 60)
    roster = roster_today(journey, "tellers", days, slots)
    assert roster == pytest.approx((2.0, (2 * 60 + 3 * 30) / 90, 3.0))
    # Monday 1.5 h of two; Tuesday half an hour of two and 1.5 h of three.
    mean_hours = (1.5 * 2 + 0.5 * 2 + 1.5 * 3) / 2
    assert sum(count * hour for count, hour in zip(roster, slots.hours, strict=True)) == pytest.approx(
        mean_hours
    )


def test_loads_follow_the_routes():
    journey = parse_journey(MAP)
    slots = slots_of(journey, days_of(journey), 60)
    loads = slot_loads(journey, "tellers", days_of(journey), slots)
    # 30 of 40 come to the counter and 6 of them on to the desk, beside the 10 who start there.
    assert loads[0].arrivals_per_hour == pytest.approx(46)
    assert loads[0].service_mean_min == pytest.approx((30 * 4 + 16 * 12) / 46)
    assert loads[1].arrivals_per_hour == pytest.approx(46 * 30 / 40)
    assert [load.helpers for load in loads] == [1.0, 1.0, 1.0]
    # The tellers do other work as well, so they do not count as the helpers' help.
    assert slot_loads(journey, "helpers", days_of(journey), slots)[0].helpers == 0.0


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.95])
def test_the_formula_takes_the_fewest_servers_that_meet_the_target(threshold):
    load = SlotLoad(40.0, 6.0, 0.0)
    target = Target("wait_within_target_fraction", ">=", threshold)
    (count,) = formula_roster((load,), target, 5.0, math.inf, (1, 50))
    assert erlang_c(40, 6, count).within_fraction(5) >= threshold
    assert count == 5 or erlang_c(40, 6, count - 1).within_fraction(5) < threshold


def test_customers_who_give_up_need_fewer_servers():
    load = SlotLoad(40.0, 6.0, 0.0)
    target = Target("wait_mean_min", "<=", 4.0)
    (patient,) = formula_roster((load,), target, 5.0, math.inf, (1, 50))
    (impatient,) = formula_roster((load,), target, 5.0, 10.0, (1, 50))
    assert impatient < patient
    assert (
        erlang_a(40, 6, impatient, 10).wait_mean_min <= 4 < erlang_a(40, 6, impatient - 1, 10).wait_mean_min
    )


@pytest.mark.parametrize(("metric", "threshold"), [("waited_fraction", 0.3), ("reneged_fraction", 0.02)])
def test_waiting_and_giving_up_are_known(metric, threshold):
    load = SlotLoad(40.0, 6.0, 0.0)
    (count,) = formula_roster((load,), Target(metric, "<=", threshold), 5.0, 10.0, (1, 50))
    assert getattr(erlang_a(40, 6, count, 10), metric) <= threshold
    assert getattr(erlang_a(40, 6, count - 1, 10), metric) > threshold


def test_what_helpers_do_is_taken_off_and_bounds_hold():
    load = SlotLoad(40.0, 6.0, 0.0)
    target = Target("wait_mean_min", "<=", 1.0)
    (alone,) = formula_roster((load,), target, 5.0, math.inf, (1, 50))
    assert formula_roster((replace(load, helpers=2.9),), target, 5.0, math.inf, (1, 50)) == (alone - 2,)
    assert formula_roster((replace(load, helpers=90.0),), target, 5.0, math.inf, (0, 50)) == (0,)
    assert formula_roster((load,), target, 5.0, math.inf, (1, 3)) == (3,)
    assert formula_roster((SlotLoad(0.0, 0.0, 0.0),), target, 5.0, math.inf, (1, 3)) == (1,)


def test_a_metric_that_no_formula_knows_is_held_to_the_usual_share():
    load = SlotLoad(40.0, 6.0, 0.0)
    unknown = Target("satisfied_fraction", ">=", 0.7)
    usual = Target("wait_within_target_fraction", ">=", 0.8)
    assert not formula_knows(unknown)
    assert formula_knows(usual)
    assert formula_roster((load,), unknown, 5.0, math.inf, (1, 50)) == formula_roster(
        (load,), usual, 5.0, math.inf, (1, 50)
    )
    never = Target("wait_mean_min", "<=", -1.0)
    assert formula_roster((load,), never, 5.0, math.inf, (1, 50)) == formula_roster(
        (load,), usual, 5.0, math.inf, (1, 50)
    )


def test_patience_is_the_queues_or_the_segments():
    assert patience_of(parse_journey(MAP), "tellers") == pytest.approx(8)
    own = MAP.replace("desk_line: {}}", "desk_line: {patience: {constant: 12 min}}}")
    assert patience_of(parse_journey(own), "tellers") == pytest.approx(10)
    never = MAP.replace("desk_line: {}}", "desk_line: {patience: none}}")
    assert patience_of(parse_journey(never), "tellers") == math.inf
    assert patience_of(parse_journey(never), "helpers") == pytest.approx(8)
