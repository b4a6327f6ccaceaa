"""The engine and a second one written plainly from the rules agree on every step of every visit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import oracle
from tests.branch_days import BUSY, MONDAY, batch_of, batch_of_days, changed, differences, journey_of
from tests.branch_maps import branch_maps
from tests.strategies import FILES, journey_maps

from journeysim.branch import ReplicationResult, open_days, simulate, simulate_replication
from journeysim.branch.draws import Draws
from journeysim.branch.plan import Outcome, Plan
from journeysim.branch.simpy_engine import NeedsMoreDraws
from journeysim.branch.steps import StepArrays
from journeysim.errors import InputError
from journeysim.journey import Journey, load_journey


def assert_agree(data: dict[str, Any], *, tied: bool, days: int = 2) -> StepArrays:
    batch = batch_of(journey_of(data), days)
    if tied:
        batch = batch.tied()
    steps = batch.steps()
    assert differences(steps, batch.steps(oracle.simulate_day)) == []
    return steps


@settings(max_examples=50)
@given(branch_maps())
def test_engine_agrees_with_the_rules_read_aloud(data: dict[str, Any]) -> None:
    assert_agree(data, tied=False)


@settings(max_examples=50)
@given(branch_maps(tied=True))
def test_engine_agrees_with_the_rules_where_everything_is_tied(data: dict[str, Any]) -> None:
    assert_agree(data, tied=True)


def journey_with_files(data: dict[str, Any]) -> Journey | None:
    """The map; None for the few that do not pass their checks."""
    try:
        return journey_of(data, FILES)
    except InputError:
        return None


def assert_agree_on_any(data: dict[str, Any], *, tied: bool, days: int = 2) -> None:
    """Line groups, head starts, wrap-up, kept servers, breakdowns, bookings and people waiting at opening."""
    journey = journey_with_files(data)
    if journey is not None:
        batch = batch_of(journey, days)
        batch = batch.tied() if tied else batch
        assert differences(batch.steps(), batch.steps(oracle.simulate_day)) == []


@settings(max_examples=50)
@given(journey_maps(per_hour=60, files=True))
def test_engine_agrees_with_the_rules_on_maps_with_every_form(data: dict[str, Any]) -> None:
    assert_agree_on_any(data, tied=False)


@settings(max_examples=50)
@given(journey_maps(per_hour=60, files=True))
def test_engine_agrees_with_the_rules_on_tied_maps_with_every_form(data: dict[str, Any]) -> None:
    assert_agree_on_any(data, tied=True)


@pytest.mark.slow
@settings(max_examples=600)
@given(journey_maps(per_hour=60, files=True), st.booleans())
def test_engine_agrees_with_the_rules_on_many_maps_with_every_form(data: dict[str, Any], tied: bool) -> None:
    assert_agree_on_any(data, tied=tied, days=3)


def oracle_as_engine(plan: Plan, draws: Draws, first: int, last: int) -> StepArrays:
    """The rules read aloud, asking for more draws as an engine does."""
    try:
        return oracle.simulate_day(plan, draws, first, last)
    except oracle.DrawsRunShort as error:
        raise NeedsMoreDraws(first, 0, 0) from error


def assert_replications_agree(journey: Journey | None, days: int) -> None:
    """Contacts on later days included: each day's visits follow from the days before."""
    if journey is None:
        return

    def run() -> ReplicationResult:
        found = open_days(journey, MONDAY, days)
        return simulate_replication(journey, found, seed=3, replication=1, target_wait_min=5, keep_steps=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulate, "engine_with", lambda rules: oracle_as_engine)
        expected = run()
    found = run()
    assert found.steps is not None
    assert found.steps.equals(expected.steps)
    assert [repr(metric) for metric in found.metrics] == [repr(metric) for metric in expected.metrics]


@settings(max_examples=20)
@given(journey_maps(per_hour=30, files=True))
def test_replications_agree_with_the_rules(data: dict[str, Any]) -> None:
    assert_replications_agree(journey_with_files(data), 5)


@pytest.mark.slow
@settings(max_examples=200)
@given(journey_maps(per_hour=30, files=True))
def test_many_replications_agree_with_the_rules(data: dict[str, Any]) -> None:
    assert_replications_agree(journey_with_files(data), 8)


@pytest.mark.slow
@settings(max_examples=400)
@given(branch_maps())
def test_engine_agrees_with_the_rules_on_many_maps(data: dict[str, Any]) -> None:
    assert_agree(data, tied=False, days=3)


@pytest.mark.slow
@settings(max_examples=400)
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


@pytest.mark.parametrize(
    "path",
    # The oracle takes long for the thousands of calls of a day; a week of them is among the slow tests.
    [path for path in SHIPPED if not path.stem.startswith("call-centre")],
    ids=lambda path: path.stem,
)
def test_engine_agrees_with_the_rules_on_shipped_maps(path: Path) -> None:
    assert_agree_on_shipped(path, 2)


@pytest.mark.slow
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_engine_agrees_with_the_rules_on_a_month_of_shipped_maps(path: Path) -> None:
    assert_agree_on_shipped(path, 5 if path.stem.startswith("call-centre") else 25)


def test_replications_of_the_six_calls_agree_with_the_rules() -> None:
    assert_replications_agree(load_journey(SHIPPED[0].with_name("six-calls.yaml")), 15)


def test_there_are_shipped_maps() -> None:
    assert SHIPPED
