"""``journeysim assumptions``: every constant of a behaviour, what it means and where it comes from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from journeysim.cli.columns import Paragraphs, Table, wrapped
from journeysim.cli.guard import show
from journeysim.errors import InputError
from journeysim.experiment import Scenario
from journeysim.experiment.assumptions import Assumptions, assumptions_of
from journeysim.experiment.load import load_scenario_or_behaviour
from journeysim.journey.faults import nearest
from journeysim.market.presets import DEFAULT_PRESET, PRESETS, LoadedBehaviour, load_preset


def assumptions_command(of: str | None, *, as_json: bool) -> None:
    """Print what a scenario, a map, the file of a behaviour or a preset assumes."""
    name = DEFAULT_PRESET if of is None else of
    preset = name in PRESETS and (of is None or not Path(name).exists())
    found = assumptions_of(load_preset(name) if preset else _loaded(name))
    if as_json:
        show(json.dumps(found.document(), ensure_ascii=False, allow_nan=False, indent=2))
    else:
        show("\n".join(assumption_lines(found)))


def _loaded(name: str) -> Scenario | LoadedBehaviour:
    try:
        return load_scenario_or_behaviour(name)
    except InputError as error:
        if Path(name).suffix or any(problem.line for problem in error.problems):
            raise
        # A word alone was more likely meant as a preset.
        hint = nearest(name, PRESETS)
        raise InputError(replace(problem, hint=hint) for problem in error.problems) from None


def assumption_lines(found: Assumptions) -> list[str]:
    """Text lines, at most `WIDTH` columns wide."""
    lines = wrapped(f"{found.name}: {found.description}" if found.description else found.name)
    rows = [(one.path, one.text, (one.meaning, one.source)) for one in found.constants]
    lines += [
        "",
        *Paragraphs(("path", "value", "meaning, and where the value comes from"), rows).lines(),
    ]
    if found.changes:
        changed = [
            (change.option, change.after.path, change.before.text, change.after.text)
            for change in found.changes
        ]
        lines += ["", *Table("Changed by options", ("option", "path", "before", "after"), changed).lines()]
    lines += ["", *wrapped(_HINT, "")]
    return lines


_HINT = (
    "To try another value: --set behaviour.PATH=VALUE with `journeysim run`, or a scenario's set. "
    "The numbers of a map have their sources in the comments of its file."
)
