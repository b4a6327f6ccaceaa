"""Writes a run in a format of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import polars as pl

from journeysim.errors import InputError, JourneySimError, Problem
from journeysim.experiment.files import make_folder, written_aside
from journeysim.experiment.runs import Run
from journeysim.journey.faults import nearest
from journeysim.report.exports.log import all_steps, log_of, option_of
from journeysim.report.exports.mermaid import mermaid_text
from journeysim.report.exports.ocel import write_ocel
from journeysim.report.exports.vidigi import write_vidigi
from journeysim.report.exports.xes import write_xes

EXPORTS = "exports"
"""Folder in a run's own, of files that are not given a place."""
STEPS = "steps"
TABLES = (STEPS, "visits", "metrics", "months", "summary", "differences", "contrasts")
"""Tables of a run that can be written as CSV or Parquet."""


@dataclass(frozen=True)
class Format:
    """A format.

    Parameters
    ----------
    ending : of the file's name where none is given.
    meaning : what it is, in a few words.
    takes : parameters of `export` that it uses.
    """

    ending: str
    meaning: str
    takes: tuple[str, ...]


_TABLE, _DIAGRAM, _LOG = ("table",), ("option",), ("option", "replication")


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "xes": Format(".xes", "event log of IEEE 1849, for process mining", _LOG),
        "ocel": Format(".ocel.json", "object-centric event log, OCEL 2.0 as JSON", _LOG),
        "csv": Format(".csv", "a table as text", _TABLE),
        "parquet": Format(".parquet", "a table as Parquet", _TABLE),
        "mermaid": Format(".mmd", "the journey with its scores as a Mermaid diagram", _DIAGRAM),
        "vidigi": Format(".vidigi.csv", "event log for animations with vidigi", _LOG),
    }
)
"""Formats by name."""


def export(
    run: Run,
    to: str,
    path: str | Path | None = None,
    *,
    table: str | None = None,
    option: str | None = None,
    replication: int | None = None,
) -> Path:
    """Write a run in a format of others.

    Parameters
    ----------
    run : what is written. Event logs and tables of steps and visits need one that kept its steps.
    to : one of `FORMATS`.
    path : the file; None: ``exports`` in the run's folder, named after what it holds.
    table : one of `TABLES`, for CSV and Parquet, which hold all options and replications; None: the steps.
    option : whose event log or journey; None: the baseline's.
    replication : whose event log, from 1: each is a history of its own; None: the first.

    Returns
    -------
    The file that was written, whole or not at all.

    Raises
    ------
    InputError
        The format, table, option or replication is none, or is not what the format takes, or the run did not
        keep its steps.
    JourneySimError
        There is neither a path nor a folder of the run.
    StoppedEarly
        The file cannot be written.
    """
    refuse_ignored(to, table=table, option=option, replication=replication)
    table = STEPS if table is None else table
    file = _file(run, to, path, table)
    if to in ("csv", "parquet"):
        return _write_table(_table(run, table), to, file)
    if to == "mermaid":
        text = mermaid_text(run, option_of(run, option))
        return _put(file, lambda aside: aside.write_text(text, encoding="utf-8"))
    log = log_of(run, option, 1 if replication is None else replication)
    write = {"xes": write_xes, "ocel": write_ocel, "vidigi": write_vidigi}[to]
    return _put(file, lambda aside: write(log, aside))


def refuse_ignored(to: str, **given: object) -> None:
    """Refuse a format that is none, and what is given beside one that would ignore it.

    Parameters
    ----------
    given : ``table``, ``option`` and ``replication`` as `export` has them; None where they are not given.

    Raises
    ------
    InputError
        With a problem for each of them.
    """
    if to not in FORMATS:
        hint = nearest(to, list(FORMATS))
        raise InputError([Problem("", 0, 0, "--format", "no format has this name", to, hint)])
    ignored = [name for name, value in given.items() if value is not None and name not in FORMATS[to].takes]
    if ignored:
        raise InputError([_ignored(to, name, given[name]) for name in ignored])


def _ignored(to: str, name: str, value: object) -> Problem:
    using = [other for other, form in FORMATS.items() if name in form.takes]
    problem, hint = (
        f"the format {to} has no use for it",
        f"leave it out; formats that use it: {', '.join(using)}",
    )
    return Problem("", 0, 0, f"--{name}", problem, str(value), hint)


def _put(file: Path, write: Callable[[Path], object]) -> Path:
    make_folder(file.parent)
    with written_aside(file) as aside:
        write(aside)
    return file


def _file(run: Run, to: str, path: str | Path | None, table: str) -> Path:
    if path is not None:
        return Path(path)
    if run.folder is None:
        raise JourneySimError("path: a file is required for a run that is not kept in a folder")
    stem = table if to in ("csv", "parquet") else "journey" if to == "mermaid" else "log"
    return run.folder / EXPORTS / f"{stem}{FORMATS[to].ending}"


def _table(run: Run, name: str) -> pl.LazyFrame:
    if name not in TABLES:
        raise InputError(
            [Problem("", 0, 0, "--table", "no table has this name", name, nearest(name, list(TABLES)))]
        )
    if name in (STEPS, "visits"):
        steps = all_steps(run)
        return steps if name == STEPS else run.visits.lazy()
    frame: pl.DataFrame = getattr(run, name)
    return frame.lazy()


def _write_table(frame: pl.LazyFrame, to: str, file: Path) -> Path:
    """Write a table as it is read, so that one larger than the memory can be written."""
    if to == "csv":
        return _put(file, frame.sink_csv)
    return _put(file, frame.sink_parquet)
