"""What one date of a map is like: hours, arrival rates and rosters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from journeysim.journey import Journey
from journeysim.units import FloatArray, IntArray, to_ticks


@dataclass(frozen=True)
class Counts:
    """How many servers from when on; of a roster, or of the capacity that breakdowns leave of it.

    Attributes
    ----------
    ticks, counts : of equal length, the count that holds from each tick on; the first tick is opening.
    """

    ticks: tuple[int, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class DayPlan:
    """Hours, rates and rosters of a date; equal for dates that are alike.

    Attributes
    ----------
    opens, closes : ticks after midnight.
    serves_out : whether who is inside at closing is served (else they are sent home).
    rate_ticks, rates : of equal length, arrivals an hour of everybody from each tick on, levers included.
    rosters : by staff group.
    """

    opens: int
    closes: int
    serves_out: bool
    rate_ticks: tuple[int, ...]
    rates: tuple[float, ...]
    rosters: tuple[Counts, ...]

    def rate_at(self, tick: IntArray) -> FloatArray:
        """Arrivals an hour of everybody at each tick; 0 before the first rate of the day."""
        rates = np.concatenate([[0.0], self.rates])
        return rates[np.searchsorted(np.array(self.rate_ticks), tick, side="right")]

    def cumulated_rate(self) -> tuple[IntArray, FloatArray]:
        """Ticks from opening to closing where the rate changes, and the arrivals expected until each."""
        inside = [tick for tick in self.rate_ticks if self.opens < tick < self.closes]
        ticks = np.array([self.opens, *inside, self.closes])
        come = self.rate_at(ticks[:-1]) * np.diff(ticks) / to_ticks(60)
        return ticks, np.concatenate([[0.0], np.cumsum(come)])


NO_DAY = DayPlan(0, 0, True, (), (), ())
"""Stands for the day of a plan that holds what is the same on all days."""


def plan_day(journey: Journey, day: date) -> DayPlan | None:
    """What a date is like; None where the branch is closed on it."""
    hours = journey.hours_on(day.weekday())
    factor = journey.arrivals.day_factor(day.weekday())
    if hours is None or (factor == 0 and journey.arrivals.recorded is None):
        return None
    opens, closes = to_ticks(hours.open_min), to_ticks(hours.close_min)
    rates = journey.arrivals.per_hour_steps()
    return DayPlan(
        opens=opens,
        closes=closes,
        serves_out=hours.at_close == "serve",
        rate_ticks=tuple(to_ticks(minute) for minute, _ in rates),
        rates=tuple(rate * journey.arrivals.scale * factor for _, rate in rates),
        rosters=tuple(
            _roster_within(group.roster_on(day), opens, closes) for group in journey.staff.values()
        ),
    )


def _roster_within(steps: list[tuple[int, int]], opens: int, closes: int) -> Counts:
    """The roster from opening on: what holds at opening, then each change before closing."""
    at_opening = 0
    ticks, counts = [opens], []
    for minute, count in steps:
        tick = to_ticks(minute)
        if tick <= opens:
            at_opening = count
        elif tick < closes:
            ticks.append(tick)
            counts.append(count)
    return Counts(tuple(ticks), (at_opening, *counts))
