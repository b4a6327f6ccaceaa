"""What all figures are drawn on: a sheet with a title, panels, a legend below, and names that fit."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import ceil

import polars as pl
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, FuncFormatter, MaxNLocator, MultipleLocator

from journeysim.journey.values import show_time
from journeysim.report.style import quiet_style
from journeysim.units import FloatArray

WIDTH_IN = 7.2
"""Width of a figure, inches: a column of the report."""

COLUMNS_PER_INCH = 12.5
"""Columns of small text (9 points) that fit an inch."""


@contextmanager
def sheet(title: str, height_in: float, width_in: float = WIDTH_IN) -> Iterator[Figure]:
    """Hand out an empty figure in the common style, and lay it out when all is drawn.

    Parameters
    ----------
    title : what the figure shows; wrapped to its width.
    """
    with quiet_style():
        lines = wrapped(title, int(width_in * 10), lines=3)
        figure = Figure(figsize=(width_in, height_in + 0.2 * lines.count("\n")), layout="constrained")
        figure.suptitle(lines, x=0.01, ha="left", fontweight="bold", fontsize=11)
        yield figure
        # Ticks are made when first drawn; they are to be made in this style.
        figure.draw_without_rendering()


def panels(
    figure: Figure, count: int, most_columns: int, *, share_y: bool = True, share_x: bool = True
) -> list[Axes]:
    """Return ``count`` panels in rows of at most ``most_columns``; what is left over stays empty."""
    columns = min(count, most_columns)
    grid = figure.subplots(
        ceil(count / columns), columns, squeeze=False, sharey=share_y, sharex=share_x
    ).ravel()
    for unused in grid[count:]:
        unused.remove()
    if share_x:
        # The panels above an empty place are the lowest of their columns.
        for above in grid[max(0, count - columns) : count]:
            above.tick_params(labelbottom=True)
    return list(grid[:count])


def legend_below(figure: Figure, handles: Sequence[Artist], names: Sequence[str]) -> None:
    """Name what is drawn, below everything; the figure grows by the rows that takes."""
    labels = [wrapped(name, 36, lines=3) for name in names]
    widest = max(columns_of(line) for label in labels for line in label.split("\n"))
    width_in, height_in = figure.get_size_inches()
    beside = max(1, min(len(labels), int(width_in * COLUMNS_PER_INCH // (widest + 7))))
    rows = [
        labels[at : at + ceil(len(labels) / beside)]
        for at in range(0, len(labels), ceil(len(labels) / beside))
    ]
    lines = max(sum(label.count("\n") + 1 for label in row) for row in rows)
    figure.set_size_inches(width_in, height_in + 0.1 + 0.19 * lines)
    figure.legend(
        handles,
        labels,
        loc="outside lower left",
        ncols=beside,
        fontsize=9,
        handlelength=3.2,
        columnspacing=1.4,
    )


def band_opacity(count: int) -> float:
    """How opaque the bands of ``count`` lines are: several lie over one another."""
    return max(0.06, 0.2 - 0.03 * count)


def panel_name(option: str, columns: int) -> str:
    """Name of an option above its panel, one of ``columns`` beside one another."""
    return wrapped(option, int(WIDTH_IN * 12 / columns) - 5, lines=3)


def required(table: pl.DataFrame, what: str, columns: Sequence[str]) -> None:
    """Refuse a table that lacks columns.

    Raises
    ------
    ValueError
        naming those that are missing.
    """
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise ValueError(f"{what}: columns {', '.join(columns)} are required, {', '.join(missing)} not found")


def one_branch(steps: pl.DataFrame) -> None:
    """Refuse steps of several branches, whose queues and staff have the same names.

    Raises
    ------
    ValueError
        if there is more than one.
    """
    if "branch" in steps.columns and steps["branch"].n_unique() > 1:
        names = ", ".join(str(name) for name in steps["branch"].unique(maintain_order=True))
        raise ValueError(f"steps: those of one branch are required, found {names}; hint: filter by branch")


def options_of(table: pl.DataFrame) -> list[str]:
    """Names of the options, in the order in which they come."""
    return [str(name) for name in table["option"].unique(maintain_order=True)]


def estimates_of(
    summary: pl.DataFrame, scope: str, metrics: Sequence[str], *, monthly: bool = False, without: str
) -> pl.DataFrame:
    """Rows of a summary that have a mean: of a scope and some metrics, of months or of whole replications.

    Raises
    ------
    ValueError
        where there is none; ``without`` says what such a run lacks.
    """
    required(summary, "summary", ("option", "scope", "name", "metric", "month", "mean", "low", "high"))
    found = summary.filter(
        (pl.col("scope") == scope)
        & pl.col("metric").is_in(list(metrics))
        & ((pl.col("month") > 0) if monthly else (pl.col("month") == 0))
        & pl.col("mean").is_not_null()
    )
    if found.is_empty():
        raise ValueError(f"summary: {', '.join(metrics)} of {scope} required, none found: {without}")
    return found


def ends_of(found: pl.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Ends of the intervals of some estimates; at the mean where there is none."""
    low, high = (
        found.select(pl.coalesce(pl.col(end).fill_nan(None), "mean")).to_series().to_numpy()
        for end in ("low", "high")
    )
    return low, high


def wrapped(text: str, width: int, lines: int = 2) -> str:
    """Text in at most ``lines`` lines of at most ``width`` columns; what does not fit becomes an ellipsis.

    Chinese and the like take two columns a character, and may break anywhere.
    """
    text = " ".join(text.split())
    found = [""]
    for word in _pieces(text):
        if found[-1] and columns_of(found[-1] + word.rstrip()) > width:
            found.append("")
        for piece in _cut(word, width):
            if columns_of(found[-1] + piece.rstrip()) > width:
                found.append("")
            found[-1] += piece
    found = [line.rstrip() for line in found]
    if len(found) > lines:
        last = found[lines - 1]
        while columns_of(last) > width - 1:
            last = last[:-1]
        found = [*found[: lines - 1], last.rstrip() + "…"]
    return "\n".join(found)


def columns_of(text: str) -> int:
    """Columns that text takes where a Latin letter takes one."""
    return sum(_columns(letter) for letter in text)


def hours_along(axis: Axis, first_min: float, last_min: float) -> None:
    """Mark an axis of minutes after midnight with times of day."""
    axis.set_major_locator(MultipleLocator(60 if last_min - first_min <= 60 * 12 else 120))
    axis.set_major_formatter(FuncFormatter(lambda minute, _: show_time(int(minute))))


class PlainNumbers(Formatter):
    """Numbers along an axis as in the tables: 12,000 and −0.50, all with the same decimals."""

    def __call__(self, value: float, pos: int | None = None) -> str:  # noqa: ARG002
        """Write one number with as many decimals as it has."""
        return number(value, _decimals(value))

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        """Write all numbers of an axis."""
        decimals = max((_decimals(value) for value in values), default=0)
        return [number(value, decimals) for value in values]


def plain_numbers(*axis: Axis) -> None:
    """Write the numbers along axes as in the tables."""
    for one in axis:
        one.set_major_formatter(PlainNumbers())


def number(value: float, decimals: int = 0) -> str:
    """Write a number with thousands set apart and a minus sign as wide as a plus."""
    text = f"{abs(value):,.{decimals}f}"
    return f"−{text}" if value < 0 and float(text.replace(",", "")) else text


def _decimals(value: float) -> int:
    """Decimals that a number has, at most six."""
    text = f"{value:.6f}".rstrip("0")
    return len(text) - text.index(".") - 1


def months_along(axes: Axes) -> None:
    """Mark a horizontal axis of months."""
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, min_n_ticks=1))
    axes.set_xlabel("month", fontsize=9)


def _columns(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _pieces(text: str) -> Iterator[str]:
    """Parts between which a line may break, each with the space that follows it."""
    word = ""
    for letter in text:
        if _columns(letter) == 2:
            if word:
                yield word
            word = ""
            yield letter
            continue
        word += letter
        if letter in " -/=,_":
            yield word
            word = ""
    if word:
        yield word


def _cut(word: str, width: int) -> Iterator[str]:
    """Parts of a word that is too long for a line."""
    part = ""
    for letter in word:
        if columns_of(part + letter.strip()) > width:
            yield part
            part = ""
        part += letter
    yield part
