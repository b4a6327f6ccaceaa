"""Kinds of days: which days of a run are alike, and who comes from outside on each kind of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from scipy.special import ndtr, roots_genlaguerre

from journeysim.branch.calendar import OpenDay
from journeysim.journey import Appointments, BookedArrivals, Journey, OpeningHours, RecordedArrivals
from journeysim.units import FloatArray

PART_MIN = 30
"""Length of the parts of a day, minutes, in which customers are followed from one touchpoint to the next."""

AFTER_CLOSING = 16
"""Parts after closing; whoever comes on later still counts in the last."""

DEMANDS = 7
"""Kinds of day that stand for days that differ beyond chance."""

Roster = tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class DayKind:
    """Days that are alike.

    Parameters
    ----------
    count : how many of a replication's days are so; no whole number where demand differs between days.
    opens, closes : minutes after midnight.
    sends_home : whether who waits at closing goes home.
    edges : shape (parts + 1,), minutes after midnight: no rate or roster changes between two of them.
    open_parts : number of parts before closing.
    outside : shape (classes, parts), expected customers from outside.
    booked : shape (classes,), share of them who come by appointment.
    rosters : shape (groups, parts), staff on duty.
    """

    count: float
    opens: int
    closes: int
    sends_home: bool
    edges: FloatArray
    open_parts: int
    outside: FloatArray
    booked: FloatArray
    rosters: FloatArray


@dataclass(frozen=True)
class _Alike:
    hours: OpeningHours
    factor: float
    rosters: tuple[Roster, ...]


def day_kinds(journey: Journey, days: Sequence[OpenDay]) -> tuple[DayKind, ...]:
    """Kinds of the days of a replication, in order of the first day of each."""
    found: dict[_Alike, list[OpenDay]] = {}
    for day in days:
        weekday = day.date.weekday()
        hours = journey.hours_on(weekday)
        assert hours is not None
        rosters = tuple(_roster(journey, name, day.date) for name in journey.staff)
        found.setdefault(_Alike(hours, journey.arrivals.day_factor(weekday), rosters), []).append(day)
    return tuple(
        _kind(journey, alike, same, demand, len(same) * share)
        for alike, same in found.items()
        for demand, share in _demands(journey)
    )


def _demands(journey: Journey) -> list[tuple[float, float]]:
    """Factors on a day's rates with the share of days that have them (Gauss-Laguerre for a gamma)."""
    cv = journey.arrivals.day_cv
    if cv == 0 or journey.arrivals.recorded is not None:
        return [(1.0, 1.0)]
    shape = cv**-2
    nodes, weights = roots_genlaguerre(DEMANDS, shape - 1.0)
    return list(zip((nodes / shape).tolist(), (weights / weights.sum()).tolist(), strict=True))


def _roster(journey: Journey, group: str, day: date) -> Roster:
    """Count from each minute of a date on."""
    return tuple(journey.staff[group].roster_on(day))


def _kind(journey: Journey, alike: _Alike, days: list[OpenDay], demand: float, count: float) -> DayKind:
    opens, closes = alike.hours.open_min, alike.hours.close_min
    log = journey.arrivals.recorded
    rates = journey.arrivals.per_hour_steps()
    marks = {opens, closes, *range(opens + PART_MIN, closes, PART_MIN)}
    marks |= {minute for steps in (*alike.rosters, rates) for minute, _ in steps if opens < minute < closes}
    inside = sorted(marks)
    edges = [*inside, *(closes + PART_MIN * k for k in range(1, AFTER_CLOSING + 1))]
    outside = np.zeros((len(journey.segments) * len(journey.needs), len(edges) - 1))
    open_parts = len(inside) - 1
    if log is None:
        factor = journey.arrivals.scale * alike.factor * demand
        for part, (start, end) in enumerate(pairwise(inside)):
            outside[:, part] = _mix(journey) * (factor * _at(rates, start) * (end - start) / 60.0)
    else:
        outside[:, :open_parts] = _recorded(journey, log, days, inside)
    booked = np.zeros_like(outside)
    if journey.arrivals.appointments is not None and journey.arrivals.booked is not None:
        rows = _booked_by_row(journey.arrivals.appointments, journey.arrivals.booked, days, inside)
        booked[:, :open_parts] = _classes_of(journey, journey.arrivals.booked).T @ rows
    outside += booked
    come = outside.sum(axis=1)
    return DayKind(
        count=count,
        opens=opens,
        closes=closes,
        sends_home=alike.hours.at_close == "leave",
        edges=np.array(edges, dtype=np.float64),
        open_parts=open_parts,
        outside=outside,
        booked=booked.sum(axis=1) / np.where(come > 0.0, come, 1.0),
        rosters=np.array(
            [[_at(steps, min(start, closes - 1)) for start in edges[:-1]] for steps in alike.rosters]
        ).reshape(len(alike.rosters), len(edges) - 1),
    )


def _at(steps: Sequence[tuple[int, float]], minute: int) -> float:
    """Value that holds at a minute; 0 before the first step."""
    value = 0.0
    for start, step in steps:
        if start <= minute:
            value = step
    return value


def _mix(journey: Journey) -> FloatArray:
    """Share of each class among those who come by rates, shape (classes,)."""
    shares = [
        (segment.share or 0.0) * need.share_for(name)
        for name, segment in journey.segments.items()
        for need in journey.needs.values()
    ]
    return np.array(shares)


def _recorded(journey: Journey, log: RecordedArrivals, days: list[OpenDay], edges: list[int]) -> FloatArray:
    """Mean customers a day of each class in each part, the parts of a clock hour alike."""
    used = np.isin(log.day, [day.log_day for day in days if day.log_day is not None])
    used &= (log.minute >= edges[0]) & (log.minute < edges[-1])
    hour = (log.minute[used] // 60).astype(np.int64)
    of_class = _classes_of(journey, log)[used]
    found = np.zeros((of_class.shape[1], len(edges) - 1))
    for part, (start, end) in enumerate(pairwise(edges)):
        first, last = max(edges[0], start // 60 * 60), min(edges[-1], start // 60 * 60 + 60)
        count = of_class[hour == start // 60].sum(axis=0)
        found[:, part] = count / len(days) * (end - start) / (last - first)
    return found


def _booked_by_row(
    rule: Appointments, booked: BookedArrivals, days: list[OpenDay], edges: list[int]
) -> FloatArray:
    """Mean number that come a day of each booking in each part, shape (bookings, parts).

    Who comes before opening waits for the doors.
    """
    times = np.array([-np.inf, *edges[1:]], dtype=np.float64)
    late = times - booked.minute[:, np.newaxis]
    if rule.lateness is None:
        come = (late > 0.0).astype(np.float64)
    else:
        normal = rule.lateness.normal
        come = np.asarray(ndtr((late - normal.mean_min) / normal.sd_min))
    held = np.ones(booked.minute.size)
    if booked.day is not None:
        dates = [day.date for day in days]
        held = np.array([dates.count(date) for date in booked.dates])[booked.day] / len(days)
    return np.asarray(np.diff(come, axis=1) * (held * (1.0 - rule.no_show))[:, np.newaxis])


def _classes_of(journey: Journey, rows: RecordedArrivals | BookedArrivals) -> FloatArray:
    """Probability of each class for each row of a file, by the shares where it names none."""
    segments, needs = len(journey.segments), len(journey.needs)
    shares = np.array([segment.share or 0.0 for segment in journey.segments.values()])
    by_need = np.array(
        [[need.share_for(name) for need in journey.needs.values()] for name in journey.segments]
    )
    of_segment = np.tile(shares, (rows.minute.size, 1))
    if rows.segment is not None:
        of_segment = np.eye(segments)[rows.segment]
    of_class = of_segment[:, :, np.newaxis] * by_need
    if rows.need is not None:
        of_class = of_segment[:, :, np.newaxis] * np.eye(needs)[rows.need][:, np.newaxis, :]
    return np.asarray(of_class.reshape(rows.minute.size, segments * needs))
