"""Who knows whom: an undirected network of strong and weak ties in compact arrays.

The neighbours of person ``i`` are ``tie[first[i]:first[i + 1]]``, in ascending order; every tie stands twice,
once for each of its ends (a *half-tie*). A million people with 16 ties each take 88 MB.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from journeysim.units import BoolArray, IntArray

PersonArray = NDArray[np.int32]
"""Numbers of people, from 0."""

MOST_PEOPLE = 2**30
"""People in the largest network: a person's number and a flag fit into 32 bits."""

_INSERTION_SORT_UP_TO = 48


@dataclass(frozen=True, eq=False)
class Network:
    """An undirected network without self ties or double ties.

    Attributes
    ----------
    first : shape (people + 1,), where each person's half-ties begin.
    tie : shape (2 * ties,), the neighbour at each half-tie; ascending for each person.
    strong : shape (2 * ties,), whether the tie is strong; the same at both of its ends.
    """

    first: IntArray
    tie: PersonArray
    strong: BoolArray

    @classmethod
    def of_pairs(
        cls, people: int, one: PersonArray, other: PersonArray, strong: BoolArray | None = None
    ) -> Network:
        """Network of the ties between ``one`` and ``other``, each tie named once.

        Parameters
        ----------
        people : how many there are, tied or not.
        one, other : shape (ties,), the ends of each tie, 0 to ``people - 1``.
        strong : shape (ties,); all are strong if left out.

        Raises
        ------
        ValueError
            An end is no person, a tie leads to its own start, or one stands twice.
        """
        check_people(people)
        one, other = np.asarray(one, dtype=np.int64), np.asarray(other, dtype=np.int64)
        if one.shape != other.shape or one.ndim != 1:
            raise ValueError("both ends of the ties must be lists of one length")
        if one.size and not (min(one.min(), other.min()) >= 0 and max(one.max(), other.max()) < people):
            raise ValueError(f"the ends of ties must be numbers of people, 0 to {people - 1}")
        if np.any(one == other):
            raise ValueError("a tie must not lead to its own start")
        strong = np.ones(one.size, dtype=np.bool_) if strong is None else np.asarray(strong, dtype=np.bool_)
        if strong.shape != one.shape:
            raise ValueError("there must be one strength a tie")
        network = network_of(people, one.astype(np.int32), other.astype(np.int32), strong)
        owner = np.repeat(np.arange(people), network.ties)
        if np.any((owner[1:] == owner[:-1]) & (network.tie[1:] == network.tie[:-1])):
            raise ValueError("a tie must not stand twice")
        return network

    @classmethod
    def without_ties(cls, people: int) -> Network:
        """Network of people who know nobody."""
        check_people(people)
        nobody = np.empty(0, dtype=np.int32)
        return network_of(people, nobody, nobody, np.empty(0, dtype=np.bool_))

    @property
    def people(self) -> int:
        """How many people there are."""
        return self.first.size - 1

    @property
    def ties(self) -> IntArray:
        """Ties of each person, shape (people,)."""
        return np.diff(self.first)

    @property
    def mean_ties(self) -> float:
        """Mean number of ties a person."""
        return self.tie.size / self.people

    @property
    def onward_ties(self) -> float:
        """Mean number of further ties of who stands at the end of a tie; 0 where there are no ties.

        References
        ----------
        Newman (2003), The structure and function of complex networks: the mean excess degree.
        """
        if self.tie.size == 0:
            return 0.0
        ties = self.ties.astype(np.float64)
        return float((ties * (ties - 1)).sum() / ties.sum())

    @property
    def bytes(self) -> int:
        """Memory of the arrays, bytes."""
        return self.first.nbytes + self.tie.nbytes + self.strong.nbytes

    def of(self, person: int) -> PersonArray:
        """The people tied to a person, ascending."""
        return self.tie[self.first[person] : self.first[person + 1]]


def check_people(people: int) -> None:
    """Raise a ValueError unless a network can have so many people."""
    if not 1 <= people <= MOST_PEOPLE:
        raise ValueError(f"a network has 1 to {MOST_PEOPLE} people, not {people}")


def network_of(people: int, one: PersonArray, other: PersonArray, strong: BoolArray) -> Network:
    """Network of pairs that are known to be proper ones; pairs whose ``other`` is negative are left out."""
    first, packed = _half_ties(people, one, other, strong)
    return Network(first, (packed >> np.uint32(1)).astype(np.int32), (packed & np.uint32(1)).astype(np.bool_))


@numba.njit(cache=True, nogil=True)
def _half_ties(people, one, other, strong):  # type: ignore[no-untyped-def]
    """Begin of each person's half-ties, and the half-ties as neighbour * 2 + strong, ascending."""
    first = np.zeros(people + 1, dtype=np.int64)
    for pair in range(one.size):
        if other[pair] >= 0:
            first[one[pair] + 1] += 1
            first[other[pair] + 1] += 1
    for person in range(people):
        first[person + 1] += first[person]
    place = first[:-1].copy()
    packed = np.empty(first[people], dtype=np.uint32)
    for pair in range(one.size):
        if other[pair] >= 0:
            flag = np.uint32(1) if strong[pair] else np.uint32(0)
            packed[place[one[pair]]] = (np.uint32(other[pair]) << np.uint32(1)) | flag
            place[one[pair]] += 1
            packed[place[other[pair]]] = (np.uint32(one[pair]) << np.uint32(1)) | flag
            place[other[pair]] += 1
    for person in range(people):
        row = packed[first[person] : first[person + 1]]
        if row.size > _INSERTION_SORT_UP_TO:
            row.sort()
            continue
        for i in range(1, row.size):
            value = row[i]
            j = i - 1
            while j >= 0 and row[j] > value:
                row[j + 1] = row[j]
                j -= 1
            row[j + 1] = value
    return first, packed
