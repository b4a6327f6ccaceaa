"""Rules of the market on anybody: bounds, monotony, and that nobody is their number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from tests.market_by_hand import behaviour_with, scored_market, state_of, visits_of

from journeysim.branch.luck import Luck
from journeysim.market.balancing import balancing_constants
from journeysim.market.choosing import Banks, attraction, images, preferred
from journeysim.market.leaving import contagion, multipliers, settle, steady_hazards
from journeysim.market.model import Alternative, ScoreShape
from journeysim.market.network import Network
from journeysim.market.opinions import live_through
from journeysim.market.replication import project
from journeysim.market.start import calibrated
from journeysim.market.state import State
from journeysim.market.telling import Heard, take_in, told_quantile

PEOPLE, BANKS = 60, 3
LUCK = Luck(3, 0)
UNIT = st.floats(-1, 1)
BANK_FIELDS = ("heard", "known")


@st.composite
def states(draw: st.DrawFn) -> State:
    """People of all sorts; everything from one seed, as thousands of draws would be slow."""
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    state = state_of(random.integers(0, BANKS, PEOPLE).tolist(), BANKS)
    extreme = draw(st.booleans())
    for name in ("satisfaction", "staff", "product", "heard"):
        array = getattr(state, name)
        array[...] = (
            random.choice([-1.0, 1.0], array.shape) if extreme else random.uniform(-1, 1, array.shape)
        )
    known = random.uniform(-1, 1, (BANKS, PEOPLE))
    state.known[...] = np.where(random.random((BANKS, PEOPLE)) < 0.3, known, np.nan)
    state.tenure[:] = random.integers(0, 40, PEOPLE)
    state.visits[:] = random.integers(0, 3, PEOPLE)
    state.rung[:] = random.integers(0, 6, PEOPLE)
    state.left_bank[:] = random.integers(-1, BANKS, PEOPLE)
    state.left_month[:] = random.integers(0, 9, PEOPLE)
    return state


@st.composite
def heard_stories(draw: st.DrawFn) -> Heard:
    random = np.random.default_rng(draw(st.integers(0, 10_000)))
    count = draw(st.sampled_from([0, 1, 30, 2000]))
    return Heard(
        random.integers(0, PEOPLE, count),
        random.integers(0, BANKS, count),
        random.choice([-1, 1], count),
        random.random(count) < 0.5,
        count,
        0,
    )


def permuted(state: State, order: np.ndarray[Any, Any]) -> State:
    """The same people under other numbers: number k is who was ``order[k]``."""
    return State(
        **{
            f.name: getattr(state, f.name)[:, order]
            if f.name in BANK_FIELDS
            else getattr(state, f.name)[order]
            for f in fields(state)
        }
    )


def assert_equal_states(one: State, other: State) -> None:
    for f in fields(one):
        assert_array_equal(getattr(one, f.name), getattr(other, f.name), err_msg=f.name)


WILD = st.one_of(st.floats(0, 1e-6), st.floats(0, 3), st.sampled_from([0.0, 50.0, 1e3, 1e6]))
SHARE = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0]))
BELOW_ONE = st.one_of(st.floats(0, 0.999999), st.sampled_from([0.0, 0.12]))


@settings(max_examples=60)
@given(states(), heard_stories(), BELOW_ONE, BELOW_ONE, SHARE)
def test_hearing_stays_within_bounds(
    state: State, heard: Heard, strong: float, weak: float, fading: float
) -> None:
    rules = behaviour_with(hearing__strong=strong, hearing__weak=weak, hearing__fading=fading).hearing
    take_in(state, heard, rules)
    assert (np.abs(state.heard) <= 1).all()


@settings(max_examples=40)
@given(states(), heard_stories(), st.randoms(use_true_random=False))
def test_the_order_of_stories_does_not_matter(state: State, heard: Heard, random: Any) -> None:
    order = np.array(random.sample(range(heard.told), heard.told), dtype=np.int64)
    turned = Heard(
        heard.listener[order], heard.bank[order], heard.sign[order], heard.strong[order], heard.told, 0
    )
    other = state.copy()
    rules = behaviour_with().hearing
    take_in(state, heard, rules)
    take_in(other, turned, rules)
    assert_allclose(state.heard, other.heard, rtol=0, atol=1e-12)


@settings(max_examples=40)
@given(states(), heard_stories(), st.integers(0, 1999))
def test_a_good_story_more_or_a_bad_one_less_never_lowers_what_is_heard(
    state: State, heard: Heard, which: int
) -> None:
    rules = behaviour_with().hearing
    if heard.told == 0:
        return
    at = which % heard.told
    less = np.arange(heard.told) != at
    fewer = Heard(
        heard.listener[less], heard.bank[less], heard.sign[less], heard.strong[less], heard.told - 1, 0
    )
    with_it, without = state.copy(), state.copy()
    take_in(with_it, heard, rules)
    take_in(without, fewer, rules)
    change = heard.sign[at] * (with_it.heard - without.heard)
    assert (change >= -1e-12).all()
    sign = heard.sign.copy()
    sign[at] = 1
    better = state.copy()
    take_in(better, replace(heard, sign=sign), rules)
    assert (better.heard - with_it.heard >= -1e-12).all()


@settings(max_examples=60)
@given(states(), st.lists(st.tuples(st.integers(0, PEOPLE - 1), UNIT, UNIT), min_size=1, max_size=80), SHARE,
       SHARE, WILD, SHARE)  # fmt: skip
def test_opinions_stay_within_bounds_and_rungs_on_the_ladder(
    state: State,
    lived: list[tuple[int, float, float]],
    first: float,
    later: float,
    downwards: float,
    left: float,
) -> None:
    behaviour = behaviour_with(
        satisfaction__first_visit=first,
        satisfaction__later_visit=later,
        satisfaction__downwards=max(downwards, 1e-9),
    )
    person, score, other = (list(column) for column in zip(*lived, strict=True))
    visits = visits_of(person, score, state.bank[person].tolist(), other, score)
    before = state.copy()
    live_through(state, visits, behaviour, np.full(BANKS, left), LUCK)
    for name in ("satisfaction", "staff", "product"):
        now, then = getattr(state, name), getattr(before, name)
        assert (np.abs(now) <= 1).all()
        untouched = np.setdiff1d(np.arange(PEOPLE), person)
        assert_array_equal(now[untouched], then[untouched])
    assert ((state.rung >= 0) & (state.rung < 6)).all()
    assert state.visits.sum() == before.visits.sum() + len(lived)
    assert (state.idle[person] == 0).all()


@settings(max_examples=40)
@given(states(), st.integers(0, 100), st.lists(UNIT, min_size=PEOPLE, max_size=PEOPLE))
def test_people_are_who_they_are_whatever_their_number(state: State, seed: int, score: list[float]) -> None:
    random = np.random.default_rng(seed)
    order = random.permutation(PEOPLE)
    number_now = np.argsort(order)
    person = random.integers(0, PEOPLE, PEOPLE)
    # Luck belongs to addresses, which stay; so nobody's visit has other luck for the visitor's new number.
    visits = visits_of(person.tolist(), score, state.bank[person].tolist(), score, score)
    renamed = replace(visits, person=number_now[person])
    behaviour = behaviour_with()
    one, other = state.copy(), permuted(state, order)
    left = np.full(BANKS, 0.5)
    assert_array_equal(
        live_through(one, visits, behaviour, left, LUCK), live_through(other, renamed, behaviour, left, LUCK)
    )
    assert_equal_states(permuted(one, order), other)
    listener = random.integers(0, PEOPLE, 50)
    heard = Heard(
        listener, random.integers(0, BANKS, 50), random.choice([-1, 1], 50), random.random(50) < 0.5, 50, 0
    )
    take_in(one, heard, behaviour.hearing)
    take_in(other, replace(heard, listener=number_now[listener]), behaviour.hearing)
    assert_equal_states(permuted(one, order), other)
    ties = np.unique(np.sort(random.integers(0, PEOPLE, (80, 2)), axis=1), axis=0)
    ties = ties[ties[:, 0] != ties[:, 1]].astype(np.int32)
    network = Network.of_pairs(PEOPLE, ties[:, 0], ties[:, 1])
    moved = Network.of_pairs(
        PEOPLE, number_now[ties[:, 0]].astype(np.int32), number_now[ties[:, 1]].astype(np.int32)
    )
    felt = contagion(one, network, 9, behaviour.leaving)
    assert_allclose(contagion(other, moved, 9, behaviour.leaving), felt[order], rtol=1e-12)
    drawn = random.uniform(0, 3, PEOPLE)
    assert_allclose(
        multipliers(other, felt[order], drawn[order], behaviour.leaving),
        multipliers(one, felt, drawn, behaviour.leaving)[:, order],
        rtol=1e-12,
    )


@settings(max_examples=40)
@given(states(), WILD, WILD, WILD, WILD, WILD, BELOW_ONE, st.lists(UNIT, min_size=BANKS, max_size=BANKS))
def test_no_constant_leads_to_numbers_that_are_none(
    state: State,
    satisfaction: float,
    heard: float,
    talk: float,
    pull: float,
    repute: float,
    per_year: float,
    named: list[float],
) -> None:
    rules = behaviour_with(
        leaving__satisfaction=satisfaction,
        leaving__heard=heard,
        leaving__contagion=talk,
        leaving__attraction=pull,
        leaving__per_year=per_year,
        choosing__reputation=repute,
    )
    there = np.ones(BANKS, dtype=bool)
    image = images(state, np.array(named), np.zeros(BANKS), there, rules.choosing)
    assert np.isfinite(image).all()
    best = preferred(state, image, there, rules.choosing)
    assert ((best >= 0) & (best <= 1)).all()
    assert best.sum() <= 1 + 1e-9
    banks = Banks.of(("", "A", "B"), np.array([0.35, 0.4, 0.25]), there, image)
    drawn = attraction(state, np.arange(PEOPLE), banks, np.array([[5.0], [-5.0], [0.0]]), rules.choosing)
    felt = np.random.default_rng(1).uniform(0, 30, PEOPLE)
    found = settle(state, felt, drawn, rules.leaving, None, LUCK, 3)
    for numbers in (drawn, found.multiplier, found.leaves, found.goes):
        assert np.isfinite(numbers).all()
        assert (numbers >= 0).all()
    assert (found.leaves + found.goes <= 1 + 1e-12).all()
    steady = steady_hazards(state, np.arange(PEOPLE), drawn, rules.leaving, found.multiplier)
    assert np.isfinite(steady).all()
    out = np.bincount(state.bank, weights=found.leaves + found.goes, minlength=BANKS)
    constants = balancing_constants(state, found.leaves, found.goes, out[:, None], banks, rules.choosing)
    assert (np.abs(constants) <= 20).all()


@given(WILD, WILD, st.lists(st.floats(1e-9, 1 - 1e-9), min_size=1, max_size=20))
def test_more_are_told_where_the_mean_is_larger(mean: float, more: float, u: list[float]) -> None:
    numbers = np.array(u)
    fewer, many = (told_quantile(numbers, found, 0.6) for found in (mean, mean + more))
    assert (fewer <= many).all()
    assert ((fewer >= 0) & (many <= 1000)).all()
    assert (np.diff(told_quantile(np.sort(numbers), mean, 0.6)) >= 0).all()


WILDLY: dict[str, dict[str, Any]] = {
    "everybody tells everybody": {"telling__probability": 1.0, "telling__told_bad": 100.0,
                                  "telling__relay": 30.0},
    "the media reach all": {"complaints__grumble": 0.0, "complaints__complain": 0.0, "complaints__media": 1.0,
                            "complaints__media_reach": 10**6},
    "all follow their friends": {"leaving__contagion": 1e6, "leaving__contagion_months": 1e3},
    "all leave at a word": {"leaving__satisfaction": 1e3, "leaving__heard": 1e6, "leaving__per_year": 0.999},
    "nobody leaves": {"leaving__per_year": 0.0},
    "only repute counts": {"choosing__by_reputation": 1.0, "choosing__by_strength": 0.0,
                           "choosing__by_convenience": 0.0, "choosing__reputation": 1e3},
    "scores are all over": {"visits__disposition_sd": 2.0, "visits__mood_sd": 2.0,
                            "satisfaction__downwards": 50.0},
}  # fmt: skip


@pytest.mark.parametrize("name", list(WILDLY))
@pytest.mark.filterwarnings("error")
def test_a_market_of_wild_people_is_projected_all_the_same(name: str) -> None:
    behaviour = behaviour_with(**WILDLY[name])
    market = replace(scored_market(ScoreShape(0.0, 0.8), ScoreShape(0.2, 2.0), months=2), burn_in_months=1)
    option = Alternative("Today", market, behaviour)
    start = calibrated(option, 1, 10.0, months=12)
    (found,) = project([option], 0, start, seed=1, replication=0, target_wait_min=10.0)
    state = found.world.state
    for opinion in (state.satisfaction, state.staff, state.product, state.heard):
        assert (np.abs(opinion) <= 1).all()
    assert (np.nan_to_num(np.abs(state.known)) <= 1).all()
    assert set(np.unique(state.bank)) <= {0, 1, 2}
    for record in found.months:
        values: Callable[[str], float] = record.__getitem__
        assert values("customers") == values("customer_months") - values("lost") + values("acquired")
        assert record.flows.sum() >= values("lost")
