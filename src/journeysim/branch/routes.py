"""Where a customer goes next: a touchpoint's ``next`` rules, compiled.

A route depends on the customer's class and on the *situation*: whether something failed before in this visit
and which of the touchpoint's ``waited_over`` limits the visit has passed. For each of them the rules come
down to a split of the unit interval, so that one number per step decides.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import product

import numpy as np

from journeysim.journey import Distribution, Journey, Rule, Touchpoint
from journeysim.units import BoolArray, FloatArray, IntArray, to_ticks

LEAVE = -1
KEEPS_SERVER = 1 << 20
"""Added to a target where the server waits while the customer is there."""


@dataclass(frozen=True)
class FollowUp:
    """A rule by which the visit ends and the case's next contact comes on a later day.

    Attributes
    ----------
    origin, rule : touchpoint by name, and the place of the rule in its list.
    touchpoint : where the next contact starts.
    delay : by class; a duration in minutes or a distribution of it.
    """

    origin: str
    rule: int
    touchpoint: int
    delay: tuple[float | Distribution, ...]

    @staticmethod
    def target(number: int) -> int:
        """The target that stands in routes for the follow-up of that number; below `LEAVE`."""
        return LEAVE - 1 - number

    @staticmethod
    def number(target: int) -> int:
        """Number of the follow-up that a target below `LEAVE` stands for."""
        return LEAVE - 1 - target


@dataclass(frozen=True)
class Route:
    """The compiled rules of one touchpoint.

    Attributes
    ----------
    asks_failed : whether any rule asks for an earlier failure.
    waited_limits : ticks, ascending; the limits that rules ask for.
    bounds : shape (classes, situations, branches), upper ends of the split; infinite from the last branch on.
    targets : like ``bounds``, touchpoint numbers (`KEEPS_SERVER` added where it does), `LEAVE`, or the
        target of a `FollowUp`.
    """

    asks_failed: bool
    waited_limits: tuple[int, ...]
    bounds: FloatArray
    targets: IntArray

    @property
    def situations(self) -> int:
        """Number of situations that the rules tell apart."""
        return int(self.bounds.shape[1])

    @property
    def keeps_servers(self) -> bool:
        """Whether any branch keeps the server."""
        return bool((self.targets >= KEEPS_SERVER).any())

    def situation(self, has_failed: bool, waited: int) -> int:
        """Number of the situation of a visit that has waited for so many ticks in all."""
        passed = bisect_left(self.waited_limits, waited)
        return (len(self.waited_limits) + 1) * (self.asks_failed and has_failed) + passed

    def choose(self, u: FloatArray, classes: IntArray, situation: int) -> IntArray:
        """Next touchpoint of each customer, were they in the given situation.

        Parameters
        ----------
        u : shape (people,), each one's number.
        classes : shape (people,).

        Returns
        -------
        shape (people,), as in ``targets``.
        """
        branch = (u[:, None] >= self.bounds[classes, situation]).sum(axis=1)
        chosen: IntArray = self.targets[classes, situation, branch]
        return chosen


def find_follow_ups(journey: Journey) -> tuple[FollowUp, ...]:
    """All rules with ``after``, one for each of their targets, in map order."""
    number = {name: i for i, name in enumerate(journey.touchpoints)}
    classes = list(product(journey.segments, journey.needs))
    return tuple(
        FollowUp(
            origin=name,
            rule=place,
            touchpoint=number[target],
            delay=tuple(
                rule.after.resolve(*klass) if isinstance(rule.after, Distribution) else rule.after
                for klass in classes
            ),
        )
        for name, touchpoint in journey.touchpoints.items()
        for place, rule in enumerate(touchpoint.next)
        for target, _ in rule.targets
        if rule.after is not None and target in number
    )


def compile_route(
    name: str, touchpoint: Touchpoint, journey: Journey, follow_ups: tuple[FollowUp, ...]
) -> Route:
    """Compile a touchpoint's rules for every class and situation."""
    number = {target: i for i, target in enumerate(journey.touchpoints)}
    ends_in = {(f.origin, f.rule, f.touchpoint): FollowUp.target(i) for i, f in enumerate(follow_ups)}

    def encode(place: int, target: str) -> int:
        if target not in number:
            return LEAVE
        later = ends_in.get((name, place, number[target]))
        if later is not None:
            return later
        return number[target] + (KEEPS_SERVER if touchpoint.next[place].keep_server else 0)

    conditions = [rule.when for rule in touchpoint.next if rule.when is not None]
    asks_failed = any(condition.failed_before is not None for condition in conditions)
    limits = sorted({c.waited_over_min for c in conditions if c.waited_over_min is not None})
    situations = list(product([False, True] if asks_failed else [False], range(len(limits) + 1)))
    splits = []
    for segment, need in product(journey.segments, journey.needs):
        for failed, passed in situations:
            passed_limits = frozenset(limits[:passed])
            holding = [
                (rule, [(encode(place, target), share) for target, share in rule.targets])
                for place, rule in enumerate(touchpoint.next)
                if _holds(rule, segment, need, failed, passed_limits)
            ]
            splits.append(_split(holding))
    width = max(len(split) for split in splits)
    shape = (len(journey.segments) * len(journey.needs), len(situations), width)
    bounds = np.array([[b for b, _ in s] + [np.inf] * (width - len(s)) for s in splits])
    targets = np.array([[t for _, t in s] + [LEAVE] * (width - len(s)) for s in splits], dtype=np.int64)
    return Route(
        asks_failed=asks_failed,
        waited_limits=tuple(to_ticks(limit) for limit in limits),
        bounds=bounds.reshape(shape),
        targets=targets.reshape(shape),
    )


def _holds(rule: Rule, segment: str, need: str, failed: bool, passed_limits: frozenset[float]) -> bool:
    when = rule.when
    return when is None or (
        (when.segments is None or segment in when.segments)
        and (when.needs is None or need in when.needs)
        and (when.failed_before is None or when.failed_before == failed)
        and (when.waited_over_min is None or when.waited_over_min in passed_limits)
    )


def _split(rules: list[tuple[Rule, list[tuple[int, float]]]]) -> list[tuple[float, int]]:
    """Rules, each taking its probability of those left, as (upper bound, target) in order."""
    split: list[tuple[float, int]] = []
    taken = 0.0
    left = 1.0
    for rule, targets in rules:
        for target, share in targets:
            mass = left * rule.probability * share
            if mass > 0:
                taken += mass
                split.append((taken, target))
        left *= 1.0 - rule.probability
        if left <= 0:
            break
    if left > 0:
        split.append((np.inf, LEAVE))
    # Rounding must not leave a sliver beyond the last share.
    split[-1] = (np.inf, split[-1][1])
    return split


def edges(routes: list[Route], fallbacks: list[set[int]]) -> BoolArray:
    """Which touchpoint can lead to which.

    Parameters
    ----------
    routes : by touchpoint.
    fallbacks : by touchpoint, the targets of its ``if_failed`` and the like.

    Returns
    -------
    shape (classes, touchpoints, touchpoints), True where a customer of the class can go from one to another.
    """
    classes, count = routes[0].bounds.shape[0], len(routes)
    leads = np.zeros((classes, count, count), dtype=bool)
    for origin, (route, others) in enumerate(zip(routes, fallbacks, strict=True)):
        for klass in range(classes):
            ends = set(route.targets[klass].ravel().tolist()) | others
            leads[klass, origin, [end % KEEPS_SERVER for end in ends if end > LEAVE]] = True
    return leads


def closure(leads: BoolArray) -> BoolArray:
    """Which touchpoint can lead to which in one step or more; same shape as ``leads``."""
    reach = leads.copy()
    for middle in range(leads.shape[-1]):
        reach |= reach[..., :, middle, None] & reach[..., None, middle, :]
    return reach
