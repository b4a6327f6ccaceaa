"""Queueing theory of a day that opens empty: lines by priority, service by phases, any patience, any roster.

One staff, one or several lines. What `transient` and `transient_network` do for exponential services is done
here for services of phases, with everything that a branch's line may have: capacity, balking, being sent home
at closing. Means over all customers of the day, not of those who come in one hour of it.

Errors: each function raises ``ValueError`` naming the argument, what is required and what was found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from scipy import sparse

from journeysim.branch.formulas.arguments import require_above, require_at_least, require_whole
from journeysim.branch.formulas.line_chain import Line, LineChain, states_needed
from journeysim.branch.formulas.markov import evolve, terms_needed
from journeysim.branch.formulas.phases import Phases
from journeysim.branch.formulas.stationary import MINUTES_PER_HOUR
from journeysim.units import BoolArray, FloatArray, IntArray

LOST_FRACTION = 1e-8
"""Share of a line's arrivals that may fall off its end before it is made longer."""

LEFT_PROBABILITY = 1e-7
"""Probability that somebody is still inside at which the day is taken to be over."""

_DEVIATIONS = 6.0
_SETTLED = 1e-10
_FIRST_PLACES = 32
_MOST_DRAINS = 2_000
_OVERHEAD = 10.0
"""What the additions of a step cost beside its multiplications, by state."""


class TooMuchWork(ValueError):
    """A day that would take longer to follow than the caller allows."""


@dataclass(frozen=True)
class LinePeriod:
    """A part of the day in which arrivals and servers stay the same.

    Parameters
    ----------
    hours : its length, > 0.
    arrivals_per_hour : by line, >= 0.
    servers : on duty, >= 0.
    """

    hours: float
    arrivals_per_hour: tuple[float, ...]
    servers: int


@dataclass(frozen=True, eq=False)
class LinesDay:
    """Expected numbers of a day, by line and period: of shape (lines, periods) where no other is named.

    Beyond the periods asked for there are as many of the length ``drain_hours`` as it takes until nobody is
    inside.

    Parameters
    ----------
    arrivals, rejected, balked, reneged : customers.
    waited : joined and did not start at once.
    closed : shape (lines,), customers sent home at closing.
    wait_min : minutes spent waiting during the period.
    finished : services that end in the period, of the line's customers.
    """

    arrivals: FloatArray
    rejected: FloatArray
    balked: FloatArray
    reneged: FloatArray
    waited: FloatArray
    closed: FloatArray
    wait_min: FloatArray
    finished: FloatArray

    @property
    def joined(self) -> FloatArray:
        """Customers who started at once or began to wait."""
        return self.arrivals - self.rejected - self.balked


def lines_day(
    periods: Sequence[LinePeriod],
    lines: Sequence[Line],
    services: Sequence[Phases],
    *,
    sends_home: bool = False,
    drain_hours: float = 1.0,
    most_work: float = float("inf"),
) -> LinesDay:
    """Follow lines in front of one staff through a day that opens empty.

    A freed server takes from the first line that has anyone. When the roster falls, services in hand finish
    first; the last period's servers stay until nobody is inside.

    Accuracy: uniformisation in the states (in service by phase, waiting by line); good to about 1e-6. With
    one line and a handful of servers it takes milliseconds; each further line or phase multiplies the work.
    A line's mean wait is its ``wait_min`` over its ``joined``, both summed over the day (Little's law, exact
    for a day that begins and ends empty).

    Parameters
    ----------
    periods : from opening on, at least one; arrivals may go on after closing (who comes from elsewhere).
    lines : first served first, at least one.
    services : what a line's ``service`` counts.
    sends_home : whether who waits after the last period leaves (else all are served).
    drain_hours : length of the periods after the last, > 0.
    most_work : multiplications that the day may take.

    Raises
    ------
    TooMuchWork
        if it would take more.

    References
    ----------
    Kolmogorov's equations; Grassmann (1977) for their solution; Neuts (1981) for phases. Assumption: Poisson
    arrivals; patience that is not exponential as in `Patience`.
    """
    _check(periods, lines, services, sends_home=sends_home)
    most = [math.inf if line.capacity is None else line.capacity for line in lines]
    first = max(8, _FIRST_PLACES >> (len(lines) - 1))
    places = [int(min(first, limit)) for limit in most]
    allowed = most_work
    while True:
        if _least_work(periods, services, places) > allowed:
            raise TooMuchWork(f"most_work: the day needs more than {most_work:g} multiplications")
        day = _Day(periods, lines, services, places, allowed)
        too_short = day.follow(drain_hours, sends_home=sends_home)
        allowed -= day.work
        if not too_short.any():
            return day.result()
        places = [
            int(min(2 * count, limit)) if short else count
            for count, short, limit in zip(places, too_short, most, strict=True)
        ]


def _least_work(periods: Sequence[LinePeriod], services: Sequence[Phases], places: Sequence[int]) -> float:
    """Multiplications that a day takes without giving up and without what follows its last period."""
    cells = sum(len(service.per_min) for service in services)
    fastest = max(rate for service in services for rate in service.per_min)
    work, busy = 0.0, 0
    for period in periods:
        busy = max(busy, period.servers)
        states = states_needed(period.servers, busy, cells, places)
        per_min = busy * fastest + sum(period.arrivals_per_hour) / MINUTES_PER_HOUR
        expected = per_min * period.hours * MINUTES_PER_HOUR
        terms = expected + _DEVIATIONS * (math.sqrt(expected) + 4.0)
        work += terms * states * (_OVERHEAD + 1.0 + min(cells, busy) + len(places))
    return work


class _Day:
    """One attempt to follow a day with so many places in each line."""

    def __init__(
        self,
        periods: Sequence[LinePeriod],
        lines: Sequence[Line],
        services: Sequence[Phases],
        places: Sequence[int],
        allowed: float,
    ) -> None:
        self._periods, self._lines, self._services, self._places = periods, lines, services, places
        self._allowed, self.work = allowed, 0.0
        self._chains: dict[tuple[int, int], LineChain] = {}
        self._generators: dict[tuple[int, int, tuple[float, ...], tuple[float, ...]], sparse.csr_array] = {}
        self._rows: list[FloatArray] = []
        self._finished: list[FloatArray] = []
        self._closed = np.zeros(len(lines))
        rates = np.array([period.arrivals_per_hour for period in periods]).T / MINUTES_PER_HOUR
        hours = np.array([period.hours for period in periods])
        self._rates, self._day_arrivals = rates, rates @ hours * MINUTES_PER_HOUR

    def follow(self, drain_hours: float, *, sends_home: bool) -> BoolArray:
        """Follow the day to its end, or until a line proves too short; whether each line did."""
        busy = list(accumulate((period.servers for period in self._periods), max))
        seen = np.array([row[np.flatnonzero(row)[0]] for row in self._rates])
        chain = self._chain(self._periods[0].servers, busy[0])
        chance: FloatArray = np.eye(1, chain.states, chain.empty)[0]
        lost = np.zeros(len(self._lines))
        for number, period in enumerate(self._periods):
            following = self._chain(period.servers, busy[number])
            if following is not chain:
                chance = _gathered(chance, chain.successor(following), following.states)
            chain, now = following, self._rates[:, number]
            seen = np.where(now > 0.0, now, seen)
            chance = self._step(chain, chance, now, seen, period.hours, lost)
            too_short: BoolArray = lost > LOST_FRACTION * self._day_arrivals
            if too_short.any():
                return too_short
        nobody = np.zeros(len(self._lines))
        if sends_home:
            self._closed = chain.waiting @ chance
            chance = _gathered(chance, chain.with_nobody_waiting(), chain.states)
        for _ in range(_MOST_DRAINS):
            if 1.0 - chance[chain.empty] <= LEFT_PROBABILITY:
                break
            chance = self._step(chain, chance, nobody, seen, drain_hours, lost)
        return nobody > 0.0

    def _step(
        self,
        chain: LineChain,
        chance: FloatArray,
        now: FloatArray,
        seen: FloatArray,
        hours: float,
        lost: FloatArray,
    ) -> FloatArray:
        """Follow one period: note what happened, add to ``lost`` who fell off; the state at its end."""
        minutes = hours * MINUTES_PER_HOUR
        giving_up = chain.giving_up(seen.tolist())
        key = (chain.servers, chain.most_busy, tuple(now.tolist()), tuple(seen.tolist()))
        if key not in self._generators:
            self._generators[key] = chain.forwards(now.tolist(), giving_up)
        matrix = self._generators[key]
        self._spend(terms_needed(matrix, minutes, _DEVIATIONS) * (matrix.nnz + _OVERHEAD * chain.states))
        evolution = evolve(matrix, chance, minutes, _DEVIATIONS, _SETTLED)
        spent = evolution.integral
        waiting = chain.all_busy * spent
        self._rows.append(
            np.array(
                [
                    now * minutes,
                    now * (chain.rejects @ spent),
                    now * (chain.balks @ spent),
                    (giving_up * spent).sum(axis=1),
                    now * (chain.joins @ waiting),
                    chain.waiting @ spent,
                ]
            )
        )
        self._finished.append(chain.finishing() @ spent)
        lost += now * ((chain.at_end * chain.joins) @ spent)
        return evolution.end

    def result(self) -> LinesDay:
        arrivals, rejected, balked, reneged, waited, wait_min = np.stack(self._rows, axis=-1)
        served = (arrivals - rejected - balked - reneged).sum(axis=1) - self._closed
        finished = np.stack(self._finished, axis=-1)
        of_service = np.array([line.service for line in self._lines])
        by_service = np.bincount(of_service, weights=served, minlength=len(self._services))
        share = served / np.where(by_service > 0.0, by_service, 1.0)[of_service]
        return LinesDay(
            arrivals=arrivals,
            rejected=rejected,
            balked=balked,
            reneged=reneged,
            waited=waited,
            closed=self._closed,
            wait_min=wait_min,
            finished=share[:, np.newaxis] * finished[of_service],
        )

    def _chain(self, servers: int, most_busy: int) -> LineChain:
        key = (servers, most_busy)
        if key not in self._chains:
            cells = sum(len(service.per_min) for service in self._services)
            self._spend(200.0 * states_needed(servers, most_busy, cells, self._places))
            self._chains[key] = LineChain(servers, most_busy, self._services, self._lines, self._places)
        return self._chains[key]

    def _spend(self, work: float) -> None:
        self.work += work
        if self.work > self._allowed:
            raise TooMuchWork(f"most_work: the day needs more than {self._allowed:g} multiplications")


def _gathered(chance: FloatArray, target: IntArray, states: int) -> FloatArray:
    """Probabilities once every state has become its target."""
    return np.asarray(np.bincount(target, weights=chance, minlength=states), dtype=np.float64)


def _check(
    periods: Sequence[LinePeriod], lines: Sequence[Line], services: Sequence[Phases], *, sends_home: bool
) -> None:
    """Refuse a day that cannot be, or that would never end."""
    for name, given in (("periods", periods), ("lines", lines), ("services", services)):
        if not given:
            raise ValueError(f"{name}: must be at least one, found none")
    for number, period in enumerate(periods):
        require_above(f"periods[{number}].hours", period.hours, 0.0)
        require_whole(f"periods[{number}].servers", period.servers, 0)
        if len(period.arrivals_per_hour) != len(lines):
            raise ValueError(
                f"periods[{number}].arrivals_per_hour: must have one number for each of {len(lines)} lines, "
                f"found {len(period.arrivals_per_hour)}"
            )
        for per_hour in period.arrivals_per_hour:
            require_at_least(f"periods[{number}].arrivals_per_hour", per_hour, 0.0)
    for number in range(len(lines)):
        if not any(period.arrivals_per_hour[number] > 0.0 for period in periods):
            raise ValueError(f"lines[{number}]: must have arrivals in some period, found none")
    if periods[-1].servers == 0 and not sends_home and any(line.patience is None for line in lines):
        raise ValueError(
            "periods: must end with servers, or those still waiting never leave, found 0, "
            "hint: add a server to the last period or give customers a patience"
        )
