"""Rule 10: contacts on later days, their cases, and what is left open."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from math import isnan, nan
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.branch_days import MONDAY, changed, journey_of

from journeysim.branch import ReplicationResult, open_days, simulate_replication
from journeysim.branch.calendar import OpenDay
from journeysim.branch.follow_ups import arrival_ticks
from journeysim.branch.plan import compile_plan
from journeysim.journey import RecordedArrivals
from journeysim.units import to_ticks

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


def calls(after: Any = "2 days", **changes: Any) -> dict[str, Any]:
    """Open Monday to Friday for two hours; every customer of the counter comes again, to the desk."""
    data = {
        "journey": "Two contacts",
        "hours": {day: {"open": "09:00", "close": "11:00"} for day in WEEKDAYS},
        "segments": {"a": {"share": 0.5}, "b": {"share": 0.5}},
        "needs": {
            "cash": {"share": 0.5, "start": "counter"},
            "loan": {"share": 0.5, "start": "counter"},
        },
        "arrivals": {"per_hour": 20},
        "touchpoints": {
            "counter": {
                "stage": "T",
                "service": {"constant": "5 min"},
                "next": [{"to": "desk", "after": after}],
            },
            "desk": {"stage": "T", "service": {"constant": "3 min"}},
        },
    }
    return changed(data, {path.replace("__", "."): value for path, value in changes.items()})


def run(data: dict[str, Any], days: int, closed: Collection[date] = (), seed: int = 1) -> ReplicationResult:
    journey = journey_of(data)
    found = open_days(journey, MONDAY, days, closed)
    return simulate_replication(journey, found, seed=seed, replication=0, target_wait_min=5, keep_steps=True)


def cases(result: ReplicationResult) -> pl.DataFrame:
    """One row a case: dates and touchpoints of its contacts in order."""
    assert result.steps is not None
    contacts = result.steps.group_by("visit_id", maintain_order=True).agg(pl.all().first())
    return contacts.group_by("case_id", maintain_order=True).agg("date", "touchpoint", "segment", "need")


def told(result: ReplicationResult) -> dict[tuple[str, str], float]:
    return {(m.name, m.metric): m.value for m in result.metrics}


def next_open(day: date, closed: Collection[date] = ()) -> date:
    while day.weekday() > 4 or day in closed:
        day += timedelta(days=1)
    return day


@pytest.mark.parametrize(
    ("after", "days"),
    [
        ({"constant": "0 min"}, 1),
        ("1 min", 1),
        ("24 h", 1),
        ("25 h", 2),
        ("2 days", 2),
        ("30 h", 2),
        ("6 days", 6),
    ],
)
def test_the_delay_is_rounded_up_to_whole_days_and_moved_to_the_next_open_day(after: Any, days: int) -> None:
    closed = {date(2027, 1, 13), date(2027, 1, 18)}
    result = run(calls(after), 20, closed)
    seen = set()
    for dates in cases(result)["date"]:
        if len(dates) == 2:
            assert dates[1] == next_open(dates[0] + timedelta(days=days), closed)
            seen.add((dates[0].weekday(), (dates[1] - dates[0]).days))
    # Over the weekend and over the closed days as well.
    assert len({gap for _, gap in seen}) > 1
    assert {weekday for weekday, _ in seen} == {0, 1, 2, 3, 4}


def test_who_stood_in_a_line_at_opening_chooses_one_like_all_others_when_coming_again() -> None:
    data = calls(
        arrivals__per_hour=0,
        staff={"people": {"count": 1, "serves": ["door", "left", "right"]}},
        queues={
            "door": {"start_with": {"touchpoint": "counter", "count": 4}},
            "left": {"line_group": "desks"},
            "right": {"line_group": "desks"},
        },
        touchpoints__counter__queue="door",
        touchpoints__desk__queue="desks",
    )
    steps = run(data, 4).steps
    assert steps is not None
    later = steps.filter(pl.col("touchpoint") == "desk")
    assert later.height == 8
    assert set(later["queue"]) <= {"left", "right"}


def test_a_later_contact_belongs_to_the_case_of_the_first() -> None:
    result = run(calls(), 10)
    steps = result.steps
    assert steps is not None
    first = steps.filter(pl.col("touchpoint") == "counter")
    later = steps.filter(pl.col("touchpoint") == "desk")
    assert first["case_id"].equals(first["visit_id"].alias("case_id"))
    assert steps["visit_id"].n_unique() == steps.height
    assert (later["case_id"] != later["visit_id"]).all()
    assert set(later["case_id"]) < set(first["case_id"])
    assert later["case_id"].n_unique() == later.height
    # It is a visit of its own, of the same person with the same need; starts where the rule says.
    assert (later["step"] == 1).all()
    whose = ["case_id", "segment", "need"]
    assert later.select(whose).join(first.select(whose), on=whose, how="semi").height == later.height


def test_cases_that_are_still_open_are_left_out() -> None:
    # Monday's come again on Wednesday; Tuesday's and Wednesday's would after the last day.
    result = run(calls(), 3)
    by_case = cases(result)
    open_cases = by_case.filter(pl.col("date").list.len() == 1)
    assert 0 < open_cases.height < by_case.height
    metrics = told(result)
    assert metrics["", "contacts_per_case"] == 2
    assert metrics["", "days_to_resolution_mean"] == 2
    assert metrics["a", "contacts_per_case"] == metrics["b", "contacts_per_case"] == 2
    # They are visits like any other.
    assert result.steps is not None
    assert metrics["", "visits_per_day"] * 3 == pytest.approx(result.steps.height)
    assert metrics["", "served_fraction"] == 1


def test_where_every_case_is_open_nothing_is_observed() -> None:
    metrics = told(run(calls(), 1))
    assert isnan(metrics["", "contacts_per_case"])
    assert isnan(metrics["", "days_to_resolution_mean"])
    assert metrics["", "visits_per_day"] > 0


def test_contacts_and_days_are_means_over_closed_cases() -> None:
    """Half of the cases take one contact; the others two, the second after one day or after two."""
    data = calls(
        touchpoints__counter__next=[
            {"to": "leave", "when": {"need": "cash"}},
            {
                "to": "desk",
                "after": {"by_segment": {"a": {"constant": "1 day"}, "b": {"constant": "2 days"}}},
            },
        ]
    )
    result = run(data, 5)
    by_case = cases(result).with_columns(
        segment=pl.col("segment").list.first(),
        need=pl.col("need").list.first(),
        contacts=pl.col("date").list.len(),
        gap=pl.col("date").list.last() - pl.col("date").list.first(),
    )
    closed = by_case.filter((pl.col("need") == "cash") | (pl.col("contacts") == 2))
    assert closed.height < by_case.height
    metrics = told(result)
    for name, mine in [("", closed), *((s, closed.filter(pl.col("segment") == s)) for s in ("a", "b"))]:
        assert metrics[name, "contacts_per_case"] == pytest.approx(mine["contacts"].mean())
        days = mine["gap"].dt.total_days().mean()
        assert metrics[name, "days_to_resolution_mean"] == pytest.approx(days)
    loans = by_case.filter((pl.col("need") == "loan") & (pl.col("contacts") == 2))
    assert set(zip(loans["segment"], loans["gap"].dt.total_days(), strict=True)) == {("a", 1), ("b", 2)}


def test_a_case_takes_as_many_contacts_as_it_needs() -> None:
    data = calls("1 day")
    data["touchpoints"]["desk"]["next"] = [{"to": "window", "after": "1 day"}]
    data["touchpoints"]["window"] = {"stage": "T", "service": {"constant": "1 min"}}
    result = run(data, 5)
    taken = cases(result)["touchpoint"].to_list()
    assert ["counter", "desk", "window"] in taken
    metrics = told(result)
    assert (metrics["", "contacts_per_case"], metrics["", "days_to_resolution_mean"]) == (3, 2)
    # On the fifth day come those of that day and the later contacts of the two before.
    assert result.steps is not None
    first = result.steps.filter(pl.col("day") == 2)["case_id"].to_list()
    last = result.steps.filter(pl.col("day") == 4)
    assert set(last["touchpoint"]) == {"counter", "desk", "window"}
    assert set(last.filter(pl.col("touchpoint") == "window")["case_id"]) <= set(first)


def test_contacts_that_meet_on_one_day_keep_apart() -> None:
    """Thursday's contacts, due on Saturday, and Friday's, due on Sunday, all come on Monday."""
    result = run(calls(), 6)
    assert result.steps is not None
    monday = result.steps.filter((pl.col("day") == 7) & (pl.col("touchpoint") == "desk"))
    origin = result.steps.filter(pl.col("visit_id").is_in(monday["case_id"].to_list()))
    assert set(origin["day"]) == {3, 4}
    assert monday["visit_id"].n_unique() == monday.height == origin.height
    assert monday["joined_min"].n_unique() == monday.height


def test_a_later_contact_remembers_neither_failures_nor_waits() -> None:
    data = calls(
        staff={"tellers": {"count": 1, "serves": ["line"]}},
        queues={"line": {}},
        touchpoints__counter__queue="line",
        touchpoints__counter__fails=1,
        touchpoints__counter__if_failed="form",
        touchpoints__form={
            "stage": "T",
            "service": {"constant": "1 min"},
            "next": [
                {"to": "second", "when": {"failed_before": True, "waited_over": "1 min"}, "probability": 0.5},
                {"to": "desk", "when": {"failed_before": True}, "after": "1 day"},
                {"to": "leave"},
            ],
        },
        touchpoints__second={"stage": "T", "service": {"constant": "1 min"}},
        touchpoints__desk__next=[
            {"to": "second", "when": {"failed_before": True}},
            {"to": "second", "when": {"waited_over": "0 min"}},
            {"to": "leave"},
        ],
    )
    result = run(data, 3)
    assert result.steps is not None
    assert (result.steps["touchpoint"] == "second").any()
    later = result.steps.filter(pl.col("case_id") != pl.col("visit_id"))
    assert set(later["touchpoint"]) == {"desk"}


class TestTimeOfDay:
    """At a time drawn from the arrival profile."""

    @staticmethod
    def ticks(data: dict[str, Any], u: list[float], log: RecordedArrivals | None = None) -> list[float]:
        plan = compile_plan(journey_of(data), MONDAY)
        assert plan is not None
        found = arrival_ticks(plan, np.array(u), OpenDay(0, MONDAY, 0), log)
        return (found / to_ticks(1)).tolist()

    def test_it_is_the_quantile_of_the_rates(self) -> None:
        data = calls(arrivals__per_hour={"09:00": 60, "09:10": 0, "10:50": 30})
        # Ten arrivals from 09:00, five from 10:50.
        assert self.ticks(data, [0.1, 0.5, 0.8, 0.9]) == pytest.approx([541.5, 547.5, 654, 657])

    def test_it_lies_before_closing(self) -> None:
        (latest,) = self.ticks(calls(), [np.nextafter(1, 0)])
        assert latest == 660 - 2**-20
        assert self.ticks(calls(), [2.0**-53]) == [540]

    def test_rates_before_opening_do_not_count(self) -> None:
        data = calls(arrivals__per_hour={"09:00": 60}, hours={"mon": {"open": "10:00", "close": "11:00"}})
        data["hours"]["tue"] = {"open": "09:00", "close": "11:00"}
        assert self.ticks(data, [0.25]) == [615]

    def test_without_rates_any_time_is_as_likely(self) -> None:
        assert self.ticks(calls(arrivals__per_hour=0), [0.25]) == [570]

    def test_of_recorded_arrivals_it_is_a_recorded_moment(self) -> None:
        log = RecordedArrivals(
            (MONDAY, MONDAY + timedelta(days=1)), np.array([0, 1, 0, 0, 0]),
            np.array([600, 555, 541, 539, 650.0]), None, None, None, None,
        )  # fmt: skip
        # In opening hours that day: 541, 600 and 650.
        assert self.ticks(calls(), [0.01, 0.4, 0.6, 0.99], log) == [541, 600, 600, 650]

    def test_contacts_come_when_others_do(self) -> None:
        data = calls("1 day", arrivals__per_hour={"09:00": 90, "09:20": 0, "10:30": 30})
        steps = run(data, 60).steps
        assert steps is not None
        later = steps.filter(pl.col("touchpoint") == "desk")["joined_min"].to_numpy()
        early, late = (later >= 540) & (later < 560), (later >= 630) & (later < 660)
        assert (early | late).all()
        assert early.mean() == pytest.approx(30 / 45, abs=4 * (2 / 9 / later.size) ** 0.5)
        assert np.histogram(later[early], 4, (540, 560))[0] == pytest.approx(
            early.sum() / 4, abs=4.5 * (early.sum() * 3 / 16) ** 0.5
        )


class TestLuck:
    """Luck goes with the contact, whatever else is simulated."""

    def test_an_option_leaves_contacts_as_they_were(self) -> None:
        data = calls(
            "1 day",
            staff={"tellers": {"count": 1, "serves": ["line"]}},
            queues={"line": {}},
            touchpoints__counter__queue="line",
            touchpoints__desk__service={"exponential": {"mean": "4 min"}},
        )
        other = changed(data, {"staff.tellers.count": 3, "arrivals.scale": 1.5})
        one, two = (run(option, 10).steps for option in (data, other))
        assert one is not None
        assert two is not None
        columns = ["visit_id", "case_id", "day", "joined_min", "started_min", "ended_min"]
        mine, theirs = (s.filter(pl.col("touchpoint") == "desk").select(columns) for s in (one, two))
        assert mine.join(theirs, on=columns, how="semi").height == mine.height < theirs.height

    def test_contacts_have_luck_of_their_own(self) -> None:
        data = calls("1 day", touchpoints__counter__service={"exponential": {"mean": "4 min"}})
        data["touchpoints"]["desk"]["next"] = [{"to": "counter"}]
        data["touchpoints"]["counter"]["next"] = [{"to": "desk", "after": "1 day", "probability": 0.7}]
        data["touchpoints"]["counter"]["next"].append({"to": "leave"})
        steps = run(data, 30).steps
        assert steps is not None
        counter = steps.filter(pl.col("touchpoint") == "counter")
        minutes = counter["ended_min"] - counter["started_min"]
        assert minutes.n_unique() > 0.999 * counter.height
        by_case = counter.with_columns(minutes=minutes).group_by("case_id").agg("minutes")
        pairs = np.array([m[:2] for m in by_case["minutes"].to_list() if len(m) > 1])
        assert abs(np.corrcoef(pairs.T)[0, 1]) < 4 / np.sqrt(len(pairs))

    def test_a_day_more_changes_no_day_before(self) -> None:
        few, many = (run(calls(), days).steps for days in (6, 9))
        assert few is not None
        assert many is not None
        assert few.equals(many.filter(pl.col("day") <= 7))


def test_nothing_of_cases_is_told_of_touchpoints() -> None:
    metrics = {(m.scope, m.metric) for m in run(calls(), 3).metrics}
    assert ("touchpoint", "contacts_per_case") not in metrics
    assert ("segment", "days_to_resolution_mean") in metrics


def test_a_map_without_later_contacts_has_one_a_case() -> None:
    data = calls()
    data["touchpoints"]["counter"]["next"] = [{"to": "desk"}]
    metrics = told(run(data, 3))
    assert (metrics["", "contacts_per_case"], metrics["", "days_to_resolution_mean"]) == (1, 0)
    assert metrics.get(("desk", "contacts_per_case"), nan) is nan
