"""``journeysim report``: the page that is made of a kept run."""

from __future__ import annotations

from pathlib import Path

from journeysim.cli.guard import say, show
from journeysim.errors import InputError, Problem
from journeysim.experiment.files import refuse_unwritable_file
from journeysim.experiment.runs import Run, open_run

REPORT_NAME = "report.html"
ENDINGS = (".html", ".htm")


def report_command(folder: Path, output: Path | None) -> None:
    """Write the report on the run in a folder and say where it lies."""
    if output is not None:
        _refuse_another_ending(output)
        refuse_unwritable_file(output)
    run = open_run(folder)
    if output is None:
        output = folder / REPORT_NAME
        refuse_unwritable_file(output)
    for note in run.notes:
        say(f"note: {note}")
    show(f"Report in {written_report(run, output)}")


def _refuse_another_ending(path: Path) -> None:
    if path.suffix.lower() not in ENDINGS:
        hint = f"name it {path.stem or 'report'}.html"
        if path.suffix.lower() == ".pdf":
            hint += " and print it to PDF from the browser"
        problem = f"a name that ends in {' or '.join(ENDINGS)} is required"
        raise InputError([Problem(str(path), 0, 0, "", problem, path.suffix or "no ending", hint)])


def written_report(run: Run, path: Path) -> Path:
    """Write the report on a run into a file, and say what its figures lack to be read."""
    # matplotlib is needed by nothing else of the command.
    from journeysim.report.page import font_note, write_report

    if note := font_note(run):
        say(f"note: {note}")
    return write_report(run, path)
