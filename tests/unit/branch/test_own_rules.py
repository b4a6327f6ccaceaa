"""An analyst's own rules: what they see, what follows from their answers, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from scipy import stats
from tests.branch_by_hand import OPENS, by_segment, counter, with_desk
from tests.branch_days import BUSY, MONDAY, changed, journey_of, with_log
from tests.branch_maps import branch_maps

from journeysim.branch import (
    OwnRules,
    ReplicationResult,
    StepSoFar,
    VisitSoFar,
    open_days,
    simulate_replication,
)
from journeysim.errors import JourneySimError, RouteError, RuleError
from journeysim.journey import Journey

Asked = Callable[[VisitSoFar, str], Any]


def rules(
    goes_to: Asked | None = None, priority: Asked | None = None, service_min: Asked | None = None
) -> OwnRules:
    """Rules of which some are as given."""
    made = OwnRules()
    given = {"goes_to": goes_to, "priority": priority, "service_min": service_min}
    for name, answer in given.items():
        if answer is not None:
            setattr(made, name, answer)
    return made


def simulated(journey: Journey, own: OwnRules | None, days: int = 1) -> ReplicationResult:
    found = open_days(journey, MONDAY, days)
    return simulate_replication(
        journey, found, seed=1, replication=0, target_wait_min=5, keep_steps=True, rules=own
    )


def by_hand(data: dict[str, Any], own: OwnRules | None, *came: tuple[float, str]) -> pl.DataFrame:
    """Steps of a day with the given arrivals, minutes after opening; visits numbered by row."""
    journey = with_log(journey_of(data), [(OPENS + minute, segment, "cash") for minute, segment in came])
    steps = simulated(journey, own).steps
    assert steps is not None
    return steps.with_columns(pl.col("joined_min", "started_min", "ended_min") - OPENS).sort(
        "visit_id", "step"
    )


def places(steps: pl.DataFrame) -> list[tuple[str, float | None, float]]:
    return steps.select("touchpoint", "started_min", "ended_min").rows()


class TestNothingSaid:
    """A rule that answers None leaves all as it is, bit for bit."""

    @pytest.mark.parametrize("at_close", ["serve", "leave"])
    def test_on_busy_days(self, at_close: str) -> None:
        journey = journey_of(changed(BUSY, {"hours.at_close": at_close}))
        with_rules, without = (simulated(journey, own, 5) for own in (OwnRules(), None))
        assert with_rules.steps is not None
        assert with_rules.steps.equals(without.steps)
        assert repr(with_rules.metrics) == repr(without.metrics)

    @settings(max_examples=25)
    @given(branch_maps(tied=True))
    def test_on_any_map(self, data: dict[str, Any]) -> None:
        journey = journey_of(data)
        with_rules, without = (simulated(journey, own, 2) for own in (OwnRules(), None))
        assert with_rules.steps is not None
        assert with_rules.steps.equals(without.steps)


class TestRouting:
    def test_a_touchpoint_takes_the_place_of_the_maps(self) -> None:
        data = with_desk(counter(), touchpoints__form={"stage": "T", "service": {"constant": "1 min"}})
        data["touchpoints"]["desk"]["next"] = [{"to": "form", "probability": 0}, {"to": "leave"}]
        own = rules(goes_to=lambda visit, touchpoint: {"counter": "form", "form": "desk"}.get(touchpoint))
        assert places(by_hand(data, own, (0, "a"))) == [
            ("counter", 0, 5), ("form", 5, 6), ("desk", 6, 9),
        ]  # fmt: skip

    def test_a_customer_may_leave(self) -> None:
        own = rules(goes_to=lambda visit, touchpoint: "leave" if visit.segment == "b" else None)
        steps = by_hand(with_desk(counter()), own, (0, "a"), (10, "b"))
        assert steps["touchpoint"].to_list() == ["counter", "desk", "counter"]

    def test_who_never_comes_there_by_the_map_has_luck_there_as_well(self) -> None:
        data = with_desk(
            counter(),
            touchpoints__counter__next=[{"to": "desk", "when": {"segment": "a"}}, {"to": "leave"}],
            touchpoints__desk__service={"exponential": {"mean": "3 min"}},
        )
        everybody = with_desk(counter(), touchpoints__desk__service={"exponential": {"mean": "3 min"}})
        own = rules(goes_to=lambda visit, touchpoint: "desk" if touchpoint == "counter" else None)
        came = ((0, "a"), (1, "b"), (2, "c"))
        # As if the map had sent them there.
        assert by_hand(data, own, *came).equals(by_hand(everybody, None, *came))

    def test_coming_again_is_a_new_step_with_new_luck(self) -> None:
        data = counter(touchpoints__counter__service={"exponential": {"mean": "3 min"}})
        own = rules(goes_to=lambda visit, touchpoint: "counter" if len(visit.steps) < 3 else None)
        once = by_hand(data, None, (0, "a"))
        thrice = by_hand(data, own, (0, "a"))
        assert thrice["step"].to_list() == [1, 2, 3]
        assert places(thrice)[0] == places(once)[0]
        assert (thrice["ended_min"] - thrice["started_min"]).n_unique() == 3
        # What the rule said the first time is not what holds the second time.
        own = rules(goes_to=lambda visit, touchpoint: "counter" if len(visit.steps) == 1 else None)
        assert by_hand(data, own, (0, "a")).equals(thrice[:2])

    def test_going_round_in_circles_is_told(self) -> None:
        own = rules(goes_to=lambda visit, touchpoint: "counter")
        data = counter(touchpoints__counter__service={"constant": "1 s"})
        with pytest.raises(RouteError, match="counter -> counter"):
            by_hand(data, own, (0, "a"))

    def test_a_failed_service_goes_where_the_map_says(self) -> None:
        data = with_desk(counter(touchpoints__counter__fails=1, touchpoints__counter__if_failed="desk"))
        asked: list[str] = []

        def goes_to(visit: VisitSoFar, touchpoint: str) -> str:
            asked.append(touchpoint)
            return "leave"

        assert by_hand(data, rules(goes_to=goes_to), (0, "a"))["touchpoint"].to_list() == ["counter", "desk"]
        assert asked == ["desk"]

    def test_the_answer_keeps_no_server_and_opens_no_contact(self) -> None:
        data = with_desk(counter(), touchpoints__counter__next=[{"to": "desk", "keep_server": True}])
        own = rules(goes_to=lambda visit, touchpoint: "desk" if touchpoint == "counter" else None)
        assert by_hand(data, None, (0, "a"), (0, "a"))["started_min"].to_list() == [0, 5, 8, 13]
        assert by_hand(data, own, (0, "a"), (0, "a"))["started_min"].to_list() == [0, 5, 5, 10]
        later = with_desk(counter(), touchpoints__counter__next=[{"to": "desk", "after": "1 day"}])
        journey = journey_of(changed(later, {"arrivals.per_hour": 20}))
        both = [simulated(journey, o, 3) for o in (None, rules(goes_to=lambda visit, touchpoint: "leave"))]
        touchpoints = [set(result.steps["touchpoint"]) for result in both if result.steps is not None]
        assert touchpoints == [{"counter", "desk"}, {"counter"}]

    @pytest.mark.parametrize("answer", ["nowhere", "Counter", 3, ["desk"]])
    def test_a_touchpoint_that_the_map_does_not_have_is_refused(self, answer: Any) -> None:
        own = rules(goes_to=lambda visit, touchpoint: answer)
        with pytest.raises(RuleError) as caught:
            by_hand(with_desk(counter()), own, (0, "a"))
        told = f"goes_to at counter: one of leave, counter, desk is required, found {answer!r}"
        assert str(caught.value) == told
        assert isinstance(caught.value, JourneySimError)


class TestPriority:
    @staticmethod
    def line(**changes: Any) -> dict[str, Any]:
        return counter(
            queues__line__discipline="priority", **{"segments__b": {"share": 0.25, "priority": 2}} | changes
        )

    def test_it_takes_the_place_of_the_segments(self) -> None:
        came = ((0, "a"), (1, "a"), (2, "b"), (3, "c"))
        own = rules(priority=lambda visit, touchpoint: {"b": 0, "c": 7}.get(visit.segment))
        assert by_hand(self.line(), None, *came)["started_min"].to_list() == [0, 5, 15, 10]
        assert by_hand(self.line(), own, *came)["started_min"].to_list() == [0, 10, 5, 15]

    def test_equals_go_by_joining_whoever_gave_the_priority(self) -> None:
        own = rules(priority=lambda visit, touchpoint: 1 if visit.segment == "b" else None)
        came = ((0, "a"), (1, "a"), (2, "b"), (3, "a"), (4, "b"))
        assert by_hand(self.line(), own, *came)["started_min"].to_list() == [0, 5, 10, 15, 20]

    def test_a_head_start_holds_within_the_new_priority(self) -> None:
        data = self.line(segments__b__head_start="90 s")
        own = rules(priority=lambda visit, touchpoint: 1)
        # All of one priority: b counts as having come at 1.5 and 4.5.
        came = ((0, "a"), (1, "a"), (2, "a"), (3, "b"), (4, "a"), (6, "b"))
        assert by_hand(data, own, *came)["started_min"].to_list() == [0, 5, 15, 10, 20, 25]
        came = ((0, "a"), (2, "a"), (3, "b"))
        assert by_hand(data, own, *came)["started_min"].to_list() == [0, 10, 5]

    def test_it_says_nothing_where_people_go_by_joining(self) -> None:
        asked = []
        own = rules(priority=lambda visit, touchpoint: asked.append(touchpoint))
        by_hand(counter(), own, (0, "a"), (1, "b"), (2, "c"))
        assert asked == []

    def test_an_expected_wait_counts_those_of_equal_or_better_new_priority(self) -> None:
        data = self.line(
            queues__line={"discipline": "priority", "balk": {"expected_wait": True}},
            segments__a={"share": 0.5, "acceptable_wait": {"constant": "9 min"}},
        )
        came = ((0, "a"), (1, "a"), (2, "a"))
        assert by_hand(data, None, *came)["outcome"].to_list() == ["served", "served", "balked"]
        better = rules(priority=lambda visit, touchpoint: -int(visit.now_min))
        assert by_hand(data, better, *came)["outcome"].to_list() == ["served"] * 3

    @pytest.mark.parametrize("answer", [1.5, "first", nan, [1]])
    def test_what_is_no_whole_number_is_refused(self, answer: Any) -> None:
        own = rules(priority=lambda visit, touchpoint: answer)
        with pytest.raises(RuleError) as caught:
            by_hand(self.line(), own, (0, "a"), (1, "a"))
        assert str(caught.value) == f"priority at counter: a whole number is required, found {answer!r}"

    def test_numpys_numbers_are_numbers(self) -> None:
        came = ((0, "a"), (1, "a"), (2, "b"))
        own = rules(
            priority=lambda visit, touchpoint: np.int64(visit.segment != "b"),
            service_min=lambda visit, touchpoint: np.float64(3),
        )
        assert by_hand(self.line(), own, *came)["started_min"].to_list() == [0, 6, 3]


class TestServiceTime:
    def test_it_takes_the_place_of_the_drawn_one(self) -> None:
        own = rules(service_min=lambda visit, touchpoint: 2.5 if visit.segment == "b" else None)
        steps = by_hand(counter(), own, (0, "a"), (0, "b"), (0, "a"))
        assert places(steps) == [("counter", 0, 5), ("counter", 5, 7.5), ("counter", 7.5, 12.5)]

    def test_it_may_be_nothing(self) -> None:
        own = rules(service_min=lambda visit, touchpoint: 0)
        assert places(by_hand(counter(), own, (0, "a"), (0, "b"))) == [("counter", 0, 0)] * 2

    def test_it_holds_for_the_service_that_starts_now(self) -> None:
        data = counter(touchpoints__counter__next=[{"to": "counter", "probability": 0.5}, {"to": "leave"}])
        own = rules(
            goes_to=lambda visit, touchpoint: "counter" if len(visit.steps) < 3 else "leave",
            service_min=lambda visit, touchpoint: 1 if not visit.steps else None,
        )
        assert places(by_hand(data, own, (0, "a"))) == [
            ("counter", 0, 1), ("counter", 1, 6), ("counter", 6, 11),
        ]  # fmt: skip

    @pytest.mark.parametrize("answer", [-0.5, nan, inf, 15_000, "5", "5 min", [5]])
    def test_what_cannot_be_is_refused(self, answer: Any) -> None:
        own = rules(service_min=lambda visit, touchpoint: answer)
        with pytest.raises(RuleError) as caught:
            by_hand(counter(), own, (0, "a"))
        told = f"service_min at counter: minutes from 0 to 14400 are required, found {answer!r}"
        assert str(caught.value) == told


class TestWhatRulesSee:
    def test_the_visit_so_far(self) -> None:
        data = with_desk(counter(touchpoints__counter__service=by_segment(a=5, b=4, c=1)))
        seen: list[tuple[str, str, VisitSoFar]] = []

        def note(kind: str) -> Asked:
            return lambda visit, touchpoint: seen.append((kind, touchpoint, visit))

        by_hand(data, rules(note("goes_to"), note("priority"), note("service_min")), (0, "a"), (1, "b"))
        second = [(kind, place, visit) for kind, place, visit in seen if visit.segment == "b"]
        assert [(kind, place, v.now_min - OPENS, v.waited_min) for kind, place, v in second] == [
            ("service_min", "counter", 5, 4),
            ("goes_to", "counter", 9, 4),
            ("service_min", "desk", 9, 4),
            ("goes_to", "desk", 12, 4),
        ]
        assert {(v.need, v.arrived_min, v.has_failed) for _, _, v in second} == {("cash", OPENS + 1, False)}
        counted = StepSoFar("counter", OPENS + 1, OPENS + 5, OPENS + 9, "served")
        desk = StepSoFar("desk", OPENS + 9, OPENS + 9, OPENS + 12, "served")
        assert [v.steps for _, _, v in second] == [(), (counted,), (counted,), (counted, desk)]

    def test_failures_and_waits_that_were_given_up(self) -> None:
        data = with_desk(
            counter(
                queues__line__patience={"constant": "2 min"},
                touchpoints__counter__if_reneged="desk",
            ),
            touchpoints__counter__next=[{"to": "leave"}],
            touchpoints__desk__fails=1,
            touchpoints__desk__if_failed="form",
            touchpoints__form={"stage": "T", "service": {"constant": "1 min"}},
        )
        seen: list[VisitSoFar] = []
        own = rules(goes_to=lambda visit, touchpoint: seen.append(visit) if touchpoint == "form" else None)
        by_hand(data, own, (0, "a"), (1, "b"))
        (visit,) = seen
        assert (visit.segment, visit.waited_min, visit.has_failed) == ("b", 2, True)
        assert visit.steps == (
            StepSoFar("counter", OPENS + 1, None, OPENS + 3, "reneged"),
            StepSoFar("desk", OPENS + 3, OPENS + 3, OPENS + 6, "failed"),
            StepSoFar("form", OPENS + 6, OPENS + 6, OPENS + 7, "served"),
        )

    def test_priority_is_asked_of_who_has_to_wait(self) -> None:
        data = counter(queues__line__discipline="priority")
        seen: list[tuple[float, str]] = []

        def priority(visit: VisitSoFar, touchpoint: str) -> None:
            seen.append((visit.now_min - OPENS, visit.segment))

        by_hand(data, rules(priority=priority), (0, "a"), (1, "b"), (7, "c"))
        assert seen == [(1, "b"), (7, "c")]


class TestLuck:
    """Numbers by name: the visit's own, the same whatever else there is."""

    @staticmethod
    def numbers(data: dict[str, Any], *names: str, days: int = 30) -> dict[tuple[int, str], list[float]]:
        """Luck by moment of arrival (moments of different days differ as well) and name."""
        found: dict[tuple[int, str], list[float]] = {}

        def goes_to(visit: VisitSoFar, touchpoint: str) -> None:
            for name in names:
                who = round(visit.arrived_min * 2**20)
                found.setdefault((who, name), []).append(visit.luck(name))

        result = simulated(journey_of(data), rules(goes_to=goes_to), days)
        assert result.steps is not None
        return found

    def test_the_same_name_gives_the_same_number_again(self) -> None:
        found = self.numbers(with_desk(counter(arrivals__per_hour=10)), "x", days=3)
        assert found
        assert {len(numbers) for numbers in found.values()} == {2}
        assert all(len(set(numbers)) == 1 for numbers in found.values())

    def test_numbers_are_uniform_and_unrelated(self) -> None:
        found = self.numbers(counter(arrivals__per_hour=60), "x", "y", days=60)
        x, y = (np.array([v[0] for (_, name), v in found.items() if name == which]) for which in ("x", "y"))
        assert x.size > 3000
        assert ((x > 0) & (x < 1)).all()
        for numbers in (x, y):
            assert stats.kstest(numbers, "uniform").pvalue > 0.001
            assert np.unique(numbers).size == numbers.size
        assert abs(np.corrcoef(x, y)[0, 1]) < 4 / np.sqrt(x.size)
        assert abs(np.corrcoef(x[1:], x[:-1])[0, 1]) < 4 / np.sqrt(x.size)

    def test_every_option_gives_the_same_numbers(self) -> None:
        data = counter(
            arrivals__per_hour=30, touchpoints__counter__service={"exponential": {"mean": "3 min"}}
        )
        other = with_desk(
            changed(data, {"arrivals.scale": 1.4, "staff.tellers.count": 3}),
            segments__a__patience={"exponential": {"mean": "1 min"}},
        )
        one, two = (self.numbers(option, "x", days=10) for option in (data, other))
        common = set(one) & set(two)
        assert 0.8 * len(one) < len(common) < len(two)
        assert all({*one[key]} == {*two[key]} for key in common)

    def test_it_is_apart_from_the_luck_of_the_map(self) -> None:
        data = counter(arrivals__per_hour=60, touchpoints__counter__service={"exponential": {"mean": "3 s"}})
        pairs: list[tuple[float, float]] = []

        def goes_to(visit: VisitSoFar, touchpoint: str) -> None:
            (step,) = visit.steps
            assert step.started_min is not None
            pairs.append((visit.luck("service"), step.ended_min - step.started_min))

        simulated(journey_of(data), rules(goes_to=goes_to), 60)
        assert abs(stats.spearmanr(*zip(*pairs, strict=True)).statistic) < 4 / np.sqrt(len(pairs))
