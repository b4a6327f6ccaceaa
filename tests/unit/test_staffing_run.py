"""Staffing in Python: against brute force with the same luck, and the same for any number of jobs."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from journeysim.errors import InputError
from journeysim.experiment import parse_scenario
from journeysim.experiment.results import MetricKey, values_by_metric
from journeysim.experiment.running import run
from journeysim.experiment.scenario import fresh_seed
from journeysim.experiment.staffing.run import staff
from journeysim.experiment.staffing.shifts import ShiftRule
from journeysim.experiment.staffing.target_text import parse_target
from journeysim.experiment.staffing.words import staffing_answer

SCENARIO = """\
scenario: Tiny
days: 3
replications: 4
seed: 5
target_wait: 4 min
journey:
  journey: Tiny
  currency: CNY
  hours: {open: 09:00, close: 12:00}
  segments: {regular: {share: 1, patience: {exponential: {mean: 12 min}}}}
  needs: {cash: {share: 1, start: hello}}
  arrivals: {per_hour: {09:00: 20, 10:00: 45, 11:00: 25}}
  staff:
    tellers: {count: 2, serves: [line], cost_per_hour: 50}
    greeters: {count: 3, serves: [door]}
  queues: {line: {}, door: {}}
  touchpoints:
    counter: {stage: Transact, queue: line, service: {exponential: {mean: 4 min}}}
    hello: {stage: Arrive, queue: door, service: {constant: 1 s}, next: [{to: counter}]}
options:
  Today: {}
"""
SLOTS = ("09:00", "10:00", "11:00")


@pytest.fixture(scope="module")
def scenario():
    return parse_scenario(SCENARIO)


@pytest.fixture(scope="module")
def every_roster(scenario):
    """Metrics of all rosters of 1 to 4 tellers in three slots, with the luck of the search."""
    base = scenario.baseline_option
    options = []
    for roster in product(range(1, 5), repeat=3):
        count = dict(zip(SLOTS, roster, strict=True))
        journey = base.journey.patched({"staff.tellers.count": count})
        options.append(replace(base, name=str(roster), journey=journey))
    every = replace(scenario, options=tuple(options), baseline=options[0].name)
    metrics = run(every, jobs=1, steps=False).metrics
    return {roster: values_by_metric(metrics, str(roster)) for roster in product(range(1, 5), repeat=3)}


@pytest.mark.parametrize(
    "target",
    [
        "wait_within_target_fraction >= 0.9",
        "wait_mean_min <= 1",
        "wait_p90_min <= 8",
        "reneged_fraction <= 10%",
        "satisfied_fraction >= 0.55",
    ],
)
def test_no_roster_that_can_be_enumerated_is_cheaper(scenario, every_roster, target):
    wanted = parse_target(target)
    key = MetricKey("all", "", wanted.metric)
    feasible = [sum(roster) for roster, found in every_roster.items() if wanted.margin(found[key]) >= 0]
    assert 0 < len(feasible) < len(every_roster)
    found = staff(scenario, target, group="tellers", most=4, replications=4, fresh=2, jobs=1)
    assert not found.nearest
    assert found.found.hours_per_day == min(feasible)
    roster = tuple(int(count) for count in found.found.roster)
    assert wanted.margin(every_roster[roster][key]) >= 0


def test_the_result_is_estimated_with_other_luck_that_follows_from_the_seed(scenario):
    found = staff(scenario, "wait_mean_min <= 1", most=4, replications=4, fresh=6, jobs=1)
    assert found.group == "tellers"
    assert found.chosen_because
    assert found.fresh_seed == fresh_seed(5, "staffing") != 5
    again = run(
        replace(
            scenario.overridden(6, found.fresh_seed),
            options=(
                replace(
                    scenario.baseline_option,
                    journey=scenario.baseline_option.journey.patched({"staff.tellers.count": found.patch}),
                ),
            ),
        ),
        jobs=1,
        steps=False,
    )
    estimate = again.options[0].metrics["wait_mean_min"]
    assert found.found.estimates == (estimate,)
    assert found.found.meeting == sum(value <= 1 for value in found.found.values[0])
    assert found.cost_per_day(found.found) == pytest.approx(50 * sum(found.found.roster))


@pytest.mark.slow
def test_any_number_of_jobs_finds_the_same(scenario):
    one, two = (
        staff(scenario, "wait_mean_min <= 1", most=4, replications=3, fresh=3, jobs=jobs) for jobs in (1, 2)
    )
    assert one.found.roster == two.found.roster
    assert one.found.values.tolist() == two.found.values.tolist()
    assert staffing_answer(one) == staffing_answer(two)


def test_shifts_make_up_the_roster_found(scenario):
    found = staff(
        scenario, "wait_mean_min <= 1.5", slot_min=30, shift_rule=ShiftRule(1.5, 3), replications=3, fresh=2,
        jobs=1,
    )  # fmt: skip
    assert not found.nearest
    assert found.shifts
    for begin, end in found.shifts:
        assert 3 <= end - begin <= 6
    on_duty = [sum(begin <= slot < end for begin, end in found.shifts) for slot in range(6)]
    assert list(found.found.roster) == on_duty


def test_where_nothing_meets_the_target_it_says_so(scenario):
    found = staff(scenario, "wait_mean_min <= -60", group="tellers", most=2, replications=2, fresh=2, jobs=1)
    assert found.nearest
    assert staffing_answer(found).startswith("No roster of tellers that was tried meets wait_mean_min <= -60")


def test_neither_do_shifts_then(scenario):
    found = staff(
        scenario, "wait_mean_min <= -60", most=2, shift_rule=ShiftRule(2, 3), replications=2, fresh=2, jobs=1
    )
    assert found.nearest
    assert found.found.roster == (2, 2, 2)
    assert found.shifts == ((0, 3), (0, 3))
    assert found.tried <= 10


def test_a_group_that_decides_nothing_needs_the_least(scenario):
    found = staff(scenario, "wait_mean_min <= 60", group="greeters", replications=2, fresh=2, jobs=1)
    assert found.found.roster == (1, 1, 1)
    assert found.cost_per_day(found.found) is None
    assert "rostered hours a day than today's" in staffing_answer(found)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"group": "teller"}, "no staff group has this name, found teller, hint: did you mean tellers"),
        ({"target": "wait_mean <= 3"}, "no metric over all visits has this name"),
        ({"replications": 1}, "at least 2 replications are required, found 1"),
        ({"shift_rule": ShiftRule(4, 9)}, "shifts must fit into the opening hours"),
    ],
)
def test_what_cannot_be_is_refused(scenario, changes, message):
    arguments = {"target": "wait_mean_min <= 3", "replications": 2, "fresh": 2, "jobs": 1} | changes
    target = arguments.pop("target")
    with pytest.raises(InputError, match=message):
        staff(scenario, target, **arguments)
