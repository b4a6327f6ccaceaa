"""What service training says of single people: how they judge, hear, climb and choose, by default."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.claims import SURE, assert_share

from journeysim.branch.luck import Address, Luck
from journeysim.market.choosing import Banks, choose
from journeysim.market.leaving import multipliers
from journeysim.market.network_builders import small_world
from journeysim.market.opinions import Visits, live_through
from journeysim.market.presets import default_behaviour
from journeysim.market.state import RUNGS, State
from journeysim.market.telling import spread, stories_of, take_in

RULES = default_behaviour()
LUCK = Luck(11, 0)
STABLE = RUNGS.index("stable")


def people(number: int, banks: int = 1, **others: np.ndarray) -> State:
    """Customers of bank 0 who think nothing yet and have heard nothing."""
    state = State(
        segment=np.zeros(number, dtype=np.int64),
        bank=np.zeros(number, dtype=np.int64),
        tenure=np.full(number, 60),
        visits=np.ones(number, dtype=np.int64),
        idle=np.zeros(number, dtype=np.int64),
        satisfaction=np.zeros(number),
        staff=np.zeros(number),
        product=np.zeros(number),
        rung=np.full(number, STABLE),
        held=np.zeros(number, dtype=np.int64),
        bad_first=np.zeros(number, dtype=bool),
        disposition=np.zeros(number),
        heard=np.zeros((banks, number)),
        known=np.full((banks, number), np.nan),
        left_bank=np.full(number, -1),
        left_month=np.zeros(number, dtype=np.int64),
    )
    for name, value in others.items():
        setattr(state, name, value)
    return state


def visits_of(score: np.ndarray, day: int, person: np.ndarray | None = None) -> Visits:
    """One visit of each person on a day, all moments alike."""
    who = np.arange(score.size) if person is None else person
    time = np.full(score.size, day)
    bank, begins = np.zeros(score.size, dtype=np.int64), np.ones(score.size, dtype=bool)
    return Visits(who, bank, score, score, score, time, begins, Address.of(who, 0, time))


def lived(state: State, score: np.ndarray, day: int) -> None:
    """Let everybody live through a visit."""
    live_through(state, visits_of(score, day), RULES, np.ones(1), LUCK)


def test_service_that_varies_displeases_more_than_service_that_is_evenly_plain() -> None:
    """Nothing says so: the same mean score, with more spread, must leave customers less satisfied."""
    number, visits = 4000, 40
    even, uneven, wild = people(number), people(number), people(number)
    luck = np.random.default_rng(3)
    total = np.zeros(3)
    for day in range(visits):
        z = luck.standard_normal(number)
        for which, (state, sd) in enumerate(((even, 0.0), (uneven, 0.15), (wild, 0.3))):
            score = np.clip(0.2 + sd * z, -0.6, 1.0)
            total[which] += score.mean() / visits
            lived(state, score, day)
    assert total == pytest.approx(0.2, abs=0.01)
    means = [state.satisfaction.mean() for state in (even, uneven, wild)]
    assert means[0] > means[1] + 0.02 > means[2] + 0.04
    assert means[0] == pytest.approx(0.2, abs=1e-3)


def test_satisfaction_comes_before_loyalty() -> None:
    """However satisfied, a customer climbs only after a year and three visits, and one rung at a time."""
    delighted = np.ones(2)
    state = people(2, tenure=np.array([60, 5]))
    climbed = []
    for day in range(12):
        lived(state, delighted, day)
        climbed.append(state.rung.tolist())
    assert state.satisfaction.min() > 0.9
    satisfied = RULES.ladder.promotion_visits
    # The first visit brings satisfaction over the line of the next rung, and it must hold for three.
    assert [RUNGS[rungs[0]] for rungs in climbed[:satisfied]] == ["stable", "stable", "active"]
    assert RUNGS[climbed[-1][0]] == "enthusiast"
    assert {rungs[1] for rungs in climbed} == {STABLE}
    lived(state, -delighted, 12)
    assert state.rung[0] > RUNGS.index("enthusiast")


@pytest.mark.parametrize("score", [-0.5, 0.6])
def test_the_first_impression_decides(score: float) -> None:
    """No later visit moves an opinion as much as the first, and a bad first visit drives newcomers away."""
    state = people(2, visits=np.array([0, 1]))
    lived(state, np.full(2, score), 0)
    first, later = state.satisfaction
    assert abs(first) >= 1.6 * abs(later)
    assert state.bad_first.tolist() == [score < 0, False]
    drives_away = multipliers(state, np.zeros(2), np.ones(2), RULES.leaving)
    others = RULES.leaving.model_copy(update={"bad_first_visit": 1.0})
    alike = multipliers(state, np.zeros(2), np.ones(2), others)
    assert pytest.approx(np.array([[3.0 if score < 0 else 1.0] * 4, [1.0] * 4])) == (drives_away / alike).T
    assert ((drives_away[:, 0] > drives_away[:, 1]) == (score < 0)).all()


def test_half_choose_the_bank_that_serves_best_three_in_ten_the_strongest_and_two_the_nearest() -> None:
    """Seen in what people choose who hear only good of one bank, while another holds nearly everything."""
    number = 40_000
    state = people(number, banks=3, bank=np.full(number, 2))
    state.heard[0], state.heard[1] = 1.0, -1.0
    shares = np.array([1e-6, 1 - 2e-6, 1e-6])
    banks = Banks(
        tags=(1, 2, 3), strength=np.log(shares), open=np.array([True, True, False]), image=np.zeros(3)
    )
    newcomers, nobody = np.arange(number), np.full(number, -1)
    to = choose(state, newcomers, nobody, banks, np.zeros((3, 1)), RULES.choosing, LUCK, 1)
    kinds = RULES.choosing
    assert (kinds.by_reputation, kinds.by_strength, kinds.by_convenience) == (0.5, 0.3, 0.2)
    # Who chooses by reputation takes the first, by strength the second, by convenience either.
    assert_share(float((to == 0).sum()), number, 0.5 + 0.2 / 2)
    assert_share(float((to == 1).sum()), number, 0.3 + 0.2 / 2)


def test_what_one_lived_through_reaches_others_who_did_not() -> None:
    """A tells B, B tells C; what they hear is apart from what they live through, and fades."""
    number = 2000
    network = small_world(number, 16, 0.25, LUCK)
    state = people(number)
    tellers = np.arange(0, number, 100)
    visits = visits_of(np.full(tellers.size, -0.9), 1, tellers)
    rules = RULES.model_copy(update={"telling": RULES.telling.model_copy(update={"probability": 1.0})})
    temper = live_through(state, visits, rules, np.ones(1), LUCK)
    heard = spread(stories_of(visits, rules.telling, LUCK), visits, temper, network, rules, LUCK)
    assert heard.told > 0
    # A tenth of a listener's audience: Poisson around .1 for each who heard, and for who heard from them.
    expected = heard.told * 0.1 / 0.9
    assert abs(heard.relayed - expected) < SURE * math.sqrt(expected / 0.9)
    take_in(state, heard, rules.hearing)
    others = np.setdiff1d(np.arange(number), tellers)
    reached = np.intersect1d(np.unique(heard.listener), others)
    assert (state.heard[0, reached] < 0).all()
    assert (state.satisfaction[others] == 0).all()
    before = state.heard.copy()
    nothing = spread(
        stories_of(Visits.none(), rules.telling, LUCK), Visits.none(), temper[:0], network, rules, LUCK
    )
    take_in(state, nothing, rules.hearing)
    assert state.heard == pytest.approx(before * (1 - RULES.hearing.fading))
    third = np.setdiff1d(
        heard.listener[heard.told : heard.told + heard.relayed], heard.listener[: heard.told]
    )
    assert third.size > 0
