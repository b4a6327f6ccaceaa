"""``journeysim check``: everything that is wrong with files, without running them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from journeysim.cli.guard import WRONG_INPUT, problems_text, say, show
from journeysim.errors import InputError
from journeysim.experiment import Scenario, load_scenario


def check_command(files: Sequence[Path]) -> None:
    """Check every file; leave with exit code 2 when one cannot be run."""
    wrong = False
    for file in files:
        try:
            scenario = load_scenario(file)
        except InputError as error:
            wrong = True
            say(str(error))
            continue
        if scenario.warnings:
            say(problems_text(scenario.warnings, "warning"))
        show(f"{file}: ok, {summary(scenario)}")
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


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
