"""Reproduction of leaving and of stories: by hand, against simulated waves, and what is said of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.networks import star

from journeysim.branch.luck import Luck
from journeysim.market.diffusion import cascade_sizes
from journeysim.market.network import Network
from journeysim.market.network_builders import random_ties, scale_free
from journeysim.market.stability import Reproduction, contagion_reproduction, relay_reproduction, reproduction


def test_contagion_by_hand():
    months = sum(math.exp(-age / 1.0) for age in range(60))
    assert contagion_reproduction(16, 0.35, 0.0135, 0.8, 1.0) == pytest.approx(
        16 * 0.35 * 0.0135 * 0.8 * months
    )
    # Hardly any of it is left after the month itself.
    assert contagion_reproduction(10, 0.5, 0.01, 0.8, 0.01) == pytest.approx(0.04)
    assert contagion_reproduction(16, 0.35, 0.0135, 0.0, 1.0) == 0


def test_the_wave_that_contagion_sets_off_is_as_large_as_said():
    """Leavers a month when each adds to the next months' as the rule says, on average: the wave sums up."""
    number = contagion_reproduction(16, 0.35, 0.02, 0.8, 2.0)
    assert 0 < number < 1
    leavers = np.zeros(2000)
    leavers[0] = 1
    for month in range(2000):
        ages = np.arange(2000 - month)
        follow = leavers[month] * 16 * 0.35 * 0.02 * 0.8 * np.exp(-ages / 2.0)
        # Those of the same month are felt in the next.
        leavers[month + 1 :] += follow[: 2000 - month - 1]
    assert leavers.sum() == pytest.approx(1 / (1 - number), rel=1e-6)


def test_relay_is_itself_with_poisson_ties_and_more_where_few_know_many():
    luck = Luck(1, 0)
    poisson = random_ties(100_000, 16, luck)
    assert relay_reproduction(poisson, 0.1) == pytest.approx(0.1, rel=0.01)
    hubs = scale_free(100_000, 16, luck)
    assert relay_reproduction(hubs, 0.1) == pytest.approx(0.1 * hubs.onward_ties / hubs.mean_ties)
    assert relay_reproduction(hubs, 0.1) > 0.25
    assert relay_reproduction(Network.without_ties(5), 0.5) == 0
    # Nobody tells more people than they know.
    assert relay_reproduction(star(9), 1000) == star(9).onward_ties


def test_relay_says_how_large_cascades_are():
    network = random_ties(50_000, 16, Luck(2, 0))
    number = relay_reproduction(network, 0.5)
    sizes = cascade_sizes(network, np.arange(50_000), 0.5 / network.mean_ties, Luck(2, 1))
    expected = 1 + 0.5 / (1 - number)
    assert abs(sizes.mean() - expected) < 3.5 * sizes.std() / np.sqrt(sizes.size)


@pytest.mark.parametrize(
    ("contagion", "relay", "said"),
    [
        (0.1, 0.1, []),
        (0.49, 0.499, []),
        (
            0.75,
            0.1,
            [
                (
                    "customers who leave because friends left: each brings about 0.75 more, which is "
                    "near-critical: the whole effect is 4.0 times the first"
                )
            ],
        ),
        (0.1, 1.0, ["stories passed on: each brings about 1.00 more, which runs away"]),
    ],
)
def test_what_is_said(contagion, relay, said):
    assert Reproduction(contagion, relay).warnings() == said


def test_both_are_told():
    assert len(Reproduction(2.0, 0.5).warnings()) == 2


def test_leaving_spreads_over_the_ties_of_who_stands_at_the_end_of_one():
    """A wave of leavers on a network with hubs."""
    network = scale_free(20_000, 8, Luck(3, 0))
    rule = {"share": 1.0, "hazard_per_month": 0.01, "contagion": 0.8, "contagion_months": 0.5}
    found = reproduction(network, **rule, relay=0.1)
    assert found.relay == relay_reproduction(network, 0.1)
    assert found.contagion == contagion_reproduction(network.onward_ties, 1.0, 0.01, 0.8, 0.5)
    # Each tied customer follows with this probability in all, so leavers are a cascade along ties.
    follows = 0.01 * 0.8 / (1 - math.exp(-2))
    assert found.contagion == pytest.approx(follows * network.onward_ties)
    sizes = cascade_sizes(network, np.arange(20_000), follows, Luck(3, 1))
    expected = 1 + follows * network.mean_ties / (1 - found.contagion)
    assert abs(sizes.mean() - expected) < 3.5 * sizes.std() / np.sqrt(sizes.size)
