"""Work against capacity: where a map brings more work than its staff can do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from journeysim.journey.flow import expected_case_states, route
from journeysim.journey.sources import BusiestDay, Source, busiest_day, shares_mix, sources, value_at
from journeysim.journey.staff import RosterFile, StaffGroup
from journeysim.journey.stations import LEAVE, Touchpoint
from journeysim.journey.values import show_time

if TYPE_CHECKING:
    from journeysim.journey.models import Journey
    from journeysim.units import FloatArray

TOLERANCE = 1e-9
_A_MONDAY = date(2024, 1, 1)


@dataclass(frozen=True)
class Overload:
    """Touchpoints that share staff and have more work than that staff can do.

    Parameters
    ----------
    touchpoints : those with work, in the map's order.
    load : work ÷ capacity, above 1; infinite where nobody is on duty.
    span : opening and closing time of the day, or of the worst part of it.
    whole_day : whether the day's work exceeds the day's capacity, not only a part's.
    """

    touchpoints: tuple[str, ...]
    load: float
    span: tuple[int, int]
    whole_day: bool

    def __str__(self) -> str:
        when = f"from {show_time(self.span[0])} to {show_time(self.span[1])}"
        if self.load == float("inf"):
            return f"nobody on duty {when}"
        return f"a load of {self.load:.2f} " + ("over the day" if self.whole_day else when)


def overloads(journey: Journey) -> list[Overload]:
    """Sets of touchpoints whose staff has too little time for them, nobody balking or giving up.

    Assumption: every queue (or group of lines) by itself, and every set of queues that share staff, is held
    against all the staff that may serve it, on the open weekday with the most arrivals; files count with the
    mean over their dates, machines with the share of time that they are up in the long run. Work is counted
    when the case begins: all its contacts, wrap-up and the service for which a server is kept included, waits
    for that service not. Who waits at opening counts in the day, not in a part of it.
    """
    day = busiest_day(journey)
    coming = [
        (source, _work_by_lines(journey, _work(journey, source.mix, source.start)))
        for source in sources(journey, day)
    ]
    found: list[Overload] = []
    covered: set[str] = set()
    for queues in _queue_sets(journey):
        work = [
            (source, sum(minutes for lines, minutes in by_lines if lines <= queues))
            for source, by_lines in coming
        ]
        if queues <= covered or not any(minutes > 0 for _, minutes in work):
            continue
        overload = _overload(journey, queues, work, day)
        if overload is not None:
            found.append(overload)
            covered |= queues
    return found


def work_per_arrival(journey: Journey) -> dict[str, float]:
    """Mean minutes that an average customer's case occupies servers of each touchpoint, waits left out."""
    return _work(journey, arrival_mix(journey), None)


def work_by_source(journey: Journey, source: Source) -> dict[str, float]:
    """Mean minutes for which a case of a source occupies servers of each touchpoint, waits left out."""
    return _work(journey, source.mix, source.start)


def arrival_mix(journey: Journey) -> FloatArray:
    """Share of the arrivals of each segment and need, shape (segments, needs), summing to 1.

    Of all who come on the busiest weekday, those who wait at opening left out.
    """
    day = busiest_day(journey)
    coming = [source for source in sources(journey, day) if source.start is None]
    per_day = [source.per_day(day.hours) for source in coming]
    if sum(per_day) == 0:
        return coming[0].mix if len(coming) == 1 else shares_mix(journey)
    total = sum(count * source.mix for count, source in zip(per_day, coming, strict=True))
    return np.asarray(total / sum(per_day))


def _work(journey: Journey, mix: FloatArray, start: str | None) -> dict[str, float]:
    """Mean minutes for which a case occupies servers of each touchpoint."""
    states = expected_case_states(journey, start)
    shares = mix.ravel()
    kinds = [(segment, need) for segment in journey.segments for need in journey.needs]
    count = len(journey.touchpoints)
    work = {}
    for row, (name, touchpoint) in enumerate(journey.touchpoints.items()):
        work[name] = float(
            sum(
                shares[column] * states[state, column] * _busy_min(journey, touchpoint, *kind, state >= count)
                for column, kind in enumerate(kinds)
                for state in (row, row + count)
                if shares[column] * states[state, column] > 0
            )
        )
    return work


def _busy_min(journey: Journey, touchpoint: Touchpoint, segment: str, need: str, failed: bool) -> float:
    """Mean minutes that one step occupies a server: service, wrap-up, and while kept for the next service."""
    minutes = touchpoint.service.mean_min(segment, need)
    if touchpoint.wrap_up is not None:
        minutes += touchpoint.wrap_up.mean_min(segment, need)
    if any(rule.keep_server for rule in touchpoint.next):
        for goal, probability in route(touchpoint, segment, need, failed_before=failed).items():
            if goal.keeps_server and goal.touchpoint != LEAVE:
                kept_for = journey.touchpoints[goal.touchpoint].service.mean_min(segment, need)
                minutes += probability * (1 - touchpoint.fails) * kept_for
    return minutes


def _work_by_lines(journey: Journey, work: dict[str, float]) -> list[tuple[frozenset[str], float]]:
    """Work of each touchpoint with the queues that its customers may wait in; none: it needs no staff."""
    return [
        (frozenset(journey.lines_of(touchpoint)), work[name])
        for name, touchpoint in journey.touchpoints.items()
        if touchpoint.queue is not None
    ]


def _queue_sets(journey: Journey) -> Iterator[frozenset[str]]:
    """Every queue or group of lines by itself, then all that share staff, directly or through others."""
    groups = [frozenset(lines) for lines in journey.line_groups().values()]
    singles = [frozenset([name]) for name in journey.queues]
    units = list(dict.fromkeys([*singles, *groups]))
    yield from units
    components: list[frozenset[str]] = []
    for linked in (*units, *(frozenset(group.serves) for group in journey.staff.values())):
        touching = [other for other in components if other & linked]
        components = [other for other in components if not other & linked]
        components.append(linked.union(*touching))
    yield from (component for component in components if component not in units)


def _overload(
    journey: Journey, queues: frozenset[str], work: Sequence[tuple[Source, float]], day: BusiestDay
) -> Overload | None:
    """Overload of a set of queues by sources that each bring it some work a customer, or None."""
    hours = day.hours
    groups = [journey.staff[name] for name in journey.groups_serving(queues)]
    rosters = [_mean_roster(journey, group, day) for group in groups]
    edges = {hours.open_min, hours.close_min}
    edges.update(minute for source, _ in work for minute, _ in source.per_hour)
    edges.update(minute for roster in rosters for minute, _ in roster)
    marks = sorted(edge for edge in edges if hours.open_min <= edge <= hours.close_min)
    parts = []
    for start, end in pairwise(marks):
        demand = sum(value_at(source.per_hour, start) / 60 * minutes for source, minutes in work)
        capacity = sum(value_at(roster, start) for roster in rosters)
        parts.append((start, end, demand, capacity))
    demand = sum((end - start) * demand for start, end, demand, _ in parts)
    demand += sum(source.at_opening * minutes for source, minutes in work)
    capacity = sum((end - start) * capacity for start, end, _, capacity in parts)
    names = tuple(
        name
        for name, touchpoint in journey.touchpoints.items()
        if touchpoint.queue is not None and queues.issuperset(journey.lines_of(touchpoint))
    )
    if demand > capacity * (1 + TOLERANCE):
        load = demand / capacity if capacity else float("inf")
        return Overload(names, load, (hours.open_min, hours.close_min), whole_day=True)
    over = [part for part in parts if part[2] > part[3] * (1 + TOLERANCE)]
    if not over:
        return None
    worst = max(over, key=lambda part: part[2] / part[3] if part[3] else float("inf"))
    load = worst[2] / worst[3] if worst[3] else float("inf")
    return Overload(names, load, (worst[0], worst[1]), whole_day=False)


def _mean_roster(journey: Journey, group: StaffGroup, day: BusiestDay) -> list[tuple[int, float]]:
    """Servers of a group from each minute on: the mean over dates, times the share of time they are up."""
    up = 1.0
    if group.breakdown is not None:
        uptime, repair = group.breakdown.uptime.mean_min(), group.breakdown.repair.mean_min()
        up = uptime / (uptime + repair)
    if not isinstance(group.count, RosterFile):
        return [(minute, count * up) for minute, count in group.roster_steps()]
    rosters = [group.roster_on(date_) for date_ in _dates(journey, group.count, day)]
    marks = sorted({minute for roster in rosters for minute, _ in roster})
    total = np.zeros(len(marks))
    for roster in rosters:
        counts = np.array([0, *(count for _, count in roster)])
        total += counts[np.searchsorted([minute for minute, _ in roster], marks, side="right")]
    return list(zip(marks, (total * up / max(len(rosters), 1)).tolist(), strict=True))


def _dates(journey: Journey, roster: RosterFile, day: BusiestDay) -> list[date]:
    """Dates over which a roster's file is averaged: the log's, else the file's of the busiest weekday."""
    recorded = journey.arrivals.recorded
    if recorded is not None:
        return [date_ for date_ in recorded.dates if journey.hours_on(date_.weekday()) is not None]
    some_day = _A_MONDAY + timedelta(days=day.weekday)
    return (roster.table.dates_like(some_day) if roster.table is not None else []) or [some_day]
