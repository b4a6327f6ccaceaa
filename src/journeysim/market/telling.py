"""Word of mouth: who tells whom after a visit, and what it does to who hears it.

References
----------
Number told: negative binomial, so that few tell very many (TARP 1986, by way of its 13% who tell more than
twenty). A story is passed on as an independent cascade (Goldenberg, Libai & Muller 2001). Hearing moves
towards +1 for a good story and -1 for a bad one, so that n stories of weight w leave (1 - w)^n of what was
heard before: assumption; good and bad weigh the same (East, Hammond & Lomax 2008).
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from journeysim.branch.luck import Address, Luck
from journeysim.market.behaviour import Behaviour, HearingRules, TellingRules
from journeysim.market.network import Network, PersonArray
from journeysim.market.opinions import Temper, Visits
from journeysim.market.spread import listeners, relayed
from journeysim.market.state import State
from journeysim.units import BoolArray, FloatArray, IntArray

_MOST_TOLD = 1_000


@dataclass(frozen=True)
class Stories:
    """Visits that somebody tells; all of shape (stories,).

    Attributes
    ----------
    visit : place of the visit among those of the month.
    teller, bank : who tells, and of which bank.
    sign : +1 for a good story, -1 for a bad one.
    told : how many people the teller tells.
    """

    visit: IntArray
    teller: PersonArray
    bank: IntArray
    sign: IntArray
    told: PersonArray


@dataclass(frozen=True)
class Heard:
    """Stories as they reached people in a month; all of shape (hearings,).

    Attributes
    ----------
    listener, bank, sign : who heard what of which bank.
    strong : whether from a strong tie.
    told, relayed : how many of them come first from who tells, then from who passes on; the media last.
    """

    listener: IntArray
    bank: IntArray
    sign: IntArray
    strong: BoolArray
    told: int
    relayed: int


def told_quantile(u: FloatArray, mean: float, dispersion: float) -> IntArray:
    """Number told at each ``u``: the negative binomial's quantile, at most `_MOST_TOLD`.

    A larger mean never tells fewer at the same ``u``.
    """
    if mean == 0:
        return np.zeros(u.size, dtype=np.int64)
    k = np.arange(_MOST_TOLD - 1)
    # P(N = k+1) / P(N = k) = (k + dispersion) / (k + 1) · mean / (mean + dispersion); by logarithms, as with
    # a large mean P(N = 0) is too small for a number.
    ratio = np.log((k + dispersion) / (k + 1)) - np.log1p(dispersion / mean)
    none = -dispersion * np.log1p(mean / dispersion)
    terms = np.exp(np.cumsum(np.concatenate([[none], ratio])))
    return np.searchsorted(np.cumsum(terms), u, side="right").astype(np.int64)


def stories_of(visits: Visits, rules: TellingRules, luck: Luck) -> Stories:
    """Which visits are told, and to how many people."""
    good, bad = visits.score > rules.good_above, visits.score < rules.bad_below
    chosen = np.flatnonzero(good | bad)
    who = visits.luck_address[chosen]
    chosen = chosen[luck.uniforms("telling", who) < rules.probability]
    u = luck.uniforms("told", visits.luck_address[chosen])
    is_bad = bad[chosen]
    told = np.where(
        is_bad,
        told_quantile(u, rules.told_bad, rules.dispersion),
        told_quantile(u, rules.told_good, rules.dispersion),
    )
    return Stories(
        visit=chosen,
        teller=visits.person[chosen].astype(np.int32),
        bank=visits.bank[chosen],
        sign=np.where(is_bad, -1, 1),
        told=told.astype(np.int32),
    )


def spread(
    stories: Stories, visits: Visits, temper: IntArray, network: Network, behaviour: Behaviour, luck: Luck
) -> Heard:
    """Everybody whom the stories of a month reach: told, passed on, and by the media."""
    who = visits.luck_address[stories.visit]
    told = listeners(network, stories.teller, stories.told, who, luck.key("telling/listeners"))
    again = relayed(network, told, stories.teller, behaviour.telling.relay, who, luck.key("telling/relay"))
    public, reader = _readers(visits, temper, network.people, behaviour.complaints.media_reach, luck)
    story = np.concatenate([told.story, again.story])
    return Heard(
        listener=np.concatenate([told.listener, again.listener, reader]),
        bank=np.concatenate([stories.bank[story], visits.bank[public]]),
        sign=np.concatenate([stories.sign[story], np.full(public.size, -1)]),
        strong=np.concatenate([told.strong, again.strong, np.zeros(public.size, dtype=np.bool_)]),
        told=told.listener.size,
        relayed=again.listener.size,
    )


def _readers(
    visits: Visits, temper: IntArray, people: int, reach: int, luck: Luck
) -> tuple[IntArray, IntArray]:
    """Visits that went public, each as often as it reaches somebody, and whom: anybody is as likely.

    It reaches no more than there are.
    """
    reach = min(reach, people)
    public = np.repeat(np.flatnonzero(temper == Temper.GOES_PUBLIC), reach)
    who = visits.luck_address[public]
    low, high = luck.words("media", who)
    nth = np.tile(np.arange(reach), public.size // max(reach, 1)).astype(np.uint32)
    u = luck.uniforms("media/reader", Address(low + nth, high, who.day))
    return public, (u * people).astype(np.int64)


def take_in(state: State, heard: Heard, rules: HearingRules) -> None:
    """Let what was heard in a month move what people think of each bank, and fade; changes ``state``.

    With L the sum of -ln(1 - weight) over a person's stories of a bank and S the same sum signed, what was
    heard goes to (1 - w) · before + w · S/L with w = 1 - exp(-L), whatever the order of the stories.
    """
    _take_in(state.heard, _sums(heard, state.people, state.banks, rules), 1 - rules.fading)


def _sums(heard: Heard, people: int, banks: int, rules: HearingRules) -> FloatArray:
    """L and S of every bank and everybody, shape (banks, people, 2)."""
    sums = np.zeros((banks, people, 2))
    strong, weak = -np.log1p(-rules.strong), -np.log1p(-rules.weak)
    _hear(heard.listener, heard.bank, heard.sign, heard.strong, strong, weak, sums)
    return sums


@numba.njit(cache=True, nogil=True)
def _hear(listener, bank, sign, is_strong, strong, weak, sums):  # type: ignore[no-untyped-def]
    """Add up L and S of everybody and every bank."""
    for i in range(listener.size):
        weight = strong if is_strong[i] else weak
        own = sums[bank[i], listener[i]]
        own[0] += weight
        own[1] += weight * sign[i]


@numba.njit(cache=True, nogil=True)
def _take_in(heard, sums, kept):  # type: ignore[no-untyped-def]
    banks, people = heard.shape
    for b in range(banks):
        for p in range(people):
            total, signed = sums[b, p]
            if total > 0.0:
                moved = -np.expm1(-total)
                heard[b, p] += moved * (signed / total - heard[b, p])
            heard[b, p] *= kept


def fixed_point(heard: Heard, people: int, banks: int, rules: HearingRules) -> FloatArray:
    """Where what is heard of each bank settles if every month is like this one, shape (banks,).

    With w the mean weight of a month's stories on a person and s the mean of w times their signed share, it
    is (1 - f) s ÷ (1 - (1 - f)(1 - w)).
    """
    total, signed = np.moveaxis(_sums(heard, people, banks, rules), 2, 0)
    moved = -np.expm1(-total)
    towards = np.divide(moved * signed, total, out=np.zeros_like(total), where=total > 0).mean(axis=1)
    kept = 1 - rules.fading
    lost = 1 - kept * (1 - moved.mean(axis=1))
    return np.asarray(np.divide(kept * towards, lost, out=np.zeros(banks), where=lost > 0))
