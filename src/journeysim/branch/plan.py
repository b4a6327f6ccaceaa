"""The plan: a journey map compiled to flat arrays, and what a day of it is like.

Engines and draws read the plan alone. Everything has a number: segments, needs, touchpoints, queues and
staff groups count in map order; a *class* is one segment with one need, ``segment * needs + need``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum
from functools import cached_property

import numpy as np

from journeysim.branch.day_plan import NO_DAY, DayPlan, plan_day
from journeysim.branch.routes import (
    KEEPS_SERVER,
    LEAVE,
    FollowUp,
    Route,
    closure,
    compile_route,
    edges,
    find_follow_ups,
)
from journeysim.journey import Distribution, Journey, Queue, Touchpoint, arrival_mix, expected_case_visits
from journeysim.units import BoolArray, FloatArray, IntArray, to_ticks

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


@dataclass(frozen=True, order=True)
class LinePlan:
    """People of a queue who keep their order of joining among themselves.

    Attributes
    ----------
    level : lower is served first, whatever the times of joining.
    head_start : ticks by which they count as having joined earlier, beside others of the level.
    """

    level: int
    head_start: int


@dataclass(frozen=True)
class QueuePlan:
    """Rules of one queue.

    Attributes
    ----------
    capacity, balk_length : people waiting at which an arrival is rejected, or may balk.
    balks_at_expected_wait : whether an arrival compares the expected with its acceptable wait.
    balk_probability : of those who consider it, the share that does not join.
    by_priority : whether better segments go first.
    line_of_segment : shape (segments,), the line within the queue.
    lines : what each line is, better ones first; one line for each level and head start.
    mean_service : ticks, over the touchpoints that share the queue as visits are expected to use them.
    groups : staff groups in the order in which they take somebody who joins.
    """

    capacity: int
    balk_length: int
    balks_at_expected_wait: bool
    balk_probability: float
    by_priority: bool
    line_of_segment: tuple[int, ...]
    lines: tuple[LinePlan, ...]
    mean_service: int
    groups: tuple[int, ...]

    @property
    def balks(self) -> bool:
        """Whether anybody can balk here."""
        return self.balk_probability > 0 and (self.balk_length < NO_LIMIT or self.balks_at_expected_wait)

    @property
    def has_head_starts(self) -> bool:
        """Whether lines of one level differ in head start."""
        return len({line.level for line in self.lines}) < len(self.lines)


NOWHERE = QueuePlan(NO_LIMIT, NO_LIMIT, False, 0.0, False, (), (), 0, ())
"""Stands for the queue of a step without one."""


@dataclass(frozen=True)
class GroupPlan:
    """One staff group.

    Attributes
    ----------
    serves : queues in order of preference.
    is_machine : machines are left out of the utilisation of people.
    cost_per_hour : of one server.
    breakdown : time in opening hours until a machine breaks down and time until it is up again; None: never.
    """

    serves: tuple[int, ...]
    is_machine: bool
    cost_per_hour: float
    breakdown: tuple[Distribution, Distribution] | None


@dataclass(frozen=True)
class TouchpointPlan:
    """Rules of one touchpoint.

    Attributes
    ----------
    queues : its queue, or the lines of which the shortest is joined; empty where nobody waits.
    service : by class.
    wrap_up : by class, the server's work after the customer has gone; None where there is none.
    patience : by class; None where nobody gives up.
    fails : probability that a service fails.
    if_failed, if_balked, if_reneged, if_rejected : touchpoint gone to, or `LEAVE`.
    route : where a served customer goes.
    on_cycle : whether one visit can come here more than once.
    reached_by : shape (classes,), whether the class can get here at all.
    """

    queues: tuple[int, ...]
    service: tuple[Distribution, ...]
    wrap_up: tuple[Distribution | None, ...]
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
class StartingLine:
    """Customers who wait in a queue when the doors open.

    Attributes
    ----------
    queue, touchpoint : where they stand and what for.
    count : how many.
    """

    queue: int
    touchpoint: int
    count: int


@dataclass(frozen=True)
class Plan:
    """One kind of branch day.

    Attributes
    ----------
    segments, needs, touchpoints, queues, groups : names in map order.
    day : hours, rates and rosters.
    follow_ups : contacts on later days that routes lead to, by the number that routes give them.
    starting_lines : who waits when the doors open.
    day_cv : coefficient of variation of the days' rates.
    segment_share : shape (segments,).
    need_shares : shape (segments, needs), cumulative.
    acceptable_wait : by class; None where nothing is said.
    start : shape (needs,), the first touchpoint.
    """

    segments: tuple[str, ...]
    needs: tuple[str, ...]
    touchpoints: tuple[str, ...]
    queues: tuple[str, ...]
    groups: tuple[str, ...]
    day: DayPlan
    follow_ups: tuple[FollowUp, ...]
    starting_lines: tuple[StartingLine, ...]
    day_cv: float
    segment_share: FloatArray
    need_shares: FloatArray
    acceptable_wait: tuple[Distribution | None, ...]
    start: IntArray
    touchpoint_plans: tuple[TouchpointPlan, ...]
    queue_plans: tuple[QueuePlan, ...]
    group_plans: tuple[GroupPlan, ...]

    @cached_property
    def plain_touchpoints(self) -> frozenset[int]:
        """Where a service cannot fail, frees its server at once, and alone decides where the customer goes.

        Nor is anything counted there: nobody chooses between its queue and others, no case goes on from it.
        """
        points = self.touchpoint_plans
        chosen_between = {queue for p in points if len(p.queues) > 1 for queue in p.queues}
        targets = {target for p in points for target in p.route.targets.ravel().tolist()}
        with_server_kept = {target - KEEPS_SERVER for target in targets if target >= KEEPS_SERVER}
        return frozenset(
            number
            for number, p in enumerate(points)
            if p.fails == 0
            and p.route.situations == 1
            and p.route.targets.min() >= LEAVE
            and not p.route.keeps_servers
            and number not in with_server_kept
            and chosen_between.isdisjoint(p.queues)
            and all(wrap_up is None for wrap_up in p.wrap_up)
        )


def compile_plan(journey: Journey, day: date) -> Plan | None:
    """Compile a map for one date.

    Parameters
    ----------
    journey : a map that has passed its checks.

    Returns
    -------
    The plan; None where the branch is closed that day.
    """
    day_plan = plan_day(journey, day)
    return None if day_plan is None else replace(compile_map(journey), day=day_plan)


def compile_map(journey: Journey) -> Plan:
    """Compile everything of a map that is the same on all days; ``day`` is still the one without hours."""
    follow_ups = find_follow_ups(journey)
    return Plan(
        segments=tuple(journey.segments),
        needs=tuple(journey.needs),
        touchpoints=tuple(journey.touchpoints),
        queues=tuple(journey.queues),
        groups=tuple(journey.staff),
        day=NO_DAY,
        follow_ups=follow_ups,
        starting_lines=_starting_lines(journey),
        day_cv=journey.arrivals.day_cv,
        segment_share=np.array([segment.share or 0.0 for segment in journey.segments.values()]),
        need_shares=_cumulative_need_shares(journey),
        acceptable_wait=tuple(
            None if segment.acceptable_wait is None else segment.acceptable_wait.resolve(name, need)
            for name, segment in journey.segments.items()
            for need in journey.needs
        ),
        start=np.array([_number(journey, need.start) for need in journey.needs.values()], dtype=np.int64),
        touchpoint_plans=_touchpoint_plans(journey, follow_ups),
        queue_plans=_queue_plans(journey),
        group_plans=_group_plans(journey),
    )


def with_any_route(plan: Plan) -> Plan:
    """The same plan for rules that may send anybody anywhere, again and again; it moves nobody's luck."""
    everybody = np.ones(len(plan.segments) * len(plan.needs), dtype=bool)
    points = [replace(p, on_cycle=True, reached_by=everybody) for p in plan.touchpoint_plans]
    return replace(plan, touchpoint_plans=tuple(points))


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


def _touchpoint_plans(journey: Journey, follow_ups: tuple[FollowUp, ...]) -> tuple[TouchpointPlan, ...]:
    classes = _classes(journey)
    points = list(journey.touchpoints.values())
    routes = [compile_route(name, point, journey, follow_ups) for name, point in journey.touchpoints.items()]
    fallback_names = [(p.if_failed, p.if_balked, p.if_reneged, p.if_rejected) for p in points]
    fallbacks = [tuple(_number(journey, name) for name in names) for names in fallback_names]
    reach = closure(edges(routes, [set(targets) for targets in fallbacks]))
    on_cycle = np.diagonal(reach.any(axis=0))
    starts_later = {f.touchpoint for f in follow_ups} | {s.touchpoint for s in _starting_lines(journey)}
    reached_by = np.zeros((len(points), len(classes)), dtype=bool)
    for klass, (_, need) in enumerate(classes):
        for first in {_number(journey, journey.needs[need].start)} | starts_later:
            reached_by[:, klass] |= reach[klass, first]
            reached_by[first, klass] = True
    plans = []
    for i, point in enumerate(points):
        queues = _queues_of(journey, point)
        queue = list(journey.queues.values())[queues[0]] if queues else None
        wrap_up = point.wrap_up
        plans.append(
            TouchpointPlan(
                queues=queues,
                service=tuple(point.service.resolve(*klass) for klass in classes),
                wrap_up=tuple(None if wrap_up is None else wrap_up.resolve(*klass) for klass in classes),
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


def _queues_of(journey: Journey, point: Touchpoint) -> tuple[int, ...]:
    """The queue that a touchpoint names, or all lines of the line group that it names."""
    return tuple(
        number
        for number, (name, queue) in enumerate(journey.queues.items())
        if point.queue is not None and point.queue in (name, queue.line_group)
    )


def _queue_plans(journey: Journey) -> tuple[QueuePlan, ...]:
    plans: list[QueuePlan] = []
    groups = list(journey.staff.values())
    mix, steps = arrival_mix(journey).ravel(), expected_case_visits(journey)
    for name, queue in journey.queues.items():
        line_of = [
            LinePlan(
                segment.priority if queue.discipline == "priority" else 0, to_ticks(segment.head_start or 0.0)
            )
            for segment in journey.segments.values()
        ]
        lines = sorted(set(line_of))
        balk = queue.balk
        serving = [g for g, group in enumerate(groups) if name in group.serves]
        plans.append(
            QueuePlan(
                capacity=NO_LIMIT if queue.capacity is None else queue.capacity,
                balk_length=NO_LIMIT if balk is None or balk.at_length is None else balk.at_length,
                balks_at_expected_wait=balk is not None and balk.expected_wait,
                balk_probability=0.0 if balk is None else balk.probability,
                by_priority=queue.discipline == "priority",
                line_of_segment=tuple(lines.index(line) for line in line_of),
                lines=tuple(lines),
                mean_service=_mean_service(journey, len(plans), mix * steps),
                groups=tuple(sorted(serving, key=lambda g: groups[g].serves.index(name))),
            )
        )
    return tuple(plans)


def _mean_service(journey: Journey, queue_number: int, expected: FloatArray) -> int:
    """Mean service in ticks over the users of a queue, ``expected`` at each touchpoint, by class.

    Where nobody is expected (those turned away elsewhere come here), all its services count alike.
    """
    points = list(journey.touchpoints.values())
    here = [number for number, point in enumerate(points) if queue_number in _queues_of(journey, point)]
    if not here:
        return 0
    classes = _classes(journey)
    means = np.array([[points[number].service.mean_min(*klass) for klass in classes] for number in here])
    weights = expected[here]
    if not weights.any():
        weights = np.ones_like(means)
    return to_ticks(float((weights * means).sum() / weights.sum()))


def _group_plans(journey: Journey) -> tuple[GroupPlan, ...]:
    queue_number = {name: i for i, name in enumerate(journey.queues)}
    return tuple(
        GroupPlan(
            serves=tuple(queue_number[queue] for queue in group.serves),
            is_machine=group.kind == "machine",
            cost_per_hour=group.cost_per_hour,
            breakdown=None if group.breakdown is None else (group.breakdown.uptime, group.breakdown.repair),
        )
        for group in journey.staff.values()
    )


def _starting_lines(journey: Journey) -> tuple[StartingLine, ...]:
    return tuple(
        StartingLine(number, _number(journey, queue.start_with.touchpoint), queue.start_with.count)
        for number, queue in enumerate(journey.queues.values())
        if queue.start_with is not None
    )
