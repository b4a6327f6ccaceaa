"""What a month came to, for our own bank, and what the months of a horizon come to together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, SupportsFloat

import numba
import numpy as np

from journeysim.experience.totals import DETRACTOR, PROMOTER, SATISFIED
from journeysim.market.choosing import preferred
from journeysim.market.leaving import REASONS, STAYS, Settlement
from journeysim.market.opinions import Temper, Visits
from journeysim.market.state import OURS, RUNGS, State, rung_now
from journeysim.market.telling import Heard, Stories
from journeysim.units import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from journeysim.market.projection import World

_ALL, _SATISFIED, _PROMOTERS, _DETRACTORS = range(4)
_OPINIONS = 4
"""Columns of a tally of customers by what they think of us."""

Row = tuple[str, str, str, float]
"""Scope, name within it, metric and value."""


@dataclass
class MonthRecord:
    """One month of our bank.

    Attributes
    ----------
    values : value by scope, name within it, and metric. Customers are those at the month's end.
    flows : shape (banks, banks), people who went from one bank (row) to another (column).
    moved : who left a bank at the month's end, ascending.
    """

    values: dict[tuple[str, str, str], float] = field(default_factory=dict)
    flows: IntArray = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))
    moved: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    _left: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __getitem__(self, metric: str) -> float:
        """Value of a metric of all customers."""
        return self.values["all", "", metric]

    def rows(self) -> Iterator[Row]:
        """All values."""
        for (scope, name, metric), value in self.values.items():
            yield scope, name, metric, value

    def _note(self, metric: str, value: SupportsFloat, scope: str = "all", name: str = "") -> None:
        self.values[scope, name, metric] = float(value)

    @classmethod
    def before_moves(
        cls,
        state: State,
        settlement: Settlement,
        visits: Visits,
        temper: IntArray,
        stories: Stories,
        heard: Heard,
    ) -> MonthRecord:
        """Note what happened in the month, before anybody leaves."""
        moved = np.flatnonzero(settlement.reason != STAYS)
        record = cls(moved=moved, _left=state.bank[moved])
        ours = visits.bank == OURS
        record._note("visits", np.count_nonzero(ours))
        record._note("visits_all_banks", ours.size)
        record._note("score_sum", visits.score[ours].sum())
        for kind in (Temper.GRUMBLES, Temper.COMPLAINS, Temper.GOES_PUBLIC):
            record._note("complaints", np.count_nonzero(ours & (temper == kind)), "complaint", _KINDS[kind])
        reached = heard.told + heard.relayed
        told = heard.bank[:reached] == OURS
        good = np.count_nonzero(told & (heard.sign[:reached] > 0))
        record._note("told_good", good)
        record._note("told_bad", np.count_nonzero(told) - good)
        record._note("read_bad", np.count_nonzero(heard.bank[reached:] == OURS))
        mine = stories.bank == OURS
        for word, which in (("good", mine & (stories.sign > 0)), ("bad", mine & (stories.sign < 0))):
            record._note(f"tellers_{word}", np.count_nonzero(which))
            record._note(f"first_told_{word}", stories.told[which].sum())
        return record

    def after_moves(
        self,
        world: World,
        settlement: Settlement,
        customers: IntArray,
        equity: float,
        is_open: BoolArray,
    ) -> None:
        """Note who left, who came, and what the customers are like now; ``equity`` is what they are worth.

        Parameters
        ----------
        customers : shape (ours,), our customers, ascending.
        is_open : shape (banks,), banks that take customers.
        """
        state, market = world.state, world.market
        banks, segments = len(market.banks), len(market.segments)
        before, after = self._left, state.bank[self.moved]
        self.flows = np.bincount(before * banks + after, minlength=banks * banks).reshape(banks, banks)
        lost, gained = self.moved[before == OURS], self.moved[after == OURS]
        why = np.bincount(settlement.reason[lost], minlength=len(REASONS))
        for number, word in enumerate(REASONS):
            self._note("lost", why[number], "reason", word)
        self._note("customer_months", customers.size + lost.size - gained.size)
        self._note("lost", lost.size)
        self._note("acquired", gained.size)
        segment, ladder = world.places.segment, world.behaviour.ladder
        opinion, rungs = np.zeros((segments, _OPINIONS), dtype=np.int64), np.zeros(len(RUNGS), dtype=np.int64)
        by_segment = _tally(
            customers, state.satisfaction, segment, state.rung, state.idle, world.usual_gap_months,
            ladder.freezing_gaps, opinion, rungs,
        )  # fmt: skip
        self._of(state.satisfaction[customers], opinion.sum(axis=0), "all", "")
        self._note("staff_satisfaction_mean", _mean(state.staff[customers]))
        self._note("product_satisfaction_mean", _mean(state.product[customers]))
        self._note("heard_mean", state.heard[OURS].mean())
        self._note("share", customers.size / market.people)
        stayers = np.flatnonzero(world.stayers)
        self._note("retained", stayers.size)
        self._note("customer_equity", equity)
        counts = {
            metric: np.bincount(segment[people], minlength=segments)
            for metric, people in (("lost", lost), ("acquired", gained), ("retained", stayers))
        }
        self._note("learnt_score", max((branch.learnt for branch in world.ours()), default=0.0))
        ends = np.cumsum(opinion[:, _ALL])
        for number, name in enumerate(market.segments):
            mine = by_segment[ends[number] - opinion[number, _ALL] : ends[number]]
            at_start = mine.size + counts["lost"][number] - counts["acquired"][number]
            self._note("customer_months", at_start, "segment", name)
            self._of(mine, opinion[number], "segment", name)
            for metric, of_segment in counts.items():
                self._note(metric, of_segment[number], "segment", name)
        for number, name in enumerate(RUNGS):
            self._note("customers", rungs[number], "rung", name)
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

    def _of(self, satisfaction: FloatArray, opinion: IntArray, scope: str, name: str) -> None:
        """Note what some customers think, whose satisfaction it is and who were tallied."""
        size = satisfaction.size
        shares = opinion / size if size else np.full(_OPINIONS, np.nan)
        self._note("customers", size, scope, name)
        self._note("satisfaction_mean", _mean(satisfaction), scope, name)
        self._note("satisfied_fraction", shares[_SATISFIED], scope, name)
        self._note("net_promoter_score", shares[_PROMOTERS] - shares[_DETRACTORS], scope, name)


OUR_NAME = "ours"
"""Our own bank in tables."""
FLOW_ARROW = "→"
"""Stands between two banks in the name of those who go from one to the other."""


def flow_name(bank: str, other: str) -> str:
    """Name of those who go from one bank to another in tables."""
    return f"{bank} {FLOW_ARROW} {other}"


_KINDS = {
    Temper.GRUMBLES: "grumble",
    Temper.COMPLAINS: "complain",
    Temper.GOES_PUBLIC: "media",
}


def total(records: Sequence[MonthRecord], metric: str, scope: str = "all", name: str = "") -> float:
    """Sum of a value over months."""
    return sum(record.values[scope, name, metric] for record in records)


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if values.size else float("nan")


@numba.njit(cache=True, nogil=True)
def _tally(  # type: ignore[no-untyped-def]
    customers, satisfaction, segment, rung, idle, usual_gap_months, freezing_gaps, opinion, rungs
):
    """Count customers by segment and opinion, and by rung; their satisfaction, one segment after another."""
    for person in customers:
        of_segment = opinion[segment[person]]
        of_segment[_ALL] += 1
        of_segment[_SATISFIED] += satisfaction[person] >= SATISFIED
        of_segment[_PROMOTERS] += satisfaction[person] >= PROMOTER
        of_segment[_DETRACTORS] += satisfaction[person] < DETRACTOR
        rungs[rung_now(rung[person], idle[person], usual_gap_months[person], freezing_gaps)] += 1
    free = np.cumsum(opinion[:, _ALL]) - opinion[:, _ALL]
    found = np.empty(customers.size)
    for person in customers:
        found[free[segment[person]]] = satisfaction[person]
        free[segment[person]] += 1
    return found
