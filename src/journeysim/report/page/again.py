"""How to get a run's numbers again."""

from __future__ import annotations

from dataclasses import dataclass

from journeysim.experiment.provenance import header_of
from journeysim.experiment.runs import Run
from journeysim.experiment.yaml_text import to_yaml

_MOST_SCENARIO = 300_000
"""Bytes of a scenario that are written into the page."""


@dataclass(frozen=True)
class Again:
    """What is needed to get a run's numbers again.

    Parameters
    ----------
    facts : name and value of what identifies the run.
    command : to run the scenario below.
    scenario : the resolved scenario as YAML; empty where it is too long for a page.
    scenario_name : file that the command reads it from.
    files : data files beside it, with their sizes in bytes.
    own_rules : whether rules of an analyst's own are needed too.
    folder : name of the run's folder; empty where none keeps it.
    """

    facts: tuple[tuple[str, str], ...]
    command: str
    scenario: str
    scenario_name: str
    files: tuple[tuple[str, int], ...]
    own_rules: bool
    folder: str


def again(run: Run) -> Again:
    """Say how to get a run's numbers again."""
    header = header_of(run)
    text = to_yaml(dict(run.scenario.resolved))
    versions = ", ".join(f"{name} {version}" for name, version in header.versions.items())
    facts = (
        ("run", header.id[:16]),
        ("seed", str(run.scenario.seed)),
        ("replications", str(run.options[0].replications)),
        ("engine", header.engine),
        ("numbers", f"RESULTS {header.results}: programs of another number give others"),
        ("versions", versions),
    )
    return Again(
        facts,
        "journeysim run scenario.yaml",
        text if len(text.encode()) <= _MOST_SCENARIO else "",
        "scenario.yaml",
        tuple((name, len(content)) for name, content in sorted(run.scenario.files.items())),
        run.has_own_rules,
        "" if run.folder is None else run.folder.resolve().name,
    )
