"""Stations: the queues that share staff, and what about them no formula can take in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from journeysim.branch.analytic import reasons
from journeysim.branch.analytic.reasons import named
from journeysim.journey import Journey, Queue


@dataclass(frozen=True)
class Station:
    """Queues that are served by the same staff groups, and by nobody else.

    Parameters
    ----------
    queues : in the order in which the staff prefer them.
    groups : the staff groups.
    touchpoints : those whose customers wait in one of the queues.
    refusal : why no formula holds; empty where one may.
    loses : whether a customer can leave a queue without service.
    """

    queues: tuple[str, ...]
    groups: tuple[str, ...]
    touchpoints: tuple[str, ...]
    refusal: str
    loses: bool


def stations_in(journey: Journey) -> tuple[Station, ...]:
    """All stations of a map, by the first of their queues in map order."""
    return tuple(_station(journey, queues) for queues in _linked_queues(journey))


def _linked_queues(journey: Journey) -> list[set[str]]:
    """Queues in sets that share staff or a line group, directly or through others."""
    links = [set(group.serves) for group in journey.staff.values()]
    groups = {queue.line_group for queue in journey.queues.values() if queue.line_group is not None}
    links += [{name for name, queue in journey.queues.items() if queue.line_group == g} for g in groups]
    found: list[set[str]] = [{name} for name in journey.queues]
    for link in links:
        touching = [linked for linked in found if linked & link]
        place = min((found.index(linked) for linked in touching), default=0)
        found = [linked for linked in found if not linked & link]
        found.insert(place, set().union(link, *touching))
    return found


def _station(journey: Journey, queues: set[str]) -> Station:
    groups = journey.groups_serving(queues)
    orders = {journey.staff[name].serves for name in groups}
    in_order = orders.pop() if len(orders) == 1 else tuple(name for name in journey.queues if name in queues)
    line_groups = {journey.queues[name].line_group for name in queues} - {None}
    touchpoints = tuple(
        name
        for name, point in journey.touchpoints.items()
        if point.queue is not None and (point.queue in queues or point.queue in line_groups)
    )
    refusals = [*_refusals(journey, in_order, groups, touchpoints)]
    if orders:
        refusals.insert(0, reasons.ORDERS.format(groups=named(groups), queues=named(in_order)))
    return Station(
        queues=in_order,
        groups=groups,
        touchpoints=touchpoints,
        refusal=refusals[0] if refusals else "",
        loses=any(_loses(journey, journey.queues[name]) for name in queues),
    )


def _refusals(
    journey: Journey, queues: tuple[str, ...], groups: tuple[str, ...], touchpoints: tuple[str, ...]
) -> Iterator[str]:
    for name in queues:
        queue = journey.queues[name]
        if queue.line_group is not None:
            yield reasons.SHORTEST_LINE.format(group=queue.line_group)
        if queue.balk is not None and queue.balk.expected_wait and queue.balk.probability > 0:
            yield reasons.EXPECTED_WAIT
    for name in groups:
        if journey.staff[name].breakdown is not None:
            yield reasons.BREAKDOWNS.format(group=name)
    for name in touchpoints:
        if any(rule.keep_server for rule in journey.touchpoints[name].next):
            yield reasons.KEPT_SERVER.format(touchpoint=name)


def _loses(journey: Journey, queue: Queue) -> bool:
    if queue.capacity is not None or queue.balk is not None:
        return True
    if queue.never_reneges:
        return False
    return queue.patience is not None or any(s.patience is not None for s in journey.segments.values())
