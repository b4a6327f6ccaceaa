"""The golden point: notches as options of one scenario, their ranking, the best again, and the words."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from tests.market_maps import MAP, SCENARIO, write_market

from journeysim.errors import InputError
from journeysim.experiment import load_scenario
from journeysim.experiment.golden.costs import notch_costs
from journeysim.experiment.golden.notches import Lever, Notch
from journeysim.experiment.golden.search import (
    Gain,
    Golden,
    PricedNotch,
    ahead_of_second,
    golden,
    notched,
    option_names,
    priced_notches,
    ranked,
)
from journeysim.experiment.golden.words import golden_answer, golden_document, golden_json
from journeysim.experiment.resolve import run_id
from journeysim.experiment.results import Comparison
from journeysim.experiment.scenario import fresh_seed
from journeysim.experiment.statistics import Difference
from journeysim.experiment.yaml_text import to_yaml

NOTCHES = 4 + 2 + 3 + 2


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    folder = tmp_path_factory.mktemp("golden")
    told = []
    found = golden(
        write_market(folder), replications=2, fresh=2, jobs=1, out=folder / "runs", tell=told.append
    )
    return found, folder, told


def maps(scenario):
    """What the maps of every option and branch say, wherever they were read."""
    ours = {option.name: option.market.banks[0].branches for option in scenario.options}
    return {name: [branch.journey.model_dump() for branch in branches] for name, branches in ours.items()}


def scenario_of(tmp_path, **more):
    return load_scenario(write_market(tmp_path, **more))


@pytest.mark.slow
def test_every_notch_is_an_option_beside_the_baseline_alone(searched):
    found, _, _ = searched
    names = [option.name for option in found.screening.scenario.options]
    assert names[0] == "Today"
    assert len(names) == len(set(names)) == 1 + NOTCHES
    assert "One more teller" not in names
    assert {gain.priced.option for gain in found.ranking} == set(names[1:])


@pytest.mark.slow
def test_the_best_are_estimated_again_on_other_luck(searched):
    found, _, told = searched
    assert found.fresh is not None
    seemed = [gain.priced.option for gain in found.ranking if gain.equity.difference.difference > 0]
    assert [gain.priced.option for gain in found.confirmed] == seemed[:2]
    assert found.fresh.scenario.seed == fresh_seed(3, "golden point") != 3
    assert [gain.replications for gain in found.confirmed] == [2, 2]
    first, again = found.ranking[0].equity, found.confirmed[0].equity
    assert first.difference.difference != again.difference.difference
    assert len(told) == 2


@pytest.mark.slow
def test_the_runner_up_is_compared_by_what_each_gains_for_its_cost(searched):
    found, _, _ = searched
    rows = found.fresh.metrics.filter(metric="customer_equity", scope="all", month=0)
    equity = {
        name: rows.filter(option=name).sort("replication")["value"].to_numpy() for name in rows["option"]
    }
    for_cost = [
        (equity[one.priced.option] - equity["Today"]) / one.priced.cost_per_year for one in found.confirmed
    ]
    assert found.ahead.difference == pytest.approx((for_cost[0] - for_cost[1]).mean())
    assert found.ahead.n == 2


@pytest.mark.slow
def test_a_known_cost_is_not_compared_with_an_unknown_one(searched):
    found, _, _ = searched
    first, second = (one.priced for one in found.confirmed)
    assert ahead_of_second(found.fresh, [first, replace(second, cost_per_year=None)]) is None
    unknown = [replace(one, cost_per_year=None) for one in (first, second)]
    gap = found.confirmed[0].equity.difference.difference - found.confirmed[1].equity.difference.difference
    assert ahead_of_second(found.fresh, unknown).difference == pytest.approx(gap)


@pytest.mark.slow
def test_the_folders_hold_scenarios_that_repeat_the_runs(searched):
    found, _, _ = searched
    for one in (found.screening, found.fresh):
        again = load_scenario(one.folder / "scenario.yaml")
        assert run_id(again.resolved, again.files) == run_id(one.scenario.resolved, one.scenario.files)
        assert maps(again) == maps(one.scenario)
        assert [option.cost_per_year for option in again.options] == [
            option.cost_per_year for option in one.scenario.options
        ]


@pytest.mark.slow
def test_a_search_that_was_stopped_is_continued(searched):
    found, folder, _ = searched
    assert found.fresh is not None
    (found.fresh.folder / "result.json").unlink()
    arguments = {"replications": 2, "fresh": 2, "jobs": 1, "out": folder / "runs"}
    with pytest.raises(InputError, match="add --resume"):
        golden(folder / "scenario.yaml", **arguments)
    again = golden(folder / "scenario.yaml", resume=True, **arguments)
    assert golden_document(again) == golden_document(found)


@pytest.mark.slow
def test_the_cost_of_a_notch_is_the_cost_of_its_option(searched):
    found, _, _ = searched
    by_name = {option.name: option.metrics for option in found.screening.options}
    for gain in found.ranking:
        assert gain.priced.cost_per_year > 0
        assert by_name[gain.priced.option]["option_cost_per_year"].mean == gain.priced.cost_per_year


def test_what_the_baseline_changes_stays(tmp_path):
    text = SCENARIO.replace(
        "Today: {}",
        "Today: {set: {staff.tellers.count: 2, queues.line.conditions: [fair]}, "
        "remove: [staff.tellers.attentive]}",
    )
    scenario = scenario_of(tmp_path, scenario=text)
    priced, _ = priced_notches(scenario, "s.yaml")
    made = notched(scenario, priced, "part")
    (tmp_path / "again.yaml").write_text(to_yaml(made.resolved))
    again = load_scenario(tmp_path / "again.yaml")
    assert maps(again) == maps(made)
    staff = {option.name: option.journey.staff["tellers"] for option in made.options}
    assert {group.count for group in staff.values()} == {2}
    assert staff["Today"].attentive is None
    assert staff["attentive staff among tellers"].attentive is not None
    lines = {option.name: option.journey.queues["line"].conditions for option in made.options}
    assert lines["better waiting in line"] == ("fair", "seated")


def test_contrasts_of_options_that_are_left_out_are_left_out_too(tmp_path):
    pair = "[One more teller, Today]"
    text = f"{SCENARIO}contrasts: {{Echo: {{of: {pair}, less: {pair}}}}}\n"
    scenario = scenario_of(tmp_path, scenario=text)
    priced, _ = priced_notches(scenario, "s.yaml")
    made = notched(scenario, priced, "part")
    assert scenario.contrasts
    assert not made.contrasts
    (tmp_path / "again.yaml").write_text(to_yaml(made.resolved))
    assert maps(load_scenario(tmp_path / "again.yaml")) == maps(made)


def test_each_branch_has_notches_of_its_own(tmp_path):
    (tmp_path / "map.yaml").write_text(MAP)
    branches = (
        "branches: {East: {customers: 200, journey: map.yaml}, West: {customers: 100, journey: map.yaml}},"
    )
    text = SCENARIO.replace("journey: map.yaml\n", "").replace("customers: 120,", branches)
    text = text.replace("  One more teller: {set: {staff.tellers.count: 3}}\n", "")
    scenario = scenario_of(tmp_path, scenario=text)
    priced, _ = priced_notches(scenario, "s.yaml")
    assert len(priced) == 2 * NOTCHES
    made = notched(scenario, priced, "part")
    (tmp_path / "again.yaml").write_text(to_yaml(made.resolved))
    again = load_scenario(tmp_path / "again.yaml")
    assert maps(again) == maps(made)
    east = next(o for o in made.options if o.name == "fewer failures at East: kiosk").market.banks[0]
    assert [branch.journey.touchpoints["kiosk"].fails for branch in east.branches] == [0.05, 0.1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("market: {customers: 120, months: 2, burn_in_months: 1}\n", "days: 5\n"), "a market is required"),
        (
            (
                "Today: {}",
                "Today: {set: {arrivals.scale: 1.5}, period: {from: 2027-01-05, until: 2027-01-08}}",
            ),
            "a baseline with a period",
        ),
    ],
)
def test_what_has_no_golden_point_is_refused(tmp_path, change, words):
    with pytest.raises(InputError, match=words) as refused:
        golden(write_market(tmp_path, SCENARIO.replace(*change)))
    assert "scenario.yaml" in str(refused.value)
    assert "hint" in str(refused.value)


def test_customers_who_are_worth_nothing_are_refused(tmp_path):
    path = write_market(tmp_path, journey=MAP.replace("    margin_per_year: 900\n", ""))
    with pytest.raises(
        InputError, match="equity does not move, hint: give the map's segments a margin_per_year"
    ):
        golden(path)


def test_a_map_with_nothing_left_to_improve_is_refused(tmp_path):
    nothing = """
journey: Perfect
hours: {open: 09:00, close: 10:00}
segments: {regular: {share: 1, margin_per_year: 900}}
needs: {cash: {share: 1, start: app}}
arrivals: {per_hour: 10}
touchpoints: {app: {stage: Transact, channel: app, service: {constant: 0 min}}}
"""
    with pytest.raises(InputError, match="no touchpoint has anything to improve"):
        golden(write_market(tmp_path, SCENARIO.split("options:")[0], nothing))


def test_one_replication_is_too_few(tmp_path):
    with pytest.raises(InputError, match="at least 2 replications"):
        golden(write_market(tmp_path), replications=1)


# Ranking and words, by hand.


def gain(place, gained, half, cost, p=0.01, lever=Lever.SERVICE):
    notch = Notch(lever, place, (place,), "service × 0.9", {}, ())
    gap = Difference(gained, gained - half, gained + half, p, 4, math.nan)
    equity = Comparison(gap, p, p < 0.05)
    return Gain(PricedNotch(notch, place, cost), equity, equity, 4)


def test_ranking_is_by_equity_for_its_cost_among_equally_sure_ones():
    gains = [
        gain("loses", -5, 1, 10),
        gain("cheap but unsure", 50, 60, 1),
        gain("cheap", 100, 10, 10),
        gain("loses more", -50, 1, 1000),
        gain("dear", 300, 10, 100),
        gain("unknown", 900, 10, None),
        gain("free", 1, 0.5, 0),
        gain("nothing", 0, 0, 10, p=1.0),
    ]
    assert [one.priced.option for one in ranked(gains)] == [
        "free", "cheap", "dear", "unknown", "cheap but unsure", "nothing", "loses", "loses more",
    ]  # fmt: skip


def test_without_any_cost_ranking_is_by_equity_and_equals_stay():
    gains = [gain("a", 1, 0.1, None), gain("b", 2, 0.1, None), gain("c", 1, 0.1, None)]
    assert [one.priced.option for one in ranked(gains)] == ["b", "a", "c"]


def answer(searched, confirmed, ahead=None, ranking=None):
    found, _, _ = searched
    rows = tuple(ranking or confirmed)
    gap = None if ahead is None else Difference(sum(ahead) / 2, *ahead, 0.5, 4, math.nan)
    return golden_answer(replace(found, confirmed=tuple(confirmed), ranking=rows, ahead=gap))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        ((1, 3), "and on the fresh replications it gains more for its cost than the second, shorter"),
        ((-1, 3), "whether it gains more for its cost than the second, shorter service at b"),
        (None, "first of the 2 improvements tried; the second was shorter service at b"),
    ],
)
def test_the_answer_says_of_the_runner_up_what_the_interval_allows(searched, ahead, words):
    text = answer(searched, [gain("a", 2000, 10, 100), gain("b", 900, 10, 100)], ahead)
    assert text.startswith("Golden point: shorter service at a (service × 0.9).")
    assert "by 2,000 (95% interval 1,990 to 2,010) CNY and costs 100 a year: 20 for each CNY of it" in text
    assert words in text


@pytest.mark.slow
def test_a_runner_up_that_turns_out_better_is_the_golden_point(searched):
    best, second = gain("a", 2000, 10, 100), gain("b", 900, 10, 10)
    text = answer(searched, [best, second], (-80, -60))
    assert text.startswith("Golden point: shorter service at b (service × 0.9).")
    assert "by 900 (95% interval 890 to 910) CNY and costs 10 a year: 90 for each CNY of it" in text
    assert "It came second of the 2 improvements tried, but on the fresh replications it gains more" in text
    unsure = gain("b", 900, 1000, 1, p=0.2)
    assert answer(searched, [best, unsure], (-80, -60)).startswith("Golden point: shorter service at a")


@pytest.mark.slow
def test_the_answer_claims_nothing_that_chance_may_have_made(searched):
    unsure = gain("a", 2000, 3000, 100, p=0.3)
    text = answer(searched, [unsure, gain("b", 5, 10, 1, p=0.5)], (-1, 3))
    assert text.startswith("No golden point: none of the 2 improvements tried can be told from chance.")
    text = answer(searched, [unsure], ranking=[unsure, unsure, gain("c", 9, 1, 1)])
    assert "none of the best 1 of the 3 improvements tried could be told from chance" in text
    text = answer(searched, [unsure, gain("b", 900, 10, 100)], (-1, 3))
    assert text.startswith("Shorter service at a (service × 0.9), first of the 2 improvements tried, cannot")
    # A change for the worse is no golden point, however sure it is.
    assert answer(searched, [gain("a", -9, 1, 1)]).startswith("No golden point")
    assert answer(searched, [], ranking=[gain("a", -9, 1, 1)]).startswith("No golden point")


@pytest.mark.slow
def test_the_answer_says_where_no_cost_is_known_or_none_is_due(searched):
    text = answer(searched, [gain("a", 2000, 10, None), gain("b", 900, 10, None)], (1, 3))
    assert "what it costs is not known" in text
    assert "it gains more than the second" in text
    assert "and costs nothing" in answer(searched, [gain("a", 2000, 10, 0.0)])


@pytest.mark.slow
def test_the_document_is_plain_json(searched):
    found, _, _ = searched
    document = json.loads(golden_json(found))
    assert document["answer"] == golden_answer(found)
    assert len(document["screening"]["ranking"]) == NOTCHES
    row = document["screening"]["ranking"][0]
    gained, cost = row["customer_equity"]["difference"], row["cost_per_year"]
    kinds = {"difference", "low", "high", "p", "p_adjusted", "real"}
    assert set(row["customer_equity"]) == kinds
    assert row["equity_per_cost"] == pytest.approx(gained / cost)
    assert document["costs_assumed"]["service"] == {
        "value": 0.05, "is_share": True, "meaning": "training and tools",
    }  # fmt: skip
    unknown = replace(found, confirmed=(gain("a", 1, 1, None),), ranking=(gain("a", 1, 1, None),))
    row = golden_document(unknown)["fresh"]["best"][0]
    assert row["cost_per_year"] is row["net_value_per_year"] is row["equity_per_cost"] is None


def test_names_are_short_enough_and_none_is_taken_twice():
    long = Notch(Lever.SERVICE, "x" * 80, (), "", {}, ())
    short = Notch(Lever.SERVICE, "counter", (), "", {}, ())
    names = option_names([long, long, short], "shorter service at counter")
    assert len(set(names)) == 3
    assert "shorter service at counter" not in names
    assert max(len(name) for name in names) <= 80


def test_the_ranking_knows_whether_any_cost_is_known():
    rows = (gain("a", 1, 1, None),)
    assert not Golden("", "", notch_costs(), None, rows, None, (), None).by_cost
    assert Golden("", "", notch_costs(), None, (*rows, gain("b", 1, 1, 5)), None, (), None).by_cost
