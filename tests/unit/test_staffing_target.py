"""Targets of a roster: how they are read, and what an interval says of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.cli.conftest import MAP

from journeysim.errors import InputError
from journeysim.experiment.results import MetricKey
from journeysim.experiment.staffing.target import Target, Targets
from journeysim.experiment.staffing.target_text import (
    check_observed,
    names_refused,
    parse_target,
    parse_targets,
)
from journeysim.experiment.statistics import Estimate, estimate
from journeysim.journey import parse_journey


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("wait_within_target_fraction >= 0.9", Target("wait_within_target_fraction", ">=", 0.9)),
        ("wait_mean_min<=5", Target("wait_mean_min", "<=", 5.0)),
        ("  reneged_fraction <= 2% ", Target("reneged_fraction", "<=", 0.02)),
        ("net_value_per_year >= -1000.5", Target("net_value_per_year", ">=", -1000.5)),
        ("utilisation <= .8", Target("utilisation", "<=", 0.8)),
        ("net_promoter_score >= 20%", Target("net_promoter_score", ">=", 0.2)),
        ("net_promoter_score >= -0.1", Target("net_promoter_score", ">=", -0.1)),
        ("churn_per_year <= 5%", Target("churn_per_year", "<=", 0.05)),
    ],
)
def test_a_target_is_read(text, target):
    assert parse_target(text) == target


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        ("wait_mean_min", "a metric, >= or <=, and a number are required", "wait_mean_min <= 5"),
        ("wait_mean_min < 5", "at least (>=) or at most (<=) is required", "wait_mean_min <= 5"),
        ("wait_mean_min == 5", "at least (>=) or at most (<=) is required", "wait_mean_min <= 5"),
        ("wait_mean_min <= five", "a number is required after the sign", "wait_mean_min <= 5"),
        ("wait_mean_min <= 5 min", "a number is required after the sign", "write 5: the unit stands in the"),
        ("wait_mean_min <=", "a number is required after the sign", "wait_mean_min <= 5"),
        ("5 >= wait_mean_min", "the metric comes first", "wait_mean_min <= 5"),
        ("wait_p90_min < 7", "at least (>=) or at most (<=) is required", "wait_p90_min <= 7"),
        ("satisfied_fraction >= 60%5", "a number is required after the sign", ""),
        (
            "staff.tellers.utilization <= 80%",
            "a percentage is a threshold of shares only",
            "did you mean utilisation?",
        ),
        ("served_fraction >= 150%", "a share from 0 to 1 is required", ""),
        ("net_promoter_score >= 50", "a score from -1 to 1 is required", "write 0.5 or 50%"),
        ("score_mean >= 3", "a score from -1 to 1 is required", ""),
        (
            "staff.tellers <= 3",
            "a metric is required after the name",
            "for example staff.tellers.utilisation",
        ),
        ("tellers.utilisation <= 0.8", "whose metric it is, is required", "staff.tellers.utilisation"),
        ("wait_mean_min <= 1e400", "a number is required after the sign", ""),
        ("wait_mean_min <= nan", "a number is required after the sign", ""),
        ("wait_mean_min <= 5%", "a percentage is a threshold of shares only", "write 5"),
        ("served_fraction >= 90", "a share from 0 to 1 is required", "write 0.9 or 90%"),
        ("served_fraction >= -0.1", "a share from 0 to 1 is required", ""),
        ("wait_mean_min <= " + "9" * 400, "a number of reasonable size is required", ""),
        (">= 0.9", "a metric, >= or <=, and a number are required", ""),
        ("", "a metric, >= or <=, and a number are required", ""),
    ],
)
def test_what_is_none_is_refused_with_a_hint(text, problem, hint):
    with pytest.raises(InputError) as caught:
        parse_target(text)
    (found,) = caught.value.problems
    assert found.problem == problem
    assert hint in found.hint


@pytest.mark.parametrize(
    ("text", "target"),
    [
        (
            "touchpoints.counter.wait_mean_min <= 5",
            Target("wait_mean_min", "<=", 5.0, "touchpoint", "counter"),
        ),
        ("segments.贵宾.wait_p90_min<=8", Target("wait_p90_min", "<=", 8.0, "segment", "贵宾")),
        ('staff."No. 3".utilisation <= 80%', Target("utilisation", "<=", 0.8, "staff", "No. 3")),
        (
            "touchpoints.my desk.served_fraction >= 0.9",
            Target("served_fraction", ">=", 0.9, "touchpoint", "my desk"),
        ),
    ],
)
def test_a_target_may_be_of_a_touchpoint_a_segment_or_a_group(text, target):
    assert parse_target(text) == target
    assert parse_target(str(target)) == target


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        (
            "counter.wait_mean_min <= 5",
            "whose metric it is, is required",
            "touchpoints.counter.wait_mean_min or segments.counter.wait_mean_min",
        ),
        (
            "touchpoint.counter.wait_mean_min <= 5",
            "a name and a metric are required",
            "did you mean touchpoints?",
        ),
        ("touchpoints.a.b.wait_mean_min <= 5", "a name and a metric are required", "touchpoints.counter"),
        ("touchpoints..wait_mean_min <= 5", "a path of names joined by dots is required", ""),
    ],
)
def test_a_path_that_leads_nowhere_is_refused_with_a_hint(text, problem, hint):
    with pytest.raises(InputError) as caught:
        parse_target(text)
    (found,) = caught.value.problems
    assert problem in found.problem
    assert hint in found.hint


def test_all_targets_that_are_wrong_are_told_at_once():
    with pytest.raises(InputError) as caught:
        parse_targets(["wait_mean_min = 5", "wait_mean_min <= 5", "served_fraction >= 90"])
    assert len(caught.value.problems) == 2
    with pytest.raises(InputError, match="a target is required"):
        parse_targets([])
    assert len(parse_targets(["wait_mean_min <= 5", "wait_mean_min <= 5.0"]).each) == 1


def test_names_that_do_not_exist_are_told_before_anything_runs_with_the_near_one():
    journey = parse_journey(MAP)
    wrong = parse_targets(
        ["wait_mean <= 5", "touchpoints.conter.wait_mean_min <= 5", "segments.vip.wait_mean_min <= 5",
         "staff.teller.utilisation <= 0.9", "retained_fraction >= 0.5",
         "touchpoints.counter.wait_mean_min <= 5"]
    )  # fmt: skip
    told = [str(one) for one in names_refused(wrong, journey, in_market=False)]
    assert len(told) == 5
    assert "found wait_mean, hint: did you mean wait_mean_min?" in told[0]
    assert "no touchpoint has this name, found conter, hint: did you mean counter?" in told[1]
    assert "no segment has this name, found vip, hint: known: regular, 贵宾" in told[2]
    assert "no staff group has this name, found teller, hint: did you mean tellers?" in told[3]
    assert "no metric over all visits has this name, found retained_fraction" in told[4]
    assert "hint: give the scenario a market" in told[4]
    assert len(names_refused(wrong, journey, in_market=True)) == 4
    # Nothing is near, but some names hold the word; and what only a market has is told of parts as well.
    (found,) = names_refused(parse_targets(["wait <= 5"]), journey, in_market=False)
    assert found.hint.startswith("one of wait_mean_min, wait_p90_min, ")
    (found,) = names_refused(parse_targets(["segments.贵宾.lost <= 5"]), journey, in_market=False)
    assert found.problem == "no metric of segment 贵宾 has this name"
    assert "market" in found.hint


def test_a_part_without_the_metric_is_told_once_it_was_simulated():
    keys = [MetricKey("all", "", "utilisation"), MetricKey("touchpoint", "counter", "wait_mean_min")]
    check_observed(parse_targets(["touchpoints.counter.wait_mean_min <= 5"]), keys)
    with pytest.raises(InputError, match=r"no metric of touchpoint counter has this name, found utilisation"):
        check_observed(parse_targets(["touchpoints.counter.utilisation <= 0.5"]), keys)
    keys.append(MetricKey("staff", "tellers", "utilisation"))
    with pytest.raises(
        InputError, match=r"hint: each staff group has it, such as staff\.tellers\.utilisation$"
    ):
        check_observed(parse_targets(["touchpoints.counter.utilisation <= 0.5"]), keys)


def test_several_targets_are_as_near_as_what_is_missed_of_all_of_them():
    both = Targets((Target("x", "<=", 10), Target("y", ">=", 0.5)))
    assert both.nearness(np.array([[12.0, 12.0], [0.4, 0.4]])) == pytest.approx(-0.2 - 0.2)
    assert both.nearness(np.array([[12.0, 12.0], [0.9, 0.9]])) == pytest.approx(-0.2)
    assert both.nearness(np.array([[9.0, 9.0], [0.9, 0.9]])) == pytest.approx(0.1)
    assert both.nearness(np.array([[9.0, 9.0], [math.nan, math.nan]])) == -math.inf
    assert both.met(np.array([[9.0, 9.0], [0.9, 0.9]]))
    assert not both.met(np.array([[9.0, 9.0], [0.4, 0.4]]))


def test_the_margin_is_of_the_worse_end_of_the_interval():
    values = np.array([4.0, 5.0, 6.0])
    found = estimate(values)
    assert Target("x", "<=", 7).margin(values) == pytest.approx(7 - found.high)
    assert Target("x", ">=", 1).margin(values) == pytest.approx(found.low - 1)
    assert Target("x", ">=", 1).margin(np.full(3, math.nan)) == -math.inf
    assert Target("x", ">=", 1).margin(np.array([4.0, math.nan])) == -math.inf


@pytest.mark.parametrize(
    ("low", "high", "at_least", "at_most"),
    [
        (0.91, 0.95, "meets", "misses"),
        (0.85, 0.95, "unclear", "unclear"),
        (0.80, 0.85, "misses", "meets"),
        (0.90, 0.90, "meets", "meets"),
        (math.nan, math.nan, "unclear", "unclear"),
    ],
)
def test_an_interval_decides_only_when_it_lies_on_one_side(low, high, at_least, at_most):
    found = Estimate((low + high) / 2, low, high, 10)
    assert Target("x", ">=", 0.9).verdict(found) == at_least
    assert Target("x", "<=", 0.9).verdict(found) == at_most
