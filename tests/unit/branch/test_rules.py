"""Rules of the branch day on days small enough to work out by hand, for each engine."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests import oracle
from tests.branch_by_hand import OPENS, Row, by_segment, counter, rows, times, with_desk
from tests.branch_days import Engine, batch_of, changed, journey_of, with_log

from journeysim.branch import simpy_engine
from journeysim.branch.draws import draw_steps
from journeysim.branch.plan import Outcome
from journeysim.branch.routes import LEAVE
from journeysim.branch.simpy_engine import NeedsMoreDraws
from journeysim.branch.steps import NONE
from journeysim.errors import RouteError
from journeysim.units import TICKS_PER_MINUTE


class TestOrderOfEvents:
    """Rule 11."""

    def test_a_tie_of_service_and_patience_is_a_service(self, engine: Engine) -> None:
        data = counter(segments__a__patience={"constant": "5 min"})
        assert times(rows(engine, data, 0, 0)) == [(0, 0, 5, "served"), (1, 5, 10, "served")]

    def test_patience_that_ends_a_moment_before_service_is_a_reneging(self, engine: Engine) -> None:
        data = counter(segments__a__patience={"constant": "4.99 min"})
        found = rows(engine, data, 0, 0)
        assert found[1].outcome == "reneged"
        assert found[1].started is None
        assert found[1].ended == pytest.approx(4.99, abs=1e-6)

    def test_a_roster_that_rises_as_patience_ends_serves(self, engine: Engine) -> None:
        data = counter(
            segments__a__patience={"constant": "3 min"}, staff__tellers__count={"09:00": 0, "09:03": 1}
        )
        assert times(rows(engine, data, 0)) == [(0, 3, 8, "served")]

    def test_closing_goes_before_the_end_of_service(self, engine: Engine) -> None:
        data = counter(hours__at_close="leave")
        assert times(rows(engine, data, 55, 56)) == [(0, 55, 60, "served"), (1, None, 60, "closed")]

    def test_a_roster_that_falls_goes_before_the_end_of_service(self, engine: Engine) -> None:
        data = counter(
            staff__tellers__count={"09:00": 2, "09:05": 1},
            touchpoints__counter__service=by_segment(a=5, b=6, c=1),
        )
        found = rows(engine, data, (0, "a"), (0, "b"), (0, "c"))
        assert times(found) == [(0, 0, 5, "served"), (1, 0, 6, "served"), (2, 6, 7, "served")]

    def test_groups_that_grow_together_take_work_in_map_order(self, engine: Engine) -> None:
        data = counter(
            staff={
                "late": {"count": {"09:00": 0, "09:05": 1}, "serves": ["line"]},
                "early": {"count": {"09:00": 1, "09:05": 2}, "serves": ["line"]},
            }
        )
        found = rows(engine, data, 0, 1, 2)
        assert [(r.visit, r.started, r.group) for r in found] == [
            (0, 0, "early"),
            (1, 5, "late"),
            (2, 5, "early"),
        ]

    def test_a_server_that_falls_free_serves_who_arrives_at_that_moment(self, engine: Engine) -> None:
        data = counter(queues__line__capacity=0)
        assert times(rows(engine, data, 0, 5)) == [(0, 0, 5, "served"), (1, 5, 10, "served")]

    def test_who_gives_up_leaves_room_for_who_arrives_at_that_moment(self, engine: Engine) -> None:
        data = counter(queues__line={"capacity": 1, "patience": {"constant": "3 min"}})
        found = rows(engine, data, 0, 1, 4)
        assert times(found) == [(0, 0, 5, "served"), (1, None, 4, "reneged"), (2, 5, 10, "served")]

    def test_ends_of_service_at_one_moment_go_by_address(self, engine: Engine) -> None:
        data = with_desk(
            counter(touchpoints__counter__service=by_segment(a=4, b=5, c=0)), staff__tellers__count=2
        )
        # The later arrival has the lower address, and the same end.
        found = rows(engine, data, (1, "a"), (0, "b"))
        assert times(found, "desk") == [(0, 5, 8, "served"), (1, 8, 11, "served")]

    def test_ends_of_patience_at_one_moment_go_by_address(self, engine: Engine) -> None:
        data = with_desk(
            counter(
                touchpoints__counter__service={"constant": "30 min"},
                touchpoints__counter__if_reneged="desk",
                segments__a__patience={"constant": "4 min"},
                segments__b__patience={"constant": "5 min"},
            )
        )
        found = rows(engine, data, (1, "a"), (0, "b"), (0, "c"))
        # Visit 1 came first and is served; the order of arrival at a moment is that of addresses, too.
        assert times(found, "counter")[1] == (1, 0, 30, "served")
        found = rows(engine, data, (2, "a"), (1, "b"), (0, "c"))
        assert times(found, "desk")[:2] == [(0, 6, 9, "served"), (1, 9, 12, "served")]

    def test_arrivals_at_one_moment_go_by_address(self, engine: Engine) -> None:
        assert times(rows(engine, counter(), 3, 3, 3)) == [
            (0, 3, 8, "served"),
            (1, 8, 13, "served"),
            (2, 13, 18, "served"),
        ]

    def test_a_server_takes_the_next_customer_before_the_served_one_moves_on(self, engine: Engine) -> None:
        data = counter(
            touchpoints__counter__next=[{"to": "again"}],
            touchpoints__again={"stage": "T", "queue": "line", "service": {"constant": "1 min"}},
        )
        found = rows(engine, data, 0, 1)
        # Both come back to the line: the first finds it taken, although their own end freed the teller.
        assert times(found, "counter") == [(0, 0, 5, "served"), (1, 5, 10, "served")]
        assert times(found, "again") == [(0, 10, 11, "served"), (1, 11, 12, "served")]

    def test_a_service_without_length_ends_at_its_moment(self, engine: Engine) -> None:
        data = with_desk(counter(touchpoints__counter__service={"constant": "0 min"}))
        found = rows(engine, data, 2, 2)
        assert times(found) == [(0, 2, 2, "served"), (1, 2, 2, "served")]
        assert times(found, "desk") == [(0, 2, 5, "served"), (1, 5, 8, "served")]

    def test_no_patience_at_all_is_a_reneging_unless_served_at_once(self, engine: Engine) -> None:
        data = counter(segments__a__patience={"constant": "0 min"})
        assert times(rows(engine, data, 0, 1)) == [(0, 0, 5, "served"), (1, None, 1, "reneged")]


class TestDispatch:
    """Rule 3."""

    def test_a_free_server_takes_from_its_first_queue_that_has_anyone(self, engine: Engine) -> None:
        data = with_desk(
            counter(staff__tellers__serves=["desk_line", "line"]),
            staff__clerks={"count": {"09:59": 1}, "serves": ["desk_line"]},
            needs__cash__start="lobby",
            touchpoints__lobby={
                "stage": "T",
                "service": {"constant": "0 min"},
                "next": [{"to": "desk", "when": {"segment": "b"}}, {"to": "counter"}],
            },
            touchpoints__counter__next=[{"to": "leave"}],
        )
        found = rows(engine, data, (0, "a"), (1, "a"), (2, "b"))
        assert times(found, "desk") == [(2, 5, 8, "served")]
        assert times(found, "counter") == [(0, 0, 5, "served"), (1, 8, 13, "served")]

    @pytest.mark.parametrize(
        ("staff", "expected"),
        [
            ({"x": ["second", "line"], "y": ["line"]}, "y"),
            ({"x": ["line"], "y": ["line", "second"]}, "x"),
            ({"x": ["line", "second"], "y": ["line"]}, "x"),
        ],
    )
    def test_the_group_that_prefers_the_queue_serves(
        self, engine: Engine, staff: dict[str, list[str]], expected: str
    ) -> None:
        groups = {name: {"count": 1, "serves": serves} for name, serves in staff.items()}
        data = counter(
            staff=groups,
            queues={"line": {}, "second": {}},
        )
        (row,) = rows(engine, data, 0)
        assert row.group == expected

    def test_priority_goes_before_joining_and_joining_decides_within(self, engine: Engine) -> None:
        data = counter(queues__line__discipline="priority", segments__a__priority=2, segments__b__priority=1)
        data = changed(data, {"segments.c.priority": 2})
        found = rows(engine, data, (0, "a"), (1, "c"), (2, "a"), (3, "b"))
        assert times(found) == [
            (0, 0, 5, "served"),
            (1, 10, 15, "served"),
            (2, 15, 20, "served"),
            (3, 5, 10, "served"),
        ]

    def test_priority_says_nothing_in_a_fifo_queue(self, engine: Engine) -> None:
        data = counter(segments__a__priority=2, segments__b__priority=1)
        found = rows(engine, data, (0, "a"), (1, "a"), (2, "b"))
        assert [r.started for r in found] == [0, 5, 10]


class TestRosters:
    """Rule 4."""

    def test_nobody_serves_before_the_first_time(self, engine: Engine) -> None:
        data = counter(staff__tellers__count={"09:10": 1})
        assert times(rows(engine, data, 0)) == [(0, 10, 15, "served")]

    def test_service_is_never_interrupted(self, engine: Engine) -> None:
        data = counter(staff__tellers__count={"09:00": 1, "09:02": 0, "09:20": 1})
        assert times(rows(engine, data, 0, 1)) == [(0, 0, 5, "served"), (1, 20, 25, "served")]

    def test_idle_servers_go_first(self, engine: Engine) -> None:
        data = counter(staff__tellers__count={"09:00": 2, "09:02": 1})
        assert times(rows(engine, data, 0, 3)) == [(0, 0, 5, "served"), (1, 5, 10, "served")]

    def test_who_finishes_next_goes_while_too_many_are_busy(self, engine: Engine) -> None:
        data = counter(
            staff__tellers__count={"09:00": 3, "09:01": 1},
            touchpoints__counter__service=by_segment(a=4, b=6, c=8),
        )
        found = rows(engine, data, (0, "a"), (0, "b"), (0, "c"), (2, "a"))
        assert [r.started for r in found] == [0, 0, 0, 8]

    def test_a_later_rise_cancels_pending_departures(self, engine: Engine) -> None:
        data = counter(
            staff__tellers__count={"09:00": 2, "09:01": 1, "09:03": 2},
            touchpoints__counter__service=by_segment(a=4, b=6, c=1),
        )
        found = rows(engine, data, (0, "a"), (0, "b"), (2, "c"))
        assert [r.started for r in found] == [0, 0, 4]

    def test_groups_take_work_in_map_order(self, engine: Engine) -> None:
        data = counter(
            staff={
                "x": {"count": {"09:05": 1}, "serves": ["line"]},
                "y": {"count": {"09:05": 1}, "serves": ["line"]},
            }
        )
        found = rows(engine, data, 0, 0)
        assert [(r.started, r.group) for r in found] == [(5, "x"), (5, "y")]

    def test_the_last_count_stays_until_nobody_is_inside(self, engine: Engine) -> None:
        assert times(rows(engine, counter(), 57, 58, 59)) == [
            (0, 57, 62, "served"),
            (1, 62, 67, "served"),
            (2, 67, 72, "served"),
        ]


class TestJoining:
    """Rule 5."""

    def test_capacity_counts_who_waits(self, engine: Engine) -> None:
        data = counter(queues__line__capacity=2)
        found = rows(engine, data, 0, 1, 2, 3)
        assert [r.outcome for r in found] == ["served", "served", "served", "rejected"]
        assert found[3][2:5] == (3, None, 3)

    def test_nothing_is_checked_where_a_server_is_free(self, engine: Engine) -> None:
        data = counter(queues__line={"capacity": 0, "balk": {"at_length": 0}})
        assert times(rows(engine, data, 0, 1)) == [(0, 0, 5, "served"), (1, None, 1, "rejected")]

    def test_a_line_of_the_balking_length_turns_away(self, engine: Engine) -> None:
        data = counter(queues__line__balk={"at_length": 1})
        assert [r.outcome for r in rows(engine, data, 0, 1, 2)] == ["served", "served", "balked"]

    def test_no_room_comes_before_balking(self, engine: Engine) -> None:
        data = counter(queues__line={"capacity": 1, "balk": {"at_length": 1}})
        assert rows(engine, data, 0, 1, 2)[2].outcome == "rejected"

    def test_an_expected_wait_above_the_acceptable_turns_away(self, engine: Engine) -> None:
        data = counter(
            segments__a__acceptable_wait={"constant": "10 min"},
            queues__line__balk={"expected_wait": True},
        )
        # One teller, five minutes each: 5, then 10 (not above), then 15.
        found = rows(engine, data, 0, 0, 0, 0)
        assert [r.outcome for r in found] == ["served", "served", "served", "balked"]

    def test_the_expected_wait_is_shared_by_all_on_duty(self, engine: Engine) -> None:
        data = counter(
            segments__a__acceptable_wait={"constant": "4.9 min"},
            queues__line__balk={"expected_wait": True},
            staff={
                "x": {"count": 1, "serves": ["line"]},
                "y": {"count": 2, "serves": ["line"]},
            },
        )
        # 5/3, 10/3 and 15/3 minutes.
        found = rows(engine, data, 0, 0, 0, 0, 0, 0)
        assert [r.outcome for r in found] == ["served"] * 5 + ["balked"]

    def test_the_expected_wait_counts_equal_and_better_priority(self, engine: Engine) -> None:
        data = counter(
            queues__line={"discipline": "priority", "balk": {"expected_wait": True}},
            segments__a={"share": 0.5, "priority": 2, "acceptable_wait": {"constant": "9 min"}},
            segments__b={"share": 0.25, "priority": 1, "acceptable_wait": {"constant": "9 min"}},
        )
        found = rows(engine, data, (0, "a"), (0, "a"), (1, "a"), (2, "b"), (3, "b"))
        assert [r.outcome for r in found] == ["served", "served", "balked", "served", "balked"]

    @pytest.mark.parametrize("service", ["5 min", "0 min"])
    def test_nobody_expects_to_be_served_where_nobody_is_on_duty(self, engine: Engine, service: str) -> None:
        data = counter(
            touchpoints__counter__service={"constant": service},
            staff__tellers__count={"09:10": 1},
            segments__a__acceptable_wait={"constant": "100 min"},
            queues__line__balk={"expected_wait": True},
        )
        found = rows(engine, data, (0, "a"), (0, "b"), (10, "a"))
        # Who has not said what they accept (b) waits.
        assert [r.outcome for r in found] == ["balked", "served", "served"]

    def test_ways_on_from_balking_rejection_and_reneging(self, engine: Engine) -> None:
        for limit, outcome in (
            ({"balk": {"at_length": 0}}, "balked"),
            ({"capacity": 0}, "rejected"),
            ({"patience": {"constant": "0 min"}}, "reneged"),
        ):
            data = with_desk(counter(queues__line=limit), touchpoints__counter__next=[{"to": "leave"}])
            data = changed(data, {f"touchpoints.counter.if_{outcome}": "desk"})
            found = rows(engine, data, 0, 1)
            assert [(r.visit, r.touchpoint, r.ended, r.outcome) for r in found] == [
                (0, "counter", 5, "served"),
                (1, "counter", 1, outcome),
                (1, "desk", 4, "served"),
            ]

    def test_a_queues_own_patience_goes_before_the_segments(self, engine: Engine) -> None:
        data = counter(
            segments__a__patience={"constant": "1 min"}, queues__line__patience={"constant": "2 min"}
        )
        assert rows(engine, data, 0, 0)[1].ended == 2
        data = counter(segments__a__patience={"constant": "1 min"}, queues__line__patience="none")
        assert rows(engine, data, 0, 0)[1].outcome == "served"

    def test_patience_begins_anew_at_every_queue(self, engine: Engine) -> None:
        data = with_desk(
            counter(segments__a__patience={"constant": "6 min"}),
            touchpoints__desk__service={"constant": "10 min"},
        )
        # Visit 1 waits 5 at the counter and 5 at the desk: never 6 in one place.
        assert [r.outcome for r in rows(engine, data, 0, 0)] == ["served"] * 4

    def test_who_never_gives_up_where_nobody_serves_stays_until_closing(self, engine: Engine) -> None:
        """Also one whose earlier deadline lay behind that of another, and so had no event of its own."""
        data = with_desk(
            counter(queues__line__patience={"constant": "20 min"}),
            queues__desk_line__patience="none",
            staff__clerks__count={"09:00": 0},
        )
        found = times(rows(engine, data, 0, 1, 2), "desk")
        assert found == [(0, None, 60, "closed"), (1, None, 60, "closed"), (2, None, 60, "closed")]

    def test_an_old_deadline_does_not_end_a_later_wait_without_patience(self, engine: Engine) -> None:
        data = with_desk(
            counter(queues__line__patience={"constant": "20 min"}),
            queues__desk_line__patience="none",
            touchpoints__desk__service={"constant": "30 min"},
        )
        # Visit 1 would have waited at the counter until 20, and at that moment waits at the desk.
        assert times(rows(engine, data, 0, 0), "desk") == [(0, 5, 35, "served"), (1, 35, 65, "served")]


class TestFailureAndRoutes:
    """Rules 2 and 7."""

    def test_a_failed_service_leads_elsewhere_and_is_remembered(self, engine: Engine) -> None:
        data = with_desk(
            counter(touchpoints__counter__fails=1, touchpoints__counter__if_failed="desk"),
            touchpoints__desk__next=[{"to": "form", "when": {"failed_before": True}}, {"to": "leave"}],
            touchpoints__form={"stage": "T", "service": {"constant": "1 min"}},
            touchpoints__counter__next=[{"to": "leave"}],
        )
        found = rows(engine, data, 0)
        assert [(r.touchpoint, r.started, r.ended, r.outcome) for r in found] == [
            ("counter", 0, 5, "failed"),
            ("desk", 5, 8, "served"),
            ("form", 8, 9, "served"),
        ]

    def test_waited_over_is_over_all_queues_and_strict(self, engine: Engine) -> None:
        def places(limit: str) -> list[str]:
            data = with_desk(
                counter(),
                touchpoints__desk__service={"constant": "7 min"},
                touchpoints__desk__next=[{"to": "form", "when": {"waited_over": limit}}, {"to": "leave"}],
                touchpoints__form={"stage": "T", "service": {"constant": "1 min"}},
            )
            # The second waits 5 at the counter, then 2 at the desk.
            return [r.touchpoint for r in rows(engine, data, 0, 0) if r.visit == 1]

        assert places("6.9 min") == ["counter", "desk", "form"]
        assert places("7 min") == ["counter", "desk"]

    def test_a_wait_that_was_given_up_counts_as_waited(self, engine: Engine) -> None:
        data = with_desk(
            counter(
                touchpoints__counter__if_reneged="desk",
                queues__line__patience={"constant": "2 min"},
            ),
            touchpoints__counter__next=[{"to": "leave"}],
            touchpoints__desk__next=[{"to": "form", "when": {"waited_over": "1 min"}}, {"to": "leave"}],
            touchpoints__form={"stage": "T", "service": {"constant": "1 min"}},
        )
        assert [r.touchpoint for r in rows(engine, data, 0, 0) if r.visit == 1] == ["counter", "desk", "form"]

    def test_a_touchpoint_without_a_queue_starts_at_once(self, engine: Engine) -> None:
        data = counter(touchpoints__counter={"stage": "T", "service": {"constant": "5 min"}})
        found = rows(engine, data, 0, 0, 1)
        assert [(r.started, r.ended, r.group) for r in found] == [(0, 5, None), (0, 5, None), (1, 6, None)]

    @pytest.mark.parametrize("rounds", [500, 501])
    def test_a_visit_of_more_than_a_thousand_steps_is_an_error_that_names_the_route(
        self, engine: Engine, rounds: int
    ) -> None:
        data = with_desk(
            counter(), touchpoints__desk__next=[{"to": "counter", "probability": 0.5}, {"to": "leave"}]
        )
        batch = batch_of(with_log(journey_of(data), [(OPENS, "a", "cash")]))
        draws = draw_steps(batch.plan, batch.arrivals, batch.capacity, batch.luck, 501)
        # Luck that no seed gives: back to the counter each time but the last.
        desk = [
            replace(drawn, goes_to=np.full_like(drawn.goes_to, LEAVE if k == rounds - 1 else 0))
            for k, drawn in enumerate(draws.steps[1])
        ]
        draws = replace(draws, steps=(draws.steps[0], tuple(desk)))
        if rounds == 500:
            assert engine(batch.plan, draws, 0, 1).visit.size == 1000
        else:
            with pytest.raises(RouteError, match="more than 1000 steps") as caught:
                engine(batch.plan, draws, 0, 1)
            assert engine is oracle.simulate_day or "counter -> desk" in str(caught.value)

    def test_draws_that_run_short_say_which(self) -> None:
        data = with_desk(
            counter(), touchpoints__desk__next=[{"to": "counter", "probability": 0.5}, {"to": "leave"}]
        )
        batch = batch_of(journey_of(changed(data, {"arrivals.per_hour": 20})), 2)
        first, last = batch.bounds[1]
        draws = draw_steps(batch.plan, batch.arrivals, batch.capacity, batch.luck, 2)
        with pytest.raises(NeedsMoreDraws) as caught:
            simpy_engine.simulate_day(batch.plan, draws, first, last)
        short = caught.value
        steps = batch.steps()
        third = (steps.visit == short.visit) & (steps.touchpoint == short.touchpoint)
        assert first <= short.visit < last
        assert short.occurrence == 2
        assert np.count_nonzero(third) > 2


class TestClosing:
    """Rule 8."""

    def test_an_arrival_exactly_at_closing_does_not_enter(self, engine: Engine) -> None:
        moment = 1 / TICKS_PER_MINUTE
        found = rows(engine, counter(), 0, 60 - moment, 60, 61)
        assert [r.visit for r in found] == [0, 1]
        assert found[1].started == 60 - moment

    def test_an_arrival_before_opening_does_not_enter(self, engine: Engine) -> None:
        assert [r.visit for r in rows(engine, counter(), -1, 0)] == [1]

    def test_all_inside_are_served(self, engine: Engine) -> None:
        data = with_desk(counter())
        found = rows(engine, data, 58, 59)
        assert times(found, "counter") == [(0, 58, 63, "served"), (1, 63, 68, "served")]
        assert times(found, "desk") == [(0, 63, 66, "served"), (1, 68, 71, "served")]

    def test_who_waits_is_sent_home_and_services_in_hand_finish(self, engine: Engine) -> None:
        data = counter(hours__at_close="leave", touchpoints__counter__if_reneged="counter")
        found = rows(engine, data, 56, 57, 58)
        assert times(found) == [(0, 56, 61, "served"), (1, None, 60, "closed"), (2, None, 60, "closed")]

    def test_a_further_touchpoint_with_a_queue_is_closed_even_if_idle(self, engine: Engine) -> None:
        data = with_desk(counter(hours__at_close="leave"))
        found = rows(engine, data, 57)
        assert found[1] == Row(0, "desk", 62, None, 62, None, "closed", "desk_line")

    def test_a_further_touchpoint_without_a_queue_goes_on(self, engine: Engine) -> None:
        data = counter(
            hours__at_close="leave",
            touchpoints__counter__next=[{"to": "form"}],
            touchpoints__form={"stage": "T", "service": {"constant": "1 min"}},
        )
        assert times(rows(engine, data, 57), "form") == [(0, 62, 63, "served")]

    def test_a_closed_step_saw_no_queue(self, engine: Engine) -> None:
        data = with_desk(counter(hours__at_close="leave"))
        journey = with_log(journey_of(data), [(OPENS + 57, "a", "cash"), (OPENS + 58, "a", "cash")])
        steps = batch_of(journey).steps(engine)
        assert steps.outcome.tolist() == [Outcome.SERVED, Outcome.CLOSED, Outcome.CLOSED]
        assert steps.queue_length_seen.tolist() == [0, NONE, 0]

    def test_who_still_waits_when_nothing_can_happen_leaves_as_closed(self, engine: Engine) -> None:
        data = counter(staff__tellers__count=0)
        assert times(rows(engine, data, 1, 2)) == [(0, None, 60, "closed"), (1, None, 60, "closed")]

    def test_they_wait_until_the_last_other_has_gone(self, engine: Engine) -> None:
        data = with_desk(
            counter(
                needs__cash__start="lobby",
                touchpoints__lobby={
                    "stage": "T",
                    "service": {"constant": "0 min"},
                    "next": [{"to": "counter", "when": {"segment": "a"}}, {"to": "desk"}],
                },
                staff__tellers__count=0,
            ),
            touchpoints__desk__service={"constant": "20 min"},
        )
        found = rows(engine, data, (1, "a"), (50, "b"))
        assert times(found, "desk") == [(1, 50, 70, "served")]
        assert times(found, "counter") == [(0, None, 70, "closed")]
