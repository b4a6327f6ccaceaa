"""Priority queues and networks as Markov chains: their states and rates.

What `transient_network` follows through a day.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from scipy import sparse

from journeysim.branch.formulas.markov import Moves, generator
from journeysim.units import BoolArray, FloatArray, IntArray

MOST_STATES = 2_000_000
"""Largest chain that is tried; beyond it a day takes many minutes."""


@dataclass(frozen=True)
class PriorityClass:
    """A class of customers of a queue with priorities.

    Parameters
    ----------
    arrivals_per_hour : > 0.
    service_mean_min : minutes, > 0.
    service_phases : service is Erlang with so many phases, >= 1 (1: exponential, cv = 1/sqrt(phases)).
    patience_mean_min : mean of an exponential patience, minutes; infinity: nobody gives up.
    """

    arrivals_per_hour: float
    service_mean_min: float
    service_phases: int = 1
    patience_mean_min: float = math.inf


class PriorityChain:
    """States of a priority queue: who is in service, by class and phase; then how many wait, by class.

    The states with a free server come first, one for each way to fill some of the servers (the empty one
    first of all); then, for each way to fill all of them, a grid of the numbers waiting.
    """

    def __init__(self, classes: Sequence[PriorityClass], servers: int, places: IntArray) -> None:
        self.classes, self.places = classes, places
        self.cells = [(kind, phase) for kind, c in enumerate(classes) for phase in range(c.service_phases)]
        self.shape = tuple((places + 1).tolist())
        grid = math.prod(self.shape)
        free = [fill for busy in range(servers) for fill in self._fillings(busy)]
        full = self._fillings(servers)
        self.first_full = len(free)
        self.states = len(free) + len(full) * grid
        _refuse_too_large(self.states)
        self.first = {fill: number for number, fill in enumerate(free)}
        self.first |= {fill: len(free) + number * grid for number, fill in enumerate(full)}
        self.free, self.full = free, full
        self.grid = np.arange(grid)
        self.line = np.indices(self.shape).reshape(len(classes), grid)
        self.strides = np.array([math.prod(self.shape[kind + 1 :]) for kind in range(len(classes))])
        nobody = np.zeros((len(classes), len(free)))
        self.waiting = np.hstack([nobody, np.tile(self.line, len(full))]).astype(np.float64)

    def at_end(self, kind: int) -> IntArray:
        """States whose arrivals of a class would fall off."""
        return np.flatnonzero(self.waiting[kind] == self.places[kind])

    def generator(self, arrivals_per_min: FloatArray) -> sparse.csr_array:
        """Rates while each class arrives so often."""
        moves: list[Moves] = []
        for fill in self.free:
            here, single = np.array([self.first[fill]]), np.array([0])
            for kind, per_min in enumerate(arrivals_per_min):
                moves.append(self._to(here, self._moved(fill, into=(kind, 0)), single, per_min))
            moves.extend(
                self._to(here, self._next(fill, cell), single, self._per_min(fill, cell))
                for cell in self._busy_cells(fill)
            )
        for fill in self.full:
            here = self.first[fill] + self.grid
            for kind, per_min in enumerate(arrivals_per_min):
                room = self.line[kind] < self.places[kind]
                moves.append(self._to(here[room], fill, self.grid[room] + self.strides[kind], per_min))
                some = self.line[kind] > 0
                giving_up = self.line[kind, some] / self.classes[kind].patience_mean_min
                moves.append(self._to(here[some], fill, self.grid[some] - self.strides[kind], giving_up))
            for cell in self._busy_cells(fill):
                per_min = self._per_min(fill, cell)
                if cell[1] + 1 < self.classes[cell[0]].service_phases:
                    moves.append(self._to(here, self._next(fill, cell), self.grid, per_min))
                else:
                    moves.extend(self._take_next(here, self._moved(fill, out_of=cell), per_min))
        return generator(self.states, moves)

    def _take_next(self, here: IntArray, left: tuple[int, ...], per_min: float) -> list[Moves]:
        """The freed server takes the first of the best class that waits, or stays free."""
        better_wait = np.zeros(self.grid.size, dtype=bool)
        moves = []
        for kind in range(len(self.classes)):
            taken = (self.line[kind] > 0) & ~better_wait
            better_wait |= taken
            into = self._moved(left, into=(kind, 0))
            moves.append(self._to(here[taken], into, self.grid[taken] - self.strides[kind], per_min))
        moves.append(self._to(here[:1], left, self.grid[:1], per_min))
        return moves

    def _to(
        self, source: IntArray, fill: tuple[int, ...], line: IntArray, per_min: float | FloatArray
    ) -> Moves:
        """Moves to servers filled so, with these places in the grid of numbers waiting."""
        return Moves(source, self.first[fill] + line, np.broadcast_to(np.float64(per_min), source.shape))

    def _next(self, fill: tuple[int, ...], cell: tuple[int, int]) -> tuple[int, ...]:
        """Filling after one of a cell has finished a phase and, if it was the last, gone."""
        kind, phase = cell
        if phase + 1 < self.classes[kind].service_phases:
            return self._moved(fill, out_of=cell, into=(kind, phase + 1))
        return self._moved(fill, out_of=cell)

    def _moved(
        self,
        fill: tuple[int, ...],
        out_of: tuple[int, int] | None = None,
        into: tuple[int, int] | None = None,
    ) -> tuple[int, ...]:
        """A filling with one customer fewer in one cell, one more in another."""
        counts = list(fill)
        if out_of is not None:
            counts[self.cells.index(out_of)] -= 1
        if into is not None:
            counts[self.cells.index(into)] += 1
        return tuple(counts)

    def _busy_cells(self, fill: tuple[int, ...]) -> list[tuple[int, int]]:
        return [cell for cell, count in zip(self.cells, fill, strict=True) if count]

    def _per_min(self, fill: tuple[int, ...], cell: tuple[int, int]) -> float:
        """Rate at which a phase ends for one of the customers in a cell."""
        kind = self.classes[cell[0]]
        return fill[self.cells.index(cell)] * kind.service_phases / kind.service_mean_min

    def _fillings(self, busy: int) -> list[tuple[int, ...]]:
        """All ways to have so many in service."""
        choices = combinations_with_replacement(range(len(self.cells)), busy)
        return [tuple(choice.count(cell) for cell in range(len(self.cells))) for choice in choices]


class NetworkChain:
    """States of a network: a grid of the customers at each node, waiting or in service."""

    def __init__(
        self, service_mean_min: Sequence[float], servers: Sequence[int], routing: FloatArray, places: IntArray
    ) -> None:
        shape = tuple((places + 1).tolist())
        self.nodes, self.states = len(shape), math.prod(shape)
        _refuse_too_large(self.states)
        self.routing, self.places = routing, places
        self.present = np.indices(shape).reshape(self.nodes, self.states)
        self.strides = [math.prod(shape[node + 1 :]) for node in range(self.nodes)]
        self.servers = np.asarray(servers)[:, np.newaxis]
        self.waiting = np.maximum(self.present - self.servers, 0).astype(np.float64)
        self.ends_per_min = (
            np.minimum(self.present, self.servers) / np.asarray(service_mean_min)[:, np.newaxis]
        )

    def generator(self, outside_per_min: FloatArray) -> sparse.csr_array:
        """Rates while each node gets so many from outside."""
        moves = []
        for node in range(self.nodes):
            room = np.flatnonzero(self.present[node] < self.places[node])
            coming = np.full(room.size, outside_per_min[node])
            moves.append(Moves(room, room + self.strides[node], coming))
            some = np.flatnonzero(self.present[node] > 0)
            left, ends = some - self.strides[node], self.ends_per_min[node, some]
            moves.append(Moves(some, left, ends * (1.0 - self.routing[node].sum())))
            for after in range(self.nodes):
                if after != node:
                    fits = self.present[after, some] < self.places[after]
                    target = left + np.where(fits, self.strides[after], 0)
                    moves.append(Moves(some, target, ends * self.routing[node, after]))
        return generator(self.states, [move for move in moves if move.per_min.any()])

    def lost(self, outside_per_min: FloatArray, during: FloatArray, after: FloatArray) -> FloatArray:
        """Expected steps that fall off the end of each node, shape (nodes,)."""
        at_end = self.present == self.places[:, np.newaxis]
        return self._arrivals_where(at_end, at_end & False, outside_per_min, during, after)

    def waited(self, outside_per_min: FloatArray, during: FloatArray, after: FloatArray) -> FloatArray:
        """Expected steps that find every server of their node busy, shape (nodes,)."""
        busy, others_fill = self.present >= self.servers, self.present > self.servers
        return self._arrivals_where(busy, others_fill, outside_per_min, during, after)

    def _arrivals_where(
        self,
        found: BoolArray,
        found_by_returning: BoolArray,
        outside_per_min: FloatArray,
        during: FloatArray,
        after: FloatArray,
    ) -> FloatArray:
        """Expected steps that begin in some states of their node, shape (nodes,)."""
        counts = outside_per_min * (found @ during)
        for node in range(self.nodes):
            moving = self.ends_per_min[node] * (during + after)
            for to in range(self.nodes):
                where = found_by_returning[to] if to == node else found[to]
                counts[to] += self.routing[node, to] * float(where @ moving)
        return counts


def _refuse_too_large(states: int) -> None:
    if states > MOST_STATES:
        raise ValueError(
            f"queue: needs {states} states to be followed exactly, more than {MOST_STATES}, "
            "hint: fewer servers, phases, classes or nodes, or less load"
        )
