"""KN selection: its constants, and what it does with ties, missing variance and a ceiling."""

from __future__ import annotations

import math

import numpy as np
import pytest

from journeysim.experiment.selection.rule import Selection, SelectionRule, kn_constants


def run_through(values, rule):
    """Feed values of shape (replications, options) until the selection has ended."""
    selection = Selection(values.shape[1], rule)
    for row in values:
        if selection.finished:
            break
        selection.take(row)
    return selection


def normal(means, deviations=1.0, *, seed=1, replications=2000):
    luck = np.random.default_rng(seed)
    return luck.normal(means, deviations, size=(replications, len(means)))


@pytest.mark.parametrize("options", [2, 3, 5, 10, 40])
@pytest.mark.parametrize("first", [2, 10, 20, 24, 50])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
def test_eta_solves_the_equation_of_the_paper(options, first, alpha):
    """Kim & Nelson (2001), equation (2): the sum over l = 1..c, here with c = 1."""
    c, eta = 1, kn_constants(options, first, alpha).eta
    total = sum(
        (-1) ** (term + 1)
        * (1 - (term == c) / 2)
        * (1 + 2 * eta * (2 * c - term) * term / c) ** (-(first - 1) / 2)
        for term in range(1, c + 1)
    )
    assert total == pytest.approx(alpha / (options - 1), rel=1e-12)


def test_constants_by_hand():
    """Five options, ten first replications, 95%: (0.025 ** (-2 / 9) - 1) / 2, and 18 times that."""
    found = kn_constants(5, 10, 0.05)
    assert found.eta == pytest.approx(0.635, abs=5e-4)
    assert found.h_squared == pytest.approx(11.43, abs=6e-3)
    assert kn_constants(2, 20, 0.05).h_squared == pytest.approx(19 * (10 ** (2 / 19) - 1), rel=1e-12)


def test_with_many_first_replications_h_squared_is_that_of_a_known_variance():
    """2 eta (n0 - 1) tends to -2 ln(2 alpha / (k - 1))."""
    assert kn_constants(4, 10**6, 0.06).h_squared == pytest.approx(-2 * math.log(0.04), rel=1e-5)


def test_elimination_by_hand():
    """Differences of 1 and 3 in turn: S² = 2 (n0 = 2), h² = 2 eta = 99 of two options with alpha = .05.

    With a lead of 10 the region is 5 / r * (99 * 2 / 100 - r): closed from r = 2 > 1.98 on.
    With a lead of 2 it is (99 * 2 / 4 - r) / r: the mean difference 2 beats 49.5 / r - 1 from r = 17 on.
    """
    assert kn_constants(2, 2, 0.05).h_squared == pytest.approx(99)
    gaps = np.tile([1.0, 3.0], 50)
    values = np.column_stack([np.zeros(100), gaps])
    wide = run_through(values, SelectionRule(10, first=2))
    assert (wide.best, wide.eliminated_at, wide.counts) == (1, {0: 2}, (2, 2))
    close = run_through(values, SelectionRule(2, first=2))
    expected = next(r for r in range(2, 100) if gaps[:r].mean() > (49.5 - r) / r)
    assert close.eliminated_at == {0: expected}
    assert 16 <= expected <= 18


def test_the_smallest_is_the_largest_of_what_is_turned_round():
    values = normal([0, 0.3, 0.6, 0.9])
    largest = run_through(values, SelectionRule(0.3))
    smallest = run_through(-values, SelectionRule(0.3, smallest=True))
    assert largest.best == smallest.best == 3
    assert largest.eliminated_at == smallest.eliminated_at
    assert np.array_equal(largest.means, -smallest.means)


def test_options_that_never_differ_do_not_prolong_it_and_the_first_is_taken():
    luck = np.random.default_rng(2).normal(size=200)
    values = np.column_stack([luck, luck + 1, luck + 1, luck])
    selection = run_through(values, SelectionRule(0.5))
    assert selection.replications == 20
    assert selection.standing == (1, 2)
    assert (selection.best, selection.equals) == (1, (2,))
    assert selection.settled


def test_equals_with_variance_end_where_the_continuation_region_does():
    """Differences of ±1 in turn for 20 replications, none after: never told apart, S² = 20 / 19."""
    values = np.zeros((200, 2))
    values[:20:2, 0] = values[1:20:2, 1] = 1
    end = math.floor(kn_constants(2, 20, 0.05).h_squared * (20 / 19) / 0.3**2) + 1
    selection = run_through(values, SelectionRule(0.3))
    assert selection.replications == end > 50
    assert selection.settled
    assert (selection.best, selection.equals) == (0, (1,))


def test_differences_without_variance_are_told_apart_however_small():
    selection = run_through(np.tile([1.0, 1.25, 0.5], (30, 1)), SelectionRule(100))
    assert (selection.best, selection.eliminated_at) == (1, {0: 20, 2: 20})


def test_a_twin_of_the_winner_with_luck_of_its_own_ends_it_all_the_same():
    values = normal([1, 1, 0], 0.5, seed=4)
    selection = run_through(values, SelectionRule(0.2))
    assert selection.settled
    assert len(selection.standing) == 1
    assert selection.best in (0, 1)


def test_the_ceiling_ends_it_without_guarantee():
    values = normal([0, 0.01], seed=5)
    selection = run_through(values, SelectionRule(0.01, at_most=40))
    assert selection.finished
    assert not selection.settled
    assert selection.replications == 40
    assert selection.best == int(values[:40].mean(axis=0).argmax())


def test_what_ends_at_the_ceiling_by_itself_keeps_its_guarantee():
    values = normal([0, 0.5], seed=6)
    free = run_through(values, SelectionRule(0.2))
    assert 20 < free.replications < 500
    exact = run_through(values, SelectionRule(0.2, at_most=free.replications))
    assert exact.settled
    assert not run_through(values, SelectionRule(0.2, at_most=free.replications - 1)).settled


def test_last_replication_is_an_upper_end_that_only_comes_down():
    values = normal([0, 0.1, 0.2, 0.8], seed=7)
    selection = Selection(4, SelectionRule(0.2, at_most=5000))
    ends = []
    for row in values:
        selection.take(row)
        ends.append(selection.last_replication)
        if selection.finished:
            break
    assert ends[:19] == [5000] * 19
    assert ends[19:] == sorted(ends[19:], reverse=True)
    assert ends[-1] == selection.replications
    assert ends[19] < 5000


def test_what_is_out_is_not_looked_at_again():
    values = normal([0, 3.0, 2.8], 0.5, seed=8)
    selection = run_through(values, SelectionRule(0.2))
    assert selection.eliminated_at[0] == 20
    without = values.copy()
    without[20:, 0] = np.nan
    assert run_through(without, SelectionRule(0.2)).eliminated_at == selection.eliminated_at
    assert selection.counts[0] == 20
    assert selection.means[0] == pytest.approx(values[:20, 0].mean())


def test_a_missing_value_is_refused_and_so_is_more_than_was_asked():
    selection = Selection(2, SelectionRule(1))
    with pytest.raises(ValueError, match="needs a value"):
        selection.take(np.array([1.0, math.nan]))
    assert selection.replications == 0
    ended = run_through(np.tile([0.0, 1.0], (20, 1)), SelectionRule(1))
    with pytest.raises(ValueError, match="has ended"):
        ended.take(np.array([0.0, 1.0]))


@pytest.mark.parametrize(
    ("options", "rule", "message"),
    [
        (1, SelectionRule(1), "at least 2 options"),
        (3, SelectionRule(0), "a lead above 0"),
        (3, SelectionRule(math.nan), "a lead above 0"),
        (3, SelectionRule(math.inf), "a lead above 0"),
        (2, SelectionRule(1, alpha=0.5), r"below 0\.5"),
        (4, SelectionRule(1, alpha=0), "an alpha above 0"),
        (3, SelectionRule(1, first=1), "at least 2 first"),
        (3, SelectionRule(1, first=20, at_most=19), "at least the 20 first"),
    ],
)
def test_a_rule_that_cannot_hold_is_refused(options, rule, message):
    with pytest.raises(ValueError, match=message):
        Selection(options, rule)


def test_a_tiny_lead_overflows_nothing():
    selection = run_through(normal([0, 1]), SelectionRule(1e-200, at_most=30))
    assert not selection.settled
    assert selection.replications == 30
