"""What the signs mean, and the sentences below the drawing."""

from __future__ import annotations

from collections.abc import Sequence

from journeysim.report.drawing.content import Content
from journeysim.report.drawing.routes import Way
from journeysim.report.drawing.shapes import (
    Box,
    Font,
    Icon,
    Ink,
    Path,
    Shape,
    Sign,
    Stroke,
)
from journeysim.report.drawing.wrapping import Typesetter, line_height

LEGEND = Font(8)
NOTE = Font(8.5)
_SIGN = 0.17
_SWATCH = 0.38
_BETWEEN = 0.3


def legend(
    content: Content, x: float, y: float, width: float, setter: Typesetter
) -> tuple[list[Shape], float]:
    """Explain the signs that the drawing has, in as many rows as they need; and where it ends."""
    shapes: list[Shape] = []
    row = line_height(LEGEND) + 0.08
    left = x
    for key, text in _entries(content):
        room = (_SWATCH if isinstance(key, Stroke) else _SIGN) + 0.07
        # A text longer than the whole width is cut: it is ours, and never is.
        lines = setter.wrap(text, LEGEND, width - room, 1)
        needed = room + setter.width(lines, LEGEND)
        if left > x and left + needed > x + width:
            left, y = x, y + row
        middle = y + line_height(LEGEND) / 2
        if isinstance(key, Stroke):
            ends = ((left, middle), (left + _SWATCH, middle))
            shapes.append(Path(ends, key, 1.6, has_arrow=True))
        else:
            shapes.append(Icon(Box(left, middle - _SIGN / 2, _SIGN, _SIGN), key))
        shapes.append(setter.place(lines, LEGEND, left + room, y))
        left += needed + _BETWEEN
    return shapes, y + row


def notes(
    sentences: Sequence[str], x: float, y: float, width: float, setter: Typesetter
) -> tuple[list[Shape], float]:
    """Sentences below the drawing, one below the other; and where they end."""
    shapes: list[Shape] = []
    for sentence in sentences:
        words = setter.place(setter.wrap(sentence, NOTE, width, 4), NOTE, x, y, ink=Ink.PLAIN)
        shapes.append(words)
        y = words.box.bottom + 0.04
    return shapes, y


def _entries(content: Content) -> list[tuple[Sign | Stroke, str]]:
    cards, ways = content.cards, {route.way for route in content.routes}
    kinds = {group.is_machine for card in cards for group in card.groups}
    found: list[tuple[Sign | Stroke, str]] = []
    if any(card.is_moment_of_truth for card in cards):
        found.append((Sign.MOMENT_OF_TRUTH, "moment of truth: weighs more in what is remembered"))
    if content.flags.golden:
        found.append((Sign.GOLDEN, "golden point: improving it is worth most for its cost"))
    if content.flags.worst is not None:
        found.append((Sign.WORST, "worst point: the lowest mean score"))
    if False in kinds:
        found.append((Sign.PERSON, "staff"))
    if True in kinds:
        found.append((Sign.MACHINE, "machines"))
    if Way.USUAL in ways:
        text = "way on, the wider the more customers; the share of those served who take it (none said: all)"
        found.append((Stroke.ROUTE, text))
    if Way.LATER in ways:
        found.append((Stroke.LATER, "on a later day"))
    if Way.AT_TIMES in ways:
        found.append((Stroke.AT_TIMES, "only when a wait is too long, or there is no room"))
    return found
