"""Stations: the queues that share staff, and what about them no formula can take in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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


def named(names: tuple[str, ...] | list[str]) -> str:
    """Names in a sentence."""
    if len(names) <= 1:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


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
    groups = tuple(name for name, group in journey.staff.items() if queues & set(group.serves))
    orders = {journey.staff[name].serves for name in groups}
    in_order = orders.pop() if len(orders) == 1 else tuple(name for name in journey.queues if name in queues)
    line_groups = {journey.queues[name].line_group for name in queues} - {None}
    touchpoints = tuple(
        name
        for name, point in journey.touchpoints.items()
        if point.queue is not None and (point.queue in queues or point.queue in line_groups)
    )
    reasons = [*_reasons(journey, in_order, groups, touchpoints)]
    if orders:
        reasons.insert(0, f"{named(groups)} serve {named(in_order)}, not all in one order")
    return Station(
        queues=in_order,
        groups=groups,
        touchpoints=touchpoints,
        refusal=reasons[0] if reasons else "",
        loses=any(_loses(journey, journey.queues[name]) for name in queues),
    )


def _reasons(
    journey: Journey, queues: tuple[str, ...], groups: tuple[str, ...], touchpoints: tuple[str, ...]
) -> Iterator[str]:
    for name in queues:
        queue = journey.queues[name]
        if queue.line_group is not None:
            yield f"customers choose the shortest line of {queue.line_group}"
        if queue.balk is not None and queue.balk.expected_wait and queue.balk.probability > 0:
            yield "customers balk at the wait they expect"
    for name in groups:
        if journey.staff[name].breakdown is not None:
            yield f"{name} break down"
    for name in touchpoints:
        if any(rule.keep_server for rule in journey.touchpoints[name].next):
            yield f"{name} keeps its server while the customer is elsewhere"


def _loses(journey: Journey, queue: Queue) -> bool:
    if queue.capacity is not None or queue.balk is not None:
        return True
    if queue.never_reneges:
        return False
    return queue.patience is not None or any(s.patience is not None for s in journey.segments.values())
