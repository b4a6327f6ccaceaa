"""Which staff group a target is about, where nobody says: the one whose queues miss it most."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from journeysim.experiment.results import OptionResult
from journeysim.experiment.staffing.dependence import hangs_on
from journeysim.experiment.staffing.target import Target, Targets
from journeysim.experiment.statistics import Estimate
from journeysim.journey import Journey

Metrics = Mapping[str, Estimate]


def others_serve(journey: Journey, group: str) -> bool:
    """Whether every queue of a group is served by some other group as well."""
    others = {queue for name, one in journey.staff.items() if name != group for queue in one.serves}
    return set(journey.staff[group].serves) <= others


def serves(journey: Journey, group: str, touchpoint: str) -> bool:
    """Whether who comes to a touchpoint waits for the group."""
    return bool(set(journey.staff[group].serves) & set(journey.lines_of(journey.touchpoints[touchpoint])))


def neediest(journey: Journey, now: OptionResult, targets: Targets, *, in_market: bool) -> tuple[str, str]:
    """Choose the group to roster.

    Parameters
    ----------
    journey : the map.
    now : what today's roster comes to.
    targets : that are to be met.

    Returns
    -------
    The group of people whose queues miss the targets most today, and why it was taken. Where targets name
    touchpoints or groups, only those groups and those that serve there are asked.
    """
    found = now.by("touchpoint")
    groups = eligible(journey, targets, in_market=in_market)
    places = [one.name for one in targets.each if one.scope == "touchpoint"]
    named = [one.name for one in targets.each if one.scope == "staff"]
    if len(groups) == 1 and (places or named):
        return groups[0], f"it serves {places[0]}" if places else "the target is about it"
    missing = {
        name: math.fsum(_missed(journey, name, one, found, now) for one in targets.each) for name in groups
    }
    if max(missing.values()) > 0:
        best = max(groups, key=lambda name: missing[name])
        return best, "its queues miss the target most today, by visits"
    waits = {
        name: _sum(journey, name, found, lambda metrics: _number(metrics, "wait_mean_min")) for name in groups
    }
    best = max(groups, key=lambda name: waits[name])
    known = any(_touchpoints_of(one, found) for one in targets.each)
    reason = "no queue misses it by itself today" if known else "the target has no value for single queues"
    return best, f"{reason}, and most time is waited for it"


def eligible(journey: Journey, targets: Targets, *, in_market: bool) -> list[str]:
    """Groups among which the neediest is looked for: those that the targets name, and hang on."""
    chosen = _named(journey, targets)
    hanging = [
        name
        for name in chosen
        if all(hangs_on(one, journey, name, in_market=in_market) for one in targets.each)
    ]
    return hanging or chosen


def _named(journey: Journey, targets: Targets) -> list[str]:
    people = [name for name, one in journey.staff.items() if one.kind == "person"] or list(journey.staff)
    named = {one.name for one in targets.each if one.scope == "staff"}
    places = [one.name for one in targets.each if one.scope == "touchpoint"]
    serving = {name for name in journey.staff if any(serves(journey, name, place) for place in places)}
    chosen = [name for name in people if name in named | serving]
    return chosen or [name for name in journey.staff if name in named | serving] or people


def _touchpoints_of(target: Target, found: Mapping[str, Metrics]) -> dict[str, Metrics]:
    """Touchpoints at which a target can be looked at: its own, or all that have its metric."""
    return {
        name: metrics
        for name, metrics in found.items()
        if target.metric in metrics and (target.scope != "touchpoint" or target.name == name)
    }


def _missed(
    journey: Journey, group: str, target: Target, found: Mapping[str, Metrics], now: OptionResult
) -> float:
    """By how much a group's queues miss a target today, times visits; in thresholds."""
    if target.scope == "staff":
        if target.name != group:
            return 0.0
        gap = target.gap(now.estimates[target.key].mean)
        return 0.0 if math.isnan(gap) else max(0.0, -gap / target.unit)
    return _sum(
        journey, group, _touchpoints_of(target, found), lambda m: max(0.0, -_gap(target, m) / target.unit)
    )


def _sum(
    journey: Journey, group: str, found: Mapping[str, Metrics], value: Callable[[Metrics], float]
) -> float:
    """Visits times a value, over the touchpoints whose customers wait for a group."""
    return math.fsum(
        _number(metrics, "visits_per_day") * value(metrics)
        for name, metrics in found.items()
        if serves(journey, group, name)
    )


def _gap(target: Target, metrics: Metrics) -> float:
    gap = target.gap(metrics[target.metric].mean)
    return 0.0 if math.isnan(gap) else gap


def _number(metrics: Metrics, metric: str) -> float:
    value = metrics[metric].mean if metric in metrics else 0.0
    return 0.0 if math.isnan(value) else value
