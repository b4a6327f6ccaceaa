"""Where customers wait and are served: queues, touchpoints and the rules that lead on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from journeysim.journey.distributions import Distribution, Strictly
from journeysim.journey.values import (
    Count,
    Duration,
    Id,
    Name,
    Names,
    PositiveCount,
    PositiveDuration,
    Share,
    Text,
    Truth,
    by_shape,
    tag,
)

LEAVE = "leave"

Condition = Literal["occupied", "seated", "informed", "explained", "fair", "alone", "anxious", "comfortable"]


class Balk(Strictly):
    """When a customer who sees the queue does not join it."""

    at_length: Count | None = Field(
        None, description="Balks when this many or more are waiting.", examples=[6]
    )
    expected_wait: Truth = Field(
        False,
        description="Balks when the wait to be expected is longer than the customer would accept.",
        examples=[True],
    )
    probability: Share = Field(
        1.0, description="How likely to balk when a reason to is there.", examples=[0.5]
    )


class LineStart(Strictly):
    """People who wait in a line when the doors open; their segments and needs are by the shares."""

    touchpoint: Name = Field(description="Touchpoint they wait for, in this queue.", examples=["till"])
    count: PositiveCount = Field(description="How many wait.", examples=[3])


QueuePatience = Annotated[
    Annotated[Literal["none"], tag("text")] | Annotated[Distribution, tag("mapping")],
    by_shape(
        "none or a distribution is required",
        "{exponential: {mean: 21 min}}",
        words=frozenset({"none"}),
    ),
]


class Queue(Strictly):
    """A line of people waiting, for one or several touchpoints, served by one or several staff groups."""

    discipline: Literal["fifo", "priority"] = Field(
        "fifo",
        description="fifo (default): by joining. priority: by the segment's priority, then by joining.",
        examples=["priority"],
    )
    capacity: Count | None = Field(
        None, description="Most who can wait, those in service not counted; absent: no limit.", examples=[10]
    )
    balk: Balk | None = Field(
        None, description="When customers do not join.", examples=[{"at_length": 6, "probability": 0.5}]
    )
    patience_form: QueuePatience | None = Field(
        None,
        alias="patience",
        description="Patience of all who wait here, in place of their segment's; none: nobody gives up.",
        examples=["none", {"exponential": {"mean": "21 min"}}],
    )
    conditions: tuple[Condition, ...] = Field(
        (), description="What waiting here is like.", examples=[["seated", "informed"]]
    )
    line_group: Id | None = Field(
        None,
        description="Group of lines this one belongs to; a touchpoint whose `queue` is the group's name has "
        "the shortest line joined, those in service counted.",
        examples=["tills"],
    )
    start_with: LineStart | None = Field(
        None,
        description="Who waits here when the doors open, every day.",
        examples=[{"touchpoint": "till", "count": 3}],
    )

    @property
    def patience(self) -> Distribution | None:
        """The queue's own patience, or None: the segment's holds, unless nobody reneges here."""
        return self.patience_form if isinstance(self.patience_form, Distribution) else None

    @property
    def never_reneges(self) -> bool:
        """Whether nobody gives up here, whatever their segment (``patience: none``)."""
        return isinstance(self.patience_form, str)


class When(Strictly):
    """Conditions of a rule; all that are given must hold."""

    segment: Names | None = Field(
        None, description="Customer's segment, or a list of which one must hold.", examples=["vip"]
    )
    need: Names | None = Field(
        None,
        description="Customer's need, or a list of which one must hold.",
        examples=[["loan", "mortgage"]],
    )
    failed_before: Truth | None = Field(
        None, description="Whether a service has failed earlier in this visit.", examples=[True]
    )
    waited_over_min: Duration | None = Field(
        None,
        alias="waited_over",
        description="Total wait so far in this visit is longer than this.",
        examples=["15 min"],
    )

    @property
    def segments(self) -> frozenset[str] | None:
        """Segments of which one must hold; None: any."""
        return None if self.segment is None else frozenset(self.segment)

    @property
    def needs(self) -> frozenset[str] | None:
        """Needs of which one must hold; None: any."""
        return None if self.need is None else frozenset(self.need)

    @property
    def is_empty(self) -> bool:
        """Whether no condition is given."""
        return (
            self.segment is None
            and self.need is None
            and self.failed_before is None
            and self.waited_over_min is None
        )


Target = Annotated[
    Annotated[Name, tag("text")] | Annotated[dict[Name, Share], Field(min_length=1), tag("mapping")],
    by_shape("a touchpoint, leave, or shares of several are required", "{kiosk: 0.6, counter: 0.4}"),
]

After = Annotated[
    Annotated[
        PositiveDuration,
        tag("text"),
    ]
    | Annotated[Distribution, tag("mapping")],
    by_shape("a duration or distribution is required", "2 days", durations=True),
]


class Rule(Strictly):
    """One line of ``next``: where a customer goes on to, and when."""

    to: Target = Field(
        description="Touchpoint to go to, leave (not with after or keep_server), or several with shares that "
        "sum to 1.",
        examples=["counter", {"kiosk": 0.6, "counter": 0.4}],
    )
    when: When | None = Field(
        None, description="When the rule applies; absent: always.", examples=[{"need": "cash"}]
    )
    probability: Share = Field(1.0, description="Chance, of those whom no rule above took.", examples=[0.5])
    name: Id | None = Field(
        None, description="Name of the rule, by which a scenario addresses it.", examples=["to advice"]
    )
    after: After | None = Field(
        None,
        description="Ends this visit; the case's next contact is there so much later, rounded up to whole "
        "days and moved to the next open day.",
        examples=["2 days", {"exponential": {"mean": "3 days"}}],
    )
    keep_server: Truth = Field(
        False,
        description="Holds the server while the customer is at the next touchpoint, such as an approval.",
        examples=[True],
    )

    @property
    def targets(self) -> tuple[tuple[str, float], ...]:
        """Touchpoints (or ``leave``) and their shares, in file order; the shares sum to 1."""
        if isinstance(self.to, dict):
            return tuple((name, float(share)) for name, share in self.to.items())
        return ((self.to, 1.0),)

    @property
    def unconditional(self) -> bool:
        """Whether the rule takes everybody who reaches it."""
        return (self.when is None or self.when.is_empty) and self.probability == 1


class Touchpoint(Strictly):
    """A place in the journey where the customer and the bank meet."""

    stage: Text = Field(description="Named phase of the journey.", examples=["Transact"])
    lane: Literal["front", "back"] = Field(
        "front", description="front (default): the customer sees it. back: unseen work.", examples=["back"]
    )
    channel: Text = Field("", description="Channel, for reports.", examples=["self-service"])
    queue: Name | None = Field(
        None,
        description="Queue in which customers wait for it, or line group of which they join the shortest "
        "line; absent: it starts at once.",
        examples=["door"],
    )
    service: Distribution = Field(
        description="How long it takes.", examples=[{"gamma": {"mean": "7 min", "cv": 0.6}}]
    )
    fails: Share = Field(0.0, description="Share of services that fail.", examples=[0.08])
    if_failed: Name = Field(
        LEAVE, description="Where to go when the service failed; default leave.", examples=["counter"]
    )
    if_balked: Name = Field(
        LEAVE, description="Where to go instead of joining the queue; default leave.", examples=["counter"]
    )
    if_reneged: Name = Field(
        LEAVE, description="Where to go after giving up waiting; default leave.", examples=["counter"]
    )
    if_rejected: Name = Field(
        LEAVE, description="Where to go when there is no room; default leave.", examples=["counter"]
    )
    kano: Literal["must_be", "linear", "attractive"] = Field(
        "linear", description="How quality here turns into feeling.", examples=["attractive"]
    )
    reason: Literal["staff", "product"] | None = Field(
        None, description="Whether it speaks for the staff or the product.", examples=["staff"]
    )
    moment_of_truth: Truth = Field(
        False, description="Weighs more than others in what is remembered.", examples=[True]
    )
    wrap_up: Distribution | None = Field(
        None,
        description="How long the server is busy after the customer has gone; absent: not at all.",
        examples=[{"constant": "1 min"}],
    )
    next: Annotated[tuple[Rule, ...], Field(max_length=1000)] = Field(
        (),
        description="Where to go on to: rules read from top to bottom; absent: leave.",
        examples=[[{"to": "adviser", "when": {"need": "advice"}, "probability": 0.5}, {"to": "leave"}]],
    )
