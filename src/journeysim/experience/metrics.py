"""Metrics of scores, by the names that reports and files use.

Of all visits and of a segment, they are over visits; of a touchpoint over its steps, each step the mean of
its moments: the emotion curve.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import nan

from journeysim.branch.metrics import Metric
from journeysim.experience.scoring import SCORE_STEPS
from journeysim.experience.totals import ScoreSum, ScoreTotals
from journeysim.units import IntArray


def score_metrics(totals: ScoreTotals) -> list[Metric]:
    """All metrics of scores: of all, then by segment and touchpoint in map order; NaN without any visit."""
    segments = len(totals.segments)
    found = [Metric("all", "", name, value) for name, value in _of_visits(totals.sums[0])]
    for i, segment in enumerate(totals.segments):
        found += [Metric("segment", segment, name, value) for name, value in _of_visits(totals.sums[1 + i])]
    for i, point in enumerate(totals.touchpoints):
        sums = totals.sums[1 + segments + i]
        found += [Metric("touchpoint", point, name, value) for name, value in _of_steps(sums)]
    return found


def _of_visits(sums: IntArray) -> Iterator[tuple[str, float]]:
    count = int(sums[ScoreSum.COUNT])
    yield "score_mean", _mean(sums[ScoreSum.SCORE], count)
    yield "satisfied_fraction", int(sums[ScoreSum.SATISFIED]) / count if count else nan
    balance = int(sums[ScoreSum.PROMOTERS]) - int(sums[ScoreSum.DETRACTORS])
    yield "net_promoter_score", balance / count if count else nan
    yield from _of_moments(sums)


def _of_steps(sums: IntArray) -> Iterator[tuple[str, float]]:
    yield "score_mean", _mean(sums[ScoreSum.SCORE], int(sums[ScoreSum.COUNT]))
    yield from _of_moments(sums)


def _of_moments(sums: IntArray) -> Iterator[tuple[str, float]]:
    yield "wait_score_mean", _mean(sums[ScoreSum.WAIT_SCORE], int(sums[ScoreSum.WAITS]))
    yield "encounter_score_mean", _mean(sums[ScoreSum.ENCOUNTER_SCORE], int(sums[ScoreSum.ENCOUNTERS]))


def _mean(total: int, count: int) -> float:
    return int(total) / (count * SCORE_STEPS) if count else nan
