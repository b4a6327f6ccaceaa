"""Targets of a roster: how they are read, and what an interval says of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from journeysim.errors import InputError
from journeysim.experiment.staffing_target import Target, check_metric, parse_target
from journeysim.experiment.statistics import Estimate, estimate


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("wait_within_target_fraction >= 0.9", Target("wait_within_target_fraction", ">=", 0.9)),
        ("wait_mean_min<=5", Target("wait_mean_min", "<=", 5.0)),
        ("  reneged_fraction <= 2% ", Target("reneged_fraction", "<=", 0.02)),
        ("net_value_per_year >= -1000.5", Target("net_value_per_year", ">=", -1000.5)),
        ("utilisation <= .8", Target("utilisation", "<=", 0.8)),
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
        ("wait_mean_min <= 5 min", "a metric, >= or <=, and a number are required", "wait_mean_min <= 5"),
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


def test_an_unknown_metric_names_the_near_one():
    with pytest.raises(InputError, match=r"found wait_mean, hint: did you mean wait_mean_min\?"):
        check_metric(Target("wait_mean", "<=", 5), {"wait_mean_min", "served_fraction"})
    check_metric(Target("wait_mean_min", "<=", 5), {"wait_mean_min"})


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
