"""Options: which changes a scenario makes, and the map that each of them comes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from journeysim.errors import InputError, Problem
from journeysim.experiment.combine import grid_options
from journeysim.experiment.scenario import ONLY_OPTION
from journeysim.journey import Document, Journey
from journeysim.journey.faults import problem_at
from journeysim.journey.load import journey_from
from journeysim.journey.patches import REMOVE, Patch, patched_document, patches_from, removals_from
from journeysim.journey.strict_yaml import Place

_SHARED = frozenset({"segments", "needs"})
"""Sections whose shares sum to 1, and hang on no others but on where needs start."""


@dataclass(frozen=True)
class Change:
    """What an option changes.

    Parameters
    ----------
    name : the option's.
    patches : in the order they are applied.
    """

    name: str
    patches: tuple[Patch, ...] = ()

    @property
    def set(self) -> dict[str, object]:
        """New values by path."""
        return {patch.path: patch.value for patch in self.patches if patch.value is not REMOVE}

    @property
    def remove(self) -> list[str]:
        """Paths that are deleted."""
        return [patch.path for patch in self.patches if patch.value is REMOVE]


def changes_in(scenario: Document, problems: list[Problem]) -> list[Change]:
    """Changes of every option of a scenario, those of its grid last; one without changes if there is none.

    Takes the scenario as it was read, so that what is wrong with options is found beside what is wrong
    elsewhere; whatever has not the shape of an option is left for the format's own check.
    """
    options = scenario.data.get("options")
    names = list(options) if isinstance(options, dict) else []
    changes = [Change(name, patches_at(scenario, ("options", name))) for name in names]
    grid = scenario.data.get("grid")
    if (
        isinstance(grid, dict)
        and grid
        and all(isinstance(values, list) and values for values in grid.values())
    ):
        try:
            changes += _combinations(scenario, grid, names)
        except InputError as error:
            problems += error.problems
    return changes or [Change(ONLY_OPTION)]


def patches_at(scenario: Document, loc: tuple[str, ...]) -> tuple[Patch, ...]:
    """Patches of the ``set``, then the ``remove``, that stand at ``loc``."""
    return (*patches_from(scenario, (*loc, "set")), *removals_from(scenario, (*loc, "remove")))


def _combinations(scenario: Document, grid: dict[str, list[object]], taken: Sequence[str]) -> list[Change]:
    changes = []
    for combination in grid_options(scenario, grid):
        if combination.name in taken:
            problem = "an option has the name of a combination"
            raise InputError([problem_at(scenario, ("grid",), problem, combination.name, key=True)])
        patches = tuple(
            Patch(path, grid[path][at], None, scenario, ("grid", path, at))
            for path, at in combination.values.items()
        )
        changes.append(Change(combination.name, patches))
    return changes


class OptionBuilder:
    """Makes the map of each option, noting problems rather than stopping at the first.

    Parameters
    ----------
    plan : the map before any change.
    scenario_file : the scenario's name in messages.
    """

    def __init__(self, plan: Document, scenario_file: str) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._plan = plan
        self._scenario_file = scenario_file
        self._told_problems: set[Problem] = set()
        self._told_warnings: set[Problem] = set()
        self._first: str | None = None

    def journey(self, option: str, patches: Iterable[Patch]) -> Journey | None:
        """Return the map with the changes of an option; None if something is wrong with it."""
        if self._first is None:
            self._first = option
        plan, failed, made = self._plan, [], []
        for patch in patches:
            try:
                plan = patched_document(plan, (patch,))
                made.append(patch)
            except InputError as error:
                failed.append(patch)
                self._note(error.problems, option)
        try:
            journey = journey_from(plan)
        except InputError as error:
            self._note(_sure(error.problems, made, failed) if failed else error.problems, option)
            return None
        if failed:
            return None
        self.warnings += self._fresh(journey.warnings, option, self._told_warnings)
        return journey

    def _note(self, problems: Iterable[Problem], option: str) -> None:
        self.problems += self._fresh(problems, option, self._told_problems)

    def _fresh(self, problems: Iterable[Problem], option: str, told: set[Problem]) -> list[Problem]:
        """Leave out what another option has said already, and name the option where the place does not."""
        fresh = [problem for problem in problems if problem not in told]
        told.update(fresh)
        if option == self._first:
            return fresh
        return [
            problem
            if problem.file == self._scenario_file
            else replace(problem, problem=f"{problem.problem} (in option {option})")
            for problem in fresh
        ]


def _sure(problems: Iterable[Problem], made: Iterable[Patch], failed: Iterable[Patch]) -> list[Problem]:
    """Problems of a map that stay whatever the changes that could not be made would have done to it.

    With a change missing, the map may be wrong where the planner made no mistake.
    """
    places = {place for patch in made for place in _places(patch)}
    lacking = {patch.path.partition(".")[0] for patch in failed}
    by_themselves = set() if lacking & {*_SHARED, "touchpoints"} else _SHARED
    return [
        problem
        for problem in problems
        if Place(problem.file, problem.line, problem.column) in places
        or problem.path.partition(".")[0] in by_themselves
    ]


def _places(patch: Patch) -> Iterator[Place]:
    """Where a change stands, and everything inside its value."""
    yield from (patch.path_place, patch.value_place)
    if patch.source is not None:
        for marks in (patch.source.marks, patch.source.key_marks):
            yield from (place for loc, place in marks.items() if loc[: len(patch.loc)] == patch.loc)
