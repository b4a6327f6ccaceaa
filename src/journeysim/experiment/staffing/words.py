"""The answer of a staffing search in sentences, never stronger than its intervals, and as plain data."""

from __future__ import annotations

import math
from typing import Any

from journeysim.experiment.results import estimate_document, number_or_none
from journeysim.experiment.staffing.result import Checked, Staffing
from journeysim.experiment.statistics import Estimate
from journeysim.journey.patches import path_of
from journeysim.journey.values import show_time


def staffing_answer(found: Staffing) -> str:
    """Return what the search came to, in plain words."""
    if found.nearest:
        return f"{_none(found)} {_today(found)}"
    return " ".join((_found(found), _cost(found), _today(found), _formula(found)))


def staffing_document(found: Staffing) -> dict[str, Any]:
    """Return the answer as plain data."""
    return {
        "scenario": found.scenario,
        "option": found.option,
        "seed": found.seed,
        "fresh_seed": found.fresh_seed,
        "currency": found.currency or None,
        "days": found.days,
        "targets": [
            {
                "target": str(target),
                "scope": target.scope,
                "name": target.name or None,
                "metric": target.metric,
                "sign": target.sign,
                "threshold": target.threshold,
                "formula_knows_metric": target in found.formula_knows,
            }
            for target in found.targets.each
        ],
        "group": found.group,
        "chosen_because": found.chosen_because or None,
        "slots": list(found.slots.names),
        "met": not found.nearest,
        "all_cheaper_tried": found.proven,
        "rosters_tried": found.tried,
        "replications": found.replications,
        "least": found.least,
        "most": found.most,
        "rosters": {
            name: _roster_document(found, one)
            for name, one in (("today", found.today), ("found", found.found), ("formula", found.formula))
        },
        "shifts": None
        if found.shifts is None
        else [
            {"from": show_time(found.slots.edges[begin]), "until": show_time(found.slots.edges[end])}
            for begin, end in found.shifts
        ],
        "set": None if found.nearest else {path_of("staff", found.group, "count"): found.patch},
        "answer": staffing_answer(found),
        "run": None if found.folder is None else str(found.folder),
        "fresh_run": None if found.fresh_folder is None else str(found.fresh_folder),
    }


def _roster_document(found: Staffing, one: Checked) -> dict[str, Any]:
    return {
        "servers": list(one.roster),
        "hours_per_day": one.hours_per_day,
        "cost_per_day": found.cost_per_day(one),
        "overtime_min_per_day": number_or_none(one.overtime_min_per_day),
        "metrics": [estimate_document(value) for value in one.estimates],
        "replications": one.replications,
        "replications_that_meet": one.meeting,
    }


def _none(found: Staffing) -> str:
    one = found.found
    if _unseen(one) or one.verdict == "misses":
        reached = "no value" if _unseen(one) else f"{_values(found, one)} on fresh luck"
        return (
            f"No roster of {found.group} that was tried meets {found.targets}, with at most {found.most} in "
            f"a slot: the nearest reaches {reached}. Allow more (--most), or look at another group (--group)."
        )
    return (
        f"Of no roster of {found.group} that was tried, with at most {found.most} in a slot, could the "
        f"{found.replications} replications of the search tell that it meets {found.targets}. On fresh luck "
        f"the nearest {_outcome(found, one)}. Search with more --replications."
    )


def _found(found: Staffing) -> str:
    one = found.found
    what = ", ".join(
        f"{target.measure} is {value.mean:.4g} {_interval(value)}"
        for target, value in zip(found.targets.each, one.estimates, strict=True)
    )
    several = len(found.targets.each) > 1
    aims, them = ("the targets", "all of them") if several else ("the target", "the target")
    share = f"{one.meeting} of {one.replications} replications of {found.days} days meet {them} by themselves"
    if one.verdict == "meets":
        return f"The roster found meets {aims} on fresh luck: {what}; {share}."
    if one.verdict == "misses":
        return (
            f"The roster found misses {aims} on fresh luck: {what}; {share}. It was chosen for its luck: "
            "search with more --replications."
        )
    return (
        f"Whether the roster found meets {aims} cannot be told from chance: {what}; {share}. More "
        "--fresh replications tell."
    )


def _cost(found: Staffing) -> str:
    more = found.found.hours_per_day - found.today.hours_per_day
    if abs(more) < 1e-6:
        return "It has as many rostered hours as today's."
    text = f"It has {abs(more):,.1f} {'more' if more > 0 else 'fewer'} rostered hours a day than today's"
    if found.cost_per_hour > 0:
        unit = f" {found.currency}" if found.currency else ""
        costs = "costs" if more > 0 else "saves"
        text += (
            f" and {costs} {abs(more) * found.cost_per_hour:,.0f}{unit} a day{' more' if more > 0 else ''}"
        )
    return f"{text}, overtime left out."


def _today(found: Staffing) -> str:
    return f"Today's {_outcome(found, found.today)}."


def _formula(found: Staffing) -> str:
    if found.formula.roster == found.found.roster:
        return "The formula's roster is the same."
    gap = found.formula.hours_per_day - found.found.hours_per_day
    hours = "as many hours"
    if abs(gap) >= 1e-6:
        hours = f"{abs(gap):,.1f} {'more' if gap > 0 else 'fewer'} hours a day"
    return f"The formula's, of {hours}, {_outcome(found, found.formula)}."


def _outcome(found: Staffing, one: Checked) -> str:
    if _unseen(one):
        return "has no value"
    what = "it" if len(found.targets.each) == 1 else "them"
    words = {"meets": f"meets {what}", "misses": f"misses {what}", "unclear": f"may meet {what} or not"}
    return f"{words[one.verdict]}: {_values(found, one)}"


def _unseen(one: Checked) -> bool:
    return any(math.isnan(value.mean) for value in one.estimates)


def _values(found: Staffing, one: Checked) -> str:
    """Means with their intervals; of several targets under their names."""
    texts = [f"{value.mean:.4g} {_interval(value)}" for value in one.estimates]
    if len(texts) == 1:
        return texts[0]
    return ", ".join(
        f"{target.measure} {text}" for target, text in zip(found.targets.each, texts, strict=True)
    )


def _interval(value: Estimate) -> str:
    return f"({value.low:.4g} to {value.high:.4g})"
