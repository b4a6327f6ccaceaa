"""What a map expects: how many customers go which way, how long services take, what waits are accepted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from journeysim.journey import Journey
from journeysim.journey.flow import expected_case_states, route
from journeysim.journey.loads import arrival_mix
from journeysim.journey.stations import LEAVE, Touchpoint
from journeysim.units import FloatArray

_NEGLIGIBLE = 1e-12


class Way(StrEnum):
    """How customers go from one touchpoint to another."""

    USUAL = "usual"
    LATER = "later"
    """The visit ends; the case's next contact, on another day, is there."""
    AT_TIMES = "at times"
    """After giving up, balking, finding no room, or a long wait: the map does not say how often."""


@dataclass(frozen=True)
class Route:
    """A way between two touchpoints.

    Parameters
    ----------
    source, target : touchpoints by name; equal for a return to the same one.
    share : of the steps at ``source`` that go this way, 0..1; NaN where the map does not say.
    per_hundred : of every hundred visits, how often this way is taken; NaN likewise.
    """

    source: str
    target: str
    way: Way
    share: float
    per_hundred: float


@dataclass(frozen=True)
class PlannedPoint:
    """What the map expects of a touchpoint; shares 0..1, means over those who come; NaN where nobody does."""

    service_min: float
    acceptable_min: float
    per_hundred: float
    start_share: float
    leave_share: float


@dataclass(frozen=True)
class Plan:
    """What the map expects of all touchpoints, and of the ways between them."""

    points: Mapping[str, PlannedPoint]
    routes: tuple[Route, ...]


def plan_of(journey: Journey) -> Plan:
    """Follow the map's routes from the customers it says come.

    Notes
    -----
    Assumption, as of `expected_case_visits`: nobody balks, reneges or is rejected, and no rule with
    ``waited_over`` holds. Numbers are per visit; where a case goes on on later days, each contact is a visit.
    """
    names = list(journey.touchpoints)
    kinds = [(segment, need) for segment in journey.segments for need in journey.needs]
    mix = arrival_mix(journey).ravel()
    states = expected_case_states(journey) * mix
    flows: dict[tuple[str, str, Way], float] = {}
    leaving: dict[str, float] = {}
    shares: dict[tuple[str, str, Way], float] = {}
    for row, name in enumerate(names):
        fresh, failed = states[row], states[row + len(names)]
        steps = float(fresh.sum() + failed.sum())
        # Who comes only at times goes on like the average customer.
        reached = steps > _NEGLIGIBLE
        before, after = (fresh / steps, failed / steps) if reached else (mix, 0 * mix)
        went = _went_on(journey.touchpoints[name], before, after, kinds)
        for (target, way), share in went.items():
            shares[name, target, way] = share
            flows[name, target, way] = share * steps
        leaving[name] = max(0.0, 1 - sum(went.values()))
    contacts = 1 + sum(flow for (_, _, way), flow in flows.items() if way is Way.LATER)
    points = {
        name: _planned(
            journey, name, states[row] + states[row + len(names)], kinds, mix, contacts, leaving[name]
        )
        for row, name in enumerate(names)
    }
    routes = [
        Route(*key, share, 100 * flows[key] / contacts)
        for key, share in shares.items()
        if share > _NEGLIGIBLE
    ]
    known = {(one.source, one.target) for one in routes}
    for source, point in journey.touchpoints.items():
        for target in _at_times(point):
            if target != LEAVE and (source, target) not in known:
                known.add((source, target))
                routes.append(Route(source, target, Way.AT_TIMES, math.nan, math.nan))
    return Plan(points, tuple(routes))


def _went_on(
    point: Touchpoint, fresh: FloatArray, failed: FloatArray, kinds: list[tuple[str, str]]
) -> dict[tuple[str, Way], float]:
    """Share of the steps at a touchpoint that go on, by where to and how.

    Parameters
    ----------
    fresh, failed : shape (kinds,), share of the steps here of each kind of customer without and with an
        earlier failure; together 1.
    """
    went: dict[tuple[str, Way], float] = {}

    def add(target: str, way: Way, flow: float) -> None:
        if target != LEAVE and flow > 0:
            went[target, way] = went.get((target, way), 0.0) + flow

    for column, kind in enumerate(kinds):
        for steps, failed_before in ((fresh[column], False), (failed[column], True)):
            if steps <= 0:
                continue
            for goal, probability in route(point, *kind, failed_before=failed_before).items():
                way = Way.LATER if goal.later else Way.USUAL
                add(goal.touchpoint, way, float(steps) * probability * (1 - point.fails))
            add(point.if_failed, Way.USUAL, float(steps) * point.fails)
    return went


def _at_times(point: Touchpoint) -> list[str]:
    """Where customers go in cases of which the map does not say how often they come."""
    after_waits = [
        target for rule in point.next if rule.when is not None and rule.when.waited_over_min is not None
        for target, share in rule.targets if share > 0
    ]  # fmt: skip
    return [point.if_balked, point.if_reneged, point.if_rejected, *after_waits]


def _planned(
    journey: Journey,
    name: str,
    steps: FloatArray,
    kinds: list[tuple[str, str]],
    mix: FloatArray,
    contacts: float,
    leaving: float,
) -> PlannedPoint:
    point = journey.touchpoints[name]
    total = float(steps.sum())
    weights = steps if total > _NEGLIGIBLE else mix
    starting = sum(
        float(share) for (_, need), share in zip(kinds, mix, strict=True) if journey.needs[need].start == name
    )
    service = np.array([point.service.mean_min(*kind) for kind in kinds])
    accepted = np.array([_acceptable_min(journey, *kind) for kind in kinds])
    return PlannedPoint(
        service_min=_mean(service, weights),
        acceptable_min=_mean(accepted, weights),
        per_hundred=100 * total / contacts,
        start_share=starting,
        leave_share=leaving,
    )


def _acceptable_min(journey: Journey, segment: str, need: str) -> float:
    accepted = journey.segments[segment].acceptable_wait
    return math.nan if accepted is None else accepted.mean_min(segment, need)


def _mean(values: FloatArray, weights: FloatArray) -> float:
    """Weighted mean of what is known; NaN where nothing of any weight is."""
    known = ~np.isnan(values) & (weights > _NEGLIGIBLE)
    if not known.any():
        return math.nan
    return float(np.average(values[known], weights=weights[known]))
