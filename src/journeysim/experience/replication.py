"""One replication of a map without a market: its days simulated, and scored as they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from journeysim.branch.calendar import OpenDay
from journeysim.branch.luck import Luck
from journeysim.branch.metrics import Metric, metrics_of
from journeysim.branch.own_rules import OwnRules
from journeysim.branch.simulate import SimulatedDays, in_day_order, simulated_days
from journeysim.branch.totals import Totals
from journeysim.experience.metrics import score_metrics
from journeysim.experience.plan import ExperiencePlan, compile_experience
from journeysim.experience.rules import ExperienceRules
from journeysim.experience.scoring import VisitScores, score_visits
from journeysim.experience.totals import ScoreTotals, sum_scores
from journeysim.journey import Journey

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class ScoredReplication:
    """What one replication came to.

    Attributes
    ----------
    totals, scores : whole-number sums over its days.
    steps : the steps table without ``option`` and ``replication``, with the columns of `scored_table`; None
        unless it was asked for.
    """

    totals: Totals
    scores: ScoreTotals
    steps: pl.DataFrame | None

    @cached_property
    def metrics(self) -> list[Metric]:
        """All metrics of the replication, of the branch and then of scores."""
        return metrics_of(self.totals) + score_metrics(self.scores)


def score_replication(
    journey: Journey,
    days: Sequence[OpenDay],
    experience: ExperienceRules,
    *,
    seed: int,
    replication: int,
    target_wait_min: float,
    engine: str = "auto",
    keep_steps: bool = False,
    rules: OwnRules | None = None,
) -> ScoredReplication:
    """Simulate and score one replication.

    Parameters
    ----------
    experience : how visitors judge a visit.
    days, seed, replication, target_wait_min, engine, keep_steps, rules : see `simulate_replication`.

    Raises
    ------
    ValueError, RouteError, RuleError
        as `simulate_replication` does.
    """
    luck = Luck(seed, replication)
    compiled: ExperiencePlan | None = None
    totals: Totals | None = None
    score_totals: ScoreTotals | None = None
    tables: list[pl.DataFrame] = []
    for batch in simulated_days(journey, days, luck, rules=rules, engine=engine):
        if compiled is None:
            compiled = compile_experience(journey, batch.plan, experience)
        scores = score_visits(batch.plan, compiled, batch.arrivals, batch.acceptable_wait, batch.steps, luck)
        part = batch.totals(target_wait_min)
        scored = sum_scores(batch.plan, batch.arrivals, batch.steps, scores)
        totals = part if totals is None else totals + part
        score_totals = scored if score_totals is None else score_totals + scored
        if keep_steps:
            tables.append(scored_table(batch, scores))
    assert totals is not None
    assert score_totals is not None
    return ScoredReplication(totals, score_totals, in_day_order(tables) if keep_steps else None)


def scored_table(batch: SimulatedDays, scores: VisitScores) -> pl.DataFrame:
    """The steps table of a batch of days with scores.

    Returns
    -------
    The columns of `SimulatedDays.table`, then ``score`` (mean of the step's moments; null without any) and
    ``visit_score`` (of the whole visit, in each of its steps), both -1..1.
    """
    import polars as pl

    return batch.table().with_columns(
        score=pl.Series(scores.step_score).fill_nan(None),
        visit_score=pl.Series(scores.score[batch.steps.visit]),
    )
