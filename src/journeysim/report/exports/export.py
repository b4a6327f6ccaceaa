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
    """

    ending: str
    meaning: str


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "xes": Format(".xes", "event log of IEEE 1849, for process mining"),
        "ocel": Format(".ocel.json", "object-centric event log, OCEL 2.0 as JSON"),
        "csv": Format(".csv", "a table as text"),
        "parquet": Format(".parquet", "a table as Parquet"),
        "mermaid": Format(".mmd", "the journey with its scores as a Mermaid diagram"),
        "vidigi": Format(".vidigi.csv", "event log for animations with vidigi"),
    }
)
"""Formats by name."""


def export(
    run: Run,
    to: str,
    path: str | Path | None = None,
    *,
    table: str = STEPS,
    option: str | None = None,
    replication: int = 1,
) -> Path:
    """Write a run in a format of others.

    Parameters
    ----------
    run : what is written. Event logs and tables of steps and visits need one that kept its steps.
    to : one of `FORMATS`.
    path : the file; None: ``exports`` in the run's folder, named after what it holds.
    table : one of `TABLES`, for CSV and Parquet, which hold all options and replications.
    option : whose event log or journey; None: the baseline's.
    replication : whose event log, from 1: each is a history of its own.

    Returns
    -------
    The file that was written, whole or not at all.

    Raises
    ------
    InputError
        The format, table, option or replication is none, or the run did not keep its steps.
    JourneySimError
        There is neither a path nor a folder of the run.
    StoppedEarly
        The file cannot be written.
    """
    if to not in FORMATS:
        hint = nearest(to, list(FORMATS))
        raise InputError([Problem("", 0, 0, "--format", "no format has this name", to, hint)])
    file = _file(run, to, path, table)
    if to in ("csv", "parquet"):
        return _write_table(_table(run, table), to, file)
    if to == "mermaid":
        text = mermaid_text(run, option_of(run, option))
        return _put(file, lambda aside: aside.write_text(text, encoding="utf-8"))
    log = log_of(run, option, replication)
    write = {"xes": write_xes, "ocel": write_ocel, "vidigi": write_vidigi}[to]
    return _put(file, lambda aside: write(log, aside))


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
    return run.folder / "exports" / f"{stem}{FORMATS[to].ending}"


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
