"""Figures of the day in the branch: who waits how long, and how long the lines are."""

from __future__ import annotations

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from journeysim.experiment.statistics import estimate
from journeysim.report.figures.sheet import (
    band_opacity,
    hours_along,
    legend_below,
    one_branch,
    options_of,
    panel_name,
    panels,
    plain_numbers,
    required,
    sheet,
)
from journeysim.report.style import COLOURS, dot_styles, line_styles
from journeysim.units import FloatArray

_STEPS = ("option", "replication", "touchpoint", "joined_min", "started_min", "ended_min",
          "queue_length_seen", "outcome")  # fmt: skip
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Of the days: the outer band, the inner band and the line of queue lengths."""


def wait_by_time(
    steps: pl.DataFrame, touchpoint: str | None = None, *, slot_min: int = 30, title: str = ""
) -> Figure:
    """Mean wait of those who join at each time of day, a line for each option.

    Parameters
    ----------
    steps : a steps table with ``option`` and ``replication``.
    touchpoint : whose waits; None takes those of every touchpoint with a queue, per step.
    slot_min : length of the slots of the day, minutes.

    Returns
    -------
    A figure; the bands are 95% t-intervals over replications (none where there is only one).

    Raises
    ------
    ValueError
        if nobody joined a queue at the touchpoint.
    """
    waits = _waits(steps, touchpoint, slot_min)
    options = options_of(waits)
    styles = line_styles(len(options))
    with sheet(title or _whose_wait(touchpoint, "time of day"), 3.0) as figure:
        axes = figure.subplots()
        for option, style in zip(options, styles, strict=True):
            at, mean, low, high = _by_slot(waits.filter(pl.col("option") == option), slot_min)
            # A slot between two without anybody has no line.
            axes.plot(at, mean, label=option, linewidth=1.8, marker="o" if at.size == 1 else "", **style)
            axes.fill_between(
                at, low, high, color=style["color"], alpha=band_opacity(len(options)), linewidth=0
            )
        axes.set_ylim(bottom=0)
        axes.set_ylabel("mean wait, min", fontsize=9)
        plain_numbers(axes.yaxis)
        _day_along(axes, waits)
        if len(options) > 1:
            legend_below(figure, [Line2D([], [], linewidth=1.8, **style) for style in styles], options)
    return figure


def waits_by_hour(steps: pl.DataFrame, touchpoint: str | None = None, *, title: str = "") -> Figure:
    """Wait of those who join in each hour: the mean and the 90th percentile, side by side for each option.

    Parameters
    ----------
    steps, touchpoint : of `wait_by_time`.

    Returns
    -------
    A figure: for each hour and option a filled mark at the mean wait, and a line up to the 90th percentile,
    a short bar; both over all who joined in the hour, all days and replications together.

    Raises
    ------
    ValueError
        if nobody joined a queue at the touchpoint.
    """
    joined = joined_waits(steps, touchpoint, 60)
    options = options_of(joined)
    styles = dot_styles(len(options))
    found = joined.group_by("option", "slot", maintain_order=True).agg(
        mean=pl.col("wait").mean(), p90=pl.col("wait").quantile(0.9, "linear")
    )
    room = 44 / len(options)
    with sheet(title or _whose_wait(touchpoint, "hour"), 3.0) as figure:
        axes = figure.subplots()
        for number, (option, style) in enumerate(zip(options, styles, strict=True)):
            of_option = found.filter(pl.col("option") == option).sort("slot")
            at = of_option["slot"].to_numpy() + 30 + room * (number - (len(options) - 1) / 2)
            mean, p90 = of_option["mean"].to_numpy(), of_option["p90"].to_numpy()
            axes.vlines(at, mean, p90, color=style["color"], linewidth=1.2)
            axes.plot(at, p90, linestyle="none", marker="_", markersize=6, color=style["color"])
            axes.plot(at, mean, linestyle="none", markersize=4.5, label=option, **style)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("wait, min", fontsize=9)
        plain_numbers(axes.yaxis)
        _day_along(axes, found)
        marks = [Line2D([], [], linestyle="none", **style) for style in styles]
        bar = Line2D([], [], linestyle="none", marker="_", color="#444444")
        names = options if len(options) > 1 else ["mean"]
        legend_below(figure, [*marks, bar], [*names, "90th percentile"])
    return figure


def queue_lengths_by_time(steps: pl.DataFrame, queue: str, *, every_min: int = 5, title: str = "") -> Figure:
    """How many wait in a queue over the day: the median day, and the bands between quantiles of the days.

    Parameters
    ----------
    steps : a steps table of one branch, with ``option``, ``replication``, ``day`` and ``queue``.
    queue : its name.
    every_min : minutes between the moments at which the queue is looked at.

    Returns
    -------
    A figure with a panel for each option. At each moment: the median over all days that the steps have as a
    line, the quantiles .25 to .75 as the dark band, .05 to .95 as the light one. A day on which nobody came
    to this queue counts with 0. Those in service do not count.

    Raises
    ------
    ValueError
        if nobody joined the queue, or if the steps are those of several branches.
    """
    required(steps, "steps", (*_STEPS, "day", "queue"))
    one_branch(steps)
    waiting = _entered(steps).filter(pl.col("queue") == queue)
    if waiting.is_empty():
        known = ", ".join(str(name) for name in steps["queue"].drop_nulls().unique(maintain_order=True))
        raise ValueError(f"queue: one that somebody joined is required, found {queue!r}; there are {known}")
    options = options_of(steps)
    first = steps.select(pl.col("joined_min").min() // 60 * 60).item()
    last = waiting.select(pl.coalesce("started_min", "ended_min").max()).item()
    moments = np.arange(first, last + every_min, every_min, dtype=np.float64)
    columns = 1 if len(options) == 1 else 2 if len(options) < 5 else 3
    rows = -(-len(options) // columns)
    with sheet(title or f"People waiting: {queue}", (2.7 if rows == 1 else 1.7 * rows) + 0.2) as figure:
        grid = panels(figure, len(options), columns)
        for option, axes in zip(options, grid, strict=True):
            lengths = _lengths(steps, waiting, option, moments)
            outer_low, low, median, high, outer_high = np.quantile(lengths, QUANTILES, axis=0)
            axes.fill_between(moments, outer_low, outer_high, color=COLOURS[0], alpha=0.18, linewidth=0)
            axes.fill_between(moments, low, high, color=COLOURS[0], alpha=0.35, linewidth=0)
            axes.plot(moments, median, color=COLOURS[0], linewidth=1.8)
            if len(options) > 1:
                axes.set_title(panel_name(option, columns), loc="left", fontsize=9)
            axes.tick_params(labelsize=9 if columns < 3 else 8)
            hours_along(axes.xaxis, moments[0], moments[-1] if columns == 1 else moments[0] + 60 * 16)
        grid[0].set_ylim(bottom=0)
        plain_numbers(grid[0].yaxis)
        for axes in grid[::columns]:
            axes.set_ylabel("people waiting", fontsize=9)
        handles = [
            Line2D([], [], color=COLOURS[0], linewidth=1.8),
            Patch(color=COLOURS[0], alpha=0.45, linewidth=0),
            Patch(color=COLOURS[0], alpha=0.18, linewidth=0),
        ]
        legend_below(figure, handles, ["median of the days", "half of the days", "9 days in 10"])
    return figure


def _lengths(steps: pl.DataFrame, waiting: pl.DataFrame, option: str, moments: FloatArray) -> FloatArray:
    """People waiting at each moment, shape (days of all replications, moments)."""
    mine = pl.col("option") == option
    days = (
        steps.filter(mine).select("replication", "day").unique().sort("replication", "day").with_row_index()
    )
    found = waiting.filter(mine).join(days, on=["replication", "day"], how="left", maintain_order="left")
    change = np.zeros((days.height, moments.size + 1))
    day = found["index"].to_numpy()
    left = found.select(pl.coalesce("started_min", "ended_min")).to_series().to_numpy()
    # Who joins at a moment is seen at it, who leaves at it is not.
    np.add.at(change, (day, np.searchsorted(moments, found["joined_min"].to_numpy(), side="left")), 1.0)
    np.add.at(change, (day, np.searchsorted(moments, left, side="left")), -1.0)
    return np.cumsum(change, axis=1)[:, :-1]


def _entered(steps: pl.DataFrame) -> pl.DataFrame:
    """Steps of those who joined a queue, who started at once included."""
    return steps.filter(
        pl.col("queue_length_seen").is_not_null() & ~pl.col("outcome").is_in(["balked", "rejected"])
    )


def joined_waits(steps: pl.DataFrame, touchpoint: str | None, slot_min: int) -> pl.DataFrame:
    """Who joined a queue, with the wait in minutes and the slot of the day, from its first minute on.

    Raises
    ------
    ValueError
        if nobody joined a queue at the touchpoint; None takes every touchpoint.
    """
    required(steps, "steps", _STEPS)
    found = _entered(steps)
    if touchpoint is not None:
        found = found.filter(pl.col("touchpoint") == touchpoint)
    if found.is_empty():
        raise ValueError(f"touchpoint: one with waits is required, found {touchpoint!r}")
    return found.with_columns(
        wait=pl.coalesce("started_min", "ended_min") - pl.col("joined_min"),
        slot=(pl.col("joined_min") // slot_min * slot_min).cast(pl.Int32),
    )


def _waits(steps: pl.DataFrame, touchpoint: str | None, slot_min: int) -> pl.DataFrame:
    """Mean wait by option, slot and replication."""
    return (
        joined_waits(steps, touchpoint, slot_min)
        .group_by("option", "slot", "replication", maintain_order=True)
        .agg(pl.col("wait").mean())
    )


def _by_slot(waits: pl.DataFrame, slot_min: int) -> tuple[FloatArray, ...]:
    """Middle of each slot, and mean, low and high of an option's waits in it."""
    found = []
    for (slot,), of_slot in waits.sort("slot").group_by("slot", maintain_order=True):
        over = estimate(of_slot["wait"].to_numpy())
        interval = (over.low, over.high) if over.n > 1 else (over.mean, over.mean)
        found.append((float(str(slot)) + slot_min / 2, over.mean, *interval))
    return tuple(np.array(found).T)


def _whose_wait(touchpoint: str | None, by: str) -> str:
    return f"Wait by {by}" + (f": {touchpoint}" if touchpoint else "")


def _day_along(axes: Axes, slots: pl.DataFrame) -> None:
    hours_along(axes.xaxis, *slots.select(pl.col("slot").min(), pl.col("slot").max().alias("last")).row(0))
    axes.tick_params(labelsize=9)
