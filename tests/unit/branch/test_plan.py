"""The plan: what a map comes to on one kind of day."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.branch_days import BUSY, MONDAY, changed, journey_of, one_queue, with_log

from journeysim.branch import open_days, simulate_replication
from journeysim.branch.day_plan import Counts
from journeysim.branch.plan import NO_LIMIT, LinePlan, compile_plan
from journeysim.branch.routes import LEAVE
from journeysim.journey import Journey
from journeysim.units import to_ticks

TUESDAY, SATURDAY = date(2027, 1, 5), date(2027, 1, 9)


def plan_of(data: dict[str, Any], day: date = MONDAY) -> Any:
    plan = compile_plan(journey_of(data), day)
    assert plan is not None
    return plan


def test_names_are_in_map_order() -> None:
    plan = plan_of(BUSY)
    assert plan.segments == ("regular", "vip")
    assert plan.needs == ("cash", "advice")
    assert plan.touchpoints == ("door", "machine", "counter", "advice", "form")
    assert plan.queues == ("door_line", "machine_line", "counter_line", "advice_line")
    assert plan.groups == ("greeters", "machines", "tellers", "advisers")


def test_rates_include_scale_and_weekday() -> None:
    data = changed(BUSY, {"arrivals.scale": 1.5, "arrivals.day_of_week": {"mon": 2, "sat": 0.5}})
    assert plan_of(data).day.rates == (150, 240)
    assert plan_of(data, SATURDAY).day.rates == (37.5, 60)
    assert plan_of(data).day.rate_ticks == (to_ticks(540), to_ticks(630))


def test_a_weekday_without_hours_or_arrivals_is_closed() -> None:
    hours = {"mon": {"open": "09:00", "close": "12:00"}, "sat": {"open": "10:00", "close": "12:00"}}
    data = changed(BUSY, {"hours": hours, "arrivals.day_of_week": {"sat": 0}})
    assert compile_plan(journey_of(data), MONDAY) is not None
    assert compile_plan(journey_of(data), TUESDAY) is None
    assert compile_plan(journey_of(data), SATURDAY) is None


def test_the_roster_starts_at_opening_and_ends_before_closing() -> None:
    hours = {
        "mon": {"open": "09:30", "close": "11:00"},
        "tue": {"open": "09:00", "close": "12:00", "at_close": "leave"},
    }
    data = changed(BUSY, {"hours": hours})
    monday, tuesday = plan_of(data).day, plan_of(data, TUESDAY).day
    assert monday.rosters[2] == Counts((to_ticks(570), to_ticks(585)), (2, 3))
    assert tuesday.rosters[2] == Counts(tuple(to_ticks(m) for m in (540, 585, 660)), (2, 3, 2))
    assert (monday.serves_out, tuesday.serves_out) == (True, False)
    assert (monday.opens, monday.closes) == (to_ticks(570), to_ticks(660))


def test_nobody_is_on_duty_before_the_first_time() -> None:
    (roster,) = plan_of(one_queue(staff__tellers__count={"09:10": 2})).day.rosters
    assert roster == Counts((to_ticks(540), to_ticks(550)), (0, 2))


def test_queues() -> None:
    door, machine, counter, advice = plan_of(BUSY).queue_plans
    assert (door.capacity, door.balk_length, door.balks) == (NO_LIMIT, NO_LIMIT, False)
    assert (machine.capacity, machine.balk_length, machine.balk_probability) == (4, 3, 0.3)
    assert machine.balks
    assert counter.balks_at_expected_wait
    assert (counter.lines, counter.line_of_segment) == ((LinePlan(1, 0), LinePlan(2, 0)), (1, 0))
    assert (machine.lines, machine.line_of_segment) == ((LinePlan(0, 0),), (0, 0))
    # Tellers prefer the counter, advisers do nothing else.
    assert advice.groups == (3, 2)


def test_lines_go_by_rank_not_by_number() -> None:
    data = changed(BUSY, {"segments.regular.priority": 700, "segments.vip.priority": -3})
    assert plan_of(data).queue_plans[2].line_of_segment == (1, 0)


def test_touchpoints() -> None:
    door, machine, counter, advice, form = plan_of(BUSY).touchpoint_plans
    assert [point.queues for point in (door, machine, counter, advice, form)] == [(0,), (1,), (2,), (3,), ()]
    assert (machine.if_failed, machine.if_balked, machine.if_rejected, machine.if_reneged) == (2, 2, 2, LEAVE)
    assert [point.on_cycle for point in (door, machine, counter, advice, form)] == [
        False,
        False,
        True,
        True,
        False,
    ]
    # Classes: regular cash, regular advice, vip cash, vip advice. Only cash goes to the machines.
    assert machine.reached_by.tolist() == [True, False, True, False]
    assert advice.reached_by.tolist() == [False, True, False, True]
    assert door.reached_by.all()


def test_patience_is_the_queues_own_else_the_segments() -> None:
    door, machine, _, advice, form = plan_of(BUSY).touchpoint_plans
    assert door.patience == (None,) * 4
    assert [p is None for p in machine.patience] == [False, False, True, True]
    assert [None if p is None else p.family for p in advice.patience] == ["weibull"] * 4
    assert form.patience == (None,) * 4


def test_mean_service_of_a_queue_is_weighted_by_its_expected_users() -> None:
    data = one_queue(
        segments={"a": {"share": 0.25}, "b": {"share": 0.75}},
        touchpoints={
            "counter": {
                "stage": "T",
                "queue": "line",
                "service": {"by_segment": {"a": {"constant": "8 min"}, "b": {"constant": "4 min"}}},
                "next": [{"to": "second", "when": {"segment": "a"}}, {"to": "leave"}],
            },
            "second": {"stage": "T", "queue": "line", "service": {"constant": "2 min"}},
        },
    )
    # A quarter takes 8 and 2 minutes in two steps, the rest 4 in one: 5.5 minutes over 1.25 steps.
    assert plan_of(data).queue_plans[0].mean_service == to_ticks(5.5 / 1.25)


def test_mean_service_counts_the_arrivals_that_a_log_records() -> None:
    data = one_queue(
        segments={"a": {"share": 0.5}, "b": {"share": 0.5}},
        touchpoints__counter__service={
            "by_segment": {"a": {"constant": "8 min"}, "b": {"constant": "4 min"}}
        },
    )
    journey = with_log(journey_of(data), [(600, "a", "any")] + [(601, "b", "any")] * 3)
    plan = compile_plan(journey, MONDAY)
    assert plan is not None
    assert plan.queue_plans[0].mean_service == to_ticks(5)


def test_mean_service_of_a_queue_for_those_turned_away_is_that_of_its_services() -> None:
    data = one_queue(
        queues={"line": {"capacity": 1}, "overflow": {}},
        staff={"x": {"count": 1, "serves": ["line"]}, "y": {"count": 1, "serves": ["overflow"]}},
        touchpoints__counter__if_rejected="second",
        touchpoints__second={"stage": "T", "queue": "overflow", "service": {"constant": "7 min"}},
    )
    assert plan_of(data).queue_plans[1].mean_service == to_ticks(7)


def test_shares_and_starts() -> None:
    plan = plan_of(BUSY)
    assert plan.need_shares[0] == pytest.approx([0.7, 1.0])
    assert plan.segment_share.tolist() == [0.8, 0.2]
    assert np.array_equal(plan.start, [0, 0])
    assert [d is None for d in plan.acceptable_wait] == [False] * 4


class TestRostersByDate:
    """A roster from a file with dates is that of the date; every date is a kind of day of its own."""

    @staticmethod
    def dated(folder: Path) -> Journey:
        lines = ["2027-01-04,09:00,1", "2027-01-04,10:00,3", "2027-01-05,08:30,2", "2027-01-11,09:30,4"]
        (folder / "agents.csv").write_text("\n".join(["date,from,agents", *lines]))
        count = {"file": "agents.csv", "day": "date", "time": "from", "count": "agents"}
        hours = {day: {"open": "09:00", "close": "11:00"} for day in ("mon", "tue")}
        service = {"constant": "10 min"}
        data = one_queue(staff__tellers__count=count, hours=hours, touchpoints__counter__service=service)
        return journey_of(changed(data, {"arrivals.per_hour": 12}), folder)

    def test_the_plan_has_the_roster_of_the_date(self, tmp_path: Path) -> None:
        journey = self.dated(tmp_path)

        def roster(day: int) -> Counts:
            plan = compile_plan(journey, date(2027, 1, day))
            assert plan is not None
            return plan.day.rosters[0]

        assert roster(4) == Counts((to_ticks(540), to_ticks(600)), (1, 3))
        # What holds at opening may have begun before.
        assert roster(5) == Counts((to_ticks(540),), (2,))
        assert roster(11) == Counts((to_ticks(540), to_ticks(570)), (0, 4))
        # A date that the file does not have is like another of its weekday.
        assert roster(18) == roster(4)
        assert roster(12) == roster(5)

    def test_a_replication_simulates_each_date_with_its_own(self, tmp_path: Path) -> None:
        journey = self.dated(tmp_path)
        days = open_days(journey, MONDAY, 4)
        steps = simulate_replication(
            journey, days, seed=1, replication=0, target_wait_min=5, keep_steps=True
        ).steps
        assert steps is not None
        most = []
        for day in days:
            mine = steps.filter(steps["day"] == day.number)
            spans = list(zip(mine["started_min"], mine["ended_min"], strict=True))
            most.append(max(sum(s <= start < e for s, e in spans) for start, _ in spans))
            if day.date == date(2027, 1, 11):
                assert min(start for start, _ in spans) >= 570
        assert most[0] <= 3
        assert most[1] == most[3] == 2
        assert most[2] <= 4
        assert [day.date.day for day in days] == [4, 5, 11, 12]
