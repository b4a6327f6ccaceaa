"""Word of mouth on a network: who is told a story, and who hears it from whom.

A story is something that one person tells: it has a teller and an address, and every number drawn for it is a
function of that address. Stories know nothing of each other, so they may be told in any order or in parts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from journeysim.branch.luck import Address, Key
from journeysim.market.network import Network, PersonArray
from journeysim.market.spread_kernels import cascade_kernel, told_kernel
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
    ``told`` hearings a story. Of those told, as many as possible are tied to the teller; the others are
    random acquaintances, weak.
    """
    teller, told = _people(teller), _people(told)
    most = np.minimum(told, network.people - 1)
    begin = np.concatenate([[0], np.cumsum(np.maximum(most, 0), dtype=np.int64)])
    listener, strong = told_kernel(
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
    The rest as in `relayed`. A higher probability adds hearings and takes none away: each end of a tie has
    its own number for each story.
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"the probability must lie between 0 and 1, not {probability}")
    teller = _people(teller)
    begin = np.searchsorted(hearings.story, np.arange(teller.size + 1)).astype(np.int64)
    threshold = np.uint64(round(probability * 2**40))
    if threshold == 0 or hearings.listener.size == 0:
        nobody = np.empty(0, dtype=np.int32)
        return Hearings(nobody, nobody, np.empty(0, dtype=np.bool_))
    count, listener, strong = cascade_kernel(
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
