"""Servers who are busy without a customer: wrap-up, and kept while another works; worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from tests.branch_by_hand import OPENS, Row, by_segment, counter, rows, times, with_desk
from tests.branch_days import Engine, batch_of, changed, journey_of, with_log

from journeysim.branch.metrics import metrics_of
from journeysim.branch.totals import GroupSum, sum_days
from journeysim.units import to_ticks


def wrapping(**changes: Any) -> dict[str, Any]:
    """The counter, whose teller has two minutes of work after each customer."""
    return counter(**{"touchpoints__counter__wrap_up": {"constant": "2 min"}} | changes)


def keeping(**changes: Any) -> dict[str, Any]:
    """The counter, whose teller waits while the customer is at the desk."""
    return with_desk(
        counter(), **{"touchpoints__counter__next": [{"to": "desk", "keep_server": True}]} | changes
    )


def with_second_window(data: dict[str, Any]) -> dict[str, Any]:
    """Behind the desk, or instead of it, another touchpoint at the tellers' line."""
    window = {"stage": "T", "queue": "line", "service": {"constant": "1 min"}}
    return changed(
        data,
        {
            "touchpoints.window": window,
            "touchpoints.desk.next": [{"to": "window"}],
            "touchpoints.desk.if_reneged": "window",
            "touchpoints.desk.if_balked": "window",
            "touchpoints.desk.if_rejected": "window",
        },
    )


def released(found: list[Row], touchpoint: str = "counter") -> list[float | None]:
    """When servers of a touchpoint were free again; None where that was when the customer's step ended."""
    return [row.released for row in found if row.touchpoint == touchpoint]


class TestWrapUp:
    """The server is busy after the customer has gone."""

    def test_it_holds_the_server_and_not_the_customer(self, engine: Engine) -> None:
        found = rows(engine, with_desk(wrapping()), 0, 0)
        assert times(found) == [(0, 0, 5, "served"), (1, 7, 12, "served")]
        assert times(found, "desk") == [(0, 5, 8, "served"), (1, 12, 15, "served")]
        assert released(found) == [7, 14]
        assert released(found, "desk") == [None, None]

    def test_a_server_who_has_wrapped_up_serves_who_arrives_at_that_moment(self, engine: Engine) -> None:
        data = wrapping(queues__line__capacity=0)
        assert times(rows(engine, data, 0, 7)) == [(0, 0, 5, "served"), (1, 7, 12, "served")]
        assert times(rows(engine, data, 0, 6.99))[1][3] == "rejected"

    def test_a_tie_of_wrap_up_and_patience_is_a_service(self, engine: Engine) -> None:
        data = wrapping(segments__a__patience={"constant": "7 min"})
        assert times(rows(engine, data, 0, 0)) == [(0, 0, 5, "served"), (1, 7, 12, "served")]
        data = wrapping(segments__a__patience={"constant": "6.99 min"})
        assert times(rows(engine, data, 0, 0))[1][3] == "reneged"

    def test_wrap_ups_and_services_that_end_at_one_moment_go_by_address(self, engine: Engine) -> None:
        # At 7 the wrap-up after visit 0 and the service of visit 1 end; visit 2 waits for either teller.
        data = counter(
            staff={"x": {"count": 1, "serves": ["line"]}, "y": {"count": 1, "serves": ["line"]}},
            touchpoints__counter__wrap_up=by_segment(a=2, b=0, c=0),
            touchpoints__counter__service=by_segment(a=5, b=7, c=1),
        )
        assert rows(engine, data, (0, "a"), (0, "b"), (1, "c"))[2].group == "x"
        # The same at 7, but the lower address is that of the service.
        assert rows(engine, data, (0, "b"), (0, "a"), (1, "c"))[2].group == "x"
        assert rows(engine, data, (0, "b"), (0, "b"), (1, "c"))[2].group == "x"

    def test_events_of_one_visit_at_one_moment_go_by_which_began_first(self, engine: Engine) -> None:
        # At 5 the teller's wrap-up begins, then the customer's service at the desk; both end at 8.
        data = with_desk(
            wrapping(touchpoints__counter__wrap_up={"constant": "3 min"}),
            staff__clerks__serves=["desk_line", "line"],
        )
        found = rows(engine, data, 0, 6)
        assert next((r.started, r.group) for r in found if r.visit == 1) == (8, "tellers")
        # At 8 the clerk's wrap-up begins, then that of the teller who was kept; both end at 10.
        two = {"constant": "2 min"}
        data = keeping(
            touchpoints__counter__wrap_up=two,
            touchpoints__desk__wrap_up=two,
            staff__clerks__serves=["desk_line", "line"],
        )
        found = rows(engine, data, 0, 6)
        assert next((r.started, r.group) for r in found if r.visit == 1) == (10, "clerks")

    def test_it_follows_a_failed_service_as_well(self, engine: Engine) -> None:
        found = rows(engine, wrapping(touchpoints__counter__fails=1), 0, 0)
        assert times(found) == [(0, 0, 5, "failed"), (1, 7, 12, "failed")]

    def test_it_may_differ_by_segment_and_be_nothing(self, engine: Engine) -> None:
        data = wrapping(touchpoints__counter__wrap_up=by_segment(a=4, b=0, c=0))
        found = rows(engine, data, (0, "a"), (0, "b"), (0, "b"))
        assert [r.started for r in found] == [0, 9, 14]
        assert released(found) == [9, None, None]

    def test_a_wrap_up_of_no_length_changes_nothing(self, engine: Engine) -> None:
        plain, none = counter(), wrapping(touchpoints__counter__wrap_up={"constant": "0 min"})
        for data in (plain, with_desk(plain)):
            other = changed(data, {"touchpoints.counter.wrap_up": none["touchpoints"]["counter"]["wrap_up"]})
            came = (0, 1, 2, 5, 10, 58)
            assert rows(engine, other, *came) == rows(engine, data, *came)

    def test_who_wraps_up_goes_when_the_roster_has_fallen(self, engine: Engine) -> None:
        data = wrapping(staff__tellers__count={"09:00": 1, "09:06": 0, "09:20": 1})
        assert times(rows(engine, data, 0, 0)) == [(0, 0, 5, "served"), (1, 20, 25, "served")]

    def test_who_wraps_up_stays_when_the_roster_rises_again(self, engine: Engine) -> None:
        data = wrapping(staff__tellers__count={"09:00": 1, "09:05": 0, "09:06": 1})
        assert times(rows(engine, data, 0, 0)) == [(0, 0, 5, "served"), (1, 7, 12, "served")]

    def test_an_expected_wait_counts_servers_on_duty_whatever_they_do(self, engine: Engine) -> None:
        data = wrapping(
            segments__a__acceptable_wait={"constant": "4.9 min"}, queues__line__balk={"expected_wait": True}
        )
        # At 6 the teller wraps up: one ahead of nobody, five minutes of service.
        assert [r.outcome for r in rows(engine, data, 0, 6, 7)] == ["served", "balked", "served"]

    def test_it_ends_after_closing_where_it_must(self, engine: Engine) -> None:
        data = wrapping(hours__at_close="leave")
        found = rows(engine, data, 54.5, 55)
        assert times(found) == [(0, 54.5, 59.5, "served"), (1, None, 60, "closed")]
        assert released(found) == [61.5, None]


class TestKeptServers:
    """``keep_server``: the server waits while the customer is at the next touchpoint."""

    def test_the_server_waits_while_the_customer_is_at_the_next_touchpoint(self, engine: Engine) -> None:
        found = rows(engine, keeping(), 0, 0)
        assert times(found) == [(0, 0, 5, "served"), (1, 8, 13, "served")]
        assert times(found, "desk") == [(0, 5, 8, "served"), (1, 13, 16, "served")]
        assert released(found) == [8, 16]
        assert released(found, "desk") == [None, None]

    def test_the_wait_before_the_next_touchpoint_counts_as_well(self, engine: Engine) -> None:
        # Two tellers, one clerk: visit 1 waits for the clerk from 5 to 8.
        found = rows(engine, keeping(staff__tellers__count=2), 0, 0, 0)
        assert times(found, "desk") == [(0, 5, 8, "served"), (1, 8, 11, "served"), (2, 13, 16, "served")]
        assert released(found) == [8, 11, 16]
        assert [r.started for r in found if r.touchpoint == "counter"] == [0, 0, 8]

    def test_only_the_rule_that_says_so_keeps(self, engine: Engine) -> None:
        data = keeping(
            touchpoints__counter__next=[
                {"to": "desk", "when": {"segment": "b"}, "keep_server": True},
                {"to": "desk"},
            ]
        )
        assert released(rows(engine, data, (0, "a"))) == [None]
        assert released(rows(engine, data, (0, "b"))) == [8]

    def test_a_failed_service_keeps_nobody(self, engine: Engine) -> None:
        data = keeping(touchpoints__counter__fails=1, touchpoints__counter__if_failed="desk")
        found = rows(engine, data, 0, 0)
        assert times(found) == [(0, 0, 5, "failed"), (1, 5, 10, "failed")]
        assert released(found) == [None, None]

    def test_the_wrap_up_comes_after_the_keeping(self, engine: Engine) -> None:
        data = keeping(
            touchpoints__counter__wrap_up={"constant": "2 min"},
            touchpoints__desk__wrap_up={"constant": "1 min"},
        )
        found = rows(engine, data, 0, 0)
        assert times(found) == [(0, 0, 5, "served"), (1, 10, 15, "served")]
        assert released(found) == [10, 20]
        assert released(found, "desk") == [9, 19]

    def test_each_is_kept_for_one_step(self, engine: Engine) -> None:
        data = keeping(
            touchpoints__desk__next=[{"to": "form", "keep_server": True}],
            touchpoints__form={"stage": "T", "service": {"constant": "10 min"}, "next": [{"to": "end"}]},
            touchpoints__end={"stage": "T", "service": {"constant": "1 min"}},
        )
        found = rows(engine, data, 0)
        assert [(r.touchpoint, r.started, r.ended, r.released) for r in found] == [
            ("counter", 0, 5, 8),
            ("desk", 5, 8, 18),
            ("form", 8, 18, None),
            ("end", 18, 19, None),
        ]

    def test_a_server_may_be_kept_for_a_step_of_their_own_group(self, engine: Engine) -> None:
        data = with_second_window(keeping(staff__tellers__count=2))
        data = changed(data, {"touchpoints.counter.next": [{"to": "window", "keep_server": True}]})
        data["touchpoints"]["window"]["next"] = [{"to": "desk"}]
        data["touchpoints"]["desk"]["next"] = [{"to": "leave"}]
        found = rows(engine, data, 0, 0)
        # Both tellers are kept for customers whom only a teller could serve: nobody ever does.
        assert [(r.touchpoint, r.ended, r.outcome) for r in found] == [
            ("counter", 5, "served"),
            ("window", 60, "closed"),
        ] * 2
        assert released(found) == [60, 60]
        (first, window, _) = rows(engine, data, 0)
        assert (first.released, window.started, window.ended) == (6, 5, 6)

    def test_who_served_last_is_free_before_who_was_kept(self, engine: Engine) -> None:
        # At 8 the clerk and the teller fall free; the clerk takes visit 1, the teller visit 2.
        data = keeping(staff__clerks__serves=["desk_line", "line"])
        found = rows(engine, data, 0, (6, "b"), (7, "c"))
        assert [(r.visit, r.started, r.group) for r in found if r.touchpoint == "counter"] == [
            (0, 0, "tellers"),
            (1, 8, "clerks"),
            (2, 8, "tellers"),
        ]

    def test_kept_servers_take_the_next_customer_before_theirs_moves_on(self, engine: Engine) -> None:
        data = with_second_window(keeping())
        found = rows(engine, data, 0, 1)
        # At 8 visit 0 goes from the desk to the window, in the same line as the counter: visit 1 is there.
        assert times(found) == [(0, 0, 5, "served"), (1, 8, 13, "served")]
        # Then the teller is kept for visit 1 until 16.
        assert times(found, "window")[0] == (0, 16, 17, "served")

    @pytest.mark.parametrize(
        ("limit", "outcome", "moment"),
        [
            ({"patience": {"constant": "1 min"}}, "reneged", 6),
            ({"capacity": 0}, "rejected", 5),
            ({"balk": {"at_length": 0}}, "balked", 5),
        ],
    )
    def test_the_keeping_ends_with_the_step_however_it_ends(
        self, engine: Engine, limit: dict[str, Any], outcome: str, moment: float
    ) -> None:
        # Nobody is at the desk. Visit 1 waits at the counter and is taken before visit 0 comes back.
        data = with_second_window(keeping(staff__clerks__count=0, queues__desk_line=limit))
        found = rows(engine, data, 0, 2)
        assert times(found, "desk")[0] == (0, None, moment, outcome)
        assert released(found)[0] == (None if moment == 5 else moment)
        assert times(found) == [(0, 0, 5, "served"), (1, moment, moment + 5, "served")]
        # Visit 1 meets the same at the desk.
        assert times(found, "window")[0] == (0, 2 * moment, 2 * moment + 1, "served")

    @pytest.mark.parametrize("queues", [["line", "desk_line"], ["desk_line", "line"]])
    def test_a_server_whose_customer_is_sent_home_takes_no_other(
        self, engine: Engine, queues: list[str]
    ) -> None:
        data = keeping(staff__clerks__count=0, hours__at_close="leave", queues={name: {} for name in queues})
        for came in ([50, 51, 52], [(50, "c"), (51, "b"), (52, "a")]):
            found = rows(engine, data, *came)
            assert times(found, "desk") == [(0, None, 60, "closed")]
            assert times(found) == [(0, 50, 55, "served"), (1, None, 60, "closed"), (2, None, 60, "closed")]
            assert released(found) == [60, None, None]

    def test_a_desk_that_has_closed_keeps_nobody(self, engine: Engine) -> None:
        found = rows(engine, keeping(hours__at_close="leave"), 57)
        assert times(found, "desk") == [(0, None, 62, "closed")]
        assert released(found) == [None]

    def test_who_is_kept_in_vain_wraps_up_at_the_end_of_the_day(self, engine: Engine) -> None:
        data = keeping(staff__clerks__count=0, touchpoints__counter__wrap_up={"constant": "2 min"})
        found = rows(engine, data, 1, 2)
        assert [(r.visit, r.touchpoint, r.ended, r.outcome, r.released) for r in found] == [
            (0, "counter", 6, "served", 62),
            (0, "desk", 60, "closed", None),
            (1, "counter", 60, "closed", None),
        ]


class TestWork:
    """Busy is busy: in utilisation, overtime and cost, and never in the customers' minutes."""

    def told(self, data: dict[str, Any], *came: float) -> dict[tuple[str, str], float]:
        journey = with_log(journey_of(data), [(OPENS + minute, "a", "cash") for minute in came])
        batch = batch_of(journey)
        totals = sum_days(batch.plan, batch.arrivals, batch.steps(), 1, to_ticks(5))
        return {(m.name, m.metric): m.value for m in metrics_of(totals)}

    def test_wrap_up_is_work(self) -> None:
        told = self.told(wrapping(staff__tellers__cost_per_hour=60), 0, 55)
        # 0 to 7, 55 to 60, and two minutes after closing.
        assert told["tellers", "utilisation"] == 12 / 60
        assert told["tellers", "overtime_min_per_day"] == 2
        assert told["tellers", "staff_cost_per_day"] == 62
        assert told["", "service_mean_min"] == told["", "time_in_branch_mean_min"] == 5

    def test_keeping_is_work(self) -> None:
        told = self.told(keeping(), 0, 0)
        assert told["tellers", "utilisation"] == 16 / 60
        assert told["clerks", "utilisation"] == 6 / 60
        assert told["counter", "service_mean_min"] == 5
        assert told["", "service_mean_min"] == 8
        assert told["", "time_in_branch_mean_min"] == (8 + 16) / 2

    def test_wrap_up_beyond_a_fallen_roster_is_overtime(self) -> None:
        data = wrapping(staff__tellers__count={"09:00": 1, "09:06": 0})
        journey = with_log(journey_of(data), [(OPENS, "a", "cash")])
        batch = batch_of(journey)
        totals = sum_days(batch.plan, batch.arrivals, batch.steps(), 1, 0)
        assert totals.staff[0, GroupSum.ROSTERED_TICKS] == totals.staff[0, GroupSum.BUSY_TICKS] == to_ticks(6)
        assert totals.staff[0, GroupSum.OVERTIME_TICKS] == to_ticks(1)
