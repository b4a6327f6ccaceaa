"""Networks and word of mouth of any size: what must hold whatever the numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.networks import assert_proper, stories

from journeysim.branch.luck import Luck
from journeysim.market.diffusion import adoption
from journeysim.market.network import Network
from journeysim.market.network_builders import blocks, random_ties, scale_free, small_world
from journeysim.market.spread import Hearings, cascade, listeners

seeds = st.integers(0, 2**63 - 1)
shares = st.floats(0, 1)


@st.composite
def networks(draw: st.DrawFn) -> Network:
    half = draw(st.integers(1, 6))
    people = draw(st.integers(2 * half + 1, 60))
    luck, weak = Luck(draw(seeds), 0), draw(shares)
    kind = draw(st.sampled_from(["small world", "scale free", "blocks", "random", "none"]))
    if kind == "small world":
        return small_world(people, 2 * half, draw(shares), luck, weak_share=weak)
    if kind == "scale free":
        return scale_free(people, 2 * half, luck, weak_share=weak)
    if kind == "blocks":
        segment = np.array(draw(st.lists(st.integers(0, 3), min_size=people, max_size=people)))
        return blocks(segment, 2 * half, draw(shares), luck, weak_share=weak)
    if kind == "random":
        return random_ties(people, half if half <= (people - 1) / 2 else 0, luck, weak_share=weak)
    return Network.without_ties(people)


@given(networks())
def test_every_network_is_a_proper_one(network):
    assert_proper(network)


@given(st.integers(1, 6), st.integers(0, 60), shares, seeds)
def test_rewiring_keeps_the_number_of_ties(half, more, rewire, seed):
    people = 2 * half + 1 + more
    network = small_world(people, 2 * half, rewire, Luck(seed, 0))
    assert network.tie.size == people * 2 * half
    # Everybody keeps the near end of their own ties.
    assert network.ties.min() >= half


@given(st.integers(1, 6), st.integers(0, 60), seeds)
def test_scale_free_networks_have_the_ties_that_their_growth_gives(half, more, seed):
    people = 2 * half + 1 + more
    network = scale_free(people, 2 * half, Luck(seed, 0))
    assert network.tie.size // 2 == half * (half + 1) // 2 + (people - half - 1) * half
    assert network.ties.min() >= half


@given(networks(), st.data())
def test_relabelling_and_reordering_ties_change_nothing_else(network, data):
    owner = np.repeat(np.arange(network.people), network.ties)
    once = owner < network.tie
    order = np.array(data.draw(st.permutations(range(int(once.sum())))), dtype=np.int64)
    label = np.array(data.draw(st.permutations(range(network.people))))
    one, other, strong = owner[once][order], network.tie[once][order], network.strong[once][order]
    again = Network.of_pairs(network.people, other, one, strong)
    assert again.tie.tolist() == network.tie.tolist()
    assert again.strong.tolist() == network.strong.tolist()
    renamed = Network.of_pairs(network.people, label[one], label[other], strong)
    for person in range(network.people):
        assert sorted(label[network.of(person)].tolist()) == renamed.of(label[person]).tolist()


@given(networks(), st.lists(st.tuples(st.integers(0, 59), st.integers(-1, 70)), max_size=20), seeds)
def test_everybody_told_is_somebody_else_and_ties_come_first(network, told, seed):
    teller = np.array([person % network.people for person, _ in told], dtype=np.int64)
    number = np.array([count for _, count in told], dtype=np.int64)
    heard = listeners(network, teller, number, stories(len(told)), Luck(seed, 0).key("told"))
    for story in range(len(told)):
        mine = heard.listener[heard.story == story].tolist()
        assert len(mine) == max(0, min(number[story], network.people - 1))
        assert len({int(teller[story]), *mine}) == len(mine) + 1
        along = min(len(mine), int(network.ties[teller[story]]))
        tied = set(network.of(teller[story]).tolist())
        assert set(mine[:along]) <= tied
        assert not set(mine[along:]) & tied


@given(
    networks(), st.lists(st.tuples(st.integers(0, 59), st.integers(0, 9)), max_size=12), shares, shares, seeds
)
def test_stories_are_passed_on_along_ties_to_who_has_not_heard_them(network, told, one, other, seed):
    teller = np.array([person % network.people for person, _ in told], dtype=np.int64)
    number = np.array([count for _, count in told], dtype=np.int64)
    luck, address = Luck(seed, 0), stories(len(told))
    begun = listeners(network, teller, number, address, luck.key("told"))

    def passed(probability: float) -> Hearings:
        return cascade(network, begun, teller, probability, address, luck.key("relay"))

    less, more = passed(min(one, other)), passed(max(one, other))
    assert np.all(np.diff(more.story) >= 0)
    for story in range(len(told)):
        first = begun.listener[begun.story == story].tolist()
        then = more.listener[more.story == story].tolist()
        assert len({int(teller[story]), *first, *then}) == 1 + len(first) + len(then)
        known = set(first)
        for person in then:
            assert known & set(network.of(person).tolist())
            known.add(person)
        assert set(less.listener[less.story == story].tolist()) <= set(then)


@given(networks(), shares, shares, shares, seeds)
def test_stronger_ties_bring_nobody_to_adopt_later(network, innovation, strong, weak, seed):
    def when(*chances: float) -> np.ndarray:
        adopted = adoption(network, *chances, 8, Luck(seed, 0))
        return np.where(adopted < 0, 8, adopted)

    before = when(innovation, strong, weak)
    for after in (
        when((1 + innovation) / 2, strong, weak),
        when(innovation, (1 + strong) / 2, weak),
        when(innovation, strong, (1 + weak) / 2),
    ):
        assert np.all(after <= before)
