"""Where a map's customers come from on its busiest weekday: how many when, and of which kinds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from journeysim.journey.hours import OpeningHours

if TYPE_CHECKING:
    from journeysim.journey.arrivals import BookedArrivals, RecordedArrivals
    from journeysim.journey.models import Journey
    from journeysim.units import FloatArray, IntArray


@dataclass(frozen=True)
class BusiestDay:
    """The open weekday with the largest factor on the arrivals, the first of equals.

    Parameters
    ----------
    weekday : 0 (Monday) to 6.
    factor : on the rates.
    """

    weekday: int
    hours: OpeningHours
    factor: float


@dataclass(frozen=True, eq=False)
class Source:
    """Customers who come in one way.

    Parameters
    ----------
    per_hour : how many an hour from each minute of the day on, ascending.
    at_opening : how many wait when the doors open.
    mix : shape (segments, needs), the share of each kind, summing to 1.
    start : touchpoint they come to; None: where their need starts.
    """

    per_hour: tuple[tuple[int, float], ...]
    at_opening: int
    mix: FloatArray
    start: str | None = None

    def per_day(self, hours: OpeningHours) -> float:
        """Customers a day."""
        edges = {hours.open_min, hours.close_min, *(minute for minute, _ in self.per_hour)}
        marks = sorted(edge for edge in edges if hours.open_min <= edge <= hours.close_min)
        come = sum(value_at(self.per_hour, start) * (end - start) / 60 for start, end in pairwise(marks))
        return come + self.at_opening


def busiest_day(journey: Journey) -> BusiestDay:
    """Weekday on which a map is held against its staff."""
    days = [(day, journey.hours_on(day), journey.arrivals.day_factor(day)) for day in range(7)]
    return max(
        (BusiestDay(day, hours, factor) for day, hours, factor in days if hours is not None),
        key=lambda day: day.factor,
    )


def sources(journey: Journey, day: BusiestDay) -> list[Source]:
    """All ways in which customers come; of files the mean over their dates."""
    arrivals = journey.arrivals
    found: list[Source] = []
    if arrivals.recorded is not None:
        recorded = arrivals.recorded
        rates = _hourly(recorded.minute, max(len(recorded.dates), 1), day.hours)
        found.append(Source(rates, 0, _mix_of(journey, recorded)))
    elif arrivals.per_hour is not None:
        scale = arrivals.scale * day.factor
        steps = tuple((minute, rate * scale) for minute, rate in arrivals.per_hour_steps())
        found.append(Source(steps, 0, shares_mix(journey)))
    if arrivals.booked is not None and arrivals.appointments is not None:
        booked, comes = arrivals.booked, 1 - arrivals.appointments.no_show
        rates = _hourly(booked.minute, max(len(booked.dates), 1), day.hours)
        rates = tuple((minute, rate * comes) for minute, rate in rates)
        found.append(Source(rates, 0, _mix_of(journey, booked)))
    for queue in journey.queues.values():
        line = queue.start_with
        if line is not None:
            found.append(Source((), line.count, shares_mix(journey), line.touchpoint))
    return found


def shares_mix(journey: Journey) -> FloatArray:
    """Share of each segment and need by the map's shares, shape (segments, needs); a missing share is 0."""
    shares = np.array([segment.share or 0.0 for segment in journey.segments.values()])
    return np.asarray(shares[:, None] * _need_shares(journey))


def kinds_who_come(journey: Journey) -> set[tuple[str, str]]:
    """Segments with needs that come, by their shares or in a file; a missing share may be anything."""
    kinds = {
        (segment_name, need_name)
        for segment_name, segment in journey.segments.items()
        for need_name, need in journey.needs.items()
        if segment.share != 0 and (need.share is None or need.share_for(segment_name) > 0)
    }
    segments, needs = list(journey.segments), list(journey.needs)
    for file in (journey.arrivals.recorded, journey.arrivals.booked):
        if file is not None:
            cells = np.argwhere(_mix_of(journey, file) > 0).tolist()
            kinds |= {(segments[segment], needs[need]) for segment, need in cells}
    return kinds


def value_at(steps: Iterable[tuple[int, float]], minute: int) -> float:
    """Value that holds at ``minute``; 0 before the first step."""
    value = 0.0
    for start, step in steps:
        if start <= minute:
            value = step
    return value


def _need_shares(journey: Journey) -> FloatArray:
    needs = journey.needs.values()
    return np.array([[need.share_for(segment) for need in needs] for segment in journey.segments])


def _mix_of(journey: Journey, file: RecordedArrivals | BookedArrivals) -> FloatArray:
    """Share of each kind in a file; what it does not say is by the shares."""
    count = len(journey.segments), len(journey.needs)
    rows = len(file.minute)
    if rows == 0:
        return shares_mix(journey)
    shares = np.array([segment.share or 0.0 for segment in journey.segments.values()])
    if file.segment is not None:
        shares = _counts(file.segment, count[0]) / rows
    if file.need is None:
        return np.asarray(shares[:, None] * _need_shares(journey))
    if file.segment is None:
        return np.asarray(shares[:, None] * _counts(file.need, count[1])[None, :] / rows)
    cells = _counts(file.segment * count[1] + file.need, count[0] * count[1])
    return np.asarray(cells.reshape(count) / rows)


def _counts(numbers: IntArray, length: int) -> IntArray:
    return np.bincount(numbers, minlength=length)


def _hourly(minute: FloatArray, days: int, hours: OpeningHours) -> tuple[tuple[int, float], ...]:
    """Mean number an hour in each hour of a day."""
    edges = [*range(hours.open_min, hours.close_min, 60), hours.close_min]
    counts, _ = np.histogram(minute, edges)
    return tuple(
        (start, float(count) / days / ((end - start) / 60))
        for (start, end), count in zip(pairwise(edges), counts, strict=True)
    )
