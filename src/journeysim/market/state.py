"""The state of a market: one place per person in the network, and who lives there now.

Who dies or moves away is replaced in the same place by someone new, so the number of places never changes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numba
import numpy as np
from numpy.typing import NDArray

from journeysim.market.behaviour import LadderRules
from journeysim.units import FloatArray, IntArray

OURS = 0
"""Number of our own bank."""

RUNGS = ("enthusiast", "active", "stable", "indifferent", "freezing", "at_risk")
FREEZING = RUNGS.index("freezing")
AT_RISK = RUNGS.index("at_risk")
MOST_RUNG_AT_FIRST = RUNGS.index("stable")
"""Who is new to a bank starts no higher: the rungs above are earned."""


@dataclass
class State:
    """Everybody in the market at a moment; all of shape (people,) unless said otherwise.

    Attributes
    ----------
    segment : number of the segment, which whoever comes to live in a place has as well.
    bank : number of the bank whose customer each person is.
    tenure : whole months with it.
    visits : visits to it so far.
    idle : months since the last visit, or since joining.
    satisfaction, staff, product : opinion of it, overall, of its staff and of its product, -1..1.
    rung : rung of loyalty that satisfaction has earned; freezing is seen from ``idle``, see `rung_now`.
    held : visits in a row for which satisfaction has been above the rung.
    bad_first : whether the first visit was in this month, and bad.
    disposition : what the person adds to every score.
    heard : shape (banks, people), what circulates about each bank where the person stands, -1..1.
    known : shape (banks, people), satisfaction with a bank when it was left; NaN for one never used.
    left_bank : the bank that the place's person last left for another, -1 if never.
    left_month : when, in months; meaningless if never.
    """

    segment: IntArray
    bank: IntArray
    tenure: IntArray
    visits: IntArray
    idle: IntArray
    satisfaction: FloatArray
    staff: FloatArray
    product: FloatArray
    rung: IntArray
    held: IntArray
    bad_first: NDArray[np.bool_]
    disposition: FloatArray
    heard: FloatArray
    known: FloatArray
    left_bank: IntArray
    left_month: IntArray

    @property
    def people(self) -> int:
        """Number of places."""
        return len(self.bank)

    @property
    def banks(self) -> int:
        """Number of banks."""
        return len(self.heard)

    def copy(self) -> State:
        """A state of its own, for an option that goes its own way."""
        return State(**{f.name: getattr(self, f.name).copy() for f in fields(self)})

    def customers(self) -> IntArray:
        """Shape (banks,), customers of each bank."""
        return np.bincount(self.bank, minlength=self.banks)


def ladder_lines(rules: LadderRules) -> FloatArray:
    """Satisfaction from which on each rung above at risk is earned, best first."""
    return np.array([rules.enthusiast, rules.active, rules.stable, rules.indifferent])


@numba.njit(cache=True, nogil=True)
def level_of(satisfaction, lines):  # type: ignore[no-untyped-def]
    """Rung that satisfaction alone would earn: enthusiast, active, stable, indifferent or at risk."""
    for rung in range(lines.size):
        if satisfaction >= lines[rung]:
            return rung
    return AT_RISK


def levels(satisfaction: FloatArray, rules: LadderRules) -> IntArray:
    """The same of many, shape of ``satisfaction``."""
    found: IntArray = _levels(satisfaction, ladder_lines(rules))
    return found


@numba.njit(cache=True, nogil=True)
def _levels(satisfaction, lines):  # type: ignore[no-untyped-def]
    found = np.empty(satisfaction.size, dtype=np.int64)
    for person in range(satisfaction.size):
        found[person] = level_of(satisfaction[person], lines)
    return found


@numba.njit(cache=True, nogil=True)
def rung_now(rung, idle, usual_gap_months, freezing_gaps):  # type: ignore[no-untyped-def]
    """Rung of somebody; who has not come for long is freezing, unless at risk already.

    Parameters
    ----------
    rung, idle : as in `State`.
    usual_gap_months : mean time between two visits.
    freezing_gaps : after how many of them somebody freezes.
    """
    return FREEZING if rung != AT_RISK and idle >= freezing_gaps * usual_gap_months else rung
