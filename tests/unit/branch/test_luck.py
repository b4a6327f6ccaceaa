"""Luck: the generator's published answers, the open interval, uniform and unrelated numbers."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from journeysim.branch.luck import Address, Luck, name_tag, philox_words

ALL_ONES = 0xFFFFFFFF


def address(size: int, day: int = 0, high: int = 0) -> Address:
    ones = np.ones(size, dtype=np.uint32)
    return Address(np.arange(size, dtype=np.uint32), np.uint32(high) * ones, np.uint32(day) * ones)


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([ALL_ONES] * 4, [ALL_ONES] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        (
            [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
            [0xA4093822, 0x299F31D0],
            [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
        ),
    ],
    ids=["zeros", "ones", "pi"],
)
def test_philox_answers_as_its_authors_say(counter: list[int], key: list[int], words: list[int]) -> None:
    """Known-answer vectors of Random123 (Salmon et al. 2011), philox4x32-10."""
    found = philox_words(*(np.uint64(word) for word in (*counter, *key)))
    assert [int(word) for word in found] == words


def test_numbers_lie_strictly_between_0_and_1() -> None:
    u = Luck(0, 0).uniforms("any", address(1_000_000))
    assert u.min() > 0
    assert u.max() < 1
    # The outermost numbers that the 52 bits can make.
    assert (0 + 0.5) * 2.0**-52 > 0
    assert ((2**52 - 1) + 0.5) * 2.0**-52 < 1


@pytest.mark.parametrize("stream", ["service\0counter\0000", "arrivals/time", "排队"])
def test_numbers_are_uniform(stream: str) -> None:
    u = Luck(3, 1).uniforms(stream, address(200_000))
    assert stats.kstest(u, "uniform").pvalue > 0.001
    # Also in the last of their digits.
    assert stats.kstest(np.modf(u * 2.0**40)[0], "uniform").pvalue > 0.001


def test_numbers_of_neighbours_are_unrelated() -> None:
    """Streams, days, replications, seeds, and people next to each other share nothing."""
    size = 100_000
    here = address(size)
    columns = {
        "person": Luck(1, 0).uniforms("a", here),
        "next person": np.roll(Luck(1, 0).uniforms("a", here), 1),
        "other stream": Luck(1, 0).uniforms("b", here),
        "next occurrence": Luck(1, 0).uniforms("a\0001", here),
        "next day": Luck(1, 0).uniforms("a", address(size, day=1)),
        "next replication": Luck(1, 1).uniforms("a", here),
        "next seed": Luck(2, 0).uniforms("a", here),
        "other segment": Luck(1, 0).uniforms("a", address(size, high=1)),
    }
    for (one, x), (other, y) in itertools.combinations(columns.items(), 2):
        assert abs(np.corrcoef(x, y)[0, 1]) < 4.5 / np.sqrt(size), (one, other)
        table = np.histogram2d(x, y, bins=8)[0]
        assert stats.chisquare(table.ravel()).pvalue > 1e-4, (one, other)


def test_a_number_depends_on_its_address_alone() -> None:
    luck = Luck(5, 2)
    everybody = luck.uniforms("any", address(1000, day=3))
    some = np.array([999, 3, 3, 17])
    chosen = Address(*(getattr(address(1000, day=3), name)[some] for name in ("low", "high", "day")))
    assert np.array_equal(luck.uniforms("any", chosen), everybody[some])
    assert luck.uniforms("any", address(0)).size == 0


def test_seeds_and_names_that_run_together_are_told_apart() -> None:
    assert Luck(1, 0).uniforms("1", address(1)) != Luck(11, 0).uniforms("", address(1))
    assert Luck(2**70, 0).uniforms("1", address(1)) != Luck(0, 0).uniforms("1", address(1))


def test_pairs_are_two_unrelated_numbers_of_each_persons_own_stream() -> None:
    luck, everybody = Luck(5, 2), address(20_000)
    stream_of = np.arange(20_000) % 3
    first, second = luck.pairs(["a", "b", "c"], stream_of, everybody)
    for number, stream in enumerate("abc"):
        mine = stream_of == number
        assert np.array_equal(first[mine], luck.uniforms(stream, everybody[mine]))
        assert np.array_equal(
            second[mine], luck.pairs([stream], np.zeros(mine.sum(), int), everybody[mine])[1]
        )
    assert ((second > 0) & (second < 1)).all()
    assert stats.kstest(second, "uniform").pvalue > 0.001
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(20_000)
    assert luck.pairs([], np.zeros(0, int), address(0))[0].size == 0


def test_the_luck_of_a_seed_never_changes() -> None:
    """Frozen: if this moves, every stored result moves (raise RESULTS and say so in CHANGELOG.md)."""
    u = Luck(7, 3).uniforms("service\0counter\0000", address(3, day=2, high=name_tag("regular")))
    assert u.tolist() == FROZEN
    assert name_tag("regular") == FROZEN_TAG


FROZEN = [0.08376948160704811, 0.5925547029023598, 0.7697427606078665]
FROZEN_TAG = 3478618658
