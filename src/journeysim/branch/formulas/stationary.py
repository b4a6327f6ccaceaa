"""What queueing theory says of one queue in its steady state: Erlang B, C and A, M/M/c/K and M/G/1.

Pure functions of a few numbers. They describe a queue that has been running for ever; a day that opens
empty waits less: see `transient`. Priority classes and networks are in `stationary_network`.

Throughout, arrivals are Poisson, *offered load* is arrivals times mean service (in servers), and "joined"
includes those who start at once (wait 0) and excludes those who found no room.

Errors: each function raises ``ValueError`` naming the argument, what is required and what was found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from journeysim.branch.formulas.arguments import (
    require_above,
    require_at_least,
    require_patience,
    require_whole,
)
from journeysim.units import FloatArray

MINUTES_PER_HOUR = 60.0


@dataclass(frozen=True)
class Loss:
    """Servers without a waiting room (M/G/c/c).

    Parameters
    ----------
    offered_load : arrivals times mean service, in servers.
    rejected_fraction : share of arrivals that find every server busy and go, 0..1.
    utilisation : share of the servers' time that is busy, 0..1.
    """

    offered_load: float
    rejected_fraction: float
    utilisation: float


@dataclass(frozen=True)
class Waiting:
    """Servers with room for everyone and customers who never give up.

    Parameters
    ----------
    offered_load : arrivals times mean service, in servers.
    waited_fraction : share of arrivals with a wait above 0, 0..1.
    wait_mean_min : mean wait over all arrivals, minutes.
    queue_length_mean : mean number waiting, over time.
    utilisation : share of the servers' time that is busy, 0..1.
    """

    offered_load: float
    waited_fraction: float
    wait_mean_min: float
    queue_length_mean: float
    utilisation: float


@dataclass(frozen=True)
class ExponentialWaiting(Waiting):
    """An M/M/c queue, served in order of arrival: its whole distribution of waits is known.

    Parameters
    ----------
    wait_if_waiting_mean_min : mean wait of those who wait, minutes; their wait is exponential.
    """

    wait_if_waiting_mean_min: float

    def within_fraction(self, wait_min: float) -> float:
        """Share of arrivals whose wait is at most ``wait_min`` minutes (>= 0): the service level.

        References
        ----------
        Gross, Shortle, Thompson & Harris (2008), Fundamentals of Queueing Theory, section 2.3.
        """
        require_at_least("wait_min", wait_min, 0.0)
        return 1.0 - self.waited_fraction * math.exp(-wait_min / self.wait_if_waiting_mean_min)

    def wait_quantile_min(self, probability: float) -> float:
        """Wait in minutes that a share ``probability`` (0..1, below 1) of arrivals does not exceed."""
        if not 0.0 <= probability < 1.0:
            raise ValueError(f"probability: must be at least 0 and below 1, found {probability}")
        longer = 1.0 - probability
        if longer >= self.waited_fraction:
            return 0.0
        return self.wait_if_waiting_mean_min * math.log(self.waited_fraction / longer)


@dataclass(frozen=True)
class LimitedWaiting:
    """Servers with a limited number of places to wait in (M/M/c/K).

    Parameters
    ----------
    offered_load : arrivals times mean service, in servers.
    rejected_fraction : share of arrivals that find no room, 0..1.
    waited_fraction : share of those who joined with a wait above 0, 0..1.
    wait_mean_min : mean wait over those who joined, minutes.
    queue_length_mean : mean number waiting, over time.
    utilisation : share of the servers' time that is busy, 0..1.
    """

    offered_load: float
    rejected_fraction: float
    waited_fraction: float
    wait_mean_min: float
    queue_length_mean: float
    utilisation: float


@dataclass(frozen=True)
class ImpatientWaiting:
    """A queue whose customers give up after an exponential patience (Erlang A, M/M/c+M).

    Parameters
    ----------
    offered_load : arrivals times mean service, in servers.
    waited_fraction : share of arrivals with a wait above 0, 0..1.
    reneged_fraction : share of arrivals that give up before service, 0..1.
    wait_mean_min : mean wait over all arrivals, until service or giving up, minutes.
    wait_served_mean_min : mean wait of those who are served, minutes.
    queue_length_mean : mean number waiting, over time.
    utilisation : share of the servers' time that is busy, 0..1.
    """

    offered_load: float
    waited_fraction: float
    reneged_fraction: float
    wait_mean_min: float
    wait_served_mean_min: float
    queue_length_mean: float
    utilisation: float


def erlang_b(arrivals_per_hour: float, service_mean_min: float, servers: int) -> Loss:
    """Share of arrivals lost when nobody can wait, whatever the service distribution.

    Parameters
    ----------
    arrivals_per_hour : > 0.
    service_mean_min : minutes, > 0.
    servers : >= 0; without servers everyone is lost.

    References
    ----------
    Erlang (1917), by the recursion B(n) = a B(n-1) / (n + a B(n-1)), B(0) = 1, a the offered load.
    """
    load = offered_load(arrivals_per_hour, service_mean_min)
    require_whole("servers", servers, 0)
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = load * blocked / (count + load * blocked)
    return Loss(load, blocked, load * (1.0 - blocked) / servers if servers else math.nan)


def erlang_c(arrivals_per_hour: float, service_mean_min: float, servers: int) -> ExponentialWaiting:
    """Waits of an M/M/c queue whose customers never give up (M/M/1 with one server).

    Parameters
    ----------
    arrivals_per_hour : > 0.
    service_mean_min : minutes, > 0.
    servers : >= 1, more than the offered load.

    References
    ----------
    Erlang (1917); C = B / (1 - (a/c)(1 - B)) with B of `erlang_b`, mean wait C s / (c - a), as in
    Gross, Shortle, Thompson & Harris (2008), section 2.3.
    """
    load = _load_below_servers(arrivals_per_hour, service_mean_min, servers)
    blocked = erlang_b(arrivals_per_hour, service_mean_min, servers).rejected_fraction
    use = load / servers
    waited = blocked / (1.0 - use * (1.0 - blocked))
    if_waiting_min = service_mean_min / (servers - load)
    return ExponentialWaiting(
        offered_load=load,
        waited_fraction=waited,
        wait_mean_min=waited * if_waiting_min,
        queue_length_mean=waited * if_waiting_min * arrivals_per_hour / MINUTES_PER_HOUR,
        utilisation=use,
        wait_if_waiting_mean_min=if_waiting_min,
    )


def limited_queue(
    arrivals_per_hour: float, service_mean_min: float, servers: int, waiting_places: int
) -> LimitedWaiting:
    """Waits of an M/M/c/K queue: whoever finds every place to wait in taken goes away.

    Parameters
    ----------
    arrivals_per_hour : > 0.
    service_mean_min : minutes, > 0.
    servers : >= 1.
    waiting_places : >= 0, those in service not counted (K = servers + waiting_places).

    References
    ----------
    Gross, Shortle, Thompson & Harris (2008), section 2.5, from the balance equations.
    """
    load = offered_load(arrivals_per_hour, service_mean_min)
    require_whole("servers", servers, 1)
    require_whole("waiting_places", waiting_places, 0)
    present = np.arange(servers + waiting_places + 1)
    chance = _birth_death(load / np.minimum(present[1:], servers))
    rejected = float(chance[-1])
    length = float(np.maximum(present - servers, 0) @ chance)
    joined_per_min = arrivals_per_hour / MINUTES_PER_HOUR * (1.0 - rejected)
    return LimitedWaiting(
        offered_load=load,
        rejected_fraction=rejected,
        waited_fraction=float(chance[servers:-1].sum()) / (1.0 - rejected),
        wait_mean_min=length / joined_per_min,
        queue_length_mean=length,
        utilisation=load * (1.0 - rejected) / servers,
    )


def erlang_a(
    arrivals_per_hour: float, service_mean_min: float, servers: int, patience_mean_min: float
) -> ImpatientWaiting:
    """Waits and losses of an M/M/c queue whose customers give up after an exponential patience.

    Parameters
    ----------
    arrivals_per_hour : > 0.
    service_mean_min : minutes, > 0.
    servers : >= 1; may be fewer than the offered load, for giving up keeps the queue finite.
    patience_mean_min : minutes, > 0; infinity gives `erlang_c`.

    References
    ----------
    Palm (1957); Mandelbaum & Zeltyn (2007), "Service engineering in action: the Palm/Erlang-A queue".
    A customer with j ahead is served with probability c m / (c m + (j+1) t), m and t being the rates of
    service and of giving up; the mean wait follows from the same first-step argument.
    """
    require_patience("patience_mean_min", patience_mean_min)
    if math.isinf(patience_mean_min):
        patient = erlang_c(arrivals_per_hour, service_mean_min, servers)
        return ImpatientWaiting(
            offered_load=patient.offered_load,
            waited_fraction=patient.waited_fraction,
            reneged_fraction=0.0,
            wait_mean_min=patient.wait_mean_min,
            wait_served_mean_min=patient.wait_mean_min,
            queue_length_mean=patient.queue_length_mean,
            utilisation=patient.utilisation,
        )
    load = offered_load(arrivals_per_hour, service_mean_min)
    require_whole("servers", servers, 1)
    arrivals_per_min = arrivals_per_hour / MINUTES_PER_HOUR
    served_per_min = servers / service_mean_min
    places = _places_needed(arrivals_per_min, served_per_min, 1.0 / patience_mean_min)
    leaving_per_min = served_per_min + np.arange(1, places + 1) / patience_mean_min
    ratios = np.concatenate((load / np.arange(1, servers + 1), arrivals_per_min / leaving_per_min))
    chance = _birth_death(ratios)
    length = float(np.arange(places + 1) @ chance[servers:])
    served = served_per_min / leaving_per_min
    wait_if_served = served * np.cumsum(1.0 / leaving_per_min)
    reneged = length / patience_mean_min / arrivals_per_min
    return ImpatientWaiting(
        offered_load=load,
        waited_fraction=float(chance[servers:].sum()),
        reneged_fraction=reneged,
        wait_mean_min=length / arrivals_per_min,
        wait_served_mean_min=float(chance[servers:-1] @ wait_if_served) / (1.0 - reneged),
        queue_length_mean=length,
        utilisation=min(1.0, float(np.minimum(np.arange(chance.size), servers) @ chance) / servers),
    )


def single_server(arrivals_per_hour: float, service_mean_min: float, service_cv: float) -> Waiting:
    """Mean wait of an M/G/1 queue, by the mean and spread of its service alone.

    Parameters
    ----------
    arrivals_per_hour : > 0.
    service_mean_min : minutes, > 0; the offered load must stay below 1.
    service_cv : standard deviation of the service divided by its mean, >= 0 (constant 0, exponential 1).

    References
    ----------
    Pollaczek (1930), Khinchine (1932): mean wait = u/(1-u) (1 + cv^2)/2 s, with utilisation u.
    """
    load = _load_below_servers(arrivals_per_hour, service_mean_min, 1)
    require_at_least("service_cv", service_cv, 0.0)
    wait_min = load / (1.0 - load) * (1.0 + service_cv**2) / 2.0 * service_mean_min
    return Waiting(load, load, wait_min, wait_min * arrivals_per_hour / MINUTES_PER_HOUR, load)


def offered_load(arrivals_per_hour: float, service_mean_min: float) -> float:
    """Servers kept busy on average if nobody were lost: arrivals per hour (> 0) times service (> 0)."""
    require_above("arrivals_per_hour", arrivals_per_hour, 0.0)
    require_above("service_mean_min", service_mean_min, 0.0)
    return arrivals_per_hour * service_mean_min / MINUTES_PER_HOUR


def _load_below_servers(arrivals_per_hour: float, service_mean_min: float, servers: int) -> float:
    """Offered load, refused when the queue would grow for ever."""
    load = offered_load(arrivals_per_hour, service_mean_min)
    require_whole("servers", servers, 1)
    if load >= servers:
        raise ValueError(
            f"servers: must be above the offered load of {load:g} for the queue to have a steady state, "
            f"found {servers}, hint: a patience (erlang_a) or a limit (limited_queue) keeps it finite"
        )
    return load


def _birth_death(ratios: FloatArray) -> FloatArray:
    """Steady state of a birth-death chain from birth rate of each state over death rate of the next."""
    logarithms = np.concatenate(([0.0], np.cumsum(np.log(ratios))))
    weights = np.exp(logarithms - logarithms.max())
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _places_needed(arrivals_per_min: float, served_per_min: float, reneging_per_min: float) -> int:
    """Waiting places beyond which the steady state of an impatient queue holds a share near 1e-20."""
    places, logarithm, peak = 0, 0.0, 0.0
    while logarithm > peak - 46.0:
        places += 1
        logarithm += math.log(arrivals_per_min / (served_per_min + places * reneging_per_min))
        peak = max(peak, logarithm)
    return places
