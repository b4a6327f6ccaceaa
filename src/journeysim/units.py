"""Ticks: the one unit of time that the simulation computes in.

A tick is 2**-20 minutes (57 microseconds). Whole ticks add without rounding, so the order of addition
cannot matter, which is what makes engines, chunks and machines agree.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

TICKS_PER_MINUTE = 1 << 20
NEVER = 1 << 62
"""A tick that no simulated day reaches: the patience of somebody who never gives up."""

MINUTES_PER_DAY = 24 * 60
LONGEST = 3660 * MINUTES_PER_DAY * TICKS_PER_MINUTE
"""Ticks in ten years, the longest duration that a map may give, so that sums of them stay inside 64 bits."""


def to_ticks(minutes: float) -> int:
    """Nearest whole number of ticks to a duration or time of day in minutes."""
    return round(minutes * TICKS_PER_MINUTE)


def array_to_ticks(minutes: FloatArray) -> IntArray:
    """Nearest whole ticks to each of ``minutes``; anything longer than `LONGEST` becomes `NEVER`."""
    scaled = np.rint(minutes * TICKS_PER_MINUTE)
    return np.where(scaled <= LONGEST, scaled, NEVER).astype(np.int64)


def to_minutes(ticks: IntArray | int) -> FloatArray:
    """Minutes that a number of ticks lasts (exact: a division by a power of two)."""
    return np.asarray(ticks, dtype=np.float64) / TICKS_PER_MINUTE
