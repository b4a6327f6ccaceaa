"""``journeysim check``: everything that is wrong with files, without running them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from journeysim.cli.guard import WRONG_INPUT, problems_text, say, show
from journeysim.errors import InputError
from journeysim.experiment import Scenario
from journeysim.experiment.assumptions import assumptions_of
from journeysim.experiment.load import load_scenario_or_behaviour
from journeysim.market.constants import NO_SOURCE
from journeysim.market.presets import LoadedBehaviour


def check_command(files: Sequence[Path]) -> None:
    """Check every file; leave with exit code 2 when one cannot be run."""
    wrong = False
    for file in files:
        try:
            found = load_scenario_or_behaviour(file)
        except InputError as error:
            wrong = True
            say(str(error))
            continue
        if isinstance(found, LoadedBehaviour):
            show(f"{file}: ok, {behaviour_summary(found)}")
            continue
        if found.warnings:
            say(problems_text(found.warnings, "warning"))
        show(f"{file}: ok, {summary(found)}")
    if wrong:
        sys.exit(WRONG_INPUT)


def summary(scenario: Scenario) -> str:
    """Say in one line what a scenario holds."""
    journey = scenario.baseline_option.journey
    kinds = [
        _counted(len(journey.segments), "segment"),
        _counted(len(journey.needs), "need"),
        _counted(len(journey.touchpoints), "touchpoint"),
        _counted(len(journey.staff), "staff group"),
    ]
    if len(scenario.options) > 1:
        kinds.insert(0, _counted(len(scenario.options), "option"))
    return f"{scenario.name}: {', '.join(kinds)}"


def behaviour_summary(loaded: LoadedBehaviour) -> str:
    """Say in one line what a behaviour holds, and how much of it has no source."""
    rows = assumptions_of(loaded).constants
    without = sum(one.source == NO_SOURCE for one in rows)
    counts = _counted(len(rows), "constant") + (f", {without} without a source" if without else "")
    return f"{loaded.behaviour.behaviour}: {counts}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
