"""Networks of queues that are exact: exponential services, one kind of customer, nothing that changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from journeysim.branch.analytic.days import DayKind
from journeysim.branch.analytic.lines import StationLines, lines_of
from journeysim.branch.analytic.network import Network, Node
from journeysim.branch.analytic.solve import Counts, FormulaName, servers_of
from journeysim.branch.formulas import Line, NetworkDay, network_day, traffic_equations
from journeysim.journey import Journey
from journeysim.units import FloatArray

MOST_NODES = 2
"""Queues of a network that are followed together; three can take a minute."""

MOST_LOAD = 0.95
"""Load of a queue above which two are not followed together: their lines grow too long."""


@dataclass(frozen=True)
class Jackson:
    """What a network says of a station's day.

    Parameters
    ----------
    counts : of the station's touchpoint.
    name : of the formula.
    """

    counts: Counts
    name: FormulaName


@dataclass(frozen=True, eq=False)
class _Queue:
    touchpoint: int
    outside_per_hour: float
    service_mean_min: float
    servers: int


def jackson(
    journey: Journey, network: Network, node: Node, kind: DayKind, coming: FloatArray
) -> Jackson | None:
    """Follow a station with all from which customers come to it; None where that is not exact.

    Parameters
    ----------
    coming : shape (classes, states, parts), expected customers, those who come back included.
    """
    nodes = _upstream(network, node)
    if nodes is None or kind.sends_home:
        return None
    queues = []
    for each in nodes:
        queue = _queue(journey, network, each, kind, coming)
        if queue is None:
            return None
        queues.append(queue)
    routing = _routing(network, queues, coming)
    if routing is None or not routing.any():
        return None
    outside = [queue.outside_per_hour for queue in queues]
    loads = [
        float(per_hour) * queue.service_mean_min / 60.0 / queue.servers
        for per_hour, queue in zip(traffic_equations(outside, routing), queues, strict=True)
    ]
    if len(queues) > 1 and max(loads) > MOST_LOAD:
        return None
    day = _network_day(
        (kind.closes - kind.opens) / 60.0,
        tuple(outside),
        tuple(queue.service_mean_min for queue in queues),
        tuple(queue.servers for queue in queues),
        tuple(tuple(row) for row in routing.tolist()),
    )
    at = nodes.index(node)
    step, servers = day.nodes[at], queues[at].servers
    words = f"network of {len(queues)} queues" if len(queues) > 1 else "with returns"
    return Jackson(
        Counts(
            arrivals=step.steps_mean,
            joined=step.steps_mean,
            waited=step.waited_fraction * step.steps_mean,
            wait_min=step.wait_mean_min * step.steps_mean,
        ),
        FormulaName("M", "", servers, servers, (words,)),
    )


@lru_cache(maxsize=256)
def _network_day(
    hours: float,
    outside_per_hour: Sequence[float],
    service_mean_min: Sequence[float],
    servers: Sequence[int],
    routing: tuple[tuple[float, ...], ...],
) -> NetworkDay:
    return network_day(hours, outside_per_hour, service_mean_min, servers, routing)


def _upstream(network: Network, node: Node) -> list[Node] | None:
    """The node and all from which somebody can get there; None if they are too many or have no queue."""
    every = [each for cycle in network.cycles for each in cycle]
    found, frontier = [node], [node]
    while frontier:
        into = np.asarray(network.leads[:, list(frontier.pop().touchpoints)].any(axis=1))
        for each in every:
            if each not in found and into[list(each.touchpoints)].any():
                found.append(each)
                frontier.append(each)
        if len(found) > MOST_NODES or any(each.station is None for each in found):
            return None
    return found


def _queue(
    journey: Journey, network: Network, node: Node, kind: DayKind, coming: FloatArray
) -> _Queue | None:
    station = node.station
    if station is None or station.refusal or len(node.touchpoints) > 1:
        return None
    if any(number in network.unknown for number in node.touchpoints):
        return None
    lines = lines_of(journey, network, node, coming)
    if lines is None or not _is_plain(lines):
        return None
    number = node.touchpoints[0]
    servers = servers_of([list(journey.staff).index(name) for name in station.groups], kind)
    rows = [row for row, start in enumerate(network.start) if start == number]
    outside = kind.outside[[network.classes[row] for row in rows]].sum(axis=0)[: kind.open_parts]
    per_hour = outside / np.diff(kind.edges)[: kind.open_parts] * 60.0
    if np.ptp(per_hour) > 1e-9 * per_hour.max(initial=0.0) or np.ptp(servers) > 0 or servers[0] == 0:
        return None
    mean = lines.services[0].spread.mean_min
    return _Queue(number, float(per_hour[0]), mean, int(servers[0]))


def _is_plain(lines: StationLines) -> bool:
    """Whether all have one exponential service, and nobody is turned away or gives up."""
    plain = all(line == Line(queue=line.queue) for line in lines.lines)
    return plain and len(lines.services) == 1 and lines.services[0].letter == "M" and not lines.reasons


def _routing(network: Network, queues: list[_Queue], coming: FloatArray) -> FloatArray | None:
    """Probabilities of going on between the queues; None where customers differ."""
    inside = [queue.touchpoint for queue in queues]
    rows = []
    for queue in queues:
        ways = list(_ways(network, queue.touchpoint, inside, coming))
        if any(not np.allclose(way, ways[0], rtol=0.0, atol=1e-12) for way in ways):
            return None
        rows.append(ways[0])
    return np.array(rows)


def _ways(network: Network, touchpoint: int, inside: list[int], coming: FloatArray) -> Iterator[FloatArray]:
    count = len(network.touchpoints)
    for row in range(len(network.classes)):
        for state in network.states_of((touchpoint,)):
            if coming[row, state].sum() > 0.0:
                way = network.routing[row, state]
                yield np.asarray((way[:count] + way[count:])[inside])
