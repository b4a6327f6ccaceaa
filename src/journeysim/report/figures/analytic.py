"""The figure of formula beside simulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from journeysim.branch import Beside
from journeysim.report.figures.sheet import (
    estimates_of,
    legend_below,
    options_of,
    panels,
    plain_numbers,
    sheet,
    wrapped,
)
from journeysim.report.figures.words import words_of
from journeysim.report.style import COLOURS

METRICS = ("wait_mean_min", "waited_fraction", "reneged_fraction")
"""Held against the formulas; the last only where anybody gives up."""


def erlang_against_simulated(
    formulas: Mapping[str, Mapping[str, Beside]],
    summary: pl.DataFrame,
    option: str | None = None,
    *,
    title: str = "",
) -> Figure:
    """What Erlang's and other formulas say of each touchpoint, beside what was simulated.

    Parameters
    ----------
    formulas : `Run.formulas`: by option and touchpoint.
    summary : `Run.summary`: metrics of touchpoints.
    option : whose; None takes the first.

    Returns
    -------
    A figure with a row for each touchpoint that has waits and a panel for each metric: a dot and its 95%
    interval for the simulation (none with one replication), a hollow diamond for the formula. Names begin
    with ``=`` where the formula is exact, with ``~`` where it holds nearly (the page on formulas says why),
    with neither where there is none.

    Raises
    ------
    ValueError
        if no touchpoint of the option has a formula.
    """
    found = estimates_of(summary, "touchpoint", METRICS, without="nobody joined any queue")
    options = options_of(found)
    chosen = options[0] if option is None else option
    said = {name: one for name, one in formulas.get(chosen, {}).items() if one.formula is not None}
    if not said:
        raise ValueError(f"formulas: one for {chosen!r} is required, found none; hint: run.formulas says why")
    mine = found.filter(pl.col("option") == chosen)
    points = [str(name) for name in mine.filter(pl.col("metric") == METRICS[0])["name"]]
    mine = mine.filter(pl.col("name").is_in(points))
    names = [wrapped(f"{_sign(said.get(name))} {name}".strip(), 24) for name in points]
    metrics = [metric for metric in METRICS if metric != METRICS[2] or _seen(mine, said, metric)]
    heading = title or "Formula beside simulation" + (f": {chosen}" if len(options) > 1 else "")
    with sheet(heading, 1.0 + 0.36 * len(points)) as figure:
        grid = panels(figure, len(metrics), 3, share_x=False)
        for metric, axes in zip(metrics, grid, strict=True):
            _one_metric(axes, mine.filter(pl.col("metric") == metric), metric, points, said)
        grid[0].set_yticks(range(len(points)), names)
        grid[0].set_ylim(len(points) - 0.5, -0.5)
        handles = [Line2D([], [], **_SIMULATED, linewidth=1.8), Line2D([], [], **_FORMULA)]
        legend_below(figure, handles, ["simulated, 95% interval", "formula"])
    return figure


_SIMULATED: dict[str, Any] = {"color": COLOURS[0], "marker": "o", "markersize": 5.5}
_FORMULA: dict[str, Any] = {
    "color": COLOURS[1], "marker": "D", "markersize": 10, "markerfacecolor": "none", "markeredgewidth": 1.6,
    "linestyle": "none",
}  # fmt: skip


def _one_metric(
    axes: Axes, found: pl.DataFrame, metric: str, points: Sequence[str], said: Mapping[str, Beside]
) -> None:
    words = words_of(metric)
    for row in found.iter_rows(named=True):
        at = points.index(row["name"])
        if row["low"] is not None and row["high"] is not None:
            ends = [row["low"] * words.factor, row["high"] * words.factor]
            axes.plot(ends, [at, at], color=COLOURS[0], linewidth=1.8)
        axes.plot(row["mean"] * words.factor, at, clip_on=False, linestyle="none", **_SIMULATED)
    for name, one in said.items():
        if metric in one.values and name in points:
            axes.plot(one.values[metric] * words.factor, points.index(name), clip_on=False, **_FORMULA)
    axes.margins(x=0.06)
    axes.set_xlim(left=0)
    axes.set_xlabel(words.of_value(), fontsize=9)
    axes.tick_params(labelsize=9)
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x")
    plain_numbers(axes.xaxis)


def _seen(found: pl.DataFrame, said: Mapping[str, Beside], metric: str) -> bool:
    """Whether a metric is above 0 anywhere, seen or said."""
    largest = found.filter(pl.col("metric") == metric)["mean"].max()
    values = [one.values.get(metric, 0.0) for one in said.values()]
    return max([*values, largest if isinstance(largest, float) else 0.0]) > 0.0005


def _sign(found: Beside | None) -> str:
    if found is None:
        return ""
    return "=" if found.exact else "~"
