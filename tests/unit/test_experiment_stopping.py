"""Runs that stop when they are precise enough: where, why, and the same whatever was in between."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.market_maps import write_market
from tests.small_branch import small_scenario

from journeysim.errors import InputError
from journeysim.experiment import load_scenario, parse_scenario, run
from journeysim.experiment.metric_names import OF_BRANCH, metric_names
from journeysim.experiment.runner import Cutter
from journeysim.experiment.statistics import estimate
from journeysim.experiment.stopping import StopRule, Watch
from journeysim.experiment.store import Chunk
from journeysim.experiment.workers import METRICS_SCHEMA

SCENARIO = small_scenario("""\
days: 1
replications: {until: {wait_mean_min: 0.8}, at_most: 90}
options:
  Today: {}
  More: {set: {staff.tellers.count: 4}}
""")
WAIT = "wait_mean_min"


def scenario_of(text=SCENARIO, **replaced):
    for old, new in replaced.items():
        text = text.replace({"half": "0.8", "ceiling": "90"}[old], str(new))
    return parse_scenario(text, "s.yaml")


def rows(values, option="Today", metric=WAIT, first=0):
    """Metrics of replications from ``first`` on; None and NaN where nothing was observed."""
    data = [(option, first + at, "all", "", metric, 0, value) for at, value in enumerate(values)]
    return pl.DataFrame(data, schema=METRICS_SCHEMA, orient="row").with_columns(
        pl.col("value").fill_nan(None)
    )


def watched(values, rule, **more):
    """A watch that saw one option's values, one by one."""
    watch = Watch(rule, rule.at_most, 1, ["Today"], **more)
    for at, value in enumerate(values):
        watch.see(Chunk(0, at, 1), rows([value], first=at))
    return watch


def spread(count, half):
    """Values +-1 scaled so that ``count`` of them have exactly this half-width about 10."""
    signs = np.resize([1.0, -1.0], count)
    return 10 + signs * half / estimate(signs).half_width


def test_looks_are_at_20_and_every_10_and_at_the_ceiling():
    rule = StopRule({WAIT: 1.0}, 47)
    looks = [rule.next_look(0)]
    while looks[-1] < 47:
        looks.append(rule.next_look(looks[-1]))
    assert looks == [20, 30, 40, 47]
    assert StopRule({WAIT: 1.0}, 7).next_look(0) == 7


@pytest.mark.parametrize(("factor", "stops"), [(1.0 - 1e-9, 40), (1.0 + 1e-9, 50)])
def test_it_stops_at_the_first_look_that_is_precise_enough(factor, stops):
    values = spread(40, 0.5 * factor)
    more = np.concatenate([values, spread(60, 0.5)[:60]])
    watch = watched(more, StopRule({WAIT: 0.5}, 100))
    assert watch.stop.replications == stops
    assert watch.stop.reason == "reached"
    (found,) = watch.stop.precisions
    assert found.half_width == estimate(more[:stops]).half_width <= 0.5


def test_what_ran_ahead_and_in_what_order_changes_nothing():
    values = np.random.default_rng(5).normal(10, 1, 200)
    rule = StopRule({WAIT: 0.3}, 200)
    in_order = watched(values, rule).stop
    watch = Watch(rule, 200, 1, ["Today"])
    for at in reversed(range(200)):
        watch.see(Chunk(0, at, 1), rows([values[at]], first=at))
    assert watch.stop == in_order
    assert 20 < in_order.replications < 200


def test_all_options_are_looked_at_together_and_on_every_metric():
    rule = StopRule({WAIT: 0.5, "served_fraction": 0.5}, 60)
    watch = Watch(rule, 60, 2, ["Today", "More"])
    data = {
        ("Today", WAIT): spread(60, 0.1), ("More", WAIT): spread(60, 0.1),
        ("Today", "served_fraction"): spread(60, 0.1), ("More", "served_fraction"): spread(60, 0.49),
    }  # fmt: skip
    for (option, metric), values in data.items():
        if option == "Today":
            watch.see_all([], rows(values, option, metric))
    watch.see_all([Chunk(0, 0, 60)], rows([], "Today"))
    assert watch.stop is None
    assert watch.goal == 20
    more = [rows(values, *key) for key, values in data.items() if key[0] == "More"]
    watch.see_all([Chunk(1, 0, 60)], pl.concat(more))
    assert watch.stop.replications == 60
    assert [one.option for one in watch.stop.precisions][1] == "More"
    assert watch.stop.reason == "reached"


def test_the_ceiling_says_what_is_still_wider():
    watch = watched(spread(25, 0.3), StopRule({WAIT: 0.299}, 25))
    assert (watch.stop.replications, watch.stop.reason) == (25, "ceiling")
    assert watch.stop.lines() == [
        "Stopped at the ceiling of 25 replications: still wider than asked: wait_mean_min ±0.3 (asked 0.299)"
    ]


def test_a_half_width_just_too_wide_never_reads_as_what_was_asked():
    assert "±0.2001 (asked 0.2)" in watched(spread(20, 0.20009), StopRule({WAIT: 0.2}, 20)).stop.lines()[0]
    assert "±0.199 (asked 0.2)" in watched(spread(20, 0.199), StopRule({WAIT: 0.2}, 20)).stop.lines()[0]


def test_replications_without_a_value_are_told():
    values = spread(40, 0.1)
    values[[3, 4, 5]] = math.nan
    stop = watched(values, StopRule({WAIT: 0.5}, 40)).stop
    assert stop.replications == 20
    assert stop.lines()[1] == (
        "wait_mean_min has no value in 3 of 20 replications of Today; they do not count"
    )


def test_a_metric_that_has_no_values_ends_the_run_and_says_so():
    watch = watched([math.nan] * 20, StopRule({WAIT: 0.5}, 500))
    assert (watch.stop.replications, watch.stop.reason) == (20, "unobserved")
    assert watch.stop.lines() == [
        "Stopped at 20 replications: wait_mean_min has no value in Today; more replications would not help"
    ]
    document = watch.stop.document()
    assert document["until"][WAIT] == {
        "asked": 0.5, "half_width": None, "option": "Today", "without_value": 20, "without_value_in": "Today",
    }  # fmt: skip


def test_one_replication_at_most_is_a_ceiling_without_an_interval():
    assert watched([4.0], StopRule({WAIT: 0.5}, 1)).stop.reason == "ceiling"


def test_no_more_is_handed_out_than_wanted():
    goal = [20]
    cutter = Cutter([list(range(500)), list(range(5, 500))], {0: 0.01, 1: 0.01}, goal=lambda: goal[0])
    assert cutter.left() == 35
    while cutter.next_chunk(2) is not None:
        pass
    assert [numbers[0] for numbers in cutter.missing] == [20, 20]
    goal[0] = 30
    assert cutter.left() == 20


@pytest.fixture(scope="module")
def stopped():
    return run(scenario_of(), jobs=1, steps=False)


def test_a_run_stops_where_its_numbers_say(stopped):
    count = stopped.stop.replications
    assert 20 < count < 90
    assert stopped.stop.reason == "reached"
    assert (stopped.scenario.replications, stopped.asked) == (count, count)
    assert {option.replications for option in stopped.options} == {count}
    halves = [option.metrics[WAIT].half_width for option in stopped.options]
    assert max(halves) == stopped.stop.precisions[0].half_width <= 0.8
    # One look earlier it was not precise enough: that is why it went on.
    before = run(scenario_of(), replications=count - 10, jobs=1, steps=False)
    assert max(option.metrics[WAIT].half_width for option in before.options) > 0.8
    assert before.stop is None
    plain = run(scenario_of(), replications=count, jobs=1, steps=False)
    assert_frame_equal(plain.metrics, stopped.metrics, check_exact=True)
    assert stopped.document["stop"]["replications"] == count


def test_the_number_of_processes_does_not_change_where_it_stops(stopped):
    two = run(scenario_of(), jobs=2, steps=False)
    assert two.stop == stopped.stop
    assert_frame_equal(two.metrics, stopped.metrics, check_exact=True)


class Killed(Exception):
    pass


@pytest.mark.parametrize("after", [3, 47])
def test_a_killed_run_continues_and_ends_equal(tmp_path, stopped, after):
    def progress(done, total):
        assert done <= total
        if done >= after:
            raise Killed

    with pytest.raises(Killed):
        run(scenario_of(), jobs=1, steps=False, out=tmp_path, progress=progress)
    (folder,) = tmp_path.iterdir()
    assert "until:" in (folder / "scenario.yaml").read_text()
    with pytest.raises(InputError, match="--resume"):
        run(scenario_of(), jobs=1, steps=False, out=tmp_path)
    again = run(scenario_of(), jobs=1, steps=False, out=tmp_path, resume=True)
    assert again.stop == stopped.stop
    assert_frame_equal(again.metrics, stopped.metrics, check_exact=True)
    assert again.document["options"] == stopped.document["options"]
    count = again.stop.replications
    assert f"replications: {count}\n" in (folder / "scenario.yaml").read_text()
    assert load_scenario(folder / "scenario.yaml").replications == count


def test_a_finished_folder_is_asked_again_extended_and_asked_for_less(tmp_path, stopped):
    first = run(scenario_of(), jobs=1, steps=False, out=tmp_path)
    chunks = set((first.folder / "chunks").iterdir())
    written = (first.folder / "result.json").stat().st_mtime_ns
    again = run(scenario_of(), jobs=1, steps=False, out=tmp_path)
    assert again.stop == first.stop
    assert set((first.folder / "chunks").iterdir()) == chunks
    assert (first.folder / "result.json").stat().st_mtime_ns == written
    narrower = run(scenario_of(half=0.6), jobs=1, steps=False, out=tmp_path)
    assert narrower.folder == first.folder
    assert narrower.stop.replications > first.stop.replications
    assert_frame_equal(
        narrower.metrics, run(scenario_of(half=0.6), jobs=1, steps=False).metrics, check_exact=True
    )
    wider = run(scenario_of(), jobs=1, steps=False, out=tmp_path)
    assert wider.stop == stopped.stop
    kept = (first.folder / "scenario.yaml").read_text()
    assert f"replications: {narrower.stop.replications}\n" in kept
    number = run(scenario_of(), replications=90, jobs=1, steps=False, out=tmp_path)
    assert (number.options[0].replications, number.stop) == (90, None)


def test_time_may_end_it_first(tmp_path):
    for out in (None, tmp_path):
        short = run(scenario_of(), jobs=1, steps=False, within_s=1e-6, out=out)
        assert (short.scenario.replications, short.asked, short.stop.reason) == (2, 90, "time")
        assert "as the time was over: not yet as asked: wait_mean_min" in short.stop.lines()[0]
    whole = run(scenario_of(), jobs=1, steps=False, out=tmp_path)
    assert whole.stop.reason == "reached"
    enough = run(scenario_of(), jobs=1, steps=False, within_s=600)
    assert enough.stop == whole.stop


def test_the_ceiling_of_a_run(tmp_path):
    found = run(scenario_of(half=0.001, ceiling=25), jobs=1, steps=False)
    assert (found.stop.replications, found.stop.reason) == (25, "ceiling")


def test_a_market_stops_too(tmp_path):
    text = write_market(tmp_path).read_text()
    rule = "replications: {until: {satisfied_fraction: 0.5, customers_end: 50}, at_most: 60}"
    scenario = parse_scenario(text.replace("replications: 3", rule), "s.yaml", tmp_path)
    found = run(scenario, jobs=1, steps=False, out=tmp_path / "runs")
    assert (found.stop.replications, found.stop.reason) == (20, "reached")
    assert tuple(found.options[0].metrics) == metric_names(in_market=True)


def test_names_at_the_door_are_those_of_a_run(stopped):
    assert tuple(stopped.options[0].metrics) == OF_BRANCH == metric_names(in_market=False)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            "{until: {wait_maen_min: 0.2}}",
            "s.yaml:13:24: replications.until.wait_maen_min: no metric has this name, found wait_maen_min",
        ),
        (
            "{until: {retained_fraction: 0.2}}",
            "s.yaml:13:24: replications.until.retained_fraction: only with a market",
        ),
        ("{until: {wait_mean_min: 0}}", "s.yaml:13:39: replications.until.wait_mean_min: a number above 0"),
        ("{until: {}}", "s.yaml:13:16: replications.until: at least one metric"),
        ("{at_most: 40}", "s.yaml:13:1: replications: the key until is missing"),
        ("{until: {wait_mean_min: 0.2}, at_most: 0}", "s.yaml:13:54: replications.at_most: a number of 1"),
    ],
)
def test_refused(rule, said):
    with pytest.raises(InputError) as caught:
        parse_scenario(SCENARIO.replace("{until: {wait_mean_min: 0.8}, at_most: 90}", rule), "s.yaml")
    assert any(str(problem).startswith(said) for problem in caught.value.problems), caught.value.problems


def test_the_rule_is_no_part_of_the_identity_and_stands_in_the_resolved_scenario(tmp_path):
    scenario = scenario_of()
    assert scenario.resolved["replications"] == {"until": {WAIT: 0.8}, "at_most": 90}
    assert (scenario.replications, scenario.stop_rule) == (90, StopRule({WAIT: 0.8}, 90))
    number = scenario.overridden(replications=7)
    assert (number.replications, number.stop_rule, number.resolved["replications"]) == (7, None, 7)
    assert scenario.overridden(seed=5).stop_rule == scenario.stop_rule
