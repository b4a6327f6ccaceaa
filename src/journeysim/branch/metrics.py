"""Metrics of a replication: ratios of its whole-number sums, by the names that reports and files use.

Of all visits and of a segment, metrics are per visit, with waits summed over the visit's queues; of a
touchpoint they are per step. *Joined* includes who started at once and excludes who balked or was rejected.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan

import numpy as np

from journeysim.branch.plan import Outcome
from journeysim.branch.totals import BIN_TICKS, BINS, GroupSum, Sum, Totals
from journeysim.units import TICKS_PER_MINUTE, IntArray

P90 = 0.9
_OF_VISITS = frozenset({"time_in_branch_mean_min", "contacts_per_case", "days_to_resolution_mean"})


@dataclass(frozen=True)
class Metric:
    """One metric of one replication.

    Attributes
    ----------
    scope, name : of all (``all``, no name), or of one ``segment``, ``touchpoint`` or ``staff`` group.
    metric : its name; units are in it.
    value : NaN where nothing was observed.
    month : of a market's horizon, from 1; 0 for a whole replication.
    """

    scope: str
    name: str
    metric: str
    value: float
    month: int = 0


def metrics_of(totals: Totals) -> list[Metric]:
    """All metrics of a replication: of all, then by segment, touchpoint and staff group in map order."""
    found = [Metric("all", "", name, value) for name, value in _of_all(totals)]
    segments = len(totals.segments)
    for i, segment in enumerate(totals.segments):
        found += [Metric("segment", segment, name, value) for name, value in _of_unit(totals, 1 + i)]
    for i, point in enumerate(totals.touchpoints):
        unit = _of_unit(totals, 1 + segments + i)
        found += [Metric("touchpoint", point, name, value) for name, value in unit if name not in _OF_VISITS]
    for i, group in enumerate(totals.groups):
        found += [Metric("staff", group, name, value) for name, value in _of_group(totals, i)]
    return found


def _of_all(totals: Totals) -> Iterator[tuple[str, float]]:
    yield from _of_unit(totals, 0)
    people = np.array(totals.people, dtype=bool)
    staffed = people if people.any() else np.ones_like(people)
    yield "utilisation", _utilisation(totals.staff[staffed].sum(axis=0))
    yield "overtime_min_per_day", _overtime(totals, totals.staff[people].sum(axis=0))
    yield "staff_cost_per_day", sum(_cost(totals, group) for group in range(len(totals.groups)))


def _of_unit(totals: Totals, unit: int) -> Iterator[tuple[str, float]]:
    sums = totals.sums[unit]
    count, joined = sums[Sum.COUNT], sums[Sum.JOINED]
    yield "visits_per_day", _ratio(count, totals.days)
    for outcome in Outcome:
        yield f"{outcome.name.lower()}_fraction", _ratio(sums[outcome], count)
    yield "wait_mean_min", _minutes(sums[Sum.WAIT_TICKS], joined)
    yield "wait_p90_min", wait_quantile_min(totals, unit, P90)
    yield "wait_served_mean_min", _minutes(sums[Sum.SERVED_WAIT_TICKS], sums[Sum.SERVED_JOINED])
    yield "wait_within_target_fraction", _ratio(sums[Sum.WITHIN_TARGET], sums[Sum.QUEUED])
    yield "waited_fraction", _ratio(sums[Sum.WAITED], joined)
    yield "service_mean_min", _minutes(sums[Sum.SERVICE_TICKS], sums[Sum.SERVICES])
    yield "queue_length_mean", _ratio(sums[Sum.QUEUE_TICKS], totals.open_ticks) if sums[Sum.QUEUED] else nan
    yield "queue_length_max", float(totals.longest_queue[unit]) if sums[Sum.QUEUED] else nan
    yield "time_in_branch_mean_min", _minutes(sums[Sum.PRESENT_TICKS], count)
    yield "contacts_per_case", _ratio(sums[Sum.CONTACTS], sums[Sum.CASES])
    yield "days_to_resolution_mean", _ratio(sums[Sum.CASE_DAYS], sums[Sum.CASES])


def _of_group(totals: Totals, group: int) -> Iterator[tuple[str, float]]:
    yield "utilisation", _utilisation(totals.staff[group])
    yield "overtime_min_per_day", _overtime(totals, totals.staff[group])
    yield "staff_cost_per_day", _cost(totals, group)


def _utilisation(staff: IntArray) -> float:
    return _ratio(staff[GroupSum.BUSY_TICKS], staff[GroupSum.ROSTERED_TICKS])


def _overtime(totals: Totals, staff: IntArray) -> float:
    return _minutes(staff[GroupSum.OVERTIME_TICKS], np.int64(totals.days))


def _cost(totals: Totals, group: int) -> float:
    """Cost a day: rostered time and overtime. Assumption: overtime is paid like any other hour."""
    staff = totals.staff[group]
    paid = staff[GroupSum.ROSTERED_TICKS] + staff[GroupSum.OVERTIME_TICKS]
    return totals.cost_per_hour[group] * _minutes(paid, np.int64(totals.days)) / 60


def wait_quantile_min(totals: Totals, unit: int, level: float) -> float:
    """Quantile of the waits of those who joined, in minutes, interpolated within its histogram bin.

    Off by at most the width of a bin, 0.05 min; beyond four hours interpolated up to the longest wait.
    """
    joined, waited = totals.sums[unit, Sum.JOINED], totals.sums[unit, Sum.WAITED]
    if joined == 0:
        return nan
    rank = level * joined - (joined - waited)
    if rank <= 0:
        return 0.0
    histogram = totals.histogram[unit]
    below = np.cumsum(histogram)
    place = int(np.searchsorted(below, rank))
    upper = (place + 1) * BIN_TICKS if place < BINS else int(totals.longest_wait[unit])
    lower = place * BIN_TICKS
    inside = 1.0 - (below[place] - rank) / histogram[place]
    return float(lower + inside * (upper - lower)) / TICKS_PER_MINUTE


def _ratio(numerator: np.int64 | int, denominator: np.int64 | int) -> float:
    return float(numerator) / float(denominator) if denominator else nan


def _minutes(ticks: np.int64, count: np.int64) -> float:
    return _ratio(ticks, count) / TICKS_PER_MINUTE
