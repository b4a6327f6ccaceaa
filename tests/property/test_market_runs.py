"""Runs with a market: what cannot change a number, and what is conserved whatever happens."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.market_by_hand import MARKET, scenario_of

from journeysim.experiment import Run, run
from journeysim.market.ledger import flow_name

SILENT = {
    "behaviour.telling.probability": 0,
    "behaviour.complaints.media_reach": 0,
    "behaviour.leaving.contagion": 0,
}
OPTIONS: dict[str, Any] = {
    "Today": {},
    "More": {"set": {"staff.tellers.count": 3}},
    "Same": {},
    "Better rival": {"set": {"market.rivals.Rival B.score": {"mean": 0.6, "sd": 0.5}}},
}


def metrics_of(found: Run, *options: str) -> pl.DataFrame:
    """Metrics of some options, in an order of their own."""
    order = ["option", "replication", "scope", "name", "metric", "month"]
    wanted = options or tuple(option.name for option in found.options)
    return found.metrics.filter(pl.col("option").is_in(wanted)).sort(order)


@pytest.fixture(scope="module")
def plain() -> Run:
    return run(scenario_of(OPTIONS), jobs=1)


def test_where_nothing_is_told_ties_change_nothing() -> None:
    tied, alone = (
        run(scenario_of(market={"network": network}, set=SILENT), jobs=1)
        for network in ({"small_world": {"ties": 8, "rewire": 0.25}}, "none")
    )
    assert_frame_equal(tied.metrics, alone.metrics, check_exact=True)
    assert_frame_equal(tied.steps, alone.steps, check_exact=True)
    assert tied.options[0].metrics["told_bad"].mean == 0


def test_an_option_that_changes_nothing_differs_by_exactly_zero(plain: Run) -> None:
    same = plain.differences.filter(pl.col("option") == "Same")
    seen = same.filter(pl.col("n") > 1)
    assert seen.height > 200
    assert seen.select(pl.col("difference", "low", "high").abs().max()).row(0) == (0.0, 0.0, 0.0)
    more = plain.differences.filter(pl.col("option") == "More", pl.col("month") == 0)
    assert more.filter(pl.col("difference") != 0).height > 30


def test_the_order_and_number_of_options_change_no_other(plain: Run) -> None:
    fewer = dict(reversed(list(OPTIONS.items())[:2]))
    found = run(scenario_of(fewer, baseline="Today"), jobs=1)
    assert_frame_equal(metrics_of(found), metrics_of(plain, "Today", "More"), check_exact=True)


def test_the_number_of_jobs_changes_nothing(plain: Run) -> None:
    found = run(scenario_of(OPTIONS), jobs=2)
    assert_frame_equal(found.metrics, plain.metrics, check_exact=True)
    assert_frame_equal(found.steps, plain.steps, check_exact=True)


def test_the_order_of_rivals_changes_nothing(plain: Run) -> None:
    turned = {"rivals": dict(reversed(list(MARKET["rivals"].items())))}
    one, other = metrics_of(plain), metrics_of(run(scenario_of(OPTIONS, turned), jobs=1))
    keys = ["option", "replication", "scope", "name", "metric", "month"]
    assert_frame_equal(one.select(keys), other.select(keys))
    # Not to the last bit: sums over banks are in another order.
    assert_frame_equal(one, other, check_exact=False, rel_tol=1e-9, abs_tol=1e-12)
    counts = pl.col("metric").is_in(["customers", "lost", "gained", "acquired", "visits", "told_bad"])
    assert_frame_equal(one.filter(counts), other.filter(counts), check_exact=True)
    banks = [bank.name for bank in scenario_of(OPTIONS, turned).options[0].market.banks]  # type: ignore[union-attr]
    assert banks == ["", "Rival B", "Rival A"]


def test_customers_and_people_are_conserved_every_month(plain: Run) -> None:
    def values(scope: str, metric: str) -> pl.DataFrame:
        found = plain.months.filter(pl.col("scope") == scope, pl.col("metric") == metric)
        return found.group_by("option", "replication", "month", maintain_order=True).agg(pl.col("value"))

    customers = values("all", "customers")["value"].list.first()
    before = values("all", "customer_months")["value"].list.first()
    lost = values("all", "lost")["value"].list.first()
    acquired = values("all", "acquired")["value"].list.first()
    assert (customers == before - lost + acquired).all()
    assert lost.sum() > 0
    for scope in ("segment", "rung"):
        assert (values(scope, "customers")["value"].list.sum() == customers).all()
    assert (values("reason", "lost")["value"].list.sum() == lost).all()
    people = plain.scenario.options[0].market
    assert people is not None
    assert (values("bank", "customers")["value"].list.sum() == people.people).all()
    assert (values("bank", "gained")["value"].list.sum() == values("bank", "lost")["value"].list.sum()).all()


def test_flows_between_banks_are_what_each_gains_and_loses(plain: Run) -> None:
    whole = plain.metrics.filter(pl.col("month") == 0)
    went, moves = whole.filter(pl.col("scope") == "flow"), whole.filter(pl.col("scope") == "bank")
    banks = moves["name"].unique(maintain_order=True).to_list()
    assert went["value"].sum() > 0
    for metric, end in (("lost", 0), ("gained", 1)):
        for bank in banks:
            others = [(bank, other)[:: 1 - 2 * end] for other in banks if other != bank]
            names = [flow_name(one, other) for one, other in others]
            of_bank = moves.filter(pl.col("name") == bank, pl.col("metric") == metric)["value"]
            by_pair = went.filter(pl.col("name").is_in(names))
            assert by_pair.height == of_bank.len() * len(names)
            assert by_pair["value"].sum() == of_bank.sum()
