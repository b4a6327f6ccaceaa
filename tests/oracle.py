"""A second engine, slow and plain: the rules of a branch day read aloud, to hold the real one to them.

It shares nothing with the engines but the plan, the draws and the table of steps they return. One list holds
everybody who waits, one list holds everything that will happen, and both are searched from end to end each
time. Nothing is cancelled but by taking it off the list.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from journeysim.branch.draws import Draws
from journeysim.branch.plan import Outcome, Plan
from journeysim.branch.routes import LEAVE
from journeysim.branch.steps import NONE, StepArrays
from journeysim.errors import RouteError
from journeysim.units import NEVER

CLOSING, ROSTER, END_OF_SERVICE, END_OF_PATIENCE, ARRIVAL = range(5)
MOST_STEPS = 1_000


class DrawsRunShort(Exception):
    """A visit came somewhere more often than was drawn."""


@dataclass(frozen=True, order=True)
class Happening:
    """Something that will happen; the least of them is the next one."""

    tick: int
    kind: int
    address: int
    visit: int


@dataclass
class Step:
    """One step while it lasts, and afterwards for the table."""

    touchpoint: int
    occurrence: int
    joined: int
    seen: int = NONE
    started: int = NONE
    group: int = NONE
    ended: int = NONE
    outcome: Outcome = Outcome.IN_PROGRESS


@dataclass
class Person:
    """One visit."""

    number: int
    address: int
    segment: int
    klass: int
    steps: list[Step] = field(default_factory=list)

    @property
    def now_at(self) -> Step:
        return self.steps[-1]


def simulate_day(plan: Plan, draws: Draws, first: int, last: int) -> StepArrays:
    """Simulate one day; the same in and out as an engine's ``simulate_day``."""
    branch = Branch(plan, draws, first, last)
    while branch.diary:
        branch.let_happen(min(branch.diary))
    for person in list(branch.waiting):
        branch.waiting.remove(person)
        branch.finish(person, Outcome.CLOSED)
    return branch.table()


class Branch:
    """The branch on one day."""

    def __init__(self, plan: Plan, draws: Draws, first: int, last: int) -> None:
        self.plan = plan
        self.draws = draws
        self.now = plan.day.opens
        self.doors_shut = False
        self.waiting: list[Person] = []
        self.counts = draws.capacity[draws.arrivals.day[first]] if last > first else plan.day.rosters
        self.roster = [counts.counts[0] for counts in self.counts]
        self.busy = [0] * len(plan.group_plans)
        self.diary = [Happening(plan.day.closes, CLOSING, 0, NONE)]
        for tick in sorted({tick for counts in self.counts for tick in counts.ticks[1:]}):
            self.diary.append(Happening(tick, ROSTER, 0, NONE))
        self.people = {}
        come = draws.arrivals
        for visit in range(first, last):
            segment = int(come.segment[visit])
            klass = segment * len(plan.needs) + int(come.need[visit])
            self.people[visit] = Person(visit, int(come.order[visit]), segment, klass)
            self.diary.append(Happening(int(come.tick[visit]), ARRIVAL, int(come.order[visit]), visit))

    # ---- what happens (rule 11)

    def let_happen(self, happening: Happening) -> None:
        self.diary.remove(happening)
        self.now = happening.tick
        if happening.kind == CLOSING:
            self.close()
        elif happening.kind == ROSTER:
            self.change_rosters()
        elif happening.kind == END_OF_SERVICE:
            self.end_service(self.people[happening.visit])
        elif happening.kind == END_OF_PATIENCE:
            self.give_up(self.people[happening.visit])
        else:
            self.enter(self.people[happening.visit])

    def close(self) -> None:
        self.doors_shut = True
        if not self.plan.day.serves_out:
            for person in list(self.waiting):
                self.stop_waiting(person)
                self.finish(person, Outcome.CLOSED)

    def change_rosters(self) -> None:
        for number, counts in enumerate(self.counts):
            for tick, count in zip(counts.ticks, counts.counts, strict=True):
                if tick == self.now:
                    self.roster[number] = count
        for number in range(len(self.roster)):
            self.take_work(number)

    def end_service(self, person: Person) -> None:
        step = person.now_at
        if step.group != NONE:
            self.busy[step.group] -= 1
            self.take_work(step.group)
        failed = bool(self.luck(person).fails[person.number])
        self.finish(person, Outcome.FAILED if failed else Outcome.SERVED)
        point = self.plan.touchpoint_plans[step.touchpoint]
        self.go(person, point.if_failed if failed else self.route_of(person))

    def give_up(self, person: Person) -> None:
        self.waiting.remove(person)
        self.finish(person, Outcome.RENEGED)
        self.go(person, self.plan.touchpoint_plans[person.now_at.touchpoint].if_reneged)

    def enter(self, person: Person) -> None:
        need = person.klass % len(self.plan.needs)
        if not self.doors_shut:
            self.go(person, int(self.plan.start[need]))

    # ---- what a customer does (rules 2, 5, 7)

    def go(self, person: Person, touchpoint: int) -> None:
        if touchpoint == LEAVE:
            return
        if len(person.steps) == MOST_STEPS:
            raise RouteError(f"more than {MOST_STEPS} steps")
        occurrence = sum(step.touchpoint == touchpoint for step in person.steps)
        person.steps.append(Step(touchpoint, occurrence, self.now))
        point = self.plan.touchpoint_plans[touchpoint]
        if not point.queues:
            self.start(person, NONE)
        elif self.doors_shut and not self.plan.day.serves_out:
            self.finish(person, Outcome.CLOSED)
        else:
            self.join(person, point.queues[0])

    def join(self, person: Person, queue: int) -> None:
        point = self.plan.touchpoint_plans[person.now_at.touchpoint]
        in_line = [other for other in self.waiting if self.queue_of(other) == queue]
        person.now_at.seen = len(in_line)
        free = [group for group in self.groups_of(queue) if self.busy[group] < self.roster[group]]
        if free:
            self.start(person, free[0])
        elif len(in_line) >= self.plan.queue_plans[queue].capacity:
            self.finish(person, Outcome.REJECTED)
            self.go(person, point.if_rejected)
        elif self.has_reason_to_balk(person, queue, in_line) and self.luck(person).balks[person.number]:
            self.finish(person, Outcome.BALKED)
            self.go(person, point.if_balked)
        else:
            self.waiting.append(person)
            patience = int(self.luck(person).patience[person.number])
            if patience < NEVER:
                self.diary.append(
                    Happening(self.now + patience, END_OF_PATIENCE, person.address, person.number)
                )

    def has_reason_to_balk(self, person: Person, queue: int, in_line: list[Person]) -> bool:
        rules = self.plan.queue_plans[queue]
        if len(in_line) >= rules.balk_length:
            return True
        acceptable = int(self.draws.acceptable_wait[person.number])
        if not rules.balks_at_expected_wait or acceptable >= NEVER:
            return False
        on_duty = sum(self.roster[group] for group in self.groups_of(queue))
        if on_duty == 0:
            return True
        ahead = [other for other in in_line if self.line_of(other, queue) <= self.line_of(person, queue)]
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
        return int(self.luck(person).goes_to[situation, person.number])

    def finish(self, person: Person, outcome: Outcome) -> None:
        person.now_at.ended = self.now
        person.now_at.outcome = outcome

    # ---- what staff do (rules 3, 4)

    def take_work(self, group: int) -> None:
        while self.busy[group] < self.roster[group]:
            for queue in self.plan.group_plans[group].serves:
                in_line = [person for person in self.waiting if self.queue_of(person) == queue]
                if in_line:
                    best = min(self.line_of(person, queue) for person in in_line)
                    chosen = next(p for p in in_line if self.line_of(p, queue) == best)
                    self.stop_waiting(chosen)
                    self.start(chosen, group)
                    break
            else:
                return

    def stop_waiting(self, person: Person) -> None:
        self.waiting.remove(person)
        self.diary = [h for h in self.diary if not (h.kind == END_OF_PATIENCE and h.visit == person.number)]

    def start(self, person: Person, group: int) -> None:
        person.now_at.started = self.now
        person.now_at.group = group
        if group != NONE:
            self.busy[group] += 1
        lasts = int(self.luck(person).service[person.number])
        self.diary.append(Happening(self.now + lasts, END_OF_SERVICE, person.address, person.number))

    # ---- looking things up

    def luck(self, person: Person):
        step = person.now_at
        drawn = self.draws.steps[step.touchpoint]
        if step.occurrence >= len(drawn):
            raise DrawsRunShort
        return drawn[step.occurrence]

    def queue_of(self, person: Person) -> int:
        return self.plan.touchpoint_plans[person.now_at.touchpoint].queues[0]

    def line_of(self, person: Person, queue: int) -> int:
        return self.plan.queue_plans[queue].line_of_segment[person.segment]

    def groups_of(self, queue: int) -> list[int]:
        """The groups that serve a queue, first the one that prefers it most, then in map order."""
        plans = self.plan.group_plans
        serving = [number for number, group in enumerate(plans) if queue in group.serves]
        return sorted(serving, key=lambda number: (plans[number].serves.index(queue), number))

    def table(self) -> StepArrays:
        rows = [
            (
                person.number, number, step.touchpoint,
                (self.plan.touchpoint_plans[step.touchpoint].queues or (NONE,))[0], step.joined, step.started, step.ended, step.group,
                step.seen, step.outcome, step.ended, NONE,
            )
            for person in self.people.values()
            for number, step in enumerate(person.steps, start=1)
        ]  # fmt: skip
        return StepArrays(*np.array(rows, dtype=np.int64).reshape(-1, 12).T)
