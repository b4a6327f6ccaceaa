"""Constants of the choice between banks: those with which, on the baseline, every bank keeps its customers.

They stand for what the model does not know of a bank, and are found for each segment by itself: nobody
changes segment, so a bank that kept its number alone would lose the segment that it serves worse and gain the
others.
"""

from __future__ import annotations

import numba
import numpy as np

from journeysim.market.behaviour import ChoosingRules
from journeysim.market.choosing import Banks, kinds_of_chooser, reputation
from journeysim.market.leaving import Settlement
from journeysim.market.state import State
from journeysim.units import FloatArray, IntArray

_MADE_UP_FOR = 0.25
"""Of a month's leavers, by how much more or fewer at most come to bring a bank back to its start."""
_LARGEST_CONSTANT = 10.0
_MOST_ITERATIONS = 500
_TOLERANCE = 1e-9


def balanced(
    state: State, settlement: Settlement, at_start: IntArray, banks: Banks, rules: ChoosingRules
) -> tuple[FloatArray, FloatArray]:
    """Constants with which banks keep their customers: for this month, and for good.

    Parameters
    ----------
    at_start : shape (people,), bank of each place at the start.

    Returns
    -------
    Two arrays of shape (banks, segments). With the first each bank is expected to go back to as many
    customers of a segment as at the start, by no more in a month than a part of its leavers: in a small
    market others may not have enough of them. With the second it would keep them if it had as many now: what
    luck did to their number so far is not to last.
    """
    segments = int(state.segment.max(initial=0)) + 1
    shape = state.banks, segments

    def by_cell(bank: IntArray, weights: FloatArray | None = None) -> FloatArray:
        cell = bank * segments + state.segment
        return np.bincount(cell, weights, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)

    def solved(leaves: FloatArray, goes: FloatArray, wanted: FloatArray) -> FloatArray:
        total = by_cell(state.bank, leaves + goes).sum(axis=0)
        wanted = wanted * (total / np.maximum(wanted.sum(axis=0), 1e-300))
        return balancing_constants(state, leaves, goes, wanted, banks, rules)

    leaves, goes = settlement.leaves, settlement.goes
    start, now, out = by_cell(at_start), by_cell(state.bank), by_cell(state.bank, leaves + goes)
    most = _MADE_UP_FOR * out
    this_month = solved(leaves, goes, out + np.clip(start - now, -most, most))
    # Who is there stands for as many as there were.
    weight = np.divide(start, now, out=np.zeros(shape), where=now > 0)
    each = weight[state.bank, state.segment]
    for_good = solved(leaves * each, goes * each, np.maximum(out * weight, settlement.gone * start))
    return this_month, for_good


def balancing_constants(
    state: State,
    leaves: FloatArray,
    goes: FloatArray,
    wanted: FloatArray,
    banks: Banks,
    rules: ChoosingRules,
) -> FloatArray:
    """Constants with which expected arrivals at each bank are those wanted.

    Parameters
    ----------
    leaves, goes : shape (people,), people whom each stands for who leave for another bank, and who are
        replaced: probabilities, or those times a weight.
    wanted : shape (banks, segments), people who should come to each bank; their sums over the banks are those
        of ``leaves + goes`` by segment.

    Returns
    -------
    Shape (banks, segments), mean 0 over those who are wanted, so that a bank of which nothing is known (0) is
    like the one that the mean customer comes to, however many small ones there are. Where nobody else's
    leavers are enough, as for a bank with most of the people, the constants end at bounds.
    """
    constants = np.zeros_like(wanted)
    for segment in range(wanted.shape[1]):
        people = np.flatnonzero(state.segment == segment)
        if people.size:
            constants[:, segment] = _balanced(
                state, people, leaves[people], goes[people], wanted[:, segment], banks, rules
            )
    return constants


def _balanced(
    state: State,
    people: IntArray,
    leaves: FloatArray,
    goes: FloatArray,
    wanted: FloatArray,
    banks: Banks,
    rules: ChoosingRules,
) -> FloatArray:
    """The constants of one segment, shape (banks,); ``people`` are all of it."""
    utility = rules.reputation * (reputation(state, people) + banks.image)
    utility[:, ~banks.open] = -np.inf
    # Who weighs all banks by the same factor chooses as before.
    pull = np.exp(utility - utility.max(axis=1, keepdims=True))
    common = np.stack([np.exp(banks.strength), np.ones(state.banks)])
    common[:, ~banks.open] = 0.0
    # By strength and by convenience, what somebody chooses depends on nothing but the bank that they leave.
    own = state.bank[people]
    leaving: FloatArray = np.bincount(own, weights=leaves, minlength=state.banks).astype(np.float64)
    kinds = kinds_of_chooser(rules)
    constants = np.zeros(state.banks)
    aim = np.maximum(wanted, 1e-6)
    for _ in range(_MOST_ITERATIONS):
        factor = np.exp(constants)
        come = kinds[0] * _drawn(pull, factor, own, leaves, goes)
        for kind, weight in zip(kinds[1:], common * factor, strict=True):
            come += kind * _drawn_alike(weight, leaving, float(goes.sum()))
        step = np.where(banks.open, np.log(aim / np.maximum(come, 1e-300)), 0.0)
        constants = np.clip(constants + step, -_LARGEST_CONSTANT, _LARGEST_CONSTANT)
        constants -= np.average(constants[banks.open], weights=aim[banks.open])
        if np.abs(step[banks.open]).max() < _TOLERANCE:
            break
    return np.where(banks.open, constants, 0.0)


@numba.njit(cache=True, nogil=True)
def _drawn(pull, factor, own, leaves, goes):  # type: ignore[no-untyped-def]
    """People whom each bank is expected to draw, each choosing by weights of their own."""
    people, banks = pull.shape
    come = np.zeros(banks)
    weight = np.empty(banks)
    for i in range(people):
        total = 0.0
        for b in range(banks):
            weight[b] = pull[i, b] * factor[b]
            total += weight[b]
        others = total - weight[own[i]]
        as_new = goes[i] / total if total > 0 else 0.0
        as_leaver = leaves[i] / others if others > 0 else 0.0
        for b in range(banks):
            come[b] += weight[b] * (as_new if b == own[i] else as_new + as_leaver)
    return come


def _drawn_alike(weight: FloatArray, leaving: FloatArray, new: float) -> FloatArray:
    """The same for people who all weigh the banks alike; ``leaving`` are those of each bank."""
    others = weight.sum() - weight
    each = np.divide(leaving, others, out=np.zeros_like(leaving), where=others > 0)
    drawn: FloatArray = weight * (each.sum() - each + new / max(weight.sum(), 1e-300))
    return drawn
