"""What the constants of a behaviour must fulfil together: shares that sum to 1, ends in their order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from journeysim.errors import Problem
from journeysim.journey.distributions import SHARES_TOLERANCE
from journeysim.journey.faults import problem_at, show
from journeysim.journey.strict_yaml import Document, Loc, dotted, look_up, touches

_SUMS: tuple[tuple[Loc, tuple[str, ...]], ...] = (
    (("visits",), ("peak", "end", "mean")),
    (("complaints",), ("grumble", "complain", "media")),
    (
        ("leaving", "reasons"),
        ("died", "moved", "other_relationships", "rival", "product", "indifferent_staff"),
    ),
    (("choosing",), ("by_reputation", "by_strength", "by_convenience")),
)
"""Shares that sum to 1: where they stand and what they are called."""

_ORDERS: tuple[tuple[Loc, tuple[str, ...]], ...] = (
    (("encounters", "attentive"), ("low", "high")),
    (("encounters", "indifferent"), ("low", "high")),
    (("encounters", "linear"), ("worst", "best")),
    (("encounters", "attractive"), ("worst", "best")),
    (("encounters", "must_be"), ("worst", "best")),
    (("ladder",), ("indifferent", "stable", "active", "enthusiast")),
    (("telling",), ("bad_below", "good_above")),
)
"""Numbers of which each is at most the next."""

_BELOW_ONE: tuple[Loc, ...] = (("hearing", "strong"), ("hearing", "weak"), ("leaving", "per_year"))
"""Shares whose logarithm of the rest is taken."""


def check_behaviour(document: Document, doubtful: frozenset[Loc]) -> list[Problem]:
    """Find what is wrong among the constants of a behaviour, each of which may be right alone.

    Parameters
    ----------
    document : the behaviour as plain data with places.
    doubtful : locations that are wrong already; whatever depends on them is not spoken of.

    Returns
    -------
    All problems. One about several constants points at the first of them that was changed, if any was.
    """
    return [
        *_sums(document, doubtful),
        *_orders(document, doubtful),
        *_shares(document, doubtful),
        *_worth(document, doubtful),
    ]


def _sums(document: Document, doubtful: frozenset[Loc]) -> Iterator[Problem]:
    for loc, names in _SUMS:
        values = _numbers(document, loc, names, doubtful)
        if values is not None and abs(sum(values) - 1) > SHARES_TOLERANCE:
            problem = f"{', '.join(names)} must sum to 1"
            yield problem_at(document, _blamed(document, loc, names), problem, f"{sum(values):.6g}", key=True)


def _orders(document: Document, doubtful: frozenset[Loc]) -> Iterator[Problem]:
    for loc, names in _ORDERS:
        for lower, upper in pairwise(names):
            values = _numbers(document, loc, (lower, upper), doubtful)
            if values is not None and values[0] > values[1]:
                place = _blamed(document, loc, (lower, upper), otherwise=lower)
                own = place[-1] if len(place) > len(loc) else lower
                limit, word = (upper, "at most") if own == lower else (lower, "at least")
                bound = look_up(document.data, (*loc, limit))
                problem = f"{word} {dotted((*loc, limit))} ({show(bound)}) is required"
                yield problem_at(document, place, problem, show(look_up(document.data, place)))


def _shares(document: Document, doubtful: frozenset[Loc]) -> Iterator[Problem]:
    for loc in _BELOW_ONE:
        values = _numbers(document, loc[:-1], (str(loc[-1]),), doubtful)
        if values is not None and values[0] >= 1:
            yield problem_at(document, loc, "a number below 1 is required", show(values[0]))


def _worth(document: Document, doubtful: frozenset[Loc]) -> Iterator[Problem]:
    """Refuse customers who are worth no finite sum."""
    leave = _numbers(document, ("leaving",), ("per_year",), doubtful)
    discount = _numbers(document, ("money",), ("discount",), doubtful)
    if leave == [0.0] and discount == [0.0]:
        problem = "a number above 0 is required where leaving.per_year is 0"
        hint = "who never leaves is worth no finite sum without interest"
        yield problem_at(document, ("money", "discount"), problem, "0", hint)


def _numbers(
    document: Document, loc: Loc, names: tuple[str, ...], doubtful: frozenset[Loc]
) -> list[float] | None:
    """Values of several keys, None if one of them is missing or wrong in itself."""
    values = []
    for name in names:
        value = look_up(document.data, (*loc, name))
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        if touches((*loc, name), doubtful):
            return None
        values.append(float(value))
    return values


def _blamed(document: Document, loc: Loc, names: tuple[str, ...], otherwise: str = "") -> Loc:
    """Return where to point: at the first of the values that was changed from outside the file, if any."""
    for name in names:
        if document.where_key((*loc, name)).file != document.file:
            return (*loc, name)
    return (*loc, otherwise) if otherwise else loc
