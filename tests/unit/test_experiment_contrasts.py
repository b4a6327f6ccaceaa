"""Differences of differences: their arithmetic, what is refused, and that they move nothing."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from tests.small_branch import SMALL_MAP

from journeysim.errors import InputError
from journeysim.experiment import parse_scenario, run
from journeysim.experiment.contrasts import Contrast, contrasted, contrasts_document, contrasts_table
from journeysim.experiment.resolve import run_id
from journeysim.experiment.results import MetricKey
from journeysim.experiment.statistics import difference_of_differences, paired_difference

SCENARIO = """\
scenario: Small
journey: map.yaml
days: 1
replications: 3
options:
  Today: {}
  More: {set: {staff.tellers.count: 4}}
  Busy: {set: {arrivals.scale: 1.3}}
  Busy, more: {set: {arrivals.scale: 1.3, staff.tellers.count: 4}}
"""
CONTRASTS = "contrasts:\n  Worth more when busy: {of: ['Busy, more', Busy], less: [More, Today]}\n"
ECHO = Contrast("Echo", ("A", "B"), ("C", "D"))


def parsed(folder, text):
    (folder / "map.yaml").write_text(SMALL_MAP)
    return parse_scenario(text, "s.yaml", folder)


def metrics(**values):
    """A metrics table of one metric, a month and a whole replication, from values by option."""
    return pl.DataFrame(
        [
            {"option": option, "replication": at, "scope": "all", "name": "", "metric": "told_bad"}
            | {"month": month, "value": None if value is None else value * (month + 1)}
            for option, found in values.items()
            for at, value in enumerate(found)
            for month in (0, 1)
        ],
        schema_overrides={"value": pl.Float64},
    )


def test_by_hand():
    table = metrics(A=[5.0, 7, 9], B=[1.0, 2, 3], C=[2.0, 2, 3], D=[1.0, 0, 2])
    (found,) = contrasted(table, [ECHO])
    # (A - B) - (C - D) = (4, 5, 6) - (1, 2, 1) = (3, 3, 5): mean 11/3, standard error 2/3.
    one = found.metrics["told_bad"]
    assert one.difference == pytest.approx(11 / 3)
    assert [one.low, one.high] == pytest.approx(
        [11 / 3 - 4.302653 * 2 / 3, 11 / 3 + 4.302653 * 2 / 3], rel=1e-6
    )
    # Two-sided t(2): p = 1 - t / sqrt(t² + 2) at t = 5.5.
    assert one.p == pytest.approx(1 - 5.5 / math.sqrt(5.5**2 + 2))
    assert found.found[MetricKey("all", "", "told_bad", 1)].difference == pytest.approx(22 / 3)
    rows = contrasts_table([found])
    assert rows["contrast"].to_list() == ["Echo", "Echo"]
    assert rows["month"].to_list() == [0, 1]
    document = contrasts_document([found])["Echo"]
    assert document["of"] == ["A", "B"]
    assert document["less"] == ["C", "D"]
    assert document["metrics"] == {
        "told_bad": {"difference": one.difference, "low": one.low, "high": one.high, "p": one.p}
    }


def test_pairs_by_replication_and_leaves_out_what_was_not_observed():
    table = metrics(A=[5.0, 7, 9], B=[1.0, 2, 3], C=[2.0, None, 3], D=[1.0, 0, 2])
    (found,) = contrasted(table, [ECHO])
    assert (found.metrics["told_bad"].difference, found.metrics["told_bad"].n) == (4.0, 2)


def test_without_a_fourth_that_varies_it_is_the_difference_of_a_difference():
    rng = [np.array([0.1, 0.7, 0.4, 0.2]), np.array([0.3, 0.2, 0.9, 0.5])]
    same = np.full(4, 0.25)
    three = difference_of_differences(rng[0], rng[1], same, same)
    two = paired_difference(rng[0], rng[1])
    assert (three.difference, three.low, three.high, three.p) == (two.difference, two.low, two.high, two.p)
    nothing = difference_of_differences(rng[0], rng[1], rng[0], rng[1])
    assert (nothing.difference, nothing.low, nothing.high, nothing.p) == (0, 0, 0, 1)


def test_a_scenario_answers_its_contrasts(tmp_path):
    found = run(parsed(tmp_path, SCENARIO + CONTRASTS), jobs=1)
    wait = {
        name: found.metrics.filter(
            (pl.col("option") == name) & (pl.col("metric") == "wait_mean_min") & (pl.col("scope") == "all")
        ).sort("replication")["value"].to_numpy()
        for name in ("Today", "More", "Busy", "Busy, more")
    }  # fmt: skip
    wanted = (wait["Busy, more"] - wait["Busy"]) - (wait["More"] - wait["Today"])
    row = found.contrasts.filter((pl.col("metric") == "wait_mean_min") & (pl.col("scope") == "all"))
    assert row["difference"].to_list() == [pytest.approx(wanted.mean())]
    assert row["n"].to_list() == [3]
    document = found.document["contrasts"]["Worth more when busy"]
    assert document["metrics"]["wait_mean_min"]["difference"] == pytest.approx(wanted.mean())


def test_contrasts_are_kept_and_change_no_id(tmp_path):
    with_, without = parsed(tmp_path, SCENARIO + CONTRASTS), parsed(tmp_path, SCENARIO)
    assert run_id(with_.resolved, with_.files) == run_id(without.resolved, without.files)
    first = run(without, jobs=1, out=tmp_path / "runs")
    assert "contrasts" not in first.document
    second = run(with_, jobs=1, out=tmp_path / "runs")
    assert second.folder == first.folder
    kept = (second.folder / "result.json").read_text(encoding="utf-8")
    assert '"Worth more when busy"' in kept
    assert (second.folder / "tables" / "contrasts.parquet").exists()
    again = parse_scenario(
        (second.folder / "scenario.yaml").read_text(encoding="utf-8"), "scenario.yaml", second.folder
    )
    assert again.contrasts == with_.contrasts


def test_no_contrasts_is_an_empty_table(tmp_path):
    found = run(parsed(tmp_path, SCENARIO), replications=1, jobs=1)
    assert found.contrasts.is_empty()
    assert "difference" in found.contrasts.columns


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{of: [Bsuy, Today], less: [More, Today]}", "s.yaml:11:12: contrasts.C.of[1]: no option"),
        ("{of: [Bsuy, Today], less: [More, Today]}", "found Bsuy, hint: did you mean Busy?"),
        ("{of: [Busy, Today], less: [More, Tody]}", "C.less[2]: no option has this name, found Tody"),
        ("{of: [Busy], less: [More, Today]}", "contrasts.C.of: at least 2"),
        ("{of: [Busy, More, Today], less: [More, Today]}", "contrasts.C.of: at most 2"),
        ("{of: [Busy, Today]}", "contrasts.C: the key less is missing"),
        ("{of: [Busy, Today], less: [More, Today], than: 3}", "contrasts.C.than: unknown key"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(tmp_path, text, problem):
    with pytest.raises(InputError) as caught:
        parsed(tmp_path, f"{SCENARIO}contrasts:\n  C: {text}\n")
    (found,) = [str(one) for one in caught.value.problems]
    assert problem in found


def test_contrasts_of_an_extended_scenario_are_added_to(tmp_path):
    (tmp_path / "base.yaml").write_text(SCENARIO + CONTRASTS)
    text = (
        "scenario: More\nextends: base.yaml\ncontrasts: {Other: {of: [Busy, Today], less: [More, Today]}}\n"
    )
    assert [one.name for one in parsed(tmp_path, text).contrasts] == ["Worth more when busy", "Other"]
