"""The small values of a map: durations, times of day, names, shares and counts, as pydantic types.

Each type carries its own message and its own piece of JSON Schema, so that a model that uses it needs
neither.
"""

from __future__ import annotations

import contextlib
import re
from datetime import date
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AllowInfNan,
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    Strict,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

UNIT_MIN = {"s": 1 / 60, "min": 1.0, "h": 60.0, "day": 1440.0, "days": 1440.0}
"""Minutes in each unit that a duration may carry."""

DATA_UNIT_MIN = {"s": 1 / 60, "min": 1.0, "h": 60.0}
"""Minutes in each unit that a column or list of plain numbers may have."""

TAG_MARK = "\x00"
"""Starts every tag of a union; no key of a document can start with it."""

MAX_DURATION_MIN = 3660 * 1440.0
MAX_NAME_LENGTH = 80
MAX_COUNT = 1_000_000
RESERVED_NAMES = frozenset({"leave", "none", "other"})
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

DURATION_PATTERN = r"^\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)\s*(s|min|h|day|days)\s*$"
TIME_PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"
_DURATION = re.compile(
    r"\s*([-+]?(?:[0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15}))\s*([^\s0-9.]*)\s*", re.ASCII
)
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00", re.ASCII)
_LOOSE_TIME = re.compile(r"([0-9]{1,2})[:.hH]([0-9]{2})", re.ASCII)
_UNIT_ALIASES = {
    "sec": "s", "secs": "s", "second": "s", "seconds": "s", "m": "min", "mins": "min", "minute": "min",
    "minutes": "min", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "d": "days",
}  # fmt: skip


def fault(problem: str, hint: str = "") -> PydanticCustomError:
    """Error for a pydantic validator: what is required, and how to mend it."""
    # Braces in the text would be read as places to fill in, so it goes in as one.
    return PydanticCustomError("journey", "{problem}", {"problem": problem, "hint": hint})


def parse_duration(value: object) -> float:
    """Minutes in a duration such as ``6 min``, ``90 s``, ``2 h`` or ``3 days``.

    Returns
    -------
    minutes; may be negative (a lateness may be).

    Raises
    ------
    PydanticCustomError
        The value is no duration, or its unit is missing or unknown.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise fault("a duration is required", "for example 6 min")
    if not isinstance(value, str):
        raise fault("the unit is missing", f"write {value} min (or s, h, days)")
    match = _DURATION.fullmatch(value)
    if not match:
        raise fault("a duration is required", "a number and a unit: 90 s, 6 min, 2 h, 3 days")
    number, unit = float(match.group(1)), match.group(2)
    if unit == "":
        raise fault("the unit is missing", f"write {value.strip()} min (or s, h, days)")
    if unit not in UNIT_MIN:
        known = _UNIT_ALIASES.get(unit.lower())
        hint = f"write {match.group(1)} {known}" if known else "units are s, min, h, days"
        raise fault(f"unknown unit {unit}", hint)
    minutes = number * UNIT_MIN[unit] if unit != "s" else number / 60
    if abs(minutes) > MAX_DURATION_MIN:
        raise fault("a duration of at most ten years is required")
    return minutes


def parse_time(value: object) -> int:
    """Minutes after midnight of a time of day ``HH:MM``; ``24:00`` is 1440.

    Raises
    ------
    PydanticCustomError
        The value is no such time.
    """
    if isinstance(value, str):
        match = _TIME.fullmatch(value)
        if match:
            return int(match.group(1)) * 60 + int(match.group(2)) if match.group(1) else 1440
        loose = _LOOSE_TIME.fullmatch(value)
        if loose and int(loose.group(1)) < 24 and int(loose.group(2)) < 60:
            raise fault(
                "a time of day HH:MM is required", f"write {int(loose.group(1)):02d}:{loose.group(2)}"
            )
    raise fault("a time of day HH:MM is required", "for example 09:00")


def show_time(minute: int) -> str:
    """``HH:MM`` of a minute after midnight."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def show_duration(minutes: float) -> str:
    """A duration in minutes as a person would write it, such as ``6 min``."""
    return f"{minutes:.6g} min"


def _not_negative(minutes: float) -> float:
    if minutes < 0:
        raise fault("a duration of 0 or more is required")
    return minutes


def _positive(minutes: float) -> float:
    if minutes <= 0:
        raise fault("a duration above 0 is required")
    return minutes


def check_name(value: str) -> str:
    """Return the name of a segment, need, queue, staff group or touchpoint if it can be one.

    Raises
    ------
    PydanticCustomError
        It is reserved, empty, too long, or holds what a path or a table cannot show.
    """
    if value in RESERVED_NAMES:
        raise fault(f"{value} is a reserved name", "choose another name")
    if not value or value != value.strip():
        raise fault("a name must not start or end with a space")
    if len(value) > MAX_NAME_LENGTH:
        raise fault(f"a name has at most {MAX_NAME_LENGTH} characters")
    if '"' in value or not value.isprintable():
        raise fault("a name must not hold quotes, line breaks or control characters")
    return value


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _strict_number(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise fault("a number is required")
    return value


def _count(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int):
        raise fault("a whole number is required")
    return value


def _truth(value: object) -> object:
    if not isinstance(value, bool):
        raise fault("true or false is required")
    return value


_DURATION_SCHEMA: dict[str, Any] = {"type": "string", "pattern": DURATION_PATTERN}
_NAME_SCHEMA: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": MAX_NAME_LENGTH}
_ID_SCHEMA: dict[str, Any] = {
    "type": "string",
    "pattern": r'^(?!(leave|none|other)$)[^\s"]([^"]*[^\s"])?$',
    "maxLength": MAX_NAME_LENGTH,
}

Duration = Annotated[
    float, BeforeValidator(parse_duration), AfterValidator(_not_negative), WithJsonSchema(_DURATION_SCHEMA)
]
"""Minutes, 0 or more; written with a unit."""

PositiveDuration = Annotated[
    float, BeforeValidator(parse_duration), AfterValidator(_positive), WithJsonSchema(_DURATION_SCHEMA)
]
"""Minutes above 0; written with a unit."""

AnyDuration = Annotated[float, BeforeValidator(parse_duration), WithJsonSchema(_DURATION_SCHEMA)]
"""Minutes, negative for early; written with a unit."""

TimeOfDay = Annotated[
    int, BeforeValidator(parse_time), WithJsonSchema({"type": "string", "pattern": TIME_PATTERN})
]
"""Minutes after midnight, 0 to 1440; written HH:MM."""

Number = Annotated[float, Strict(), AllowInfNan(False), BeforeValidator(_strict_number)]
NotNegative = Annotated[Number, Field(ge=0, le=1e12)]
Positive = Annotated[Number, Field(gt=0, le=1e12)]
Share = Annotated[Number, Field(ge=0, le=1)]
Count = Annotated[int, Strict(), BeforeValidator(_count), Field(ge=0, le=MAX_COUNT)]
PositiveCount = Annotated[int, Strict(), BeforeValidator(_count), Field(ge=1, le=MAX_COUNT)]
MAX_PEOPLE = 10_000_000
People = Annotated[int, Strict(), BeforeValidator(_count), Field(ge=1, le=MAX_PEOPLE)]
Priority = Annotated[int, Strict(), BeforeValidator(_count), Field(ge=-1000, le=1000)]
Truth = Annotated[bool, Strict(), BeforeValidator(_truth)]
Text = Annotated[str, Strict(), Field(max_length=10_000)]

Name = Annotated[str, Strict(), WithJsonSchema(_NAME_SCHEMA)]
"""A name that refers to something defined elsewhere in the map."""

Id = Annotated[str, Strict(), AfterValidator(check_name), WithJsonSchema(_ID_SCHEMA)]
"""A name that defines something."""

Names = Annotated[
    tuple[Name, ...],
    BeforeValidator(_one_or_many),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [_NAME_SCHEMA, {"type": "array", "items": _NAME_SCHEMA, "minItems": 1}]}),
]
"""One name or a list of names."""


class _Context(dict[str, Any]):
    """Context of an error, hashable, as types built with ``|`` must be."""

    __hash__ = object.__hash__  # type: ignore[assignment]


def tag(name: str) -> Tag:
    """Tag of one form of a value that has several; `journeysim.journey.load` leaves it out of paths."""
    return Tag(f"{TAG_MARK}{name}")


def by_shape(
    problem: str,
    hint: str = "",
    *,
    file_form: bool = False,
    words: frozenset[str] | None = None,
    durations: bool = False,
) -> Discriminator:
    """Choose among the forms of a value by what stands there: a number, text, mapping or list.

    Parameters
    ----------
    problem, hint : the message for anything else.
    file_form : a mapping with the key ``file`` is a form of its own.
    words : the only texts there are; by default any.
    durations : texts are durations, as which a number is refused for want of a unit.
    """

    def shape(value: object) -> str:
        name = "other"
        if isinstance(value, str):
            name = "text" if words is None or value in words else "other"
        elif isinstance(value, dict | BaseModel):
            # A model stands here when a map is written out again.
            given = value if isinstance(value, dict) else type(value).model_fields
            name = "file" if file_form and "file" in given else "mapping"
        elif isinstance(value, list):
            name = "list"
        elif isinstance(value, int | float) and not isinstance(value, bool):
            name = "text" if durations else "number"
        return TAG_MARK + name

    context = _Context(problem=problem, hint=hint)
    return Discriminator(
        shape, custom_error_type="journey", custom_error_message="{problem}", custom_error_context=context
    )


def _parse_date(value: object) -> date:
    found = None
    if isinstance(value, str) and len(value) == len("2027-01-04"):
        with contextlib.suppress(ValueError):
            found = date.fromisoformat(value)
    if found is None:
        raise fault("a date YYYY-MM-DD is required", "for example 2027-01-04")
    if not 1900 <= found.year < 2200:
        raise fault("a date from 1900 to 2199 is required")
    return found


DateText = Annotated[
    date, BeforeValidator(_parse_date), WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"})
]
"""A date, written YYYY-MM-DD."""

MapOrFile = Annotated[
    Annotated[Text, tag("text")] | Annotated[dict[str, Any], tag("mapping")],
    by_shape("a map's file, or the map itself, is required", "for example ../journeys/city-branch.yaml"),
]
