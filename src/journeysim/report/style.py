"""One quiet look for all figures: told apart without colour, readable in any script that has a font."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
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
GRID = "#DDDDDD"
_FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "PingFang SC",
)
_FONT_FILES = ("NotoSansCJK", "wqy-zenhei")
"""Files of such fonts where a package manager puts them."""


@contextmanager
def quiet_style() -> Iterator[None]:
    """Draw in the common style meanwhile, for figures of one's own: quiet, and safe for the colour-blind."""
    with mpl.rc_context(
        {
            "font.family": font_families(),
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


def font_families() -> list[str]:
    """The fonts that all figures use, of those installed; for each letter the first that has it."""
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in _FONTS if name in installed]


def font_advice(text: str) -> str:
    """What to install so that a text can be read; empty where every letter has a font.

    Fonts that were installed after matplotlib last looked are found meanwhile.
    """
    missing = _without_font(text)
    if missing:
        _look_again()
        missing = _without_font(text)
    if not missing:
        return ""
    some = "".join(missing[:8])
    package = "Debian and Ubuntu have fonts-noto-cjk, others noto-sans-cjk"
    if any(unicodedata.east_asian_width(letter) in "WF" for letter in missing):
        return f"no installed font has {some}, which are drawn as boxes: install Noto Sans CJK ({package})"
    return f"none of the fonts used ({', '.join(font_families())}) has {some}, which are drawn as boxes"


def _without_font(text: str) -> list[str]:
    """Letters that none of the fonts has, in order of first use."""
    files = [
        font_manager.findfont(font_manager.FontProperties(family=[name]), fallback_to_default=False)
        for name in font_families()
    ]
    letters = [letter for letter in dict.fromkeys(text) if unicodedata.category(letter)[0] not in "CZ"]
    return [
        letter
        for letter in letters
        if not any(font_manager.get_font(file).get_char_index(ord(letter)) for file in files)
    ]


@cache
def _look_again() -> None:
    """Add fonts that are installed but not in matplotlib's list, which it makes once and keeps."""
    known = {str(font.fname) for font in font_manager.fontManager.ttflist}
    for file in sorted(font_manager.findSystemFonts()):
        if Path(file).name.startswith(_FONT_FILES) and file not in known:
            font_manager.fontManager.addfont(file)
