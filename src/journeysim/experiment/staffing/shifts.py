"""Shifts: a roster as people can work it, by an integer programme and by moves of whole shifts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from journeysim.errors import InputError, Problem
from journeysim.experiment.staffing.search import Roster

_PREFER_FEW = 1e-4
"""Hours that a shift more costs in the programme, so that of as cheap covers the one with fewer is found."""

Shift = tuple[int, int]
"""First slot, and the slot after the last."""
Shifts = tuple[Shift, ...]
"""Ascending, one entry for each person."""


@dataclass(frozen=True)
class ShiftRule:
    """How long a shift may be.

    Attributes
    ----------
    shortest, longest : hours, 0 < shortest <= longest.
    """

    shortest: float
    longest: float


def parse_shift_hours(text: str) -> ShiftRule:
    """Read ``4..9``: shifts of at least 4 and at most 9 hours.

    Raises
    ------
    InputError
        It is no such range.
    """
    first, dots, last = text.partition("..")
    try:
        rule = ShiftRule(float(first), float(last if dots else first))
    except ValueError:
        rule = ShiftRule(math.nan, math.nan)
    if not 0 < rule.shortest <= rule.longest <= 24:
        problem, hint = "the hours of the shortest and the longest shift are required", "4..9"
        raise InputError([Problem("--shift-hours", 0, 0, "", problem, text, hint)])
    return rule


def allowed_shifts(edges: Sequence[int], rule: ShiftRule) -> list[Shift]:
    """All shifts that begin and end with a slot and are as long as the rule says.

    Parameters
    ----------
    edges : minutes of the day at which slots begin, and the end of the last.

    Raises
    ------
    InputError
        None fits into the day, or no set of them can cover every slot.
    """
    found = [
        (begin, end)
        for begin in range(len(edges) - 1)
        for end in range(begin + 1, len(edges))
        if rule.shortest * 60 <= edges[end] - edges[begin] <= rule.longest * 60
    ]
    covered = {slot for begin, end in found for slot in range(begin, end)}
    if len(covered) < len(edges) - 1:
        problem = "shifts must fit into the opening hours, slot by slot"
        hours = f"{rule.shortest:g} to {rule.longest:g} h in a day of {(edges[-1] - edges[0]) / 60:g} h"
        raise InputError([Problem("--shift-hours", 0, 0, "", problem, hours, "allow shorter shifts")])
    return found


def covered(shifts: Shifts, slots: int) -> Roster:
    """Servers on duty in each slot."""
    count = [0] * slots
    for begin, end in shifts:
        for slot in range(begin, end):
            count[slot] += 1
    return tuple(count)


def cover(needed: Roster, hours: Sequence[float], allowed: Sequence[Shift]) -> Shifts:
    """Fewest hours of shifts that put at least the needed servers into every slot.

    Parameters
    ----------
    needed : servers of each slot.
    hours : mean hours a day of each slot.
    allowed : shifts that may be worked; together they reach every slot.

    References
    ----------
    Dantzig (1954), A comment on Edie's "Traffic delays at toll booths": the set-covering programme, solved by
    HiGHS (Huangfu & Hall, 2018) through `scipy.optimize.milp`.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    matrix = np.zeros((len(needed), len(allowed)))
    for column, (begin, end) in enumerate(allowed):
        matrix[begin:end, column] = 1.0
    price = np.asarray(hours) @ matrix + _PREFER_FEW
    solved = milp(
        price,
        constraints=LinearConstraint(matrix, lb=np.asarray(needed, dtype=float)),
        integrality=np.ones(len(allowed), dtype=np.int64),
        bounds=Bounds(0, max(needed, default=0)),
        options={"mip_rel_gap": 0.0},
    )
    if not solved.success:
        raise ValueError(f"no shifts cover the servers needed: {solved.message}")
    counts = np.rint(solved.x).astype(int).tolist()
    return tuple(sorted(shift for shift, count in zip(allowed, counts, strict=True) for _ in range(count)))


@dataclass(frozen=True)
class ShiftSpace:
    """Sets of shifts: one is added, left out, made shorter or moved.

    Attributes
    ----------
    hours : mean hours a day of each slot.
    allowed : shifts that may be worked.
    least, most : servers in a slot.
    """

    hours: tuple[float, ...]
    allowed: tuple[Shift, ...]
    least: int
    most: int

    def roster(self, state: Shifts) -> Roster:
        """Servers in each slot."""
        return covered(state, len(self.hours))

    def cost(self, state: Shifts) -> float:
        """Server hours a day."""
        return math.fsum(hours for begin, end in state for hours in self.hours[begin:end])

    def additions(self, state: Shifts) -> list[Shifts]:
        """One shift more."""
        return self._possible((*state, shift) for shift in self.allowed)

    def removals(self, state: Shifts) -> list[Shifts]:
        """One shift less, or one that begins a slot later or ends a slot earlier."""
        found = []
        for shift in dict.fromkeys(state):
            rest = _without(state, shift)
            begin, end = shift
            found.append(rest)
            found += [(*rest, one) for one in ((begin + 1, end), (begin, end - 1)) if one in self.allowed]
        return self._possible(found)

    def swaps(self, state: Shifts) -> list[Shifts]:
        """One shift begins, ends or is worked a slot earlier or later, or is exchanged for a shorter one."""
        found = []
        for shift in dict.fromkeys(state):
            rest = _without(state, shift)
            for one in self.allowed:
                begins, ends = one[0] - shift[0], one[1] - shift[1]
                if one != shift and abs(begins) <= 1 and abs(ends) <= 1:
                    found.append((*rest, one))
        return self._possible(found)

    def cheaper(self, state: Shifts, most: int) -> list[Shifts] | None:  # noqa: ARG002 -- of the protocol
        """None: sets of shifts are too many to list."""
        return None

    def _possible(self, states: Iterable[Shifts]) -> list[Shifts]:
        kept = []
        for state in dict.fromkeys(tuple(sorted(one)) for one in states):
            roster = self.roster(state)
            if self.least <= min(roster) and max(roster) <= self.most:
                kept.append(state)
        return kept


def _without(state: Shifts, shift: Shift) -> Shifts:
    at = state.index(shift)
    return (*state[:at], *state[at + 1 :])
