"""Reads the columns of a data file as moments, names and counts, noting the rows that make no sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

from journeysim.errors import Problem
from journeysim.journey.data_files import DataFault, DataFile, numbers, read_columns, row_problems
from journeysim.journey.faults import nearest

if TYPE_CHECKING:
    import polars as pl

    from journeysim.units import FloatArray, IntArray

_CLOCK = r"([0-9]{2}):([0-9]{2})(?::([0-9]{2}(?:\.[0-9]+)?))?"
_DATE = r"^[0-9]{4}-"
_TIME_ONLY = rf"^{_CLOCK}$"
_DATE_AND_TIME = rf"^([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})[T ]{_CLOCK}$"


class Rows:
    """The rows of a data file.

    Parameters
    ----------
    columns : names of the columns by the keys under which the map names them.
    most : rows that the file may have; None is `MAX_ROWS`.

    Attributes
    ----------
    problems : what is wrong with rows read so far.

    Raises
    ------
    DataFault
        The file cannot be used as a whole; so for all methods.
    """

    def __init__(self, file: DataFile, columns: dict[str, str | None], *, most: int | None = None) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._names = {key: name for key, name in columns.items() if name is not None}
        self._frame = read_columns(file, self._names, most=most)

    def has(self, key: str) -> bool:
        """Whether the map names a column under ``key``."""
        return key in self._names

    def raw(self, key: str) -> pl.Series:
        """The column as the file has it."""
        return self._frame[key]

    def refuse(self, key: str, rows: pl.Series, problem: str, hint: str = "") -> None:
        """Note the rows where the mask ``rows`` holds."""
        raw = self._frame[key]
        found = [(row, raw[row]) for row in rows.arg_true().to_list()]
        self.problems += row_problems(self._file, self._names[key], found, problem, hint)

    def tells_dates(self) -> bool:
        """Whether there is a date for each row: in a column of its own, or in that of the time."""
        import polars as pl

        time = self._frame["time"]
        if self.has("day") or isinstance(time.dtype, pl.Datetime):
            return True
        if time.dtype != pl.String:
            return False
        return bool(time.drop_nulls().head(1).str.strip_chars().str.contains(_DATE).any())

    def moments(self) -> tuple[pl.Series, pl.Series]:
        """Date and minute of the day of each row."""
        import polars as pl

        time = self._frame["time"]
        if self.has("day"):
            minutes = self.minutes()
            return self.dates(), minutes
        if isinstance(time.dtype, pl.Datetime):
            local = time.dt.replace_time_zone(None)
            self.refuse("time", local.is_null(), "a date and time is required")
            return local.dt.date(), _minute_of(local.dt.time())
        if time.dtype != pl.String:
            problem = "a column of dates with times is required"
            raise DataFault("time", problem, str(time.dtype), "name the column of the date as day")
        parts = time.str.strip_chars().str.extract_groups(_DATE_AND_TIME).struct
        dates = parts.field("1").str.to_date("%Y-%m-%d", strict=False)
        minutes = _minute(parts.field("2"), parts.field("3"), parts.field("4"))
        self.refuse(
            "time", dates.is_null() | minutes.is_null(), "a date and time is required", "2027-01-04 09:12:30"
        )
        return dates, minutes

    def minutes(self) -> pl.Series:
        """Minute of the day of each row, from a column of times of day."""
        import polars as pl

        time = self._frame["time"]
        if time.dtype == pl.Time:
            minutes = _minute_of(time)
        elif isinstance(time.dtype, pl.Datetime):
            minutes = _minute_of(time.dt.replace_time_zone(None).dt.time())
        elif time.dtype == pl.String:
            parts = time.str.strip_chars().str.extract_groups(_TIME_ONLY).struct
            minutes = _minute(parts.field("1"), parts.field("2"), parts.field("3"))
        else:
            raise DataFault("time", "a column of times of day is required", str(time.dtype))
        self.refuse("time", minutes.is_null(), "a time of day is required", "09:12:30")
        return minutes

    def dates(self) -> pl.Series:
        """Date of each row, from a column of dates."""
        import polars as pl

        day = self._frame["day"]
        if isinstance(day.dtype, pl.Datetime):
            dates = day.dt.date()
        elif day.dtype == pl.String:
            dates = day.str.strip_chars().str.to_date("%Y-%m-%d", strict=False)
        elif day.dtype == pl.Date:
            dates = day
        else:
            raise DataFault("day", "a column of dates is required", str(day.dtype))
        self.refuse("day", dates.is_null(), "a date is required", "2027-01-04")
        return dates

    def indices(self, key: str, names: list[str]) -> IntArray | None:
        """Place of each row's name among ``names``; None where the map names no such column."""
        import polars as pl

        if not self.has(key):
            return None
        column = self.text(key)
        indices = column.replace_strict(names, list(range(len(names))), default=None, return_dtype=pl.Int64)
        bad = indices.is_null()
        if bad.any():
            unknown = column.filter(bad).drop_nulls()
            hint = nearest(str(unknown[0]), names) if len(unknown) else ""
            self.refuse(key, bad, f"an unknown {key}", hint)
        array: IntArray = indices.fill_null(0).to_numpy().astype("int64")
        return array

    def text(self, key: str) -> pl.Series:
        """Column of text, without spaces around it."""
        import polars as pl

        column = self._frame[key]
        if column.dtype not in (pl.String, pl.Categorical, pl.Enum):
            raise DataFault(key, "a column of text is required", str(column.dtype))
        return column.cast(pl.String).str.strip_chars()

    def minutes_or_nothing(self, key: str) -> FloatArray:
        """Column of minutes of 0 or more; NaN where a cell is empty."""
        values = numbers(self._frame, key)
        raw = self._frame[key]
        noted = raw.is_not_null()
        if raw.dtype.is_float():
            noted &= raw.is_not_nan()
        bad = (values.is_null() & noted) | (values < 0).fill_null(value=False)
        self.refuse(key, bad, "minutes of 0 or more are required")
        array: FloatArray = values.fill_null(float("nan")).to_numpy()
        return array

    def counts(self, key: str, most: int) -> pl.Series:
        """Column of whole numbers from 0 to ``most``."""
        values = numbers(self._frame, key)
        bad = values.is_null() | (values < 0) | (values > most) | (values != values.round())
        self.refuse(key, bad.fill_null(value=True), f"a whole number from 0 to {most} is required")
        return values


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
