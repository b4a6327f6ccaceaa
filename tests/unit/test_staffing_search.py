"""The search of a roster, on made-up branches that can be enumerated, and shifts against enumeration."""

from __future__ import annotations

import math
from itertools import combinations_with_replacement, product

import numpy as np
import pytest

from journeysim.errors import InputError
from journeysim.experiment.staffing.search import SlotSpace, Trials, search
from journeysim.experiment.staffing.shifts import (
    ShiftRule,
    ShiftSpace,
    allowed_shifts,
    cover,
    covered,
    parse_shift_hours,
)
from journeysim.experiment.staffing.target import Target, Targets

TARGET = Target("wait_mean_min", "<=", 2.0)
GOAL = Targets((TARGET,))


class MadeUp:
    """A branch whose wait follows from its roster, with work left over carried into the next slot."""

    def __init__(self, seed: int, slots: int) -> None:
        rng = np.random.default_rng(seed)
        self.load = rng.uniform(0.5, 3.0, slots)
        self.noise = rng.normal(0, 0.1, 6)
        self.asked: list[tuple[int, ...]] = []

    def __call__(self, rosters):
        self.asked += rosters
        return [self._waits(roster)[np.newaxis] for roster in rosters]

    def _waits(self, roster):
        waits = left = 0.0
        for count, load in zip(roster, self.load, strict=True):
            work = load + left
            waits += work / (count + 0.2) ** 1.5
            left = max(0.0, work - count)
        return 0.8 * waits / len(roster) * 3 + self.noise


def brute_force(space: SlotSpace, branch: MadeUp) -> float:
    every = product(range(space.least, space.most + 1), repeat=len(space.hours))
    return min((space.cost(one) for one in every if TARGET.margin(branch._waits(one)) >= 0), default=math.inf)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("slots", [2, 3, 4])
def test_it_is_as_cheap_as_brute_force_where_all_can_be_tried(seed, slots):
    branch = MadeUp(seed, slots)
    space = SlotSpace((1.0, 1.0, 0.5, 1.0)[:slots], 1, 4)
    found = search(space, GOAL, Trials(branch), [(1,) * slots], fallback=(4,) * slots)
    best = brute_force(space, branch)
    assert found.feasible == (best < math.inf)
    if found.feasible:
        assert space.cost(found.state) == best
    assert len(branch.asked) == len(set(branch.asked)) == found.tried


def test_without_trying_all_it_is_seldom_dearer_and_never_by_much():
    gaps = []
    for seed in range(60):
        branch = MadeUp(seed, 4)
        space = SlotSpace((1.0, 1.0, 1.0, 1.0), 1, 4)
        found = search(space, GOAL, Trials(branch), [(2, 2, 2, 2)], enumerate_below=-1)
        best = brute_force(space, branch)
        assert not found.proven
        assert found.feasible == (best < math.inf)
        if found.feasible:
            assert TARGET.margin(branch._waits(found.state)) >= 0
            gaps.append(space.cost(found.state) - best)
    assert len(gaps) > 20
    assert max(gaps) <= 1
    assert np.mean(np.array(gaps) > 0) <= 0.1


def test_nothing_next_to_the_answer_is_cheaper_and_meets_the_target():
    branch = MadeUp(5, 8)
    space = SlotSpace((1.0,) * 8, 1, 5)
    found = search(space, GOAL, Trials(branch), [(3,) * 8])
    assert found.feasible
    assert not found.proven
    for near in space.removals(found.state):
        assert TARGET.margin(branch._waits(near)) < 0
    for near in space.swaps(found.state):
        cheaper = space.cost(near) < space.cost(found.state)
        assert not (cheaper and TARGET.margin(branch._waits(near)) >= 0)


def test_moves_that_save_nothing_end():
    def better_and_better(rosters):
        return [
            np.full((1, 2), 1.0 if sum(one) >= 13 else 9.0) - one[-1] / 100 + one[0] / 100 for one in rosters
        ]

    trials = Trials(better_and_better)
    found = search(SlotSpace((1.0,) * 6, 1, 9), GOAL, trials, [(8, 1, 1, 1, 1, 1)], enumerate_below=-1)
    assert sum(found.state) == 13
    # Four moves away from where it began, though more of them would have been better still.
    assert found.state == (4, 1, 1, 5, 1, 1)


def test_where_nothing_meets_the_target_the_nearest_is_told():
    found = search(
        SlotSpace((1.0, 1.0), 1, 3),
        Targets((Target("x", "<=", -5.0),)),
        Trials(MadeUp(1, 2)),
        [(1, 1)],
        fallback=(3, 3),
    )
    assert not found.feasible
    assert not found.proven
    assert found.state == (3, 3)


def test_a_plateau_is_crossed_by_the_fallback():
    def only_both(rosters):
        return [np.full((1, 2), 1.0 if min(one) >= 2 else 9.0) for one in rosters]

    found = search(SlotSpace((1.0, 1.0), 1, 4), GOAL, Trials(only_both), [(1, 1)], fallback=(4, 4))
    assert found.feasible
    assert found.state == (2, 2)


def test_values_never_observed_meet_nothing():
    def nothing(rosters):
        return [np.full((1, 3), math.nan) for _ in rosters]

    found = search(SlotSpace((1.0,), 1, 2), GOAL, Trials(nothing), [(1,)], fallback=(2,))
    assert not found.feasible


def test_a_dear_slot_is_spared():
    def sum_counts(rosters):
        return [np.full((1, 2), 6.0 - sum(one)) for one in rosters]

    found = search(SlotSpace((1.0, 0.25), 1, 3), GOAL, Trials(sum_counts), [(3, 1)])
    assert found.state == (1, 3)


@pytest.mark.parametrize("seed", range(25))
def test_shifts_cover_as_cheaply_as_any_enumerated(seed):
    rng = np.random.default_rng(seed)
    edges = (540, 600, 660, 720, 780)
    hours = (1.0, 1.0, 1.0, 1.0)
    needed = tuple(int(count) for count in rng.integers(0, 3, 4))
    allowed = allowed_shifts(edges, ShiftRule(2, 3))
    found = cover(needed, hours, allowed)
    assert set(found) <= set(allowed)
    assert all(have >= need for have, need in zip(covered(found, 4), needed, strict=True))
    space = ShiftSpace(hours, tuple(allowed), 0, 9)
    cheapest = min(
        space.cost(shifts)
        for size in range(5)
        for shifts in combinations_with_replacement(allowed, size)
        if all(have >= need for have, need in zip(covered(shifts, 4), needed, strict=True))
    )
    assert space.cost(found) == pytest.approx(cheapest)


def test_allowed_shifts_are_as_long_as_the_rule_says():
    edges = (540, 600, 660, 690)
    assert allowed_shifts(edges, ShiftRule(1.5, 2)) == [(0, 2), (1, 3)]
    with pytest.raises(InputError, match=r"found 4 to 9 h in a day of 2\.5 h"):
        allowed_shifts(edges, ShiftRule(4, 9))
    with pytest.raises(InputError, match="slot by slot"):
        allowed_shifts((540, 600, 660, 670), ShiftRule(2, 2))


@pytest.mark.parametrize("text", ["4..", "..9", "9..4", "0..4", "a..b", "4..99", "", "4...9"])
def test_shift_hours_that_are_no_range_are_refused(text):
    with pytest.raises(InputError, match="the hours of the shortest and the longest shift are required"):
        parse_shift_hours(text)


def test_shift_hours_are_read():
    assert parse_shift_hours("4..9") == ShiftRule(4, 9)
    assert parse_shift_hours("7.5") == ShiftRule(7.5, 7.5)


@pytest.mark.parametrize("seed", range(10))
def test_shifts_are_improved_until_nothing_next_to_them_is_cheaper(seed):
    branch = MadeUp(seed, 5)
    allowed = tuple(allowed_shifts((0, 60, 120, 180, 240, 300), ShiftRule(2, 4)))
    space = ShiftSpace((1.0,) * 5, allowed, 1, 6)
    first = cover((4,) * 5, space.hours, allowed)
    found = search(space, GOAL, Trials(branch), [first])
    assert found.feasible
    assert space.cost(found.state) < space.cost(first)
    assert set(found.state) <= set(allowed)
    for near in space.removals(found.state):
        assert TARGET.margin(branch._waits(space.roster(near))) < 0


def test_all_cheaper_rosters_are_tried_where_moves_lead_nowhere():
    def only_these(rosters):
        return [np.full((1, 2), 1.0 if one in {(4, 4), (1, 2)} else 9.0) for one in rosters]

    space = SlotSpace((1.0, 1.0), 1, 4)
    stuck = search(space, GOAL, Trials(only_these), [(4, 4)], enumerate_below=-1)
    assert (stuck.state, stuck.proven) == ((4, 4), False)
    found = search(space, GOAL, Trials(only_these), [(4, 4)])
    assert (found.state, found.proven) == ((1, 2), True)


def test_a_server_is_moved_where_more_good_comes_of_it():
    def second_counts_thrice(rosters):
        return [np.full((1, 2), 9.0 - one[0] - 3 * one[1]) for one in rosters]

    space = SlotSpace((1.0, 1.0), 1, 4)
    found = search(space, GOAL, Trials(second_counts_thrice), [(4, 1)], enumerate_below=-1)
    assert found.state == (1, 2)


def test_of_several_targets_all_are_met_and_no_cheaper_roster_does():
    morning, evening = Target("a", "<=", 2.0), Target("b", ">=", 30.0)

    def two(rosters):
        # The first wants servers early, the second, in other units, servers late.
        return [np.array([[5.0 - one[0]] * 2, [10.0 * one[1] + one[0]] * 2]) for one in rosters]

    space = SlotSpace((1.0, 1.0), 1, 5)
    found = search(
        space, Targets((morning, evening)), Trials(two), [(1, 1)], fallback=(5, 5), enumerate_below=-1
    )
    assert found.feasible
    assert found.state == (3, 3)


def test_each_part_of_the_search_is_announced():
    told = []
    search(
        SlotSpace((1.0, 1.0), 1, 4), GOAL, Trials(MadeUp(1, 2)), [(1, 1)], fallback=(4, 4), begin=told.append
    )
    assert told[:3] == ["where to begin", "adding until the target is met", "taking away and moving"]
    assert told[3].startswith("all ")
