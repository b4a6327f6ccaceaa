"""Scores of simulated visits against closed forms, and against the measured branch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import stdtrit
from tests.branch_days import MONDAY, journey_of, one_queue
from tests.conftest import ROOT
from tests.experience_by_hand import PLAIN, rules

from journeysim.branch import open_days
from journeysim.experience import ExperienceRules, ScoredReplication, score_replication
from journeysim.experience.totals import ScoreSum
from journeysim.journey import Journey, load_journey
from journeysim.market.presets import default_behaviour

REPLICATIONS = 25
ATTENTIVE, INDIFFERENT = (0.6, 1.0), (0.05, 0.6)


def replications(journey: Journey, experience: ExperienceRules, days: int) -> list[ScoredReplication]:
    opened = open_days(journey, MONDAY, days)
    return [
        score_replication(journey, opened, experience, seed=8, replication=number, target_wait_min=10)
        for number in range(REPLICATIONS)
    ]


def values(results: list[ScoredReplication], scope: str, metric: str) -> np.ndarray:
    every = [found for one in results for found in one.metrics if found.scope == scope]
    return np.array([found.value for found in every if found.metric == metric])


def assert_within(found: np.ndarray, truth: float, precision: float) -> None:
    """The truth lies in the 99.9% interval of the replications, which is no wider than told."""
    half = stdtrit(found.size - 1, 0.9995) * found.std(ddof=1) / math.sqrt(found.size)
    assert half < precision
    assert abs(found.mean() - truth) < half


def at_once(**changes: Any) -> Journey:
    """A branch in which nobody waits."""
    return journey_of(one_queue(staff__tellers__count=60, arrivals__per_hour=100, **changes))


def shape_mean(kano: str, low: float, high: float) -> float:
    """Mean of the share of the way from worst to best of a quality that is even between two bounds."""
    if kano == "attractive":
        return ((math.exp(high) - math.exp(low)) / (high - low) - 1) / (math.e - 1)
    if kano == "must_be":
        return (1 - (math.exp(-low) - math.exp(-high)) / (high - low)) * math.e / (math.e - 1)
    return (low + high) / 2


@pytest.mark.parametrize("kano", ["linear", "attractive", "must_be"])
@pytest.mark.parametrize("attentive", [0.0, 0.8, 1.0])
def test_mean_score_of_an_encounter(kano: str, attentive: float) -> None:
    journey = at_once(staff__tellers__attentive=attentive, touchpoints__counter__kano=kano)
    experience = rules(**PLAIN)
    ends = getattr(experience.encounters, kano)
    share = attentive * shape_mean(kano, *ATTENTIVE) + (1 - attentive) * shape_mean(kano, *INDIFFERENT)
    truth = ends.worst + (ends.best - ends.worst) * share
    found = values(replications(journey, experience, 2), "touchpoint", "encounter_score_mean")
    assert_within(found, truth, 0.02)


def test_mean_score_of_a_visit_without_a_wait() -> None:
    """The peak is the wait's score, unless the encounter is so bad that it weighs more."""
    journey = at_once(staff__tellers__attentive=0.8)
    results = replications(journey, rules(**PLAIN), 4)
    wait = math.tanh(1.0)
    assert values(results, "touchpoint", "wait_score_mean") == pytest.approx(wait, abs=1e-6)
    worst, best = (-0.8 + 1.5 * bound for bound in INDIFFERENT)
    encounter = 0.8 * (-0.8 + 1.5 * 0.8) + 0.2 * (worst + best) / 2
    turn = -wait / 2.25
    bad = 0.2 * (turn - worst) / (best - worst)
    peak = (1 - bad) * wait + bad * (worst + turn) / 2
    truth = 0.4 * peak + 0.3 * encounter + 0.3 * (wait + encounter) / 2
    assert_within(values(results, "all", "score_mean"), truth, 0.01)


def test_share_of_satisfied_and_net_promoters_where_all_else_is_known() -> None:
    """Neutral moments but for the mood, which is normal."""
    flat = {"best": 0.2, "worst": 0.2}
    experience = rules(
        visits__disposition_sd=0.15, visits__mood_sd=0.2, visits__peak=0.0, visits__end=1.0, visits__mean=0.0,
        encounters__linear=flat,
    )  # fmt: skip

    def above(limit: float) -> float:
        return 0.5 * math.erfc((limit - 0.2) / 0.25 / math.sqrt(2))

    results = replications(at_once(), experience, 2)
    assert_within(values(results, "all", "satisfied_fraction"), above(0.3), 0.02)
    assert_within(values(results, "all", "net_promoter_score"), above(0.6) - (1 - above(0.0)), 0.02)


def test_attentive_encounters_come_as_often_as_the_map_says() -> None:
    journey = at_once(staff__tellers__attentive=0.65)
    sure = rules(
        **PLAIN,
        encounters__attentive={"low": 1.0, "high": 1.0},
        encounters__indifferent={"low": 0.0, "high": 0.0},
    )
    found = values(replications(journey, sure, 2), "touchpoint", "encounter_score_mean")
    assert_within((found + 0.8) / 1.5, 0.65, 0.02)


def test_the_measured_branch_feels_as_in_its_model() -> None:
    """Visits bad, neutral and good were .117, .158 and .725 of all in the prototype of the whole model."""
    journey = load_journey(ROOT / "journeys" / "measured-branch.yaml")
    opened = open_days(journey, MONDAY, 60)
    result = score_replication(
        journey, opened, default_behaviour(), seed=1, replication=0, target_wait_min=10, keep_steps=True
    )
    assert result.steps is not None
    score = result.steps.filter(result.steps["step"] == 1)["visit_score"].to_numpy()
    assert score.size == result.scores.sums[0, ScoreSum.COUNT]
    assert (score < -0.2).mean() == pytest.approx(0.117, abs=0.02)
    assert (np.abs(score) <= 0.2).mean() == pytest.approx(0.158, abs=0.02)
    assert (score > 0.2).mean() == pytest.approx(0.725, abs=0.03)
