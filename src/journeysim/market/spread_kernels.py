"""The kernels of `journeysim.market.spread`: loops over stories, listeners and ties, on arrays alone.

Every number is Philox of (words drawn for the story, number within it), so a story's luck has no order. Sets
of people are hash tables that are emptied by a new stamp, so they cost what is put into them.
"""

from __future__ import annotations

import numba
import numpy as np

from journeysim.branch.luck import philox_words
from journeysim.market.network_builders import below


@numba.njit(cache=True, nogil=True, inline="always")
def _story(low, high, day, replication, k0, k1):  # type: ignore[no-untyped-def]
    """Four words that stand for a story."""
    return philox_words(np.uint64(low), np.uint64(high), np.uint64(day), replication, k0, k1)


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
def _choose_few(out, ties, story, place, holds):  # type: ignore[no-untyped-def]
    """Fill ``out`` with the first of a random order of 0 to ``ties - 1``, without writing that order down.

    Fisher & Yates on a row of which only what was moved is kept; chooses whom `_choose_any` does.
    """
    for j in range(out.size):
        w0, w1, _, _ = _draw(story, j, 0)
        pick = j + below(ties - j, w0, w1)
        chosen, here = pick, j
        # Of several moves to a place the last counts.
        for m in range(j):
            if place[m] == pick:
                chosen = holds[m]
            if place[m] == j:
                here = holds[m]
        place[j], holds[j] = pick, here
        out[j] = chosen


@numba.njit(cache=True, nogil=True)
def _choose_any(out, ties, story, row):  # type: ignore[no-untyped-def]
    """Fill ``out`` with the first of a random order of 0 to ``ties - 1``, written down in ``row``."""
    for j in range(ties):
        row[j] = j
    for j in range(out.size):
        w0, w1, _, _ = _draw(story, j, 0)
        pick = j + below(ties - j, w0, w1)
        row[j], row[pick] = row[pick], row[j]
        out[j] = row[j]


@numba.njit(cache=True, nogil=True)
def _choose_strangers(  # type: ignore[no-untyped-def]
    out, known, teller, people, story, slots, stamps, stamp
):
    """Fill ``out`` from place ``known`` on with people who stand neither before it nor are the teller."""
    _met(slots, stamps, stamp, teller)
    for j in range(known):
        _met(slots, stamps, stamp, out[j])
    for j in range(known, out.size):
        attempt = 0
        while True:
            w0, w1, _, _ = _draw(story, j, attempt)
            person = np.int32(below(people, w0, w1))
            if not _met(slots, stamps, stamp, person):
                break
            attempt += 1
        out[j] = person


@numba.njit(cache=True, nogil=True)
def told_kernel(  # type: ignore[no-untyped-def]
    first, tie, strong_tie, teller, begin, low, high, day, replication, k0, k1
):
    """Listeners of each story and whether their ties are strong; ``begin`` counts them."""
    people = first.size - 1
    listener = np.empty(begin[-1], dtype=np.int32)
    strong = np.zeros(begin[-1], dtype=np.bool_)
    longest, widest = 0, 0
    for i in range(teller.size):
        longest = max(longest, begin[i + 1] - begin[i])
        widest = max(widest, first[teller[i] + 1] - first[teller[i]])
    slots = np.empty(_room_for(longest + 1), dtype=np.int32)
    stamps = np.full(slots.size, -1, dtype=np.int64)
    row, chosen = np.empty(widest, dtype=np.int64), np.empty(longest, dtype=np.int64)
    place, holds = np.empty(longest, dtype=np.int64), np.empty(longest, dtype=np.int64)
    for i in range(teller.size):
        told = begin[i + 1] - begin[i]
        if told == 0:
            continue
        story = _story(low[i], high[i], day[i], replication, k0, k1)
        start = first[teller[i]]
        ties = first[teller[i] + 1] - start
        along = min(told, ties)
        if told * told < ties:
            _choose_few(chosen[:along], ties, story, place, holds)
        else:
            _choose_any(chosen[:along], ties, story, row)
        for j in range(along):
            listener[begin[i] + j] = tie[start + chosen[j]]
            strong[begin[i] + j] = strong_tie[start + chosen[j]]
        if told > ties:
            out = listener[begin[i] : begin[i + 1]]
            _choose_strangers(out, ties, teller[i], people, story, slots, stamps, i)
    return listener, strong


@numba.njit(cache=True, nogil=True)
def _grown(array):  # type: ignore[no-untyped-def]
    bigger = np.empty(2 * array.size, dtype=array.dtype)
    bigger[: array.size] = array
    return bigger


@numba.njit(cache=True, nogil=True)
def _passes(byte, threshold, story, half):  # type: ignore[no-untyped-def]
    """Whether the 40-bit number of a half-tie, whose first 8 bits are known, lies below the threshold."""
    if byte != threshold >> np.uint64(32):
        return True
    w0, _, _, _ = _draw(story, half, 1)
    return w0 < threshold & np.uint64(0xFFFFFFFF)


@numba.njit(cache=True, nogil=True)
def cascade_kernel(  # type: ignore[no-untyped-def]
    first, tie, strong_tie, teller, begin, told, threshold, low, high, day, replication, k0, k1
):
    """Number of further hearings of each story, who heard, and whether along a strong tie.

    Each half-tie has a 40-bit number a story, by its place in the network. One draw gives the first 8 bits of
    sixteen of them, which nearly always settles it.
    """
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
        story = _story(low[i], high[i], day[i], replication, k0, k1)
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
                if half >> 4 != block:
                    block = half >> 4
                    words[0], words[1], words[2], words[3] = _draw(story, block, 0)
                byte = (words[(half >> 2) & 3] >> np.uint64(8 * (half & 3))) & np.uint64(255)
                if byte > threshold >> np.uint64(32):
                    continue
                if not _passes(byte, threshold, story, half) or _met(slots, stamps, i, tie[half]):
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
