"""The reference engine: one branch day on SimPy, as the rules of the branch day say.

``(plan, draws) -> steps``, deterministic. All times are whole ticks, held as Python integers. Events run by
(time, kind, visit address), which SimPy's ``schedule(priority=...)`` carries; arrivals, the last kind, are
let in between them. There is no generator per customer: a visit is itself the event that ends its present
service, and the methods below are its callbacks.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, NoReturn

import numpy as np
from simpy import Environment, Event

from journeysim.branch.branch_state import (
    CAPACITY,
    CLOSING,
    END_OF_PATIENCE,
    Callbacks,
    Group,
    Happening,
    Hold,
    Queue,
    StepLuck,
    Visit,
)
from journeysim.branch.draws import Draws
from journeysim.branch.plan import NOWHERE, Outcome, Plan
from journeysim.branch.routes import KEEPS_SERVER, LEAVE, FollowUp
from journeysim.branch.steps import NONE, RECORDED, StepArrays
from journeysim.errors import RouteError
from journeysim.units import NEVER

MOST_STEPS = 1_000
"""A visit that takes more steps than this is going round in circles."""

_FAILED = int(Outcome.FAILED)
_BALKED, _RENEGED = int(Outcome.BALKED), int(Outcome.RENEGED)
_REJECTED, _CLOSED = int(Outcome.REJECTED), int(Outcome.CLOSED)


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


_Deadline = tuple[int, int, Visit]
"""Tick and precedence of the moment at which a waiting customer gives up."""


class BranchDay:
    """The branch on one day."""

    __slots__ = (
        "clock", "coming", "deadlines", "draws", "due", "env", "first", "follow_up", "groups", "is_over",
        "luck", "newly_waiting", "no_queue", "nobody", "now", "on_end_of_patience", "on_end_of_service",
        "on_end_of_wrap_up", "only_luck", "plan", "put", "queues", "record", "released", "sends_home",
        "soonest", "stands_in", "visits",
    )  # fmt: skip

    def __init__(self, plan: Plan, draws: Draws, first: int, last: int) -> None:
        self.plan = plan
        self.draws = draws
        self.first = first
        self.visits = slice(first, last)
        self.env = Environment(plan.day.opens)
        self.put: Callable[[Event, Any, int], None] = self.env.schedule
        self.now = self.clock = plan.day.opens
        self.groups = [Group(number) for number in range(len(plan.groups))]
        self.queues = [Queue(i, queue, self.groups) for i, queue in enumerate(plan.queue_plans)]
        for group, group_plan in zip(self.groups, plan.group_plans, strict=True):
            group.queues = [self.queues[number] for number in group_plan.serves]
        self.nobody = Group(NONE)
        self.no_queue = Queue(NONE, NOWHERE, [])
        self.luck: list[list[StepLuck]] = [[] for _ in plan.touchpoints]
        self.only_luck = [
            None if point.on_cycle else self.luck_at(number, 0)
            for number, point in enumerate(plan.touchpoint_plans)
        ]
        arrivals = draws.arrivals
        self.coming = zip(
            range(last - first),
            *(
                values[self.visits].tolist()
                for values in (arrivals.tick, arrivals.order, arrivals.segment, arrivals.start)
            ),
            strict=True,
        )
        # In which line those stand who were there at opening, where others choose.
        start, line = arrivals.start[self.visits], arrivals.line[self.visits]
        self.stands_in = {
            number: self.queues[line[number]]
            for number in np.flatnonzero(line != NONE).tolist()
            if len(plan.touchpoint_plans[start[number]].queues) > 1
        }
        self.sends_home = False
        self.is_over = False
        self.record: list[int] = []
        self.released: dict[int, int] = {}
        self.follow_up: dict[int, int] = {}
        self.newly_waiting: list[Visit] = []
        self.deadlines: list[_Deadline] = []
        self.due: list[_Deadline] = []
        self.soonest = NEVER
        # SimPy empties an event's reference to its callbacks, never the list: each kind shares one.
        # (Every callback notes the tick as ``now``, and as SimPy's ``clock``, which does not move at
        # arrivals: reading that of the environment costs a call each time.)
        self.on_end_of_service: Callbacks = [self.end_service]
        self.on_end_of_patience: Callbacks = [self.end_patience]
        self.on_end_of_wrap_up: Callbacks = [self.end_wrap_up]

    def run(self) -> StepArrays:
        """Run the day to its end."""
        if self.visits.start < self.visits.stop:
            self.schedule_capacity()
            self.schedule(Happening([self.close], self.plan.day.closes), CLOSING)
            self.let_come()
            self.env.run()
            self.send_home_who_still_waits()
        # They hold the day, and would keep its memory until Python looks for cycles.
        for callbacks in (self.on_end_of_service, self.on_end_of_patience, self.on_end_of_wrap_up):
            callbacks.clear()
        steps = StepArrays.from_record(self.record, self.first, self.released, self.follow_up)
        if steps.step.size and steps.step.max() > MOST_STEPS:
            self.complain_of_route(int(steps.visit[steps.step.argmax()]) - self.first)
        return steps

    def schedule(self, event: Happening, precedence: int) -> None:
        """Let an event happen at its tick, after all of lower precedence at that tick."""
        self.put(event, precedence, event.tick - self.clock)

    # -- rules 4 and 9: rosters, and machines that are down ------------------------------------------------

    def schedule_capacity(self) -> None:
        """Schedule every change of capacity of the day."""
        changes: dict[int, list[tuple[int, int]]] = {}
        capacity = self.draws.capacity[self.draws.arrivals.day[self.first]]
        for group, counts in enumerate(capacity):
            for tick, count in zip(counts.ticks, counts.counts, strict=True):
                changes.setdefault(tick, []).append((group, count))
        for tick, of_tick in changes.items():
            self.schedule(Happening([self.capacity_change(of_tick)], tick), CAPACITY)

    def capacity_change(self, counts: list[tuple[int, int]]) -> Callable[[Happening], None]:
        """The event at which capacities change: all counts first, then groups take work in map order."""

        def change(event: Happening) -> None:
            self.now = self.clock = event.tick
            for number, count in counts:
                group = self.groups[number]
                group.free += count - group.on_duty
                group.on_duty = count
            for group in self.groups:
                self.take_next(group)

        return change

    # -- rules 1 and 2: arrivals and steps ----------------------------------------------------------------

    def let_come(self) -> None:
        """Let everybody arrive who comes, each after all events of their tick, and take the first step.

        Arrivals are known in their order: they need not pass through SimPy's heap, only keep its pace.
        """
        time_of_next_event, run_next_event = self.env.peek, self.env.step
        for number, tick, address, segment, start in self.coming:
            while time_of_next_event() <= tick:
                run_next_event()
            self.now = tick
            self.go_to(Visit(number, address, segment), start)

    def go_to(self, visit: Visit, touchpoint: int) -> None:
        """Take steps until one takes time or the customer leaves."""
        while touchpoint > LEAVE:
            luck = visit.luck = self.only_luck[touchpoint] or self.next_luck(visit, touchpoint)
            visit.joined = self.now
            queue = luck.queue
            if queue is None:
                if not luck.lines:
                    visit.queue, visit.seen = self.no_queue, NONE
                    self.start_service(visit, self.nobody)
                    return
                queue = self.stands_in.pop(visit.number, None) or self.shortest(luck.lines)
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
            touchpoint = luck.point.if_rejected if outcome == _REJECTED else luck.point.if_balked

    @staticmethod
    def shortest(lines: list[Queue]) -> Queue:
        """Rule 6: the shortest line, people waiting and in service counted; the first named of equals."""
        return min(lines, key=lambda line: line.waiting + line.being_served)

    def next_luck(self, visit: Visit, touchpoint: int) -> StepLuck:
        """The draws for this coming to a touchpoint on a cycle."""
        if visit.returns is None:
            visit.returns = {}
        occurrence = visit.returns.get(touchpoint, 0)
        if occurrence > MOST_STEPS:
            self.complain_of_route(visit.number)
        visit.returns[touchpoint] = occurrence + 1
        if occurrence >= len(self.draws.steps[touchpoint]):
            raise NeedsMoreDraws(self.first + visit.number, touchpoint, occurrence)
        known = self.luck[touchpoint]
        while occurrence >= len(known):
            known.append(self.luck_at(touchpoint, len(known)))
        return known[occurrence]

    def luck_at(self, touchpoint: int, occurrence: int) -> StepLuck:
        """The draws of everybody's coming to a touchpoint for the how-manieth time (from 0)."""
        return StepLuck(
            self.plan, touchpoint, self.queues, self.draws.steps[touchpoint][occurrence], self.visits
        )

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
                    self.serve_first(queue, group)
                    break
            else:
                return

    def serve_first(self, queue: Queue, group: Group) -> None:
        """A server of the group takes who is first in a queue."""
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
        acceptable = int(self.draws.acceptable_wait[self.first + visit.number])
        if acceptable >= NEVER:
            return False
        # Where nobody is on duty the wait has no end, however short a service is.
        return on_duty == 0 or (ahead + 1) * queue.plan.mean_service > acceptable * on_duty

    def line_of(self, visit: Visit, queue: Queue) -> int:
        """Number of the line in a queue that a customer stands in."""
        return queue.plan.line_of_segment[visit.segment]

    def join(self, visit: Visit, queue: Queue) -> None:
        """Stand in line, and give up when patience ends."""
        if queue.of_segment is None:
            line = queue.lines[self.line_of(visit, queue)]
        else:
            line = queue.of_segment[visit.segment]
        line.append(visit)
        visit.line = line
        queue.waiting += 1
        # Also for one who never gives up: a deadline left over from an earlier queue must not be theirs.
        visit.gives_up = gives_up = self.now + visit.luck.patience[visit.number]
        if gives_up < NEVER:
            self.newly_waiting.append(visit)
            if gives_up <= self.soonest:
                self.expect_next()

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

    def end_patience(self, event: Happening) -> None:
        """The customer who would give up first does so, if still waiting."""
        self.now = self.clock = event.tick
        visit = self.due.pop()[2]
        self.soonest = self.due[-1][0] if self.due else NEVER
        if visit.line is not None and visit.gives_up == self.now:
            self.leave_line(visit, _RENEGED)
            self.go_to(visit, visit.luck.point.if_reneged)
        self.expect_next()

    def expect_next(self) -> None:
        """Make an event of the earliest deadline of all, unless it has one.

        Most customers are served in time, so an event for each deadline would be the dearest part of the day.
        One gets its event only when it comes before all that have theirs: ``due`` runs from late to soon.
        Even their order is not asked for until then, when most of the ``newly_waiting`` wait no more.
        """
        for visit in self.newly_waiting:
            if visit.line is not None and visit.gives_up < NEVER:
                heappush(self.deadlines, (visit.gives_up, END_OF_PATIENCE + visit.address, visit))
        self.newly_waiting.clear()
        while self.deadlines:
            tick, precedence, visit = self.deadlines[0]
            if visit.line is None or visit.gives_up != tick:
                heappop(self.deadlines)
            elif self.due and self.due[-1] <= self.deadlines[0]:
                return
            else:
                self.due.append(heappop(self.deadlines))
                self.soonest = tick
                self.schedule(Happening(self.on_end_of_patience, tick), precedence)
                return

    # -- rule 7: service, and what follows -----------------------------------------------------------------

    def start_service(self, visit: Visit, group: Group) -> None:
        """A server of the group begins to serve; nothing can interrupt that, so the step is noted at once."""
        now, number, luck, queue = self.now, visit.number, visit.luck, visit.queue
        group.free -= 1
        visit.group = group
        visit.tick = ends = now + luck.service[number]
        visit.callbacks = self.on_end_of_service
        self.put(visit, visit.precedence, ends - self.clock)
        self.record += (
            number, luck.touchpoint, queue.number, visit.joined, now, ends, group.number, visit.seen,
            luck.outcome[number],
        )  # fmt: skip
        if not luck.is_plain:
            queue.being_served += 1
            visit.place = len(self.record) // RECORDED - 1

    def end_service(self, visit: Visit) -> None:
        """The service is over: the server is free, takes the next customer, and this one moves on."""
        self.now = self.clock = visit.tick
        luck = visit.luck
        if luck.is_plain:
            target = luck.goes_to[0][visit.number]
            group = visit.group
            group.free += 1
            if group.free > 0:  # (else the roster has fallen)
                for queue in group.queues:
                    if queue.waiting:
                        self.serve_first(queue, group)
                        break
        else:
            target = self.release_server(visit, self.target(visit))
        if target > LEAVE:
            self.go_to(visit, target)
        elif target < LEAVE:
            self.follow_up[visit.place] = FollowUp.number(target)

    def target(self, visit: Visit) -> int:
        """Rule 7, and where a customer goes after a service, by what has happened so far."""
        luck = visit.luck
        if luck.outcome[visit.number] == _FAILED:
            visit.has_failed = True
            return luck.point.if_failed
        return luck.goes_to[luck.point.route.situation(visit.has_failed, visit.waited)][visit.number]

    # -- wrap-up, and servers kept while another works -----------------------------------------------------

    def release_server(self, visit: Visit, target: int) -> int:
        """Free the server of the service that is over, after a wrap-up, or keep it; where the visit goes."""
        luck, kept = visit.luck, None
        visit.queue.being_served -= 1
        wrap_up = 0 if luck.wrap_up is None else luck.wrap_up[visit.number]
        if target >= KEEPS_SERVER:
            target -= KEEPS_SERVER
            kept = [Hold(visit.group, visit.place, wrap_up, visit.precedence)]
        elif wrap_up:
            self.end_hold(Hold(visit.group, visit.place, wrap_up, visit.precedence))
        else:
            visit.group.free += 1
            self.take_next(visit.group)
        if visit.keeps is not None:
            self.let_go(visit)
        visit.keeps = kept
        return target

    def let_go(self, visit: Visit) -> None:
        """The step for which servers were kept is over: each wraps up, or is free."""
        holds, visit.keeps = visit.keeps, None
        for hold in holds or ():
            self.end_hold(hold)

    def end_hold(self, hold: Hold) -> None:
        """A server who was kept wraps up, or is free."""
        if self.is_over:
            self.released[hold.place] = self.now + hold.wrap_up
        elif hold.wrap_up:
            hold.callbacks = self.on_end_of_wrap_up
            hold.tick = self.now + hold.wrap_up
            self.schedule(hold, hold.precedence)
        else:
            self.free_server(hold, self.now)

    def end_wrap_up(self, hold: Hold) -> None:
        """A wrap-up is over."""
        self.now = self.clock = hold.tick
        self.free_server(hold, self.now)

    def free_server(self, hold: Hold, now: int) -> None:
        """A server whose work outlasted the customer's step is free again."""
        self.released[hold.place] = now
        hold.group.free += 1
        self.take_next(hold.group)

    # -- rule 8: closing -----------------------------------------------------------------------------------

    def close(self, event: Happening) -> None:
        """The doors shut; where the branch does not serve out, who waits is sent home."""
        self.now = self.clock = event.tick
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
