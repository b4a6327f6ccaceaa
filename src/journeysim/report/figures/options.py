"""Figures that set options beside one another."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import polars as pl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from journeysim.report.figures.sheet import legend_below, options_of, panels, required, sheet, wrapped
from journeysim.report.figures.words import words_of
from journeysim.report.style import COLOURS, INK

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
    names = [wrapped(name, 26) for name in options]
    rows = ceil(len(shown) / 3)
    lines = sum(name.count("\n") for name in names)
    with sheet(title, rows * (0.75 + 0.26 * len(options) + 0.12 * lines) + 0.4) as figure:
        grid = panels(figure, len(shown), 3, share_x=False)
        for metric, axes in zip(shown, grid, strict=True):
            words = words_of(metric, currency)
            for at, option in enumerate(options):
                found = of_all.filter((pl.col("metric") == metric) & (pl.col("option") == option))
                for row in found.drop_nulls("difference").iter_rows(named=True):
                    if row["low"] is not None and row["high"] is not None:
                        ends = [row["low"] * words.factor, row["high"] * words.factor]
                        axes.plot(ends, [at, at], color=COLOURS[0], linewidth=1.8, solid_capstyle="butt")
                    face = COLOURS[0] if row["real"] else "white"
                    axes.plot(row["difference"] * words.factor, at, **_dot(face))
            axes.axvline(0, color=INK, linewidth=0.8)
            axes.set_xlabel(wrapped(words.of_difference(), 26), fontsize=9)
            axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
            axes.tick_params(labelsize=9)
            axes.tick_params(axis="y", length=0)
            axes.grid(visible=False, axis="y")
            axes.grid(visible=True, axis="x")
        grid[0].set_yticks(range(len(options)), names)
        grid[0].set_ylim(len(options) - 0.5, -0.5)
        handles = [Line2D([], [], **_dot(face)) for face in (COLOURS[0], "white")]
        legend_below(
            figure, handles, ["real: p < .05 after Holm's adjustment", "cannot be told from no change"]
        )
    return figure


def _dot(face: str) -> dict[str, Any]:
    return {
        "marker": "o", "markersize": 6.5, "linestyle": "none", "color": COLOURS[0], "markerfacecolor": face,
        "markeredgewidth": 1.4,
    }  # fmt: skip
