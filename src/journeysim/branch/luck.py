"""Luck by address: the only random numbers in journeysim.

Every number is a pure function of where it belongs: the seed, the name of a stream, the day, the
replication and the person. Nothing is drawn in sequence, so no draw can move another: an option that
adds a touchpoint, a segment or a customer leaves everybody else's luck as it was.

The function is Philox4x32-10, a counter-based generator [1]_. Its 64-bit key is a digest of the seed and the
stream's name, its 128-bit counter is the address.

References
----------
.. [1] Salmon, Moraes, Dror & Shaw (2011), Parallel random numbers: as easy as 1, 2, 3, SC'11.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

import numba
import numpy as np
from numpy.typing import NDArray

from journeysim.units import BoolArray, FloatArray, IntArray

WordArray = NDArray[np.uint32]
Key = tuple[np.uint64, np.uint64, np.uint64]
"""The replication and the two words of a stream's key."""


@numba.njit(cache=True, nogil=True, inline="always")
def philox_round(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """One round of Philox4x32 on 64-bit integers that hold 32-bit words."""
    mask = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    left = np.uint64(0xD2511F53) * c0
    right = np.uint64(0xCD9E8D57) * c2
    return (right >> half) ^ c1 ^ k0, right & mask, (left >> half) ^ c3 ^ k1, left & mask


@numba.njit(cache=True, nogil=True, inline="always")
def philox_words(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """The four 32-bit words of Philox4x32-10 for one counter and key."""
    mask = np.uint64(0xFFFFFFFF)
    for _ in range(10):
        c0, c1, c2, c3 = philox_round(c0, c1, c2, c3, k0, k1)
        k0 = (k0 + np.uint64(0x9E3779B9)) & mask
        k1 = (k1 + np.uint64(0xBB67AE85)) & mask
    return c0, c1, c2, c3


@numba.njit(cache=True, nogil=True, inline="always")
def word(number):  # type: ignore[no-untyped-def]
    """A 32-bit word, known to the compiler as one: products of two need no more than 64 bits."""
    return number & np.uint64(0xFFFFFFFF)


@numba.njit(cache=True, nogil=True, inline="always")
def bits_above_one(high, low):  # type: ignore[no-untyped-def]
    """Bits of the float64 from 1 to below 2 whose fraction is the first 52 bits of two words.

    A loop that makes these and no float runs over several numbers at once; `uniform_of` is for another loop.
    """
    return np.uint64(0x3FF0000000000000) | (high << np.uint64(20)) | (low >> np.uint64(12))


@numba.njit(cache=True, nogil=True, inline="always")
def uniform_of(above_one):  # type: ignore[no-untyped-def]
    """The uniform number of a float64 from 1 to below 2, exactly.

    52 bits and half a step: strictly inside (0, 1), even after rounding to float64.
    """
    return (above_one - 1.0) + 2.0**-53


@numba.njit(cache=True, nogil=True)
def _fill_uniforms(out, low, high, day, replication, k0, k1):  # type: ignore[no-untyped-def]
    bits = out.view(np.uint64)
    k0, k1 = word(k0), word(k1)
    for i in range(out.size):
        w0, w1, _, _ = philox_words(
            np.uint64(low[i]), np.uint64(high[i]), np.uint64(day[i]), word(replication), k0, k1
        )
        bits[i] = bits_above_one(w0, w1)
    for i in range(out.size):
        out[i] = uniform_of(out[i])


@numba.njit(cache=True, nogil=True)
def _fill_pairs(first, second, low, high, day, stream, replication, keys):  # type: ignore[no-untyped-def]
    bits, more_bits = first.view(np.uint64), second.view(np.uint64)
    for i in range(first.size):
        w0, w1, w2, w3 = philox_words(
            np.uint64(low[i]),
            np.uint64(high[i]),
            np.uint64(day[i]),
            word(replication),
            word(keys[stream[i], 0]),
            word(keys[stream[i], 1]),
        )
        bits[i], more_bits[i] = bits_above_one(w0, w1), bits_above_one(w2, w3)
    for i in range(first.size):
        first[i], second[i] = uniform_of(first[i]), uniform_of(second[i])


@numba.njit(cache=True, nogil=True)
def _fill_words(first, second, low, high, day, replication, k0, k1):  # type: ignore[no-untyped-def]
    for i in range(first.size):
        w0, w1, _, _ = philox_words(
            np.uint64(low[i]), np.uint64(high[i]), np.uint64(day[i]), replication, k0, k1
        )
        first[i], second[i] = w0, w1


@dataclass(frozen=True)
class Address:
    """Who a number belongs to.

    Attributes
    ----------
    low, high : shape (people,), the person's 64-bit address in two words.
    day : shape (people,), days since the first day of the run.
    """

    low: WordArray
    high: WordArray
    day: WordArray

    @classmethod
    def of(cls, low: IntArray, tag: int | IntArray, day: IntArray) -> Address:
        """Addresses from whole numbers of 32 bits; one ``tag`` stands for the high word of all."""
        high = np.broadcast_to(np.asarray(tag, dtype=np.uint32), low.shape)
        return cls(low.astype(np.uint32), np.ascontiguousarray(high), day.astype(np.uint32))

    @classmethod
    def together(cls, parts: Sequence[Address]) -> Address:
        """The addresses of all parts in their order."""
        return cls(
            low=np.concatenate([part.low for part in parts]),
            high=np.concatenate([part.high for part in parts]),
            day=np.concatenate([part.day for part in parts]),
        )

    def __getitem__(self, which: IntArray | BoolArray | slice) -> Address:
        return Address(self.low[which], self.high[which], self.day[which])


@dataclass(frozen=True)
class Luck:
    """All the luck of one replication.

    Parameters
    ----------
    seed : any whole number >= 0.
    replication : from 0.
    """

    seed: int
    replication: int

    def uniforms(self, stream: str, address: Address) -> FloatArray:
        """One number per person from a named stream.

        Parameters
        ----------
        stream : what the number decides, such as ``service/counter/0``.
        address : whose it is.

        Returns
        -------
        shape (people,), uniform on the open interval (0, 1).
        """
        out = np.empty(address.low.size)
        _fill_uniforms(out, address.low, address.high, address.day, *self.key(stream))
        return out

    def pairs(
        self, streams: Sequence[str], stream_of: IntArray, address: Address
    ) -> tuple[FloatArray, FloatArray]:
        """Two independent numbers per person, each person's from one of several streams.

        Parameters
        ----------
        streams : what the numbers decide.
        stream_of : shape (people,), place in ``streams``.
        address : whose they are.

        Returns
        -------
        Two arrays of shape (people,), uniform on (0, 1); the first is what `uniforms` gives.
        """
        first, second = np.empty(address.low.size), np.empty(address.low.size)
        if first.size:
            keys = np.array([self.key(stream)[1:] for stream in streams], dtype=np.uint64)
            replication = np.uint64(self.replication)
            _fill_pairs(first, second, address.low, address.high, address.day, stream_of, replication, keys)
        return first, second

    def words(self, stream: str, address: Address) -> tuple[WordArray, WordArray]:
        """Two 32-bit words per person from a named stream: new addresses for whom nobody counts.

        Returns
        -------
        Two arrays of shape (people,).
        """
        first, second = np.empty_like(address.low), np.empty_like(address.low)
        _fill_words(first, second, address.low, address.high, address.day, *self.key(stream))
        return first, second

    def key(self, stream: str) -> Key:
        """The replication and the two words of a stream's key, for kernels that call Philox."""
        digest = blake2b(f"{self.seed}\0{stream}".encode(), digest_size=8).digest()
        key = np.frombuffer(digest, dtype="<u4").astype(np.uint64)
        return np.uint64(self.replication), key[0], key[1]


def name_tag(name: str) -> int:
    """A 32-bit number that stands for a name in an address, the same wherever the name is used."""
    return int.from_bytes(blake2b(name.encode(), digest_size=4).digest(), "little")
