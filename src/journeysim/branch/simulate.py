"""Simulate one replication of a map: days in batches, drawn together, run one by one, summed together."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from journeysim.branch.arrivals import Arrivals, Points, generated_arrivals, recorded_arrivals
from journeysim.branch.breakdowns import capacities
from journeysim.branch.calendar import OpenDay
from journeysim.branch.crowd import STRANGER, Attendance
from journeysim.branch.day_plan import Counts, DayPlan, plan_day
from journeysim.branch.draws import OCCURRENCES_ON_CYCLES, Draws, draw_steps
from journeysim.branch.follow_ups import PendingContacts
from journeysim.branch.known_arrivals import booked_arrivals, starting_arrivals
from journeysim.branch.luck import Luck
from journeysim.branch.metrics import Metric, metrics_of
from journeysim.branch.own_rules import OwnRules
from journeysim.branch.plan import Plan, compile_map, with_any_route
from journeysim.branch.ruled_engine import simulate_ruled_day
from journeysim.branch.simpy_engine import NeedsMoreDraws, simulate_day
from journeysim.branch.steps import StepArrays, steps_table
from journeysim.branch.totals import Totals, sum_days
from journeysim.journey import Journey
from journeysim.units import IntArray, to_ticks

if TYPE_CHECKING:
    import polars as pl

ENGINES = ("simpy",)
"""Engines that exist; ``auto`` stands for the best one for the work at hand."""

_BATCH_VISITS = 20_000
"""Visits that are drawn together: enough to make NumPy's overhead small, few enough for the cache."""


DrawPoints = Callable[[Plan, Sequence[OpenDay], Luck], Points]


@dataclass(frozen=True)
class BranchInMarket:
    """Where a branch's visitors come from if they are people of a market.

    Attributes
    ----------
    attendance : who of the crowd comes.
    points : draws the arrival points of days for that crowd, or hands on those drawn before.
    """

    attendance: Attendance
    points: DrawPoints


@dataclass(frozen=True)
class SimulatedDays:
    """A batch of days that share a plan, simulated.

    Attributes
    ----------
    plan : what the days are like.
    days : the days, in order.
    arrivals : their visits.
    acceptable_wait : shape (visits,), ticks that a visitor would find acceptable; `NEVER` where the map says
        nothing.
    steps : their steps; every visit has at least one.
    """

    plan: Plan
    days: tuple[OpenDay, ...]
    arrivals: Arrivals
    acceptable_wait: IntArray
    steps: StepArrays

    def totals(self, target_wait_min: float) -> Totals:
        """Whole-number sums over the days."""
        return sum_days(self.plan, self.arrivals, self.steps, len(self.days), to_ticks(target_wait_min))

    def table(self) -> pl.DataFrame:
        """The steps table of the days, without ``option`` and ``replication``."""
        return steps_table(self.plan, self.days, self.arrivals, self.steps)


@dataclass(frozen=True)
class ReplicationResult:
    """What one replication came to.

    Attributes
    ----------
    totals : whole-number sums over its days.
    steps : the steps table without ``option`` and ``replication``; None unless it was asked for.
    """

    totals: Totals
    steps: pl.DataFrame | None

    @cached_property
    def metrics(self) -> list[Metric]:
        """All metrics of the replication, by scope and name in map order."""
        return metrics_of(self.totals)


def simulate_replication(
    journey: Journey,
    days: Sequence[OpenDay],
    *,
    seed: int,
    replication: int,
    target_wait_min: float,
    engine: str = "auto",
    keep_steps: bool = False,
    rules: OwnRules | None = None,
) -> ReplicationResult:
    """Simulate one replication.

    Parameters
    ----------
    days : the open days, at least one, as `open_days` gives them.
    seed, replication : whose luck it is; equal seeds give equal luck in every option.
    target_wait_min : minutes within which a customer should be served.
    engine : one of `ENGINES`, or ``auto``.
    keep_steps : whether to return the steps table; memory then grows with the number of visits.
    rules : an analyst's own, in place of the map's where they answer; they run on the ``simpy`` engine.

    Raises
    ------
    ValueError
        if the engine is unknown or there is no open day.
    RouteError
        if a visit goes round in circles.
    RuleError
        if a rule gives an answer that cannot be followed.
    """
    totals: Totals | None = None
    tables: list[pl.DataFrame] = []
    for batch in simulated_days(journey, days, Luck(seed, replication), rules=rules, engine=engine):
        part = batch.totals(target_wait_min)
        totals = part if totals is None else totals + part
        if keep_steps:
            tables.append(batch.table())
    assert totals is not None
    return ReplicationResult(totals, in_day_order(tables) if keep_steps else None)


def simulated_days(
    journey: Journey,
    days: Sequence[OpenDay],
    luck: Luck,
    *,
    rules: OwnRules | None = None,
    engine: str = "auto",
    pending: PendingContacts | None = None,
    market: BranchInMarket | None = None,
    of_map: Plan | None = None,
) -> Iterator[SimulatedDays]:
    """Simulate days in batches of a handy size; each is simulated when it is asked for.

    Parameters
    ----------
    days : the open days, at least one, as `open_days` gives them.
    luck : whose luck it is.
    rules : an analyst's own, in place of the map's where they answer; they run on the ``simpy`` engine.
    engine : one of `ENGINES`, or ``auto``.
    pending : contacts that days simulated before have led to; what these days lead to is added. None starts
        with nothing and keeps contacts within ``days``.
    market : the people who come; None: strangers.
    of_map : the map as `compile_map` gives it, where it is at hand.

    Returns
    -------
    Batches of days that share a plan. Days of different kinds come out of their order, unless the map leads
    to contacts on later days: then every batch is one day, in order.

    Raises
    ------
    ValueError
        if the engine is unknown or there is no open day, or a day on which the branch is closed.
    RouteError
        if a visit goes round in circles.
    RuleError
        if a rule gives an answer that cannot be followed.
    """
    if engine not in (*ENGINES, "auto"):
        raise ValueError(f"engine: one of {', '.join(ENGINES)} or auto is required, found {engine!r}")
    if not days:
        raise ValueError("days: at least one open day is required, found none")
    contacts = PendingContacts(days) if pending is None else pending
    return _simulated(journey, days, luck, rules, contacts, market, of_map)


def _simulated(
    journey: Journey,
    days: Sequence[OpenDay],
    luck: Luck,
    rules: OwnRules | None,
    pending: PendingContacts,
    market: BranchInMarket | None,
    of_map: Plan | None,
) -> Iterator[SimulatedDays]:
    for plan, batch in day_batches(journey, days, rules, of_map):
        arrivals = _arrivals(plan, batch, luck, journey, pending, market)
        capacity = capacities(plan, batch, luck)
        acceptable_wait, steps = _simulate_batch(plan, arrivals, capacity, luck, engine_with(rules))
        pending.add(plan, arrivals, steps, luck)
        yield SimulatedDays(plan, tuple(batch), arrivals, acceptable_wait, steps)


def day_batches(
    journey: Journey, days: Sequence[OpenDay], rules: OwnRules | None = None, of_map: Plan | None = None
) -> Iterator[tuple[Plan, list[OpenDay]]]:
    """Days of one kind, in batches of a handy size; one by one in order where contacts follow on others.

    Parameters
    ----------
    of_map : the map as `compile_map` gives it, where it is at hand.
    """
    if of_map is None:
        of_map = compile_map(journey)
    if rules is not None:
        of_map = with_any_route(of_map)
    alike: dict[DayPlan, list[OpenDay]] = {}
    for day in days:
        day_plan = plan_day(journey, day.date)
        if day_plan is None:
            raise ValueError(f"days: open days are required, found {day.date}, when the branch is closed")
        if of_map.follow_ups:
            yield replace(of_map, day=day_plan), [day]
        else:
            alike.setdefault(day_plan, []).append(day)
    for day_plan, same in alike.items():
        plan = replace(of_map, day=day_plan)
        size = max(1, int(_BATCH_VISITS / max(_visits_per_day(plan, journey), 1.0)))
        for first in range(0, len(same), size):
            yield plan, same[first : first + size]


def _visits_per_day(plan: Plan, journey: Journey) -> float:
    log = journey.arrivals.recorded
    if log is not None:
        return log.minute.size / len(log.dates)
    return float(plan.day.cumulated_rate()[1][-1])


def _arrivals(
    plan: Plan,
    batch: list[OpenDay],
    luck: Luck,
    journey: Journey,
    pending: PendingContacts,
    market: BranchInMarket | None,
) -> Arrivals:
    """Everybody who comes on a batch of days."""
    log = journey.arrivals.recorded
    rule, booked = journey.arrivals.appointments, journey.arrivals.booked
    place = "" if market is None else market.attendance.crowd.place
    parts: list[Arrivals] = []
    if rule is not None and booked is not None:
        parts.append(booked_arrivals(plan, batch, luck, rule, booked, place))
    parts += starting_arrivals(plan, batch, luck, place)
    if market is not None:
        parts = [_taken(part, market.attendance, luck) for part in parts]
        points = market.points(plan, batch, luck)
        parts.append(points[market.attendance.comes(points.person)].arrivals(plan, luck))
    elif log is not None:
        parts.append(recorded_arrivals(plan, batch, luck, log))
    else:
        parts.append(generated_arrivals(plan, batch, luck))
    if plan.follow_ups:
        contacts = pending.coming(plan, batch[0], luck, log)
        if market is not None:
            contacts = [part[market.attendance.comes(part.person)] for part in contacts]
        parts += contacts
    return Arrivals.together(parts)


def _taken(listed: Arrivals, attendance: Attendance, luck: Luck) -> Arrivals:
    """Of the arrivals on a list, those that a customer takes, with who it is."""
    person = attendance.bookers(listed.segment, listed.luck_address, luck)
    return replace(listed, person=person)[person != STRANGER]


_Engine = Callable[[Plan, Draws, int, int], StepArrays]


def engine_with(rules: OwnRules | None) -> _Engine:
    """The reference engine, asking an analyst's own rules if there are any."""
    return simulate_day if rules is None else partial(simulate_ruled_day, rules=rules)


@contextmanager
def _collection_paused() -> Iterator[None]:
    """No search for unreachable cycles meanwhile: days make many small objects and hardly any cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_collection_paused()  # until even the draws are gone: long lists, which a search would look through
def _simulate_batch(
    plan: Plan,
    arrivals: Arrivals,
    capacity: tuple[tuple[Counts, ...], ...],
    luck: Luck,
    engine: _Engine,
) -> tuple[IntArray, StepArrays]:
    """Acceptable wait of every visit in ticks, and the steps."""
    draws = draw_steps(plan, arrivals, capacity, luck)
    bounds = np.searchsorted(arrivals.day, np.arange(len(capacity) + 1)).tolist()
    days = [_simulate_one(plan, draws, luck, engine, first, last) for first, last in pairwise(bounds)]
    return draws.acceptable_wait, StepArrays.joined_together(days)


def _simulate_one(plan: Plan, draws: Draws, luck: Luck, engine: _Engine, first: int, last: int) -> StepArrays:
    """One day; where a visit comes somewhere more often than was drawn, more is drawn and the day rerun."""
    occurrences = OCCURRENCES_ON_CYCLES
    try:
        return engine(plan, draws, first, last)
    except NeedsMoreDraws:
        pass
    day = draws.arrivals.day[first]
    of_day = replace(draws.arrivals[first:last], day=np.zeros(last - first, dtype=np.int64))
    while True:
        occurrences *= 4
        more = draw_steps(plan, of_day, (draws.capacity[day],), luck, occurrences)
        try:
            return engine(plan, more, 0, last - first).renumbered(first)
        except NeedsMoreDraws:
            continue


def in_day_order(tables: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The steps of all batches, by day."""
    import polars as pl

    table = pl.concat(tables)
    return table if table["day"].is_sorted() else table.sort("day", maintain_order=True)
