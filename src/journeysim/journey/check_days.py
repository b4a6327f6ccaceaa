"""What a map says of its days: times within the opening hours, arrivals, and the files with dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from journeysim.journey.checker import Checker
from journeysim.journey.hours import OpeningHours
from journeysim.journey.staff import RosterFile, RosterTable, Steps
from journeysim.journey.strict_yaml import Loc
from journeysim.journey.values import show_time

MAX_PER_HOUR = 100_000
"""Most arrivals an hour, factors included: a slip of the pen beyond it, and hours of computing."""

MIN_CV = 0.001
"""Least coefficient of variation above 0, as in distributions: below it days do not differ."""

_WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_MIDNIGHT = 24 * 60


def check_times(checker: Checker) -> None:
    """Times of rosters and rates lie within the opening hours of some day."""
    if any(loc[0] == "hours" for loc in checker.doubtful if loc):
        return
    journey = checker.journey
    hours = checker.hours_by_weekday()
    if not _open_weekdays(checker):
        checker.error(("arrivals", "day_of_week"), "no day of the week is open")
        return
    opening = min(day.open_min for day in hours.values())
    closing = max(day.close_min for day in hours.values())
    rosters: list[tuple[Loc, object]] = [
        (("staff", name, "count"), group.count) for name, group in journey.staff.items()
    ]
    for loc, steps in [*rosters, (("arrivals", "per_hour"), journey.arrivals.per_hour)]:
        if not isinstance(steps, dict):
            continue
        if not steps:
            checker.error(loc, "at least one time is required", "{}", "{09:00: 3}")
        for minute in steps:
            if not opening <= minute < closing:
                span = f"{show_time(opening)} to {show_time(closing)}"
                time = show_time(minute)
                checker.error(
                    (*loc, time), "a time outside the hours", time, f"the hours are {span}", key=True
                )
    for loc, roster in rosters:
        if isinstance(roster, RosterFile) and roster.table is not None:
            _check_roster(checker, loc, roster.table)
    _check_recorded_hours(checker)
    _check_booked_hours(checker)


def check_arrivals(checker: Checker) -> None:
    """Customers arrive in one way, and not in absurd numbers."""
    arrivals = checker.journey.arrivals
    doubt = any(loc[:1] == ("arrivals",) and loc[1:2] != ("scale",) for loc in checker.doubtful)
    both = arrivals.per_hour is not None and arrivals.from_log is not None
    neither = arrivals.per_hour is None and arrivals.from_log is None and arrivals.appointments is None
    if (both or neither) and not doubt:
        found = "both" if both else "neither"
        checker.error(("arrivals",), "either per_hour or from_log is required", found, sure=True)
    factor = max((arrivals.day_factor(day) for day in checker.hours_by_weekday()), default=1.0)
    peak = max((rate for _, rate in arrivals.per_hour_steps()), default=0.0) * arrivals.scale * factor
    if peak > MAX_PER_HOUR:
        problem = f"more than {MAX_PER_HOUR} arrivals an hour"
        checker.error(("arrivals",), problem, f"{peak:.6g} with scale and weekday's factor")
    if 0 < arrivals.day_cv < MIN_CV:
        problem = f"0, or a number of {MIN_CV:g} or more, is required"
        checker.error(("arrivals", "day_cv"), problem, f"{arrivals.day_cv:g}")
    if not doubt:
        _warn_of_nobody(checker)
    if arrivals.per_hour is None and not doubt:
        what = "recorded arrivals" if arrivals.from_log is not None else "appointments"
        for key, nothing in (("scale", 1.0), ("day_of_week", None), ("day_cv", 0.0)):
            # The weekday's factor says on which days a branch with appointments alone is open.
            idle = key != "day_of_week" or arrivals.from_log is not None
            if idle and getattr(arrivals, key) != nothing:
                checker.warn(("arrivals", key), f"{key} does nothing to {what}")


def _warn_of_nobody(checker: Checker) -> None:
    """Warn of rates by which nobody ever comes, where nobody comes in another way."""
    journey, arrivals = checker.journey, checker.journey.arrivals
    others = arrivals.from_log, arrivals.appointments, *(one.start_with for one in journey.queues.values())
    steps = arrivals.per_hour_steps()
    if not steps or any(one is not None for one in others):
        return
    if arrivals.scale == 0:
        checker.warn(("arrivals", "scale"), "nobody ever comes", "0", "a number above 0")
        return
    ends = [*(minute for minute, _ in steps[1:]), _MIDNIGHT]
    hours = checker.hours_by_weekday()
    comes = [
        rate > 0 and minute < hours[day].close_min and end > hours[day].open_min
        for day in _open_weekdays(checker)
        for (minute, rate), end in zip(steps, ends, strict=True)
    ]
    if comes and not any(comes):
        checker.warn(("arrivals", "per_hour"), "nobody ever comes", "", "a number above 0 in opening hours")


def _open_weekdays(checker: Checker) -> list[int]:
    """Weekdays on which the branch opens: those with hours and, where arrivals come by rates, with any."""
    arrivals = checker.journey.arrivals
    recorded = arrivals.from_log is not None
    return [day for day in checker.hours_by_weekday() if recorded or arrivals.day_factor(day) > 0]


def _hours_on(checker: Checker, day: date) -> OpeningHours | None:
    """Hours of a date; None where the branch is closed on it."""
    weekday = day.weekday()
    return checker.journey.hours_on(weekday) if weekday in _open_weekdays(checker) else None


def _check_recorded_hours(checker: Checker) -> None:
    """Recorded arrivals outside the opening hours do not enter: doubtful if some, wrong if all do."""
    recorded = checker.journey.arrivals.recorded
    if recorded is None:
        return
    hours = [_hours_on(checker, day) for day in recorded.dates]
    late = _outside([hours[day] for day in recorded.day.tolist()], recorded.minute.tolist())
    loc: Loc = ("arrivals", "from_log")
    if late == len(recorded.minute):
        checker.error(loc, "no recorded arrival falls into the opening hours", key=True)
    elif late:
        problem = "recorded arrivals outside the opening hours do not enter"
        checker.warn(loc, problem, f"{late} of {len(recorded.minute)}")


def _check_booked_hours(checker: Checker) -> None:
    """Appointments lie within the opening hours, and on dates that there are."""
    booked, recorded = checker.journey.arrivals.booked, checker.journey.arrivals.recorded
    if booked is None:
        return
    loc: Loc = ("arrivals", "appointments")
    rows = len(booked.minute)
    if booked.day is None:
        hours = checker.hours_by_weekday()
        weekdays = [hours[day] for day in _open_weekdays(checker)]
        minutes = booked.minute.tolist()
        late = sum(_outside(list(weekdays), [minute] * len(weekdays)) == len(weekdays) for minute in minutes)
    else:
        by_date = [_hours_on(checker, day) for day in booked.dates]
        late = _outside([by_date[day] for day in booked.day.tolist()], booked.minute.tolist())
        if recorded is not None:
            logged = set(recorded.dates)
            lost = sum(booked.dates[day] not in logged for day in booked.day.tolist())
            if lost:
                problem = "appointments on dates that the recorded arrivals do not have never come"
                checker.warn(loc, problem, f"{lost} of {rows}")
    if late == rows:
        checker.error(loc, "no appointment falls into the opening hours", key=True)
    elif late:
        checker.warn(loc, "appointments outside the opening hours", f"{late} of {rows}")


def _outside(hours: Sequence[OpeningHours | None], minutes: Sequence[float]) -> int:
    """How many moments lie outside the hours of their day."""
    return sum(
        day is None or not day.open_min <= minute < day.close_min
        for day, minute in zip(hours, minutes, strict=True)
    )


def _check_roster(checker: Checker, loc: Loc, table: RosterTable) -> None:
    """A roster from a file has the days that it is asked for, and its times matter."""
    days: list[tuple[Steps, OpeningHours | None]]
    if table.every_day is not None:
        open_hours = [checker.hours_by_weekday()[day] for day in _open_weekdays(checker)]
        opening, closing = min(h.open_min for h in open_hours), max(h.close_min for h in open_hours)
        days = [(table.every_day, OpeningHours(opening, closing, "serve"))]
    else:
        _check_roster_dates(checker, loc, table)
        days = [(steps, _hours_on(checker, day)) for day, steps in table.by_date.items()]
    idle = held = 0
    for steps, hours in days:
        for (start, count), (end, _) in pairwise([*steps, (_MIDNIGHT, 0)]):
            if count > 0:
                held += 1
                idle += hours is None or start >= hours.close_min or end <= hours.open_min
    if held and idle == held:
        checker.error(loc, "nobody of the roster is on duty in the opening hours", key=True)
    elif idle:
        checker.warn(
            loc, "counts of the roster that hold only outside the opening hours", f"{idle} of {held}"
        )


def _check_roster_dates(checker: Checker, loc: Loc, table: RosterTable) -> None:
    """Every day on which the branch opens has a roster."""
    recorded = checker.journey.arrivals.recorded
    if recorded is not None:
        dates = [day for day in recorded.dates if _hours_on(checker, day) is not None]
        lacking = [day for day in dates if day not in table.by_date]
        if lacking:
            found = f"{len(lacking)} of {len(dates)}, the first {lacking[0].isoformat()}"
            problem = "a roster without dates that the recorded arrivals have"
            checker.error(loc, problem, found, "say with a count of 0 that nobody is on duty", key=True)
    elif checker.journey.arrivals.from_log is None:
        there = {day.weekday() for day in table.by_date}
        names = [_WEEKDAYS[day] for day in _open_weekdays(checker) if day not in there]
        if names:
            problem = "a roster without dates on weekdays that are open"
            hint = "add a date with a count of 0 if nobody is on duty then"
            checker.error(loc, problem, ", ".join(names), hint, key=True)
