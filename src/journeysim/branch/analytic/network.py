"""Where customers can go, and in which order their touchpoints can be calculated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from journeysim.branch.analytic import reasons
from journeysim.branch.analytic.stations import Station, stations_in
from journeysim.journey import Journey
from journeysim.journey.flow import routing_matrix
from journeysim.journey.stations import LEAVE
from journeysim.units import BoolArray, FloatArray

MOST_ROUTES = 20_000_000
"""Classes times states squared beyond which a map is not followed."""

FALLBACKS = ("if_balked", "if_rejected", "if_reneged")


@dataclass(frozen=True)
class Node:
    """A station, or a touchpoint without a queue.

    Parameters
    ----------
    station : None for a touchpoint without a queue.
    touchpoints : numbers in map order.
    """

    station: Station | None
    touchpoints: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Network:
    """The routes of a map.

    A *state* is a touchpoint before any failure in the visit (its number) or after one (its number plus the
    number of touchpoints); a class is a segment with a need that somebody has.

    Parameters
    ----------
    touchpoints : names in map order.
    classes : numbers, segment * needs + need.
    names : segment and need of each class.
    routing : shape (classes, states, states), probabilities of going on once a service has ended.
    start : by class, the first touchpoint.
    cycles : nodes in an order in which customers go through them; nodes that lead back to each other, or a
        node that leads back to itself, in one entry.
    leads : shape (touchpoints, touchpoints), whether somebody can go straight from one to the other.
    unknown : why the number of customers cannot be told, by touchpoint where this begins.
    """

    touchpoints: tuple[str, ...]
    classes: tuple[int, ...]
    names: tuple[tuple[str, str], ...]
    routing: FloatArray
    start: tuple[int, ...]
    cycles: tuple[tuple[Node, ...], ...]
    leads: BoolArray
    unknown: dict[int, str]

    @property
    def states(self) -> int:
        """Number of states."""
        return 2 * len(self.touchpoints)

    def states_of(self, touchpoints: tuple[int, ...]) -> list[int]:
        """States of some touchpoints."""
        return [*touchpoints, *(number + len(self.touchpoints) for number in touchpoints)]

    def is_round(self, cycle: tuple[Node, ...]) -> bool:
        """Whether somebody can come back within an entry of `cycles`."""
        inside = [number for node in cycle for number in node.touchpoints]
        return bool(self.leads[np.ix_(inside, inside)].any())


def network_of(journey: Journey, outside: FloatArray) -> Network | None:
    """The routes of the classes that come from outside; None where they are too many to follow.

    Parameters
    ----------
    outside : shape (segments * needs,), above 0 for those who come.
    """
    names = tuple(journey.touchpoints)
    kinds = [(segment, need) for segment in journey.segments for need in journey.needs]
    classes = tuple(np.flatnonzero(outside > 0.0).tolist())
    if len(classes) * (2 * len(names)) ** 2 > MOST_ROUTES:
        return None
    routing = [routing_matrix(journey, *kinds[number]) for number in classes]
    matrices = np.array(routing).reshape(len(classes), 2 * len(names), 2 * len(names))
    leads = _leads(journey, matrices)
    return Network(
        touchpoints=names,
        classes=classes,
        names=tuple(kinds[number] for number in classes),
        routing=matrices,
        start=tuple(names.index(journey.needs[kinds[number][1]].start) for number in classes),
        cycles=_cycles(_nodes(journey), leads),
        leads=leads,
        unknown=dict(_unknown(journey)),
    )


def fallback(journey: Journey, touchpoint: str, key: str) -> int | None:
    """Touchpoint that somebody turned away goes to, if this can happen; None: leaves, or it cannot."""
    point = journey.touchpoints[touchpoint]
    target = getattr(point, key)
    if target == LEAVE or point.queue is None:
        return None
    number = list(journey.touchpoints).index(target)
    if point.queue not in journey.queues:
        return number
    queue = journey.queues[point.queue]
    patient = queue.never_reneges or not (
        queue.patience or any(segment.patience for segment in journey.segments.values())
    )
    cannot = {
        "if_balked": queue.balk is None,
        "if_rejected": queue.capacity is None,
        "if_reneged": patient,
    }
    return None if cannot[key] else number


def _leads(journey: Journey, routing: FloatArray) -> BoolArray:
    count = len(journey.touchpoints)
    some = (routing > 0.0).any(axis=0)
    leads = np.asarray(some.reshape(2, count, 2, count).any(axis=(0, 2)))
    for number, name in enumerate(journey.touchpoints):
        for key in FALLBACKS:
            target = fallback(journey, name, key)
            if target is not None:
                leads[number, target] = True
    return leads


def _nodes(journey: Journey) -> list[Node]:
    names = list(journey.touchpoints)
    nodes = [
        Node(station, tuple(names.index(name) for name in station.touchpoints))
        for station in stations_in(journey)
        if station.touchpoints
    ]
    in_queues = {number for node in nodes for number in node.touchpoints}
    return nodes + [Node(None, (number,)) for number in range(len(names)) if number not in in_queues]


def _cycles(nodes: list[Node], leads: BoolArray) -> tuple[tuple[Node, ...], ...]:
    reach = np.array([[leads[np.ix_(a.touchpoints, b.touchpoints)].any() for b in nodes] for a in nodes])
    for middle in range(len(nodes)):
        reach |= reach[:, [middle]] & reach[[middle], :]
    order = sorted(range(len(nodes)), key=lambda node: (int(reach[:, node].sum()), node))
    found: list[tuple[Node, ...]] = []
    placed: set[int] = set()
    for node in order:
        if node not in placed:
            back = reach[node] & reach[:, node]
            together = [other for other in order if other == node or back[other]]
            placed.update(together)
            found.append(tuple(nodes[number] for number in together))
    return tuple(found)


def _unknown(journey: Journey) -> Iterator[tuple[int, str]]:
    """Touchpoints to which some come whose number expected flows do not tell."""
    names = list(journey.touchpoints)
    for queue in journey.queues.values():
        if queue.start_with is not None:
            yield names.index(queue.start_with.touchpoint), reasons.START_WITH
    for name, point in journey.touchpoints.items():
        depends = any(rule.when is not None and rule.when.waited_over_min is not None for rule in point.next)
        for rule in point.next:
            for target, _ in rule.targets:
                if target == LEAVE:
                    continue
                if rule.after is not None:
                    yield names.index(target), reasons.EARLIER_DAYS.format(touchpoint=name)
                if depends:
                    yield names.index(target), reasons.BY_WAIT.format(touchpoint=name)
