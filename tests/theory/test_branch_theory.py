"""Simulated branch days against queueing theory.

Days open empty, so the truth is the transient value of `journeysim.branch.formulas`, not the steady state.
Each simulated mean must lie within 3.5 standard errors of the truth, which are at most 1% of it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.branch_days import MONDAY, journey_of

from journeysim.branch import formulas, open_days, simulate_replication

REPLICATIONS = 25
Truth = dict[tuple[str, str, str], float]


def eight_hours(**parts: Any) -> dict[str, Any]:
    """A map of one queue, open for eight hours, with parts of it replaced."""
    return {
        "journey": "One queue",
        "hours": {"open": "09:00", "close": "17:00"},
        "segments": {"all": {"share": 1}},
        "needs": {"any": {"share": 1, "start": "counter"}},
        "arrivals": {"per_hour": 40},
        "staff": {"tellers": {"count": 4, "serves": ["line"]}},
        "queues": {"line": {}},
        "touchpoints": {"counter": counter("6 min")},
    } | parts


def counter(mean: str, **others: Any) -> dict[str, Any]:
    """A touchpoint with exponential service."""
    return {"stage": "T", "queue": "line", "service": {"exponential": {"mean": mean}}} | others


def assert_agrees(data: dict[str, Any], days: int, truth: Truth, precision: float = 0.01) -> None:
    """Simulate ``days`` days a replication and hold every metric in ``truth`` to its value."""
    journey = journey_of(data)
    found: dict[tuple[str, str, str], list[float]] = {key: [] for key in truth}
    for replication in range(REPLICATIONS):
        result = simulate_replication(
            journey, open_days(journey, MONDAY, days), seed=5, replication=replication, target_wait_min=10
        )
        for metric in result.metrics:
            key = (metric.scope, metric.name, metric.metric)
            if key in found:
                found[key].append(metric.value)
    for key, value in truth.items():
        sample = np.array(found[key])
        error = sample.std(ddof=1) / np.sqrt(sample.size)
        assert error <= precision * value, f"{key}: standard error {error:.2g} is too large for {value:.4g}"
        gap = abs(sample.mean() - value)
        assert gap <= 3.5 * error, (
            f"{key}: simulated {sample.mean():.5g}, theory {value:.5g}, {gap / error:.1f} SE"
        )


def of_all(**metrics: float) -> Truth:
    """Truths about all visits."""
    return {("all", "", name): value for name, value in metrics.items()}


def of_day(day: formulas.QueueDay) -> Truth:
    """What a day of one queue says of all its visits."""
    waits = day.day
    return of_all(
        wait_mean_min=waits.wait_mean_min,
        waited_fraction=waits.waited_fraction,
        queue_length_mean=waits.queue_length_mean,
        utilisation=waits.utilisation,
    )


def test_single_server_queue() -> None:
    day = formulas.queue_day([formulas.Period(8, 10, 1)], 4.0)
    data = eight_hours(
        arrivals={"per_hour": 10},
        staff={"tellers": {"count": 1, "serves": ["line"]}},
        touchpoints={"counter": counter("4 min")},
    )
    assert_agrees(data, 400, of_day(day))


def test_many_server_queue() -> None:
    day = formulas.queue_day([formulas.Period(8, 40, 5)], 5.0)
    data = eight_hours(
        staff={"tellers": {"count": 5, "serves": ["line"]}}, touchpoints={"counter": counter("5 min")}
    )
    assert_agrees(data, 120, of_day(day))


def test_limited_queue() -> None:
    day = formulas.queue_day([formulas.Period(8, 40, 3)], 6.0, waiting_places=4)
    data = eight_hours(staff={"tellers": {"count": 3, "serves": ["line"]}}, queues={"line": {"capacity": 4}})
    assert_agrees(data, 80, of_day(day) | of_all(rejected_fraction=day.day.rejected_fraction))


# Mean wait, share waiting and share giving up of eight hours from empty: 40 arrivals an hour, service 6 min,
# patience 21 min (all exponential), computed apart from this project to the digits shown.
@pytest.mark.parametrize(
    ("servers", "wait_min", "waited", "gave_up", "days"),
    [(3, 5.781, 0.8857, 0.2753, 50), (4, 2.790, 0.6783, 0.1329, 60), (5, 1.213, 0.4362, 0.0578, 90)],
)
def test_erlang_a(servers: int, wait_min: float, waited: float, gave_up: float, days: int) -> None:
    day = formulas.queue_day([formulas.Period(8, 40, servers)], 6.0, patience_mean_min=21.0)
    assert day.day.wait_mean_min == pytest.approx(wait_min, abs=5e-4)
    assert day.day.waited_fraction == pytest.approx(waited, abs=5e-5)
    assert day.day.reneged_fraction == pytest.approx(gave_up, abs=5e-5)
    data = eight_hours(
        segments={"all": {"share": 1, "patience": {"exponential": {"mean": "21 min"}}}},
        staff={"tellers": {"count": servers, "serves": ["line"]}},
    )
    truth = of_day(day) | of_all(
        reneged_fraction=day.day.reneged_fraction, wait_served_mean_min=day.day.wait_served_mean_min
    )
    assert_agrees(data, days, truth)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("service", "cv"), [({"constant": "4 min"}, 0.0), ({"gamma": {"mean": "4 min", "cv": 1.5}}, 1.5)]
)
def test_general_service(service: dict[str, Any], cv: float) -> None:
    day = formulas.single_server_day(8, 9, 4.0, cv)
    data = eight_hours(
        arrivals={"per_hour": 9},
        staff={"tellers": {"count": 1, "serves": ["line"]}},
        touchpoints={"counter": {"stage": "T", "queue": "line", "service": service}},
    )
    truth = of_all(wait_mean_min=day.wait_mean_min, waited_fraction=day.waited_fraction)
    assert_agrees(data, 200 if cv == 0 else 500, truth)


CONSTANTS = ({"constant": "3 min"}, {"constant": "1 min"}, 4.0, 0.0, 130)
# Of one scale, so that their sum is a gamma of shape 3.
GAMMAS = ({"erlang": {"mean": "3 min", "k": 2}}, {"exponential": {"mean": "1.5 min"}}, 4.5, 3**-0.5, 400)


@pytest.mark.parametrize(
    ("way", "service", "further", "mean", "cv", "days"),
    [
        ("wrap-up", *CONSTANTS),
        ("kept server", *CONSTANTS),
        pytest.param("wrap-up", *GAMMAS, marks=pytest.mark.slow),
        pytest.param("kept server", *GAMMAS, marks=pytest.mark.slow),
    ],
    ids=["wrap-up-constants", "kept server-constants", "wrap-up-gammas", "kept server-gammas"],
)
def test_a_server_is_busy_beyond_the_service(
    way: str, service: dict[str, Any], further: dict[str, Any], mean: float, cv: float, days: int
) -> None:
    """Work after the customer has gone, and a step for which the server waits, are service to who waits."""
    point: dict[str, Any] = {"stage": "T", "queue": "line", "service": service}
    if way == "wrap-up":
        points = {"counter": point | {"wrap_up": further}}
    else:
        away = {"stage": "T", "service": further}
        points = {"counter": point | {"next": [{"to": "away", "keep_server": True}]}, "away": away}
    data = eight_hours(
        arrivals={"per_hour": 9}, staff={"tellers": {"count": 1, "serves": ["line"]}}, touchpoints=points
    )
    day = formulas.single_server_day(8, 9, mean, cv)
    truth = of_all(wait_mean_min=day.wait_mean_min, waited_fraction=day.waited_fraction)
    assert_agrees(data, days, truth)


@pytest.mark.slow
def test_two_priority_classes() -> None:
    first, second = formulas.priority_day(
        8, [formulas.PriorityClass(8, 6.0), formulas.PriorityClass(10, 5.0)], 2
    )
    data = eight_hours(
        arrivals={"per_hour": 18},
        segments={"second": {"share": 10 / 18, "priority": 2}, "first": {"share": 8 / 18, "priority": 1}},
        staff={"tellers": {"count": 2, "serves": ["line"]}},
        queues={"line": {"discipline": "priority"}},
        touchpoints={
            "counter": {
                "stage": "T",
                "queue": "line",
                "service": {
                    "by_segment": {
                        "first": {"exponential": {"mean": "6 min"}},
                        "second": {"exponential": {"mean": "5 min"}},
                    }
                },
            }
        },
    )
    truth = {
        ("segment", name, metric): getattr(waits, metric)
        for name, waits in {"first": first, "second": second}.items()
        for metric in ("wait_mean_min", "waited_fraction", "queue_length_mean")
    }
    assert_agrees(data, 350, truth)


@pytest.mark.slow
def test_network_with_feedback() -> None:
    routing = [[0.05, 0.7], [0.1, 0.0]]
    day = formulas.network_day(8, [30, 0], [1.0, 1.4], [1, 1], routing)
    data = eight_hours(
        arrivals={"per_hour": 30},
        staff={
            "tellers": {"count": 1, "serves": ["line"]},
            "advisers": {"count": 1, "serves": ["adviser_line"]},
        },
        queues={"line": {}, "adviser_line": {}},
        touchpoints={
            "counter": counter("1 min", next=[{"to": {"counter": 0.05, "adviser": 0.7, "leave": 0.25}}]),
            "adviser": counter(
                "1.4 min", queue="adviser_line", next=[{"to": {"counter": 0.1, "leave": 0.9}}]
            ),
        },
    )
    truth = {
        ("touchpoint", name, metric): getattr(node, metric)
        for name, node in zip(("counter", "adviser"), day.nodes, strict=True)
        for metric in ("wait_mean_min", "waited_fraction", "queue_length_mean")
    }
    steps = {
        ("touchpoint", name, "visits_per_day"): node.steps_mean
        for name, node in zip(("counter", "adviser"), day.nodes, strict=True)
    }
    assert_agrees(data, 140, truth | steps | of_all(wait_mean_min=day.wait_mean_min))


@pytest.mark.slow
def test_rates_and_rosters_that_change() -> None:
    periods = [formulas.Period(1.5, 24, 3), formulas.Period(2, 60, 5), formulas.Period(4.5, 30, 3)]
    day = formulas.queue_day(periods, 6.0, patience_mean_min=15.0)
    data = eight_hours(
        segments={"all": {"share": 1, "patience": {"exponential": {"mean": "15 min"}}}},
        arrivals={"per_hour": {"09:00": 24, "10:30": 60, "12:30": 30}},
        staff={"tellers": {"count": {"09:00": 3, "10:30": 5, "12:30": 3}, "serves": ["line"]}},
    )
    truth = of_day(day) | of_all(
        reneged_fraction=day.day.reneged_fraction,
        visits_per_day=day.day.arrivals_mean,
        overtime_min_per_day=day.overtime_min,
    )
    assert_agrees(data, 150, truth)
