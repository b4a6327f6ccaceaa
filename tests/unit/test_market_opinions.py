"""Opinions, rungs, tempers, telling and hearing, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.market_by_hand import behaviour_with, state_of, visits_of

from journeysim.branch.luck import Luck
from journeysim.market.opinions import Temper, Visits, harm_left, join, live_through
from journeysim.market.state import RUNGS, State, levels, rung_now
from journeysim.market.telling import Heard, fixed_point, stories_of, take_in, told_quantile

# A third of the way at first, a fifth later, down twice as fast; nobody complains.
PLAIN = behaviour_with(
    satisfaction__first_visit=0.6,
    satisfaction__later_visit=0.2,
    satisfaction__downwards=2.0,
    complaints__grumble=1.0,
    complaints__complain=0.0,
    complaints__media=0.0,
    telling__bad_below=-0.2,
)
LUCK = Luck(3, 0)
EVERYBODY = np.ones(2)


def lived(state: State, visits: Visits, behaviour=PLAIN, left: float = 1.0) -> np.ndarray:
    return live_through(state, visits, behaviour, np.full(2, left), LUCK)


def rung(name: str) -> int:
    return RUNGS.index(name)


def test_a_first_visit_takes_the_large_step_and_later_ones_the_small():
    state = state_of([0, 0], visits=[0, 5])
    lived(state, visits_of([0, 1], [0.5, 0.5], staff=[1.0, 1.0], product=[np.nan, 0.5]))
    assert_allclose(state.satisfaction, [0.3, 0.1])
    assert_allclose(state.staff, [0.6, 0.2])
    # A visit without any moment of the product says nothing of it.
    assert_allclose(state.product, [0.0, 0.1])
    assert_array_equal(state.visits, [1, 6])


def test_a_step_down_is_larger_and_never_goes_beyond_the_score():
    state = state_of([0, 0], satisfaction=0.5, visits=[3, 0])
    lived(state, visits_of([0, 1], [-0.5, -0.5]))
    # 0.5 - 0.4 of the way down; a first visit would go 1.2 of the way, so it goes all of it.
    assert_allclose(state.satisfaction, [0.1, -0.5])
    assert_array_equal(state.bad_first, [False, True])


def test_visits_of_one_person_count_one_after_the_other():
    state = state_of([0], visits=[0], idle=[4])
    lived(state, visits_of([0, 0], [0.5, -0.3]))
    assert_allclose(state.satisfaction, [0.3 - 0.4 * 0.6])
    assert not state.bad_first[0]
    assert state.idle[0] == 0


def test_recovery_undoes_part_of_the_fall_of_who_complains():
    angry = behaviour_with(
        complaints__grumble=0.0, complaints__complain=1.0, complaints__media=0.0, complaints__recovery="slow"
    )
    assert harm_left(angry.complaints) == 0.31
    state = state_of([0, 0], satisfaction=0.5)
    temper = lived(state, visits_of([0, 1], [-0.5, 0.0]), angry, harm_left(angry.complaints))
    assert_array_equal(temper, [Temper.COMPLAINS, Temper.CONTENT])
    # Later visits: 0.3, down 0.6 of the way; a visit that is not bad enough brings no complaint.
    assert_allclose(state.satisfaction, [0.5 - 0.6 * 0.31, 0.5 - 0.6 * 0.5])


def test_tempers_come_in_their_shares():
    people = 40_000
    mixed = behaviour_with(complaints__grumble=0.6, complaints__complain=0.3, complaints__media=0.1)
    state = state_of([0] * people)
    temper = lived(state, visits_of(list(range(people)), [-0.5] * people), mixed)
    found = np.bincount(temper, minlength=4) / people
    assert_allclose(found, [0, 0.6, 0.3, 0.1], atol=4 * np.sqrt(0.24 / people))


def test_promotion_takes_three_visits_that_hold_and_a_year():
    state = state_of([0, 0], satisfaction=0.5, tenure=[12, 11])
    for number in range(1, 4):
        lived(state, visits_of([0, 1], [0.5, 0.5]))
        earned = rung("active") if number == 3 else rung("stable")
        assert state.rung[0] == earned
    assert state.rung[1] == rung("stable")
    # The next rung is earned anew; one visit below the line ends the row.
    state.satisfaction[0] = 0.9
    for score in (0.9, 0.9, -0.3, 0.9, 0.9):
        lived(state, visits_of([0], [score]))
        state.satisfaction[0] = 0.9
    assert state.rung[0] == rung("active")


def test_demotion_is_at_once_and_the_way_up_from_at_risk_leads_past_freezing():
    state = state_of([0], satisfaction=0.7, rung=rung("enthusiast"))
    lived(state, visits_of([0], [-1.0]))
    assert state.satisfaction[0] == pytest.approx(0.02)
    assert state.rung[0] == rung("stable")
    state = state_of([0], satisfaction=0.1, rung=rung("at_risk"), held=2)
    lived(state, visits_of([0], [0.1]))
    assert state.rung[0] == rung("indifferent")


def test_levels_and_freezing():
    ladder = PLAIN.ladder
    satisfaction = np.array([0.6, 0.59, 0.3, 0.29, 0.0, -0.01, -0.3, -0.31])
    expected = ["enthusiast", "active", "active", "stable", "stable", "indifferent", "indifferent", "at_risk"]
    assert [RUNGS[number] for number in levels(satisfaction, ladder)] == expected
    earned = [0, 0, rung("indifferent"), rung("at_risk")]
    found = [rung_now(rung, idle, 3.0, 2) for rung, idle in zip(earned, [5, 6, 6, 6], strict=True)]
    assert [RUNGS[number] for number in found] == ["enthusiast", "freezing", "freezing", "at_risk"]


def test_who_joins_brings_what_was_heard_and_what_was_lived_through():
    state = state_of([0, 0, 1], satisfaction=[-0.5, -0.4, 0.2], disposition=0.1, tenure=30)
    state.heard[1] = [0.8, 0.8, 0.0]
    state.known[1] = [np.nan, 0.2, np.nan]
    join(state, np.array([0, 1]), np.array([1, 1]), PLAIN)
    assert_allclose(state.satisfaction, [0.8, 0.5, 0.2])
    assert_allclose(state.known[0, :2], [-0.5, -0.4])
    assert_array_equal(state.tenure, [0, 0, 30])
    # Newcomers start no higher than stable, whatever they have heard.
    assert_array_equal(state.rung[:2], [rung("stable")] * 2)
    join(state, np.array([2]), np.array([0]), PLAIN, np.array([-0.3]))
    assert np.isnan(state.known[:, 2]).all()
    assert state.disposition[2] == -0.3
    assert state.satisfaction[2] == 0.0


def test_thirteen_in_a_hundred_tell_more_than_twenty():
    u = (np.arange(100_000) + 0.5) / 100_000
    told = told_quantile(u, 9.0, 0.6)
    assert (told > 20).mean() == pytest.approx(0.130, abs=0.001)
    assert told.mean() == pytest.approx(9.0, abs=0.02)
    fewer = told_quantile(u, 4.5, 0.6)
    assert (fewer <= told).all()
    assert fewer.mean() == pytest.approx(4.5, abs=0.02)


@pytest.mark.parametrize("dispersion", [0.1, 0.6, 50.0, 1e9, 1e17])
@pytest.mark.parametrize("mean", [0.01, 3.0])
def test_the_number_told_keeps_its_mean_for_any_dispersion(mean, dispersion):
    u = (np.arange(100_000) + 0.5) / 100_000
    assert told_quantile(u, mean, dispersion).mean() == pytest.approx(mean, rel=0.02)


def test_where_hardly_anybody_tells_nobody_the_quantile_is_still_right():
    # P(N = 0) is e**-800 here, less than any number.
    assert told_quantile(np.array([0.5]), 800.0, 1e9)[0] == pytest.approx(800, abs=1)
    assert_array_equal(told_quantile(np.array([0.001, 0.999]), 0.0, 0.6), [0, 0])


def test_only_good_and_bad_visits_are_told_and_bad_ones_to_twice_as_many():
    people = 20_000
    visits = visits_of(list(range(people)), [(-0.5, 0.0, 0.5)[k % 3] for k in range(people)])
    stories = stories_of(visits, PLAIN.telling, LUCK)
    assert set(np.unique(stories.visit % 3)) == {0, 2}
    assert_array_equal(stories.sign, np.where(stories.visit % 3 == 0, -1, 1))
    assert_array_equal(stories.teller, stories.visit)
    assert stories.visit.size / people == pytest.approx(2 / 3 * 0.25, rel=0.05)
    bad = stories.told[stories.sign < 0].mean()
    assert bad == pytest.approx(9.0, abs=4 * 12 / np.sqrt((stories.sign < 0).sum()))
    assert stories.told[stories.sign > 0].mean() == pytest.approx(bad / 2, rel=0.2)


def heard_of(listener, bank, sign, strong) -> Heard:
    return Heard(np.array(listener), np.array(bank), np.array(sign), np.array(strong), len(listener), 0)


def test_hearing_moves_by_the_weights_of_the_stories_and_fades():
    state = state_of([0, 0, 0], heard=0.5)
    rules = behaviour_with(hearing__strong=0.12, hearing__weak=0.04, hearing__fading=0.05).hearing
    take_in(state, heard_of([0, 1, 1, 1], [0, 0, 0, 1], [1, -1, -1, 1], [True, True, False, False]), rules)
    # One story of weight w: (1 - w) before + w. Two alike: 1 - (1 - w)(1 - v) of the way.
    assert state.heard[0, 0] == pytest.approx(0.95 * (0.88 * 0.5 + 0.12))
    assert state.heard[0, 1] == pytest.approx(0.95 * (-1 + 0.88 * 0.96 * 1.5))
    assert state.heard[1, 1] == pytest.approx(0.95 * (0.96 * 0.5 + 0.04))
    assert state.heard[0, 2] == pytest.approx(0.95 * 0.5)


def test_a_good_and_a_bad_story_of_one_weight_meet_in_the_middle():
    state = state_of([0], heard=0.5)
    rules = behaviour_with(hearing__fading=0.0).hearing
    take_in(state, heard_of([0, 0], [0, 0], [1, -1], [True, True]), rules)
    assert state.heard[0, 0] == pytest.approx(0.5 * 0.88**2)


def test_what_is_heard_settles_at_the_fixed_point():
    rules = behaviour_with(hearing__fading=0.1).hearing
    heard = heard_of([0, 0, 1], [0, 0, 1], [1, 1, -1], [True, True, False])
    state = state_of([0, 0])
    # Everybody alike, so that the mean over people is what each would come to.
    same = heard_of([0, 1, 0, 1], [0, 0, 1, 1], [1, 1, -1, -1], [True, True, False, False])
    for _ in range(400):
        take_in(state, same, rules)
    assert_allclose(fixed_point(same, 2, 2, rules), state.heard[:, 0], rtol=1e-12)
    assert_allclose(state.heard[:, 0], state.heard[:, 1])
    assert fixed_point(heard, 2, 2, rules)[0] > 0 > fixed_point(heard, 2, 2, rules)[1]
