"""Queueing formulas: what theory says of a branch simple enough to be calculated.

Owns the steady state of one queue, of priority classes and of networks, and the day that opens empty of each
of them. Pure functions of numbers with units in their names, each with its source.

Must not know maps, plans, engines or luck: the simulation is held to these values, so they share nothing.

A day that opens empty waits less than the steady state says; ``queue_day``, ``single_server_day``,
``priority_day``, ``network_day`` and ``lines_day`` are the truth of a simulated day.
"""

from journeysim.branch.formulas.line_chain import Line, Patience
from journeysim.branch.formulas.network_chains import PriorityClass
from journeysim.branch.formulas.phases import Phases, fitted_phases
from journeysim.branch.formulas.stationary import (
    ExponentialWaiting,
    ImpatientWaiting,
    LimitedWaiting,
    Loss,
    Waiting,
    erlang_a,
    erlang_b,
    erlang_c,
    limited_queue,
    offered_load,
    single_server,
)
from journeysim.branch.formulas.stationary_network import (
    NetworkWaiting,
    PriorityWaiting,
    many_server_priorities,
    open_network,
    single_server_priorities,
    traffic_equations,
)
from journeysim.branch.formulas.transient import (
    ArrivalWaits,
    Period,
    QueueDay,
    SingleServerDay,
    cumulated_arrivals,
    queue_day,
    single_server_day,
)
from journeysim.branch.formulas.transient_lines import LinePeriod, LinesDay, TooMuchWork, lines_day
from journeysim.branch.formulas.transient_network import NetworkDay, StepWaits, network_day, priority_day

__all__ = [
    "ArrivalWaits",
    "ExponentialWaiting",
    "ImpatientWaiting",
    "LimitedWaiting",
    "Line",
    "LinePeriod",
    "LinesDay",
    "Loss",
    "NetworkDay",
    "NetworkWaiting",
    "Patience",
    "Period",
    "Phases",
    "PriorityClass",
    "PriorityWaiting",
    "QueueDay",
    "SingleServerDay",
    "StepWaits",
    "TooMuchWork",
    "Waiting",
    "cumulated_arrivals",
    "erlang_a",
    "erlang_b",
    "erlang_c",
    "fitted_phases",
    "limited_queue",
    "lines_day",
    "many_server_priorities",
    "network_day",
    "offered_load",
    "open_network",
    "priority_day",
    "queue_day",
    "single_server",
    "single_server_day",
    "single_server_priorities",
    "traffic_equations",
]
