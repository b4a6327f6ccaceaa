"""Constants of the choice: with them every bank keeps its customers of every segment."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose
from tests.market_by_hand import behaviour_with, state_of

from journeysim.branch.luck import Luck
from journeysim.market.balancing import balanced, balancing_constants
from journeysim.market.choosing import Banks, probabilities, reputation, utilities
from journeysim.market.leaving import Settlement, settle
from journeysim.market.state import State
from journeysim.units import FloatArray

RULES = behaviour_with()
PEOPLE, SHARES = 6000, np.array([0.35, 0.4, 0.25])
BANKS = Banks.of(("", "Rival A", "Rival B"), SHARES, np.ones(3, dtype=bool), np.array([0.1, 0.0, -0.2]))


def crowd() -> State:
    """People of two segments; the second thinks less of our bank, and of its own."""
    random = np.random.default_rng(1)
    state = state_of(random.choice(3, PEOPLE, p=SHARES).tolist(), banks=3)
    state.segment[:] = random.random(PEOPLE) < 0.2
    state.satisfaction[:] = random.uniform(-1, 1, PEOPLE) - 0.3 * state.segment
    state.heard[:] = random.uniform(-0.3, 0.3, (3, PEOPLE))
    state.heard[0] -= 0.2 * state.segment
    return state


def month_end(state: State) -> Settlement:
    nobody, drawn = np.zeros(state.people), np.ones(state.people)
    return settle(state, nobody, drawn, RULES.leaving, None, Luck(3, 0), 0)


def coming(state: State, leaves: FloatArray, goes: FloatArray, constants: FloatArray) -> FloatArray:
    """People expected to come to each bank, shape (banks, segments), by the whole formula of the choice."""
    everybody = np.arange(state.people)
    thought, of_each = reputation(state, everybody), constants[:, state.segment].T

    def chances(own: np.ndarray) -> FloatArray:
        return probabilities(utilities(thought, own, BANKS, of_each, RULES.choosing), RULES.choosing)

    each = leaves[:, None] * chances(state.bank) + goes[:, None] * chances(np.full(state.people, -1))
    return np.stack([each[state.segment == segment].sum(axis=0) for segment in (0, 1)], axis=1)


def by_cell(state: State, bank: np.ndarray, weights: FloatArray | None = None) -> FloatArray:
    return np.bincount(bank * 2 + state.segment, weights, minlength=6).reshape(3, 2).astype(float)


def test_as_many_come_to_each_bank_from_each_segment_as_wanted():
    state = crowd()
    random = np.random.default_rng(2)
    leaves, goes = random.uniform(0, 0.02, PEOPLE), random.uniform(0, 0.002, PEOPLE)
    out = by_cell(state, state.bank, leaves + goes)
    wanted = out * np.array([[1.1, 0.8], [0.9, 1.0], [1.0, 1.3]])
    wanted *= out.sum(axis=0) / wanted.sum(axis=0)
    constants = balancing_constants(state, leaves, goes, wanted, BANKS, RULES.choosing)
    assert_allclose((constants * wanted).sum(axis=0), 0, atol=1e-9)
    assert_allclose(coming(state, leaves, goes, constants), wanted, rtol=1e-5)


def test_a_bank_that_is_where_it_began_keeps_every_segment():
    state = crowd()
    left = month_end(state)
    this_month, for_good = balanced(state, left, state.bank, BANKS, RULES.choosing)
    out = by_cell(state, state.bank, left.leaves + left.goes)
    assert_allclose(coming(state, left.leaves, left.goes, this_month), out, rtol=1e-5)
    assert_allclose(for_good, this_month, atol=1e-6)
    # One constant for both segments would not do it: the second thinks otherwise of the banks.
    assert np.abs(for_good[:, 0] - for_good[:, 1]).max() > 0.05


def test_what_luck_did_to_a_banks_number_is_made_up_for_and_does_not_last():
    state = crowd()
    before = balanced(state, month_end(state), state.bank, BANKS, RULES.choosing)[1]
    # Where some of our customers were at the start, twins of customers of Rival A are now.
    random, at_start = np.random.default_rng(5), state.bank.copy()
    for segment in (0, 1):
        ours, theirs = (np.flatnonzero((at_start == b) & (state.segment == segment)) for b in (0, 1))
        gone = random.choice(ours, ours.size // 10, replace=False)
        twins = random.choice(theirs, gone.size)
        for values in vars(state).values():
            values[..., gone] = values[..., twins]
    left = month_end(state)
    this_month, for_good = balanced(state, left, at_start, BANKS, RULES.choosing)
    out = by_cell(state, state.bank, left.leaves + left.goes)
    come = coming(state, left.leaves, left.goes, this_month)
    # By a quarter of the leavers at most, up to what that does to the others' part.
    assert ((come[0] > 1.1 * out[0]) & (come[0] < 1.3 * out[0])).all()
    assert (come[1] < out[1]).all()
    # Up to who exactly is gone, constants that last are as if nobody were.
    assert_allclose(for_good, before, atol=0.04)
    assert np.abs(this_month - before).max() > 0.2


def test_a_bank_that_has_lost_all_of_a_segment_still_wants_some():
    state = crowd()
    at_start = state.bank.copy()
    state.bank[(state.bank == 2) & (state.segment == 1)] = 1
    left = month_end(state)
    for_good = balanced(state, left, at_start, BANKS, RULES.choosing)[1]
    # As many as die or move away, though there is nobody there to do so.
    come = coming(state, left.leaves, left.goes, for_good)
    assert come[2, 1] > 0.5 * left.gone * ((at_start == 2) & (state.segment == 1)).sum()


def test_a_small_bank_more_does_not_move_what_a_new_one_would_draw():
    """A bank yet to open has the constant 0: it is like the mean customer's bank, not like the mean bank."""
    state = crowd()
    state.segment[:] = 0
    left = month_end(state)
    before = balanced(state, left, state.bank, BANKS, RULES.choosing)[1]
    four = {
        name: np.vstack([value, value[:1]]) if value.ndim == 2 else value.copy()
        for name, value in vars(state).items()
    }
    four["bank"][::250] = 3
    more = State(**four)
    names, shares = ("", "Rival A", "Rival B", "Tiny"), np.append(SHARES, 0.004)
    banks = Banks.of(names, shares, np.ones(4, dtype=bool), np.append(BANKS.image, 0))
    after = balanced(more, month_end(more), more.bank, banks, RULES.choosing)[1]
    assert after[3, 0] < -1
    assert_allclose(after[:3, 0], before[:, 0], atol=0.1)


def test_a_bank_that_cannot_be_balanced_ends_at_bounds():
    state = state_of([0] * 90 + [1] * 10)
    two = Banks.of(("", "Rival A"), np.array([0.9, 0.1]), np.ones(2, dtype=bool), np.zeros(2))
    constants = balancing_constants(
        state, np.full(100, 0.01), np.zeros(100), np.array([[0.9], [0.1]]), two, RULES.choosing
    )
    assert 10 < constants[0, 0] - constants[1, 0] < 25
