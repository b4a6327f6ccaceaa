"""Figures of the market: what is told, on which rung customers stand, why they leave and for whom."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from journeysim.report.figures.sheet import (
    band_opacity,
    ends_of,
    estimates_of,
    legend_below,
    months_along,
    options_of,
    panels,
    plain_numbers,
    sheet,
    wrapped,
)
from journeysim.report.style import dot_styles, line_styles

_NO_MARKET = "the scenario has no market"


def told_by_month(summary: pl.DataFrame, *, title: str = "What people are told about the bank") -> Figure:
    """How often people are told good and bad about our bank in each month, a line for each option.

    Parameters
    ----------
    summary : `Run.summary` of a scenario with a market: metrics ``told_good`` and ``told_bad`` of months.

    Returns
    -------
    A figure of two panels, good and bad, from 0, each on a scale of its own; bands are 95% intervals of the
    mean over replications (none with one).

    Raises
    ------
    ValueError
        if the summary has no months: the scenario has no market.
    """
    found = estimates_of(summary, "all", ("told_good", "told_bad"), monthly=True, without=_NO_MARKET)
    options = options_of(found)
    with sheet(title, 2.9) as figure:
        good, bad = panels(figure, 2, 2, share_y=False)
        for axes, metric, label in ((good, "told_good", "good"), (bad, "told_bad", "bad")):
            _monthly_lines(axes, found.filter(pl.col("metric") == metric), options)
            axes.set_ylim(bottom=0)
            axes.set_title(label, loc="left", fontsize=10)
        good.set_ylabel("people told a month", fontsize=9)
        _name_lines(figure, options)
    return figure


def customers_by_rung(summary: pl.DataFrame, *, title: str = "Customers by rung of loyalty") -> Figure:
    """How many customers stand on each rung at the end of each month, a line for each option.

    Parameters
    ----------
    summary : `Run.summary` of a scenario with a market: metric ``customers`` of rungs and months.

    Returns
    -------
    A figure with a panel for each rung, in the order of the table, each on a scale of its own; bands are 95%
    intervals of the mean over replications (none with one).

    Raises
    ------
    ValueError
        if the summary has no rungs: the scenario has no market.
    """
    found = estimates_of(summary, "rung", ("customers",), monthly=True, without=_NO_MARKET)
    options = options_of(found)
    rungs = [str(name) for name in found["name"].unique(maintain_order=True)]
    with sheet(title, 1.75 * ceil(len(rungs) / 3) + 0.5) as figure:
        grid = panels(figure, len(rungs), 3, share_y=False)
        for axes, rung in zip(grid, rungs, strict=True):
            _monthly_lines(axes, found.filter(pl.col("name") == rung), options)
            axes.set_title(rung.replace("_", " "), loc="left", fontsize=10)
        for axes in grid[::3]:
            axes.set_ylabel("customers", fontsize=9)
        _name_lines(figure, options)
    return figure


def churn_by_reason(summary: pl.DataFrame, *, title: str = "Customers lost, by reason") -> Figure:
    """How many customers were lost over the horizon for each reason, a dot for each option.

    Parameters
    ----------
    summary : `Run.summary` of a scenario with a market: metric ``lost`` of reasons.

    Returns
    -------
    A figure with a row for each reason, the one that takes most customers of the first option on top, and on
    it a dot for each option; lines are 95% intervals of the mean over replications (none with one).

    Raises
    ------
    ValueError
        if the summary has no reasons: the scenario has no market.
    """
    found = estimates_of(summary, "reason", ("lost",), without=_NO_MARKET)
    options = options_of(found)
    of_first = found.filter(pl.col("option") == options[0]).sort("mean", descending=True, maintain_order=True)
    reasons = [str(name) for name in of_first["name"]]
    styles = dot_styles(len(options))
    room = 0.75 / len(options)
    with sheet(title, 0.8 + len(reasons) * max(0.32, 0.14 * len(options))) as figure:
        axes = figure.subplots()
        for number, (option, style) in enumerate(zip(options, styles, strict=True)):
            of_option = found.filter(pl.col("option") == option)
            at = np.array([reasons.index(name) for name in of_option["name"]])
            place = at + room * (number - (len(options) - 1) / 2)
            low, high = ends_of(of_option)
            axes.hlines(place, low, high, color=style["color"], linewidth=1.6)
            axes.plot(of_option["mean"].to_numpy(), place, linestyle="none", markersize=5.5, **style)
        axes.set_yticks(range(len(reasons)), [wrapped(name.replace("_", " "), 26) for name in reasons])
        axes.set_ylim(len(reasons) - 0.5, -0.5)
        axes.set_xlim(left=0)
        axes.tick_params(labelsize=9)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("customers lost over the horizon", fontsize=9)
        plain_numbers(axes.xaxis)
        axes.grid(visible=False, axis="y")
        axes.grid(visible=True, axis="x")
        for between in range(1, len(reasons)):
            axes.axhline(between - 0.5, color="#EEEEEE", linewidth=0.8, zorder=0)
        if len(options) > 1:
            handles = [Line2D([], [], linestyle="none", **style) for style in styles]
            legend_below(figure, handles, options)
    return figure


def _monthly_lines(axes: Axes, found: pl.DataFrame, options: Sequence[str]) -> None:
    """A line for each option over the months, with its band."""
    for option, style in zip(options, line_styles(len(options)), strict=True):
        of_option = found.filter(pl.col("option") == option).sort("month")
        month = of_option["month"].to_numpy()
        # One month has no line.
        marker = "o" if of_option.height == 1 else ""
        axes.plot(month, of_option["mean"].to_numpy(), label=option, linewidth=1.8, marker=marker, **style)
        low, high = ends_of(of_option)
        axes.fill_between(
            month, low, high, color=style["color"], alpha=band_opacity(len(options)), linewidth=0
        )
    months_along(axes)
    plain_numbers(axes.yaxis)
    axes.tick_params(labelsize=9)


def _name_lines(figure: Figure, options: Sequence[str]) -> None:
    """Name the lines of several options."""
    if len(options) > 1:
        styles = line_styles(len(options))
        legend_below(figure, [Line2D([], [], linewidth=1.8, **style) for style in styles], options)
