"""What the values of a map mean together: everything that cannot be right, and what looks doubtful."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from journeysim.errors import Problem
from journeysim.journey.distributions import OTHER, SHARES_TOLERANCE, Distribution
from journeysim.journey.faults import nearest, problem_at, show
from journeysim.journey.hours import OpeningHours
from journeysim.journey.loads import overloads
from journeysim.journey.models import Journey
from journeysim.journey.routes import MAX_STEPS, Routes, all_targets, reached_by_name
from journeysim.journey.staff import RosterFile
from journeysim.journey.stations import LEAVE, Rule, Touchpoint
from journeysim.journey.strict_yaml import Document, Loc, look_up, touches
from journeysim.journey.values import show_time

MAX_PER_HOUR = 100_000
"""Most arrivals an hour, factors included: a slip of the pen beyond it, and hours of computing."""

_ON_ROUTES = {
    "segments": ("patience", "acceptable_wait"),
    "needs": ("start",),
    "queues": ("capacity", "balk", "patience"),
    "touchpoints": tuple(Touchpoint.model_fields),
}
"""Keys of each section that decide where customers can go."""


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
    checker = _Checker(journey, document, doubtful)
    checker.not_built()
    checker.shares()
    checker.references()
    checker.times()
    checker.arrivals()
    checker.queues()
    checker.rules()
    checker.distributions()
    checker.reach()
    checker.loops()
    if sound and not checker.errors:
        checker.loads()
    return checker.errors, checker.warnings


class _Checker:
    """Collects the problems of one map."""

    def __init__(self, journey: Journey, document: Document, doubtful: frozenset[Loc]) -> None:
        self.journey = journey
        self.document = document
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []
        self._doubtful = doubtful

    def _error(
        self,
        loc: Loc,
        problem: str,
        found: str = "",
        hint: str = "",
        *,
        key: bool = False,
        sure: bool = False,
    ) -> None:
        """Note an error, unless its value is doubtful; ``sure``: it does not depend on that value."""
        if sure or not touches(loc, self._doubtful):
            self.errors.append(problem_at(self.document, loc, problem, found, hint, key=key))

    def _warn(self, loc: Loc, problem: str, found: str = "", hint: str = "") -> None:
        self.warnings.append(problem_at(self.document, loc, problem, found, hint, key=True))

    def _doubt(self, section: str, *keys: str) -> bool:
        """Whether some entry of a section is doubtful as a whole, or under one of ``keys``."""
        return any(loc[0] == section and (len(loc) <= 2 or loc[2] in keys) for loc in self._doubtful if loc)

    def _names(self, section: str) -> list[str]:
        """Names defined in a section, those whose entry the format refused included."""
        written = look_up(self.document.data, (section,))
        known = [*(written if isinstance(written, dict) else ()), *getattr(self.journey, section)]
        known += [str(loc[1]) for loc in self.document.refused if len(loc) == 2 and loc[0] == section]
        return list(dict.fromkeys(known))

    def not_built(self) -> None:
        """Refuse forms whose place is kept but which do nothing yet."""
        journey = self.journey
        forms: list[tuple[Loc, bool]] = [
            (("arrivals", "appointments"), journey.arrivals.appointments is not None),
            (("arrivals", "day_cv"), journey.arrivals.day_cv != 0),
        ]
        for name, segment in journey.segments.items():
            forms.append((("segments", name, "head_start"), segment.head_start is not None))
        for name, group in journey.staff.items():
            forms.append((("staff", name, "breakdown"), group.breakdown is not None))
            if isinstance(group.count, RosterFile):
                hint = "write the counts by time of day"
                self._error(
                    ("staff", name, "count"), "a roster from a file is not built yet", "", hint, key=True
                )
        for name, queue in journey.queues.items():
            forms.append((("queues", name, "line_group"), queue.line_group is not None))
            forms.append((("queues", name, "start_with"), queue.start_with is not None))
        for name, touchpoint in journey.touchpoints.items():
            forms.append((("touchpoints", name, "wrap_up"), touchpoint.wrap_up is not None))
            for loc, rule in self._rules_of(name, touchpoint):
                forms.append(((*loc, "after"), rule.after is not None))
                forms.append(((*loc, "keep_server"), rule.keep_server))
        for loc, used in forms:
            if used:
                self._error(loc, f"{loc[-1]} is not built yet", "", "remove it", key=True)

    def shares(self) -> None:
        """Shares of segments, of needs within each segment, and of targets sum to 1."""
        journey = self.journey
        log = journey.arrivals.from_log
        segments_known = log is not None and log.segment is not None
        needs_known = log is not None and log.need is not None
        given = {name: segment.share for name, segment in journey.segments.items()}
        if not (segments_known and all(share is None for share in given.values())):
            for name, share in given.items():
                if share is None:
                    self._error(
                        ("segments", name, "share"), "the key share is missing", "", "share: 0.9", key=True
                    )
            if None not in given.values() and not self._doubt("segments", "share"):
                total = math.fsum(share or 0.0 for share in given.values())
                self._sum_to_one(("segments",), total, "the shares of the segments")
        if needs_known and all(need.share is None for need in journey.needs.values()):
            return
        for name, need in journey.needs.items():
            if need.share is None:
                self._error(("needs", name, "share"), "the key share is missing", "", "share: 0.7", key=True)
            elif isinstance(need.share, dict):
                for segment in need.share:
                    self._known(("needs", name, "share", segment), segment, "segments", key=True)
        if all(need.share is not None for need in journey.needs.values()) and not self._doubt(
            "needs", "share"
        ):
            for segment in journey.segments:
                total = math.fsum(need.share_for(segment) for need in journey.needs.values())
                self._sum_to_one(("needs",), total, f"the shares of the needs of segment {segment}")

    def references(self) -> None:
        """Every name that is used is defined."""
        journey = self.journey
        for name, need in journey.needs.items():
            self._known(("needs", name, "start"), need.start, "touchpoints")
        for name, group in journey.staff.items():
            for number, queue in enumerate(group.serves):
                loc: Loc = ("staff", name, "serves", number)
                self._known(loc, queue, "queues")
                if queue in group.serves[:number]:
                    self._error(loc, "the same queue twice", queue)
        for name, touchpoint in journey.touchpoints.items():
            here: Loc = ("touchpoints", name)
            if touchpoint.queue is not None:
                self._known((*here, "queue"), touchpoint.queue, "queues")
            for key in ("if_failed", "if_balked", "if_reneged", "if_rejected"):
                self._known((*here, key), getattr(touchpoint, key), "touchpoints", LEAVE)
            for loc, rule in self._rules_of(name, touchpoint):
                self._rule_references(loc, rule)

    def _rule_references(self, loc: Loc, rule: Rule) -> None:
        if isinstance(rule.to, dict):
            for target in rule.to:
                self._known((*loc, "to", target), target, "touchpoints", LEAVE, key=True)
            total = math.fsum(rule.to.values())
            if not touches((*loc, "to"), self._doubtful):
                self._sum_to_one((*loc, "to"), total, "the shares of a split")
        else:
            self._known((*loc, "to"), rule.to, "touchpoints", LEAVE)
        if rule.when is not None:
            for name in rule.when.segment or ():
                self._known((*loc, "when", "segment"), name, "segments")
            for name in rule.when.need or ():
                self._known((*loc, "when", "need"), name, "needs")

    def times(self) -> None:
        """Times of rosters and rates lie within the opening hours of some day."""
        if any(loc[0] == "hours" for loc in self._doubtful if loc):
            return
        hours = self._all_hours()
        recorded = self.journey.arrivals.from_log is not None
        if not recorded and not any(self.journey.arrivals.day_factor(day) > 0 for day in hours):
            self._error(("arrivals", "day_of_week"), "no day of the week is open")
            return
        opening = min(day.open_min for day in hours.values())
        closing = max(day.close_min for day in hours.values())
        rosters: list[tuple[Loc, object]] = [
            (("staff", name, "count"), group.count) for name, group in self.journey.staff.items()
        ]
        for loc, steps in [*rosters, (("arrivals", "per_hour"), self.journey.arrivals.per_hour)]:
            if not isinstance(steps, dict):
                continue
            if not steps:
                self._error(loc, "at least one time is required", "{}", "{09:00: 3}")
            for minute in steps:
                if not opening <= minute < closing:
                    span = f"{show_time(opening)} to {show_time(closing)}"
                    time = show_time(minute)
                    self._error(
                        (*loc, time), "a time outside the hours", time, f"the hours are {span}", key=True
                    )

    def _all_hours(self) -> dict[int, OpeningHours]:
        hours = {day: self.journey.hours_on(day) for day in range(7)}
        return {day: open_hours for day, open_hours in hours.items() if open_hours is not None}

    def arrivals(self) -> None:
        """Customers arrive in exactly one way, and not in absurd numbers."""
        arrivals = self.journey.arrivals
        doubt = any(loc[:1] == ("arrivals",) and loc[1:2] != ("scale",) for loc in self._doubtful)
        if (arrivals.per_hour is None) == (arrivals.from_log is None) and not doubt:
            found = "both" if arrivals.per_hour is not None else "neither"
            self._error(("arrivals",), "either per_hour or from_log is required", found, sure=True)
        factor = max((arrivals.day_factor(day) for day in self._all_hours()), default=1.0)
        peak = max((rate for _, rate in arrivals.per_hour_steps()), default=0.0) * arrivals.scale * factor
        if peak > MAX_PER_HOUR:
            problem = f"more than {MAX_PER_HOUR} arrivals an hour"
            self._error(("arrivals",), problem, f"{peak:.6g} with scale and weekday's factor")
        if arrivals.from_log is not None:
            for key in ("scale", "day_of_week"):
                if key in arrivals.model_fields_set and getattr(arrivals, key) not in (None, 1):
                    self._warn(("arrivals", key), f"{key} does nothing to recorded arrivals")
            self._recorded_hours()

    def _recorded_hours(self) -> None:
        """Recorded arrivals outside the opening hours do not enter: doubtful if some, wrong if all do."""
        recorded = self.journey.arrivals.recorded
        if recorded is None:
            return
        hours = self._all_hours()
        opening, closing = [0] * len(recorded.dates), [0] * len(recorded.dates)
        for number, day in enumerate(recorded.dates):
            if day.weekday() in hours:
                opening[number] = hours[day.weekday()].open_min
                closing[number] = hours[day.weekday()].close_min
        days = recorded.day.tolist()
        late = sum(
            not opening[day] <= minute < closing[day]
            for day, minute in zip(days, recorded.minute.tolist(), strict=True)
        )
        loc: Loc = ("arrivals", "from_log")
        if late == len(days):
            self._error(loc, "no recorded arrival falls into the opening hours", key=True)
        elif late:
            self._warn(
                loc, "recorded arrivals outside the opening hours do not enter", f"{late} of {len(days)}"
            )

    def queues(self) -> None:
        """Every queue is served and used; its balking has a reason."""
        journey = self.journey
        served = {queue for group in journey.staff.values() for queue in group.serves}
        used = {touchpoint.queue for touchpoint in journey.touchpoints.values()}
        served_known = not self._doubt("staff", "serves") and not (served - set(self._names("queues")))
        for name, queue in journey.queues.items():
            loc: Loc = ("queues", name)
            if name not in served and served_known:
                hint = f"add {name} to the serves of a staff group"
                self._error(loc, "a queue that no staff group serves", "", hint, key=True, sure=True)
            elif name not in used:
                self._warn(loc, "a queue that no touchpoint uses")
            balk = queue.balk
            if balk is None:
                continue
            if balk.at_length is None and not balk.expected_wait:
                self._error(
                    (*loc, "balk"), "at_length or expected_wait is required", "", "{at_length: 6}", key=True
                )
            if balk.expected_wait and all(s.acceptable_wait is None for s in journey.segments.values()):
                hint = "give segments an acceptable_wait"
                self._error(
                    (*loc, "balk", "expected_wait"), "no segment has an acceptable wait", "", hint, key=True
                )
            if balk.at_length is not None and queue.capacity is not None and balk.at_length >= queue.capacity:
                problem = "nobody balks at a length that finds no room"
                self._warn((*loc, "balk", "at_length"), problem, f"capacity {queue.capacity}")

    def rules(self) -> None:
        """The last rule takes everybody; names are distinct; shares are not written as probabilities."""
        for name, touchpoint in self.journey.touchpoints.items():
            rules = list(self._rules_of(name, touchpoint))
            if not rules:
                continue
            named = Counter(rule.name for _, rule in rules if rule.name is not None)
            for loc, rule in rules:
                if rule.name is not None and named[rule.name] > 1:
                    self._error((*loc, "name"), "two rules of the same name", rule.name)
            loc, last = rules[-1]
            runs = list(_share_like(touchpoint.next))
            if not last.unconditional:
                hint = "add - {to: leave}"
                if len(touchpoint.next) in {end for _, end in runs}:
                    hint = "if these are shares, write {to: {a: 0.3, b: 0.7}}"
                self._error(loc, "the last rule must take everybody", "", hint, key=True)
            for start, end in runs:
                numbers = ", ".join(f"{rule.probability:g}" for rule in touchpoint.next[start:end])
                problem = "probabilities that look meant as shares: each is of those left by the rules above"
                self._warn(rules[start][0], problem, numbers, "write {to: {a: 0.3, b: 0.7}} for shares")
            ends = [number for number, (_, rule) in enumerate(rules[:-1]) if rule.unconditional]
            if ends:
                self._warn(rules[ends[0] + 1][0], "a rule after one that takes everybody")

    def distributions(self) -> None:
        """Distributions by need or segment name known ones and leave nobody out."""
        journey = self.journey
        for outer, distribution in journey.distributions():
            for inner, part in distribution.walk():
                loc = (*outer, *inner)
                if part.by_need is not None:
                    self._choices((*loc, "by_need"), part.by_need, "needs")
                if part.by_segment is not None:
                    self._choices((*loc, "by_segment"), part.by_segment, "segments")
                if outer[-1] == "acceptable_wait" and part.is_zero_possible():
                    self._error(loc, "an acceptable wait above 0 is required")

    def _choices(self, loc: Loc, given: dict[str, Distribution], section: str) -> None:
        for name in given:
            if name != OTHER:
                self._known((*loc, name), name, section, key=True)
        missing = [name for name in self._names(section) if name not in given]
        if missing and OTHER not in given:
            hint = "add it, or other for all not named"
            self._error(loc, f"nothing is said for {section[:-1]} {missing[0]}", "", hint, key=True)

    def _resolved(self) -> bool:
        """Whether every touchpoint that something leads to is defined by a usable entry."""
        journey = self.journey
        named = {need.start for need in journey.needs.values()}
        for touchpoint in journey.touchpoints.values():
            named |= all_targets(touchpoint)
        return named <= set(journey.touchpoints)

    def reach(self) -> None:
        """Every touchpoint is reached."""
        routing = ("next", "if_failed", "if_balked", "if_reneged", "if_rejected")
        if self._doubt("touchpoints", *routing) or self._doubt("needs", "start") or not self._resolved():
            return
        reached = reached_by_name(self.journey)
        for name in self.journey.touchpoints:
            if name not in reached:
                hint = "lead a rule, an if_… or a need's start to it"
                loc: Loc = ("touchpoints", name)
                self._error(loc, "a touchpoint that nobody reaches", "", hint, key=True, sure=True)

    def loops(self) -> None:
        """Everybody is sure to leave; what is reached only on paper is doubtful."""
        doubt = any(self._doubt(section, *keys) for section, keys in _ON_ROUTES.items())
        if (
            doubt
            or not self._resolved()
            or any(error.path.startswith("touchpoints") for error in self.errors)
        ):
            return
        routes = Routes(self.journey)
        for name in self.journey.touchpoints:
            if name not in routes.reached:
                self._warn(("touchpoints", name), "a touchpoint reached only with probability 0")
        for loop in routes.loops:
            problem = "a route that never leaves"
            hint = "let one of them lead to leave, or to a touchpoint that does"
            if loop.survival < 0.999999:
                chance = f"{loop.survival:.1g}"
                problem = (
                    f"a route that returns too often: {MAX_STEPS} steps in a visit have a chance of {chance}"
                )
                hint = "lower the chance to return"
            self._error(("touchpoints", loop.touchpoints[0]), problem, str(loop), hint, key=True)

    def loads(self) -> None:
        """Warn of touchpoints with more work than their staff can do."""
        for overload in overloads(self.journey):
            names = ", ".join(overload.touchpoints)
            loc: Loc = ("touchpoints", overload.touchpoints[0])
            self._warn(loc, f"more work than capacity at {names}", str(overload), "customers will queue up")

    def _rules_of(self, name: str, touchpoint: Touchpoint) -> Iterator[tuple[Loc, Rule]]:
        for number, rule in enumerate(touchpoint.next):
            yield ("touchpoints", name, "next", number), rule

    def _known(self, loc: Loc, name: str, section: str, *also: str, key: bool = False) -> None:
        names = [*self._names(section), *also]
        if name not in names:
            self._error(loc, f"unknown {section[:-1]}", show(name), nearest(name, names), key=key)

    def _sum_to_one(self, loc: Loc, total: float, what: str) -> None:
        if abs(total - 1) > SHARES_TOLERANCE:
            self._error(loc, f"{what} must sum to 1", f"{total:.6g}", key=True, sure=True)


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
