"""Small networks and addresses for the tests of word of mouth."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from scipy import sparse

from journeysim.branch.luck import Address
from journeysim.market.network import Network


def stories(count: int, first: int = 0) -> Address:
    """Addresses of stories ``first`` to ``first + count - 1``."""
    return Address.of(np.arange(first, first + count), 5, np.full(count, 3))


def matrix(network: Network) -> Any:
    """Adjacency matrix."""
    ones = np.ones(network.tie.size, dtype=np.int64)
    return sparse.csr_matrix((ones, network.tie, network.first), shape=(network.people, network.people))


def star(leaves: int) -> Network:
    """Person 0 is tied to everybody else."""
    return Network.of_pairs(
        leaves + 1, np.zeros(leaves, dtype=np.int32), np.arange(1, leaves + 1, dtype=np.int32)
    )


def assert_proper(network: Network) -> None:
    """No self ties, no double ties, neighbours ascending, both ends of a tie agree."""
    assert network.first.dtype == np.int64
    assert network.tie.dtype == np.int32
    assert network.strong.dtype == np.bool_
    assert network.first[0] == 0
    assert network.first[-1] == network.tie.size == network.strong.size
    owner = np.repeat(np.arange(network.people), network.ties)
    if network.tie.size:
        assert network.tie.min() >= 0
        assert network.tie.max() < network.people
    assert not np.any(owner == network.tie)
    same = owner[1:] == owner[:-1]
    assert np.all(np.diff(network.tie)[same] > 0)
    here = sorted(zip(owner.tolist(), network.tie.tolist(), network.strong.tolist(), strict=True))
    back = sorted(zip(network.tie.tolist(), owner.tolist(), network.strong.tolist(), strict=True))
    assert here == back


def digest(*arrays: np.ndarray[Any, Any]) -> str:
    """Short hash of arrays, the same on every machine."""
    found = hashlib.blake2b(digest_size=8)
    for array in arrays:
        found.update(np.ascontiguousarray(array).astype("<i8").tobytes())
    return found.hexdigest()
