"""The plan: a journey map for one kind of day, compiled to flat arrays.

Engines and draws read the plan alone. Everything has a number: segments, needs, touchpoints, queues and
staff groups count in map order; a *class* is one segment with one need, ``segment * needs + need``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from journeysim.branch.routes import LEAVE, Route, closure, compile_route, edges
from journeysim.journey import Distribution, Journey, Queue, arrival_mix, expected_visits
from journeysim.units import BoolArray, FloatArray, IntArray, to_ticks

NO_QUEUE = -1
NO_LIMIT = 1 << 30
"""Stands for an absent capacity or balking length; more people than any branch holds."""


class Outcome(IntEnum):
    """What became of a step."""

    SERVED = 0
    FAILED = 1
    BALKED = 2
    RENEGED = 3
    REJECTED = 4
    CLOSED = 5
    IN_PROGRESS = 6


@dataclass(frozen=True)
class QueuePlan:
    """Rules of one queue.

    Attributes
    ----------
    capacity, balk_length : people waiting at which an arrival is rejected, or may balk.
    balks_at_expected_wait : whether an arrival compares the expected with its acceptable wait.
    balk_probability : of those who consider it, the share that does not join.
    line_of_segment : shape (segments,), the line within the queue, lower served first.
    lines : number of lines.
    mean_service : ticks, over the touchpoints that share the queue as visits are expected to use them.
    groups : staff groups in the order in which they take somebody who joins.
    """

    capacity: int
    balk_length: int
    balks_at_expected_wait: bool
    balk_probability: float
    line_of_segment: tuple[int, ...]
    lines: int
    mean_service: int
    groups: tuple[int, ...]

    @property
    def balks(self) -> bool:
        """Whether anybody can balk here."""
        return self.balk_probability > 0 and (self.balk_length < NO_LIMIT or self.balks_at_expected_wait)


@dataclass(frozen=True)
class GroupPlan:
    """One staff group's day.

    Attributes
    ----------
    serves : queues in order of preference.
    roster_ticks, roster_counts : shape (changes,), the count that holds from each tick on, opening first.
    is_machine : machines are left out of the utilisation of people.
    cost_per_hour : of one server.
    """

    serves: tuple[int, ...]
    roster_ticks: IntArray
    roster_counts: IntArray
    is_machine: bool
    cost_per_hour: float


@dataclass(frozen=True)
class TouchpointPlan:
    """Rules of one touchpoint.

    Attributes
    ----------
    queue : its queue, or `NO_QUEUE`.
    service : by class.
    patience : by class; None where nobody gives up.
    fails : probability that a service fails.
    if_failed, if_balked, if_reneged, if_rejected : touchpoint gone to, or `LEAVE`.
    route : where a served customer goes.
    on_cycle : whether one visit can come here more than once.
    reached_by : shape (classes,), whether the class can get here at all.
    """

    queue: int
    service: tuple[Distribution, ...]
    patience: tuple[Distribution | None, ...]
    fails: float
    if_failed: int
    if_balked: int
    if_reneged: int
    if_rejected: int
    route: Route
    on_cycle: bool
    reached_by: BoolArray


@dataclass(frozen=True)
class Plan:
    """One kind of branch day.

    Attributes
    ----------
    segments, needs, touchpoints, queues, groups : names in map order.
    opens, closes : ticks after midnight.
    serves_out : whether who is inside at closing is served (else they are sent home).
    rate_ticks, rates : shape (changes,), arrivals an hour of everybody from each tick on, levers included.
    segment_share : shape (segments,).
    need_shares : shape (segments, needs), cumulative.
    acceptable_wait : by class; None where nothing is said.
    start : shape (needs,), the first touchpoint.
    expected_steps : shape (touchpoints, classes), steps a visit of the class is expected to take there.
    """

    segments: tuple[str, ...]
    needs: tuple[str, ...]
    touchpoints: tuple[str, ...]
    queues: tuple[str, ...]
    groups: tuple[str, ...]
    opens: int
    closes: int
    serves_out: bool
    rate_ticks: IntArray
    rates: FloatArray
    segment_share: FloatArray
    need_shares: FloatArray
    acceptable_wait: tuple[Distribution | None, ...]
    start: IntArray
    touchpoint_plans: tuple[TouchpointPlan, ...]
    queue_plans: tuple[QueuePlan, ...]
    group_plans: tuple[GroupPlan, ...]
    expected_steps: FloatArray


def compile_plan(journey: Journey, weekday: int) -> Plan | None:
    """Compile a map for one day of the week.

    Parameters
    ----------
    journey : a map that has passed its checks.
    weekday : 0 (Monday) to 6.

    Returns
    -------
    The plan; None where the branch is closed that day.
    """
    hours = journey.hours_on(weekday)
    factor = journey.arrivals.day_factor(weekday)
    if hours is None or (factor == 0 and journey.arrivals.recorded is None):
        return None
    opens, closes = to_ticks(hours.open_min), to_ticks(hours.close_min)
    steps = expected_visits(journey)
    rates = journey.arrivals.per_hour_steps()
    return Plan(
        segments=tuple(journey.segments),
        needs=tuple(journey.needs),
        touchpoints=tuple(journey.touchpoints),
        queues=tuple(journey.queues),
        groups=tuple(journey.staff),
        opens=opens,
        closes=closes,
        serves_out=hours.at_close == "serve",
        rate_ticks=np.array([to_ticks(minute) for minute, _ in rates], dtype=np.int64),
        rates=np.array([rate * journey.arrivals.scale * factor for _, rate in rates], dtype=np.float64),
        segment_share=np.array([segment.share or 0.0 for segment in journey.segments.values()]),
        need_shares=_cumulative_need_shares(journey),
        acceptable_wait=tuple(
            None if segment.acceptable_wait is None else segment.acceptable_wait.resolve(name, need)
            for name, segment in journey.segments.items()
            for need in journey.needs
        ),
        start=np.array([_number(journey, need.start) for need in journey.needs.values()], dtype=np.int64),
        touchpoint_plans=_touchpoint_plans(journey),
        queue_plans=_queue_plans(journey, steps),
        group_plans=_group_plans(journey, opens, closes),
        expected_steps=steps,
    )


def _classes(journey: Journey) -> list[tuple[str, str]]:
    return [(segment, need) for segment in journey.segments for need in journey.needs]


def _number(journey: Journey, touchpoint: str) -> int:
    return LEAVE if touchpoint == "leave" else list(journey.touchpoints).index(touchpoint)


def _cumulative_need_shares(journey: Journey) -> FloatArray:
    shares = [[need.share_for(segment) for need in journey.needs.values()] for segment in journey.segments]
    return np.cumsum(np.array(shares, dtype=np.float64), axis=1)


def _patience(journey: Journey, queue: Queue | None, segment: str, need: str) -> Distribution | None:
    """A queue's own patience goes before the segment's."""
    if queue is None or queue.never_reneges:
        return None
    patience = queue.patience or journey.segments[segment].patience
    return None if patience is None else patience.resolve(segment, need)


def _touchpoint_plans(journey: Journey) -> tuple[TouchpointPlan, ...]:
    classes = _classes(journey)
    queue_number = {name: i for i, name in enumerate(journey.queues)}
    points = list(journey.touchpoints.values())
    routes = [compile_route(point, journey) for point in points]
    fallback_names = [(p.if_failed, p.if_balked, p.if_reneged, p.if_rejected) for p in points]
    fallbacks = [tuple(_number(journey, name) for name in names) for names in fallback_names]
    reach = closure(edges(routes, [set(targets) for targets in fallbacks]))
    on_cycle = np.diagonal(reach.any(axis=0))
    reached_by = np.zeros((len(points), len(classes)), dtype=bool)
    for klass, (_, need) in enumerate(classes):
        first = _number(journey, journey.needs[need].start)
        reached_by[:, klass] = reach[klass, first]
        reached_by[first, klass] = True
    plans = []
    for i, point in enumerate(points):
        queue = None if point.queue is None else journey.queues[point.queue]
        plans.append(
            TouchpointPlan(
                queue=NO_QUEUE if point.queue is None else queue_number[point.queue],
                service=tuple(point.service.resolve(*klass) for klass in classes),
                patience=tuple(_patience(journey, queue, *klass) for klass in classes),
                fails=point.fails,
                if_failed=fallbacks[i][0],
                if_balked=fallbacks[i][1],
                if_reneged=fallbacks[i][2],
                if_rejected=fallbacks[i][3],
                route=routes[i],
                on_cycle=bool(on_cycle[i]),
                reached_by=reached_by[i],
            )
        )
    return tuple(plans)


def _queue_plans(journey: Journey, expected_steps: FloatArray) -> tuple[QueuePlan, ...]:
    plans = []
    groups = list(journey.staff.values())
    levels = sorted({segment.priority for segment in journey.segments.values()})
    for name, queue in journey.queues.items():
        by_priority = queue.discipline == "priority"
        balk = queue.balk
        serving = [g for g, group in enumerate(groups) if name in group.serves]
        plans.append(
            QueuePlan(
                capacity=NO_LIMIT if queue.capacity is None else queue.capacity,
                balk_length=NO_LIMIT if balk is None or balk.at_length is None else balk.at_length,
                balks_at_expected_wait=balk is not None and balk.expected_wait,
                balk_probability=0.0 if balk is None else balk.probability,
                line_of_segment=tuple(
                    levels.index(segment.priority) if by_priority else 0
                    for segment in journey.segments.values()
                ),
                lines=len(levels) if by_priority else 1,
                mean_service=_mean_service(journey, name, expected_steps),
                groups=tuple(sorted(serving, key=lambda g: groups[g].serves.index(name))),
            )
        )
    return tuple(plans)


def _mean_service(journey: Journey, queue: str, expected_steps: FloatArray) -> int:
    """Mean service in ticks over the expected users of a queue.

    Where nobody is expected (those turned away elsewhere come here), all its services count alike.
    """
    mix = arrival_mix(journey).ravel()
    here = [number for number, point in enumerate(journey.touchpoints.values()) if point.queue == queue]
    if not here:
        return 0
    points = [list(journey.touchpoints.values())[number] for number in here]
    means = np.array([[point.service.mean_min(*klass) for klass in _classes(journey)] for point in points])
    weights = mix * expected_steps[here]
    if not weights.any():
        weights = np.ones_like(means)
    return to_ticks(float((weights * means).sum() / weights.sum()))


def _group_plans(journey: Journey, opens: int, closes: int) -> tuple[GroupPlan, ...]:
    queue_number = {name: i for i, name in enumerate(journey.queues)}
    plans = []
    for group in journey.staff.values():
        ticks, counts = _roster_within(group.roster_steps(), opens, closes)
        plans.append(
            GroupPlan(
                serves=tuple(queue_number[queue] for queue in group.serves),
                roster_ticks=np.array(ticks, dtype=np.int64),
                roster_counts=np.array(counts, dtype=np.int64),
                is_machine=group.kind == "machine",
                cost_per_hour=group.cost_per_hour,
            )
        )
    return tuple(plans)


def _roster_within(steps: list[tuple[int, int]], opens: int, closes: int) -> tuple[list[int], list[int]]:
    """The roster from opening on: what holds at opening, then each change before closing."""
    at_opening = 0
    ticks, counts = [opens], []
    for minute, count in steps:
        tick = to_ticks(minute)
        if tick <= opens:
            at_opening = count
        elif tick < closes:
            ticks.append(tick)
            counts.append(count)
    return ticks, [at_opening, *counts]
