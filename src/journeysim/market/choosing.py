"""Which bank somebody chooses who leaves one or is new in town.

Three kinds of chooser: by reputation (what was heard, and what was lived through before), by strength (the
bank's size) and by convenience (all banks lie equally near). Each takes the bank of the largest utility with
Gumbel noise, a multinomial logit (McFadden 1974). A constant per bank and segment makes net flows nil on the
baseline, so that there a bank keeps both its number of customers and their mix.
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
_LEAST = 1e-12


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
    constants : shape (people, banks), of the banks for each person's segment; (banks,) where they are alike.

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
    return np.tensordot(kinds_of_chooser(rules), logit, axes=1)


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
    constants : shape (banks, segments), of the banks for each segment.

    Returns
    -------
    Shape (chosen,), >= 0.
    """
    kinds = kinds_of_chooser(rules)
    factor = np.exp(constants) * banks.open[:, None]
    alike = factor * (kinds[1] * np.exp(banks.strength) + kinds[2])[:, None]
    drawn = np.empty(people.size)
    _attract(
        state.heard, state.known, state.bank, state.segment, people,
        banks.image, kinds[0] * factor, alike, rules.reputation, drawn,
    )  # fmt: skip
    return drawn


@numba.njit(cache=True, nogil=True)
def _attract(  # type: ignore[no-untyped-def]
    heard, known, own, segment, people, image, factor, alike, strength, drawn
):
    for i in range(people.size):
        person = people[i]
        of = segment[person]
        # Summed without one's own, so that no rounding is left where there is no other.
        total = 0.0
        for bank in range(image.size):
            if bank != own[person]:
                utility = strength * (_thought(heard, known, bank, person) + image[bank])
                utility = min(max(utility, -_LARGEST_UTILITY), _LARGEST_UTILITY)
                total += factor[bank, of] * np.exp(utility) + alike[bank, of]
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
    """The bank that each takes, shape (people,); who leaves the only bank there is stays with it.

    Parameters
    ----------
    own : shape (people,), the bank that each leaves; -1 for who has none.
    constants : shape (banks, segments), of the banks for each segment.
    month : number of the month, the address of its luck.
    """
    if people.size == 0:
        return np.zeros(0, dtype=np.int64)
    who = Address.of(people, 0, np.full(people.size, month))
    kind = np.searchsorted(
        np.cumsum(kinds_of_chooser(rules))[:-1], luck.uniforms("choosing/kind", who), side="right"
    )
    thought = reputation(state, people)
    of_each = constants[:, state.segment[people]].T
    utility = utilities(thought, own, banks, of_each, rules)[kind, np.arange(people.size)]
    for bank, tag in enumerate(banks.tags):
        u = luck.uniforms("choosing/noise", Address.of(people, tag, np.full(people.size, month)))
        utility[:, bank] -= np.log(-np.log(u))
    return np.where(np.isfinite(utility.max(axis=1)), utility.argmax(axis=1), own)


def kinds_of_chooser(rules: ChoosingRules) -> FloatArray:
    """Shape (3,), shares of who chooses by reputation, strength and convenience."""
    return np.array([rules.by_reputation, rules.by_strength, rules.by_convenience])
