"""Every metric a second time, straight from the steps table, and nobody lost in any table."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import ceil, isnan, nan
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.branch_days import BUSY, MONDAY, batch_of, changed, journey_of
from tests.branch_maps import branch_maps

from journeysim.branch import ReplicationResult, open_days, simulate_replication, visits_from_steps
from journeysim.branch.steps import OUTCOMES
from journeysim.journey import Journey

TARGET_MIN = 4.0
BIN_MIN = 0.05
LAST_BIN_MIN = 240
Values = dict[tuple[str, str, str], float]

joined_a_queue = (
    pl.col("queue").is_not_null()
    & pl.col("queue_length_seen").is_not_null()
    & ~pl.col("outcome").is_in(["balked", "rejected"])
)
waited_min = pl.coalesce("started_min", "ended_min") - pl.col("joined_min")


def simulated(journey: Journey, days: int, seed: int = 1) -> tuple[ReplicationResult, pl.DataFrame]:
    """A replication, and its steps with the waits worked out."""
    found = open_days(journey, MONDAY, days)
    result = simulate_replication(
        journey, found, seed=seed, replication=0, target_wait_min=TARGET_MIN, keep_steps=True
    )
    assert result.steps is not None
    steps = result.steps.with_columns(
        joined=joined_a_queue,
        wait=pl.when(joined_a_queue).then(waited_min).otherwise(0.0),
        service=pl.when(pl.col("started_min").is_null())
        .then(0.0)
        .otherwise(pl.col("ended_min") - pl.col("started_min")),
    )
    return result, steps


def mean(values: pl.Series) -> float:
    return float(values.mean()) if len(values) else nan  # type: ignore[arg-type]


def opening_minutes(journey: Journey, day: Any) -> tuple[float, float]:
    hours = journey.hours_on(day.weekday())
    assert hours is not None
    return hours.open_min, hours.close_min


def integral(spans: list[tuple[float, float]], low: float, high: float) -> float:
    """Integral over [low, high] of the number of spans that hold, by adding slice after slice."""
    edges = np.array(sorted({low, high, *(min(max(t, low), high) for span in spans for t in span)}))
    middles = (edges[:-1] + edges[1:]) / 2
    level = np.zeros(middles.size)
    for start, end in spans:
        level += (start <= middles) & (middles < end)
    return float((level * np.diff(edges)).sum())


def mean_queue_length(journey: Journey, steps: pl.DataFrame, dates: list[Any]) -> float:
    area = opened = 0.0
    for date in dates:
        low, high = opening_minutes(journey, date)
        waits = steps.filter((pl.col("date") == date) & (pl.col("wait") > 0))
        spans = [(joined, joined + wait) for joined, wait in waits.select("joined_min", "wait").rows()]
        area += integral(spans, low, high)
        opened += high - low
    return area / opened


def longest_queue(steps: pl.DataFrame) -> float:
    """Most people seen, with oneself where one stayed to wait."""
    seen = steps.filter(pl.col("queue_length_seen").is_not_null())
    own = seen["queue_length_seen"] + (seen["joined"] & (seen["wait"] > 0)).cast(pl.Int32)
    return float(own.max()) if len(own) else 0.0  # type: ignore[arg-type]


def of_rows(
    rows: pl.DataFrame, queued: pl.Series, within: pl.Series, days: int
) -> Iterator[tuple[str, float]]:
    """What is the same for visits and steps."""
    joined = rows.filter(pl.col("joined"))
    yield "visits_per_day", rows.height / days
    for outcome in OUTCOMES:
        yield f"{outcome}_fraction", mean((rows["outcome"] == outcome).cast(pl.Float64))
    yield "wait_mean_min", mean(joined["wait"])
    yield "wait_served_mean_min", mean(joined.filter(pl.col("outcome") == "served")["wait"])
    yield "wait_within_target_fraction", mean(within.filter(queued).cast(pl.Float64))
    yield "waited_fraction", mean((joined["wait"] > 0).cast(pl.Float64))
    yield "service_mean_min", mean(rows.filter(pl.col("services") > 0)["service"])


def of_cases(steps: pl.DataFrame, still_open: frozenset[int]) -> Iterator[tuple[str, float]]:
    settled = steps.filter(~pl.col("case_id").is_in(still_open))
    cases = settled.group_by("case_id").agg(
        contacts=pl.col("visit_id").n_unique(), days=pl.col("day").max() - pl.col("day").min()
    )
    yield "contacts_per_case", mean(cases["contacts"])
    yield "days_to_resolution_mean", mean(cases["days"])


def of_visits(
    journey: Journey, steps: pl.DataFrame, dates: list[Any], still_open: frozenset[int]
) -> Iterator[tuple[str, float]]:
    visits = steps.group_by("visit_id", maintain_order=True).agg(
        joined=pl.col("joined").any(),
        wait=pl.col("wait").sum(),
        service=pl.col("service").sum(),
        services=pl.col("started_min").is_not_null().sum(),
        outcome=pl.col("outcome").last(),
        queued=pl.col("queue").is_not_null().any(),
        inside=pl.col("ended_min").last() - pl.col("joined_min").first(),
    )
    got_it = visits["outcome"].is_in(["served", "failed"]) & (visits["wait"] <= TARGET_MIN)
    yield from of_rows(visits, visits["queued"], got_it, len(dates))
    yield "time_in_branch_mean_min", mean(visits["inside"])
    yield from of_cases(steps, still_open)
    any_queue = visits["queued"].any()
    yield "queue_length_mean", mean_queue_length(journey, steps, dates) if any_queue else nan
    yield "queue_length_max", longest_queue(steps) if any_queue else nan


def of_steps(journey: Journey, steps: pl.DataFrame, dates: list[Any]) -> Iterator[tuple[str, float]]:
    steps = steps.with_columns(services=pl.col("started_min").is_not_null().cast(pl.Int32))
    got_it = (steps["services"] > 0) & (steps["wait"] <= TARGET_MIN)
    yield from of_rows(steps, steps["queue"].is_not_null(), got_it, len(dates))
    any_queue = steps["queue"].is_not_null().any()
    yield "queue_length_mean", mean_queue_length(journey, steps, dates) if any_queue else nan
    yield "queue_length_max", longest_queue(steps) if any_queue else nan


def staff_minutes(journey: Journey, steps: pl.DataFrame, dates: list[Any], name: str) -> np.ndarray:
    """Rostered, busy within the roster, and overtime minutes of a group."""
    total = np.zeros(3)
    roster = journey.staff[name].roster_steps()
    for date in dates:
        low, high = opening_minutes(journey, date)
        edges = sorted({low, high, *(min(max(minute, low), high) for minute, _ in roster)})
        mine = steps.filter((pl.col("date") == date) & (pl.col("staff_group") == name))
        services = mine.select("started_min", "ended_min").rows()
        for start, end in pairwise(edges):
            count = max(((minute, n) for minute, n in roster if minute <= start), default=(0, 0))[1]
            cuts = np.array(sorted({start, end, *(min(max(t, start), end) for s in services for t in s)}))
            middles = (cuts[:-1] + cuts[1:]) / 2
            busy = sum(((s <= middles) & (middles < e) for s, e in services), np.zeros(middles.size))
            lengths = np.diff(cuts)
            total += [
                count * (end - start),
                (np.minimum(busy, count) * lengths).sum(),
                (np.maximum(busy - count, 0) * lengths).sum(),
            ]
        total[2] += sum(max(e - max(s, high), 0) for s, e in services)
    return total


def metrics_again(
    journey: Journey, steps: pl.DataFrame, dates: list[Any], still_open: frozenset[int]
) -> Values:
    found: Values = {("all", "", m): v for m, v in of_visits(journey, steps, dates, still_open)}
    for name in journey.segments:
        mine = steps.filter(pl.col("segment") == name)
        found |= {("segment", name, m): v for m, v in of_visits(journey, mine, dates, still_open)}
    for name in journey.touchpoints:
        mine = steps.filter(pl.col("touchpoint") == name)
        found |= {("touchpoint", name, m): v for m, v in of_steps(journey, mine, dates)}
    minutes = {name: staff_minutes(journey, steps, dates, name) for name in journey.staff}
    people = [name for name, group in journey.staff.items() if group.kind == "person"]
    cost = {}
    for name, (rostered, busy, overtime) in minutes.items():
        cost[name] = (rostered + overtime) / 60 * journey.staff[name].cost_per_hour / len(dates)
        found["staff", name, "utilisation"] = busy / rostered if rostered else nan
        found["staff", name, "overtime_min_per_day"] = overtime / len(dates)
        found["staff", name, "staff_cost_per_day"] = cost[name]
    counted = sum((minutes[name] for name in people or minutes), np.zeros(3))
    found["all", "", "utilisation"] = counted[1] / counted[0] if counted[0] else nan
    found["all", "", "overtime_min_per_day"] = sum(minutes[name][2] for name in people) / len(dates)
    found["all", "", "staff_cost_per_day"] = sum(cost.values())
    return found


def assert_metrics_agree(
    data: dict[str, Any], days: int, seed: int = 1, still_open: frozenset[int] = frozenset()
) -> Values:
    journey = journey_of(data)
    result, steps = simulated(journey, days, seed)
    dates = [day.date for day in open_days(journey, MONDAY, days)]
    told = {(m.scope, m.name, m.metric): m.value for m in result.metrics}
    quantiles = {key: value for key, value in told.items() if key[2] == "wait_p90_min"}
    expected = metrics_again(journey, steps, dates, still_open)
    assert told.keys() - quantiles.keys() == expected.keys()
    for key, value in expected.items():
        assert told[key] == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True), key
    for (scope, name, _), value in quantiles.items():
        assert_ninetieth(joined_waits(steps, scope, name), value)
    return told


def joined_waits(steps: pl.DataFrame, scope: str, name: str) -> np.ndarray:
    if scope != "all":
        steps = steps.filter(pl.col(scope) == name)
    if scope != "touchpoint":
        steps = steps.group_by("visit_id").agg(pl.col("wait").sum(), pl.col("joined").any())
    return np.sort(steps.filter(pl.col("joined"))["wait"].to_numpy())


def assert_ninetieth(waits: np.ndarray, value: float) -> None:
    """The smallest wait that nine in ten do not exceed, within a bin's width, beyond the last on a line."""
    if not waits.size:
        assert isnan(value)
        return
    # 0.9 n may be a whole number but for rounding: either neighbour is then a 90th percentile.
    low, high = (waits[max(ceil(0.9 * waits.size + nudge) - 1, 0)] for nudge in (-1e-6, 1e-6))
    beyond = waits[waits > LAST_BIN_MIN]
    if low > LAST_BIN_MIN:
        share = 1 - 0.1 * waits.size / beyond.size
        assert value == pytest.approx(LAST_BIN_MIN + share * (waits[-1] - LAST_BIN_MIN))
    elif high <= LAST_BIN_MIN:
        assert low - BIN_MIN <= value <= high + BIN_MIN
    else:
        assert low - BIN_MIN <= value <= waits[-1]


def test_metrics_of_busy_days_are_those_of_the_steps() -> None:
    told = assert_metrics_agree(changed(BUSY, {"hours.at_close": "leave"}), 8)
    # All of it happens, so nothing agrees only because it is 0 or missing.
    for name in ("served", "balked", "reneged", "closed"):
        assert 0 < told["all", "", f"{name}_fraction"] < 1
    assert told["touchpoint", "counter", "failed_fraction"] > 0
    assert told["touchpoint", "machine", "rejected_fraction"] > 0
    assert told["staff", "tellers", "overtime_min_per_day"] > 0
    assert told["all", "", "wait_p90_min"] > 1


@settings(max_examples=60)
@given(branch_maps(), st.integers(0, 1000))
def test_metrics_are_those_of_the_steps(data: dict[str, Any], seed: int) -> None:
    assert_metrics_agree(data, 2, seed)


@pytest.mark.slow
@settings(max_examples=150)
@given(branch_maps(), st.integers(0, 1000))
def test_metrics_of_many_maps_are_those_of_the_steps(data: dict[str, Any], seed: int) -> None:
    assert_metrics_agree(data, 2, seed)


def assert_nobody_is_lost(data: dict[str, Any], days: int) -> None:
    """Rule 12: arrivals are served, failed, balked, reneged, rejected or closed, under every filter."""
    journey = journey_of(data)
    result, steps = simulated(journey, days)
    batch = batch_of(journey, days)
    # One kind of day, so that the batch is the replication.
    arrivals = pl.DataFrame(
        {
            "day": np.array([day.number for day in batch.days], dtype=np.int32)[batch.arrivals.day],
            "segment": np.array([*journey.segments])[batch.arrivals.segment],
            "need": np.array([*journey.needs])[batch.arrivals.need],
            "arrival_min": batch.arrivals.tick / 2**20,
        }
    )
    visits = visits_from_steps(steps.select(pl.all().exclude("joined", "wait", "service")))
    last = steps.group_by("visit_id", maintain_order=True).agg(pl.all().last())
    assert visits.select(arrivals.columns).equals(arrivals)
    assert visits["outcome"].equals(last["outcome"])
    assert (
        visits["wait_min"].to_list()
        == steps.group_by("visit_id", maintain_order=True).agg(waited_min.sum())["started_min"].to_list()
    )
    assert "in_progress" not in steps["outcome"]
    for keys in ([], ["segment"], ["need"], ["day"], ["segment", "day"], ["segment", "need", "day"]):
        by = keys or [pl.lit(0).alias("all")]
        came = arrivals.group_by(by).agg(pl.len().alias("came"))
        left = visits.group_by(by).agg(*[(pl.col("outcome") == word).sum().alias(word) for word in OUTCOMES])
        both = came.join(left, on=keys or ["all"], how="full", nulls_equal=True)
        assert (both["came"] == both.select(OUTCOMES).sum_horizontal()).all()
    told = {(m.scope, m.name, m.metric): m.value for m in result.metrics}
    for scope, frame, column in (
        ("segment", visits, "segment"),
        ("touchpoint", steps, "touchpoint"),
    ):
        for name in getattr(journey, f"{scope}s"):
            mine = frame.filter(pl.col(column) == name)
            assert told[scope, name, "visits_per_day"] * days == pytest.approx(mine.height)
            fractions = sum(told[scope, name, f"{word}_fraction"] for word in OUTCOMES)
            assert fractions == pytest.approx(1) if mine.height else isnan(fractions)
    assert told["all", "", "visits_per_day"] * days == pytest.approx(arrivals.height)


def test_nobody_is_lost_on_busy_days() -> None:
    assert_nobody_is_lost(BUSY, 10)
    assert_nobody_is_lost(changed(BUSY, {"hours.at_close": "leave"}), 10)


@settings(max_examples=40)
@given(branch_maps())
def test_nobody_is_lost(data: dict[str, Any]) -> None:
    assert_nobody_is_lost(data, 2)
