"""Flows: how many customers of each kind come to each touchpoint in each part of a day."""

from __future__ import annotations

import numpy as np

from journeysim.branch.analytic.days import DayKind
from journeysim.branch.analytic.durations import longer_than
from journeysim.branch.analytic.network import Network, Node
from journeysim.journey import Distribution
from journeysim.units import FloatArray

_WITHIN_PART = np.array([0.125, 0.375, 0.625, 0.875])


Kernels = dict[tuple[bytes, int], tuple[Distribution, FloatArray]]
"""What `Flow` knows of services already, by the day's parts and the service's identity."""


class Flow:
    """Expected customers of a day, followed from touchpoint to touchpoint.

    Attributes
    ----------
    coming : shape (classes, states, parts), expected customers who come to each state; those from outside to
        begin with, then those passed on.
    turned : shape (states,), those of them who come because they gave up or were turned away elsewhere.
    """

    def __init__(self, network: Network, kind: DayKind, kernels: Kernels | None = None) -> None:
        self._network = network
        self._kernels: Kernels = {} if kernels is None else kernels
        self._edges = kind.edges
        self.coming = np.zeros((len(network.classes), network.states, kind.edges.size - 1))
        for row, number in enumerate(network.classes):
            self.coming[row, network.start[row]] += kind.outside[number]
        self.turned = np.zeros(network.states)

    def settle(self, cycle: tuple[Node, ...]) -> None:
        """Let those who come back within a cycle come at once, by the traffic equations."""
        states = self._inside(cycle)
        for row in range(len(self._network.classes)):
            matrix = self._network.routing[row][np.ix_(states, states)]
            self.coming[row, states] = np.linalg.solve(
                np.eye(len(states)) - matrix.T, self.coming[row, states]
            )

    def pass_on(self, cycle: tuple[Node, ...], states: list[int], finished: FloatArray) -> None:
        """Send on those who finished, shape (classes, states, parts), but not within their cycle."""
        onward = np.einsum("kij,kip->kjp", self._network.routing[:, states, :], finished)
        onward[:, self._inside(cycle)] = 0.0
        self.coming += onward

    def turn_away(self, cycle: tuple[Node, ...], state: int, target: int, turned: FloatArray) -> None:
        """Send those turned away at a state, shape (classes, parts), to another touchpoint."""
        count = len(self._network.touchpoints)
        goal = target + count * (state >= count)
        if goal not in self._inside(cycle):
            self.coming[:, goal] += turned
            self.turned[goal] += turned.sum()

    def delayed(self, come: FloatArray, service: Distribution) -> FloatArray:
        """When those who come in each part, shape (..., parts), finish a service that starts at once."""
        by_end = come @ self._done_by_end(service)
        finished = np.diff(by_end, axis=-1, prepend=0.0)
        finished[..., -1] += come.sum(axis=-1) - by_end[..., -1]
        return np.asarray(finished)

    def _done_by_end(self, service: Distribution) -> FloatArray:
        """Share of those who come in each part (rows) who have finished at the end of each part (columns)."""
        key = (self._edges.tobytes(), id(service))
        if key not in self._kernels:
            lengths = np.diff(self._edges)
            starts = self._edges[:-1, np.newaxis] + lengths[:, np.newaxis] * _WITHIN_PART
            ends = self._edges[1:]
            done = 1.0 - longer_than(service, ends[:, np.newaxis, np.newaxis] - starts)
            self._kernels[key] = (service, done.mean(axis=2).T)
        return self._kernels[key][1]

    def _inside(self, cycle: tuple[Node, ...]) -> list[int]:
        return self._network.states_of(tuple(number for node in cycle for number in node.touchpoints))
