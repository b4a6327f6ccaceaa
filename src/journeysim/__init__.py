"""Simulates a bank's customer journey, from the branch day to the customers who stay.

The public names of this package are imported when they are first used, so that ``import journeysim`` and
``journeysim --help`` stay quick. Every other module is private to its package unless that package's
``__init__`` hands it on.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from journeysim.errors import InputError, JourneySimError, Problem, StoppedEarly

__all__ = ["InputError", "JourneySimError", "Problem", "StoppedEarly"]

_HOMES = {
    "InputError": "journeysim.errors",
    "JourneySimError": "journeysim.errors",
    "Problem": "journeysim.errors",
    "StoppedEarly": "journeysim.errors",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value: object = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
