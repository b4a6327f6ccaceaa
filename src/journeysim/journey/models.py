"""The journey map as frozen pydantic models: the only definition of the format.

Keys, defaults, bounds, descriptions and examples here and in the modules beside it are what `check`
enforces, what the JSON Schema offers in an editor and what the reference documentation prints. What values
mean together (do shares sum to 1, is the queue served) is the business of `journeysim.journey.check`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, PrivateAttr

from journeysim.errors import Problem
from journeysim.journey.arrivals import Arrivals
from journeysim.journey.distributions import Distribution, Strictly
from journeysim.journey.hours import Hours, OpeningHours
from journeysim.journey.staff import StaffGroup
from journeysim.journey.stations import Queue, Touchpoint
from journeysim.journey.strict_yaml import Document, Loc
from journeysim.journey.values import (
    Duration,
    Id,
    Name,
    Number,
    Positive,
    Priority,
    Share,
    Text,
    by_shape,
    tag,
)


class Segment(Strictly):
    """A kind of customer: how many of the arrivals, how patient, what they expect, what they are worth."""

    share: Share | None = Field(
        None,
        description="Share of the arrivals; the shares of all segments sum to 1. Absent only where files "
        "name each customer's segment.",
        examples=[0.9],
    )
    priority: Priority = Field(
        1, description="Rank in queues with discipline priority: lower is served first.", examples=[2]
    )
    patience: Distribution | None = Field(
        None,
        description="How long they wait before giving up; absent: they never do.",
        examples=[{"exponential": {"mean": "21 min"}}],
    )
    acceptable_wait: Distribution | None = Field(
        None,
        description="The wait in a visit that they find acceptable.",
        examples=[{"lognormal": {"median": "15 min", "sigma": 0.4}}],
    )
    margin_per_year: Number | None = Field(
        None, description="Margin that one customer brings in a year.", examples=[900]
    )
    encounter_weight: Annotated[Positive, Field(le=10)] = Field(
        1.0,
        description="Weight of encounters, beside waits, in what they remember of a visit: above 1 for who "
        "comes for personal service.",
        examples=[1.5],
    )
    head_start: Duration | None = Field(
        None,
        description="By how much they count as having joined earlier than they did, in every queue; absent: "
        "not at all.",
        examples=["90 s"],
    )


NeedShare = Annotated[
    Annotated[Share, tag("number")] | Annotated[dict[Name, Share], Field(min_length=1), tag("mapping")],
    by_shape("a share, or shares by segment, are required", "{regular: 0.7, vip: 0.4}"),
]


class Need(Strictly):
    """What a customer comes for."""

    share: NeedShare | None = Field(
        None,
        description="Share of customers, a number or by segment; for each segment the needs sum to 1. Absent "
        "only where files name each customer's need.",
        examples=[0.7, {"regular": 0.7, "vip": 0.4}],
    )
    start: Name = Field(description="Touchpoint where the visit starts.", examples=["welcome"])

    def share_for(self, segment: str) -> float:
        """Share of the customers of ``segment`` who come for this need; 0 where none is given."""
        if isinstance(self.share, dict):
            return float(self.share.get(segment, 0.0))
        return float(self.share or 0.0)


class Journey(Strictly):
    """A journey map: segments, needs, touchpoints, queues, staff and hours of one branch."""

    name: Annotated[Text, Field(min_length=1)] = Field(
        alias="journey", description="Name of the branch or journey.", examples=["City branch"]
    )
    description: Text = Field(
        "", description="What it describes.", examples=["A walk-in branch with counters and advisers."]
    )
    currency: Text = Field("", description="Currency of all amounts.", examples=["CNY"])
    hours: Hours = Field(
        description="Opening hours, the same every day or by weekday.",
        examples=[{"open": "09:00", "close": "17:00"}],
    )
    segments: dict[Id, Segment] = Field(
        min_length=1,
        max_length=50,
        description="Kinds of customers.",
        examples=[{"regular": {"share": 0.9}, "vip": {"share": 0.1}}],
    )
    needs: dict[Id, Need] = Field(
        min_length=1,
        max_length=50,
        description="What customers come for.",
        examples=[{"cash": {"share": 1, "start": "welcome"}}],
    )
    arrivals: Arrivals = Field(
        description="How many customers come and when.", examples=[{"per_hour": {"09:00": 24, "12:00": 55}}]
    )
    staff: dict[Id, StaffGroup] = Field(
        {},
        max_length=500,
        description="Groups of servers.",
        examples=[{"tellers": {"count": 3, "serves": ["line"]}}],
    )
    queues: dict[Id, Queue] = Field(
        {}, max_length=500, description="Lines of people waiting.", examples=[{"counter_line": {}}]
    )
    touchpoints: dict[Id, Touchpoint] = Field(
        min_length=1,
        max_length=500,
        description="Places where the customer and the bank meet.",
        examples=[{"counter": {"stage": "Transact", "service": {"constant": "5 min"}}}],
    )
    _document: Document = PrivateAttr(default_factory=lambda: Document({}, ""))
    _warnings: tuple[Problem, ...] = PrivateAttr(())

    @property
    def document(self) -> Document:
        """The map as plain data with the places of its values."""
        return self._document

    @property
    def file(self) -> str:
        """Name of the map's file, as messages use it."""
        return self._document.file

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What looks doubtful but may be meant."""
        return self._warnings

    def __repr__(self) -> str:
        from journeysim.journey.show import journey_line

        return journey_line(self)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """How a notebook shows the map."""
        from journeysim.journey.show import journey_html

        return journey_html(self)

    def hours_on(self, weekday: int) -> OpeningHours | None:
        """Opening hours on a weekday, 0 (Monday) to 6; None on one that is closed."""
        return self.hours.on(weekday)

    def line_groups(self) -> dict[str, tuple[str, ...]]:
        """Lines of each line group, both in file order."""
        groups: dict[str, tuple[str, ...]] = {}
        for name, queue in self.queues.items():
            if queue.line_group is not None:
                groups[queue.line_group] = (*groups.get(queue.line_group, ()), name)
        return groups

    def lines_of(self, touchpoint: Touchpoint) -> tuple[str, ...]:
        """Queues in one of which customers wait for a touchpoint: its own, or all lines of its line group."""
        if touchpoint.queue is None:
            return ()
        if touchpoint.queue in self.queues:
            return (touchpoint.queue,)
        return self.line_groups().get(touchpoint.queue, ())

    def groups_serving(self, lines: Iterable[str]) -> tuple[str, ...]:
        """Staff groups that serve at least one of some queues, in file order."""
        wanted = set(lines)
        return tuple(name for name, group in self.staff.items() if wanted & set(group.serves))

    def distributions(self) -> Iterator[tuple[Loc, Distribution]]:
        """Yield every outermost distribution of the map with its location in the document."""
        for name, segment in self.segments.items():
            if segment.patience is not None:
                yield ("segments", name, "patience"), segment.patience
            if segment.acceptable_wait is not None:
                yield ("segments", name, "acceptable_wait"), segment.acceptable_wait
        for name, group in self.staff.items():
            if group.breakdown is not None:
                yield ("staff", name, "breakdown", "uptime"), group.breakdown.uptime
                yield ("staff", name, "breakdown", "repair"), group.breakdown.repair
        for name, queue in self.queues.items():
            if queue.patience is not None:
                yield ("queues", name, "patience"), queue.patience
        for name, touchpoint in self.touchpoints.items():
            yield ("touchpoints", name, "service"), touchpoint.service
            if touchpoint.wrap_up is not None:
                yield ("touchpoints", name, "wrap_up"), touchpoint.wrap_up
            for number, rule in enumerate(touchpoint.next):
                if isinstance(rule.after, Distribution):
                    yield ("touchpoints", name, "next", number, "after"), rule.after

    def patched(self, patches: Mapping[str, Any], remove: Iterable[str] = ()) -> Journey:
        """Return a new map with values replaced, added or removed; this one stays as it is.

        Parameters
        ----------
        patches : new value by path, such as ``{"staff.tellers.count": 5}``; see `journeysim.journey.patches`.
        remove : paths to delete.

        Raises
        ------
        InputError
            A path is unknown, or the map with the changes is wrong; all problems at once.
        """
        from journeysim.journey.load import patched_journey

        return patched_journey(self, patches, remove)
