"""Queueing theory of the steady state beyond one queue: priority classes and networks.

Pure functions of a few numbers, as in `stationary`. A day that opens empty waits less: `transient_network`.

Errors: each function raises ``ValueError`` naming the argument, what is required and what was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from journeysim.branch.formulas.arguments import require_at_least, require_whole
from journeysim.branch.formulas.stationary import MINUTES_PER_HOUR, ExponentialWaiting, erlang_c, offered_load
from journeysim.units import FloatArray


@dataclass(frozen=True)
class PriorityWaiting:
    """A queue that serves the better class first and interrupts no service.

    Parameters
    ----------
    wait_mean_by_class_min : mean wait of each class, best class first, minutes.
    queue_length_mean_by_class : mean number waiting of each class, over time.
    wait_mean_min : mean wait over all arrivals, minutes.
    utilisation : share of the servers' time that is busy, 0..1.
    """

    wait_mean_by_class_min: tuple[float, ...]
    queue_length_mean_by_class: tuple[float, ...]
    wait_mean_min: float
    utilisation: float


@dataclass(frozen=True)
class NetworkWaiting:
    """An open network of M/M/c nodes.

    Parameters
    ----------
    arrivals_per_hour : steps that start at each node, from outside or from other nodes.
    nodes : what each node looks like on its own.
    wait_mean_min : mean wait of a visit, summed over its steps, minutes.
    time_in_network_mean_min : mean time of a visit from arrival to leaving, minutes.
    """

    arrivals_per_hour: tuple[float, ...]
    nodes: tuple[ExponentialWaiting, ...]
    wait_mean_min: float
    time_in_network_mean_min: float


def single_server_priorities(
    arrivals_per_hour: Sequence[float], service_mean_min: Sequence[float], service_cv: Sequence[float]
) -> PriorityWaiting:
    """Mean wait of each class of a non-preemptive M/G/1 priority queue.

    Parameters
    ----------
    arrivals_per_hour : of each class, best class first, > 0.
    service_mean_min : of each class, minutes, > 0; the offered loads must sum to less than 1.
    service_cv : standard deviation of each class's service divided by its mean, >= 0.

    References
    ----------
    Cobham (1954), "Priority assignment in waiting line problems":
    W(k) = R / ((1 - s(k-1)) (1 - s(k))), R the mean remaining service found by an arrival and s(k) the load
    of classes 1..k.
    """
    classes = len(arrivals_per_hour)
    if not classes or len(service_mean_min) != classes or len(service_cv) != classes:
        raise ValueError(
            "arrivals_per_hour, service_mean_min, service_cv: must have one number for each class, "
            f"found {classes}, {len(service_mean_min)} and {len(service_cv)}"
        )
    loads, remaining_min = [], 0.0
    for arrivals, mean, cv in zip(arrivals_per_hour, service_mean_min, service_cv, strict=True):
        require_at_least("service_cv", cv, 0.0)
        loads.append(offered_load(arrivals, mean))
        remaining_min += loads[-1] * mean * (1.0 + cv**2) / 2.0
    return _by_class(arrivals_per_hour, loads, 1, remaining_min)


def many_server_priorities(
    arrivals_per_hour: Sequence[float], service_mean_min: float, servers: int
) -> PriorityWaiting:
    """Mean wait of each class of a non-preemptive M/M/c priority queue, one service mean for all classes.

    Parameters
    ----------
    arrivals_per_hour : of each class, best class first, > 0.
    service_mean_min : minutes, > 0.
    servers : >= 1, more than the offered load of all classes.

    References
    ----------
    Cobham (1954); Kella & Yechiali (1985), "Waiting times in the non-preemptive priority M/M/c
    queue": W(k) = (C s / c) / ((1 - s(k-1)) (1 - s(k))), C of `erlang_c` and s(k) the load per server of
    classes 1..k.
    """
    if not len(arrivals_per_hour):
        raise ValueError("arrivals_per_hour: must have one number for each class, found none")
    waited = erlang_c(sum(arrivals_per_hour), service_mean_min, servers).waited_fraction
    loads = [offered_load(arrivals, service_mean_min) for arrivals in arrivals_per_hour]
    return _by_class(arrivals_per_hour, loads, servers, waited * service_mean_min / servers)


def traffic_equations(outside_per_hour: ArrayLike, routing: ArrayLike) -> FloatArray:
    """Steps per hour that start at each node of an open network, feedback included.

    Parameters
    ----------
    outside_per_hour : shape (nodes,), >= 0: arrivals at each node from outside.
    routing : shape (nodes, nodes), 0..1: probability of going from the row's node to the column's; what a
        row lacks to 1 leaves. Everyone must be able to leave.

    Returns
    -------
    shape (nodes,), per hour.

    References
    ----------
    Jackson (1957), "Networks of waiting lines": g(j) = outside(j) + sum over i of g(i) routing(i, j).
    """
    outside = np.asarray(outside_per_hour, dtype=np.float64)
    moves = np.asarray(routing, dtype=np.float64)
    if outside.ndim != 1 or not outside.size:
        raise ValueError(f"outside_per_hour: must have one number for each node, found shape {outside.shape}")
    if moves.shape != (outside.size, outside.size):
        raise ValueError(
            f"routing: must have one row and one column for each of {outside.size} nodes, "
            f"found shape {moves.shape}"
        )
    if not (np.isfinite(outside).all() and (outside >= 0.0).all() and outside.any()):
        raise ValueError(
            f"outside_per_hour: must be numbers of at least 0, one above 0, found {outside.tolist()}"
        )
    if not ((moves >= 0.0).all() and (moves.sum(axis=1) <= 1.0 + 1e-12).all()):
        raise ValueError(
            f"routing: each row must be probabilities that sum to at most 1, found {moves.tolist()}"
        )
    if np.abs(np.linalg.eigvals(moves)).max() >= 1.0 - 1e-12:
        raise ValueError("routing: everyone must be able to leave, found nodes that keep whom they get")
    return np.asarray(np.linalg.solve(np.eye(outside.size) - moves.T, outside), dtype=np.float64)


def open_network(
    outside_per_hour: Sequence[float],
    service_mean_min: Sequence[float],
    servers: Sequence[int],
    routing: ArrayLike,
) -> NetworkWaiting:
    """Waits in an open network of M/M/c nodes, returns to a node included.

    Parameters
    ----------
    outside_per_hour, routing : as in `traffic_equations`; every node must be reached.
    service_mean_min : of each node, minutes, > 0.
    servers : of each node, >= 1, more than the load that its steps offer.

    References
    ----------
    Jackson (1957): in the steady state each node has the distribution of an M/M/c queue of its own.
    """
    steps = traffic_equations(outside_per_hour, routing)
    if len(service_mean_min) != steps.size or len(servers) != steps.size:
        raise ValueError(
            f"service_mean_min, servers: must have one number for each of {steps.size} nodes, "
            f"found {len(service_mean_min)} and {len(servers)}"
        )
    nodes = []
    for node, steps_per_hour in enumerate(steps.tolist()):
        try:
            nodes.append(erlang_c(steps_per_hour, service_mean_min[node], servers[node]))
        except ValueError as error:
            raise ValueError(f"node {node}: {error}") from None
    steps_per_visit = steps / float(np.sum(outside_per_hour))
    waits = np.array([node.wait_mean_min for node in nodes])
    return NetworkWaiting(
        arrivals_per_hour=tuple(steps.tolist()),
        nodes=tuple(nodes),
        wait_mean_min=float(steps_per_visit @ waits),
        time_in_network_mean_min=float(steps_per_visit @ (waits + np.asarray(service_mean_min))),
    )


def _by_class(
    arrivals_per_hour: Sequence[float], loads: Sequence[float], servers: int, until_free_min: float
) -> PriorityWaiting:
    """Cobham's waits from each class's load and the mean time until the first server falls free."""
    require_whole("servers", servers, 1)
    up_to = np.concatenate(([0.0], np.cumsum(loads))) / servers
    if up_to[-1] >= 1.0:
        raise ValueError(f"servers: must be above the offered load of {sum(loads):g}, found {servers}")
    waits = until_free_min / ((1.0 - up_to[:-1]) * (1.0 - up_to[1:]))
    arrivals = np.asarray(arrivals_per_hour, dtype=np.float64)
    return PriorityWaiting(
        wait_mean_by_class_min=tuple(waits.tolist()),
        queue_length_mean_by_class=tuple((waits * arrivals / MINUTES_PER_HOUR).tolist()),
        wait_mean_min=float(waits @ arrivals / arrivals.sum()),
        utilisation=float(up_to[-1]),
    )
