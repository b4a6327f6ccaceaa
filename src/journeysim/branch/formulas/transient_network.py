"""Queueing theory of a day that opens empty, beyond one line: priority classes and networks.

Exact Markov chains of a few queues, cut off where next to nobody falls off; arrivals, service and patience
stay the same from opening to closing, and all who are inside at closing are served.

Errors: each function raises ``ValueError`` naming the argument, what is required and what was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from journeysim.branch.formulas.arguments import require_above, require_patience, require_whole
from journeysim.branch.formulas.markov import evolve
from journeysim.branch.formulas.network_chains import NetworkChain, PriorityChain, PriorityClass
from journeysim.branch.formulas.stationary import MINUTES_PER_HOUR
from journeysim.branch.formulas.stationary_network import traffic_equations
from journeysim.units import FloatArray

LOST_FRACTION = 1e-12
"""Share of arrivals that may fall off the end of a cut-off queue before it is made longer."""


@dataclass(frozen=True)
class StepWaits:
    """Expected values over a day for one class or one node, from opening until the last customer has gone.

    Parameters
    ----------
    steps_mean : expected number who joined.
    waited_fraction : of them, wait above 0.
    reneged_fraction : of them, gave up.
    wait_mean_min : over them, until service or giving up, minutes.
    queue_length_mean : number waiting, averaged over opening hours.
    """

    steps_mean: float
    waited_fraction: float
    reneged_fraction: float
    wait_mean_min: float
    queue_length_mean: float


@dataclass(frozen=True)
class NetworkDay:
    """A day of an open network.

    Parameters
    ----------
    nodes : steps at each node.
    wait_mean_min : mean wait of a visit, summed over its steps, minutes.
    """

    nodes: tuple[StepWaits, ...]
    wait_mean_min: float


def priority_day(hours: float, classes: Sequence[PriorityClass], servers: int) -> tuple[StepWaits, ...]:
    """Follow a non-preemptive priority queue through a day that opens empty.

    Classes may differ in service; with one class this is an M/M/c, M/Ek/c or Erlang A queue.

    Accuracy: uniformisation over (customers in service by class and phase, waiting by class); good to about
    1e-9. Two classes and a few servers take seconds; every further class multiplies the work.

    Parameters
    ----------
    hours : from opening to closing, > 0.
    classes : best class first, at least one.
    servers : >= 1.

    Returns
    -------
    one for each class, in the order given.

    References
    ----------
    Kolmogorov's equations; Grassmann (1977) for their solution. Phases: Erlang (1917).
    """
    require_above("hours", hours, 0.0)
    require_whole("servers", servers, 1)
    if not classes:
        raise ValueError("classes: must be at least one, found none")
    for number, kind in enumerate(classes):
        require_above(f"classes[{number}].arrivals_per_hour", kind.arrivals_per_hour, 0.0)
        require_above(f"classes[{number}].service_mean_min", kind.service_mean_min, 0.0)
        require_whole(f"classes[{number}].service_phases", kind.service_phases, 1)
        require_patience(f"classes[{number}].patience_mean_min", kind.patience_mean_min)
    minutes = hours * MINUTES_PER_HOUR
    arrivals = np.array([kind.arrivals_per_hour for kind in classes]) / MINUTES_PER_HOUR
    places = np.full(len(classes), 24)
    while True:
        chain = PriorityChain(classes, servers, places)
        during, after = _follow(chain.generator(arrivals), chain.generator(0.0 * arrivals), minutes)
        lost = arrivals * np.array([during[chain.at_end(kind)].sum() for kind in range(len(classes))])
        too_short = lost > LOST_FRACTION * arrivals * minutes
        if not too_short.any():
            break
        places = np.where(too_short, places * 3 // 2, places)
    waiting_while_open = chain.waiting @ during
    waiting_in_all = waiting_while_open + chain.waiting @ after
    all_busy_min = float(during[chain.first_full :].sum())
    return tuple(
        StepWaits(
            steps_mean=kind.arrivals_per_hour * hours,
            waited_fraction=all_busy_min / minutes,
            reneged_fraction=wait / kind.patience_mean_min,
            wait_mean_min=wait,
            queue_length_mean=length,
        )
        for kind, wait, length in zip(
            classes,
            (waiting_in_all / (arrivals * minutes)).tolist(),
            (waiting_while_open / minutes).tolist(),
            strict=True,
        )
    )


def network_day(
    hours: float,
    outside_per_hour: Sequence[float],
    service_mean_min: Sequence[float],
    servers: Sequence[int],
    routing: ArrayLike,
) -> NetworkDay:
    """Follow an open network of M/M/c nodes, returns included, through a day that opens empty.

    Who returns to the node just left joins the end of its line, behind whoever took the freed server.

    Accuracy: uniformisation over the customers at each node; good to about 1e-9. Two nodes take a second,
    three can take a minute.

    Parameters
    ----------
    hours : from opening to closing, > 0.
    outside_per_hour, routing : as in `traffic_equations`.
    service_mean_min : of each node, minutes, > 0.
    servers : of each node, >= 1.

    References
    ----------
    Jackson (1957) for the model; Grassmann (1977) for the solution in time.
    """
    require_above("hours", hours, 0.0)
    steps_per_min = traffic_equations(outside_per_hour, routing) / MINUTES_PER_HOUR
    nodes = steps_per_min.size
    if len(service_mean_min) != nodes or len(servers) != nodes:
        raise ValueError(
            f"service_mean_min, servers: must have one number for each of {nodes} nodes, "
            f"found {len(service_mean_min)} and {len(servers)}"
        )
    for node in range(nodes):
        require_above(f"service_mean_min[{node}]", service_mean_min[node], 0.0)
        require_whole(f"servers[{node}]", servers[node], 1)
    minutes = hours * MINUTES_PER_HOUR
    outside = np.asarray(outside_per_hour, dtype=np.float64) / MINUTES_PER_HOUR
    places = np.asarray(servers, dtype=np.int64) + 24
    while True:
        chain = NetworkChain(service_mean_min, servers, np.asarray(routing, dtype=np.float64), places)
        during, after = _follow(chain.generator(outside), chain.generator(0.0 * outside), minutes)
        too_short = chain.lost(outside, during, after) > LOST_FRACTION * steps_per_min * minutes
        if not too_short.any():
            break
        places = np.where(too_short, places * 3 // 2, places)
    waiting_while_open = chain.waiting @ during
    waiting_in_all = waiting_while_open + chain.waiting @ after
    steps = steps_per_min * minutes
    waited = chain.waited(outside, during, after)
    with np.errstate(invalid="ignore"):
        waited_fraction, wait_mean_min = waited / steps, waiting_in_all / steps
    return NetworkDay(
        nodes=tuple(
            StepWaits(
                steps_mean=float(steps[node]),
                waited_fraction=float(waited_fraction[node]),
                reneged_fraction=0.0,
                wait_mean_min=float(wait_mean_min[node]),
                queue_length_mean=float(waiting_while_open[node]) / minutes,
            )
            for node in range(nodes)
        ),
        wait_mean_min=float(waiting_in_all.sum() / (outside.sum() * minutes)),
    )


def _follow(
    while_open: sparse.csr_array, after_closing: sparse.csr_array, minutes: float
) -> tuple[FloatArray, FloatArray]:
    """Minutes spent in each state while open, and from closing until nobody is left; state 0 is empty."""
    chance: FloatArray = np.eye(1, while_open.shape[0])[0]
    evolution = evolve(sparse.csr_array(while_open.T), chance, minutes)
    chance, during = evolution.end, evolution.integral
    draining, after = sparse.csr_array(after_closing.T), np.zeros_like(chance)
    while chance[1:].sum() > 1e-15:
        evolution = evolve(draining, chance, MINUTES_PER_HOUR)
        chance = evolution.end
        after += evolution.integral
    return during, after
