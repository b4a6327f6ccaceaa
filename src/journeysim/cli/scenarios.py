"""What commands on a scenario share: reading it, how to go on after a stop, and where results are kept."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from journeysim.cli.columns import wrapped
from journeysim.cli.guard import problems_text, say
from journeysim.errors import StoppedEarly
from journeysim.experiment import Scenario, load_scenario
from journeysim.experiment.remarks import few_text


def read_scenario(
    path: Path,
    changes: tuple[str, ...],
    seed: int | None,
    replications: int | None = None,
    months: int | None = None,
) -> Scenario:
    """Read a scenario and say what looks doubtful in it; see `load_scenario`.

    Months of the horizon are one more change, after the others.
    """
    if months is not None:
        changes = (*changes, f"market.months={months}")
    scenario = load_scenario(path, changes=changes, replications=replications, seed=seed)
    if scenario.warnings:
        say(problems_text(scenario.warnings, "warning"))
    return scenario


def say_notes(notes: Iterable[str]) -> None:
    """Say what should be known beside the numbers, once where two runs of a search have the same to say."""
    for note in dict.fromkeys(notes):
        say(f"note: {note}")


@contextlib.contextmanager
def can_be_continued() -> Iterator[None]:
    """Where the block is stopped early, add the command that goes on."""
    try:
        yield
    except StoppedEarly as error:
        raise StoppedEarly(f"{error}\ncontinue with: {continuing(sys.argv[1:])}") from error


def continuing(arguments: list[str]) -> str:
    """Return the command that continues a run which was started with these arguments."""
    more = [] if "--resume" in arguments else ["--resume"]
    return shlex.join(["journeysim", *arguments, *more])


def few_lines(replications: int) -> list[str]:
    """Warn under a heading of so few replications that little can be told; nothing where there are more."""
    told = few_text(replications)
    return wrapped(f"{told}.", "") if told else []


def kept_lines(folders: Iterable[Path | None]) -> list[str]:
    """Where the runs of a search are kept; nothing where none is."""
    kept = [str(folder) for folder in folders if folder is not None]
    return [f"Kept in {kept[0]}", *(f"    and {path}" for path in kept[1:])] if kept else []
