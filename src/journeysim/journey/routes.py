"""Routes through a map: what can be reached, and whether every customer is sure to leave.

What happens to a customer at a touchpoint depends on luck (a service fails, a rule applies) and on how full
the branch is (there is no room, patience runs out). Luck is counted with its probabilities; fullness is
taken at its worst, so a map that passes is left by everybody whatever the demand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from journeysim.journey.distributions import SHARES_TOLERANCE
from journeysim.journey.flow import route
from journeysim.journey.sources import kinds_who_come
from journeysim.journey.stations import LEAVE, Touchpoint

if TYPE_CHECKING:
    from collections.abc import Iterable

    from journeysim.journey.models import Journey, Segment
    from journeysim.units import FloatArray

MAX_STEPS = 1000
"""Steps in one visit beyond which the simulation stops with an error."""

NEGLIGIBLE = 1e-12
"""Probability that a visit takes more than `MAX_STEPS` steps below which a map is accepted."""

MAX_SHOWN = 8
"""Touchpoints of a loop that a message names."""


@dataclass(frozen=True)
class Loop:
    """A way round from which some customers do not leave, or hardly.

    Parameters
    ----------
    touchpoints : on the way round, the first in the map's order first.
    outcomes : how each is left on the way to the next, such as ``rejected``.
    survival : largest probability of more than `MAX_STEPS` steps.
    """

    touchpoints: tuple[str, ...]
    outcomes: tuple[str, ...]
    survival: float

    def __str__(self) -> str:
        steps = [f"{name} ({outcome})" for name, outcome in zip(self.touchpoints, self.outcomes, strict=True)]
        if len(steps) > MAX_SHOWN:
            steps = [*steps[:MAX_SHOWN], f"{len(steps) - MAX_SHOWN} more"]
        return " → ".join([*steps, self.touchpoints[0]])


@dataclass(frozen=True)
class _Way:
    """One thing that may happen at a state: its name, where luck then leads, and to which later contacts."""

    outcome: str
    targets: tuple[tuple[int, float], ...]
    later: tuple[tuple[int, float], ...] = ()

    def onward(self) -> tuple[tuple[int, float], ...]:
        """Where the case may go on, in this visit or a later one."""
        return self.targets + self.later

    def scaled(self, factor: float) -> _Way:
        """Return the same with all probabilities times ``factor``."""
        return _Way(
            self.outcome,
            tuple((state, probability * factor) for state, probability in self.targets),
            tuple((state, probability * factor) for state, probability in self.later),
        )


def all_targets(touchpoint: Touchpoint) -> set[str]:
    """Every touchpoint that a touchpoint names as a way on, however unlikely."""
    named = {touchpoint.if_failed, touchpoint.if_balked, touchpoint.if_reneged, touchpoint.if_rejected}
    for rule in touchpoint.next:
        named.update(name for name, _ in rule.targets)
    return named - {LEAVE}


def starting_touchpoints(journey: Journey) -> list[str]:
    """Touchpoints for which somebody waits when the doors open."""
    return [queue.start_with.touchpoint for queue in journey.queues.values() if queue.start_with is not None]


def reached_by_name(journey: Journey) -> set[str]:
    """Touchpoints that some start and ways on lead to, however unlikely."""
    frontier = [need.start for need in journey.needs.values()] + starting_touchpoints(journey)
    reached: set[str] = set()
    while frontier:
        name = frontier.pop()
        if name not in reached:
            reached.add(name)
            frontier += all_targets(journey.touchpoints[name])
    return reached


class Routes:
    """Everything that can happen to every kind of customer of a map whose references are known to hold.

    Attributes
    ----------
    reached : touchpoints reached with a probability above 0.
    loops : ways round from which not all leave soon enough.
    endless : ways round over later contacts from which no case ever ends unless somebody waits; touchpoints.
    """

    def __init__(self, journey: Journey) -> None:
        self._journey = journey
        self._names = list(journey.touchpoints)
        self._index = {name: number for number, name in enumerate(self._names)}
        self.reached: set[str] = set()
        self.loops: list[Loop] = []
        self.endless: list[tuple[str, ...]] = []
        self._walk()

    def _walk(self) -> None:
        seen: set[tuple[object, ...]] = set()
        coming = kinds_who_come(self._journey)
        at_opening = [self._index[name] for name in starting_touchpoints(self._journey)]
        for segment_name, segment in self._journey.segments.items():
            for need_name, need in self._journey.needs.items():
                ways = self._ways(segment_name, segment, need_name)
                starts = [self._index[need.start], *at_opening]
                reached = _reached(ways, starts)
                if (segment_name, need_name) in coming:
                    self.reached.update(self._names[state % len(self._names)] for state in reached)
                key = (need.start, tuple(map(tuple, ways)))
                if key in seen:
                    continue
                seen.add(key)
                self._find_loops(ways, sorted(reached))
                self._find_endless(ways, sorted(reached))

    def _ways(self, segment_name: str, segment: Segment, need: str) -> list[list[_Way]]:
        """For each state (touchpoint, then touchpoint after a failure) what may happen there.

        The first of each is a service without any wait.
        """
        count = len(self._names)
        return [
            self._ways_at(touchpoint, segment_name, segment, need, failed)
            for failed in (0, count)
            for touchpoint in self._journey.touchpoints.values()
        ]

    def _ways_at(
        self, touchpoint: Touchpoint, segment_name: str, segment: Segment, need: str, failed: int
    ) -> list[_Way]:
        joined = self._services(touchpoint, segment_name, need, failed)
        if touchpoint.queue is None:
            return joined
        # Lines of a group differ in nothing that matters here but room and length, so any may turn away.
        lines = [self._journey.queues[name] for name in self._journey.lines_of(touchpoint)]
        queue = lines[0]
        if queue.patience is not None or (segment.patience is not None and not queue.never_reneges):
            joined.append(_Way("reneged", self._to(touchpoint.if_reneged, 1.0, failed)))
        ways = list(joined)
        if any(line.capacity is not None for line in lines):
            ways.append(_Way("rejected", self._to(touchpoint.if_rejected, 1.0, failed)))
        balks = [line.balk for line in lines if line.balk is not None and line.balk.probability > 0]
        can_balk = any(
            balk.at_length is not None or (balk.expected_wait and segment.acceptable_wait is not None)
            for balk in balks
        )
        if can_balk:
            probability = balks[0].probability
            away = self._to(touchpoint.if_balked, probability, failed)
            for way in joined if probability < 1 else [_Way("", ())]:
                kept = way.scaled(1 - probability)
                outcome = f"balked or {way.outcome}" if way.outcome else "balked"
                ways.append(_Way(outcome, away + kept.targets, kept.later))
        return ways

    def _services(self, touchpoint: Touchpoint, segment: str, need: str, failed: int) -> list[_Way]:
        limits = sorted(
            {
                rule.when.waited_over_min
                for rule in touchpoint.next
                if rule.when is not None and rule.when.waited_over_min is not None
            }
        )
        ways: dict[_Way, None] = {}
        for waited in (0.0, *(limit + 1 for limit in limits)):
            targets: list[tuple[int, float]] = []
            later: list[tuple[int, float]] = []
            if touchpoint.fails < 1:
                goals = route(touchpoint, segment, need, failed_before=failed > 0, waited_min=waited)
                for goal, probability in goals.items():
                    chance = probability * (1 - touchpoint.fails)
                    if goal.later:
                        later += self._to(goal.touchpoint, chance, 0)
                    else:
                        targets += self._to(goal.touchpoint, chance, failed)
            targets += self._to(touchpoint.if_failed, touchpoint.fails, len(self._names))
            outcome = (
                "served"
                if touchpoint.fails == 0
                else "failed"
                if touchpoint.fails == 1
                else "served or failed"
            )
            ways[_Way(outcome, tuple(targets), tuple(later))] = None
        return list(ways)

    def _to(self, name: str, probability: float, failed: int) -> tuple[tuple[int, float], ...]:
        if name == LEAVE or probability == 0:
            return ()
        return ((self._index[name] + failed, probability),)

    def _find_loops(self, ways: list[list[_Way]], reached: list[int]) -> None:
        for group in _cyclic_groups(ways, reached):
            survival, choice = _worst_survival(ways, group)
            worst = max(survival.values())
            if worst > NEGLIGIBLE:
                loop = self._named(choice, survival, worst)
                if all(set(loop.touchpoints) != set(other.touchpoints) for other in self.loops):
                    self.loops.append(loop)

    def _find_endless(self, ways: list[list[_Way]], reached: list[int]) -> None:
        """Note ways round from which a case goes on and on as long as everybody is served at once."""
        at_once = [of_state[:1] for of_state in ways]
        stuck = set(reached) - _may_end(at_once, reached)
        for group in _cyclic_groups(at_once, sorted(stuck), over_contacts=True):
            names = tuple(dict.fromkeys(self._names[state % len(self._names)] for state in group))
            if not self.loops and names not in self.endless:
                self.endless.append(names)

    def _named(self, choice: dict[int, _Way], survival: dict[int, float], worst: float) -> Loop:
        """Follow the likeliest ways on among the worst until they close."""
        state = max(survival, key=lambda candidate: (survival[candidate], -candidate))
        path: list[int] = []
        while state not in path:
            path.append(state)
            onward = [target for target in choice[state].targets if target[0] in survival]
            state = max(onward, key=lambda target: (target[1] * survival[target[0]], -target[0]))[0]
        circle = path[path.index(state) :]
        first = min(range(len(circle)), key=lambda place: circle[place] % len(self._names))
        circle = circle[first:] + circle[:first]
        names = tuple(self._names[state % len(self._names)] for state in circle)
        return Loop(names, tuple(choice[state].outcome for state in circle), worst)


def _reached(ways: list[list[_Way]], starts: Iterable[int]) -> set[int]:
    frontier, reached = list(starts), set()
    while frontier:
        state = frontier.pop()
        if state not in reached:
            reached.add(state)
            frontier += [target for way in ways[state] for target, _ in way.onward()]
    return reached


def _may_end(ways: list[list[_Way]], states: Iterable[int]) -> set[int]:
    """States from which a case may end: something may happen after which not all go on."""
    leads_to: dict[int, set[int]] = {}
    frontier: list[int] = []
    for state in states:
        for way in ways[state]:
            if sum(probability for _, probability in way.onward()) < 1 - SHARES_TOLERANCE:
                frontier.append(state)
            for target, _ in way.onward():
                leads_to.setdefault(target, set()).add(state)
    ending: set[int] = set()
    while frontier:
        state = frontier.pop()
        if state not in ending:
            ending.add(state)
            frontier += leads_to.get(state, ())
    return ending


def _cyclic_groups(
    ways: list[list[_Way]], states: Iterable[int], *, over_contacts: bool = False
) -> list[list[int]]:
    """Groups of states that lead to one another (strongly connected, by Tarjan's algorithm, no recursion).

    Within a visit, or over the later contacts of a case.
    """
    edges = {
        state: sorted(
            {target for way in ways[state] for target, _ in (way.onward() if over_contacts else way.targets)}
        )
        for state in states
    }
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    groups: list[list[int]] = []
    for root, onward in edges.items():
        if root in order:
            continue
        work = [(root, iter(onward))]
        order[root] = low[root] = len(order)
        stack.append(root)
        on_stack.add(root)
        while work:
            state, targets = work[-1]
            target = next(targets, None)
            if target is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[state])
                if low[state] == order[state]:
                    position = stack.index(state)
                    group = stack[position:]
                    del stack[position:]
                    on_stack.difference_update(group)
                    if len(group) > 1 or state in edges[state]:
                        groups.append(sorted(group))
            elif target not in order:
                order[target] = low[target] = len(order)
                stack.append(target)
                on_stack.add(target)
                work.append((target, iter(edges[target])))
            elif target in on_stack:
                low[state] = min(low[state], order[target])
    return groups


def _worst_survival(ways: list[list[_Way]], group: list[int]) -> tuple[dict[int, float], dict[int, _Way]]:
    """Largest probability of still being in ``group`` after `MAX_STEPS` steps, and the way that leads to it.

    Returns
    -------
    for each state of the group: the probability, and the way taken first.

    References
    ----------
    Puterman (1994), Markov Decision Processes, chapter 4: backward induction.
    """
    position = {state: number for number, state in enumerate(group)}
    flat = [way for state in group for way in ways[state]]
    starts = np.cumsum([0, *(len(ways[state]) for state in group)])[:-1]
    matrix: FloatArray = np.zeros((len(flat), len(group)))
    for row, way in enumerate(flat):
        for target, probability in way.targets:
            if target in position:
                matrix[row, position[target]] += probability
    survival = np.ones(len(group))
    for _ in range(MAX_STEPS):
        # Dividing by the largest keeps the choice among ways sharp long after it stopped to matter.
        before = survival
        survival = np.maximum.reduceat(matrix @ before, starts)
        if survival.max() <= NEGLIGIBLE or np.array_equal(survival, before):
            break
    values = matrix @ before
    ends = [*starts[1:], len(flat)]
    best = [int(start + np.argmax(values[start:end])) for start, end in zip(starts, ends, strict=True)]
    return (
        {state: float(survival[number]) for number, state in enumerate(group)},
        {state: flat[best[number]] for number, state in enumerate(group)},
    )
