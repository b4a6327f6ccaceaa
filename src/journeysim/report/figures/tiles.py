"""Heat maps: a number on every tile, so that the shade need not be read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from journeysim.report.style import COLOURS, INK
from journeysim.units import FloatArray

SHADES = LinearSegmentedColormap.from_list("journeysim", ("#FFFFFF", "#9CC7E2", COLOURS[0], "#00304D"))
"""From nothing to much; its greys rise with it."""
_WHITE_ABOVE = 0.55


def tiles(
    axes: Axes,
    values: FloatArray,
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    most: float,
    text: str,
    font_size: float = 8.0,
) -> None:
    """Draw a table of numbers as tiles shaded from 0 to ``most``.

    Parameters
    ----------
    values : shape (rows, columns); NaN leaves a tile empty.
    text : format of the number on a tile.
    """
    axes.imshow(values, cmap=SHADES, vmin=0.0, vmax=most, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            colour = "white" if value > _WHITE_ABOVE * most else INK
            axes.text(
                column, row, text.format(value), ha="center", va="center", fontsize=font_size, color=colour
            )
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(np.arange(len(columns) - 1) + 0.5, minor=True)
    axes.set_yticks(np.arange(len(rows) - 1) + 0.5, minor=True)
    axes.grid(visible=False)
    axes.grid(visible=True, which="minor", axis="both", color="white", linewidth=1.5)
    axes.tick_params(length=0, labelsize=9)
    axes.tick_params(which="minor", length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
