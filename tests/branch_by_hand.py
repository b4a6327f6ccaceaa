"""Branch days small enough to work out by hand: one counter, a desk behind it, a few customers."""

from __future__ import annotations

from typing import Any, NamedTuple

from journeysim.branch.plan import Outcome
from journeysim.branch.steps import NONE
from journeysim.units import TICKS_PER_MINUTE
from tests.branch_days import Engine, batch_of, changed, journey_of, with_log

OPENS = 540


class Row(NamedTuple):
    """A step as a person would note it; times are minutes after opening, None where it never was.

    ``released`` is when the server was free again, None where that was at the end of the step.
    """

    visit: int
    touchpoint: str
    joined: float
    started: float | None
    ended: float
    group: str | None
    outcome: str
    queue: str | None = None
    released: float | None = None


def counter(**changes: Any) -> dict[str, Any]:
    """One teller, five minutes for everybody, three kinds of customers; open for an hour."""
    data = {
        "journey": "By hand",
        "hours": {"open": "09:00", "close": "10:00"},
        "segments": {name: {"share": share} for name, share in (("a", 0.5), ("b", 0.25), ("c", 0.25))},
        "needs": {"cash": {"share": 1, "start": "counter"}},
        "arrivals": {"per_hour": 1},
        "staff": {"tellers": {"count": 1, "serves": ["line"]}},
        "queues": {"line": {}},
        "touchpoints": {"counter": {"stage": "T", "queue": "line", "service": {"constant": "5 min"}}},
    }
    return changed(data, {path.replace("__", "."): value for path, value in changes.items()})


def with_desk(data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The same with a desk, one clerk, three minutes, behind the counter."""
    more = {
        "staff.clerks": {"count": 1, "serves": ["desk_line"]},
        "queues.desk_line": {},
        "touchpoints.desk": {"stage": "T", "queue": "desk_line", "service": {"constant": "3 min"}},
        "touchpoints.counter.next": [{"to": "desk"}],
    }
    return changed(data, more | {path.replace("__", "."): value for path, value in changes.items()})


def by_segment(**minutes: float) -> dict[str, Any]:
    return {"by_segment": {name: {"constant": f"{value} min"} for name, value in minutes.items()}}


def rows(engine: Engine, data: dict[str, Any], *came: float | tuple[float, str]) -> list[Row]:
    """The steps of a day with the given arrivals (minutes after opening, and segment), by visit.

    Visits are numbered by row, which is their address, whenever they came; those who wait at opening are -1,
    -2 and so on.
    """
    log = [one if isinstance(one, tuple) else (one, "a") for one in came]
    journey = with_log(journey_of(data), [(OPENS + minute, segment, "cash") for minute, segment in log])
    batch = batch_of(journey)
    plan, steps = batch.plan, batch.steps(engine)

    def minute(tick: int) -> float | None:
        return None if tick == NONE else tick / TICKS_PER_MINUTE - OPENS

    def visit_number(order: int) -> int:
        return order if order < 1 << 32 else -1 - order % (1 << 20)

    found = [
        Row(
            visit_number(int(batch.arrivals.order[steps.visit[i]])),
            plan.touchpoints[steps.touchpoint[i]],
            minute(steps.joined[i]),
            minute(steps.started[i]),
            minute(steps.ended[i]),
            None if steps.group[i] == NONE else plan.groups[steps.group[i]],
            Outcome(steps.outcome[i]).name.lower(),
            None if steps.queue[i] == NONE else plan.queues[steps.queue[i]],
            None if steps.released[i] == steps.ended[i] else minute(steps.released[i]),
        )
        for i in range(steps.visit.size)
    ]
    return sorted(found, key=lambda row: row.visit)


def times(found: list[Row], touchpoint: str = "counter") -> list[tuple[int, float | None, float, str]]:
    """Visit, start, end and outcome of the steps at a touchpoint."""
    return [(r.visit, r.started, r.ended, r.outcome) for r in found if r.touchpoint == touchpoint]
