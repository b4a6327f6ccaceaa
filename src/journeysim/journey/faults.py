"""Turns what pydantic found wrong into problems with a place, a path and a hint."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError

from journeysim.errors import Problem
from journeysim.journey.strict_yaml import Document, Loc, dotted, look_up
from journeysim.journey.values import TAG_MARK

MAX_SHOWN = 60


def problem_at(
    document: Document, loc: Loc, problem: str, found: str = "", hint: str = "", *, key: bool = False
) -> Problem:
    """Problem with the value at ``loc`` of a document (or with its key)."""
    place = document.where_key(loc) if key else document.where(loc)
    return Problem(place.file, place.line, place.column, dotted(loc), problem, found, hint)


def in_file_order(problems: Iterable[Problem]) -> list[Problem]:
    """Sort problems by place, without repetitions; those at one place stay in the order they were found."""
    return sorted(
        dict.fromkeys(problems),
        key=lambda problem: (problem.file, problem.line, problem.column, problem.path),
    )


def closest(name: str, known: Iterable[str]) -> str | None:
    """Known name most like ``name``, or None if none is."""
    lowered = {candidate.lower(): candidate for candidate in reversed(list(dict.fromkeys(known)))}
    close = difflib.get_close_matches(name[:200].lower(), lowered, n=1, cutoff=0.6)
    return lowered[close[0]] if close else None


def nearest(name: str, known: Iterable[str]) -> str:
    """Hint that names the known name nearest to ``name``, or all of a few, or nothing."""
    names = list(dict.fromkeys(known))
    close = closest(name, names)
    if close is not None:
        return f"did you mean {close}?"
    if 0 < len(names) <= 8:
        return f"known: {', '.join(names)}"
    return ""


def without_tags(loc: Iterable[str | int]) -> Loc:
    """Location in the document: pydantic's, without the tags of the forms that values took."""
    return tuple(part for part in loc if not (isinstance(part, str) and part.startswith(TAG_MARK)))


def show(value: Any) -> str:
    """Return a value as it would stand in a map, shortened."""
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{key}: {_inner(inner)}" for key, inner in list(value.items())[:9]) + "}"
    elif isinstance(value, list | tuple):
        text = "[" + ", ".join(_inner(inner) for inner in value[:9]) + "]"
    else:
        text = repr(value) if isinstance(value, str) and (not value or value != value.strip()) else str(value)
    text = " ".join(text.splitlines())
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def problems_from(error: ValidationError, document: Document, model: type[BaseModel]) -> list[Problem]:
    """Problems of a document that ``model`` refused."""
    return [
        _problem(fault, document, model)
        for fault in error.errors(include_url=False)
        if without_tags(fault["loc"]) not in document.refused
    ]


def _inner(value: Any) -> str:
    if isinstance(value, dict):
        return "{…}" if value else "{}"
    if isinstance(value, list):
        return "[…]" if value else "[]"
    return show(value)


def _problem(fault: Any, document: Document, model: type[BaseModel]) -> Problem:
    loc = without_tags(fault["loc"])
    kind, context, value = fault["type"], fault.get("ctx", {}), fault["input"]
    if loc and loc[-1] == "[key]" and look_up(document.data, loc) is None:
        return problem_at(
            document, loc[:-1], _text(kind, context, fault["msg"]), "", _hint(context), key=True
        )
    if kind == "extra_forbidden":
        known = known_keys(model, fault["loc"][:-1])
        return problem_at(document, loc, "unknown key", "", nearest(str(loc[-1]), known), key=True)
    if kind == "missing":
        hint = example_hint(model, fault["loc"])
        return problem_at(document, loc[:-1], f"the key {loc[-1]} is missing", "", hint, key=True)
    found = "" if isinstance(value, dict) and kind == "journey" and not value else show(value)
    return problem_at(document, loc, _text(kind, context, fault["msg"]), found, _hint(context))


def _hint(context: dict[str, Any]) -> str:
    return str(context.get("hint", ""))


def _bound(value: Any) -> Any:
    """A bound as a person writes it: whole numbers without a point or an exponent."""
    if isinstance(value, float):
        return int(value) if value.is_integer() else f"{value:g}"
    return value


def _text(kind: str, context: dict[str, Any], message: str) -> str:
    """Say in plain words what is required."""
    context = {key: _bound(value) for key, value in context.items()}
    context["entries"] = "entry is" if context.get("min_length") == 1 else "entries are"
    plain = {
        "journey": "{problem}",
        "literal_error": "one of {expected} is required",
        "greater_than": "a number above {gt} is required",
        "greater_than_equal": "a number of {ge} or more is required",
        "less_than": "a number below {lt} is required",
        "less_than_equal": "a number of {le} or less is required",
        "too_short": "at least {min_length} {entries} required",
        "too_long": "at most {max_length} entries are allowed",
        "string_type": "text is required",
        "string_too_short": "text is required",
        "string_too_long": "a shorter text is required",
        "dict_type": "a mapping of names to values is required",
        "model_type": "a mapping is required",
        "tuple_type": "a list is required",
        "finite_number": "a finite number is required",
    }.get(kind)
    return plain.format(**context) if plain else message[:1].lower() + message[1:]


def known_keys(model: type[BaseModel], loc: Iterable[str | int]) -> list[str]:
    """Keys that the model at ``loc`` (with union tags) has, in order."""
    found = model_at(model, loc)
    return [] if found is None else keys_of(found)


def keys_of(model: type[BaseModel]) -> list[str]:
    """Keys of a model as a map writes them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def example_hint(model: type[BaseModel], loc: tuple[str | int, ...]) -> str:
    """Hint that shows the first example of the field at ``loc``."""
    parent = model_at(model, loc[:-1])
    for name, field in (parent.model_fields if parent else {}).items():
        if (field.alias or name) == loc[-1] and field.examples:
            return f"for example {loc[-1]}: {show(field.examples[0])}"
    return ""


def model_at(model: type[BaseModel], loc: Iterable[str | int]) -> type[BaseModel] | None:
    """Model of the value at ``loc``, walking fields, lists, mappings and unions; None if there is none."""
    current: Any = model
    for part in loc:
        if isinstance(part, str) and part.startswith(TAG_MARK):
            continue
        step = entry_type(current, part)
        if step is None:
            return None
        current = step
    models = list(models_in(current))
    return models[0] if models else None


def entry_type(annotation: Any, part: str | int) -> Any:
    """Type of the entry ``part`` of a value of type ``annotation``; None if it can have none."""
    for model in models_in(annotation):
        for name, field in model.model_fields.items():
            if (field.alias or name) == part:
                return field.annotation
    for inner in _containers(annotation):
        arguments = inner.__args__
        if isinstance(part, str) and inner.__origin__ is dict:
            return arguments[1]
        if isinstance(part, int) and inner.__origin__ in (tuple, list):
            return arguments[0]
    return None


def _alternatives(annotation: Any) -> Iterable[Any]:
    """All types that a union, alias or annotated type may stand for."""
    if getattr(annotation, "__metadata__", None) is not None:
        yield from _alternatives(annotation.__origin__)
    elif hasattr(annotation, "__args__") and getattr(annotation, "__origin__", None) not in (
        dict,
        tuple,
        list,
    ):
        for inner in annotation.__args__:
            yield from _alternatives(inner)
    else:
        yield annotation


def models_in(annotation: Any) -> Iterable[type[BaseModel]]:
    """Models that a value of the type ``annotation`` may be."""
    for inner in _alternatives(annotation):
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield inner


def _containers(annotation: Any) -> Iterable[Any]:
    return (
        inner
        for inner in _alternatives(annotation)
        if getattr(inner, "__origin__", None) in (dict, tuple, list)
    )
