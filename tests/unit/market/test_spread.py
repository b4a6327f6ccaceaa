"""Who is told a story and who hears it passed on: by hand, in random order, and the same on every machine."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from tests.networks import digest, star, stories

from journeysim.branch.luck import Luck
from journeysim.market.network import Network
from journeysim.market.network_builders import complete, scale_free, small_world
from journeysim.market.spread import Hearings, cascade, listeners, relayed

LUCK = Luck(7, 3)
KEY = LUCK.key("told")


def told(network: Network, teller: list[int], number: list[int]) -> Hearings:
    return listeners(network, np.array(teller), np.array(number), stories(len(teller)), KEY)


def test_stories_told_to_nobody_are_heard_by_nobody():
    heard = told(star(4), [0, 1, 2], [0, 2, -3])
    assert heard.story.tolist() == [1, 1]
    nothing = told(star(4), [], [])
    assert nothing.listener.size == nothing.story.size == nothing.strong.size == 0


def test_ties_come_first_and_then_anybody_else_as_a_weak_tie():
    heard = told(star(6), [3] * 50, [4] * 50)
    for story in range(50):
        mine = heard.story == story
        assert heard.listener[mine][0] == 0
        assert heard.strong[mine].tolist() == [True, False, False, False]
        assert len({3, *heard.listener[mine].tolist()}) == 5


def test_at_most_all_others_are_told():
    for network in (star(6), Network.without_ties(7), complete(7)):
        heard = told(network, [3], [1000])
        assert sorted(heard.listener.tolist()) == [0, 1, 2, 4, 5, 6]
    assert told(Network.without_ties(1), [0], [5]).listener.size == 0


def test_strength_is_that_of_the_tie():
    network = small_world(1000, 8, 0.3, LUCK, weak_share=0.5)
    teller = np.arange(1000)
    heard = told(network, teller.tolist(), [3] * 1000)
    for story, listener, strong in zip(heard.story, heard.listener, heard.strong, strict=True):
        row = slice(network.first[story], network.first[story + 1])
        assert strong == network.strong[row][network.tie[row] == listener][0]
    assert 0.4 < heard.strong.mean() < 0.6


@pytest.mark.parametrize("leaves", [5, 400])
def test_a_story_told_to_more_people_is_told_to_the_same_first(leaves):
    """Few of many ties are chosen without writing their order down; the choice is the same."""
    network = star(leaves)
    everybody = told(network, [0], [leaves]).listener.tolist()
    assert sorted(everybody) == list(range(1, leaves + 1))
    assert everybody != sorted(everybody)
    for number in range(leaves):
        assert told(network, [0], [number]).listener.tolist() == everybody[:number]


def test_so_are_strangers():
    network = star(40)
    everybody = told(network, [5], [40]).listener.tolist()
    for number in range(40):
        assert told(network, [5], [number]).listener.tolist() == everybody[:number]


@pytest.mark.parametrize("number", [3, 7])
def test_every_order_of_ties_is_as_likely(number):
    """With 3 of 12 ties no order is written down, with 7 it is."""
    count = 30_000
    heard = told(star(12), [0] * count, [number] * count)
    table = heard.listener.reshape(count, number)
    for place in range(number):
        seen = np.bincount(table[:, place], minlength=13)[1:]
        assert stats.chisquare(seen).pvalue > 1e-3
    both = np.bincount(table[:, 0] * 13 + table[:, 2], minlength=169).reshape(13, 13)[1:, 1:]
    assert np.all(np.diag(both) == 0)
    assert stats.chisquare(both[~np.eye(12, dtype=bool)]).pvalue > 1e-3


def test_every_stranger_is_as_likely_and_nobody_tells_themselves():
    count = 30_000
    heard = told(Network.without_ties(12), [4] * count, [3] * count)
    table = heard.listener.reshape(count, 3)
    for place in range(3):
        seen = np.bincount(table[:, place], minlength=12)
        assert seen[4] == 0
        assert stats.chisquare(np.delete(seen, 4)).pvalue > 1e-3


def test_a_story_is_told_alike_whatever_else_is_told():
    network = scale_free(2000, 8, LUCK)
    teller, number = np.arange(2000), np.arange(2000) % 23
    whole = listeners(network, teller, number, stories(2000), KEY)
    part = listeners(network, teller[700:900], number[700:900], stories(200, 700), KEY)
    mine = (whole.story >= 700) & (whole.story < 900)
    assert part.listener.tolist() == whole.listener[mine].tolist()
    passed = relayed(network, whole, teller, 0.5, stories(2000), LUCK.key("relay"))
    again = relayed(network, part, teller[700:900], 0.5, stories(200, 700), LUCK.key("relay"))
    mine = (passed.story >= 700) & (passed.story < 900)
    assert again.listener.tolist() == passed.listener[mine].tolist()
    assert again.story.tolist() == (passed.story[mine] - 700).tolist()
    assert again.strong.tolist() == passed.strong[mine].tolist()


def test_seed_replication_day_and_stream_change_who_is_told():
    network = small_world(500, 8, 0.25, LUCK)
    teller, number = np.arange(500), np.full(500, 5)
    found = {
        digest(listeners(network, teller, number, stories(500, first), key).listener)
        for key in (KEY, Luck(7, 4).key("told"), Luck(8, 3).key("told"), LUCK.key("other"))
        for first in (0, 1)
    }
    assert len(found) == 8


@pytest.mark.parametrize("probability", [0.0007, 0.00625, 0.1, 1 / 3, 0.5, 0.998])
def test_a_hearer_passes_on_along_each_tie_with_the_probability(probability):
    """Everybody tells the middle of a star, who passes it on to the other leaves."""
    count, leaves = 2000, 1001
    network = star(leaves)
    teller = np.full(count, 1)
    begun = listeners(network, teller, np.ones(count), stories(count), KEY)
    assert set(begun.listener.tolist()) == {0}
    passed = cascade(network, begun, teller, probability, stories(count), LUCK.key("relay"))
    sizes = np.bincount(passed.story, minlength=count)
    trials = leaves - 1
    sd = np.sqrt(trials * probability * (1 - probability))
    assert abs(sizes.mean() - trials * probability) < 3.5 * sd / np.sqrt(count)
    # The variance of a binomial number, and each leaf as likely as the next.
    assert stats.chi2.cdf((sizes.var() / sd**2) * count, count - 1) == pytest.approx(0.5, abs=0.4995)
    seen = np.bincount(passed.listener, minlength=leaves + 1)
    assert seen[0] == seen[1] == 0
    spread = (seen[2:] - count * probability) / np.sqrt(count * probability * (1 - probability))
    assert 0.85 < spread.std() < 1.15


def test_a_story_passed_on_for_certain_reaches_all_who_are_connected_once():
    ring = np.arange(5000)
    apart = Network.of_pairs(
        10_000,
        np.concatenate([ring, ring + 5000]),
        np.concatenate([(ring + 1) % 5000, (ring + 1) % 5000 + 5000]),
    )
    begun = told(apart, [17], [1])
    passed = cascade(apart, begun, np.array([17]), 1.0, stories(1), KEY)
    assert sorted([17, *begun.listener.tolist(), *passed.listener.tolist()]) == list(range(5000))


def test_generations_follow_one_another():
    """On a ring a story goes round both ways at one person a generation."""
    ring = small_world(101, 2, 0, LUCK)
    nobody = Hearings(np.zeros(1, dtype=np.int32), np.array([50], dtype=np.int32), np.ones(1, dtype=np.bool_))
    passed = cascade(ring, nobody, np.array([50]), 1.0, stories(1), KEY)
    assert np.abs(passed.listener - 50).tolist() == [step for far in range(1, 51) for step in (far, far)]


def test_nothing_is_passed_on_without_relay_or_ties_or_hearers():
    network = small_world(100, 4, 0.1, LUCK)
    begun = told(network, [0, 1], [3, 3])
    for passed in (
        relayed(network, begun, np.array([0, 1]), 0.0, stories(2), KEY),
        relayed(Network.without_ties(100), begun, np.array([0, 1]), 0.5, stories(2), KEY),
        relayed(network, told(network, [0], [0]), np.array([0]), 0.5, stories(1), KEY),
    ):
        assert passed.listener.size == passed.story.size == passed.strong.size == 0


def test_relay_is_people_told_on_average_by_a_hearer():
    """Hearers in different corners of a large network: nobody whom they know has heard."""
    network = small_world(20_000, 10, 1.0, LUCK)
    count = 20_000
    begun = Hearings(
        np.arange(count, dtype=np.int32), np.arange(count, dtype=np.int32), np.ones(count, dtype=np.bool_)
    )
    passed = relayed(network, begun, np.arange(count), 0.1, stories(count), KEY)
    direct = 0.1
    onward = direct * network.onward_ties / network.mean_ties
    sizes = np.bincount(passed.story, minlength=count)
    assert abs(sizes.mean() - direct / (1 - onward)) < 3.5 * sizes.std() / np.sqrt(count)


def test_who_passes_on_more_than_they_have_ties_tells_all_of_them():
    ring = small_world(50, 2, 0, LUCK)
    begun = told(ring, [7], [1])
    passed = relayed(ring, begun, np.array([7]), 3.0, stories(1), KEY)
    assert passed.listener.size == 48


def test_probabilities_that_are_none_are_refused():
    network = star(3)
    begun = told(network, [0], [1])
    for probability in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="between 0 and 1"):
            cascade(network, begun, np.array([0]), probability, stories(1), KEY)


def test_word_of_mouth_never_changes():
    """Frozen: if this moves, every stored result of a market moves (raise RESULTS, say so in CHANGELOG)."""
    network = scale_free(3000, 8, LUCK, weak_share=0.3)
    teller, number = np.arange(3000), np.arange(3000) % 40
    begun = listeners(network, teller, number, stories(3000), KEY)
    assert digest(begun.story, begun.listener, begun.strong) == FROZEN["told"]
    passed = relayed(network, begun, teller, 0.2, stories(3000), LUCK.key("relay"))
    assert digest(passed.story, passed.listener, passed.strong) == FROZEN["relayed"]


FROZEN = {"told": "dfc0d6c668daa937", "relayed": "4033b3c5e7dd6091"}
