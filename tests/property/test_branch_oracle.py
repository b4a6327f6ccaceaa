"""The engine and a second one written plainly from the rules agree on every step of every visit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from tests import oracle
from tests.branch_days import BUSY, MONDAY, batch_of, batch_of_days, changed, differences, journey_of
from tests.branch_maps import branch_maps

from journeysim.branch import open_days
from journeysim.branch.plan import Outcome
from journeysim.branch.steps import StepArrays
from journeysim.journey import load_journey


def assert_agree(data: dict[str, Any], *, tied: bool, days: int = 2) -> StepArrays:
    batch = batch_of(journey_of(data), days)
    if tied:
        batch = batch.tied()
    steps = batch.steps()
    assert differences(steps, batch.steps(oracle.simulate_day)) == []
    return steps


@settings(max_examples=150)
@given(branch_maps())
def test_engine_agrees_with_the_rules_read_aloud(data: dict[str, Any]) -> None:
    assert_agree(data, tied=False)


@settings(max_examples=150)
@given(branch_maps(tied=True))
def test_engine_agrees_with_the_rules_where_everything_is_tied(data: dict[str, Any]) -> None:
    assert_agree(data, tied=True)


@pytest.mark.slow
@settings(max_examples=1000)
@given(branch_maps())
def test_engine_agrees_with_the_rules_on_many_maps(data: dict[str, Any]) -> None:
    assert_agree(data, tied=False, days=3)


@pytest.mark.slow
@settings(max_examples=1000)
@given(branch_maps(tied=True))
def test_engine_agrees_with_the_rules_on_many_tied_maps(data: dict[str, Any]) -> None:
    assert_agree(data, tied=True, days=3)


@pytest.mark.parametrize("at_close", ["serve", "leave"])
@pytest.mark.parametrize("tied", [False, True])
def test_engine_agrees_with_the_rules_on_busy_days(at_close: str, tied: bool) -> None:
    steps = assert_agree(changed(BUSY, {"hours.at_close": at_close}), tied=tied, days=20)
    seen = {Outcome(outcome).name for outcome in steps.outcome}
    assert seen == {"SERVED", "FAILED", "BALKED", "RENEGED", "REJECTED"} | (
        {"CLOSED"} if at_close == "leave" else set()
    )


SHIPPED = sorted((Path(__file__).parents[2] / "journeys").glob("*.yaml"))


def assert_agree_on_shipped(path: Path, days: int) -> None:
    """Every day by itself, so that each weekday has the hours and rates of its own."""
    journey = load_journey(path)
    for day in open_days(journey, MONDAY, days):
        batch = batch_of_days(journey, [day])
        steps = batch.steps()
        assert steps.visit.size >= batch.arrivals.tick.size > 0
        assert differences(steps, batch.steps(oracle.simulate_day)) == []
        assert differences(batch.tied().steps(), batch.tied().steps(oracle.simulate_day)) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_engine_agrees_with_the_rules_on_shipped_maps(path: Path) -> None:
    assert_agree_on_shipped(path, 2)


@pytest.mark.slow
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_engine_agrees_with_the_rules_on_a_month_of_shipped_maps(path: Path) -> None:
    assert_agree_on_shipped(path, 25)


def test_there_are_shipped_maps() -> None:
    assert SHIPPED
