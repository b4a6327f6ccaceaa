"""``journeysim run``: simulate, compare, print."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import PydanticCustomError

from journeysim.cli.guard import say, show
from journeysim.cli.progress import progress_bar
from journeysim.cli.report_command import REPORT_NAME, written_report
from journeysim.cli.scenarios import can_be_continued, read_scenario
from journeysim.cli.tables import run_tables
from journeysim.errors import InputError, Problem
from journeysim.experiment.files import refuse_unwritable_folder
from journeysim.experiment.running import run
from journeysim.journey.values import parse_duration

_LEAST_SECONDS = 0.001


@dataclass(frozen=True)
class RunRequest:
    """The arguments of the command, as they were given; None where they were not."""

    scenario: Path
    changes: tuple[str, ...]
    replications: int | None
    seed: int | None
    jobs: int | None
    cluster: str | None
    engine: str
    out: Path
    resume: bool
    as_json: bool
    steps: bool
    within: str | None = None
    report: bool = False


def run_command(request: RunRequest) -> None:
    """Run a scenario and print what it came to."""
    began = time.monotonic()
    within_s = None if request.within is None else seconds_of("--within", request.within)
    refuse_unwritable_folder(request.out)
    scenario = read_scenario(request.scenario, request.changes, request.seed, request.replications)
    with can_be_continued():
        left_s = None if within_s is None else max(began + within_s - time.monotonic(), _LEAST_SECONDS)
        with progress_bar(scenario.name, left_s) as watchers:
            found = run(
                scenario,
                jobs=request.jobs,
                cluster=request.cluster,
                engine=request.engine,
                out=request.out,
                resume=request.resume,
                steps=request.steps,
                within_s=left_s,
                progress=watchers.replications,
                calibration=watchers.calibration,
            )
    if request.within is not None and found.asked > found.scenario.replications:
        say(f"{found.scenario.replications} of {found.asked} replications fit into {request.within.strip()}")
    for note in found.notes:
        say(f"note: {note}")
    told = None
    if request.report:
        assert found.folder is not None
        told = f"Report in {written_report(found, found.folder / REPORT_NAME)}"
    show(found.to_json() if request.as_json else run_tables(found))
    if told is not None:
        # Beside a JSON document nothing else may stand.
        (say if request.as_json else show)(told)


def seconds_of(option: str, text: str) -> float:
    """Read the duration given to an option of the command, such as ``60 s`` or ``2min``.

    Raises
    ------
    InputError
        It is no duration above 0.
    """
    try:
        minutes = parse_duration(text)
    except PydanticCustomError as error:
        context = error.context or {}
        problem = Problem(option, 0, 0, "", str(context["problem"]), text, str(context["hint"]))
        raise InputError([problem]) from None
    if minutes <= 0:
        raise InputError([Problem(option, 0, 0, "", "a duration above 0 is required", text)])
    return minutes * 60
