"""Generated networks against what theory says of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse, stats
from tests.networks import matrix

from journeysim.branch.luck import Luck
from journeysim.market.network import Network
from journeysim.market.network_builders import blocks, random_regular, random_ties, scale_free, small_world

PEOPLE = 100_000


def clustering(network: Network) -> float:
    """Mean over people of the share of pairs of those tied to them who are tied themselves."""
    ties = matrix(network)
    around = np.asarray((ties @ ties).multiply(ties).sum(axis=1)).ravel() / 2
    degree = network.ties
    return float(np.mean(around / (degree * (degree - 1) / 2)))


def pieces(network: Network) -> int:
    return int(sparse.csgraph.connected_components(matrix(network))[0])


def goodness(seen: np.ndarray, chance: np.ndarray, count: int) -> float:
    """p-value of numbers seen against their chances; the rare ones are put together."""
    common = chance * count >= 10
    observed = np.append(seen[common], count - seen[common].sum())
    expected = np.append(chance[common], 1 - chance[common].sum()) * count
    return float(stats.chisquare(observed, expected).pvalue)


@pytest.mark.parametrize("ties", [4, 8, 16])
def test_a_ring_clusters_as_watts_and_strogatz_say(ties):
    """3 (k - 2) / (4 (k - 1)) (Barrat & Weigt 2000)."""
    assert clustering(small_world(2000, ties, 0, Luck(1, 0))) == pytest.approx(
        3 * (ties - 2) / (4 * (ties - 1))
    )


@pytest.mark.parametrize("rewire", [0.05, 0.25])
def test_clustering_falls_with_the_cube_of_what_is_not_rewired(rewire):
    """A triangle lasts if none of its ties is rewired (Barrat & Weigt 2000)."""
    found = [clustering(small_world(5000, 16, rewire, Luck(1, world))) for world in range(6)]
    ring = 3 * 14 / (4 * 15)
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    # Both are means over people of unequal numbers of ties, which the cube leaves out: 1% at most here.
    assert np.mean(found) == pytest.approx(ring * (1 - rewire) ** 3, abs=4 * error + 0.01 * ring)


@pytest.mark.parametrize("rewire", [0.1, 0.25, 1.0])
def test_numbers_of_ties_in_a_small_world_are_as_barrat_and_weigt_say(rewire):
    """k / 2 of one's own, binomial ones that were not rewired away, Poisson ones that were rewired here."""
    network = small_world(PEOPLE, 16, rewire, Luck(2, 0))
    numbers = np.arange(60)
    kept = stats.binom.pmf(numbers, 8, 1 - rewire)
    chance = np.convolve(kept, stats.poisson.pmf(numbers, 8 * rewire))[:52]
    seen = np.bincount(network.ties, minlength=60)[8:60]
    assert seen.sum() == PEOPLE
    assert goodness(seen, chance, PEOPLE) > 1e-3
    assert network.mean_ties == 16


def test_a_share_of_ties_is_rewired():
    network = small_world(PEOPLE, 16, 0.25, Luck(2, 1))
    owner = np.repeat(np.arange(PEOPLE), network.ties)
    away = np.minimum((owner - network.tie) % PEOPLE, (network.tie - owner) % PEOPLE)
    ties = PEOPLE * 8
    assert abs((away > 8).mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / ties) + 16 / PEOPLE
    # Rewired ties lead to everybody alike.
    far = stats.chisquare(np.histogram(away[(away > 8) & (owner < network.tie)], 50, (8.5, PEOPLE / 2))[0])
    assert far.pvalue > 1e-3


def test_small_worlds_hang_together():
    for rewire in (0, 0.25, 1.0):
        assert pieces(small_world(PEOPLE, 16, rewire, Luck(3, 0))) == 1
    assert pieces(small_world(1000, 2, 0, Luck(3, 0))) == 1


def test_numbers_of_ties_of_a_scale_free_network_fall_as_theory_says():
    """P(k) = 2 m (m + 1) / (k (k + 1) (k + 2)) (Bollobás, Riordan, Spencer & Tusnády 2001)."""
    network = scale_free(PEOPLE, 16, Luck(4, 0))
    m = 8
    for number in (8, 9, 10, 12, 16, 20, 30, 50):
        chance = m * (m + 1) / (number * (number + 1))
        found = (network.ties >= number).mean()
        assert abs(found - chance) < 4 * np.sqrt(chance * (1 - chance) / PEOPLE) + 1e-9, number
    assert pieces(network) == 1
    assert network.mean_ties == pytest.approx(16, abs=16**2 / (4 * PEOPLE) + 1e-3)


def test_the_tail_of_a_scale_free_network_has_exponent_3():
    """Barabási & Albert (1999); maximum likelihood by Clauset, Shalizi & Newman (2009)."""
    network = scale_free(PEOPLE, 16, Luck(4, 1))
    lowest = 40
    tail = network.ties[network.ties >= lowest]
    # k (k + 1) (k + 2) is (k + 1)^3 all but exactly.
    exponent = 1 + tail.size / np.log((tail + 1) / (lowest + 0.5)).sum()
    assert abs(exponent - 3) < 3.5 * (exponent - 1) / np.sqrt(tail.size)
    assert tail.size > 2000


def test_ties_of_a_block_model_are_made_within_segments_as_asked_for():
    """within + (1 - within) * s of the ties of a segment of share s lie in it (Coleman 1958)."""
    segment = np.repeat([0, 1, 2], [70_000, 20_000, 10_000])
    network = blocks(segment, 16, 0.6, Luck(5, 0))
    owner = np.repeat(segment, network.ties)
    for kind, share in enumerate((0.7, 0.2, 0.1)):
        mine = owner == kind
        expected = 0.6 + 0.4 * share
        inside = (segment[network.tie[mine]] == kind).mean()
        # Half as many ties as ends of them lie inside.
        assert abs(inside - expected) < 4 * np.sqrt(2 * expected * (1 - expected) / mine.sum())
        ties = network.ties[segment == kind]
        # Eight ties are one's own, eight come from others at random.
        assert abs(ties.mean() - 16) < 4 * np.sqrt(8 / ties.size)
        assert (
            goodness(np.bincount(ties, minlength=60)[8:60], stats.poisson.pmf(np.arange(52), 8), ties.size)
            > 1e-3
        )


def test_blocks_without_homophily_are_a_random_network_and_with_all_of_it_fall_apart():
    segment = np.arange(20_000) % 4
    mixed, apart = blocks(segment, 16, 0, Luck(5, 1)), blocks(segment, 16, 1, Luck(5, 1))
    owner = np.repeat(segment, mixed.ties)
    assert abs((segment[mixed.tie] == owner).mean() - 0.25) < 4 * np.sqrt(2 * 0.25 * 0.75 / owner.size)
    assert pieces(mixed) == 1
    assert pieces(apart) == 4
    assert np.all(segment[apart.tie] == np.repeat(segment, apart.ties))


def test_random_networks_have_poisson_numbers_of_ties():
    network = random_ties(PEOPLE, 8, Luck(6, 0))
    assert (
        goodness(np.bincount(network.ties, minlength=40)[:40], stats.poisson.pmf(np.arange(40), 8), PEOPLE)
        > 1e-3
    )
    assert network.mean_ties == 8


def test_regular_networks_are_drawn_alike_among_all():
    """Of the 3-regular ones on 30 people: each pair is tied with probability 3 / 29."""
    seen = np.zeros((30, 30))
    count = 400
    for world in range(count):
        seen += matrix(random_regular(30, 3, Luck(7, world))).toarray()
    pairs = seen[np.triu_indices(30, 1)]
    spread = (pairs - count * 3 / 29) / np.sqrt(count * 3 / 29 * 26 / 29)
    assert np.abs(spread).max() < 4.5
    assert 0.85 < spread.std() < 1.1


def test_neighbours_on_the_ring_are_not_who_comes_early_in_a_file():
    """People keep their neighbours whatever the size of the market: a person's ties do not move with it."""
    small, large = small_world(1000, 4, 0, Luck(8, 0)), small_world(2000, 4, 0, Luck(8, 0))
    assert small.of(500).tolist() == large.of(500).tolist() == [498, 499, 501, 502]
