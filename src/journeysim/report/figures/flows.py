"""Figures of where people go: through the touchpoints of a visit, and from bank to bank."""

from __future__ import annotations

from math import ceil

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from journeysim.market.ledger import flow_name
from journeysim.report.figures.sheet import (
    WIDTH_IN,
    estimates_of,
    number,
    options_of,
    panel_name,
    sheet,
    wrapped,
)
from journeysim.report.figures.tiles import tiles
from journeysim.report.style import INK
from journeysim.units import FloatArray


def bank_flows(summary: pl.DataFrame, *, title: str = "From bank to bank over the horizon") -> Figure:
    """How many people went from each bank to each other, a panel for each option; what one wins others lose.

    Parameters
    ----------
    summary : `Run.summary` of a scenario with a market: metric ``went`` of flows, ``gained`` and ``lost`` of
        banks.

    Returns
    -------
    A figure; each tile holds the mean number of people who went from the bank of its row to that of its
    column, newcomers in the places of those who died or moved away included. The last column is each bank's
    net gain; it sums to 0.

    Raises
    ------
    ValueError
        if there are no flows: the scenario has no market, or the run was made before they were kept.
    """
    flows = estimates_of(summary, "flow", ("went",), without="the scenario has no market, or an older run")
    moves = estimates_of(summary, "bank", ("gained", "lost"), without="the scenario has no market")
    options = options_of(flows)
    banks = [str(name) for name in moves["name"].unique(maintain_order=True)]
    matrices = [_between(flows.filter(pl.col("option") == option), banks) for option in options]
    nets = [_net(moves.filter(pl.col("option") == option), banks) for option in options]
    most = max(float(np.nanmax(matrix, initial=0.0)) for matrix in matrices) or 1.0
    columns = 2 if len(banks) <= 4 and len(options) > 1 else 1
    rows = ceil(len(options) / columns)
    with sheet(title, rows * (0.9 + 0.3 * len(banks)) + 0.4) as figure:
        grid = figure.subplots(rows, columns, squeeze=False)
        for unused in grid.ravel()[len(options) :]:
            unused.remove()
        for option, matrix, net, axes in zip(options, matrices, nets, grid.ravel(), strict=False):
            _one_option(axes, matrix, net, banks, most, columns)
            if len(options) > 1:
                axes.set_title(panel_name(option, columns), loc="left", fontsize=9)
    return figure


def _one_option(
    axes: Axes, matrix: FloatArray, net: FloatArray, banks: list[str], most: float, columns: int
) -> None:
    width = int(WIDTH_IN * 14 / columns / (len(banks) + 3))
    names = [wrapped(name, 16, lines=1) for name in banks]
    heads = [*(wrapped(name, max(width, 4), lines=2) for name in banks), "net"]
    shown = np.column_stack([matrix, np.full(len(banks), np.nan)])
    tiles(axes, shown, names, heads, most=most, text="{:,.0f}")
    for row, value in enumerate(net):
        sign = "+" if round(float(value)) > 0 else ""
        text = f"{sign}{number(round(float(value)))}"
        axes.text(len(banks), row, text, ha="center", va="center", fontsize=8, fontweight="bold", color=INK)
    axes.axvline(len(banks) - 0.5, color=INK, linewidth=1.2)
    axes.tick_params(labelsize=8)
    axes.set_ylabel("from", fontsize=9)
    axes.set_xlabel("to, and net gain", fontsize=9)


def _between(flows: pl.DataFrame, banks: list[str]) -> FloatArray:
    """People from each bank (row) to each (column), NaN on the diagonal."""
    went = dict(zip(flows["name"], flows["mean"], strict=True))
    return np.array([[went.get(flow_name(one, other), np.nan) for other in banks] for one in banks])


def _net(moves: pl.DataFrame, banks: list[str]) -> FloatArray:
    """Gained less lost of each bank."""
    found = {
        (name, metric): mean for name, metric, mean in moves.select("name", "metric", "mean").iter_rows()
    }
    return np.array([found.get((b, "gained"), np.nan) - found.get((b, "lost"), np.nan) for b in banks])
