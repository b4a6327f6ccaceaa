"""Behaviours as input: a preset, a file or a mapping, read strictly and checked for what it means together.

What stands under ``behaviour:`` of a scenario is the name of a preset, the file of a behaviour, a mapping
that names either and what to set in it, or a whole behaviour written out.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from journeysim.errors import InputError, Problem
from journeysim.journey.faults import in_file_order, nearest, problem_at, problems_from, show
from journeysim.journey.patches import Patch, patched_document, patches_from
from journeysim.journey.strict_yaml import (
    Document,
    Loc,
    Place,
    look_up,
    parse_document,
    read_leniently,
)
from journeysim.market.behaviour import Behaviour
from journeysim.market.behaviour_check import check_behaviour

DEFAULT_PRESET = "rules-of-thumb"
PRESETS = (DEFAULT_PRESET, "evidence")
"""Names of the behaviours that ship."""

SECTION = "behaviour"
"""Key of a scenario under which a behaviour stands, and first word of the paths of patches to it."""

_CHOICE_KEYS = ("preset", "file", "set")
_KEYS = frozenset(Behaviour.model_fields)
_FILE_ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True)
class LoadedBehaviour:
    """A behaviour, read and checked.

    Parameters
    ----------
    behaviour : its constants.
    document : the same as plain data with places, changes made.
    base : the preset or file before any change; equal to ``document`` where nothing was changed.
    text : of the preset or file, for the comments in it; empty where a scenario holds the behaviour itself.
    """

    behaviour: Behaviour
    document: Document
    base: Document
    text: str = ""

    @property
    def data(self) -> dict[str, Any]:
        """Every constant as plain data that reads back as the same behaviour."""
        data: dict[str, Any] = self.document.data
        return data


@dataclass(frozen=True)
class BehaviourSource:
    """A behaviour as it was found, before it is checked.

    Parameters
    ----------
    base : as the preset, the file or the scenario has it.
    patches : what the mapping that names it sets, in order.
    text : see `LoadedBehaviour`.
    inline : it stands in the scenario itself.
    problems : what was wrong on the way; the rest can be checked all the same.
    """

    base: Document
    patches: tuple[Patch, ...] = ()
    text: str = ""
    inline: bool = False
    problems: tuple[Problem, ...] = ()


def load_behaviour(value: Any = None, folder: str | Path | None = None) -> LoadedBehaviour:
    """Read and check what stands under ``behaviour:`` of a scenario.

    Parameters
    ----------
    value : a preset's name, a file ending in .yaml or .yml, a mapping ``{preset: NAME}`` or ``{file: PATH}``
        with ``set: {path: value}`` beside it, or a whole behaviour as a mapping; None is the default preset.
    folder : where a file is looked for; by default the working folder.

    Raises
    ------
    InputError
        Something is wrong with it; all problems at once.
    """
    data = {} if value is None else {SECTION: value}
    source, problems = find_behaviour(Document(data, SECTION, Path(folder) if folder is not None else None))
    if source is None:
        raise InputError(in_file_order(problems))
    return behaviour_from(source, problems=problems)


def behaviour_of(document: Document, path: str | Path, problems: Iterable[Problem] = ()) -> LoadedBehaviour:
    """Check the file of a behaviour that was read.

    Parameters
    ----------
    document : its content.
    path : the file, for the comments in it.
    problems : what reading it found wrong; reported together with the rest.

    Raises
    ------
    InputError
        Something is wrong with it; all problems at once.
    """
    return behaviour_from(BehaviourSource(document, text=_text_of(path)), problems=problems)


def is_behaviour(document: Document) -> bool:
    """Whether a document is a behaviour rather than a scenario or a journey map."""
    data = document.data
    return isinstance(data, dict) and SECTION in data and not {"scenario", "journey"} & data.keys()


@functools.cache
def load_preset(name: str) -> LoadedBehaviour:
    """Return a behaviour that ships; ``name`` is one of `PRESETS`."""
    return behaviour_from(_preset(name))


def default_behaviour() -> Behaviour:
    """Return the behaviour of a scenario that names none."""
    return load_preset(DEFAULT_PRESET).behaviour


def is_file_name(text: str) -> bool:
    """Whether a text under ``behaviour:`` names a file rather than a preset."""
    return text.lower().endswith(_FILE_ENDINGS)


def find_behaviour(scenario: Document) -> tuple[BehaviourSource | None, list[Problem]]:
    """Find the behaviour that a scenario names or holds, the default preset where it does neither.

    Returns
    -------
    the behaviour, None if there is none to be read; and what is wrong so far.
    """
    loc: Loc = (SECTION,)
    value = look_up(scenario.data, loc)
    if loc in scenario.refused:
        # Reading the file has said what is wrong with it.
        return None, []
    if value is None:
        return _preset(DEFAULT_PRESET), []
    if isinstance(value, str):
        return _named(scenario, loc, value, is_file=is_file_name(value))
    if isinstance(value, dict):
        if not any(key in value for key in _CHOICE_KEYS) and any(key in value for key in _KEYS):
            return BehaviourSource(_within(scenario, loc), inline=True), []
        return _chosen(scenario, loc, value)
    problem = "a preset, a file or a mapping is required"
    return None, [problem_at(scenario, loc, problem, show(value), f"for example {DEFAULT_PRESET}")]


def behaviour_from(
    source: BehaviourSource, patches: Iterable[Patch] = (), problems: Iterable[Problem] = ()
) -> LoadedBehaviour:
    """Make changes to a behaviour that was found, and check it.

    Parameters
    ----------
    source : see `find_behaviour`.
    patches : changes after those that the source has itself, their paths as in a file of a behaviour.
    problems : what was found wrong already; reported together with the rest.

    Raises
    ------
    InputError
        A change leads nowhere or the behaviour is wrong; all problems at once.
    """
    found = list(problems)
    document, failed = source.base, False
    for patch in (*source.patches, *patches):
        try:
            document = patched_document(document, (patch,), Behaviour)
        except InputError as error:
            failed = True
            found += _prefixed(error.problems, source)
    behaviour: Behaviour | None = None
    format_problems: list[Problem] = []
    try:
        behaviour = Behaviour.model_validate(document.data)
    except ValidationError as error:
        format_problems = [_with_hint(one) for one in problems_from(error, document, Behaviour)]
        wrong = frozenset(tuple(fault["loc"]) for fault in error.errors(include_url=False))
    else:
        wrong = frozenset()
    more = [*format_problems, *check_behaviour(document, wrong | document.refused)]
    # With a change missing, the rest may be wrong where nobody made a mistake.
    found += _prefixed((one for one in more if not failed or one.file != source.base.file), source)
    if found or behaviour is None:
        raise InputError(in_file_order(found))
    return LoadedBehaviour(behaviour, document, source.base, source.text)


def _with_hint(problem: Problem) -> Problem:
    """Say what the default preset has where a key is missing."""
    match = re.fullmatch(r"the key (\w+) is missing", problem.problem)
    if not match:
        return problem
    loc = [*filter(None, problem.path.split(".")), match.group(1)]
    value = look_up(load_preset(DEFAULT_PRESET).data, loc)
    if isinstance(value, dict):
        return replace(problem, hint="a preset with `set` beside it needs only what differs")
    return replace(problem, hint=f"{DEFAULT_PRESET} has {match.group(1)}: {show(value)}")


@functools.cache
def _preset(name: str) -> BehaviourSource:
    text = (resources.files("journeysim") / "presets" / f"{name}.yaml").read_text(encoding="utf-8")
    return BehaviourSource(parse_document(text, f"{name}.yaml"), text=text)


def _chosen(
    scenario: Document, loc: Loc, value: dict[str, Any]
) -> tuple[BehaviourSource | None, list[Problem]]:
    """Find what a mapping ``{preset | file, set}`` names."""
    problems = [
        problem_at(scenario, (*loc, key), "unknown key", "", nearest(key, _CHOICE_KEYS), key=True)
        for key in value
        if key not in _CHOICE_KEYS
    ]
    changes = value.get("set", {})
    if not isinstance(changes, dict):
        problem = "a mapping of paths to values is required"
        hint = "for example {telling.told_bad: 12}"
        problems.append(problem_at(scenario, (*loc, "set"), problem, show(changes), hint))
    if "preset" in value and "file" in value:
        problems.append(problem_at(scenario, (*loc, "file"), "a preset or a file, not both", key=True))
    key = "file" if "file" in value else "preset"
    name = value.get(key, DEFAULT_PRESET)
    if not isinstance(name, str):
        what = "a file" if key == "file" else "a preset's name"
        problems.append(problem_at(scenario, (*loc, key), f"{what} is required", show(name)))
        return None, problems
    source, more = _named(scenario, (*loc, key) if key in value else loc, name, is_file=key == "file")
    if source is not None:
        source = replace(source, patches=tuple(patches_from(scenario, (*loc, "set"))))
    return source, problems + more


def _named(
    scenario: Document, loc: Loc, name: str, *, is_file: bool
) -> tuple[BehaviourSource | None, list[Problem]]:
    """Find a preset by its name, or read a file."""
    if not is_file:
        if name in PRESETS:
            return _preset(name), []
        hint = nearest(name, PRESETS)
        return None, [problem_at(scenario, loc, "unknown preset", show(name), f"{hint} A file ends in .yaml")]
    path = (scenario.folder or Path()) / name
    try:
        document, problems = read_leniently(path, os.path.normpath(str(Path(scenario.file).parent / name)))
    except InputError as error:
        # A file that is not there is the scenario's fault; anything in it is its own.
        return None, [
            problem if problem.line else problem_at(scenario, loc, problem.problem, problem.file)
            for problem in error.problems
        ]
    for kind in ("scenario", "journey"):
        if isinstance(document.data, dict) and kind in document.data:
            return None, [problem_at(scenario, loc, "a behaviour is required", f"a {kind}: {name}")]
    return BehaviourSource(document, text=_text_of(path)), problems


def _text_of(path: str | Path) -> str:
    """Text of a file that was read already; empty if it cannot be read again, as of a pipe."""
    try:
        return Path(path).read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return ""


def _within(document: Document, loc: Loc) -> Document:
    """Return the part of a document at ``loc`` as a document; everything keeps its place."""
    depth = len(loc)

    def inside(marks: Iterable[tuple[Loc, Place]]) -> dict[Loc, Place]:
        return {old[depth:]: place for old, place in marks if old[:depth] == loc}

    refused = frozenset(old[depth:] for old in document.refused if old[:depth] == loc)
    return Document(
        look_up(document.data, loc),
        document.file,
        document.folder,
        inside(document.marks.items()),
        inside(document.key_marks.items()),
        refused,
    )


def _prefixed(problems: Iterable[Problem], source: BehaviourSource) -> list[Problem]:
    """Name paths as the scenario does, where a problem lies in the scenario and not in a behaviour's file."""
    return [
        replace(problem, path=f"{SECTION}.{problem.path}" if problem.path else SECTION)
        if source.inline or problem.file != source.base.file
        else problem
        for problem in problems
    ]
