"""Targets as they are written: reading them, and saying what is wrong with their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import numpy as np

from journeysim.errors import InputError, Problem
from journeysim.experiment.metric_names import metric_names
from journeysim.experiment.results import MetricKey
from journeysim.experiment.staffing.target import SCOPES, Target, Targets
from journeysim.journey import Journey
from journeysim.journey.faults import closest, nearest, show
from journeysim.journey.patches import path_of, split_path

_FORM = re.compile(r'\s*((?:"[^"]*"|[^"<>=!])+?)\s*([<>=!]++)\s*(.*?)\s*')
_NUMBER = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))(%?)")
_HINT = "wait_within_target_fraction >= 0.9, or touchpoints.counter.wait_mean_min <= 5"
_SHARES = ("utilisation", "share_end", "churn_per_year")
_SCORES = ("net_promoter_score", "score_mean", "wait_score_mean", "encounter_score_mean")
"""Metrics from -1 to 1."""
_PERCENT = ("net_promoter_score",)
"""Metrics that are no shares from 0 to 1, and yet are shown in percent."""
_OF_STAFF = ("utilisation", "overtime_min_per_day", "staff_cost_per_day")
_MARKET = "give the scenario a market, for example {customers: 12000}"
_MOST_NAMED = 4
_TURNED = {"<=": ">=", ">=": "<=", "<": ">=", ">": "<="}
_LIKELY = {"<": "<=", ">": ">="}

Wrong = Callable[[str, str, str], InputError]
"""Makes the error of a problem, what was found, and a hint."""


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
    read = _NUMBER.fullmatch(number)
    if read is None and number and _NUMBER.fullmatch(path):
        raise wrong("the metric comes first", text.strip(), f"{number} {_TURNED.get(sign, sign)} {path}")
    if sign not in (">=", "<="):
        hint = f"{path} {_LIKELY[sign]} {number}" if sign in _LIKELY and read else _HINT
        raise wrong("at least (>=) or at most (<=) is required", sign, hint)
    if read is None:
        first, space, _ = number.partition(" ")
        with_unit = space and _NUMBER.fullmatch(first)
        hint = f"write {first}: the unit stands in the metric's name" if with_unit else _HINT
        raise wrong("a number is required after the sign", number, hint)
    try:
        *place, metric = split_path(path)
    except ValueError as error:
        raise wrong(str(error), path, _HINT) from None
    scope, name = _place_of(place, metric, path, wrong) if place else ("all", "")
    threshold = _threshold(metric, read.group(1), bool(read.group(2)), number, wrong)
    return Target(metric, ">=" if sign == ">=" else "<=", threshold, scope, name)


def _place_of(place: list[str], metric: str, path: str, wrong: Wrong) -> tuple[str, str]:
    """Scope and name in front of a metric."""
    section = place[0]
    if len(place) == 1 and section in SCOPES:
        example = _OF_STAFF[0] if section == "staff" else "wait_mean_min"
        raise wrong("a metric is required after the name", path, f"for example {path}.{example}")
    if len(place) == 1:
        sections = ["staff"] if metric in _OF_STAFF else ["touchpoints", "segments"]
        choices = " or ".join(path_of(one, section, metric) for one in sections)
        raise wrong("whose metric it is, is required", path, choices)
    if section not in SCOPES or len(place) != 2:
        hint = nearest(section, SCOPES) if section not in SCOPES else _HINT
        raise wrong("touchpoints, segments or staff, a name and a metric are required", path, hint)
    return SCOPES[section], place[1]


def _threshold(metric: str, digits: str, percent: bool, number: str, wrong: Wrong) -> float:
    """What a metric is held to, in its own unit."""
    share, score = metric.endswith("_fraction") or metric in _SHARES, metric in _SCORES
    if percent and not share and metric not in _PERCENT:
        meant = closest(metric, metric_names(in_market=True))
        hint = f"write {digits}, or name a share such as wait_within_target_fraction"
        if meant is not None and meant != metric:
            hint = f"did you mean {meant}?"
        raise wrong("a percentage is a threshold of shares only", number, hint)
    threshold = float(digits) / (100 if percent else 1)
    if not np.isfinite(threshold):
        raise wrong("a number of reasonable size is required", number, _HINT)
    if (share and not 0 <= threshold <= 1) or (score and not -1 <= threshold <= 1):
        hint = ""
        if 1 < threshold <= 100 and not percent and (share or metric in _PERCENT):
            hint = f"write {threshold / 100:g} or {threshold:g}%"
        problem = "a share from 0 to 1 is required" if share else "a score from -1 to 1 is required"
        raise wrong(problem, number, hint)
    return threshold


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
        known = metric_names(in_market=in_market)
        problem = f"no metric {_whose(target)} has this name"
        if target.scope != "all" and target.name not in places[target.scope]:
            nobody = f"no {_kind(target)} has this name"
            problems.append(_unknown(nobody, target.name, places[target.scope]))
        elif target.metric not in known and target.metric in metric_names(in_market=True):
            problems.append(Problem("--target", 0, 0, "", problem, target.metric, _MARKET))
        elif target.scope == "all" and target.metric not in known:
            problems.append(_unknown(problem, target.metric, known))
    return problems


def check_observed(targets: Targets, known: Iterable[MetricKey]) -> None:
    """Refuse targets on numbers that a simulated roster does not have.

    Raises
    ------
    InputError
        With the name that was perhaps meant.
    """
    keys = sorted(known)
    problems = []
    for target in targets.each:
        if target.key in keys:
            continue
        own = sorted(
            {key.metric for key in keys if (key.scope, key.name, key.month) == (target.scope, target.name, 0)}
        )
        others = [key for key in keys if key.metric == target.metric and key.scope in SCOPES.values()]
        problem = f"no metric {_whose(target)} has this name"
        if others and others[0].scope != target.scope:
            other = Target(target.metric, target.sign, target.threshold, others[0].scope, others[0].name)
            hint = f"each {_kind(other)} has it, such as {other.measure}"
            problems.append(Problem("--target", 0, 0, "", problem, target.metric, hint))
        else:
            problems.append(_unknown(problem, target.metric, own))
    if problems:
        raise InputError(problems)


def _kind(target: Target) -> str:
    return "staff group" if target.scope == "staff" else target.scope


def _whose(target: Target) -> str:
    return "over all visits" if target.scope == "all" else f"of {_kind(target)} {target.name}"


def _unknown(problem: str, found: str, known: Iterable[str]) -> Problem:
    holding = [name for name in known if found in name][:_MOST_NAMED]
    hint = nearest(found, known) or (f"one of {', '.join(holding)}" if holding else f"for example {_HINT}")
    return Problem("--target", 0, 0, "", problem, found, hint)
