"""Planned against simulated, as pairs of bars in each column: customers, service, waits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from journeysim.report.drawing.columns import Columns
from journeysim.report.drawing.content import Card, Content
from journeysim.report.drawing.lanes import Lane
from journeysim.report.drawing.numbers import MISSING, count_text, minutes_text
from journeysim.report.drawing.shapes import Box, Font, Ink, Panel, Shape, Surface
from journeysim.report.drawing.wrapping import Typesetter, line_height

NUMBER = Font(8)
FOUND = Font(8, bold=True)
TAIL = Font(7.5)
_BAR = 0.105
_ROW = 0.19
_AIR = 0.06
_BROADEST = "88.8 days"


@dataclass(frozen=True)
class _Pair:
    """What stands in one cell: planned, found, and beyond it the 90th percentile; NaN where there is none."""

    planned: float
    found: float
    tail: float


def measure_lanes(content: Content, columns: Columns, setter: Typesetter) -> list[Lane]:
    """Lanes of customers, service times and waits; what a run found stands under what the map expects."""
    was_run = content.was_run
    beside = "hollow: as the map expects; solid: as simulated" if was_run else "as the map expects"
    customers = [_Pair(card.per_hundred, _of(card, "per_hundred"), math.nan) for card in content.cards]
    service = [_Pair(card.service_min, _of(card, "service_min"), math.nan) for card in content.cards]
    waits = [
        _Pair(card.acceptable_min, _of(card, "wait_mean_min"), _of(card, "wait_p90_min"))
        for card in content.cards
    ]
    lanes = []
    accepted = any(not math.isnan(pair.planned) for pair in waits)
    if was_run or accepted:
        parts = ["hollow: acceptable in a visit"] if accepted else []
        parts += ["solid: mean, and up to what 90% wait"] if was_run else []
        note = "; ".join(parts) if was_run else "mean acceptable in a visit"
        lanes.append(_lane("Wait", note, waits, minutes_text, columns, setter, was_run))
    return [
        *lanes,
        _lane("Service", f"mean time; {beside}", service, minutes_text, columns, setter, was_run),
        _lane("Customers", f"of 100 visits; {beside}", customers, count_text, columns, setter, was_run),
    ]


def _of(card: Card, what: str) -> float:
    return math.nan if card.found is None else float(getattr(card.found, what))


def _lane(
    title: str,
    note: str,
    pairs: Sequence[_Pair],
    shown: Callable[[float], str],
    columns: Columns,
    setter: Typesetter,
    was_run: bool,
) -> Lane:
    largest = max(
        (value for pair in pairs for value in (pair.planned, pair.found, pair.tail) if not math.isnan(value)),
        default=0.0,
    )
    has_plan = any(not math.isnan(pair.planned) for pair in pairs)
    has_tail = any(not math.isnan(pair.tail) for pair in pairs)
    rows = was_run + has_plan
    height = rows * _ROW + (line_height(TAIL) if has_tail else 0.0)
    room = setter.measure(_BROADEST, FOUND) + _AIR

    def at(y: float) -> list[Shape]:
        shapes: list[Shape] = []
        for box, pair in zip(columns.boxes, pairs, strict=True):
            if all(math.isnan(value) for value in (pair.planned, pair.found)):
                continue
            scale = (box.width - room) / largest if largest > 0 else 0.0
            if has_plan:
                shapes += _bar(box, y, pair.planned, shown, scale, Surface.PLANNED, setter)
            if was_run:
                below = y + _ROW * has_plan
                if not math.isnan(pair.tail):
                    shapes.append(_area(box, below, pair.tail * scale, Surface.TAIL))
                shapes += _bar(box, below, pair.found, shown, scale, Surface.FOUND, setter, pair.tail)
                if not math.isnan(pair.tail):
                    text = f"90% within {shown(pair.tail)}" if pair.tail > 0 else "90% do not wait"
                    lines = setter.wrap(text, TAIL, box.width, 1)
                    shapes.append(setter.place(lines, TAIL, box.x, below + _ROW - 0.02, ink=Ink.FAINT))
        return shapes

    return Lane(title, note, height, at)


def _bar(
    box: Box,
    y: float,
    value: float,
    shown: Callable[[float], str],
    scale: float,
    surface: Surface,
    setter: Typesetter,
    tail: float = math.nan,
) -> list[Shape]:
    """A bar and its number, which stands right of it and of its tail."""
    font = FOUND if surface is Surface.FOUND else NUMBER
    ink = Ink.STRONG if surface is Surface.FOUND else Ink.FAINT
    length = 0.0 if math.isnan(value) else value * scale
    end = length if math.isnan(tail) else max(length, tail * scale)
    text = MISSING if math.isnan(value) else shown(value)
    shapes: list[Shape] = [] if math.isnan(value) else [_area(box, y, length, surface)]
    top = y + (_ROW - line_height(font)) / 2
    shapes.append(setter.place((text,), font, box.x + max(end, 0.02) + _AIR, top, ink=ink))
    return shapes


def _area(box: Box, y: float, length: float, surface: Surface) -> Panel:
    return Panel(Box(box.x, y + (_ROW - _BAR) / 2, max(length, 0.02), _BAR), surface)
