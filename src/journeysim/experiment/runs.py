"""Running a scenario: the Python counterpart of ``journeysim run``."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import polars as pl

from journeysim.branch.analytic import Beside, formulas_beside, no_formulas
from journeysim.branch.analytic.reasons import OWN_RULES as OWN_RULES_DECIDE
from journeysim.branch.own_rules import OwnRules
from journeysim.branch.simulate import ENGINES
from journeysim.branch.steps import visits_from_steps
from journeysim.errors import JourneySimError, StoppedEarly
from journeysim.experiment.beside import formula_document
from journeysim.experiment.contrasts import (
    ContrastResult,
    contrasted,
    contrasts_document,
    contrasts_table,
)
from journeysim.experiment.files import write_whole
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
from journeysim.experiment.reuse import Opened, open_folder
from journeysim.experiment.runner import run_chunks
from journeysim.experiment.scenario import Scenario
from journeysim.experiment.store import Chunk, RunFolder, missing_replications
from journeysim.experiment.workers import ChunkResult, MarketTask, Task, pack
from journeysim.journey import Journey
from journeysim.market.model import Alternative
from journeysim.market.start import Start, calibrated

Progress = Callable[[int, int], None]
"""Called with the replications done and all there are, of all options together."""


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
    notes : what the caller should know beside the numbers.
    """

    scenario: Scenario
    engine: str
    folder: Path | None
    metrics: pl.DataFrame = field(repr=False)
    options: tuple[OptionResult, ...] = field(repr=False)
    observed: Observed | None = field(repr=False)
    contrasted: tuple[ContrastResult, ...] = field(repr=False)
    notes: tuple[str, ...] = ()
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
        """What queueing formulas say, by option and touchpoint, and where they say nothing and why."""
        if self._rules is not None:
            return {o.name: no_formulas(o.journey, OWN_RULES_DECIDE) for o in self.scenario.options}
        return {option.name: formulas_beside(option.journey, option.days) for option in self.scenario.options}

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
                | {"formula": formula_document(self.formulas[option.name], option.by("touchpoint"))}
                for option in self.options
            ],
        }
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
    progress: Progress | None = None,
) -> Run:
    """Simulate every option of a scenario and compare it with the baseline.

    Parameters
    ----------
    scenario : loaded, or a file; a journey map is a scenario of one option.
    replications : of each option, >= 1; None leaves the scenario's.
    seed : seed of all luck; None leaves the scenario's.
    jobs : processes; 1 works in this one; None takes the cores there are, or this process alone where the
        work is small. The results are the same.
    engine : ``auto`` or an engine by name.
    out : folder in which the run gets its own folder, or the run's folder itself; None keeps nothing.
    resume : continue a run that was stopped.
    steps : keep every step of every visit; memory and disk then grow with the number of visits.
    rules : routing, priority and service time of one's own, in every option; see `OwnRules`.
    progress : called after every chunk of replications.

    Raises
    ------
    InputError
        The scenario is wrong, or the folder holds another run.
    StoppedEarly
        It was stopped, a worker was lost or the folder cannot be written; what had finished is kept in the
        folder, if there is one.
    """
    if isinstance(scenario, str | Path):
        scenario = load_scenario(scenario)
    elif isinstance(scenario, Journey):
        scenario = scenario_from(scenario)
    scenario = scenario.overridden(replications, seed)
    if engine not in (*ENGINES, "auto"):
        raise JourneySimError(f"engine: auto or one of {', '.join(ENGINES)} is required, found {engine!r}")
    chosen = ENGINES[0] if engine == "auto" else engine
    if out is None:
        return _run_in_memory(
            scenario, _packed(scenario, chosen, steps, rules), chosen, jobs, steps, progress, rules
        )
    if rules is not None:
        scenario = replace(scenario, files={**scenario.files, OWN_RULES: rules_text(rules).encode()})
    with open_folder(Path(out), scenario, chosen, steps=steps, resume=resume) as opened:
        packed = _packed(scenario, chosen, opened.steps, rules, opened.folder.start_path)
        return _run_in_folder(opened, packed, scenario, chosen, jobs, progress, rules)


def _run_in_memory(
    scenario: Scenario,
    packed: list[bytes],
    engine: str,
    jobs: int | None,
    steps: bool,
    progress: Progress | None,
    rules: OwnRules | None,
) -> Run:
    kept: dict[Chunk, ChunkResult] = {}
    total = len(packed) * scenario.replications

    def commit(result: ChunkResult) -> None:
        kept[result.chunk] = result
        if progress:
            progress(sum(chunk.count for chunk in kept), total)

    missing = missing_replications([], len(packed), scenario.replications)
    run_chunks(packed, missing, jobs, commit)
    in_order = [kept[chunk] for chunk in sorted(kept)]
    metrics = _in_option_order(pl.concat([result.metrics for result in in_order]), scenario)
    frames = [result.steps for result in in_order if result.steps is not None]
    read_steps = (lambda: _in_option_order(pl.concat(frames), scenario)) if steps else None
    return _run_of(scenario, engine, None, metrics, (), read_steps, rules)


def _run_in_folder(
    opened: Opened,
    packed: list[bytes],
    scenario: Scenario,
    engine: str,
    jobs: int | None,
    progress: Progress | None,
    rules: OwnRules | None,
) -> Run:
    folder, steps = opened.folder, opened.steps
    missing = missing_replications(folder.committed(), len(packed), scenario.replications)
    total = len(packed) * scenario.replications
    done = total - sum(len(numbers) for numbers in missing)

    def commit(result: ChunkResult) -> None:
        nonlocal done
        folder.commit(result.chunk, result.metrics, result.steps)
        done += result.chunk.count
        if progress:
            progress(done, total)

    if progress:
        progress(done, total)
    try:
        if any(missing):
            folder.reopen()
            run_chunks(packed, missing, jobs, commit)
        metrics = _in_option_order(folder.read_metrics(scenario.replications), scenario)
        read_steps = _steps_reader(folder, scenario) if steps else None
        run = _run_of(scenario, engine, folder.path, metrics, opened.notes, read_steps, rules)
        if not folder.result_path.exists():
            _write_tables(folder, run, steps)
            folder.write_result(run.document)
    except KeyboardInterrupt:
        raise StoppedEarly(f"stopped: {done} of {total} replications are kept in {folder.path}") from None
    return run


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
    scenario: Scenario,
    engine: str,
    folder: Path | None,
    metrics: pl.DataFrame,
    notes: tuple[str, ...],
    steps: Callable[[], pl.DataFrame] | None,
    rules: OwnRules | None,
) -> Run:
    names = [option.name for option in scenario.options]
    descriptions = {option.name: option.description for option in scenario.options}
    options = summarise(metrics, names, scenario.baseline, descriptions)
    observed = observed_in(scenario.baseline_option)
    contrasts = contrasted(metrics, scenario.contrasts)
    return Run(scenario, engine, folder, metrics, options, observed, contrasts, notes, steps, rules)


def _in_option_order(frame: pl.DataFrame, scenario: Scenario) -> pl.DataFrame:
    """Rows by option, in the order of the scenario; within one as they stand."""
    if scenario.options[0].market is None:
        return frame
    return pl.concat([frame.filter(pl.col("option") == option.name) for option in scenario.options])


def _packed(
    scenario: Scenario, engine: str, steps: bool, rules: OwnRules | None, start_path: Path | None = None
) -> list[bytes]:
    """The tasks of a scenario: one for each option, or one for all options of a market."""
    if scenario.options[0].market is not None:
        return [pack(_market_task(scenario, steps, rules, start_path))]
    return [
        pack(
            Task(
                option=option.name,
                journey=option.journey,
                experience=option.behaviour,
                days=option.days,
                seed=scenario.seed,
                target_wait_min=scenario.target_wait_min,
                engine=engine,
                keep_steps=steps,
                rules=rules,
            )
        )
        for option in scenario.options
    ]


def _market_task(
    scenario: Scenario, steps: bool, rules: OwnRules | None, start_path: Path | None
) -> MarketTask:
    alternatives = tuple(
        Alternative(option.name, option.market, option.behaviour, option.cost_per_year)
        for option in scenario.options
        if option.market is not None
    )
    baseline = [option.name for option in scenario.options].index(scenario.baseline)
    start = _kept_start(start_path)
    if start is None:
        start = calibrated(alternatives[baseline], scenario.seed, scenario.target_wait_min)
        if start_path is not None:
            write_whole(start_path, start.to_bytes())
    return MarketTask(
        alternatives,
        baseline,
        replace(start, months=()),
        scenario.seed,
        scenario.target_wait_min,
        steps,
        rules,
    )


def _kept_start(path: Path | None) -> Start | None:
    """What the baseline fixed when the run began; None where it is not kept yet, or cannot be read."""
    if path is None:
        return None
    try:
        return Start.from_bytes(path.read_bytes())
    except (OSError, ValueError, KeyError, BadZipFile):
        return None
