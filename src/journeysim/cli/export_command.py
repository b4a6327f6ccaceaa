"""``journeysim export``: a kept run in a format of other programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from journeysim.cli.guard import say, show
from journeysim.experiment import open_run
from journeysim.experiment.files import refuse_unwritable_file, refuse_unwritable_folder
from journeysim.report.exports import export
from journeysim.report.exports.export import EXPORTS, refuse_ignored


@dataclass(frozen=True)
class ExportRequest:
    """The arguments of the command, as they were given; None where they were not."""

    run: Path
    to: str
    output: Path | None
    table: str | None
    option: str | None
    replication: int | None


def export_command(request: ExportRequest) -> None:
    """Write a kept run and print where."""
    refuse_ignored(request.to, table=request.table, option=request.option, replication=request.replication)
    if request.output is not None:
        refuse_unwritable_file(request.output)
    run = open_run(request.run)
    if request.output is None:
        refuse_unwritable_folder(request.run / EXPORTS)
    for note in run.notes:
        say(f"note: {note}")
    path = export(
        run,
        request.to,
        request.output,
        table=request.table,
        option=request.option,
        replication=request.replication,
    )
    show(str(path))
