"""Running a scenario: the Python counterpart of ``journeysim run``."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from journeysim.branch.analytic import Beside, formulas_beside, no_formulas
from journeysim.branch.analytic.reasons import OWN_RULES as OWN_RULES_DECIDE
from journeysim.branch.own_rules import OwnRules
from journeysim.branch.simulate import ENGINES
from journeysim.branch.steps import visits_from_steps
from journeysim.errors import JourneySimError, StoppedEarly
from journeysim.experiment.answer import answers, returns_on_cost
from journeysim.experiment.beside import formula_document
from journeysim.experiment.contrasts import (
    ContrastResult,
    contrasted,
    contrasts_document,
    contrasts_table,
)
from journeysim.experiment.load import load_scenario, scenario_from
from journeysim.experiment.observed import Observed, observed_in
from journeysim.experiment.resolve import OWN_RULES, rules_text
from journeysim.experiment.results import (
    OptionResult,
    differences_table,
    option_document,
    summarise,
    summary_table,
)
from journeysim.experiment.reuse import Opened, ask_finished, open_folder
from journeysim.experiment.runner import TimeLimit, run_chunks
from journeysim.experiment.scenario import Scenario
from journeysim.experiment.stopping import Stop, Watch
from journeysim.experiment.store import (
    Chunk,
    RunFolder,
    complete_replications,
    missing_replications,
)
from journeysim.experiment.tasks import Progress, Work, work_of
from journeysim.experiment.workers import ChunkResult
from journeysim.experiment.yaml_text import to_yaml
from journeysim.journey import Journey


@dataclass(frozen=True)
class Run:
    """What a scenario came to.

    Parameters
    ----------
    scenario : what was run.
    engine : the engine that simulated.
    folder : where the run is kept; None for one that is not.
    metrics : columns option, replication, scope, name, metric, value; null where nothing was observed.
    options : estimates and comparisons of each option, in the order of the scenario.
    observed : what the log of recorded arrivals says; None without one.
    contrasted : answers to the scenario's contrasts, in its order.
    asked : replications asked for; more than the scenario's where the time was too short for all.
    notes : what the caller should know beside the numbers.
    stop : where the scenario's stop rule ended it, and why; None without one. The scenario then has that
        number of replications in place of the rule.
    """

    scenario: Scenario
    engine: str
    folder: Path | None
    metrics: pl.DataFrame = field(repr=False)
    options: tuple[OptionResult, ...] = field(repr=False)
    observed: Observed | None = field(repr=False)
    contrasted: tuple[ContrastResult, ...] = field(repr=False)
    asked: int
    notes: tuple[str, ...] = ()
    stop: Stop | None = None
    _steps: Callable[[], pl.DataFrame] | None = field(default=None, repr=False)
    _rules: OwnRules | None = field(default=None, repr=False)

    @cached_property
    def summary(self) -> pl.DataFrame:
        """Estimates: columns option, scope, name, metric, mean, low, high, n."""
        return summary_table(self.options)

    @cached_property
    def differences(self) -> pl.DataFrame:
        """Paired differences from the baseline, with unadjusted interval and p, and Holm's p."""
        return differences_table(self.options)

    @cached_property
    def contrasts(self) -> pl.DataFrame:
        """Differences of differences, of whole replications and of months; see `contrasts_table`."""
        return contrasts_table(self.contrasted)

    @cached_property
    def months(self) -> pl.DataFrame:
        """Months of a market's horizon: option, replication, month, scope, name, metric, value.

        Of all customers, or of a segment, rung, reason, bank or kind of complaint; empty without a market.
        """
        order = ["option", "replication", "month", "scope", "name", "metric", "value"]
        return self.metrics.filter(pl.col("month") > 0).select(order)

    @cached_property
    def steps(self) -> pl.DataFrame:
        """Every step of every visit, by option, replication, day, arrival and step.

        Beside the columns of `STEPS_COLUMNS` there are ``score``, the mean of the step's moments, and
        ``visit_score``, that of the whole visit; both -1..1.

        Raises
        ------
        JourneySimError
            The steps were not kept.
        """
        if self._steps is None:
            raise JourneySimError("steps: the run did not keep them, hint: run(..., steps=True)")
        return self._steps()

    @cached_property
    def visits(self) -> pl.DataFrame:
        """Every visit: arrival, departure, number of steps, total wait, outcome, score; see `steps`."""
        return visits_from_steps(self.steps)

    @cached_property
    def formulas(self) -> dict[str, dict[str, Beside]]:
        """What queueing formulas say, by option and touchpoint, and where they say nothing and why.

        Empty for an option with several branches, which have a map each.
        """
        if self._rules is not None:
            return {o.name: no_formulas(o.journey, OWN_RULES_DECIDE) for o in self.scenario.options}
        return {
            option.name: {} if option.branches > 1 else formulas_beside(option.journey, option.days)
            for option in self.scenario.options
        }

    @cached_property
    def answers(self) -> dict[str, str]:
        """What each option but the baseline changes, and how sure that is: a sentence by option."""
        baseline = self.scenario.baseline_option
        names = [option.name for option in self.options]
        return answers(
            self.options,
            baseline.name,
            in_market=baseline.market is not None,
            currency=baseline.journey.currency,
            returns=returns_on_cost(self.metrics, names, baseline.name),
        )

    @property
    def document(self) -> dict[str, Any]:
        """The document that ``--json`` prints, as plain data."""
        document = {
            "scenario": self.scenario.name,
            "seed": self.scenario.seed,
            "engine": self.engine,
            "run": None if self.folder is None else str(self.folder),
            "options": [
                option_document(option)
                | {"answer": self.answers.get(option.name)}
                | {"formula": formula_document(self.formulas[option.name], option.by("touchpoint"))}
                for option in self.options
            ],
        }
        if self.stop is not None:
            document["stop"] = self.stop.document()
        if self.contrasted:
            document["contrasts"] = contrasts_document(self.contrasted)
        if self.observed is not None:
            document["observed"] = self.observed.document()
        return document

    def to_json(self) -> str:
        """Text of the document that ``--json`` prints."""
        return json.dumps(self.document, ensure_ascii=False, allow_nan=False, indent=2)


def run(
    scenario: Scenario | Journey | str | Path,
    *,
    replications: int | None = None,
    seed: int | None = None,
    jobs: int | None = None,
    engine: str = "auto",
    out: str | Path | None = None,
    resume: bool = False,
    steps: bool = True,
    rules: OwnRules | None = None,
    within_s: float | None = None,
    progress: Progress | None = None,
    calibration: Progress | None = None,
) -> Run:
    """Simulate every option of a scenario and compare it with the baseline.

    Parameters
    ----------
    scenario : loaded, or a file; a journey map is a scenario of one option.
    replications : of each option, >= 1, in place of a stop rule; None leaves the scenario's.
    seed : seed of all luck; None leaves the scenario's.
    jobs : processes; 1 works in this one; None takes the cores there are, or this process alone where the
        work is small. The results are the same.
    engine : ``auto`` or an engine by name.
    out : folder in which the run gets its own folder, or the run's folder itself; None keeps nothing.
    resume : continue a run that was stopped.
    steps : keep every step of every visit; memory and disk then grow with the number of visits.
    rules : routing, priority and service time of one's own, in every option; see `OwnRules`.
    within_s : seconds in which to run as many of the replications as fit, the same number of each option,
        2 at least; None runs them all. How many fit changes no number of those that ran.
    progress : called after every chunk with the replications done and all there are, of all options.
    calibration : called with the months of a market's baseline done and all there are, before that.

    Raises
    ------
    InputError
        The scenario is wrong, or the folder holds another run.
    StoppedEarly
        It was stopped, a worker was lost or the folder cannot be written; what had finished is kept in the
        folder, if there is one.
    """
    limit = _limit(within_s)
    if isinstance(scenario, str | Path):
        scenario = load_scenario(scenario)
    elif isinstance(scenario, Journey):
        scenario = scenario_from(scenario)
    scenario = scenario.overridden(replications, seed)
    if engine not in (*ENGINES, "auto"):
        raise JourneySimError(f"engine: auto or one of {', '.join(ENGINES)} is required, found {engine!r}")
    chosen = ENGINES[0] if engine == "auto" else engine
    how = _How(chosen, jobs, rules, limit, progress, calibration)
    if out is None:
        return _run_in_memory(scenario, how, steps)
    if rules is not None:
        scenario = replace(scenario, files={**scenario.files, OWN_RULES: rules_text(rules).encode()})
    with open_folder(Path(out), scenario, chosen, steps=steps, resume=resume) as opened:
        return _run_in_folder(opened, scenario, how)


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
    if not within_s > 0:
        raise JourneySimError(f"within_s: seconds above 0 are required, found {within_s}")
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
    metrics = _in_option_order(_first_of([result.metrics for result in in_order], scenario), scenario)
    frames = [result.steps for result in in_order if result.steps is not None]
    read_steps = (lambda: _in_option_order(_first_of(frames, scenario), scenario)) if steps else None
    return _run_of(ending, how, None, metrics, (), read_steps)


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
        scenario = ending.scenario
        metrics = _in_option_order(folder.read_metrics(scenario.replications), scenario)
        read_steps = _steps_reader(folder, scenario) if steps else None
        run = _run_of(ending, how, folder.path, metrics, opened.notes, read_steps)
        if not folder.result_path.exists():
            _write_tables(folder, run, steps)
            folder.write_result(run.document)
    except KeyboardInterrupt:
        total = watch.tasks * watch.goal
        raise StoppedEarly(f"stopped: {done} of {total} replications are kept in {folder.path}") from None
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


def _steps_reader(folder: RunFolder, scenario: Scenario) -> Callable[[], pl.DataFrame]:
    return lambda: _in_option_order(folder.read_steps(scenario.replications), scenario)


def _write_tables(folder: RunFolder, run: Run, steps: bool) -> None:
    folder.write_table("metrics", run.metrics)
    folder.write_table("summary", run.summary)
    folder.write_table("differences", run.differences)
    if run.contrasted:
        folder.write_table("contrasts", run.contrasts)
    if steps:
        folder.write_table("visits", run.visits)


def _run_of(
    ending: _Ending,
    how: _How,
    folder: Path | None,
    metrics: pl.DataFrame,
    notes: tuple[str, ...],
    steps: Callable[[], pl.DataFrame] | None,
) -> Run:
    scenario = ending.scenario
    names = [option.name for option in scenario.options]
    descriptions = {option.name: option.description for option in scenario.options}
    options = summarise(metrics, names, scenario.baseline, descriptions)
    observed = observed_in(scenario.baseline_option)
    contrasts = contrasted(metrics, scenario.contrasts)
    return Run(
        scenario,
        how.engine,
        folder,
        metrics,
        options,
        observed,
        contrasts,
        ending.asked,
        notes,
        ending.stop,
        steps,
        how.rules,
    )


def _in_option_order(frame: pl.DataFrame, scenario: Scenario) -> pl.DataFrame:
    """Rows by option, in the order of the scenario; within one as they stand."""
    if scenario.options[0].market is None:
        return frame
    return pl.concat([frame.filter(pl.col("option") == option.name) for option in scenario.options])
