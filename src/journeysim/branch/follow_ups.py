"""Contacts that come later: visits by which an earlier visit's case goes on."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from journeysim.branch.arrivals import Arrivals
from journeysim.branch.calendar import OpenDay
from journeysim.branch.draws import quantile_min
from journeysim.branch.luck import Luck
from journeysim.branch.plan import Plan
from journeysim.branch.steps import NONE, StepArrays
from journeysim.journey import Distribution, RecordedArrivals
from journeysim.units import MINUTES_PER_DAY, FloatArray, IntArray, array_to_ticks

# Above every other address of a day.
_FOLLOW_UP_PLACE = 1 << 41


class PendingContacts:
    """Contacts that are still to come, by the open day on which they will."""

    def __init__(self, days: Sequence[OpenDay]) -> None:
        self._days = list(days)
        self._numbers = [day.number for day in days]
        self._pending: dict[int, list[tuple[Plan, Arrivals]]] = {}

    def add(self, plan: Plan, arrivals: Arrivals, steps: StepArrays, luck: Luck) -> None:
        """Note the contacts that the visits of a day lead to; those after the last day are left open.

        The delay is rounded up to whole days, at least one, and moved to the next open day.
        """
        if not plan.follow_ups:
            return
        leads_on = np.flatnonzero(steps.follow_up != NONE)
        visit, follow_up = steps.visit[leads_on], steps.follow_up[leads_on]
        origin = arrivals[visit]
        due = origin.luck_address.day + self._delay_days(plan, origin, follow_up, luck)
        low, high = luck.words("follow-up", origin.luck_address)
        for number in np.unique(due).tolist():
            position = bisect_left(self._numbers, number)
            if position == len(self._days):
                continue
            day_number = self._numbers[position]
            mine = due == number
            who = replace(
                origin.luck_address[mine],
                low=low[mine],
                high=high[mine],
                day=np.full(int(mine.sum()), day_number, dtype=np.uint32),
            )
            order = _FOLLOW_UP_PLACE | (high[mine].astype(np.int64) % 512 << 32) | low[mine]
            touchpoints = np.array([f.touchpoint for f in plan.follow_ups])
            contacts = replace(
                origin[mine],
                day=np.zeros(who.low.size, dtype=np.int64),
                start=touchpoints[follow_up[mine]],
                order=order,
                luck_address=who,
                line=np.full(who.low.size, NONE, dtype=np.int64),
                contact=origin.contact[mine] + 1,
            )
            self._pending.setdefault(day_number, []).append((plan, contacts))

    def any(self) -> bool:
        """Whether there are any."""
        return bool(self._pending)

    def coming(self, plan: Plan, day: OpenDay, luck: Luck, log: RecordedArrivals | None) -> list[Arrivals]:
        """Contacts of a day, each at a time drawn from the arrival profile of that day.

        Those for which the day's map has no place do not come: it need not be the map that led to them.
        """
        parts = [_on_map(part, origin, plan) for origin, part in self._pending.pop(day.number, [])]
        return [
            replace(
                part, tick=arrival_ticks(plan, luck.uniforms("follow-up/time", part.luck_address), day, log)
            )
            for part in parts
        ]

    def forget(self, gone: IntArray) -> None:
        """Drop the contacts of people who are no more, so that nobody goes on with another's case.

        Parameters
        ----------
        gone : shape (gone,), who they are.
        """
        for day, parts in self._pending.items():
            self._pending[day] = [(origin, part[~np.isin(part.person, gone)]) for origin, part in parts]

    def carried_over(self, days: Sequence[OpenDay]) -> PendingContacts:
        """The same contacts for a branch that goes on with other open days: moved to the next of them."""
        other = PendingContacts(days)
        for number, parts in self._pending.items():
            position = bisect_left(other._numbers, number)
            if position == len(other._days):
                continue
            moved = other._numbers[position]
            for origin, part in parts:
                day = np.full(part.tick.size, moved, dtype=np.uint32)
                kept = replace(part, luck_address=replace(part.luck_address, day=day))
                other._pending.setdefault(moved, []).append((origin, kept))
        return other

    @staticmethod
    def _delay_days(plan: Plan, origin: Arrivals, follow_up: IntArray, luck: Luck) -> IntArray:
        klass = origin.segment * len(plan.needs) + origin.need
        days = np.ones(follow_up.size, dtype=np.int64)
        for number, rule in enumerate(plan.follow_ups):
            stream = f"follow-up/delay\0{rule.origin}\0{rule.rule}"
            for k in range(len(rule.delay)):
                mine = np.flatnonzero((follow_up == number) & (klass == k))
                if mine.size:
                    minutes = _minutes(rule.delay[k], stream, origin[mine], luck)
                    days[mine] = np.maximum(np.ceil(minutes / MINUTES_PER_DAY), 1).astype(np.int64)
        return days


def _on_map(contacts: Arrivals, origin: Plan, plan: Plan) -> Arrivals:
    """Contacts to which the map of ``origin`` led, with the numbers that their places have on another map."""
    if (origin.touchpoints, origin.needs) == (plan.touchpoints, plan.needs):
        return contacts
    begins = {plan.touchpoints[follow_up.touchpoint] for follow_up in plan.follow_ups}
    touchpoint = np.array([_place(name, plan.touchpoints, begins) for name in origin.touchpoints])
    need = np.array([_place(name, plan.needs, plan.needs) for name in origin.needs])
    moved = replace(contacts, start=touchpoint[contacts.start], need=need[contacts.need])
    return moved[(moved.start != NONE) & (moved.need != NONE)]


def _place(name: str, names: Sequence[str], known: Collection[str]) -> int:
    return names.index(name) if name in known else NONE


def arrival_ticks(plan: Plan, u: FloatArray, day: OpenDay, log: RecordedArrivals | None) -> IntArray:
    """Times of day that fall as the day's arrivals do: the quantiles ``u`` of its rates, or of its log.

    Where the map has neither, any time between opening and closing is as likely.
    """
    if log is not None:
        recorded = np.sort(array_to_ticks(log.minute[log.day == day.log_day]))
        inside = recorded[(recorded >= plan.day.opens) & (recorded < plan.day.closes)]
        if inside.size:
            drawn: IntArray = inside[np.minimum((u * inside.size).astype(np.int64), inside.size - 1)]
            return drawn
    ticks, come = plan.day.cumulated_rate()
    if come[-1] == 0:
        come = (ticks - ticks[0]).astype(np.float64)
    at: IntArray = np.rint(np.interp(u * come[-1], come, ticks)).astype(np.int64)
    return np.minimum(at, plan.day.closes - 1)


def _minutes(delay: float | Distribution, stream: str, origin: Arrivals, luck: Luck) -> FloatArray:
    if isinstance(delay, Distribution):
        return quantile_min(delay, stream, origin.luck_address, luck)
    return np.full(origin.tick.size, delay)
