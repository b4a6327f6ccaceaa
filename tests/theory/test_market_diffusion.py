"""Cascades and adoption against Bass, branching processes and final sizes, inside their intervals."""

from __future__ import annotations

import numpy as np
import pytest

from journeysim.branch.luck import Luck
from journeysim.market.diffusion import (
    adoption,
    bass_curve,
    cascade_sizes,
    final_size,
    independent_cascade,
    mean_cascade_size,
)
from journeysim.market.network import Network
from journeysim.market.network_builders import complete, random_regular, random_ties, small_world

YEARS = np.array([1, 2, 5, 10, 15, 20])
BASS = np.array([0.0358, 0.0851, 0.3312, 0.8128, 0.9716, 0.9963])
"""F at these years for p = .03, q = .38."""


def test_bass_curve():
    assert bass_curve(0.03, 0.38, YEARS) == pytest.approx(BASS, abs=5e-5)
    times = np.linspace(0, 20, 200_001)
    peak = times[np.argmax(np.diff(bass_curve(0.03, 0.38, times)))]
    assert peak == pytest.approx(6.193, abs=1e-3)
    assert bass_curve(0.1, 0, np.array([3.0])) == pytest.approx(1 - np.exp(-0.3))


@pytest.mark.parametrize("strong", [True, False], ids=["strong ties", "weak ties"])
def test_adoption_where_everybody_knows_everybody_is_bass(strong):
    people, steps, markets = 1500, 100, 40
    everybody = complete(people)
    network = Network(everybody.first, everybody.tie, np.full(everybody.tie.size, strong))
    by_self = -np.expm1(-0.03 / steps)
    by_tie = -np.expm1(-0.38 / steps / (people - 1))
    ties = (by_tie, 0.0) if strong else (0.0, by_tie)
    shares = np.empty((markets, YEARS.size))
    for market in range(markets):
        adopted = adoption(network, by_self, *ties, 20 * steps, Luck(11, market))
        assert adopted.max() < 20 * steps
        shares[market] = [np.mean((adopted >= 0) & (adopted < year * steps)) for year in YEARS]
    error = shares.std(axis=0, ddof=1) / np.sqrt(markets)
    # A step late at every step: a hundredth of a year, on a curve that rises by .14 a year at most.
    assert np.all(np.abs(shares.mean(axis=0) - bass_curve(0.03, 0.38, YEARS)) < 3.5 * error + 0.001)


def test_adoption_by_ties_is_the_formula_of_goldenberg_libai_and_muller():
    """Who is tied strongly to 3 and weakly to 2 adopters adopts with 1 - (1 - a)(1 - b_s)^3 (1 - b_w)^2."""
    groups = 20_000
    me = np.arange(groups) * 6
    one = np.repeat(me, 5)
    other = (me[:, None] + np.arange(1, 6)).ravel()
    strong = np.tile([True, True, True, False, False], groups)
    network = Network.of_pairs(6 * groups, one, other, strong)
    adopted = adoption(network, 0.5, 0.1, 0.04, 2, Luck(12, 0)).reshape(groups, 6)
    before = adopted[:, 1:] == 0
    mine = adopted[:, 0]
    assert abs((mine == 0).mean() - 0.5) < 4 * 0.5 / np.sqrt(groups)
    for strongly in range(4):
        for weakly in range(3):
            here = (mine != 0) & (before[:, :3].sum(1) == strongly) & (before[:, 3:].sum(1) == weakly)
            chance = 1 - 0.5 * 0.9**strongly * 0.96**weakly
            found = (mine[here] == 1).mean()
            assert abs(found - chance) < 4 * np.sqrt(chance * (1 - chance) / here.sum())


def test_adoption_for_certain_goes_one_tie_a_period():
    ring = small_world(100, 2, 0, Luck(1, 0))
    assert adoption(ring, 1.0, 0, 0, 3, Luck(1, 0)).tolist() == [0] * 100
    assert adoption(ring, 0.0, 1, 1, 3, Luck(1, 0)).tolist() == [-1] * 100
    adopted = adoption(ring, 0.02, 1, 1, 200, Luck(1, 0))
    for person in range(100):
        earlier = min(adopted[(person - 1) % 100], adopted[(person + 1) % 100])
        assert adopted[person] <= earlier + 1


@pytest.mark.parametrize(("probability", "expected"), [(0.05, 1.909), (0.1, 11.0)])
def test_independent_cascade_on_a_random_10_regular_graph(probability, expected):
    """Mean size 1 + d p / (1 - p (d - 1))."""
    assert mean_cascade_size(10, probability) == pytest.approx(expected, abs=5e-4)
    people, worlds = 60_000, 6
    means = []
    for world in range(worlds):
        network = random_regular(people, 10, Luck(13, world))
        means.append(cascade_sizes(network, np.arange(0, people, 4), probability, Luck(13, world)).mean())
    error = np.std(means, ddof=1) / np.sqrt(worlds)
    assert abs(np.mean(means) - expected) < 3.5 * error
    assert error < 0.02 * expected


def test_cascades_above_the_threshold_have_no_mean():
    assert mean_cascade_size(10, 1 / 9) == mean_cascade_size(10, 0.5) == np.inf
    assert mean_cascade_size(10, 0) == 1


@pytest.mark.parametrize(
    ("reproduction", "share"), [(1.2, 0.3137), (1.5, 0.5828), (2.0, 0.7968), (3.0, 0.9405)]
)
def test_final_size_on_poisson_graphs(reproduction, share):
    """S = 1 - exp(-R0 S), of cascades that do not die early; they start at all with probability S as well."""
    assert final_size(reproduction) == pytest.approx(share, abs=5e-5)
    people, worlds, ties = 20_000, 12, 8
    sizes, starts = [], []
    for world in range(worlds):
        network = random_ties(people, ties, Luck(14, world))
        reached = cascade_sizes(network, np.arange(10), reproduction / ties, Luck(14, world)) / people
        large = reached > 0.05
        starts.append(large.mean())
        if large.any():
            sizes.append(reached[large].mean())
    error = np.std(sizes, ddof=1) / np.sqrt(len(sizes))
    assert abs(np.mean(sizes) - share) < 3.5 * error
    # Who begins has ties at random: 1 - exp(-R0 S) again.
    assert abs(np.mean(starts) - share) < 3.5 * np.std(starts, ddof=1) / np.sqrt(worlds)


def test_final_size_below_and_near_the_threshold():
    assert final_size(0) == final_size(0.9) == final_size(1) == 0
    for reproduction in (1.0001, 1.01, 50):
        size = final_size(reproduction)
        assert size > 0
        assert size == pytest.approx(1 - np.exp(-reproduction * size), abs=1e-12)
    # 2 (R0 - 1) to first order.
    assert final_size(1.001) == pytest.approx(0.002, rel=0.01)


def test_relabelling_people_leaves_cascades_as_large():
    """Luck moves with the numbers of people, sizes of cascades do not."""
    network = random_ties(2000, 6, Luck(15, 0))
    owner = np.repeat(np.arange(2000), network.ties)
    once = owner < network.tie
    label = np.random.default_rng(5).permutation(2000)
    renamed = Network.of_pairs(2000, label[owner[once]], label[network.tie[once]])
    seeds = np.repeat(np.arange(2000), 10)
    here = cascade_sizes(network, seeds, 0.12, Luck(15, 1)).reshape(2000, 10).mean(axis=1)
    there = cascade_sizes(renamed, label[seeds], 0.12, Luck(15, 1)).reshape(2000, 10).mean(axis=1)
    difference = here - there
    assert difference.std() > 0
    assert abs(difference.mean()) < 3.5 * difference.std() / np.sqrt(2000)


def test_what_is_no_seed_or_chance_is_refused():
    network = small_world(100, 4, 0.1, Luck(1, 0))
    for seeds in ([100], [-1]):
        with pytest.raises(ValueError, match="numbers of people, 0 to 99"):
            independent_cascade(network, np.array(seeds), 0.1, Luck(1, 0))
    with pytest.raises(ValueError, match="between 0 and 1"):
        independent_cascade(network, np.array([1]), 1.5, Luck(1, 0))
    with pytest.raises(ValueError, match="weak must lie between 0 and 1"):
        adoption(network, 0.1, 0.1, -0.1, 3, Luck(1, 0))
    assert cascade_sizes(network, np.array([1, 2]), 0, Luck(1, 0)).tolist() == [1, 1]
