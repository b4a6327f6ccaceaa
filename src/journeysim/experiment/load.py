"""Reads a scenario with its map and all its options, and says everything that is wrong in one go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from journeysim.branch.calendar import OpenDay, open_days
from journeysim.errors import InputError, Problem
from journeysim.experiment.combine import beside, extended, grid_options
from journeysim.experiment.resolve import DataFiles
from journeysim.experiment.scenario import (
    DEFAULT_DAYS,
    DEFAULT_TARGET_WAIT,
    NOT_BUILT_YET,
    ONLY_OPTION,
    Option,
    OptionFile,
    Scenario,
    ScenarioFile,
)
from journeysim.journey import Document, Journey
from journeysim.journey.faults import nearest, problem_at, problems_from
from journeysim.journey.load import journey_from
from journeysim.journey.patches import (
    Patch,
    patch_from_setting,
    patched_document,
    patches_from,
    removals_from,
)
from journeysim.journey.strict_yaml import Loc, Place, parse_leniently, read_leniently


@dataclass(frozen=True)
class Overrides:
    """What a caller says in place of the file; see `load_scenario`."""

    changes: tuple[str, ...] = ()
    replications: int | None = None
    seed: int | None = None


def load_scenario(
    path: str | Path,
    *,
    changes: Iterable[str] = (),
    replications: int | None = None,
    seed: int | None = None,
) -> Scenario:
    """Read and check a scenario file, or a bare journey map as a scenario of one option.

    Parameters
    ----------
    path : a YAML file; with the key ``scenario`` it is a scenario, else a map.
    changes : patches for every option, each written ``PATH=VALUE``, such as ``staff.tellers.count=5``.
    replications : of each option, >= 1; None leaves the file's.
    seed : seed of all luck; None leaves the file's.

    Raises
    ------
    InputError
        Something is wrong with the scenario, its map or an option's changes; all problems at once.
    """
    document, problems = read_leniently(path)
    return _loaded(document, problems, Overrides(tuple(changes), replications, seed))


def parse_scenario(text: str, file_name: str = "<text>", folder: Path | None = None) -> Scenario:
    """Read and check a scenario or a map from YAML text; ``folder`` is where the files it names are."""
    document, problems = parse_leniently(text, file_name, folder)
    return _loaded(document, problems, Overrides())


def scenario_from(journey: Journey) -> Scenario:
    """Make a scenario of one option from a journey that is loaded already."""
    return _loaded(journey.document, [], Overrides())


def _loaded(document: Document, problems: list[Problem], overrides: Overrides) -> Scenario:
    if isinstance(document.data, dict) and "scenario" in document.data:
        scenario = extended(document, problems)
        file = _validated(scenario, problems)
        plan = _map_of(scenario, problems)
        loader = _Loader(scenario, plan, problems, overrides)
    else:
        journey = document.data.get("journey") if isinstance(document.data, dict) else None
        file = ScenarioFile(scenario=journey if isinstance(journey, str) and journey else "Journey")
        loader = _Loader(Document({}, document.file), document, problems, overrides)
    return loader.load(file)


def _validated(document: Document, problems: list[Problem]) -> ScenarioFile | None:
    try:
        file = ScenarioFile.model_validate(document.data)
    except ValidationError as error:
        problems += problems_from(error, document, ScenarioFile)
        return None
    for key in NOT_BUILT_YET:
        if key in document.data:
            hint = "leave it out for now"
            problems.append(problem_at(document, (key,), "not built yet", "", hint, key=True))
    if not isinstance(file.replications, int):
        problems.append(
            problem_at(
                document, ("replications",), "not built yet", "until", "a number, for example 30", key=True
            )
        )
    return file


def _map_of(scenario: Document, problems: list[Problem]) -> Document | None:
    """Return the map that a scenario names or holds; None where there is none to be read."""
    journey = scenario.data.get("journey")
    if isinstance(journey, dict):
        return _within(scenario, ("journey",))
    if not isinstance(journey, str):
        if journey is None:
            hint = "for example journey: ../journeys/city-branch.yaml"
            problems.append(problem_at(scenario, (), "the key journey is missing", "", hint))
        return None
    try:
        found, more = read_leniently((scenario.folder or Path()) / journey, beside(scenario.file, journey))
    except InputError as error:
        # A file that is not there is the scenario's fault; anything in it is its own.
        problems += [
            problem if problem.line else problem_at(scenario, ("journey",), problem.problem, problem.file)
            for problem in error.problems
        ]
        return None
    problems += more
    if isinstance(found.data, dict) and "scenario" in found.data:
        hint = "a scenario is taken over by `extends`"
        problems.append(problem_at(scenario, ("journey",), "a journey map is required", "a scenario", hint))
        return None
    return found


def _within(document: Document, loc: Loc) -> Document:
    """Return the part of a document at ``loc`` as a document; everything keeps its place."""
    depth = len(loc)

    def inside(marks: Mapping[Loc, Place]) -> dict[Loc, Place]:
        return {old[depth:]: place for old, place in marks.items() if old[:depth] == loc}

    data = document.data
    for part in loc:
        data = data[part]
    return Document(data, document.file, document.folder, inside(document.marks), inside(document.key_marks))


@dataclass(frozen=True)
class _Change:
    """An option before its changes are made."""

    name: str
    file: OptionFile
    patches: tuple[Patch, ...]


class _Loader:
    """Builds every option of a scenario, noting problems rather than stopping at the first."""

    def __init__(
        self, scenario: Document, plan: Document | None, problems: list[Problem], overrides: Overrides
    ) -> None:
        self._scenario = scenario
        self._plan = plan
        self._problems = problems
        self._overrides = overrides
        self._warnings: list[Problem] = []
        self._known_problems: set[Problem] = set()
        self._known_warnings: set[Problem] = set()
        self._first = ""

    def load(self, file: ScenarioFile | None) -> Scenario:
        settings = self._settings()
        if file is None or self._plan is None:
            if self._plan is not None:
                self._journey(self._plan, "")
            raise InputError(_tidy(self._problems))
        changes = self._changes(file)
        self._first = changes[0].name
        common = (
            *patches_from(self._scenario, ("set",)),
            *settings,
            *removals_from(self._scenario, ("remove",)),
        )
        options = [self._option(change, common, file) for change in changes]
        baseline = self._baseline(file, [change.name for change in changes])
        if self._problems:
            raise InputError(_tidy(self._problems))
        return self._assembled(file, [option for option in options if option], baseline, settings)

    def _settings(self) -> list[Patch]:
        patches = []
        for setting in self._overrides.changes:
            try:
                patches.append(patch_from_setting(setting))
            except InputError as error:
                self._problems += error.problems
        return patches

    def _changes(self, file: ScenarioFile) -> list[_Change]:
        changes = [
            _Change(
                name,
                option,
                (
                    *patches_from(self._scenario, ("options", name, "set")),
                    *removals_from(self._scenario, ("options", name, "remove")),
                ),
            )
            for name, option in file.options.items()
        ]
        if file.grid:
            changes += self._grid(file)
        return changes or [_Change(ONLY_OPTION, OptionFile(), ())]

    def _grid(self, file: ScenarioFile) -> list[_Change]:
        try:
            combinations = list(grid_options(self._scenario, file.grid))
        except InputError as error:
            self._problems += error.problems
            return []
        changes = []
        for combination in combinations:
            if combination.name in file.options:
                self._problems.append(
                    problem_at(
                        self._scenario, ("grid",), "an option has the name of a combination", combination.name
                    )
                )
            values = {path: file.grid[path][at] for path, at in combination.values.items()}
            patches = tuple(
                Patch(path, values[path], None, self._scenario, ("grid", path, at))
                for path, at in combination.values.items()
            )
            changes.append(_Change(combination.name, OptionFile(set=values), patches))
        return changes

    def _option(self, change: _Change, common: Sequence[Patch], file: ScenarioFile) -> Option | None:
        assert self._plan is not None
        try:
            plan = patched_document(self._plan, (*common, *change.patches))
        except InputError as error:
            self._note(error.problems, change.name)
            return None
        journey = self._journey(plan, change.name)
        if journey is None:
            return None
        days = self._days(journey, file, change.name)
        return Option(change.name, journey, days, change.file.description, change.file.cost_per_year)

    def _journey(self, plan: Document, option: str) -> Journey | None:
        try:
            journey = journey_from(plan)
        except InputError as error:
            self._note(error.problems, option)
            return None
        self._warnings += self._told(journey.warnings, option, self._known_warnings)
        return journey

    def _note(self, problems: Iterable[Problem], option: str) -> None:
        self._problems += self._told(problems, option, self._known_problems)

    def _told(self, problems: Iterable[Problem], option: str, known: set[Problem]) -> list[Problem]:
        """Leave out what another option has said already, and name the option where its place does not."""
        fresh = [problem for problem in problems if problem not in known]
        known.update(fresh)
        if option == self._first:
            return fresh
        return [
            problem
            if problem.file == self._scenario.file
            else replace(problem, problem=f"{problem.problem} (in option {option})")
            for problem in fresh
        ]

    def _days(self, journey: Journey, file: ScenarioFile, option: str) -> tuple[OpenDay, ...]:
        log = journey.arrivals.recorded
        wanted = file.days if file.days is not None or log is not None else DEFAULT_DAYS
        days = open_days(journey, file.first_day, wanted, file.closed)
        loc: Loc = ("days",) if file.days is not None else ()
        if not days:
            problem = f"no day is open in option {option}"
            self._problems.append(problem_at(self._scenario, loc, problem, "", "see hours and closed"))
        elif wanted is not None and len(days) < wanted:
            problem = f"only {len(days)} days are open in option {option}"
            self._problems.append(problem_at(self._scenario, loc, problem, f"days: {wanted}"))
        return days

    def _baseline(self, file: ScenarioFile, names: Sequence[str]) -> str:
        if file.baseline is None:
            return names[0] if names else ""
        if names and file.baseline not in names:
            hint = nearest(file.baseline, names)
            problem = problem_at(
                self._scenario, ("baseline",), "no option has this name", file.baseline, hint
            )
            self._problems.append(problem)
        return file.baseline

    def _assembled(
        self, file: ScenarioFile, options: Sequence[Option], baseline: str, settings: Sequence[Patch]
    ) -> Scenario:
        assert self._plan is not None
        replications = self._overrides.replications or file.replications
        assert isinstance(replications, int)
        seed = file.seed if self._overrides.seed is None else self._overrides.seed
        files = DataFiles(self._plan.folder)
        everywhere = dict(file.set)
        for patch in settings:
            # To the end, as it is applied after all others, also where the file sets the same path.
            everywhere.pop(patch.path, None)
            everywhere[patch.path] = patch.value
        generated = options[0].journey.arrivals.recorded is None
        resolved = {
            "scenario": file.scenario,
            "description": file.description,
            "first_day": file.first_day.isoformat(),
            "days": file.days or (DEFAULT_DAYS if generated else None),
            "closed": [day.isoformat() for day in file.closed],
            "replications": replications,
            "seed": seed,
            "target_wait": self._scenario.data.get("target_wait", DEFAULT_TARGET_WAIT),
            "set": files.moved_patches(everywhere),
            "remove": list(file.remove),
            "baseline": baseline,
            "options": {change.name: _resolved_option(change.file, files) for change in self._changes(file)},
            "journey": files.moved(self._plan.data),
        }
        return Scenario(
            name=file.scenario,
            description=file.description,
            options=tuple(options),
            baseline=baseline,
            replications=replications,
            seed=seed,
            target_wait_min=file.target_wait,
            resolved={key: value for key, value in resolved.items() if value not in (None, "", [], {})},
            files=files.content,
            warnings=tuple(self._warnings),
        )


def _resolved_option(file: OptionFile, files: DataFiles) -> dict[str, Any]:
    resolved = {
        "description": file.description,
        "set": files.moved_patches(file.set),
        "remove": list(file.remove),
        "cost_per_year": file.cost_per_year,
    }
    return {key: value for key, value in resolved.items() if value}


def _tidy(problems: Iterable[Problem]) -> list[Problem]:
    """Sort by place, without repetitions."""
    return sorted(
        set(problems), key=lambda problem: (problem.file, problem.line, problem.column, problem.path)
    )
