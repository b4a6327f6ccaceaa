"""The lanes of the journey itself: touchpoints on both sides of the line of visibility, queues, staff."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from journeysim.report.drawing.columns import GAP, GUTTER, MARGIN, NAME, PAD, Columns
from journeysim.report.drawing.content import Card, Content
from journeysim.report.drawing.numbers import share_text
from journeysim.report.drawing.routes import Route, Way
from journeysim.report.drawing.shapes import (
    Align,
    Box,
    Font,
    Icon,
    Ink,
    Panel,
    Path,
    Shape,
    Sign,
    Stroke,
    Surface,
    Words,
)
from journeysim.report.drawing.ways import Channel, Port, Tracks, Ways
from journeysim.report.drawing.wrapping import Typesetter, line_height

SMALL = Font(7.5)
SHARE = Font(7.5)
_NEVER_SAID = 0.995
"""From this share on a way has no number: all go there."""
_TRACK = 0.13
_HEAD_ROOM = 0.17
"""Between the numbers of ways and the touchpoint, where the head of the arrow is, inches."""
_BADGE = 0.24
_CARD_PAD = 0.13
"""Above and below the text of a touchpoint, more than a badge reaches into it, inches."""
_LEAST_FRONT, _LEAST_BACK = 0.85, 0.65
"""Heights that the names of the two lanes need, inches."""
_STROKES = {Way.USUAL: Stroke.ROUTE, Way.LATER: Stroke.LATER, Way.AT_TIMES: Stroke.AT_TIMES}


@dataclass(frozen=True)
class Lane:
    """A strip across the drawing.

    Parameters
    ----------
    title, note : at the left.
    height : inches.
    at : gives its shapes once it is known where it begins.
    is_parted : whether a line parts it from the strip above.
    inset : by how much its note is narrower, where the lane has numbers at its left: inches.
    """

    title: str
    note: str
    height: float
    at: Callable[[float], list[Shape]]
    is_parted: bool = True
    inset: float = 0.0


def touchpoint_lanes(
    content: Content, columns: Columns, ways: Ways, tracks: Tracks, setter: Typesetter
) -> list[Lane]:
    """The front lane, the line of visibility and the back lane, with the ways between touchpoints.

    One strip holds the three, as ways run through all of them; without a back lane it ends at the line.
    """
    cards, boxes = content.cards, columns.boxes
    texts = [_card_texts(card, box.width, setter) for card, box in zip(cards, boxes, strict=True)]
    heights = [_height(parts, setter) + 2 * _CARD_PAD for parts in texts]
    front = max((h for h, card in zip(heights, cards, strict=True) if card.is_front), default=0.0)
    back = max((h for h, card in zip(heights, cards, strict=True) if not card.is_front), default=0.0)
    rows = _Rows.of(tracks, front, back)

    def at(y: float) -> list[Shape]:
        placed = [
            Box(
                box.x,
                y + (rows.front if card.is_front else rows.back),
                box.width,
                front if card.is_front else back,
            )
            for card, box in zip(cards, boxes, strict=True)
        ]
        shapes: list[Shape] = []
        width = columns.width - MARGIN
        label = setter.place(
            ("line of visibility",),
            SMALL,
            MARGIN,
            y + rows.visibility - line_height(SMALL) - 0.02,
            ink=Ink.FAINT,
        )
        shapes.append(
            Path(((MARGIN, y + rows.visibility), (width, y + rows.visibility)), Stroke.VISIBILITY, 1.0)
        )
        shapes += _paths(ways, tracks, rows, placed, y)
        for card, box, parts in zip(cards, placed, texts, strict=True):
            shapes += _card_shapes(card, box, parts, setter)
            shapes += _badges(content, card, box)
        shapes += _way_numbers(ways, tracks, rows, placed, y, setter)
        shapes.append(label)
        if back:
            shapes += _back_title(setter, y + rows.back)
        return shapes

    note = "what the customer sees and meets"
    return [Lane("Touchpoints", note, rows.height, at, is_parted=False)]


def queue_lane(content: Content, columns: Columns, setter: Typesetter) -> Lane:
    """Where customers wait for each touchpoint."""
    texts = []
    for card, box in zip(content.cards, columns.boxes, strict=True):
        parts = []
        for line in card.lines:
            parts.append((setter.wrap(line.name, SMALL, box.width - 2 * PAD, 4), SMALL, Ink.PLAIN))
            parts.append((setter.wrap(line.notes, SMALL, box.width - 2 * PAD, 4), SMALL, Ink.FAINT))
        texts.append([part for part in parts if part[0]])
    height = max(_height(parts, setter) for parts in texts) + 0.12

    def at(y: float) -> list[Shape]:
        shapes: list[Shape] = []
        for box, parts in zip(columns.boxes, texts, strict=True):
            if parts:
                own = _height(parts, setter)
                shapes.append(Panel(Box(box.x, y, box.width, own + 0.12), Surface.QUEUE))
                shapes += _stack(parts, box.middle, y + 0.06, setter)
        return shapes

    return Lane("Queues", "where customers wait", height if any(texts) else 0.0, at)


def staff_lane(content: Content, columns: Columns, setter: Typesetter) -> Lane:
    """Who serves at each touchpoint."""
    icon, step = 0.15, 0.21
    texts = [
        [
            (group, setter.wrap(f"{group.count} {group.name}", SMALL, box.width - step, 4))
            for group in card.groups
        ]
        for card, box in zip(content.cards, columns.boxes, strict=True)
    ]
    heights = [sum(max(icon, setter.height(lines, SMALL)) + 0.05 for _, lines in groups) for groups in texts]

    def at(y: float) -> list[Shape]:
        shapes: list[Shape] = []
        for box, groups in zip(columns.boxes, texts, strict=True):
            top = y
            for group, lines in groups:
                sign = Sign.MACHINE if group.is_machine else Sign.PERSON
                shapes.append(Icon(Box(box.x, top, icon, icon), sign))
                words = setter.place(lines, SMALL, box.x + step, top)
                shapes.append(words)
                top += max(icon, words.box.height) + 0.05
        return shapes

    return Lane("Staff", "who serves, and how many are on duty", max(heights), at)


Part = tuple[tuple[str, ...], Font, Ink]


@dataclass(frozen=True)
class _Rows:
    """Places down the strip of touchpoints, from its upper edge: inches.

    Parameters
    ----------
    front, back : upper edges of the touchpoints.
    over, between, under : places of the tracks of each channel.
    """

    front: float
    back: float
    visibility: float
    height: float
    channels: dict[Channel, tuple[float, float]]

    @staticmethod
    def of(tracks: Tracks, front: float, back: float) -> _Rows:
        over = tracks.count[Channel.OVER] * _TRACK + _numbers_room(tracks, Channel.OVER)
        room = _numbers_room(tracks, Channel.BETWEEN)
        bottom = over + front
        first = max(_LEAST_FRONT, bottom + max(room, 0.08) + line_height(SMALL))
        channels = {Channel.OVER: (over - _numbers_room(tracks, Channel.OVER) - _TRACK / 2, -_TRACK)}
        between = tracks.count[Channel.BETWEEN] * _TRACK
        channels[Channel.BETWEEN] = (first + 0.06 + between - _TRACK / 2, -_TRACK)
        if not back:
            return _Rows(over, first, first, first + 0.02, channels)
        back_top = first + 0.06 + between + max(room, 0.12)
        under = back_top + back + _numbers_room(tracks, Channel.UNDER)
        channels[Channel.UNDER] = (under + _TRACK / 2, _TRACK)
        end = max(under + tracks.count[Channel.UNDER] * _TRACK, back_top + _LEAST_BACK)
        return _Rows(over, back_top, first, end, channels)

    def track_y(self, channel: Channel, level: int) -> float:
        first, step = self.channels[channel]
        return first + step * level


def _numbers_room(tracks: Tracks, channel: Channel) -> float:
    """Room between the tracks of a channel and the touchpoints, for numbers and heads of arrows."""
    if not tracks.count[channel]:
        return 0.0
    return _HEAD_ROOM + tracks.label_rows[channel] * line_height(SHARE)


def _card_texts(card: Card, width: float, setter: Typesetter) -> list[Part]:
    """What stands in a touchpoint, from top to bottom."""
    inner = width - 2 * PAD
    tags = []
    if card.start_share >= 0.005:
        tags.append(f"▸ {share_text(card.start_share)} start here")
    if card.fail_share > 0:
        tags.append(f"{share_text(card.fail_share)} fail")
    if card.leave_share >= 0.005:
        tags.append(f"{share_text(card.leave_share)} leave here ▸")
    parts: list[Part] = [(setter.wrap(card.title, NAME, inner, 6), NAME, Ink.STRONG)]
    if card.channel:
        parts.append((setter.wrap(card.channel, SMALL, inner, 2), SMALL, Ink.FAINT))
    parts += [(setter.wrap(tag, SMALL, inner, 2), SMALL, Ink.PLAIN) for tag in tags]
    return parts


def _height(parts: Sequence[Part], setter: Typesetter) -> float:
    return sum(setter.height(lines, font) for lines, font, _ in parts)


def _stack(parts: Sequence[Part], x: float, y: float, setter: Typesetter) -> list[Shape]:
    """Texts one below the other, centred on ``x``."""
    shapes: list[Shape] = []
    for lines, font, ink in parts:
        words = setter.place(lines, font, x, y, align=Align.CENTRE, ink=ink)
        shapes.append(words)
        y = words.box.bottom
    return shapes


def _card_shapes(card: Card, box: Box, parts: Sequence[Part], setter: Typesetter) -> list[Shape]:
    surface = Surface.TOUCHPOINT if card.is_front else Surface.BACK_TOUCHPOINT
    top = box.y + (box.height - _height(parts, setter)) / 2
    shapes: list[Shape] = [Panel(box, surface, card.stage, card.is_moment_of_truth)]
    shapes += _stack(parts, box.middle, top, setter)
    return shapes


def _badges(content: Content, card: Card, box: Box) -> list[Shape]:
    """Signs on the corners of a touchpoint."""
    found: list[Shape] = []
    for sign, holds, x, y in (
        (Sign.MOMENT_OF_TRUTH, card.is_moment_of_truth, box.right, box.y),
        (Sign.GOLDEN, card.name in content.flags.golden, box.x, box.y),
        (Sign.WORST, card.name == content.flags.worst, box.x, box.bottom),
    ):
        if holds:
            found.append(Icon(Box(x - _BADGE / 2, y - _BADGE / 2, _BADGE, _BADGE), sign))
    return found


def _back_title(setter: Typesetter, y: float) -> list[Shape]:
    title = setter.place(("Behind the scenes",), Font(9, bold=True), MARGIN, y, ink=Ink.STRONG)
    note = setter.wrap("work unseen, for which the customer waits", SMALL, GUTTER - 0.28, 3)
    return [title, setter.place(note, SMALL, MARGIN, title.box.bottom + 0.02, ink=Ink.FAINT)]


def _width_of(per_hundred: float) -> float:
    """Width of a way in points: the more customers, the wider."""
    return 1.0 if per_hundred != per_hundred else 0.9 + 3.2 * min(per_hundred, 100.0) / 100


def _paths(ways: Ways, tracks: Tracks, rows: _Rows, placed: Sequence[Box], y: float) -> list[Path]:
    paths: list[Path] = []
    for number in ways.straight:
        route = ways.routes[number]
        source, target = placed[ways.columns[route.source]], placed[ways.columns[route.target]]
        middle = source.y + source.height / 2
        paths.append(
            Path(
                ((source.right, middle), (target.x, middle)),
                _STROKES[route.way],
                _width_of(route.per_hundred),
                has_arrow=True,
            )
        )
    for port, route in _arriving(ways):
        bus = ways.buses[port.bus]
        leaving = Port(bus.source, bus.channel, port.bus, None)
        level = y + rows.track_y(bus.channel, tracks.level[port.bus])
        out_x, in_x = tracks.port_x[leaving], tracks.port_x[port]
        source, target = placed[bus.source], placed[port.column]
        points = (
            (out_x, source.y if source.y > level else source.bottom),
            (out_x, level),
            (in_x, level),
            (in_x, target.y if target.y > level else target.bottom),
        )
        paths.append(Path(points, _STROKES[bus.way], _width_of(route.per_hundred), has_arrow=True))
    # The narrow ones last: where they leave a shared track, the wide one does not hide them.
    return sorted(paths, key=lambda path: -path.width)


def _arriving(ways: Ways) -> list[tuple[Port, Route]]:
    """Ports at which ways arrive, each with the route that does."""
    return [
        (port, ways.routes[port.route])
        for ports in ways.ports.values()
        for port in ports
        if port.route is not None
    ]


def _way_numbers(
    ways: Ways, tracks: Tracks, rows: _Rows, placed: Sequence[Box], y: float, setter: Typesetter
) -> list[Shape]:
    """The share of each way that not all take, on its last part before the target."""
    found: list[Words] = []
    height = line_height(SHARE)
    for number in ways.straight:
        route = ways.routes[number]
        text = _said(route.share)
        source = placed[ways.columns[route.source]]
        if text:
            middle = source.y + source.height / 2
            x = source.right + GAP / 2
            found.append(setter.place((text,), SHARE, x, middle - height - 0.05, align=Align.CENTRE))
    for port, route in _arriving(ways):
        text = _said(route.share)
        if not text:
            continue
        box = placed[port.column]
        offset = _HEAD_ROOM - 0.02 + tracks.label_row[port] * height
        level = y + rows.track_y(port.channel, tracks.level[port.bus])
        top = box.y - offset - height if box.y > level else box.bottom + offset
        found.append(setter.place((text,), SHARE, tracks.port_x[port], top, align=Align.CENTRE, backed=True))
    return list(found)


def _said(share: float) -> str:
    return "" if share >= _NEVER_SAID else share_text(share)
