"""The answer of a staffing search in sentences, never stronger than its intervals."""

from __future__ import annotations

import math

from journeysim.experiment.staffing_run import Checked, Staffing
from journeysim.experiment.statistics import Estimate


def staffing_answer(found: Staffing) -> str:
    """Return what the search came to, in plain words."""
    if found.nearest:
        return f"{_none(found)} {_today(found)}"
    return " ".join((_found(found), _cost(found), _today(found), _formula(found)))


def _none(found: Staffing) -> str:
    value = found.found.estimate
    reached = "no value" if math.isnan(value.mean) else f"{value.mean:.4g} {_interval(value)} on fresh luck"
    return (
        f"No roster of {found.group} that was tried meets {found.target}, with at most {found.most} in a "
        f"slot: the nearest reaches {reached}. Allow more (--most), or look at another group (--group)."
    )


def _found(found: Staffing) -> str:
    one = found.found
    value = one.estimate
    what = f"{found.target.metric} is {value.mean:.4g} {_interval(value)}"
    share = (
        f"{one.meeting} of {one.values.size} replications of {found.days} days meet the target by themselves"
    )
    verdict = found.target.verdict(value)
    if verdict == "meets":
        return f"The roster found meets the target on fresh luck: {what}; {share}."
    if verdict == "misses":
        return (
            f"The roster found misses the target on fresh luck: {what}; {share}. It was chosen for its luck: "
            "search with more --replications."
        )
    return (
        f"Whether the roster found meets the target cannot be told from chance: {what}; {share}. More "
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
    value = one.estimate
    if math.isnan(value.mean):
        return "has no value"
    words = {"meets": "meets it", "misses": "misses it", "unclear": "may meet it or not"}
    return f"{words[found.target.verdict(value)]}: {value.mean:.4g} {_interval(value)}"


def _interval(value: Estimate) -> str:
    return f"({value.low:.4g} to {value.high:.4g})"
