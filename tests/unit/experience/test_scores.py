"""Scores of visits: acceptable waits, roundings, sums and metrics."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.experience_by_hand import PLAIN, ByHand, Step, by_hand, rules

from journeysim.branch.luck import Luck
from journeysim.branch.plan import Outcome
from journeysim.experience import SCORE_STEPS, ScoreTotals, score_metrics, score_visits, sum_scores
from journeysim.experience.totals import ScoreSum
from journeysim.units import NEVER

VISITS = [
    [Step("door", 3.0), Step("counter", 6.0), Step("adviser", 12.0)],
    [Step("machine", outcome=Outcome.FAILED), Step("counter", 15.0)],
    [Step("counter", 9.0, None, Outcome.RENEGED)],
    [Step("menu")],
    [Step("counter", 0.0), Step("check", 2.0, 1.0)],
] * 40


def scored_with(made: ByHand, acceptable: int) -> np.ndarray:
    ticks = np.full(made.arrivals.tick.size, acceptable)
    return score_visits(made.plan, made.experience, made.arrivals, ticks, made.steps, Luck(3, 0)).wait_moment


def test_where_the_map_says_nothing_the_rules_say_what_wait_is_acceptable() -> None:
    made = by_hand([[Step("counter", 10.0)]] * 4001, rules(**PLAIN))
    of_rules = scored_with(made, NEVER)
    assert np.unique(of_rules).size > 3900
    # The median customer accepts 15 minutes, and a score falls with what is accepted.
    assert np.median(of_rules) == pytest.approx(scored_with(made, 15 << 20)[0], abs=0.02)
    sigma = by_hand(
        [[Step("counter", 10.0)]] * 9, rules(**PLAIN, waiting__acceptable={"median": "15 min", "sigma": 0})
    )
    assert scored_with(sigma, NEVER) == pytest.approx(scored_with(sigma, 15 << 20))


def test_who_accepts_no_wait_at_all() -> None:
    made = by_hand([[Step("counter", 0.0)], [Step("counter", 0.01)]])
    assert scored_with(made, 0).tolist() == [pytest.approx(math.tanh(1.0), abs=1e-6), -1.0]


def test_scores_are_whole_parts() -> None:
    scores = by_hand(VISITS, rules()).scores()
    for found in (
        scores.score, scores.staff, scores.product, scores.wait_moment, scores.encounter_moment,
        scores.step_score,
    ):  # fmt: skip
        known = found[~np.isnan(found)]
        assert np.array_equal(known * SCORE_STEPS, np.rint(known * SCORE_STEPS))
        assert known.size


def test_the_score_of_a_step_is_the_mean_of_its_moments() -> None:
    apart = [[step for step in visit if step.touchpoint == "counter"] or [Step("menu")] for visit in VISITS]
    scores = by_hand(apart).scores()
    both = np.column_stack([scores.wait_moment, scores.encounter_moment])
    with np.errstate(invalid="ignore"), pytest.warns(RuntimeWarning, match="Mean of empty slice"):
        expected = np.nanmean(both, axis=1)
    assert scores.step_score == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_sums_count_what_the_visits_show() -> None:
    made = by_hand(VISITS, rules())
    scores = made.scores()
    totals = sum_scores(made.plan, made.arrivals, made.steps, scores)
    every = totals.sums[0]
    assert every[ScoreSum.COUNT] == 200
    assert every[ScoreSum.SCORE] == int(scores.score.sum() * SCORE_STEPS)
    assert every[ScoreSum.SATISFIED] == (scores.score >= 0.3).sum()
    assert every[ScoreSum.PROMOTERS] == (scores.score >= 0.6).sum()
    assert every[ScoreSum.DETRACTORS] == (scores.score < 0).sum()
    assert every[ScoreSum.WAITS] == (~np.isnan(scores.wait_moment)).sum()
    counter = totals.sums[3 + made.plan.touchpoints.index("counter")]
    mine = made.steps.touchpoint == made.plan.touchpoints.index("counter")
    assert counter[ScoreSum.COUNT] == mine.sum() == 160
    assert counter[ScoreSum.SCORE] == int(scores.step_score[mine].sum() * SCORE_STEPS)
    assert counter[ScoreSum.ENCOUNTERS] == 120
    menu = totals.sums[3 + made.plan.touchpoints.index("menu")]
    assert not menu.any()


def test_metrics_are_ratios_of_sums() -> None:
    sums = np.zeros((3, len(ScoreSum)), dtype=np.int64)
    one = SCORE_STEPS
    sums[0] = sums[1] = [4, one, 3, 2, 1, 2, -one, 5, one]
    found = {
        (m.scope, m.name, m.metric): m.value for m in score_metrics(ScoreTotals(("all",), ("counter",), sums))
    }
    assert found["all", "", "score_mean"] == 0.25
    assert found["all", "", "satisfied_fraction"] == 0.75
    assert found["all", "", "net_promoter_score"] == 0.25
    assert found["segment", "all", "wait_score_mean"] == -0.5
    assert found["segment", "all", "encounter_score_mean"] == 0.2
    assert math.isnan(found["touchpoint", "counter", "score_mean"])
    assert ("touchpoint", "counter", "net_promoter_score") not in found
    assert len({key[1:] for key in found}) == len(found)
