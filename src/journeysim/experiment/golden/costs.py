"""What a notch costs a year: assumptions, each a share of what is improved or a sum, all of them settable."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from journeysim.branch.calendar import OpenDay
from journeysim.errors import InputError, Problem
from journeysim.experiment.golden.notches import Lever, Notch
from journeysim.journey import Journey
from journeysim.journey.faults import nearest, show
from journeysim.journey.staff import StaffGroup

_SETTING = re.compile(r"\s*([^=]+?)\s*=\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(%?)\s*")
_MOST = 1e12


@dataclass(frozen=True)
class CostRule:
    """Yearly cost of a notch.

    Attributes
    ----------
    value : a share of the yearly cost of the staff groups that serve there, or a sum; >= 0.
    is_share : which of the two. A sum for better waiting is for each line that is equipped.
    meaning : what the money is for.
    """

    value: float
    is_share: bool
    meaning: str = ""

    @property
    def text(self) -> str:
        """As the command line takes it: ``5%`` or ``5000``."""
        return f"{self.value * 100:g}%" if self.is_share else f"{self.value:.12g}"


DEFAULT_COSTS: Mapping[Lever, CostRule] = {
    Lever.SERVICE: CostRule(0.05, True, "training and tools"),
    Lever.ATTENTIVE: CostRule(0.05, True, "training and coaching"),
    Lever.CONDITIONS: CostRule(5000.0, False, "furniture, displays and their upkeep"),
    Lever.FAILS: CostRule(0.20, True, "maintenance and better equipment"),
}
"""Assumptions, in the currency of the map: no published cost of such improvements is known to hold for a
branch at large, so a planner puts their own in place."""


@dataclass(frozen=True)
class NotchCosts:
    """The rule of every lever, and rules of single places that take precedence.

    Attributes
    ----------
    levers : by lever, all of them.
    places : by lever and place, as `Notch.place` names it.
    """

    levers: Mapping[Lever, CostRule]
    places: Mapping[tuple[Lever, str], CostRule]

    def rule(self, notch: Notch) -> CostRule:
        """The rule that holds for a notch."""
        return self.places.get((notch.lever, notch.place), self.levers[notch.lever])

    def per_year(self, notch: Notch, group_costs: Mapping[str, float]) -> float | None:
        """Cost of a notch a year.

        Parameters
        ----------
        notch : the improvement.
        group_costs : yearly cost of the staff groups of its branch, by name.

        Returns
        -------
        >= 0; None where it is a share of something whose cost the map does not say.
        """
        rule = self.rule(notch)
        if not rule.is_share:
            return rule.value * max(notch.queues, 1)
        base = math.fsum(group_costs[name] for name in notch.groups)
        return rule.value * base if base > 0 or rule.value == 0 else None


def notch_costs(settings: Iterable[str] = (), notches: Iterable[Notch] = ()) -> NotchCosts:
    """Put settings in place of the default costs.

    Parameters
    ----------
    settings : each ``LEVER=VALUE`` or ``LEVER.PLACE=VALUE``; a value with % is a share, one without a sum.
    notches : those that there are, so that a place that none of them has is refused.

    Raises
    ------
    InputError
        A setting is none, or names no lever or place; all problems at once.
    """
    levers, places = dict(DEFAULT_COSTS), {}
    known = {(notch.lever, notch.place) for notch in notches}
    problems = []
    for setting in settings:
        match = _SETTING.fullmatch(setting)
        where = f"--cost {show(setting)}"
        if match is None or not float(match.group(2)) <= _MOST:
            hint = "service=5% of the yearly cost of who serves there, or conditions=3000 a year"
            problems.append(Problem(where, 0, 0, "", "LEVER=VALUE is required", "", hint))
            continue
        name, _, place = match.group(1).partition(".")
        is_share = bool(match.group(3))
        value = float(match.group(2)) / (100 if is_share else 1)
        if name not in list(Lever):
            hint = nearest(name, [str(lever) for lever in Lever])
            problems.append(Problem(where, 0, 0, "", "no lever has this name", name, hint))
            continue
        lever = Lever(name)
        if not place:
            levers[lever] = CostRule(value, is_share, "as set")
        elif (lever, place) in known:
            places[lever, place] = CostRule(value, is_share, "as set")
        else:
            hint = nearest(place, [at for which, at in known if which == lever])
            problems.append(Problem(where, 0, 0, "", f"nothing to improve by {lever} there", place, hint))
    if problems:
        raise InputError(problems)
    return NotchCosts(levers, places)


def yearly_group_costs(journey: Journey, days: Iterable[OpenDay], years: float) -> dict[str, float]:
    """Cost of every staff group a year: rostered hours within opening hours, overtime left out.

    Parameters
    ----------
    journey : the map.
    days : its open days.
    years : that they stand for, > 0.
    """
    listed = list(days)
    return {
        name: group.cost_per_hour * math.fsum(_hours(journey, group, day) for day in listed) / years
        for name, group in journey.staff.items()
    }


def _hours(journey: Journey, group: StaffGroup, day: OpenDay) -> float:
    """Rostered hours of a group on a day."""
    hours = journey.hours_on(day.date.weekday())
    if hours is None:
        return 0.0
    steps = [*group.roster_on(day.date), (hours.close_min, 0)]
    minutes = 0
    for (begin, count), (end, _) in pairwise(steps):
        inside = min(end, hours.close_min) - max(begin, hours.open_min)
        minutes += count * max(inside, 0)
    return minutes / 60
