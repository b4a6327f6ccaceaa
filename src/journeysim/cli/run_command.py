"""``journeysim run``: simulate, compare, print."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from journeysim.cli.guard import problems_text, say, show
from journeysim.cli.progress import progress_bar
from journeysim.cli.tables import run_tables
from journeysim.errors import StoppedEarly
from journeysim.experiment import load_scenario
from journeysim.experiment.runs import run


@dataclass(frozen=True)
class RunRequest:
    """The arguments of the command, as they were given; None where they were not."""

    scenario: Path
    changes: tuple[str, ...]
    replications: int | None
    seed: int | None
    jobs: int | None
    engine: str
    out: Path
    resume: bool
    as_json: bool
    steps: bool


def run_command(request: RunRequest) -> None:
    """Run a scenario and print what it came to."""
    scenario = load_scenario(
        request.scenario, changes=request.changes, replications=request.replications, seed=request.seed
    )
    if scenario.warnings:
        say(problems_text(scenario.warnings, "warning"))
    try:
        with progress_bar(scenario.name) as progress:
            found = run(
                scenario,
                jobs=request.jobs,
                engine=request.engine,
                out=request.out,
                resume=request.resume,
                steps=request.steps,
                progress=progress,
            )
    except StoppedEarly as error:
        raise StoppedEarly(f"{error}\ncontinue with: {continuing(sys.argv[1:])}") from error
    for note in found.notes:
        say(f"note: {note}")
    show(found.to_json() if request.as_json else run_tables(found))


def continuing(arguments: list[str]) -> str:
    """Return the command that continues a run which was started with these arguments."""
    more = [] if "--resume" in arguments else ["--resume"]
    return shlex.join(["journeysim", *arguments, *more])
