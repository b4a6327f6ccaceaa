"""What the tests of the branch share: small maps, their draws, and days simulated from them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from journeysim.branch import open_days, simpy_engine
from journeysim.branch.arrivals import Arrivals, generated_arrivals, recorded_arrivals
from journeysim.branch.breakdowns import capacities
from journeysim.branch.calendar import OpenDay
from journeysim.branch.day_plan import Counts
from journeysim.branch.draws import Draws, StepDraws, draw_steps
from journeysim.branch.known_arrivals import booked_arrivals, starting_arrivals
from journeysim.branch.luck import Luck
from journeysim.branch.plan import Plan, compile_plan
from journeysim.branch.steps import StepArrays
from journeysim.journey import Journey, RecordedArrivals, parse_journey
from journeysim.units import NEVER, TICKS_PER_MINUTE, IntArray

MONDAY = date(2027, 1, 4)
Engine = Callable[[Plan, Draws, int, int], StepArrays]


def journey_of(data: dict[str, Any], folder: Path | None = None) -> Journey:
    """A map from plain data, checked like any other."""
    return parse_journey(json.dumps(data, ensure_ascii=False), "map.yaml", folder)


def one_queue(**changes: Any) -> dict[str, Any]:
    """One queue and two servers from 9 to 11, as plain data; ``changes`` replace values by dotted path."""
    data = {
        "journey": "One queue",
        "hours": {"open": "09:00", "close": "11:00"},
        "segments": {"all": {"share": 1}},
        "needs": {"any": {"share": 1, "start": "counter"}},
        "arrivals": {"per_hour": 40},
        "staff": {"tellers": {"count": 2, "serves": ["line"]}},
        "queues": {"line": {}},
        "touchpoints": {
            "counter": {"stage": "T", "queue": "line", "service": {"exponential": {"mean": "3 min"}}}
        },
    }
    return changed(data, {path.replace("__", "."): value for path, value in changes.items()})


def changed(data: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy of plain data with values set by dotted path."""
    out = json.loads(json.dumps(data))
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = out
        for key in parents:
            place = place[key]
        place[last] = value
    return out


BUSY: dict[str, Any] = {
    "journey": "Busy",
    "hours": {"open": "09:00", "close": "12:00"},
    "segments": {
        "regular": {
            "share": 0.8,
            "priority": 2,
            "patience": {"exponential": {"mean": "9 min"}},
            "acceptable_wait": {"lognormal": {"median": "3 min", "sigma": 0.5}},
        },
        "vip": {"share": 0.2, "priority": 1, "acceptable_wait": {"constant": "2 min"}},
    },
    "needs": {
        "cash": {"share": {"regular": 0.7, "vip": 0.4}, "start": "door"},
        "advice": {"share": {"regular": 0.3, "vip": 0.6}, "start": "door"},
    },
    "arrivals": {"per_hour": {"09:00": 50, "10:30": 80}},
    "staff": {
        "greeters": {"count": 1, "serves": ["door_line"], "cost_per_hour": 30},
        "machines": {"count": 2, "serves": ["machine_line"], "kind": "machine", "cost_per_hour": 3},
        "tellers": {
            "count": {"09:00": 2, "09:45": 3, "11:00": 2},
            "serves": ["counter_line", "advice_line"],
            "cost_per_hour": 60,
        },
        "advisers": {"count": 1, "serves": ["advice_line"], "cost_per_hour": 90},
    },
    "queues": {
        "door_line": {"patience": "none"},
        "machine_line": {"capacity": 4, "balk": {"at_length": 3, "probability": 0.3}},
        "counter_line": {"discipline": "priority", "balk": {"expected_wait": True, "probability": 0.7}},
        "advice_line": {"patience": {"weibull": {"mean": "12 min", "shape": 1.5}}},
    },
    "touchpoints": {
        "door": {
            "stage": "Arrive",
            "queue": "door_line",
            "service": {"triangular": {"low": "10 s", "mode": "20 s", "high": "60 s"}},
            "next": [
                {"to": {"machine": 0.8, "counter": 0.2}, "when": {"need": "cash"}},
                {"to": "counter"},
            ],
        },
        "machine": {
            "stage": "Transact",
            "queue": "machine_line",
            "service": {"lognormal": {"mean": "3 min", "cv": 0.6}},
            "fails": 0.1,
            "if_failed": "counter",
            "if_balked": "counter",
            "if_rejected": "counter",
        },
        "counter": {
            "stage": "Transact",
            "queue": "counter_line",
            "service": {
                "by_need": {
                    "cash": {"gamma": {"mean": "3 min", "cv": 0.7}},
                    "other": {"gamma": {"mean": "5 min", "cv": 0.7}},
                }
            },
            "fails": 0.05,
            "if_failed": "counter",
            "next": [
                {"to": "advice", "when": {"need": "advice"}, "probability": 0.6},
                {"to": "form", "when": {"failed_before": True}},
                {"to": "leave", "when": {"waited_over": "10 min"}},
                {"to": {"form": 0.3, "leave": 0.7}},
            ],
        },
        "advice": {
            "stage": "Advise",
            "queue": "advice_line",
            "service": {"erlang": {"mean": "12 min", "k": 3}},
            "next": [{"to": {"counter": 0.2, "leave": 0.8}}],
        },
        "form": {"stage": "Leave", "service": {"uniform": {"low": "1 min", "high": "3 min"}}},
    },
}
"""A map with a bit of every basic rule, busy enough that all of it happens."""

EVERYTHING: dict[str, Any] = changed(
    BUSY,
    {
        "segments.vip.head_start": "2 min",
        "arrivals.day_cv": 0.3,
        "staff.machines.breakdown": {
            "uptime": {"exponential": {"mean": "50 min"}},
            "repair": {"gamma": {"mean": "12 min", "cv": 0.5}},
        },
        "staff.supervisors": {"count": 1, "serves": ["back_line"]},
        "staff.advisers": {"count": 2, "serves": ["advice_line", "second_advice_line"]},
        "queues.door_line.start_with": {"touchpoint": "door", "count": 3},
        "queues.back_line": {"patience": "none"},
        "queues.advice_line": {"line_group": "advice_lines"},
        "queues.second_advice_line": {"line_group": "advice_lines"},
        "touchpoints.approval": {
            "stage": "Transact",
            "lane": "back",
            "queue": "back_line",
            "service": {"exponential": {"mean": "1 min"}},
            "next": [{"to": "form", "probability": 0.5}, {"to": "leave"}],
        },
        "touchpoints.advice.queue": "advice_lines",
        "touchpoints.advice.wrap_up": {"uniform": {"low": "1 min", "high": "4 min"}},
        "touchpoints.advice.next": [
            {"to": "advice", "after": {"exponential": {"mean": "30 h"}}, "probability": 0.4},
            {"to": "counter", "probability": 0.2},
            {"to": "leave"},
        ],
        "touchpoints.counter.wrap_up": {
            "by_need": {"advice": {"constant": "30 s"}, "other": {"constant": "0 s"}}
        },
        "touchpoints.counter.next": [
            {"to": "advice", "when": {"need": "advice"}, "probability": 0.6},
            {"to": "approval", "probability": 0.3, "keep_server": True},
            {"to": "counter", "probability": 0.1, "after": "2 days"},
            {"to": "form", "when": {"failed_before": True}},
            {"to": "leave"},
        ],
    },
)
"""The same with every further rule: breakdowns, line groups, head starts, wrap-up, kept servers, people at
opening, contacts on later days, days that differ."""


def with_log(journey: Journey, rows: Sequence[tuple[float, str, str]]) -> Journey:
    """The map with one recorded Monday: minutes after midnight, segment and need of each arrival."""
    minutes, segments, needs = zip(*rows, strict=True) if rows else ((), (), ())
    journey.arrivals._recorded = RecordedArrivals(
        dates=(MONDAY,),
        day=np.zeros(len(rows), dtype=np.int64),
        minute=np.array(minutes, dtype=np.float64),
        segment=np.array([list(journey.segments).index(name) for name in segments], dtype=np.int64),
        need=np.array([list(journey.needs).index(name) for name in needs], dtype=np.int64),
        observed_wait_min=None,
        observed_outcome=None,
    )
    return journey


@dataclass(frozen=True)
class Batch:
    """Days of one kind, drawn.

    ``whole_minutes`` rounds whatever is drawn, so that as much as possible happens at the same moment.
    """

    plan: Plan
    days: list[OpenDay]
    arrivals: Arrivals
    luck: Luck
    whole_minutes: bool = False

    @property
    def capacity(self) -> tuple[tuple[Counts, ...], ...]:
        """Capacity of every group on every day."""
        drawn = capacities(self.plan, self.days, self.luck)
        return tuple(tuple(map(_tied_counts, day)) for day in drawn) if self.whole_minutes else drawn

    @property
    def bounds(self) -> list[tuple[int, int]]:
        """First and last visit (not included) of each day."""
        ends = np.searchsorted(self.arrivals.day, np.arange(len(self.days) + 1)).tolist()
        return list(pairwise(ends))

    def tied(self) -> Batch:
        """The same, with everybody coming, served and losing patience at whole minutes."""
        tick = self.arrivals.tick // TICKS_PER_MINUTE * TICKS_PER_MINUTE
        tick = np.maximum(tick, self.plan.day.opens)
        return replace(self, arrivals=in_order(replace(self.arrivals, tick=tick)), whole_minutes=True)

    def draws(self, occurrences: int) -> Draws:
        """All that is drawn for these days."""
        drawn = draw_steps(self.plan, self.arrivals, self.capacity, self.luck, occurrences)
        if not self.whole_minutes:
            return drawn
        steps = tuple(tuple(map(_tied_steps, blocks)) for blocks in drawn.steps)
        return replace(drawn, steps=steps, acceptable_wait=_whole_minutes(drawn.acceptable_wait))

    def steps(self, engine: Engine = simpy_engine.simulate_day) -> StepArrays:
        """All steps of all days."""
        for occurrences in (4, 64, 1000):
            draws = self.draws(occurrences)
            try:
                return StepArrays.joined_together(
                    [engine(self.plan, draws, first, last) for first, last in self.bounds]
                )
            except Exception as error:
                if type(error).__name__ not in ("NeedsMoreDraws", "DrawsRunShort"):
                    raise
        raise AssertionError("draws run short with 1000 occurrences")


def _whole_minutes(ticks: IntArray) -> IntArray:
    """Whole minutes no later than the given ticks; who never gives up still does not."""
    return np.where(ticks < NEVER, ticks // TICKS_PER_MINUTE * TICKS_PER_MINUTE, ticks)


def _tied_steps(drawn: StepDraws) -> StepDraws:
    service, wrap_up, patience = (_whole_minutes(t) for t in (drawn.service, drawn.wrap_up, drawn.patience))
    return replace(drawn, service=service, wrap_up=wrap_up, patience=patience)


def _tied_counts(counts: Counts) -> Counts:
    """The same, changing at whole minutes; of several counts in one, the last holds."""
    last = {
        int(tick): count
        for tick, count in zip(_whole_minutes(np.array(counts.ticks)), counts.counts, strict=True)
    }
    return Counts(tuple(last), tuple(last.values()))


def in_order(arrivals: Arrivals) -> Arrivals:
    """Arrivals sorted as engines expect them: by day, tick and address."""
    return Arrivals.together([arrivals])


def batch_of(journey: Journey, days: int = 1, seed: int = 1, replication: int = 0) -> Batch:
    """Draw the first open days of a map, all of them taken for the kind of day that the first is."""
    return batch_of_days(journey, list(open_days(journey, MONDAY, days)), seed, replication)


def batch_of_days(journey: Journey, found: list[OpenDay], seed: int = 1, replication: int = 0) -> Batch:
    """Draw the first contacts of given days of one kind."""
    plan = compile_plan(journey, found[0].date)
    assert plan is not None
    luck = Luck(seed, replication)
    log = journey.arrivals.recorded
    parts = [
        generated_arrivals(plan, found, luck) if log is None else recorded_arrivals(plan, found, luck, log),
        *starting_arrivals(plan, found, luck),
    ]
    rule, booked = journey.arrivals.appointments, journey.arrivals.booked
    if rule is not None and booked is not None:
        parts.append(booked_arrivals(plan, found, luck, rule, booked))
    return Batch(plan, found, Arrivals.together(parts), luck)


def differences(one: StepArrays, other: StepArrays) -> list[str]:
    """What two tables of steps differ in: column, first row, both values."""
    found = []
    for f in fields(StepArrays):
        a, b = getattr(one, f.name), getattr(other, f.name)
        if a.shape != b.shape:
            found.append(f"{f.name}: {a.size} against {b.size} rows")
        elif (a != b).any():
            row = int(np.flatnonzero(a != b)[0])
            found.append(f"{f.name}: row {row}: {a[row]} against {b[row]}")
    return found
