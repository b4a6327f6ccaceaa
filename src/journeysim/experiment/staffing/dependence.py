"""What the roster of a staff group can change: who waits for it, where they go on, and who waits there."""

from __future__ import annotations

from collections.abc import Iterable

from journeysim.errors import Problem
from journeysim.experiment.staffing.target import Target
from journeysim.journey import Journey
from journeysim.journey.routes import all_targets, reached_by_name

_BY_ARRIVALS = ("visits_per_day",)
"""Metrics that hang on who comes alone, where nobody leaves the bank."""


def hangs_on(target: Target, journey: Journey, group: str, *, in_market: bool) -> bool:
    """Whether the roster of a group can change what a target is about.

    Parameters
    ----------
    in_market : whether customers stay or leave by what they went through: then everything hangs on it.

    Returns
    -------
    False only where it is sure not to; a way that is only on paper counts as one.
    """
    if in_market:
        return True
    if target.scope in ("all", "segment") and target.metric in _BY_ARRIVALS:
        # Who comes again may do so for having waited.
        return any(rule.after is not None for one in journey.touchpoints.values() for rule in one.next)
    places = touched_by(journey, group)
    if target.scope == "touchpoint":
        return target.name in places
    if target.scope == "staff":
        return target.name == group or target.name in _serving(journey, places)
    if target.scope == "segment":
        needs = [need for need in journey.needs.values() if _may_bring(need.share, target.name)]
        return bool(places & _onward(journey, [need.start for need in needs]))
    return bool(places & reached_by_name(journey))


def touched_by(journey: Journey, group: str) -> set[str]:
    """Touchpoints at which the roster of a group can change who comes, when, or how long they wait."""
    touched: set[str] = set()
    groups = {group}
    while True:
        lines = {line for name in groups for line in journey.staff[name].serves}
        served = {name for name, one in journey.touchpoints.items() if lines & set(journey.lines_of(one))}
        found = _onward(journey, touched | served)
        # A server that waits for a customer to come back is lacking where it serves.
        found |= {name for name in journey.touchpoints if found & _kept_for(journey, name)}
        more = groups | _serving(journey, found)
        if found == touched and more == groups:
            return touched
        touched, groups = found, more


def independent(targets: Iterable[Target], journey: Journey, group: str, *, in_market: bool) -> list[Problem]:
    """Problems of targets that no roster of a group can change."""
    return [
        Problem(
            "--target", 0, 0, "", f"no roster of {group} changes this", target.measure, _hint(target, journey)
        )
        for target in targets
        if not hangs_on(target, journey, group, in_market=in_market)
    ]


def _hint(target: Target, journey: Journey) -> str:
    others = [name for name in journey.staff if hangs_on(target, journey, name, in_market=False)]
    return f"leave it out, or --group {' or '.join(others)}" if others else "leave it out"


def _onward(journey: Journey, names: Iterable[str]) -> set[str]:
    """Touchpoints, and all that they lead to."""
    frontier, found = list(names), set[str]()
    while frontier:
        name = frontier.pop()
        if name not in found:
            found.add(name)
            frontier += all_targets(journey.touchpoints[name])
    return found


def _serving(journey: Journey, places: Iterable[str]) -> set[str]:
    lines = {line for name in places for line in journey.lines_of(journey.touchpoints[name])}
    return set(journey.groups_serving(lines))


def _kept_for(journey: Journey, name: str) -> set[str]:
    """Touchpoints at which a customer may be while a server of this one waits."""
    rules = [rule for rule in journey.touchpoints[name].next if rule.keep_server]
    return {target for rule in rules for target, _ in rule.targets}


def _may_bring(share: object, segment: str) -> bool:
    """Whether a need may bring customers of a segment."""
    if isinstance(share, dict):
        return bool(share.get(segment))
    return share is None or share != 0
