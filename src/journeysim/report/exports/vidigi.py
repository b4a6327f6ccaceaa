"""Event logs in the columns of vidigi, which animates queues: one replication, one visit an entity."""

from __future__ import annotations

import csv
import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from journeysim.report.exports.log import Event, Log, Moment, Step
from journeysim.report.exports.times import plain

COLUMNS = (
    "entity_id", "event_type", "event", "time", "resource_id", "pathway", "run_number", "timestamp",
    "segment", "outcome",
)  # fmt: skip
"""The first six are those that vidigi's animations read, the next two are known to its logger, and of the
others it takes no notice."""

ARRIVAL_DEPARTURE, QUEUE, USE, USE_END = "arrival_departure", "queue", "resource_use", "resource_use_end"

_Row = tuple[int, str, str, float, int | str, str, int, str, str, str]


def write_vidigi(log: Log, path: Path) -> None:
    """Write a log as CSV, by time.

    Parameters
    ----------
    log : of one replication.
    path : written as it is; whoever calls puts it in its place when it is whole.

    Notes
    -----
    Which server serves is not modelled, but an animation shows each at a desk of its own: ``resource_id`` is
    the lowest number that is free in the group, so it can be drawn and means nothing else.
    """
    rows = sorted(_rows(log), key=lambda row: row[3])
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(rows)


def waiting(touchpoint: str) -> str:
    """Name of the event that is waiting for a touchpoint."""
    return f"{touchpoint} wait"


def ended(touchpoint: str) -> str:
    """Name of the event that a service has ended."""
    return f"{touchpoint} ends"


def _rows(log: Log) -> Iterator[_Row]:
    steps = list(log.rows())
    desks = _desks(steps)
    run = log.replication + 1
    numbers: dict[str, int] = {}
    for at, step in enumerate(steps):
        entity = numbers.setdefault(step.visit, len(numbers) + 1)

        def row(
            kind: str, event: str, when: Event, desk: int | str = "", of: Step = step, who: int = entity
        ) -> _Row:
            return (
                who, kind, event, when.day_min, desk, of.need, run, plain(when.at), of.segment, of.outcome,
            )  # fmt: skip

        events = list(step.events())
        if at == 0 or steps[at - 1].visit != step.visit:
            yield row(ARRIVAL_DEPARTURE, "arrival", events[0])
        for one in events:
            if one.moment is Moment.JOINED:
                yield row(QUEUE, waiting(step.touchpoint), one)
            elif one.moment is Moment.STARTED and step.staff_group:
                yield row(USE, step.touchpoint, one, desks[at])
            elif one.moment is Moment.STARTED:
                # What nobody serves is a place to stay, which vidigi draws as it draws a queue.
                yield row(QUEUE, step.touchpoint, one)
            elif one.moment is Moment.ENDED and step.staff_group:
                yield row(USE_END, ended(step.touchpoint), one, desks[at])
        last = at + 1 == len(steps) or steps[at + 1].visit != step.visit
        if last and events[-1].moment in (Moment.ENDED, Moment.LEFT):
            yield row(ARRIVAL_DEPARTURE, "depart", events[-1])


@dataclass
class _Group:
    """Desks of a staff group on a day: those in use, by when they are free again, and those that are free."""

    busy: list[tuple[float, int]] = field(default_factory=list)
    free: list[int] = field(default_factory=list)
    most: int = 0

    def take(self, start: float, end: float) -> int:
        """The lowest desk that is free from ``start`` on."""
        while self.busy and self.busy[0][0] <= start:
            heapq.heappush(self.free, heapq.heappop(self.busy)[1])
        if self.free:
            desk = heapq.heappop(self.free)
        else:
            self.most += 1
            desk = self.most
        heapq.heappush(self.busy, (end, desk))
        return desk


def _desks(steps: list[Step]) -> dict[int, int]:
    """Desk of each step that is served by somebody, by its place in the list."""
    served = [
        (step.day, step.started_min, at)
        for at, step in enumerate(steps)
        if step.staff_group and step.started_min is not None
    ]
    groups: dict[tuple[int, str, str], _Group] = {}
    found = {}
    for day, start, at in sorted(served):
        step = steps[at]
        group = groups.setdefault((day, step.branch, step.staff_group), _Group())
        found[at] = group.take(start, step.ended_min)
    return found
