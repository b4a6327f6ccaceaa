"""The reference engine: one branch day on SimPy, as the rules of the branch day say.

``(plan, draws) -> steps``, deterministic. All times are whole ticks, held as Python integers. Events run by
(time, kind, visit address), which SimPy's ``schedule(priority=...)`` carries. There is no generator per
customer: a visit is itself the event that ends its present service, and the methods below are its callbacks.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, NoReturn

from simpy import Environment, Event

from journeysim.branch.draws import Draws, StepDraws
from journeysim.branch.plan import NO_LIMIT, NO_QUEUE, Outcome, Plan, QueuePlan
from journeysim.branch.routes import LEAVE
from journeysim.branch.steps import NONE, StepArrays
from journeysim.errors import RouteError
from journeysim.units import NEVER

MOST_STEPS = 1_000
"""A visit that takes more steps than this is going round in circles."""

_SERVED, _FAILED = int(Outcome.SERVED), int(Outcome.FAILED)
_BALKED, _RENEGED = int(Outcome.BALKED), int(Outcome.RENEGED)
_REJECTED, _CLOSED = int(Outcome.REJECTED), int(Outcome.CLOSED)


# What goes first among events of one moment; the visit's address is added to it.
_CLOSING = 0
_ROSTER = 1 << 48
_END_OF_SERVICE = 2 << 48
_END_OF_PATIENCE = 3 << 48
_ARRIVAL = 4 << 48


class NeedsMoreDraws(Exception):
    """A visit comes to a touchpoint more often than was drawn."""

    def __init__(self, visit: int, touchpoint: int, occurrence: int) -> None:
        self.visit, self.touchpoint, self.occurrence = visit, touchpoint, occurrence
        super().__init__(f"visit {visit} needs occurrence {occurrence} of touchpoint {touchpoint}")


def simulate_day(plan: Plan, draws: Draws, first: int, last: int) -> StepArrays:
    """Simulate one branch day.

    Parameters
    ----------
    first, last : the visits of the day are ``first`` up to but without ``last`` in ``draws``.

    Returns
    -------
    Every step of every visit, by visit, then step; visits numbered as in ``draws``.

    Raises
    ------
    NeedsMoreDraws
        if a visit returns to a touchpoint more often than was drawn.
    RouteError
        if a visit takes more than `MOST_STEPS` steps.
    """
    return _Day(plan, draws, first, last).run()


class _Happening(Event):
    """An event that is certain to happen at its tick.

    SimPy's own Timeout is such an event too, but it schedules itself when it is made, without a priority.
    """

    _ok = True
    _value = None
    tick: int

    def __init__(self, env: Environment, callbacks: list[Callable[[Any], None]]) -> None:
        self.env = env
        self.callbacks = callbacks


class _Visit(_Happening):
    """A customer in the branch, and the event that ends the service in hand.

    ``joined``, ``seen``, ``started`` and ``group`` are those of the present step, as `StepArrays` has them.
    """

    touchpoint: int
    luck: _StepLuck
    joined: int
    seen: int
    started: int
    group: int
    queue: _Queue
    gives_up: int

    def __init__(self, day: _Day, number: int) -> None:
        self.number = number
        self.address = day.address[number]
        self.segment = day.segment[number]
        self.step = 0
        self.waited = 0
        self.has_failed = False
        self.line: OrderedDict[_Visit, None] | None = None
        self.occurrences: dict[int, int] | None = None


_Deadline = tuple[int, int, _Visit]
"""Tick and precedence of the moment at which a waiting customer gives up."""


class _Queue:
    """People waiting, in lines of falling precedence."""

    __slots__ = ("lines", "plan", "takes_all", "waiting")

    def __init__(self, plan: QueuePlan) -> None:
        self.plan = plan
        self.takes_all = plan.capacity == NO_LIMIT and not plan.balks
        self.waiting = 0
        self.lines: list[OrderedDict[_Visit, None]] = [OrderedDict() for _ in range(plan.lines)]


class _StepLuck:
    """The draws of one touchpoint and occurrence for one day, as lists, which Python reads fastest."""

    __slots__ = ("balks", "fails", "goes_to", "patience", "service")

    def __init__(self, draws: StepDraws, first: int, last: int) -> None:
        self.service: list[int] = draws.service[first:last].tolist()
        self.patience: list[int] = draws.patience[first:last].tolist()
        self.fails: list[bool] = draws.fails[first:last].tolist()
        self.balks: list[bool] = draws.balks[first:last].tolist()
        self.goes_to: list[list[int]] = draws.goes_to[:, first:last].tolist()


class _Day:
    """The branch on one day."""

    def __init__(self, plan: Plan, draws: Draws, first: int, last: int) -> None:
        arrivals = draws.arrivals
        self.plan = plan
        self.draws = draws
        self.first, self.last = first, last
        self.env = Environment(plan.opens)
        self.put: Callable[[Event, Any, int], None] = self.env.schedule
        self.now = plan.opens
        self.arrival: list[int] = arrivals.tick[first:last].tolist()
        self.address: list[int] = arrivals.order[first:last].tolist()
        self.segment: list[int] = arrivals.segment[first:last].tolist()
        self.start: list[int] = plan.start[arrivals.need[first:last]].tolist()
        self.acceptable_wait: list[int] = draws.acceptable_wait[first:last].tolist()
        self.touchpoints = plan.touchpoint_plans
        self.luck: list[list[_StepLuck]] = [[] for _ in plan.touchpoints]
        self.only_luck = [
            None if point.on_cycle else _StepLuck(drawn[0], first, last)
            for point, drawn in zip(plan.touchpoint_plans, draws.steps, strict=True)
        ]
        self.queues = [_Queue(queue) for queue in plan.queue_plans]
        self.queue_of = [None if p.queue == NO_QUEUE else self.queues[p.queue] for p in self.touchpoints]
        self.serves = [[self.queues[queue] for queue in group.serves] for group in plan.group_plans]
        self.busy = [0] * len(plan.groups)
        self.count = [0] * len(plan.groups)
        self.is_closed = False
        self.arrived = 0
        self.record: list[int] = []
        self.deadlines: list[_Deadline] = []
        self.due: list[_Deadline] = []
        # SimPy empties an event's reference to its callbacks, never the list: each kind shares one.
        # (Every callback notes the tick, since reading the environment's clock costs a call each time.)
        self.on_end_of_service: list[Callable[[Any], None]] = [self.end_service]
        self.on_end_of_patience: list[Callable[[Any], None]] = [self.end_patience]
        self.on_arrival: list[Callable[[Any], None]] = [self.arrive]
        self.next_arrival = _Happening(self.env, self.on_arrival)

    def run(self) -> StepArrays:
        self.schedule_roster()
        self.schedule(_Happening(self.env, [self.close]), _CLOSING, self.plan.closes)
        self.schedule_arrival()
        self.env.run()
        self.send_home_who_still_waits()
        return StepArrays.from_record(self.record, self.first)

    def schedule(self, event: _Happening, precedence: int, tick: int) -> None:
        """Let an event happen at a tick, after all of lower precedence at that tick."""
        event.tick = tick
        self.put(event, precedence, tick - self.now)

    # -- rule 4: rosters ---------------------------------------------------------------------------------

    def schedule_roster(self) -> None:
        changes: dict[int, list[tuple[int, int]]] = {}
        for group, group_plan in enumerate(self.plan.group_plans):
            for tick, count in zip(
                group_plan.roster_ticks.tolist(), group_plan.roster_counts.tolist(), strict=True
            ):
                changes.setdefault(tick, []).append((group, count))
        for tick, counts in changes.items():
            self.schedule(_Happening(self.env, [self.roster_change(counts)]), _ROSTER, tick)

    def roster_change(self, counts: list[tuple[int, int]]) -> Callable[[_Happening], None]:
        def change(event: _Happening) -> None:
            self.now = event.tick
            for group, count in counts:
                self.count[group] = count
            for group in range(len(self.count)):
                self.take_next(group)

        return change

    # -- rules 1 and 2: arrivals and steps ----------------------------------------------------------------

    def schedule_arrival(self) -> None:
        if self.arrived < len(self.arrival):
            self.next_arrival.callbacks = self.on_arrival
            number = self.arrived
            self.schedule(self.next_arrival, _ARRIVAL + self.address[number], self.arrival[number])

    def arrive(self, event: _Happening) -> None:
        self.now = event.tick
        visit = _Visit(self, self.arrived)
        self.arrived += 1
        self.schedule_arrival()
        self.go_to(visit, self.start[visit.number])

    def go_to(self, visit: _Visit, touchpoint: int) -> None:
        """Take steps until one takes time or the customer leaves."""
        while touchpoint != LEAVE:
            visit.step += 1
            if visit.step > MOST_STEPS:
                self.complain_of_route(visit)
            visit.touchpoint = touchpoint
            visit.luck = self.only_luck[touchpoint] or self.next_luck(visit, touchpoint)
            queue = self.queue_of[touchpoint]
            if queue is None:
                visit.joined, visit.seen = self.now, NONE
                self.start_service(visit, NONE)
                return
            visit.joined, visit.seen = self.now, queue.waiting
            if self.is_closed and not self.plan.serves_out:
                visit.seen = NONE
                self.note(visit, NONE, self.now, NONE, _CLOSED)
                return
            group = self.free_group(queue)
            if group != NONE:
                self.start_service(visit, group)
                return
            outcome = NONE if queue.takes_all else self.turned_away(visit, queue)
            if outcome == NONE:
                self.join(visit, queue)
                return
            self.note(visit, NONE, self.now, NONE, outcome)
            point = self.touchpoints[touchpoint]
            touchpoint = point.if_rejected if outcome == _REJECTED else point.if_balked

    def next_luck(self, visit: _Visit, touchpoint: int) -> _StepLuck:
        """The draws for this coming to a touchpoint on a cycle."""
        if visit.occurrences is None:
            visit.occurrences = {}
        occurrence = visit.occurrences.get(touchpoint, 0)
        visit.occurrences[touchpoint] = occurrence + 1
        drawn, known = self.draws.steps[touchpoint], self.luck[touchpoint]
        if occurrence >= len(drawn):
            raise NeedsMoreDraws(self.first + visit.number, touchpoint, occurrence)
        while occurrence >= len(known):
            known.append(_StepLuck(drawn[len(known)], self.first, self.last))
        return known[occurrence]

    def note(self, visit: _Visit, started: int, ended: int, group: int, outcome: int) -> None:
        """Write down a step that is over (in the order of `StepArrays`)."""
        self.record += (
            visit.number, visit.touchpoint, visit.joined, started, ended, group, visit.seen, outcome,
        )  # fmt: skip

    def complain_of_route(self, visit: _Visit) -> NoReturn:
        route = StepArrays.from_record(self.record, self.first).touchpoint_of(self.first + visit.number)
        names = " -> ".join(self.plan.touchpoints[point] for point in route[-8:])
        raise RouteError(
            f"a visit took more than {MOST_STEPS} steps; the last were {names}: "
            "give this route a way out (a rule to leave, or a probability below 1)"
        )

    # -- rule 3: dispatch ----------------------------------------------------------------------------------

    def free_group(self, queue: _Queue) -> int:
        """The staff group that takes somebody who joins now, or `NONE`."""
        for group in queue.plan.groups:
            if self.busy[group] < self.count[group]:
                return group
        return NONE

    def take_next(self, group: int) -> None:
        """Let a group use its free capacity until it is full or its queues are empty."""
        while self.busy[group] < self.count[group]:
            for queue in self.serves[group]:
                if queue.waiting:
                    break
            else:
                return
            for line in queue.lines:
                if line:
                    break
            visit, _ = line.popitem(last=False)
            queue.waiting -= 1
            visit.line = None
            visit.waited += self.now - visit.joined
            self.start_service(visit, group)

    # -- rule 5: joining -----------------------------------------------------------------------------------

    def turned_away(self, visit: _Visit, queue: _Queue) -> int:
        """`Outcome` of somebody who does not join although no server is free; `NONE` for who does."""
        plan = queue.plan
        if queue.waiting >= plan.capacity:
            return _REJECTED
        if visit.luck.balks[visit.number] and (
            queue.waiting >= plan.balk_length
            or (plan.balks_at_expected_wait and self.expects_too_long(visit, queue))
        ):
            return _BALKED
        return NONE

    def expects_too_long(self, visit: _Visit, queue: _Queue) -> bool:
        """Whether the wait that the line suggests is longer than acceptable (in whole ticks, so exact)."""
        ahead = sum(len(line) for line in queue.lines[: queue.plan.line_of_segment[visit.segment] + 1])
        on_duty = sum(self.count[group] for group in queue.plan.groups)
        acceptable = self.acceptable_wait[visit.number]
        return acceptable < NEVER and (ahead + 1) * queue.plan.mean_service > acceptable * on_duty

    def join(self, visit: _Visit, queue: _Queue) -> None:
        line = queue.lines[queue.plan.line_of_segment[visit.segment]]
        line[visit] = None
        queue.waiting += 1
        visit.queue, visit.line = queue, line
        patience = visit.luck.patience[visit.number]
        # Also for one who never gives up: a deadline left over from an earlier queue must not be theirs.
        visit.gives_up = self.now + patience
        if patience < NEVER:
            deadline = (visit.gives_up, _END_OF_PATIENCE + visit.address, visit)
            heappush(self.deadlines, deadline)
            if not self.due or deadline < self.due[-1]:
                self.expect(deadline)

    def leave_line(self, visit: _Visit, outcome: int, now: int) -> None:
        """Give up waiting, or be sent home."""
        assert visit.line is not None
        del visit.line[visit]
        visit.queue.waiting -= 1
        visit.line = None
        visit.waited += now - visit.joined
        self.note(visit, NONE, now, NONE, outcome)

    def expect(self, deadline: _Deadline) -> None:
        """Make an event of the earliest deadline.

        Most customers are served in time, so an event for each deadline would be the dearest part of the day.
        An event is made for one only when it comes before all that have theirs: ``due`` runs from late to soon.
        """
        self.due.append(deadline)
        self.schedule(_Happening(self.env, self.on_end_of_patience), deadline[1], deadline[0])

    def end_patience(self, event: _Happening) -> None:
        self.now = event.tick
        visit = self.due.pop()[2]
        if visit.line is not None and visit.gives_up == self.now:
            self.leave_line(visit, _RENEGED, self.now)
            self.go_to(visit, self.touchpoints[visit.touchpoint].if_reneged)
        while self.deadlines:
            tick, _, visit = self.deadlines[0]
            if visit.line is not None and visit.gives_up == tick:
                if not self.due or self.deadlines[0] < self.due[-1]:
                    self.expect(self.deadlines[0])
                break
            heappop(self.deadlines)

    # -- rule 7: service, and what follows -----------------------------------------------------------------

    def start_service(self, visit: _Visit, group: int) -> None:
        if group != NONE:
            self.busy[group] += 1
        visit.group = group
        visit.started = self.now
        visit.callbacks = self.on_end_of_service
        service = visit.luck.service[visit.number]
        visit.tick = self.now + service
        self.put(visit, _END_OF_SERVICE + visit.address, service)

    def end_service(self, visit: _Visit) -> None:
        self.now = visit.tick
        fails = visit.luck.fails[visit.number]
        self.note(visit, visit.started, self.now, visit.group, _FAILED if fails else _SERVED)
        if visit.group != NONE:
            self.busy[visit.group] -= 1
            self.take_next(visit.group)
        if fails:
            visit.has_failed = True
            self.go_to(visit, self.touchpoints[visit.touchpoint].if_failed)
        else:
            self.go_to(visit, self.next_touchpoint(visit))

    def next_touchpoint(self, visit: _Visit) -> int:
        goes_to = visit.luck.goes_to
        if len(goes_to) == 1:
            return goes_to[0][visit.number]
        route = self.touchpoints[visit.touchpoint].route
        return goes_to[route.situation(visit.has_failed, visit.waited)][visit.number]

    # -- rule 8: closing -----------------------------------------------------------------------------------

    def close(self, event: _Happening) -> None:
        self.now = event.tick
        self.is_closed = True
        if not self.plan.serves_out:
            for queue in self.queues:
                for line in queue.lines:
                    for visit in list(line):
                        self.leave_line(visit, _CLOSED, self.now)

    def send_home_who_still_waits(self) -> None:
        """Nothing can happen any more, yet somebody waits where nobody serves: they leave as closed."""
        left = [visit for queue in self.queues for line in queue.lines for visit in line]
        if left:
            noted = StepArrays.from_record(self.record, self.first)
            ends = max(self.plan.closes, *noted.ended.tolist(), *(visit.joined for visit in left))
            for visit in left:
                self.leave_line(visit, _CLOSED, ends)
