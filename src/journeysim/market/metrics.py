"""What a projection came to in numbers, by the names that reports and files use.

Customers are ours. Of a segment, rung, reason, bank or kind of complaint, metrics say what their name says of
that part alone; a value of a month is that at the month's end, or the sum over the month.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import nan

import numpy as np

from journeysim.branch.metrics import Metric, metrics_of
from journeysim.experience import score_metrics
from journeysim.market.banks import BranchAtWork
from journeysim.market.ledger import OUR_NAME, MonthRecord, flow_name, total
from journeysim.market.projection import World
from journeysim.market.replication import Projected
from journeysim.market.timeline import MONTHS_PER_YEAR

_OF_CUSTOMERS = ("satisfied_fraction", "net_promoter_score", "satisfaction_mean")
_SUMMED = ("lost", "acquired")


def projection_metrics(projected: Projected) -> list[Metric]:
    """All metrics of an option in a replication: of the branch, of the market, and of each month."""
    world, months = projected.world, projected.months
    found: dict[tuple[str, str, str], float] = {}
    staff_cost = 0.0
    ours = world.ours()
    if len(ours) > 1:
        found |= _values(_of_all_branches(ours))
    for branch in ours:
        if branch.totals is None or branch.scores is None:
            continue
        metrics = [*metrics_of(branch.totals), *score_metrics(branch.scores)]
        if len(ours) > 1:
            metrics = [_of_branch(one, branch.branch.name) for one in metrics]
        found |= _values(metrics)
        of_all = {one.metric: one.value for one in metrics_of(branch.totals) if one.scope == "all"}
        staff_cost += of_all["staff_cost_per_day"] * branch.totals.days
    for scope, name, metric, value in _of_market(world, months, staff_cost):
        found[scope, name, metric] = value
    whole = [Metric(*key, value) for key, value in found.items()]
    return whole + [
        Metric(scope, name, metric, value, month)
        for month, record in enumerate(months, start=1)
        for scope, name, metric, value in record.rows()
    ]


def _values(metrics: Sequence[Metric]) -> dict[tuple[str, str, str], float]:
    return {(one.scope, one.name, one.metric): one.value for one in metrics}


def _of_all_branches(branches: Sequence[BranchAtWork]) -> list[Metric]:
    """Metrics of all visits, and of those of each segment, whatever the branch.

    A day is one on which any of the branches is open; visits and costs a day are those of all together, and
    the mean length of queues is that of a branch.
    """
    totals = [branch.totals for branch in branches if branch.totals is not None]
    scores = [branch.scores for branch in branches if branch.scores is not None]
    if not totals or not scores:
        return []
    timeline = branches[0].timeline
    horizon = range(timeline.horizon, len(timeline.months))
    days = {
        day.number
        for branch in branches
        for month in horizon
        for day in timeline.open_days(branch.branch, month)
    }
    together = replace(sum(totals[1:], start=totals[0]), days=len(days))
    felt = sum(scores[1:], start=scores[0])
    found = [*metrics_of(together), *score_metrics(felt)]
    return [one for one in found if one.scope in ("all", "segment")]


def _of_branch(metric: Metric, branch: str) -> Metric:
    """A metric of one of several branches: of a part of it under the names of both."""
    if metric.scope == "all":
        return Metric("branch", branch, metric.metric, metric.value)
    return Metric(metric.scope, f"{branch}: {metric.name}", metric.metric, metric.value)


def _of_market(
    world: World, months: Sequence[MonthRecord], staff_cost: float
) -> Iterator[tuple[str, str, str, float]]:
    first, last = months[0], months[-1]
    at_start = first["customer_months"]
    lost, customer_months = total(months, "lost"), total(months, "customer_months")
    yield "all", "", "customers_end", last["customers"]
    yield "all", "", "retained_fraction", _ratio(last["retained"], at_start)
    yield "all", "", "churn_per_year", 1 - (1 - _ratio(lost, customer_months)) ** MONTHS_PER_YEAR
    yield "all", "", "lost", lost
    yield "all", "", "acquired", total(months, "acquired")
    yield "all", "", "share_end", last["share"]
    for metric in (*_OF_CUSTOMERS, "staff_satisfaction_mean", "product_satisfaction_mean", "heard_mean"):
        yield "all", "", metric, last[metric]
    for word in ("good", "bad"):
        yield "all", "", f"told_{word}", total(months, f"told_{word}")
        told, tellers = total(months, f"first_told_{word}"), total(months, f"tellers_{word}")
        yield "all", "", f"told_per_{word}_story", _ratio(told, tellers)
    yield "all", "", "read_bad", total(months, "read_bad")
    yield "all", "", "complaints", total(months, "complaints", "complaint", "complain")
    for scope, name, metric in last.values:
        if scope == "segment" and metric == "customers":
            yield from _of_segment(name, months)
        elif scope in ("rung", "bank") and metric == "customers":
            yield scope, name, "customers_end", last.values[scope, name, metric]
        elif scope in ("reason", "complaint"):
            yield scope, name, metric, total(months, metric, scope, name)
        if scope == "bank" and metric == "preferred_fraction":
            yield scope, name, metric, last.values[scope, name, metric]
        if scope == "bank" and metric in ("gained", "lost"):
            yield scope, name, metric, total(months, metric, scope, name)
    yield from _flows(world, months)
    yield from (("all", "", metric, value) for metric, value in _money(world, months, staff_cost))


def _of_segment(name: str, months: Sequence[MonthRecord]) -> Iterator[tuple[str, str, str, float]]:
    last = months[-1].values
    at_start = months[0].values["segment", name, "customer_months"]
    yield "segment", name, "customers_end", last["segment", name, "customers"]
    yield "segment", name, "retained_fraction", _ratio(last["segment", name, "retained"], at_start)
    for metric in _OF_CUSTOMERS:
        yield "segment", name, metric, last["segment", name, metric]
    for metric in _SUMMED:
        yield "segment", name, metric, total(months, metric, "segment", name)


def _flows(world: World, months: Sequence[MonthRecord]) -> Iterator[tuple[str, str, str, float]]:
    """How many people each bank lost to each other one over the horizon."""
    names = [bank.name or OUR_NAME for bank in world.market.banks]
    flows = np.sum([record.flows for record in months], axis=0)
    for number, name in enumerate(names):
        for other, its_name in enumerate(names):
            if number != other:
                yield "flow", flow_name(name, its_name), "went", float(flows[number, other])


def _money(world: World, months: Sequence[MonthRecord], staff_cost: float) -> Iterator[tuple[str, float]]:
    """Money a year: margins of the months, what keeping and winning customers, staff and the option cost.

    A unit of margin from who is there already costs what keeping customers costs for each unit of theirs
    (assumption: so does one more); from who came in the horizon, what winning and keeping them cost for each
    unit that they brought in it.
    """
    margins = world.market.margins()
    rules = world.behaviour.money
    years = len(months) / MONTHS_PER_YEAR
    earned = existing = acquisition = 0.0
    for name, margin in zip(world.market.segments, margins, strict=True):
        customers = total(months, "customers", "segment", name)
        earned += margin * customers / MONTHS_PER_YEAR
        existing += margin * total(months, "retained", "segment", name) / MONTHS_PER_YEAR
        won = total(months, "acquired", "segment", name)
        acquisition += won * rules.acquisition * rules.retention_share * margin
    retention = rules.retention_share * earned
    option = world.alternative.cost_per_year
    yield "margin_per_year", earned / years
    yield "revenue_from_existing_fraction", _ratio(existing, earned)
    yield "retention_cost_per_year", retention / years
    yield "acquisition_cost_per_year", acquisition / years
    yield "staff_cost_per_year", staff_cost / years
    yield "cost_per_margin_existing", _ratio(retention, earned)
    yield "cost_per_margin_new", rules.retention_share + _ratio(acquisition, earned - existing)
    yield "option_cost_per_year", option
    yield "net_value_per_year", (earned - retention - acquisition - staff_cost) / years - option
    yield "customer_equity", months[-1]["customer_equity"]


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator else nan
