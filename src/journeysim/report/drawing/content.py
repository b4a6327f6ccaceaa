"""What a journey drawing says: the map as planned, and beside it what a run came to. No positions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from journeysim.experiment.results import OptionResult
from journeysim.experiment.statistics import Estimate
from journeysim.journey import Journey
from journeysim.journey.staff import RosterFile, StaffGroup
from journeysim.journey.stations import Touchpoint
from journeysim.report.drawing.routes import Plan, Route, plan_of

NAN = math.nan


@dataclass(frozen=True)
class Line:
    """A queue as the drawing shows it: its name, and in a few words what waiting there is like."""

    name: str
    notes: str


@dataclass(frozen=True)
class Group:
    """A staff group as the drawing shows it.

    Parameters
    ----------
    name : as displayed.
    count : how many are on duty, ``3`` or from least to most ``3–4``.
    is_machine : whether it is machines.
    """

    name: str
    count: str
    is_machine: bool


@dataclass(frozen=True)
class Found:
    """What a run came to at a touchpoint; NaN where nothing was observed.

    Parameters
    ----------
    service_min, wait_mean_min, wait_p90_min : minutes.
    per_hundred : steps here for every hundred visits.
    score : mean over replications with its 95% interval, -1..1.
    """

    service_min: float
    wait_mean_min: float
    wait_p90_min: float
    per_hundred: float
    score: Estimate


@dataclass(frozen=True)
class Card:
    """A touchpoint in its column.

    Parameters
    ----------
    name : as the map has it.
    title, channel : as displayed; the channel may be empty.
    stage : number of its stage.
    is_front : whether customers see it.
    is_moment_of_truth : whether it weighs more in what is remembered.
    lines, groups : where customers wait for it and who serves there.
    start_share : share of customers whose visit starts here.
    fail_share : share of services that fail.
    leave_share : share of its steps that end the visit.
    service_min, acceptable_min : means as the map has them, over those who come here; NaN where it says
        nothing of acceptable waits, or nobody comes.
    per_hundred : steps here for every hundred visits as the map has it.
    found : what a run came to; None without one.
    """

    name: str
    title: str
    channel: str
    stage: int
    is_front: bool
    is_moment_of_truth: bool
    lines: tuple[Line, ...]
    groups: tuple[Group, ...]
    start_share: float
    fail_share: float
    leave_share: float
    service_min: float
    acceptable_min: float
    per_hundred: float
    found: Found | None = None


@dataclass(frozen=True)
class Flags:
    """What is pointed out.

    Parameters
    ----------
    worst : name of the touchpoint with the lowest mean score; None without scores.
    golden : touchpoints that the golden point improves.
    """

    worst: str | None = None
    golden: tuple[str, ...] = ()


@dataclass(frozen=True)
class Content:
    """All that a drawing says.

    Parameters
    ----------
    title, description, caption : of the whole; the description may be empty.
    stages : as displayed, from left to right.
    cards : touchpoints from left to right, those of a stage together.
    routes : ways between touchpoints.
    flags : what is pointed out.
    notes : sentences below the drawing.
    """

    title: str
    description: str
    caption: str
    stages: tuple[str, ...]
    cards: tuple[Card, ...]
    routes: tuple[Route, ...]
    flags: Flags = field(default_factory=Flags)
    notes: tuple[str, ...] = ()

    @property
    def was_run(self) -> bool:
        """Whether a run stands beside the plan."""
        return any(card.found is not None for card in self.cards)

    @property
    def texts(self) -> str:
        """All words of the planner's own, one after the other."""
        parts = [self.title, self.description, self.caption, *self.stages, *self.notes]
        for card in self.cards:
            parts += [card.title, card.channel]
            parts += [part for line in card.lines for part in (line.name, line.notes)]
            parts += [group.name for group in card.groups]
        return " ".join(parts)


def shown(name: str) -> str:
    """Name as people read it: ids have spaces where the file has underscores."""
    return " ".join(name.replace("_", " ").split()) or name


def content_of(
    journey: Journey,
    result: OptionResult | None,
    *,
    caption: str,
    flags: Flags,
    notes: Sequence[str] = (),
) -> Content:
    """Gather what a drawing says of a map, and of an option that was run.

    Parameters
    ----------
    journey : the map.
    result : an option of a run with the same touchpoints; None for the map as planned.
    caption : which run it is, in a line.
    flags : what is pointed out.
    notes : sentences below the drawing.
    """
    plan = plan_of(journey)
    order = list(dict.fromkeys(shown(point.stage) for point in journey.touchpoints.values()))
    found = {} if result is None else _found(journey, result)
    cards = [
        _card(journey, name, point, order.index(shown(point.stage)), plan, found.get(name))
        for name, point in journey.touchpoints.items()
    ]
    return Content(
        title=shown(journey.name),
        description=shown(journey.description),
        caption=caption,
        stages=tuple(order),
        # A stable sort: within a stage the map's order holds.
        cards=tuple(sorted(cards, key=lambda card: card.stage)),
        routes=plan.routes,
        flags=flags,
        notes=tuple(notes),
    )


def _card(
    journey: Journey, name: str, point: Touchpoint, stage: int, plan: Plan, found: Found | None
) -> Card:
    lines = journey.lines_of(point)
    groups = [(key, journey.staff[key]) for key in journey.groups_serving(lines)]
    planned = plan.points[name]
    return Card(
        name=name,
        title=shown(name),
        channel=shown(point.channel),
        stage=stage,
        is_front=point.lane == "front",
        is_moment_of_truth=bool(point.moment_of_truth),
        lines=tuple(_queue(journey, point, lines)),
        groups=tuple(Group(shown(key), _on_duty(group), group.kind == "machine") for key, group in groups),
        start_share=planned.start_share,
        fail_share=point.fails,
        leave_share=planned.leave_share,
        service_min=planned.service_min,
        acceptable_min=planned.acceptable_min if lines else NAN,
        per_hundred=planned.per_hundred,
        found=found,
    )


def _queue(journey: Journey, point: Touchpoint, lines: Sequence[str]) -> list[Line]:
    if not lines or point.queue is None:
        return []
    first = journey.queues[lines[0]]
    notes = [str(condition) for condition in first.conditions]
    if first.discipline == "priority":
        notes.insert(0, "by priority")
    if len(lines) > 1:
        notes.insert(0, f"{len(lines)} lines")
    if first.capacity is not None:
        notes.append(f"room for {first.capacity}")
    return [Line(shown(point.queue), ", ".join(notes))]


def _on_duty(group: StaffGroup) -> str:
    """How many are on duty, from least to most; times with nobody are left out."""
    if isinstance(group.count, RosterFile):
        table = group.count.table
        rosters = [] if table is None else [*table.by_date.values(), table.every_day or ()]
        counts = {int(count) for roster in rosters for _, count in roster}
    else:
        counts = {count for _, count in group.roster_steps()}
    on_duty = sorted(count for count in counts if count > 0) or [0]
    return str(on_duty[0]) if len(on_duty) == 1 else f"{on_duty[0]}–{on_duty[-1]}"


def _found(journey: Journey, result: OptionResult) -> dict[str, Found]:
    visits = result.metrics["visits_per_day"].mean
    by_name = result.by("touchpoint")
    return {name: _found_at(by_name[name], visits) for name in journey.touchpoints if name in by_name}


def _found_at(estimates: Mapping[str, Estimate], visits_per_day: float) -> Found:
    def mean(metric: str) -> float:
        return estimates[metric].mean if metric in estimates else NAN

    return Found(
        service_min=mean("service_mean_min"),
        wait_mean_min=mean("wait_mean_min"),
        wait_p90_min=mean("wait_p90_min"),
        per_hundred=100 * mean("visits_per_day") / visits_per_day if visits_per_day else NAN,
        score=estimates.get("score_mean", Estimate(NAN, NAN, NAN, 0)),
    )
