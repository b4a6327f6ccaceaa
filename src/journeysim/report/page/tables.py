"""The tables of the report: those of `journeysim run`, as rows and cells rather than lines of text."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeysim.experiment.beside import lies_within
from journeysim.experiment.cells import (
    MISSING,
    Column,
    Found,
    comparison_text,
    difference_text,
    estimate_cells,
    is_seen,
    number_text,
)
from journeysim.experiment.parts import SHOWN_ORDER
from journeysim.experiment.remarks import REAL, cost_texts
from journeysim.experiment.results import OptionResult
from journeysim.experiment.runs import Run
from journeysim.experiment.statistics import CONFIDENCE, REAL_BELOW
from journeysim.report.page.shown import MOST_LISTED

MOST_COLUMNS = 6
"""Columns of numbers that fit beside a name on a printed page."""

MARK = "*"
_HYPHEN_BEFORE_NUMBER = re.compile(r"(?<![\w.-])-(?=\d)")


@dataclass(frozen=True)
class DataTable:
    """A table whose first column names its rows.

    Parameters
    ----------
    caption : what it shows.
    head : heading of each column, that of the names first; a line break splits it.
    rows : cells of each row, its name first.
    notes : sentences below it.
    words : whether the cells hold words rather than numbers.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    words: bool = False


def options_table(run: Run, options: Sequence[OptionResult], columns: Sequence[Column]) -> DataTable:
    """Options side by side, by the columns that they are judged by."""
    several = len(run.options) > 1
    rows = {
        f"{option.name} (baseline)" if several and option is run.baseline else option.name: option.metrics
        for option in options
    }
    meaning = f"mean ± half its {CONFIDENCE:.0%} interval"
    caption = f"The options side by side: {meaning}" if several else meaning.capitalize()
    return estimates_table(caption, "option", rows, columns)


def differences_table(run: Run, options: Sequence[OptionResult], columns: Sequence[Column]) -> DataTable:
    """What options change against the baseline."""
    others = [option for option in options if option is not run.baseline]
    shown = shown_columns(columns, {option.name: option.metrics for option in run.options})
    cells = {
        column: [comparison_text(option.versus_baseline.get(column.metric), column) for option in others]
        for column in shown
    }
    caption = f"Difference from {run.scenario.baseline}, ± half its {CONFIDENCE:.0%} interval"
    notes = (f"{MARK} {REAL}.", *(f"{text}." for text in cost_texts(run.scenario)[:MOST_LISTED]))
    return _table(caption, "option", [option.name for option in others], cells, notes)


def contrasts_table(run: Run, columns: Sequence[Column]) -> DataTable:
    """What a change does in one situation beyond what it does in another."""
    shown = shown_columns(columns, {option.name: option.metrics for option in run.options})
    cells = {
        column: [
            difference_text(found, column, MARK if found.p < REAL_BELOW else "")
            if (found := result.metrics.get(column.metric)) is not None
            else MISSING
            for result in run.contrasted
        ]
        for column in shown
    }
    notes = [f"{MARK} p < {f'{REAL_BELOW:g}'[1:]}, not adjusted for the number of contrasts."]
    for result in run.contrasted:
        of, less = result.contrast.of, result.contrast.less
        notes.append(f"{result.contrast.name}: ({of[0]} − {of[1]}) − ({less[0]} − {less[1]}).")
    caption = f"Differences of differences, ± half their {CONFIDENCE:.0%} interval"
    names = [result.contrast.name for result in run.contrasted]
    return _table(caption, "contrast", names, cells, notes)


def observed_table(run: Run, columns: Sequence[Column]) -> DataTable:
    """What a log says of the customers beside what the simulation says."""
    assert run.observed is not None
    simulated = {"all": run.baseline.metrics, **run.baseline.by("segment")}
    observed = {"all": run.observed.metrics, **run.observed.by_segment}
    names = [name for name in observed if name in simulated]
    head, cells, outside = ["customers"], [], False
    for column in columns:
        values = [observed[name].get(column.metric, math.nan) for name in names]
        if all(math.isnan(value) for value in values):
            continue
        found = [simulated[name].get(column.metric) for name in names]
        within = [
            one is None or lies_within(value, one) is not False
            for value, one in zip(values, found, strict=True)
        ]
        outside = outside or not all(within)
        digits = 2 if column.factor == 1 else 1
        cells.append(
            [
                number_text(value * column.factor, digits) + ("" if inside else MARK)
                for value, inside in zip(values, within, strict=True)
            ]
        )
        cells.append(estimate_cells(column, found))
        unit = column.heading.replace("\n", " ")
        head += [f"{unit}\nobserved", f"{unit}\nsimulated"]
    rows = tuple((name, *(typeset(cell[at]) for cell in cells)) for at, name in enumerate(names))
    notes = (f"{MARK} outside the interval of the simulation.",) if outside else ()
    return DataTable(f"Observed and simulated, {run.scenario.baseline}", tuple(head), rows, notes)


def touchpoints_table(option: OptionResult, columns: Sequence[Column]) -> DataTable:
    """The touchpoints of an option with the lowest point of its emotion curve named."""
    table = estimates_table(f"By touchpoint, {option.name}", "touchpoint", option.by("touchpoint"), columns)
    scores = known_scores(option)
    if len(scores) < 2:
        return table
    lowest = min(scores, key=scores.__getitem__)
    note = f"The lowest point of the emotion curve, the mean score along the journey, is {lowest}."
    return DataTable(table.caption, table.head, table.rows, (note,))


def known_scores(option: OptionResult) -> dict[str, float]:
    """Mean score at each touchpoint where anything was scored: the emotion curve."""
    return {
        name: found["score_mean"].mean
        for name, found in option.by("touchpoint").items()
        if "score_mean" in found and not math.isnan(found["score_mean"].mean)
    }


def estimates_table(
    caption: str, first: str, rows: Mapping[str, Found], columns: Sequence[Column]
) -> DataTable:
    """Estimates by name, as many of the columns that say something as fit on a page.

    Parameters
    ----------
    caption, first : what stands above the table and above the names.
    rows : estimates by name.
    columns : in order of importance.
    """
    cells = {
        column: estimate_cells(column, [found.get(column.metric) for found in rows.values()])
        for column in shown_columns(columns, rows)
    }
    return _table(caption, first, list(rows), cells, ())


def shown_columns(columns: Sequence[Column], rows: Mapping[str, Found]) -> list[Column]:
    """Return the columns that say something: the most important ones, in the order to show them in.

    Parameters
    ----------
    columns : in order of importance.
    rows : estimates by name.
    """
    chosen = [column for column in columns if is_seen(column, rows)][:MOST_COLUMNS]
    if all(column in SHOWN_ORDER for column in chosen):
        chosen.sort(key=SHOWN_ORDER.index)
    return chosen


def _table(
    caption: str,
    first: str,
    names: Sequence[str],
    cells: Mapping[Column, Sequence[str]],
    notes: Sequence[str],
) -> DataTable:
    head = (first, *(typeset(column.heading) for column in cells))
    rows = tuple((name, *(typeset(column[at]) for column in cells.values())) for at, name in enumerate(names))
    return DataTable(caption, head, rows, tuple(notes))


def typeset(text: str) -> str:
    """Text with true minus signs, and without the blank that lines up cells in a terminal."""
    return _HYPHEN_BEFORE_NUMBER.sub("−", text.rstrip())
