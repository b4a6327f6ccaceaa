"""What the Erlang formulas say of a roster: the start of a search, and what it is held against."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from journeysim.branch.calendar import OpenDay
from journeysim.branch.formulas import ImpatientWaiting, erlang_a, erlang_c
from journeysim.experiment.staffing.search import Roster
from journeysim.experiment.staffing.target import Target
from journeysim.journey import Journey
from journeysim.journey.flow import expected_case_visits
from journeysim.journey.loads import work_by_source
from journeysim.journey.sources import BusiestDay, Source, sources, value_at
from journeysim.journey.values import show_time
from journeysim.units import FloatArray

USUAL_SHARE = 0.8
"""Share of customers to be served within the target wait where the formulas do not know the target's metric:
the rule of thumb of call centres (Gans, Koole & Mandelbaum, 2003)."""


@dataclass(frozen=True)
class Slots:
    """The parts of a day that have a number of servers each.

    Attributes
    ----------
    edges : minutes of the day at which they begin, and the end of the last.
    hours : mean opening hours of each over the open days, > 0.
    """

    edges: tuple[int, ...]
    hours: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Such as ``09:00-10:00``."""
        return tuple(f"{show_time(begin)}-{show_time(end)}" for begin, end in pairwise(self.edges))

    def count(self, roster: Roster) -> dict[str, int]:
        """A roster as a map has it: the count from each time on."""
        found: dict[str, int] = {}
        last = None
        for begin, count in zip(self.edges[:-1], roster, strict=True):
            if count != last:
                found[show_time(begin)] = count
            last = count
        return found


@dataclass(frozen=True)
class SlotLoad:
    """What comes to a group's queues in a slot.

    Attributes
    ----------
    arrivals_per_hour : customers who join them, >= 0.
    service_mean_min : for how long one occupies a server; 0 where nobody comes.
    helpers : servers of other groups who work for these queues and no others.
    """

    arrivals_per_hour: float
    service_mean_min: float
    helpers: float


def slots_of(journey: Journey, days: tuple[OpenDay, ...], slot_min: int) -> Slots:
    """Cut the opening hours into slots.

    Parameters
    ----------
    journey : the map.
    days : its open days, at least one.
    slot_min : minutes of a slot, > 0; the last may be shorter.
    """
    hours = [found for day in days if (found := journey.hours_on(day.date.weekday())) is not None]
    first, last = min(one.open_min for one in hours), max(one.close_min for one in hours)
    edges = (*range(first, last, slot_min), last)
    open_hours = tuple(
        math.fsum(max(0, min(end, one.close_min) - max(begin, one.open_min)) for one in hours)
        / 60
        / len(hours)
        for begin, end in pairwise(edges)
    )
    return Slots(edges, open_hours)


def roster_today(journey: Journey, group: str, days: tuple[OpenDay, ...], slots: Slots) -> tuple[float, ...]:
    """Servers of a group in each slot as the map has them: the mean over its opening time; 0 without any."""
    minutes, opened = np.zeros(len(slots.hours)), np.zeros(len(slots.hours))
    for day in days:
        hours = journey.hours_on(day.date.weekday())
        if hours is None:
            continue
        steps = [*journey.staff[group].roster_on(day.date), (hours.close_min, 0)]
        for at, slot in enumerate(pairwise(slots.edges)):
            begin, end = max(slot[0], hours.open_min), min(slot[1], hours.close_min)
            opened[at] += max(0, end - begin)
            for (since, count), (until, _) in pairwise(steps):
                minutes[at] += count * max(0, min(until, end) - max(since, begin))
    means = np.divide(minutes, opened, out=np.zeros_like(minutes), where=opened > 0)
    return tuple(means.tolist())


def slot_loads(journey: Journey, group: str, days: tuple[OpenDay, ...], slots: Slots) -> tuple[SlotLoad, ...]:
    """What comes to a group's queues in each slot, on average over the open days.

    Assumption: a case's steps all happen when it begins, and nobody balks or gives up on the way; people who
    wait at opening come in the first slot.
    """
    own = set(journey.staff[group].serves)
    points = [
        number
        for number, point in enumerate(journey.touchpoints.values())
        if own & set(journey.lines_of(point))
    ]
    names = list(journey.touchpoints)
    count = len(slots.edges) - 1
    visits, work = np.zeros(count), np.zeros(count)
    for weekday, share in _weekdays(days).items():
        hours = journey.hours_on(weekday)
        if hours is None:
            continue
        for source in sources(journey, BusiestDay(weekday, hours, journey.arrivals.day_factor(weekday))):
            minutes = work_by_source(journey, source)
            steps = expected_case_visits(journey, source.start) @ source.mix.ravel()
            come = share * _coming(source, slots, hours.open_min, hours.close_min)
            visits += come * float(steps[points].sum())
            work += come * math.fsum(minutes[names[number]] for number in points)
    helpers = np.zeros(count)
    for name, other in journey.staff.items():
        if name != group and set(other.serves) <= own:
            helpers += np.array(roster_today(journey, name, days, slots))
    return tuple(
        SlotLoad(
            float(visits[at]) / slots.hours[at] if slots.hours[at] > 0 else 0.0,
            float(work[at] / visits[at]) if visits[at] > 0 else 0.0,
            float(helpers[at]),
        )
        for at in range(count)
    )


def formula_roster(
    loads: tuple[SlotLoad, ...],
    target: Target,
    target_wait_min: float,
    patience_mean_min: float,
    bounds: tuple[int, int],
) -> Roster:
    """Fewest servers in each slot with which the formulas' steady state meets the target.

    Parameters
    ----------
    loads : of each slot.
    target : what must be met; see `formula_knows`.
    target_wait_min : minutes within which a wait is within target.
    patience_mean_min : mean patience of who waits; infinity: nobody gives up.
    bounds : fewest and most servers in a slot.

    Returns
    -------
    Where no number of servers meets the target, as many as serve `USUAL_SHARE` within the target wait.

    References
    ----------
    Green, Kolesar & Soares (2001), Improving the SIPP approach for staffing service systems: each slot as if
    it went on for ever (stationary, independent, period by period).
    """
    least, most = bounds
    roster = []
    for load in loads:
        count = least
        helping = math.floor(load.helpers)
        if load.arrivals_per_hour > 0 and load.service_mean_min > 0:
            one = _Steady(
                load.arrivals_per_hour, load.service_mean_min, 1, target_wait_min, patience_mean_min
            )
            able = range(max(least, 1 - helping), most + 1)
            steadies = [(servers, replace(one, servers=servers + helping)) for servers in able]
            count = next(
                (servers for servers, steady in steadies if _meets(steady, target)),
                next((servers for servers, steady in steadies if _within(steady) >= USUAL_SHARE), most),
            )
        roster.append(count)
    return tuple(roster)


def formula_knows(target: Target) -> bool:
    """Whether a formula gives the target's metric; else the formula is held to `USUAL_SHARE`."""
    return target.metric in _KNOWN


def patience_of(journey: Journey, group: str) -> float:
    """Mean patience in the queues of a group, by segment shares; infinity where somebody never gives up."""
    shares = [segment.share or 0.0 for segment in journey.segments.values()]
    total = math.fsum(shares) or 1.0
    found = []
    for name in journey.staff[group].serves:
        queue = journey.queues[name]
        if queue.never_reneges:
            return math.inf
        for segment, share in zip(journey.segments.values(), shares, strict=True):
            patience = queue.patience or segment.patience
            if patience is None:
                return math.inf
            found.append(share / total * patience.mean_min())
    return math.fsum(found) / len(journey.staff[group].serves)


@dataclass(frozen=True)
class _Steady:
    """One slot with a number of servers, as if it went on for ever."""

    arrivals_per_hour: float
    service_mean_min: float
    servers: int
    target_wait_min: float
    patience_mean_min: float

    @property
    def overloaded(self) -> bool:
        return self.arrivals_per_hour * self.service_mean_min / 60 >= self.servers

    @property
    def grows(self) -> bool:
        """Whether the line would grow for ever."""
        return self.overloaded and math.isinf(self.patience_mean_min)

    def waiting(self) -> ImpatientWaiting:
        return erlang_a(self.arrivals_per_hour, self.service_mean_min, self.servers, self.patience_mean_min)


def _within(steady: _Steady) -> float:
    """Share served within the target wait, as if nobody gave up: only then is the distribution known."""
    if steady.overloaded:
        return 0.0
    waiting = erlang_c(steady.arrivals_per_hour, steady.service_mean_min, steady.servers)
    return waiting.within_fraction(steady.target_wait_min)


def _wait(steady: _Steady) -> float:
    return math.inf if steady.grows else steady.waiting().wait_mean_min


def _waited(steady: _Steady) -> float:
    return 1.0 if steady.grows else steady.waiting().waited_fraction


def _reneged(steady: _Steady) -> float:
    if math.isinf(steady.patience_mean_min):
        return 0.0
    return steady.waiting().reneged_fraction


_KNOWN: dict[str, Callable[[_Steady], float]] = {
    "wait_within_target_fraction": _within,
    "wait_mean_min": _wait,
    "waited_fraction": _waited,
    "reneged_fraction": _reneged,
}


def _meets(steady: _Steady, target: Target) -> bool:
    value = _KNOWN.get(target.metric)
    if value is None:
        return _within(steady) >= USUAL_SHARE
    return target.gap(value(steady)) >= 0


def _weekdays(days: tuple[OpenDay, ...]) -> dict[int, float]:
    """Share of the open days that fall on each weekday."""
    found: dict[int, float] = {}
    for day in days:
        weekday = day.date.weekday()
        found[weekday] = found.get(weekday, 0.0) + 1 / len(days)
    return dict(sorted(found.items()))


def _coming(source: Source, slots: Slots, open_min: int, close_min: int) -> FloatArray:
    """Customers of a source in each slot of a day."""
    found = []
    for slot in pairwise(slots.edges):
        begin, end = max(slot[0], open_min), min(slot[1], close_min)
        if begin >= end:
            found.append(0.0)
            continue
        marks = sorted({begin, end, *(minute for minute, _ in source.per_hour if begin < minute < end)})
        waiting = source.at_opening if begin == open_min else 0
        found.append(
            waiting + math.fsum(value_at(source.per_hour, a) * (b - a) / 60 for a, b in pairwise(marks))
        )
    return np.array(found)
