"""What the report says of assumptions, uncertainty and how to get its numbers again."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from tests import report_runs

from journeysim import Run, load_scenario, open_run, run
from journeysim.experiment.assumptions import SourceKind, kind_of
from journeysim.experiment.headline import headline_columns
from journeysim.experiment.results import MetricKey, OptionResult
from journeysim.experiment.standing import few, number_with_interval, standing
from journeysim.experiment.statistics import Estimate
from journeysim.report.page.again import again
from journeysim.report.page.assumed import assumed_in, compared_options
from journeysim.report.page.uncertain import remarks_on


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return report_runs.market_run(tmp_path_factory.mktemp("market"))


@pytest.fixture(scope="module")
def options() -> Run:
    return report_runs.options_run()


def told(found: Run) -> dict[str, str]:
    in_market = found.scenario.baseline_option.market is not None
    columns = headline_columns(found.options, "", in_market=in_market)
    remarks = remarks_on(found, columns, assumed_in(found).guessed_fraction)
    return {remark.about: " ".join(remark.sentences) for remark in remarks}


def test_one_replication_says_that_it_tells_nothing() -> None:
    found = report_runs.bare_run()
    assert told(found)["Chance"] == "One replication has no interval: nothing here can be told from chance."
    assert "Several options at once" not in told(found)
    assert "no market" in told(found)["The model"]


def test_few_replications_are_called_few(options: Run) -> None:
    chance = told(options)["Chance"]
    assert "3 replications are few" in chance
    wait = options.baseline.metrics["wait_mean_min"]
    assert f"±{wait.half_width / wait.mean:.1%}" in chance


def test_differences_are_counted_by_what_is_known_of_them(options: Run) -> None:
    said = told(options)["Several options at once"]
    counts = re.match(
        r"Of (\d+) differences .*? (\d+) are real, (\d+) cannot .*? and (\d+) are exactly zero", said
    )
    assert counts
    total, real, unclear, same = map(int, counts.groups())
    assert total == real + unclear + same
    # The last option changes nothing at all.
    assert same >= total / 3


def test_a_market_tells_its_calibration_and_horizon(market: Run) -> None:
    said = told(market)
    ends = [
        value
        for option, value in market.months.filter(
            (market.months["scope"] == "all")
            & (market.months["metric"] == "customers")
            & (market.months["month"] == 5)
        )
        .select("option", "value")
        .iter_rows()
        if option == "Today"
    ]
    moved = sum(ends) / len(ends) - 120
    way = "more" if moved > 0 else "fewer"
    assert f"it ends with {abs(moved):,.0f} {way}" in said["Calibration"]
    assert "times 12/5" in said["The horizon"]
    assert "Behaviour: Rules of thumb, with changes. What is said" in said["The model"]


def test_a_log_is_held_against_the_interval(tmp_path) -> None:
    found = report_runs.observed_run(tmp_path)
    said = told(found)["Against a log"]
    assert "Mean wait, min: the log says 1.17, the simulation" in said
    assert found.observed is not None
    wait, interval = found.observed.metrics["wait_mean_min"], found.baseline.metrics["wait_mean_min"]
    where = "inside" if interval.low <= wait <= interval.high else "outside"
    assert f"the log lies {where} the interval" in said


def test_warnings_come_without_the_place_in_somebodys_file(tmp_path) -> None:
    found = report_runs.bare_run()
    crowded = report_runs.small_scenario("days: 1\nreplications: 1\nset: {staff.tellers.count: 1}\n")
    (tmp_path / "crowded.yaml").write_text(crowded)
    found = run(load_scenario(tmp_path / "crowded.yaml"), jobs=1)
    doubtful = told(found)["What looks doubtful in the input"]
    assert "touchpoints.counter" in doubtful
    assert str(tmp_path) not in doubtful


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("Tversky & Kahneman 1992", SourceKind.PUBLISHED),
        ("Nitzan & Libai 2011: most in the first month; the constant is an assumption", SourceKind.PARTLY),
        ("service training: half as many as of a bad one", SourceKind.TRAINING),
        ("assumption; measured at 1.30 to 1.36 (Stone 2012)", SourceKind.ASSUMPTION),
        ("set by the scenario, in place of 9.0", SourceKind.SCENARIO),
        ("set here; 9.0 in the preset evidence", SourceKind.SCENARIO),
        ("no source given", SourceKind.NONE),
    ],
)
def test_kinds_of_source(source: str, kind: SourceKind) -> None:
    assert kind_of(source) is kind


def test_without_a_market_only_constants_that_judge_visits_are_assumed(options: Run, market: Run) -> None:
    of_visits, all_of_them = assumed_in(options), assumed_in(market)
    assert {row[0].split(".")[0] for row in of_visits.every.rows} == {
        "waiting",
        "encounters",
        "effort",
        "visits",
    }
    assert "telling.told_bad" in {row[0] for row in all_of_them.every.rows}
    assert of_visits.own is None
    assert all_of_them.own is not None
    assert [row[:2] for row in all_of_them.own.rows] == [("telling.told_bad", "12.0")]
    for found in (of_visits, all_of_them):
        assert sum(int(row[1]) for row in found.kinds.rows) == len(found.every.rows)
        guesses = sum(row[3].startswith("assumption") for row in found.every.rows)
        assert found.guessed_fraction == guesses / len(found.every.rows)


def test_a_run_that_is_opened_again_says_the_same(market: Run) -> None:
    assert market.folder is not None
    opened = open_run(market.folder)
    assert told(opened) == told(market)
    assert again(opened) == again(market)
    names = [option.name for option in market.options]
    assert compared_options(opened.scenario, names) == compared_options(market.scenario, names)
    assert assumed_in(opened).kinds == assumed_in(market).kinds


def test_the_scenario_in_the_report_reproduces_the_run(options: Run, tmp_path) -> None:
    found = again(options)
    assert found.command == f"journeysim run {found.scenario_name}"
    (tmp_path / found.scenario_name).write_text(found.scenario, encoding="utf-8")
    repeated = run(load_scenario(tmp_path / found.scenario_name), jobs=1)
    assert repeated.metrics.equals(options.metrics)
    assert dict(found.facts)["run"] == dict(again(repeated).facts)["run"]


def option(**metrics: Estimate) -> OptionResult:
    estimates = {MetricKey("all", "", name): found for name, found in metrics.items()}
    return OptionResult("A", "", 10, estimates, {})


def test_how_an_option_stands_has_no_more_digits_than_are_known() -> None:
    found = option(
        wait_mean_min=Estimate(3.5192, 3.46, 3.58, 10),
        served_fraction=Estimate(1.0, 1.0, 1.0, 10),
        contacts_per_case=Estimate(1.0, 1.0, 1.0, 10),
        satisfied_fraction=Estimate(math.nan, math.nan, math.nan, 0),
    )
    assert standing(found, in_market=False) == (
        "the mean wait is 3.52 (3.46 to 3.58) min; 100.0% of visits are served"
    )
    cases = replace(
        found,
        estimates={**found.estimates, MetricKey("all", "", "contacts_per_case"): Estimate(5.7, 5.6, 5.8, 10)},
    )
    assert "a case takes 5.7 (5.6 to 5.8) contacts" in standing(cases, in_market=False)


def test_numbers_and_lists_in_words() -> None:
    assert number_with_interval(Estimate(12_036.4, 11_993.0, 12_079.0, 10)) == "12,036 (11,993 to 12,079)"
    assert number_with_interval(Estimate(0.416, 0.413, 0.419, 10), 100) == "41.6% (41.3 to 41.9)"
    assert number_with_interval(Estimate(3.0, math.nan, math.nan, 1)) == "3.0"
    assert few(["a"]) == "a"
    assert few(["a", "b", "c"]) == "a, b and c"
    assert few(list("abcdef")) == "a, b, c and 3 more"
