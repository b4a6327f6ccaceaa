"""The calendar of a market, who lives where at the start, and what customers are worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.market_by_hand import MARKET, SMALL, behaviour_with, changed, scenario_of

from journeysim.branch.luck import Luck
from journeysim.market.model import Branch, Market, Period
from journeysim.market.places import exact_counts, first_state, settle_in
from journeysim.market.state import OURS
from journeysim.market.timeline import Timeline, months_later


def small(**changes) -> Market:
    found = scenario_of().options[0].market
    assert found is not None
    return replace(found, **changes)


@pytest.mark.parametrize(
    ("day", "months", "found"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2027, 1, 31), 2, date(2027, 3, 31)),
        (date(2027, 1, 31), 3, date(2027, 4, 30)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2027, 1, 4), 0, date(2027, 1, 4)),
        (date(2027, 11, 15), 1, date(2027, 12, 15)),
        (date(2027, 1, 4), 24, date(2029, 1, 4)),
    ],
)
def test_a_month_on(day, months, found):
    assert months_later(day, months) == found


@pytest.mark.parametrize("first", [date(2027, 1, 4), date(2027, 1, 31), date(2028, 2, 29)])
@pytest.mark.parametrize("before", [0, 1, 7])
def test_months_follow_on_each_other_without_a_gap(first, before):
    timeline = Timeline.of(small(first_day=first, months=14), before)
    assert len(timeline.months) == before + 14
    days = [day for month in timeline.months[before:] for day in month.days]
    dates = [day for _, day in days]
    assert dates == [first + timedelta(days=k) for k in range(len(dates))]
    assert dates[-1] + timedelta(days=1) == months_later(first, 14)
    assert [number - timeline.first_number for number, _ in days] == list(range(len(days)))
    numbers = [number for month in timeline.months for number, _ in month.days]
    assert numbers == sorted(set(numbers))
    assert timeline.first_number % 7 == 0


def test_the_burn_in_has_the_dates_of_the_months_that_follow():
    timeline = Timeline.of(small(months=3), 5)
    dates = [[day for _, day in month.days] for month in timeline.months]
    # The last month before the horizon is like its last one.
    assert dates[:5] == [dates[5 + k] for k in (1, 2, 0, 1, 2)]


def test_closed_days_and_weekdays_without_arrivals_are_shut():
    market = small(months=1, closed=frozenset({date(2027, 1, 11), date(2027, 1, 13)}))
    timeline = Timeline.of(market, 0)
    open_days = timeline.open_days(market.banks[OURS].branches[0], 0)
    assert [day.date.day for day in open_days] == [4, 5, 12, 18, 19, 25, 26, 1, 2]
    assert [day.number for day in open_days[:3]] == [0, 1, 8]


def test_a_period_has_both_its_days():
    usual, other = scenario_of(), scenario_of(plan={"staff.tellers.count": 1})
    branch = Branch(
        "", 1, other.options[0].journey, usual.options[0].journey, Period(date(2027, 1, 5), date(2027, 1, 7))
    )
    held = [branch.on(date(2027, 1, day)) is branch.journey for day in range(4, 9)]
    assert held == [False, True, True, True, False]


def test_exact_counts_sum_up_and_are_nearest():
    assert_array_equal(exact_counts(10, [0.25, 0.25, 0.5]), [3, 2, 5])
    assert_array_equal(exact_counts(7, [1, 1, 1]), [3, 2, 2])
    assert_array_equal(exact_counts(5, [0, 1]), [0, 5])


def test_everybody_has_a_place_and_every_bank_its_share_of_each_segment():
    branches = {"Centre": {"customers": 200}, "Station": {"customers": 100}}
    market = scenario_of(market={"branches": branches}).options[0].market
    assert market is not None
    places = settle_in(market, Luck(1, 0))
    assert market.people == 857
    assert_array_equal(np.bincount(places.segment), [686, 171])
    for segment, people in enumerate((686, 171)):
        mine = places.segment == segment
        shares = np.bincount(places.bank[mine], minlength=3) / people
        assert_allclose(shares, [0.35, 0.4, 0.25], atol=1 / people)
        ours = mine & (places.bank == OURS)
        assert_allclose(np.bincount(places.near[ours]) / ours.sum(), [2 / 3, 1 / 3], atol=1 / ours.sum())
    other = settle_in(market, Luck(1, 1))
    assert (other.bank != places.bank).mean() > 0.5


def test_the_order_of_rivals_does_not_say_who_is_whose_customer():
    rivals = dict(reversed(list(MARKET["rivals"].items())))
    one, other = (scenario_of(market={"rivals": r}).options[0].market for r in (MARKET["rivals"], rivals))
    assert one is not None
    assert other is not None
    here, there = settle_in(one, Luck(1, 0)), settle_in(other, Luck(1, 0))
    assert_array_equal(np.array([0, 2, 1])[here.bank], there.bank)
    assert_array_equal(here.near, there.near)


def test_the_crowd_of_a_branch_comes_as_often_as_its_customers_are_many():
    branches = {"Centre": {"customers": 200}, "Station": {"customers": 100}}
    rivals = {"Simulated": {"share": 0.4, "journey": SMALL}, "Other": {"share": 0.25}}
    market = scenario_of(market={"branches": branches, "rivals": rivals}).options[0].market
    assert market is not None
    places = settle_in(market, Luck(1, 0))
    crowds = [places.crowd(market.banks[OURS], OURS, k, 2) for k in (0, 1)]
    rival = places.crowd(market.banks[1], 1, 0, 2)
    assert {crowd.place for crowd in crowds} == {"\0Centre\0", "\0Station\0"}
    assert rival.place == "Simulated\0\0"
    for number, (crowd, customers) in enumerate(zip(crowds, (200, 100), strict=True)):
        near = np.concatenate(crowd.members)
        assert (places.near[near] == number).all()
        # Everybody who lives near comes to some bank: so many times as often as the map's own customers.
        assert_allclose(crowd.excess, len(near) / customers, rtol=0.02)
    assert_array_equal(np.sort(np.concatenate(rival.members)), np.arange(market.people))
    assert_allclose(rival.excess, market.people / 343, rtol=0.01)


def test_the_first_people_are_as_the_baseline_says():
    market = small(people=20_000)
    behaviour = behaviour_with(visits__disposition_sd=0.0, leaving__per_year=0.15)
    luck = Luck(2, 0)
    places = settle_in(market, luck)
    satisfaction = np.arange(18).reshape(3, 3, 2) / 20
    heard = np.array([0.1, 0.2, 0.3])
    state = first_state(market, places, behaviour, satisfaction, heard, np.full(20_000, 2.5), luck)
    assert_allclose(state.satisfaction, satisfaction[0, places.bank, places.segment])
    assert_allclose(state.product, satisfaction[2, places.bank, places.segment])
    assert_allclose(state.heard.mean(axis=1), heard)
    assert_allclose(state.heard[state.bank, np.arange(state.people)], heard[places.bank])
    # Tenure is geometric with the monthly hazard: P(less than a year) is the share that leaves in a year.
    assert (state.tenure < 12).mean() == pytest.approx(0.15, abs=4 * np.sqrt(0.15 * 0.85 / 20_000))
    assert (state.idle < 5).mean() == pytest.approx(1 - np.exp(-2), abs=0.02)
    assert (state.rung[state.tenure < 12] >= 2).all()
    assert_array_equal(state.customers(), np.bincount(places.bank))
    spread = first_state(market, places, behaviour_with(), satisfaction * 0, heard, np.ones(20_000), luck)
    assert spread.disposition.std() == pytest.approx(0.2, rel=0.03)


def test_margins_are_those_of_the_map():
    assert_allclose(small().margins(), [900, 9000])
    silent = changed(SMALL, {"segments.vip": {"share": 0.2}})
    found = scenario_of(journey=silent).options[0].market
    assert found is not None
    assert_allclose(found.margins(), [900, 0])
