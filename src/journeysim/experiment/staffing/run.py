"""Staffing: the cheapest roster of a staff group that meets targets, searched, checked on fresh luck."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from journeysim.branch.simulate import ENGINES
from journeysim.errors import InputError, StoppedEarly
from journeysim.experiment.load import load_scenario
from journeysim.experiment.pools import workers_kept
from journeysim.experiment.progress import Progress, Searching
from journeysim.experiment.results import MetricKey, values_by_metric
from journeysim.experiment.reuse import Opened, open_folder
from journeysim.experiment.running import run
from journeysim.experiment.runs import Run
from journeysim.experiment.scenario import Scenario, fresh_seed
from journeysim.experiment.staffing.bench import RosterBench, kept_scenario
from journeysim.experiment.staffing.question import Asked, Question, question_of, refuse, targets_of
from journeysim.experiment.staffing.result import Checked, Staffing
from journeysim.experiment.staffing.search import Begin, Found, Roster, SlotSpace, Trials, search
from journeysim.experiment.staffing.shifts import Shift, ShiftRule, Shifts, ShiftSpace, cover, covered
from journeysim.experiment.staffing.target import Targets
from journeysim.experiment.staffing.words import staffing_document
from journeysim.experiment.statistics import estimate
from journeysim.units import FloatArray

DEFAULT_REPLICATIONS = 10
"""Replications on which rosters are compared."""
DEFAULT_FRESH = 30
"""Replications on which the roster found is estimated again."""
DEFAULT_SLOT_MIN = 60


def staff(
    scenario: Scenario | str | Path,
    target: str | Sequence[str] | Targets,
    *,
    group: str | None = None,
    slot_min: int = DEFAULT_SLOT_MIN,
    shift_rule: ShiftRule | None = None,
    most: int | None = None,
    replications: int = DEFAULT_REPLICATIONS,
    fresh: int = DEFAULT_FRESH,
    seed: int | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    calibration: Progress | None = None,
    searching: Searching | None = None,
    tell: Begin | None = None,
    name: str | None = None,
) -> Staffing:
    """Find the cheapest roster of a staff group, slot by slot, that meets a target, or several.

    Parameters
    ----------
    scenario : loaded, or a file; of one branch. The roster of its baseline is searched; with a market every
        replication is the whole horizon.
    target : such as ``wait_within_target_fraction >= 0.9``, or several that must all be met.
    group : the staff group; None: the people whose queues miss the target most.
    slot_min : minutes of a slot, 30 or 60.
    shift_rule : how long shifts may be; None: any number in any slot.
    most : servers in a slot; None: two more than today or the formula has at most.
    replications, fresh : on which rosters are compared, and on which the result is estimated; >= 2.
    seed : seed of all luck; None leaves the scenario's. The fresh replications have one that follows from it.
    jobs : processes; the results are the same.
    cluster : address of a Dask scheduler, as in `run`.
    out, resume, calibration : as those of `run`. The rosters that were kept serve any other search on the
        same scenario.
    progress : called with the fresh replications done and all there are.
    searching : called with the rosters tried, and the replications done and all there are of those at work.
    tell : called with what is about to be done.
    name : what messages call the scenario; None: its file as given, or its name.

    Raises
    ------
    InputError
        The scenario, the target, the group or the shifts are wrong, or the folder holds another run.
    StoppedEarly
        It was stopped, a worker was lost or the folder cannot be written; what had finished is kept in the
        folder, if there is one.

    Notes
    -----
    In the search a roster meets the target where the worse end of the mean's 95% interval does: the cheapest
    of many rosters was chosen for its luck too. What is told of it comes from fresh replications alone.
    """
    file = name or (scenario.name if isinstance(scenario, Scenario) else str(scenario))
    loaded = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    asked = Asked(targets_of(target), group, slot_min, shift_rule, most)
    refuse(loaded, file, asked, min(replications, fresh))
    loaded = loaded.overridden(replications, seed)
    kept, say = kept_scenario(loaded), tell or (lambda _: None)
    with workers_kept(jobs, cluster), _opened(out, kept, resume) as opened:
        folder = None if opened is None else opened.folder
        bench = RosterBench(kept, asked.targets, jobs, folder, searching)
        try:
            say(f"today: {replications} replications of {len(loaded.baseline_option.days)} days")
            question = question_of(loaded, asked, bench.today(calibration))
            answer = _searched(question, bench, say)
        except InputError:
            # After a mistyped metric nobody should have to ask for a continuation.
            if folder is not None:
                folder.forget_beginning()
            raise
        except KeyboardInterrupt:
            raise StoppedEarly(f"stopped after {bench.tried} rosters") from None
        say(f"fresh luck: today, the formula's and the roster found, {fresh} replications")
        confirmed = run(
            _fresh(loaded.overridden(fresh, fresh_seed(loaded.seed, "staffing")), question, answer),
            jobs=jobs,
            out=out,
            resume=resume,
            steps=False,
            progress=progress,
            calibration=calibration,
        )
        found = _told(loaded, question, answer, confirmed)
        if opened is not None:
            notes = (*opened.notes, *confirmed.notes)
            found = replace(found, folder=opened.folder.path, fresh_folder=confirmed.folder, notes=notes)
            opened.folder.write_result(staffing_document(found))
    return found


@dataclass(frozen=True)
class _Answer:
    """What the search came to.

    Attributes
    ----------
    roster : the cheapest that meets the targets, or the nearest to them.
    formula : the roster of the formula; with shifts, what covers it.
    shifts : that make up the roster; None without a rule.
    feasible, proven : see `Found`.
    tried : rosters simulated.
    """

    roster: Roster
    formula: Roster
    shifts: Shifts | None
    feasible: bool
    proven: bool
    tried: int


@contextlib.contextmanager
def _opened(out: str | Path | None, scenario: Scenario, resume: bool) -> Iterator[Opened | None]:
    if out is None:
        yield None
        return
    with open_folder(Path(out), scenario, ENGINES[0], steps=False, resume=resume) as opened:
        yield opened


def _searched(question: Question, bench: RosterBench, say: Begin) -> _Answer:
    def evaluate(rosters: Sequence[Roster]) -> list[FloatArray]:
        return bench.values(question.rostering, rosters)

    trials, hours = Trials(evaluate), question.hours

    def begin(what: str) -> None:
        say(f"search, {len(trials)} rosters tried: {what}")

    best = search(
        SlotSpace(hours, question.least, question.most),
        question.targets,
        trials,
        [question.formula, (question.least,) * len(hours)],
        fallback=(question.most,) * len(hours),
        begin=begin,
    )
    if question.allowed is None:
        return _Answer(best.state, question.formula, None, best.feasible, best.proven, len(trials))
    covers = [cover(one, hours, question.allowed) for one in dict.fromkeys((best.state, question.formula))]
    worked = _in_shifts(question, best, covers, question.allowed, trials, begin)
    roster, formula = (covered(one, len(hours)) for one in (worked.state, covers[-1]))
    return _Answer(roster, formula, worked.state, worked.feasible, worked.proven, len(trials))


def _in_shifts(
    question: Question,
    best: Found[Roster],
    covers: Sequence[Shifts],
    allowed: tuple[Shift, ...],
    trials: Trials,
    begin: Begin,
) -> Found[Shifts]:
    """Improve sets of shifts that cover what slots need, shift by shift."""
    hours = question.hours
    if not best.feasible:
        # What no number of servers reaches is not looked for shift by shift, unless their overlap reaches it.
        (values,) = trials.of([covered(covers[0], len(hours))])
        if not question.targets.met(values):
            return Found(covers[0], values, False, False, len(trials))
    # Shifts may have to overlap where a slot alone would not need so many.
    most = max(question.most, *(max(covered(one, len(hours))) for one in covers))
    space = ShiftSpace(hours, allowed, question.least, most)
    return search(space, question.targets, trials, covers, begin=lambda what: begin(f"in shifts, {what}"))


def _fresh(scenario: Scenario, question: Question, answer: _Answer) -> Scenario:
    """Today's roster, the formula's and the one found as options, kept and continued like any other run."""
    today, rostering = scenario.baseline, question.rostering
    entry = scenario.resolved["options"].get(today, {})
    rosters = dict(zip(_names(today), (answer.formula, answer.roster), strict=True))
    options = [rostering.option, *(rostering.rostered(one, name) for name, one in rosters.items())]
    written = {today: entry} | {name: rostering.written(entry, one) for name, one in rosters.items()}
    return scenario.with_options("rosters again", options, written)


def _names(today: str) -> list[str]:
    """Names of the options of the formula's roster and of the one found."""
    return [f"{name} (2)" if name == today else name for name in ("Formula's roster", "Roster found")]


def _told(scenario: Scenario, question: Question, answer: _Answer, confirmed: Run) -> Staffing:
    option, rostering = scenario.baseline_option, question.rostering
    group = rostering.option.journey.staff[rostering.group]
    rosters = (question.today, answer.formula, answer.roster)
    today, formula, found = (
        _checked(confirmed, name, question, roster)
        for name, roster in zip([option.name, *_names(option.name)], rosters, strict=True)
    )
    return Staffing(
        scenario=scenario.name,
        option=option.name,
        seed=scenario.seed,
        fresh_seed=confirmed.scenario.seed,
        days=len(option.days),
        targets=question.targets,
        group=rostering.group,
        chosen_because=question.chosen_because,
        cost_per_hour=group.cost_per_hour,
        currency=option.journey.currency,
        slots=rostering.slots,
        loads=question.loads,
        least=question.least,
        most=question.most,
        today=today,
        formula=formula,
        found=found,
        nearest=not answer.feasible,
        shifts=answer.shifts,
        proven=answer.proven,
        tried=answer.tried,
        replications=scenario.replications,
        formula_knows=question.formula_knows,
    )


def _checked(confirmed: Run, name: str, question: Question, roster: tuple[float, ...]) -> Checked:
    values, targets = values_by_metric(confirmed.metrics, name), question.targets
    missing = np.full(confirmed.scenario.replications, math.nan)
    overtime = values.get(MetricKey("staff", question.rostering.group, "overtime_min_per_day"), missing)
    return Checked(
        roster,
        math.fsum(count * length for count, length in zip(roster, question.hours, strict=True)),
        np.array([values.get(target.key, missing) for target in targets.each]),
        estimate(overtime).mean,
        targets,
    )
