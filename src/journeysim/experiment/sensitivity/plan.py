"""The ends of all ranges as options of one scenario, read and checked as any other scenario."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journeysim.errors import InputError, Problem
from journeysim.experiment.load import load_scenario
from journeysim.experiment.scenario import Option, Scenario, changes_with
from journeysim.experiment.sensitivity.ranges import Range
from journeysim.experiment.sensitivity.varied import CannotMove, How, Move, Setting, sets_itself
from journeysim.experiment.yaml_text import to_yaml
from journeysim.journey.values import MAX_NAME_LENGTH


@dataclass(frozen=True)
class LeftOut:
    """A parameter, or an end of one, that was not tried, and why."""

    title: str
    reason: str


@dataclass(frozen=True)
class PlannedEnd:
    """An end that is simulated: the name of its option on each side."""

    range: Range
    is_high: bool
    text: str
    clipped: bool
    names: tuple[str, ...]
    written: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Plan:
    """All ends as options of one scenario."""

    scenario: Scenario
    ends: tuple[PlannedEnd, ...]
    left_out: tuple[LeftOut, ...]

    @classmethod
    def of(
        cls, scenario: Scenario, sides: tuple[Option, ...], ranges: Sequence[Range], *, given: bool, file: str
    ) -> Plan:
        """Put the ends together; what cannot be is left out, or refused where it was asked for by name."""
        ends: list[PlannedEnd] = []
        left: list[LeftOut] = []
        taken = {one.name for one in sides}
        for one in ranges:
            for is_high, move in ((False, one.low), (True, one.high)):
                try:
                    ends.append(_planned(scenario, sides, one, is_high, move, taken))
                except CannotMove as error:
                    left.append(
                        LeftOut(f"{one.parameter.title}, {'upwards' if is_high else 'downwards'}", str(error))
                    )
        made, ends, more = _loaded_with(scenario, sides, ends)
        left += more
        if given and left:
            raise InputError(
                [Problem(file, 0, 0, f"--vary {one.title}", one.reason) for one in _merged(left)]
            )
        if not ends:
            reasons = "; ".join(f"{one.title}: {one.reason}" for one in left)
            raise InputError([Problem(file, 0, 0, "", "nothing can be varied", reasons)])
        return cls(made, tuple(ends), tuple(_merged(left)))


def _end_title(one: Range, is_high: bool) -> str:
    return f"{one.parameter.title}, {'upwards' if is_high else 'downwards'}"


def _merged(left: Sequence[LeftOut]) -> Iterator[LeftOut]:
    """Both ends of a parameter as one where they were left out for the same reason."""
    titles: dict[tuple[str, str], list[str]] = {}
    for one in left:
        title, _, side = one.title.rpartition(", ")
        titles.setdefault((title, one.reason), []).append(side)
    for (title, reason), found in titles.items():
        yield LeftOut(title if len(found) > 1 else f"{title}, {found[0]}", reason)


def _planned(
    scenario: Scenario,
    sides: tuple[Option, ...],
    one: Range,
    is_high: bool,
    move: Move,
    taken: set[str],
) -> PlannedEnd:
    settings = [one.parameter.moved(option, move) for option in sides]
    written: list[Mapping[str, Any]] = [scenario.resolved["options"].get(option.name, {}) for option in sides]
    if move.how is How.TO and any(
        sets_itself(have, setting.patches) for have, setting in zip(written, settings, strict=True)
    ):
        raise CannotMove("an option sets this itself: give steps or factors, such as -1..+1 or x0.8..x1.2")
    title = f"{one.parameter.title} {settings[0].text}"
    names = [
        _free_name(title if number == 0 else f"{option.name}, {title}", taken)
        for number, option in enumerate(sides)
    ]
    entries = [_entry(have, setting) for have, setting in zip(written, settings, strict=True)]
    clipped = any(setting.clipped for setting in settings)
    return PlannedEnd(one, is_high, settings[0].text, clipped, tuple(names), tuple(entries))


def _entry(have: Mapping[str, Any], setting: Setting) -> dict[str, Any]:
    """The option as a scenario file has it: its own changes, then the end."""
    entry = changes_with(have, setting.patches)
    return entry | ({"cost_per_year": have["cost_per_year"]} if "cost_per_year" in have else {})


def _free_name(title: str, taken: set[str]) -> str:
    name, number = title[:MAX_NAME_LENGTH].strip(), 2
    while name in taken:
        mark = f" ({number})"
        name, number = title[: MAX_NAME_LENGTH - len(mark)].strip() + mark, number + 1
    taken.add(name)
    return name


def _loaded_with(
    scenario: Scenario, sides: tuple[Option, ...], ends: list[PlannedEnd]
) -> tuple[Scenario, list[PlannedEnd], list[LeftOut]]:
    """The scenario with all ends as options, read as any other; those that are wrong are left out."""
    with _on_disk(scenario) as folder:
        try:
            return _read(scenario, sides, ends, folder), ends, []
        except InputError:
            pass
        sound, left = [], []
        for end in ends:
            try:
                _read(scenario, sides, [end], folder)
                sound.append(end)
            except InputError as error:
                first = error.problems[0]
                found = f", found {first.found}" if first.found else ""
                hint = f", hint: {first.hint}" if first.hint else ""
                left.append(LeftOut(_end_title(end.range, end.is_high), f"{first.problem}{found}{hint}"))
        return _read(scenario, sides, sound, folder), sound, left


@contextlib.contextmanager
def _on_disk(scenario: Scenario) -> Iterator[Path]:
    """A folder with the data files that the resolved scenario names, while the block runs."""
    with tempfile.TemporaryDirectory(prefix="journeysim-") as name:
        folder = Path(name)
        for file, content in scenario.files.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(content)
        yield folder


def _read(
    scenario: Scenario, sides: tuple[Option, ...], ends: Sequence[PlannedEnd], folder: Path
) -> Scenario:
    entries = {one.name: scenario.resolved["options"].get(one.name, {}) for one in sides}
    for end in ends:
        entries |= dict(zip(end.names, end.written, strict=True))
    planned = scenario.with_options("sensitivity", sides, entries)
    path = folder / "scenario.yaml"
    path.write_text(to_yaml(dict(planned.resolved)), encoding="utf-8")
    return load_scenario(path)
