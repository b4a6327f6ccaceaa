"""What a scenario assumes of how people behave: every constant with its source, and what options change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from journeysim.experiment.scenario import Scenario
from journeysim.journey.faults import show
from journeysim.journey.strict_yaml import look_up
from journeysim.market.constants import NO_SOURCE, SET_HERE, Constant, constants, sources
from journeysim.market.presets import LoadedBehaviour

SET_BY_SCENARIO = "set by the scenario"
"""Source of a constant that a scenario has changed."""

_ASSUMPTION, _TRAINING = "assumption", "service training"


class SourceKind(StrEnum):
    """What kind of source a constant has, the firmest first."""

    PUBLISHED = "measured and published"
    PARTLY = "published in part, its size assumed"
    TRAINING = "taught in service training: popular rather than measured"
    SCENARIO = "set by this scenario"
    ASSUMPTION = "assumption"
    NONE = "no source given"


def kind_of(source: str) -> SourceKind:
    """Tell from a constant's source what kind it is."""
    if source.startswith((SET_BY_SCENARIO, SET_HERE)):
        return SourceKind.SCENARIO
    if source == NO_SOURCE:
        return SourceKind.NONE
    if source.startswith(_ASSUMPTION):
        return SourceKind.ASSUMPTION
    if source.startswith(_TRAINING):
        return SourceKind.TRAINING
    return SourceKind.PARTLY if _ASSUMPTION in source else SourceKind.PUBLISHED


@dataclass(frozen=True)
class Changed:
    """A constant that an option changes.

    Parameters
    ----------
    option : the option's name.
    before, after : the constant for all options, and for this one.
    """

    option: str
    before: Constant
    after: Constant


@dataclass(frozen=True)
class Assumptions:
    """What is assumed of how people behave.

    Parameters
    ----------
    name, description : of the behaviour.
    constants : all, in the order of the format.
    changes : what options change, option by option.
    """

    name: str
    description: str
    constants: tuple[Constant, ...]
    changes: tuple[Changed, ...] = ()

    def document(self) -> dict[str, Any]:
        """The same as plain data, as ``--json`` prints it."""
        options: dict[str, list[dict[str, Any]]] = {}
        for change in self.changes:
            entry = {"path": change.after.path, "value": change.after.value, "before": change.before.value}
            options.setdefault(change.option, []).append(entry)
        return {
            "behaviour": self.name,
            "description": self.description,
            "constants": [
                {"path": one.path, "value": one.value, "meaning": one.meaning, "source": one.source}
                for one in self.constants
            ],
            "options": [{"name": name, "changes": changes} for name, changes in options.items()],
        }


def assumptions_of(found: Scenario | LoadedBehaviour) -> Assumptions:
    """Return what a scenario or a behaviour assumes.

    A constant that the scenario has set, for all its options, has that as its source, with what stood there.
    """
    loaded = found.behaviour if isinstance(found, Scenario) else found
    rows = tuple(_with_setting(one, loaded) for one in constants(loaded.behaviour, sources(loaded)))
    changes = _changes(found, rows) if isinstance(found, Scenario) else ()
    behaviour = loaded.behaviour
    return Assumptions(behaviour.behaviour, behaviour.description, rows, changes)


def _with_setting(constant: Constant, loaded: LoadedBehaviour) -> Constant:
    loc = tuple(constant.path.split("."))
    if loaded.document.where(loc) == loaded.base.where(loc):
        return constant
    before = look_up(loaded.base.data, loc)
    was = f", in place of {show(before)}" if before is not None else ""
    return replace(constant, source=f"{SET_BY_SCENARIO}{was}")


def _changes(scenario: Scenario, common: tuple[Constant, ...]) -> tuple[Changed, ...]:
    return tuple(
        Changed(option.name, before, after)
        for option in scenario.options
        for before, after in zip(common, constants(option.behaviour), strict=True)
        if before.value != after.value
    )
