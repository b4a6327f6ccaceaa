"""Whether engines tell the same waits: means over customers with their errors over days."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import ndtr, stdtrit

BY_LUCK = float(ndtr(-3.5))
"""How often luck alone may bring about a gap so wide, to each side: one time in four thousand."""


@dataclass(frozen=True)
class Estimate:
    """A mean over customers and its standard error from so many independent days."""

    mean: float
    standard_error: float
    days: int

    @property
    def half_width(self) -> float:
        """Half the 95% confidence interval."""
        return _errors_wide(self.days, 0.025) * self.standard_error


def estimates(steps: pl.DataFrame) -> dict[str, Estimate]:
    """Estimate the mean wait and the share that gave up, by touchpoint and segment.

    Parameters
    ----------
    steps : columns of `bench.models.STEPS_SCHEMA`; days numbered through all repeats.
    """
    until = pl.coalesce("started_min", "ended_min")
    of_day = steps.group_by("touchpoint", "segment", "day").agg(
        steps=pl.len(),
        wait_min=(until - pl.col("joined_min")).sum(),
        reneged=(pl.col("outcome") == "reneged").sum(),
    )
    found: dict[str, Estimate] = {}
    for (touchpoint, segment), group in sorted(of_day.group_by("touchpoint", "segment")):
        where = f"{touchpoint}, {segment}"
        count = group["steps"].to_numpy().astype(float)
        found[f"wait_mean_min of {where}"] = ratio(group["wait_min"].to_numpy(), count)
        if group["reneged"].sum():
            found[f"reneged_fraction of {where}"] = ratio(group["reneged"].to_numpy(), count)
    return found


def ratio(sums: np.ndarray, counts: np.ndarray) -> Estimate:
    """Ratio of sums over days, its error by the delta method; inputs of shape (days,)."""
    mean = float(sums.sum() / counts.sum())
    residuals = sums - mean * counts
    error = math.sqrt(float(residuals @ residuals) * sums.size / (sums.size - 1)) / float(counts.sum())
    return Estimate(mean, error, sums.size)


def disagreements(by_engine: Mapping[str, Mapping[str, Estimate]], truth: Mapping[str, float]) -> list[str]:
    """Say where an engine differs from the first, or from an exact value, by more than luck explains."""
    engines = list(by_engine)
    reference = by_engine[engines[0]]
    found = []
    for engine, values in by_engine.items():
        if values.keys() != reference.keys():
            odd = ", ".join(sorted(values.keys() ^ reference.keys()))
            found.append(f"{engine} and {engines[0]} do not tell of the same: {odd}")
        for what in sorted(values.keys() & reference.keys()):
            one, other = values[what], reference[what]
            error = math.hypot(one.standard_error, other.standard_error)
            days = min(one.days, other.days)
            if abs(one.mean - other.mean) > _errors_wide(days, BY_LUCK) * error:
                found.append(f"{what}: {one.mean:.4f} in {engine}, {other.mean:.4f} in {engines[0]}")
        for what, exact in truth.items():
            one = values[what]
            if abs(one.mean - exact) > _errors_wide(one.days, BY_LUCK) * one.standard_error:
                found.append(f"{what}: {one.mean:.4f} in {engine}, {exact:.4f} in theory")
    return found


def _errors_wide(days: int, beyond: float) -> float:
    """Standard errors that a mean of so many days exceeds with probability ``beyond``, by Student's t."""
    return float(stdtrit(days - 1, 1.0 - beyond))
