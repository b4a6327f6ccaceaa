"""What a staffing search is about, settled before it begins: group, slots, bounds, shifts, Erlang start."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from journeysim.errors import InputError, Problem
from journeysim.experiment.results import OptionResult
from journeysim.experiment.scenario import Scenario
from journeysim.experiment.staffing.bench import Rostering
from journeysim.experiment.staffing.dependence import independent
from journeysim.experiment.staffing.group import eligible, neediest, others_serve, serves
from journeysim.experiment.staffing.search import Roster
from journeysim.experiment.staffing.shifts import Shift, ShiftRule, allowed_shifts
from journeysim.experiment.staffing.start import (
    SlotLoad,
    formula_knows,
    formula_roster,
    patience_of,
    roster_today,
    slot_loads,
    slots_of,
)
from journeysim.experiment.staffing.target import Target, Targets
from journeysim.experiment.staffing.target_text import names_refused, parse_targets
from journeysim.journey import Journey
from journeysim.journey.faults import nearest

FEWEST = 2
"""Replications without which there is no interval."""
_MORE_THAN_SEEN = 2
"""Servers in a slot beyond the most of today's and the formula's that the search may go to."""
_MOST = 200


@dataclass(frozen=True)
class Asked:
    """What the caller may say of a search; None: what follows from the map and its luck.

    Attributes
    ----------
    targets : to be met.
    group : the staff group.
    slot_min : minutes of a slot.
    shift_rule : how long shifts may be.
    most : servers in a slot.
    """

    targets: Targets
    group: str | None
    slot_min: int
    shift_rule: ShiftRule | None
    most: int | None


@dataclass(frozen=True)
class Question:
    """What is searched.

    Attributes
    ----------
    targets : to be met.
    rostering : whose roster, in which slots.
    chosen_because : why this group; empty where it was asked for.
    loads : what comes to the group in each slot.
    today : its servers in each slot.
    formula : the Erlang start.
    formula_knows : targets that it is made for; none: it serves the usual share within the target wait.
    least, most : servers that a slot may have.
    allowed : shifts that may be worked; None without a rule.
    """

    targets: Targets
    rostering: Rostering
    chosen_because: str
    loads: tuple[SlotLoad, ...]
    today: tuple[float, ...]
    formula: Roster
    formula_knows: tuple[Target, ...]
    least: int
    most: int
    allowed: tuple[Shift, ...] | None

    @property
    def hours(self) -> tuple[float, ...]:
        """Mean hours a day of each slot, > 0."""
        # A slot in which nobody opens, between two days' hours, must not be free of charge.
        return tuple(max(hours, 1e-6) for hours in self.rostering.slots.hours)


def targets_of(target: str | Sequence[str] | Targets) -> Targets:
    """Read targets in any form that a caller may give them; see `parse_targets`."""
    if isinstance(target, Targets):
        return target
    return parse_targets([target] if isinstance(target, str) else target)


def refuse(scenario: Scenario, file: str, asked: Asked, replications: int) -> None:
    """Refuse what can be seen to be wrong before anything is simulated.

    Raises
    ------
    InputError
        All problems at once.
    """
    problems = []
    option, group = scenario.baseline_option, asked.group
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
    in_market = option.market is not None
    problems += names_refused(asked.targets, option.journey, in_market=in_market)
    if not problems:
        problems += _independent(asked, option.journey, in_market=in_market)
    if not problems and asked.shift_rule is not None:
        slots = slots_of(option.journey, option.days, asked.slot_min)
        allowed_shifts(slots.edges, asked.shift_rule)
    if problems:
        raise InputError(problems)


def question_of(scenario: Scenario, asked: Asked, now: OptionResult) -> Question:
    """Settle what is searched.

    Parameters
    ----------
    scenario : that `refuse` lets pass.
    asked : what the caller said.
    now : what today's roster comes to.
    """
    option, targets, group, because = scenario.baseline_option, asked.targets, asked.group, ""
    journey = option.journey
    slots = slots_of(journey, option.days, asked.slot_min)
    if group is None:
        group, because = neediest(journey, now, targets, in_market=option.market is not None)
    today = roster_today(journey, group, option.days, slots)
    loads = slot_loads(journey, group, option.days, slots)
    knows = tuple(one for one in targets.each if _formula_knows(one, journey, group))

    def by_formula(least: int, most: int) -> Roster:
        rosters = [
            formula_roster(
                loads, one, scenario.target_wait_min, patience_of(journey, group), (least, max(most, least))
            )
            for one in knows or targets.each[:1]
        ]
        return tuple(max(counts) for counts in zip(*rosters, strict=True))

    least, most = 0 if others_serve(journey, group) else 1, asked.most
    if most is None:
        most = max(math.ceil(max(today)), *by_formula(least, _MOST)) + _MORE_THAN_SEEN
    rule = asked.shift_rule
    return Question(
        targets=targets,
        rostering=Rostering(option, group, slots),
        chosen_because=because,
        loads=loads,
        today=today,
        formula=by_formula(least, most),
        formula_knows=knows,
        least=least,
        most=most,
        allowed=None if rule is None else tuple(allowed_shifts(slots.edges, rule)),
    )


def _independent(asked: Asked, journey: Journey, *, in_market: bool) -> list[Problem]:
    """Problems of targets that no roster can change, of the group asked for or of any that may be taken."""
    groups = eligible(journey, asked.targets, in_market=in_market) if asked.group is None else [asked.group]
    found = [independent(asked.targets.each, journey, one, in_market=in_market) for one in groups]
    return min(found, key=len)


def _formula_knows(target: Target, journey: Journey, group: str) -> bool:
    """Whether a formula of the group's queues, taken as one, gives a target's metric."""
    if target.scope == "touchpoint" and not serves(journey, group, target.name):
        return False
    return target.scope in ("all", "touchpoint") and formula_knows(target)
