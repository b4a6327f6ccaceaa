"""Reads the recorded arrivals that a map names, with what was observed of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journeysim.errors import Problem
from journeysim.journey.arrivals import FromLog, RecordedArrivals
from journeysim.journey.data_files import (
    DataFault,
    DataFile,
    fault_problem,
    find_file,
    numbers,
    read_columns,
    row_problems,
)
from journeysim.journey.faults import nearest
from journeysim.journey.strict_yaml import Document, Loc

if TYPE_CHECKING:
    import polars as pl

    from journeysim.journey.models import Journey
    from journeysim.units import FloatArray, IntArray

LOC: Loc = ("arrivals", "from_log")
OUTCOMES = ("served", "failed", "balked", "reneged", "rejected", "closed", "in_progress")
_CLOCK = r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}(?:\.[0-9]+)?))?"
_TIME_ONLY = rf"^{_CLOCK}$"
_DATE_AND_TIME = rf"^([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})[T ]{_CLOCK}$"


def read_recorded(journey: Journey, document: Document) -> list[Problem]:
    """Read the log of recorded arrivals into the map; return what is wrong with it."""
    log = journey.arrivals.from_log
    if log is None:
        return []
    try:
        file = find_file(document, log.file)
        frame = read_columns(file, _columns(log))
        reader = _Reader(file, frame, log)
        recorded = reader.read(list(journey.segments), list(journey.needs))
    except DataFault as fault:
        return [fault_problem(document, LOC, fault)]
    if reader.problems:
        return reader.problems
    journey.arrivals._recorded = recorded
    return []


def _columns(log: FromLog) -> dict[str, str]:
    observed = log.observed
    named = {
        "time": log.time,
        "day": log.day,
        "segment": log.segment,
        "need": log.need,
        "observed.wait": observed.wait if observed else None,
        "observed.outcome": observed.outcome if observed else None,
    }
    return {key: name for key, name in named.items() if name is not None}


class _Reader:
    """Turns the columns of a log into arrays, noting rows that make no sense."""

    def __init__(self, file: DataFile, frame: pl.DataFrame, log: FromLog) -> None:
        self.problems: list[Problem] = []
        self._file, self._frame, self._log = file, frame, log
        self._names = _columns(log)

    def read(self, segments: list[str], needs: list[str]) -> RecordedArrivals | None:
        dates, minutes = self._moments()
        segment = self._indices("segment", segments) if self._log.segment else None
        need = self._indices("need", needs) if self._log.need else None
        wait = self._waits() if "observed.wait" in self._names else None
        outcome = self._outcomes() if "observed.outcome" in self._names else None
        if self.problems:
            return None
        distinct = dates.unique().sort()
        day = dates.replace_strict(distinct, list(range(len(distinct)))).to_numpy()
        return RecordedArrivals(
            dates=tuple(distinct.to_list()),
            day=day.astype("int64"),
            minute=minutes.to_numpy().astype("float64"),
            segment=segment,
            need=need,
            observed_wait_min=wait,
            observed_outcome=outcome,
        )

    def _refuse(self, key: str, rows: pl.Series, problem: str, hint: str = "") -> None:
        """Note the rows where the mask ``rows`` holds."""
        raw = self._frame[key]
        found = [(row, raw[row]) for row in rows.arg_true().to_list()]
        self.problems += row_problems(self._file, self._names[key], found, problem, hint)

    def _moments(self) -> tuple[pl.Series, pl.Series]:
        """Date and minute of the day of each arrival."""
        import polars as pl

        time = self._frame["time"]
        if self._log.day is not None:
            minutes = self._minutes(time)
            return self._dates(self._frame["day"]), minutes
        if isinstance(time.dtype, pl.Datetime):
            local = time.dt.replace_time_zone(None)
            self._refuse("time", local.is_null(), "a date and time is required")
            return local.dt.date(), _minute_of(local.dt.time())
        if time.dtype != pl.String:
            problem = "a column of dates with times is required"
            raise DataFault("time", problem, str(time.dtype), "name the column of the date as day")
        parts = time.str.strip_chars().str.extract_groups(_DATE_AND_TIME).struct
        dates = parts.field("1").str.to_date("%Y-%m-%d", strict=False)
        minutes = _minute(parts.field("2"), parts.field("3"), parts.field("4"))
        self._refuse(
            "time", dates.is_null() | minutes.is_null(), "a date and time is required", "2027-01-04 09:12:30"
        )
        return dates, minutes

    def _minutes(self, time: pl.Series) -> pl.Series:
        import polars as pl

        if time.dtype == pl.Time:
            minutes = _minute_of(time)
        elif isinstance(time.dtype, pl.Datetime):
            minutes = _minute_of(time.dt.replace_time_zone(None).dt.time())
        elif time.dtype == pl.String:
            parts = time.str.strip_chars().str.extract_groups(_TIME_ONLY).struct
            minutes = _minute(parts.field("1"), parts.field("2"), parts.field("3"))
        else:
            raise DataFault("time", "a column of times of day is required", str(time.dtype))
        self._refuse("time", minutes.is_null(), "a time of day is required", "09:12:30")
        return minutes

    def _dates(self, day: pl.Series) -> pl.Series:
        import polars as pl

        if isinstance(day.dtype, pl.Datetime):
            dates = day.dt.date()
        elif day.dtype == pl.String:
            dates = day.str.strip_chars().str.to_date("%Y-%m-%d", strict=False)
        elif day.dtype == pl.Date:
            dates = day
        else:
            raise DataFault("day", "a column of dates is required", str(day.dtype))
        self._refuse("day", dates.is_null(), "a date is required", "2027-01-04")
        return dates

    def _indices(self, key: str, names: list[str]) -> IntArray:
        import polars as pl

        column = self._text(key)
        indices = column.replace_strict(names, list(range(len(names))), default=None, return_dtype=pl.Int64)
        bad = indices.is_null()
        if bad.any():
            unknown = column.filter(bad).drop_nulls()
            hint = nearest(str(unknown[0]), names) if len(unknown) else ""
            self._refuse(key, bad, f"an unknown {key}", hint)
        array: IntArray = indices.fill_null(0).to_numpy().astype("int64")
        return array

    def _text(self, key: str) -> pl.Series:
        import polars as pl

        column = self._frame[key]
        if column.dtype not in (pl.String, pl.Categorical, pl.Enum):
            raise DataFault(key, "a column of text is required", str(column.dtype))
        return column.cast(pl.String).str.strip_chars()

    def _waits(self) -> FloatArray:
        waits = numbers(self._frame, "observed.wait")
        raw = self._frame["observed.wait"]
        noted = raw.is_not_null()
        if raw.dtype.is_float():
            noted &= raw.is_not_nan()
        bad = (waits.is_null() & noted) | (waits < 0).fill_null(value=False)
        self._refuse("observed.wait", bad, "minutes of 0 or more are required")
        array: FloatArray = waits.fill_null(float("nan")).to_numpy()
        return array

    def _outcomes(self) -> tuple[str, ...]:
        column = self._text("observed.outcome")
        bad = column.is_not_null() & (column != "") & ~column.is_in(list(OUTCOMES))
        known = f"known: {', '.join(OUTCOMES)}"
        self._refuse("observed.outcome", bad.fill_null(value=False), "an unknown outcome", known)
        return tuple(column.fill_null("").to_list())


def _minute(hours: pl.Series, minutes: pl.Series, seconds: pl.Series) -> pl.Series:
    """Minute of the day from text parts; null where they make none. Seconds may be missing."""
    import polars as pl

    hour, minute = hours.cast(pl.Float64, strict=False), minutes.cast(pl.Float64, strict=False)
    second = seconds.cast(pl.Float64, strict=False).fill_null(0.0)
    good = (hour < 24) & (minute < 60) & (second < 60)
    total = hour * 60 + minute + second / 60
    return total.set(~good.fill_null(value=False), None)


def _minute_of(time: pl.Series) -> pl.Series:
    """Minute of the day of times."""
    import polars as pl

    return time.cast(pl.Int64) / 60_000_000_000
