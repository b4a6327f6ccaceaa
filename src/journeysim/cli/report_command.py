"""``journeysim report``: the page that is made of a kept run."""

from __future__ import annotations

from pathlib import Path

from journeysim.cli.guard import say, show
from journeysim.experiment.runs import Run, open_run

REPORT_NAME = "report.html"


def report_command(folder: Path, output: Path | None) -> None:
    """Write the report on the run in a folder and say where it lies."""
    run = open_run(folder)
    for note in run.notes:
        say(f"note: {note}")
    show(f"Report in {written_report(run, folder / REPORT_NAME if output is None else output)}")


def written_report(run: Run, path: Path) -> Path:
    """Write the report on a run into a file, and say what its figures lack to be read."""
    # matplotlib is needed by nothing else of the command.
    from journeysim.report.page import font_note, write_report

    if note := font_note(run):
        say(f"note: {note}")
    return write_report(run, path)
