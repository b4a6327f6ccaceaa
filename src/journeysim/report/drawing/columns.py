"""Where columns stand: one for each touchpoint, those of a stage together."""

from __future__ import annotations

from dataclasses import dataclass

from journeysim.report.drawing.content import Content
from journeysim.report.drawing.shapes import Box, Font
from journeysim.report.drawing.ways import Ways
from journeysim.report.drawing.wrapping import Typesetter

NAME = Font(9.5, bold=True)
GUTTER = 1.5
"""Width of the names of the lanes at the left, inches."""
MARGIN = 0.3
GAP = 0.46
"""Between two touchpoints, where the number of a straight way stands, inches."""
STAGE_GAP = 0.1
PAD = 0.1
_NARROW, _BROAD = 1.24, 1.7
_LEAST_WIDTH = 9.0
"""A drawing of few touchpoints is stretched to this width, inches."""
_MOST_STRETCHED = 2.3


@dataclass(frozen=True)
class Columns:
    """Columns across, inches.

    Parameters
    ----------
    boxes : of each touchpoint; only the places across hold.
    stages : area of each stage, likewise.
    width : of the whole drawing.
    """

    boxes: tuple[Box, ...]
    stages: tuple[Box, ...]
    width: float


def columns_of(content: Content, ways: Ways, setter: Typesetter) -> Columns:
    """Give each touchpoint a column wide enough for the longest word of its name and for its ports."""
    count = len(content.cards)
    longest = [
        max((setter.measure(word, NAME) for word in card.title.split()), default=0.0) + 2 * PAD
        for card in content.cards
    ]
    common = min(_BROAD, max(_NARROW, *longest))
    inner = _LEAST_WIDTH - GUTTER - 2 * MARGIN - count * (GAP + STAGE_GAP)
    common = max(common, min(_MOST_STRETCHED, inner / count))
    x = MARGIN + GUTTER
    boxes: list[Box] = []
    stages: list[Box] = []
    for number in range(len(content.stages)):
        begin = x
        for column, card in enumerate(content.cards):
            if card.stage == number:
                width = max(common, ways.width_needed(column))
                boxes.append(Box(x + GAP / 2, 0.0, width, 0.0))
                x += width + GAP
        stages.append(Box(begin, 0.0, x - begin, 0.0))
        x += STAGE_GAP
    return Columns(tuple(boxes), tuple(stages), x - STAGE_GAP + MARGIN)
