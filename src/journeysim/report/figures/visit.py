"""Figures of the visit: how it feels along the journey, and what waiting does to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from journeysim.report.figures.sheet import (
    ends_of,
    estimates_of,
    legend_below,
    options_of,
    sheet,
    wrapped,
)
from journeysim.report.style import INK, MARKERS, line_styles


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
    room = 0.5 / len(options)
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
        axes.tick_params(labelsize=9)
        if len(options) > 1:
            handles = [
                Line2D([], [], markersize=5, marker=MARKERS[number % len(MARKERS)], **style)
                for number, style in enumerate(styles)
            ]
            legend_below(figure, handles, options)
    return figure
