"""The reference engine with an analyst's own rules: each is asked at its moment and may overrule the map."""

from __future__ import annotations

from bisect import insort
from numbers import Integral, Real

from journeysim.branch.branch_state import Group, Queue, Visit
from journeysim.branch.draws import Draws
from journeysim.branch.own_rules import OwnRules, StepSoFar, VisitSoFar
from journeysim.branch.plan import LinePlan, Outcome, Plan
from journeysim.branch.routes import LEAVE
from journeysim.branch.simpy_engine import BranchDay
from journeysim.branch.steps import NONE, OUTCOMES, StepArrays
from journeysim.errors import RuleError
from journeysim.units import MINUTES_PER_DAY, TICKS_PER_MINUTE, to_ticks

_LONGEST_SERVICE_MIN = 10 * MINUTES_PER_DAY


def simulate_ruled_day(plan: Plan, draws: Draws, first: int, last: int, rules: OwnRules) -> StepArrays:
    """Simulate one branch day as `simulate_day` does, with rules of one's own.

    Raises
    ------
    RuleError
        if a rule names a touchpoint that the map does not have, or a service time that cannot be.
    """
    return _RuledDay(plan, draws, first, last, rules).run()


class _RuledDay(BranchDay):
    """A day on which rules are asked."""

    def __init__(self, plan: Plan, draws: Draws, first: int, last: int, rules: OwnRules) -> None:
        super().__init__(plan, draws, first, last)
        self.rules = rules
        self.targets = {"leave": LEAVE} | {name: i for i, name in enumerate(plan.touchpoints)}
        self.history: dict[int, list[StepSoFar]] = {}
        for queue in self.queues:
            queue.of_segment = None
            # Priorities of a rule bring lines of different head starts together.
            queue.has_head_starts = queue.has_head_starts or queue.plan.by_priority

    def so_far(self, visit: Visit, now: int) -> VisitSoFar:
        """The visit as rules see it."""
        number = self.first + visit.number
        arrivals = self.draws.arrivals
        return VisitSoFar(
            segment=self.plan.segments[arrivals.segment[number]],
            need=self.plan.needs[arrivals.need[number]],
            now_min=now / TICKS_PER_MINUTE,
            arrived_min=int(arrivals.tick[number]) / TICKS_PER_MINUTE,
            waited_min=visit.waited / TICKS_PER_MINUTE,
            has_failed=visit.has_failed,
            steps=tuple(self.history.get(visit.number, ())),
            luck=lambda name: float(self.draws.named(name)[number]),
        )

    def remember(self, visit: Visit, started: int, ended: int, outcome: int) -> None:
        """Add a step that is over to what rules see."""
        step = StepSoFar(
            touchpoint=self.plan.touchpoints[visit.luck.touchpoint],
            joined_min=visit.joined / TICKS_PER_MINUTE,
            started_min=None if started == NONE else started / TICKS_PER_MINUTE,
            ended_min=ended / TICKS_PER_MINUTE,
            outcome=OUTCOMES[outcome],
        )
        self.history.setdefault(visit.number, []).append(step)

    def note_without_service(self, visit: Visit, outcome: int) -> None:
        """Let rules see the step as well."""
        self.remember(visit, NONE, self.now, outcome)
        super().note_without_service(visit, outcome)

    def line_of(self, visit: Visit, queue: Queue) -> int:
        """A rule's priority, if it gives one, names a line of its own."""
        usual = super().line_of(visit, queue)
        if not queue.plan.by_priority:
            return usual
        touchpoint = self.plan.touchpoints[visit.luck.touchpoint]
        priority: object = self.rules.priority(self.so_far(visit, self.now), touchpoint)
        if priority is None:
            return usual
        if not isinstance(priority, Integral):
            raise RuleError(f"priority at {touchpoint}: a whole number is required, found {priority!r}")
        line = LinePlan(int(priority), queue.kinds[usual].head_start)
        if line not in queue.kinds:
            insort(queue.kinds, line)
            queue.lines.insert(queue.kinds.index(line), type(queue.lines[0])())
        return queue.kinds.index(line)

    def start_service(self, visit: Visit, group: Group) -> None:
        """A rule's service time, if it gives one, takes the place of the drawn one."""
        touchpoint = self.plan.touchpoints[visit.luck.touchpoint]
        minutes: object = self.rules.service_min(self.so_far(visit, self.now), touchpoint)
        if minutes is not None:
            if not isinstance(minutes, Real) or not 0 <= float(minutes) <= _LONGEST_SERVICE_MIN:
                raise RuleError(
                    f"service_min at {touchpoint}: minutes from 0 to {_LONGEST_SERVICE_MIN} are required, "
                    f"found {minutes!r}"
                )
            visit.luck.service[visit.number] = to_ticks(float(minutes))
        super().start_service(visit, group)

    def end_service(self, visit: Visit) -> None:
        """A rule's target, if it gives one, takes the place of the map's."""
        number, luck = visit.number, visit.luck
        self.remember(visit, visit.tick - luck.service[number], visit.tick, luck.outcome[number])
        if luck.outcome[number] == Outcome.SERVED:
            touchpoint = self.plan.touchpoints[luck.touchpoint]
            name: object = self.rules.goes_to(self.so_far(visit, visit.tick), touchpoint)
            if name is not None:
                if not isinstance(name, str) or name not in self.targets:
                    known = ", ".join(self.targets)
                    raise RuleError(f"goes_to at {touchpoint}: one of {known} is required, found {name!r}")
                for of_situation in luck.goes_to:
                    of_situation[number] = self.targets[name]
        super().end_service(visit)
