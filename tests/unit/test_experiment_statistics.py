"""Estimates and paired differences against worked examples and against scipy.stats."""

import math

import numpy as np
import pytest
from scipy import stats

from journeysim.experiment.statistics import (
    difference_of_differences,
    estimate,
    holm,
    is_real,
    paired_difference,
)

A = np.array([5.1, 6.3, 5.8, 7.0, 6.1])
B = np.array([4.0, 5.9, 5.0, 6.1, 5.9])


def test_estimate_is_the_t_interval():
    found = estimate(A)
    low, high = stats.t.interval(0.95, 4, loc=A.mean(), scale=stats.sem(A))
    assert found.mean == pytest.approx(A.mean(), rel=1e-14)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-12)
    assert found.n == 5
    assert found.half_width == pytest.approx((high - low) / 2)


def test_replications_that_saw_nothing_are_left_out():
    found = estimate(np.array([math.nan, 2.0, math.nan, 4.0]))
    assert (found.mean, found.n) == (3.0, 2)
    alone = estimate(np.array([2.0]))
    assert alone.mean == 2.0
    assert math.isnan(alone.low)
    assert alone.n == 1
    nothing = estimate(np.array([math.nan]))
    assert math.isnan(nothing.mean)
    assert nothing.n == 0


def test_estimate_without_variance_is_a_point():
    third = np.full(7, 0.1 + 0.2)
    assert (estimate(third).low, estimate(third).high) == (third[0], third[0])


def test_difference_is_the_paired_t_test():
    found = paired_difference(B, A)
    test = stats.ttest_rel(B, A)
    interval = test.confidence_interval(0.95)
    assert found.difference == pytest.approx(np.mean(B - A), rel=1e-14)
    assert found.p == pytest.approx(test.pvalue, rel=1e-10)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-10)
    expected = 1 - np.var(B - A, ddof=1) / (np.var(A, ddof=1) + np.var(B, ddof=1))
    assert found.variance_removed == pytest.approx(expected)
    assert 0.5 < found.variance_removed < 1


def test_difference_without_variance_follows_the_rule():
    same = paired_difference(A, A)
    assert (same.difference, same.low, same.high, same.p) == (0.0, 0.0, 0.0, 1.0)
    assert same.variance_removed == 1.0
    moved = paired_difference(A + 0.5, A)
    assert moved.low == moved.high == moved.difference == pytest.approx(0.5)
    assert moved.p == 0.0
    constant = paired_difference(np.full(3, 2.0), np.full(3, 2.0))
    assert (constant.difference, constant.p) == (0.0, 1.0)
    assert math.isnan(constant.variance_removed)


@pytest.mark.parametrize(("replications", "known"), [(2, False), (3, False), (4, True)])
def test_few_replications_that_differ_alike_prove_nothing(replications, known):
    customers = A[:replications].round()
    found = paired_difference(customers + 1, customers)
    assert found.difference == 1
    assert [not math.isnan(one) for one in (found.low, found.high, found.p)] == [known] * 3
    assert paired_difference(customers, customers).p == 1.0
    contrast = difference_of_differences(customers + 1, customers, customers, customers)
    assert math.isnan(contrast.p) is not known


def test_rounding_is_no_difference():
    noise = A * (1 + np.array([1, -1, 1, 0, -1]) * 2e-16)
    assert paired_difference(noise, A).p == 1.0


def test_pairs_need_both_values():
    found = paired_difference(np.array([1.0, math.nan, 3.0]), np.array([0.5, 1.0, math.nan]))
    assert (found.difference, found.n) == (0.5, 1)
    assert math.isnan(found.p)
    assert paired_difference(np.array([math.nan]), np.array([1.0])).n == 0


def test_holm_of_a_worked_example():
    p = np.array([0.01, 0.04, 0.03, 0.005, math.nan])
    assert holm(p)[:4] == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert math.isnan(holm(p)[4])
    assert is_real(holm(p)).tolist() == [True, False, False, True, False]


def test_holm_never_exceeds_one():
    assert holm(np.array([0.6, 0.7])).tolist() == [1.0, 1.0]
    assert holm(np.array([0.02])).tolist() == [0.02]


@pytest.mark.slow
def test_intervals_cover_as_often_as_they_say():
    """95% of the intervals hold the truth: 4,000 experiments tell 95% from 93%."""
    generator = np.random.default_rng(5)
    covered = 0
    for _ in range(4000):
        found = estimate(generator.normal(3.0, 1.0, size=10))
        covered += found.low <= 3.0 <= found.high
    assert abs(covered / 4000 - 0.95) < 3.5 * math.sqrt(0.95 * 0.05 / 4000)
