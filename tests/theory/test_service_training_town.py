"""What service training says of people, seen in a year of the town of the city branch.

Who visits, what it does to them, whom they tell, and where they go: of everybody, month by month, with the
default preset. The same claims worked by hand are in test_service_training_people.py.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import chdtri
from tests.claims import SURE, Town, assert_larger
from tests.watching import Choices, Month

from journeysim.market.presets import default_behaviour
from journeysim.market.state import OURS, RUNGS, levels

RULES = default_behaviour()
STABLE = RUNGS.index("stable")


def months_of(town: Town) -> list[Month]:
    """All months of all replications."""
    return [month for year in town.watched for month in year]


def single_visits(month: Month) -> tuple[np.ndarray, np.ndarray]:
    """Who came to us exactly once in a month, and how that visit scored."""
    often = np.bincount(month.visits.person, minlength=month.before.bank.size)
    once = often[month.visits.person] == 1
    return month.visits.person[once], month.visits.score[once]


def first_visits(month: Month) -> tuple[np.ndarray, np.ndarray]:
    """Who came to us for the first time in a month, and how that visit scored."""
    person, at = np.unique(month.visits.person, return_index=True)
    first = month.before.visits[person] == 0
    return person[first], month.visits.score[at[first]]


def test_no_visit_moves_an_opinion_as_much_as_the_first(city: Town) -> None:
    """Seen in who came once in a month: twice the step towards the score, up, and nearly twice, down."""
    moves: dict[bool, list[np.ndarray]] = {True: [], False: []}
    shares: dict[bool, list[np.ndarray]] = {True: [], False: []}
    for month in months_of(city):
        person, score = single_visits(month)
        before = month.before.satisfaction[person]
        moved = month.after.satisfaction[person] - before
        is_first = month.before.visits[person] == 0
        for first in (True, False):
            mine = is_first == first
            moves[first].append(np.abs(moved[mine]))
            up = mine & (score > before + 0.01)
            shares[first].append(moved[up] / (score - before)[up])
    first_move, later_move = (np.concatenate(moves[first]) for first in (True, False))
    assert_larger(first_move, later_move, times=1.5)
    for first, step in ((True, RULES.satisfaction.first_visit), (False, RULES.satisfaction.later_visit)):
        assert np.concatenate(shares[first]) == pytest.approx(step)


def test_the_first_impression_decides_who_stays(city: Town) -> None:
    """After a bad first visit many leave within the month; three months on, fewer of those are there."""
    at_once: dict[bool, list[np.ndarray]] = {True: [], False: []}
    after_three: dict[bool, list[np.ndarray]] = {True: [], False: []}
    for year in city.watched:
        for number, month in enumerate(year):
            person, score = first_visits(month)
            is_bad = score < RULES.telling.bad_below
            gone = np.any([later.left for later in year[number : number + 3]], axis=0)
            for bad in (True, False):
                at_once[bad].append(month.left[person[is_bad == bad]])
                if number + 3 <= len(year):
                    after_three[bad].append(gone[person[is_bad == bad]])
    assert_larger(np.concatenate(at_once[True]), np.concatenate(at_once[False]), times=2)
    assert_larger(np.concatenate(after_three[True]), np.concatenate(after_three[False]))


def test_satisfaction_comes_before_loyalty(city: Town) -> None:
    """Who climbs was above their rung before; nobody climbs in the first year, nor within two visits."""
    climbed: dict[bool, list[np.ndarray]] = {True: [], False: []}
    for month in months_of(city):
        ours = month.before.bank == OURS
        new = ours & (month.before.tenure < RULES.ladder.promotion_months)
        assert (month.after.rung[new] >= STABLE).all()
        climbs = ours & (month.after.rung < month.before.rung)
        assert not climbs[new].any()
        satisfied = levels(month.before.satisfaction, RULES.ladder) < month.before.rung
        for before in (True, False):
            climbed[before].append(climbs[ours & ~new & (satisfied == before)])
        often = np.bincount(month.visits.person, minlength=climbs.size)
        assert often[climbs & satisfied].min() >= 1
        assert often[climbs & ~satisfied].min() >= RULES.ladder.promotion_visits
    assert_larger(np.concatenate(climbed[True]), np.concatenate(climbed[False]), times=10)


def test_service_that_varies_displeases_more_than_service_that_is_evenly_plain(city: Town) -> None:
    """Of customers whose visits scored alike on average, those whose visits differed more are less content.

    By least squares over who came five times or more in the year: satisfaction at its end on the mean and the
    standard deviation of the scores of one's visits.
    """
    slopes, errors = [], []
    for year in city.watched:
        end = year[-1]
        visits = np.concatenate([month.visits.person for month in year])
        score = np.concatenate([month.visits.score for month in year])
        number = np.bincount(visits, minlength=end.after.bank.size)
        there = (end.after.bank == OURS) & (end.before.tenure >= len(year)) & (number >= 5)
        total = np.bincount(visits, weights=score, minlength=number.size)[there]
        squares = np.bincount(visits, weights=score**2, minlength=number.size)[there]
        mean = total / number[there]
        spread = np.sqrt((squares / number[there] - mean**2).clip(0))
        known = np.stack([np.ones(mean.size), mean, spread], axis=1)
        content = end.after.satisfaction[there]
        found = np.linalg.lstsq(known, content)[0]
        left_over = content - known @ found
        variance = np.linalg.inv(known.T @ known)[2, 2] * left_over.var()
        slopes.append(found[2])
        errors.append(math.sqrt(variance))
        assert content.mean() < mean.mean() - 0.05
    error = math.sqrt(np.square(errors).sum()) / len(errors)
    assert np.mean(slopes) + SURE * error < -0.1


def test_what_a_lived_through_reaches_b_and_c(city: Town) -> None:
    """A tells B, B tells C, who were not there: it moves what they have heard of us, not their satisfaction.

    Each hearer passes a story on to a tenth of a person on average, those counted who have heard it already.
    """
    told = relayed = 0
    for month in months_of(city):
        people = month.before.bank.size
        first_hand, stories = month.stories.told, month.stories
        told, relayed = told + first_hand, relayed + stories.relayed
        elsewhere = np.ones(people, dtype=bool)
        elsewhere[month.visits.visitors] = False
        assert (month.after.satisfaction[elsewhere] == month.before.satisfaction[elsewhere]).all()
        moved = month.after.heard - month.before.heard * (1 - RULES.hearing.fading)
        bad = np.bincount(stories.listener[stories.sign < 0], minlength=people)
        good = np.bincount(stories.listener[stories.sign > 0], minlength=people)
        b, c = np.zeros(people, dtype=bool), np.zeros(people, dtype=bool)
        b[stories.listener[:first_hand]] = True
        c[stories.listener[first_hand : first_hand + stories.relayed]] = True
        for group in (elsewhere & b, elsewhere & c & ~b):
            only_bad, only_good = group & (good == 0), group & (bad == 0)
            assert min(only_bad.sum(), only_good.sum()) > 10
            assert moved[only_bad].max() < 0 < moved[only_good].min()
        silence = elsewhere & (bad + good == 0)
        assert moved[silence] == pytest.approx(0, abs=1e-12)
    most = RULES.telling.relay / (1 - RULES.telling.relay)
    assert 0.75 * most < relayed / told < most


def test_people_choose_a_bank_by_what_they_have_heard(city: Town) -> None:
    """Who comes to us had heard better of us than who goes to another bank."""
    ours, others = [], []
    for month in months_of(city):
        chose = month.choices
        could = chose.own != OURS
        better = chose.thought[:, OURS] - np.delete(chose.thought, OURS, axis=1).mean(axis=1)
        ours.append(better[could & (chose.to == OURS)])
        others.append(better[could & (chose.to != OURS)])
    assert_larger(np.concatenate(ours), np.concatenate(others))


def chances(chose: Choices) -> np.ndarray:
    """Shape (3, moving): of the bank that each took, by reputation, by strength and by convenience."""
    people = np.arange(chose.to.size)
    utility = np.zeros((3, *chose.thought.shape))
    utility[0] = RULES.choosing.reputation * (chose.thought + chose.banks.image)
    utility[1] = chose.banks.strength
    pull = np.exp(utility + chose.constants)
    leaves = np.flatnonzero(chose.own >= 0)
    pull[:, leaves, chose.own[leaves]] = 0
    return pull[:, people, chose.to] / pull.sum(axis=2)


def test_half_choose_the_bank_that_serves_best_three_in_ten_the_strongest_and_two_the_nearest(
    city: Town,
) -> None:
    """By the likelihood of all choices of the year, with every split into three kinds in steps of .01.

    The split that is taught is as likely as the likeliest, within sampling error; all by strength or
    convenience, all by reputation, and three alike are not.
    """
    found = np.concatenate([chances(month.choices) for month in months_of(city)], axis=1)
    splits = np.array([[a, b, 100 - a - b] for a in range(101) for b in range(101 - a)]) / 100
    with np.errstate(divide="ignore"):
        likelihood = np.array([np.log(split @ found).sum() for split in splits])

    def short(*split: float) -> float:
        """Twice the logarithm by which a split is less likely than the likeliest."""
        at = np.flatnonzero((np.abs(splits - split) < 1e-9).all(axis=1))
        return float(2 * (likelihood.max() - likelihood[at].item()))

    within = float(chdtri(2, 0.001))
    assert short(0.5, 0.3, 0.2) < within
    for other in ((0, 0.6, 0.4), (1, 0, 0), (0.33, 0.33, 0.34), (0.3, 0.5, 0.2), (0.5, 0, 0.5)):
        assert short(*other) > within
