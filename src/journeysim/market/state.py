"""The state of a market: one place per person in the network, and who lives there now.

Who dies or moves away is replaced in the same place by someone new, so the number of places never changes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from journeysim.market.behaviour import LadderRules
from journeysim.units import FloatArray, IntArray

OURS = 0
"""Number of our own bank."""

RUNGS = ("enthusiast", "active", "stable", "indifferent", "freezing", "at_risk")
FREEZING = RUNGS.index("freezing")
AT_RISK = RUNGS.index("at_risk")

Rung = Literal["enthusiast", "active", "stable", "indifferent", "freezing", "at_risk"]


@dataclass
class State:
    """Everybody in the market at a moment; all of shape (people,) unless said otherwise.

    Attributes
    ----------
    bank : number of the bank whose customer each person is.
    tenure : whole months with it.
    visits : visits to it so far.
    idle : months since the last visit, or since joining.
    satisfaction, staff, product : opinion of it, overall, of its staff and of its product, -1..1.
    rung : rung of loyalty that satisfaction has earned; freezing is seen from ``idle``, see `rungs_now`.
    held : visits in a row for which satisfaction has been above the rung.
    bad_first : whether the first visit was in this month, and bad.
    disposition : what the person adds to every score.
    heard : shape (banks, people), what circulates about each bank where the person stands, -1..1.
    known : shape (banks, people), satisfaction with a bank when it was left; NaN for one never used.
    left_bank : the bank that the place's person last left for another, -1 if never.
    left_month : when, in months; meaningless if never.
    """

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

    def heard_of_own(self) -> FloatArray:
        """What each person has heard of the bank they are with."""
        own: FloatArray = np.take_along_axis(self.heard, self.bank[None, :], axis=0)[0]
        return own


def levels(satisfaction: FloatArray, rules: LadderRules) -> IntArray:
    """Rung that satisfaction alone would earn: enthusiast, active, stable, indifferent or at risk."""
    lines = (rules.indifferent, rules.stable, rules.active, rules.enthusiast)
    # 4 lines give 0..4 lines reached; place 4 of the ladder is freezing, which is not earned.
    reached = np.searchsorted(lines, satisfaction, side="right")
    return np.where(reached == 0, AT_RISK, len(lines) - reached)


def rungs_now(
    state: State, usual_gap_months: FloatArray, rules: LadderRules, people: IntArray | None = None
) -> IntArray:
    """Rung of people; who has not come for long is freezing, unless at risk already.

    Parameters
    ----------
    usual_gap_months : shape (people,), mean time between two visits.
    people : shape (chosen,), whom; None: everybody.
    """
    chosen = slice(None) if people is None else people
    rung = state.rung[chosen]
    freezes = (state.idle[chosen] >= rules.freezing_gaps * usual_gap_months[chosen]) & (rung != AT_RISK)
    return np.where(freezes, FREEZING, rung)
