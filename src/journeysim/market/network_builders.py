"""Networks made by luck: small worlds, scale-free networks, blocks by segment, and those of the textbooks.

Each is a function of its size and of `Luck` alone, in whole numbers, so it is the same on every machine. Luck
is addressed by (person, number of the tie, try).
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

from journeysim.branch.luck import Address, Luck, philox_words
from journeysim.market.network import Network, PersonArray, check_people, network_of
from journeysim.units import BoolArray, IntArray

_TRIES = 100
"""Draws of somebody to be tied to before a tie is given up: enough unless nearly all are tied already."""


def small_world(
    people: int,
    ties: int,
    rewire: float,
    luck: Luck,
    *,
    weak_share: float = 0.0,
    rewired_are_weak: bool = False,
) -> Network:
    """Small world: a ring of neighbours, some of whose ties lead to anybody.

    Parameters
    ----------
    people : more than ``ties``.
    ties : of each person on the ring, even; the mean number stays so.
    rewire : share of ties whose far end is drawn anew, 0..1.
    weak_share : share of ties that are weak, 0..1.
    rewired_are_weak : the rewired ties are weak as well, since they are the long ones.

    References
    ----------
    Watts & Strogatz (1998), Collective dynamics of small-world networks. The order of rewiring is theirs.
    """
    _check(people, ties, rewire=rewire, weak_share=weak_share)
    out, rewired = _small_world(people, ties // 2, _threshold(rewire), *luck.key("network/small world"))
    return _of_table(out, luck, weak_share, rewired if rewired_are_weak else None)


def scale_free(people: int, ties: int, luck: Luck, *, weak_share: float = 0.0) -> Network:
    """Scale-free network: who comes later ties to people in proportion to the ties they have.

    Starts from ``ties / 2 + 1`` people who all know each other; everybody later makes ``ties / 2`` ties.

    Parameters
    ----------
    people : more than ``ties``.
    ties : mean number a person, even (lower by about ``ties**2 / (4 * people)``).
    weak_share : share of ties that are weak, 0..1.

    References
    ----------
    Barabási & Albert (1999), Emergence of scaling in random networks.
    """
    _check(people, ties, weak_share=weak_share)
    one, other = _scale_free(people, ties // 2, *luck.key("network/scale free"))
    return network_of(people, one, other, _strong(one, other, luck, weak_share))


def blocks(segment: IntArray, ties: int, within: float, luck: Luck, *, weak_share: float = 0.0) -> Network:
    """Block model: a share of ties is made within the own segment, the rest with anybody.

    Parameters
    ----------
    segment : shape (people,), each person's segment, from 0.
    ties : mean number a person in every segment, even, less than the people.
    within : share of ties made within the segment, 0..1. Some of the rest meet their own kind by chance:
        ``within + (1 - within) * s`` of the ties of a segment with a share ``s`` of the people lie in it.
    weak_share : share of ties that are weak, 0..1.

    References
    ----------
    Holland, Laskey & Leinhardt (1983), Stochastic blockmodels. ``within`` is Coleman's (1958) index of
    inbreeding homophily: unlike the plain share of ties within, one value of it fits segments of all sizes.
    """
    segment = np.asarray(segment, dtype=np.int64)
    people = segment.size
    _check(people, ties, within=within, weak_share=weak_share)
    if segment.min() < 0:
        raise ValueError("segments are numbered from 0")
    order = np.argsort(segment, kind="stable").astype(np.int32)
    begin = np.concatenate([[0], np.cumsum(np.bincount(segment))])
    key = luck.key("network/blocks")
    return _of_table(_blocks(segment, order, begin, ties // 2, _threshold(within), *key), luck, weak_share)


def complete(people: int) -> Network:
    """Network in which everybody knows everybody; for theory, with up to a few thousand people."""
    check_people(people)
    one, other = np.triu_indices(people, 1)
    return network_of(people, one.astype(np.int32), other.astype(np.int32), np.ones(one.size, dtype=np.bool_))


def random_ties(people: int, ties: float, luck: Luck, *, weak_share: float = 0.0) -> Network:
    """Random network: ``people * ties / 2`` ties between random pairs; a person's number of them is Poisson.

    Parameters
    ----------
    ties : mean number a person; at most half of all there could be.
    weak_share : share of ties that are weak, 0..1.

    References
    ----------
    Erdős & Rényi (1959), On random graphs I: G(n, M).
    """
    check_people(people)
    if not 0 <= ties <= (people - 1) / 2:
        raise ValueError(f"the mean number of ties must lie between 0 and {(people - 1) / 2}, not {ties}")
    wanted = round(people * ties / 2)
    pairs = np.empty(0, dtype=np.int64)
    drawn = 0
    while pairs.size < wanted:
        more = 2 * (wanted - pairs.size) + 10
        low, high = _pairs(people, drawn, more, *luck.key("network/random"))
        drawn += more
        pairs = np.concatenate([pairs, low * people + high])
        pairs = pairs[np.sort(np.unique(pairs, return_index=True)[1])]
        pairs = pairs[pairs // people != pairs % people]
    one, other = (pairs[:wanted] // people).astype(np.int32), (pairs[:wanted] % people).astype(np.int32)
    return network_of(people, one, other, _strong(one, other, luck, weak_share))


def random_regular(people: int, ties: int, luck: Luck) -> Network:
    """Random network in which everybody has the same number of ties.

    Parameters
    ----------
    people, ties : their product is even, and ``ties`` at most a tenth of the people.

    References
    ----------
    Bollobás (1980): ends of ties paired at random; the few pairs that are no proper ties are paired anew with
    others.
    """
    check_people(people)
    if ties < 1 or people * ties % 2 or 10 * ties > people:
        raise ValueError("people times ties must be even, and ties at most a tenth of the people")
    ends = np.repeat(np.arange(people), ties)
    for attempt in range(_TRIES):
        address = Address.of(np.arange(ends.size), 0, np.full(ends.size, attempt))
        rank = luck.uniforms("network/regular", address)
        if attempt == 0:
            ends = ends[np.argsort(rank, kind="stable")]
        one, other = ends[0::2], ends[1::2]
        pair = np.minimum(one, other) * people + np.maximum(one, other)
        kept = np.zeros(pair.size, dtype=np.bool_)
        kept[np.unique(pair, return_index=True)[1]] = True
        bad = np.flatnonzero(~kept | (one == other))
        if bad.size == 0:
            return network_of(
                people, one.astype(np.int32), other.astype(np.int32), np.ones(one.size, dtype=np.bool_)
            )
        # Bad pairs are shuffled together with as many others.
        open_pairs = np.union1d(bad, np.argsort(rank[::2], kind="stable")[: bad.size])
        places = np.concatenate([2 * open_pairs, 2 * open_pairs + 1])
        ends[places] = ends[places[np.argsort(rank[places], kind="stable")]]
    raise ValueError(f"no network of {people} people with {ties} ties each was found")


def _check(people: int, ties: int, **shares: float) -> None:
    """Raise a ValueError for what no network can be."""
    check_people(people)
    if ties < 2 or ties % 2:
        raise ValueError(f"an even number of ties is required, not {ties}")
    if people <= ties:
        raise ValueError(f"{ties} ties a person take more than {people} people")
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise ValueError(f"{name} must lie between 0 and 1, not {share}")


def _threshold(share: float) -> np.uint64:
    """A 32-bit word below this is drawn with probability ``share``."""
    return np.uint64(round(share * 2**32))


def _of_table(
    out: NDArray[np.int32], luck: Luck, weak_share: float, weak: BoolArray | None = None
) -> Network:
    """Network of everybody's row of people tied to; -1 is nobody."""
    people, ties = out.shape
    one, other = np.repeat(np.arange(people, dtype=np.int32), ties), out.ravel()
    strong = _strong(one, other, luck, weak_share)
    if weak is not None:
        strong &= ~weak.ravel()
    return network_of(people, one, other, strong)


def _strong(one: PersonArray, other: PersonArray, luck: Luck, weak_share: float) -> BoolArray:
    """Whether each tie is strong: the luck of its two ends, whoever drew it."""
    if weak_share == 0:
        return np.ones(one.size, dtype=np.bool_)
    address = Address.of(
        np.minimum(one, other), np.maximum(one, other).astype(np.int64), np.zeros(one.size, dtype=np.int64)
    )
    return luck.uniforms("network/strength", address) >= weak_share


@numba.njit(cache=True, nogil=True, inline="always")
def below(count, high, low):  # type: ignore[no-untyped-def]
    """Whole number below ``count`` (at most 2**32) from the 64 bits of two words, all but equally likely."""
    count = np.uint64(count)
    half = np.uint64(32)
    return np.int64((high * count + ((low * count) >> half)) >> half)


@numba.njit(cache=True, nogil=True)
def _are_tied(out, one, other):  # type: ignore[no-untyped-def]
    found = False
    for j in range(out.shape[1]):
        found |= out[one, j] == other or out[other, j] == one
    return found


@numba.njit(cache=True, nogil=True)
def _small_world(people, half, threshold, replication, k0, k1):  # type: ignore[no-untyped-def]
    out = np.empty((people, half), dtype=np.int32)
    rewired = np.zeros((people, half), dtype=np.bool_)
    for person in range(people):
        for j in range(half):
            out[person, j] = (person + j + 1) % people
    for j in range(half):
        for person in range(people):
            for attempt in range(_TRIES):
                w0, _, w2, w3 = philox_words(
                    np.uint64(person), np.uint64(j), np.uint64(attempt), replication, k0, k1
                )
                if attempt == 0 and w0 >= threshold:
                    break
                other = below(people, w2, w3)
                if other != person and not _are_tied(out, person, other):
                    out[person, j] = other
                    rewired[person, j] = True
                    break
    return out, rewired


@numba.njit(cache=True, nogil=True)
def _blocks(segment, order, begin, half, threshold, replication, k0, k1):  # type: ignore[no-untyped-def]
    people = segment.size
    out = np.full((people, half), np.int32(-1), dtype=np.int32)
    for person in range(people):
        start = begin[segment[person]]
        fellows = begin[segment[person] + 1] - start
        for j in range(half):
            inside = False
            for attempt in range(2 * _TRIES):
                w0, _, w2, w3 = philox_words(
                    np.uint64(person), np.uint64(j), np.uint64(attempt), replication, k0, k1
                )
                if attempt == 0:
                    inside = w0 < threshold
                # A segment too small for so many ties: the tie is made with anybody.
                if inside and attempt < _TRIES:
                    other = np.int64(order[start + below(fellows, w2, w3)])
                else:
                    other = below(people, w2, w3)
                if other != person and not _are_tied(out, person, other):
                    out[person, j] = other
                    break
    return out


@numba.njit(cache=True, nogil=True)
def _scale_free(people, half, replication, k0, k1):  # type: ignore[no-untyped-def]
    total = half * (half + 1) // 2 + (people - half - 1) * half
    one, other = np.empty(total, dtype=np.int32), np.empty(total, dtype=np.int32)
    made = 0
    for person in range(half + 1):
        for earlier in range(person):
            one[made], other[made] = person, earlier
            made += 1
    for person in range(half + 1, people):
        before = made
        for j in range(half):
            attempt = 0
            while True:
                _, _, w2, w3 = philox_words(
                    np.uint64(person), np.uint64(j), np.uint64(attempt), replication, k0, k1
                )
                # An end of a tie drawn at random is a person drawn in proportion to their ties.
                end = below(2 * before, w2, w3)
                chosen = one[end >> 1] if end & 1 else other[end >> 1]
                is_new = True
                for tie in range(before, made):
                    if other[tie] == chosen:
                        is_new = False
                if is_new:
                    break
                attempt += 1
            one[made], other[made] = person, chosen
            made += 1
    return one, other


@numba.njit(cache=True, nogil=True)
def _pairs(people, begin, count, replication, k0, k1):  # type: ignore[no-untyped-def]
    """The lower and higher number of pairs drawn at random, from the ``begin``-th draw on."""
    low, high = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    for i in range(count):
        w0, w1, w2, w3 = philox_words(np.uint64(begin + i), np.uint64(0), np.uint64(0), replication, k0, k1)
        one, other = below(people, w0, w1), below(people, w2, w3)
        low[i], high[i] = min(one, other), max(one, other)
    return low, high
