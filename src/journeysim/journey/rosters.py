"""Reads rosters by date and time from files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journeysim.errors import Problem
from journeysim.journey.data_files import DataFault, fault_problem, find_file
from journeysim.journey.rows import Rows
from journeysim.journey.staff import RosterFile, RosterTable
from journeysim.journey.strict_yaml import Document, Loc
from journeysim.journey.values import MAX_COUNT

if TYPE_CHECKING:
    from datetime import date

    import polars as pl


def read_roster(roster: RosterFile, document: Document, loc: Loc) -> list[Problem]:
    """Read the roster that stands at ``loc`` of the map from its file; return what is wrong with it."""
    try:
        file = find_file(document, roster.file)
        rows = Rows(file, {"time": roster.time, "day": roster.day, "count": roster.count})
        dates, minutes = rows.moments() if rows.tells_dates() else (None, rows.minutes())
        split = (minutes != minutes.round()).fill_null(value=False)
        rows.refuse("time", split, "a time to the minute is required", "09:30")
        counts = rows.counts("count", MAX_COUNT)
        if not rows.problems:
            rows.refuse("time", _again(dates, minutes), "a second count from the same time on")
    except DataFault as fault:
        return [fault_problem(document, loc, fault)]
    if rows.problems:
        return rows.problems
    by_date: dict[date | None, list[tuple[int, int]]] = {}
    days: list[date | None] = [None] * len(minutes) if dates is None else dates.to_list()
    for day, minute, count in zip(days, minutes.to_list(), counts.to_list(), strict=True):
        by_date.setdefault(day, []).append((int(minute), int(count)))
    every_day = by_date.pop(None, None)
    dated = {day: tuple(sorted(steps)) for day, steps in sorted((d, s) for d, s in by_date.items() if d)}
    roster._table = RosterTable(None if every_day is None else tuple(sorted(every_day)), dated)
    return []


def _again(dates: pl.Series | None, minutes: pl.Series) -> pl.Series:
    """Mask of the rows whose moment an earlier row has."""
    import polars as pl

    columns = [minutes.alias("time")] if dates is None else [dates.alias("day"), minutes.alias("time")]
    moments = pl.DataFrame(columns).select(pl.struct(pl.all()).is_first_distinct()).to_series()
    return ~moments
