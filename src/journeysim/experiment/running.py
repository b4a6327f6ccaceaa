"""Running a scenario: the Python counterpart of ``journeysim run``."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import polars as pl

from journeysim.branch.own_rules import OwnRules, rules_problems
from journeysim.branch.simulate import ENGINES
from journeysim.errors import JourneySimError, StoppedEarly
from journeysim.experiment.load import load_scenario, scenario_from
from journeysim.experiment.pools import workers_kept
from journeysim.experiment.progress import Progress, Watchers, shown_where_somebody_looks
from journeysim.experiment.resolve import OWN_RULES, rules_text
from journeysim.experiment.reuse import Opened, ask_finished, open_folder
from journeysim.experiment.runner import TimeLimit, run_chunks
from journeysim.experiment.runs import Run, run_from
from journeysim.experiment.scenario import Scenario
from journeysim.experiment.stopping import Stop, Watch
from journeysim.experiment.store import (
    Chunk,
    RunFolder,
    complete_replications,
    missing_replications,
)
from journeysim.experiment.tasks import Work, work_of
from journeysim.experiment.workers import ChunkResult
from journeysim.experiment.yaml_text import to_yaml
from journeysim.journey import Journey


def run(
    scenario: Scenario | Journey | str | Path,
    *,
    replications: int | None = None,
    seed: int | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
    engine: str = "auto",
    out: str | Path | None = None,
    resume: bool = False,
    steps: bool = True,
    rules: OwnRules | None = None,
    within_s: float | None = None,
    progress: Progress | Literal["auto"] | None = "auto",
    calibration: Progress | None = None,
) -> Run:
    """Simulate every option of a scenario and compare it with the baseline.

    Parameters
    ----------
    scenario : loaded, or a file; a journey map is a scenario of one option.
    replications : of each option, >= 1, in place of a stop rule; None leaves the scenario's.
    seed : seed of all luck; None leaves the scenario's.
    jobs : processes; 1 works in this one; None takes the cores there are, or this process alone where the
        work is small; on a cluster, how many of its threads to keep busy. The results are the same.
    cluster : address of a Dask scheduler, such as ``tcp://HOST:8786``, whose workers do the work; None works
        on this machine. The results are the same.
    engine : ``auto`` or an engine by name.
    out : folder in which the run gets its own folder, or the run's folder itself; None keeps nothing.
    resume : continue a run that was stopped.
    steps : keep every step of every visit; memory and disk then grow with the number of visits.
    rules : routing, priority and service time of one's own, in every option; see `OwnRules`.
    within_s : seconds in which to run as many of the replications as fit, the same number of each option,
        2 at least; None runs them all. How many fit changes no number of those that ran.
    progress : called after every chunk with the replications done and all there are, of all options. ``auto``
        shows a bar in a notebook, and on stderr where that is a terminal; None is quiet.
    calibration : called with the months of a market's baseline done and all there are, before that; None
        leaves it to the bar, where there is one.

    Raises
    ------
    InputError
        The scenario is wrong, the folder holds another run, or the cluster cannot be used.
    JourneySimError
        An argument is out of its range.
    StoppedEarly
        It was stopped, a worker was lost or the folder cannot be written; what had finished is kept in the
        folder, if there is one.
    """
    _check(replications, seed, jobs, engine, rules, within_s)
    limit = _limit(within_s)
    if isinstance(scenario, str | Path):
        scenario = load_scenario(scenario)
    elif isinstance(scenario, Journey):
        scenario = scenario_from(scenario)
    scenario = scenario.overridden(replications, seed)
    chosen = ENGINES[0] if engine == "auto" else engine
    if out is not None and rules is not None:
        scenario = replace(scenario, files={**scenario.files, OWN_RULES: rules_text(rules).encode()})
    with contextlib.ExitStack() as stack:
        if cluster is not None:
            stack.enter_context(workers_kept(jobs, cluster))
        watchers = stack.enter_context(_watched(progress, calibration))
        how = _How(chosen, jobs, rules, limit, watchers.replications, watchers.calibration)
        if out is None:
            return _run_in_memory(scenario, how, steps)
        opened = stack.enter_context(open_folder(Path(out), scenario, chosen, steps=steps, resume=resume))
        return _run_in_folder(opened, scenario, how)


def _check(
    replications: object, seed: object, jobs: object, engine: str, rules: object, within_s: float | None
) -> None:
    """Refuse arguments that cannot be right, all at once: in a notebook nothing else checks them."""
    faults = [
        f"{name}: a whole number of {least} or more is required, found {value!r}"
        for name, value, least in (("replications", replications, 1), ("seed", seed, 0), ("jobs", jobs, 1))
        if value is not None and not (isinstance(value, int) and value >= least)
    ]
    if engine not in (*ENGINES, "auto"):
        faults.append(f"engine: auto or one of {', '.join(ENGINES)} is required, found {engine!r}")
    if within_s is not None and not within_s > 0:
        faults.append(f"within_s: seconds above 0 are required, found {within_s}")
    if rules is not None:
        faults += map(str, rules_problems(rules))
    if faults:
        raise JourneySimError("\n".join(faults))


@contextlib.contextmanager
def _watched(progress: Progress | Literal["auto"] | None, calibration: Progress | None) -> Iterator[Watchers]:
    """What to tell how far a run is; see `run`."""
    if progress != "auto":
        yield Watchers(calibration, progress)
        return
    with shown_where_somebody_looks() as bar:
        yield Watchers(calibration or bar.calibration, bar.replications)


@dataclass(frozen=True)
class _How:
    """How a run is to be done, whatever it is; see `run`."""

    engine: str
    jobs: int | None
    rules: OwnRules | None
    limit: TimeLimit | None
    progress: Progress | None
    calibration: Progress | None

    def work(self, scenario: Scenario, steps: bool, start_path: Path | None = None) -> Work:
        return work_of(
            scenario,
            self.engine,
            steps=steps,
            rules=self.rules,
            start_path=start_path,
            progress=self.calibration,
        )

    def do(
        self, work: Work, done: Sequence[Chunk], watch: Watch, commit: Callable[[ChunkResult], None]
    ) -> None:
        run_chunks(
            work.packed,
            missing_replications(done, watch.tasks, watch.asked),
            self.jobs,
            commit,
            limit=self.limit,
            goal=lambda: watch.goal,
            replication_seconds=work.replication_seconds,
        )

    def tell(self, done: int, total: int) -> None:
        if self.progress:
            self.progress(done, total)


def _limit(within_s: float | None) -> TimeLimit | None:
    if within_s is None:
        return None
    return TimeLimit(time.monotonic() + within_s)


def _run_in_memory(scenario: Scenario, how: _How, steps: bool) -> Run:
    kept: dict[Chunk, ChunkResult] = {}
    work = how.work(scenario, steps)
    watch = _watch(scenario, len(work.packed))

    def commit(result: ChunkResult) -> None:
        kept[result.chunk] = result
        watch.see(result.chunk, result.metrics)
        how.tell(sum(chunk.count for chunk in kept), watch.tasks * watch.goal)

    how.tell(0, watch.tasks * watch.goal)
    how.do(work, [], watch, commit)
    ending = _ending(scenario, list(kept), watch)
    scenario = ending.scenario
    in_order = [kept[chunk] for chunk in sorted(kept) if chunk.first < scenario.replications]
    frames = [result.steps for result in in_order if result.steps is not None]
    return run_from(
        scenario,
        _first_of([result.metrics for result in in_order], scenario),
        engine=how.engine,
        asked=ending.asked,
        stop=ending.stop,
        steps=(lambda: _first_of(frames, scenario)) if steps else None,
        own_rules=how.rules is not None,
    )


def _run_in_folder(opened: Opened, scenario: Scenario, how: _How) -> Run:
    folder, steps = opened.folder, opened.steps
    work = how.work(scenario, steps, folder.start_path)
    watch = _watch(scenario, len(work.packed))
    begun = folder.committed()
    if begun and scenario.stop_rule is not None:
        watch.see_all(begun, folder.read_metrics(watch.asked))
    done = sum(chunk.count for chunk in begun if chunk.first < watch.goal)

    def commit(result: ChunkResult) -> None:
        nonlocal done
        folder.commit(result.chunk, result.metrics, result.steps)
        done += result.chunk.count
        watch.see(result.chunk, result.metrics)
        how.tell(done, watch.tasks * watch.goal)

    how.tell(done, watch.tasks * watch.goal)
    try:
        if any(missing_replications(begun, watch.tasks, watch.goal)):
            folder.reopen()
            how.do(work, begun, watch, commit)
        ending = _ending(scenario, folder.committed(), watch)
        if scenario.stop_rule is not None and folder.result_path.exists():
            ask_finished(folder, ending.scenario)
        elif ending.scenario is not scenario:
            folder.write_scenario(to_yaml(dict(ending.scenario.resolved)))
        kept = ending.scenario
        run = run_from(
            kept,
            folder.read_metrics(kept.replications),
            engine=how.engine,
            folder=folder.path,
            asked=ending.asked,
            notes=opened.notes,
            stop=ending.stop,
            steps=(lambda: folder.read_steps(kept.replications)) if steps else None,
            own_rules=how.rules is not None,
        )
        if not folder.result_path.exists():
            _write_tables(folder, run, steps)
            folder.write_result(run.document)
    except KeyboardInterrupt:
        total = watch.tasks * watch.goal
        told = f"stopped: {done} of {total} replications are kept in {folder.path}"
        raise StoppedEarly(told, folder.path) from None
    return run


def _watch(scenario: Scenario, tasks: int) -> Watch:
    names = [option.name for option in scenario.options]
    return Watch(scenario.stop_rule, scenario.replications, tasks, names)


@dataclass(frozen=True)
class _Ending:
    """How far a run went: its scenario with the replications that every option has, and why no further."""

    scenario: Scenario
    asked: int
    stop: Stop | None


def _ending(scenario: Scenario, done: Sequence[Chunk], watch: Watch) -> _Ending:
    complete = complete_replications(done, watch.tasks)
    stop = watch.ended(complete)
    if stop is not None:
        asked = watch.asked if stop.reason == "time" else stop.replications
        return _Ending(scenario.overridden(replications=stop.replications), asked, stop)
    if complete < scenario.replications:
        return _Ending(scenario.overridden(replications=complete), watch.asked, None)
    return _Ending(scenario, watch.asked, None)


def _first_of(frames: Sequence[pl.DataFrame], scenario: Scenario) -> pl.DataFrame:
    return pl.concat(frames).filter(pl.col("replication") < scenario.replications)


def _write_tables(folder: RunFolder, run: Run, steps: bool) -> None:
    folder.write_table("metrics", run.metrics)
    folder.write_table("summary", run.summary)
    folder.write_table("differences", run.differences)
    if run.contrasted:
        folder.write_table("contrasts", run.contrasts)
    if steps:
        folder.write_table("visits", run.visits)
