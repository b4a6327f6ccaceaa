"""Figures that set options beside one another."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from journeysim.report.figures.sheet import (
    ends_of,
    estimates_of,
    legend_below,
    options_of,
    panels,
    plain_numbers,
    required,
    sheet,
    wrapped,
)
from journeysim.report.figures.words import is_yearly_money, words_of
from journeysim.report.style import COLOURS, INK, dot_styles

ENDS = ("difference", "low", "high")
HEADLINE = (
    "wait_mean_min",
    "satisfied_fraction",
    "retained_fraction",
    "customers_end",
    "net_value_per_year",
)
"""Metrics by which options are compared first."""


def option_differences(
    differences: pl.DataFrame,
    metrics: Sequence[str] | None = None,
    *,
    currency: str = "",
    largest_amount: float = 0.0,
    title: str = "Difference from the baseline",
) -> Figure:
    """How each option differs from the baseline: a dot and its 95% interval, a panel for each metric.

    Parameters
    ----------
    differences : `Run.differences`, of which the rows of whole replications over all customers count:
        columns option, scope, name, metric, month, difference, low, high, real. A row without interval (one
        replication) is a dot alone; a null difference is left out.
    metrics : of the panels; None takes those of `HEADLINE` that there are.
    currency : of the map, named beside money.
    largest_amount : money of a year as large as this is shown in the same unit elsewhere, such as in a table
        of the options; 0: the differences alone say in which.

    Returns
    -------
    A figure of ``len(metrics)`` panels with an option on each row; dots are filled where the difference is
    real (p < .05 after Holm's adjustment for the number of options).

    Raises
    ------
    ValueError
        if there is nothing to compare: one option alone, or none of the metrics.
    """
    needed = ("option", "scope", "metric", "month", "difference", "low", "high", "real")
    required(differences, "differences", needed)
    of_all = differences.filter((pl.col("scope") == "all") & (pl.col("month") == 0))
    if of_all.is_empty():
        raise ValueError("differences: at least two options are required, found one alone")
    known = of_all["metric"].unique().to_list()
    missing = [metric for metric in metrics or () if metric not in known]
    shown = [metric for metric in metrics or HEADLINE if metric in known]
    if missing or not shown:
        raise ValueError(f"differences: metrics {', '.join(metrics or HEADLINE)} are required, "
                         f"{', '.join(missing) or 'none'} not found")  # fmt: skip
    options = options_of(of_all)
    of_money = of_all.filter(pl.col("metric").is_in([one for one in shown if is_yearly_money(one)]))
    most = max(largest_amount, _largest(of_money, ENDS))
    names = [wrapped(name, 26) for name in options]
    rows = ceil(len(shown) / 3)
    lines = sum(name.count("\n") for name in names)
    with sheet(title, rows * (0.75 + 0.26 * len(options) + 0.12 * lines) + 0.4) as figure:
        grid = panels(figure, len(shown), 3, share_x=False)
        for metric, axes in zip(shown, grid, strict=True):
            of_metric = of_all.filter(pl.col("metric") == metric)
            largest = most if is_yearly_money(metric) else _largest(of_metric, ENDS)
            words = words_of(metric, currency, largest)
            for at, option in enumerate(options):
                found = of_metric.filter(pl.col("option") == option)
                for row in found.drop_nulls("difference").iter_rows(named=True):
                    if row["low"] is not None and row["high"] is not None:
                        ends = [row["low"] * words.factor, row["high"] * words.factor]
                        axes.plot(ends, [at, at], color=COLOURS[0], linewidth=1.8, solid_capstyle="butt")
                    face = COLOURS[0] if row["real"] else "white"
                    axes.plot(row["difference"] * words.factor, at, **_dot(face))
            axes.axvline(0, color=INK, linewidth=0.8)
            axes.set_xlabel(wrapped(words.of_difference(), 26), fontsize=9)
            axes.xaxis.set_major_locator(MaxNLocator(nbins=3, min_n_ticks=2))
            plain_numbers(axes.xaxis)
            axes.tick_params(labelsize=9)
            axes.tick_params(axis="y", length=0)
            axes.grid(visible=False, axis="y")
            axes.grid(visible=True, axis="x")
        grid[0].set_yticks(range(len(options)), names)
        grid[0].set_ylim(len(options) - 0.5, -0.5)
        handles = [Line2D([], [], **_dot(face)) for face in (COLOURS[0], "white")]
        legend_below(figure, handles, ["real: p < .05 by Holm's adjustment", "cannot be told from no change"])
    return figure


def retention_against_staffing(
    summary: pl.DataFrame,
    *,
    metric: str = "retained_fraction",
    cost: str = "staff_cost_per_year",
    currency: str = "",
    title: str = "",
) -> Figure:
    """What more staff keeps: each option at what its staff costs and at the share of customers it retains.

    Parameters
    ----------
    summary : `Run.summary`: ``metric`` and ``cost`` of whole replications over all customers.
    metric : what is held against the cost; any over all customers or visits.
    cost : ``staff_cost_per_year`` (only with a market) or ``staff_cost_per_day``.
    currency : of the map, named beside the cost.

    Returns
    -------
    A figure with a dot for each option; lines through it are 95% intervals of both means (none with one
    replication).

    Raises
    ------
    ValueError
        if one of the metrics is not there (without a market nobody is retained), or if no staff costs
        anything: the map has no ``cost_per_hour``.
    """
    held = estimates_of(summary, "all", (metric,), without="the scenario has no market, or nothing was seen")
    costs = estimates_of(summary, "all", (cost,), without="the scenario has no market")
    if not _largest(costs, ("mean",)) > 0.0:
        raise ValueError(f"summary: {cost} above 0 is required, found 0; hint: staff.GROUP.cost_per_hour")
    both = costs.join(held, on="option", suffix="_held", maintain_order="left")
    options = options_of(both)
    across, up = words_of(cost, currency, _largest(costs, ("mean",))), words_of(metric, currency)
    styles = dot_styles(len(options))
    with sheet(title or f"{up.label.capitalize()} against staff cost", 3.4) as figure:
        axes = figure.subplots()
        for row, style in zip(both.iter_rows(named=True), styles, strict=True):
            x, y = row["mean"] * across.factor, row["mean_held"] * up.factor
            if row["low"] is not None and row["low_held"] is not None:
                ends = [row["low"] * across.factor, row["high"] * across.factor]
                axes.plot(ends, [y, y], color=style["color"], linewidth=1.2)
                ends = [row["low_held"] * up.factor, row["high_held"] * up.factor]
                axes.plot([x, x], ends, color=style["color"], linewidth=1.2)
            axes.plot(x, y, label=row["option"], linestyle="none", markersize=7, **style)
        axes.set_xlabel(across.of_value(), fontsize=9)
        axes.set_ylabel(up.of_value(), fontsize=9)
        axes.margins(0.12)
        plain_numbers(axes.xaxis, axes.yaxis)
        if len(options) > 1:
            handles = [Line2D([], [], linestyle="none", markersize=7, **style) for style in styles]
            legend_below(figure, handles, options)
    return figure


def tornado(
    table: pl.DataFrame, metric: str, *, currency: str = "", most: int = 20, title: str = ""
) -> Figure:
    """How far a metric moves when each parameter goes from one end of its range to the other.

    Parameters
    ----------
    table : one row for each parameter and end of its range: columns ``parameter``; ``end``, which is ``low``
        or ``high``; ``value``, the parameter's there, a number or text; ``difference`` of the metric from
        where nothing is changed, ``low`` and ``high``, the ends of its 95% interval (null without one). A
        null difference is left out.
    metric : name of the metric that moves.
    currency : of the map, named beside money.
    most : parameters shown; those that move it most.

    Returns
    -------
    A figure with a row for each parameter, that which moves the metric most on top, and a bar for each end
    with the parameter's value beside it; lines are the 95% intervals.

    Raises
    ------
    ValueError
        if the table has no difference, or an end that is neither low nor high.
    """
    required(table, "table", ("parameter", "end", "value", "difference", "low", "high"))
    strange = [end for end in table["end"].unique().to_list() if end not in ("low", "high")]
    if strange:
        raise ValueError(f"table: end low or high is required, found {strange[0]!r}")
    found = table.with_columns(pl.col("difference", "low", "high").fill_nan(None)).drop_nulls("difference")
    if found.is_empty():
        raise ValueError("table: at least one difference is required, found none")
    ranked = (
        found.group_by("parameter", maintain_order=True)
        .agg(size=pl.col("difference").abs().max())
        .sort("size", descending=True, maintain_order=True)
        .head(most)
    )
    parameters = [str(name) for name in ranked["parameter"]]
    words = words_of(metric, currency, _largest(found, ("difference",)))
    heading = title or f"What moves most: {words.label}"
    with sheet(heading, 0.8 + 0.34 * len(parameters)) as figure:
        axes = figure.subplots()
        for end, style in _ENDS.items():
            rows = found.filter((pl.col("end") == end) & pl.col("parameter").is_in(parameters))
            at = np.array([parameters.index(str(name)) for name in rows["parameter"]])
            sizes = rows["difference"].to_numpy() * words.factor
            axes.barh(at, sizes, height=0.62, edgecolor=INK, linewidth=0.6, **style)
            low, high = ends_of(rows.rename({"difference": "mean"}))
            axes.hlines(at, low * words.factor, high * words.factor, color=INK, linewidth=1.2)
            for place, value, size, first, last in zip(at, rows["value"], sizes, low, high, strict=True):
                _beside_bar(axes, place, size, (first * words.factor, last * words.factor), str(value))
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_yticks(range(len(parameters)), [wrapped(name, 32) for name in parameters])
        axes.set_ylim(len(parameters) - 0.5, -0.5)
        axes.margins(x=0.18)
        axes.set_xlabel(f"change of {words.of_difference()}", fontsize=9)
        axes.tick_params(labelsize=9)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        plain_numbers(axes.xaxis)
        handles = [Patch(edgecolor=INK, linewidth=0.6, **style) for style in _ENDS.values()]
        legend_below(figure, handles, ["low end of the range", "high end of the range"])
    return figure


_ENDS: dict[str, dict[str, Any]] = {
    "low": {"facecolor": "#9CC7E2"},
    "high": {"facecolor": COLOURS[1], "hatch": "///"},
}
"""Told apart without colour by shade and hatching."""


def _beside_bar(axes: Axes, at: float, size: float, interval: tuple[float, float], value: str) -> None:
    """Write a parameter's value where its bar and interval end."""
    right = size >= 0
    tip = max(size, *interval) if right else min(size, *interval)
    axes.annotate(
        wrapped(value, 14, lines=1),
        (tip, at),
        xytext=(4 if right else -4, 0),
        textcoords="offset points",
        ha="left" if right else "right",
        va="center",
        fontsize=8,
    )


def _largest(found: pl.DataFrame, columns: Sequence[str]) -> float:
    """Largest value in size."""
    sizes = found.select(pl.col(columns).abs().max()).row(0)
    return max((size for size in sizes if size is not None), default=0.0)


def _dot(face: str) -> dict[str, Any]:
    return {
        "marker": "o", "markersize": 6.5, "linestyle": "none", "color": COLOURS[0], "markerfacecolor": face,
        "markeredgewidth": 1.4,
    }  # fmt: skip
