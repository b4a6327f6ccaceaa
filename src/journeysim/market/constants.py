"""Every constant of a behaviour as a list: its path, its value, what it means, and where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from journeysim.journey.faults import show
from journeysim.journey.strict_yaml import Document, Loc, dotted, look_up
from journeysim.journey.values import parse_duration, show_duration
from journeysim.market.behaviour import Behaviour
from journeysim.market.presets import PRESETS, LoadedBehaviour, load_preset

NO_SOURCE = "no source given"
SET_HERE = "set here"
"""Beginning of the source of a value that a scenario holds itself and that is not the preset's."""

_NAMES = frozenset({"behaviour", "description"})
"""Keys that say what a behaviour is rather than hold a constant of it."""
_QUOTED = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')""")
_COMMENT = re.compile(r"(?:^|\s)#\s*(.*?)\s*$")


@dataclass(frozen=True)
class Constant:
    """One constant of a behaviour.

    Parameters
    ----------
    path : such as ``telling.told_bad``.
    value : as a file of a behaviour writes it: a number, a word, or a duration with its unit.
    meaning : what the format says of it.
    source : comment on its line in the preset or file; see `sources_in`.
    """

    path: str
    value: float | str
    meaning: str
    source: str = ""

    @property
    def text(self) -> str:
        """The value as a table shows it."""
        return show(self.value)


def constants(behaviour: Behaviour, known: Mapping[str, str] | None = None) -> tuple[Constant, ...]:
    """Return every constant of a behaviour, in the order of the format.

    Parameters
    ----------
    behaviour : any.
    known : where constants come from, by path; one that is missing says that no source was given.
    """
    known = known or {}
    return tuple(
        Constant(path, value, field.description or "", known.get(path) or NO_SOURCE)
        for path, value, field in _leaves(behaviour, ())
    )


def sources(loaded: LoadedBehaviour) -> dict[str, str]:
    """Return where each constant of a behaviour comes from, before changes, by path.

    For a behaviour that a scenario holds itself, as a resolved scenario does, the comments are gone; what it
    has in common with the preset of its name keeps that preset's source, and the rest says what that has.
    """
    if loaded.text:
        return sources_in(loaded.base, loaded.text)
    for name in PRESETS:
        preset = load_preset(name)
        if preset.behaviour.behaviour == loaded.behaviour.behaviour:
            theirs = constants(preset.behaviour, sources(preset))
            own = constants(loaded.behaviour)
            return {
                one.path: one.source
                if one.value == here.value
                else f"{SET_HERE}; {show(one.value)} in the preset {name}"
                for one, here in zip(theirs, own, strict=True)
            }
    return {}


def sources_in(document: Document, text: str) -> dict[str, str]:
    """Read where constants come from out of the comments at the ends of their lines.

    Parameters
    ----------
    document : the behaviour, with places.
    text : what it was read from.

    Returns
    -------
    the comment of each value by path; a value without one has that of the key it stands under, if any.
    """
    lines = text.splitlines()
    found: dict[str, str] = {}
    for loc in document.marks:
        if loc and not isinstance(look_up(document.data, loc), dict | list):
            comment = _comment(document, loc, lines) or _comment(document, loc[:-1], lines)
            if comment:
                found[dotted(loc)] = comment
    return found


def _leaves(model: BaseModel, loc: Loc) -> Iterator[tuple[str, float | str, FieldInfo]]:
    for name, field in type(model).model_fields.items():
        value: Any = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _leaves(value, (*loc, name))
        elif loc or name not in _NAMES:
            yield dotted((*loc, name)), show_duration(value) if _is_duration(field) else value, field


def _is_duration(field: FieldInfo) -> bool:
    return any(getattr(part, "func", None) is parse_duration for part in field.metadata)


def _comment(document: Document, loc: Loc, lines: list[str]) -> str:
    """Return the comment at the end of the line that a value, or the key of a block, stands in."""
    place = document.where(loc)
    if not loc or place.file != document.file or not 0 < place.line <= len(lines):
        return ""
    rest = lines[place.line - 1][place.column - 1 :]
    quoted = _QUOTED.match(rest)
    match = _COMMENT.search(rest[quoted.end() :] if quoted else rest)
    return match.group(1) if match else ""
