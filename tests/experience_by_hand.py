"""What the tests of the experience share: a small map, and visits on it written out step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from journeysim.branch.arrivals import Arrivals
from journeysim.branch.luck import Address, Luck
from journeysim.branch.plan import Outcome, Plan, compile_map
from journeysim.branch.steps import NONE, StepArrays
from journeysim.experience import ExperiencePlan, ExperienceRules, VisitScores, compile_experience
from journeysim.experience import score_visits as score
from journeysim.market.presets import default_behaviour
from journeysim.units import FloatArray, to_ticks
from tests.branch_days import changed, journey_of

BRANCH: dict[str, Any] = {
    "journey": "Branch",
    "hours": {"open": "09:00", "close": "17:00"},
    "segments": {"regular": {"share": 0.7}, "vip": {"share": 0.3}},
    "needs": {"any": {"share": 1, "start": "door"}},
    "arrivals": {"per_hour": 30},
    "staff": {
        "greeters": {"count": 1, "serves": ["door_line"], "attentive": 0.5},
        "machines": {"count": 3, "serves": ["machine_line"], "kind": "machine"},
        "tellers": {"count": 3, "serves": ["line"], "attentive": 0.7},
        "advisers": {"count": 2, "serves": ["desk_line"]},
        "checkers": {"count": 1, "serves": ["tray"]},
    },
    "queues": {
        "door_line": {},
        "machine_line": {"patience": "none"},
        "line": {"conditions": ["seated", "informed"]},
        "desk_line": {},
        "tray": {"patience": "none"},
    },
    "touchpoints": {
        "door": {
            "stage": "Arrive",
            "queue": "door_line",
            "service": {"constant": "30 s"},
            "kano": "attractive",
            "moment_of_truth": True,
            "next": [{"to": {"machine": 0.3, "counter": 0.3, "menu": 0.2, "app": 0.2}}],
        },
        "machine": {
            "stage": "Transact",
            "queue": "machine_line",
            "service": {"constant": "2 min"},
            "fails": 0.1,
            "if_failed": "counter",
        },
        "counter": {
            "stage": "Transact",
            "queue": "line",
            "service": {"exponential": {"mean": "4 min"}},
            "next": [{"to": {"counter": 0.1, "adviser": 0.4, "check": 0.5}}],
        },
        "adviser": {
            "stage": "Advise",
            "queue": "desk_line",
            "service": {"exponential": {"mean": "5 min"}},
            "kano": "must_be",
            "reason": "product",
        },
        "check": {
            "stage": "Leave",
            "lane": "back",
            "queue": "tray",
            "service": {"constant": "2 min"},
            "next": [{"to": {"adviser": 0.2, "leave": 0.8}}],
        },
        "menu": {"stage": "Arrive", "service": {"constant": "10 s"}},
        "app": {"stage": "Transact", "channel": "app", "service": {"constant": "1 min"}},
    },
}
"""Greeters, machines, counters, advisers, a back office, a voice menu that nobody answers, and an app."""


class Step(NamedTuple):
    """One step as a test writes it; minutes. ``work`` None: nobody served."""

    touchpoint: str
    wait: float = 0.0
    work: float | None = 1.0
    outcome: Outcome = Outcome.SERVED


def rules(**changes: Any) -> ExperienceRules:
    """The default constants, some of them changed; dots in names are written as double underscores."""
    data = default_behaviour().model_dump(mode="json", by_alias=True)
    data = {name: data[name] for name in ExperienceRules.model_fields}
    data["waiting"]["acceptable"]["median"] = "15 min"
    data["waiting"]["unnoticed"] = "1 min"
    return ExperienceRules.model_validate(
        changed(data, {path.replace("__", "."): value for path, value in changes.items()})
    )


PLAIN: dict[str, Any] = {"visits__disposition_sd": 0.0, "visits__mood_sd": 0.0}
"""Changes by which a score is what was felt and nothing else."""


@dataclass(frozen=True)
class ByHand:
    """Visits on a map."""

    plan: Plan
    experience: ExperiencePlan
    arrivals: Arrivals
    steps: StepArrays

    def scores(
        self, acceptable_min: float | Sequence[float] = 10.0, disposition: FloatArray | None = None
    ) -> VisitScores:
        """Their scores under one luck."""
        acceptable = np.broadcast_to(np.array(acceptable_min), self.arrivals.tick.shape)
        ticks = np.array([to_ticks(minutes) for minutes in acceptable])
        luck = Luck(3, 0)
        return score(self.plan, self.experience, self.arrivals, ticks, self.steps, luck, disposition)


def by_hand(
    visits: Sequence[Sequence[Step]],
    experience: ExperienceRules | None = None,
    map_changes: dict[str, Any] | None = None,
    contact: int = 1,
) -> ByHand:
    """Visits of given steps, each beginning at ten in the morning."""
    journey = journey_of(changed(BRANCH, map_changes or {}))
    plan = compile_map(journey)
    compiled = compile_experience(journey, plan, experience or rules(**PLAIN))
    columns: dict[str, list[int]] = {name: [] for name in StepArrays.__dataclass_fields__}
    for visit, steps in enumerate(visits):
        now = to_ticks(600)
        for number, step in enumerate(steps, start=1):
            point = plan.touchpoints.index(step.touchpoint)
            queues = plan.touchpoint_plans[point].queues
            queue = queues[0] if queues else NONE
            served = step.work is not None
            started = now + to_ticks(step.wait)
            ended = started + to_ticks(step.work or 0.0)
            row = {
                "visit": visit,
                "step": number,
                "touchpoint": point,
                "queue": queue,
                "joined": now,
                "started": started if served else NONE,
                "ended": ended,
                "group": plan.queue_plans[queue].groups[0] if served and queues else NONE,
                "queue_length_seen": 0 if queues else NONE,
                "outcome": step.outcome,
                "released": ended,
                "follow_up": NONE,
            }
            for name, value in row.items():
                columns[name].append(int(value))
            now = ended
    count = np.arange(len(visits))
    zero = np.zeros_like(count)
    arrivals = Arrivals.first_contacts(
        plan, zero, zero + to_ticks(600), count % 2, zero, count, Address.of(count, 0, zero)
    )
    object.__setattr__(arrivals, "contact", zero + contact)
    arrays = StepArrays(**{name: np.array(values, dtype=np.int64) for name, values in columns.items()})
    return ByHand(plan, compiled, arrivals, arrays)
