"""Continuous-time Markov chains: where one is after a while, and how long it was where.

The arithmetic under the transient formulas; knows nothing of queues.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from journeysim.units import FloatArray, IntArray

_BLOCK = 16
"""Terms that are summed together; after each block is looked at whether the vector has settled."""


@dataclass(frozen=True)
class Moves:
    """Transitions of one kind: from each ``source`` to the ``target`` at the same place.

    Parameters
    ----------
    source, target : shape (moves,), numbers of states.
    per_min : shape (moves,), rates >= 0, per minute.
    """

    source: IntArray
    target: IntArray
    per_min: FloatArray


@dataclass(frozen=True)
class Evolution:
    """What `evolve` returns, both of the shape of its vector.

    Parameters
    ----------
    end : the vector after the given minutes.
    integral : the vector integrated over those minutes.
    """

    end: FloatArray
    integral: FloatArray


def generator(states: int, moves: Sequence[Moves]) -> sparse.csr_array:
    """Generator of a chain: rates off the diagonal, minus each state's total rate on it, per minute."""
    source = np.concatenate([move.source for move in moves])
    target = np.concatenate([move.target for move in moves])
    per_min = np.concatenate([move.per_min for move in moves])
    leaving = np.bincount(source, weights=per_min, minlength=states)
    everyone = np.arange(states)
    rates = np.concatenate((per_min, -leaving))
    places = (np.concatenate((source, everyone)), np.concatenate((target, everyone)))
    return sparse.csr_array((rates, places), shape=(states, states))


def terms_needed(matrix: sparse.csr_array, minutes: float, deviations: float = 10.0) -> int:
    """Products of matrix and vector that `evolve` takes."""
    expected = _fastest_per_min(matrix) * minutes
    return int(expected + deviations * (math.sqrt(expected) + 4.0))


def evolve(
    matrix: sparse.csr_array,
    vector: FloatArray,
    minutes: float,
    deviations: float = 10.0,
    settled: float = 0.0,
) -> Evolution:
    """Solve y' = matrix y from ``vector`` over ``minutes``, exactly but for rounding.

    Uniformisation: the matrix exponential becomes a Poisson mixture of powers of I + matrix / r, r the
    largest total rate. Nothing negative is ever added, so small probabilities keep their relative accuracy;
    the mixture ends where what is left is below 1e-18, or below 1e-9 with 6 ``deviations``.

    Parameters
    ----------
    matrix : square, off-diagonal entries >= 0, diagonal <= 0, per minute: the transpose of a generator for
        probabilities (forwards), a generator for expected rewards (backwards).
    vector : shape (states,), >= 0.
    minutes : >= 0.
    deviations : standard deviations of the Poisson mixture that are taken in.
    settled : for probabilities: change still to come, summed over the states, below which the vector is taken
        to have settled. The bound holds, for a step of a chain never makes a difference larger.

    References
    ----------
    Jensen (1953); Grassmann (1977), "Transient solutions in Markovian queueing systems".
    """
    fastest_per_min = _fastest_per_min(matrix)
    expected = fastest_per_min * minutes
    terms = terms_needed(matrix, minutes, deviations)
    counts = np.arange(1, terms + 1)
    with np.errstate(divide="ignore"):
        exponents = counts * np.log(expected) - np.cumsum(np.log(counts))
    weights = np.exp(np.concatenate(([0.0], exponents)) - expected)
    weights /= weights.sum()
    later = np.concatenate((np.cumsum(weights[:0:-1])[::-1], [0.0])) / fastest_per_min
    step = sparse.csr_array(sparse.eye_array(matrix.shape[0]) + matrix / fastest_per_min)
    shares = np.array([weights, later])
    sums = shares[:, :1] * vector
    block = np.empty((_BLOCK, vector.size))
    current = vector
    for first in range(1, weights.size, _BLOCK):
        of_block = block[: min(_BLOCK, weights.size - first)]
        for row in of_block:
            current = step @ current
            row[:] = current
        last = first + len(of_block)
        sums += shares[:, first:last] @ of_block
        if settled and last < weights.size:
            change = float(np.abs(step @ current - current).sum())
            if change * (weights.size - last) < settled:
                sums += shares[:, last:].sum(axis=1, keepdims=True) * current
                break
    return Evolution(*sums)


def _fastest_per_min(matrix: sparse.csr_array) -> float:
    return float(-matrix.diagonal().min(initial=0.0)) or 1.0
