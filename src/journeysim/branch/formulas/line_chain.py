"""Lines in front of one staff as a Markov chain: phases of service, priorities, patience, balking, rosters.

The states and rates that `transient_lines` follows through a day.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from scipy import sparse

from journeysim.branch.formulas.markov import Moves
from journeysim.branch.formulas.phases import Phases
from journeysim.units import FloatArray, IntArray

MOST_GONE = 1.0
"""Most that give up at one place in a line, as a rate in the time between two arrivals: as many as come."""


@dataclass(frozen=True)
class Patience:
    """How long customers wait before they give up, as the share still waiting at some ages.

    Parameters
    ----------
    ages_min : minutes, ascending from 0.
    left : share whose patience is longer, 1 at age 0, > 0. Between two ages, and beyond the last, the rate of
        giving up does not change, so that two ages say everything of an exponential.
    """

    ages_min: tuple[float, ...]
    left: tuple[float, ...]

    @classmethod
    def exponential(cls, mean_min: float) -> Patience:
        """Patience with the same rate of giving up at every age."""
        return cls((0.0, mean_min), (1.0, math.exp(-1.0)))

    @property
    def is_exponential(self) -> bool:
        """Whether the rate of giving up is the same at every age."""
        return len(self.ages_min) == 2

    def giving_up_per_min(self, arrivals_per_min: float, places: int) -> FloatArray:
        """Rate at which somebody in a line gives up, by the number waiting there, shape (places + 1,).

        The customer at place j from the end of the line has waited for about the time in which j arrive.

        References
        ----------
        Whitt (2005), "Engineering solution of a basic call-center model", Management Science 51, section 3.
        Exact for exponential patience.
        """
        apart_min = 1.0 / arrivals_per_min
        ages = np.arange(places + 1) * apart_min
        known, gone = np.array(self.ages_min), -np.log(self.left)
        last = (gone[-1] - gone[-2]) / (known[-1] - known[-2])
        cumulated = np.interp(ages, known, gone) + last * np.maximum(ages - known[-1], 0.0)
        each = np.diff(cumulated) / apart_min
        if not self.is_exponential:
            each = np.minimum(each, MOST_GONE / apart_min)
        return np.concatenate(([0.0], np.cumsum(each)))


@dataclass(frozen=True)
class Line:
    """Customers who wait in order of arrival among themselves.

    Parameters
    ----------
    service : number of their service among the chain's.
    queue : lines with the same number share ``capacity`` and ``balk_length``.
    patience : None where nobody gives up.
    capacity : people waiting in the queue at which an arrival is rejected; None: no limit.
    balk_length : people waiting in the queue at which an arrival may balk; None: nobody does.
    balk_probability : of those, the share that balks.
    """

    service: int = 0
    queue: int = 0
    patience: Patience | None = None
    capacity: int | None = None
    balk_length: int | None = None
    balk_probability: float = 1.0


Fill = tuple[int, ...]
"""How many are in service in each phase of each service."""


class LineChain:
    """States: who is in service, by phase; then how many wait, by line.

    While fewer are in service than there are servers nobody waits. More can be in service than on duty after
    the roster fell; whoever then finishes leaves, and takes no next customer.

    Parameters
    ----------
    servers : on duty, >= 0.
    most_busy : servers that can be busy at once, >= servers.
    services : what a line's ``service`` counts.
    lines : first served first.
    places : customers who can wait, by line.
    """

    def __init__(
        self,
        servers: int,
        most_busy: int,
        services: Sequence[Phases],
        lines: Sequence[Line],
        places: Sequence[int],
    ) -> None:
        self.servers, self.most_busy, self.lines, self.places = servers, most_busy, lines, places
        self._services = services
        self._cells = [(kind, phase) for kind, s in enumerate(services) for phase in range(len(s.per_min))]
        self._start = [self._cells.index((line.service, 0)) for line in lines]
        shape = tuple(count + 1 for count in places)
        self._grid = np.arange(math.prod(shape))
        self._line = np.indices(shape).reshape(len(lines), self._grid.size)
        self._strides = [math.prod(shape[k + 1 :]) for k in range(len(lines))]
        self._free = [fill for busy in range(servers) for fill in self._fillings(busy)]
        self._full = [fill for busy in range(servers, most_busy + 1) for fill in self._fillings(busy)]
        first_full = len(self._free)
        self._first = {fill: number for number, fill in enumerate(self._free)}
        self._first |= {fill: first_full + n * self._grid.size for n, fill in enumerate(self._full)}
        self.states = first_full + len(self._full) * self._grid.size
        nobody = np.zeros((len(lines), first_full), dtype=np.int64)
        self.waiting = np.hstack([nobody, np.tile(self._line, len(self._full))])
        self.all_busy = np.arange(self.states) >= first_full
        self.rejects = np.zeros((len(lines), self.states))
        self.balks = np.zeros((len(lines), self.states))
        self.at_end = (self.waiting == np.array(places)[:, np.newaxis]) & self.all_busy
        for k, line in enumerate(lines):
            together = self.waiting[[other.queue == line.queue for other in lines]].sum(axis=0)
            if line.capacity is not None:
                self.rejects[k] = self.all_busy & (together >= line.capacity)
            if line.balk_length is not None:
                considers = self.all_busy & (together >= line.balk_length)
                self.balks[k] = considers * line.balk_probability * (1.0 - self.rejects[k])
        self.joins = 1.0 - self.rejects - self.balks
        self._service_moves = self._moves_of_service()
        self._arrival_moves = [self._moves_of_arrivals(k) for k in range(len(lines))]

    @property
    def empty(self) -> int:
        """State with nobody inside."""
        return self._first[(0,) * len(self._cells)]

    def giving_up(self, arrivals_per_min: Sequence[float]) -> FloatArray:
        """Rate at which somebody gives up, by line and state, when each line gets so many arrivals."""
        rates = np.zeros(self.waiting.shape)
        for k, line in enumerate(self.lines):
            if line.patience is not None:
                by_count = line.patience.giving_up_per_min(arrivals_per_min[k], self.places[k])
                rates[k] = by_count[self.waiting[k]]
        return rates

    def finishing(self) -> FloatArray:
        """Rate at which services end, by service and state."""
        rates = np.zeros((len(self._services), self.states))
        sizes = np.concatenate([np.ones(len(self._free)), np.full(len(self._full), self._grid.size)])
        for at, (kind, phase) in enumerate(self._cells):
            busy = np.repeat([fill[at] for fill in (*self._free, *self._full)], sizes.astype(np.int64))
            service = self._services[kind]
            rates[kind] += busy * service.per_min[phase] * service.ends[phase]
        return rates

    def forwards(self, arrivals_per_min: Sequence[float], giving_up: FloatArray) -> sparse.csr_array:
        """Transposed generator: what drives probabilities forwards."""
        moves = list(self._service_moves)
        for k, rate in enumerate(arrivals_per_min):
            if rate > 0.0:
                joining = self._arrival_moves[k]
                moves.append(Moves(joining.source, joining.target, joining.per_min * rate))
            some = np.flatnonzero(giving_up[k])
            moves.append(Moves(some, some - self._strides[k], giving_up[k, some]))
        source = np.concatenate([move.source for move in moves])
        target = np.concatenate([move.target for move in moves])
        per_min = np.concatenate([move.per_min for move in moves])
        leaving = np.bincount(source, weights=per_min, minlength=self.states)
        everyone = np.arange(self.states)
        rates = np.concatenate((per_min, -leaving))
        where = (np.concatenate((target, everyone)), np.concatenate((source, everyone)))
        return sparse.csr_array((rates, where), shape=(self.states, self.states))

    def successor(self, after: LineChain) -> IntArray:
        """State of the next period's chain that each state becomes: who comes on duty takes customers."""
        target = np.empty(self.states, dtype=np.int64)
        for fill in (*self._free, *self._full):
            here = self._first[fill]
            if sum(fill) < self.servers:
                target[here] = after._first[fill]
                continue
            room = max(0, after.servers - sum(fill))
            taken = np.zeros_like(self._line)
            for k in range(len(self.lines)):
                taken[k] = np.minimum(self._line[k], room - taken.sum(axis=0))
            left = np.array(self._strides) @ (self._line - taken)
            for way in np.unique(taken, axis=1).T:
                these = np.flatnonzero((taken == way[:, np.newaxis]).all(axis=0))
                into = list(fill)
                for k, count in enumerate(way.tolist()):
                    into[self._start[k]] += count
                target[here + these] = after._first[tuple(into)] + left[these]
        return target

    def with_nobody_waiting(self) -> IntArray:
        """State that each state becomes when all who wait go."""
        gone = np.arange(self.states)
        for fill in self._full:
            gone[self._first[fill] + self._grid] = self._first[fill]
        return gone

    def _moves_of_service(self) -> list[Moves]:
        single = np.array([0])
        moves: list[Moves] = []
        for fill in (*self._free, *self._full):
            is_full = sum(fill) >= self.servers
            here = self._first[fill] + (self._grid if is_full else single)
            for at, count in enumerate(fill):
                if not count:
                    continue
                kind, phase = self._cells[at]
                per_min, ends = self._services[kind].per_min[phase], self._services[kind].ends[phase]
                if ends < 1.0:
                    onward = self._first[_moved(fill, out_of=at, into=at + 1)] + (here - here[0])
                    moves.append(_moves(here, onward, count * per_min * (1.0 - ends)))
                if ends == 0.0:
                    continue
                left = _moved(fill, out_of=at)
                if sum(fill) < self.servers:
                    moves.append(_moves(here, self._first[left] + single, count * per_min * ends))
                elif sum(fill) > self.servers:
                    moves.append(_moves(here, self._first[left] + self._grid, count * per_min * ends))
                else:
                    moves.extend(self._take_next(here, left, count * per_min * ends))
        return moves

    def _take_next(self, here: IntArray, left: Fill, per_min: float) -> list[Moves]:
        """The freed server takes the first of the best line that has anyone, or stays free."""
        better_wait = np.zeros(self._grid.size, dtype=bool)
        moves = []
        for k in range(len(self.lines)):
            taken = (self._line[k] > 0) & ~better_wait
            better_wait |= taken
            into = self._first[_moved(left, into=self._start[k])]
            moves.append(_moves(here[taken], into + self._grid[taken] - self._strides[k], per_min))
        moves.append(_moves(here[:1], np.array([self._first[left]]), per_min))
        return moves

    def _moves_of_arrivals(self, k: int) -> Moves:
        """Moves of a line's arrivals, one a minute; who would find no place in the chain falls off."""
        free = np.array([self._first[fill] for fill in self._free], dtype=np.int64)
        started = [self._first[_moved(fill, into=self._start[k])] for fill in self._free]
        joining = np.flatnonzero(self.all_busy & ~self.at_end[k] & (self.joins[k] > 0.0))
        return Moves(
            source=np.concatenate((free, joining)),
            target=np.concatenate((np.array(started, dtype=np.int64), joining + self._strides[k])),
            per_min=np.concatenate((np.ones(free.size), self.joins[k, joining])),
        )

    def _fillings(self, busy: int) -> list[Fill]:
        """All ways to have so many in service."""
        choices = combinations_with_replacement(range(len(self._cells)), busy)
        return [tuple(choice.count(cell) for cell in range(len(self._cells))) for choice in choices]


def states_needed(servers: int, most_busy: int, cells: int, places: Sequence[int]) -> int:
    """Number of states of a `LineChain`, known before it is built."""
    free = math.comb(servers - 1 + cells, cells) if servers else 0
    return free + (math.comb(most_busy + cells, cells) - free) * math.prod(count + 1 for count in places)


def _moves(source: IntArray, target: IntArray, per_min: float) -> Moves:
    return Moves(source, target, np.full(source.size, per_min))


def _moved(fill: Fill, out_of: int | None = None, into: int | None = None) -> Fill:
    """A filling with one customer fewer in one cell, one more in another."""
    counts = list(fill)
    if out_of is not None:
        counts[out_of] -= 1
    if into is not None:
        counts[into] += 1
    return tuple(counts)
