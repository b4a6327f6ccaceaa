"""Choosing among the options of a scenario: what is simulated, what is kept, and what cannot change it."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.cli.conftest import MAP as BIGGER_MAP
from tests.market_maps import write_market

from journeysim import OwnRules
from journeysim.errors import InputError, StoppedEarly
from journeysim.experiment import load_scenario, pools, run
from journeysim.experiment.selection import bench
from journeysim.experiment.selection.rule import Selection, SelectionRule
from journeysim.experiment.selection.search import FEWEST_FIRST, select, stage_end

SCENARIO = """\
scenario: Small grid
journey: map.yaml
days: 1
seed: 3
options:
  Today: {}
  Same: {}
  Four a little slower:
    set:
      staff.tellers.count: 4
      touchpoints.counter.service: {gamma: {mean: 4.05 min, cv: 0.7}}
grid:
  staff.tellers.count: [2, 4]
"""
MAP = BIGGER_MAP.replace("close: 11:00", "close: 10:00").replace("{09:00: 28, 10:00: 38}", "{09:00: 30}")
WAIT = "wait_mean_min"
RULE = SelectionRule(0.05, smallest=True, at_most=40)

MARKET = """\
scenario: Small market
journey: map.yaml
seed: 3
market: {customers: 60, months: 1, burn_in_months: 1}
options:
  Today: {}
  Far worse: {set: {staff.tellers.count: 1, touchpoints.counter.service: {constant: 15 min}}}
  Less wrap-up: {set: {touchpoints.counter.wrap_up: {constant: 55 s}}}
  More wrap-up: {set: {touchpoints.counter.wrap_up: {constant: 65 s}}}
"""


@pytest.fixture
def scenario(tmp_path):
    (tmp_path / "map.yaml").write_text(MAP, encoding="utf-8")
    path = tmp_path / "scenario.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    return load_scenario(path)


@pytest.fixture
def market(tmp_path):
    return load_scenario(write_market(tmp_path, MARKET))


def waits(found, option, metric=WAIT):
    own = found.metrics.filter(
        (pl.col("option") == option)
        & (pl.col("scope") == "all")
        & (pl.col("metric") == metric)
        & (pl.col("month") == 0)
    )
    return own.sort("replication")["value"].to_numpy()


def by_plain_run(scenario, metric, rule):
    """The selection by all replications of a plain run of all options."""
    full = run(scenario, replications=rule.at_most, jobs=1, steps=False)
    names = [option.name for option in scenario.options]
    values = np.column_stack([waits(full, name, metric) for name in names])
    selection = Selection(len(names), rule)
    for row in values:
        selection.take(row)
        if selection.finished:
            break
    return selection, names


def simulated(found):
    """Replications that are kept of each option; fails where one is kept twice."""
    frame = pl.concat(pl.read_parquet(path) for path in (found.folder / "chunks").glob("metrics-*"))
    keys = ["option", "replication", "scope", "name", "metric", "month"]
    assert frame.select(keys).is_unique().all()
    return dict(frame.group_by("option").agg(pl.col("replication").n_unique()).iter_rows())


def told(found):
    return [(one.name, one.replications, one.mean, one.eliminated_at) for one in found.candidates]


def test_it_is_the_selection_by_the_replications_of_a_plain_run(scenario):
    found = select(scenario, WAIT, RULE, jobs=1)
    expected, names = by_plain_run(scenario, WAIT, RULE)
    out = expected.eliminated_at
    assert told(found) == [
        (name, expected.counts[at], expected.means[at], out.get(at)) for at, name in enumerate(names)
    ]
    assert found.best == names[expected.best]
    assert found.guaranteed
    assert len({one.replications for one in found.candidates}) > 1


def test_the_chosen_one_is_estimated_again_on_other_luck(scenario):
    found = select(scenario, WAIT, RULE, jobs=1)
    assert found.fresh.scenario.seed != scenario.seed
    assert [option.name for option in found.fresh.options] == ["Today", found.best]
    assert found.estimate.n == RULE.first
    mean = next(one.mean for one in found.candidates if one.name == found.best)
    assert found.estimate.mean != mean
    assert found.versus_baseline.difference.difference < 0
    again = run(scenario, replications=20, seed=found.fresh.scenario.seed, jobs=1, steps=False)
    assert waits(again, found.best).mean() == pytest.approx(found.estimate.mean, rel=1e-12)


def test_who_is_less_than_the_lead_behind_is_named(scenario):
    found = select(scenario, WAIT, RULE, jobs=1)
    plain = run(scenario, replications=RULE.at_most, jobs=1, steps=False)
    for one in found.candidates:
        gaps = waits(plain, one.name) - waits(plain, found.best)
        assert one.behind == pytest.approx(gaps[: one.replications].mean(), abs=1e-12)
    four = {"Four a little slower", "tellers.count=4"}
    assert {found.best, *found.close} == four
    assert found.document["close"] == list(found.close)


def test_a_baseline_that_wins_is_estimated_alone(scenario):
    mine = replace(scenario, baseline="tellers.count=2")
    found = select(mine, "staff_cost_per_day", SelectionRule(1, smallest=True), jobs=1)
    assert found.best == "tellers.count=2"
    assert [option.name for option in found.fresh.options] == ["tellers.count=2"]
    assert found.versus_baseline is None
    assert found.document["fresh"]["versus_baseline"] is None


def test_kept_replications_serve_any_other_selection(scenario, tmp_path, monkeypatch):
    plain = select(scenario, WAIT, RULE, jobs=1)
    first = select(scenario, WAIT, SelectionRule(5, smallest=True), jobs=1, out=tmp_path / "runs")
    again = select(scenario, WAIT, RULE, jobs=1, out=tmp_path / "runs")
    assert again.folder == first.folder
    assert told(again) == told(plain)
    kept = json.loads((again.folder / "result.json").read_text(encoding="utf-8"))
    assert kept == again.document

    def never(*_, **__):
        raise AssertionError("nothing is missing")

    monkeypatch.setattr(bench, "run_chunks", never)
    assert told(select(scenario, WAIT, RULE, jobs=1, out=tmp_path / "runs")) == told(plain)


def test_options_that_are_out_are_not_simulated_further(scenario, tmp_path):
    found = select(scenario, WAIT, RULE, jobs=1, out=tmp_path / "runs")
    kept = simulated(found)
    early = [one for one in found.candidates if one.eliminated_at == 20]
    late = [one for one in found.candidates if one.replications > 20]
    assert early
    assert late
    assert all(kept[one.name] == 20 for one in early)
    assert all(kept[one.name] >= one.replications for one in late)


def test_a_stop_keeps_what_finished_and_continues_to_the_same_answer(scenario, tmp_path):
    def stop(done, total):
        if done > 44:  # of 60, 40 of which are kept from the coarse selection
            raise KeyboardInterrupt

    coarse = select(scenario, WAIT, SelectionRule(5, smallest=True), jobs=1, out=tmp_path / "runs")
    assert (coarse.folder / "result.json").exists()
    with pytest.raises(StoppedEarly, match="what had finished is kept in"):
        select(scenario, WAIT, RULE, jobs=1, out=tmp_path / "runs", progress=stop)
    assert not (coarse.folder / "result.json").exists()
    with pytest.raises(InputError, match="add --resume"):
        select(scenario, WAIT, RULE, jobs=1, out=tmp_path / "runs")
    found = select(scenario, WAIT, RULE, jobs=1, out=tmp_path / "runs", resume=True)
    assert told(found) == told(select(scenario, WAIT, RULE, jobs=1))


def test_a_wrong_metric_is_told_at_once_and_leaves_nothing_to_continue(scenario, tmp_path):
    with pytest.raises(InputError, match="did you mean wait_mean_min"):
        select(scenario, "wait_mean", RULE, jobs=1, out=tmp_path / "runs")
    assert select(scenario, WAIT, SelectionRule(9), jobs=1, out=tmp_path / "runs").guaranteed


def test_an_option_without_a_value_is_named(tmp_path):
    (tmp_path / "map.yaml").write_text(MAP, encoding="utf-8")
    path = tmp_path / "scenario.yaml"
    path.write_text(
        "scenario: Empty\njourney: map.yaml\ndays: 1\noptions:\n"
        "  Today: {}\n  Nobody: {set: {arrivals.per_hour: {09:00: 0}}}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match=r"a value of wait_mean_min .* option Nobody has none in"):
        select(path, WAIT, RULE, jobs=1)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (SelectionRule(1, first=19), f"at least {FEWEST_FIRST} first replications"),
        (SelectionRule(-1), "a lead above 0"),
        (SelectionRule(1, at_most=10), "at least the 20 first"),
    ],
)
def test_a_wrong_rule_is_refused(scenario, rule, message):
    with pytest.raises(InputError, match=message):
        select(scenario, WAIT, rule)


def test_the_ceiling_is_said_in_words(scenario):
    found = select(scenario, WAIT, SelectionRule(0.001, smallest=True, at_most=20), jobs=1)
    left = sum(one.eliminated_at is None for one in found.candidates)
    assert not found.guaranteed
    assert left > 1
    assert found.guarantee.startswith(f"No guarantee: {left} options were still in after 20 replications")
    assert found.document["equals"] == []


def test_the_guarantee_is_a_sentence(scenario):
    rule = SelectionRule(5, alpha=0.025, smallest=True)
    sentence = select(scenario, WAIT, rule, jobs=1).guarantee
    assert sentence.startswith("With a probability of at least 97.5% the chosen option has the smallest")
    assert "of the 5, if the best leads every other by at least 5." in sentence


def test_stages_grow_and_end_where_it_must():
    selection = Selection(2, SelectionRule(0.05, at_most=70))
    luck = np.random.default_rng(1)
    ends = []
    while not selection.finished:
        ends.append(stage_end(selection))
        while selection.replications < ends[-1]:
            selection.take(luck.normal(size=2))
    assert ends == [20, 30, 45, 67, 70]


def test_a_market_goes_on_with_the_survivors_alone(market, tmp_path):
    rule = SelectionRule(0.003, smallest=True, at_most=22)
    found = select(market, WAIT, rule, jobs=1, out=tmp_path / "runs")
    expected, names = by_plain_run(market, WAIT, rule)
    out = expected.eliminated_at
    assert told(found) == [
        (name, expected.counts[at], expected.means[at], out.get(at)) for at, name in enumerate(names)
    ]
    assert simulated(found) == {name: out.get(at, 22) for at, name in enumerate(names)}
    # The baseline is one of those that are out: its burn-in still is what the others begin with.
    assert out[0] == 20
    # What one selection left out, another with a finer aim simulates, and nothing twice.
    finer = select(
        market, WAIT, SelectionRule(1e-6, smallest=True, at_most=21), jobs=1, out=tmp_path / "runs"
    )
    assert simulated(finer) == {name: max(21, out.get(at, 22)) for at, name in enumerate(names)}


class Quick(OwnRules):
    """The counter takes two minutes, whoever serves."""

    def service_min(self, visit, touchpoint):
        return 2.0


def test_own_rules_hold_in_the_selection_and_in_the_fresh_estimate(scenario, tmp_path):
    found = select(scenario, WAIT, RULE, jobs=1, rules=Quick(), out=tmp_path / "runs")
    full = run(scenario, replications=FEWEST_FIRST, jobs=1, steps=False, rules=Quick())
    for one in found.candidates:
        assert one.mean == pytest.approx(waits(full, one.name)[: one.replications].mean(), rel=1e-12)
    fresh = found.fresh.scenario
    again = run(fresh, jobs=1, steps=False, rules=Quick())
    assert waits(again, found.best).tolist() == waits(found.fresh, found.best).tolist()
    for folder in (found.folder, found.fresh.folder):
        assert "class Quick" in (folder / "files" / "own_rules.py").read_text()


def test_all_stages_share_their_processes_and_the_difference_has_its_p(scenario, monkeypatch):
    started = []

    @contextlib.contextmanager
    def counted(jobs):
        started.append(jobs)
        yield pools.SerialExecutor()

    monkeypatch.setattr(pools, "_processes", counted)
    found = select(scenario, WAIT, RULE, jobs=2)
    assert started == [2]
    told = found.document["fresh"]["versus_baseline"]
    assert list(told) == ["difference", "low", "high", "p"]
    assert told["p"] == found.versus_baseline.difference.p
