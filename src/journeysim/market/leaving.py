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
from functools import cached_property

import numba
import numpy as np

from journeysim.branch.luck import Luck, bits_above_one, philox_words, uniform_of, word
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
_BLOCK = 256
"""People whose luck is drawn together: so few that it stays in the nearest cache."""
_FORGOTTEN_BELOW = 0.01
"""A leaving that counts less than this is no longer felt."""


@dataclass(frozen=True)
class Settlement:
    """What a month's end came to.

    Attributes
    ----------
    reason : shape (people,), number of the reason for which each person leaves, or `STAYS`.
    hazard : shape (people,), of all reasons together.
    gone : hazard of death and moving, the same for all.
    multiplier : shape (banks, 4), by which the voluntary hazards were divided: the constants that were given,
        or the mean multipliers over the customers of each bank.
    """

    reason: IntArray
    hazard: FloatArray
    gone: float
    multiplier: FloatArray

    @cached_property
    def leaves(self) -> FloatArray:
        """Shape (people,), probability that each leaves for another bank."""
        return -np.expm1(-self.hazard) - self.goes

    @cached_property
    def goes(self) -> FloatArray:
        """Shape (people,), probability that each dies or moves away."""
        share = np.divide(self.gone, self.hazard, out=np.zeros_like(self.hazard), where=self.hazard > 0)
        return np.asarray(-np.expm1(-self.hazard) * share)


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
    remembered = -np.log(_FORGOTTEN_BELOW) * rules.contagion_months
    lately = np.flatnonzero((state.left_bank >= 0) & (state.left_month >= month - 1 - remembered))
    age = np.maximum(month - 1 - state.left_month[lately], 0)
    weight = np.exp(-age / rules.contagion_months)
    # Friends lie anywhere: small numbers of theirs fit into the cache.
    bank = state.bank.astype(np.int16)
    _feel(felt, lately, state.left_bank, weight, network.first, network.tie, bank)
    return felt


@numba.njit(cache=True, nogil=True)
def _feel(felt, lately, left_bank, weight, first, tie, bank):  # type: ignore[no-untyped-def]
    for i in range(lately.size):
        leaver = lately[i]
        left = left_bank[leaver]
        for at in range(first[leaver], first[leaver + 1]):
            friend = tie[at]
            if bank[friend] == left:
                felt[friend] += weight[i]


def multipliers(state: State, felt: FloatArray, drawn: FloatArray, rules: LeavingRules) -> FloatArray:
    """Multiplier of the hazard of each voluntary reason.

    Parameters
    ----------
    felt : shape (people,), from `contagion`.
    drawn : shape (people,), how much the other banks draw each person, from `choosing.attraction`.

    Returns
    -------
    Shape (4, people): other relationships, rival, product, indifferent staff; 0 for whom no other bank would
    take.
    """
    passing = np.log1p(rules.contagion) * felt
    passing[state.bad_first] += np.log(rules.bad_first_visit)
    return _multipliers(state, np.arange(state.people), passing, drawn, rules)


def _multipliers(
    state: State, people: IntArray, passing: FloatArray, drawn: FloatArray, rules: LeavingRules
) -> FloatArray:
    """Multipliers of some people; ``passing`` is the logarithm of what is true of them this month only."""
    found = np.empty((len(REASONS) - FIRST_VOLUNTARY, people.size))
    _multiply(
        people, state.bank, state.heard, state.tenure, state.satisfaction, state.product, state.staff,
        passing, drawn, rules.satisfaction, rules.heard, rules.attraction,
        rules.newcomer_months, np.log(rules.newcomer), found,
    )  # fmt: skip
    return found


@numba.njit(cache=True, nogil=True)
def _power(log_multiplier):  # type: ignore[no-untyped-def]
    return np.exp(min(max(log_multiplier, -_LARGEST_LOG), _LARGEST_LOG))


@numba.njit(cache=True, nogil=True)
def _multiply(  # type: ignore[no-untyped-def]
    people, bank, heard, tenure, satisfaction, product, staff,
    passing, drawn, by_satisfaction, by_heard, by_attraction, newcomer_months, newcomer, found,
):  # fmt: skip
    for i in range(people.size):
        p = people[i]
        if drawn[i] == 0.0:
            found[:, i] = 0.0
            continue
        common = passing[i] - by_heard * heard[bank[p], p]
        if tenure[p] < newcomer_months:
            common += newcomer
        overall = common - by_satisfaction * satisfaction[p]
        found[0, i] = _power(overall)
        found[1, i] = _power(overall + by_attraction * np.log(drawn[i])) if by_attraction > 0 else found[0, i]
        found[2, i] = _power(common - by_satisfaction * product[p])
        found[3, i] = _power(common - by_satisfaction * staff[p])


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
    mean = constants
    if mean is None:
        mean = _sums(multiplier, state.bank, state.banks) / np.maximum(state.customers(), 1)[:, None]
    base = yearly_hazard(rules) / 12 * shares(rules)
    weights = base[FIRST_VOLUNTARY:] / np.where(mean > 0, mean, 1.0)
    reason = np.empty(state.people, dtype=np.int64)
    hazard = np.empty(state.people)
    _settle(state.bank, multiplier, base, weights, reason, hazard, *luck.key("leaving"), np.uint64(month))
    return Settlement(reason, hazard, float(base[:FIRST_VOLUNTARY].sum()), mean)


def steady_hazards(
    state: State, people: IntArray, drawn: FloatArray, rules: LeavingRules, constants: FloatArray
) -> FloatArray:
    """Hazard of people in a month without what passes: friends who left, a bad first visit.

    Parameters
    ----------
    people : shape (chosen,), whom.
    drawn : shape (chosen,), how much the other banks draw each of them.
    constants : shape (banks, 4), Z of the voluntary reasons by bank.

    Returns
    -------
    Shape (chosen,), of all reasons together.
    """
    base = yearly_hazard(rules) / 12 * shares(rules)
    weights = base[FIRST_VOLUNTARY:] / np.where(constants > 0, constants, 1.0)
    multiplier = _multipliers(state, people, np.zeros(people.size), drawn, rules)
    hazard = np.full(people.size, base[:FIRST_VOLUNTARY].sum())
    _add_voluntary(hazard, state.bank, people, weights, multiplier)
    return hazard


@numba.njit(cache=True, nogil=True)
def _add_voluntary(hazard, bank, people, weights, multiplier):  # type: ignore[no-untyped-def]
    for i in range(people.size):
        for r in range(multiplier.shape[0]):
            hazard[i] += weights[bank[people[i]], r] * multiplier[r, i]


@numba.njit(cache=True, nogil=True)
def _sums(multiplier, bank, banks):  # type: ignore[no-untyped-def]
    """Sums of the multipliers over the customers of each bank, shape (banks, reasons)."""
    found = np.zeros((banks, multiplier.shape[0]))
    for r in range(multiplier.shape[0]):
        for p in range(bank.size):
            found[bank[p], r] += multiplier[r, p]
    return found


@numba.njit(cache=True, nogil=True)
def _settle(  # type: ignore[no-untyped-def]
    bank, multiplier, base, weights, reason, total, replication, k0, k1, month
):
    """Whose clock -ln(u)/h rings first within the month, and the whole hazard."""
    hazard = base.copy()
    gone = base[:FIRST_VOLUNTARY].sum()
    above_one = np.empty((hazard.size, _BLOCK))
    for begin in range(0, bank.size, _BLOCK):
        _draw_block(above_one.view(np.uint64), begin, month, replication, k0, k1)
        for p in range(begin, min(begin + _BLOCK, bank.size)):
            total[p] = gone
            for r in range(hazard.size - FIRST_VOLUNTARY):
                h = weights[bank[p], r] * multiplier[r, p]
                hazard[FIRST_VOLUNTARY + r] = h
                total[p] += h
            earliest = 1.0
            found = STAYS
            for r in range(hazard.size):
                u = uniform_of(above_one[r, p - begin])
                h = hazard[r]
                # ln(1/u) < h needs 1 - u < h, which spares most of the logarithms.
                if 1.0 - u < h:
                    rings = -np.log(u) / h
                    if rings < earliest:
                        earliest = rings
                        found = r
            reason[p] = found


@numba.njit(cache=True, nogil=True)
def _draw_block(bits, begin, month, replication, k0, k1):  # type: ignore[no-untyped-def]
    """Bits of a number for each reason and person of a block, two numbers a Philox block."""
    for pair in range(0, bits.shape[0], 2):
        for i in range(_BLOCK):
            w0, w1, w2, w3 = philox_words(
                np.uint64(np.uint32(begin + i)),
                np.uint64(pair),
                word(month),
                word(replication),
                word(k0),
                word(k1),
            )
            bits[pair, i] = bits_above_one(w0, w1)
            bits[pair + 1, i] = bits_above_one(w2, w3)


def remember_leavers(state: State, leavers: IntArray, month: int) -> None:
    """Note who leaves which bank for another, for their friends to feel; changes ``state``."""
    state.left_bank[leavers] = state.bank[leavers]
    state.left_month[leavers] = month
