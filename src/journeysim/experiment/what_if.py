"""A what-if made in Python: a journey and options that change it, as a scenario file would say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from journeysim.experiment.load import scenario_of
from journeysim.experiment.scenario import Scenario
from journeysim.journey import Document, Journey
from journeysim.journey.strict_yaml import Loc, Place


def what_if(
    journey: Journey,
    options: Mapping[str, Mapping[str, Any]],
    *,
    name: str = "What if",
    **settings: Any,
) -> Scenario:
    """Put options beside one another, to be run under the same luck.

    Parameters
    ----------
    journey : the map that all options change.
    options : by name what each changes, a new value by path; the first is the baseline. For example
        ``{"Today": {}, "Fifth teller": {"staff.tellers.count": 5}}``.
    name : of the scenario.
    settings : any other key of a scenario file: ``days``, ``replications``, ``seed``, ``market``, ...

    Raises
    ------
    InputError
        A path, a value or a setting is wrong; all problems at once.
    """
    written = journey.document
    data = {
        "scenario": name,
        "journey": written.data,
        "options": {option: {"set": _plain(changes)} for option, changes in options.items()},
        **settings,
    }
    document = Document(
        data, "", written.folder, _inside(written.marks), _inside(written.key_marks), frozenset()
    )
    return scenario_of(document)


def _plain(changes: object) -> object:
    """Changes as a file would hold them; what is no mapping is left for the format's check."""
    if not isinstance(changes, Mapping):
        return changes
    return {str(path): value for path, value in changes.items()}


def _inside(marks: Mapping[Loc, Place]) -> dict[Loc, Place]:
    return {("journey", *loc): place for loc, place in marks.items()}
