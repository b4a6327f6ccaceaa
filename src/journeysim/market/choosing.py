"""Which bank somebody chooses who leaves one or is new in town.

Three kinds of chooser: by reputation (what was heard, and what was lived through before), by strength (the
bank's size) and by convenience (all banks lie equally near). Each takes the bank of the largest utility with
Gumbel noise, a multinomial logit (McFadden 1974). A constant per bank makes net flows nil on the baseline.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from journeysim.branch.luck import Address, Luck, name_tag
from journeysim.market.behaviour import ChoosingRules
from journeysim.market.state import State
from journeysim.units import BoolArray, FloatArray, IntArray

LEAST_STRENGTH = 0.01
"""A bank that has just opened looks as strong as one with this share of the market. Assumption."""
_LARGEST_UTILITY = 100.0
"""In the draw of other banks: beyond it exp runs over."""
_LARGEST_CONSTANT = 10.0
_LEAST = 1e-12
_MOST_ITERATIONS = 500
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Banks:
    """What choosers know of the banks, beside reputation; all of shape (banks,).

    Attributes
    ----------
    tags : numbers that stand for the names in addresses of luck, so that the banks' order cannot matter.
    strength : logarithm of the share of the market that each is known for.
    open : whether it takes customers.
    image : what it is thought of beside what has been heard of its visits and lived through.
    """

    tags: tuple[int, ...]
    strength: FloatArray
    open: BoolArray
    image: FloatArray

    @classmethod
    def of(cls, names: tuple[str, ...], shares: FloatArray, is_open: BoolArray, image: FloatArray) -> Banks:
        """Banks with the given shares of the market at the start."""
        strength = np.log(np.maximum(shares, LEAST_STRENGTH))
        return cls(tuple(map(name_tag, names)), strength, is_open, image)


def reputation(state: State, people: IntArray) -> FloatArray:
    """What people think of each bank: what they heard, or the mean of that and what they lived through.

    Returns
    -------
    Shape (people, banks).
    """
    thought: FloatArray = _thoughts(state.heard, state.known, people)
    return thought


@numba.njit(cache=True, nogil=True)
def _thought(heard, known, bank, person):  # type: ignore[no-untyped-def]
    """What a person thinks of a bank."""
    lived = known[bank, person]
    return heard[bank, person] if np.isnan(lived) else (heard[bank, person] + lived) / 2


@numba.njit(cache=True, nogil=True)
def _thoughts(heard, known, people):  # type: ignore[no-untyped-def]
    thought = np.empty((people.size, heard.shape[0]))
    for i in range(people.size):
        for bank in range(heard.shape[0]):
            thought[i, bank] = _thought(heard, known, bank, people[i])
    return thought


def utilities(
    thought: FloatArray, own: IntArray, banks: Banks, constants: FloatArray, rules: ChoosingRules
) -> FloatArray:
    """Utilities of each bank for each kind of chooser, without noise; -inf for what is not to be had.

    Parameters
    ----------
    thought : shape (people, banks), from `reputation`.
    own : shape (people,), the bank that each leaves; -1 for who has none.

    Returns
    -------
    Shape (3, people, banks): by reputation, strength, convenience.
    """
    found = np.empty((3, *thought.shape))
    found[0] = rules.reputation * (thought + banks.image)
    found[1] = banks.strength
    found[2] = 0.0
    found += constants
    found[:, :, ~banks.open] = -np.inf
    leaving = np.flatnonzero(own >= 0)
    found[:, leaving, own[leaving]] = -np.inf
    return found


def probabilities(utility: FloatArray, rules: ChoosingRules) -> FloatArray:
    """Chance that each person takes each bank, over the kinds of chooser.

    Parameters
    ----------
    utility : shape (3, people, banks), from `utilities`.

    Returns
    -------
    Shape (people, banks).
    """
    largest = utility.max(axis=2, keepdims=True)
    weight = np.exp(utility - np.where(np.isfinite(largest), largest, 0.0))
    total = weight.sum(axis=2, keepdims=True)
    logit = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    return np.tensordot(_kinds(rules), logit, axes=1)


def preferred(state: State, image: FloatArray, is_open: BoolArray, rules: ChoosingRules) -> FloatArray:
    """Share of all people who think that each bank serves best; the rest are undecided.

    A logit of reputation alone among the banks and nothing, whose utility is 0.

    Parameters
    ----------
    image : shape (banks,), what each bank is thought of beside what has been heard and lived through.
    is_open : shape (banks,), banks that are there.

    Returns
    -------
    Shape (banks,); sums to less than 1.
    """
    shares = np.zeros(state.banks)
    _prefer(state.heard, state.known, image, is_open, rules.reputation, shares)
    return shares / max(state.people, 1)


@numba.njit(cache=True, nogil=True)
def _prefer(heard, known, image, is_open, strength, shares):  # type: ignore[no-untyped-def]
    """Add everybody's logit among the banks and nothing to the banks' ``shares``."""
    banks, people = heard.shape
    utility = np.empty(banks)
    for person in range(people):
        largest = 0.0
        for bank in range(banks):
            if is_open[bank]:
                utility[bank] = strength * (_thought(heard, known, bank, person) + image[bank])
                largest = max(largest, utility[bank])
        total = np.exp(-largest)
        for bank in range(banks):
            if is_open[bank]:
                utility[bank] = np.exp(utility[bank] - largest)
                total += utility[bank]
        for bank in range(banks):
            if is_open[bank]:
                shares[bank] += utility[bank] / total


def _best(utility: FloatArray) -> FloatArray:
    """Logit among the banks along the last axis and nothing, whose utility is 0."""
    largest = np.maximum(utility.max(axis=-1, keepdims=True), 0.0)
    pull = np.exp(utility - largest)
    return np.asarray(pull / (np.exp(-largest) + pull.sum(axis=-1, keepdims=True)))


def images(
    state: State,
    named: FloatArray,
    image: FloatArray,
    there: BoolArray,
    rules: ChoosingRules,
    rounds: int = 20,
) -> FloatArray:
    """Images with which people prefer the banks as their named reputations say.

    Parameters
    ----------
    named : shape (banks,), reputations that were named, -1..1; NaN for a bank without one.
    image : shape (banks,), where the search begins.
    there : shape (banks,), banks that are open already.

    Returns
    -------
    Shape (banks,). Where all banks that are there are named, each is preferred as if everybody thought of it
    what is named; where some are not, the mean of what people think of each named bank is what is named, and
    the others have no image.
    """
    known = ~np.isnan(named) & there
    found = np.where(known, image, 0.0)
    if not known.any() or rules.reputation == 0:
        return found
    if (there & ~known).any():
        thought = reputation(state, np.arange(state.people)).mean(axis=0)
        return np.where(known, named - thought, 0.0)
    wanted = _best(np.where(known, rules.reputation * named, -np.inf))
    for _ in range(rounds):
        # Odds against nobody: where all people think alike, one round is enough.
        ratio = _odds(wanted) / _odds(preferred(state, found, known, rules))
        found = np.where(known, found + np.log(ratio) / rules.reputation, 0.0)
    return found


def _odds(share: FloatArray) -> FloatArray:
    """How many times as likely as being undecided each bank is preferred, bounded away from 0."""
    return np.asarray(np.maximum(share, _LEAST) / max(1 - share.sum(), _LEAST))


def attraction(
    state: State, people: IntArray, banks: Banks, constants: FloatArray, rules: ChoosingRules
) -> FloatArray:
    """How much the other banks draw people: their weights in the choice over the kinds of chooser.

    Parameters
    ----------
    people : shape (chosen,), whom.
    constants : shape (banks,), of the banks.

    Returns
    -------
    Shape (chosen,), >= 0.
    """
    kinds = _kinds(rules)
    factor = np.exp(constants) * banks.open
    alike = factor * (kinds[1] * np.exp(banks.strength) + kinds[2])
    drawn = np.empty(people.size)
    _attract(
        state.heard, state.known, state.bank, people,
        banks.image, kinds[0] * factor, alike, rules.reputation, drawn,
    )  # fmt: skip
    return drawn


@numba.njit(cache=True, nogil=True)
def _attract(heard, known, own, people, image, factor, alike, strength, drawn):  # type: ignore[no-untyped-def]
    for i in range(people.size):
        person = people[i]
        # Summed without one's own, so that no rounding is left where there is no other.
        total = 0.0
        for bank in range(image.size):
            if bank != own[person]:
                utility = strength * (_thought(heard, known, bank, person) + image[bank])
                utility = min(max(utility, -_LARGEST_UTILITY), _LARGEST_UTILITY)
                total += factor[bank] * np.exp(utility) + alike[bank]
        drawn[i] = total


def choose(
    state: State,
    people: IntArray,
    own: IntArray,
    banks: Banks,
    constants: FloatArray,
    rules: ChoosingRules,
    luck: Luck,
    month: int,
) -> IntArray:
    """The bank that each takes, shape (people,); who leaves the only bank there is stays with it."""
    if people.size == 0:
        return np.zeros(0, dtype=np.int64)
    who = Address.of(people, 0, np.full(people.size, month))
    kind = np.searchsorted(np.cumsum(_kinds(rules))[:-1], luck.uniforms("choosing/kind", who), side="right")
    thought = reputation(state, people)
    utility = utilities(thought, own, banks, constants, rules)[kind, np.arange(people.size)]
    for bank, tag in enumerate(banks.tags):
        u = luck.uniforms("choosing/noise", Address.of(people, tag, np.full(people.size, month)))
        utility[:, bank] -= np.log(-np.log(u))
    return np.where(np.isfinite(utility.max(axis=1)), utility.argmax(axis=1), own)


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
    leaves, goes : shape (people,), probabilities of leaving for another bank, and of being replaced.
    wanted : shape (banks,), people who should come to each bank; their sum is that of ``leaves + goes``.

    Returns
    -------
    Shape (banks,), mean 0 over the banks that are open. Where nobody else's leavers are enough, as for a bank
    with most of the people, the constants end at bounds.
    """
    utility = rules.reputation * (reputation(state, np.arange(state.people)) + banks.image)
    utility[:, ~banks.open] = -np.inf
    # Who weighs all banks by the same factor chooses as before.
    pull = np.exp(utility - utility.max(axis=1, keepdims=True))
    common = np.stack([np.exp(banks.strength), np.ones(state.banks)])
    common[:, ~banks.open] = 0.0
    # By strength and by convenience, what somebody chooses depends on nothing but the bank that they leave.
    leaving: FloatArray = np.bincount(state.bank, weights=leaves, minlength=state.banks).astype(np.float64)
    kinds = _kinds(rules)
    constants = np.zeros(state.banks)
    aim = np.maximum(wanted, 1e-6)
    for _ in range(_MOST_ITERATIONS):
        factor = np.exp(constants)
        come = kinds[0] * _drawn(pull, factor, state.bank, leaves, goes)
        for kind, weight in zip(kinds[1:], common * factor, strict=True):
            come += kind * _drawn_alike(weight, leaving, float(goes.sum()))
        step = np.where(banks.open, np.log(aim / np.maximum(come, 1e-300)), 0.0)
        constants = np.clip(constants + step, -_LARGEST_CONSTANT, _LARGEST_CONSTANT)
        constants -= constants[banks.open].mean()
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


def _kinds(rules: ChoosingRules) -> FloatArray:
    return np.array([rules.by_reputation, rules.by_strength, rules.by_convenience])
