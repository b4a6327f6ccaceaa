"""What bank service training teaches comes out of the default preset: one test a claim.

Each is held twice: fast on a third of the measured branch, and, marked slow, on the city branch. Claims that
take an option beside today are in test_service_training_levers.py, those on single people in
test_service_training_people.py.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import stdtrit
from tests.claims import SURE, Town, assert_share, town_of

from journeysim.market.choosing import attraction
from journeysim.market.leaving import steady_hazards
from journeysim.market.projection import banks_open
from journeysim.market.state import RUNGS

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


@pytest.fixture(scope="module", params=["third", pytest.param("city", marks=pytest.mark.slow)])
def town(request: pytest.FixtureRequest) -> Town:
    """The town in which the claims are looked for: a year of it, after a burn-in."""
    if request.param == "city":
        return town_of("city-branch.yaml", 4, customers=12000, months=12)
    third = {
        "arrivals.scale": 0.3,
        "staff.tellers.count": 2,
        "staff.advisers.count": 1,
        "staff.machines.count": 1,
    }
    return town_of(
        "measured-branch.yaml",
        3,
        customers=3600,
        months=12,
        burn_in_months=3,
        options={"Today": {"set": third}},
    )


def half_width(values: np.ndarray) -> float:
    """Half of the 99.9% interval of the mean of replications."""
    return float(stdtrit(values.size - 1, 0.9995) * values.std(ddof=1) / math.sqrt(values.size))


@pytest.mark.parametrize("reason", REASONS)
def test_reasons_for_leaving(town: Town, reason: str) -> None:
    """1% died, 3% moved, 5% other relationships, 9% a rival, 14% the product, 68% indifferent staff."""
    assert_share(town.today.total("lost", "reason", reason), town.today.total("lost"), REASONS[reason])


@pytest.mark.parametrize("word", TOLD)
def test_a_dissatisfied_customer_tells_eight_to_ten_people_and_a_satisfied_one_half_as_many(
    town: Town, word: str
) -> None:
    """Means of a negative binomial whose dispersion is .6; listeners who heard first, not those passed on."""
    tellers = sum(town.today.total(f"tellers_{word}", month=month) for month in range(1, 13))
    told = sum(town.today.total(f"first_told_{word}", month=month) for month in range(1, 13))
    error = math.sqrt((TOLD[word] + TOLD[word] ** 2 / 0.6) / tellers)
    assert error < 0.3
    assert abs(told / tellers - TOLD[word]) < SURE * error


def test_a_bad_experience_is_told_to_twice_as_many_people_as_a_good_one(town: Town) -> None:
    ratio = town.today.values("told_per_bad_story") / town.today.values("told_per_good_story")
    assert abs(ratio.mean() - 2) < half_width(ratio)
    assert 1.8 < ratio.mean() < 2.2


@pytest.mark.parametrize("kind", KINDS)
def test_complaint_pyramid(town: Town, kind: str) -> None:
    """85 to 95% only grumble in their circle, 5 to 15% complain, 1 to 5% go to the media."""
    bad = sum(town.today.total("complaints", "complaint", other) for other in KINDS)
    assert_share(town.today.total("complaints", "complaint", kind), bad, KINDS[kind])


def test_winning_a_customer_costs_six_times_keeping_one(town: Town) -> None:
    """Money spent on those who came, by what they bring, against that on those who are there for a year."""
    for number in range(len(town.today.found)):
        won, kept = 0.0, 0.0
        for segment, margin in MARGIN.items():
            won += margin * town.today.values("acquired", "segment", segment)[number]
            kept += margin * sum(
                town.today.values("customers", "segment", segment, month)[number] / 12
                for month in range(1, 13)
            )
        winning = town.today.values("acquisition_cost_per_year")[number] / won
        keeping = town.today.values("retention_cost_per_year")[number] / kept
        assert winning / keeping == pytest.approx(6)


def test_most_revenue_comes_from_existing_customers(town: Town) -> None:
    """85 to 95%; it comes out: 1 - a/2 where a of the customers are new within the year."""
    existing = town.today.values("revenue_from_existing_fraction")
    assert 0.85 < existing.min() <= existing.max() < 0.95
    new = town.today.values("acquired") / town.today.values("customers_end")
    # New customers come evenly over the year and leave more easily; months are counted at their ends.
    expected = 1 - new * 13 / 24
    assert existing == pytest.approx(expected, abs=0.02)


def test_all_rungs_of_loyalty_are_peopled(town: Town) -> None:
    """Enthusiast, active, stable, indifferent, freezing, at risk."""
    customers = town.today.values("customers_end")
    peopled = np.array([town.today.values("customers_end", "rung", rung) for rung in RUNGS])
    assert peopled.sum(axis=0).tolist() == customers.tolist()
    assert (peopled > 0.01 * customers).all()


def test_customers_are_flowing_water(town: Town) -> None:
    """Every bank has a stable core, and an at-risk fringe that leaves more easily."""
    constants = town.start.constants
    for projected in town.today.projected:
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


def test_what_one_bank_gains_others_lose(town: Town) -> None:
    """Customers of each bank change by what it gains less what it loses, and these are nil over the banks."""
    today = town.today
    for month in range(1, 13):
        gained = np.array([today.values("gained", "bank", name, month) for name in BANKS])
        lost = np.array([today.values("lost", "bank", name, month) for name in BANKS])
        assert lost.min() > 0
        assert gained.sum(axis=0).tolist() == lost.sum(axis=0).tolist()
        customers = np.array([today.values("customers", "bank", name, month) for name in BANKS])
        assert customers.sum(axis=0).tolist() == [people_of(town)] * len(today.found)
        if month > 1:
            before = np.array([today.values("customers", "bank", name, month - 1) for name in BANKS])
            assert (customers - before).tolist() == (gained - lost).tolist()


def people_of(town: Town) -> int:
    """Everybody in the market."""
    market = town.scenario.options[0].market
    assert market is not None
    return market.people
