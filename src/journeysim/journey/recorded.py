"""Reads the customers whom a map takes from files: recorded arrivals with what was observed, and bookings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journeysim.errors import Problem
from journeysim.journey.arrivals import Appointments, BookedArrivals, FromLog, RecordedArrivals
from journeysim.journey.data_files import DataFault, DataFile, fault_problem, find_file
from journeysim.journey.rows import Rows
from journeysim.journey.strict_yaml import Document, Loc

if TYPE_CHECKING:
    from datetime import date

    import polars as pl

    from journeysim.journey.models import Journey
    from journeysim.units import IntArray

LOG: Loc = ("arrivals", "from_log")
BOOKED: Loc = ("arrivals", "appointments")
OUTCOMES = ("served", "failed", "balked", "reneged", "rejected", "closed", "in_progress")


def read_recorded(journey: Journey, document: Document, log: FromLog) -> list[Problem]:
    """Read the log of recorded arrivals into the map; return what is wrong with it."""
    try:
        recorded, problems = _recorded(find_file(document, log.file), journey, log)
    except DataFault as fault:
        return [fault_problem(document, LOG, fault)]
    if not problems:
        journey.arrivals._recorded = recorded
    return problems


def read_booked(journey: Journey, document: Document, rule: Appointments) -> list[Problem]:
    """Read the appointments into the map; return what is wrong with them."""
    try:
        booked, problems = _booked(find_file(document, rule.file), journey, rule)
    except DataFault as fault:
        return [fault_problem(document, BOOKED, fault)]
    if not problems:
        journey.arrivals._booked = booked
    return problems


def _recorded(
    file: DataFile, journey: Journey, log: FromLog
) -> tuple[RecordedArrivals | None, list[Problem]]:
    columns = {"time": log.time, "day": log.day, "segment": log.segment, "need": log.need}
    if log.observed is not None:
        columns |= {"observed.wait": log.observed.wait, "observed.outcome": log.observed.outcome}
    rows = Rows(file, columns)
    dates, minutes = rows.moments()
    segment, need = rows.indices("segment", list(journey.segments)), rows.indices("need", list(journey.needs))
    wait = rows.minutes_or_nothing("observed.wait") if rows.has("observed.wait") else None
    outcome = _outcomes(rows) if rows.has("observed.outcome") else None
    if rows.problems:
        return None, rows.problems
    distinct, day = _numbered(dates)
    minute = minutes.to_numpy().astype("float64")
    return RecordedArrivals(distinct, day, minute, segment, need, wait, outcome), []


def _booked(
    file: DataFile, journey: Journey, rule: Appointments
) -> tuple[BookedArrivals | None, list[Problem]]:
    rows = Rows(file, {"time": rule.time, "day": rule.day, "segment": rule.segment, "need": rule.need})
    dates, minutes = rows.moments() if rows.tells_dates() else (None, rows.minutes())
    segment, need = rows.indices("segment", list(journey.segments)), rows.indices("need", list(journey.needs))
    if rows.problems:
        return None, rows.problems
    distinct, day = ((), None) if dates is None else _numbered(dates)
    return BookedArrivals(distinct, day, minutes.to_numpy().astype("float64"), segment, need), []


def _numbered(dates: pl.Series) -> tuple[tuple[date, ...], IntArray]:
    """Distinct dates, ascending, and each row's place among them."""
    distinct = dates.unique().sort()
    day = dates.replace_strict(distinct, list(range(len(distinct)))).to_numpy()
    return tuple(distinct.to_list()), day.astype("int64")


def _outcomes(rows: Rows) -> tuple[str, ...]:
    column = rows.text("observed.outcome")
    bad = column.is_not_null() & (column != "") & ~column.is_in(list(OUTCOMES))
    known = f"known: {', '.join(OUTCOMES)}"
    rows.refuse("observed.outcome", bad.fill_null(value=False), "an unknown outcome", known)
    return tuple(column.fill_null("").to_list())
