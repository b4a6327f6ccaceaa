"""Metrics of a market against the months, visits and steps that they are made of, and money by hand."""

from __future__ import annotations

import math

import polars as pl
import pytest
from tests.market_by_hand import behaviour_with, scenario_of

from journeysim.experiment import Run, run
from journeysim.market.metrics import projection_metrics
from journeysim.market.model import Alternative
from journeysim.market.replication import Projected, project
from journeysim.market.start import calibrated
from journeysim.market.state import RUNGS

COST = 12_000.0


@pytest.fixture(scope="module")
def found() -> Run:
    options = {"Today": {}, "Dearer": {"cost_per_year": COST}}
    return run(scenario_of(options, {"months": 6}, set={"behaviour.leaving.per_year": 0.5}), jobs=1)


def of(found: Run, metric: str, replication: int, scope: str = "all", name: str = "") -> float:
    own = found.metrics.filter(
        pl.col("option") == "Today",
        pl.col("replication") == replication,
        pl.col("month") == 0,
        pl.col("scope") == scope,
        pl.col("name") == name,
        pl.col("metric") == metric,
    )
    (value,) = own["value"]
    return float(value)


def months(found: Run, metric: str, replication: int, scope: str = "all", name: str = "") -> list[float]:
    own = found.months.filter(
        pl.col("option") == "Today",
        pl.col("replication") == replication,
        pl.col("scope") == scope,
        pl.col("name") == name,
        pl.col("metric") == metric,
    ).sort("month")
    assert own["month"].to_list() == [1, 2, 3, 4, 5, 6]
    return [float(value) for value in own["value"]]


@pytest.mark.parametrize("replication", [0, 1])
def test_metrics_are_what_the_months_come_to(found: Run, replication: int) -> None:
    def by_month(metric: str, scope: str = "all", name: str = "") -> list[float]:
        return months(found, metric, replication, scope, name)

    def whole(metric: str, scope: str = "all", name: str = "") -> float:
        return of(found, metric, replication, scope, name)

    lost, customers = by_month("lost"), by_month("customers")
    at_start = by_month("customer_months")[0]
    assert whole("lost") == sum(lost) > 30
    assert whole("acquired") == sum(by_month("acquired"))
    assert whole("customers_end") == customers[-1] == at_start - sum(lost) + sum(by_month("acquired"))
    monthly = sum(lost) / sum(by_month("customer_months"))
    assert whole("churn_per_year") == pytest.approx(1 - (1 - monthly) ** 12)
    assert whole("retained_fraction") == pytest.approx(by_month("retained")[-1] / at_start)
    assert whole("share_end") == pytest.approx(customers[-1] / 857)
    assert whole("satisfaction_mean") == by_month("satisfaction_mean")[-1]
    assert by_month("retained") == sorted(by_month("retained"), reverse=True)
    # Whoever was there at the start and stays is not lost; who came meanwhile may be.
    assert at_start - by_month("retained")[-1] <= sum(lost)
    for word in ("good", "bad"):
        assert whole(f"told_{word}") == sum(by_month(f"told_{word}")) > 0
        told, tellers = sum(by_month(f"first_told_{word}")), sum(by_month(f"tellers_{word}"))
        assert whole(f"told_per_{word}_story") == pytest.approx(told / tellers)
    assert whole("complaints") == sum(by_month("complaints", "complaint", "complain"))
    for rung in RUNGS:
        assert whole("customers_end", "rung", rung) == by_month("customers", "rung", rung)[-1]
    reasons = found.options[0].by("reason")
    assert sum(value["lost"].mean for value in reasons.values()) == pytest.approx(
        found.options[0].metrics["lost"].mean
    )


@pytest.mark.parametrize("replication", [0, 1])
def test_visits_and_scores_are_those_of_the_steps(found: Run, replication: int) -> None:
    visits = found.visits.filter(pl.col("option") == "Today", pl.col("replication") == replication)
    first = pl.date(2027, 1, 4)
    by_month = (
        visits.group_by(
            pl.sum_horizontal(pl.col("date") >= first.dt.offset_by(f"{k}mo") for k in range(6)).alias("month")
        )
        .agg(pl.len(), pl.col("score").sum())
        .sort("month")
    )
    assert by_month["len"].to_list() == months(found, "visits", replication)
    assert by_month["score"].to_list() == pytest.approx(months(found, "score_sum", replication))
    assert of(found, "score_mean", replication) == pytest.approx(visits["score"].mean())
    days = len(found.scenario.options[0].days)
    assert of(found, "visits_per_day", replication) == pytest.approx(visits.height / days)
    bad = visits.filter(pl.col("score") < -0.2).height
    kinds = ("grumble", "complain", "media")
    assert sum(of(found, "complaints", replication, "complaint", kind) for kind in kinds) == bad


@pytest.mark.parametrize("replication", [0, 1])
def test_money_by_hand(found: Run, replication: int) -> None:
    rules = behaviour_with().money
    margin = {"regular": 900.0, "vip": 9000.0}
    earned = {
        name: value / 12 * sum(months(found, "customers", replication, "segment", name))
        for name, value in margin.items()
    }
    won = {name: sum(months(found, "acquired", replication, "segment", name)) for name in margin}
    acquisition = sum(rules.acquisition * rules.retention_share * margin[name] * won[name] for name in margin)
    staff = of(found, "staff_cost_per_day", replication) * len(found.scenario.options[0].days)
    kept = rules.retention_share * sum(earned.values())
    half_a_year = 0.5
    assert of(found, "margin_per_year", replication) == pytest.approx(sum(earned.values()) / half_a_year)
    assert of(found, "acquisition_cost_per_year", replication) == pytest.approx(acquisition / half_a_year)
    assert of(found, "staff_cost_per_year", replication) == pytest.approx(staff / half_a_year)
    net = (sum(earned.values()) - kept - acquisition - staff) / half_a_year
    assert of(found, "net_value_per_year", replication) == pytest.approx(net)
    assert acquisition > 0


def test_what_an_option_costs_is_taken_off_and_nothing_else(found: Run) -> None:
    changed_by = found.differences.filter(pl.col("month") == 0, pl.col("difference") != 0)
    by_metric = dict(changed_by.select("metric", "difference").iter_rows())
    assert by_metric.keys() == {"net_value_per_year", "option_cost_per_year"}
    assert by_metric["net_value_per_year"] == pytest.approx(-COST)


def alike() -> Projected:
    """A market whose people leave with the same probability, whatever they live through or hear."""
    behaviour = behaviour_with(
        leaving__satisfaction=0.0,
        leaving__heard=0.0,
        leaving__contagion=0.0,
        leaving__attraction=0.0,
        leaving__newcomer=1.0,
        leaving__bad_first_visit=1.0,
        leaving__per_year=0.15,
    )
    market = scenario_of(market={"months": 2}).options[0].market
    assert market is not None
    option = Alternative("Today", market, behaviour)
    start = calibrated(option, 5, 10.0, months=12)
    assert start.constants.leaving == pytest.approx(1.0)
    return project([option], 0, start, seed=5, replication=0, target_wait_min=10.0)[0]


def test_equity_is_the_margin_multiple_of_the_yearly_retention() -> None:
    found = alike()
    customers = {name: found.months[-1].values["segment", name, "customers"] for name in ("regular", "vip")}
    margin = 0.95 * (900 * customers["regular"] + 9000 * customers["vip"])
    # Gupta & Lehmann: r / (1 + i - r), with 85% who stay and 10% interest.
    assert found.months[-1]["customer_equity"] == pytest.approx(margin * 0.85 / (1.1 - 0.85))
    metrics = {(one.scope, one.metric): one.value for one in projection_metrics(found) if one.month == 0}
    assert metrics["all", "customer_equity"] == found.months[-1]["customer_equity"]
    assert math.isfinite(metrics["all", "net_value_per_year"])
