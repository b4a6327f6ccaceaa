"""Results do not depend on how the work is cut: occurrences drawn, batches, order of days, hash seed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.branch_days import BUSY, EVERYTHING, MONDAY, changed, journey_of
from tests.branch_maps import branch_maps

import journeysim
from journeysim.branch import open_days, simulate, simulate_replication
from journeysim.branch.arrivals import Arrivals
from journeysim.branch.draws import Draws, draw_steps
from journeysim.branch.luck import Luck
from journeysim.branch.plan import Plan
from journeysim.branch.simulate import ReplicationResult
from journeysim.experiment.load import scenario_from

# Kinds of days that take turns, closed days between them, and many returns to the counter.
RETURNS = changed(
    BUSY,
    {
        "touchpoints.counter.fails": 0.45,
        "touchpoints.counter.service": {"exponential": {"mean": "1 min"}},
        "arrivals.day_of_week": {"tue": 0.5, "thu": 0, "sun": 1.5},
    },
)


# The same kinds of days with every further rule: with contacts on later days, and without.
KINDS = {"arrivals.day_of_week": {"tue": 0.5, "thu": 0, "sun": 1.5}}
LATER = changed(EVERYTHING, KINDS)
AT_ONCE = changed(
    LATER,
    {
        "touchpoints.advice.next": [{"to": "counter", "probability": 0.2}, {"to": "leave"}],
        "touchpoints.counter.next": [
            rule for rule in EVERYTHING["touchpoints"]["counter"]["next"] if "after" not in rule
        ],
    },
)
EVERY = {"returns": RETURNS, "every rule": LATER, "every rule but later contacts": AT_ONCE}
every_kind = pytest.mark.parametrize("data", EVERY.values(), ids=EVERY)


def run(data: dict[str, Any], days: int = 9) -> ReplicationResult:
    journey = journey_of(data)
    return simulate_replication(
        journey, open_days(journey, MONDAY, days), seed=4, replication=2, target_wait_min=5, keep_steps=True
    )


def assert_equal(one: ReplicationResult, other: ReplicationResult) -> None:
    assert one.steps is not None
    assert other.steps is not None
    assert one.steps.equals(other.steps)
    # Exactly, and NaN where nothing was observed.
    assert [repr(metric) for metric in one.metrics] == [repr(metric) for metric in other.metrics]


def with_occurrences(monkeypatch: pytest.MonkeyPatch, occurrences: int) -> list[int]:
    """Draw as many comings as told from the start; returns a list that collects what was asked for."""
    asked: list[int] = []

    def draw(plan: Plan, arrivals: Arrivals, capacity: Any, luck: Luck, extended: int = 0) -> Draws:
        asked.append(extended or occurrences)
        return draw_steps(plan, arrivals, capacity, luck, asked[-1])

    monkeypatch.setattr(simulate, "OCCURRENCES_ON_CYCLES", occurrences)
    monkeypatch.setattr(simulate, "draw_steps", draw)
    return asked


@pytest.mark.parametrize("occurrences", [1, 2, 16, 64])
def test_how_many_occurrences_are_drawn_at_first_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, occurrences: int
) -> None:
    usual = run(RETURNS)
    assert usual.steps is not None
    most = usual.steps.group_by("visit_id", "touchpoint").len()["len"].max()
    # More than drawn at first, so the usual run was extended as well.
    assert most is not None
    assert most > 4  # type: ignore[operator]
    asked = with_occurrences(monkeypatch, occurrences)
    assert_equal(usual, run(RETURNS))
    assert (max(asked) > occurrences) == (most > occurrences)  # type: ignore[operator]


@settings(max_examples=25)
@given(branch_maps(), st.sampled_from([1, 3, 16]))
def test_occurrences_do_not_matter_on_any_map(data: dict[str, Any], occurrences: int) -> None:
    usual = run(data, 3)
    with pytest.MonkeyPatch.context() as patch:
        with_occurrences(patch, occurrences)
        assert_equal(usual, run(data, 3))


@every_kind
@pytest.mark.parametrize("visits", [1, 500, 10**9])
def test_batches_do_not_matter(monkeypatch: pytest.MonkeyPatch, data: dict[str, Any], visits: int) -> None:
    usual = run(data, 15)
    monkeypatch.setattr(simulate, "_BATCH_VISITS", visits)
    assert_equal(usual, run(data, 15))


def test_days_that_lead_to_others_come_one_by_one_and_others_together() -> None:
    """Otherwise the test above would say nothing of either."""
    sizes = {}
    for name, data in EVERY.items():
        journey = journey_of(data)
        batches = simulate.day_batches(journey, open_days(journey, MONDAY, 15), None)
        sizes[name] = [len(batch) for _, batch in batches]
    assert sizes["every rule"] == [1] * 15
    assert sizes["returns"] == sizes["every rule but later contacts"] == [10, 3, 2]


def test_how_many_processes_simulate_does_not_matter() -> None:
    scenario = scenario_from(journey_of(LATER))
    alone, together = (journeysim.run(scenario, replications=3, jobs=jobs) for jobs in (1, 2))
    assert alone.metrics.equals(together.metrics)
    assert alone.steps.equals(together.steps)


@every_kind
def test_what_comes_later_changes_no_day_before(data: dict[str, Any]) -> None:
    few, many = (run(data, days).steps for days in (5, 12))
    assert few is not None
    assert many is not None
    assert few.equals(many.filter(many["day"] <= few["day"].max()))  # type: ignore[operator]


@pytest.mark.parametrize("data", [RETURNS, AT_ONCE], ids=["returns", "every rule but later contacts"])
def test_a_day_is_the_same_whatever_days_are_simulated_with_it(data: dict[str, Any]) -> None:
    journey = journey_of(data)
    days = open_days(journey, MONDAY, 9)

    def steps(some: Any) -> Any:
        result = simulate_replication(
            journey, some, seed=4, replication=2, target_wait_min=5, keep_steps=True
        )
        assert result.steps is not None
        return result.steps

    together = steps(days)
    for day in days[::4]:
        assert steps([day]).equals(together.filter(together["day"] == day.number))
    assert steps(days[:5]).equals(together.filter(together["day"] <= days[4].number))


@pytest.mark.parametrize("data", [RETURNS, AT_ONCE], ids=["returns", "every rule but later contacts"])
def test_the_order_of_days_does_not_matter_to_metrics(data: dict[str, Any]) -> None:
    journey = journey_of(data)
    days = list(open_days(journey, MONDAY, 9))
    results = [
        simulate_replication(journey, order, seed=4, replication=2, target_wait_min=5)
        for order in (days, days[::-1], days[1::2] + days[::2])
    ]
    assert len({repr(result.metrics) for result in results}) == 1


def test_the_order_of_draws_of_a_batch_is_that_of_its_days() -> None:
    """Days of two kinds are simulated apart and put together again in their order."""
    steps = run(RETURNS, 12).steps
    assert steps is not None
    assert np.array_equal(np.unique(steps["day"]), [0, 1, 2, 4, 5, 6, 7, 8, 9, 11, 12, 13])
    assert steps["day"].is_sorted()


HASHED = """
import hashlib, sys
from tests.property.test_branch_batches import LATER, run
result = run(LATER)
text = result.steps.write_csv() + repr(result.metrics)
print(hashlib.sha256(text.encode()).hexdigest())
"""


@pytest.mark.slow
def test_the_seed_of_pythons_hash_does_not_matter(root: Any) -> None:
    def digest(seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        found = subprocess.run(
            [sys.executable, "-c", HASHED],
            env=environment,
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
        return found.stdout.strip()

    digests = {digest(seed) for seed in ("0", "1", "4242")}
    assert len(digests) == 1
    assert len(digests.pop()) == 64
