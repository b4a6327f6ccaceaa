"""Figures, one function each: tables in, a matplotlib Figure out."""

from __future__ import annotations

import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator
from scipy.special import stdtrit

from journeysim.report.style import line_styles, quiet_style


def wait_by_time(steps: pl.DataFrame, touchpoint: str, *, slot_min: int = 30, title: str = "") -> Figure:
    """Mean wait of those who join at each time of day, a line for each option.

    Parameters
    ----------
    steps : a steps table with ``option`` and ``replication``.
    touchpoint : whose waits.
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
    if waits.is_empty():
        raise ValueError(f"touchpoint: one with waits is required, found {touchpoint!r}")
    options = steps["option"].unique(maintain_order=True).to_list()
    with quiet_style():
        figure = Figure(figsize=(7.2, 3.4), layout="constrained")
        axes = figure.subplots()
        for option, style in zip(options, line_styles(len(options)), strict=True):
            of_option = waits.filter(pl.col("option") == option).sort("slot")
            at = of_option["slot"].to_numpy() + slot_min / 2
            mean, half = of_option["mean"].to_numpy(), of_option["half"].to_numpy()
            axes.plot(at, mean, label=option, linewidth=1.8, **style)
            axes.fill_between(at, mean - half, mean + half, color=style["color"], alpha=0.15, linewidth=0)
        axes.set_ylim(bottom=0)
        axes.set_ylabel("mean wait, min")
        axes.xaxis.set_major_locator(MultipleLocator(60))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda minute, _: f"{int(minute) // 60:02d}:00"))
        axes.set_title(title or touchpoint, loc="left", fontweight="bold", fontsize=10)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return figure


def _waits(steps: pl.DataFrame, touchpoint: str, slot_min: int) -> pl.DataFrame:
    """Mean wait by option and slot, with the half-width of its interval; NaN-free."""
    joined = steps.filter(
        (pl.col("touchpoint") == touchpoint)
        & pl.col("queue_length_seen").is_not_null()
        & ~pl.col("outcome").is_in(["balked", "rejected"])
    ).with_columns(
        wait=pl.coalesce("started_min", "ended_min") - pl.col("joined_min"),
        slot=(pl.col("joined_min") // slot_min * slot_min).cast(pl.Int32),
    )
    means = joined.group_by("option", "slot", "replication", maintain_order=True).agg(pl.col("wait").mean())
    table = means.group_by("option", "slot", maintain_order=True).agg(
        mean=pl.col("wait").mean(), sd=pl.col("wait").std(), count=pl.len()
    )
    count = table["count"].to_numpy().astype(np.float64)
    sd = table["sd"].fill_null(0.0).to_numpy()
    half = np.where(count > 1, stdtrit(np.maximum(count - 1, 1), 0.975) * sd / np.sqrt(count), 0.0)
    return table.with_columns(half=pl.Series(half))
