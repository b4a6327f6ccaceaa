"""Reads YAML strictly: YAML 1.2 scalars, no surprises, and the line and column of every value.

Values are built from parse events, never composed: a hundred thousand ``[`` crash the C composer and
exhaust the pure one's stack. Everything that a planner would not expect is refused with its place: equal
keys, anchors, aliases, tags, merge keys, null, keys with nothing after them, several documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from journeysim.errors import InputError, Problem

MAX_BYTES = 4_000_000
MAX_DEPTH = 40
MAX_NODES = 100_000
MAX_NUMBER_LENGTH = 40

Loc = tuple[str | int, ...]
"""Where a value stands: the keys and list positions on the way to it."""

_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NULL = frozenset({"~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_LOADER: Any = getattr(yaml, "CLoader", yaml.Loader)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, order=True)
class Place:
    """A place in a file; ``line`` and ``column`` count from 1 and are 0 where unknown."""

    file: str
    line: int = 0
    column: int = 0


@dataclass(frozen=True)
class Document:
    """A file's content as plain data, and where each of its values stands.

    Parameters
    ----------
    data : dicts (text keys, in file order), lists, str, int, float and bool; never None.
    file : the name that messages use.
    folder : where data files named by the document are looked for; None for a text without a file.
    marks : place of each value.
    key_marks : place of each mapping key, under the location of its value.
    refused : locations of values that were left out because reading them found a problem.
    """

    data: Any
    file: str
    folder: Path | None = None
    marks: Mapping[Loc, Place] = field(default_factory=dict, repr=False)
    key_marks: Mapping[Loc, Place] = field(default_factory=dict, repr=False)
    refused: frozenset[Loc] = frozenset()

    def where(self, loc: Loc) -> Place:
        """Place of the value at ``loc``: a scalar's own, a block's key; the nearest outer one if unknown."""
        while True:
            if loc in self.key_marks and isinstance(look_up(self.data, loc), dict | list):
                return self.key_marks[loc]
            if loc in self.marks:
                return self.marks[loc]
            if not loc:
                return Place(self.file)
            loc = loc[:-1]

    def where_key(self, loc: Loc) -> Place:
        """Place of the key at ``loc``, for problems with a name rather than with its value."""
        return self.key_marks.get(loc) or self.where(loc)

    def place(self, loc: Loc) -> tuple[int, int]:
        """Line and column, from 1, of the value at ``loc``."""
        place = self.where(loc)
        return place.line, place.column


def look_up(data: Any, loc: Iterable[str | int]) -> Any:
    """Value at ``loc`` in plain data, or None where there is none."""
    for part in loc:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and 0 <= part < len(data):
            data = data[part]
        else:
            return None
    return data


def touches(loc: Loc, others: Iterable[Loc]) -> bool:
    """Whether a location lies at, under or around one of ``others``."""
    return any(other[: len(loc)] == loc or loc[: len(other)] == other for other in others)


def read_document(path: str | Path, name: str | None = None) -> Document:
    """Read a YAML file strictly.

    Parameters
    ----------
    path : the file.
    name : what messages call it; by default the path as given.

    Raises
    ------
    InputError
        The file cannot be read, is too large, is no UTF-8, or is not strict YAML; all problems at once.
    """
    document, problems = read_leniently(path, name)
    if problems:
        raise InputError(problems)
    return document


def parse_document(text: str | bytes, file_name: str, folder: Path | None = None) -> Document:
    """Read YAML strictly from text; see `read_document`."""
    document, problems = parse_leniently(text, file_name, folder)
    if problems:
        raise InputError(problems)
    return document


def read_leniently(path: str | Path, name: str | None = None) -> tuple[Document, list[Problem]]:
    """Read a YAML file as far as it makes sense, and say what does not.

    Lets a caller report the file's other problems together with these; see `read_document`.

    Raises
    ------
    InputError
        Nothing of the file makes sense.
    """
    shown = name if name is not None else str(path)
    shown = shown.encode("utf-8", "replace").decode("utf-8")
    try:
        path = Path(path)
        if path.is_dir():
            raise InputError([Problem(shown, 0, 0, "", "a file is required", "a folder")])
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
        folder = path.resolve().parent
    except FileNotFoundError:
        raise InputError([Problem(shown, 0, 0, "", "there is no such file")]) from None
    except (OSError, ValueError, RuntimeError) as error:
        # ValueError: a NUL in the path; RuntimeError: a loop of symbolic links.
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError([Problem(shown, 0, 0, "", "the file cannot be read", reason)]) from None
    return parse_leniently(raw, shown, folder)


def parse_leniently(
    text: str | bytes, file_name: str, folder: Path | None = None
) -> tuple[Document, list[Problem]]:
    """Read YAML text as far as it makes sense; see `read_leniently`."""
    decoded = _decoded(text, file_name)
    reader = _Reader(decoded, file_name)
    try:
        data = reader.read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        problem = error.problem or error.context or "cannot be read"
        hint = _syntax_hint(problem)
        syntax = Problem(file_name, line, column, "", f"not valid YAML: {problem}", "", hint)
        raise InputError([*reader.problems, syntax]) from None
    except yaml.YAMLError as error:
        problem = str(error).splitlines()[0] if str(error) else "cannot be read"
        raise InputError([Problem(file_name, 0, 0, "", f"not valid YAML: {problem}")]) from None
    document = Document(data, file_name, folder, reader.marks, reader.key_marks, frozenset(reader.refused))
    return document, reader.problems


def read_scalar(text: str) -> str | int | float | bool:
    """Value of a plain scalar under the YAML 1.2 core rules.

    Raises
    ------
    ValueError
        For null and for numbers that are not finite or absurdly long; the message says which.
    """
    if text in _NULL:
        raise ValueError("null is not used")
    if text in _BOOL:
        return _BOOL[text]
    number: int | float
    if _INT.fullmatch(text) or _FLOAT.fullmatch(text) or _OCTAL.fullmatch(text) or _HEX.fullmatch(text):
        if len(text) > MAX_NUMBER_LENGTH:
            raise ValueError(f"a number has at most {MAX_NUMBER_LENGTH} characters")
        if _INT.fullmatch(text):
            number = int(text)
        elif text.startswith(("0o", "0x")):
            number = int(text, 0)
        else:
            number = float(text)
        if abs(number) > 2**63:
            raise ValueError("a number this large is not usable")
        return number
    if _NOT_FINITE.fullmatch(text):
        raise ValueError("a finite number is required")
    return text


def _decoded(text: str | bytes, file_name: str) -> str:
    if len(text) > MAX_BYTES:
        raise InputError(
            [Problem(file_name, 0, 0, "", f"the file is larger than {MAX_BYTES // 1_000_000} MB")]
        )
    if isinstance(text, bytes):
        text = _from_utf8(text, file_name)
    text = text.removeprefix("\ufeff")
    bad = _UNPRINTABLE.search(text)
    if bad:
        line, column = _line_and_column(text, bad.start())
        found = f"U+{ord(bad.group()):04X}"
        raise InputError([Problem(file_name, line, column, "", "a character that no text holds", found)])
    return text


def _from_utf8(raw: bytes, file_name: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        good = raw[: error.start].decode("utf-8")
        line, column = _line_and_column(good, len(good))
        found = f"byte 0x{raw[error.start]:02x}"
        problem = Problem(
            file_name, line, column, "", "the file is not UTF-8 text", found, "save it as UTF-8"
        )
        raise InputError([problem]) from None


def _line_and_column(text: str, position: int) -> tuple[int, int]:
    before = text[:position]
    return before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1


def _syntax_hint(problem: str) -> str:
    if "token" in problem and "\\t" in problem:
        return "indent with spaces, not tabs"
    if "mapping values are not allowed" in problem:
        return "check the indentation, and quote a text that holds ': '"
    if "expected <block end>" in problem:
        return "check the indentation"
    return ""


@dataclass
class _Open:
    """A mapping or list under construction."""

    value: dict[str, Any] | list[Any]
    loc: Loc
    key: str | None = None
    key_place: Place | None = None
    skip: bool = False


class _Reader:
    """Turns parse events into plain data, noting places and problems."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.marks: dict[Loc, Place] = {}
        self.key_marks: dict[Loc, Place] = {}
        self.refused: set[Loc] = set()
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._stack: list[_Open] = []
        self._nodes = 0
        self._root: Any = None
        self._documents = 0

    def read(self) -> Any:
        for event in self._events:
            self._take(event)
        if self._documents == 0:
            raise InputError([Problem(self.file, 1, 1, "", "the file is empty")])
        return self._root

    def _take(self, event: Any) -> None:
        if isinstance(event, yaml.ScalarEvent | yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._count(event)
            self._refuse_decoration(event)
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._start(event, {})
        elif isinstance(event, yaml.SequenceStartEvent):
            self._start(event, [])
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._stack.pop()
        elif isinstance(event, yaml.AliasEvent):
            self._note(event, "aliases (*) are not used", f"*{event.anchor}", "write the value out")
            self._place_value(event, None, keep=False)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._fail(event, "one document a file", "a second one")
            if event.version or event.tags:
                self._note(event, "directives (%) are not used")

    def _count(self, event: Any) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            self._fail(
                event, f"more than {MAX_NODES} values in one file", hint="put long lists into a data file"
            )
        if len(self._stack) >= MAX_DEPTH:
            self._fail(event, f"nested deeper than {MAX_DEPTH} levels")

    def _refuse_decoration(self, event: Any) -> None:
        if event.anchor is not None:
            self._note(
                event, "anchors (&) are not used", f"&{event.anchor}", "write the value out where needed"
            )
        if event.tag is not None:
            self._note(event, "tags (!) are not used", event.tag, "remove it")

    def _scalar(self, event: Any) -> None:
        if any("\ud800" <= char <= "\udfff" for char in event.value):
            self._fail(event, "half of a surrogate pair is no text")
        plain = event.implicit[0]
        if self._stack and isinstance(self._stack[-1].value, dict) and self._stack[-1].key is None:
            self._key(event, plain)
            return
        if not plain:
            self._place_value(event, event.value)
            return
        if event.value == "":
            self._empty(event)
            return
        try:
            self._place_value(event, read_scalar(event.value))
        except ValueError as error:
            hint = "leave the key out" if event.value in _NULL else ""
            self._note(event, str(error), event.value[:40], hint)
            self._place_value(event, None, keep=False)

    def _empty(self, event: Any) -> None:
        top = self._stack[-1] if self._stack else None
        if top is None:
            self._fail(event, "the file is empty")
        elif top.key is not None and top.key_place is not None:
            place, loc = top.key_place, (*top.loc, top.key)
            problem = Problem(
                self.file, place.line, place.column, dotted(loc), "nothing follows this key", "", "write {}"
            )
            self.problems.append(problem)
        else:
            self._note(event, "an empty list entry", "", "remove it")
        self._place_value(event, None, keep=False)

    def _key(self, event: Any, plain: bool) -> None:
        top = self._stack[-1]
        key: str = event.value
        loc = (*top.loc, key)
        place = self._place(event)
        top.key, top.key_place, top.skip = key, place, False
        if key == "":
            self._note(event, "a key without a name")
            top.skip = True
        elif plain and key == "<<":
            self._note(event, "merge keys (<<) are not used", "", "write the keys out")
            top.skip = True
        elif loc in self.key_marks:
            first = self.key_marks[loc]
            self._note(event, "the same key twice", key, f"it stands in line {first.line} already", loc)
            top.skip = True
        else:
            self.key_marks[loc] = place

    def _start(self, event: Any, value: dict[str, Any] | list[Any]) -> None:
        if self._stack and isinstance(self._stack[-1].value, dict) and self._stack[-1].key is None:
            self._fail(event, "a key must be text", "a list or mapping", "quote it if it is meant as text")
        loc = self._place_value(event, value)
        self._stack.append(_Open(value, loc))

    def _place_value(self, event: Any, value: Any, *, keep: bool = True) -> Loc:
        if not self._stack:
            self._root = value
            loc: Loc = ()
        else:
            top = self._stack[-1]
            if isinstance(top.value, list):
                loc = (*top.loc, len(top.value))
                if keep:
                    top.value.append(value)
            elif top.key is None:
                self._fail(event, "a key must be text", "an alias")
            else:
                loc = (*top.loc, top.key)
                if keep and not top.skip:
                    top.value[top.key] = value
                top.key = None
                if top.skip:
                    # What stands under a refused key is read for its own problems, but keeps no place.
                    return (*loc, "")
        self.marks[loc] = self._place(event)
        if not keep:
            self.refused.add(loc)
        return loc

    def _place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _here(self) -> Loc:
        if not self._stack:
            return ()
        top = self._stack[-1]
        if isinstance(top.value, list):
            return (*top.loc, len(top.value))
        return (*top.loc, top.key) if top.key is not None else top.loc

    def _note(
        self, event: Any, problem: str, found: str = "", hint: str = "", loc: Loc | None = None
    ) -> None:
        place = self._place(event)
        path = dotted(self._here() if loc is None else loc)
        self.problems.append(Problem(self.file, place.line, place.column, path, problem, found, hint))

    def _fail(self, event: Any, problem: str, found: str = "", hint: str = "") -> Any:
        self._note(event, problem, found, hint)
        raise InputError(self.problems)


def dotted(loc: Iterable[str | int]) -> str:
    """Path of a location as messages and patches write it: names holding a dot or space are quoted."""
    path = ""
    for part in loc:
        if isinstance(part, int):
            path += f"[{part + 1}]"
        else:
            name = f'"{part}"' if re.search(r'[.\s"\[\]=]', part) or not part else part
            path += f".{name}" if path else name
    return path
