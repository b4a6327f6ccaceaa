"""What a map says of lines and servers: line groups, who waits at opening, breakdowns, kept servers."""

from __future__ import annotations

from journeysim.journey.checker import Checker
from journeysim.journey.distributions import Distribution
from journeysim.journey.faults import show
from journeysim.journey.staff import StaffGroup
from journeysim.journey.stations import LEAVE, Queue, Rule
from journeysim.journey.strict_yaml import Loc, look_up, touches
from journeysim.journey.values import show_duration

MIN_UPTIME_MIN = 1.0
"""Least mean time until a machine breaks down: below it, a day is nothing but breakdowns."""


def check_lines(checker: Checker) -> None:
    """Lines of a group are alike where it matters; who waits at opening waits in the right place."""
    queues = checker.journey.queues
    names = checker.names("queues")
    for group, lines in checker.journey.line_groups().items():
        for line in lines:
            loc: Loc = ("queues", line)
            if group in names:
                problem, hint = "a line group with the name of a queue", "choose another name"
                checker.error((*loc, "line_group"), problem, group, hint)
            if line != lines[0]:
                _check_alike(checker, loc, queues[line], lines[0])
        alone = len(lines) == 1 and not checker.doubts("queues", "line_group")
        if alone:
            checker.warn(("queues", lines[0], "line_group"), "a line group of one line", group)
    for name, queue in queues.items():
        if queue.start_with is not None:
            _check_start(checker, ("queues", name, "start_with"), name, queue)


def _check_alike(checker: Checker, loc: Loc, line: Queue, first: str) -> None:
    """Hold a line against the first of its group, before customers have chosen among them."""
    other = checker.journey.queues[first]
    hint = f"as at {first}, the first of the group"
    if line.patience_form != other.patience_form and not touches(
        ("queues", first, "patience"), checker.doubtful
    ):
        found = look_up(checker.document.data, (*loc, "patience"))
        shown = "none given" if found is None else show(found)
        checker.error((*loc, "patience"), "lines of a group need the same patience", shown, hint, key=True)
    chances = [0.0 if queue.balk is None else queue.balk.probability for queue in (line, other)]
    if chances[0] != chances[1] and not touches(("queues", first, "balk"), checker.doubtful):
        problem = "lines of a group need the same probability to balk"
        checker.error((*loc, "balk"), problem, f"{chances[0]:g}", hint, key=True)


def _check_start(checker: Checker, loc: Loc, name: str, queue: Queue) -> None:
    """Who waits in a queue at opening waits there for a touchpoint that has this queue."""
    journey = checker.journey
    start = queue.start_with
    if start is None:
        return
    checker.known((*loc, "touchpoint"), start.touchpoint, "touchpoints")
    touchpoint = journey.touchpoints.get(start.touchpoint)
    if touchpoint is None:
        return
    if name not in journey.lines_of(touchpoint):
        here = [other for other, point in journey.touchpoints.items() if name in journey.lines_of(point)]
        hint = f"waiting here: {', '.join(here)}" if here else ""
        if not touches(("touchpoints", start.touchpoint, "queue"), checker.doubtful):
            problem = "a touchpoint that does not wait in this queue"
            checker.error((*loc, "touchpoint"), problem, start.touchpoint, hint)
    elif queue.capacity is not None and start.count > queue.capacity:
        problem = "more people than there is room for: who is not served at once is turned away"
        checker.warn((*loc, "count"), problem, f"capacity {queue.capacity}")


def check_servers(checker: Checker) -> None:
    """Machines alone break down; there is a server wherever one is kept or wraps up."""
    for name, group in checker.journey.staff.items():
        if group.breakdown is not None:
            _check_breakdown(checker, ("staff", name, "breakdown"), group)
    for name, touchpoint in checker.journey.touchpoints.items():
        if touchpoint.wrap_up is not None and _has_no_queue(checker, name):
            problem = "there is no server to wrap up"
            checker.error(("touchpoints", name, "wrap_up"), problem, "no queue", "give it a queue", key=True)
    for loc, name, rule in checker.rules():
        if rule.keep_server:
            _check_kept(checker, (*loc, "keep_server"), name, rule)
    _check_blocking(checker)


def _check_breakdown(checker: Checker, loc: Loc, group: StaffGroup) -> None:
    breakdown = group.breakdown
    if breakdown is None:
        return
    if group.kind != "machine" and not touches((*loc[:2], "kind"), checker.doubtful):
        checker.error(loc, "only machines break down", group.kind, "kind: machine", key=True)
    parts: tuple[tuple[str, Distribution], ...] = (("uptime", breakdown.uptime), ("repair", breakdown.repair))
    for key, distribution in parts:
        families = {part.family: inner for inner, part in distribution.walk()}
        for family in ("by_need", "by_segment"):
            if family in families:
                inner = (*loc, key, *families[family], family)
                checker.error(inner, "machines know neither needs nor segments", family, key=True)
    unread = any(
        part.empirical is not None and not part.empirical.is_read for _, part in breakdown.uptime.walk()
    )
    by_customer = any(part.family in ("by_need", "by_segment") for _, part in breakdown.uptime.walk())
    if not unread and not by_customer and breakdown.uptime.mean_min() < MIN_UPTIME_MIN:
        problem = f"a mean of {show_duration(MIN_UPTIME_MIN)} or more is required"
        checker.error((*loc, "uptime"), problem, show_duration(breakdown.uptime.mean_min()), key=True)


def _has_no_queue(checker: Checker, touchpoint: str) -> bool:
    """Whether a touchpoint is known to have no queue, hence no staff."""
    loc: Loc = ("touchpoints", touchpoint, "queue")
    return checker.journey.touchpoints[touchpoint].queue is None and not touches(loc, checker.doubtful)


def _check_kept(checker: Checker, loc: Loc, touchpoint: str, rule: Rule) -> None:
    if _has_no_queue(checker, touchpoint):
        checker.error(
            loc, "there is no server to keep", f"{touchpoint} has no queue", "give it a queue", key=True
        )
    if rule.after is not None:
        problem = "a server cannot be kept until a later contact"
        checker.error(loc, problem, "", "remove after or keep_server", key=True)
    else:
        _check_target(checker, loc[:-1], rule, "a server is kept for a next touchpoint")


def check_contacts(checker: Checker) -> None:
    """Later contacts are at touchpoints."""
    for loc, _, rule in checker.rules():
        if rule.after is not None:
            _check_target(checker, loc, rule, "a later contact is at a touchpoint")


def _check_target(checker: Checker, loc: Loc, rule: Rule, problem: str) -> None:
    """Refuse ``leave`` among the targets of a rule."""
    hint = "let a rule with a probability stand before one that leads to leave"
    if rule.to == LEAVE:
        checker.error((*loc, "to"), problem, LEAVE, hint)
    elif isinstance(rule.to, dict) and LEAVE in rule.to:
        checker.error((*loc, "to", LEAVE), problem, LEAVE, hint, key=True)


def _check_blocking(checker: Checker) -> None:
    """Warn of servers who may all be kept for customers that only such servers could serve."""
    journey = checker.journey
    serving = {
        line: {group for group, staff in journey.staff.items() if line in staff.serves}
        for line in journey.queues
    }
    keeps: list[tuple[Loc, set[str], set[str]]] = []
    for loc, name, rule in checker.rules():
        kept = {group for line in journey.lines_of(journey.touchpoints[name]) for group in serving[line]}
        for target, _ in rule.targets if rule.keep_server else ():
            if target not in journey.touchpoints:
                continue
            lines = journey.lines_of(journey.touchpoints[target])
            keeps += [(loc, kept, serving[line]) for line in lines]
    blocked = {group for _, kept, _ in keeps for group in kept}
    while True:
        still = {group for _, kept, needed in keeps if needed <= blocked for group in kept} & blocked
        if still == blocked:
            break
        blocked = still
    names = ", ".join(group for group in journey.staff if group in blocked)
    for loc in dict.fromkeys(loc for loc, _, needed in keeps if needed and needed <= blocked):
        problem = "servers kept for customers whom only such servers serve: when all are kept, nobody is left"
        checker.warn((*loc, "keep_server"), problem, names, "let another staff group serve there")
