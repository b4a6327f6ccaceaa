"""A staffing search that was stopped goes on to the same answer, and what it tried serves other searches."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl
import pytest
from tests.market_maps import write_market
from tests.unit.test_staffing_run import SCENARIO

from journeysim.errors import InputError, StoppedEarly
from journeysim.experiment import load_scenario, parse_scenario
from journeysim.experiment.results import values_by_metric
from journeysim.experiment.running import run
from journeysim.experiment.staffing.bench import RosterBench, Rostering, kept_scenario
from journeysim.experiment.staffing.run import staff
from journeysim.experiment.staffing.start import slots_of
from journeysim.experiment.staffing.target_text import parse_targets
from journeysim.experiment.staffing.words import staffing_document

TARGET = "touchpoints.counter.wait_mean_min <= 1.5"
HOW = {"most": 4, "replications": 3, "fresh": 2, "jobs": 1}


def answer(found):
    document = staffing_document(found)
    return {key: value for key, value in document.items() if key not in ("run", "fresh_run")}


def stop_after(chunks):
    """Watch a search, and press Ctrl-C when so many chunks were simulated."""
    seen, last = 0, (0, 0)

    def watch(_tried, done, total):
        nonlocal seen, last
        before, last = last, (done, total)
        seen += total == before[1] and done > before[0]
        if seen == chunks:
            raise KeyboardInterrupt

    return watch


def kept(out):
    """Options and replications in the folder of the rosters tried, each as often as it is there."""
    files = out.glob("tiny-rosters-????????/chunks/*.parquet")
    rows = [pl.read_parquet(one).select("option", "replication").unique().rows() for one in files]
    return sorted(row for some in rows for row in some)


@pytest.fixture(scope="module")
def scenario():
    return parse_scenario(SCENARIO)


@pytest.fixture(scope="module")
def whole(scenario):
    return staff(scenario, TARGET, **HOW)


def test_what_was_stopped_is_kept_and_continues_to_the_same_answer(scenario, whole, tmp_path):
    had = 0
    for chunks in (1, 4, 9):
        with pytest.raises(StoppedEarly, match=r"stopped after \d+ rosters; what had finished is kept in "):
            staff(scenario, TARGET, out=tmp_path, resume=had > 0, searching=stop_after(chunks), **HOW)
        assert len(kept(tmp_path)) > had
        had = len(kept(tmp_path))
    with pytest.raises(InputError, match="add --resume to continue it"):
        staff(scenario, TARGET, out=tmp_path, **HOW)
    found = staff(scenario, TARGET, out=tmp_path, resume=True, **HOW)
    assert answer(found) == answer(whole)
    # Today's roster and every other one, each replication once.
    assert len(kept(tmp_path)) == len(set(kept(tmp_path))) == 3 * (whole.tried + 1) > had
    assert json.loads((found.folder / "result.json").read_text())["answer"] == answer(whole)["answer"]


def test_a_finished_search_simulates_nothing_again_and_serves_other_searches(scenario, whole, tmp_path):
    staff(scenario, TARGET, out=tmp_path, **HOW)
    had = kept(tmp_path)
    assert answer(staff(scenario, TARGET, out=tmp_path, **HOW)) == answer(whole)
    assert kept(tmp_path) == had
    others = {"target": "wait_mean_min <= 2", "group": "tellers", **HOW, "replications": 4}
    found = staff(scenario, out=tmp_path, **others)
    assert answer(found) == answer(staff(scenario, **others))
    now = kept(tmp_path)
    assert len(had) < len(now) == len(set(now)) < len(had) + 4 * (found.tried + 1)


def test_a_mistyped_metric_leaves_nothing_to_continue(scenario, tmp_path):
    with pytest.raises(InputError, match="did you mean wait_mean_min"):
        staff(scenario, "touchpoints.counter.wait_mean <= 2", out=tmp_path, **HOW)
    staff(scenario, "touchpoints.counter.wait_mean_min <= 30", out=tmp_path, **HOW)


def test_two_targets_cost_no_less_than_each_alone(scenario, whole):
    both = staff(scenario, [TARGET, "reneged_fraction <= 12%"], **HOW)
    alone = staff(scenario, "reneged_fraction <= 12%", group="tellers", **HOW)
    assert both.group == whole.group == "tellers"
    hours = [one.found.hours_per_day for one in (both, whole, alone)]
    assert hours[0] >= max(hours[1:])
    assert all(one.proven for one in (both, whole, alone))
    assert both.formula_knows == both.targets.each


@pytest.mark.slow
def test_rosters_in_a_market_are_those_of_a_run_of_options(tmp_path):
    write_market(tmp_path)
    loaded = kept_scenario(load_scenario(tmp_path / "scenario.yaml").overridden(2))
    option, targets = (
        loaded.baseline_option,
        parse_targets(["retained_fraction >= 0.5", "wait_mean_min <= 3"]),
    )
    bench = RosterBench(loaded, targets, 1, None, None)
    bench.today()
    rostering = Rostering(option, "tellers", slots_of(option.journey, option.days, 30))
    found = bench.values(rostering, [(1, 1), (2, 3)])
    options = (option, rostering.rostered((1, 1), "few"), rostering.rostered((2, 3), "many"))
    metrics = run(replace(loaded, options=options), jobs=1, steps=False).metrics
    for name, values in zip(("few", "many"), found, strict=True):
        expected = values_by_metric(metrics, name)
        assert [list(row) for row in values] == [list(expected[one.key]) for one in targets.each]
