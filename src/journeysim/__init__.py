"""Simulates a bank's customer journey, from the branch day to the customers who stay.

The public names of this package are imported when they are first used, so that ``import journeysim`` and
``journeysim --help`` stay quick. Every other module is private to its package unless that package's
``__init__`` hands it on.
"""

from __future__ import annotations

import importlib
import importlib.metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from journeysim import report
    from journeysim.branch import OwnRules, VisitSoFar, formulas
    from journeysim.errors import InputError, JourneySimError, Problem, StoppedEarly
    from journeysim.experiment import Run, Scenario, load_scenario, open_run, run, what_if
    from journeysim.journey import Journey, load_journey

    __version__: str

__all__ = [
    "InputError",
    "Journey",
    "JourneySimError",
    "OwnRules",
    "Problem",
    "Run",
    "Scenario",
    "StoppedEarly",
    "VisitSoFar",
    "__version__",
    "formulas",
    "load_journey",
    "load_scenario",
    "open_run",
    "report",
    "run",
    "what_if",
]

_MODULES = {"formulas": "journeysim.branch.formulas", "report": "journeysim.report"}
_HOMES = {
    "InputError": "journeysim.errors",
    "Journey": "journeysim.journey",
    "JourneySimError": "journeysim.errors",
    "OwnRules": "journeysim.branch",
    "Problem": "journeysim.errors",
    "Run": "journeysim.experiment",
    "Scenario": "journeysim.experiment",
    "StoppedEarly": "journeysim.errors",
    "VisitSoFar": "journeysim.branch",
    "load_journey": "journeysim.journey",
    "load_scenario": "journeysim.experiment",
    "open_run": "journeysim.experiment",
    "run": "journeysim.experiment",
    "what_if": "journeysim.experiment",
}


def __getattr__(name: str) -> object:
    value: object
    if name == "__version__":
        value = importlib.metadata.version("journeysim")
    elif name in _MODULES:
        value = importlib.import_module(_MODULES[name])
    elif name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name]), name)
    else:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
