"""Staffing: the cheapest roster of a staff group that meets a target, searched, checked on fresh luck."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from journeysim.errors import InputError, Problem
from journeysim.experiment.load import load_scenario
from journeysim.experiment.results import MetricKey, values_by_metric
from journeysim.experiment.running import run
from journeysim.experiment.runs import Run
from journeysim.experiment.scenario import Option, Scenario, fresh_seed
from journeysim.experiment.staffing import Found, Roster, SlotSpace, Trials, search
from journeysim.experiment.staffing_shifts import (
    Shift,
    ShiftRule,
    Shifts,
    ShiftSpace,
    allowed_shifts,
    cover,
    covered,
)
from journeysim.experiment.staffing_start import (
    SlotLoad,
    Slots,
    formula_knows,
    formula_roster,
    patience_of,
    roster_today,
    slot_loads,
    slots_of,
)
from journeysim.experiment.staffing_target import Target, check_metric, parse_target
from journeysim.experiment.statistics import Estimate, estimate
from journeysim.experiment.workers import workers_kept
from journeysim.journey import Journey
from journeysim.journey.faults import nearest
from journeysim.market.state import OURS
from journeysim.units import FloatArray

DEFAULT_REPLICATIONS = 10
"""Replications on which rosters are compared."""
DEFAULT_FRESH = 30
"""Replications on which the roster found is estimated again."""
FEWEST = 2
DEFAULT_SLOT_MIN = 60
_MORE_THAN_SEEN = 2
"""Servers in a slot beyond the most of today's and the formula's that the search may go to."""
_MOST = 200

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Checked:
    """A roster and what it came to on fresh replications.

    Attributes
    ----------
    roster : servers in each slot; the mean over its opening time where they differ.
    hours_per_day : rostered server hours within opening hours.
    values : the target's metric by replication, shape (replications,).
    overtime_min_per_day : of the group, mean over the replications.
    target : what it is held against.
    """

    roster: tuple[float, ...]
    hours_per_day: float
    values: FloatArray = field(repr=False)
    overtime_min_per_day: float
    target: Target

    @property
    def estimate(self) -> Estimate:
        """Mean of the metric with its interval."""
        return estimate(self.values)

    @property
    def meeting(self) -> int:
        """Replications that meet the target by themselves."""
        return sum(self.target.gap(float(value)) >= 0 for value in self.values)


@dataclass(frozen=True)
class Staffing:
    """The answer.

    Attributes
    ----------
    scenario : its name.
    option : whose roster it is: the baseline.
    seed, fresh_seed : of the search, and of what is told of its result.
    days : open days in a replication.
    target : what was asked for.
    group : the staff group.
    chosen_because : why this one; empty where it was asked for.
    cost_per_hour, currency : of the group's servers; 0 where the map says none.
    slots : of the day.
    loads : what comes to the group in each.
    least, most : servers that a slot might have.
    today, formula, found : rosters on fresh replications.
    nearest : whether ``found`` is only the nearest to the target, for none met it.
    shifts : that make up ``found``; None without a rule.
    proven : whether all cheaper rosters were simulated and miss the target.
    tried : rosters simulated.
    replications : of the search.
    formula_knows : whether a formula gives the target's metric.
    """

    scenario: str
    option: str
    seed: int
    fresh_seed: int
    days: int
    target: Target
    group: str
    chosen_because: str
    cost_per_hour: float
    currency: str
    slots: Slots
    loads: tuple[SlotLoad, ...] = field(repr=False)
    least: int
    most: int
    today: Checked
    formula: Checked
    found: Checked
    nearest: bool
    shifts: Shifts | None
    proven: bool
    tried: int
    replications: int
    formula_knows: bool

    def cost_per_day(self, roster: Checked) -> float | None:
        """What the rostered hours cost a day, overtime left out; None where the map says no cost."""
        return roster.hours_per_day * self.cost_per_hour if self.cost_per_hour > 0 else None

    @property
    def patch(self) -> dict[str, int]:
        """The roster found, as ``staff.<group>.count`` of a map takes it."""
        return self.slots.count(tuple(int(count) for count in self.found.roster))


def staff(
    scenario: Scenario | str | Path,
    target: Target | str,
    *,
    group: str | None = None,
    slot_min: int = DEFAULT_SLOT_MIN,
    shift_rule: ShiftRule | None = None,
    most: int | None = None,
    replications: int = DEFAULT_REPLICATIONS,
    fresh: int = DEFAULT_FRESH,
    seed: int | None = None,
    jobs: int | None = None,
    tell: Tell | None = None,
    name: str | None = None,
) -> Staffing:
    """Find the cheapest roster of a staff group, slot by slot, that meets a target.

    Parameters
    ----------
    scenario : loaded, or a file; of one branch. The roster of its baseline is searched; with a market every
        replication is the whole horizon.
    target : such as ``wait_within_target_fraction >= 0.9``.
    group : the staff group; None: the people whose queues miss the target most.
    slot_min : minutes of a slot, 30 or 60.
    shift_rule : how long shifts may be; None: any number in any slot.
    most : servers in a slot; None: two more than today or the formula has at most.
    replications, fresh : on which rosters are compared, and on which the result is estimated; >= 2.
    seed : seed of all luck; None leaves the scenario's. The fresh replications have one that follows from it.
    jobs : processes; the results are the same.
    tell : called with what is about to be done.
    name : what messages call the scenario; None: its file as given, or its name.

    Raises
    ------
    InputError
        The scenario, the target, the group or the shifts are wrong.
    StoppedEarly
        A worker was lost.

    Notes
    -----
    In the search a roster meets the target where the worse end of the mean's 95% interval does: the cheapest
    of many rosters was chosen for its luck too. What is told of it comes from fresh replications alone.
    """
    file = name or (scenario.name if isinstance(scenario, Scenario) else str(scenario))
    wanted = parse_target(target) if isinstance(target, str) else target
    loaded = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    _refuse(loaded, file, group, min(replications, fresh))
    loaded = loaded.overridden(replications, seed)
    with workers_kept(jobs):
        return _staffed(loaded, wanted, _How(group, slot_min, shift_rule, most, fresh, jobs, tell))


@dataclass(frozen=True)
class _How:
    """How a roster is to be searched; see `staff`."""

    group: str | None
    slot_min: int
    shift_rule: ShiftRule | None
    most: int | None
    fresh: int
    jobs: int | None
    tell: Tell | None


def _staffed(loaded: Scenario, wanted: Target, how: _How) -> Staffing:
    group, fresh, replications = how.group, how.fresh, loaded.replications
    option, say = loaded.baseline_option, how.tell or (lambda _: None)
    journey, go = option.journey, partial(run, jobs=how.jobs, steps=False)

    slots = slots_of(journey, option.days, how.slot_min)
    allowed = None if how.shift_rule is None else tuple(allowed_shifts(slots.edges, how.shift_rule))
    say(f"today: {replications} replications of {len(option.days)} days")
    now = go(_with_options(loaded, [option]))
    check_metric(wanted, {key.metric for key in now.options[0].estimates if key.of_all})
    because = ""
    if group is None:
        group, because = _neediest(journey, now, wanted)
    today = roster_today(journey, group, option.days, slots)
    least = 0 if _others_serve(journey, group) else 1
    loads = slot_loads(journey, group, option.days, slots)
    by_formula = partial(formula_roster, loads, wanted, loaded.target_wait_min, patience_of(journey, group))
    ceiling = how.most
    if ceiling is None:
        ceiling = max(math.ceil(max(today)), *by_formula((least, _MOST))) + _MORE_THAN_SEEN
    start = by_formula((least, max(ceiling, least)))

    trials = Trials(_evaluator(loaded, group, slots, wanted, go, say))
    hours = _usable(slots)
    best = search(
        SlotSpace(hours, least, ceiling),
        wanted,
        trials,
        [start, (least,) * len(hours)],
        fallback=(ceiling,) * len(hours),
    )
    roster, feasible, proven, shifts = best.state, best.feasible, best.proven, None
    if allowed is not None:
        covers = [cover(one, hours, allowed) for one in dict.fromkeys((best.state, start))]
        worked = _in_shifts(best, covers, hours, allowed, (least, ceiling), wanted, trials)
        shifts, feasible, proven = worked.state, worked.feasible, worked.proven
        roster, start = covered(shifts, len(hours)), covered(covers[-1], len(hours))
    say(f"fresh luck: today, the formula's and the roster found, {fresh} replications")
    again = loaded.overridden(fresh, fresh_seed(loaded.seed, "staffing"))
    names = ("today", "formula", "found")
    options = [
        replace(option, name=names[0]),
        *(
            _rostered(option, each, group, slots, one)
            for each, one in zip(names[1:], (start, roster), strict=True)
        ),
    ]
    confirmed = go(_with_options(again, options))
    checked = {
        each: _checked(confirmed, each, group, wanted, counts, hours)
        for each, counts in zip(names, (today, start, roster), strict=True)
    }
    return Staffing(
        scenario=loaded.name,
        option=option.name,
        seed=loaded.seed,
        fresh_seed=again.seed,
        days=len(option.days),
        target=wanted,
        group=group,
        chosen_because=because,
        cost_per_hour=journey.staff[group].cost_per_hour,
        currency=journey.currency,
        slots=slots,
        loads=loads,
        least=least,
        most=ceiling,
        today=checked["today"],
        formula=checked["formula"],
        found=checked["found"],
        nearest=not feasible,
        shifts=shifts,
        proven=proven,
        tried=len(trials),
        replications=replications,
        formula_knows=formula_knows(wanted),
    )


def _refuse(scenario: Scenario, file: str, group: str | None, replications: int) -> None:
    problems = []
    option = scenario.baseline_option
    known = list(option.journey.staff)
    if option.branches != 1:
        problem, hint = "staffing is searched for one branch", "give the map of one of them"
        problems.append(Problem(file, 0, 0, "market", problem, f"{option.branches} branches", hint))
    if option.passes:
        problem = "a baseline that changes on some days only has no one roster"
        problems.append(Problem(file, 0, 0, f"options.{option.name}.period", problem, "", "leave the period"))
    if not known:
        problems.append(Problem(file, 0, 0, "staff", "a staff group is required"))
    elif group is not None and group not in known:
        problem = "no staff group has this name"
        problems.append(Problem("--group", 0, 0, "", problem, group, nearest(group, known)))
    if not option.days:
        problems.append(Problem(file, 0, 0, "days", "an open day is required"))
    if replications < FEWEST:
        problem = f"at least {FEWEST} replications are required"
        problems.append(Problem("", 0, 0, "", problem, str(replications)))
    if problems:
        raise InputError(problems)


def _in_shifts(
    best: Found[Roster],
    covers: Sequence[Shifts],
    hours: tuple[float, ...],
    allowed: tuple[Shift, ...],
    bounds: tuple[int, int],
    target: Target,
    trials: Trials,
) -> Found[Shifts]:
    """Improve sets of shifts that cover what slots need, shift by shift."""
    if not best.feasible:
        # What no number of servers reaches is not looked for shift by shift, unless their overlap reaches it.
        (values,) = trials.of([covered(covers[0], len(hours))])
        if target.margin(values) < 0:
            return Found(covers[0], values, False, False, len(trials))
    # Shifts may have to overlap where a slot alone would not need so many.
    most = max(bounds[1], *(max(covered(one, len(hours))) for one in covers))
    return search(ShiftSpace(hours, allowed, bounds[0], most), target, trials, covers)


def _usable(slots: Slots) -> tuple[float, ...]:
    # A slot in which nobody opens, between two days' hours, must not be free of charge.
    return tuple(max(hours, 1e-6) for hours in slots.hours)


def _evaluator(
    scenario: Scenario, group: str, slots: Slots, target: Target, go: Callable[[Scenario], Run], say: Tell
) -> Callable[[Sequence[Roster]], list[FloatArray]]:
    option = scenario.baseline_option
    done = 0

    def evaluate(rosters: Sequence[Roster]) -> list[FloatArray]:
        nonlocal done
        say(f"search: rosters {done + 1} to {done + len(rosters)}, {scenario.replications} replications each")
        done += len(rosters)
        names = [f"{option.name} {number}" for number in range(len(rosters))]
        options = [
            _rostered(option, name, group, slots, one) for name, one in zip(names, rosters, strict=True)
        ]
        # What today's branch fixes of a market holds for every roster of it.
        found = go(_with_options(scenario, options if option.market is None else [option, *options]))
        return [_values(found, name, target.metric) for name in names]

    return evaluate


def _rostered(option: Option, name: str, group: str, slots: Slots, roster: Roster) -> Option:
    journey = option.journey.patched({f"staff.{group}.count": slots.count(roster)})
    changed = replace(option, name=name, journey=journey)
    if option.market is None:
        return changed
    banks = list(option.market.banks)
    (branch,) = banks[OURS].branches
    banks[OURS] = replace(banks[OURS], branches=(replace(branch, journey=journey),))
    return replace(changed, market=replace(option.market, banks=tuple(banks)))


def _with_options(scenario: Scenario, options: Sequence[Option]) -> Scenario:
    """The scenario with other options; it is run in memory, so its resolved form is not needed."""
    return replace(scenario, options=tuple(options), baseline=options[0].name, contrasts=())


def _values(found: Run, option: str, metric: str, scope: str = "all", name: str = "") -> FloatArray:
    values = values_by_metric(found.metrics, option)
    missing = np.full(found.scenario.replications, math.nan)
    return values.get(MetricKey(scope, name, metric), missing)


def _checked(
    found: Run,
    name: str,
    group: str,
    target: Target,
    roster: tuple[float, ...],
    hours: tuple[float, ...],
) -> Checked:
    overtime = estimate(_values(found, name, "overtime_min_per_day", "staff", group)).mean
    each = math.fsum(count * length for count, length in zip(roster, hours, strict=True))
    return Checked(roster, each, _values(found, name, target.metric), overtime, target)


def _others_serve(journey: Journey, group: str) -> bool:
    """Whether every queue of a group is served by some other group as well."""
    others = {queue for name, one in journey.staff.items() if name != group for queue in one.serves}
    return set(journey.staff[group].serves) <= others


def _neediest(journey: Journey, now: Run, target: Target) -> tuple[str, str]:
    """The group of people whose queues miss the target most today, and why it was taken."""
    found = now.options[0].by("touchpoint")
    known = {name: metrics for name, metrics in found.items() if target.metric in metrics}
    groups = [name for name, one in journey.staff.items() if one.kind == "person"] or list(journey.staff)
    missing = {name: _sum(journey, name, known, lambda m: max(0.0, -_gap(target, m))) for name in groups}
    if max(missing.values()) > 0:
        best = max(groups, key=lambda name: missing[name])
        return best, "its queues miss the target most today, by visits"
    waits = {name: _sum(journey, name, found, lambda m: _number(m, "wait_mean_min")) for name in groups}
    best = max(groups, key=lambda name: waits[name])
    reason = "no queue misses it by itself today" if known else "the target has no value for single queues"
    return best, f"{reason}, and most time is waited for it"


Metrics = Mapping[str, Estimate]


def _sum(
    journey: Journey, group: str, found: Mapping[str, Metrics], value: Callable[[Metrics], float]
) -> float:
    """Visits times a value, over the touchpoints whose customers wait for a group."""
    serves = set(journey.staff[group].serves)
    return math.fsum(
        _number(metrics, "visits_per_day") * value(metrics)
        for name, metrics in found.items()
        if serves & set(journey.lines_of(journey.touchpoints[name]))
    )


def _gap(target: Target, metrics: Metrics) -> float:
    gap = target.gap(metrics[target.metric].mean)
    return 0.0 if math.isnan(gap) else gap


def _number(metrics: Metrics, metric: str) -> float:
    value: Any = metrics[metric].mean if metric in metrics else 0.0
    return 0.0 if math.isnan(value) else float(value)
