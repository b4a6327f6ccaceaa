"""The past that everybody starts with: visits of their tenure, as the baseline's are."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.market_by_hand import behaviour_with, state_of

from journeysim.branch.luck import Luck
from journeysim.market.banks import ScoredBank, ScoreSample
from journeysim.market.history import REMEMBERED, live_history
from journeysim.market.model import ScoreShape
from journeysim.market.state import AT_RISK, RUNGS, State

RULES = behaviour_with()
PEOPLE = 4000
OURS = ScoredBank(0, ScoreShape(0.5, 0.3), None, 0.2, ())
THEIRS = ScoredBank(1, ScoreShape(-0.4, 0.3), None, 0.2, ())
BANKS = [OURS, THEIRS]


def past(months: np.ndarray | int, a_month: float, seed: int = 3, **values: float) -> State:
    state = state_of([0, 1] * (PEOPLE // 2))
    state.segment[PEOPLE // 2 :] = 1
    state.tenure[:] = months
    state.idle[:] = 4
    state.disposition[:] = np.random.default_rng(seed).normal(0, 0.2, PEOPLE)
    for name, value in values.items():
        getattr(state, name)[:] = value
    live_history(state, BANKS, np.full(PEOPLE, a_month), RULES, np.ones(2), Luck(seed, 0))
    return state


def test_everybody_has_had_the_visits_of_their_tenure():
    months = np.arange(PEOPLE) % 50
    state = past(months, 0.25)
    assert_array_equal(state.tenure, months)
    assert (state.idle == 4).all()
    assert not state.bad_first.any()
    assert (np.abs(state.visits - months * 0.25) < 1).all()
    assert state.visits.mean() == pytest.approx(months.mean() * 0.25, abs=0.05)
    assert (past(600, 1.0).visits == 600).all()


def test_who_has_not_come_yet_thinks_what_is_heard():
    state = past(0, 2.0, heard=0.35, satisfaction=-0.9)
    assert (state.visits == 0).all()
    assert_allclose(state.satisfaction, 0.35)
    assert (state.rung == RUNGS.index("stable")).all()


def test_opinions_are_where_more_visits_leave_them():
    """The mean after twenty visits is that after forty: nothing drifts any more, whatever it began with."""
    state = past(600, 1.0, satisfaction=1.0)
    again = past(600, 1.0, seed=4, satisfaction=-1.0)
    for bank in (0, 1):
        mine = state.bank == bank
        one, other = state.satisfaction[mine], again.satisfaction[mine]
        error = np.sqrt((one.var() + other.var()) / mine.sum())
        assert abs(one.mean() - other.mean()) < 4 * error
        assert error < 0.02
    bad = state.bank == 1
    assert state.satisfaction[bad].max() < state.satisfaction[~bad].mean()
    assert (state.rung[bad] == AT_RISK).mean() > 0.5


def test_rungs_above_stable_take_visits_that_are_good_and_a_year():
    short, long, often = past(11, 1.0), past(40, 0.25), past(40, 2.0)
    ours = short.bank == 0
    assert short.rung[ours].min() >= RUNGS.index("stable")
    for state in (long, often):
        assert (state.rung[ours] < RUNGS.index("stable")).mean() > 0.3


def test_only_the_last_visits_count():
    """With more visits than are remembered the opinion before them hardly matters."""
    many, none = past(2 * REMEMBERED, 1.0, satisfaction=1.0), past(2 * REMEMBERED, 1.0, satisfaction=-1.0)
    assert np.abs(many.satisfaction - none.satisfaction).max() < 2e-3


def test_complaints_of_the_past_leave_the_harm_that_the_baseline_leaves():
    state, healed = (state_of([1] * PEOPLE, tenure=10, disposition=np.full(PEOPLE, -0.1)) for _ in range(2))
    all_complain = behaviour_with(complaints__complain=0.97, complaints__grumble=0.0, complaints__media=0.03)
    for one, left in ((state, 1.0), (healed, 0.1)):
        live_history(one, BANKS, np.ones(PEOPLE), all_complain, np.full(2, left), Luck(1, 0))
    assert healed.satisfaction.mean() > state.satisfaction.mean() + 0.05


def test_visits_of_a_simulated_bank_score_as_those_of_the_same_segment():
    score = np.array([-0.5, -0.4, 0.5, 0.6, 0.7])
    sample = ScoreSample(score, score, score, np.array([0, 0, 2, 2, 2]))
    u = np.array([0.1, 0.9, 0.1, 0.5, 0.9, 0.1, 0.9])
    segment = np.array([0, 0, 2, 2, 2, 1, 1])
    assert_array_equal(sample.rows(u, segment), [0, 1, 2, 3, 4, 0, 4])
    bank = ScoredBank(0, None, sample, 0.2, ())
    found = bank.scores(u, np.full(7, 0.1), segment)
    assert_allclose(found[0], [-0.4, -0.3, 0.6, 0.7, 0.8, -0.4, 0.8])
    assert_allclose(found[1], score[[0, 1, 2, 3, 4, 0, 4]])
