"""Banks given by scores: better ones never cost us a customer under the same luck."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.market_by_hand import behaviour_with, scored_market

from journeysim.market.model import Alternative, Market, ScoreShape
from journeysim.market.replication import project
from journeysim.market.start import Start, calibrated
from journeysim.market.state import OURS

MEANS = st.floats(-0.8, 0.8)
SDS = st.sampled_from([0.0, 0.1, 0.5, 1.0])


def scoring(market: Market, shape: ScoreShape) -> Market:
    return replace(market, banks=(replace(market.banks[OURS], scores=shape), *market.banks[1:]))


# Who complains is won back: a slightly better visit that makes nobody complain may then leave more harm.
ALONE = behaviour_with(
    telling__probability=0.0,
    complaints__media_reach=0,
    complaints__recovery="none",
    leaving__contagion=0.0,
    leaving__per_year=0.6,
)
TALKING = behaviour_with(leaving__per_year=0.6)


@pytest.fixture(scope="module")
def start() -> Start:
    market = scored_market(ScoreShape(0.2, 0.5), ScoreShape(0.1, 0.5))
    return calibrated(Alternative("Today", market, ALONE), 5, 10.0, months=12)


@settings(max_examples=15)
@given(MEANS, SDS, st.floats(0, 1), st.integers(0, 5))
def test_better_scores_cost_nobody_as_a_customer(
    start: Start, mean: float, sd: float, more: float, replication: int
) -> None:
    market = scored_market(ScoreShape(mean, sd), ScoreShape(0.1, 0.5))
    options = [
        Alternative(name, scoring(market, ScoreShape(mean + shift, sd)), ALONE)
        for name, shift in (("Worse", 0.0), ("Better", more))
    ]
    worse, better = project(options, 0, start, seed=5, replication=replication, target_wait_min=10.0)
    assert not (worse.world.stayers & ~better.world.stayers).any()
    assert (better.world.state.satisfaction >= worse.world.state.satisfaction)[worse.world.stayers].all()


def test_better_scores_keep_some_who_would_have_left(start: Start) -> None:
    market = scored_market(ScoreShape(0.0, 0.5), ScoreShape(0.1, 0.5))
    options = [Alternative(str(mean), scoring(market, ScoreShape(mean, 0.5)), ALONE) for mean in (0.0, 0.5)]
    worse, better = project(options, 0, start, seed=5, replication=0, target_wait_min=10.0)
    assert better.world.stayers.sum() > worse.world.stayers.sum() + 5


@pytest.mark.parametrize("replication", range(4))
def test_better_scores_keep_no_fewer_where_people_talk(replication: int) -> None:
    market = scored_market(ScoreShape(0.0, 0.5), ScoreShape(0.1, 0.5), months=6)
    means = np.linspace(-0.4, 0.6, 6)
    options = [
        Alternative(f"{mean:.1f}", scoring(market, ScoreShape(float(mean), 0.5)), TALKING) for mean in means
    ]
    start = calibrated(options[0], 5, 10.0, months=12)
    found = project(options, 0, start, seed=5, replication=replication, target_wait_min=10.0)
    retained = [int(one.world.stayers.sum()) for one in found]
    assert retained == sorted(retained)
