"""What a month came to, for our own bank, and what the months of a horizon come to together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from journeysim.experience.totals import DETRACTOR, PROMOTER, SATISFIED
from journeysim.market.choosing import preferred
from journeysim.market.leaving import REASONS, STAYS, Settlement
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
        cls, state: State, visits: Visits, temper: IntArray, stories: Stories, heard: Heard
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
        banks, segments = len(market.banks), len(market.segments)
        moved = np.flatnonzero(settlement.reason != STAYS)
        before, after, reason = self._before[moved], state.bank[moved], settlement.reason[moved]
        self.flows = np.bincount(before * banks + after, minlength=banks * banks).reshape(banks, banks)
        lost, gained = moved[before == OURS], moved[after == OURS]
        why = np.bincount(reason[before == OURS], minlength=len(REASONS))
        for number, word in enumerate(REASONS):
            self._note("lost", why[number], "reason", word)
        customers = np.flatnonzero(state.bank == OURS)
        self._note("customer_months", customers.size + lost.size - gained.size)
        self._note("lost", lost.size)
        self._note("acquired", gained.size)
        satisfaction = state.satisfaction[customers]
        self._of(satisfaction, "all", "")
        self._note("staff_satisfaction_mean", _mean(state.staff[customers]))
        self._note("product_satisfaction_mean", _mean(state.product[customers]))
        self._note("heard_mean", state.heard[OURS].mean())
        self._note("share", customers.size / market.people)
        stayers = np.flatnonzero(world.stayers)
        self._note("retained", stayers.size)
        self._note("customer_equity", equity)
        segment = world.places.segment
        counts = {
            metric: np.bincount(segment[people], minlength=segments)
            for metric, people in (("lost", lost), ("acquired", gained), ("retained", stayers))
        }
        of_customers = segment[customers]
        self._note("learnt_score", max((branch.learnt for branch in world.ours()), default=0.0))
        for number, name in enumerate(market.segments):
            mine = satisfaction[of_customers == number]
            at_start = mine.size + counts["lost"][number] - counts["acquired"][number]
            self._note("customer_months", at_start, "segment", name)
            self._of(mine, "segment", name)
            for metric, by_segment in counts.items():
                self._note(metric, by_segment[number], "segment", name)
        rung = rungs_now(state, world.usual_gap_months, world.behaviour.ladder, customers)
        on_rung = np.bincount(rung, minlength=len(RUNGS))
        for number, name in enumerate(RUNGS):
            self._note("customers", on_rung[number], "rung", name)
        sizes = state.customers()
        # Only where somebody asks: it takes as long as all else at a month's end.
        named = any(of_bank.heard is not None for of_bank in market.banks)
        best = preferred(state, world.image, is_open, world.behaviour.choosing) if named else None
        for number, of_bank in enumerate(market.banks):
            name = of_bank.name or OUR_NAME
            self._note("customers", sizes[number], "bank", name)
            if best is not None:
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


def flow_name(bank: str, other: str) -> str:
    """Name of those who go from one bank to another in tables."""
    return f"{bank} → {other}"


_KINDS = {
    Temper.GRUMBLES: "grumble",
    Temper.COMPLAINS: "complain",
    Temper.GOES_PUBLIC: "media",
}


def total(records: Sequence[MonthRecord], metric: str, scope: str = "all", name: str = "") -> float:
    """Sum of a value over months."""
    return sum(record.values[scope, name, metric] for record in records)


def _share(holds: BoolArray) -> float:
    return float(holds.mean()) if holds.size else float("nan")


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if values.size else float("nan")
