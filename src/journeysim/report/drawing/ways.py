"""Where ways between touchpoints run: straight to the next, else in tracks above, between or below the lanes.

All ways out of a touchpoint share a track, from which one branch goes to each target. Every branch arrives at
a port of its own, and its number lies on the branch, right before the target: no other way passes there.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from journeysim.report.drawing.content import Card
from journeysim.report.drawing.routes import Route, Way
from journeysim.report.drawing.shapes import Box

PORT_GAP = 0.22
"""Least distance of two ports of a touchpoint, inches: half a number and some air."""
CORNER = 0.24
"""Left free of ports at each corner, where the badge of a moment of truth sits, inches."""
_WIDE_GAP = 0.4
"""Ports this far apart leave room for their numbers side by side."""
_TRACK_AIR = 0.12


class Channel(StrEnum):
    """Where tracks run."""

    OVER = "over"
    """Above the front lane, between front touchpoints."""
    BETWEEN = "between"
    """Between the lanes, from one to the other."""
    UNDER = "under"
    """Below the back lane, between back touchpoints."""


@dataclass(frozen=True)
class Port:
    """Where a way leaves or reaches a touchpoint.

    Parameters
    ----------
    column : number of the touchpoint.
    channel : which decides the side.
    bus : number of the bus.
    route : number of the route that arrives; None where the bus leaves.
    """

    column: int
    channel: Channel
    bus: int
    route: int | None


@dataclass(frozen=True)
class Bus:
    """All ways of one kind out of a touchpoint in one channel.

    Parameters
    ----------
    source : number of the column.
    routes : numbers of its routes.
    """

    source: int
    way: Way
    channel: Channel
    routes: tuple[int, ...]


@dataclass(frozen=True)
class Ways:
    """How all routes run, before anything has a place.

    Parameters
    ----------
    routes : as given.
    columns : number of the column of each touchpoint.
    straight : numbers of the routes to the next touchpoint of the same lane.
    buses : the rest.
    ports : of each column and channel, from left to right.
    """

    routes: tuple[Route, ...]
    columns: Mapping[str, int]
    straight: tuple[int, ...]
    buses: tuple[Bus, ...]
    ports: Mapping[tuple[int, Channel], tuple[Port, ...]]

    def width_needed(self, column: int) -> float:
        """Width without which the ports of a column's touchpoint do not fit, inches."""
        most = max((len(ports) for (at, _), ports in self.ports.items() if at == column), default=0)
        return 2 * CORNER + max(0, most - 1) * PORT_GAP


@dataclass(frozen=True)
class Tracks:
    """Tracks with their places across.

    Parameters
    ----------
    port_x : of each port, inches.
    label_row : of each arriving port, 0 or 1: neighbours that are close have their numbers in two rows.
    level : track of each bus, 0 nearest to the lane below, in the channel below the back lane to that above.
    count : tracks of each channel.
    label_rows : rows of numbers of each channel, 0 to 2.
    """

    port_x: Mapping[Port, float]
    label_row: Mapping[Port, int]
    level: tuple[int, ...]
    count: Mapping[Channel, int]
    label_rows: Mapping[Channel, int]


def plan_ways(cards: Sequence[Card], routes: Sequence[Route]) -> Ways:
    """Say how each route runs and in which order the ports of a touchpoint stand."""
    columns = {card.name: number for number, card in enumerate(cards)}
    after = _next_in_lane(cards)
    straight: dict[int, int] = {}
    grouped: dict[tuple[int, Channel, Way], list[int]] = {}
    for number, route in enumerate(routes):
        source, target = columns[route.source], columns[route.target]
        if after.get(source) == target and source not in straight:
            straight[source] = number
            continue
        channel = _channel(cards[source].is_front, cards[target].is_front)
        grouped.setdefault((source, channel, route.way), []).append(number)
    buses = tuple(
        Bus(source, way, channel, tuple(numbers)) for (source, channel, way), numbers in grouped.items()
    )
    ports: dict[tuple[int, Channel], list[Port]] = {}
    for bus_number, bus in enumerate(buses):
        ports.setdefault((bus.source, bus.channel), []).append(
            Port(bus.source, bus.channel, bus_number, None)
        )
        for number in bus.routes:
            target = columns[routes[number].target]
            ports.setdefault((target, bus.channel), []).append(Port(target, bus.channel, bus_number, number))
    ordered = {
        place: tuple(sorted(found, key=lambda port: _place_at_side(port, buses[port.bus].source)))
        for place, found in ports.items()
    }
    return Ways(tuple(routes), columns, tuple(straight.values()), buses, ordered)


def lay_tracks(ways: Ways, boxes: Sequence[Box]) -> Tracks:
    """Give each port its place across and each bus its track, shorter ones nearer to where they arrive.

    Parameters
    ----------
    boxes : of each column's touchpoint; only the places across matter.
    """
    port_x: dict[Port, float] = {}
    label_row: dict[Port, int] = {}
    rows = dict.fromkeys(Channel, 0)
    for (column, channel), ports in ways.ports.items():
        box = boxes[column]
        room = box.width - 2 * CORNER
        gap = min(_WIDE_GAP, room / (len(ports) - 1)) if len(ports) > 1 else 0.0
        left = box.middle - gap * (len(ports) - 1) / 2
        for place, port in enumerate(ports):
            port_x[port] = left + gap * place
            if port.route is not None:
                label_row[port] = 0 if gap >= _WIDE_GAP or len(ports) == 1 else place % 2
                rows[channel] = max(rows[channel], label_row[port] + 1)
    spans = []
    for number, bus in enumerate(ways.buses):
        ends = [x for port, x in port_x.items() if port.bus == number]
        spans.append((min(ends) - _TRACK_AIR, max(ends) + _TRACK_AIR, bus.channel))
    level = [0] * len(spans)
    taken: dict[tuple[Channel, int], list[tuple[float, float]]] = {}
    for number in sorted(range(len(spans)), key=lambda at: (spans[at][1] - spans[at][0], at)):
        left, right, channel = spans[number]
        track = 0
        while any(left < end and begin < right for begin, end in taken.get((channel, track), [])):
            track += 1
        taken.setdefault((channel, track), []).append((left, right))
        level[number] = track
    count = {
        channel: 1 + max((track for at, track in taken if at is channel), default=-1) for channel in Channel
    }
    return Tracks(port_x, label_row, tuple(level), count, rows)


def _next_in_lane(cards: Sequence[Card]) -> dict[int, int]:
    """The next column on the same lane, by column."""
    after: dict[int, int] = {}
    for is_front in (True, False):
        lane = [number for number, card in enumerate(cards) if card.is_front is is_front]
        after |= dict(itertools.pairwise(lane))
    return after


def _channel(from_front: bool, to_front: bool) -> Channel:
    if from_front != to_front:
        return Channel.BETWEEN
    return Channel.OVER if from_front else Channel.UNDER


def _place_at_side(port: Port, source: int) -> tuple[int, int, int]:
    """Sort key along a side: what comes from the left, what leaves, what comes from the right.

    Of what comes from one side the nearest is outermost, as its track is the nearest too: so its branch
    crosses no other track of that side.
    """
    if port.route is None:
        return (1, 0, port.bus)
    if source == port.column:
        return (1, 1, port.bus)
    return (0 if source < port.column else 2, -source, port.bus)
