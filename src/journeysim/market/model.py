"""What a projection starts from: the banks of a place, their branches and the people's network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from journeysim.branch.own_rules import OwnRules
from journeysim.journey import Journey
from journeysim.market.behaviour import Behaviour
from journeysim.market.network import Network
from journeysim.market.network_models import NetworkChoice
from journeysim.units import FloatArray


@dataclass(frozen=True)
class ScoreShape:
    """Scores of a bank's visits where no map says how they come about.

    Attributes
    ----------
    mean, sd : of all visits' scores before they are cut off at -1 and 1.
    """

    mean: float
    sd: float


@dataclass(frozen=True)
class Period:
    """Days for which a change holds, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Branch:
    """One branch of a bank.

    Attributes
    ----------
    name : empty where the bank has only one.
    customers : of the bank at the start who live near it.
    journey : its map.
    usual : the map that holds outside of ``period``; None: ``journey`` always.
    period : days on which ``journey`` holds.
    """

    name: str
    customers: int
    journey: Journey
    usual: Journey | None = None
    period: Period | None = None

    def on(self, day: date) -> Journey:
        """The map that holds on a day."""
        return self.journey if self.period is None or self.usual is None or day in self.period else self.usual


@dataclass(frozen=True)
class Bank:
    """One bank of the market.

    Attributes
    ----------
    name : ours has an empty one.
    share : of the people at the start, 0..1; 0 for a bank that opens later.
    branches : simulated day by day; empty where ``scores`` or our own baseline's scores stand for them.
    scores : None for a bank that is simulated, and for one whose visits score as ours do on the baseline. Our
        own bank may have both: its branches then say who comes when, its scores what people make of it.
    heard : what people have heard of it at the start or when it opens, -1..1; None: what visits lead to.
    opens : month in which it begins to take customers, from 0; None: never.
    """

    name: str
    share: float
    branches: tuple[Branch, ...] = ()
    scores: ScoreShape | None = None
    heard: float | None = None
    opens: int | None = 0


@dataclass(frozen=True)
class Market:
    """A place with its people and banks, and how long it is watched.

    Attributes
    ----------
    people : places in the network.
    segments : names, as in every map of the market.
    segment_share : shape (segments,), of the people.
    banks : ours first; names differ.
    network : how people are tied: what luck makes of a choice, or ties that were read.
    first_day, months, closed : the calendar of the horizon; month k begins k months after the first day.
    burn_in_months : months before it in which the market finds its own ways.
    """

    people: int
    segments: tuple[str, ...]
    segment_share: FloatArray
    banks: tuple[Bank, ...]
    network: NetworkChoice | Network
    first_day: date
    months: int
    closed: frozenset[date] = frozenset()
    burn_in_months: int = 12

    def margins(self) -> FloatArray:
        """Shape (segments,), yearly margin of a customer of ours; 0 where the map says nothing."""
        branches = self.banks[0].branches
        if not branches:
            return np.zeros(len(self.segments))
        segments = branches[0].journey.segments
        return np.array([segments[name].margin_per_year or 0.0 for name in self.segments])


@dataclass(frozen=True)
class Alternative:
    """An option of a scenario with a market.

    Attributes
    ----------
    name : the option's.
    market : equal to the baseline's but for maps, scores and openings of its banks.
    behaviour : how people judge, tell, leave and choose.
    cost_per_year : beside its staff.
    rules : an analyst's own, in our branches, from the calibration on; the same in all options.
    """

    name: str
    market: Market
    behaviour: Behaviour
    cost_per_year: float = 0.0
    rules: OwnRules | None = None
