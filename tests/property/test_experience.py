"""What holds of scores on any map: bounds, who gains from what, and that the cut of the work is no matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.branch_days import BUSY, EVERYTHING, MONDAY, changed, journey_of
from tests.branch_maps import branch_maps
from tests.experience_by_hand import rules

import journeysim
from journeysim.branch import SimulatedDays, open_days, simulate, simulated_days
from journeysim.branch.calendar import OpenDay
from journeysim.branch.luck import Luck
from journeysim.branch.plan import Outcome, compile_map
from journeysim.branch.steps import NONE, visits_from_steps
from journeysim.experience import (
    ExperiencePlan,
    ExperienceRules,
    ScoreTotals,
    VisitScores,
    compile_experience,
    score_replication,
    score_visits,
    sum_scores,
)
from journeysim.experience.totals import ScoreSum
from journeysim.units import NEVER, TICKS_PER_MINUTE

LUCK = Luck(4, 2)
RULES = rules()
SENT_HOME = changed(EVERYTHING, {"hours.at_close": "leave"})


def batches_of(data: dict[str, Any], days: int = 3) -> Iterator[tuple[SimulatedDays, ExperiencePlan]]:
    journey = journey_of(data)
    plan = compile_experience(journey, compile_map(journey), RULES)
    for batch in simulated_days(journey, open_days(journey, MONDAY, days), LUCK):
        if batch.arrivals.tick.size:
            yield batch, plan


def scored(batch: SimulatedDays, plan: ExperiencePlan, **parts: Any) -> VisitScores:
    steps = parts.get("steps", batch.steps)
    acceptable = parts.get("acceptable", batch.acceptable_wait)
    return score_visits(batch.plan, plan, batch.arrivals, acceptable, steps, LUCK)


any_map = st.one_of(branch_maps(), st.sampled_from([BUSY, EVERYTHING, SENT_HOME]))


@settings(max_examples=25)
@given(any_map)
def test_every_visit_is_scored_within_bounds(data: dict[str, Any]) -> None:
    for batch, plan in batches_of(data):
        scores = scored(batch, plan)
        assert scores.score.shape == batch.arrivals.tick.shape
        assert not np.isnan(scores.score).any()
        for found in (scores.score, scores.staff, scores.product, scores.step_score):
            known = found[~np.isnan(found)]
            assert (np.abs(known) <= 1).all()


@settings(max_examples=25)
@given(any_map)
def test_whoever_gave_up_or_was_turned_away_felt_it(data: dict[str, Any]) -> None:
    for batch, plan in batches_of(data):
        scores = scored(batch, plan)
        outcome = batch.steps.outcome
        lost = np.isin(outcome, [Outcome.BALKED, Outcome.RENEGED, Outcome.REJECTED, Outcome.CLOSED])
        # (Of a contact that begins in the back office the customer knows nothing yet.)
        begins = np.flatnonzero(batch.steps.step == 1)
        absent = plan.is_back[batch.steps.touchpoint[begins]][batch.steps.visit]
        assert (scores.wait_moment[lost & ~absent] <= RULES.waiting.given_up + 1e-6).all()
        assert np.isnan(scores.encounter_moment[lost]).all()


def test_all_ways_to_be_lost_come_up() -> None:
    """Otherwise the test above would say little."""
    seen = {
        Outcome(outcome)
        for data in (BUSY, SENT_HOME)
        for batch, _ in batches_of(data)
        for outcome in np.unique(batch.steps.outcome)
    }
    assert seen >= {Outcome.BALKED, Outcome.RENEGED, Outcome.REJECTED, Outcome.CLOSED, Outcome.FAILED}


@settings(max_examples=25)
@given(any_map, st.sampled_from([0.1, 5.0, 90.0]), st.integers(0, 3))
def test_a_longer_wait_makes_no_visit_better(data: dict[str, Any], minutes: float, some: int) -> None:
    """Under the same luck: whoever came earlier to the same service, or gave up as late."""
    for batch, plan in batches_of(data):
        before = scored(batch, plan)
        waits = batch.steps.queue_length_seen != NONE
        waits &= (np.arange(waits.size) % 4 == some) | (minutes > 60)
        longer = batch.steps.joined - np.where(waits, round(minutes * TICKS_PER_MINUTE), 0)
        after = scored(batch, plan, steps=replace(batch.steps, joined=longer))
        assert (after.score <= before.score).all()
        for less, more in ((after.staff, before.staff), (after.product, before.product)):
            assert np.array_equal(np.isnan(less), np.isnan(more))
            assert (less <= more)[~np.isnan(less)].all()


@settings(max_examples=25)
@given(any_map)
def test_who_accepts_a_longer_wait_scores_no_worse(data: dict[str, Any]) -> None:
    for batch, plan in batches_of(data):
        known = np.where(batch.acceptable_wait == NEVER, 10 * TICKS_PER_MINUTE, batch.acceptable_wait)
        few, many = (scored(batch, plan, acceptable=known * factor) for factor in (1, 2))
        assert (many.score >= few.score).all()


@settings(max_examples=25)
@given(any_map, st.floats(0, 1), st.floats(0, 1))
def test_more_attention_makes_no_visit_worse(data: dict[str, Any], one: float, other: float) -> None:
    for batch, plan in batches_of(data):
        less, more = (
            scored(batch, replace(plan, attentive=np.full_like(plan.attentive, share)))
            for share in sorted((one, other))
        )
        assert (more.score >= less.score).all()
        encounter = ~np.isnan(less.encounter_moment)
        assert np.array_equal(encounter, ~np.isnan(more.encounter_moment))
        assert (more.encounter_moment >= less.encounter_moment)[encounter].all()


def totals_of(data: dict[str, Any], days: Sequence[OpenDay]) -> ScoreTotals:
    return score_replication(journey_of(data), days, RULES, seed=4, replication=2, target_wait_min=5).scores


def assert_same(one: ScoreTotals, other: ScoreTotals) -> None:
    assert np.array_equal(one.sums, other.sums)


KINDS = {"arrivals.day_of_week": {"tue": 0.5, "thu": 0, "sun": 1.5}}


@pytest.mark.parametrize("data", [changed(kind, KINDS) for kind in (BUSY, EVERYTHING)])
def test_how_days_are_cut_into_batches_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, data: dict[str, Any]
) -> None:
    days = open_days(journey_of(data), MONDAY, 9)
    usual = totals_of(data, days)
    assert usual.sums[0, ScoreSum.COUNT] > 500
    for visits in (1, 400, 10**9):
        monkeypatch.setattr(simulate, "_BATCH_VISITS", visits)
        assert_same(totals_of(data, days), usual)


def test_totals_of_days_add_up() -> None:
    days = open_days(journey_of(BUSY), MONDAY, 5)
    one, two = totals_of(BUSY, days[:2]), totals_of(BUSY, days[2:])
    assert_same(one + two, totals_of(BUSY, days))
    assert_same(two + one, totals_of(BUSY, days))
    assert (one.sums[0] != two.sums[0]).all()


@settings(max_examples=15)
@given(any_map)
def test_counts_and_sums_are_those_of_visits_and_steps(data: dict[str, Any]) -> None:
    for batch, plan in batches_of(data):
        scores = scored(batch, plan)
        totals = sum_scores(batch.plan, batch.arrivals, batch.steps, scores)
        segments = len(batch.plan.segments)
        assert np.array_equal(totals.sums[1 : 1 + segments].sum(axis=0), totals.sums[0])
        assert totals.sums[0, ScoreSum.COUNT] == batch.arrivals.tick.size
        of_points = totals.sums[1 + segments :]
        for column in (ScoreSum.WAITS, ScoreSum.WAIT_SCORE, ScoreSum.ENCOUNTERS, ScoreSum.ENCOUNTER_SCORE):
            assert of_points[:, column].sum() == totals.sums[0, column]
        assert of_points[:, ScoreSum.COUNT].sum() == (~np.isnan(scores.step_score)).sum()


def test_a_visit_scores_the_same_whatever_days_are_simulated_with_it() -> None:
    journey = journey_of(BUSY)
    days = open_days(journey, MONDAY, 6)
    every, some = (
        score_replication(
            journey, part, RULES, seed=4, replication=2, target_wait_min=5, keep_steps=True
        ).steps
        for part in (days, days[3:5])
    )
    assert every is not None
    assert some is not None
    assert some.equals(every.filter(every["day"].is_in([day.number for day in days[3:5]])))


def test_scores_of_steps_and_visits_come_out_in_the_tables_of_a_run() -> None:
    found = journeysim.run(journey_of(BUSY), replications=2, jobs=1)
    for replication in range(2):
        visits = found.visits.filter(found.visits["replication"] == replication)
        own = found.metrics.filter(found.metrics["replication"] == replication)
        metric = {
            (row["scope"], row["name"], row["metric"]): row["value"] for row in own.iter_rows(named=True)
        }
        score = visits["score"].to_numpy()
        assert metric["all", "", "score_mean"] == pytest.approx(score.mean(), abs=1e-12)
        assert metric["all", "", "satisfied_fraction"] == (score >= 0.3).mean()
        assert metric["all", "", "net_promoter_score"] == pytest.approx(
            (score >= 0.6).mean() - (score < 0).mean()
        )
        vip = score[(visits["segment"] == "vip").to_numpy()]
        assert metric["segment", "vip", "score_mean"] == pytest.approx(vip.mean(), abs=1e-12)
        steps = found.steps.filter(found.steps["replication"] == replication)
        counter = steps.filter(steps["touchpoint"] == "counter")["score"].drop_nulls()
        assert metric["touchpoint", "counter", "score_mean"] == pytest.approx(counter.mean(), abs=1e-12)
    assert "score" not in visits_from_steps(found.steps.drop("score", "visit_score")).columns


def test_rules_reach_the_scores_and_change_nothing_else() -> None:
    def metrics(experience: ExperienceRules) -> dict[tuple[str, str, str], float]:
        journey = journey_of(BUSY)
        days = open_days(journey, MONDAY, 2)
        result = score_replication(journey, days, experience, seed=1, replication=0, target_wait_min=5)
        return {(m.scope, m.name, m.metric): m.value for m in result.metrics}

    usual, strict = metrics(RULES), metrics(rules(waiting__overestimation=3.0))
    moved = {key for key, value in usual.items() if not np.array_equal(value, strict[key], equal_nan=True)}
    assert ("all", "", "score_mean") in moved
    assert {metric for _, _, metric in moved} <= {
        "score_mean", "satisfied_fraction", "net_promoter_score", "wait_score_mean",
    }  # fmt: skip
