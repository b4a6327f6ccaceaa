"""What stands under ``market:`` of a scenario, as frozen models."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from journeysim.experience.rules import Score
from journeysim.journey.distributions import Strictly
from journeysim.journey.values import Count, DateText, Id, MapOrFile, People, PositiveCount, Share, fault
from journeysim.market.network_models import NetworkChoice, NetworkForm, SmallWorld

MOST_MONTHS = 600

DEFAULT_NETWORK = NetworkForm(small_world=SmallWorld(ties=16, rewire=0.25))


class RivalScores(Strictly):
    """Scores of a rival's visits, where no map says how they come about."""

    mean: Score = Field(description="Mean score of its visits.", examples=[0.1])
    sd: Annotated[float, Field(ge=0, le=2, strict=True)] = Field(
        description="Standard deviation of the scores.", examples=[0.5]
    )


class RivalFile(Strictly):
    """Another bank. With neither scores nor a map its visits score as ours do on the baseline."""

    share: Share = Field(
        0.0, description="Of the people at the start; absent: a bank that is yet to open.", examples=[0.4]
    )
    score: RivalScores | None = Field(
        None, description="How its visits score.", examples=[{"mean": 0.1, "sd": 0.5}]
    )
    journey: MapOrFile | None = Field(
        None,
        description="Its own journey map, simulated like ours.",
        examples=["../journeys/rival.yaml"],
    )
    heard: Score | None = Field(
        None,
        description="What people think of it at the start, or have heard when it opens.",
        examples=[0.3],
    )
    opens: DateText | None = Field(
        None,
        description="Date near which a bank without share opens, at a month's beginning; absent: never.",
        examples=["2027-04-01"],
    )


class BranchFile(Strictly):
    """One branch of our bank."""

    customers: People = Field(description="Our customers who live near it.", examples=[8000])
    journey: MapOrFile | None = Field(
        None, description="Its map; absent: the scenario's.", examples=["../journeys/city-branch.yaml"]
    )


class MarketFile(Strictly):
    """The customers of a place, who they know, and the banks among which they choose."""

    customers: People | None = Field(
        None, description="Ours at the start; absent: those of the branches.", examples=[12000]
    )
    months: Annotated[PositiveCount, Field(le=MOST_MONTHS)] = Field(
        12, description="Months that are watched.", examples=[12]
    )
    burn_in_months: Annotated[Count, Field(le=MOST_MONTHS)] = Field(
        12, description="Months before them in which the market finds its own ways.", examples=[12]
    )
    network: NetworkChoice = Field(
        DEFAULT_NETWORK,
        description="Who knows whom.",
        examples=[{"small_world": {"ties": 16, "rewire": 0.25}}],
    )
    heard: Score | None = Field(
        None,
        description="What people think of us at the start; absent: what our visits lead to.",
        examples=[0.1],
    )
    rivals: dict[Id, RivalFile] | None = Field(
        None,
        description="The other banks; absent: two with .40 and .25 of the people, scoring as ours does.",
        examples=[{"Rival A": {"share": 0.4, "score": {"mean": 0.1, "sd": 0.5}}}],
    )
    branches: dict[Id, BranchFile] = Field(
        {},
        description="Our branches, where there are several.",
        examples=[{"Centre": {"customers": 8000}, "Station": {"customers": 4000}}],
    )


DEFAULT_RIVALS = {"Rival A": RivalFile(share=0.4), "Rival B": RivalFile(share=0.25)}


class PeriodFile(Strictly):
    """Days on which an option's changes to the map hold."""

    from_: DateText = Field(alias="from", description="First of them.", examples=["2027-02-01"])
    until: DateText = Field(description="Last of them.", examples=["2027-02-28"])

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until < self.from_:
            raise fault(f"until must be a day from {self.from_} on", "both days are part of the period")
        return self
