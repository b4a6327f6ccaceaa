"""Notches of a small map: which there are, what they change, what they cost."""

from __future__ import annotations

from datetime import date

import pytest
from tests.market_maps import MAP

from journeysim.branch.calendar import OpenDay
from journeysim.errors import InputError
from journeysim.experiment.golden.costs import DEFAULT_COSTS, CostRule, notch_costs, yearly_group_costs
from journeysim.experiment.golden.notches import Lever, notches_of, path_of
from journeysim.journey import parse_journey
from journeysim.market.presets import default_behaviour


@pytest.fixture(scope="module")
def behaviour():
    return default_behaviour()


@pytest.fixture(scope="module")
def notches(behaviour):
    return notches_of(parse_journey(MAP), behaviour)


def by_lever(notches, lever):
    return {notch.place: notch for notch in notches if notch.lever == lever}


def test_shorter_service_takes_nine_tenths_of_service_and_wrap_up(notches):
    found = by_lever(notches, Lever.SERVICE)
    assert list(found) == ["welcome", "kiosk", "counter", "desk"]
    assert found["welcome"].patches == {"touchpoints.welcome.service": {"constant": "18 s"}}
    assert found["counter"].patches == {
        "touchpoints.counter.service": {"by_need": {"other": {"gamma": {"mean": "3.6 min", "cv": 0.7}}}},
        "touchpoints.counter.wrap_up": {"constant": "0.9 min"},
    }
    assert found["counter"].groups == ("tellers",)


def test_attentive_staff_is_one_notch_for_a_group_wherever_it_serves(notches, behaviour):
    found = by_lever(notches, Lever.ATTENTIVE)
    # Machines meet nobody; a share that the map leaves out is the behaviour's.
    assert list(found) == ["greeters", "tellers"]
    usual = behaviour.encounters.attentive_share
    assert found["greeters"].patches == {"staff.greeters.attentive": pytest.approx(usual + 0.1)}
    assert found["tellers"].patches == {"staff.tellers.attentive": 1.0}
    assert found["tellers"].touches == ("counter", "desk")


def test_staff_who_is_always_attentive_has_no_notch(behaviour):
    journey = parse_journey(MAP.replace("attentive: 0.95", "attentive: 1"))
    assert list(by_lever(notches_of(journey, behaviour), Lever.ATTENTIVE)) == ["greeters"]


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (("    channel: self-service\n", ""), ["greeters", "tellers"]),
        (("kind: machine, cost_per_hour: 12", "cost_per_hour: 12"), ["greeters", "tellers"]),
        (("    stage: Arrive", "    stage: Arrive\n    lane: back"), ["tellers"]),
    ],
)
def test_machines_and_staff_who_meet_nobody_cannot_be_more_attentive(behaviour, change, left):
    found = notches_of(parse_journey(MAP.replace(*change)), behaviour)
    assert list(by_lever(found, Lever.ATTENTIVE)) == left


def test_better_waiting_is_the_first_condition_that_is_missing(notches):
    found = by_lever(notches, Lever.CONDITIONS)
    assert {place: list(notch.patches.values()) for place, notch in found.items()} == {
        "door": [["seated"]],
        "kiosk_line": [["seated"]],
        "line": [["seated", "informed"]],
    }


def test_a_condition_that_does_not_help_is_passed_over(behaviour):
    conditions = behaviour.waiting.conditions.model_copy(update={"informed": 1.0})
    waiting = behaviour.waiting.model_copy(update={"conditions": conditions})
    found = notches_of(parse_journey(MAP), behaviour.model_copy(update={"waiting": waiting}))
    patches = by_lever(found, Lever.CONDITIONS)["line"].patches
    assert patches == {"queues.line.conditions": ["seated", "explained"]}


def test_lines_of_a_group_are_equipped_together(behaviour):
    text = MAP.replace("  line: {conditions: [seated]}", "  line: {line_group: tills}").replace(
        "  desk_line: {conditions: [seated, informed, explained, occupied, comfortable, fair]}",
        "  desk_line: {line_group: tills, conditions: [seated]}\n  third: {line_group: tills}",
    )
    text = text.replace("queue: line", "queue: tills").replace("queue: desk_line", "queue: tills")
    text = text.replace("serves: [line, desk_line]", "serves: [line, desk_line, third]")
    notch = by_lever(notches_of(parse_journey(text), behaviour), Lever.CONDITIONS)["tills"]
    assert notch.patches == {"queues.line.conditions": ["seated"], "queues.third.conditions": ["seated"]}
    assert (notch.touches, notch.queues) == (("counter", "desk"), 2)
    assert notch_costs().per_year(notch, {}) == 2 * DEFAULT_COSTS[Lever.CONDITIONS].value


def test_failures_are_halved_where_there_are_any(notches):
    found = by_lever(notches, Lever.FAILS)
    assert {place: notch.patches for place, notch in found.items()} == {
        "kiosk": {"touchpoints.kiosk.fails": 0.05},
        "desk": {"touchpoints.desk.fails": 0.1},
    }


def test_every_notch_makes_a_map_that_passes_the_checks(notches):
    journey = parse_journey(MAP)
    for notch in notches:
        assert journey.patched(notch.patches) != journey


def test_a_name_with_a_dot_is_quoted():
    assert path_of("staff", "No. 3", "attentive") == 'staff."No. 3".attentive'


# Five days of one hour.
WEEK = [OpenDay(number, date(2027, 1, 4 + number)) for number in range(5)]


def test_cost_of_a_group_is_its_rostered_hours_within_opening_hours():
    journey = parse_journey(MAP)
    costs = yearly_group_costs(journey, WEEK, years=0.5)
    assert costs == {
        "greeters": pytest.approx(5 * 40 / 0.5),
        "machines": pytest.approx(5 * 2 * 12 / 0.5),
        "tellers": pytest.approx(5 * (0.5 * 1 + 0.5 * 2) * 60 / 0.5),
    }


def test_costs_are_shares_of_who_serves_there_or_sums(notches):
    groups = {"greeters": 1000.0, "machines": 2000.0, "tellers": 4000.0}
    table = notch_costs(["fails=10%", "conditions=700", "service.counter=90"], notches)
    found = {(n.lever, n.place): table.per_year(n, groups) for n in notches}
    assert found[Lever.SERVICE, "welcome"] == pytest.approx(0.05 * 1000)
    assert found[Lever.SERVICE, "counter"] == 90
    assert found[Lever.FAILS, "kiosk"] == pytest.approx(0.1 * 2000)
    assert found[Lever.CONDITIONS, "door"] == 700


def test_a_share_of_an_unknown_cost_is_unknown_and_no_share_is_free(notches):
    groups = {"greeters": 0.0, "machines": 0.0, "tellers": 0.0}
    notch = by_lever(notches, Lever.SERVICE)["counter"]
    assert notch_costs().per_year(notch, groups) is None
    assert notch_costs(["service=0%"]).per_year(notch, groups) == 0
    assert notch_costs(["service=0"]).per_year(notch, groups) == 0


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("service", "LEVER=VALUE is required"),
        ("service=-3", "LEVER=VALUE is required"),
        ("service=nan", "LEVER=VALUE is required"),
        ("servise=3", "found servise, hint: did you mean service"),
        ("fails.kiosc=3", "nothing to improve by fails there, found kiosc"),
    ],
)
def test_a_wrong_cost_is_refused(notches, setting, words):
    with pytest.raises(InputError) as refused:
        notch_costs([setting, "service=1"], notches)
    assert words in str(refused.value)


def test_a_rule_is_written_as_the_command_line_takes_it():
    for rule in (CostRule(0.05, True), CostRule(1234567.0, False)):
        table = notch_costs([f"service={rule.text}"])
        assert (table.levers[Lever.SERVICE].value, table.levers[Lever.SERVICE].is_share) == (
            rule.value,
            rule.is_share,
        )
