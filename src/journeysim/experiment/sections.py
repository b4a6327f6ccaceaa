"""What a patch of a scenario addresses, the map or something else: the first word of its path says it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from journeysim.errors import Problem
from journeysim.journey.patches import REMOVE, Patch
from journeysim.market.presets import SECTION as BEHAVIOUR


@dataclass(frozen=True)
class Sections:
    """Patches by what they address, in the order in which they are made.

    Parameters
    ----------
    journey : of the map.
    behaviour : of the behaviour, their paths without the first word.
    """

    journey: tuple[Patch, ...]
    behaviour: tuple[Patch, ...]


def sections_of(patches: Iterable[Patch], problems: list[Problem]) -> Sections:
    """Split patches by the first word of their path.

    Parameters
    ----------
    patches : of one option.
    problems : receives what cannot be done to something else than a map.
    """
    journey: list[Patch] = []
    behaviour: list[Patch] = []
    for patch in patches:
        word, dot, rest = patch.path.partition(".")
        if word.strip() != BEHAVIOUR:
            journey.append(patch)
        elif not dot:
            problems.append(_refused(patch, "a path into it is required", "behaviour.telling.told_bad"))
        elif patch.value is REMOVE:
            problems.append(_refused(patch, "a constant cannot be removed", "set it to what it shall be"))
        else:
            behaviour.append(replace(patch, path=rest))
    return Sections(tuple(journey), tuple(behaviour))


def _refused(patch: Patch, problem: str, hint: str) -> Problem:
    place = patch.path_place
    return Problem(place.file, place.line, place.column, patch.path, problem, "", hint)
