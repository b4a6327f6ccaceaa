"""The worst point of a journey, and how sure it is that it is the worst."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from journeysim.experiment import Run
from journeysim.experiment.results import values_by_metric
from journeysim.experiment.statistics import paired_difference
from journeysim.journey import Journey
from journeysim.report.drawing.content import shown
from journeysim.report.drawing.numbers import score_text


@dataclass(frozen=True)
class Worst:
    """The touchpoint with the lowest mean score.

    Parameters
    ----------
    name : of the touchpoint.
    sentence : what is said of it below a drawing, never stronger than the interval allows.
    """

    name: str
    sentence: str


def worst_point(run: Run, option: str, journey: Journey) -> Worst | None:
    """Find the touchpoint with the lowest mean score, the first in the map of equals.

    Returns
    -------
    None where fewer than two touchpoints have scores.

    Notes
    -----
    It is said to be lower than the next one only where the interval of their difference, paired by
    replication, lies above 0. Both are chosen for their places among several, of which the interval knows
    nothing.
    """
    scores = run.metrics.filter(
        (pl.col("scope") == "touchpoint") & (pl.col("metric") == "score_mean") & (pl.col("month") == 0)
    )
    values = {key.name: found for key, found in values_by_metric(scores, option).items()}
    means = {
        name: float(np.nanmean(values[name]))
        for name in journey.touchpoints
        if name in values and not np.isnan(values[name]).all()
    }
    if len(means) < 2:
        return None
    worst, second = sorted(means, key=lambda name: means[name])[:2]
    gap = paired_difference(values[second], values[worst])
    said = f"Worst point: {shown(worst)}, with a mean score of {score_text(means[worst])}"
    if gap.low > 0:
        return Worst(worst, f"{said}, {gap.difference:.2f} below {shown(second)}, the next lowest.")
    return Worst(
        worst,
        f"{said}; whether it is lower than that of {shown(second)}, the next, cannot be told from chance.",
    )
