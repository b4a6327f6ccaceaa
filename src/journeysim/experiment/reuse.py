"""Opening a run's folder: a new one, one to continue, or a refusal that names what differs."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from journeysim.errors import StoppedEarly
from journeysim.experiment.files import refuse_unwritable_folder
from journeysim.experiment.resolve import NO_PART_OF_ID, RESULTS, differing, folder_name, run_id
from journeysim.experiment.scenario import Scenario
from journeysim.experiment.store import RunFolder, RunHeader
from journeysim.experiment.yaml_text import to_yaml
from journeysim.journey import Document, read_document
from journeysim.journey.faults import show

_PACKAGES = ("journeysim", "numpy", "polars", "scipy", "simpy")
_SHOWN_DIFFERENCES = 5


@dataclass(frozen=True)
class Opened:
    """A folder whose lock is held and whose run is the scenario's.

    Parameters
    ----------
    folder : where the run is kept.
    steps : whether this run keeps its steps, decided when it began.
    notes : what the caller should know.
    """

    folder: RunFolder
    steps: bool
    notes: tuple[str, ...]


@contextlib.contextmanager
def open_folder(out: Path, scenario: Scenario, engine: str, *, steps: bool, resume: bool) -> Iterator[Opened]:
    """Hold the folder of a scenario's run, begun if need be.

    Parameters
    ----------
    out : folder in which the run gets its own folder, or a run's folder itself.
    scenario : what is run.
    engine : the engine that simulates.
    steps : whether steps are asked for.
    resume : whether an unfinished run may be continued.

    Raises
    ------
    InputError
        The folder is in use, cannot be written, or holds another run, or an unfinished one that was not to be
        continued.
    StoppedEarly
        The folder can no longer be written, or what is done in it stopped; it keeps what had finished.
    """
    identity = run_id(scenario.resolved, scenario.files)
    is_run = (out / "run.json").is_file()
    folder = RunFolder(out if is_run else out / folder_name(scenario.name, identity))
    header = RunHeader(identity, RESULTS, scenario.name, scenario.seed, engine, steps, versions())
    refuse_unwritable_folder(folder.path)
    with folder.held(), _telling_what_is_kept(folder):
        found = folder.read_header()
        notes: tuple[str, ...] = ()
        if found is not None:
            _refuse_another(folder, found, header, scenario)
            if not folder.result_path.exists() and not resume:
                raise folder.refusal(
                    "an unfinished run of this scenario lies here", "add --resume to continue it"
                )
            notes = _version_notes(found, header)
        _begin(folder, header, scenario)
        folder.drop_uncommitted()
        yield Opened(folder, header.steps if found is None else found.steps, notes)


@contextlib.contextmanager
def _telling_what_is_kept(folder: RunFolder) -> Iterator[None]:
    try:
        yield
    except StoppedEarly as error:
        if error.kept_in is not None:
            raise
        raise StoppedEarly(f"{error}; what had finished is kept in {folder.path}", folder.path) from error


def _begin(folder: RunFolder, header: RunHeader, scenario: Scenario) -> None:
    folder.begin(header, scenario.files)
    kept = _kept_scenario(folder)
    finished = folder.result_path.exists()
    if kept is None or not finished:
        folder.write_scenario(to_yaml(dict(scenario.resolved)))
    elif scenario.stop_rule is None:
        # How far a stop rule goes is known only at the end.
        ask_finished(folder, scenario)


def ask_finished(folder: RunFolder, scenario: Scenario) -> None:
    """Let a finished run answer a scenario of a certain number of replications, where it does not yet."""
    kept = _kept_scenario(folder)
    have = 0 if kept is None else kept.data.get("replications", 0)
    other_contrasts = kept is not None and kept.data.get("contrasts") != scenario.resolved.get("contrasts")
    # A finished run of more replications also holds the answer for fewer: its own scenario stays.
    if have < scenario.replications or (have == scenario.replications and other_contrasts):
        # Also where all the numbers are there: what is derived from them is told again.
        folder.write_scenario(to_yaml(dict(scenario.resolved)))
        folder.reopen()


def _kept_scenario(folder: RunFolder) -> Document | None:
    return read_document(folder.scenario_path) if folder.scenario_path.exists() else None


def _refuse_another(folder: RunFolder, found: RunHeader, wanted: RunHeader, scenario: Scenario) -> None:
    if found.results != wanted.results:
        numbers = f"RESULTS {found.results}, now {wanted.results}"
        problem = f"the run was begun by a program whose numbers differ: {numbers}"
        raise folder.refusal(problem, "give another --out")
    if found.id != wanted.id:
        kept = _kept_scenario(folder)
        differences = [] if kept is None else list(differing(dict(kept.data), dict(scenario.resolved)))
        told = [
            f"{path}: {_shown(there)} there, {_shown(here)} here"
            for path, there, here in differences
            if path.partition(".")[0] not in NO_PART_OF_ID
        ]
        rest = len(told) - _SHOWN_DIFFERENCES
        more = [f"and {rest} more"] if rest > 0 else []
        what = "; ".join([*told[:_SHOWN_DIFFERENCES], *more]) or "the content of a data file"
        raise folder.refusal(f"another run lies here, which differs in {what}", "give another --out")
    if found.engine != wanted.engine:
        raise folder.refusal(
            f"the run was begun with engine {found.engine}, now {wanted.engine}", "give another --out"
        )
    if wanted.steps and not found.steps:
        raise folder.refusal("the run was begun without --steps", "leave --steps out, or give another --out")


def _version_notes(found: RunHeader, wanted: RunHeader) -> tuple[str, ...]:
    changed = [
        f"{name} {found.versions.get(name, 'unknown')} then, {version} now"
        for name, version in wanted.versions.items()
        if found.versions.get(name) != version
    ]
    if not changed:
        return ()
    return (f"the run was begun with other versions: {'; '.join(changed)}; numbers agree to about 1e-9",)


def versions() -> Mapping[str, str]:
    """Versions of this program, Python and the packages that numbers depend on."""
    python = {"python": platform.python_version()}
    return python | {name: importlib.metadata.version(name) for name in _PACKAGES}


def _shown(value: object) -> str:
    return "nothing" if value is None else show(value)
