"""Work against capacity: where a map brings more work than its staff can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from journeysim.journey.flow import expected_visits
from journeysim.journey.hours import OpeningHours
from journeysim.journey.values import show_time

if TYPE_CHECKING:
    from journeysim.journey.arrivals import RecordedArrivals
    from journeysim.journey.models import Journey
    from journeysim.units import FloatArray

TOLERANCE = 1e-9


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

    Assumption: every queue by itself, and every set of queues that share staff, is held against all the
    staff that may serve it, on the open weekday with the most arrivals. Work is counted when the customer
    arrives at the branch.
    """
    hours, factor = _busiest(journey)
    work = work_per_arrival(journey)
    queue_work = {
        name: sum(work[tp] for tp, touchpoint in journey.touchpoints.items() if touchpoint.queue == name)
        for name in journey.queues
    }
    found: list[Overload] = []
    covered: set[str] = set()
    for queues in _queue_sets(journey):
        total = float(sum(queue_work[name] for name in queues))
        if queues <= covered or total == 0:
            continue
        overload = _overload(journey, queues, total, hours, factor)
        if overload is not None:
            found.append(overload)
            covered |= queues
    return found


def work_per_arrival(journey: Journey) -> dict[str, float]:
    """Mean minutes of service that an average arrival brings to each touchpoint, waits left out."""
    visits = expected_visits(journey)
    mix = arrival_mix(journey).ravel()
    kinds = [(segment, need) for segment in journey.segments for need in journey.needs]
    work = {}
    for row, (name, touchpoint) in enumerate(journey.touchpoints.items()):
        work[name] = float(
            sum(
                mix[column] * visits[row, column] * touchpoint.service.mean_min(segment, need)
                for column, (segment, need) in enumerate(kinds)
                if mix[column] * visits[row, column] > 0
            )
        )
    return work


def arrival_mix(journey: Journey) -> FloatArray:
    """Share of the arrivals of each segment and need, shape (segments, needs), summing to 1."""
    recorded = journey.arrivals.recorded
    segments, needs = list(journey.segments), list(journey.needs)
    by_need = np.array([[journey.needs[need].share_for(segment) for need in needs] for segment in segments])
    shares = np.array([journey.segments[segment].share or 0.0 for segment in segments])
    if recorded is None or len(recorded.minute) == 0:
        return np.asarray(shares[:, None] * by_need)
    rows = len(recorded.minute)
    if recorded.segment is not None:
        shares = np.bincount(recorded.segment, minlength=len(segments)) / rows
    if recorded.need is None:
        return np.asarray(shares[:, None] * by_need)
    if recorded.segment is None:
        need_shares = np.bincount(recorded.need, minlength=len(needs)) / rows
        return np.asarray(shares[:, None] * need_shares[None, :])
    cells = np.bincount(recorded.segment * len(needs) + recorded.need, minlength=len(segments) * len(needs))
    return np.asarray(cells.reshape(len(segments), len(needs)) / rows)


def _busiest(journey: Journey) -> tuple[OpeningHours, float]:
    """Hours and factor of the open weekday with the largest factor, the first of equals."""
    days = [(journey.arrivals.day_factor(day), journey.hours_on(day)) for day in range(7)]
    factor, hours = max(((f, h) for f, h in days if h is not None), key=lambda day: day[0])
    return hours, factor


def _queue_sets(journey: Journey) -> Iterator[frozenset[str]]:
    """Every queue by itself, then all queues that share staff, directly or through others."""
    singles = [frozenset([name]) for name in journey.queues]
    yield from singles
    components: list[frozenset[str]] = []
    for linked in (*singles, *(frozenset(group.serves) for group in journey.staff.values())):
        touching = [other for other in components if other & linked]
        components = [other for other in components if not other & linked]
        components.append(linked.union(*touching))
    yield from (component for component in components if len(component) > 1)


def _overload(
    journey: Journey, queues: frozenset[str], work: float, hours: OpeningHours, factor: float
) -> Overload | None:
    """Overload of a set of queues, or None."""
    groups = [group for group in journey.staff.values() if queues & set(group.serves)]
    rosters = [group.roster_steps() for group in groups]
    rates = _rates(journey, hours, factor)
    edges = {hours.open_min, hours.close_min}
    edges.update(minute for minute, _ in rates)
    edges.update(minute for roster in rosters for minute, _ in roster)
    marks = sorted(edge for edge in edges if hours.open_min <= edge <= hours.close_min)
    parts = []
    for start, end in pairwise(marks):
        demand = _at(rates, start) / 60 * work
        capacity = sum(_at(roster, start) for roster in rosters)
        parts.append((start, end, demand, capacity))
    demand = sum((end - start) * demand for start, end, demand, _ in parts)
    capacity = sum((end - start) * capacity for start, end, _, capacity in parts)
    names = tuple(name for name, touchpoint in journey.touchpoints.items() if touchpoint.queue in queues)
    if demand > capacity * (1 + TOLERANCE):
        load = demand / capacity if capacity else float("inf")
        return Overload(names, load, (hours.open_min, hours.close_min), whole_day=True)
    over = [part for part in parts if part[2] > part[3] * (1 + TOLERANCE)]
    if not over:
        return None
    worst = max(over, key=lambda part: part[2] / part[3] if part[3] else float("inf"))
    load = worst[2] / worst[3] if worst[3] else float("inf")
    return Overload(names, load, (worst[0], worst[1]), whole_day=False)


def _rates(journey: Journey, hours: OpeningHours, factor: float) -> list[tuple[int, float]]:
    """Arrivals an hour from each minute on."""
    recorded = journey.arrivals.recorded
    if recorded is not None:
        return _recorded_rates(recorded, hours)
    scale = journey.arrivals.scale * factor
    return [(minute, rate * scale) for minute, rate in journey.arrivals.per_hour_steps()]


def _recorded_rates(recorded: RecordedArrivals, hours: OpeningHours) -> list[tuple[int, float]]:
    """Mean arrivals in each hour of a recorded day."""
    edges = [*range(hours.open_min, hours.close_min, 60), hours.close_min]
    counts, _ = np.histogram(recorded.minute, edges)
    days = max(len(recorded.dates), 1)
    return [
        (start, float(count) / days / ((end - start) / 60))
        for (start, end), count in zip(pairwise(edges), counts, strict=True)
    ]


def _at(steps: Iterable[tuple[int, float]], minute: int) -> float:
    """Value that holds at ``minute``; 0 before the first step."""
    value = 0.0
    for start, step in steps:
        if start <= minute:
            value = step
    return value
