"""Spread of something new on a network as the textbooks have it, for analysts and for the tests.

The independent cascade is how a market relays stories; adoption by ties is the model of Goldenberg, Libai &
Muller, which on a complete network becomes that of Bass.
"""

from __future__ import annotations

import numba
import numpy as np

from journeysim.branch.luck import Address, Luck, philox_words
from journeysim.market.network import Network, PersonArray
from journeysim.market.spread import Hearings, cascade
from journeysim.units import FloatArray, IntArray

NEVER_ADOPTED = -1


def independent_cascade(
    network: Network, seeds: PersonArray | IntArray, probability: float, luck: Luck
) -> Hearings:
    """Cascades, one from each seed: who is reached passes it on along each tie, once, with a probability.

    Parameters
    ----------
    seeds : shape (cascades,), where each begins; cascades know nothing of each other.
    probability : 0..1.

    Returns
    -------
    whom each cascade reached, the seed left out; ``story`` is the number of the cascade.

    References
    ----------
    Kempe, Kleinberg & Tardos (2003), Maximizing the spread of influence through a social network.
    """
    seeds = _some_of(network, seeds)
    number = np.arange(seeds.size)
    begun = Hearings(number.astype(np.int32), seeds, np.ones(seeds.size, dtype=np.bool_))
    address = Address.of(number, 0, np.zeros(seeds.size, dtype=np.int64))
    return cascade(network, begun, seeds, probability, address, luck.key("diffusion/cascade"))


def cascade_sizes(
    network: Network, seeds: PersonArray | IntArray, probability: float, luck: Luck
) -> IntArray:
    """People in each cascade of `independent_cascade`, the seed counted; shape (cascades,)."""
    reached = independent_cascade(network, seeds, probability, luck)
    return np.bincount(reached.story, minlength=np.size(seeds)) + 1


def mean_cascade_size(ties: int, probability: float) -> float:
    """Mean size of a cascade, the seed counted, where everybody has ``ties`` ties that form no circles.

    Infinite where who is reached reaches one more or more on average.

    References
    ----------
    Galton & Watson (1874): ``1 + d p / (1 - (d - 1) p)`` for d ties.
    """
    onward = (ties - 1) * probability
    return 1 + ties * probability / (1 - onward) if onward < 1 else float("inf")


def adoption(
    network: Network, innovation: float, strong: float, weak: float, periods: int, luck: Luck
) -> IntArray:
    """Period in which each person adopts something, by themselves or through tied people who have.

    In each period who has not adopted does so with probability ``1 - (1 - innovation) * (1 - strong)**s * (1
    - weak)**w``, where s and w of the people tied to them strongly and weakly had adopted before it.

    Parameters
    ----------
    innovation, strong, weak : probabilities a period, 0..1.
    periods : how many, >= 1.

    Returns
    -------
    shape (people,), 0 to ``periods - 1``; -1 who has not adopted by the end.

    References
    ----------
    Goldenberg, Libai & Muller (2001), Talk of the network.
    """
    for name, share in {"innovation": innovation, "strong": strong, "weak": weak}.items():
        if not 0 <= share <= 1:
            raise ValueError(f"{name} must lie between 0 and 1, not {share}")
    most = int(network.ties.max())
    adopted: IntArray = _adopt(
        network.first,
        network.tie,
        network.strong,
        1 - innovation,
        _powers(1 - strong, most),
        _powers(1 - weak, most),
        periods,
        *luck.key("diffusion/adoption"),
    )
    return adopted


def bass_curve(innovation: float, imitation: float, time: FloatArray) -> FloatArray:
    """Share who have adopted by each time in a market where everybody meets everybody.

    Parameters
    ----------
    innovation, imitation : Bass's p > 0 and q >= 0, a unit of time.
    time : in that unit, >= 0.

    References
    ----------
    Bass (1969), A new product growth for model consumer durables.
    """
    time = np.asarray(time, dtype=np.float64)
    fallen = np.exp(-(innovation + imitation) * time)
    return (1 - fallen) / (1 + imitation / innovation * fallen)


def final_size(reproduction: float) -> float:
    """Share of all people whom a cascade reaches that does not die early, with Poisson numbers of ties.

    Parameters
    ----------
    reproduction : mean number reached by who is reached, >= 0: mean ties times probability.

    Returns
    -------
    The positive root of ``S = 1 - exp(-reproduction * S)``; 0 up to a reproduction of 1.

    References
    ----------
    Kermack & McKendrick (1927); for networks Newman (2002), Spread of epidemic disease on networks.
    """
    if reproduction <= 1:
        return 0.0
    # Newton's method from above falls to the root without passing it, as the function is convex there.
    size = 1.0
    for _ in range(200):
        left = np.exp(-reproduction * size)
        step = (size - 1 + left) / (1 - reproduction * left)
        size -= step
        if abs(step) < 1e-15:
            break
    return float(size)


def _some_of(network: Network, people: PersonArray | IntArray) -> PersonArray:
    seeds = np.ascontiguousarray(people, dtype=np.int64)
    if seeds.size and not (seeds.min() >= 0 and seeds.max() < network.people):
        raise ValueError(f"seeds must be numbers of people, 0 to {network.people - 1}")
    return seeds.astype(np.int32)


def _powers(base: float, most: int) -> FloatArray:
    """Powers 0 to ``most`` by repeated multiplication, which all machines do alike."""
    return np.concatenate([[1.0], np.multiply.accumulate(np.full(most, base))])


@numba.njit(cache=True, nogil=True)
def _adopt(  # type: ignore[no-untyped-def]
    first, tie, strong_tie, stays, strong_stays, weak_stays, periods, replication, k0, k1
):
    people = first.size - 1
    adopted = np.full(people, NEVER_ADOPTED, dtype=np.int64)
    strong, weak = np.zeros(people, dtype=np.int32), np.zeros(people, dtype=np.int32)
    left = np.arange(people)
    for period in range(periods):
        remain = 0
        new = np.empty(left.size, dtype=np.int64)
        for i in range(left.size):
            person = left[i]
            unmoved = stays * strong_stays[strong[person]] * weak_stays[weak[person]]
            w0, w1, _, _ = philox_words(
                np.uint64(person), np.uint64(0), np.uint64(period), replication, k0, k1
            )
            bits = (w0 << np.uint64(20)) | (w1 >> np.uint64(12))
            if (np.float64(bits) + 0.5) * 2.0**-52 < unmoved:
                left[remain] = person
                remain += 1
            else:
                adopted[person] = period
                new[i - remain] = person
        for j in range(left.size - remain):
            for half in range(first[new[j]], first[new[j] + 1]):
                if strong_tie[half]:
                    strong[tie[half]] += 1
                else:
                    weak[tie[half]] += 1
        left = left[:remain]
    return adopted
