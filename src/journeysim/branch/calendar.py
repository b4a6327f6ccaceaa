"""Which days the branch is open: dates, and the day numbers that luck is addressed by."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from journeysim.journey import Journey

_LONGEST_SEARCH_DAYS = 366


@dataclass(frozen=True)
class OpenDay:
    """A day on which the branch is open.

    Attributes
    ----------
    number : days since the first day of the run; the address of the day's luck, so that an option with other
        opening days leaves the luck of every date as it was.
    date : the calendar date.
    log_day : which date of the recorded arrivals it repeats; None where arrivals are generated.
    """

    number: int
    date: date
    log_day: int | None = None


def is_open(journey: Journey, day: date) -> bool:
    """Whether the map has opening hours and arrivals on that weekday."""
    weekday = day.weekday()
    return journey.hours_on(weekday) is not None and journey.arrivals.day_factor(weekday) > 0


def open_days(
    journey: Journey, first_day: date, days: int | None = None, closed: Collection[date] = ()
) -> tuple[OpenDay, ...]:
    """The open days of one replication.

    Parameters
    ----------
    first_day : where the calendar starts; for recorded arrivals the log's own first date counts instead.
    days : how many open days; None for all dates of the log, or 20 where arrivals are generated.
    closed : dates on which the branch is shut.

    Returns
    -------
    In date order; fewer than ``days`` where a log has no more dates, or where the branch is never open.
    """
    log = journey.arrivals.recorded
    if log is not None:
        recorded = [
            OpenDay((day - log.dates[0]).days, day, position)
            for position, day in enumerate(log.dates)
            if day not in closed and journey.hours_on(day.weekday()) is not None
        ]
        return tuple(recorded[:days])
    wanted = 20 if days is None else days
    found: list[OpenDay] = []
    number = since_open = 0
    while len(found) < wanted and since_open <= _LONGEST_SEARCH_DAYS:
        day = first_day + timedelta(days=number)
        if day not in closed and is_open(journey, day):
            found.append(OpenDay(number, day))
            since_open = 0
        number += 1
        since_open += 1
    return tuple(found)
