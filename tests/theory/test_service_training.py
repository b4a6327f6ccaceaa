"""What bank service training teaches comes out of the default preset: one test a claim.

The town is that of the city branch as it ships: two years of it, and, marked slow, six. Claims on what single
people go through are in test_service_training_town.py, and worked by hand in test_service_training_people.py;
those that take an option beside today are in test_service_training_levers.py, those on the branch alone in
test_service_training_branch.py.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.claims import SURE, Town, assert_larger, assert_share

from journeysim.market.choosing import attraction
from journeysim.market.leaving import steady_hazards
from journeysim.market.projection import banks_open
from journeysim.market.state import OURS, RUNGS

REASONS = {
    "died": 0.01,
    "moved": 0.03,
    "other_relationships": 0.05,
    "rival": 0.09,
    "product": 0.14,
    "indifferent_staff": 0.68,
}
KINDS = {"grumble": 0.87, "complain": 0.10, "media": 0.03}
TOLD = {"bad": 9.0, "good": 4.5}
BANKS = ("ours", "Rival A", "Rival B")
MARGIN = {"regular": 900.0, "vip": 9000.0}


@pytest.mark.parametrize("reason", REASONS)
def test_reasons_for_leaving(city: Town, reason: str) -> None:
    """1% died, 3% moved, 5% other relationships, 9% a rival, 14% the product, 68% indifferent staff."""
    assert_share(city.today.total("lost", "reason", reason), city.today.total("lost"), REASONS[reason])


@pytest.mark.parametrize("word", TOLD)
def test_a_dissatisfied_customer_tells_eight_to_ten_people_and_a_satisfied_one_half_as_many(
    city: Town, word: str
) -> None:
    """Means of a negative binomial whose dispersion is .6; listeners who heard first, not those passed on."""
    tellers = sum(city.today.total(f"tellers_{word}", month=month) for month in range(1, 13))
    told = sum(city.today.total(f"first_told_{word}", month=month) for month in range(1, 13))
    error = math.sqrt((TOLD[word] + TOLD[word] ** 2 / 0.6) / tellers)
    assert error < 0.3
    assert abs(told / tellers - TOLD[word]) < SURE * error


def test_a_bad_experience_is_told_to_twice_as_many_people_as_a_good_one(city: Town) -> None:
    """The ratio of two means of negative binomials, by its logarithm."""
    told, variance = {}, 0.0
    for word, mean in TOLD.items():
        tellers = sum(city.today.total(f"tellers_{word}", month=month) for month in range(1, 13))
        people = sum(city.today.total(f"first_told_{word}", month=month) for month in range(1, 13))
        told[word] = people / tellers
        variance += (mean + mean**2 / 0.6) / mean**2 / tellers
    assert math.sqrt(variance) < 0.03
    assert abs(math.log(told["bad"] / told["good"] / 2)) < SURE * math.sqrt(variance)


@pytest.mark.parametrize("kind", KINDS)
def test_complaint_pyramid(city: Town, kind: str) -> None:
    """85 to 95% only grumble in their circle, 5 to 15% complain, 1 to 5% go to the media."""
    bad = sum(city.today.total("complaints", "complaint", other) for other in KINDS)
    assert_share(city.today.total("complaints", "complaint", kind), bad, KINDS[kind])


def test_winning_a_customer_costs_six_times_keeping_one(city: Town) -> None:
    """Money spent on those who came, by what they bring, against that on those who are there for a year."""
    for number in range(len(city.today.found)):
        won, kept = 0.0, 0.0
        for segment, margin in MARGIN.items():
            won += margin * city.today.values("acquired", "segment", segment)[number]
            kept += margin * sum(
                city.today.values("customers", "segment", segment, month)[number] / 12
                for month in range(1, 13)
            )
        winning = city.today.values("acquisition_cost_per_year")[number] / won
        keeping = city.today.values("retention_cost_per_year")[number] / kept
        assert winning / keeping == pytest.approx(6)


def test_most_revenue_comes_from_existing_customers(city: Town) -> None:
    """85 to 95%; it comes out: 1 - a/2 where a of the customers are new within the year."""
    existing = city.today.values("revenue_from_existing_fraction")
    assert 0.85 < existing.min() <= existing.max() < 0.95
    new = city.today.values("acquired") / city.today.values("customers_end")
    # New customers come evenly over the year and leave more easily; months are counted at their ends.
    expected = 1 - new * 13 / 24
    assert existing == pytest.approx(expected, abs=0.02)


def test_selling_more_to_who_is_there_is_easier_than_finding_somebody_new(city: Town) -> None:
    """A unit of margin from new customers costs what winning them costs: several times that of keeping."""
    existing, new = city.today.values("cost_per_margin_existing"), city.today.values("cost_per_margin_new")
    assert existing == pytest.approx(0.05)
    assert (new > 6 * existing).all()


def test_all_rungs_of_loyalty_are_peopled(city: Town) -> None:
    """Enthusiast, active, stable, indifferent, freezing, at risk."""
    customers = city.today.values("customers_end")
    peopled = np.array([city.today.values("customers_end", "rung", rung) for rung in RUNGS])
    assert peopled.sum(axis=0).tolist() == customers.tolist()
    assert (peopled > 0.01 * customers).all()


def test_customers_are_flowing_water(city: Town) -> None:
    """Every bank has a stable core, and an at-risk fringe that leaves more easily; ours is seen to."""
    constants = city.start.constants
    for projected in city.today.projected:
        world = projected.world
        rules = world.behaviour.leaving
        people = np.arange(world.state.people)
        choosing = world.behaviour.choosing
        drawn = attraction(world.state, people, banks_open(world, 11), constants.choosing, choosing)
        hazard = steady_hazards(world.state, people, drawn, rules, constants.leaving)
        for bank in range(world.state.banks):
            mine = world.state.bank == bank
            core = mine & (world.state.satisfaction >= world.behaviour.ladder.active)
            fringe = mine & (world.state.satisfaction < world.behaviour.ladder.indifferent)
            assert core.sum() > 0.1 * mine.sum()
            assert fringe.sum() > 0.02 * mine.sum()
            assert hazard[fringe].mean() > 1.5 * hazard[core].mean()
    ladder = city.today.projected[0].world.behaviour.ladder
    months = [month for year in city.watched for month in year]
    satisfaction = np.concatenate([month.after.satisfaction[month.after.bank == OURS] for month in months])
    left = np.concatenate([month.left[month.after.bank == OURS] for month in months])
    assert_larger(left[satisfaction < ladder.indifferent], left[satisfaction >= ladder.active], times=1.5)


def test_what_one_bank_gains_others_lose(city: Town) -> None:
    """Customers of each bank change by what it gains less what it loses, and these are nil over the banks."""
    today = city.today
    for month in range(1, 13):
        gained = np.array([today.values("gained", "bank", name, month) for name in BANKS])
        lost = np.array([today.values("lost", "bank", name, month) for name in BANKS])
        assert lost.min() > 0
        assert gained.sum(axis=0).tolist() == lost.sum(axis=0).tolist()
        customers = np.array([today.values("customers", "bank", name, month) for name in BANKS])
        assert customers.sum(axis=0).tolist() == [people_of(city)] * len(today.found)
        if month > 1:
            before = np.array([today.values("customers", "bank", name, month - 1) for name in BANKS])
            assert (customers - before).tolist() == (gained - lost).tolist()


def people_of(city: Town) -> int:
    """Everybody in the market."""
    market = city.scenario.options[0].market
    assert market is not None
    return market.people
