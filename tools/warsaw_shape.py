"""Measure how arrivals at walk-in offices spread over the day, from displays of ticket numbers.

    python tools/warsaw_shape.py SNAPSHOTS.parquet --per-day 302

Every line of numbered tickets at 21 public offices in Warsaw shows about every five minutes which ticket was
called last and how many wait. Tickets drawn so far are the number called plus those who wait; how many more
are drawn in an hour came in that hour. ``journeys/city-branch.yaml`` takes the shape for its arrivals.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

FloatArray = npt.NDArray[np.float64]

STUCK_CLOCK_YEAR = 2012
"""One office's clock stood in 2012."""
NOT_USUAL = (date(2019, 12, 31), date(2020, 1, 1), date(2020, 1, 6))
"""New Year's Eve (closed early), New Year and Epiphany."""
OPEN_HOUR = 8
CLOSE_HOUR, MONDAY_CLOSE_HOUR = 16, 18
LONGEST_GAP_MIN = 30
"""Between two snapshots of a day; with a longer one nobody knows in which hour people came."""
MOST_AT_START = 20
"""A line whose first number of a day is further on was not reset, and its mornings cannot be told."""
MOST_BETWEEN_SNAPSHOTS = 40
"""More tickets within five minutes are a jump of the display."""
BRANCH_OPEN_HOUR = 9


@dataclass(frozen=True)
class LineDay:
    """One line of tickets on one day.

    Parameters
    ----------
    came : shape (hours open,), tickets drawn in each hour; the first has those before opening too.
    """

    office: str
    day: date
    came: FloatArray


def snapshots(raw: pl.DataFrame) -> pl.DataFrame:
    """Usable snapshots in order of time, with the day and the minute after midnight of each.

    Rows dated December 2020 are from December 2019.
    """
    moment = pl.col("t")
    of_2019 = (moment.dt.year() == 2020) & (moment.dt.month() == 12)
    return (
        raw.filter(moment.dt.year() != STUCK_CLOCK_YEAR)
        .with_columns(pl.when(of_2019).then(moment.dt.offset_by("-1y")).otherwise(moment).alias("t"))
        .with_columns(
            pl.col("office").cast(pl.String),
            day=moment.dt.date(),
            minute=moment.dt.hour().cast(pl.Int64) * 60 + moment.dt.minute(),
        )
        .sort("office", "group_id", "t")
    )


def line_days(usable: pl.DataFrame) -> tuple[list[LineDay], Counter[str]]:
    """Lines and days whose tickets can be followed, and how many were left out for what."""
    kept: list[LineDay] = []
    counts: Counter[str] = Counter()
    for key, line in usable.group_by("office", "group_id", "day", maintain_order=True):
        office, day = str(key[0]), key[2]
        assert isinstance(day, date)
        found = came_by_hour(line, MONDAY_CLOSE_HOUR if day.weekday() == 0 else CLOSE_HOUR)
        if day in NOT_USUAL:
            found = "a holiday or New Year's Eve"
        if isinstance(found, str):
            counts[found] += 1
        else:
            kept.append(LineDay(office, day, found))
    return kept, counts


def came_by_hour(line: pl.DataFrame, close_hour: int) -> FloatArray | str:
    """Tickets drawn in each hour of a day, or why that cannot be told.

    Parameters
    ----------
    line : snapshots of one line on one day in order of time: ``minute``, ``current_ticket``, ``waiting``.
    """
    minute = line["minute"].to_numpy().astype(np.float64)
    called = line["current_ticket"].to_numpy().astype(np.float64)
    shown = ~np.isnan(called)
    if not shown.any():
        return "no ticket called"
    open_min, close_min = OPEN_HOUR * 60, close_hour * 60
    inside = minute[(minute >= open_min) & (minute <= close_min)]
    if (np.diff(inside, prepend=open_min, append=close_min) > LONGEST_GAP_MIN).any():
        return "a gap in the snapshots"
    first = called[shown][0]
    # Ranges such as 501, 502, ... start at a full hundred.
    base = first - first % 100
    if first - base > MOST_AT_START:
        return "numbers that go on from the day before"
    if (np.diff(called[shown]) < 0).any():
        return "several ranges of numbers in one line"
    waiting = line["waiting"].to_numpy().astype(np.float64)
    drawn = np.maximum.accumulate(np.where(shown, called - base, 0) + waiting)
    if (np.diff(drawn) > MOST_BETWEEN_SNAPSHOTS).any():
        return "a jump of the display"
    edges = np.arange(open_min, close_min + 1, 60, dtype=np.float64)
    by_edge = np.interp(edges, minute, drawn)
    by_edge[0] = 0
    return np.diff(by_edge)


def shape(days: list[LineDay]) -> FloatArray:
    """Share of a day's arrivals in each hour; every ticket counts alike."""
    total: FloatArray = np.sum([day.came for day in days], axis=0)
    return np.asarray(total / total.sum())


def describe(name: str, days: list[LineDay]) -> None:
    """Print the shape of some days, how it differs between days and between offices, and what it rests on."""
    dates = sorted({day.day for day in days})
    offices = sorted({day.office for day in days})
    tickets = sum(float(day.came.sum()) for day in days)
    rests_on = f"{len(offices)} offices, {len(dates)} days, {len(days)} days of lines"
    print(f"\n{name}: {tickets:.0f} tickets, {rests_on}")
    by_day = np.array([shape([line for line in days if line.day == day]) for day in dates])
    by_office = np.array([shape([line for line in days if line.office == office]) for office in offices])
    _row("hour", [f"{OPEN_HOUR + hour:02d}:00" for hour in range(by_day.shape[1])])
    _row("share of the day", [f"{value:.4f}" for value in shape(days)])
    _row("sd between days", [f"{value:.4f}" for value in by_day.std(axis=0, ddof=1)])
    for level in (10, 90):
        _row(f"offices, {level}%", [f"{value:.4f}" for value in np.percentile(by_office, level, axis=0)])


def scaled(shares: FloatArray, per_day: float) -> dict[str, float]:
    """Arrivals an hour for a branch: its first hour open is the offices' first hour open."""
    return {f"{BRANCH_OPEN_HOUR + i:02d}:00": round(float(s) * per_day, 1) for i, s in enumerate(shares)}


def _row(name: str, values: list[str]) -> None:
    print(f"  {name:<18}" + "".join(f"{value:>8}" for value in values))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("snapshots", type=Path, help="snapshots of the displays, a Parquet file")
    parser.add_argument("--per-day", type=float, default=302, help="arrivals a day to scale the shape to")
    given = parser.parse_args(arguments)
    kept, left_out = line_days(snapshots(pl.read_parquet(given.snapshots)))
    print(f"Days of lines kept: {len(kept)}. Left out:")
    for reason, count in left_out.most_common():
        print(f"  {count:>5}  {reason}")
    usual = [day for day in kept if day.day.weekday() > 0]
    describe("Tuesday to Friday, open 08:00-16:00", usual)
    describe("Mondays, open 08:00-18:00", [day for day in kept if day.day.weekday() == 0])
    print(f"\nTuesday to Friday for {given.per_day:g} arrivals a day, from the first hour open on, an hour:")
    for clock, per_hour in scaled(shape(usual), given.per_day).items():
        print(f"  {clock}: {per_hour}")


if __name__ == "__main__":
    main()
