"""Day rows: what a batch of days comes to, in whole numbers.

Sums of ticks and counts do not depend on the order of addition, so replications may be cut into batches and
chunks in any way without a metric moving, and memory does not grow with the number of days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from operator import or_

import numpy as np

from journeysim.branch.arrivals import Arrivals
from journeysim.branch.plan import Outcome, Plan
from journeysim.branch.steps import NONE, StepArrays
from journeysim.units import BoolArray, IntArray, to_ticks

BIN_TICKS = to_ticks(0.05)
"""Width of a histogram bin of waits."""
BINS = 4_800
"""Bins up to four hours; one more holds what is longer."""


class Sum(IntEnum):
    """Whole numbers that are summed over visits (of all, of a segment) or steps (of a touchpoint).

    The last three are of the cases that a visit ends: how many, the contacts they took, and the days from
    their first contact to this one.
    """

    SERVED = 0
    FAILED = 1
    BALKED = 2
    RENEGED = 3
    REJECTED = 4
    CLOSED = 5
    IN_PROGRESS = 6
    COUNT = 7
    JOINED = 8
    WAITED = 9
    WAIT_TICKS = 10
    WITHIN_TARGET = 11
    QUEUED = 12
    SERVED_JOINED = 13
    SERVED_WAIT_TICKS = 14
    SERVICES = 15
    SERVICE_TICKS = 16
    PRESENT_TICKS = 17
    QUEUE_TICKS = 18
    CASES = 19
    CONTACTS = 20
    CASE_DAYS = 21


class GroupSum(IntEnum):
    """Columns of whole numbers that are summed over the days of a staff group."""

    ROSTERED_TICKS = 0
    BUSY_TICKS = 1
    OVERTIME_TICKS = 2


@dataclass(frozen=True)
class Totals:
    """Whole-number sums over days; ``a + b`` are the sums over the days of both, also of different maps.

    Rows of the unit arrays are all visits, then the segments, then the touchpoints.

    Attributes
    ----------
    segments, touchpoints, groups : names; maps that are added have the same segments.
    people, cost_per_hour : of each group.
    days, open_ticks : number of days and their opening time together.
    sums : shape (units, `Sum`).
    longest_wait : shape (units,), ticks.
    longest_queue : shape (units,), people.
    histogram : shape (units, BINS + 1), waits above 0 of those who joined.
    staff : shape (groups, `GroupSum`).
    """

    segments: tuple[str, ...]
    touchpoints: tuple[str, ...]
    groups: tuple[str, ...]
    people: tuple[bool, ...]
    cost_per_hour: tuple[float, ...]
    days: int
    open_ticks: int
    sums: IntArray
    longest_wait: IntArray
    longest_queue: IntArray
    histogram: IntArray
    staff: IntArray

    def __add__(self, other: Totals) -> Totals:
        touchpoints, groups = union(self.touchpoints, other.touchpoints), union(self.groups, other.groups)
        if not (self._has(touchpoints, groups) and other._has(touchpoints, groups)):
            return self._with(touchpoints, groups) + other._with(touchpoints, groups)
        return replace(
            self,
            days=self.days + other.days,
            open_ticks=self.open_ticks + other.open_ticks,
            sums=self.sums + other.sums,
            longest_wait=np.maximum(self.longest_wait, other.longest_wait),
            longest_queue=np.maximum(self.longest_queue, other.longest_queue),
            histogram=self.histogram + other.histogram,
            staff=self.staff + other.staff,
            people=tuple(map(or_, self.people, other.people)),
            cost_per_hour=self._mean_costs(other),
        )

    def _has(self, touchpoints: tuple[str, ...], groups: tuple[str, ...]) -> bool:
        return (self.touchpoints, self.groups) == (touchpoints, groups)

    def _with(self, touchpoints: tuple[str, ...], groups: tuple[str, ...]) -> Totals:
        """The same sums with rows for touchpoints and groups of another map as well."""
        first = 1 + len(self.segments)
        units = [*range(first), *(first + touchpoints.index(name) for name in self.touchpoints)]
        rows = [groups.index(name) for name in self.groups]
        size = first + len(touchpoints)
        people, costs = [False] * len(groups), [0.0] * len(groups)
        for row, is_people, cost in zip(rows, self.people, self.cost_per_hour, strict=True):
            people[row], costs[row] = is_people, cost
        return replace(
            self,
            touchpoints=touchpoints,
            groups=groups,
            people=tuple(people),
            cost_per_hour=tuple(costs),
            sums=rows_at(self.sums, units, size),
            longest_wait=rows_at(self.longest_wait, units, size),
            longest_queue=rows_at(self.longest_queue, units, size),
            histogram=rows_at(self.histogram, units, size),
            staff=rows_at(self.staff, rows, len(groups)),
        )

    def _mean_costs(self, other: Totals) -> tuple[float, ...]:
        """Cost of an hour over the days of both, where the maps disagree: by the hours that are paid."""
        if self.cost_per_hour == other.cost_per_hour:
            return self.cost_per_hour
        paid = [
            totals.staff[:, GroupSum.ROSTERED_TICKS] + totals.staff[:, GroupSum.OVERTIME_TICKS]
            for totals in (self, other)
        ]
        both = zip(self.cost_per_hour, paid[0].tolist(), other.cost_per_hour, paid[1].tolist(), strict=True)
        return tuple((a * p + b * q) / (p + q) if p + q else a for a, p, b, q in both)


def union(names: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """The names of both, the first ones in their order."""
    return names if names == others else tuple(dict.fromkeys((*names, *others)))


def rows_at(rows: IntArray, places: Sequence[int], size: int) -> IntArray:
    """An array of ``size`` rows that has ``rows`` at ``places`` and 0 elsewhere."""
    found = np.zeros((size, *rows.shape[1:]), dtype=rows.dtype)
    found[list(places)] = rows
    return found


def sum_days(plan: Plan, arrivals: Arrivals, steps: StepArrays, days: int, target_wait: int) -> Totals:
    """Sum a batch of days that share a plan.

    Parameters
    ----------
    days : number of days in the batch.
    target_wait : ticks within which a customer should be served.
    """
    segments, units = len(plan.segments), 1 + len(plan.segments) + len(plan.touchpoints)
    by_step = _step_units(plan, steps, target_wait)
    by_visit = _visit_units(by_step, arrivals, steps, target_wait)
    sums = np.zeros((units, len(Sum)), dtype=np.int64)
    sums[1 : 1 + segments] = by_visit.sums(segments)
    sums[0] = sums[1 : 1 + segments].sum(axis=0)
    sums[1 + segments :] = by_step.sums(len(plan.touchpoints))
    longest_wait = np.zeros(units, dtype=np.int64)
    np.maximum.at(longest_wait, 1 + by_visit.unit, by_visit.wait)
    np.maximum.at(longest_wait, 1 + segments + by_step.unit, by_step.wait)
    longest_wait[0] = longest_wait[1 : 1 + segments].max(initial=0)
    longest_queue = np.zeros(units, dtype=np.int64)
    length = np.where(
        by_step.joined & (by_step.wait > 0), steps.queue_length_seen + 1, steps.queue_length_seen
    )
    np.maximum.at(longest_queue, 1 + arrivals.segment[steps.visit], length)
    np.maximum.at(longest_queue, 1 + segments + steps.touchpoint, length)
    longest_queue[0] = longest_queue[1 : 1 + segments].max(initial=0)
    histogram = np.zeros((units, BINS + 1), dtype=np.int64)
    histogram[1 : 1 + segments] = by_visit.histogram(segments)
    histogram[0] = histogram[1 : 1 + segments].sum(axis=0)
    histogram[1 + segments :] = by_step.histogram(len(plan.touchpoints))
    return Totals(
        segments=plan.segments,
        touchpoints=plan.touchpoints,
        groups=plan.groups,
        people=tuple(not group.is_machine for group in plan.group_plans),
        cost_per_hour=tuple(group.cost_per_hour for group in plan.group_plans),
        days=days,
        open_ticks=days * (plan.day.closes - plan.day.opens),
        sums=sums,
        longest_wait=longest_wait,
        longest_queue=longest_queue,
        histogram=histogram,
        staff=np.array(
            [_group_sums(plan, group, arrivals.day, steps, days) for group in range(len(plan.groups))]
        ).reshape(-1, len(GroupSum)),
    )


@dataclass(frozen=True)
class _Units:
    """Visits or steps, ready to be summed by unit; all of shape (visits,) or (steps,)."""

    unit: IntArray
    outcome: IntArray
    queued: BoolArray
    joined: BoolArray
    wait: IntArray
    within: BoolArray
    has_service: BoolArray
    service: IntArray
    present: IntArray
    in_queue: IntArray
    ends_case: BoolArray
    contacts: IntArray
    case_days: IntArray

    def sums(self, units: int) -> IntArray:
        """Shape (units, `Sum`)."""
        served_joined = self.joined & (self.outcome == Outcome.SERVED)
        columns: dict[Sum, IntArray | BoolArray] = {
            Sum.QUEUED: self.queued,
            Sum.JOINED: self.joined,
            Sum.WAITED: self.wait > 0,
            Sum.WAIT_TICKS: self.wait,
            Sum.WITHIN_TARGET: self.within,
            Sum.SERVED_JOINED: served_joined,
            Sum.SERVED_WAIT_TICKS: np.where(served_joined, self.wait, 0),
            Sum.SERVICES: self.has_service,
            Sum.SERVICE_TICKS: self.service,
            Sum.PRESENT_TICKS: self.present,
            Sum.QUEUE_TICKS: self.in_queue,
            Sum.CASES: self.ends_case,
            Sum.CONTACTS: self.contacts,
            Sum.CASE_DAYS: self.case_days,
        }
        sums = np.zeros((units, len(Sum)), dtype=np.int64)
        outcomes = np.bincount(self.unit * len(Outcome) + self.outcome, minlength=units * len(Outcome))
        sums[:, : len(Outcome)] = outcomes.reshape(units, len(Outcome))
        sums[:, Sum.COUNT] = sums[:, : len(Outcome)].sum(axis=1)
        for column, values in columns.items():
            if values.any():
                # Exact: float64 holds every whole number up to 2**53 ticks, 16,000 years of waiting.
                sums[:, column] = np.bincount(self.unit, values, minlength=units)
        return sums

    def histogram(self, units: int) -> IntArray:
        """Shape (units, BINS + 1): bin k holds waits above k and up to k + 1 widths."""
        waited = self.wait > 0
        place = np.minimum((self.wait[waited] - 1) // BIN_TICKS, BINS)
        counts = np.bincount(self.unit[waited] * (BINS + 1) + place, minlength=units * (BINS + 1))
        return counts.reshape(units, BINS + 1).astype(np.int64)


def _step_units(plan: Plan, steps: StepArrays, target_wait: int) -> _Units:
    joined = steps.joined_queue
    wait = np.where(joined, steps.wait(), 0)
    started = steps.started != NONE
    line_end = np.minimum(steps.joined + wait, plan.day.closes)
    return _Units(
        unit=steps.touchpoint,
        outcome=steps.outcome,
        queued=steps.queue != NONE,
        joined=joined,
        wait=wait,
        within=joined & started & (wait <= target_wait),
        has_service=started,
        service=np.where(started, steps.ended - steps.started, 0),
        present=steps.ended - steps.joined,
        in_queue=np.where(joined, np.maximum(line_end - np.maximum(steps.joined, plan.day.opens), 0), 0),
        ends_case=np.zeros_like(joined),
        contacts=np.zeros_like(wait),
        case_days=np.zeros_like(wait),
    )


def _visit_units(by_step: _Units, arrivals: Arrivals, steps: StepArrays, target_wait: int) -> _Units:
    first = np.flatnonzero(steps.step == 1)
    if not first.size:
        return replace(by_step, unit=arrivals.segment)
    last = np.append(first[1:], steps.step.size) - 1
    wait = np.add.reduceat(by_step.wait, first)
    outcome = steps.outcome[last]
    queued = np.logical_or.reduceat(by_step.queued, first)
    ends_case = steps.follow_up[last] == NONE
    number = arrivals.luck_address.day.astype(np.int64)
    got_service = (outcome == Outcome.SERVED) | (outcome == Outcome.FAILED)
    return _Units(
        unit=arrivals.segment,
        outcome=outcome,
        queued=queued,
        joined=np.logical_or.reduceat(by_step.joined, first),
        wait=wait,
        within=queued & got_service & (wait <= target_wait),
        has_service=np.logical_or.reduceat(by_step.has_service, first),
        service=np.add.reduceat(by_step.service, first),
        present=steps.ended[last] - steps.joined[first],
        in_queue=np.add.reduceat(by_step.in_queue, first),
        ends_case=ends_case,
        contacts=np.where(ends_case, arrivals.contact, 0),
        case_days=np.where(ends_case, number - arrivals.case_day, 0),
    )


def _group_sums(plan: Plan, group: int, day: IntArray, steps: StepArrays, days: int) -> list[int]:
    """`GroupSum` of one staff group over a batch of days; ``day`` is each visit's."""
    roster, closes = plan.day.rosters[group], plan.day.closes
    ticks, counts = np.array(roster.ticks), np.array(roster.counts)
    rostered = days * int((counts * np.diff(ticks, append=closes)).sum())
    mine = steps.group == group
    started, released = steps.started[mine], steps.released[mine]
    after_closing = int(np.maximum(released - np.maximum(started, closes), 0).sum())
    while_open = int((released - started).sum()) - after_closing
    beyond = 0
    if (np.diff(counts) < 0).any():
        busy = np.stack([np.minimum(started, closes), np.minimum(released, closes)])
        beyond = _busy_beyond_roster(plan, group, day[steps.visit[mine]], busy, days)
    return [rostered, while_open - beyond, beyond + after_closing]


def _busy_beyond_roster(plan: Plan, group: int, day: IntArray, busy: IntArray, days: int) -> int:
    """Ticks that servers were busy beyond their group's roster before closing (a roster had fallen).

    Parameters
    ----------
    day : shape (services,), position in the batch.
    busy : shape (2, services), ticks from and until which a server was busy.
    """
    roster = plan.day.rosters[group]
    changes = np.append(np.diff(roster.counts, prepend=0), -roster.counts[-1])
    change_ticks = np.append(roster.ticks, plan.day.closes)
    ticks = np.concatenate([*busy, np.tile(change_ticks, days)])
    days_of = np.concatenate([day, day, np.repeat(np.arange(days), change_ticks.size)])
    one = np.ones_like(day)
    excess_change = np.concatenate([one, -one, -np.tile(changes, days)])
    by = np.lexsort((ticks, days_of))
    # At the end of each day both busy and roster are back at 0, so one running sum serves all days.
    excess = np.maximum(np.cumsum(excess_change[by])[:-1], 0)
    return int((excess * np.diff(ticks[by]) * (np.diff(days_of[by]) == 0)).sum())
