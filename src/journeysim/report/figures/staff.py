"""Figures of the staff: who is how busy when."""

from __future__ import annotations

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from journeysim.report.figures.sheet import one_branch, options_of, panel_name, required, sheet, wrapped
from journeysim.report.figures.tiles import tiles
from journeysim.report.style import INK
from journeysim.units import FloatArray

_HOUR = 60.0
_APART = 2 * 24 * _HOUR
"""Minutes between the midnights of two days laid end to end: no day runs into the next."""


def utilisation_by_hour(
    steps: pl.DataFrame, rosters: pl.DataFrame, *, title: str = "Rostered time spent with customers"
) -> Figure:
    """Heat map of how busy each staff group is in each hour, a panel for each option.

    Parameters
    ----------
    steps : a steps table of one branch: columns option, replication, day, date, staff_group, started_min,
        ended_min.
    rosters : `Run.rosters`: columns option, date, staff_group, from_min, until_min, count.

    Returns
    -------
    A figure; each tile holds the share, 0..100 %, of a group's rostered time in that hour that was spent
    serving, over all days that the steps have, and the last column that of the whole day. Tiles of hours
    without roster are empty.

    Raises
    ------
    ValueError
        if the steps are those of several branches, or the rosters lack an option.

    Notes
    -----
    Counted are services as the steps have them, as far as they lie within the roster: time after closing and
    servers still busy beyond a roster that has fallen are overtime, as in the metric ``utilisation``. That
    metric also counts wrap-up and servers kept while the customer is elsewhere, which the steps do not have;
    where a map has either it is higher. Machines that are down count as rostered, in both.
    """
    required(
        steps, "steps", ("option", "replication", "day", "date", "staff_group", "started_min", "ended_min")
    )
    required(rosters, "rosters", ("option", "date", "staff_group", "from_min", "until_min", "count"))
    one_branch(steps)
    options = options_of(steps)
    missing = [option for option in options if option not in rosters["option"].unique()]
    if missing:
        raise ValueError(f"rosters: every option of the steps is required, not found {', '.join(missing)}")
    groups = [str(name) for name in rosters["staff_group"].unique(maintain_order=True)]
    first = int(rosters.select(pl.col("from_min").min() // _HOUR).item())
    last = int(rosters.select((pl.col("until_min").max() / _HOUR).ceil()).item())
    heads = [*(f"{hour:02d}" for hour in range(first, last)), "all day"]
    names = [wrapped(name, 20, lines=1) for name in groups]
    with sheet(title, len(options) * (0.5 + 0.27 * len(groups)) + 0.5) as figure:
        grid = figure.subplots(len(options), 1, squeeze=False)[:, 0]
        for option, axes in zip(options, grid, strict=True):
            mine = pl.col("option") == option
            shares = [
                _shares(steps.filter(mine), rosters.filter(mine), group, first, last) for group in groups
            ]
            tiles(axes, np.array(shares) * 100, names, heads, most=100.0, text="{:.0f}")
            axes.axvline(len(heads) - 1.5, color=INK, linewidth=1.2)
            _entitle(axes, option if len(options) > 1 else "")
        grid[-1].set_xlabel("hour from, and the whole day; % of rostered time", fontsize=9)
    return figure


def _entitle(axes: Axes, option: str) -> None:
    if option:
        axes.set_title(panel_name(option, 1), loc="left", fontsize=9)


def _shares(steps: pl.DataFrame, rosters: pl.DataFrame, group: str, first: int, last: int) -> FloatArray:
    """Share of a group's rostered time spent serving, of each hour and of all; NaN without roster."""
    days = steps.select("replication", "day", "date").unique().sort("replication", "day").with_row_index()
    served = (
        steps.filter(pl.col("staff_group") == group)
        .drop_nulls("started_min")
        .join(days, on=["replication", "day", "date"])
    )
    duty = rosters.filter(pl.col("staff_group") == group).join(days, on="date")
    hours = np.arange(first, last + 1) * _HOUR
    marks = (np.arange(days.height)[:, np.newaxis] * _APART + hours).ravel()
    nothing = np.zeros(marks.size)
    counts = duty["count"].to_numpy().astype(np.float64)
    ones = np.ones(served.height)
    moments = np.concatenate(
        [marks, *(_along(served, name) for name in ("started_min", "ended_min")),
         *(_along(duty, name) for name in ("from_min", "until_min"))]
    )  # fmt: skip
    busy_change = np.concatenate([nothing, ones, -ones, 0 * counts, 0 * counts])
    duty_change = np.concatenate([nothing, 0 * ones, 0 * ones, counts, -counts])
    order = np.argsort(moments, kind="stable")
    moments = moments[order]
    busy, on_duty = np.cumsum(busy_change[order])[:-1], np.cumsum(duty_change[order])[:-1]
    spans = np.diff(moments)
    hour = ((moments[:-1] % _APART) // _HOUR).astype(np.int64) - first
    inside = (hour >= 0) & (hour < last - first) & (spans < _APART / 2)
    by_hour = [
        np.bincount(hour[inside], (spans * values)[inside], minlength=last - first)
        for values in (np.minimum(busy, on_duty), on_duty)
    ]
    work, time = (np.append(values, values.sum()) for values in by_hour)
    return np.where(time > 0.0, work / np.where(time > 0.0, time, 1.0), np.nan)


def _along(rows: pl.DataFrame, minute: str) -> FloatArray:
    """Moments of rows on an axis on which the days lie end to end."""
    return np.asarray(rows["index"].to_numpy() * _APART + rows[minute].to_numpy(), dtype=np.float64)
