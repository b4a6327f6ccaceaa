"""A target of a roster: a metric over all visits that must reach, or must not exceed, a threshold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from journeysim.errors import InputError, Problem
from journeysim.experiment.statistics import Estimate, estimate
from journeysim.journey.faults import nearest, show
from journeysim.units import FloatArray

_FORM = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*([<>=!]+)\s*(\S+?)\s*")
_NUMBER = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(%?)")
_HINT = "wait_within_target_fraction >= 0.9, or wait_mean_min <= 5"
_SHARES = ("utilisation", "share_end")


@dataclass(frozen=True)
class Target:
    """What a roster must reach.

    Attributes
    ----------
    metric : name of a metric over all visits.
    sign : ``>=`` at least, or ``<=`` at most.
    threshold : in the metric's unit.
    """

    metric: str
    sign: Literal[">=", "<="]
    threshold: float

    def __str__(self) -> str:
        return f"{self.metric} {self.sign} {self.threshold:.12g}"

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

    def verdict(self, found: Estimate) -> Literal["meets", "misses", "unclear"]:
        """What an interval of the mean says: wholly on one side of the threshold, or not."""
        worse, better = sorted((self.gap(found.low), self.gap(found.high)))
        if worse >= 0:
            return "meets"
        return "misses" if better < 0 else "unclear"


def parse_target(text: str) -> Target:
    """Read a target such as ``wait_within_target_fraction >= 0.9``.

    Parameters
    ----------
    text : a metric, ``>=`` or ``<=``, and a number; of a share also a percentage.

    Raises
    ------
    InputError
        It is none, or the threshold cannot be one of that metric.
    """
    where = f"--target {show(text)}"

    def wrong(problem: str, found: str, hint: str) -> InputError:
        return InputError([Problem(where, 0, 0, "", problem, found, hint)])

    form = _FORM.fullmatch(text)
    if form is None:
        raise wrong("a metric, >= or <=, and a number are required", "", _HINT)
    metric, sign, number = form.groups()
    if sign not in (">=", "<="):
        raise wrong("at least (>=) or at most (<=) is required", sign, _HINT)
    read = _NUMBER.fullmatch(number)
    if read is None:
        raise wrong("a number is required after the sign", number, _HINT)
    share = metric.endswith("_fraction") or metric in _SHARES
    if read.group(2) and not share:
        raise wrong("a percentage is a threshold of shares only", number, f"write {read.group(1)}")
    threshold = float(read.group(1)) / (100 if read.group(2) else 1)
    if share and not 0 <= threshold <= 1:
        hint = f"write {threshold / 100:g} or {threshold:g}%" if 1 < threshold <= 100 else ""
        raise wrong("a share from 0 to 1 is required", number, hint)
    if not np.isfinite(threshold):
        raise wrong("a number of reasonable size is required", number, _HINT)
    return Target(metric, ">=" if sign == ">=" else "<=", threshold)


def check_metric(target: Target, known: set[str]) -> None:
    """Refuse a target whose metric is none of the known ones.

    Raises
    ------
    InputError
        With the name that was perhaps meant.
    """
    if target.metric not in known:
        problem = "no metric over all visits has this name"
        hint = nearest(target.metric, sorted(known)) or f"for example {_HINT}"
        raise InputError([Problem("--target", 0, 0, "", problem, target.metric, hint)])
