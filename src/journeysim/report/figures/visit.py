"""Figures of the visit: how it feels along the journey, and what waiting does to it."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from journeysim.report.figures.sheet import (
    ends_of,
    estimates_of,
    legend_below,
    options_of,
    panel_name,
    panels,
    plain_numbers,
    required,
    sheet,
    wrapped,
)
from journeysim.report.style import COLOURS, INK, MARKERS, line_styles

_GROUPS = 10
"""Of visits that waited, by how long."""


def emotion_curve(summary: pl.DataFrame, *, title: str = "How the journey feels") -> Figure:
    """Mean score at each touchpoint along the journey, a line for each option: the emotion curve.

    Parameters
    ----------
    summary : `Run.summary`: metric ``score_mean`` of touchpoints, which come in the order of the map.

    Returns
    -------
    A figure; touchpoints where nothing was scored are left out. Lines through the dots are 95% intervals of
    the mean over replications (none with one).

    Raises
    ------
    ValueError
        if no touchpoint has a score.
    """
    found = estimates_of(summary, "touchpoint", ("score_mean",), without="nobody came to any touchpoint")
    options = options_of(found)
    points = [str(name) for name in found["name"].unique(maintain_order=True)]
    styles = line_styles(len(options))
    room = 0.4 / len(options)
    upright = len(points) > 7
    with sheet(title, 3.9 if upright else 3.2) as figure:
        axes = figure.subplots()
        for number, (option, style) in enumerate(zip(options, styles, strict=True)):
            of_option = found.filter(pl.col("option") == option)
            at = np.array([points.index(name) for name in of_option["name"]])
            place = at + room * (number - (len(options) - 1) / 2)
            marker = MARKERS[number % len(MARKERS)]
            mean = of_option["mean"].to_numpy()
            axes.plot(place, mean, label=option, linewidth=1.4, markersize=5, marker=marker, **style)
            low, high = ends_of(of_option)
            axes.vlines(place, low, high, color=style["color"], linewidth=1.4)
        axes.axhline(0, color=INK, linewidth=0.8)
        width = 22 if upright else max(10, int(80 / len(points)))
        names = [wrapped(name, width) for name in points]
        rotated: dict[str, Any] = (
            {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if upright else {}
        )
        axes.set_xticks(range(len(points)), names, **rotated)
        axes.set_ylabel("mean score, −1…1", fontsize=9)
        plain_numbers(axes.yaxis)
        axes.tick_params(labelsize=9)
        if len(options) > 1:
            handles = [
                Line2D([], [], markersize=5, marker=MARKERS[number % len(MARKERS)], **style)
                for number, style in enumerate(styles)
            ]
            legend_below(figure, handles, options)
    return figure


def wait_against_score(visits: pl.DataFrame, *, title: str = "What waiting does to the score") -> Figure:
    """Score of a visit against its wait: the mean of visits that waited about as long, and their spread.

    Parameters
    ----------
    visits : `Run.visits`: columns option, wait_min (over all queues of the visit) and score.

    Returns
    -------
    A figure with a panel for each option. The visits that did not wait are one dot, the others ten dots of
    equally many visits each (fewer where many waited equally long), at their mean wait and mean score; the
    band holds 8 visits in 10. The groups are cut at the same waits in all options.

    Raises
    ------
    ValueError
        if no visit has a score.
    """
    required(visits, "visits", ("option", "wait_min", "score"))
    scored = visits.select("option", "wait_min", pl.col("score").fill_nan(None)).drop_nulls()
    if scored.is_empty():
        raise ValueError("visits: at least one with a score is required, found none")
    options = options_of(scored)
    waits = scored.filter(pl.col("wait_min") > 0)["wait_min"].to_numpy()
    cuts = np.unique(np.quantile(waits, np.arange(1, _GROUPS) / _GROUPS)) if waits.size else np.zeros(0)
    group = np.where(scored["wait_min"] > 0, 1 + np.searchsorted(cuts, scored["wait_min"], side="left"), 0)
    found = (
        scored.with_columns(group=pl.Series(group))
        .group_by("option", "group")
        .agg(
            wait=pl.col("wait_min").mean(),
            mean=pl.col("score").mean(),
            low=pl.col("score").quantile(0.1, "linear"),
            high=pl.col("score").quantile(0.9, "linear"),
        )
        .sort("group")
    )
    columns = 1 if len(options) == 1 else 2 if len(options) in (2, 4) else 3
    rows = ceil(len(options) / columns)
    with sheet(title, (2.6 if rows == 1 else 1.8 * rows) + 0.3) as figure:
        grid = panels(figure, len(options), columns)
        for option, axes in zip(options, grid, strict=True):
            of_option = found.filter(pl.col("option") == option)
            at = of_option["wait"].to_numpy()
            axes.fill_between(
                at, of_option["low"], of_option["high"], color=COLOURS[0], alpha=0.2, linewidth=0
            )
            axes.plot(at, of_option["mean"], color=COLOURS[0], marker="o", markersize=4, linewidth=1.6)
            axes.axhline(0, color=INK, linewidth=0.8)
            if len(options) > 1:
                axes.set_title(panel_name(option, columns), loc="left", fontsize=9)
            axes.tick_params(labelsize=9)
        grid[0].set_xlim(left=0)
        plain_numbers(grid[0].xaxis, grid[0].yaxis)
        for axes in grid[::columns]:
            axes.set_ylabel("score, −1…1", fontsize=9)
        for axes in grid[-columns:]:
            axes.set_xlabel("wait of the visit, min", fontsize=9)
        handles = [
            Line2D([], [], color=COLOURS[0], marker="o", markersize=4, linewidth=1.6),
            Patch(color=COLOURS[0], alpha=0.2, linewidth=0),
        ]
        legend_below(figure, handles, ["mean", "8 visits in 10"])
    return figure
