"""Who leaves, and why: competing hazards by reason, settled at the end of a month.

The hazard of reason r in a month is H/12 · share_r · m_r ÷ Z_r with H = -ln(1 - per_year). The multiplier m_r
falls with satisfaction (with the staff, with the product, or overall) and with what was heard, and rises with
friends who left the same bank lately and in the first months; that of being won over by a rival also with how
much the other banks draw. Z_r is the mean multiplier on the baseline, so
that there each reason has its share; it is found once and then frozen. Death and moving have no multiplier.

References
----------
Competing risks with one exponential clock each: Kalbfleisch & Prentice (2002), chapter 8. Contagion: Nitzan &
Libai (2011). Newcomers leave more easily: assumption within what Reichheld (1996) reports.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from journeysim.branch.luck import Luck, philox_words
from journeysim.market.behaviour import LeavingRules
from journeysim.market.network import Network
from journeysim.market.state import State
from journeysim.units import FloatArray, IntArray

REASONS = ("died", "moved", "other_relationships", "rival", "product", "indifferent_staff")
STAYS = -1
FIRST_VOLUNTARY = 2
"""Reasons before it take people away from every bank; those from it on take them to another."""

_LARGEST_LOG = 100.0
"""Of a multiplier: beyond it exp runs over, and nobody or everybody leaves anyway."""
_FORGOTTEN_BELOW = 0.01
"""A leaving that counts less than this is no longer felt."""


@dataclass(frozen=True)
class Settlement:
    """What a month's end came to.

    Attributes
    ----------
    reason : shape (people,), number of the reason for which each person leaves, or `STAYS`.
    leaves : shape (people,), probability that each leaves for another bank.
    goes : shape (people,), probability that each dies or moves away.
    multiplier : shape (banks, reasons), mean multiplier over the customers of each bank.
    """

    reason: IntArray
    leaves: FloatArray
    goes: FloatArray
    multiplier: FloatArray


def yearly_hazard(rules: LeavingRules) -> float:
    """Hazard per year at which ``per_year`` of the customers leave within one."""
    return float(-np.log1p(-rules.per_year))


def shares(rules: LeavingRules) -> FloatArray:
    """Shape (reasons,), shares of the reasons in the order of `REASONS`."""
    return np.array([getattr(rules.reasons, reason) for reason in REASONS])


def contagion(state: State, network: Network, month: int, rules: LeavingRules) -> FloatArray:
    """Leavings that each person feels: tied people who left the person's own bank lately, by their age.

    One of last month counts 1, older ones exp(-months / time constant).

    Returns
    -------
    Shape (people,), >= 0.
    """
    felt = np.zeros(state.people)
    if rules.contagion == 0:
        return felt
    age = month - 1 - state.left_month
    weight = np.exp(-np.maximum(age, 0) / rules.contagion_months)
    lately = np.flatnonzero((state.left_bank >= 0) & (weight >= _FORGOTTEN_BELOW))
    _feel(felt, lately, state.left_bank, weight, network.first, network.tie, state.bank)
    return felt


@numba.njit(cache=True, nogil=True)
def _feel(felt, lately, left_bank, weight, first, tie, bank):  # type: ignore[no-untyped-def]
    for i in range(lately.size):
        leaver = lately[i]
        for at in range(first[leaver], first[leaver + 1]):
            friend = tie[at]
            if bank[friend] == left_bank[leaver]:
                felt[friend] += weight[leaver]


def multipliers(state: State, felt: FloatArray, drawn: FloatArray, rules: LeavingRules) -> FloatArray:
    """Multiplier of the hazard of each voluntary reason.

    Parameters
    ----------
    felt : shape (people,), from `contagion`.
    drawn : shape (people,), how much the other banks draw each person, from `choosing.attraction`.

    Returns
    -------
    Shape (4, people): other relationships, rival, product, indifferent staff.
    """
    common = np.log1p(rules.contagion) * felt + _lasting(state, rules)
    common[state.bad_first] += np.log(rules.bad_first_visit)
    return _with_opinions(common, state, drawn, rules)


def _lasting(state: State, rules: LeavingRules) -> FloatArray:
    """Logarithm of what all reasons have in common beside what passes: what was heard, the first months."""
    found = -rules.heard * state.heard_of_own()
    found[state.tenure < rules.newcomer_months] += np.log(rules.newcomer)
    return found


def _with_opinions(common: FloatArray, state: State, drawn: FloatArray, rules: LeavingRules) -> FloatArray:
    """Multipliers of the voluntary reasons; 0 for whom no other bank would take."""
    overall = common - rules.satisfaction * state.satisfaction
    with np.errstate(divide="ignore"):
        rival = overall + rules.attraction * np.log(drawn) if rules.attraction > 0 else overall
    product = common - rules.satisfaction * state.product
    staff = common - rules.satisfaction * state.staff
    found = np.exp(np.clip(np.stack([overall, rival, product, staff]), -_LARGEST_LOG, _LARGEST_LOG))
    found[:, drawn == 0] = 0.0
    return found


def settle(
    state: State,
    felt: FloatArray,
    drawn: FloatArray,
    rules: LeavingRules,
    constants: FloatArray | None,
    luck: Luck,
    month: int,
) -> Settlement:
    """Find who leaves at the end of a month; changes nothing.

    Parameters
    ----------
    felt, drawn : shape (people,), see `multipliers`.
    constants : shape (banks, 4), Z of the voluntary reasons by bank; None: this month's own mean multipliers.
    month : number of the month, the address of its luck.
    """
    multiplier = multipliers(state, felt, drawn, rules)
    customers = np.maximum(state.customers(), 1)
    mean = np.stack(
        [np.bincount(state.bank, weights=row, minlength=state.banks) / customers for row in multiplier],
        axis=1,
    )
    known = mean if constants is None else constants
    divisor = np.where(known > 0, known, 1.0)
    base = yearly_hazard(rules) / 12 * shares(rules)
    hazard = np.empty((len(REASONS), state.people))
    hazard[:FIRST_VOLUNTARY] = base[:FIRST_VOLUNTARY, None]
    hazard[FIRST_VOLUNTARY:] = base[FIRST_VOLUNTARY:, None] * multiplier / divisor[state.bank].T
    reason = np.empty(state.people, dtype=np.int64)
    _first_clock(hazard, reason, *luck.key("leaving"), np.uint64(month))
    return Settlement(reason, *_probabilities(hazard), mean)


def steady_hazards(state: State, drawn: FloatArray, rules: LeavingRules, constants: FloatArray) -> FloatArray:
    """Hazard of each person in a month without what passes: friends who left, a bad first visit.

    Parameters
    ----------
    drawn : shape (people,), see `multipliers`.
    constants : shape (banks, 4), Z of the voluntary reasons by bank.

    Returns
    -------
    Shape (people,), of all reasons together.
    """
    base = yearly_hazard(rules) / 12 * shares(rules)
    weights = base[FIRST_VOLUNTARY:] / np.where(constants > 0, constants, 1.0)
    multiplier = _with_opinions(_lasting(state, rules), state, drawn, rules)
    total: FloatArray = base[:FIRST_VOLUNTARY].sum() + (weights[state.bank].T * multiplier).sum(axis=0)
    return total


def _probabilities(hazard: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Probabilities within the month of leaving for another bank, and of going altogether."""
    total = hazard.sum(axis=0)
    leaving = -np.expm1(-total)
    gone = hazard[:FIRST_VOLUNTARY].sum(axis=0)
    share = np.divide(gone, total, out=np.zeros_like(total), where=total > 0)
    return leaving * (1 - share), leaving * share


@numba.njit(cache=True, nogil=True)
def _first_clock(hazard, reason, replication, k0, k1, month):  # type: ignore[no-untyped-def]
    """Reason whose clock -ln(u)/h rings first within the month; two numbers from each Philox block."""
    reasons, people = hazard.shape
    for p in range(people):
        earliest = 1.0
        found = STAYS
        for pair in range(0, reasons, 2):
            w0, w1, w2, w3 = philox_words(np.uint64(p), np.uint64(pair), month, replication, k0, k1)
            for half in range(2):
                high, low = (w0, w1) if half == 0 else (w2, w3)
                bits = (high << np.uint64(20)) | (low >> np.uint64(12))
                u = (np.float64(bits) + 0.5) * 2.0**-52
                h = hazard[pair + half, p]
                # ln(1/u) < h needs 1 - u < h, which spares most of the logarithms.
                if 1.0 - u < h:
                    rings = -np.log(u) / h
                    if rings < earliest:
                        earliest = rings
                        found = pair + half
        reason[p] = found


def remember_leavers(state: State, reason: IntArray, month: int) -> None:
    """Note who has left which bank for another, for their friends to feel; changes ``state``."""
    left = np.flatnonzero(reason >= FIRST_VOLUNTARY)
    state.left_bank[left] = state.bank[left]
    state.left_month[left] = month
