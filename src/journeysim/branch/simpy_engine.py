"""The reference engine: one branch day on SimPy, as the rules of the branch day say.

``(plan, draws) -> steps``, deterministic. All times are whole ticks, held as Python integers. Events run by
(time, kind, visit address), which SimPy's ``schedule(priority=...)`` carries. There is no generator per
customer: a visit is itself the event that ends its present service, and the methods below are its callbacks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, NoReturn

import numpy as np
from simpy import Environment, Event

from journeysim.branch.draws import Draws, StepDraws
from journeysim.branch.plan import NO_LIMIT, NOWHERE, Outcome, Plan, QueuePlan
from journeysim.branch.routes import KEEPS_SERVER, LEAVE, FollowUp
from journeysim.branch.steps import NONE, RECORDED, StepArrays
from journeysim.errors import RouteError
from journeysim.units import NEVER

MOST_STEPS = 1_000
"""A visit that takes more steps than this is going round in circles."""

_FAILED = int(Outcome.FAILED)
_BALKED, _RENEGED = int(Outcome.BALKED), int(Outcome.RENEGED)
_REJECTED, _CLOSED = int(Outcome.REJECTED), int(Outcome.CLOSED)


# What goes first among events of one moment; the visit's address is added to it.
_CLOSING = 0
_CAPACITY = 1 << 48
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
    return BranchDay(plan, draws, first, last).run()


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


class Visit(_Happening):
    """A customer in the branch, and the event that ends the service in hand.

    ``queue``, ``joined``, ``seen``, ``started`` and ``group`` are those of the present step, as `StepArrays`
    has them; ``keeps`` are servers of earlier steps who wait for it to end.
    """

    luck: _StepLuck
    joined: int
    seen: int
    started: int
    group: Group
    queue: Queue
    line: deque[Visit] | None = None
    gives_up: int
    waited = 0
    keeps: list[_Hold] | None = None
    has_failed = False
    returns: dict[int, int] | None = None

    def __init__(self, number: int, address: int) -> None:
        self.number = number
        self.address = address


class _Hold(_Happening):
    """A server who is busy after a service: kept by the customer, then wrapping up; ends the wrap-up.

    ``place`` is that of the service in the record.
    """

    def __init__(self, group: Group, place: int, wrap_up: int, address: int) -> None:
        self.group = group
        self.place = place
        self.wrap_up = wrap_up
        self.address = address


_Deadline = tuple[int, int, Visit]
"""Tick and precedence of the moment at which a waiting customer gives up."""


class Queue:
    """People waiting, in lines as the plan has them, and the groups that serve them, by who takes first.

    ``being_served`` is counted only where customers choose between lines.
    """

    __slots__ = (
        "being_served", "groups", "has_head_starts", "has_one_line", "kinds", "lines", "number", "plan",
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
        self.has_one_line = len(plan.lines) == 1
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


class _StepLuck:
    """The draws of one touchpoint and occurrence for one day, as lists, which Python reads fastest."""

    __slots__ = ("balks", "goes_to", "outcome", "patience", "point", "service", "touchpoint", "wrap_up")

    def __init__(self, plan: Plan, touchpoint: int, draws: StepDraws, first: int, last: int) -> None:
        self.touchpoint = touchpoint
        self.point = plan.touchpoint_plans[touchpoint]
        fails = draws.fails[first:last]
        self.service: list[int] = draws.service[first:last].tolist()
        wraps_up = any(wrap_up is not None for wrap_up in self.point.wrap_up)
        self.wrap_up: list[int] | None = draws.wrap_up[first:last].tolist() if wraps_up else None
        self.patience: list[int] = draws.patience[first:last].tolist()
        self.balks: list[bool] = draws.balks[first:last].tolist()
        self.outcome: list[int] = np.where(fails, Outcome.FAILED, Outcome.SERVED).tolist()
        # Where each customer goes after the service, failed or not, in each situation.
        self.goes_to: list[list[int]] = np.where(
            fails, self.point.if_failed, draws.goes_to[:, first:last]
        ).tolist()


class BranchDay:
    """The branch on one day."""

    def __init__(self, plan: Plan, draws: Draws, first: int, last: int) -> None:
        arrivals = draws.arrivals
        self.plan = plan
        self.draws = draws
        self.first, self.last = first, last
        self.env = Environment(plan.day.opens)
        self.put: Callable[[Event, Any, int], None] = self.env.schedule
        self.now = plan.day.opens
        self.arrival: list[int] = arrivals.tick[first:last].tolist()
        self.address: list[int] = arrivals.order[first:last].tolist()
        self.segment: list[int] = arrivals.segment[first:last].tolist()
        self.start: list[int] = arrivals.start[first:last].tolist()
        self.acceptable_wait: list[int] = draws.acceptable_wait[first:last].tolist()
        self.luck: list[list[_StepLuck]] = [[] for _ in plan.touchpoints]
        self.only_luck = [
            None if point.on_cycle else _StepLuck(plan, number, draws.steps[number][0], first, last)
            for number, point in enumerate(plan.touchpoint_plans)
        ]
        self.groups = [Group(number) for number in range(len(plan.groups))]
        self.queues = [Queue(i, queue, self.groups) for i, queue in enumerate(plan.queue_plans)]
        for group, group_plan in zip(self.groups, plan.group_plans, strict=True):
            group.queues = [self.queues[number] for number in group_plan.serves]
        self.lines_of = [[self.queues[number] for number in p.queues] for p in plan.touchpoint_plans]
        self.queue_of = [lines[0] if len(lines) == 1 else None for lines in self.lines_of]
        # Nobody wraps up, keeps a server or chooses between lines: then a service ends in fewer steps.
        self.is_plain = not any(
            len(p.queues) > 1 or p.route.keeps_servers or any(w is not None for w in p.wrap_up)
            for p in plan.touchpoint_plans
        )
        # In which line those stand who were there at opening; all others choose.
        self.stands_in = {
            number: self.queues[line]
            for number, line in enumerate(arrivals.line[first:last].tolist())
            if line != NONE and self.queue_of[self.start[number]] is None
        }
        self.nobody = Group(NONE)
        self.no_queue = Queue(NONE, NOWHERE, [])
        self.sends_home = False
        self.is_over = False
        self.arrived = 0
        self.record: list[int] = []
        self.released: dict[int, int] = {}
        self.follow_up: dict[int, int] = {}
        self.deadlines: list[_Deadline] = []
        self.due: list[_Deadline] = []
        # SimPy empties an event's reference to its callbacks, never the list: each kind shares one.
        # (Every callback notes the tick, since reading the environment's clock costs a call each time.)
        self.on_end_of_service: list[Callable[[Any], None]] = [self.end_service]
        self.on_end_of_patience: list[Callable[[Any], None]] = [self.end_patience]
        self.on_end_of_wrap_up: list[Callable[[Any], None]] = [self.end_wrap_up]
        self.on_arrival: list[Callable[[Any], None]] = [self.arrive]
        self.next_arrival = _Happening(self.env, self.on_arrival)

    def run(self) -> StepArrays:
        """Run the day to its end."""
        if self.arrival:
            self.schedule_capacity()
            self.schedule(_Happening(self.env, [self.close]), _CLOSING, self.plan.day.closes)
            self.schedule_arrival()
            self.env.run()
            self.send_home_who_still_waits()
        steps = StepArrays.from_record(self.record, self.first, self.released, self.follow_up)
        if steps.step.size and steps.step.max() > MOST_STEPS:
            self.complain_of_route(int(steps.visit[steps.step.argmax()]) - self.first)
        return steps

    def schedule(self, event: _Happening, precedence: int, tick: int) -> None:
        """Let an event happen at a tick, after all of lower precedence at that tick."""
        event.tick = tick
        self.put(event, precedence, tick - self.now)

    # -- rules 4 and 9: rosters, and machines that are down ------------------------------------------------

    def schedule_capacity(self) -> None:
        """Schedule every change of capacity of the day."""
        changes: dict[int, list[tuple[int, int]]] = {}
        capacity = self.draws.capacity[self.draws.arrivals.day[self.first]]
        for group, counts in enumerate(capacity):
            for tick, count in zip(counts.ticks, counts.counts, strict=True):
                changes.setdefault(tick, []).append((group, count))
        for tick, of_tick in changes.items():
            self.schedule(_Happening(self.env, [self.capacity_change(of_tick)]), _CAPACITY, tick)

    def capacity_change(self, counts: list[tuple[int, int]]) -> Callable[[_Happening], None]:
        """The event at which capacities change: all counts first, then groups take work in map order."""

        def change(event: _Happening) -> None:
            self.now = event.tick
            for number, count in counts:
                group = self.groups[number]
                group.free += count - group.on_duty
                group.on_duty = count
            for group in self.groups:
                self.take_next(group)

        return change

    # -- rules 1 and 2: arrivals and steps ----------------------------------------------------------------

    def schedule_arrival(self) -> None:
        """Schedule the next arrival; there is never more than one."""
        number = self.arrived
        if number < len(self.arrival):
            event = self.next_arrival
            event.callbacks = self.on_arrival
            event.tick = tick = self.arrival[number]
            self.put(event, _ARRIVAL + self.address[number], tick - self.now)

    def arrive(self, event: _Happening) -> None:
        """A customer enters and takes the first step."""
        self.now = event.tick
        number = self.arrived
        self.arrived = number + 1
        self.schedule_arrival()
        self.go_to(Visit(number, self.address[number]), self.start[number])

    def go_to(self, visit: Visit, touchpoint: int) -> None:
        """Take steps until one takes time or the customer leaves."""
        while touchpoint > LEAVE:
            visit.luck = self.only_luck[touchpoint] or self.next_luck(visit, touchpoint)
            visit.joined = self.now
            queue = self.queue_of[touchpoint]
            if queue is None:
                lines = self.lines_of[touchpoint]
                if not lines:
                    visit.queue, visit.seen = self.no_queue, NONE
                    self.start_service(visit, self.nobody)
                    return
                queue = self.stands_in.pop(visit.number, None) or self.shortest(lines)
            visit.queue = queue
            if self.sends_home:
                visit.seen = NONE
                self.note_without_service(visit, _CLOSED)
                return
            visit.seen = queue.waiting
            for group in queue.groups:
                if group.free > 0:
                    self.start_service(visit, group)
                    return
            outcome = NONE if queue.takes_all else self.turned_away(visit, queue)
            if outcome == NONE:
                self.join(visit, queue)
                return
            self.note_without_service(visit, outcome)
            point = visit.luck.point
            touchpoint = point.if_rejected if outcome == _REJECTED else point.if_balked

    @staticmethod
    def shortest(lines: list[Queue]) -> Queue:
        """Rule 6: the shortest line, people waiting and in service counted; the first named of equals."""
        return min(lines, key=lambda line: line.waiting + line.being_served)

    def next_luck(self, visit: Visit, touchpoint: int) -> _StepLuck:
        """The draws for this coming to a touchpoint on a cycle."""
        if visit.returns is None:
            visit.returns = {}
        occurrence = visit.returns.get(touchpoint, 0)
        if occurrence > MOST_STEPS:
            self.complain_of_route(visit.number)
        visit.returns[touchpoint] = occurrence + 1
        drawn, known = self.draws.steps[touchpoint], self.luck[touchpoint]
        if occurrence >= len(drawn):
            raise NeedsMoreDraws(self.first + visit.number, touchpoint, occurrence)
        while occurrence >= len(known):
            known.append(_StepLuck(self.plan, touchpoint, drawn[len(known)], self.first, self.last))
        return known[occurrence]

    def complain_of_route(self, number: int) -> NoReturn:
        """Raise the error that names where a visit goes round in circles."""
        route = StepArrays.from_record(self.record, self.first).touchpoint_of(self.first + number)
        names = " -> ".join(self.plan.touchpoints[point] for point in route[-8:])
        raise RouteError(
            f"a visit took more than {MOST_STEPS} steps; the last were {names}: "
            "give this route a way out (a rule to leave, or a probability below 1)"
        )

    # -- rule 3: dispatch ----------------------------------------------------------------------------------

    def take_next(self, group: Group) -> None:
        """Let a group use its free capacity until it is full or its queues are empty."""
        while group.free > 0:
            for queue in group.queues:
                if queue.waiting:
                    break
            else:
                return
            if queue.has_head_starts:
                line = queue.next_line()
            else:
                for line in queue.lines:
                    if line:
                        break
            visit = line.popleft()
            queue.waiting -= 1
            visit.line = None
            visit.waited += self.now - visit.joined
            self.start_service(visit, group)

    # -- rule 5: joining -----------------------------------------------------------------------------------

    def turned_away(self, visit: Visit, queue: Queue) -> int:
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

    def expects_too_long(self, visit: Visit, queue: Queue) -> bool:
        """Whether the wait that the line suggests is longer than acceptable (in whole ticks, so exact)."""
        level = queue.kinds[self.line_of(visit, queue)].level
        lines = zip(queue.kinds, queue.lines, strict=True)
        ahead = sum(len(people) for line, people in lines if line.level <= level)
        on_duty = sum(group.on_duty for group in queue.groups)
        acceptable = self.acceptable_wait[visit.number]
        if acceptable >= NEVER:
            return False
        # Where nobody is on duty the wait has no end, however short a service is.
        return on_duty == 0 or (ahead + 1) * queue.plan.mean_service > acceptable * on_duty

    def line_of(self, visit: Visit, queue: Queue) -> int:
        """Number of the line in a queue that a customer stands in."""
        return queue.plan.line_of_segment[self.segment[visit.number]]

    def join(self, visit: Visit, queue: Queue) -> None:
        """Stand in line, and give up when patience ends."""
        line = queue.lines[0 if queue.has_one_line else self.line_of(visit, queue)]
        line.append(visit)
        queue.waiting += 1
        visit.line = line
        patience = visit.luck.patience[visit.number]
        # Also for one who never gives up: a deadline left over from an earlier queue must not be theirs.
        visit.gives_up = self.now + patience
        if patience < NEVER:
            deadline = (visit.gives_up, _END_OF_PATIENCE + visit.address, visit)
            heappush(self.deadlines, deadline)
            if not self.due or deadline < self.due[-1]:
                self.expect(deadline)

    def leave_line(self, visit: Visit, outcome: int) -> None:
        """Give up waiting, or be sent home."""
        self.step_out(visit)
        self.note_without_service(visit, outcome)

    def step_out(self, visit: Visit) -> None:
        """Stand in line no more."""
        assert visit.line is not None
        visit.line.remove(visit)
        visit.queue.waiting -= 1
        visit.line = None
        visit.waited += self.now - visit.joined

    def note_without_service(self, visit: Visit, outcome: int) -> None:
        """Write down a step in which nobody served (in the order of `StepArrays.from_record`)."""
        point, queue = visit.luck.touchpoint, visit.queue.number
        self.record += (visit.number, point, queue, visit.joined, NONE, self.now, NONE, visit.seen, outcome)
        if visit.keeps is not None:
            self.let_go(visit)

    def expect(self, deadline: _Deadline) -> None:
        """Make an event of the earliest deadline.

        Most customers are served in time, so an event for each deadline would be the dearest part of the day.
        One gets its event only when it comes before all that have theirs: ``due`` runs from late to soon.
        """
        self.due.append(deadline)
        self.schedule(_Happening(self.env, self.on_end_of_patience), deadline[1], deadline[0])

    def end_patience(self, event: _Happening) -> None:
        """The customer who would give up first does so, if still waiting."""
        self.now = event.tick
        visit = self.due.pop()[2]
        if visit.line is not None and visit.gives_up == self.now:
            self.leave_line(visit, _RENEGED)
            self.go_to(visit, visit.luck.point.if_reneged)
        while self.deadlines:
            tick, _, visit = self.deadlines[0]
            if visit.line is not None and visit.gives_up == tick:
                if not self.due or self.deadlines[0] < self.due[-1]:
                    self.expect(self.deadlines[0])
                break
            heappop(self.deadlines)

    # -- rule 7: service, and what follows -----------------------------------------------------------------

    def start_service(self, visit: Visit, group: Group) -> None:
        """A server of the group begins to serve."""
        group.free -= 1
        visit.group = group
        visit.started = now = self.now
        visit.callbacks = self.on_end_of_service
        service = visit.luck.service[visit.number]
        visit.tick = now + service
        if not self.is_plain:
            visit.queue.being_served += 1
        self.put(visit, _END_OF_SERVICE + visit.address, service)

    def end_service(self, visit: Visit) -> None:
        """The service is over: the server is free, takes the next customer, and this one moves on."""
        self.now = now = visit.tick
        number, luck, group, queue = visit.number, visit.luck, visit.group, visit.queue
        outcome = luck.outcome[number]
        self.record += (
            number, luck.touchpoint, queue.number, visit.joined, visit.started, now, group.number, visit.seen,
            outcome,
        )  # fmt: skip
        if outcome == _FAILED:
            visit.has_failed = True
        goes_to = luck.goes_to
        situation = 0 if len(goes_to) == 1 else luck.point.route.situation(visit.has_failed, visit.waited)
        target = goes_to[situation][number]
        if self.is_plain:
            group.free += 1
            self.take_next(group)
        else:
            queue.being_served -= 1
            target = self.release_server(visit, target)
        if target > LEAVE:
            self.go_to(visit, target)
        elif target < LEAVE:
            self.follow_up[len(self.record) // RECORDED - 1] = FollowUp.number(target)

    # -- wrap-up, and servers kept while another works -----------------------------------------------------

    def release_server(self, visit: Visit, target: int) -> int:
        """Free the server of the service that is over, after a wrap-up, or keep it; where the visit goes."""
        wrap_up = 0 if visit.luck.wrap_up is None else visit.luck.wrap_up[visit.number]
        hold = _Hold(visit.group, len(self.record) // RECORDED - 1, wrap_up, visit.address)
        keeps = target >= KEEPS_SERVER
        if not keeps:
            self.end_hold(hold)
        if visit.keeps is not None:
            self.let_go(visit)
        if not keeps:
            return target
        visit.keeps = [hold]
        return target - KEEPS_SERVER

    def let_go(self, visit: Visit) -> None:
        """The step for which servers were kept is over: each wraps up, or is free."""
        holds, visit.keeps = visit.keeps, None
        for hold in holds or ():
            self.end_hold(hold)

    def end_hold(self, hold: _Hold) -> None:
        """A server who was kept wraps up, or is free."""
        if self.is_over:
            self.released[hold.place] = self.now + hold.wrap_up
        elif hold.wrap_up:
            hold.callbacks = self.on_end_of_wrap_up
            self.schedule(hold, _END_OF_SERVICE + hold.address, self.now + hold.wrap_up)
        else:
            self.free_server(hold, self.now)

    def end_wrap_up(self, hold: _Hold) -> None:
        """A wrap-up is over."""
        self.now = hold.tick
        self.free_server(hold, self.now)

    def free_server(self, hold: _Hold, now: int) -> None:
        """A server whose work outlasted the customer's step is free again."""
        self.released[hold.place] = now
        hold.group.free += 1
        self.take_next(hold.group)

    # -- rule 8: closing -----------------------------------------------------------------------------------

    def close(self, event: _Happening) -> None:
        """The doors shut; where the branch does not serve out, who waits is sent home."""
        self.now = event.tick
        self.sends_home = not self.plan.day.serves_out
        if self.sends_home:
            self.send_home(self.who_waits())

    def who_waits(self) -> list[Visit]:
        """Everybody who stands in a line."""
        return [visit for queue in self.queues for line in queue.lines for visit in line]

    def send_home(self, left: list[Visit]) -> None:
        """Send customers home, all at the same moment: a server whom one of them kept takes no other."""
        for visit in left:
            self.step_out(visit)
        for visit in left:
            self.note_without_service(visit, _CLOSED)

    def send_home_who_still_waits(self) -> None:
        """Nothing can happen any more, yet somebody waits where nobody serves: they leave as closed."""
        left = self.who_waits()
        if left:
            self.is_over = True
            noted = StepArrays.from_record(self.record, self.first, self.released)
            ends = max(self.plan.day.closes, *noted.released.tolist(), *(visit.joined for visit in left))
            self.now = ends
            self.send_home(left)
