"""``journeysim export``: a kept run in a format of other programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from journeysim.cli.guard import say, show
from journeysim.experiment import open_run
from journeysim.report.exports import export


@dataclass(frozen=True)
class ExportRequest:
    """The arguments of the command, as they were given; None where they were not."""

    run: Path
    to: str
    output: Path | None
    table: str
    option: str | None
    replication: int


def export_command(request: ExportRequest) -> None:
    """Write a kept run and print where."""
    run = open_run(request.run)
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
