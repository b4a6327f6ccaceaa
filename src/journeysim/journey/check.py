"""What the values of a map mean together: everything that cannot be right, and what looks doubtful."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from journeysim.errors import Problem
from journeysim.journey.check_days import check_arrivals, check_times
from journeysim.journey.check_lines import check_contacts, check_lines, check_servers
from journeysim.journey.checker import Checker
from journeysim.journey.distributions import OTHER, SHARES_TOLERANCE, Distribution
from journeysim.journey.loads import overloads
from journeysim.journey.models import Journey
from journeysim.journey.routes import (
    MAX_SHOWN,
    MAX_STEPS,
    Routes,
    all_targets,
    reached_by_name,
    starting_touchpoints,
)
from journeysim.journey.stations import LEAVE, Rule, Touchpoint
from journeysim.journey.strict_yaml import Document, Loc, touches

MAX_COMBINATIONS = 50_000
"""Most segments × needs × touchpoints: beyond any branch, and checking alone would take minutes."""

_ON_ROUTES = {
    "segments": ("patience", "acceptable_wait"),
    "needs": ("start",),
    "queues": ("capacity", "balk", "patience", "line_group", "start_with"),
    "touchpoints": tuple(Touchpoint.model_fields),
}
"""Keys of each section that decide where customers can go."""

_ROUTING = ("next", "if_failed", "if_balked", "if_reneged", "if_rejected")


def check(
    journey: Journey, document: Document, doubtful: frozenset[Loc] = frozenset(), *, sound: bool = True
) -> tuple[list[Problem], list[Problem]]:
    """Find what is wrong with a map whose every value is right by itself, and what looks doubtful.

    Parameters
    ----------
    journey, document : the map, as models and as plain data with places.
    doubtful : locations whose values are not the planner's own (see `journeysim.journey.salvage`): nothing
        is said about them, nor about what depends on them.
    sound : whether nothing was found wrong with the map so far.

    Returns
    -------
    errors and warnings, each in no particular order.
    """
    checker = Checker(journey, document, doubtful)
    _check_shares(checker)
    _check_references(checker)
    check_times(checker)
    check_arrivals(checker)
    _check_queues(checker)
    check_lines(checker)
    check_servers(checker)
    _check_rules(checker)
    check_contacts(checker)
    _check_distributions(checker)
    if _too_large(checker):
        return checker.errors, checker.warnings
    _check_reach(checker)
    _check_routes(checker)
    if sound and not checker.errors:
        _check_loads(checker)
    return checker.errors, checker.warnings


def _check_shares(checker: Checker) -> None:
    """Shares of segments, of needs within each segment, and of targets sum to 1."""
    journey = checker.journey
    segments_known, needs_known = _all_named(journey, "segment"), _all_named(journey, "need")
    given = {name: segment.share for name, segment in journey.segments.items()}
    if not (segments_known and all(share is None for share in given.values())):
        for name, share in given.items():
            if share is None:
                checker.error(
                    ("segments", name, "share"), "the key share is missing", "", "share: 0.9", key=True
                )
        if None not in given.values() and not checker.doubts("segments", "share"):
            total = math.fsum(share or 0.0 for share in given.values())
            checker.sum_to_one(("segments",), total, "the shares of the segments")
    if needs_known and all(need.share is None for need in journey.needs.values()):
        return
    for name, need in journey.needs.items():
        if need.share is None:
            checker.error(("needs", name, "share"), "the key share is missing", "", "share: 0.7", key=True)
        elif isinstance(need.share, dict):
            for segment in need.share:
                checker.known(("needs", name, "share", segment), segment, "segments", key=True)
    if all(need.share is not None for need in journey.needs.values()) and not checker.doubts(
        "needs", "share"
    ):
        for segment in journey.segments:
            total = math.fsum(need.share_for(segment) for need in journey.needs.values())
            checker.sum_to_one(("needs",), total, f"the shares of the needs of segment {segment}")


def _all_named(journey: Journey, key: str) -> bool:
    """Whether everybody who comes stands in a file that names their ``key``: segment or need."""
    arrivals = journey.arrivals
    files = [file for file in (arrivals.from_log, arrivals.appointments) if file is not None]
    by_rates = arrivals.per_hour is not None and arrivals.from_log is None
    by_shares = by_rates or any(queue.start_with is not None for queue in journey.queues.values())
    return bool(files) and not by_shares and all(getattr(file, key) is not None for file in files)


def _check_references(checker: Checker) -> None:
    """Every name that is used is defined."""
    journey = checker.journey
    for name, need in journey.needs.items():
        checker.known(("needs", name, "start"), need.start, "touchpoints")
    for name, group in journey.staff.items():
        for number, queue in enumerate(group.serves):
            loc: Loc = ("staff", name, "serves", number)
            _serves(checker, loc, queue)
            if queue in group.serves[:number]:
                checker.error(loc, "the same queue twice", queue)
    for name, touchpoint in journey.touchpoints.items():
        here: Loc = ("touchpoints", name)
        if touchpoint.queue is not None:
            checker.known((*here, "queue"), touchpoint.queue, "queues", *checker.line_group_names())
        for key in ("if_failed", "if_balked", "if_reneged", "if_rejected"):
            checker.known((*here, key), getattr(touchpoint, key), "touchpoints", LEAVE)
    for loc, _, rule in checker.rules():
        _rule_references(checker, loc, rule)


def _serves(checker: Checker, loc: Loc, queue: str) -> None:
    lines = checker.journey.line_groups().get(queue, ())
    if lines and queue not in checker.names("queues"):
        checker.error(loc, "a staff group serves queues, not a line group", queue, f"name {', '.join(lines)}")
    else:
        checker.known(loc, queue, "queues")


def _rule_references(checker: Checker, loc: Loc, rule: Rule) -> None:
    if isinstance(rule.to, dict):
        for target in rule.to:
            checker.known((*loc, "to", target), target, "touchpoints", LEAVE, key=True)
        total = math.fsum(rule.to.values())
        if not touches((*loc, "to"), checker.doubtful):
            checker.sum_to_one((*loc, "to"), total, "the shares of a split")
    else:
        checker.known((*loc, "to"), rule.to, "touchpoints", LEAVE)
    if rule.when is not None:
        for name in rule.when.segment or ():
            checker.known((*loc, "when", "segment"), name, "segments")
        for name in rule.when.need or ():
            checker.known((*loc, "when", "need"), name, "needs")


def _check_queues(checker: Checker) -> None:
    """Every queue is served and used; its balking has a reason."""
    journey = checker.journey
    served = {queue for group in journey.staff.values() for queue in group.serves}
    used = {line for touchpoint in journey.touchpoints.values() for line in journey.lines_of(touchpoint)}
    served_known = not checker.doubts("staff", "serves") and not (served - set(checker.names("queues")))
    for name, queue in journey.queues.items():
        loc: Loc = ("queues", name)
        if name not in served and served_known:
            hint = f"add {name} to the serves of a staff group"
            checker.error(loc, "a queue that no staff group serves", "", hint, key=True, sure=True)
        elif name not in used:
            checker.warn(loc, "a queue that no touchpoint uses")
        balk = queue.balk
        if balk is None:
            continue
        if balk.at_length is None and not balk.expected_wait:
            checker.error(
                (*loc, "balk"), "at_length or expected_wait is required", "", "{at_length: 6}", key=True
            )
        if balk.expected_wait and all(s.acceptable_wait is None for s in journey.segments.values()):
            hint = "give segments an acceptable_wait"
            checker.error(
                (*loc, "balk", "expected_wait"), "no segment has an acceptable wait", "", hint, key=True
            )
        if balk.at_length is not None and queue.capacity is not None and balk.at_length >= queue.capacity:
            problem = "nobody balks at a length that finds no room"
            checker.warn((*loc, "balk", "at_length"), problem, f"capacity {queue.capacity}")


def _check_rules(checker: Checker) -> None:
    """The last rule takes everybody; names are distinct; shares are not written as probabilities."""
    for name, touchpoint in checker.journey.touchpoints.items():
        rules: list[tuple[Loc, Rule]] = [
            (("touchpoints", name, "next", number), rule) for number, rule in enumerate(touchpoint.next)
        ]
        if not rules:
            continue
        named = Counter(rule.name for _, rule in rules if rule.name is not None)
        for loc, rule in rules:
            if rule.name is not None and named[rule.name] > 1:
                checker.error((*loc, "name"), "two rules of the same name", rule.name)
        loc, last = rules[-1]
        runs = list(_share_like(touchpoint.next))
        if not last.unconditional:
            hint = "add - {to: leave}"
            if len(touchpoint.next) in {end for _, end in runs}:
                hint = "if these are shares, write {to: {a: 0.3, b: 0.7}}"
            checker.error(loc, "the last rule must take everybody", "", hint, key=True)
        for start, end in runs:
            numbers = ", ".join(f"{rule.probability:g}" for rule in touchpoint.next[start:end])
            problem = "probabilities that look meant as shares: each is of those left by the rules above"
            checker.warn(rules[start][0], problem, numbers, "write {to: {a: 0.3, b: 0.7}} for shares")
        ends = [number for number, (_, rule) in enumerate(rules[:-1]) if rule.unconditional]
        if ends:
            checker.warn(rules[ends[0] + 1][0], "a rule after one that takes everybody")


def _check_distributions(checker: Checker) -> None:
    """Distributions by need or segment name known ones and leave nobody out."""
    journey = checker.journey
    for outer, distribution in journey.distributions():
        for inner, part in distribution.walk():
            loc = (*outer, *inner)
            if part.by_need is not None:
                _choices(checker, (*loc, "by_need"), part.by_need, "needs")
            if part.by_segment is not None:
                _choices(checker, (*loc, "by_segment"), part.by_segment, "segments")
            if outer[-1] == "acceptable_wait" and part.is_zero_possible():
                checker.error(loc, "an acceptable wait above 0 is required")


def _choices(checker: Checker, loc: Loc, given: dict[str, Distribution], section: str) -> None:
    for name in given:
        if name != OTHER:
            checker.known((*loc, name), name, section, key=True)
    missing = [name for name in checker.names(section) if name not in given]
    if missing and OTHER not in given:
        hint = "add it, or other for all not named"
        checker.error(loc, f"nothing is said for {section[:-1]} {missing[0]}", "", hint, key=True)


def _too_large(checker: Checker) -> bool:
    """Refuse a map with so many combinations that following every customer's routes would not end."""
    journey = checker.journey
    count = len(journey.segments) * len(journey.needs) * len(journey.touchpoints)
    if count > MAX_COMBINATIONS:
        problem = f"at most {MAX_COMBINATIONS} combinations of segment, need and touchpoint are possible"
        checker.error(("touchpoints",), problem, str(count), key=True, sure=True)
    return count > MAX_COMBINATIONS


def _resolved(journey: Journey) -> bool:
    """Whether every touchpoint that something leads to is defined by a usable entry."""
    named = {need.start for need in journey.needs.values()} | set(starting_touchpoints(journey))
    for touchpoint in journey.touchpoints.values():
        named |= all_targets(touchpoint)
    return named <= set(journey.touchpoints)


def _check_reach(checker: Checker) -> None:
    """Every touchpoint is reached."""
    doubt = checker.doubts("touchpoints", *_ROUTING) or checker.doubts("needs", "start")
    if doubt or checker.doubts("queues", "start_with") or not _resolved(checker.journey):
        return
    reached = reached_by_name(checker.journey)
    for name in checker.journey.touchpoints:
        if name not in reached:
            hint = "lead a rule, an if_… or a need's start to it"
            loc: Loc = ("touchpoints", name)
            checker.error(loc, "a touchpoint that nobody reaches", "", hint, key=True, sure=True)


def _check_routes(checker: Checker) -> None:
    """Everybody is sure to leave; what is reached only on paper is doubtful."""
    doubt = any(checker.doubts(section, *keys) for section, keys in _ON_ROUTES.items())
    if (
        doubt
        or not _resolved(checker.journey)
        or any(error.path.startswith("touchpoints") for error in checker.errors)
    ):
        return
    routes = Routes(checker.journey)
    for name in checker.journey.touchpoints:
        if name not in routes.reached:
            checker.warn(("touchpoints", name), "a touchpoint reached only with probability 0")
    for loop in routes.loops:
        problem = "a route that never leaves"
        hint = "let one of them lead to leave, or to a touchpoint that does"
        if loop.survival < 0.999999:
            chance = f"{loop.survival:.1g}"
            problem = (
                f"a route that returns too often: {MAX_STEPS} steps in a visit have a chance of {chance}"
            )
            hint = "lower the chance to return"
        checker.error(("touchpoints", loop.touchpoints[0]), problem, str(loop), hint, key=True)
    for names in routes.endless:
        hint = "let one of them lead to leave with a probability above 0"
        problem = "a case that never ends: each contact leads to another"
        shown = ", ".join(names[:MAX_SHOWN])
        checker.error(("touchpoints", names[0]), problem, shown, hint, key=True)


def _check_loads(checker: Checker) -> None:
    """Warn of touchpoints with more work than their staff can do."""
    for overload in overloads(checker.journey):
        names = ", ".join(overload.touchpoints)
        loc: Loc = ("touchpoints", overload.touchpoints[0])
        checker.warn(loc, f"more work than capacity at {names}", str(overload), "customers will queue up")


def _share_like(rules: tuple[Rule, ...]) -> Iterator[tuple[int, int]]:
    """Runs of two and more rules in a row, alike but for target, whose probabilities sum to 1: from, to."""
    start = 0
    while start < len(rules):
        end = start
        while end < len(rules) and rules[end].when == rules[start].when and 0 < rules[end].probability < 1:
            end += 1
        total = math.fsum(rule.probability for rule in rules[start:end])
        if end - start >= 2 and abs(total - 1) <= SHARES_TOLERANCE:
            yield start, end
        start = max(end, start + 1)
