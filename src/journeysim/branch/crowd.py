"""People of a market from whom a branch's visitors come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from journeysim.branch.luck import Address, Luck
from journeysim.units import BoolArray, FloatArray, IntArray

STRANGER = -1
"""Stands for a person who is not of the market, as all are where there is none."""

_MOST_NAMED = 200
"""So many people are named for a booking before nobody takes it."""


@dataclass(frozen=True)
class Crowd:
    """The people of a market who live where a branch is near.

    Attributes
    ----------
    place : name of the branch, in the addresses of its arrivals; empty where there is only one.
    members : by segment of the map, who they are.
    excess : shape (segments,), members per customer of the branch at the start: so many times as often as the
        map says does the crowd come to a branch, this one or another bank's.
    """

    place: str
    members: tuple[IntArray, ...]
    excess: FloatArray

    def anybody(self, segment: IntArray, who: Address, luck: Luck, nth: int = 0) -> IntArray:
        """Whom each address names, shape (addresses,): any member of its segment is as likely.

        Parameters
        ----------
        segment : shape (addresses,).
        nth : addresses may name several people, one after the other.
        """
        person = np.full(segment.size, STRANGER, dtype=np.int64)
        u = luck.uniforms("arrivals/person" if nth == 0 else f"arrivals/person\0{nth}", who)
        for number, members in enumerate(self.members):
            mine = segment == number
            if members.size:
                person[mine] = members[(u[mine] * members.size).astype(np.int64)]
        return person


@dataclass(frozen=True)
class Attendance:
    """Who of a crowd comes to the branch now.

    Attributes
    ----------
    crowd : everybody who lives near.
    is_customer : shape (people of the market,), who is with the branch's bank.
    """

    crowd: Crowd
    is_customer: BoolArray

    def comes(self, person: IntArray) -> BoolArray:
        """Whether each is a customer of the branch, shape of ``person``."""
        found: BoolArray = self.is_customer[person] & (person != STRANGER)
        return found

    def bookers(self, segment: IntArray, who: Address, luck: Luck) -> IntArray:
        """Customers who take the bookings of a list, or `STRANGER` for a booking that nobody takes.

        The list is of the branch at the start. As its customers become fewer, so do the bookings taken; when
        they become more, the list stays as long as it is. Each is taken by the first customer among the
        people that it names, so that nobody else's booking moves when one customer leaves.

        Parameters
        ----------
        segment : shape (bookings,).
        who : whose luck each booking has.
        """
        person = np.full(segment.size, STRANGER, dtype=np.int64)
        taken = luck.uniforms("arrivals/booking", who) < self._customers_left()[segment]
        for nth in range(1, _MOST_NAMED + 1):
            open_still = np.flatnonzero(taken & (person == STRANGER))
            if open_still.size == 0:
                break
            named = self.crowd.anybody(segment[open_still], who[open_still], luck, nth)
            coming = self.comes(named)
            person[open_still[coming]] = named[coming]
        return person

    def _customers_left(self) -> FloatArray:
        """Customers now per customer at the start, by segment."""
        return np.array(
            [
                self.is_customer[members].sum() * excess / max(members.size, 1)
                for members, excess in zip(self.crowd.members, self.crowd.excess, strict=True)
            ]
        )
