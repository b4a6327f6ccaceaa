"""Data files that a map names: found in its folder only, read within bounds, checked row by row.

A problem with a file as a whole stands at the map's own line; one with a row names the file and the row
(counted from 1, the header not counted).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from journeysim.errors import Problem
from journeysim.journey.faults import problem_at, show
from journeysim.journey.strict_yaml import Document, Loc, touches
from journeysim.journey.values import DATA_UNIT_MIN

if TYPE_CHECKING:
    import polars as pl

    from journeysim.journey.distributions import Empirical
    from journeysim.journey.models import Journey

MAX_FILE_BYTES = 500_000_000
MAX_ROWS = 5_000_000
MAX_VALUES = 1_000_000
MAX_ROW_PROBLEMS = 10
"""Rows of one kind of problem that are shown; the rest are counted."""


@dataclass(frozen=True)
class DataFile:
    """A data file named in a map.

    Parameters
    ----------
    path : the file, symlinks resolved.
    shown : its name in messages.
    is_text : whether it is CSV, whose rows are lines.
    """

    path: Path
    shown: str
    is_text: bool


class DataFault(Exception):
    """A data file cannot be used as a whole: what is required, what was found, how to mend it."""

    def __init__(self, key: str, problem: str, found: str = "", hint: str = "") -> None:
        super().__init__(problem)
        self.key, self.parts = key, (problem, found, hint)


def read_data_files(
    journey: Journey, document: Document, doubtful: frozenset[Loc] = frozenset()
) -> list[Problem]:
    """Read every data file that a map names into the map; return what is wrong with them.

    What stands at or under a ``doubtful`` location, or around one, is not read.
    """
    problems: list[Problem] = []
    for outer, distribution in journey.distributions():
        for inner, part in distribution.walk():
            loc = (*outer, *inner, "empirical")
            if part.empirical is not None and part.empirical.file is not None and not touches(loc, doubtful):
                problems += _read_values(part.empirical, document, loc)
    return problems + _read_tables(journey, document, doubtful)


def _read_tables(journey: Journey, document: Document, doubtful: frozenset[Loc]) -> list[Problem]:
    """Read what stands in files with one row for each customer or each time of a roster."""
    from journeysim.journey.recorded import BOOKED, LOG, read_booked, read_recorded
    from journeysim.journey.rosters import read_roster
    from journeysim.journey.staff import RosterFile

    arrivals = journey.arrivals
    problems: list[Problem] = []
    if arrivals.from_log is not None and not touches(LOG, doubtful):
        problems += read_recorded(journey, document, arrivals.from_log)
    if arrivals.appointments is not None and not touches(BOOKED, doubtful):
        problems += read_booked(journey, document, arrivals.appointments)
    for name, group in journey.staff.items():
        loc: Loc = ("staff", name, "count")
        if isinstance(group.count, RosterFile) and not touches(loc, doubtful):
            problems += read_roster(group.count, document, loc)
    return problems


def find_file(document: Document, name: str) -> DataFile:
    """Find a data file by the name a map gives it.

    Raises
    ------
    DataFault
        It is not there, lies outside the map's folder, or is no CSV or Parquet file of a usable size.
    """
    if document.folder is None:
        raise DataFault("file", "a data file needs a map that is a file itself", show(name))
    try:
        folder = document.folder.resolve()
        path = (folder / name).resolve()
        is_file = path.is_file()
        size = path.stat().st_size if is_file else 0
    except (OSError, ValueError, RuntimeError):
        raise DataFault("file", "the data file cannot be found", show(name)) from None
    if not path.is_relative_to(folder):
        hint = "move it into the map's folder or below"
        raise DataFault("file", "a data file must lie in the map's folder or below", show(name), hint)
    if not is_file:
        raise DataFault("file", "there is no such data file", show(name))
    suffix = path.suffix.lower()
    if suffix not in {".csv", ".parquet"}:
        raise DataFault("file", "a .csv or .parquet file is required", show(name))
    if size > MAX_FILE_BYTES:
        raise DataFault("file", f"a data file has at most {MAX_FILE_BYTES // 1_000_000} MB", show(name))
    return DataFile(path, str(Path(document.file).parent / name), suffix == ".csv")


def read_columns(file: DataFile, columns: dict[str, str], *, most: int | None = None) -> pl.DataFrame:
    """Read the columns that a map names; ``columns`` are their names by the map's keys.

    A file of more than ``most`` rows is refused; None is `MAX_ROWS`.

    Returns
    -------
    one column a key, named by the key; those of a CSV file are text, empty cells null.

    Raises
    ------
    DataFault
        The file cannot be read, lacks a column, or has too many rows.
    """
    import polars as pl

    most = MAX_ROWS if most is None else most
    try:
        if file.is_text:
            frame = pl.read_csv(file.path, infer_schema=False, n_rows=most + 1, truncate_ragged_lines=False)
        else:
            names = pl.read_parquet_schema(file.path)
            present = [name for name in dict.fromkeys(columns.values()) if name in names]
            frame = pl.read_parquet(file.path, columns=present, n_rows=most + 1)
            frame = frame if present else pl.DataFrame({name: [] for name in names})
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        reason = (str(error).splitlines() or ["unreadable"])[0].removeprefix("found ")
        raise DataFault("file", "the data file cannot be read", show(reason)) from None
    for key, name in columns.items():
        if name not in frame.columns:
            from journeysim.journey.faults import nearest

            raise DataFault(key, "the data file has no such column", show(name), nearest(name, frame.columns))
    if frame.height > most:
        raise DataFault("file", f"a data file has at most {most} rows", file.shown)
    if frame.height == 0:
        raise DataFault("file", "the data file has no rows", file.shown)
    return frame.select(pl.col(name).alias(key) for key, name in columns.items())


def row_problems(
    file: DataFile, column: str, rows: list[tuple[int, object]], problem: str, hint: str = ""
) -> list[Problem]:
    """Problems with rows of a column: ``rows`` are (row from 0, what was found); the first ones are shown."""
    problems = []
    for number, (row, found) in enumerate(rows):
        if number == MAX_ROW_PROBLEMS:
            rest = f"and {len(rows) - number} more rows like these"
            problems.append(Problem(file.shown, row + 2 if file.is_text else 0, 1, f"column {column}", rest))
            break
        shown = "nothing" if found is None else show(found)
        path = f"row {row + 1}, column {column}"
        line = row + 2 if file.is_text else 0
        problems.append(Problem(file.shown, line, 1 if line else 0, path, problem, shown, hint))
    return problems


def fault_problem(document: Document, loc: Loc, fault: DataFault) -> Problem:
    """Problem at the key of a map that a data file's fault belongs to."""
    problem, found, hint = fault.parts
    return problem_at(document, (*loc, *fault.key.split(".")), problem, found, hint)


def numbers(frame: pl.DataFrame, key: str) -> pl.Series:
    """Column as finite floats; null where it holds none.

    Raises
    ------
    DataFault
        The column of a Parquet file holds something that is no number.
    """
    import polars as pl

    column = frame[key]
    if column.dtype == pl.String:
        column = column.str.strip_chars().cast(pl.Float64, strict=False)
    elif not column.dtype.is_numeric():
        raise DataFault(key, "a column of numbers is required", str(column.dtype))
    column = column.cast(pl.Float64)
    return column.set(~column.is_finite().fill_null(value=False), None)


def _read_values(empirical: Empirical, document: Document, loc: Loc) -> list[Problem]:
    """Read the values of an empirical distribution from its file."""
    if empirical.file is None or empirical.column is None:
        return []
    try:
        file = find_file(document, empirical.file)
        frame = read_columns(file, {"column": empirical.column})
        if frame.height > MAX_VALUES:
            raise DataFault("file", f"a distribution has at most {MAX_VALUES} values", str(frame.height))
        values = numbers(frame, "column")
    except DataFault as fault:
        return [fault_problem(document, loc, fault)]
    raw = frame["column"]
    bad = ((values < 0) | values.is_null()).arg_true().to_list()
    if bad:
        rows = [(row, raw[row]) for row in bad]
        return row_problems(file, empirical.column, rows, "a number of 0 or more is required")
    empirical._from_file = tuple((values * DATA_UNIT_MIN[empirical.unit]).to_list())
    return []
