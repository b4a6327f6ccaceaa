"""Notches: the single small improvements that a map has room for, one touchpoint and lever at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from journeysim.experience.plan import SELF_SERVICE
from journeysim.journey import Journey
from journeysim.journey.patches import path_of
from journeysim.journey.scaling import scaled_distribution
from journeysim.market.behaviour import Behaviour

SERVICE_FACTOR = 0.9
ATTENTIVE_STEP = 0.1
FAILS_FACTOR = 0.5
CONDITION_ORDER = ("seated", "informed", "explained", "occupied", "comfortable", "fair")
"""Which condition of waiting comes next: of those that a queue has not, the first. Assumption: from what
nearly every branch has to what few have."""

_DECIMALS = 6


class Lever(StrEnum):
    """What is improved."""

    SERVICE = "service"
    ATTENTIVE = "attentive"
    CONDITIONS = "conditions"
    FAILS = "fails"


_TITLES = {
    Lever.SERVICE: "shorter service at",
    Lever.ATTENTIVE: "attentive staff among",
    Lever.CONDITIONS: "better waiting in",
    Lever.FAILS: "fewer failures at",
}


@dataclass(frozen=True)
class Notch:
    """One improvement.

    Attributes
    ----------
    lever : what is improved.
    place : the touchpoint, for attentive staff the group, for better waiting the queue or its line group.
    touches : touchpoints that feel it, in map order.
    detail : from what to what, in a few words.
    patches : new values of the branch's map, by path.
    groups : staff groups that serve where it is made, in map order.
    queues : number of lines that are equipped; 0 for all but better waiting.
    branch : whose map; empty for a bank's only one.
    """

    lever: Lever
    place: str
    touches: tuple[str, ...]
    detail: str
    patches: Mapping[str, Any]
    groups: tuple[str, ...]
    queues: int = 0
    branch: str = ""

    @property
    def where(self) -> str:
        """The place, with its branch where there are several."""
        return f"{self.branch}: {self.place}" if self.branch else self.place

    @property
    def title(self) -> str:
        """Lever and place, such as ``shorter service at counter``."""
        return f"{_TITLES[self.lever]} {self.where}"


def notches_of(journey: Journey, behaviour: Behaviour, branch: str = "") -> list[Notch]:
    """Find every notch of a map; what cannot be improved has none.

    Parameters
    ----------
    journey : the map.
    behaviour : says how attentive a group is of which the map does not, and which conditions help.
    branch : name of the map's branch, empty for a bank's only one.

    Returns
    -------
    By lever, then in map order.

    Notes
    -----
    *Shorter service*: service and wrap-up take nine tenths of their time; none where they take no time, or
    where more values are observed than a map may hold. *Attentive staff*: a group is attentive in one
    encounter of ten more, at most in all; none for machines, or for staff who meets nobody. *Better waiting*:
    the next condition of `CONDITION_ORDER` that a queue, or all lines of a line group, has not and that
    shortens the wait perceived. *Fewer failures*: half of them.
    """
    return [
        *_shorter_service(journey, branch),
        *_attentive_staff(journey, behaviour, branch),
        *_better_waiting(journey, behaviour, branch),
        *_fewer_failures(journey, branch),
    ]


def _shorter_service(journey: Journey, branch: str) -> Iterator[Notch]:
    for name, point in journey.touchpoints.items():
        data = journey.document.data["touchpoints"][name]
        patches = {}
        try:
            for key, found in (("service", point.service), ("wrap_up", point.wrap_up)):
                if found is not None:
                    value = scaled_distribution(found, data[key], SERVICE_FACTOR)
                    if value != data[key]:
                        patches[path_of("touchpoints", name, key)] = value
        except ValueError:
            continue
        if patches:
            detail = f"service × {SERVICE_FACTOR:g}"
            groups = journey.groups_serving(journey.lines_of(point))
            yield Notch(Lever.SERVICE, name, (name,), detail, patches, groups, branch=branch)


def _attentive_staff(journey: Journey, behaviour: Behaviour, branch: str) -> Iterator[Notch]:
    for name, group in journey.staff.items():
        met = tuple(
            point_name
            for point_name, point in journey.touchpoints.items()
            if set(journey.lines_of(point)) & set(group.serves)
            and point.lane == "front"
            and point.channel not in SELF_SERVICE
        )
        share = behaviour.encounters.attentive_share if group.attentive is None else group.attentive
        raised = round(min(share + ATTENTIVE_STEP, 1.0), _DECIMALS)
        if group.kind == "machine" or not met or raised <= share:
            continue
        patches = {path_of("staff", name, "attentive"): raised}
        detail = f"attentive {share:.3g} → {raised:.3g}"
        yield Notch(Lever.ATTENTIVE, name, met, detail, patches, (name,), branch=branch)


def _better_waiting(journey: Journey, behaviour: Behaviour, branch: str) -> Iterator[Notch]:
    factors = behaviour.waiting.conditions.model_dump()
    places: dict[str, list[str]] = {}
    for name, queue in journey.queues.items():
        places.setdefault(queue.line_group or name, []).append(name)
    for place, lines in places.items():
        touches = tuple(
            name for name, point in journey.touchpoints.items() if set(journey.lines_of(point)) & set(lines)
        )
        have = [set(journey.queues[line].conditions) for line in lines]
        added = next(
            (
                condition
                for condition in CONDITION_ORDER
                if factors[condition] < 1 and any(condition not in conditions for conditions in have)
            ),
            None,
        )
        if added is None or not touches:
            continue
        lacking = [line for line, conditions in zip(lines, have, strict=True) if added not in conditions]
        patches = {
            path_of("queues", line, "conditions"): [*journey.queues[line].conditions, added]
            for line in lacking
        }
        groups = journey.groups_serving(lines)
        yield Notch(
            Lever.CONDITIONS, place, touches, f"waiting also {added}", patches, groups, len(lacking), branch
        )


def _fewer_failures(journey: Journey, branch: str) -> Iterator[Notch]:
    for name, point in journey.touchpoints.items():
        if point.fails > 0:
            fewer = point.fails * FAILS_FACTOR
            patches = {path_of("touchpoints", name, "fails"): fewer}
            detail = f"fails {point.fails:.3g} → {fewer:.3g}"
            groups = journey.groups_serving(journey.lines_of(point))
            yield Notch(Lever.FAILS, name, (name,), detail, patches, groups, branch=branch)
