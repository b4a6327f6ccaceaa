"""Formulas for one station on one kind of day."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache

import numpy as np

from journeysim.branch.analytic import reasons
from journeysim.branch.analytic.days import PART_MIN, DayKind
from journeysim.branch.analytic.lines import StationLines, as_one_line, with_one_service
from journeysim.branch.analytic.network import Network
from journeysim.branch.formulas import (
    Line,
    LinePeriod,
    LinesDay,
    Phases,
    SingleServerDay,
    TooMuchWork,
    fitted_phases,
    lines_day,
    single_server_day,
)
from journeysim.journey import Journey
from journeysim.units import FloatArray, IntArray

MOST_WORK = 3e8
"""Multiplications that one station may take, of all kinds of days together: a few tenths of a second."""

MOST_PATIENT = 0.2
"""Share of customers who never give up beside others who do, above which their order matters."""

NEGLIGIBLE = 1e-9
"""Expected customers below which a part of the day counts as empty."""

_PHASES = (100, 30, 8, 4, 2)


@dataclass(frozen=True)
class Counts:
    """Expected numbers of a touchpoint's steps over a day, and their minutes of waiting."""

    arrivals: float = 0.0
    joined: float = 0.0
    waited: float = 0.0
    balked: float = 0.0
    rejected: float = 0.0
    reneged: float = 0.0
    closed: float = 0.0
    wait_min: float = 0.0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def times(self, factor: float) -> Counts:
        """The same on so many days."""
        return Counts(*(getattr(self, f.name) * factor for f in fields(self)))


@dataclass(frozen=True)
class FormulaName:
    """What a formula is called.

    Parameters
    ----------
    service, patience : letters of Kendall's notation; patience empty where nobody gives up.
    fewest, most : servers on duty.
    more : words behind the letters.
    """

    service: str
    patience: str
    fewest: int
    most: int
    more: tuple[str, ...] = ()

    def __str__(self) -> str:
        servers = f"{self.most}" if self.fewest == self.most else f"{self.fewest}-{self.most}"
        return ", ".join([f"M/{self.service}/{servers}{self.patience and '+' + self.patience}", *self.more])

    def merged(self, other: FormulaName) -> FormulaName:
        """One name for two kinds of days."""
        fewest, most = min(self.fewest, other.fewest), max(self.most, other.most)
        return FormulaName(self.service, self.patience, fewest, most, self.more)


@dataclass(frozen=True, eq=False)
class StationDay:
    """What formulas say of a station's day.

    Parameters
    ----------
    counts : by touchpoint number.
    name : of the formula.
    reasons : what is only nearly so; none: the formula is exact.
    finished, balked, rejected, reneged : shape (members, parts), expected customers in the day's parts.
    attempt : how many more detailed ways took too long.
    """

    counts: dict[int, Counts]
    name: FormulaName
    reasons: tuple[str, ...]
    finished: FloatArray
    balked: FloatArray
    rejected: FloatArray
    reneged: FloatArray
    attempt: int = 0


class NoFormula(Exception):
    """Nothing can be calculated; says why."""


@dataclass(frozen=True)
class _Way:
    lines: StationLines
    phases: int
    reasons: tuple[str, ...]


def station_day(
    journey: Journey,
    network: Network,
    lines: StationLines,
    kind: DayKind,
    servers: IntArray,
    *,
    goes_on: bool,
    most_work: float,
    attempt: int = 0,
) -> StationDay:
    """Follow a station through a day in as much detail as the work allows.

    Parameters
    ----------
    lines : who waits for what.
    servers : shape (parts,), on duty.
    goes_on : whether it matters in which part of the day customers finish.
    most_work : multiplications allowed.
    attempt : ways to pass over, known to take too long.

    Raises
    ------
    NoFormula
        Services take no time, nobody would ever serve those who wait at the end, or even the least detail
        takes too long.
    """
    if any(service.spread.mean_min == 0.0 for service in lines.services):
        raise NoFormula(reasons.NO_TIME)
    patient = any(line.patience is None for line in lines.lines)
    if servers[-1] == 0 and patient and not kind.sends_home:
        raise NoFormula(reasons.NOBODY_ON_DUTY)
    parts = _Parts.of(lines, kind, servers, goes_on=goes_on)
    for number, way in enumerate(_ways(journey, network, lines)):
        if number < attempt:
            continue
        phases = tuple(
            fitted_phases(service.spread.mean_min, service.spread.cv, way.phases)
            for service in way.lines.services
        )
        periods = parts.periods(way.lines.arrivals, servers)
        day = _followed(periods, way.lines.lines, phases, kind.sends_home, most_work)
        if day is not None:
            return replace(_told(way, phases, day, parts, kind, servers), attempt=number)
    raise NoFormula(reasons.TOO_DETAILED)


@lru_cache(maxsize=512)
def _followed(
    periods: tuple[LinePeriod, ...],
    lines: tuple[Line, ...],
    phases: tuple[Phases, ...],
    sends_home: bool,
    most_work: float,
) -> LinesDay | None:
    """Options that leave a station as it is share its day; None: it takes too long."""
    drain_hours = PART_MIN / 60.0
    try:
        return lines_day(
            periods, lines, phases, sends_home=sends_home, drain_hours=drain_hours, most_work=most_work
        )
    except TooMuchWork:
        return None


def _ways(journey: Journey, network: Network, lines: StationLines) -> Iterator[_Way]:
    """Ways to follow a station, the most detailed first."""
    needed = max(_phases_needed(service.spread.cv) for service in lines.services)
    limits = [limit for limit in _PHASES if limit == _PHASES[0] or limit < needed]
    yield from (_Way(lines, limit, ()) for limit in limits[:2])
    if len(lines.services) > 1:
        pooled = with_one_service(lines, journey, network)
        yield from (_Way(pooled, limit, (reasons.ONE_SERVICE,)) for limit in limits)
    elif len(limits) > 2:
        yield from (_Way(lines, limit, ()) for limit in limits[2:])
    if len(lines.lines) > 1 and _order_matters_little(lines):
        single = as_one_line(lines, journey, network)
        yield from (_Way(single, limit, (reasons.ONE_LINE,)) for limit in limits)


def _order_matters_little(lines: StationLines) -> bool:
    """Whether all lines together wait much like one line in order of arrival.

    They do not where some give up and others, served before or after them, never do.
    """
    expected = lines.arrivals.sum(axis=1)
    patient = sum(count for count, line in zip(expected, lines.lines, strict=True) if line.patience is None)
    one_touchpoint = len({member.touchpoint for member in lines.members}) == 1
    return one_touchpoint and not MOST_PATIENT < patient / expected.sum() < 1.0


def _phases_needed(cv: float) -> int:
    return 2 if cv**2 >= 0.5 else math.ceil(1.0 / max(cv**2, 1.0 / _PHASES[0]))


@dataclass(frozen=True, eq=False)
class _Parts:
    """Parts of the day, some of them taken together.

    Parameters
    ----------
    first : shape (periods,), first part of each period.
    used : number of parts up to the end of the last period.
    hours : shape (parts,).
    """

    first: IntArray
    used: int
    hours: FloatArray

    @classmethod
    def of(cls, lines: StationLines, kind: DayKind, servers: IntArray, *, goes_on: bool) -> _Parts:
        hours = np.diff(kind.edges) / 60.0
        used = kind.open_parts
        if not kind.sends_home:
            some = np.flatnonzero(lines.coming.sum(axis=0) > NEGLIGIBLE)
            used = max(used, int(some[-1]) + 1)
        first = np.arange(used)
        if not goes_on:
            per_hour = lines.arrivals[:, :used] / hours[:used]
            same = np.isclose(per_hour[:, 1:], per_hour[:, :-1], rtol=1e-9, atol=0.0).all(axis=0)
            same &= servers[1:used] == servers[: used - 1]
            first = np.flatnonzero(np.concatenate(([True], ~same)))
        return cls(first, used, hours)

    def summed(self, by_part: FloatArray) -> FloatArray:
        """Sums over the parts of each period; the last axis."""
        return np.asarray(np.add.reduceat(by_part[..., : self.used], self.first, axis=-1))

    def periods(self, arrivals: FloatArray, servers: IntArray) -> tuple[LinePeriod, ...]:
        """What the formulas follow."""
        hours = self.summed(self.hours)
        per_hour = self.summed(np.where(arrivals > NEGLIGIBLE, arrivals, 0.0)) / hours
        return tuple(
            LinePeriod(float(hours[at]), tuple(per_hour[:, at].tolist()), int(servers[part]))
            for at, part in enumerate(self.first.tolist())
        )

    def spread(self, by_period: FloatArray) -> FloatArray:
        """Numbers by period, shape (..., periods and drains), over the parts: evenly within a period."""
        lengths = np.diff(np.append(self.first, self.used))
        inside, drained = by_period[..., : self.first.size], by_period[..., self.first.size :]
        share = self.hours[: self.used] / np.repeat(self.summed(self.hours), lengths)
        found = np.zeros((*by_period.shape[:-1], self.hours.size))
        found[..., : self.used] = np.repeat(inside, lengths, axis=-1) * share
        for at in range(drained.shape[-1]):
            found[..., min(self.used + at, self.hours.size - 1)] += drained[..., at]
        return found


def _told(
    way: _Way, phases: tuple[Phases, ...], day: LinesDay, parts: _Parts, kind: DayKind, servers: IntArray
) -> StationDay:
    """Results by touchpoint and member."""
    lines = way.lines
    nearly, scale = [*way.reasons, *lines.reasons], 1.0
    for service, fitted in zip(lines.services, phases, strict=True):
        cv, fitted_cv = service.spread.cv, fitted.cv
        limited = fitted_cv > cv + 1e-6
        if limited:
            nearly.append(reasons.FEW_PHASES.format(cv=cv, fitted=fitted_cv))
        elif service.letter[0] not in "ME":
            nearly.append(reasons.SERVICE.format(cv=cv))
        if limited and not any(line.patience for line in lines.lines):
            nearly.append(reasons.SCALED)
            scale = (1.0 + cv**2) / (1.0 + fitted_cv**2)
    periods = parts.first.size
    arrivals = day.arrivals[:, :periods]
    some = np.where(arrivals > 0.0, arrivals, 1.0)
    joined = day.joined[:, :periods] / some
    of_joined = np.where(day.joined.sum(axis=1) > 0.0, day.joined.sum(axis=1), 1.0)
    counts: dict[int, Counts] = {}
    by_part = {name: np.zeros_like(lines.coming) for name in ("finished", "balked", "rejected", "reneged")}
    for at, member in enumerate(lines.members):
        line, coming = member.line, lines.coming[at]
        come = parts.summed(coming)
        share = float(come @ joined[line]) / float(of_joined[line])
        late = float(coming[parts.used :].sum()) if kind.sends_home else 0.0
        found = Counts(
            arrivals=float(come.sum()) + late,
            joined=float(come @ joined[line]),
            waited=float(come @ (day.waited[line, :periods] / some[line])),
            balked=float(come @ (day.balked[line, :periods] / some[line])),
            rejected=float(come @ (day.rejected[line, :periods] / some[line])),
            reneged=share * float(day.reneged[line].sum()),
            closed=share * float(day.closed[line]) + late,
            wait_min=share * float(day.wait_min[line].sum()) * scale,
        )
        counts[member.touchpoint] = counts.get(member.touchpoint, Counts()) + found
        by_part["finished"][at] = parts.spread(share * day.finished[line])
        by_part["reneged"][at] = parts.spread(share * day.reneged[line])
        for name in ("balked", "rejected"):
            rate = getattr(day, name)[line, :periods] / some[line]
            by_part[name][at] = parts.spread(come * rate)
    return StationDay(
        counts=counts,
        name=_name(lines, kind, servers),
        reasons=tuple(dict.fromkeys(nearly)),
        finished=by_part["finished"],
        balked=by_part["balked"],
        rejected=by_part["rejected"],
        reneged=by_part["reneged"],
    )


def _name(lines: StationLines, kind: DayKind, servers: IntArray) -> FormulaName:
    letters = {service.letter for service in lines.services}
    patience = {None if p is None else p.is_exponential for p in (line.patience for line in lines.lines)}
    more = []
    if len(lines.lines) > 1:
        more.append(f"{len(lines.lines)} lines by priority")
    rooms = {line.capacity for line in lines.lines} - {None}
    if rooms:
        more.append(f"room for {min(room for room in rooms if room is not None)}")
    if any(line.balk_length is not None for line in lines.lines):
        more.append("balking")
    on_duty = servers[: kind.open_parts]
    return FormulaName(
        service=letters.pop() if len(letters) == 1 else "G",
        patience="" if patience == {None} else "G" if False in patience else "M",
        fewest=int(on_duty.min()),
        most=int(on_duty.max()),
        more=tuple(more),
    )


def exact_single_server(lines: StationLines, kind: DayKind, servers: IntArray) -> SingleServerDay | None:
    """The day of one server with any gamma or constant service, where nothing changes; None elsewhere."""
    service, coming = lines.services[0].alike, lines.arrivals
    if len(lines.lines) > 1 or lines.lines[0] != Line(queue=lines.lines[0].queue) or kind.sends_home:
        return None
    if service is None or (service.gamma is None and service.constant is None) or (servers != 1).any():
        return None
    per_hour = coming[0] / np.diff(kind.edges) * 60.0
    if (per_hour[kind.open_parts :] > 0.0).any() or np.ptp(per_hour[: kind.open_parts]) > 1e-9 * per_hour[0]:
        return None
    hours = (kind.closes - kind.opens) / 60.0
    spread = lines.services[0].spread
    return _single_server_day(hours, float(per_hour[0]), spread.mean_min, spread.cv)


@lru_cache(maxsize=256)
def _single_server_day(hours: float, per_hour: float, mean_min: float, cv: float) -> SingleServerDay:
    return single_server_day(hours, per_hour, mean_min, cv)


def servers_of(groups: Sequence[int], kind: DayKind) -> IntArray:
    """Staff on duty in each part, of some groups together."""
    return np.asarray(kind.rosters[list(groups)].sum(axis=0), dtype=np.int64)
