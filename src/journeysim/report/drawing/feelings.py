"""The emotion curve: mean score at each touchpoint with its interval, and what is pointed out on it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from scipy.interpolate import PchipInterpolator

from journeysim.experiment.statistics import Estimate
from journeysim.report.drawing.columns import GUTTER, MARGIN, Columns
from journeysim.report.drawing.content import Content
from journeysim.report.drawing.lanes import Lane
from journeysim.report.drawing.numbers import score_text
from journeysim.report.drawing.shapes import (
    Align,
    Box,
    Font,
    Icon,
    Ink,
    Path,
    Ribbon,
    Shape,
    Sign,
    Stroke,
)
from journeysim.report.drawing.wrapping import Typesetter, line_height

SCORE = Font(8, bold=True)
INTERVAL = Font(7.5)
FLAG = Font(8.5, bold=True)
TICK = Font(7.5)
_FACE = 0.25
_PLOT = 1.6
_TICKS = 0.3
"""Width of the numbers at the grid, inches."""
_SMOOTH = 24
"""Points of the curve between two touchpoints."""
_STEPS = (0.1, 0.25, 0.5)


def emotion_lane(content: Content, columns: Columns, setter: Typesetter) -> Lane:
    """Lane of the emotion curve, with flags above it and the scores below."""
    scores = {
        number: card.found.score
        for number, card in enumerate(content.cards)
        if card.found is not None and not math.isnan(card.found.score.mean)
    }
    flags = [_flags(content, number) for number in range(len(content.cards))]
    flag_rows = max((len(found) for found in flags), default=0)
    flag_height = flag_rows * (line_height(FLAG) + 0.05)
    below = line_height(SCORE) + line_height(INTERVAL)
    height = flag_height + _PLOT + 0.1 + below

    def at(y: float) -> list[Shape]:
        top = y + flag_height
        scale = _Scale.over(list(scores.values()), top + _FACE / 2 + 0.06, _PLOT - _FACE - 0.12)
        shapes: list[Shape] = [*_grid(scale, columns, setter)]
        middle = {number: columns.boxes[number].middle for number in scores}
        shapes += _curve({middle[n]: scores[n] for n in scores}, scale)
        for number, score in scores.items():
            x, face_y = middle[number], scale.y(score.mean)
            shapes += _flag_shapes(flags[number], x, y + flag_height, face_y, setter)
            face = Box(x - _FACE / 2, face_y - _FACE / 2, _FACE, _FACE)
            shapes.append(Icon(face, Sign.FACE, score.mean))
            shapes += _number(score, x, top + _PLOT + 0.08, setter)
        return shapes

    note = "mean score of what is felt, −1 to 1, with its 95% interval over replications"
    return Lane("Emotion", note, height if scores else 0.0, at, inset=_TICKS)


class _Scale:
    """From scores to places down the page."""

    def __init__(self, low: float, high: float, step: float, top: float, height: float) -> None:
        self.low, self.high, self.step = low, high, step
        self._top, self._height = top, height

    @staticmethod
    def over(scores: Sequence[Estimate], top: float, height: float) -> _Scale:
        """A scale with 0 in it that holds all intervals and ends at whole steps."""
        ends = [end for one in scores for end in (one.mean, one.low, one.high) if not math.isnan(end)]
        low, high = min([0.0, *ends]), max([0.0, *ends])
        step = next((step for step in _STEPS if (high - low) / step <= 5), _STEPS[-1])
        low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
        return _Scale(max(low, -1.0), min(max(high, low + step), 1.0), step, top, height)

    def y(self, score: float) -> float:
        """Place of a score; what lies beyond the scale is at its end."""
        within = min(max(score, self.low), self.high)
        return self._top + (self.high - within) / (self.high - self.low) * self._height

    def ticks(self) -> list[float]:
        """Scores at the lines of the grid."""
        count = round((self.high - self.low) / self.step)
        return [self.low + self.step * number for number in range(count + 1)]


def _grid(scale: _Scale, columns: Columns, setter: Typesetter) -> list[Shape]:
    shapes: list[Shape] = []
    left, right = MARGIN + GUTTER, columns.width - MARGIN
    for tick in scale.ticks():
        y = scale.y(tick)
        is_zero = abs(tick) < 1e-9
        shapes.append(Path(((left, y), (right, y)), Stroke.ZERO if is_zero else Stroke.GRID, 0.7))
        text = "0" if is_zero else score_text(tick).rstrip("0")
        top = y - line_height(TICK) / 2
        shapes.append(setter.place((text,), TICK, left - 0.06, top, align=Align.RIGHT, ink=Ink.FAINT))
    return shapes


def _curve(scores: dict[float, Estimate], scale: _Scale) -> list[Shape]:
    """The curve and its band: through the scores, without overshooting them."""
    if len(scores) < 2:
        return []
    at = np.array(list(scores))
    x = np.concatenate(
        [np.linspace(a, b, _SMOOTH, endpoint=False) for a, b in itertools.pairwise(at)] + [at[-1:]]
    )
    mean = PchipInterpolator(at, np.array([one.mean for one in scores.values()]))(x)
    half = np.interp(
        x, at, np.array([0.0 if math.isnan(one.half_width) else one.half_width for one in scores.values()])
    )
    curve, high, low = (
        tuple((float(a), scale.y(float(b))) for a, b in zip(x, line, strict=True))
        for line in (mean, mean + half, mean - half)
    )
    return [Ribbon(high, low), Path(curve, Stroke.EMOTION, 2.2)]


def _number(score: Estimate, x: float, y: float, setter: Typesetter) -> list[Shape]:
    words = setter.place((score_text(score.mean),), SCORE, x, y, align=Align.CENTRE, ink=Ink.STRONG)
    if math.isnan(score.half_width):
        return [words]
    half = setter.place(
        (_half_text(score.half_width),), INTERVAL, x, words.box.bottom, align=Align.CENTRE, ink=Ink.FAINT
    )
    return [words, half]


def _half_text(half: float) -> str:
    return "± <0.01" if 0 < half < 0.005 else f"±{half:.2f}"


def _flags(content: Content, number: int) -> list[Sign]:
    name = content.cards[number].name
    found = [Sign.GOLDEN] if name in content.flags.golden else []
    return [*found, Sign.WORST] if name == content.flags.worst else found


def _flag_shapes(
    flags: Sequence[Sign], x: float, bottom: float, face_y: float, setter: Typesetter
) -> list[Shape]:
    """Flags one above the other, the lowest on a line that leads to the face."""
    if not flags:
        return []
    shapes: list[Shape] = [Path(((x, bottom), (x, face_y)), Stroke.LEADER, 0.9)]
    height = line_height(FLAG) + 0.05
    for row, sign in enumerate(flags):
        text, ink = ("worst point", Ink.WORST) if sign is Sign.WORST else ("golden point", Ink.GOLDEN)
        icon, gap = 0.17, 0.05
        width = setter.measure(text, FLAG)
        left = x - (width + icon + gap) / 2
        top = bottom - height * (row + 1)
        shapes.append(Icon(Box(left, top + (line_height(FLAG) - icon) / 2, icon, icon), sign))
        shapes.append(setter.place((text,), FLAG, left + icon + gap, top, ink=ink))
    return shapes
