"""Object-centric event logs in OCEL 2.0, as JSON: of visits, cases, customers, queues and staff groups."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from journeysim.report.exports.log import Log, Moment, Step
from journeysim.report.exports.times import zoned

_ALWAYS = "1970-01-01T00:00:00.000+00:00"
"""Time from which attributes of an object hold that never change: the standard's own convention."""

_OBJECT_TYPES = {
    "visit": {"date": "string", "outcome": "string", "score": "float", "wait_min": "float"},
    "case": {"segment": "string", "need": "string"},
    "customer": {"segment": "string"},
    "queue": {"discipline": "string"},
    "staff group": {"kind": "string", "cost_per_hour": "float"},
}
_EVENT_ATTRIBUTES = {
    Moment.JOINED: {"queue_length_seen": "integer"},
    Moment.STARTED: {"wait_min": "float"},
    Moment.ENDED: {"outcome": "string", "score": "float", "service_min": "float", "cost": "float"},
    Moment.LEFT: {"outcome": "string", "score": "float", "wait_min": "float"},
}


@dataclass
class _Objects:
    """Objects seen so far, by identity, each with what is said of it."""

    found: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(self, identity: str, kind: str, attributes: dict[str, Any], related: dict[str, str]) -> None:
        """Note an object where it is new; ``related`` are qualifiers by the other's identity."""
        if identity not in self.found:
            self.found[identity] = {
                "id": identity,
                "type": kind,
                "attributes": [
                    {"name": name, "time": _ALWAYS, "value": value}
                    for name, value in attributes.items()
                    if value is not None
                ],
                "relationships": [
                    {"objectId": other, "qualifier": qualifier} for other, qualifier in related.items()
                ],
            }


def write_ocel(log: Log, path: Path) -> None:
    """Write a log: an event type for each moment of each touchpoint.

    Parameters
    ----------
    log : of one replication.
    path : written as it is; whoever calls puts it in its place when it is whole.
    """
    objects = _Objects()
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write('{"objectTypes": ')
        out.write(_text([_type(name, attributes) for name, attributes in _OBJECT_TYPES.items()]))
        out.write(',\n"eventTypes": ')
        out.write(_text([_type(*one) for one in _event_types(log)]))
        out.write(',\n"events": [')
        _write_all(_events(log, objects), out)
        out.write('],\n"objects": [')
        _write_all(objects.found.values(), out)
        out.write("]}\n")


def event_type(touchpoint: str, moment: Moment) -> str:
    """Name of the type of an event, such as ``counter: started``."""
    return f"{touchpoint}: {moment}"


def _event_types(log: Log) -> Iterator[tuple[str, dict[str, str]]]:
    """Those that the log has, in the order of the map and of a step."""
    branches = log.steps["branch"].unique().to_list() if "branch" in log.steps.columns else [""]
    names = dict.fromkeys(name for branch in branches for name in log.journey(branch).touchpoints)
    seen = {(step.touchpoint, event.moment) for step in log.rows() for event in step.events()}
    for name in names:
        for moment in Moment:
            if (name, moment) in seen:
                yield event_type(name, moment), _EVENT_ATTRIBUTES[moment]


def _events(log: Log, objects: _Objects) -> Iterator[dict[str, Any]]:
    waits: dict[str, float] = {}
    outcomes: dict[str, str] = {}
    for step in log.rows():
        waits[step.visit] = waits.get(step.visit, 0.0) + (step.wait_min or 0.0)
        outcomes[step.visit] = step.outcome
    number = 0
    for step in log.rows():
        related = _note_objects(log, step, objects, waits[step.visit], outcomes[step.visit])
        values = _values(log, step)
        for event in step.events():
            number += 1
            yield {
                "id": f"e{number}",
                "type": event_type(step.touchpoint, event.moment),
                "time": zoned(event.at),
                "attributes": [
                    {"name": name, "value": values[name]}
                    for name in _EVENT_ATTRIBUTES[event.moment]
                    if values[name] is not None
                ],
                "relationships": [
                    {"objectId": identity, "qualifier": qualifier}
                    for identity, qualifier in related.items()
                    if qualifier != "served by" or event.moment in (Moment.STARTED, Moment.ENDED)
                ],
            }


def _values(log: Log, step: Step) -> dict[str, Any]:
    """Values of all attributes that events of a step may have."""
    return {
        "queue_length_seen": step.queue_length_seen,
        "wait_min": step.wait_min,
        "outcome": step.outcome,
        "score": step.score,
        "service_min": step.service_min,
        "cost": log.cost(step),
    }


def _note_objects(log: Log, step: Step, objects: _Objects, wait_min: float, outcome: str) -> dict[str, str]:
    """Note the objects of a step; return the qualifiers of its events by their identities."""
    journey = log.journey(step.branch)
    prefix = f"{step.branch}/" if step.branch else ""
    visit, case, customer = f"visit {step.visit}", f"case {step.case}", f"customer {step.customer}"
    related = {visit: "step of", case: "contact of"}
    if step.customer:
        objects.note(customer, "customer", {"segment": step.segment}, {})
        related[customer] = "lived by"
    needs = {"segment": step.segment, "need": step.need}
    objects.note(case, "case", needs, {customer: "of"} if step.customer else {})
    told = {
        "date": step.date.isoformat(),
        "outcome": outcome,
        "score": step.visit_score,
        "wait_min": wait_min,
    }
    objects.note(visit, "visit", told, {case: "part of"})
    if step.queue:
        queue = f"queue {prefix}{step.queue}"
        objects.note(queue, "queue", {"discipline": journey.queues[step.queue].discipline}, {})
        related[queue] = "waited in"
    if step.staff_group:
        group, known = f"staff group {prefix}{step.staff_group}", journey.staff[step.staff_group]
        objects.note(group, "staff group", {"kind": known.kind, "cost_per_hour": known.cost_per_hour}, {})
        related[group] = "served by"
    return related


def _type(name: str, attributes: dict[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "attributes": [{"name": key, "type": kind} for key, kind in attributes.items()],
    }


def _write_all(entries: Iterable[dict[str, Any]], out: Any) -> None:
    for number, entry in enumerate(entries):
        out.write("\n" if number == 0 else ",\n")
        out.write(_text(entry))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
