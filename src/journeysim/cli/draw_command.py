"""``journeysim draw``: the journey as a picture, before a run or after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from journeysim.cli.guard import say, show
from journeysim.cli.scenarios import read_scenario
from journeysim.errors import InputError, Problem
from journeysim.experiment import Run, Scenario, open_run
from journeysim.experiment.files import refuse_unwritable_file
from journeysim.experiment.scenario import Option
from journeysim.report.drawing.draw import drawing_content, drawn, save_drawing
from journeysim.report.drawing.golden import KeptGolden, read_golden
from journeysim.report.pictures import picture_kind
from journeysim.report.style import font_advice

ANSWER = ".json"


@dataclass(frozen=True)
class DrawRequest:
    """The arguments of the command, as they were given; None where they were not."""

    journey: Path
    output: Path | None
    run_folder: Path | None
    option: str | None
    golden: str | None


def draw_command(request: DrawRequest) -> None:
    """Draw a map and say where the drawing is."""
    output = request.output or Path(request.journey.stem + ".svg")
    picture_kind(output)
    refuse_unwritable_file(output)
    scenario = read_scenario(request.journey, (), None)
    run = None if request.run_folder is None else open_run(request.run_folder)
    option = _chosen(scenario if run is None else run.scenario, request)
    if run is not None:
        _refuse_another_map(scenario, option, request)
        for note in [*run.notes, *_changed(scenario, run, request)]:
            say(f"note: {note}")
    golden = _golden(request.golden)
    content = drawing_content(
        option.journey,
        run,
        option=option.name,
        golden=golden.touchpoints,
        notes=(golden.sentence,) if golden.sentence else (),
    )
    advice = font_advice(content.texts)
    if advice:
        say(f"note: {advice}")
    save_drawing(drawn(content), output)
    count = len(content.cards)
    show(f"{output}: {content.title}, {count} touchpoint{'s'[: count != 1]}")


def _chosen(scenario: Scenario, request: DrawRequest) -> Option:
    if request.option is None:
        return scenario.baseline_option
    for option in scenario.options:
        if option.name == request.option:
            return option
    names = ", ".join(option.name for option in scenario.options)
    file = str(request.journey if request.run_folder is None else request.run_folder)
    raise InputError(
        [Problem(file, 0, 0, "", "one of its options is required", request.option, f"it has {names}")]
    )


def _refuse_another_map(scenario: Scenario, option: Option, request: DrawRequest) -> None:
    """A run of another map has nothing to say of this one."""
    file = str(request.run_folder)
    if option.branches > 1:
        problem = "a run of one branch is required"
        raise InputError([Problem(file, 0, 0, "", problem, f"{option.branches} branches")])
    asked, there = scenario.baseline_option.journey.touchpoints, option.journey.touchpoints
    if set(asked) != set(there):
        missing, more = [one for one in asked if one not in there], [one for one in there if one not in asked]
        found = [f"{', '.join(missing)} only in {request.journey}"] if missing else []
        found += [f"{', '.join(more)} only in the run"] if more else []
        problem = f"a run of {request.journey} is required"
        raise InputError([Problem(file, 0, 0, "", problem, "; ".join(found), "run the map again")])


def _changed(scenario: Scenario, run: Run, request: DrawRequest) -> list[str]:
    """Say that the map is no longer, or not quite, the one that was run; that one is drawn."""
    # As resolved, where both name their data files alike.
    asked: Mapping[str, object] = scenario.resolved["journey"]
    was_run: Mapping[str, object] = run.scenario.resolved["journey"]
    keys = [key for key in [*asked, *was_run] if asked.get(key) != was_run.get(key)]
    if not keys:
        return []
    places = ", ".join(dict.fromkeys(keys))
    return [
        f"the run was made with other {places} than {request.journey} has; the map is drawn as it was run"
    ]


def _golden(given: str | None) -> KeptGolden:
    if given is None:
        return KeptGolden((), "")
    if given.lower().endswith(ANSWER):
        return read_golden(Path(given))
    return KeptGolden((given,), "")
