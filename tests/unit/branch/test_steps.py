"""The steps table and the visits made from it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.branch_days import BUSY, MONDAY, batch_of, changed, journey_of, one_queue, with_log

from journeysim.branch import STEPS_COLUMNS, open_days, simulate_replication, visits_from_steps
from journeysim.branch.plan import Outcome
from journeysim.branch.steps import NONE, OUTCOMES, RECORDED, StepArrays, steps_table

TABLE_COLUMNS = [name for name in STEPS_COLUMNS if name not in ("option", "replication")]


def by_hand() -> pl.DataFrame:
    """Two customers, one teller, five minutes, patience three; the one who gives up fills in a form."""
    data = one_queue(
        staff__tellers__count=1,
        queues__line__patience={"constant": "3 min"},
        touchpoints={
            "counter": {
                "stage": "T",
                "queue": "line",
                "service": {"constant": "5 min"},
                "if_reneged": "form",
            },
            "form": {"stage": "T", "service": {"constant": "2 min"}},
        },
    )
    batch = batch_of(with_log(journey_of(data), [(541, "all", "any"), (540, "all", "any")]))
    return steps_table(batch.plan, batch.days, batch.arrivals, batch.steps())


def test_the_table_says_all_that_happened() -> None:
    steps = by_hand()
    assert steps.columns == TABLE_COLUMNS
    assert steps.drop("day", "date", "case_id", "customer_id", "segment", "need").rows() == [
        (1, 1, "counter", "line", "tellers", 540.0, 540.0, 545.0, 0, "served"),
        (0, 1, "counter", "line", None, 541.0, None, 544.0, 0, "reneged"),
        (0, 2, "form", None, None, 544.0, 544.0, 546.0, None, "served"),
    ]
    assert set(steps["date"]) == {MONDAY}
    assert set(steps["segment"]) == {"all"}
    assert set(steps["need"]) == {"any"}
    assert steps["case_id"].equals(steps["visit_id"].alias("case_id"))
    assert steps["customer_id"].null_count() == 3


def test_columns_have_the_same_types_on_every_day() -> None:
    journey = journey_of(BUSY)
    batch = batch_of(journey, 3)
    full = steps_table(batch.plan, batch.days, batch.arrivals, batch.steps())
    empty = batch_of(journey_of(changed(BUSY, {"arrivals.scale": 0})), 3)
    nothing = steps_table(empty.plan, empty.days, empty.arrivals, empty.steps())
    assert nothing.height == 0
    assert nothing.schema == full.schema == by_hand().schema
    assert visits_from_steps(nothing).schema == visits_from_steps(full).schema
    assert full.schema["started_min"] == full.schema["joined_min"] == pl.Float64
    # A start that never was is missing: neither 0 nor not-a-number.
    never = full.filter(pl.col("started_min").is_null())
    assert set(never["outcome"]) == {"balked", "reneged", "rejected"}
    assert full["started_min"].is_nan().sum() == 0


def test_one_row_a_visit() -> None:
    visits = visits_from_steps(by_hand())
    assert visits.drop("date", "case_id", "customer_id").rows() == [
        (0, 1, "all", "any", 540.0, 545.0, 1, 0.0, 5.0, "served"),
        (0, 0, "all", "any", 541.0, 546.0, 2, 3.0, 2.0, "served"),
    ]
    assert visits.columns[-6:] == [
        "arrival_min", "departure_min", "steps", "wait_min", "service_min", "outcome",
    ]  # fmt: skip


def test_visits_keep_option_and_replication() -> None:
    steps = by_hand().select(pl.lit("Today").alias("option"), pl.lit(3).alias("replication"), pl.all())
    assert steps.columns == list(STEPS_COLUMNS)
    visits = visits_from_steps(steps)
    assert visits.columns[:2] == ["option", "replication"]
    assert visits["replication"].to_list() == [3, 3]


def test_rows_are_by_day_then_arrival_then_step() -> None:
    journey = journey_of(changed(BUSY, {"arrivals.day_of_week": {"tue": 2, "sun": 0}}))
    days = open_days(journey, MONDAY, 9)
    steps = simulate_replication(
        journey, days, seed=1, replication=0, target_wait_min=5, keep_steps=True
    ).steps
    assert steps is not None
    # Tuesdays are days of another kind: simulated apart, yet in their place.
    assert steps["day"].unique().to_list() == [0, 1, 2, 3, 4, 5, 7, 8, 9]
    assert steps["day"].is_sorted()
    first = steps.filter(pl.col("step") == 1)
    assert first.equals(first.sort("day", "joined_min", "visit_id"))
    assert visits_from_steps(steps).height == first.height == steps["visit_id"].n_unique()


def test_a_record_is_put_in_order_of_visits_and_steps() -> None:
    record = [
        1, 4, 2, 10, 10, 20, 0, 0, Outcome.SERVED,
        0, 4, 2, 5, NONE, 21, NONE, 1, Outcome.RENEGED,
        1, 2, NONE, 20, 20, 30, NONE, NONE, Outcome.FAILED,
        0, 3, NONE, 21, 21, 29, NONE, NONE, Outcome.SERVED,
    ]  # fmt: skip
    steps = StepArrays.from_record(record, 100)
    assert steps.visit.tolist() == [100, 100, 101, 101]
    assert steps.step.tolist() == [1, 2, 1, 2]
    assert steps.touchpoint.tolist() == [4, 3, 4, 2]
    assert steps.queue.tolist() == [2, NONE, 2, NONE]
    assert steps.released.tolist() == steps.ended.tolist()
    assert steps.follow_up.tolist() == [NONE] * 4
    assert steps.wait().tolist() == [16, 0, 0, 0]
    assert steps.touchpoint_of(101) == [4, 2]
    assert steps.renumbered(3).visit.tolist() == [103, 103, 104, 104]
    assert StepArrays.from_record([], 0).visit.size == 0
    twice = StepArrays.joined_together([steps, steps.renumbered(2)])
    assert twice.visit.tolist() == [100, 100, 101, 101, 102, 102, 103, 103]
    assert np.array_equal(twice.outcome[:4], twice.outcome[4:])


def test_a_record_of_many_visits_is_put_in_order_as_well() -> None:
    visits = 70_000
    record = np.full((visits, RECORDED), NONE)
    record[:, 0] = np.arange(visits)[::-1]
    record[:, 3] = np.arange(visits)
    steps = StepArrays.from_record(record.ravel().tolist(), 0)
    assert np.array_equal(steps.visit, np.arange(visits))
    assert np.array_equal(steps.joined, np.arange(visits)[::-1])


def test_a_record_of_few_steps_by_visits_of_high_numbers_is_put_in_order_as_well() -> None:
    record = np.full((3, RECORDED), NONE)
    record[:, 0] = [40_000, 7, 65_536 + 7]
    steps = StepArrays.from_record(record.ravel().tolist(), 0)
    assert steps.visit.tolist() == [7, 40_000, 65_543]
    assert steps.step.tolist() == [1, 1, 1]


def test_outcomes_have_the_words_of_the_table() -> None:
    assert OUTCOMES == ("served", "failed", "balked", "reneged", "rejected", "closed", "in_progress")


def test_unknown_engines_and_days_that_are_none_are_refused() -> None:
    journey = journey_of(BUSY)
    days = batch_of(journey).days
    with pytest.raises(ValueError, match="simpy or auto is required, found 'fast'"):
        simulate_replication(journey, days, seed=1, replication=0, target_wait_min=5, engine="fast")
    with pytest.raises(ValueError, match="at least one open day"):
        simulate_replication(journey, [], seed=1, replication=0, target_wait_min=5)
    shut = journey_of(changed(BUSY, {"arrivals.day_of_week": {"mon": 0}}))
    with pytest.raises(ValueError, match="found 2027-01-04, when the branch is closed"):
        simulate_replication(shut, days, seed=1, replication=0, target_wait_min=5)
