"""Text into lines and into its place: any script, long words broken, nothing wider than its column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Protocol

from journeysim.report.drawing.shapes import Align, Box, Font, Ink, Words

POINTS_PER_INCH = 72
LINE_HEIGHT = 1.32
"""Of the size of the font; what DejaVu and Noto need, ascenders to descenders, with a little air."""
ELLIPSIS = "…"

# A line may break after a space or a hyphen, and beside any ideograph that is no closing or opening mark.
_NO_LINE_BEGINS = "、。，．：；？！）」』】》〉”’…,.;:?!)]}%"
_SHAPELESS = ("Cc", "Cf", "Co", "Cs")
"""Unicode categories of what is not drawn: controls, formats, private use, surrogates."""

_NO_LINE_ENDS = "（「『【《〈“‘([{"


class Measure(Protocol):
    """Says how wide a text is."""

    def __call__(self, text: str, font: Font) -> float:
        """Width of a line of text, inches."""
        ...


class Typesetter:
    """Breaks texts into lines and places them.

    Parameters
    ----------
    measure : says how wide a text is.
    """

    def __init__(self, measure: Measure) -> None:
        self.measure = measure

    def wrap(self, text: str, font: Font, width: float, most: int = 20) -> tuple[str, ...]:
        """Break a text into lines of at most ``width`` inches; past ``most`` lines it ends in an ellipsis."""
        lines: list[str] = []
        line = ""
        for piece in _pieces(clean(text)):
            if self.measure((line + piece).rstrip(), font) <= width:
                line += piece
                continue
            if line.strip():
                lines.append(line.rstrip())
            line = piece.lstrip()
            while self.measure(line.rstrip(), font) > width and len(line) > 1:
                kept = self._fitting(line, font, width)
                lines.append(line[:kept])
                line = line[kept:]
        if line.strip():
            lines.append(line.rstrip())
        if len(lines) > most:
            lines = [*lines[: most - 1], self._cut(lines[most - 1], font, width)]
        return tuple(lines)

    def height(self, lines: Sequence[str], font: Font) -> float:
        """Height of lines, inches."""
        return len(lines) * line_height(font)

    def width(self, lines: Sequence[str], font: Font) -> float:
        """Width of the widest line, inches."""
        return max((self.measure(line, font) for line in lines), default=0.0)

    def place(
        self,
        lines: Sequence[str],
        font: Font,
        x: float,
        y: float,
        *,
        align: Align = Align.LEFT,
        ink: Ink = Ink.PLAIN,
        backed: bool = False,
    ) -> Words:
        """Place lines below ``y``, beginning, centred on or ending at ``x``."""
        width = self.width(lines, font)
        left = x - width * {Align.LEFT: 0.0, Align.CENTRE: 0.5, Align.RIGHT: 1.0}[align]
        box = Box(left, y, width, self.height(lines, font))
        return Words(tuple(lines), box, font, ink, align, backed)

    def _fitting(self, text: str, font: Font, width: float) -> int:
        """Number of characters from the start that fit, at least one."""
        low, high = 1, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            if self.measure(text[:middle], font) <= width:
                low = middle
            else:
                high = middle - 1
        # What combines with a letter stays with it.
        while low > 1 and low < len(text) and unicodedata.combining(text[low]):
            low -= 1
        return low

    def _cut(self, line: str, font: Font, width: float) -> str:
        room = width - self.measure(ELLIPSIS, font)
        if self.measure(line, font) > room:
            line = line[: self._fitting(line, font, room)]
        return line.rstrip() + ELLIPSIS


def clean(text: str) -> str:
    """Text in one line, without characters that have no shape."""
    spaced = (" " if one.isspace() else one for one in text)
    return " ".join("".join(one for one in spaced if unicodedata.category(one) not in _SHAPELESS).split())


def line_height(font: Font) -> float:
    """Height of a line of text, inches."""
    return font.size * LINE_HEIGHT / POINTS_PER_INCH


def _pieces(text: str) -> list[str]:
    """The parts of a text between which a line may break, spaces at their ends."""
    pieces: list[str] = []
    for word in re.findall(r"[^\s-]*-+|[^\s-]+\s*|\s+", text):
        begin = 0
        for at in range(1, len(word)):
            if _breaks_between(word[at - 1], word[at]):
                pieces.append(word[begin:at])
                begin = at
        pieces.append(word[begin:])
    return pieces


def _breaks_between(before: str, after: str) -> bool:
    wide = unicodedata.east_asian_width(before) in "WF" or unicodedata.east_asian_width(after) in "WF"
    return wide and after not in _NO_LINE_BEGINS and before not in _NO_LINE_ENDS and not after.isspace()
