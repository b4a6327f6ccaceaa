"""Search of the cheapest roster that meets a target: moves of one server, judged by simulation.

Pure: what a roster comes to is the business of the function that is handed in.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Generic, Protocol, TypeVar

from journeysim.units import FloatArray

Roster = tuple[int, ...]
"""Servers on duty in each slot of the day."""

Evaluate = Callable[[Sequence[Roster]], list[FloatArray]]
"""What the goal is held against for each roster: metrics by replication, all with the same luck."""

Begin = Callable[[str], None]
"""Called with what a part of the search does, before it begins."""

SWAP_REACH = 3
"""Slots between which a server is moved at most: a line that is cut here grows in the slots that follow."""
MOST_SIDEWAYS = 4
"""Moves in a row that save nothing but are better, in the hope that one saves something after them."""
ENUMERATE_BELOW = 200
"""Cheaper rosters that are all tried at the end where there are no more of them."""
_LARGEST_SPACE = 20_000
_ROUNDING = 1e-9

State = TypeVar("State")


class Goal(Protocol):
    """What a roster must reach."""

    def met(self, values: FloatArray) -> bool:
        """Whether it is reached, and chance does not explain it."""

    def nearness(self, values: FloatArray) -> float:
        """The better, the larger; minus infinity where nothing is known."""


class Space(Protocol[State]):
    """What may be chosen, and what is next to it."""

    def roster(self, state: State) -> Roster:
        """Servers in each slot."""

    def cost(self, state: State) -> float:
        """What it costs a day, in whatever unit; >= 0."""

    def additions(self, state: State) -> list[State]:
        """With one server, or shift, more."""

    def removals(self, state: State) -> list[State]:
        """With less of one server, or shift."""

    def swaps(self, state: State) -> list[State]:
        """With one server, or shift, at another time."""

    def cheaper(self, state: State, most: int) -> list[State] | None:
        """All that cost less; None where there are more than ``most``."""


@dataclass(frozen=True)
class SlotSpace:
    """Rosters without rules: any number of servers in any slot.

    Attributes
    ----------
    hours : mean hours a day of each slot, > 0; a server in it costs so many hours.
    least, most : servers in a slot.
    """

    hours: tuple[float, ...]
    least: int
    most: int

    def roster(self, state: Roster) -> Roster:
        """The state itself."""
        return state

    def cost(self, state: Roster) -> float:
        """Server hours a day."""
        return math.fsum(count * hours for count, hours in zip(state, self.hours, strict=True))

    def additions(self, state: Roster) -> list[Roster]:
        """One server more in one slot."""
        return [_moved(state, {at: 1}) for at, count in enumerate(state) if count < self.most]

    def removals(self, state: Roster) -> list[Roster]:
        """One server less in one slot."""
        return [_moved(state, {at: -1}) for at, count in enumerate(state) if count > self.least]

    def swaps(self, state: Roster) -> list[Roster]:
        """One server moved to a slot near by."""
        return [
            _moved(state, {source: -1, goal: 1})
            for source, count in enumerate(state)
            for goal, there in enumerate(state)
            if 0 < abs(source - goal) <= SWAP_REACH and count > self.least and there < self.most
        ]

    def cheaper(self, state: Roster, most: int) -> list[Roster] | None:
        """All rosters within the bounds that cost less; None where they are too many to list."""
        choices = self.most - self.least + 1
        if choices ** len(self.hours) > _LARGEST_SPACE:
            return None
        limit = self.cost(state) - _ROUNDING
        every = product(range(self.least, self.most + 1), repeat=len(self.hours))
        found = [one for one in every if self.cost(one) < limit]
        return found if len(found) <= most else None


@dataclass(frozen=True)
class Found(Generic[State]):
    """What a search came to.

    Attributes
    ----------
    state : the cheapest that meets the target; where none does, the one that comes nearest.
    values : what it came to.
    feasible : whether it meets the target, see `Goal.met`.
    proven : whether every cheaper one was simulated too and misses it.
    tried : rosters simulated.
    """

    state: State
    values: FloatArray = field(repr=False)
    feasible: bool
    proven: bool
    tried: int


class Trials:
    """Simulates rosters, none twice."""

    def __init__(self, evaluate: Evaluate) -> None:
        self._evaluate = evaluate
        self._known: dict[Roster, FloatArray] = {}

    def __len__(self) -> int:
        return len(self._known)

    def of(self, rosters: Sequence[Roster]) -> list[FloatArray]:
        """What each roster came to."""
        new = [one for one in dict.fromkeys(rosters) if one not in self._known]
        if new:
            self._known.update(zip(new, self._evaluate(new), strict=True))
        return [self._known[one] for one in rosters]


def search(
    space: Space[State],
    target: Goal,
    trials: Trials,
    starts: Sequence[State],
    *,
    fallback: State | None = None,
    enumerate_below: int = ENUMERATE_BELOW,
    begin: Begin | None = None,
) -> Found[State]:
    """Find the cheapest roster that meets a target.

    Parameters
    ----------
    space : what may be chosen.
    target : what it must reach.
    trials : what was simulated so far, and what simulates the rest.
    starts : where to begin, at least one; the cheapest of them that meets the target, or else the one that
        comes nearest.
    fallback : where to go on from if no server added helps and the target is still missed: the most there is.
    enumerate_below : how many cheaper rosters are all tried at the end, which proves the answer.
    begin : called before each part of the search.

    Notes
    -----
    From a start that misses the target, the server is added that brings most for its hours, until the target
    is met or nothing helps. Then what saves most is taken away as long as the target holds, and servers are
    moved where that is better or lets one go, until no single removal and no move saves anything; of moves
    that are only better there are at most `MOST_SIDEWAYS` in a row.
    Under common random numbers the answer depends on the luck of the replications alone.
    """
    one, say = _Search(space, target, trials), begin or (lambda _: None)
    say("where to begin")
    state = one.first(starts)
    if not one.feasible(state):
        say("adding until the target is met")
        state = one.climbed(state)
    if not one.feasible(state) and fallback is not None:
        state = one.first([state, fallback])
    if not one.feasible(state):
        return Found(state, one.values(state), False, False, len(trials))
    say("taking away and moving")
    state = one.improved(state)
    cheaper = space.cheaper(state, enumerate_below)
    if cheaper is not None:
        say(f"all {len(cheaper)} that are cheaper")
        state = one.cheapest_of(cheaper, state)
    return Found(state, one.values(state), True, cheaper is not None, len(trials))


class _Search(Generic[State]):
    def __init__(self, space: Space[State], target: Goal, trials: Trials) -> None:
        self._space, self._target, self._trials = space, target, trials

    def values(self, state: State) -> FloatArray:
        return self._trials.of([self._space.roster(state)])[0]

    def feasible(self, state: State) -> bool:
        return self._target.met(self.values(state))

    def first(self, starts: Sequence[State]) -> State:
        self._simulate(starts)
        good = [state for state in starts if self.feasible(state)]
        return min(good, key=self._place) if good else max(starts, key=self._nearness)

    def climbed(self, state: State) -> State:
        """Add where it helps most for its cost, until the target is met or nothing helps."""
        while not self.feasible(state):
            more = self._space.additions(state)
            self._simulate(more)
            good = [one for one in more if self.feasible(one)]
            if good:
                return min(good, key=self._place)
            gain, best = max(
                ((self._gain(state, one), one) for one in more),
                key=lambda pair: (pair[0], self._space.roster(pair[1])),
                default=(0.0, state),
            )
            if not gain > 0:
                return state
            state = best
        return state

    def improved(self, state: State) -> State:
        """Take away and move until nothing next to it is cheaper, with some moves that are only better."""
        sideways = 0
        while True:
            judged_by = 2 if sideways < MOST_SIDEWAYS else 1
            for neighbours in (self._space.removals, self._space.swaps):
                near = [one for one in neighbours(state) if self._cost(one) <= self._cost(state)]
                self._simulate(near)
                good = [one for one in near if self.feasible(one)]
                best = min(good, key=self._place, default=state)
                if self._place(best)[:judged_by] < self._place(state)[:judged_by]:
                    sideways = 0 if self._cost(best) < self._cost(state) else sideways + 1
                    state = best
                    break
            else:
                return state

    def cheapest_of(self, states: Sequence[State], best: State) -> State:
        """The best of those listed that meets the target, cheapest first; ``best`` where none does."""
        for batch in _by_cost(states, self._cost):
            self._simulate(batch)
            good = [one for one in batch if self.feasible(one)]
            if good:
                return min(good, key=self._place)
        return best

    def _simulate(self, states: Sequence[State]) -> None:
        self._trials.of([self._space.roster(one) for one in states])

    def _cost(self, state: State) -> float:
        # Sums of the same hours in another order must not look cheaper.
        return round(self._space.cost(state), 9)

    def _nearness(self, state: State) -> float:
        return self._target.nearness(self.values(state))

    def _place(self, state: State) -> tuple[float, float, Roster]:
        """Cheap before dear, of as cheap ones the better."""
        return self._cost(state), -self._nearness(state), self._space.roster(state)

    def _gain(self, old: State, new: State) -> float:
        before, after = self._nearness(old), self._nearness(new)
        if math.isinf(before):
            return math.inf if after > before else 0.0
        return (after - before) / max(self._cost(new) - self._cost(old), _ROUNDING)


def _moved(roster: Roster, changes: dict[int, int]) -> Roster:
    return tuple(count + changes.get(at, 0) for at, count in enumerate(roster))


def _by_cost(states: Sequence[State], cost: Callable[[State], float]) -> Iterator[list[State]]:
    """Those of the same cost together, cheapest first."""
    groups: dict[float, list[State]] = {}
    for state in states:
        groups.setdefault(cost(state), []).append(state)
    for price in sorted(groups):
        yield groups[price]
