"""Who is on duty when, as a table: the rosters of every option on its open days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl

from journeysim.branch.day_plan import plan_day
from journeysim.experiment.scenario import Option
from journeysim.journey import Journey
from journeysim.market.timeline import Timeline
from journeysim.units import TICKS_PER_MINUTE

_COLUMNS = {
    "option": pl.String,
    "branch": pl.String,
    "date": pl.Date,
    "staff_group": pl.String,
    "kind": pl.String,
    "from_min": pl.Float64,
    "until_min": pl.Float64,
    "count": pl.Int64,
}


def rosters_table(options: Sequence[Option]) -> pl.DataFrame:
    """Rosters of the open days of a replication, from opening to closing, without what breaks down.

    Returns
    -------
    One row for each option, branch, date, staff group and span of the day with one count: columns ``option``,
    ``branch`` (its name; null of an only one), ``date``, ``staff_group`` (in map order), ``kind`` (person
    or machine), ``from_min``, ``until_min`` (minutes after midnight) and ``count`` (>= 0).
    """
    rows = [
        (option.name, branch, day, *span)
        for option in options
        for branch, day, journey in _maps(option)
        for span in _spans(journey, day)
    ]
    return pl.DataFrame(rows, schema=_COLUMNS, orient="row")


def _maps(option: Option) -> Iterator[tuple[str | None, date, Journey]]:
    """The map that holds in each of our branches on each of its open days."""
    if option.market is None:
        yield from ((None, day.date, option.journey) for day in option.days)
        return
    timeline = Timeline.of(option.market, before=0)
    for branch in option.market.banks[0].branches:
        for day in timeline.all_open_days(branch):
            yield branch.name or None, day.date, branch.on(day.date)


def _spans(journey: Journey, day: date) -> Iterator[tuple[str, str, float, float, int]]:
    """Group, kind, start, end and count."""
    plan = plan_day(journey, day)
    if plan is None:
        return
    for (name, group), roster in zip(journey.staff.items(), plan.rosters, strict=True):
        ends = (*roster.ticks[1:], plan.closes)
        for start, end, count in zip(roster.ticks, ends, roster.counts, strict=True):
            yield name, group.kind, start / TICKS_PER_MINUTE, end / TICKS_PER_MINUTE, count
