"""Which line is joined and who is next in it: line groups, head starts, people at opening; by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.branch_by_hand import Row, by_segment, counter, rows, times
from tests.branch_days import MONDAY, Engine, batch_of, changed, journey_of, with_log

from journeysim.branch import open_days, simulate_replication
from journeysim.branch.plan import LinePlan, compile_plan


def tills(**changes: Any) -> dict[str, Any]:
    """Three tills, each with a line and a cashier of its own; a stands for five minutes, b for twenty."""
    data = counter(
        queues={name: {"line_group": "tills"} for name in ("first", "second", "third")},
        staff={f"at {name}": {"count": 1, "serves": [name]} for name in ("first", "second", "third")},
        touchpoints__counter__queue="tills",
        touchpoints__counter__service=by_segment(a=5, b=20, c=1),
    )
    return changed(data, {path.replace("__", "."): value for path, value in changes.items()})


def places(found: list[Row]) -> list[tuple[str | None, float | None]]:
    """Line and start of each step."""
    return [(row.queue, row.started) for row in found]


class TestLineGroups:
    """Rule 6: the shortest line is joined, people in service counted; the first named of equals."""

    def test_ties_go_to_the_first_named(self, engine: Engine) -> None:
        found = rows(engine, tills(), *[(0, "b")] * 7)
        lines = ["first", "second", "third"]
        assert [row.queue for row in found] == [*lines, *lines, "first"]
        assert [row.group for row in found] == [f"at {row.queue}" for row in found]
        assert [row.started for row in found] == [0, 0, 0, 20, 20, 20, 40]

    def test_the_order_is_that_of_the_queues_in_the_map(self, engine: Engine) -> None:
        data = tills()
        data["queues"] = dict(reversed(data["queues"].items()))
        assert [row.queue for row in rows(engine, data, 0, 0, 0)] == ["third", "second", "first"]

    def test_people_in_service_count(self, engine: Engine) -> None:
        # At 6 the first till is empty again, the others still serve.
        found = rows(engine, tills(), (0, "a"), (0, "b"), (0, "b"), (6, "b"), (7, "a"))
        assert places(found)[3:] == [("first", 6), ("first", 26)]
        # A line of two, one of them served, is longer than a line of one.
        found = rows(engine, tills(), (0, "a"), (0, "b"), (0, "b"), (1, "a"), (2, "a"))
        assert places(found)[3:] == [("first", 5), ("second", 20)]

    def test_nobody_changes_lines(self, engine: Engine) -> None:
        # Visit 3 joins the first line and stays in it, although the second falls free at 5.
        found = rows(engine, tills(), (0, "b"), (0, "a"), (0, "a"), (1, "c"))
        assert places(found)[3] == ("first", 20)

    def test_a_line_is_joined_for_its_length_and_not_for_its_cashier(self, engine: Engine) -> None:
        # Nobody sits at the first till before 09:30; its line is as short as the others.
        data = tills(**{"staff.at first.count": {"09:30": 1}})
        assert places(rows(engine, data, 0, 1)) == [("first", 30), ("second", 1)]

    def test_who_wraps_up_or_is_kept_serves_nobody(self, engine: Engine) -> None:
        data = tills(
            touchpoints__counter__next=[{"to": "form", "keep_server": True}],
            touchpoints__form={"stage": "T", "service": {"constant": "30 min"}},
        )
        # From 5 to 35 the cashier of the first till is kept, but nobody stands there.
        found = [row for row in rows(engine, data, (0, "a"), (0, "b"), (0, "b"), (6, "c")) if row.queue]
        assert places(found)[3] == ("first", 35)
        data = tills(touchpoints__counter__wrap_up={"constant": "30 min"})
        assert places(rows(engine, data, (0, "a"), (0, "b"), (0, "b"), (6, "c")))[3] == ("first", 35)

    def test_the_limits_are_those_of_the_line_joined(self, engine: Engine) -> None:
        data = tills(queues__first__capacity=0, queues__third__balk={"at_length": 0, "probability": 0.0})
        for name in ("first", "second"):
            data["queues"][name]["balk"] = {"at_length": 5, "probability": 0.0}
        found = rows(engine, data, *[(0, "b")] * 5)
        # The fourth looks at the first line, of one person in service, and finds no room there.
        assert [(row.queue, row.outcome) for row in found[3:]] == [
            ("first", "rejected"),
            ("first", "rejected"),
        ]

    def test_who_gave_up_or_was_sent_home_stands_there_no_more(self, engine: Engine) -> None:
        data = tills(segments__c__patience={"constant": "2 min"})
        came = [(0, "b"), (0, "b"), (0, "b"), (1, "c"), (4, "a")]
        found = rows(engine, data, *came)
        assert (found[3].queue, found[3].outcome, found[3].ended) == ("first", "reneged", 3)
        assert found[4].queue == "first"

    def test_a_touchpoint_may_name_one_line_of_a_group(self, engine: Engine) -> None:
        data = tills(
            touchpoints__counter__next=[{"to": "again"}],
            touchpoints__again={"stage": "T", "queue": "third", "service": {"constant": "5 min"}},
        )
        found = rows(engine, data, (0, "a"), (1, "b"))
        assert [(row.touchpoint, row.queue) for row in found] == [
            ("counter", "first"), ("again", "third"), ("counter", "second"), ("again", "third"),
        ]  # fmt: skip
        # Who is served at the third till for the other touchpoint counts in its line.
        found = rows(engine, data, (0, "a"), (0, "b"), (5, "c"))
        assert [row.queue for row in found if row.visit == 2] == ["first", "third"]


class TestHeadStarts:
    """Rule 3: joining time counts less the head start."""

    def test_it_counts_as_having_joined_earlier(self, engine: Engine) -> None:
        data = counter(segments__b__head_start="3 min", segments__c__head_start="1 min")
        found = rows(engine, data, (0, "a"), (1, "a"), (2, "c"), (3, "b"), (4, "b"), (4.5, "a"))
        # Counted: 1, 1 (came at 2), 0 (at 3), 1 (at 4), 4.5. Of the three at 1 who truly came first.
        assert [row.started for row in found] == [0, 10, 15, 5, 20, 25]

    def test_it_holds_within_a_priority_and_not_across(self, engine: Engine) -> None:
        data = counter(
            queues__line__discipline="priority",
            segments__a={"share": 0.5, "priority": 1},
            segments__b={"share": 0.25, "priority": 2, "head_start": "50 min"},
            segments__c={"share": 0.25, "priority": 1, "head_start": "2 min"},
        )
        found = rows(engine, data, (0, "a"), (1, "b"), (2, "a"), (3, "c"), (4.5, "c"))
        assert [row.started for row in found] == [0, 20, 10, 5, 15]

    def test_it_moves_nobody_ahead_of_who_is_served(self, engine: Engine) -> None:
        data = counter(segments__b__head_start="50 min")
        assert times(rows(engine, data, 0, (1, "b"))) == [(0, 0, 5, "served"), (1, 5, 10, "served")]

    def test_an_expected_wait_counts_who_is_of_equal_priority(self, engine: Engine) -> None:
        # Whatever the head start: rule 5 speaks of priority.
        data = counter(
            segments__b={"share": 0.25, "head_start": "50 min", "acceptable_wait": {"constant": "9 min"}},
            queues__line__balk={"expected_wait": True},
        )
        assert [row.outcome for row in rows(engine, data, 0, 0, (1, "b"))] == ["served", "served", "balked"]

    def test_lines_of_a_plan_differ_by_head_start(self) -> None:
        data = counter(segments__b__head_start="3 min", queues__line__discipline="priority")
        plan = compile_plan(journey_of(data), MONDAY)
        assert plan is not None
        assert plan.queue_plans[0].lines == (LinePlan(1, 0), LinePlan(1, 3 << 20))
        assert plan.queue_plans[0].line_of_segment == (0, 1, 0)
        assert plan.queue_plans[0].has_head_starts


class TestStartingLines:
    """``start_with``: people who wait when the doors open."""

    def test_they_are_served_from_opening_on(self, engine: Engine) -> None:
        data = counter(queues__line__start_with={"touchpoint": "counter", "count": 3})
        assert times(rows(engine, data, 1)) == [
            (-3, 10, 15, "served"),
            (-2, 5, 10, "served"),
            (-1, 0, 5, "served"),
            (0, 15, 20, "served"),
        ]
        assert {row.joined for row in rows(engine, data)} == {0}

    def test_they_wait_for_their_own_touchpoint(self, engine: Engine) -> None:
        data = counter(
            queues__line__start_with={"touchpoint": "window", "count": 2},
            touchpoints__window={"stage": "T", "queue": "line", "service": {"constant": "1 min"}},
            touchpoints__counter__next=[{"to": "window"}],
        )
        assert times(rows(engine, data), "window") == [(-2, 1, 2, "served"), (-1, 0, 1, "served")]

    def test_they_stand_in_their_own_line_of_a_group(self, engine: Engine) -> None:
        data = tills(
            queues__second__start_with={"touchpoint": "counter", "count": 3},
            touchpoints__counter__service={"constant": "5 min"},
        )
        found = rows(engine, data, 1, 1, 1)
        assert [(row.visit, row.queue, row.started) for row in found] == [
            (-3, "second", 10), (-2, "second", 5), (-1, "second", 0),
            (0, "first", 1), (1, "third", 1), (2, "first", 6),
        ]  # fmt: skip

    def test_they_come_back_to_a_group_like_anybody(self, engine: Engine) -> None:
        data = tills(
            queues__second__start_with={"touchpoint": "counter", "count": 1},
            touchpoints__counter__next=[{"to": "window"}],
            touchpoints__window={"stage": "T", "queue": "tills", "service": {"constant": "1 min"}},
            touchpoints__counter__service={"constant": "5 min"},
        )
        assert [row.queue for row in rows(engine, data)] == ["second", "first"]

    def test_who_is_not_served_at_once_is_held_to_the_limits_of_the_line(self, engine: Engine) -> None:
        data = counter(
            queues__line={"start_with": {"touchpoint": "counter", "count": 4}, "capacity": 2},
            segments__a__patience={"constant": "7 min"},
            segments__b__patience={"constant": "7 min"},
            segments__c__patience={"constant": "7 min"},
        )
        assert times(rows(engine, data)) == [
            (-4, None, 0, "rejected"),
            (-3, None, 7, "reneged"),
            (-2, 5, 10, "served"),
            (-1, 0, 5, "served"),
        ]

    def test_they_come_every_day_by_the_shares_of_segments_and_needs(self) -> None:
        data = counter(
            queues__line__start_with={"touchpoint": "counter", "count": 20},
            needs={
                "cash": {"share": 0.75, "start": "counter"},
                "loan": {"share": 0.25, "start": "counter"},
            },
            arrivals__per_hour=0,
            touchpoints__counter__service={"constant": "1 s"},
        )
        journey = journey_of(data)
        days = open_days(journey, MONDAY, 200)
        steps = simulate_replication(
            journey, days, seed=1, replication=0, target_wait_min=5, keep_steps=True
        ).steps
        assert steps is not None
        assert set(steps.group_by("day").len()["len"]) == {20}
        assert steps["visit_id"].n_unique() == steps["case_id"].n_unique() == 4000
        shares = {"segment": {"a": 0.5, "b": 0.25, "c": 0.25}, "need": {"cash": 0.75, "loan": 0.25}}
        for column, expected in shares.items():
            for name, share in expected.items():
                found = (steps[column] == name).mean()
                assert found == pytest.approx(share, abs=4 * (share * (1 - share) / 4000) ** 0.5)

    def test_their_luck_is_their_own(self) -> None:
        """Other lines, other arrivals and more of them move none of those who stood here before."""
        data = counter(
            queues__line__start_with={"touchpoint": "counter", "count": 3},
            touchpoints__counter__service={"exponential": {"mean": "3 min"}},
        )
        more = changed(
            data,
            {
                "arrivals.per_hour": 40,
                "queues.line.start_with.count": 5,
                "queues.second": {"start_with": {"touchpoint": "window", "count": 2}},
                "touchpoints.counter.next": [{"to": "window", "probability": 0.5}, {"to": "leave"}],
                "touchpoints.window": {"stage": "T", "queue": "second", "service": {"constant": "1 min"}},
                "staff.tellers.serves": ["line", "second"],
            },
        )
        for queues in (["line", "second"], ["second", "line"]):
            in_order = {**more, "queues": {name: more["queues"][name] for name in queues}}
            one, other = (batch_of(with_log(journey_of(d), [])) for d in (data, in_order))
            mine = np.flatnonzero(other.arrivals.line == queues.index("line"))[:3]
            assert one.arrivals.tick.size == 3
            for name in ("segment", "need"):
                assert getattr(one.arrivals, name).tolist() == getattr(other.arrivals, name)[mine].tolist()
            services = one.draws(4).steps[0][0].service, other.draws(4).steps[0][0].service[mine]
            assert services[0].tolist() == services[1].tolist()
