"""What a patch of a scenario addresses, the map or something else: the first word of its path says it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from journeysim.errors import Problem
from journeysim.journey.patches import REMOVE, Patch
from journeysim.market.presets import SECTION as BEHAVIOUR

_EXAMPLES = {
    BEHAVIOUR: "behaviour.telling.told_bad",
    "market": "market.months",
    "branches": "branches.Centre.staff.tellers.count",
}
"""First words that address something else than the map, each with an example, in the order of `Sections`."""


@dataclass(frozen=True)
class Sections:
    """Patches by what they address, in the order in which they are made.

    Parameters
    ----------
    journey : of the map.
    behaviour, market : of the behaviour and of the market, their paths without the first word.
    branches : of the map of one branch; their paths begin with its name.
    """

    journey: tuple[Patch, ...]
    behaviour: tuple[Patch, ...]
    market: tuple[Patch, ...] = ()
    branches: tuple[Patch, ...] = ()


def sections_of(patches: Iterable[Patch], problems: list[Problem]) -> Sections:
    """Split patches by the first word of their path.

    Parameters
    ----------
    patches : of one option.
    problems : receives what cannot be done to something else than a map.
    """
    journey: list[Patch] = []
    others: dict[str, list[Patch]] = {word: [] for word in _EXAMPLES}
    for patch in patches:
        word, dot, rest = patch.path.partition(".")
        word = word.strip()
        if word not in _EXAMPLES:
            journey.append(patch)
        elif not dot:
            problems.append(refused(patch, "a path into it is required", _EXAMPLES[word]))
        elif word == BEHAVIOUR and patch.value is REMOVE:
            problems.append(refused(patch, "a constant cannot be removed", "set it to what it shall be"))
        else:
            others[word].append(replace(patch, path=rest))
    return Sections(tuple(journey), *(tuple(others[word]) for word in _EXAMPLES))


def refused(patch: Patch, problem: str, hint: str, found: str = "", section: str = "") -> Problem:
    """What is wrong with the path of a patch; ``section`` is the first word if its path is without."""
    place, path = patch.path_place, f"{section}.{patch.path}" if section else patch.path
    return Problem(place.file, place.line, place.column, path, problem, found, hint)
