"""Word of mouth on a network: who is told a story, and who hears it from whom.

A story is something that one person tells: it has a teller and an address, and every number drawn for it is a
function of that address. Stories know nothing of each other, so they may be told in any order or in parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from journeysim.branch.luck import Address, Key, philox_words
from journeysim.market.network import Network, PersonArray
from journeysim.market.network_builders import below
from journeysim.units import BoolArray, IntArray


@dataclass(frozen=True, eq=False)
class Hearings:
    """Who heard which story.

    Attributes
    ----------
    story : shape (hearings,), number of the story, ascending.
    listener : shape (hearings,), who heard it; nobody hears a story twice, nor their own.
    strong : shape (hearings,), whether it came along a strong tie.
    """

    story: PersonArray
    listener: PersonArray
    strong: BoolArray


def listeners(
    network: Network, teller: PersonArray, told: PersonArray, address: Address, key: Key
) -> Hearings:
    """Whom each story is told to: people tied to the teller in random order, then anybody.

    Of the same story told to more people, the first ones are the same.

    Parameters
    ----------
    network : who knows whom.
    teller : shape (stories,), who tells it.
    told : shape (stories,), how many people are told, >= 0; at most all others are.
    address : shape (stories,), whose luck a story has; no two stories share one.
    key : of the stream of this luck (`Luck.key`).

    Returns
    -------
    ``told`` hearings a story. Of those told, as many as possible are tied to the teller; the others are random
    acquaintances, weak.
    """
    teller, told = _people(teller), _people(told)
    most = np.minimum(told, network.people - 1)
    begin = np.concatenate([[0], np.cumsum(np.maximum(most, 0), dtype=np.int64)])
    listener, strong = _told(
        network.first,
        network.tie,
        network.strong,
        teller,
        begin,
        address.low,
        address.high,
        address.day,
        *key,
    )
    return Hearings(np.repeat(np.arange(teller.size, dtype=np.int32), np.diff(begin)), listener, strong)


def relayed(
    network: Network,
    hearings: Hearings,
    teller: PersonArray,
    relay: float,
    address: Address,
    key: Key,
) -> Hearings:
    """Who hears the stories from those who were told them, from those in turn, and so on until they die out.

    Parameters
    ----------
    network : who knows whom.
    hearings : who was told which story; stories ascending.
    teller : shape (stories,), who told it.
    relay : mean number of people whom a hearer passes a story on to, >= 0, those who have heard it already
        included: along each of their ties with probability ``relay / network.mean_ties``, at most 1.
    address : shape (stories,), whose luck a story has.
    key : of the stream of this luck (`Luck.key`).

    Returns
    -------
    the further hearings only.

    References
    ----------
    Goldenberg, Libai & Muller (2001) and Kempe, Kleinberg & Tardos (2003): the independent cascade.
    """
    probability = min(relay / network.mean_ties, 1.0) if network.tie.size else 0.0
    return cascade(network, hearings, teller, probability, address, key)


def cascade(
    network: Network,
    hearings: Hearings,
    teller: PersonArray,
    probability: float,
    address: Address,
    key: Key,
) -> Hearings:
    """Hearings that follow when every hearer passes a story on along each tie with a probability.

    Parameters
    ----------
    probability : 0..1; of each end of each tie apart.

    Notes
    -----
    Others as in `relayed`. More of it adds hearings and takes none away: each end of a tie has one number a story.
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"the probability must lie between 0 and 1, not {probability}")
    teller = _people(teller)
    begin = np.searchsorted(hearings.story, np.arange(teller.size + 1)).astype(np.int64)
    threshold = np.uint64(round(probability * 2**32))
    if threshold == 0 or hearings.listener.size == 0:
        nobody = np.empty(0, dtype=np.int32)
        return Hearings(nobody, nobody, np.empty(0, dtype=np.bool_))
    count, listener, strong = _cascade(
        network.first,
        network.tie,
        network.strong,
        teller,
        begin,
        hearings.listener,
        threshold,
        address.low,
        address.high,
        address.day,
        *key,
    )
    return Hearings(np.repeat(np.arange(teller.size, dtype=np.int32), count), listener, strong)


def _people(numbers: PersonArray | IntArray) -> PersonArray:
    return np.ascontiguousarray(numbers, dtype=np.int32)


@numba.njit(cache=True, nogil=True, inline="always")
def _draw(story, number, attempt):  # type: ignore[no-untyped-def]
    """Words of one number of a story, whose own words are the counter and the key."""
    return philox_words(story[0], story[1], np.uint64(number), np.uint64(attempt), story[2], story[3])


@numba.njit(cache=True, nogil=True)
def _met(slots, stamps, stamp, person):  # type: ignore[no-untyped-def]
    """Put a person into a set of those met under ``stamp``; whether they were in it already."""
    mask = slots.size - 1
    # Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4).
    place = (np.int64(person) * 2654435769 >> 12) & mask
    while stamps[place] == stamp:
        if slots[place] == person:
            return True
        place = (place + 1) & mask
    slots[place] = person
    stamps[place] = stamp
    return False


@numba.njit(cache=True, nogil=True)
def _room_for(people):  # type: ignore[no-untyped-def]
    """Slots of a set in which so many people fill at most half: a power of two."""
    slots = 16
    while slots < 2 * people:
        slots *= 2
    return slots


@numba.njit(cache=True, nogil=True)
def _told(first, tie, strong_tie, teller, begin, low, high, day, replication, k0, k1):  # type: ignore[no-untyped-def]
    people = first.size - 1
    listener = np.empty(begin[-1], dtype=np.int32)
    strong = np.zeros(begin[-1], dtype=np.bool_)
    longest, widest = 0, 0
    for i in range(teller.size):
        longest = max(longest, begin[i + 1] - begin[i])
        widest = max(widest, first[teller[i] + 1] - first[teller[i]])
    slots = np.empty(_room_for(longest + 1), dtype=np.int32)
    stamps = np.full(slots.size, -1, dtype=np.int64)
    row = np.empty(widest, dtype=np.int64)
    moved_from, moved_to = np.empty(longest, dtype=np.int64), np.empty(longest, dtype=np.int64)
    for i in range(teller.size):
        out, told = begin[i], begin[i + 1] - begin[i]
        if told == 0:
            continue
        story = philox_words(np.uint64(low[i]), np.uint64(high[i]), np.uint64(day[i]), replication, k0, k1)
        start = first[teller[i]]
        ties = first[teller[i] + 1] - start
        along = min(told, ties)
        if told * told < ties:
            # Few of many ties: Fisher & Yates on a row that stays unwritten but for what was moved.
            for j in range(along):
                w0, w1, _, _ = _draw(story, j, 0)
                pick = j + below(ties - j, w0, w1)
                half, here = pick, j
                slot = j
                for m in range(j):
                    if moved_from[m] == pick:
                        half = moved_to[m]
                        slot = m
                    if moved_from[m] == j:
                        here = moved_to[m]
                moved_from[j], moved_to[j] = -1, 0
                moved_from[slot], moved_to[slot] = pick, here
                listener[out + j] = tie[start + half]
                strong[out + j] = strong_tie[start + half]
        else:
            for j in range(ties):
                row[j] = start + j
            for j in range(along):
                w0, w1, _, _ = _draw(story, j, 0)
                pick = j + below(ties - j, w0, w1)
                row[j], row[pick] = row[pick], row[j]
                listener[out + j] = tie[row[j]]
                strong[out + j] = strong_tie[row[j]]
        if told > ties:
            _met(slots, stamps, i, teller[i])
            for j in range(ties):
                _met(slots, stamps, i, listener[out + j])
            for j in range(ties, told):
                attempt = 0
                while True:
                    w0, w1, _, _ = _draw(story, j, attempt)
                    person = np.int32(below(people, w0, w1))
                    if not _met(slots, stamps, i, person):
                        break
                    attempt += 1
                listener[out + j] = person
    return listener, strong


@numba.njit(cache=True, nogil=True)
def _grown(array):  # type: ignore[no-untyped-def]
    bigger = np.empty(2 * array.size, dtype=array.dtype)
    bigger[: array.size] = array
    return bigger


@numba.njit(cache=True, nogil=True)
def _cascade(  # type: ignore[no-untyped-def]
    first, tie, strong_tie, teller, begin, told, threshold, low, high, day, replication, k0, k1
):
    count = np.zeros(teller.size, dtype=np.int64)
    listener = np.empty(max(16, told.size // 4), dtype=np.int32)
    strong = np.empty(listener.size, dtype=np.bool_)
    longest = 0
    for i in range(teller.size):
        longest = max(longest, begin[i + 1] - begin[i])
    slots = np.empty(_room_for(2 * longest + 1), dtype=np.int32)
    stamps = np.full(slots.size, -1, dtype=np.int64)
    out = 0
    words = np.empty(4, dtype=np.uint64)
    for i in range(teller.size):
        own = begin[i + 1] - begin[i]
        if own == 0:
            continue
        story = philox_words(np.uint64(low[i]), np.uint64(high[i]), np.uint64(day[i]), replication, k0, k1)
        _met(slots, stamps, i, teller[i])
        for j in range(begin[i], begin[i + 1]):
            _met(slots, stamps, i, told[j])
        met = own + 1
        here = out
        at = 0
        while at < own + out - here:
            hearer = told[begin[i] + at] if at < own else listener[here + at - own]
            at += 1
            block = -1
            for half in range(first[hearer], first[hearer + 1]):
                if half >> 2 != block:
                    # Four ties a draw; a tie's number is its place in the network, whoever comes before it.
                    block = half >> 2
                    words[0], words[1], words[2], words[3] = _draw(story, block, 0)
                if words[half & 3] >= threshold or _met(slots, stamps, i, tie[half]):
                    continue
                if out == listener.size:
                    listener, strong = _grown(listener), _grown(strong)
                listener[out], strong[out] = tie[half], strong_tie[half]
                out += 1
                met += 1
                if 2 * met > slots.size:
                    slots = np.empty(2 * slots.size, dtype=np.int32)
                    stamps = np.full(slots.size, -1, dtype=np.int64)
                    _met(slots, stamps, i, teller[i])
                    for j in range(begin[i], begin[i + 1]):
                        _met(slots, stamps, i, told[j])
                    for j in range(here, out):
                        _met(slots, stamps, i, listener[j])
        count[i] = out - here
    return count, listener[:out].copy(), strong[:out].copy()
