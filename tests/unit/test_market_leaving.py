"""Who leaves, why, and where to: against numbers worked out by hand and probabilities against frequencies."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.market_by_hand import behaviour_with, state_of

from journeysim.branch.luck import Luck, name_tag
from journeysim.market.choosing import (
    Banks,
    attraction,
    choose,
    images,
    preferred,
    probabilities,
    reputation,
    utilities,
)
from journeysim.market.leaving import (
    FIRST_VOLUNTARY,
    REASONS,
    STAYS,
    contagion,
    multipliers,
    remember_leavers,
    settle,
    shares,
    steady_hazards,
    yearly_hazard,
)
from journeysim.market.network import Network, network_of
from journeysim.market.state import State

RULES = behaviour_with()
LEAVING, CHOOSING = RULES.leaving, RULES.choosing
LUCK = Luck(3, 0)
NAMES = ("", "Rival A", "Rival B")


def banks_of(shares_: list[float], image: list[float] | None = None, is_open: list[bool] | None = None):
    count = len(shares_)
    return Banks.of(
        NAMES[:count],
        np.array(shares_),
        np.array([True] * count if is_open is None else is_open),
        np.zeros(count) if image is None else np.array(image),
    )


def tied(people: int, one: list[int], other: list[int]) -> Network:
    return network_of(people, np.array(one, np.int32), np.array(other, np.int32), np.ones(len(one), bool))


def crowd(people: int = 30_000) -> State:
    """People of three banks who think all sorts of things."""
    random = np.random.default_rng(1)
    state = state_of(random.choice(3, people, p=[0.35, 0.4, 0.25]).tolist(), banks=3)
    for opinion in (state.satisfaction, state.staff, state.product):
        opinion[:] = random.uniform(-1, 1, people)
    state.heard[:] = random.uniform(-0.6, 0.6, (3, people))
    known = random.uniform(-1, 1, (3, people))
    state.known[:] = np.where(random.random((3, people)) < 0.2, known, np.nan)
    state.tenure[:] = random.integers(0, 60, people)
    state.bad_first[:] = random.random(people) < 0.02
    return state


def test_contagion_counts_friends_who_left_the_own_bank_by_their_age():
    # 0 knows 1, 2, 3; 4 knows nobody. 1 left bank 0 last month, 2 two months before, 3 left another bank.
    network = tied(5, [0, 0, 0], [1, 2, 3])
    state = state_of([0, 1, 1, 1, 0])
    state.left_bank[1:4] = [0, 0, 1]
    state.left_month[1:4] = [9, 7, 9]
    felt = contagion(state, network, 10, behaviour_with(leaving__contagion_months=2.0).leaving)
    assert_allclose(felt, [1 + np.exp(-1), 0, 0, 0, 0])
    assert contagion(state, network, 10, behaviour_with(leaving__contagion=0.0).leaving).max() == 0
    # Who is with the bank that somebody else left feels it from the other side of the tie, too.
    state.bank[3] = 0
    state.left_bank[0], state.left_month[0] = 0, 9
    assert_allclose(contagion(state, network, 10, LEAVING)[3], 1.0)


def test_a_leaving_long_ago_is_forgotten():
    network = tied(2, [0], [1])
    state = state_of([0, 1])
    state.left_bank[1] = 0
    felt = [contagion(state, network, month, LEAVING)[0] for month in range(1, 8)]
    assert_allclose(felt[:5], np.exp(-np.arange(5)))
    assert felt[5:] == [0, 0]


def test_multipliers_by_hand():
    rules = behaviour_with(
        leaving__satisfaction=2.0,
        leaving__heard=1.0,
        leaving__contagion=0.8,
        leaving__newcomer=1.6,
        leaving__newcomer_months=12,
        leaving__bad_first_visit=3.0,
        leaving__attraction=0.5,
    ).leaving
    state = state_of([0, 0, 1], satisfaction=[0.5, 0, 0], staff=[0.2, 0, 0], product=[-0.1, 0, 0])
    state.heard[0] = [0.3, 0, 0]
    state.heard[1] = [0, 0, 0.4]
    state.tenure[:] = [12, 11, 30]
    state.bad_first[1] = True
    found = multipliers(state, np.array([2.0, 0, 0]), np.array([4.0, 1.0, 1.0]), rules)
    common = 1.8**2 * np.exp(-0.3)
    assert_allclose(
        found[:, 0],
        common * np.array([np.exp(-1.0), 2 * np.exp(-1.0), np.exp(0.2), np.exp(-0.4)]),
    )
    assert_allclose(found[:, 1], [4.8] * 4)
    assert_allclose(found[:, 2], [np.exp(-0.4)] * 4)


def test_on_the_month_of_their_own_constants_each_reason_has_its_share():
    state = crowd()
    drawn = attraction(
        state, np.arange(state.people), banks_of([0.35, 0.4, 0.25]), np.zeros((3, 1)), CHOOSING
    )
    felt = np.zeros(state.people)
    found = settle(state, felt, drawn, LEAVING, None, LUCK, 4)
    hazard = yearly_hazard(LEAVING) / 12
    # The mean multiplier is Z, so the mean hazard of each bank's customers is the one that was asked for.
    multiplier = multipliers(state, felt, drawn, LEAVING)
    for bank in range(3):
        mean = (multiplier / found.multiplier[state.bank].T)[:, state.bank == bank].mean(axis=1)
        assert_allclose(mean, 1.0)
    assert found.leaves.sum() + found.goes.sum() == pytest.approx(state.people * hazard, rel=0.02)


def test_leavings_come_with_their_probabilities_and_in_the_shares_of_their_reasons():
    state = crowd()
    rules = behaviour_with(leaving__per_year=0.9).leaving
    drawn = np.ones(state.people)
    count = np.zeros(len(REASONS))
    months = 20
    for month in range(months):
        found = settle(state, np.zeros(state.people), drawn, rules, None, LUCK, month)
        count += np.bincount(found.reason[found.reason != STAYS], minlength=len(REASONS))
    expected = months * found.leaves.sum(), months * found.goes.sum()
    left, gone = count[FIRST_VOLUNTARY:].sum(), count[:FIRST_VOLUNTARY].sum()
    assert left == pytest.approx(expected[0], abs=4 * np.sqrt(expected[0]))
    assert gone == pytest.approx(expected[1], abs=4 * np.sqrt(expected[1]))
    # Of who is as likely to leave for each reason as asked for, every reason takes its share.
    alike = state_of([0] * state.people)
    reason = np.concatenate(
        [settle(alike, np.zeros(alike.people), drawn, rules, None, LUCK, m).reason for m in range(months)]
    )
    found_shares = np.bincount(reason[reason != STAYS], minlength=len(REASONS)) / (reason != STAYS).sum()
    noise = np.sqrt(shares(rules) * (1 - shares(rules)) / (reason != STAYS).sum())
    assert (np.abs(found_shares - shares(rules)) < 4 * noise).all()
    total = 1 - np.exp(-yearly_hazard(rules) / 12)
    assert (reason != STAYS).mean() == pytest.approx(total, abs=4 * np.sqrt(total / reason.size))


def test_the_dead_are_the_same_whoever_else_leaves():
    state = crowd()
    felt, drawn = np.zeros(state.people), np.ones(state.people)
    now = settle(state, felt, drawn, LEAVING, np.full((3, 4), 1.0), LUCK, 0).reason
    later = settle(state, felt, drawn, LEAVING, np.full((3, 4), 100.0), LUCK, 0).reason
    gone = (now >= 0) & (now < FIRST_VOLUNTARY)
    assert gone.sum() > 5
    assert_array_equal(later[gone], now[gone])
    assert ((later >= FIRST_VOLUNTARY) <= (now != STAYS)).all()


def test_who_has_nowhere_to_go_stays():
    state = state_of([0] * 20_000, banks=1, satisfaction=-1.0)
    drawn = attraction(state, np.arange(state.people), banks_of([1.0]), np.zeros((1, 1)), CHOOSING)
    assert drawn.max() == 0
    rules = behaviour_with(leaving__per_year=0.9).leaving
    found = settle(state, np.zeros(state.people), drawn, rules, None, LUCK, 0)
    assert set(np.unique(found.reason)) == {STAYS, 0, 1}
    assert found.leaves.max() == 0
    assert np.isfinite(steady_hazards(state, np.arange(state.people), drawn, rules, found.multiplier)).all()


def test_steady_hazards_are_those_of_the_month_without_what_passes():
    state = crowd(500)
    state.bad_first[:] = False
    drawn = attraction(
        state, np.arange(state.people), banks_of([0.35, 0.4, 0.25]), np.zeros((3, 1)), CHOOSING
    )
    constants = np.random.default_rng(3).uniform(0.5, 2, (3, 4))
    found = settle(state, np.zeros(500), drawn, LEAVING, constants, LUCK, 0)
    assert_allclose(
        1 - np.exp(-steady_hazards(state, np.arange(state.people), drawn, LEAVING, constants)),
        found.leaves + found.goes,
        rtol=1e-12,
    )


def test_leavers_are_remembered():
    state = state_of([0, 1, 0, 0])
    remember_leavers(state, np.array([1, 3]), 7)
    assert_array_equal(state.left_bank, [-1, 1, -1, 0])
    assert_array_equal(state.left_month, [0, 7, 0, 7])


def test_reputation_is_what_was_heard_or_the_mean_with_what_was_lived_through():
    state = state_of([0, 0])
    state.heard[:] = [[0.2, 0.4], [0.6, -0.2]]
    state.known[1, 1] = 0.8
    assert_allclose(reputation(state, np.array([1, 0])), [[0.4, 0.3], [0.2, 0.6]])


def test_choices_by_hand():
    state = state_of([0, 1])
    state.heard[1] = np.log(3) / CHOOSING.reputation
    banks = banks_of([0.8, 0.2])
    utility = utilities(
        reputation(state, np.arange(2)), np.array([-1, 1]), banks, np.array([0.0, 0.0]), CHOOSING
    )
    found = probabilities(utility, CHOOSING)
    # By reputation 1 : 3, by strength 4 : 1, by convenience 1 : 1; who leaves bank 1 has only bank 0.
    assert_allclose(found, [[0.5 / 4 + 0.3 * 0.8 + 0.1, 0.5 * 3 / 4 + 0.3 * 0.2 + 0.1], [1, 0]])


def test_choices_come_with_their_probabilities():
    people = 60_000
    state = state_of([0] * people, banks=3)
    state.heard[:] = np.array([[0.1], [0.3], [-0.1]])
    banks, constants = banks_of([0.35, 0.4, 0.25], image=[0.0, -0.1, 0.2]), np.array([[0.2], [-0.1], [0.0]])
    for own in (-1, 1):
        left = np.full(people, own)
        to = choose(state, np.arange(people), left, banks, constants, CHOOSING, LUCK, 5)
        utility = utilities(reputation(state, np.arange(1)), left[:1], banks, constants.T, CHOOSING)
        expected = probabilities(utility, CHOOSING)[0]
        found = np.bincount(to, minlength=3) / people
        assert (np.abs(found - expected) <= 4 * np.sqrt(expected * (1 - expected) / people)).all()


def test_a_bank_that_is_not_open_is_not_chosen_and_draws_nobody():
    state = state_of([0] * 1000, banks=3)
    state.heard[2] = 1.0
    shut = banks_of([0.6, 0.4, 0.0], is_open=[True, True, False])
    to = choose(state, np.arange(1000), np.full(1000, -1), shut, np.zeros((3, 1)), CHOOSING, LUCK, 0)
    assert set(to.tolist()) == {0, 1}
    two = state_of([0] * 1000)
    assert_allclose(
        attraction(state, np.arange(state.people), shut, np.zeros((3, 1)), CHOOSING),
        attraction(two, np.arange(two.people), banks_of([0.6, 0.4]), np.zeros((2, 1)), CHOOSING),
    )


def test_what_draws_people_by_hand():
    state = state_of([0, 1])
    state.heard[0] = 0.1
    weight = [0.5 * np.exp(6 * 0.1) + 0.3 * 0.8 + 0.2, np.e * (0.5 + 0.3 * 0.2 + 0.2)]
    found = attraction(
        state, np.arange(state.people), banks_of([0.8, 0.2]), np.array([[0.0], [1.0]]), CHOOSING
    )
    assert_allclose(found, weight[::-1])


def test_people_prefer_the_banks_as_their_named_reputations_say():
    state = crowd(2000)
    named = np.array([0.3, -0.1, 0.1])
    there = np.ones(3, dtype=bool)
    image = images(state, named, np.zeros(3), there, CHOOSING)
    pull = np.exp(CHOOSING.reputation * named)
    assert_allclose(preferred(state, image, there, CHOOSING), pull / (1 + pull.sum()), rtol=1e-5)
    # Of a bank that is yet to open nobody has to say anything.
    four = state_of([0] * 10, banks=4)
    absent = np.array([True, True, True, False])
    with_absent = images(four, np.append(named, np.nan), np.zeros(4), absent, CHOOSING)
    assert_allclose(preferred(four, with_absent, absent, CHOOSING)[:3], pull / (1 + pull.sum()), rtol=1e-5)
    assert with_absent[3] == 0


def test_where_some_banks_have_no_named_reputation_the_others_are_thought_of_as_named():
    state = crowd(2000)
    named = np.array([0.3, np.nan, -0.2])
    image = images(state, named, np.zeros(3), np.ones(3, dtype=bool), CHOOSING)
    thought = reputation(state, np.arange(2000)).mean(axis=0)
    assert_allclose((thought + image)[[0, 2]], [0.3, -0.2])
    assert image[1] == 0
    none = images(state, np.full(3, np.nan), np.ones(3), np.ones(3, dtype=bool), CHOOSING)
    assert_array_equal(none, 0)


def test_tags_of_banks_are_those_of_their_names():
    assert banks_of([0.5, 0.3, 0.2]).tags == tuple(map(name_tag, NAMES))
