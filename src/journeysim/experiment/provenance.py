"""Where a run's numbers come from: what is needed to get them again."""

from __future__ import annotations

from journeysim.experiment.resolve import RESULTS, run_id
from journeysim.experiment.reuse import versions
from journeysim.experiment.runs import Run
from journeysim.experiment.store import RunFolder, RunHeader


def header_of(run: Run) -> RunHeader:
    """Return what was fixed when the run began: from its folder, or of this program where none keeps it."""
    kept = None if run.folder is None else RunFolder(run.folder).read_header()
    if kept is not None:
        return kept
    scenario = run.scenario
    identity = run_id(scenario.resolved, scenario.files)
    return RunHeader(identity, RESULTS, scenario.name, scenario.seed, run.engine, run.has_steps, versions())
