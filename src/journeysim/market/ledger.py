"""What a month came to, for our own bank, and what the months of a horizon come to together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from journeysim.experience.totals import DETRACTOR, PROMOTER, SATISFIED
from journeysim.market.choosing import preferred
from journeysim.market.leaving import REASONS, STAYS, Settlement
from journeysim.market.model import Market
from journeysim.market.opinions import Temper, Visits
from journeysim.market.state import OURS, RUNGS, State, rungs_now
from journeysim.market.telling import Heard, Stories
from journeysim.units import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from journeysim.market.projection import World

Row = tuple[str, str, str, float]
"""Scope, name within it, metric and value."""


@dataclass
class MonthRecord:
    """One month of our bank.

    Attributes
    ----------
    values : value by scope, name within it, and metric. Customers are those at the month's end.
    flows : shape (banks, banks), people who went from one bank (row) to another (column).
    """

    values: dict[tuple[str, str, str], float] = field(default_factory=dict)
    flows: IntArray = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    _before: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __getitem__(self, metric: str) -> float:
        """Value of a metric of all customers."""
        return self.values["all", "", metric]

    def rows(self) -> Iterator[Row]:
        """All values."""
        for (scope, name, metric), value in self.values.items():
            yield scope, name, metric, value

    def _note(self, metric: str, value: float, scope: str = "all", name: str = "") -> None:
        self.values[scope, name, metric] = float(value)

    @classmethod
    def before_moves(
        cls, market: Market, state: State, visits: Visits, temper: IntArray, stories: Stories, heard: Heard
    ) -> MonthRecord:
        """Note what happened in the month, before anybody leaves."""
        record = cls(_before=state.bank.copy())
        ours = visits.bank == OURS
        record._note("visits", ours.sum())
        record._note("visits_all_banks", ours.size)
        record._note("score_sum", visits.score[ours].sum())
        for kind in (Temper.GRUMBLES, Temper.COMPLAINS, Temper.GOES_PUBLIC):
            record._note("complaints", (ours & (temper == kind)).sum(), "complaint", _KINDS[kind])
        told = heard.bank[: heard.told + heard.relayed] == OURS
        sign = heard.sign[: heard.told + heard.relayed]
        record._note("told_good", (told & (sign > 0)).sum())
        record._note("told_bad", (told & (sign < 0)).sum())
        record._note("read_bad", (heard.bank[heard.told + heard.relayed :] == OURS).sum())
        mine = stories.bank == OURS
        for word, which in (("good", stories.sign > 0), ("bad", stories.sign < 0)):
            record._note(f"tellers_{word}", (mine & which).sum())
            record._note(f"first_told_{word}", stories.told[mine & which].sum())
        return record

    def after_moves(self, world: World, settlement: Settlement, equity: float, is_open: BoolArray) -> None:
        """Note who left, who came, and what the customers are like now; ``equity`` is what they are worth.

        Parameters
        ----------
        is_open : shape (banks,), banks that take customers.
        """
        state, market = world.state, world.market
        bank = state.bank
        banks = len(market.banks)
        reason = settlement.reason
        moved = reason != STAYS
        pairs = self._before[moved] * banks + bank[moved]
        self.flows = np.bincount(pairs, minlength=banks * banks).reshape(banks, banks)
        lost = moved & (self._before == OURS)
        gained = moved & (bank == OURS)
        for number, word in enumerate(REASONS):
            self._note("lost", (lost & (reason == number)).sum(), "reason", word)
        self._note("customer_months", (self._before == OURS).sum())
        self._note("lost", lost.sum())
        self._note("acquired", gained.sum())
        customers = bank == OURS
        self._of(state.satisfaction[customers], "all", "")
        self._note("staff_satisfaction_mean", _mean(state.staff[customers]))
        self._note("product_satisfaction_mean", _mean(state.product[customers]))
        self._note("heard_mean", state.heard[OURS].mean())
        self._note("share", customers.sum() / market.people)
        self._note("retained", world.stayers.sum())
        self._note("customer_equity", equity)
        self._note("learnt_score", max((branch.learnt for branch in world.ours()), default=0.0))
        for number, name in enumerate(market.segments):
            of_segment = world.places.segment == number
            self._note("customer_months", ((self._before == OURS) & of_segment).sum(), "segment", name)
            self._of(state.satisfaction[customers & of_segment], "segment", name)
            self._note("lost", (lost & of_segment).sum(), "segment", name)
            self._note("acquired", (gained & of_segment).sum(), "segment", name)
            self._note("retained", (world.stayers & of_segment).sum(), "segment", name)
        rung = rungs_now(state, world.usual_gap_months, world.behaviour.ladder)
        counts = np.bincount(rung[customers], minlength=len(RUNGS))
        for number, name in enumerate(RUNGS):
            self._note("customers", counts[number], "rung", name)
        sizes = state.customers()
        best = preferred(state, world.image, is_open, world.behaviour.choosing)
        for number, of_bank in enumerate(market.banks):
            name = of_bank.name or OUR_NAME
            self._note("customers", sizes[number], "bank", name)
            self._note("preferred_fraction", best[number], "bank", name)
            self._note("gained", self.flows[:, number].sum() - self.flows[number, number], "bank", name)
            self._note("lost", self.flows[number].sum() - self.flows[number, number], "bank", name)

    def _of(self, satisfaction: FloatArray, scope: str, name: str) -> None:
        self._note("customers", satisfaction.size, scope, name)
        self._note("satisfaction_mean", _mean(satisfaction), scope, name)
        self._note("satisfied_fraction", _share(satisfaction >= SATISFIED), scope, name)
        promoters, detractors = _share(satisfaction >= PROMOTER), _share(satisfaction < DETRACTOR)
        self._note("net_promoter_score", promoters - detractors, scope, name)


OUR_NAME = "ours"
"""Our own bank in tables."""

_KINDS = {
    Temper.GRUMBLES: "grumble",
    Temper.COMPLAINS: "complain",
    Temper.GOES_PUBLIC: "media",
}

COMPLAINT_KINDS = tuple(_KINDS.values())


def total(records: Sequence[MonthRecord], metric: str, scope: str = "all", name: str = "") -> float:
    """Sum of a value over months."""
    return sum(record.values[scope, name, metric] for record in records)


def _share(holds: BoolArray) -> float:
    return float(holds.mean()) if holds.size else float("nan")


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if values.size else float("nan")
