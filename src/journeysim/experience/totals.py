"""What scores come to over visits and steps, in whole numbers, so that days may be summed in any order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from journeysim.branch.arrivals import Arrivals
from journeysim.branch.plan import Plan
from journeysim.branch.steps import StepArrays
from journeysim.branch.totals import rows_at, union
from journeysim.experience.scoring import SCORE_STEPS, VisitScores
from journeysim.units import BoolArray, FloatArray, IntArray

SATISFIED = 0.3
"""Score from which on a visitor is satisfied."""
PROMOTER = 0.6
"""Score from which on a visitor recommends the bank."""
DETRACTOR = 0.0
"""Score below which a visitor advises against it."""


class ScoreSum(IntEnum):
    """Columns: of visits (of all, of a segment), or of the steps of a touchpoint that have a moment.

    Scores are in parts of 2**-20.
    """

    COUNT = 0
    SCORE = 1
    SATISFIED = 2
    PROMOTERS = 3
    DETRACTORS = 4
    WAITS = 5
    WAIT_SCORE = 6
    ENCOUNTERS = 7
    ENCOUNTER_SCORE = 8


@dataclass(frozen=True)
class ScoreTotals:
    """Whole-number sums over days; ``a + b`` are the sums over the days of both, also of different maps.

    Attributes
    ----------
    segments, touchpoints : names; maps that are added have the same segments.
    sums : shape (units, `ScoreSum`); rows are all visits, then the segments, then the touchpoints.
    """

    segments: tuple[str, ...]
    touchpoints: tuple[str, ...]
    sums: IntArray

    def __add__(self, other: ScoreTotals) -> ScoreTotals:
        points = union(self.touchpoints, other.touchpoints)
        return replace(self, touchpoints=points, sums=self._with(points) + other._with(points))

    def _with(self, touchpoints: tuple[str, ...]) -> IntArray:
        """The same sums with rows for the touchpoints of another map as well."""
        if touchpoints == self.touchpoints:
            return self.sums
        first = 1 + len(self.segments)
        units = [*range(first), *(first + touchpoints.index(name) for name in self.touchpoints)]
        return rows_at(self.sums, units, first + len(touchpoints))


def sum_scores(plan: Plan, arrivals: Arrivals, steps: StepArrays, scores: VisitScores) -> ScoreTotals:
    """Sum the scores of a batch of days."""
    segments, points = len(plan.segments), len(plan.touchpoints)
    sums = np.zeros((1 + segments + points, len(ScoreSum)), dtype=np.int64)
    of_visits, of_steps = sums[1 : 1 + segments], sums[1 + segments :]
    segment, point = arrivals.segment, steps.touchpoint
    _add_scores(of_visits, segment, scores.score)
    _add_scores(of_steps, point, scores.step_score)
    for target, unit in ((of_visits, segment[steps.visit]), (of_steps, point)):
        _add(target, ScoreSum.WAITS, ScoreSum.WAIT_SCORE, unit, scores.wait_moment)
        _add(target, ScoreSum.ENCOUNTERS, ScoreSum.ENCOUNTER_SCORE, unit, scores.encounter_moment)
    sums[0] = of_visits.sum(axis=0)
    return ScoreTotals(plan.segments, plan.touchpoints, sums)


def _add_scores(target: IntArray, unit: IntArray, score: FloatArray) -> None:
    _add(target, ScoreSum.COUNT, ScoreSum.SCORE, unit, score)
    for column, holds in (
        (ScoreSum.SATISFIED, score >= SATISFIED),
        (ScoreSum.PROMOTERS, score >= PROMOTER),
        (ScoreSum.DETRACTORS, score < DETRACTOR),
    ):
        target[:, column] += _counted(unit, holds, len(target))


def _add(target: IntArray, count: ScoreSum, total: ScoreSum, unit: IntArray, score: FloatArray) -> None:
    there = ~np.isnan(score)
    target[:, count] += _counted(unit, there, len(target))
    # Exact: scores are multiples of 2**-20, and float64 holds sums of them up to 2**33.
    summed = np.bincount(unit, np.where(there, score, 0.0), minlength=len(target))
    target[:, total] += np.rint(summed * SCORE_STEPS).astype(np.int64)


def _counted(unit: IntArray, holds: BoolArray, units: int) -> IntArray:
    counts: IntArray = np.bincount(unit[holds], minlength=units).astype(np.int64)
    return counts
