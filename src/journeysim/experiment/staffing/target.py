"""Targets of a roster: metrics that must reach, or must not exceed, a threshold, alone and together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from journeysim.experiment.results import MetricKey
from journeysim.experiment.statistics import Estimate, estimate
from journeysim.journey.patches import path_of
from journeysim.units import FloatArray

SCOPES = {"touchpoints": "touchpoint", "segments": "segment", "staff": "staff"}
"""What a section of a map is called in results."""

Verdict = Literal["meets", "misses", "unclear"]


@dataclass(frozen=True)
class Target:
    """What a roster must reach.

    Attributes
    ----------
    metric : its name.
    sign : ``>=`` at least, or ``<=`` at most.
    threshold : in the metric's unit.
    scope : ``all`` visits or customers, or those of one ``touchpoint``, ``segment`` or ``staff`` group.
    name : of that one; empty for all.
    """

    metric: str
    sign: Literal[">=", "<="]
    threshold: float
    scope: str = "all"
    name: str = ""

    def __str__(self) -> str:
        return f"{self.measure} {self.sign} {self.threshold:.12g}"

    @property
    def key(self) -> MetricKey:
        """The number in the results of a run."""
        return MetricKey(self.scope, self.name, self.metric)

    @property
    def measure(self) -> str:
        """The metric as it is written in a target, such as ``touchpoints.counter.wait_mean_min``."""
        if self.scope == "all":
            return self.metric
        section = next(section for section, scope in SCOPES.items() if scope == self.scope)
        return path_of(section, self.name, self.metric)

    def gap(self, value: float) -> float:
        """By how much a value is better than the threshold; below 0 where it misses it, NaN where it is."""
        return value - self.threshold if self.sign == ">=" else self.threshold - value

    def margin(self, values: FloatArray) -> float:
        """By how much the worse end of the mean's 95% interval is better than the threshold.

        Parameters
        ----------
        values : shape (replications,), at least two of them; NaN where nothing was observed.

        Returns
        -------
        >= 0 where the mean meets the target and chance does not explain it; minus infinity where nothing can
        be said.
        """
        found = estimate(values)
        margin = self.gap(found.low if self.sign == ">=" else found.high)
        return -np.inf if np.isnan(margin) else float(margin)

    def verdict(self, found: Estimate) -> Verdict:
        """What an interval of the mean says: wholly on one side of the threshold, or not."""
        worse, better = sorted((self.gap(found.low), self.gap(found.high)))
        if worse >= 0:
            return "meets"
        return "misses" if better < 0 else "unclear"

    def relative_gap(self, values: FloatArray) -> float:
        """By how much the mean is better than the threshold, in thresholds (in units where that is 0).

        Parameters
        ----------
        values : shape (replications,); NaN where nothing was observed.

        Returns
        -------
        Below 0 where the mean misses the target; minus infinity where nothing was observed.
        """
        seen = values[~np.isnan(values)]
        return self.gap(float(seen.mean())) / self.unit if seen.size else -math.inf

    @property
    def unit(self) -> float:
        """In what gaps are measured when they are added to those of other targets; > 0."""
        return abs(self.threshold) or 1.0


@dataclass(frozen=True)
class Targets:
    """Targets that must all be met.

    Attributes
    ----------
    each : at least one.
    """

    each: tuple[Target, ...]

    def __str__(self) -> str:
        return " and ".join(str(one) for one in self.each)

    def met(self, values: FloatArray) -> bool:
        """Whether the worse end of every 95% interval meets its target.

        Parameters
        ----------
        values : shape (targets, replications).
        """
        return all(one.margin(own) >= 0 for one, own in zip(self.each, values, strict=True))

    def nearness(self, values: FloatArray) -> float:
        """How near the means are to the targets; see `Target.relative_gap`.

        Parameters
        ----------
        values : shape (targets, replications).

        Returns
        -------
        Below 0 where any is missed: the sum of what is missed. Else by how much the worst is better.

        Notes
        -----
        Assumption: missing a target by a tenth of its threshold is as bad as missing another by a tenth of
        its own.
        """
        gaps = [one.relative_gap(own) for one, own in zip(self.each, values, strict=True)]
        missed = [gap for gap in gaps if gap < 0]
        return math.fsum(missed) if missed else min(gaps)

    def verdict(self, found: Sequence[Estimate]) -> Verdict:
        """What the intervals say together: one that misses is enough."""
        verdicts = {target.verdict(one) for target, one in zip(self.each, found, strict=True)}
        if "misses" in verdicts:
            return "misses"
        return "unclear" if "unclear" in verdicts else "meets"
