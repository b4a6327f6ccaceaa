"""Which formula a touchpoint gets, which reasons are given, and the expected numbers under it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.branch_days import MONDAY, changed, journey_of, one_queue, with_log

from journeysim.branch import Beside, formulas_beside, open_days
from journeysim.branch.analytic import solve
from journeysim.branch.analytic.days import DEMANDS, day_kinds
from journeysim.branch.analytic.durations import longer_than, mixed, patience_of, spread_of
from journeysim.branch.analytic.flows import Flow
from journeysim.branch.analytic.network import network_of
from journeysim.branch.analytic.reasons import named
from journeysim.branch.analytic.stations import stations_in
from journeysim.branch.draws import quantile_function
from journeysim.branch.formulas import Period, queue_day
from journeysim.journey import BookedArrivals, Distribution, Journey

EXPONENTIAL = {"exponential": {"mean": "3 min"}}
FAMILIES: list[dict[str, Any]] = [
    EXPONENTIAL,
    {"uniform": {"low": "1 min", "high": "4 min"}},
    {"triangular": {"low": "1 min", "mode": "2 min", "high": "7 min"}},
    {"triangular": {"low": "1 min", "mode": "1 min", "high": "7 min"}},
    {"triangular": {"low": "1 min", "mode": "7 min", "high": "7 min"}},
    {"normal": {"mean": "3 min", "sd": "2 min"}},
    {"lognormal": {"mean": "3 min", "cv": 0.8}},
    {"gamma": {"mean": "3 min", "cv": 0.7}},
    {"erlang": {"mean": "6 min", "k": 3}},
    {"weibull": {"mean": "3 min", "shape": 0.8}},
    {"empirical": {"values": [1, 2, 2, 7.5], "unit": "min"}},
]


def unchecked(data: dict[str, Any]) -> Journey:
    """A map with forms that a checked map may not have."""
    return Journey.model_validate(data)


def beside(data: dict[str, Any], days: int = 5) -> dict[str, Beside]:
    journey = journey_of(data)
    return formulas_beside(journey, open_days(journey, MONDAY, days))


def of_counter(data: dict[str, Any]) -> Beside:
    return beside(data)["counter"]


def refusal(journey: Journey, name: str = "counter") -> str:
    found = formulas_beside(journey, open_days(journey, MONDAY, 5))[name]
    assert found.formula is None
    assert not found.exact
    assert found.values == {}
    (reason,) = found.reasons
    return reason


def two_steps(**changes: Any) -> dict[str, Any]:
    """A counter and an adviser, each with a queue and staff of its own."""
    data = one_queue(
        staff={"tellers": {"count": 3, "serves": ["line"]}, "advisers": {"count": 2, "serves": ["second"]}},
        queues={"line": {}, "second": {}},
        touchpoints={
            "counter": {"stage": "T", "queue": "line", "service": EXPONENTIAL, "next": [{"to": "adviser"}]},
            "adviser": {"stage": "T", "queue": "second", "service": EXPONENTIAL},
        },
    )
    return changed(data, {path.replace("__", "."): value for path, value in changes.items()})


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: next(iter(family)))
def test_spread_and_tail_are_those_of_the_quantiles_that_are_drawn(family):
    plain = Distribution.model_validate(family)
    u = (np.arange(400_000) + 0.5) / 400_000
    drawn = quantile_function(plain)(u)
    spread = spread_of(plain)
    assert spread.mean_min == pytest.approx(drawn.mean(), rel=1e-3)
    assert spread.variance_min2 == pytest.approx(drawn.var(), rel=5e-3)
    some = np.array([0.0, 0.5, 1.5, 2.5, 4.0, 8.0])
    assert longer_than(plain, some) == pytest.approx([(drawn > t).mean() for t in some], abs=1e-3)
    assert longer_than(plain, np.array([-1.0])) == [1.0]


def test_spread_of_constants_and_mixtures():
    assert spread_of(Distribution.model_validate({"constant": "4 min"})).cv == 0.0
    assert spread_of(Distribution.model_validate({"constant": "0 min"})).cv == 0.0
    parts = [{"share": 0.5, "of": {"constant": "1 min"}}, {"share": 0.5, "of": {"constant": "3 min"}}]
    two = Distribution.model_validate({"mixture": parts})
    assert spread_of(two).mean_min == 2.0
    assert spread_of(two).variance_min2 == pytest.approx(1.0)
    assert longer_than(two, np.array([0.5, 2.0, 3.0])).tolist() == [1.0, 0.5, 0.0]
    exponential = spread_of(Distribution.model_validate(EXPONENTIAL))
    both = mixed([(1.0, exponential), (3.0, exponential)])
    assert (both.mean_min, both.cv) == pytest.approx((3.0, 1.0))
    assert (exponential + exponential).variance_min2 == pytest.approx(18.0)


def test_patience_of_several_kinds_of_customers():
    exponential = Distribution.model_validate(EXPONENTIAL)
    constant = Distribution.model_validate({"constant": "5 min"})
    assert patience_of([(1.0, None), (2.0, None)]) is None
    alone = patience_of([(1.0, exponential), (2.0, exponential)])
    assert alone is not None
    assert alone.is_exponential
    some = patience_of([(1.0, None), (3.0, constant)])
    assert some is not None
    assert not some.is_exponential
    left = np.interp([4.0, 100.0], some.ages_min, some.left)
    assert left == pytest.approx([1.0, 0.25])


def test_names_in_a_sentence():
    assert [named(list(names)) for names in ("", "a", "ab", "abcd")] == ["", "a", "a and b", "a, b, c and d"]
    assert named(list("abcdef")) == "a, b, c and 3 more"


def test_queues_that_share_staff_are_one_station():
    data = two_steps(staff__tellers__serves=["second", "line"], staff__advisers__serves=["second", "line"])
    (station,) = stations_in(journey_of(data))
    assert station.queues == ("second", "line")
    assert station.groups == ("tellers", "advisers")
    assert station.touchpoints == ("counter", "adviser")
    assert station.refusal == ""
    assert not station.loses
    first, second = stations_in(journey_of(two_steps(queues__second={"capacity": 3})))
    assert (first.queues, first.loses) == (("line",), False)
    assert (second.queues, second.loses) == (("second",), True)


def test_days_of_one_kind_are_taken_together():
    data = one_queue(
        hours={day: {"open": "09:00", "close": "11:00"} for day in ("mon", "tue", "wed")}
        | {"thu": {"open": "09:00", "close": "10:00", "at_close": "leave"}},
        arrivals={"per_hour": {"09:00": 30, "10:15": 60}, "scale": 2, "day_of_week": {"tue": 0.5}},
        staff__tellers__count={"09:00": 2, "10:20": 3},
    )
    journey = journey_of(data)
    usual, tuesday, thursday = day_kinds(journey, open_days(journey, MONDAY, 8))
    assert [kind.count for kind in (usual, tuesday, thursday)] == [4.0, 2.0, 2.0]
    assert usual.edges[: usual.open_parts + 1].tolist() == [540, 570, 600, 615, 620, 630, 660]
    per_hour = usual.outside[0, : usual.open_parts] / np.diff(usual.edges)[: usual.open_parts] * 60
    assert per_hour == pytest.approx([60, 60, 60, 120, 120, 120])
    assert tuesday.outside == pytest.approx(usual.outside / 2)
    assert usual.rosters[0, : usual.open_parts].tolist() == [2, 2, 2, 2, 3, 3]
    assert usual.outside[0, usual.open_parts :].sum() == 0.0
    # A change after Thursday's closing is none on Thursdays.
    assert set(thursday.rosters[0].tolist()) == {2.0}
    assert thursday.sends_home
    assert not usual.sends_home


def test_recorded_arrivals_count_by_hour_and_class():
    data = one_queue(
        segments={"a": {"share": 0.5}, "b": {"share": 0.5}},
        needs={"x": {"share": 0.25, "start": "counter"}, "y": {"share": 0.75, "start": "counter"}},
        hours__close="10:30",
    )
    rows = [(541.0, "a", "x"), (599.0, "b", "y"), (600.0, "b", "y"), (629.9, "b", "x"), (635.0, "a", "x")]
    journey = with_log(journey_of(data), rows)
    (kind,) = day_kinds(journey, open_days(journey, MONDAY))
    assert kind.edges[:4].tolist() == [540, 570, 600, 630]
    assert kind.outside[:, :3].tolist() == [[0.5, 0.5, 0], [0, 0, 0], [0, 0, 1], [0.5, 0.5, 1]]
    journey.arrivals._recorded = type(journey.arrivals._recorded)(
        **{**vars(journey.arrivals._recorded), "segment": None, "need": None}
    )
    (kind,) = day_kinds(journey, open_days(journey, MONDAY))
    assert kind.outside[:, 2] == pytest.approx([0.25, 0.75, 0.25, 0.75])


def test_demand_that_differs_between_days():
    """Means and variances of the factors are those of the gamma: mean 1, cv as given."""
    journey = unchecked(one_queue(arrivals={"per_hour": 40, "day_cv": 0.3}))
    kinds = day_kinds(journey, open_days(journey, MONDAY, 5))
    shares = np.array([kind.count for kind in kinds]) / 5
    factors = np.array([kind.outside.sum() for kind in kinds]) / 80
    assert len(kinds) == DEMANDS
    assert shares.sum() == pytest.approx(1.0)
    assert shares @ factors == pytest.approx(1.0)
    assert shares @ factors**2 - 1.0 == pytest.approx(0.09)
    found = formulas_beside(journey, open_days(journey, MONDAY, 5))["counter"]
    assert found.reasons == ("days that differ taken as 7 kinds of day",)
    plain = of_counter(one_queue())
    assert found.values["visits_per_day"] == pytest.approx(80.0)
    assert found.values["wait_mean_min"] > 1.1 * plain.values["wait_mean_min"]


def test_services_that_start_at_once_end_later():
    journey = journey_of(one_queue())
    (kind,) = day_kinds(journey, open_days(journey, MONDAY, 1))
    network = network_of(journey, kind.outside.sum(axis=1))
    assert network is not None
    flow = Flow(network, kind)
    come = np.zeros(kind.edges.size - 1)
    come[:4] = 8.0
    at_once = flow.delayed(come, Distribution.model_validate({"constant": "0 min"}))
    assert at_once == pytest.approx(come)
    later = flow.delayed(come, Distribution.model_validate({"constant": "37.5 min"}))
    assert later[:7] == pytest.approx([0, 6, 8, 8, 8, 2, 0])
    spread = flow.delayed(come, Distribution.model_validate({"exponential": {"mean": "40 min"}}))
    assert spread.sum() == pytest.approx(32.0)
    assert (np.diff(spread[4:]) <= 1e-9).all() or spread[-1] > 0


def test_failures_come_on_where_the_map_sends_them():
    data = two_steps(
        touchpoints__counter__fails=0.25,
        touchpoints__counter__next=[{"to": "leave"}],
        touchpoints__counter__if_failed="adviser",
    )
    found = beside(data)
    assert found["adviser"].values["visits_per_day"] == pytest.approx(20.0, rel=1e-6)
    assert found["adviser"].formula == "M/M/2, network of 2 queues"
    assert found["adviser"].exact


@pytest.mark.parametrize(
    ("line", "key", "metric"),
    [
        ({"balk": {"at_length": 2, "probability": 0.5}}, "if_balked", "balked_fraction"),
        ({"capacity": 2}, "if_rejected", "rejected_fraction"),
        ({"patience": {"exponential": {"mean": "20 min"}}}, "if_reneged", "reneged_fraction"),
    ],
)
def test_who_is_turned_away_comes_where_the_map_sends_them(line, key, metric):
    data = two_steps(
        queues__line=line,
        touchpoints__counter__next=[{"to": {"adviser": 0.5, "leave": 0.5}}],
        arrivals__per_hour=45,
    )
    data["touchpoints"]["counter"][key] = "adviser"
    found = beside(data)
    turned = found["counter"].values[metric]
    assert 0.01 < turned < 0.1
    expected = 90 * (turned + (1 - turned) / 2)
    assert found["adviser"].values["visits_per_day"] == pytest.approx(expected, rel=1e-5)


def test_a_roster_that_changes_at_equal_rates():
    day = queue_day([Period(1, 40, 2), Period(1, 40, 4)], 3.0).day
    found = of_counter(one_queue(staff__tellers__count={"09:00": 2, "10:00": 4}))
    assert found.values["wait_mean_min"] == pytest.approx(day.wait_mean_min, rel=1e-6)
    assert found.values["waited_fraction"] == pytest.approx(day.waited_fraction, rel=1e-6)


def test_queues_in_a_row_are_followed_together_unless_they_are_too_busy():
    assert beside(two_steps(arrivals__per_hour=34))["adviser"].formula == "M/M/2, network of 2 queues"
    assert beside(two_steps(arrivals__per_hour=39))["adviser"].formula == "M/M/2"


@pytest.mark.parametrize(
    ("changes", "formula"),
    [
        ({}, "M/M/2"),
        ({"staff__tellers__count": {"09:00": 2, "10:00": 4}}, "M/M/2-4"),
        ({"segments__all__patience": EXPONENTIAL}, "M/M/2+M"),
        ({"segments__all__patience": {"constant": "9 min"}}, "M/M/2+G"),
        ({"queues__line": {"capacity": 5}}, "M/M/2, room for 5"),
        ({"queues__line": {"balk": {"at_length": 3, "probability": 0.5}}}, "M/M/2, balking"),
        ({"queues__line": {"balk": {"at_length": 3, "probability": 0}}}, "M/M/2"),
        ({"touchpoints__counter__service": {"erlang": {"mean": "3 min", "k": 2}}}, "M/E2/2"),
        ({"touchpoints__counter__service": {"erlang": {"mean": "3 min", "k": 1}}}, "M/M/2"),
        ({"touchpoints__counter__service": {"constant": "3 min"}}, "M/D/2"),
        ({"touchpoints__counter__service": {"lognormal": {"mean": "3 min", "cv": 1}}}, "M/G/2"),
    ],
)
def test_formulas_are_named_in_kendalls_notation(changes, formula):
    assert of_counter(one_queue(**changes)).formula == formula


def test_patience_none_goes_before_the_segments():
    data = one_queue(segments__all__patience=EXPONENTIAL, queues__line={"patience": "none"})
    assert of_counter(data).formula == "M/M/2"
    own = one_queue(segments__all__patience={"constant": "9 min"}, queues__line={"patience": EXPONENTIAL})
    assert of_counter(own).formula == "M/M/2+M"


def test_values_are_named_like_the_metrics_of_the_simulation():
    found = of_counter(one_queue())
    assert list(found.values) == [
        "visits_per_day", "wait_mean_min", "waited_fraction", "balked_fraction", "reneged_fraction",
        "rejected_fraction", "closed_fraction",
    ]  # fmt: skip
    assert found.exact


CONSTANT = {"constant": "3 min"}
MANY = {"staff__tellers__count": 7, "arrivals__per_hour": 120}
TWO_GROUPS = {
    "a": {"count": {"09:00": 2, "10:00": 1}, "serves": ["line"]},
    "b": {"count": 1, "serves": ["line"]},
}
CHANGING = {"09:00": 20, "10:00": 30}
RETURNS = {
    "touchpoints__adviser__next": [{"to": {"counter": 0.1, "leave": 0.9}}],
    "arrivals__per_hour": CHANGING,
}
FAILS = {"touchpoints__counter__fails": 0.1, "touchpoints__counter__if_failed": "counter"}


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (
            one_queue(touchpoints__counter__service={"gamma": {"mean": "3 min", "cv": 0.7}}),
            "counter",
            "service of cv 0.70 taken as phases",
        ),
        (
            one_queue(touchpoints__counter__service=CONSTANT, **MANY),
            "counter",
            "service of cv 0.00 taken as phases of cv 0.71",
        ),
        (one_queue(touchpoints__counter__service=CONSTANT, **MANY), "counter", "wait scaled by 1 + cv²"),
        (
            one_queue(segments__all__patience={"constant": "9 min"}),
            "counter",
            "patience not exponential, taken by the place in line",
        ),
        (
            two_steps(arrivals__per_hour={"09:00": 40, "10:00": 30}),
            "adviser",
            "arrivals from counter taken as random",
        ),
        (two_steps(**RETURNS), "counter", "who comes back taken as one more arrival at random"),
        (
            one_queue(segments__all__patience=EXPONENTIAL, **FAILS),
            "counter",
            "who is turned away or gives up still counted among those who come back",
        ),
        (one_queue(staff=TWO_GROUPS), "counter", "several groups taken as one where the roster falls"),
    ],
)
def test_what_is_only_nearly_so_is_said(data, name, reason):
    found = beside(data)[name]
    assert found.formula is not None
    assert not found.exact
    assert reason in found.reasons


def test_forms_that_are_nearly_so():
    after = unchecked(one_queue(touchpoints__counter__wrap_up={"constant": "1 min"}))
    found = formulas_beside(after, open_days(after, MONDAY, 1))["counter"]
    assert "work after a service counted as service" in found.reasons
    assert found.values["wait_mean_min"] > of_counter(one_queue()).values["wait_mean_min"]
    ahead = unchecked(one_queue(segments={"a": {"share": 0.5, "head_start": "2 min"}, "b": {"share": 0.5}}))
    found = formulas_beside(ahead, open_days(ahead, MONDAY, 1))["counter"]
    assert found.reasons == ("head starts left out",)
    everybody = unchecked(one_queue(segments__all__head_start="2 min"))
    assert formulas_beside(everybody, open_days(everybody, MONDAY, 1))["counter"].exact


def test_lines_that_are_too_many_to_follow_are_simplified(monkeypatch):
    services = {
        "by_segment": {
            "a": {"gamma": {"mean": "2 min", "cv": 0.75}},
            "b": {"gamma": {"mean": "3 min", "cv": 0.75}},
        }
    }
    patience = {"exponential": {"mean": "6 min"}}
    data = one_queue(
        segments={
            "a": {"share": 0.5, "priority": 1, "patience": patience},
            "b": {"share": 0.5, "priority": 2, "patience": {"exponential": {"mean": "9 min"}}},
        },
        queues__line={"discipline": "priority"},
        touchpoints__counter__service=services,
    )

    def with_work(most: float) -> Beside:
        monkeypatch.setattr("journeysim.branch.analytic.beside.MOST_WORK", most)
        return of_counter(data)

    whole = with_work(1e9)
    assert whole.formula == "M/G/2+M, 2 lines by priority"
    assert whole.reasons == ("service of cv 0.75 taken as phases",)
    pooled = with_work(3e7)
    assert pooled.formula == "M/G/2+M, 2 lines by priority"
    assert pooled.reasons == ("services of the lines taken as one", "service of cv 0.79 taken as phases")
    single = with_work(4e6)
    assert single.formula == "M/G/2+G"
    assert "priority taken as order of arrival" in single.reasons
    waits = [found.values["wait_mean_min"] for found in (whole, pooled, single)]
    assert waits == pytest.approx([waits[0]] * 3, rel=0.05)
    too_much = "too many servers, phases and lines to follow in a moment"
    assert with_work(1e4).reasons == (too_much,)
    # Where one line gives up and the other never does, their order is no detail.
    del data["segments"]["a"]["patience"]
    assert with_work(4e6).reasons == (too_much,)


ELSEWHERE = {"staff__helpers": {"count": 1, "serves": ["second", "line"]}}
BALKS = {"queues__line": {"balk": {"expected_wait": True}}, "segments__all__acceptable_wait": EXPONENTIAL}
IMPATIENT = {"to": "adviser", "when": {"waited_over": "5 min"}}


@pytest.mark.parametrize(
    ("changes", "name", "reason"),
    [
        (ELSEWHERE, "counter", "tellers, advisers and helpers serve line and second, not all in one order"),
        (BALKS, "counter", "customers balk at the wait they expect"),
        (BALKS, "adviser", "how many come on from counter is not known"),
        (
            {"touchpoints__counter__next": [IMPATIENT, {"to": "leave"}]},
            "adviser",
            "where customers go after counter depends on their wait",
        ),
        (
            {"touchpoints__counter__next": [{"to": {"adviser": 0, "leave": 1}}]},
            "adviser",
            "nobody is expected here",
        ),
        ({"touchpoints__counter__service": {"constant": "0 min"}}, "counter", "its service takes no time"),
        ({"staff__advisers__count": {"09:00": 2, "10:00": 0}}, "adviser", "nobody is on duty at closing"),
    ],
)
def test_why_there_is_no_formula(changes, name, reason):
    assert refusal(journey_of(two_steps(**changes)), name) == reason


@pytest.mark.parametrize(
    ("changes", "name", "reason"),
    [
        (
            {"queues__line__line_group": "tills", "touchpoints__counter__queue": "tills"},
            "counter",
            "customers choose the shortest line of tills",
        ),
        (
            {"staff__tellers__breakdown": {"uptime": EXPONENTIAL, "repair": EXPONENTIAL}},
            "counter",
            "tellers break down",
        ),
        (
            {"touchpoints__counter__next": [{"to": "adviser", "keep_server": True}]},
            "counter",
            "counter keeps its server while the customer is elsewhere",
        ),
        (
            {"touchpoints__counter__next": [{"to": "adviser", "after": "2 days"}]},
            "adviser",
            "customers of earlier days come back (after counter)",
        ),
        (
            {"queues__line__start_with": {"touchpoint": "counter", "count": 3}},
            "adviser",
            "customers wait when the doors open",
        ),
    ],
)
def test_why_there_is_no_formula_for_forms_that_no_formula_takes_in(changes, name, reason):
    assert refusal(unchecked(two_steps(**changes)), name) == reason


def test_a_touchpoint_without_a_queue_has_no_formula():
    data = two_steps()
    del data["touchpoints"]["adviser"]["queue"], data["queues"]["second"], data["staff"]["advisers"]
    assert refusal(journey_of(data), "adviser") == "it has no queue"


def test_waits_at_a_queue_without_a_formula_are_left_out():
    data = two_steps(staff__helpers={"count": 1, "serves": ["third", "line"]}, queues__third={})
    data["needs"] = {"any": {"share": 0.9, "start": "counter"}, "more": {"share": 0.1, "start": "extra"}}
    data["touchpoints"]["extra"] = {"stage": "T", "queue": "third", "service": EXPONENTIAL}
    found = beside(data)
    assert found["counter"].reasons == ("tellers and helpers serve line and third, not all in one order",)
    assert found["adviser"].formula == "M/M/2"
    assert "waits at counter left out of their times" in found["adviser"].reasons


def with_bookings(minutes: list[float], **rule: Any) -> Journey:
    """Advice is only by appointment."""
    data = two_steps(
        needs={"cash": {"share": 1, "start": "counter"}, "advice": {"share": 0, "start": "adviser"}},
        arrivals={"per_hour": 20, "appointments": {"file": "a.csv", "time": "t", **rule}},
        touchpoints__counter__next=[{"to": {"adviser": 0.5, "leave": 0.5}}],
    )
    journey = unchecked(data)
    needs = np.ones(len(minutes), dtype=np.int64)
    journey.arrivals._booked = BookedArrivals((), None, np.array(minutes), None, needs)
    return journey


def test_appointments_count_when_they_come():
    journey = with_bookings([541.0, 570.0, 650.0], no_show=0.2)
    (kind,) = day_kinds(journey, open_days(journey, MONDAY, 1))
    assert kind.outside[1, :5] == pytest.approx([0.8, 0.8, 0, 0.8, 0])
    assert kind.booked.tolist() == [0.0, 1.0]
    late = with_bookings([600.0], lateness={"normal": {"mean": "-40 min", "sd": "20 min"}})
    (kind,) = day_kinds(late, open_days(late, MONDAY, 1))
    # Normal about 09:20: below 09:30, 10:00, 10:30 and 11:00, those before opening among the first.
    below = np.array([0.0, 0.691462, 0.977250, 0.999767, 1.0])
    assert kind.outside[1, :4] == pytest.approx(np.diff(below), abs=1e-5)


def test_dated_appointments_count_on_their_dates():
    journey = with_bookings([600.0, 600.0, 600.0])
    dates = (MONDAY, MONDAY.replace(day=5))
    journey.arrivals._booked = BookedArrivals(
        dates, np.array([0, 0, 1]), np.full(3, 600.0), None, np.ones(3, dtype=np.int64)
    )
    (kind,) = day_kinds(journey, open_days(journey, MONDAY, 4))
    assert kind.outside[1].sum() == pytest.approx(3 / 4)


def test_some_appointments_are_taken_as_random_and_many_are_not():
    few = with_bookings([560.0, 600.0, 620.0])
    found = formulas_beside(few, open_days(few, MONDAY, 1))
    assert found["counter"].exact
    assert found["adviser"].formula == "M/M/2"
    assert found["adviser"].reasons[0] == "appointments taken as random"
    assert found["adviser"].values["visits_per_day"] == pytest.approx(23.0, rel=1e-5)
    many = with_bookings([560.0, 570.0, 600.0, 610.0, 620.0, 630.0, 640.0])
    assert refusal(many, "adviser") == "many come by appointment, not at random"


def test_too_many_kinds_of_days_are_not_followed(monkeypatch):
    data = one_queue(arrivals={"per_hour": 30, "day_of_week": {"mon": 1.1, "tue": 1.2}})
    assert of_counter(data).exact
    monkeypatch.setattr("journeysim.branch.analytic.beside.MOST_KINDS", 2)
    assert refusal(journey_of(data)) == "too many kinds of days to follow"


def test_a_map_with_too_many_routes_is_not_followed(monkeypatch):
    monkeypatch.setattr("journeysim.branch.analytic.network.MOST_ROUTES", 3)
    assert refusal(journey_of(one_queue())) == "too many kinds of customers and touchpoints to follow"


def test_no_formula_on_one_kind_of_day_is_none_at_all():
    data = one_queue(
        hours={"mon": {"open": "09:00", "close": "11:00"}, "tue": {"open": "09:00", "close": "12:00"}},
        staff__tellers__count={"09:00": 2, "11:00": 0},
    )
    assert refusal(journey_of(data)) == "nobody is on duty at closing"


def test_a_station_that_no_option_touches_is_calculated_once():
    journey = journey_of(two_steps())
    other = journey.patched({"staff.advisers.count": 3})
    days = open_days(journey, MONDAY, 5)
    first = formulas_beside(journey, days)
    before = solve._followed.cache_info()
    second = formulas_beside(other, days)
    after = solve._followed.cache_info()
    assert first["counter"] == second["counter"]
    assert first["adviser"] != second["adviser"]
    assert after.hits == before.hits + 1
    assert after.misses == before.misses + 1
