"""One quiet look for all figures: told apart without colour, readable in any script that has a font."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.rcsetup import cycler

# Okabe & Ito (2008), Color universal design; each has a dash and a marker of its own, for print without
# colour.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
INK = "#222222"
MUTED = "#666666"
GRID = "#DDDDDD"
_FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "PingFang SC",
)


@contextmanager
def quiet_style() -> Iterator[None]:
    """Draw in the common style meanwhile, for figures of one's own: quiet, and safe for the colour-blind."""
    installed = {font.name for font in font_manager.fontManager.ttflist}
    with mpl.rc_context(
        {
            "font.family": [name for name in _FONTS if name in installed],
            "font.size": 10,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.grid.axis": "y",
            "grid.color": GRID,
            "axes.axisbelow": True,
            "axes.prop_cycle": cycler(color=COLOURS),
            "legend.frameon": False,
            "svg.hashsalt": "journeysim",
            "svg.fonttype": "path",
            # A name may hold two dollar signs.
            "text.parse_math": False,
        }
    ):
        yield


def line_styles(count: int) -> list[dict[str, Any]]:
    """Colour and dash of each of ``count`` lines; different up to 49."""
    return [{"color": colour, "linestyle": dash} for colour, dash in _pairs(COLOURS, DASHES, count)]


def dot_styles(count: int) -> list[dict[str, Any]]:
    """Colour and marker of each of ``count`` sets of dots; different up to 49."""
    return [{"color": colour, "marker": marker} for colour, marker in _pairs(COLOURS, MARKERS, count)]


def _pairs(colours: Sequence[str], others: Sequence[Any], count: int) -> Iterator[tuple[str, Any]]:
    """Each colour with another partner in every round."""
    for number in range(count):
        turn, colour = divmod(number, len(colours))
        yield colours[colour], others[(colour + turn) % len(others)]
