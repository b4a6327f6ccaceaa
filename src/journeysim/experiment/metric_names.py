"""Names of the metrics over all visits or customers, known before anything has run."""

from __future__ import annotations

from journeysim.errors import Problem
from journeysim.journey.faults import nearest

OF_BRANCH = (
    "visits_per_day", "served_fraction", "failed_fraction", "balked_fraction", "reneged_fraction",
    "rejected_fraction", "closed_fraction", "in_progress_fraction", "wait_mean_min", "wait_p90_min",
    "wait_served_mean_min", "wait_within_target_fraction", "waited_fraction", "service_mean_min",
    "queue_length_mean", "queue_length_max", "time_in_branch_mean_min", "contacts_per_case",
    "days_to_resolution_mean", "utilisation", "overtime_min_per_day", "staff_cost_per_day", "score_mean",
    "satisfied_fraction", "net_promoter_score", "wait_score_mean", "encounter_score_mean",
)  # fmt: skip
"""Metrics of a run without a market, and of one with it."""

OF_MARKET = (
    "customers_end", "retained_fraction", "churn_per_year", "lost", "acquired", "share_end",
    "satisfaction_mean", "staff_satisfaction_mean", "product_satisfaction_mean", "heard_mean", "told_good",
    "told_per_good_story", "told_bad", "told_per_bad_story", "read_bad", "complaints", "margin_per_year",
    "revenue_from_existing_fraction", "retention_cost_per_year", "acquisition_cost_per_year",
    "staff_cost_per_year", "cost_per_margin_existing", "cost_per_margin_new", "option_cost_per_year",
    "net_value_per_year", "customer_equity",
)  # fmt: skip
"""Metrics that only a market has."""


def metric_names(*, in_market: bool) -> tuple[str, ...]:
    """Return the names that a stop rule may have, in the order of the results."""
    return OF_BRANCH + OF_MARKET if in_market else OF_BRANCH


def metric_problems(metric: str, file: str, path: str, *, in_market: bool) -> list[Problem]:
    """What is wrong with the name of a metric, before anything has run; nothing where it is known.

    Parameters
    ----------
    metric : as it was given.
    file, path : where it was given.
    in_market : whether the scenario has a market.
    """
    known = metric_names(in_market=in_market)
    if metric in known:
        return []
    hint = nearest(metric, known)
    if metric in metric_names(in_market=True):
        hint = "give the scenario a market, for example {customers: 12000}"
    return [Problem(file, 0, 0, path, "no metric has this name here", metric, hint)]
