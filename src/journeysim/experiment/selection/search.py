"""Choosing the best of many options: replications where the choice is close, few where it is clear."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from journeysim.branch.own_rules import OwnRules, rules_problems
from journeysim.branch.simulate import ENGINES
from journeysim.errors import InputError, Problem, StoppedEarly
from journeysim.experiment.load import load_scenario
from journeysim.experiment.metric_names import metric_problems
from journeysim.experiment.pools import workers_kept
from journeysim.experiment.progress import Progress, Tell
from journeysim.experiment.resolve import OWN_RULES, rules_text
from journeysim.experiment.results import (
    Comparison,
    OptionResult,
    difference_document,
    estimate_document,
)
from journeysim.experiment.reuse import Opened, open_folder
from journeysim.experiment.running import run
from journeysim.experiment.runs import Run
from journeysim.experiment.scenario import Option, Scenario, fresh_seed
from journeysim.experiment.selection.bench import SelectionBench
from journeysim.experiment.selection.rule import Selection, SelectionRule
from journeysim.experiment.statistics import Estimate
from journeysim.experiment.tasks import work_of

FEWEST_FIRST = 20
"""First replications below which a variance is too badly known to choose by."""

_NOTE = "files/selection.txt"
_NOTE_TEXT = b"Replications by which `journeysim select` chose: options have different numbers of them.\n"
_LEAST_STAGE = 10


@dataclass(frozen=True)
class Candidate:
    """What the selection used of an option.

    Attributes
    ----------
    name : of the option.
    replications : used.
    mean : over them; that of the chosen one looks better than it is.
    eliminated_at : replications after which it was out; None where it stayed to the end.
    behind : by how much it lay behind the chosen one, over its own replications of both; 0 for that itself.
    """

    name: str
    replications: int
    mean: float
    eliminated_at: int | None
    behind: float


@dataclass(frozen=True)
class Selected:
    """The answer.

    Attributes
    ----------
    scenario : what was chosen from.
    metric : by which.
    rule : what was asked for.
    candidates : every option, in the order of the scenario.
    best : name of the chosen one.
    equals : options that had exactly its mean.
    guaranteed : whether the selection ended before its ceiling.
    fresh : the chosen one beside the baseline on other luck, as a run.
    folder : where the replications of the selection are kept; None where they are not.
    notes : what the caller should know of the folders beside the numbers.
    """

    scenario: Scenario
    metric: str
    rule: SelectionRule
    candidates: tuple[Candidate, ...]
    best: str
    equals: tuple[str, ...]
    guaranteed: bool
    fresh: Run = field(repr=False)
    folder: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def close(self) -> tuple[str, ...]:
        """Options seen less than the lead behind the chosen one, equals left out: they may be better."""
        return tuple(
            one.name
            for one in self.candidates
            if one.behind < self.rule.lead and one.name not in (self.best, *self.equals)
        )

    @property
    def estimate(self) -> Estimate:
        """Metric of the chosen option, on fresh replications."""
        return self._fresh_best.metrics[self.metric]

    @property
    def versus_baseline(self) -> Comparison | None:
        """The chosen option against the baseline, on fresh replications; None for the baseline itself."""
        return self._fresh_best.versus_baseline.get(self.metric)

    @property
    def guarantee(self) -> str:
        """What may be said of the choice, as a sentence."""
        side = "smallest" if self.rule.smallest else "largest"
        share = f"{100 * (1 - self.rule.alpha):.10g}%"
        lead = f"{self.rule.lead:,.10g}"
        if not self.guaranteed:
            left = sum(one.eliminated_at is None for one in self.candidates)
            return (
                f"No guarantee: {left} options were still in after {self.rule.at_most} replications, and the "
                f"one with the {side} mean was taken; a larger lead or more replications would settle it."
            )
        return (
            f"With a probability of at least {share} the chosen option has the {side} {self.metric} of the "
            f"{len(self.candidates)}, if the best leads every other by at least {lead}. Nothing is promised "
            "where it leads by less."
        )

    @property
    def document(self) -> dict[str, Any]:
        """The document that ``--json`` prints, as plain data."""
        gap = self.versus_baseline
        return {
            "scenario": self.scenario.name,
            "seed": self.scenario.seed,
            **self.scenario.scale_document,
            "metric": self.metric,
            "smallest": self.rule.smallest,
            "lead": self.rule.lead,
            "alpha": self.rule.alpha,
            "first": self.rule.first,
            "at_most": self.rule.at_most,
            "options": [
                {
                    "name": one.name,
                    "replications": one.replications,
                    "mean": one.mean,
                    "eliminated_at": one.eliminated_at,
                    "behind": one.behind,
                }
                for one in self.candidates
            ],
            "best": self.best,
            "equals": list(self.equals),
            "close": list(self.close),
            "guaranteed": self.guaranteed,
            "guarantee": self.guarantee,
            "fresh": {
                "seed": self.fresh.scenario.seed,
                "replications": self._fresh_best.replications,
                **estimate_document(self.estimate),
                "versus_baseline": None if gap is None else difference_document(gap.difference),
                "run": None if self.fresh.folder is None else str(self.fresh.folder),
            },
            "run": None if self.folder is None else str(self.folder),
        }

    @property
    def _fresh_best(self) -> OptionResult:
        return next(option for option in self.fresh.options if option.name == self.best)


def select(
    scenario: Scenario | str | Path,
    metric: str,
    rule: SelectionRule,
    *,
    seed: int | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    rules: OwnRules | None = None,
    progress: Progress | None = None,
    calibration: Progress | None = None,
    tell: Tell | None = None,
    name: str | None = None,
) -> Selected:
    """Choose the best option of a scenario by one metric, and estimate it again on fresh replications.

    Parameters
    ----------
    scenario : loaded, or a file; with two options at least. Its number of replications does not count.
    metric : of everything over a whole replication, such as ``net_value_per_year``.
    rule : what the choice is to promise; with 20 first replications at least.
    seed : seed of all luck; None leaves the scenario's. The fresh replications have a seed that follows from
        it.
    jobs, cluster, out, resume, rules, progress, calibration : as those of `run`; progress counts one stage.
        The replications of a selection that was kept serve another with any metric and rule.
    tell : called with what is about to be done, before each stage.
    name : what messages call the scenario; None: its file as given, or its name.

    Raises
    ------
    InputError
        The scenario, the metric or the rule is wrong, or an option has no value of the metric in a
        replication.
    StoppedEarly
        As in `run`.

    Notes
    -----
    Replications are simulated in stages and looked at one by one in their order, so that neither the stages
    nor the number of jobs can change the choice.
    """
    file = name or (scenario.name if isinstance(scenario, Scenario) else str(scenario))
    loaded = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    loaded = loaded.overridden(rule.first, seed)
    _check(loaded, metric, rule, rules, file)
    selection = Selection(len(loaded.options), rule)
    kept = _part(loaded, loaded.options, "selection")
    own = {} if rules is None or out is None else {OWN_RULES: rules_text(rules).encode()}
    kept = replace(kept, files={**kept.files, _NOTE: _NOTE_TEXT, **own})
    with workers_kept(jobs, cluster), _opened(out, kept, resume) as opened:
        folder = None if opened is None else opened.folder
        work = work_of(
            kept,
            ENGINES[0],
            steps=False,
            rules=rules,
            start_path=None if folder is None else folder.start_path,
            progress=calibration,
        )
        bench = SelectionBench(kept, metric, work, jobs, folder, progress, file)
        try:
            _choose(selection, bench, tell)
        except KeyboardInterrupt:
            raise StoppedEarly(f"stopped after {selection.replications} replications") from None
        best = loaded.options[selection.best]
        if tell:
            tell(f"fresh luck: {best.name}, {rule.first} replications")
        options = [one for one in loaded.options if one.name in (loaded.baseline, best.name)]
        again = _part(loaded, options, "the best again")
        fresh = run(
            again.overridden(seed=fresh_seed(loaded.seed, "selection")),
            jobs=jobs,
            out=out,
            resume=resume,
            steps=False,
            rules=rules,
            progress=progress,
            calibration=calibration,
        )
        found = Selected(
            loaded,
            metric,
            rule,
            _candidates(loaded, selection, bench),
            best.name,
            tuple(loaded.options[number].name for number in selection.equals if selection.settled),
            selection.settled,
            fresh,
            None if folder is None else folder.path,
            (*(() if opened is None else opened.notes), *fresh.notes),
        )
        if folder is not None:
            folder.write_result(found.document)
    return found


def stage_end(selection: Selection) -> int:
    """Replications to simulate before the next look; more at a time the longer it goes on.

    At the end of a stage all wait for the last replication, so stages must not be many; what is simulated of
    options that go out within a stage is at most about half of what came before.
    """
    done, first = selection.replications, selection.rule.first
    if done < first:
        return first
    return min(done + max(_LEAST_STAGE, done // 2), selection.last_replication)


def _check(scenario: Scenario, metric: str, rule: SelectionRule, rules: OwnRules | None, file: str) -> None:
    faults = rule.faults(len(scenario.options))
    if rule.first < FEWEST_FIRST:
        faults.append(f"at least {FEWEST_FIRST} first replications are required, found {rule.first}")
    in_market = scenario.options[0].market is not None
    problems = metric_problems(metric, file, "--metric", in_market=in_market)
    problems += [Problem(file, 0, 0, "", fault) for fault in faults]
    problems += [] if rules is None else rules_problems(rules)
    if problems:
        raise InputError(problems)


def _choose(selection: Selection, bench: SelectionBench, tell: Tell | None) -> None:
    while not selection.finished:
        done, end = selection.replications, stage_end(selection)
        left, count = len(selection.standing), len(selection.counts)
        if tell:
            which = f"all {count} options" if left == count else f"{left} of {count} options"
            tell(f"replications {done + 1} to {end} of {which}")
        bench.simulate(selection.standing, end)
        while selection.replications < end and not selection.finished:
            selection.take(bench.values(selection.standing, selection.replications))


def _candidates(scenario: Scenario, selection: Selection, bench: SelectionBench) -> tuple[Candidate, ...]:
    out, best = selection.eliminated_at, selection.best
    sign = -1.0 if selection.rule.smallest else 1.0
    found = []
    for number, option in enumerate(scenario.options):
        count, mean = selection.counts[number], float(selection.means[number])
        together = [bench.values((best, number), replication) for replication in range(count)]
        behind = sign * float(np.mean([values[best] - values[number] for values in together]))
        found.append(Candidate(option.name, count, mean, out.get(number), behind))
    return tuple(found)


def _part(scenario: Scenario, options: Sequence[Option], part: str) -> Scenario:
    """The scenario with some of its options only, under a name that says what for."""
    written = {one.name: scenario.resolved["options"].get(one.name, {}) for one in options}
    return scenario.with_options(part, options, written)


@contextlib.contextmanager
def _opened(out: str | Path | None, scenario: Scenario, resume: bool) -> Iterator[Opened | None]:
    if out is None:
        yield None
        return
    with open_folder(Path(out), scenario, ENGINES[0], steps=False, resume=resume) as opened:
        yield opened
