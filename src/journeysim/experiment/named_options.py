"""Where a scenario names its own options: its baseline and its contrasts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from journeysim.errors import Problem
from journeysim.journey import Document
from journeysim.journey.faults import nearest, problem_at
from journeysim.journey.strict_yaml import Loc, look_up


def naming_problems(scenario: Document, names: Sequence[str]) -> Iterator[Problem]:
    """Yield a problem for every name of an option that there is not.

    Takes the scenario as it was read, so that such names are found beside what is wrong elsewhere; whatever
    has not the shape of a name is left for the format's own check.

    Parameters
    ----------
    names : of the options that there are.
    """
    if not isinstance(scenario.data.get("options", {}), dict):
        return
    for loc, name in _named(scenario):
        if name not in names:
            yield problem_at(scenario, loc, "no option has this name", name, nearest(name, names))


def _named(scenario: Document) -> Iterator[tuple[Loc, str]]:
    places: list[Loc] = [("baseline",)]
    contrasts = scenario.data.get("contrasts")
    for contrast in contrasts if isinstance(contrasts, dict) else ():
        for key in ("of", "less"):
            pair = look_up(contrasts, (contrast, key))
            count = len(pair) if isinstance(pair, list) else 0
            places += [("contrasts", contrast, key, number) for number in range(count)]
    for loc in places:
        name = look_up(scenario.data, loc)
        if isinstance(name, str):
            yield loc, name
