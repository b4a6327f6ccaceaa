"""Networks: arrays by hand, refusals, small sizes, strengths, and the same ones on every machine."""

from __future__ import annotations

import numpy as np
import pytest
from tests.networks import assert_proper, digest, star

from journeysim.branch.luck import Luck
from journeysim.market.network import Network
from journeysim.market.network_builders import (
    below,
    blocks,
    complete,
    random_regular,
    random_ties,
    scale_free,
    small_world,
)

LUCK = Luck(7, 3)


def pairs(*ties: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    one, other = zip(*ties, strict=True)
    return np.array(one), np.array(other)


def test_arrays_by_hand():
    network = Network.of_pairs(5, *pairs((3, 0), (0, 1), (1, 3)), strong=np.array([True, False, True]))
    assert network.first.tolist() == [0, 2, 4, 4, 6, 6]
    assert network.tie.tolist() == [1, 3, 0, 3, 0, 1]
    assert network.strong.tolist() == [False, True, False, True, True, True]
    assert network.people == 5
    assert network.ties.tolist() == [2, 2, 0, 2, 0]
    assert network.mean_ties == 6 / 5
    assert network.of(3).tolist() == [0, 1]
    assert network.onward_ties == 1


def test_ends_of_ties_lead_on_to_more_than_people_do():
    """Half of a star's ends of ties are the middle, which leads on to all leaves but one."""
    network = star(9)
    assert network.mean_ties == 18 / 10
    assert network.onward_ties == pytest.approx((9 * 8 + 9 * 0) / 18)


def test_long_rows_are_sorted_as_short_ones_are():
    leaves = np.random.default_rng(1).permutation(np.arange(1, 400))
    network = Network.of_pairs(400, np.zeros(399), leaves, strong=leaves % 3 == 0)
    assert network.of(0).tolist() == list(range(1, 400))
    assert network.strong[:399].tolist() == [person % 3 == 0 for person in range(1, 400)]


@pytest.mark.parametrize(
    ("people", "ties", "message"),
    [
        (3, [(0, 3)], "numbers of people, 0 to 2"),
        (3, [(-1, 0)], "numbers of people, 0 to 2"),
        (3, [(1, 1)], "its own start"),
        (3, [(0, 1), (1, 0)], "stand twice"),
        (0, [(0, 1)], "1 to 1073741824 people, not 0"),
        (2**31, [(0, 1)], "1 to 1073741824 people"),
    ],
)
def test_pairs_that_make_no_network_are_refused(people, ties, message):
    with pytest.raises(ValueError, match=message):
        Network.of_pairs(people, *pairs(*ties))


def test_lists_of_unlike_length_are_refused():
    with pytest.raises(ValueError, match="one length"):
        Network.of_pairs(3, np.array([0, 1]), np.array([2]))
    with pytest.raises(ValueError, match="one strength a tie"):
        Network.of_pairs(3, np.array([0, 1]), np.array([2, 2]), np.array([True]))


def test_nobody_knows_anybody():
    network = Network.without_ties(4)
    assert_proper(network)
    assert network.mean_ties == network.onward_ties == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: small_world(10, 3, 0.1, LUCK), "even number of ties is required, not 3"),
        (lambda: small_world(10, 0, 0.1, LUCK), "even number"),
        (lambda: small_world(4, 4, 0.1, LUCK), "4 ties a person take more than 4 people"),
        (lambda: small_world(10, 4, 1.1, LUCK), "rewire must lie between 0 and 1, not 1.1"),
        (lambda: small_world(10, 4, float("nan"), LUCK), "rewire must lie"),
        (lambda: scale_free(10, 4, LUCK, weak_share=-1), "weak_share must lie"),
        (lambda: blocks(np.zeros(10, dtype=np.int64), 4, 2.0, LUCK), "within must lie"),
        (lambda: blocks(np.arange(10) - 1, 4, 0.5, LUCK), "numbered from 0"),
        (lambda: random_ties(10, 5, LUCK), "between 0 and 4.5, not 5"),
        (lambda: random_regular(11, 1, LUCK), "even"),
        (lambda: random_regular(30, 4, LUCK), "a tenth"),
    ],
)
def test_what_no_network_can_be_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_market_of_one_more_than_the_ties_is_complete():
    for network in (small_world(5, 4, 1.0, LUCK), blocks(np.arange(5) % 2, 4, 0.5, LUCK)):
        assert_proper(network)
    assert small_world(5, 4, 1.0, LUCK).ties.tolist() == [4] * 5
    assert complete(5).tie.tolist() == small_world(5, 4, 0, LUCK).tie.tolist()


def test_segments_too_small_for_their_ties_tie_to_anybody():
    segment = np.array([0] * 200 + [1, 1, 2])
    network = blocks(segment, 6, 1.0, LUCK)
    assert_proper(network)
    assert network.tie.size == 203 * 6
    assert network.of(200).size >= 3
    assert 201 in network.of(200)


def test_random_ties_are_as_many_as_asked_for():
    assert random_ties(50, 24, LUCK).tie.size == 50 * 24
    assert_proper(random_ties(50, 24, LUCK))


def test_everybody_in_a_regular_network_has_as_many_ties():
    network = random_regular(100, 10, LUCK)
    assert_proper(network)
    assert set(network.ties.tolist()) == {10}


def test_strength_belongs_to_a_tie_and_is_as_likely_as_asked_for():
    network = small_world(20_000, 10, 0.3, LUCK, weak_share=0.25)
    assert_proper(small_world(300, 10, 0.3, LUCK, weak_share=0.25))
    ties = network.tie.size // 2
    assert abs((~network.strong).mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / ties)
    assert network.tie.tolist() == small_world(20_000, 10, 0.3, LUCK).tie.tolist()
    assert small_world(300, 10, 0.3, LUCK).strong.all()


def test_a_tie_between_the_same_people_is_as_strong_in_any_network():
    """Whichever of the two drew it."""
    found = []
    for network in (
        small_world(60, 20, 0.5, LUCK, weak_share=0.5),
        blocks(np.zeros(60, dtype=np.int64), 20, 0.5, LUCK, weak_share=0.5),
    ):
        owner = np.repeat(np.arange(60), network.ties)
        pairs = zip(owner.tolist(), network.tie.tolist(), strict=True)
        found.append(dict(zip(pairs, network.strong.tolist(), strict=True)))
    common = found[0].keys() & found[1].keys()
    assert len(common) > 300
    assert all(found[0][pair] == found[1][pair] for pair in common)


def test_rewired_ties_may_be_the_weak_ones():
    network = small_world(20_000, 10, 0.3, LUCK, rewired_are_weak=True)
    owner = np.repeat(np.arange(20_000), network.ties)
    away = np.minimum((owner - network.tie) % 20_000, (network.tie - owner) % 20_000)
    assert not network.strong[away > 5].any()
    # A tie drawn anew may lead to a neighbour, but hardly ever does.
    assert network.strong[away <= 5].mean() > 0.99
    ties = network.tie.size // 2
    assert abs((~network.strong).mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / ties)


def test_below_reaches_all_numbers_and_no_other():
    top = np.uint64(2**32 - 1)
    for count in (1, 2, 7, 10**6, 2**30):
        assert below(count, np.uint64(0), np.uint64(0)) == 0
        assert below(count, top, top) == count - 1
    # The low word decides where the high one falls on a border: (2**32 / 3 = 1431655765.33…).
    assert below(3, np.uint64(1431655765), np.uint64(0)) == 0
    assert below(3, np.uint64(1431655765), top) == 1


def test_arrays_are_compact():
    assert small_world(1000, 16, 0.25, LUCK).bytes == 8 * 1001 + 5 * 16_000


@pytest.mark.parametrize(
    ("make", "frozen"),
    [
        (lambda luck: small_world(500, 8, 0.25, luck, weak_share=0.3), "small world"),
        (lambda luck: scale_free(500, 8, luck, weak_share=0.3), "scale free"),
        (lambda luck: blocks(np.arange(500) % 3, 8, 0.7, luck, weak_share=0.3), "blocks"),
        (lambda luck: random_ties(500, 8, luck), "random"),
        (lambda luck: random_regular(500, 8, luck), "regular"),
    ],
)
def test_a_network_never_changes(make, frozen):
    """Frozen: if this moves, every stored result of a market moves (raise RESULTS, say so in CHANGELOG)."""
    network = make(LUCK)
    assert_proper(network)
    assert digest(network.first, network.tie, network.strong) == FROZEN[frozen]
    other = make(Luck(7, 4))
    assert digest(other.first, other.tie) != digest(network.first, network.tie)


FROZEN = {
    "small world": "5b246061dc8d5496",
    "scale free": "75503b78372fda0e",
    "blocks": "40b3e4e8c9732cd9",
    "random": "38a7bf1264698b00",
    "regular": "850322ef8fb113dd",
}
