"""Queueing theory of a day that opens empty: M/M/c, M/M/c/K and Erlang A hour by hour, and M/G/1.

Steady-state formulas are not the truth of an eight-hour day. Here the day is followed from its opening, with
arrivals and servers that change by the hour, until the last customer has gone, by exact methods.

Errors: each function raises ``ValueError`` naming the argument, what is required and what was found.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from operator import add

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse, special

from journeysim.branch.formulas.arguments import (
    require_above,
    require_at_least,
    require_patience,
    require_whole,
)
from journeysim.branch.formulas.markov import evolve
from journeysim.branch.formulas.queue_chain import QueueChain, after_closing, arrivals_and_line
from journeysim.branch.formulas.stationary import MINUTES_PER_HOUR, offered_load
from journeysim.units import FloatArray

LOST_FRACTION = 1e-13
"""Share of arrivals that may fall off the end of a cut-off queue before it is made longer."""


@dataclass(frozen=True)
class Period:
    """A part of the day in which arrivals and servers stay the same.

    Parameters
    ----------
    hours : its length, > 0.
    arrivals_per_hour : >= 0.
    servers : on duty, >= 0.
    """

    hours: float
    arrivals_per_hour: float
    servers: int


@dataclass(frozen=True)
class ArrivalWaits:
    """Expected values for the customers who arrive within some part of a day.

    Their waits are followed until service or giving up, even beyond that part or beyond closing. A share is
    a ratio of expectations; NaN where nobody can have been observed.

    Parameters
    ----------
    arrivals_mean : expected arrivals.
    rejected_fraction : of arrivals: found no place to wait in.
    waited_fraction : of those who joined: wait above 0.
    reneged_fraction : of arrivals: joined and gave up.
    wait_mean_min : over those who joined, until service or giving up, minutes.
    wait_served_mean_min : over those who are served, minutes.
    queue_length_mean : number waiting, averaged over that part of the day.
    utilisation : busy servers within the roster, over servers on the roster.
    """

    arrivals_mean: float
    rejected_fraction: float
    waited_fraction: float
    reneged_fraction: float
    wait_mean_min: float
    wait_served_mean_min: float
    queue_length_mean: float
    utilisation: float


@dataclass(frozen=True)
class QueueDay:
    """A day of one queue.

    Parameters
    ----------
    periods : of each period, the customers who arrive in it.
    day : all customers of the day.
    overtime_min : expected server-minutes worked above the roster before closing, and any after closing.
    """

    periods: tuple[ArrivalWaits, ...]
    day: ArrivalWaits
    overtime_min: float


@dataclass(frozen=True)
class SingleServerDay:
    """A day of an M/G/1 queue.

    Parameters
    ----------
    arrivals_mean : expected arrivals.
    waited_fraction : share of arrivals with a wait above 0.
    wait_mean_min : mean wait over all arrivals of the day, minutes.
    """

    arrivals_mean: float
    waited_fraction: float
    wait_mean_min: float


@dataclass(frozen=True)
class _Sums:
    """Expected numbers and minutes that a period's customers add up to, and what its clock saw."""

    minutes: float = 0.0
    arrivals: float = 0.0
    joined: float = 0.0
    waited: float = 0.0
    served: float = 0.0
    wait_min: float = 0.0
    wait_served_min: float = 0.0
    queue_min: float = 0.0
    busy_min: float = 0.0
    busy_rostered_min: float = 0.0
    rostered_min: float = 0.0

    def __add__(self, other: _Sums) -> _Sums:
        return _Sums(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    def waits(self) -> ArrivalWaits:
        return ArrivalWaits(
            arrivals_mean=self.arrivals,
            rejected_fraction=_ratio(max(0.0, self.arrivals - self.joined), self.arrivals),
            waited_fraction=_ratio(self.waited, self.joined),
            reneged_fraction=_ratio(max(0.0, self.joined - self.served), self.arrivals),
            wait_mean_min=_ratio(self.wait_min, self.joined),
            wait_served_mean_min=_ratio(self.wait_served_min, self.served),
            queue_length_mean=self.queue_min / self.minutes,
            utilisation=_ratio(self.busy_rostered_min, self.rostered_min),
        )


def queue_day(
    periods: Sequence[Period],
    service_mean_min: float,
    *,
    patience_mean_min: float = math.inf,
    waiting_places: int | None = None,
) -> QueueDay:
    """Follow an M/M/c queue through a day that opens empty and serves all who are inside at closing.

    Customers are served in order of arrival. With a patience this is Erlang A, with a number of places
    M/M/c/K. When the roster falls, services in hand finish first; the last period's servers stay until
    nobody is inside.

    Accuracy: the queue is followed by uniformisation in the states (busy, waiting), which is exact; a queue
    without limit is cut off where less than 1e-13 of the arrivals fall off. A customer's wait is the expected
    time from its arrival until service or giving up, given what it finds, later rosters included. Values are
    good to about 1e-9.

    Parameters
    ----------
    periods : from opening to closing, at least one.
    service_mean_min : mean of an exponential service, minutes, > 0.
    patience_mean_min : mean of an exponential patience, minutes, > 0; infinity: nobody gives up.
    waiting_places : who finds so many waiting goes away, >= 0; None: no limit.

    References
    ----------
    Kolmogorov's equations of the birth-death queue; Grassmann (1977) for their solution. Assumption:
    Poisson arrivals, exponential service and patience.
    """
    _check_day(periods, service_mean_min, patience_mean_min, waiting_places)
    places = 50 if waiting_places is None else waiting_places
    while True:
        chains = _chains(periods, places, service_mean_min, patience_mean_min)
        openings, sums = _forwards(periods, chains)
        total = reduce(add, sums)
        if waiting_places is not None or total.arrivals - total.joined <= LOST_FRACTION * total.arrivals:
            break
        places *= 2
    waits = _backwards(periods, chains, openings)
    sums = [part + wait for part, wait in zip(sums, waits, strict=True)]
    total = reduce(add, sums)
    after_closing_min = total.served * service_mean_min - total.busy_min
    return QueueDay(
        periods=tuple(part.waits() for part in sums),
        day=total.waits(),
        overtime_min=total.busy_min - total.busy_rostered_min + after_closing_min,
    )


def _chains(
    periods: Sequence[Period], places: int, service_mean_min: float, patience_mean_min: float
) -> list[QueueChain]:
    """Each period's chain, with room for the busy servers that earlier periods may leave behind."""
    most_busy = accumulate((period.servers for period in periods), max)
    return [
        QueueChain(
            period.servers,
            busy,
            places,
            arrivals_per_min=period.arrivals_per_hour / MINUTES_PER_HOUR,
            service_mean_min=service_mean_min,
            patience_mean_min=patience_mean_min,
        )
        for period, busy in zip(periods, most_busy, strict=True)
    ]


def _forwards(
    periods: Sequence[Period], chains: Sequence[QueueChain]
) -> tuple[list[FloatArray], list[_Sums]]:
    """Distribution at the start of each period, and what can be summed while the clock runs."""
    chance: FloatArray = np.eye(1, chains[0].states)[0]
    openings, sums = [], []
    for number, chain in enumerate(chains):
        minutes = periods[number].hours * MINUTES_PER_HOUR
        if number:
            becomes = chains[number - 1].successor(chain)
            chance = np.bincount(becomes, weights=chance, minlength=chain.states).astype(np.float64)
        openings.append(chance)
        evolution = evolve(sparse.csr_array(chain.queue_generator().T), chance, minutes)
        chance, during = evolution.end, evolution.integral
        at_once = chain.arrivals_per_min * float(during[chain.has_free].sum())
        waited = chain.arrivals_per_min * float(during[chain.has_room].sum())
        sums.append(
            _Sums(
                minutes=minutes,
                arrivals=chain.arrivals_per_min * minutes,
                joined=at_once + waited,
                waited=waited,
                served=at_once,
                queue_min=float(chain.waiting @ during),
                busy_min=float(chain.busy @ during),
                busy_rostered_min=float(np.minimum(chain.busy, chain.servers) @ during),
                rostered_min=chain.servers * minutes,
            )
        )
    return openings, sums


def _backwards(
    periods: Sequence[Period], chains: Sequence[QueueChain], openings: Sequence[FloatArray]
) -> list[_Sums]:
    """What becomes of those who had to wait, by period of arrival.

    Three values are carried back from closing for the customer last in line: expected wait, probability of
    service, expected wait times whether served. Within a period their sums over its arrivals obey linear
    equations with constant coefficients together with them, so that one exponential gives both.
    """
    sums: list[_Sums] = []
    values = after_closing(chains[-1])
    for number in reversed(range(len(chains))):
        chain = chains[number]
        if number + 1 < len(chains):
            values = values[:, chain.successor(chains[number + 1])]
        nothing = np.zeros(3 * chain.states)
        start = np.concatenate((nothing, values.ravel(), [1.0]))
        end = evolve(arrivals_and_line(chain), start, periods[number].hours * MINUTES_PER_HOUR).end
        by_arrivals, values = end[:-1].reshape(2, 3, chain.states)
        wait, served, wait_served = (by_arrivals @ openings[number]).tolist()
        sums.append(_Sums(served=served, wait_min=wait, wait_served_min=wait_served))
    return sums[::-1]


def single_server_day(
    hours: float, arrivals_per_hour: float, service_mean_min: float, service_cv: float
) -> SingleServerDay:
    """Follow an M/G/1 queue with gamma service through a day that opens empty and serves all who came.

    The wait of an arrival is the work in the system, whose mean is the work that has come less the time the
    server was busy. The probability of an empty system at minute t is E[max(0, 1 - S/t)], S the work that
    comes in t minutes.

    Accuracy: a sum over the number of arrivals and Gauss-Legendre quadrature, together good to about 1e-9.

    Parameters
    ----------
    hours : from opening to closing, > 0.
    arrivals_per_hour : > 0.
    service_mean_min : minutes, > 0; the offered load may exceed 1.
    service_cv : standard deviation of the service divided by its mean, >= 0 (constant 0, exponential 1).

    References
    ----------
    Takacs (1962), Introduction to the Theory of Queues, chapter 3; Benes (1963). Assumption: gamma service
    (constant for cv 0): in a day, unlike in the steady state, mean and cv alone do not fix the mean wait.
    """
    require_above("hours", hours, 0.0)
    load = offered_load(arrivals_per_hour, service_mean_min)
    require_at_least("service_cv", service_cv, 0.0)
    minutes = hours * MINUTES_PER_HOUR
    nodes, weights = np.polynomial.legendre.leggauss(16)
    edges = _panel_edges(minutes, service_mean_min)
    halves = np.diff(edges)[:, np.newaxis] / 2.0
    moments = (edges[:-1, np.newaxis] + halves * (nodes + 1.0)).ravel()
    widths = (halves * weights).ravel()
    empty = _empty_probability(moments, arrivals_per_hour / MINUTES_PER_HOUR, service_mean_min, service_cv)
    idle_min = float(widths @ empty)
    idle_so_far_mean_min = float(widths @ (empty * (minutes - moments))) / minutes
    return SingleServerDay(
        arrivals_mean=hours * arrivals_per_hour,
        waited_fraction=1.0 - idle_min / minutes,
        wait_mean_min=(load - 1.0) * minutes / 2.0 + idle_so_far_mean_min,
    )


def _panel_edges(minutes: float, service_mean_min: float) -> FloatArray:
    """Quadrature panels: kinks of a constant service fall on edges, and the first panels shrink towards 0."""
    regular = np.arange(1.0, math.ceil(2.0 * minutes / service_mean_min)) * service_mean_min / 2.0
    first = min(service_mean_min / 2.0, minutes) * 0.5 ** np.arange(40.0, 0.0, -1.0)
    return np.concatenate(([0.0], first, regular[regular < minutes], [minutes]))


def _empty_probability(
    minutes: FloatArray, arrivals_per_min: float, service_mean_min: float, service_cv: float
) -> FloatArray:
    """Chance that an M/G/1 queue with gamma service, empty at 0, is empty at each of ``minutes``."""
    expected = arrivals_per_min * minutes
    most = expected.max()
    chance = np.exp(-expected)
    for count in range(1, int(most + 10.0 * math.sqrt(most) + 40.0)):
        weight = np.exp(count * np.log(expected) - expected - math.lgamma(count + 1.0))
        if service_cv:
            shape, scale = count / service_cv**2, service_mean_min * service_cv**2
            below = special.gammainc(shape, minutes / scale)
            idle = below - shape * scale / minutes * special.gammainc(shape + 1.0, minutes / scale)
        else:
            idle = np.maximum(0.0, 1.0 - count * service_mean_min / minutes)
        chance = chance + weight * idle
    return chance


def cumulated_arrivals(periods: Sequence[Period], hours: ArrayLike) -> FloatArray:
    """Expected arrivals from opening until each of ``hours`` after it: the cumulated rate.

    Parameters
    ----------
    periods : from opening to closing.
    hours : any shape, hours after opening; before opening none have come, after closing all.

    Returns
    -------
    the shape of ``hours``.
    """
    clock = np.concatenate(([0.0], np.cumsum([period.hours for period in periods])))
    come = np.cumsum([period.hours * period.arrivals_per_hour for period in periods])
    return np.asarray(
        np.interp(np.asarray(hours, dtype=np.float64), clock, np.concatenate(([0.0], come))), dtype=np.float64
    )


def _check_day(
    periods: Sequence[Period], service_mean_min: float, patience_mean_min: float, waiting_places: int | None
) -> None:
    """Refuse a day that cannot be, or that would never end."""
    if not periods:
        raise ValueError("periods: must be at least one, found none")
    for number, period in enumerate(periods):
        require_above(f"periods[{number}].hours", period.hours, 0.0)
        require_at_least(f"periods[{number}].arrivals_per_hour", period.arrivals_per_hour, 0.0)
        require_whole(f"periods[{number}].servers", period.servers, 0)
    require_above("service_mean_min", service_mean_min, 0.0)
    require_patience("patience_mean_min", patience_mean_min)
    if waiting_places is not None:
        require_whole("waiting_places", waiting_places, 0)
    if periods[-1].servers == 0 and math.isinf(patience_mean_min):
        raise ValueError(
            "periods: must end with servers, or those still waiting at closing never leave, found 0, "
            "hint: add a server to the last period or give customers a patience"
        )


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator > 0.0 else math.nan
