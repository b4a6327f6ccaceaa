"""Targets of a roster: metrics that must reach, or must not exceed, a threshold, alone and together."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from journeysim.errors import InputError, Problem
from journeysim.experiment.metric_names import metric_names
from journeysim.experiment.results import MetricKey
from journeysim.experiment.statistics import Estimate, estimate
from journeysim.journey import Journey
from journeysim.journey.faults import nearest, show
from journeysim.journey.patches import path_of, split_path
from journeysim.units import FloatArray

_FORM = re.compile(r'\s*((?:"[^"]*"|[^"<>=!])+?)\s*([<>=!]+)\s*(\S+?)\s*')
_NUMBER = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(%?)")
_HINT = "wait_within_target_fraction >= 0.9, or touchpoints.counter.wait_mean_min <= 5"
_SHARES = ("utilisation", "share_end")
_SCOPES = {"touchpoints": "touchpoint", "segments": "segment", "staff": "staff"}
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
        section = next(section for section, scope in _SCOPES.items() if scope == self.scope)
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


def parse_target(text: str) -> Target:
    """Read a target such as ``wait_within_target_fraction >= 0.9``.

    Parameters
    ----------
    text : a metric, ``>=`` or ``<=``, and a number; of a share also a percentage. In front of the metric may
        stand ``touchpoints.NAME.``, ``segments.NAME.`` or ``staff.NAME.``.

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
    path, sign, number = form.groups()
    if sign not in (">=", "<="):
        raise wrong("at least (>=) or at most (<=) is required", sign, _HINT)
    read = _NUMBER.fullmatch(number)
    if read is None:
        raise wrong("a number is required after the sign", number, _HINT)
    try:
        *place, metric = split_path(path)
    except ValueError as error:
        raise wrong(str(error), path, _HINT) from None
    scope, name = "all", ""
    if place:
        section = place[0]
        if len(place) == 1:
            choices = ", ".join(path_of(one, section, metric) for one in _SCOPES)
            raise wrong("whose metric it is, is required", path, f"one of {choices}")
        if section not in _SCOPES or len(place) != 2:
            hint = nearest(section, _SCOPES) if section not in _SCOPES else _HINT
            raise wrong("touchpoints, segments or staff, a name and a metric are required", path, hint)
        scope, name = _SCOPES[section], place[1]
    share = metric.endswith("_fraction") or metric in _SHARES
    if read.group(2) and not share:
        raise wrong("a percentage is a threshold of shares only", number, f"write {read.group(1)}")
    threshold = float(read.group(1)) / (100 if read.group(2) else 1)
    if share and not 0 <= threshold <= 1:
        hint = f"write {threshold / 100:g} or {threshold:g}%" if 1 < threshold <= 100 else ""
        raise wrong("a share from 0 to 1 is required", number, hint)
    if not np.isfinite(threshold):
        raise wrong("a number of reasonable size is required", number, _HINT)
    return Target(metric, ">=" if sign == ">=" else "<=", threshold, scope, name)


def parse_targets(texts: Iterable[str]) -> Targets:
    """Read several targets that must all be met; see `parse_target`.

    Raises
    ------
    InputError
        Some are none; all problems at once.
    """
    found: list[Target] = []
    problems: list[Problem] = []
    for text in texts:
        try:
            found.append(parse_target(text))
        except InputError as error:
            problems += error.problems
    if not found and not problems:
        problems = [Problem("--target", 0, 0, "", "a target is required", "", _HINT)]
    if problems:
        raise InputError(problems)
    return Targets(tuple(dict.fromkeys(found)))


def names_refused(targets: Targets, journey: Journey, *, in_market: bool) -> list[Problem]:
    """Say which targets are of touchpoints, segments, staff or metrics that do not exist.

    Whether a part has a metric is known only when it was simulated; see `check_observed`.
    """
    places: dict[str, list[str]] = {
        "touchpoint": list(journey.touchpoints),
        "segment": list(journey.segments),
        "staff": list(journey.staff),
    }
    problems = []
    for target in targets.each:
        if target.scope == "all":
            known: Iterable[str] = metric_names(in_market=in_market)
            if target.metric not in known:
                problems.append(_unknown("no metric over all visits has this name", target.metric, known))
        elif target.name not in places[target.scope]:
            problem = f"no {_kind(target)} has this name"
            problems.append(_unknown(problem, target.name, places[target.scope]))
    return problems


def check_observed(targets: Targets, known: Iterable[MetricKey]) -> None:
    """Refuse targets on numbers that a simulated roster does not have.

    Raises
    ------
    InputError
        With the name that was perhaps meant.
    """
    keys = list(known)
    problems = []
    for target in targets.each:
        if target.key in keys:
            continue
        own = sorted(
            {key.metric for key in keys if (key.scope, key.name, key.month) == (target.scope, target.name, 0)}
        )
        whose = "over all visits" if target.scope == "all" else f"of {_kind(target)} {target.name}"
        problems.append(_unknown(f"no metric {whose} has this name", target.metric, own))
    if problems:
        raise InputError(problems)


def _kind(target: Target) -> str:
    return "staff group" if target.scope == "staff" else target.scope


def _unknown(problem: str, found: str, known: Iterable[str]) -> Problem:
    return Problem("--target", 0, 0, "", problem, found, nearest(found, known) or f"for example {_HINT}")
