"""Patches: changes to a map addressed by path, from a scenario, ``--set`` or Python.

A path is the keys on the way to a value, joined by dots: ``staff.tellers.count``. It holds ids, never list
positions; a name that holds a dot is quoted (``staff."No. 3".count``); a rule in ``next`` is addressed by its
``name``, else by its ``to`` where only one rule leads there. The value replaces what stood there, whole. A
path is known when the format has the key, set in the map or not; a last part that is a new id adds it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from journeysim.errors import InputError, Problem
from journeysim.journey.faults import entry_type, keys_of, models_in, nearest, show
from journeysim.journey.strict_yaml import (
    MAX_DEPTH,
    Document,
    Loc,
    Place,
    dotted,
    look_up,
    parse_document,
)

_PART = re.compile(r'"([^"]+)"|([^."]+)')


@dataclass(frozen=True)
class Patch:
    """One change to a document.

    Parameters
    ----------
    path : where, such as ``staff.tellers.count``.
    value : plain data that replaces what stands there; `REMOVE` deletes it.
    source, loc : document that the change stands in, and where in it its value stands; so that problems with
        the value or with anything inside it name that file's line.
    place : where the change stands, if there is no source.
    """

    path: str
    value: Any
    place: Place | None = None
    source: Document | None = None
    loc: Loc = ()

    @property
    def path_place(self) -> Place:
        """Where to point for problems with the path."""
        if self.source is not None:
            return self.source.where_key(self.loc)
        return self.place or Place("patch")

    @property
    def value_place(self) -> Place:
        """Where to point for problems with the value."""
        if self.source is not None:
            return self.source.where(self.loc)
        return self.place or Place("patch")


class _Remove:
    """Marks a patch that deletes."""

    def __repr__(self) -> str:
        return "REMOVE"


REMOVE = _Remove()
"""Value of a patch that deletes what stands at its path."""


class _PathError(Exception):
    """A path that leads nowhere: what is wrong, what was found, how to mend it."""

    def __init__(self, problem: str, found: str = "", hint: str = "") -> None:
        super().__init__(problem)
        self.parts = (problem, found, hint)


def patches_from(document: Document, loc: Loc) -> list[Patch]:
    """Patches that stand as a mapping of paths to values at ``loc`` of a document (a scenario's ``set``)."""
    values = look_up(document.data, loc)
    if not isinstance(values, dict):
        return []
    return [Patch(path, value, None, document, (*loc, path)) for path, value in values.items()]


def removals_from(document: Document, loc: Loc) -> list[Patch]:
    """Patches that delete the paths listed at ``loc`` of a document (a scenario's ``remove``)."""
    paths = look_up(document.data, loc)
    if not isinstance(paths, list):
        return []
    return [
        Patch(path, REMOVE, None, document, (*loc, number))
        for number, path in enumerate(paths)
        if isinstance(path, str)
    ]


def patch_from_setting(setting: str) -> Patch:
    """Read ``PATH=VALUE`` as the command line gives it; the value is strict YAML.

    Raises
    ------
    InputError
        There is no ``=``, or the value is not strict YAML.
    """
    match = re.fullmatch(r'((?:"[^"]*"|[^"=])*)=(.*)', setting, re.DOTALL)
    file = f"--set {show(setting)}".encode("utf-8", "replace").decode("utf-8")
    if not match:
        raise InputError([Problem(file, 0, 0, "", "PATH=VALUE is required", "", "staff.tellers.count=5")])
    if not match.group(2).strip():
        raise InputError([Problem(file, 0, 0, "", "nothing follows the =", "", "write {} if that is meant")])
    document = parse_document(match.group(2), file)
    return Patch(match.group(1).strip(), document.data, Place(file))


def split_path(path: str) -> list[str]:
    """Parts of a path; quotes around a part are removed.

    Raises
    ------
    ValueError
        The path is empty or malformed; the message says how.
    """
    parts: list[str] = []
    position = 0
    while True:
        match = _PART.match(path, position)
        if not match:
            raise ValueError("a path of names joined by dots is required")
        parts.append((match.group(1) or match.group(2)).strip() if match.group(2) else match.group(1))
        position = match.end()
        if position == len(path):
            break
        if path[position] != ".":
            raise ValueError("a path of names joined by dots is required")
        position += 1
    if not all(parts):
        raise ValueError("a path of names joined by dots is required")
    return parts


def path_of(*names: str) -> str:
    """Path of these parts; a name that holds a dot is quoted."""
    return ".".join(f'"{name}"' if "." in name else name for name in names)


def apply_patches(data: Any, patches: Iterable[Patch], model: type[BaseModel] | None = None) -> Any:
    """Return a copy of plain data with changes applied in order.

    Parameters
    ----------
    data : content of a map (or, with ``model``, of something else).
    model : the format; by default that of a journey map.

    Raises
    ------
    InputError
        A path leads nowhere or a value is no plain data; all such problems at once.
    """
    return patched_document(Document(data, ""), patches, model).data


def patched_document(
    document: Document, patches: Iterable[Patch], model: type[BaseModel] | None = None
) -> Document:
    """Return a document with changes applied in order; changed values get the places of their patches.

    Raises
    ------
    InputError
        See `apply_patches`.
    """
    if model is None:
        from journeysim.journey.models import Journey

        model = Journey
    patcher = _Patcher(document, model)
    for patch in patches:
        patcher.apply(patch)
    if patcher.problems:
        raise InputError(patcher.problems)
    return Document(patcher.data, document.file, document.folder, patcher.marks, patcher.key_marks)


def plain(value: Any, depth: int = 0) -> Any:
    """Return a value as plain data: dicts with text keys, lists, text, numbers, booleans.

    Raises
    ------
    ValueError
        It holds something else, or is nested too deeply.
    """
    if depth > MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, bool | str):
        if isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
            raise ValueError("half of a surrogate pair is no text")
        return value
    if isinstance(value, int | float):
        if not abs(value) <= 2**63:
            raise ValueError("a usable, finite number is required")
        return value
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) and key for key in value):
            raise ValueError("keys must be text")
        return {key: plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner, depth + 1) for inner in value]
    if value is None:
        raise ValueError("null is not used; remove the path instead")
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return plain(value.tolist(), depth + 1)
    raise ValueError(f"a {type(value).__name__} is no map value")


class _Patcher:
    """Applies patches to a copy of a document, noting problems."""

    def __init__(self, document: Document, model: type[BaseModel]) -> None:
        self.data = copy.deepcopy(document.data)
        self.marks = dict(document.marks)
        self.key_marks = dict(document.key_marks)
        self.problems: list[Problem] = []
        self._model = model

    def apply(self, patch: Patch) -> None:
        place = patch.path_place
        try:
            parts = split_path(patch.path)
            value = patch.value if patch.value is REMOVE else plain(patch.value)
            self._set(parts, value, patch)
        except _PathError as error:
            problem, found, hint = error.parts
            self._note(place, patch.path, problem, found, hint)
        except ValueError as error:
            self._note(place, patch.path, str(error))

    def _note(self, place: Place, path: str, problem: str, found: str = "", hint: str = "") -> None:
        self.problems.append(Problem(place.file, place.line, place.column, path, problem, found, hint))

    def _set(self, parts: list[str], value: Any, patch: Patch) -> None:
        current: Any = self.data
        kind: Any = self._model
        loc: Loc = ()
        for part in parts[:-1]:
            key = _entry(current, kind, part, loc, last=False)
            kind = entry_type(kind, key)
            loc = (*loc, key)
            if isinstance(current, dict) and key not in current and patch.value is not REMOVE:
                current[part] = {}
            current = look_up(current, (key,))
            if not isinstance(current, dict | list):
                if current is None:
                    raise _PathError("there is nothing to remove")
                raise _PathError(f"{dotted(loc)} is no mapping here", show(current), "set it as a whole")
        key = _entry(current, kind, parts[-1], loc, last=True)
        loc = (*loc, key)
        if value is REMOVE:
            if look_up(current, (key,)) is None:
                raise _PathError("there is nothing to remove")
            del current[key]
            self._forget(loc)
            return
        current[key] = value
        self._remember(loc, patch)

    def _forget(self, loc: Loc) -> None:
        """Drop the places at and under ``loc``; what follows in the same list moves up."""
        depth, position = len(loc), loc[-1]
        for marks in (self.marks, self.key_marks):
            for old in [old for old in marks if len(old) >= depth and old[: depth - 1] == loc[:-1]]:
                here = old[depth - 1]
                if here == position:
                    del marks[old]
                elif isinstance(here, int) and isinstance(position, int) and here > position:
                    marks[(*loc[:-1], here - 1, *old[depth:])] = marks.pop(old)

    def _remember(self, loc: Loc, patch: Patch) -> None:
        """Give what now stands at ``loc`` the places it has in the patch's own file."""
        for marks in (self.marks, self.key_marks):
            for old in [old for old in marks if old[: len(loc)] == loc]:
                del marks[old]
        self.marks[loc] = patch.value_place
        if not isinstance(loc[-1], int):
            self.key_marks[loc] = patch.path_place
        if patch.source is not None:
            depth = len(patch.loc)
            for marks, theirs in (
                (self.marks, patch.source.marks),
                (self.key_marks, patch.source.key_marks),
            ):
                for old, place in theirs.items():
                    if len(old) > depth and old[:depth] == patch.loc:
                        marks[(*loc, *old[depth:])] = place


def _entry(current: Any, kind: Any, part: str, loc: Loc, *, last: bool) -> str | int:
    """Key or list position that one part of a path means."""
    if isinstance(current, list):
        return _rule(current, part, loc)
    keys = [key for model in models_in(kind) for key in keys_of(model)]
    if part in current or part in keys:
        return part
    if entry_type(kind, part) is None:
        raise _PathError("unknown path", part, nearest(part, keys))
    if not last:
        raise _PathError("unknown path", part, nearest(part, current))
    return part


def _rule(rules: list[Any], part: str, loc: Loc) -> int:
    """Position of the rule in ``next`` that is named ``part``, or alone leads to it."""
    if loc[-1] != "next":
        raise _PathError(f"entries of {dotted(loc)} have no names", part, "set the list as a whole")
    entries = [rule if isinstance(rule, dict) else {} for rule in rules]
    named = [number for number, rule in enumerate(entries) if rule.get("name") == part]
    leading = [number for number, rule in enumerate(entries) if rule.get("to") == part]
    for found in (named, leading):
        if len(found) == 1:
            return found[0]
        if found:
            raise _PathError("several rules fit", part, "give the rule a name and use it")
    names = [str(rule.get("name") or rule.get("to")) for rule in entries]
    known = [name for rule, name in zip(entries, names, strict=True) if isinstance(rule.get("to"), str)]
    hint = nearest(part, known) or "give the rule a name and use it"
    if part.isdigit():
        hint = "rules are addressed by name, or by `to`, never by number"
    raise _PathError("unknown rule", part, hint)
