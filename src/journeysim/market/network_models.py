"""Networks as a scenario writes them under ``market.network``, and the network that each stands for."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from journeysim.branch.luck import Luck
from journeysim.journey.distributions import Strictly
from journeysim.journey.values import PositiveCount, Share, Text, by_shape, fault, tag
from journeysim.market.network import Network
from journeysim.market.network_builders import blocks, scale_free, small_world
from journeysim.units import IntArray

MOST_TIES = 1000
"""Mean ties that a scenario may give a person: several times what people keep up (Dunbar 1992: about 150)."""

_WEAK_SHARE = Field(
    0.0, description="Share of ties that are weak, drawn at random; absent: none.", examples=[0.25]
)


class Generated(Strictly):
    """A network made by luck."""

    ties: Annotated[PositiveCount, Field(le=MOST_TIES)] = Field(
        description="Mean number of ties a person, even.", examples=[16]
    )

    @model_validator(mode="after")
    def _even(self) -> Self:
        if self.ties % 2:
            raise fault("an even number of ties is required", f"for example {self.ties + 1}")
        return self


class SmallWorld(Generated):
    """Neighbours who know each other, and some ties that lead anywhere (Watts & Strogatz 1998)."""

    rewire: Share = Field(
        description="Share of ties that lead to anybody in place of a neighbour.", examples=[0.25]
    )
    weak: Literal["rewired"] | None = Field(
        None, description="rewired: the ties that lead to anybody are weak.", examples=["rewired"]
    )
    weak_share: Share = _WEAK_SHARE


class ScaleFree(Generated):
    """Few people know very many: newcomers tie to whom many know (Barabási & Albert 1999)."""

    weak_share: Share = _WEAK_SHARE


class Blocks(Generated):
    """People know mostly others of their segment."""

    within: Share = Field(
        description="Share of ties made within the own segment; the rest are made with anybody.",
        examples=[0.8],
    )
    weak_share: Share = _WEAK_SHARE


class NetworkForm(Strictly):
    """Who knows whom: exactly one of a kind of network and a file of ties."""

    small_world: SmallWorld | None = Field(
        None,
        description="Neighbours who know each other, and some ties that lead anywhere.",
        examples=[{"ties": 16, "rewire": 0.25}],
    )
    scale_free: ScaleFree | None = Field(
        None, description="Few people know very many.", examples=[{"ties": 16}]
    )
    blocks: Blocks | None = Field(
        None,
        description="People know mostly others of their segment.",
        examples=[{"ties": 16, "within": 0.8}],
    )
    file: Text | None = Field(
        None,
        description="CSV or Parquet file with one row a tie, in the scenario's folder or below.",
        examples=["data/ties.csv"],
    )
    from_: Text | None = Field(
        None,
        alias="from",
        description="With a file: column with one end of the tie, a person's number from 0 or any id; "
        "absent: from.",
        examples=["from"],
    )
    to: Text | None = Field(
        None, description="With a file: column with the other end; absent: to.", examples=["to"]
    )
    strength: Text | None = Field(
        None,
        description="With a file: column that says strong or weak; absent: all ties are strong.",
        examples=["strength"],
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name in FAMILIES if getattr(self, name) is not None]
        columns = [key for key, name in COLUMNS.items() if getattr(self, name) is not None]
        if len(given) > 1:
            raise fault(f"exactly one network is required, not {' and '.join(given)}")
        if columns and given != ["file"]:
            raise fault(f"{' and '.join(columns)} name columns of a file", "for example file: data/ties.csv")
        if not given:
            raise fault(
                "a network is required", "for example {small_world: {ties: 16, rewire: 0.25}}, or none"
            )
        return self

    @property
    def family(self) -> str:
        """Name of the one key that is set, such as ``small_world`` or ``file``."""
        return next(name for name in FAMILIES if getattr(self, name) is not None)

    @property
    def columns(self) -> dict[str, str | None]:
        """Names of the file's columns by the keys under which a scenario names them."""
        return {"from": self.from_ or "from", "to": self.to or "to", "strength": self.strength}

    @property
    def fewest_people(self) -> int:
        """People whom the smallest market must have that this network fits."""
        made = self.small_world or self.scale_free or self.blocks
        return made.ties + 1 if made else 1


FAMILIES = ("small_world", "scale_free", "blocks", "file")
COLUMNS = {"from": "from_", "to": "to", "strength": "strength"}

NetworkChoice = Annotated[
    Annotated[Literal["none"], tag("text")] | Annotated[NetworkForm, tag("mapping")],
    by_shape(
        "none or a network is required", "{small_world: {ties: 16, rewire: 0.25}}", words=frozenset({"none"})
    ),
]
"""What may stand under ``market.network``."""


def made_network(
    choice: NetworkForm | Literal["none"], people: int, segment: IntArray, luck: Luck
) -> Network:
    """The network that a scenario asks for, for those that luck makes; a file is read by `read_ties`.

    Parameters
    ----------
    choice : not of a file.
    people : in the market, at least ``choice.fewest_people``.
    segment : shape (people,), each person's segment, from 0.
    luck : the same network for every option and month of a replication.

    Raises
    ------
    ValueError
        The market is too small for it, or it is one of a file.
    """
    if isinstance(choice, str):
        return Network.without_ties(people)
    if choice.small_world is not None:
        world = choice.small_world
        return small_world(
            people,
            world.ties,
            world.rewire,
            luck,
            weak_share=world.weak_share,
            rewired_are_weak=world.weak is not None,
        )
    if choice.scale_free is not None:
        return scale_free(people, choice.scale_free.ties, luck, weak_share=choice.scale_free.weak_share)
    if choice.blocks is not None:
        kinds = choice.blocks
        return blocks(segment, kinds.ties, kinds.within, luck, weak_share=kinds.weak_share)
    raise ValueError("a network in a file is read, not made")
