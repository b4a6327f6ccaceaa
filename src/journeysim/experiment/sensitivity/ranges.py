"""Ranges as ``--vary`` takes them: ``PATH``, ``PATH=LOW..HIGH``, ``PATH=x0.7..x1.3`` or ``PATH=-1..+1``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from journeysim.errors import InputError, Problem
from journeysim.experiment.scenario import Option
from journeysim.experiment.sensitivity.varied import (
    Amount,
    CannotMove,
    Durations,
    Given,
    How,
    Kind,
    Move,
    Parameter,
    Servers,
    Spot,
)
from journeysim.journey.faults import nearest, show
from journeysim.journey.patches import patch_from_setting, split_path
from journeysim.journey.strict_yaml import parse_document
from journeysim.journey.values import parse_duration

USUAL = 0.2
"""Half of the range where none is given, as a share of the number itself: assumption."""

_FACTOR = re.compile(r"[x×]\s*([0-9]*\.?[0-9]+)")
_STEP = re.compile(r"[+-]\s*[0-9]*\.?[0-9]+(\s*[a-z]+)?")
_FIRST_WORDS = ("behaviour", "market", "branches")


@dataclass(frozen=True)
class Range:
    """A parameter with both ends of its range.

    Parameters
    ----------
    parameter : what is varied.
    low, high : its ends.
    """

    parameter: Parameter
    low: Move
    high: Move


def usual_range(parameter: Parameter) -> Range:
    """The range where none is given: one server less and one more, else a fifth less and a fifth more."""
    if isinstance(parameter, Servers):
        return Range(parameter, Move(How.PLUS, -1), Move(How.PLUS, 1))
    return Range(parameter, Move(How.TIMES, 1 - USUAL), Move(How.TIMES, 1 + USUAL))


def ranges_given(settings: Iterable[str], known: Sequence[Parameter], option: Option) -> list[Range]:
    """Read what is to be varied, and from where to where.

    Parameters
    ----------
    settings : each ``PATH`` or ``PATH=LOW..HIGH``. An end is a value as the map writes it, a factor
        (``x0.7``) or a step (``+1``, ``-2 min``).
    known : parameters by whose path a number is taken together with what belongs to it.
    option : in which other numbers are looked up.

    Raises
    ------
    InputError
        A setting is none; all problems at once.
    """
    by_path = {one.path: one for one in known}
    found: list[Range] = []
    problems: list[Problem] = []
    for setting in settings:
        try:
            found.append(_range(setting, by_path, option))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def _range(setting: str, known: dict[str, Parameter], option: Option) -> Range:
    where = f"--vary {show(setting)}"
    path, ends = setting.strip(), ""
    match = re.fullmatch(r'((?:"[^"]*"|[^"=])*)=(.*)', setting, re.DOTALL)
    if match:
        path, ends = match.group(1).strip(), match.group(2).strip()
    parameter = known.get(path) or _at(path, option)
    if parameter is None:
        try:
            patch_from_setting(f"{path}=0")
            split_path(path)
        except (InputError, ValueError):
            raise _wrong(
                where, "PATH or PATH=LOW..HIGH is required", "", "staff.tellers.count=3..6"
            ) from None
        parameter = Given(path)
    if not ends and match:
        raise _wrong(where, "nothing follows the =", "", "leave it out for a fifth less and a fifth more")
    if not ends:
        if isinstance(parameter, Given):
            hint = nearest(path, list(known)) or "give LOW..HIGH"
            raise _wrong(where, "no number stands there that could be varied by itself", path, hint)
        return usual_range(parameter)
    # Times of day and decimals hold single dots and colons, never two dots.
    low, dots, high = ends.partition("..")
    if not dots or not low.strip() or not high.strip():
        raise _wrong(where, "LOW..HIGH is required", ends, "x0.8..x1.2 for a fifth less and a fifth more")
    found = Range(parameter, _move(low.strip(), where), _move(high.strip(), where))
    if _is_upside_down(found):
        raise _wrong(where, "the lower end comes first", ends, f"{path}={high.strip()}..{low.strip()}")
    return found


def _is_upside_down(given: Range) -> bool:
    """Whether the first end lies above the second, as far as that can be told from the ends alone."""
    if given.low.how is not given.high.how:
        return False
    low, high = _size(given.low.amount), _size(given.high.amount)
    return low is not None and high is not None and low > high


def _size(amount: object) -> float | None:
    """A number, or the minutes of a duration; None for anything else."""
    if isinstance(amount, int | float) and not isinstance(amount, bool):
        return float(amount)
    try:
        return parse_duration(amount)
    except PydanticCustomError:
        return None


def _move(text: str, where: str) -> Move:
    factor = _FACTOR.fullmatch(text)
    if factor:
        return Move(How.TIMES, float(factor.group(1)))
    if _STEP.fullmatch(text) and text[0] in "+-":
        number = text.replace(" ", "") if not text[-1].isalpha() else text.lstrip("+")
        return Move(How.PLUS, _number(number) if not text[-1].isalpha() else number)
    if text.endswith("%"):
        return Move(How.TO, float(_number(text[:-1])) / 100) if _is_number(text[:-1]) else Move(How.TO, text)
    return Move(How.TO, parse_document(text, where).data)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\s*[0-9]*\.?[0-9]+\s*", text) is not None


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _at(path: str, option: Option) -> Parameter | None:
    """A number, duration, distribution or roster of the map that is no parameter by itself."""
    try:
        parts = split_path(path)
    except ValueError:
        return None
    if parts[0] in _FIRST_WORDS:
        return None
    spot = Spot(tuple(parts))
    try:
        found = spot.data(option)
    except CannotMove:
        return None
    title = ".".join(parts)
    if parts[0] == "staff" and parts[-1] == "count":
        return Servers(spot, title)
    if any(tuple(map(str, loc)) == spot.loc for loc, _ in option.journey.distributions()):
        return Durations((spot,), Kind.OTHER, title)
    if isinstance(found, int | float | str) and not isinstance(found, bool):
        return Amount(spot, Kind.OTHER, title)
    return None


def _wrong(where: str, problem: str, found: str = "", hint: str = "") -> InputError:
    return InputError([Problem(where, 0, 0, "", problem, found, hint)])
