"""What the log of recorded arrivals says became of the customers, in the metrics of the simulation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from journeysim.experiment.results import number_or_none
from journeysim.experiment.scenario import Option
from journeysim.units import BoolArray, FloatArray

_NEVER_JOINED = ("balked", "rejected")


@dataclass(frozen=True)
class Observed:
    """Observed metrics, named and defined as the simulated ones.

    Parameters
    ----------
    metrics : over all arrivals of the simulated days; NaN where the log does not tell.
    by_segment : the same by segment; empty where the log names none.
    """

    metrics: Mapping[str, float]
    by_segment: Mapping[str, Mapping[str, float]]

    def document(self) -> dict[str, Any]:
        """Entry ``observed`` of the JSON document."""
        return {
            "metrics": _or_none(self.metrics),
            "by_segment": {name: _or_none(found) for name, found in self.by_segment.items()},
        }


def observed_in(option: Option) -> Observed | None:
    """What was observed on the days that an option simulates; None where its map has no such log.

    Metrics: ``visits_per_day``; ``wait_mean_min`` and ``waited_fraction`` over those who joined a queue and
    whose wait was noted; ``reneged_fraction`` over those whose outcome was noted.
    """
    log = option.journey.arrivals.recorded
    if log is None or (log.observed_wait_min is None and log.observed_outcome is None):
        return None
    used = [day.log_day for day in option.days if day.log_day is not None]
    rows = np.isin(log.day, used)
    wait = np.full(log.minute.shape, math.nan) if log.observed_wait_min is None else log.observed_wait_min
    outcome = np.array(log.observed_outcome or [""] * log.minute.size)
    by_segment: dict[str, dict[str, float]] = {}
    if log.segment is not None:
        for number, name in enumerate(option.journey.segments):
            by_segment[name] = _metrics(wait, outcome, rows & (log.segment == number), len(used))
    return Observed(_metrics(wait, outcome, rows, len(used)), by_segment)


def _metrics(
    wait: FloatArray, outcome: np.ndarray[Any, np.dtype[np.str_]], rows: BoolArray, days: int
) -> dict[str, float]:
    joined = rows & ~np.isnan(wait) & ~np.isin(outcome, _NEVER_JOINED)
    known = rows & (outcome != "")
    return {
        "visits_per_day": float(rows.sum()) / days,
        "reneged_fraction": _share(known & (outcome == "reneged"), known),
        "wait_mean_min": float(wait[joined].mean()) if joined.any() else math.nan,
        "waited_fraction": _share(joined & (wait > 0), joined),
    }


def _share(part: BoolArray, whole: BoolArray) -> float:
    return float(part.sum() / whole.sum()) if whole.any() else math.nan


def _or_none(found: Mapping[str, float]) -> dict[str, float | None]:
    return {metric: number_or_none(value) for metric, value in found.items()}
