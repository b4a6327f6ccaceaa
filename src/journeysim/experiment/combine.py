"""Scenarios made of others: one that extends another, and a grid that multiplies into options."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journeysim.errors import InputError, Problem
from journeysim.journey import Document
from journeysim.journey.faults import problem_at, show
from journeysim.journey.strict_yaml import read_leniently
from journeysim.market.presets import is_file_name

MAX_GRID = 1000
_LONGEST_WHOLE = 40
_MERGED_BY_ENTRY = ("set", "options", "grid", "contrasts")


@dataclass(frozen=True)
class GridOption:
    """One combination of a grid.

    Parameters
    ----------
    name : such as ``tellers.count=3, regular.patience={exponential: {mean: 15 min}}``.
    values : position among its values, from 0, by path.
    """

    name: str
    values: Mapping[str, int]


def extended(document: Document, problems: list[Problem]) -> Document:
    """Fill a scenario with what the scenario that it extends says.

    Keys of the file itself win; ``set``, ``options``, ``grid`` and ``contrasts`` are merged entry by entry,
    those of the extended scenario first. A map named by the extended scenario stays where that file looks
    for it.

    Parameters
    ----------
    document : the scenario.
    problems : receives what is wrong on the way.

    Returns
    -------
    The scenario without ``extends``; every value keeps its place in the file that it came from.
    """
    return _extended(document, problems, (_identity(document),))


def grid_options(document: Document, grid: Mapping[str, Sequence[Any]]) -> Iterator[GridOption]:
    """Yield one option for every combination of the values of a grid, the last path varying fastest.

    Raises
    ------
    InputError
        There are more than 1,000 combinations, or two have the same name.
    """
    count = 1
    for values in grid.values():
        count *= len(values)
    if count > MAX_GRID:
        raise InputError([problem_at(document, ("grid",), f"at most {MAX_GRID} combinations", str(count))])
    names = {path: _value_names(values) for path, values in grid.items()}
    seen: set[str] = set()
    for combination in itertools.product(*(range(len(values)) for values in grid.values())):
        places = dict(zip(grid, combination, strict=True))
        name = ", ".join(f"{_short(path)}={names[path][at]}" for path, at in places.items())
        if name in seen:
            raise InputError([problem_at(document, ("grid",), "two combinations have the same name", name)])
        seen.add(name)
        yield GridOption(name, places)


def _value_names(values: Sequence[Any]) -> list[str]:
    """Texts of the values of a path: short ones, whole or numbered where values that differ look alike."""
    short = [show(value) for value in values]
    alike = [
        any(text == other and value != values[at] for at, other in enumerate(short))
        for text, value in zip(short, values, strict=True)
    ]
    whole = [_whole(value) for value in values]
    if any(len(text) > _LONGEST_WHOLE for text, unclear in zip(whole, alike, strict=True) if unclear):
        whole = [f"{text} ({values.index(value) + 1})" for text, value in zip(short, values, strict=True)]
    return [full if unclear else text for text, full, unclear in zip(short, whole, alike, strict=True)]


def _whole(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_whole(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_whole(inner) for inner in value) + "]"
    return show(value)


def _extended(document: Document, problems: list[Problem], chain: tuple[str, ...]) -> Document:
    data = document.data
    base_name = data.get("extends")
    if not isinstance(base_name, str):
        return document
    folder = document.folder or Path()
    try:
        base, found = read_leniently(folder / base_name, beside(document.file, base_name))
    except InputError as error:
        problems += error.problems
        return _without_extends(document)
    problems += found
    if _identity(base) in chain:
        problems.append(problem_at(document, ("extends",), "a scenario that extends itself", base_name))
        return _without_extends(document)
    if not isinstance(base.data, dict) or "scenario" not in base.data:
        hint = "a map is named by `journey`"
        problems.append(problem_at(document, ("extends",), "a scenario is required", base_name, hint))
        return _without_extends(document)
    base = _extended(base, problems, (*chain, _identity(base)))
    return _merged(_at_home(base, document), document)


def _merged(base: Document, own: Document) -> Document:
    data: dict[str, Any] = {**base.data, **own.data}
    for key in _MERGED_BY_ENTRY:
        parts = [part for part in (base.data.get(key), own.data.get(key)) if isinstance(part, dict)]
        if len(parts) > 1:
            data[key] = {**parts[0], **parts[1]}
    del data["extends"]
    marks = {**base.marks, **own.marks}
    return Document(data, own.file, own.folder, marks, {**base.key_marks, **own.key_marks})


def _at_home(base: Document, own: Document) -> Document:
    """Let the base's map and behaviour be found from the folder of the scenario that extends it."""
    if base.folder is None or own.folder is None:
        return base
    behaviour = base.data.get("behaviour")
    data = dict(base.data)
    if isinstance(base.data.get("journey"), str):
        data["journey"] = os.path.relpath(base.folder / base.data["journey"], own.folder)
    if isinstance(behaviour, str) and is_file_name(behaviour):
        data["behaviour"] = os.path.relpath(base.folder / behaviour, own.folder)
    elif isinstance(behaviour, dict) and isinstance(behaviour.get("file"), str):
        there = os.path.relpath(base.folder / behaviour["file"], own.folder)
        data["behaviour"] = {**behaviour, "file": there}
    return Document(data, base.file, base.folder, base.marks, base.key_marks)


def beside(file: str, name: str) -> str:
    """Name for messages of a file that another file names relative to itself."""
    return os.path.normpath(str(Path(file).parent / name))


def _without_extends(document: Document) -> Document:
    data = {key: value for key, value in document.data.items() if key != "extends"}
    return Document(data, document.file, document.folder, document.marks, document.key_marks)


def _identity(document: Document) -> str:
    return str((document.folder or Path()) / Path(document.file).name)


def _short(path: str) -> str:
    """Return a path without its first part, which says little: ``tellers.count``."""
    return path.partition(".")[2] or path
