"""The branch day: a journey map turned into visits and steps.

Owns the plan (the map as flat arrays), all luck (`draws`), the engines that follow the rules of the branch
day, the step and visit tables with their metrics, and the queueing formulas that the engines are held to.

Must not know options, replications side by side, files of a run, or how anything is printed. Engines draw
no random numbers: an engine is a deterministic function of plan and draws.
"""

from journeysim.branch.analytic import Beside, formulas_beside
from journeysim.branch.calendar import OpenDay, open_days
from journeysim.branch.metrics import Metric
from journeysim.branch.own_rules import OwnRules, StepSoFar, VisitSoFar
from journeysim.branch.simulate import (
    ENGINES,
    ReplicationResult,
    SimulatedDays,
    simulate_replication,
    simulated_days,
)
from journeysim.branch.steps import STEPS_COLUMNS, visits_from_steps

__all__ = [
    "ENGINES",
    "STEPS_COLUMNS",
    "Beside",
    "Metric",
    "OpenDay",
    "OwnRules",
    "ReplicationResult",
    "SimulatedDays",
    "StepSoFar",
    "VisitSoFar",
    "formulas_beside",
    "open_days",
    "simulate_replication",
    "simulated_days",
    "visits_from_steps",
]
