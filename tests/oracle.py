"""A second engine, slow and plain: the rules of a branch day read aloud, to hold the real one to them.

It shares nothing with the engines but the plan, the draws and the table of steps they return. One list holds
everybody who waits, one list holds everything that will happen, and both are searched from end to end each
time. Nothing is cancelled but by taking it off the list.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from journeysim.branch.draws import Draws
from journeysim.branch.plan import LinePlan, Outcome, Plan
from journeysim.branch.routes import KEEPS_SERVER, LEAVE, FollowUp
from journeysim.branch.steps import NONE, StepArrays
from journeysim.errors import RouteError
from journeysim.units import NEVER

CLOSING, CAPACITY, END_OF_SERVICE, END_OF_PATIENCE, ARRIVAL = range(5)
MOST_STEPS = 1_000


class DrawsRunShort(Exception):
    """A visit came somewhere more often than was drawn."""


@dataclass(eq=False)
class Step:
    """One step while it lasts, and afterwards for the table.

    ``keeps`` are the visit's earlier steps whose servers wait until this one is over.
    """

    touchpoint: int
    occurrence: int
    joined: int
    queue: int = NONE
    seen: int = NONE
    started: int = NONE
    group: int = NONE
    ended: int = NONE
    outcome: Outcome = Outcome.IN_PROGRESS
    released: int = NONE
    follow_up: int = NONE
    keeps: list[Step] = field(default_factory=list)


@dataclass(eq=False)
class Person:
    """One visit."""

    number: int
    address: int
    segment: int
    steps: list[Step] = field(default_factory=list)

    @property
    def now_at(self) -> Step:
        return self.steps[-1]


@dataclass(frozen=True, order=True)
class Happening:
    """Something that will happen; the least of them is the next one.

    ``written`` numbers the entries of the diary. ``wraps_up`` is the step after which a server wraps up.
    """

    tick: int
    kind: int
    address: int
    written: int
    person: Person | None = field(default=None, compare=False)
    wraps_up: Step | None = field(default=None, compare=False)


def simulate_day(plan: Plan, draws: Draws, first: int, last: int) -> StepArrays:
    """Simulate one day; the same in and out as an engine's ``simulate_day``."""
    branch = Branch(plan, draws, first, last)
    if branch.people:
        branch.happen_all()
        branch.send_home_who_waits()
        branch.happen_all()
    return branch.table()


class Branch:
    """The branch on one day."""

    def __init__(self, plan: Plan, draws: Draws, first: int, last: int) -> None:
        self.plan = plan
        self.draws = draws
        self.now = plan.day.opens
        self.doors_shut = False
        self.people: list[Person] = []
        self.waiting: list[Person] = []
        self.diary: list[Happening] = []
        self.written = 0
        self.busy = [0] * len(plan.groups)
        self.on_duty = [0] * len(plan.groups)
        if first == last:
            return
        come = draws.arrivals
        self.capacity = draws.capacity[come.day[first]]
        self.write(plan.day.closes, CLOSING)
        for tick in sorted({tick for counts in self.capacity for tick in counts.ticks}):
            self.write(tick, CAPACITY)
        for visit in range(first, last):
            person = Person(visit, int(come.order[visit]), int(come.segment[visit]))
            self.people.append(person)
            self.write(int(come.tick[visit]), ARRIVAL, person)

    def write(self, tick: int, kind: int, person: Person | None = None, wraps_up: Step | None = None) -> None:
        address = 0 if person is None else person.address
        self.diary.append(Happening(tick, kind, address, self.written, person, wraps_up))
        self.written += 1

    # ---- what happens (rule 11)

    def happen_all(self) -> None:
        while self.diary:
            self.let_happen(min(self.diary))

    def let_happen(self, happening: Happening) -> None:
        self.diary.remove(happening)
        self.now = happening.tick
        if happening.kind == CLOSING:
            self.close()
        elif happening.kind == CAPACITY:
            self.change_capacity()
        elif happening.wraps_up is not None:
            self.free(happening.wraps_up)
        elif happening.kind == END_OF_SERVICE:
            self.end_service(happening.person)
        elif happening.kind == END_OF_PATIENCE:
            self.give_up(happening.person)
        else:
            self.enter(happening.person)

    def close(self) -> None:
        self.doors_shut = True
        if not self.plan.day.serves_out:
            self.send_home_who_waits()

    def send_home_who_waits(self) -> None:
        """All of them at the same moment: nobody is taken because somebody else's server falls free."""
        left = list(self.waiting)
        for person in left:
            self.stop_waiting(person)
        for person in left:
            self.finish(person, Outcome.CLOSED)

    def change_capacity(self) -> None:
        for group, counts in enumerate(self.capacity):
            for tick, count in zip(counts.ticks, counts.counts, strict=True):
                if tick == self.now:
                    self.on_duty[group] = count
        for group in range(len(self.on_duty)):
            self.take_work(group)

    def end_service(self, person: Person) -> None:
        step = person.now_at
        point = self.plan.touchpoint_plans[step.touchpoint]
        failed = bool(self.luck(person, step).fails[person.number])
        step.ended, step.outcome = self.now, Outcome.FAILED if failed else Outcome.SERVED
        onward = point.if_failed if failed else self.route_of(person)
        keeps = onward >= KEEPS_SERVER
        if not keeps:
            self.let_go(person, step)
        for earlier in step.keeps:
            self.let_go(person, earlier)
        if keeps:
            self.go(person, onward - KEEPS_SERVER, keeps=[step])
        elif onward < LEAVE:
            step.follow_up = FollowUp.number(onward)
        else:
            self.go(person, onward)

    def give_up(self, person: Person) -> None:
        self.waiting.remove(person)
        self.finish(person, Outcome.RENEGED)
        self.go(person, self.plan.touchpoint_plans[person.now_at.touchpoint].if_reneged)

    def enter(self, person: Person) -> None:
        if not self.doors_shut:
            self.go(person, int(self.draws.arrivals.start[person.number]))

    # ---- what a customer does (rules 2, 5, 6, 7)

    def go(self, person: Person, touchpoint: int, keeps: list[Step] | None = None) -> None:
        if touchpoint == LEAVE:
            return
        if len(person.steps) == MOST_STEPS:
            raise RouteError(f"more than {MOST_STEPS} steps")
        occurrence = sum(step.touchpoint == touchpoint for step in person.steps)
        person.steps.append(Step(touchpoint, occurrence, self.now, keeps=keeps or []))
        lines = self.plan.touchpoint_plans[touchpoint].queues
        if not lines:
            self.start(person, NONE)
            return
        person.now_at.queue = self.choose_line(person, lines)
        if self.doors_shut and not self.plan.day.serves_out:
            self.finish(person, Outcome.CLOSED)
        else:
            self.join(person, person.now_at.queue)

    def choose_line(self, person: Person, lines: tuple[int, ...]) -> int:
        stands_there = int(self.draws.arrivals.line[person.number])
        if len(person.steps) == 1 and stands_there != NONE:
            return stands_there
        return min(lines, key=lambda queue: self.length_with_service(person, queue))

    def length_with_service(self, newcomer: Person, queue: int) -> int:
        there = [person for person in self.people if person.steps and person is not newcomer]
        return sum(person.now_at.queue == queue and person.now_at.ended == NONE for person in there)

    def join(self, person: Person, queue: int) -> None:
        point = self.plan.touchpoint_plans[person.now_at.touchpoint]
        in_line = self.in_line(queue)
        person.now_at.seen = len(in_line)
        free = [group for group in self.groups_of(queue) if self.busy[group] < self.on_duty[group]]
        luck = self.luck(person, person.now_at)
        if free:
            self.start(person, free[0])
        elif len(in_line) >= self.plan.queue_plans[queue].capacity:
            self.finish(person, Outcome.REJECTED)
            self.go(person, point.if_rejected)
        elif self.has_reason_to_balk(person, queue, in_line) and luck.balks[person.number]:
            self.finish(person, Outcome.BALKED)
            self.go(person, point.if_balked)
        else:
            self.waiting.append(person)
            patience = int(luck.patience[person.number])
            if patience < NEVER:
                self.write(self.now + patience, END_OF_PATIENCE, person)

    def has_reason_to_balk(self, person: Person, queue: int, in_line: list[Person]) -> bool:
        rules = self.plan.queue_plans[queue]
        if len(in_line) >= rules.balk_length:
            return True
        acceptable = int(self.draws.acceptable_wait[person.number])
        if not rules.balks_at_expected_wait or acceptable >= NEVER:
            return False
        on_duty = sum(self.on_duty[group] for group in self.groups_of(queue))
        if on_duty == 0:
            return True
        own_level = self.line_of(person, queue).level
        ahead = [other for other in in_line if self.line_of(other, queue).level <= own_level]
        return (len(ahead) + 1) * rules.mean_service > acceptable * on_duty

    def route_of(self, person: Person) -> int:
        route = self.plan.touchpoint_plans[person.now_at.touchpoint].route
        failed = any(step.outcome == Outcome.FAILED for step in person.steps)
        waited = sum(
            (step.ended if step.started == NONE else step.started) - step.joined for step in person.steps
        )
        situation = sum(waited > limit for limit in route.waited_limits)
        if route.asks_failed and failed:
            situation += len(route.waited_limits) + 1
        return int(self.luck(person, person.now_at).goes_to[situation, person.number])

    def finish(self, person: Person, outcome: Outcome) -> None:
        """End a step in which nobody served."""
        step = person.now_at
        step.ended, step.outcome = self.now, outcome
        for earlier in step.keeps:
            self.let_go(person, earlier)

    # ---- what staff do (rules 3, 4)

    def take_work(self, group: int) -> None:
        while self.busy[group] < self.on_duty[group]:
            for queue in self.plan.group_plans[group].serves:
                in_line = self.in_line(queue)
                if in_line:
                    chosen = self.next_of(in_line, queue)
                    self.stop_waiting(chosen)
                    self.start(chosen, group)
                    break
            else:
                return

    def next_of(self, in_line: list[Person], queue: int) -> Person:
        """Of the best level who has joined first, head start counted; of equals who truly joined first."""
        best = min(self.line_of(person, queue).level for person in in_line)
        of_level = [person for person in in_line if self.line_of(person, queue).level == best]
        return min(
            of_level,
            key=lambda person: (
                person.now_at.joined - self.line_of(person, queue).head_start,
                person.now_at.joined,
            ),
        )

    def stop_waiting(self, person: Person) -> None:
        self.waiting.remove(person)
        self.diary = [h for h in self.diary if not (h.kind == END_OF_PATIENCE and h.person is person)]

    def start(self, person: Person, group: int) -> None:
        step = person.now_at
        step.started = self.now
        step.group = group
        if group != NONE:
            self.busy[group] += 1
        lasts = int(self.luck(person, step).service[person.number])
        self.write(self.now + lasts, END_OF_SERVICE, person)

    def let_go(self, person: Person, step: Step) -> None:
        """The server of a step is not needed by the customer any more: wraps up if need be, then is free."""
        if step.group == NONE:
            return
        wrap_up = int(self.luck(person, step).wrap_up[person.number])
        if wrap_up == 0:
            self.free(step)
        else:
            self.write(self.now + wrap_up, END_OF_SERVICE, person, wraps_up=step)

    def free(self, step: Step) -> None:
        step.released = self.now
        self.busy[step.group] -= 1
        self.take_work(step.group)

    # ---- looking things up

    def luck(self, person: Person, step: Step):
        drawn = self.draws.steps[step.touchpoint]
        if step.occurrence >= len(drawn):
            raise DrawsRunShort
        return drawn[step.occurrence]

    def in_line(self, queue: int) -> list[Person]:
        """Who waits in a queue, in the order in which they joined it."""
        return [person for person in self.waiting if person.now_at.queue == queue]

    def line_of(self, person: Person, queue: int) -> LinePlan:
        rules = self.plan.queue_plans[queue]
        return rules.lines[rules.line_of_segment[person.segment]]

    def groups_of(self, queue: int) -> list[int]:
        """The groups that serve a queue, first the one that prefers it most, then in map order."""
        plans = self.plan.group_plans
        serving = [number for number, group in enumerate(plans) if queue in group.serves]
        return sorted(serving, key=lambda number: (plans[number].serves.index(queue), number))

    def table(self) -> StepArrays:
        rows = [
            (
                person.number, number, step.touchpoint, step.queue, step.joined, step.started, step.ended,
                step.group, step.seen, step.outcome, step.ended if step.group == NONE else step.released,
                step.follow_up,
            )
            for person in self.people
            for number, step in enumerate(person.steps, start=1)
        ]  # fmt: skip
        return StepArrays(*np.array(rows, dtype=np.int64).reshape(-1, 12).T)
