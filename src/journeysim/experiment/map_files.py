"""The maps that a scenario names or holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeysim.errors import InputError, Problem
from journeysim.experiment.combine import beside
from journeysim.journey import Document
from journeysim.journey.faults import problem_at
from journeysim.journey.strict_yaml import Loc, Place, read_leniently


def map_at(scenario: Document, loc: Loc, problems: list[Problem]) -> Document | None:
    """Return the map under the key ``journey`` at ``loc``, read or written out there; None without one.

    Parameters
    ----------
    problems : receives what is wrong with it.
    """
    place = (*loc, "journey")
    holder = scenario.data
    for part in loc:
        holder = holder[part]
    journey = holder.get("journey")
    if isinstance(journey, dict):
        return within(scenario, place)
    if not isinstance(journey, str):
        return None
    try:
        found, more = read_leniently((scenario.folder or Path()) / journey, beside(scenario.file, journey))
    except InputError as error:
        # A file that is not there is the scenario's fault; anything in it is its own.
        problems += [
            problem if problem.line else problem_at(scenario, place, problem.problem, problem.file)
            for problem in error.problems
        ]
        return None
    problems += more
    if isinstance(found.data, dict) and "scenario" in found.data:
        hint = "a scenario is taken over by `extends`"
        problems.append(problem_at(scenario, place, "a journey map is required", "a scenario", hint))
        return None
    return found


def within(document: Document, loc: Loc) -> Document:
    """Return the part of a document at ``loc`` as a document; everything keeps its place."""
    depth = len(loc)

    def inside(marks: Mapping[Loc, Place]) -> dict[Loc, Place]:
        return {old[depth:]: place for old, place in marks.items() if old[:depth] == loc}

    data = document.data
    for part in loc:
        data = data[part]
    return Document(data, document.file, document.folder, inside(document.marks), inside(document.key_marks))
