"""Puts everything in its place: title, stages, lanes from top to bottom, legend. Pure data, no drawing."""

from __future__ import annotations

from journeysim.report.drawing.columns import GAP, GUTTER, MARGIN, Columns, columns_of
from journeysim.report.drawing.content import Content
from journeysim.report.drawing.feelings import emotion_lane
from journeysim.report.drawing.lanes import Lane, queue_lane, staff_lane, touchpoint_lanes
from journeysim.report.drawing.legend import legend, notes
from journeysim.report.drawing.measures import measure_lanes
from journeysim.report.drawing.shapes import (
    Align,
    Box,
    Font,
    Ink,
    Panel,
    Path,
    Picture,
    Shape,
    Stroke,
    Surface,
)
from journeysim.report.drawing.ways import lay_tracks, plan_ways
from journeysim.report.drawing.wrapping import Measure, Typesetter

TITLE = Font(17, bold=True)
DESCRIPTION = Font(9)
CAPTION = Font(9, bold=True)
STAGE = Font(10.5, bold=True)
LANE = Font(9, bold=True)
LANE_NOTE = Font(7.5)
_LANE_PAD = 0.12


def lay_out(content: Content, measure: Measure) -> Picture:
    """Lay a drawing out.

    Parameters
    ----------
    content : what it says.
    measure : says how wide a text is.

    Returns
    -------
    shapes in the order of painting; texts overlap no other text, and touchpoints and other boxes no other.
    """
    setter = Typesetter(measure)
    ways = plan_ways(content.cards, content.routes)
    columns = columns_of(content, ways, setter)
    tracks = lay_tracks(ways, columns.boxes)
    head, y = _head(content, columns, setter)
    stages, y = _stages(content, columns, setter, y)
    top = y
    lanes = [
        *touchpoint_lanes(content, columns, ways, tracks, setter),
        queue_lane(content, columns, setter),
        staff_lane(content, columns, setter),
        *([emotion_lane(content, columns, setter)] if content.was_run else []),
        *measure_lanes(content, columns, setter),
    ]
    body: list[Shape] = []
    for number, lane in enumerate(lane for lane in lanes if lane.height > 0):
        if lane.is_parted and number > 0:
            body.append(_rule(columns, y))
        body += _gutter(lane, setter, y + _LANE_PAD)
        body += lane.at(y + _LANE_PAD)
        y += max(lane.height, _gutter_height(lane, setter)) + 2 * _LANE_PAD
    bands: list[Shape] = [
        Panel(Box(box.x, top, box.width, y - top), Surface.BAND, number)
        for number, box in enumerate(columns.stages)
    ]
    inner = columns.width - 2 * MARGIN
    below, y = legend(content, MARGIN, y + 0.16, inner, setter)
    said, y = notes(content.notes, MARGIN, y + 0.04, inner, setter)
    return Picture(columns.width, y + 0.22, (*bands, *head, *stages, *body, *below, *said))


def _head(content: Content, columns: Columns, setter: Typesetter) -> tuple[list[Shape], float]:
    """Title, description and caption; and where they end."""
    shapes: list[Shape] = []
    y, width = MARGIN, columns.width - 2 * MARGIN
    for text, font, ink, most in (
        (content.title, TITLE, Ink.STRONG, 3),
        (content.description, DESCRIPTION, Ink.PLAIN, 3),
        (content.caption, CAPTION, Ink.PLAIN, 3),
    ):
        lines = setter.wrap(text, font, width, most)
        if lines:
            words = setter.place(lines, font, MARGIN, y, ink=ink)
            shapes.append(words)
            y = words.box.bottom + 0.05
    return shapes, y + 0.1


def _stages(content: Content, columns: Columns, setter: Typesetter, y: float) -> tuple[list[Shape], float]:
    """The names of the stages, in arrows over their columns."""
    wrapped = [
        setter.wrap(name, STAGE, box.width - 0.5, 3)
        for name, box in zip(content.stages, columns.stages, strict=True)
    ]
    inner = max(setter.height(lines, STAGE) for lines in wrapped)
    height = inner + 0.16
    shapes: list[Shape] = []
    for number, (lines, box) in enumerate(zip(wrapped, columns.stages, strict=True)):
        shapes.append(Panel(Box(box.x, y, box.width, height), Surface.STAGE, number))
        top = y + (height - setter.height(lines, STAGE)) / 2
        shapes.append(setter.place(lines, STAGE, box.middle, top, align=Align.CENTRE, ink=Ink.ON_DARK))
    return shapes, y + height


def _rule(columns: Columns, y: float) -> Path:
    return Path(((MARGIN, y), (columns.width - MARGIN, y)), Stroke.LANE, 0.6)


def _gutter(lane: Lane, setter: Typesetter, y: float) -> list[Shape]:
    """Name of a lane at the left, and what its lines are."""
    width = GUTTER - GAP / 2 - 0.05
    title = setter.place(setter.wrap(lane.title, LANE, width, 3), LANE, MARGIN, y, ink=Ink.STRONG)
    below = setter.wrap(lane.note, LANE_NOTE, width - lane.inset, 8)
    shapes: list[Shape] = [title] if title.lines else []
    if below:
        shapes.append(setter.place(below, LANE_NOTE, MARGIN, title.box.bottom + 0.02, ink=Ink.FAINT))
    return shapes


def _gutter_height(lane: Lane, setter: Typesetter) -> float:
    shapes = _gutter(lane, setter, 0.0)
    return max((shape.box.bottom for shape in shapes if hasattr(shape, "box")), default=0.0)
