"""Simulate one replication of a map: days in batches, drawn together, run one by one, summed together."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from journeysim.branch.arrivals import Arrivals, generated_arrivals, recorded_arrivals
from journeysim.branch.calendar import OpenDay
from journeysim.branch.draws import OCCURRENCES_ON_CYCLES, Draws, draw_steps
from journeysim.branch.luck import Luck
from journeysim.branch.metrics import Metric, metrics_of
from journeysim.branch.plan import Plan, compile_plan
from journeysim.branch.simpy_engine import NeedsMoreDraws, simulate_day
from journeysim.branch.steps import StepArrays, steps_table
from journeysim.branch.totals import Totals, sum_days
from journeysim.journey import Journey, OpeningHours
from journeysim.units import to_ticks

if TYPE_CHECKING:
    import polars as pl

ENGINES = ("simpy",)
"""Engines that exist; ``auto`` stands for the best one for the work at hand."""

_BATCH_VISITS = 20_000
"""Visits that are drawn together: enough to make NumPy's overhead small, few enough for the cache."""


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
) -> ReplicationResult:
    """Simulate one replication.

    Parameters
    ----------
    days : the open days, at least one, as `open_days` gives them.
    seed, replication : whose luck it is; equal seeds give equal luck in every option.
    target_wait_min : minutes within which a customer should be served.
    engine : one of `ENGINES`, or ``auto``.
    keep_steps : whether to return the steps table; memory then grows with the number of visits.

    Raises
    ------
    ValueError
        if the engine is unknown or there is no open day.
    RouteError
        if a visit goes round in circles.
    """
    if engine not in (*ENGINES, "auto"):
        raise ValueError(f"engine: one of {', '.join(ENGINES)} or auto is required, found {engine!r}")
    if not days:
        raise ValueError("days: at least one open day is required, found none")
    luck = Luck(seed, replication)
    totals: Totals | None = None
    tables: list[pl.DataFrame] = []
    for plan, batch in _batches(journey, days):
        arrivals = _arrivals(plan, batch, luck, journey)
        steps = _simulate_batch(plan, arrivals, len(batch), luck)
        part = sum_days(plan, arrivals, steps, len(batch), to_ticks(target_wait_min))
        totals = part if totals is None else totals + part
        if keep_steps:
            tables.append(steps_table(plan, batch, arrivals, steps))
    assert totals is not None
    return ReplicationResult(totals, _in_day_order(tables) if keep_steps else None)


def _batches(journey: Journey, days: Sequence[OpenDay]) -> Iterator[tuple[Plan, list[OpenDay]]]:
    """Days of one kind, in batches of a handy size."""
    alike: dict[tuple[OpeningHours | None, float], list[OpenDay]] = {}
    for day in days:
        weekday = day.date.weekday()
        kind = (journey.hours_on(weekday), journey.arrivals.day_factor(weekday))
        alike.setdefault(kind, []).append(day)
    for same in alike.values():
        plan = compile_plan(journey, same[0].date.weekday())
        if plan is None:
            raise ValueError(f"days: open days are required, found {same[0].date}, when the branch is closed")
        size = max(1, int(_BATCH_VISITS / max(_visits_per_day(plan, journey), 1.0)))
        for first in range(0, len(same), size):
            yield plan, same[first : first + size]


def _visits_per_day(plan: Plan, journey: Journey) -> float:
    log = journey.arrivals.recorded
    if log is not None:
        return log.minute.size / len(log.dates)
    until = np.append(plan.rate_ticks[1:], plan.closes)
    return float((plan.rates * (until - plan.rate_ticks)).sum()) / to_ticks(60)


def _arrivals(plan: Plan, batch: list[OpenDay], luck: Luck, journey: Journey) -> Arrivals:
    log = journey.arrivals.recorded
    if log is None:
        return generated_arrivals(plan, batch, luck)
    return recorded_arrivals(plan, batch, luck, log)


def _simulate_batch(plan: Plan, arrivals: Arrivals, days: int, luck: Luck) -> StepArrays:
    draws = draw_steps(plan, arrivals, luck)
    bounds = np.searchsorted(arrivals.day, np.arange(days + 1)).tolist()
    with _collection_paused():
        return StepArrays.joined_together(
            [_simulate_one(plan, draws, luck, first, last) for first, last in pairwise(bounds)]
        )


@contextmanager
def _collection_paused() -> Iterator[None]:
    """No search for unreachable cycles meanwhile: a day makes many small objects and only one cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _simulate_one(plan: Plan, draws: Draws, luck: Luck, first: int, last: int) -> StepArrays:
    """One day; where a visit comes somewhere more often than was drawn, more is drawn and the day rerun."""
    occurrences = OCCURRENCES_ON_CYCLES
    try:
        return simulate_day(plan, draws, first, last)
    except NeedsMoreDraws:
        pass
    of_day = draws.arrivals.between(first, last)
    while True:
        occurrences *= 4
        try:
            steps = simulate_day(plan, draw_steps(plan, of_day, luck, occurrences), 0, last - first)
        except NeedsMoreDraws:
            continue
        return steps.renumbered(first)


def _in_day_order(tables: list[pl.DataFrame]) -> pl.DataFrame:
    import polars as pl

    table = pl.concat(tables)
    return table if table["day"].is_sorted() else table.sort("day", maintain_order=True)
