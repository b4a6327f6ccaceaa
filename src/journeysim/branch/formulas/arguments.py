"""Refuses arguments that no queue can have; shared by the formulas."""

from __future__ import annotations

import math


def require_above(name: str, value: float, limit: float) -> None:
    """Refuse with ``ValueError`` whatever is not a finite number above ``limit``."""
    if not limit < value < math.inf:
        raise ValueError(f"{name}: must be a number above {limit:g}, found {value}")


def require_at_least(name: str, value: float, limit: float) -> None:
    """Refuse with ``ValueError`` whatever is not a finite number of at least ``limit``."""
    if not limit <= value < math.inf:
        raise ValueError(f"{name}: must be a number of at least {limit:g}, found {value}")


def require_whole(name: str, value: float, least: int) -> None:
    """Refuse with ``ValueError`` whatever is not a whole number of at least ``least``."""
    if not least <= value < math.inf or value != int(value):
        raise ValueError(f"{name}: must be a whole number of at least {least}, found {value}")


def require_patience(name: str, value: float) -> None:
    """Refuse with ``ValueError`` a patience that is not above 0; infinity is somebody who never gives up."""
    if not value > 0.0:
        raise ValueError(f"{name}: must be above 0, found {value}")
