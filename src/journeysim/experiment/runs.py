"""A run as it is read: its tables, its answer and its document, fresh or from the folder that keeps it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from journeysim.branch.analytic import Beside, formulas_beside, no_formulas
from journeysim.branch.analytic.reasons import OWN_RULES as OWN_RULES_DECIDE
from journeysim.branch.steps import visits_from_steps
from journeysim.errors import JourneySimError
from journeysim.experiment.answer import answers, returns_on_cost
from journeysim.experiment.beside import formula_document
from journeysim.experiment.contrasts import (
    ContrastResult,
    contrasted,
    contrasts_document,
    contrasts_table,
)
from journeysim.experiment.load import load_scenario
from journeysim.experiment.observed import Observed, observed_in
from journeysim.experiment.resolve import OWN_RULES, RESULTS
from journeysim.experiment.results import (
    OptionResult,
    differences_table,
    option_document,
    summarise,
    summary_table,
)
from journeysim.experiment.rosters import rosters_table
from journeysim.experiment.scenario import Option, Scenario
from journeysim.experiment.stopping import Stop
from journeysim.experiment.store import RunFolder


@dataclass(frozen=True)
class Run:
    """What a scenario came to.

    Parameters
    ----------
    scenario : what was run.
    engine : the engine that simulated.
    folder : where the run is kept; None for one that is not.
    metrics : a value for each option, replication and metric. Columns: ``option``; ``replication``, from 0;
        ``scope`` (``all``, ``touchpoint``, ``segment``, ``staff``, of a market also ``rung``, ``reason``,
        ``bank``, ``complaint``, ``branch``) and ``name`` within it, empty for all; ``metric``, with its
        unit in its name; ``month`` of a market's horizon, from 1, or 0 for the whole replication; ``value``,
        null where nothing was observed.
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
    _own_rules: bool = field(default=False, repr=False)

    def _repr_html_(self) -> str:
        """How a notebook shows the run: the answer first."""
        from journeysim.experiment.show import run_html

        return run_html(self)

    @property
    def has_steps(self) -> bool:
        """Whether every step of every visit was kept."""
        return self._steps is not None

    @property
    def has_own_rules(self) -> bool:
        """Whether an analyst's own rules decided."""
        return self._own_rules

    @property
    def baseline(self) -> OptionResult:
        """The option that the others are compared with."""
        return next(option for option in self.options if option.name == self.scenario.baseline)

    @cached_property
    def summary(self) -> pl.DataFrame:
        """Estimates over replications.

        Columns ``option``, ``scope``, ``name``, ``metric`` and ``month`` as in `metrics`; ``mean``; ``low``
        and ``high``, ends of its 95% interval, null with one replication; ``n``, replications with a value.
        """
        return summary_table(self.options)

    @cached_property
    def differences(self) -> pl.DataFrame:
        """Differences of the options from the baseline, paired by replication.

        Columns ``option``, ``scope``, ``name``, ``metric`` and ``month`` as in `metrics`; ``difference``, the
        mean; ``low`` and ``high``, ends of its unadjusted 95% interval; ``p``, unadjusted; ``p_adjusted``,
        Holm's over the options; ``variance_removed_fraction``, what sharing luck took off the difference's
        variance; ``n``, replications with both; ``real``, whether ``p_adjusted`` lies below .05.
        """
        return differences_table(self.options)

    @cached_property
    def contrasts(self) -> pl.DataFrame:
        """Differences of differences, of whole replications and of months; see `contrasts_table`."""
        return contrasts_table(self.contrasted)

    @cached_property
    def months(self) -> pl.DataFrame:
        """Months of a market's horizon, from 1; empty without a market.

        Columns ``option``, ``replication``, ``month``, ``scope``, ``name``, ``metric`` and ``value`` as in
        `metrics`: of all customers, or of a segment, rung, reason, bank or kind of complaint.
        """
        order = ["option", "replication", "month", "scope", "name", "metric", "value"]
        return self.metrics.filter(pl.col("month") > 0).select(order)

    @cached_property
    def steps(self) -> pl.DataFrame:
        """Every step of every visit, by option, replication, day, arrival and step.

        Columns ``option``; ``replication``, from 0; ``day``, from the first day, 0; ``date``; ``visit_id``,
        the same in every option; ``case_id``, that of the case's first visit; ``customer_id``, null without a
        market; ``segment``; ``need``; ``step`` of the visit, from 1; ``touchpoint``; ``queue`` and
        ``staff_group``, null where there was none; ``joined_min``, when the customer stood before the queue,
        ``started_min``, when service began (null: never), and ``ended_min``, all minutes after midnight;
        ``queue_length_seen``, people waiting then, null without a queue; ``outcome`` (``served``, ``failed``,
        ``balked``, ``reneged``, ``rejected``, ``closed``, ``in_progress``); ``score``, the mean of the step's
        moments, and ``visit_score``, that of the whole visit, both -1..1. With several branches also
        ``branch``.

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
        """Every visit, a row each; see `steps` for whose it was.

        Columns ``option``, ``replication``, ``day``, ``date``, ``visit_id``, ``case_id``, ``customer_id``,
        ``segment`` and ``need`` as there; ``arrival_min`` and ``departure_min``, minutes after midnight;
        ``steps``, their number; ``wait_min``, over all queues, 0 where none was joined; ``service_min``, over
        all services; ``outcome`` of the last step; ``score``, -1..1.
        """
        return visits_from_steps(self.steps)

    @cached_property
    def rosters(self) -> pl.DataFrame:
        """Who is on duty when on the open days of a replication; see `rosters_table`."""
        return rosters_table(self.scenario.options)

    @cached_property
    def formulas(self) -> dict[str, dict[str, Beside]]:
        """What queueing formulas say, by option and touchpoint, and where they say nothing and why.

        Empty for an option with several branches, which have a map each.
        """
        baseline = self.scenario.baseline
        return {
            option.name: self.baseline_formulas if option.name == baseline else self._formulas_of(option)
            for option in self.scenario.options
        }

    @cached_property
    def baseline_formulas(self) -> dict[str, Beside]:
        """Those of `formulas` that are of the baseline: the others take as long again, each."""
        return self._formulas_of(self.scenario.baseline_option)

    def _formulas_of(self, option: Option) -> dict[str, Beside]:
        if self._own_rules:
            return no_formulas(option.journey, OWN_RULES_DECIDE)
        return {} if option.branches > 1 else formulas_beside(option.journey, option.days)

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
            **self.scenario.scale_document,
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


def run_from(
    scenario: Scenario,
    metrics: pl.DataFrame,
    *,
    engine: str,
    folder: Path | None = None,
    asked: int | None = None,
    notes: tuple[str, ...] = (),
    stop: Stop | None = None,
    steps: Callable[[], pl.DataFrame] | None = None,
    own_rules: bool = False,
) -> Run:
    """Estimate and compare what was simulated.

    Parameters
    ----------
    scenario : with the number of replications that there are of every option.
    metrics : of those replications, in any order of options; see `Run`.
    engine, folder, asked, notes, stop : see `Run`; ``asked`` is the scenario's replications where it is None.
    steps : reads the steps; None where they were not kept.
    own_rules : whether an analyst's own rules decided, about which formulas say nothing.
    """
    metrics = _in_option_order(metrics, scenario)
    names = [option.name for option in scenario.options]
    descriptions = {option.name: option.description for option in scenario.options}
    return Run(
        scenario,
        engine,
        folder,
        metrics,
        summarise(metrics, names, scenario.baseline, descriptions),
        observed_in(scenario.baseline_option),
        contrasted(metrics, scenario.contrasts),
        scenario.replications if asked is None else asked,
        notes,
        stop,
        None if steps is None else lambda: _in_option_order(steps(), scenario),
        own_rules,
    )


def open_run(folder: str | Path) -> Run:
    """Read a finished run again from the folder that keeps it; nothing is simulated.

    Parameters
    ----------
    folder : the run's own folder, such as ``runs/lunch-hour-relief-bd62a432``.

    Raises
    ------
    InputError
        The folder holds no run, or an unfinished one.
    """
    kept = RunFolder(Path(folder))
    header = kept.read_header()
    if header is None:
        hint = "name the folder that `journeysim run` said the run is kept in"
        raise kept.refusal("this is no folder of a run", hint)
    if not kept.result_path.exists():
        raise kept.refusal("the run is unfinished", "continue it with the command that began it and --resume")
    scenario = load_scenario(kept.scenario_path)
    document = kept.read_result()
    changed = f"the run was made by a program whose numbers differ: RESULTS {header.results}, now {RESULTS}"
    stop = document.get("stop")
    return run_from(
        scenario,
        kept.read_metrics(scenario.replications),
        engine=header.engine,
        folder=kept.path,
        notes=() if header.results == RESULTS else (changed,),
        stop=None if stop is None else Stop.from_document(stop),
        steps=(lambda: kept.read_steps(scenario.replications)) if header.steps else None,
        own_rules=(kept.path / OWN_RULES).is_file(),
    )


def _in_option_order(frame: pl.DataFrame, scenario: Scenario) -> pl.DataFrame:
    """Rows by option, in the order of the scenario; within one as they stand."""
    if scenario.options[0].market is None:
        return frame
    return pl.concat([frame.filter(pl.col("option") == option.name) for option in scenario.options])
