"""What a market does to the days of its branches: who comes, under which map, and what is kept of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.market_by_hand import MARKET, SMALL, changed, scenario_of

from journeysim.branch.luck import Luck
from journeysim.branch.own_rules import OwnRules, VisitSoFar
from journeysim.experiment import Run, Scenario, load_scenario, run
from journeysim.market.model import Alternative
from journeysim.market.places import settle_in
from journeysim.market.replication import Projected, project
from journeysim.market.start import calibrated
from journeysim.market.state import OURS

SECOND = changed(SMALL, {"journey": "Second", "arrivals.per_hour": 8, "staff.tellers.count": 1})
BRANCHES: dict[str, Any] = {
    "branches": {"Centre": {"customers": 200}, "Station": {"customers": 100, "journey": SECOND}}
}
PERIOD = {"period": {"from": "2027-01-18", "until": "2027-02-10"}}
CALLS_BACK: dict[str, Any] = {
    "touchpoints": {
        "greeting": {
            "stage": "Arrive",
            "service": {"constant": "10 s"},
            "next": [{"to": "counter"}],
        },
        "counter": SMALL["touchpoints"]["counter"],
        "machine": SMALL["touchpoints"]["machine"]
        | {"next": [{"to": "counter", "after": "5 days", "probability": 0.5}, {"to": "leave"}]},
    },
    "needs.cash.start": "greeting",
}
"""Half of those who come to the machine come again to the counter, five days later."""
NO_GREETING = {"remove": ["touchpoints.greeting"], "set": {"needs.cash.start": "counter"}}
NO_MACHINE = {
    "remove": ["touchpoints.machine"],
    "set": {"touchpoints.counter.next": [{"to": "leave"}]},
}
WITH_DESK = {
    "set": {
        "touchpoints.counter.next": [
            {"to": "desk", "probability": 0.3},
            {"to": "machine", "when": {"need": "cash"}, "probability": 0.4},
            {"to": "leave"},
        ],
        "touchpoints.desk": {"stage": "Advise", "service": {"constant": "3 min"}},
    }
}


def of(found: Run, option: str) -> pl.DataFrame:
    return found.steps.filter(pl.col("option") == option).drop("option")


@pytest.fixture(scope="module")
def two_branches() -> Run:
    options = {"Today": {}, "More": {"set": {"branches.Station.staff.tellers.count": 2}}}
    return run(scenario_of(options, BRANCHES), jobs=1)


def test_each_customer_comes_to_the_branch_that_is_near(two_branches: Run) -> None:
    market = two_branches.scenario.options[0].market
    assert market is not None
    for replication in (0, 1):
        places = settle_in(market, Luck(two_branches.scenario.seed, replication))
        steps = of(two_branches, "Today").filter(pl.col("replication") == replication)
        near = np.array([branch.name for branch in market.banks[OURS].branches])[places.near]
        assert set(steps["branch"]) == {"Centre", "Station"}
        assert (near[steps["customer_id"].to_numpy()] == steps["branch"].to_numpy()).all()
        names = np.array(market.segments)[places.segment]
        assert (names[steps["customer_id"].to_numpy()] == steps["segment"].to_numpy()).all()


def test_visits_of_two_branches_are_kept_apart(two_branches: Run) -> None:
    visits = two_branches.visits
    whose = ["option", "replication", "branch", "visit_id"]
    assert visits.select(whose).n_unique() == visits.height
    found = two_branches.options[0].by("branch")
    for name in ("Centre", "Station"):
        own = visits.filter(pl.col("option") == "Today", pl.col("branch") == name)
        days = len(two_branches.scenario.options[0].days)
        assert own.height / 2 / days == pytest.approx(found[name]["visits_per_day"].mean)
        assert own.group_by("replication").agg(pl.col("score").mean())["score"].mean() == pytest.approx(
            found[name]["score_mean"].mean
        )
    monthly = two_branches.months.filter(pl.col("metric") == "visits", pl.col("option") == "Today")
    assert monthly["value"].sum() == visits.filter(pl.col("option") == "Today").height


def test_branches_add_up(two_branches: Run) -> None:
    visits = two_branches.visits.filter(pl.col("option") == "Today")
    found = two_branches.options[0]
    branches = found.by("branch")
    for metric in ("visits_per_day", "staff_cost_per_day", "overtime_min_per_day"):
        both = sum(branch[metric].mean for branch in branches.values())
        assert found.metrics[metric].mean == pytest.approx(both)
    means = visits.group_by("replication").agg(
        pl.col("score").mean(), (pl.col("outcome") == "served").mean().alias("served")
    )
    assert found.metrics["score_mean"].mean == pytest.approx(means["score"].mean())
    assert found.metrics["served_fraction"].mean == pytest.approx(means["served"].mean())
    vip = visits.filter(pl.col("segment") == "vip")
    days = len(two_branches.scenario.options[0].days)
    assert found.by("segment")["vip"]["visits_per_day"].mean == pytest.approx(vip.height / 2 / days)
    # What the market says of customers is not what visits say of visitors.
    months = two_branches.months.filter(pl.col("option") == "Today", pl.col("month") == 3)
    satisfied = months.filter(pl.col("scope") == "all", pl.col("metric") == "satisfied_fraction")["value"]
    assert found.metrics["satisfied_fraction"].mean == pytest.approx(satisfied.mean())


def test_a_branch_has_changes_of_its_own(two_branches: Run) -> None:
    changed_by = two_branches.differences.filter(pl.col("difference") != 0, pl.col("month") == 0)
    utilisation = changed_by.filter(pl.col("scope") == "branch", pl.col("metric") == "utilisation")
    assert "Station" in utilisation["name"].to_list()
    first = pl.col("date") < date(2027, 2, 4)
    centre = pl.col("branch") == "Centre"
    assert_frame_equal(
        of(two_branches, "Today").filter(first, centre),
        of(two_branches, "More").filter(first, centre),
        check_exact=True,
    )


def test_steps_name_customers_and_count_days_from_the_first(two_branches: Run) -> None:
    steps = two_branches.steps
    assert steps["customer_id"].null_count() == 0
    assert steps["customer_id"].min() >= 0
    number = (steps["date"] - date(2027, 1, 4)).dt.total_days()
    assert (steps["day"] == number.cast(pl.Int32)).all()
    assert steps["date"].max() < date(2027, 4, 4)


def test_a_rival_with_a_map_is_simulated_for_its_own_customers() -> None:
    options = {"Today": {}, "Worse": {"set": {"staff.tellers.attentive": 0.0}}}
    rivals = {"Simulated": {"share": 0.4, "journey": SECOND}, "Other": {"share": 0.25}}
    found = run(scenario_of(options, {"rivals": rivals}, replications=1), jobs=1)
    record = found.months.filter(pl.col("option") == "Today", pl.col("metric") == "visits_all_banks")
    ours = found.months.filter(pl.col("option") == "Today", pl.col("metric") == "visits")
    assert (record["value"].to_numpy() > 2 * ours["value"].to_numpy()).all()
    banks = found.options[0].by("bank")
    assert sum(bank["customers_end"].mean for bank in banks.values()) == 857


def test_nobody_joins_a_bank_before_it_opens() -> None:
    rivals = {**MARKET["rivals"], "New": {"score": {"mean": 0.6, "sd": 0.3}, "heard": 0.9}}
    options = {"Today": {}, "Opens": {"set": {"market.rivals.New.opens": "2027-02-10"}}}
    found = run(
        scenario_of(options, {"rivals": rivals, "months": 4}, set={"behaviour.leaving.per_year": 0.8}), jobs=1
    )
    new = found.months.filter(pl.col("name") == "New", pl.col("metric") == "customers")
    by_month = new.group_by("option", "month").agg(pl.col("value").sum()).sort("option", "month")
    # The tenth of February is in the second month, which ends on the third of March.
    assert by_month.filter(pl.col("option") == "Today")["value"].to_list() == [0, 0, 0, 0]
    opens = by_month.filter(pl.col("option") == "Opens")["value"].to_list()
    assert opens[0] == 0
    assert 0 < opens[1] < opens[2] < opens[3]
    months = found.months.filter(pl.col("month") == 1).drop("option")
    one, other = (
        months.filter(found.months.filter(pl.col("month") == 1)["option"] == name) for name in options
    )
    assert_frame_equal(one, other, check_exact=True)


@pytest.fixture(scope="module")
def follow_ups() -> Run:
    options = {
        "Today": {},
        "No machine": NO_MACHINE,
        "With desk": WITH_DESK,
        "No greeting": NO_GREETING,
        "No machine for a while": NO_MACHINE | PERIOD,
        "More tellers for a while": {"set": {"staff.tellers.count": 4}} | PERIOD,
    }
    return run(scenario_of(options, plan=CALLS_BACK, replications=1), jobs=1)


def test_before_a_period_its_days_are_the_baselines(follow_ups: Run) -> None:
    before = pl.col("date") < date(2027, 1, 18)
    today = of(follow_ups, "Today")
    for option in ("No machine for a while", "More tellers for a while"):
        mine = of(follow_ups, option)
        assert_frame_equal(mine.filter(before), today.filter(before), check_exact=True)
        assert not mine.filter(~before).equals(today.filter(~before))
    inside = pl.col("date").is_between(date(2027, 1, 18), date(2027, 2, 10))
    mine = of(follow_ups, "No machine for a while")
    assert "machine" not in mine.filter(inside)["touchpoint"]
    assert "machine" in mine.filter(pl.col("date") > date(2027, 2, 10))["touchpoint"]


def test_contacts_come_after_the_burn_in_and_across_a_period(follow_ups: Run) -> None:
    again = pl.col("case_id") != pl.col("visit_id")
    first = pl.col("step") == 1
    # The burn-in's last visits have contacts in the horizon, whatever the option; its first days show them.
    early = follow_ups.steps.filter(again, first, pl.col("day") < 2).group_by("option").len()
    # Where contacts are not known to an option's map, none comes.
    assert set(early["option"]) == set(follow_ups.steps["option"]) - {"No machine"}
    assert early["len"].n_unique() == 1
    for option in ("With desk", "No greeting", "More tellers for a while"):
        contacts = of(follow_ups, option).filter(again, first)
        assert set(contacts["touchpoint"]) == {"counter"}
        # No open week is without contacts of the week before.
        weeks = contacts["date"].dt.week().unique().sort().to_list()
        assert len(weeks) == of(follow_ups, option)["date"].dt.week().n_unique()
    # What the period's map does not know does not come within it, nor, without visits to lead to it, after.
    gap = of(follow_ups, "No machine for a while").filter(again)["date"].unique().sort()
    assert not gap.is_between(date(2027, 1, 18), date(2027, 2, 14)).any()


def test_cases_belong_to_one_customer(follow_ups: Run) -> None:
    people = follow_ups.steps.group_by("option", "case_id").agg(pl.col("customer_id").n_unique())
    assert people["customer_id"].max() == 1


def first_month_and_both(**leaving: Any) -> tuple[Projected, Projected]:
    """The same people after one month, and after two with all steps; contacts and bookings among them."""
    plan = {**CALLS_BACK, "arrivals.appointments": {"file": "booked.csv", "time": "slot"}}
    option = scenario_of(
        plan=plan,
        market={"burn_in_months": 0, "months": 2},
        set={"behaviour.leaving.per_year": 0.95} | leaving,
        folder=Path(__file__).parents[1] / "data",
    ).options[0]
    assert option.market is not None
    start = calibrated(Alternative("Today", option.market, option.behaviour), 5, 10.0, months=12)
    one, two = (
        project(
            [Alternative("Today", market, option.behaviour)],
            0, start, seed=5, replication=0, target_wait_min=10.0, keep_steps=True,
        )[0]
        for market in (replace(option.market, months=1), option.market)
    )  # fmt: skip
    return one, two


def steps_by_month(found: Projected) -> list[pl.DataFrame]:
    steps = found.steps()
    assert steps is not None
    second = pl.col("date") >= date(2027, 2, 4)
    return [steps.filter(~second), steps.filter(second)]


def test_only_who_is_a_customer_now_comes() -> None:
    """Contacts and bookings of who has left do not come; who has left in a month is gone in the next."""
    one, two = first_month_and_both()
    first = one.world.places.bank == OURS
    then = one.world.state.bank == OURS
    assert (first & ~then).sum() > 20
    month, next_month = steps_by_month(two)
    assert first[month["customer_id"].to_numpy()].all()
    assert then[next_month["customer_id"].to_numpy()].all()
    assert next_month.filter(pl.col("case_id") != pl.col("visit_id")).height > 5


def test_nobody_goes_on_with_the_case_of_who_lived_there_before() -> None:
    reasons = {
        "other_relationships": 0,
        "rival": 0,
        "product": 0,
        "indifferent_staff": 0,
        "died": 1,
        "moved": 0,
    }
    one, two = first_month_and_both(**{f"behaviour.leaving.reasons.{k}": v for k, v in reasons.items()})
    new = one.world.state.tenure == 0
    assert new.sum() > 100
    month, next_month = steps_by_month(two)
    begun = set(month["case_id"])
    going_on = next_month.filter(pl.col("case_id").is_in(begun))
    assert going_on.height > 5
    assert not new[going_on["customer_id"].to_numpy()].any()
    # Cases of their own they have.
    assert new[next_month["customer_id"].to_numpy()].any()


def test_appointments_are_taken_by_customers() -> None:
    plan = {"arrivals.appointments": {"file": "booked.csv", "time": "slot", "no_show": 0.1}}
    data = Path(__file__).parents[1] / "data"
    options = {"Today": {}, "Fewer": {"set": {"behaviour.leaving.per_year": 0.95}}}
    found = run(scenario_of(options, {"months": 4}, plan=plan, folder=data), jobs=1)
    booked = pl.col("visit_id") % (1 << 42) >= 510 << 32
    counts = dict(found.visits.filter(booked).group_by("option").len().iter_rows())
    assert 0 < counts["Fewer"] < counts["Today"]
    customers = {one.name: one.metrics["customers_end"].mean for one in found.options}
    assert customers["Fewer"] < customers["Today"]


class MachineForAll(OwnRules):
    """Sends everybody on to the machine."""

    def goes_to(self, visit: VisitSoFar, touchpoint: str) -> str | None:
        return "machine" if touchpoint == "counter" else None


def test_rules_of_ones_own_hold_in_the_horizon() -> None:
    small = scenario_of(replications=1)
    ruled, plain = run(small, jobs=1, rules=MachineForAll()), run(small, jobs=1)
    served = ruled.steps.filter(pl.col("touchpoint") == "counter", pl.col("outcome") == "served")
    after = ruled.steps.filter(pl.col("touchpoint") == "machine")
    assert served.height == after.height > plain.steps.filter(pl.col("touchpoint") == "machine").height


def test_every_visit_ends_in_one_outcome_and_is_of_a_customer_at_most_as_often_as_seen(
    two_branches: Run,
) -> None:
    visits = two_branches.visits.filter(pl.col("option") == "Today")
    found = two_branches.options[0].by("branch")
    outcomes = ("served", "failed", "balked", "reneged", "rejected", "closed", "in_progress")
    for name in ("Centre", "Station"):
        assert sum(found[name][f"{one}_fraction"].mean for one in outcomes) == pytest.approx(1.0)
        own = visits.filter(pl.col("branch") == name)
        shares = own.group_by("replication").agg((pl.col("outcome") == "reneged").mean())
        assert shares["outcome"].mean() == pytest.approx(found[name]["reneged_fraction"].mean)


@pytest.fixture
def everything(tmp_path: Path) -> Scenario:
    """A scenario with all that may be named: maps of branches and rivals, ties, bookings, a period."""
    ties = "".join(f"{k},{(7 * k + 1) % 857}\n" for k in range(857) if k != (7 * k + 1) % 857)
    (tmp_path / "ties.csv").write_text("from,to\n" + ties)
    (tmp_path / "booked.csv").write_text("slot\n09:10\n09:30\n10:15\n")
    booked = {"arrivals.appointments": {"file": "booked.csv", "time": "slot"}}
    rivals = {"Simulated": {"share": 0.4, "journey": SECOND}, "Other": {"share": 0.25}, "New": {"heard": 0.2}}
    options = {
        "Today": {},
        "For a while": {"set": {"branches.Station.staff.tellers.count": 2}} | PERIOD,
        "Opens": {"set": {"market.rivals.New.opens": "2027-02-10"}},
    }
    market = {**BRANCHES, "rivals": rivals, "network": {"file": "ties.csv"}, "heard": 0.1}
    return scenario_of(options, market, booked, tmp_path)


def test_what_is_kept_says_all_and_goes_on_as_if_never_stopped(everything: Scenario, tmp_path: Path) -> None:
    at_once = run(everything, jobs=1)
    kept = run(everything, jobs=1, replications=1, out=tmp_path / "runs")
    extended = run(everything, jobs=1, out=tmp_path / "runs")
    assert extended.folder == kept.folder
    assert_frame_equal(extended.metrics, at_once.metrics, check_exact=True)
    assert_frame_equal(extended.steps, at_once.steps, check_exact=True)
    assert kept.folder is not None
    (kept.folder / "chunks").rename(kept.folder / "gone")
    (kept.folder / "start.npz").unlink()
    (kept.folder / "result.json").unlink()
    again = run(everything, jobs=1, out=tmp_path / "runs", resume=True)
    assert_frame_equal(again.metrics, at_once.metrics, check_exact=True)
    # What a full disk left of the calibration is no calibration.
    (kept.folder / "start.npz").write_bytes(b"")
    (kept.folder / "chunks").rename(kept.folder / "gone too")
    (kept.folder / "result.json").unlink()
    emptied = run(everything, jobs=1, out=tmp_path / "runs", resume=True)
    assert_frame_equal(emptied.metrics, at_once.metrics, check_exact=True)
    alone = run(load_scenario(kept.folder / "scenario.yaml"), jobs=1, out=tmp_path / "alone")
    assert alone.folder is not None
    assert alone.folder.name == kept.folder.name
    assert_frame_equal(alone.metrics, at_once.metrics, check_exact=True)
