"""What is varied, how, and what is told of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.market_maps import SCENARIO, write_market
from tests.small_branch import SMALL_MAP, small_scenario

from journeysim.errors import InputError
from journeysim.experiment import parse_scenario, run
from journeysim.experiment.sensitivity.ranges import ranges_given, usual_range
from journeysim.experiment.sensitivity.search import TABLE_COLUMNS, Sensitivity, _change, sensitivity
from journeysim.experiment.sensitivity.varied import CannotMove, How, Kind, Move
from journeysim.experiment.sensitivity.varied_map import (
    behaviour_parameters,
    further_parameters,
    map_parameters,
)
from journeysim.experiment.sensitivity.words import sensitivity_answer, sensitivity_document

TWO_NEEDS = """\
journey: Two needs
hours: {open: 09:00, close: 10:00}
segments: {regular: {share: 0.75}, 贵宾: {share: 0.25}}
needs:
  cash: {share: {regular: 0.9, 贵宾: 0.5}, start: counter}
  loan: {share: {regular: 0.06, 贵宾: 0.3}, start: counter}
  card: {share: {regular: 0.04, 贵宾: 0.2}, start: counter}
arrivals: {per_hour: 40}
staff: {tellers: {count: {09:00: 1, 09:30: 3}, serves: [line], attentive: 0.9}}
queues: {line: {capacity: 9}}
touchpoints:
  counter:
    stage: Transact
    queue: line
    service: {gamma: {mean: 4 min, cv: 0.7}}
    wrap_up: {constant: 30 s}
    next: [{to: {desk: 0.5, leave: 0.5}, probability: 0.2}, {to: leave}]
  desk: {stage: Advise, service: {by_need: {cash: {constant: 1 min}, other: {constant: 3 min}}}}
"""


@pytest.fixture(scope="module")
def scenario():
    return parse_scenario(small_scenario("options: {Today: {}}\n", TWO_NEEDS))


def moved(scenario, path, move, parameters=map_parameters):
    option = scenario.baseline_option
    known = {one.path: one for one in parameters(option)}
    return known[path].moved(option, move)


def test_a_share_gives_to_the_others_in_proportion_for_every_kind_of_customer(scenario):
    found = moved(scenario, "needs.loan.share", Move(How.TIMES, 1.5))
    assert found.patches["needs.loan.share"] == {"regular": 0.09, "贵宾": 0.45}
    for segment, cash, card in (("regular", 0.9, 0.04), ("贵宾", 0.5, 0.2)):
        left = {name: found.patches[f"needs.{name}.share"][segment] for name in ("cash", "card")}
        assert sum(left.values()) + found.patches["needs.loan.share"][segment] == pytest.approx(1, abs=1e-8)
        assert left["cash"] / left["card"] == pytest.approx(cash / card, rel=1e-6)
    assert not found.clipped


def test_an_end_beyond_what_is_possible_is_cut_and_says_so(scenario):
    found = moved(scenario, "staff.tellers.attentive", Move(How.TIMES, 1.2))
    assert (found.patches, found.clipped) == ({"staff.tellers.attentive": 1.0}, True)
    assert moved(scenario, "needs.cash.share", Move(How.TIMES, 1.2)).clipped


def test_service_is_moved_with_its_wrap_up_whatever_its_family(scenario):
    found = moved(scenario, "touchpoints.counter.service", Move(How.TIMES, 0.5)).patches
    assert found == {
        "touchpoints.counter.service": {"gamma": {"mean": "2 min", "cv": 0.7}},
        "touchpoints.counter.wrap_up": {"constant": "15 s"},
    }
    assert moved(scenario, "touchpoints.counter.service", Move(How.TO, "6 min")).patches[
        "touchpoints.counter.service"
    ] == {"gamma": {"mean": "6 min", "cv": 0.7}}


def test_a_mean_that_differs_by_need_is_moved_by_factors_alone(scenario):
    assert moved(scenario, "touchpoints.desk.service", Move(How.TIMES, 2.0)).patches == {
        "touchpoints.desk.service": {
            "by_need": {"cash": {"constant": "2 min"}, "other": {"constant": "6 min"}}
        }
    }
    with pytest.raises(CannotMove, match=r"x0\.8\.\.x1\.2"):
        moved(scenario, "touchpoints.desk.service", Move(How.TO, "3 min"))


def test_who_is_alone_is_not_taken_away(scenario):
    found = moved(scenario, "staff.tellers.count", Move(How.PLUS, -1))
    assert found.patches == {"staff.tellers.count": {"09:00": 1, "09:30": 2}}
    assert found.clipped
    alone = parse_scenario(small_scenario("", SMALL_MAP.replace("count: 3", "count: 1")))
    with pytest.raises(CannotMove, match="nobody can be spared"):
        moved(alone, "staff.tellers.count", Move(How.PLUS, -1))


def test_of_two_shares_one_is_moved_as_the_other_is_what_it_leaves(scenario):
    kinds = [one.path for one in map_parameters(scenario.baseline_option) if one.kind is Kind.SEGMENT]
    assert kinds == ["segments.regular.share"]


def test_a_route_keeps_its_rule_and_sums_to_one(scenario):
    option = scenario.baseline_option
    split = next(one for one in further_parameters(option) if one.title == "counter to desk")
    chance = next(one for one in further_parameters(option) if one.title == "counter to desk or leave")
    assert split.moved(option, Move(How.TIMES, 1.2)).patches == {
        "touchpoints.counter.next": [{"to": {"desk": 0.6, "leave": 0.4}, "probability": 0.2}, {"to": "leave"}]
    }
    rules = chance.moved(option, Move(How.TIMES, 0.5)).patches["touchpoints.counter.next"]
    assert rules[0] == {"to": {"desk": 0.5, "leave": 0.5}, "probability": 0.1}


def test_every_end_of_everything_makes_a_scenario_that_can_be_run(tmp_path):
    path = write_market(tmp_path)
    from journeysim.experiment import load_scenario
    from journeysim.experiment.sensitivity.plan import Plan
    from journeysim.experiment.sensitivity.search import _ranges, _sides

    loaded = load_scenario(path)
    sides = _sides(loaded, "retained_fraction", "One more teller", 2, "")
    ranges = _ranges(loaded, "retained_fraction", (), False, True)
    plan = Plan.of(loaded, sides, ranges, given=False, file="")
    reasons = {one.reason for one in plan.left_out}
    assert reasons == {"nobody can be spared", "it is 0", "it is at its limit of 1"}
    assert len(plan.scenario.options) == 2 + 2 * len(plan.ends)
    # An option is varied around what it itself has.
    written = plan.scenario.resolved["options"]
    assert written["number of tellers 2 to 3"]["set"] == {"staff.tellers.count": {"09:00": 2, "09:30": 3}}
    assert written["One more teller, number of tellers 2 to 3"]["set"] == {"staff.tellers.count": 4}


def test_constants_are_those_that_rest_on_an_assumption_and_sum_to_one_together(tmp_path):
    from journeysim.experiment import load_scenario

    loaded = load_scenario(write_market(tmp_path))
    some = {one.path for one in behaviour_parameters(loaded, measured=False)}
    every = {one.path for one in behaviour_parameters(loaded, measured=True)}
    assert "behaviour.leaving.satisfaction" in some
    assert "behaviour.telling.told_bad" in every - some
    assert not any(
        path.startswith(("behaviour.leaving.per_year", "behaviour.leaving.reasons")) for path in every
    )
    peak = next(one for one in behaviour_parameters(loaded, measured=True) if one.title == "visits.peak")
    assert peak.moved(loaded.baseline_option, Move(How.TIMES, 1.2)).patches == {
        "behaviour.visits.peak": 0.48,
        "behaviour.visits.end": 0.26,
        "behaviour.visits.mean": 0.26,
    }


def test_without_a_market_only_constants_of_judging_a_visit_are_varied(scenario):
    sections = {one.path.split(".")[1] for one in behaviour_parameters(scenario, measured=True)}
    assert sections == {"waiting", "encounters", "effort", "visits"}


@pytest.mark.parametrize(
    ("setting", "low", "high"),
    [
        ("staff.tellers.count=2..5", Move(How.TO, 2), Move(How.TO, 5)),
        ("staff.tellers.count=-1..+2", Move(How.PLUS, -1), Move(How.PLUS, 2)),
        ("arrivals.scale=x0.5..×1.5", Move(How.TIMES, 0.5), Move(How.TIMES, 1.5)),
        ("staff.tellers.attentive=70%..95%", Move(How.TO, 0.7), Move(How.TO, 0.95)),
        ("touchpoints.counter.service=3 min..240 s", Move(How.TO, "3 min"), Move(How.TO, "240 s")),
        ("touchpoints.counter.service=-1 min..+2 min", Move(How.PLUS, "-1 min"), Move(How.PLUS, "2 min")),
        ("queues.line.capacity=5..20", Move(How.TO, 5), Move(How.TO, 20)),
    ],
)
def test_ranges_are_read(scenario, setting, low, high):
    option = scenario.baseline_option
    (found,) = ranges_given([setting], map_parameters(option), option)
    assert (found.low, found.high) == (low, high)
    found.parameter.moved(option, low)
    found.parameter.moved(option, high)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("arrivals.scale=3", "LOW..HIGH is required"),
        ("arrivals.scale=", "nothing follows the ="),
        ("staff.tellers.cont", "did you mean staff.tellers.count"),
        ("=3..4", "PATH or PATH=LOW..HIGH is required"),
        ("arrivals.scale=1..{", "arrivals.scale"),
        ("staff.tellers.count=6..3", "the lower end comes first, found 6..3, hint: staff.tellers.count=3..6"),
        ("staff.tellers.count=+1..-1", "the lower end comes first"),
        ("arrivals.scale=x1.5..x0.5", "the lower end comes first"),
        ("touchpoints.counter.service=5 min..240 s", "hint: touchpoints.counter.service=240 s..5 min"),
    ],
)
def test_wrong_ranges_are_told(scenario, setting, told):
    option = scenario.baseline_option
    with pytest.raises(InputError, match=r"--vary") as caught:
        ranges_given([setting], map_parameters(option), option)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("staff.tellers.count=2.5..5", "downwards: a whole number is required, found 2.5, hint: 2 or 3"),
        ("staff.tellers.count=-1..+1.5", "upwards: a whole number is required, found 1.5, hint: +2"),
        ("queues.line.capacity=5..7.5", "upwards: a whole number is required, found 7.5"),
        ("queues.line.capacity=+1..+1.5", "upwards: a whole number is required, found 10.5"),
    ],
)
def test_whole_numbers_are_not_rounded_in_silence(scenario, setting, told):
    with pytest.raises(InputError) as caught:
        sensitivity(scenario, "wait_mean_min", vary=[setting], replications=2, jobs=1)
    assert told in str(caught.value)


def test_usual_ranges(scenario):
    by_path = {one.path: usual_range(one) for one in map_parameters(scenario.baseline_option)}
    assert by_path["staff.tellers.count"].low == Move(How.PLUS, -1)
    assert by_path["arrivals.scale"].high == Move(How.TIMES, 1.2)


@pytest.fixture(scope="module")
def small():
    options = "options: {Today: {}, Fourth teller: {set: {staff.tellers.count: 4}}}\ndays: 3\nseed: 5\n"
    return parse_scenario(small_scenario(options))


@pytest.fixture(scope="module")
def found(small) -> Sensitivity:
    return sensitivity(small, "wait_mean_min", replications=4, jobs=1)


def test_changes_are_those_of_a_run_made_by_hand(small, found):
    both = run(
        parse_scenario(
            small_scenario(
                "options: {A: {}, B: {set: {arrivals.scale: 0.8}}}\ndays: 3\nseed: 5\nreplications: 4\n"
            )
        ),
        jobs=1,
        steps=False,
    )
    by_hand = both.options[1].versus_baseline["wait_mean_min"].difference
    arrivals = next(one for one in found.swings if one.path == "arrivals.scale")
    assert arrivals.low.change == by_hand
    assert found.middle.difference == both.options[0].metrics["wait_mean_min"].mean
    assert arrivals.low.change.difference < 0 < arrivals.high.change.difference


def test_with_an_option_it_is_the_difference_that_is_followed(small):
    found = sensitivity(
        small,
        "wait_mean_min",
        option="Fourth teller",
        vary=["arrivals.scale=x0.5..x1.5"],
        replications=4,
        jobs=1,
    )
    rows = "options:\n" + "".join(
        f"  {name}: {{set: {{arrivals.scale: {scale}, staff.tellers.count: {count}}}}}\n"
        for name, scale, count in (("A", 1.0, 3), ("B", 1.0, 4), ("C", 1.5, 3), ("D", 1.5, 4))
    )
    by_hand = run(
        parse_scenario(
            small_scenario(
                f"{rows}contrasts: {{X: {{of: [D, C], less: [B, A]}}}}\ndays: 3\nseed: 5\nreplications: 4\n"
            )
        ),
        jobs=1,
        steps=False,
    )
    (arrivals,) = found.swings
    assert arrivals.high.change == by_hand.contrasted[0].metrics["wait_mean_min"]
    assert found.middle.difference < 0
    # More customers, more relief.
    assert arrivals.high.value.difference < found.middle.difference < arrivals.low.value.difference
    assert "sign" in sensitivity_answer(found)


def test_the_table_is_ranked_and_has_a_row_for_each_end(found):
    table = found.table
    assert dict(table.schema) == dict(TABLE_COLUMNS)
    places = [(not one.sure, -one.most) for one in found.swings]
    assert places == sorted(places)
    assert {sure for sure, _ in places} == {True, False}
    assert table["parameter"].unique(maintain_order=True).to_list() == [one.title for one in found.swings]
    assert table["end"].to_list()[:2] == ["low", "high"]
    assert (table["n"] == 4).all()


@pytest.mark.parametrize(("metric", "has_interval"), [("lost", False), ("staff_cost_per_day", True)])
def test_counts_that_agree_by_chance_are_not_taken_for_sure(metric, has_interval):
    middle, end = [np.array([5.0, 7.0, 5.0, 6.0])], [np.array([6.0, 8.0, 6.0, 7.0])]
    change = _change(end, middle, metric)
    assert change.difference == 1
    assert math.isnan(change.low) is not has_interval
    assert _change(middle, middle, metric).p == 1


def test_what_moves_nothing_says_exactly_nothing(found):
    attentive = next(one for one in found.swings if one.kind is Kind.ATTENTIVE)
    assert [end.change.difference for end in attentive.ends] == [0.0] * len(attentive.ends)
    assert all(end.change.p == 1 and not end.real for end in attentive.ends)


def test_the_answer_names_the_first_and_nothing_that_chance_could_do(found):
    text = sensitivity_answer(found)
    assert found.swings[0].title in text
    assert "attentive" not in text
    document = sensitivity_document(found)
    assert document["parameters"][0]["parameter"] == found.swings[0].title
    assert document["answer"] == text
    assert not math.isnan(document["middle"]["mean"])


def test_real_is_adjusted_for_all_ends(found):
    ends = [end for one in found.swings for end in one.ends]
    p = np.array([end.change.p for end in ends])
    assert all(end.p_adjusted >= end.change.p for end in ends)
    assert min(end.p_adjusted for end in ends) == pytest.approx(min(1.0, p.min() * len(ends)))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"metric": "wait_men_min"}, "did you mean wait_mean_min"),
        ({"metric": "retained_fraction"}, "give the scenario a market"),
        ({"metric": "wait_mean_min", "option": "Today"}, "an option beside the baseline"),
        ({"metric": "wait_mean_min", "option": "Forth teller"}, "did you mean Fourth teller"),
        ({"metric": "wait_mean_min", "replications": 1}, "at least 2 replications"),
        (
            {"metric": "wait_mean_min", "option": "Fourth teller", "vary": ["staff.tellers.count=2..5"]},
            "an option sets this itself",
        ),
        ({"metric": "wait_mean_min", "vary": ["queues.line.capacity"]}, "no number stands there"),
        ({"metric": "wait_mean_min", "vary": ["queues.lime.capacity=2..3"]}, "did you mean line"),
    ],
)
def test_what_is_wrong_is_told_before_anything_runs(small, arguments, told):
    arguments = {"replications": 2, **arguments}
    with pytest.raises(InputError) as caught:
        sensitivity(small, **arguments)
    assert told in str(caught.value)


def test_an_option_with_a_period_is_refused(tmp_path):
    changed = SCENARIO.replace(
        "{set: {staff.tellers.count: 3}}",
        "{set: {staff.tellers.count: 3}, period: {from: 2027-01-04, until: 2027-01-20}}",
    )
    with pytest.raises(InputError, match="with a period cannot be varied"):
        sensitivity(write_market(tmp_path, changed), "lost", option="One more teller", replications=2)
