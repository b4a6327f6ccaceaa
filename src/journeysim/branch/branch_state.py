"""Who and what is in the branch on the reference engine: customers, servers, queues, groups and their luck.

Customers and busy servers are SimPy events, which call the engine when their time is up. (Python finds an
attribute in a slot several times as fast as one for which the class has a default.)
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from simpy import Event

from journeysim.branch.draws import StepDraws
from journeysim.branch.plan import NO_LIMIT, Plan, QueuePlan

# What goes first among events of one moment, arrivals being last; the visit's address is added to it.
CLOSING = 0
CAPACITY = 1 << 48
END_OF_SERVICE = 2 << 48
END_OF_PATIENCE = 3 << 48

Callbacks = list[Callable[[Any], None]]


class Happening(Event):
    """An event that is certain to happen at its tick.

    SimPy's own Timeout is such an event too, but it schedules itself when it is made, without a priority.
    """

    __slots__ = ("_ok", "callbacks", "tick")
    _value = None

    def __init__(self, callbacks: Callbacks, tick: int) -> None:
        self._ok = True
        self.callbacks = callbacks
        self.tick = tick


class Visit(Happening):
    """A customer in the branch, and the event that ends the service in hand.

    ``luck``, ``queue``, ``joined``, ``seen`` and ``group`` are those of the present step, as `StepArrays` has
    them, and ``place`` is where the record has it, if it is not plain; ``keeps`` are servers of earlier steps
    who wait for its end.
    """

    __slots__ = (
        "address", "gives_up", "group", "has_failed", "joined", "keeps", "line", "luck", "number", "place",
        "precedence", "queue", "returns", "seen", "segment", "waited",
    )  # fmt: skip
    luck: StepLuck
    joined: int
    seen: int
    group: Group
    place: int
    queue: Queue
    gives_up: int

    def __init__(self, number: int, address: int, segment: int) -> None:
        self._ok = True
        self.number = number
        self.address = address
        self.precedence = END_OF_SERVICE + address
        self.segment = segment
        self.waited = 0
        self.has_failed = False
        self.line: deque[Visit] | None = None
        self.keeps: list[Hold] | None = None
        self.returns: dict[int, int] | None = None


class Hold(Happening):
    """A server who is busy after a service: kept by the customer, then wrapping up; ends the wrap-up.

    ``place`` is that of the service in the record.
    """

    __slots__ = ("group", "place", "precedence", "wrap_up")

    def __init__(self, group: Group, place: int, wrap_up: int, precedence: int) -> None:
        self._ok = True
        self.group = group
        self.place = place
        self.wrap_up = wrap_up
        self.precedence = precedence


class Queue:
    """People waiting, in lines as the plan has them, and the groups that serve them, by who takes first.

    ``of_segment`` has each segment's line; it is None where more than the segment decides.
    """

    __slots__ = (
        "being_served", "groups", "has_head_starts", "kinds", "lines", "number", "of_segment", "plan",
        "takes_all", "waiting",
    )  # fmt: skip

    def __init__(self, number: int, plan: QueuePlan, groups: list[Group]) -> None:
        self.number = number
        self.plan = plan
        self.groups = [groups[group] for group in plan.groups]
        self.takes_all = plan.capacity == NO_LIMIT and not plan.balks
        self.waiting = 0
        self.being_served = 0
        self.lines: list[deque[Visit]] = [deque() for _ in plan.lines]
        self.kinds = list(plan.lines)
        self.of_segment: list[deque[Visit]] | None = [self.lines[line] for line in plan.line_of_segment]
        self.has_head_starts = plan.has_head_starts

    def next_line(self) -> deque[Visit]:
        """The line whose first customer is next: of the best level, who has joined first, head start counted.

        Of equals, the one who truly joined first.
        """
        waiting = [(line, people) for line, people in zip(self.kinds, self.lines, strict=True) if people]
        level = waiting[0][0].level
        same = [(line, people) for line, people in waiting if line.level == level]
        return min(same, key=lambda pair: (pair[1][0].joined - pair[0].head_start, pair[1][0].joined))[1]


class Group:
    """A staff group: how many are on duty and how many of them free (below 0 where a roster has fallen)."""

    __slots__ = ("free", "number", "on_duty", "queues")

    def __init__(self, number: int) -> None:
        self.number = number
        self.on_duty = 0
        self.free = 0
        self.queues: list[Queue] = []


class StepLuck:
    """A touchpoint on a day as those find it who come there for the k-th time: its queue, and their luck.

    ``queue`` is None where there is none or several lines. Most steps are plain: the service cannot fail, at
    its end the server is free, and where the customer goes does not depend on the visit so far.
    """

    __slots__ = (
        "balks", "goes_to", "is_plain", "lines", "outcome", "patience", "point", "queue", "service",
        "touchpoint", "wrap_up",
    )  # fmt: skip

    def __init__(
        self, plan: Plan, touchpoint: int, queues: list[Queue], draws: StepDraws, visits: slice
    ) -> None:
        self.touchpoint = touchpoint
        self.point = plan.touchpoint_plans[touchpoint]
        self.lines = [queues[number] for number in self.point.queues]
        self.queue = self.lines[0] if len(self.lines) == 1 else None
        self.service = draws.lists.service[visits]
        self.patience = draws.lists.patience[visits]
        self.balks = draws.lists.balks[visits]
        self.outcome = draws.lists.outcome[visits]
        self.goes_to = [of_situation[visits] for of_situation in draws.lists.goes_to]
        wraps_up = any(wrap_up is not None for wrap_up in self.point.wrap_up)
        self.wrap_up = draws.lists.wrap_up[visits] if wraps_up else None
        self.is_plain = touchpoint in plan.plain_touchpoints
