"""Formula beside simulation: where a formula is exact only chance lies between; elsewhere it is near."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
from tests.branch_days import MONDAY, changed, journey_of, with_log

from journeysim.branch import Beside, formulas_beside, open_days, simulate_replication

REPLICATIONS = 24
Found = dict[str, dict[str, np.ndarray]]


def eight_hours(**changes: Any) -> dict[str, Any]:
    """One queue with four tellers, open for eight hours; ``changes`` replace values by dotted path."""
    data = {
        "journey": "Eight hours",
        "hours": {"open": "09:00", "close": "17:00"},
        "segments": {"all": {"share": 1}},
        "needs": {"any": {"share": 1, "start": "counter"}},
        "arrivals": {"per_hour": 32},
        "staff": {"tellers": {"count": 4, "serves": ["line"]}},
        "queues": {"line": {}},
        "touchpoints": {"counter": point("line", {"exponential": {"mean": "6 min"}})},
    }
    return changed(data, {path.replace("__", "."): value for path, value in changes.items()})


def point(queue: str | None, service: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"stage": "T", "service": service} | ({"queue": queue} if queue else {}) | others


def exponential(minutes: float) -> dict[str, Any]:
    return {"exponential": {"mean": f"{minutes} min"}}


def two_lines(**others: Any) -> dict[str, Any]:
    """Two touchpoints with lines of their own, one for each segment, in front of the same tellers."""
    return (
        eight_hours(
            segments={"vip": {"share": 0.25, "priority": 1}, "regular": {"share": 0.75, "priority": 2}},
            needs={"any": {"share": 1, "start": "door"}},
            touchpoints={
                "door": point(
                    None,
                    {"constant": "0 min"},
                    next=[{"to": "vip", "when": {"segment": "vip"}}, {"to": "counter"}],
                ),
                "vip": point("vip_line", exponential(7)),
                "counter": point("line", exponential(5)),
            },
            queues={"line": {}, "vip_line": {}},
            staff={"tellers": {"count": 3, "serves": ["vip_line", "line"]}},
            arrivals__per_hour=26,
        )
        | others
    )


def simulated(data: dict[str, Any], days: int) -> Found:
    """Values of each metric over the replications, by touchpoint."""
    return _simulated(json.dumps(data), days)


@lru_cache(maxsize=4)
def _simulated(data: str, days: int) -> Found:
    journey = journey_of(json.loads(data))
    opened = open_days(journey, MONDAY, days)
    found: dict[str, dict[str, list[float]]] = {}
    for replication in range(REPLICATIONS):
        result = simulate_replication(journey, opened, seed=11, replication=replication, target_wait_min=10)
        for metric in result.metrics:
            if metric.scope == "touchpoint":
                found.setdefault(metric.name, {}).setdefault(metric.metric, []).append(metric.value)
    return {name: {metric: np.array(v) for metric, v in values.items()} for name, values in found.items()}


def beside(data: dict[str, Any], days: int = 5) -> dict[str, Beside]:
    journey = journey_of(data)
    return formulas_beside(journey, open_days(journey, MONDAY, days))


def assert_exact(data: dict[str, Any], days: int, formula: str, *names: str, precision: float = 0.02) -> None:
    """Hold every metric of some touchpoints to the simulation, within 3.5 standard errors."""
    said = beside(data, days)
    found = simulated(data, days)
    for name in names or ("counter",):
        told = said[name]
        assert (told.formula, told.reasons, told.exact) == (formula, (), True)
        sample = found[name]
        for metric, value in told.values.items():
            error = sample[metric].std(ddof=1) / np.sqrt(REPLICATIONS)
            gap = abs(sample[metric].mean() - value)
            if value > 0:
                assert error <= precision * max(value, 0.01), (
                    f"{name} {metric}: error {error:.2g} of {value:.3g}"
                )
            assert gap <= 3.5 * error + 1e-6, (
                f"{name} {metric}: {sample[metric].mean():.5g}, said {value:.5g}"
            )


def assert_near(data: dict[str, Any], days: int, within: float, *names: str, reason: str) -> None:
    """Said to be nearly so, for a reason, and the wait is as near as that."""
    said = beside(data, days)
    found = simulated(data, days)
    for name in names or ("counter",):
        told = said[name]
        assert told.formula is not None
        assert not told.exact
        assert any(reason in given for given in told.reasons), told.reasons
        wait = found[name]["wait_mean_min"]
        error = wait.std(ddof=1) / np.sqrt(REPLICATIONS)
        assert told.values["wait_mean_min"] == pytest.approx(
            wait.mean(), abs=within * wait.mean() + 3 * error
        )


def test_many_servers() -> None:
    assert_exact(eight_hours(), 120, "M/M/4")


def test_rates_and_rosters_that_change() -> None:
    data = eight_hours(
        arrivals__per_hour={"09:00": 24, "10:30": 60, "12:30": 30},
        staff__tellers__count={"09:00": 3, "10:30": 5, "12:30": 3},
    )
    assert_exact(data, 100, "M/M/3-5")


def test_erlang_a_with_room_and_balking() -> None:
    data = eight_hours(
        segments__all__patience=exponential(12),
        queues__line={"capacity": 6, "balk": {"at_length": 3, "probability": 0.4}},
        staff__tellers__count=3,
    )
    assert_exact(data, 80, "M/M/3+M, room for 6, balking", precision=0.04)


def test_sent_home_at_closing() -> None:
    data = eight_hours(hours={"open": "09:00", "close": "11:00", "at_close": "leave"}, arrivals__per_hour=50)
    assert_exact(data, 200, "M/M/4")


def test_weekdays_that_differ() -> None:
    data = eight_hours(
        hours={day: {"open": "09:00", "close": "13:00"} for day in ("mon", "tue")}
        | {"sat": {"open": "10:00", "close": "12:00"}},
        arrivals={"per_hour": 36, "day_of_week": {"mon": 1.2, "sat": 0.6}},
    )
    assert_exact(data, 210, "M/M/4")


@pytest.mark.slow
def test_several_groups_are_one() -> None:
    data = eight_hours(
        staff={"first": {"count": 1, "serves": ["line"]}, "second": {"count": 3, "serves": ["line"]}}
    )
    assert_exact(data, 120, "M/M/4")


def test_several_touchpoints_of_one_queue_and_a_thinned_stream() -> None:
    """Each need has its own touchpoint, and one queue serves them all alike."""
    data = eight_hours(
        needs={"a": {"share": 0.7, "start": "counter"}, "b": {"share": 0.3, "start": "second"}},
        touchpoints__second=point("line", exponential(6)),
    )
    assert_exact(data, 160, "M/M/4", "counter", "second", precision=0.02)


def test_lines_of_their_own_by_priority() -> None:
    """Needs start in their lines, so that nothing comes before them."""
    data = two_lines(
        segments={"all": {"share": 1}},
        needs={"gold": {"share": 0.25, "start": "vip"}, "cash": {"share": 0.75, "start": "counter"}},
    )
    del data["touchpoints"]["door"]
    assert_exact(data, 200, "M/M/3, 2 lines by priority", "vip", "counter", precision=0.03)


@pytest.mark.slow
def test_a_queue_with_priority_waits_like_one_in_order_of_arrival() -> None:
    data = eight_hours(
        segments={"vip": {"share": 0.25, "priority": 1}, "regular": {"share": 0.75, "priority": 2}},
        queues__line={"discipline": "priority"},
    )
    assert_exact(data, 120, "M/M/4")


def test_a_queue_with_priority_and_patience_by_segment() -> None:
    data = eight_hours(
        segments={
            "vip": {"share": 0.25, "priority": 1, "patience": exponential(5)},
            "regular": {"share": 0.75, "priority": 2, "patience": exponential(20)},
        },
        queues__line={"discipline": "priority"},
        staff__tellers__count=3,
    )
    assert_exact(data, 80, "M/M/3+M, 2 lines by priority")


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ({"erlang": {"mean": "5 min", "k": 3}}, "M/E3/2"),
        ({"constant": "4 min"}, "M/D/1"),
        ({"gamma": {"mean": "4 min", "cv": 1.4}}, "M/G/1"),
    ],
)
def test_service_of_other_kinds(service: dict[str, Any], name: str) -> None:
    servers = int(name[-1])
    data = eight_hours(
        arrivals__per_hour=9 * servers,
        staff__tellers__count=servers,
        touchpoints__counter=point("line", service),
    )
    assert_exact(data, 300, name, precision=0.025)


@pytest.mark.slow
def test_returns_to_the_same_queue() -> None:
    data = eight_hours(
        touchpoints__counter={**point("line", exponential(5)), "fails": 0.2, "if_failed": "counter"}
    )
    assert_exact(data, 80, "M/M/4, with returns", precision=0.03)


@pytest.mark.slow
def test_two_queues_with_returns() -> None:
    data = eight_hours(
        arrivals__per_hour=30,
        staff={"tellers": {"count": 1, "serves": ["line"]}, "advisers": {"count": 1, "serves": ["second"]}},
        queues={"line": {}, "second": {}},
        touchpoints={
            "counter": point(
                "line", exponential(1), next=[{"to": {"counter": 0.05, "adviser": 0.7, "leave": 0.25}}]
            ),
            "adviser": point("second", exponential(1.4), next=[{"to": {"counter": 0.1, "leave": 0.9}}]),
        },
    )
    assert_exact(data, 35, "M/M/1, network of 2 queues", "counter", "adviser", precision=0.05)


def tandem(**changes: Any) -> dict[str, Any]:
    """A counter with an adviser behind it for some, at changing rates."""
    data = eight_hours(
        arrivals__per_hour={"09:00": 24, "11:00": 44, "13:00": 30},
        staff={"tellers": {"count": 4, "serves": ["line"]}, "advisers": {"count": 2, "serves": ["second"]}},
        queues={"line": {}, "second": {}},
        touchpoints={
            "counter": point("line", exponential(6), next=[{"to": {"adviser": 0.25, "leave": 0.75}}]),
            "adviser": point("second", exponential(12)),
        },
    )
    return changed(data, {path.replace("__", "."): value for path, value in changes.items()})


def test_a_queue_behind_another_is_near() -> None:
    assert_near(tandem(), 60, 0.04, "adviser", reason="arrivals from counter taken as random")


def test_who_gives_up_may_go_elsewhere_and_is_counted_there() -> None:
    """A few of them: they come in bursts, so their wait is longer than that of customers at random."""
    data = tandem(
        segments__all__patience=exponential(45),
        queues__second={"patience": "none"},
        staff__advisers__count=3,
        touchpoints__counter__if_reneged="adviser",
    )
    assert_near(data, 60, 0.15, "adviser", reason="arrivals from counter taken as random")
    told = beside(data, 5)
    gave_up = told["counter"].values["reneged_fraction"]
    steps = told["counter"].values["visits_per_day"] * (0.25 * (1 - gave_up) + gave_up)
    assert told["adviser"].values["visits_per_day"] == pytest.approx(steps, rel=1e-5)


def test_many_who_gave_up_elsewhere_are_not_calculated() -> None:
    data = tandem(
        segments__all__patience=exponential(8),
        queues__second={"patience": "none"},
        touchpoints__counter=point("line", exponential(7), if_reneged="adviser"),
    )
    (reason,) = beside(data)["adviser"].reasons
    assert reason == "many come in bursts, after giving up or being turned away elsewhere"


@pytest.mark.parametrize(
    ("service", "within"),
    [
        ({"gamma": {"mean": "6 min", "cv": 0.7}}, 0.02),
        ({"lognormal": {"mean": "6 min", "cv": 1.3}}, 0.03),
        ({"triangular": {"low": "2.5 min", "mode": "6 min", "high": "9.5 min"}}, 0.04),
        (
            {"mixture": [{"share": 0.8, "of": {"constant": "5 min"}}, {"share": 0.2, "of": exponential(10)}]},
            0.03,
        ),
    ],
)
def test_service_of_any_spread_is_near(service: dict[str, Any], within: float) -> None:
    data = eight_hours(touchpoints__counter=point("line", service))
    assert_near(data, 60, within, reason="service of cv")


@pytest.mark.parametrize(
    ("patience", "within"),
    [
        ({"lognormal": {"median": "10 min", "sigma": 0.8}}, 0.05),
        ({"weibull": {"mean": "12 min", "shape": 0.7}}, 0.05),
        ({"constant": "8 min"}, 0.15),
    ],
)
def test_patience_of_any_kind_is_near(patience: dict[str, Any], within: float) -> None:
    data = eight_hours(segments__all__patience=patience, arrivals__per_hour=44)
    assert_near(data, 40, within, reason="patience not exponential")
    told = beside(data, 5)["counter"].values["reneged_fraction"]
    sample = simulated(data, 40)["counter"]["reneged_fraction"].mean()
    assert told == pytest.approx(sample, rel=3 * within)


def test_lines_with_services_of_their_own_behind_a_door_are_near() -> None:
    assert_near(two_lines(), 60, 0.03, "vip", "counter", reason="arrivals from door taken as random")


def test_recorded_arrivals_are_taken_at_their_hourly_rates() -> None:
    """A log of what chance made, six days of it: its mean rates by hour, taken as random."""
    journey = journey_of(eight_hours(arrivals__per_hour={"09:00": 24, "12:00": 44, "14:00": 30}))
    opened = open_days(journey, MONDAY, 1)
    result = simulate_replication(journey, opened, seed=3, replication=0, target_wait_min=10, keep_steps=True)
    assert result.steps is not None
    rows = [(minute, "all", "any") for minute in result.steps["joined_min"].to_list()]
    recorded = with_log(journey, rows)
    told = formulas_beside(recorded, open_days(recorded, MONDAY))["counter"]
    assert told.formula == "M/M/4"
    assert told.reasons == ("recorded arrivals taken as random, at the mean rate of each hour",)
    assert told.values["visits_per_day"] == pytest.approx(len(rows))
