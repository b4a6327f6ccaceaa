"""A station as a formula sees it: its lines, how long services take, how long people wait for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from journeysim.branch.analytic import reasons
from journeysim.branch.analytic.durations import Spread, mixed, patience_of, spread_of
from journeysim.branch.analytic.network import Network, Node
from journeysim.branch.formulas import Line
from journeysim.journey import Distribution, Journey
from journeysim.units import FloatArray

_SAME = 1e-9


@dataclass(frozen=True)
class Member:
    """Customers of one class who come to one touchpoint.

    Parameters
    ----------
    row, state : of `Network`.
    touchpoint : its number.
    line : the line they wait in.
    """

    row: int
    state: int
    touchpoint: int
    line: int


@dataclass(frozen=True)
class ServiceKind:
    """Service of the customers of a line.

    Parameters
    ----------
    spread : mean and cv, work after the service included.
    alike : the distribution, where all have the same one and no work follows it.
    """

    spread: Spread
    alike: Distribution | None

    @property
    def letter(self) -> str:
        """Kendall's letter: M, D, Ek or G."""
        plain = self.alike
        if plain is None:
            return "G"
        if plain.exponential is not None:
            return "M"
        if plain.constant is not None:
            return "D"
        return "G" if plain.erlang is None else "M" if plain.erlang.k == 1 else f"E{plain.erlang.k}"


@dataclass(frozen=True, eq=False)
class StationLines:
    """Lines of a station, first served first.

    Parameters
    ----------
    members : who comes.
    lines : with ``service`` counting ``services``.
    services : kinds of service, each line's own where they differ.
    coming : shape (members, parts), expected customers.
    reasons : what of the lines is only nearly so.
    """

    members: tuple[Member, ...]
    lines: tuple[Line, ...]
    services: tuple[ServiceKind, ...]
    coming: FloatArray
    reasons: tuple[str, ...]

    @property
    def arrivals(self) -> FloatArray:
        """Expected customers, shape (lines, parts)."""
        found = np.zeros((len(self.lines), self.coming.shape[1]))
        np.add.at(found, [member.line for member in self.members], self.coming)
        return found


def lines_of(journey: Journey, network: Network, node: Node, coming: FloatArray) -> StationLines | None:
    """Lines of a station with those who are expected there; None where nobody is.

    Parameters
    ----------
    coming : shape (classes, states, parts), of the flow.
    """
    found = list(_members(journey, network, node, coming))
    if not found:
        return None
    keys = sorted({key for _, _, _, key in found})
    members = tuple(Member(row, state, point, keys.index(key)) for row, state, point, key in found)
    weights = [float(coming[member.row, member.state].sum()) for member in members]
    of_line = [[at for at, member in enumerate(members) if member.line == line] for line in range(len(keys))]
    kinds = [_service(journey, network, [(weights[at], members[at]) for at in line]) for line in of_line]
    lines: list[Line] = []
    nearly: list[str] = []
    services = _distinct(kinds)
    for number, key in enumerate(keys):
        queue = journey.queues[_station_queues(node)[key[0]]]
        parts = [(weights[at], _patience(journey, network, members[at])) for at in of_line[number]]
        patience = patience_of(parts)
        if patience is not None and not patience.is_exponential:
            nearly.append(reasons.PATIENCE)
        balk = queue.balk
        lines.append(
            Line(
                service=0 if len(services) == 1 else number,
                queue=key[0],
                patience=patience,
                capacity=queue.capacity,
                balk_length=None if balk is None or balk.probability == 0 else balk.at_length,
                balk_probability=1.0 if balk is None else balk.probability,
            )
        )
    used = {member.touchpoint for member in members}
    if any(journey.touchpoints[network.touchpoints[number]].wrap_up is not None for number in used):
        nearly.append(reasons.WRAP_UP)
    if len({journey.segments[network.names[member.row][0]].head_start for member in members}) > 1:
        nearly.append(reasons.HEAD_STARTS)
    together = StationLines(
        members=members,
        lines=tuple(lines),
        services=services,
        coming=np.array([coming[member.row, member.state] for member in members]),
        reasons=tuple(dict.fromkeys(nearly)),
    )
    plain = all(line == Line(queue=line.queue) for line in lines)
    return as_one_line(together, journey, network) if plain and len(used) == 1 else together


def as_one_line(found: StationLines, journey: Journey, network: Network) -> StationLines:
    """The same customers in order of arrival: the mean over all is the same where nobody gives up."""
    weights = found.coming.sum(axis=1).tolist()
    pairs = list(zip(weights, found.members, strict=True))
    first = found.lines[0]
    line = Line(
        queue=first.queue,
        patience=patience_of([(weight, _patience(journey, network, member)) for weight, member in pairs]),
        capacity=first.capacity,
        balk_length=first.balk_length,
        balk_probability=first.balk_probability,
    )
    members = tuple(Member(m.row, m.state, m.touchpoint, 0) for m in found.members)
    return StationLines(members, (line,), (_service(journey, network, pairs),), found.coming, found.reasons)


def with_one_service(found: StationLines, journey: Journey, network: Network) -> StationLines:
    """The same lines, all served like their customers together."""
    weights = found.coming.sum(axis=1).tolist()
    kind = _service(journey, network, list(zip(weights, found.members, strict=True)))
    lines = tuple(
        Line(0, line.queue, line.patience, line.capacity, line.balk_length, line.balk_probability)
        for line in found.lines
    )
    return StationLines(found.members, lines, (kind,), found.coming, found.reasons)


def _members(
    journey: Journey, network: Network, node: Node, coming: FloatArray
) -> Iterator[tuple[int, int, int, tuple[int, int]]]:
    """Row, state, touchpoint, and place of the queue with the segment's rank in it."""
    queues = _station_queues(node)
    for number in node.touchpoints:
        name = journey.touchpoints[network.touchpoints[number]].queue
        assert name is not None
        for row, (segment, _) in enumerate(network.names):
            rank = journey.segments[segment].priority if journey.queues[name].discipline == "priority" else 0
            for state in network.states_of((number,)):
                if coming[row, state].sum() > 0.0:
                    yield row, state, number, (queues.index(name), rank)


def _station_queues(node: Node) -> tuple[str, ...]:
    assert node.station is not None
    return node.station.queues


def _service(journey: Journey, network: Network, members: Sequence[tuple[float, Member]]) -> ServiceKind:
    parts: list[tuple[float, Spread]] = []
    plain: list[Distribution] = []
    followed = False
    for weight, member in members:
        point = journey.touchpoints[network.touchpoints[member.touchpoint]]
        kind = network.names[member.row]
        service = point.service.resolve(*kind)
        spread = spread_of(service)
        if point.wrap_up is not None:
            spread, followed = spread + spread_of(point.wrap_up.resolve(*kind)), True
        parts.append((weight, spread))
        if service not in plain:
            plain.append(service)
    return ServiceKind(mixed(parts), plain[0] if len(plain) == 1 and not followed else None)


def _patience(journey: Journey, network: Network, member: Member) -> Distribution | None:
    """A queue's own patience goes before the segment's."""
    segment, need = network.names[member.row]
    name = journey.touchpoints[network.touchpoints[member.touchpoint]].queue
    assert name is not None
    queue = journey.queues[name]
    if queue.never_reneges:
        return None
    patience = queue.patience or journey.segments[segment].patience
    return None if patience is None else patience.resolve(segment, need)


def _distinct(kinds: list[ServiceKind]) -> tuple[ServiceKind, ...]:
    """One kind where the services of all lines are alike."""
    first = kinds[0]
    alike = all(
        kind.alike == first.alike
        and abs(kind.spread.mean_min - first.spread.mean_min) <= _SAME * first.spread.mean_min
        and abs(kind.spread.cv - first.spread.cv) <= _SAME
        for kind in kinds
    )
    return (first,) if alike else tuple(kinds)
