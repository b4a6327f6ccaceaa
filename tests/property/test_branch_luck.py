"""Luck belongs to people: what an option changes moves nobody whom it does not concern."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.branch_days import BUSY, EVERYTHING, MONDAY, Batch, batch_of, changed, journey_of
from tests.branch_maps import branch_maps

from journeysim.branch import open_days, simulate_replication
from journeysim.branch.draws import StepDraws, draw_steps
from journeysim.units import NEVER

DAYS = 6
NEW_PLACE = {"stage": "New", "service": {"exponential": {"mean": "3 min"}}}
NEW_STAFF = {"count": 1, "serves": ["new_line"]}


def table(data: dict[str, Any], days: int = DAYS) -> pl.DataFrame:
    journey = journey_of(data)
    result = simulate_replication(
        journey, open_days(journey, MONDAY, days), seed=3, replication=1, target_wait_min=5, keep_steps=True
    )
    assert result.steps is not None
    return result.steps


def first_in(data: dict[str, Any], key: str, name: str, value: Any) -> dict[str, Any]:
    """A copy with something added in front of its like."""
    return {**data, key: {name: value, **data[key]}}


def last_in(data: dict[str, Any], key: str, name: str, value: Any) -> dict[str, Any]:
    return {**data, key: {**data[key], name: value}}


def with_nobody_going_there(data: dict[str, Any], *, in_front: bool) -> dict[str, Any]:
    """A new place with a queue and staff of its own, before every way on, taken with probability 0."""
    add = first_in if in_front else last_in
    data = add(
        data, "touchpoints", "new", {**NEW_PLACE, "queue": "new_line", "fails": 0.2, "if_failed": "new"}
    )
    data = add(data, "queues", "new_line", {"discipline": "priority", "capacity": 1})
    data = add(data, "staff", "newcomers", NEW_STAFF)
    touchpoints = {
        name: {**point, "next": [{"to": "new", "probability": 0}, *point.get("next", [{"to": "leave"}])]}
        for name, point in data["touchpoints"].items()
    }
    return {**data, "touchpoints": touchpoints}


def with_a_segment_of_nobody(data: dict[str, Any], *, in_front: bool) -> dict[str, Any]:
    """A new segment of share 0, with the best priority of all."""
    add = first_in if in_front else last_in
    new = {"share": 0, "priority": -5, "patience": {"constant": "1 min"}}
    needs = {name: dict(need) for name, need in data["needs"].items()}
    for number, need in enumerate(needs.values()):
        if isinstance(need["share"], dict):
            need["share"] = {**need["share"], "new": 1.0 if number == 0 else 0.0}
    return {**add(data, "segments", "new", new), "needs": needs}


@pytest.mark.parametrize("in_front", [False, True])
def test_a_touchpoint_reached_with_probability_0_moves_nothing(in_front: bool) -> None:
    assert table(BUSY).equals(table(with_nobody_going_there(BUSY, in_front=in_front)))


def test_a_segment_of_share_0_moves_nothing() -> None:
    assert table(BUSY).equals(table(with_a_segment_of_nobody(BUSY, in_front=False)))


def test_a_segment_of_share_0_in_front_moves_nothing_but_its_place_in_ids() -> None:
    before, after = table(BUSY), table(with_a_segment_of_nobody(BUSY, in_front=True))
    assert before.drop("visit_id", "case_id").equals(after.drop("visit_id", "case_id"))
    assert np.array_equal(after["visit_id"] - before["visit_id"], np.full(before.height, 1 << 32))


@settings(max_examples=25)
@given(branch_maps(), st.booleans())
def test_what_nobody_uses_moves_nothing(data: dict[str, Any], in_front: bool) -> None:
    before = table(data, 2)
    assert before.equals(table(with_nobody_going_there(data, in_front=in_front), 2))
    assert before.equals(table(with_a_segment_of_nobody(data, in_front=False), 2))


def test_a_new_stream_moves_no_other() -> None:
    """What one thing newly draws (patience, failure, balking, a split) leaves all other draws."""
    plain = changed(
        BUSY, {"segments.regular": {"share": 0.8, "priority": 2}, "touchpoints.machine.fails": 0.0}
    )
    plain = changed(plain, {"queues.machine_line": {}, "touchpoints.form.next": [{"to": "leave"}]})
    more = changed(plain, {"segments.regular.patience": {"exponential": {"mean": "9 min"}}})
    more = changed(
        more,
        {
            "touchpoints.machine.fails": 0.3,
            "queues.machine_line": {"balk": {"at_length": 1, "probability": 0.5}},
        },
    )
    more = changed(more, {"touchpoints.form.next": [{"to": {"counter": 0.1, "leave": 0.9}}]})
    for one, other in zip(draws_of(plain), draws_of(more), strict=True):
        assert np.array_equal(one.service, other.service)


def draws_of(data: dict[str, Any]) -> list[StepDraws]:
    """First draws at every touchpoint."""
    batch = batch_of(journey_of(data), DAYS)
    return [blocks[0] for blocks in draw_steps(batch.plan, batch.arrivals, batch.capacity, batch.luck).steps]


CHANGES = {
    "roster": {"staff.tellers.count": 7},
    "capacity": {"queues.machine_line.capacity": 1},
    "balking": {"queues.counter_line.balk": {"at_length": 2, "probability": 0.3}},
    "serves": {"staff.tellers.serves": ["advice_line", "counter_line"]},
    "at close": {"hours.at_close": "leave"},
    "discipline": {"queues.counter_line.discipline": "fifo"},
    "another service": {"touchpoints.machine.service": {"constant": "4 min"}},
    "another patience": {"segments.vip.patience": {"constant": "4 min"}},
    "priorities": {"segments.vip.priority": 9},
}


FURTHER: dict[str, dict[str, Any]] = {
    "wrap-up": {"touchpoints.counter.wrap_up": {"exponential": {"mean": "1 min"}}},
    "a head start": {"segments.vip.head_start": "5 min"},
    "breakdowns": {"staff.machines.breakdown": EVERYTHING["staff"]["machines"]["breakdown"]},
    "later contacts": {
        "touchpoints.form.next": [{"to": "counter", "after": "2 days", "probability": 0.4}, {"to": "leave"}]
    },
    "a kept server": {"touchpoints.advice.next": [{"to": "form", "keep_server": True}]},
    "a line group": {
        "queues.advice_line.line_group": "advice_lines",
        "queues.second_line": {**BUSY["queues"]["advice_line"], "line_group": "advice_lines"},
        "touchpoints.advice.queue": "advice_lines",
        "staff.advisers.serves": ["second_line"],
    },
    "people at opening": {"queues.counter_line.start_with": {"touchpoint": "counter", "count": 3}},
}
"""Further rules, each of which changes what happens, and nobody's arrival or draws elsewhere."""


@pytest.mark.parametrize("change", FURTHER)
def test_further_rules_leave_everybodys_luck(change: str) -> None:
    other_data = changed(BUSY, FURTHER[change])
    before, after = (batch_of(journey_of(data), DAYS) for data in (BUSY, other_data))
    place = {who: row for row, who in enumerate(addresses(after))}
    rows = np.array([place[who] for who in addresses(before)], dtype=np.int64)
    for name in ("day", "tick", "segment", "need", "order", "start", "case"):
        assert np.array_equal(getattr(before.arrivals, name), getattr(after.arrivals, name)[rows]), name
    assert after.arrivals.tick.size - rows.size == (3 * DAYS if change == "people at opening" else 0)
    one, other = before.draws(4), after.draws(4)
    assert np.array_equal(one.acceptable_wait, other.acceptable_wait[rows])
    for name, mine, theirs in zip(BUSY["touchpoints"], one.steps, other.steps, strict=True):
        unlike = {"wrap_up"} | ({"goes_to"} if f"touchpoints.{name}.next" in FURTHER[change] else set())
        for a, b in zip(mine, theirs, strict=False):
            # (Who can come to a place only now has numbers there only now.)
            known = a.service < NEVER
            for column in {f.name for f in fields(StepDraws)} - unlike:
                found = getattr(b, column)[..., rows][..., known]
                assert np.array_equal(getattr(a, column)[..., known], found), (name, column)
    assert not table(BUSY).equals(table(other_data))


@pytest.mark.parametrize("change", FURTHER)
def test_further_rules_leave_all_first_contacts(change: str) -> None:
    """Each first contact is there at its time, whatever became of those before it."""
    tables = table(BUSY), table(changed(BUSY, FURTHER[change]))
    first = [
        t.filter((pl.col("step") == 1) & (pl.col("case_id") == pl.col("visit_id"))).select(
            "visit_id", "day", "segment", "need", "joined_min"
        )
        for t in tables
    ]
    assert first[0].join(first[1], on=first[0].columns, how="semi").height == first[0].height


@pytest.mark.parametrize("change", CHANGES)
def test_arrivals_and_services_stay_when_something_else_changes(change: str) -> None:
    other_data = changed(BUSY, CHANGES[change])
    assert_same_arrivals(batch_of(journey_of(BUSY), DAYS), batch_of(journey_of(other_data), DAYS))
    drawn = zip(draws_of(BUSY), draws_of(other_data), BUSY["touchpoints"], strict=True)
    for one, other, name in drawn:
        if not (change == "another service" and name == "machine"):
            assert np.array_equal(one.service, other.service)
        assert np.array_equal(one.fails, other.fails)
        assert np.array_equal(one.goes_to, other.goes_to)
    # A change that did nothing would make this test say nothing.
    assert not table(BUSY).equals(table(other_data))


def assert_same_arrivals(one: Batch, other: Batch) -> None:
    for f in fields(one.arrivals):
        if f.name != "luck_address":
            assert np.array_equal(getattr(one.arrivals, f.name), getattr(other.arrivals, f.name)), f.name


def test_another_family_of_the_same_mean_moves_only_its_own_times() -> None:
    """The machine's users meet the same luck everywhere else, and slow users stay slow."""
    before = draws_of(BUSY)[1].service
    after = draws_of(
        changed(BUSY, {"touchpoints.machine.service": {"weibull": {"mean": "3 min", "shape": 1.2}}})
    )[1].service
    cash = batch_of(journey_of(BUSY), DAYS).arrivals.need == 0
    by = np.argsort(before[cash])
    assert np.diff(after[cash][by]).min() >= -2
    assert not np.array_equal(before[cash], after[cash])


MORE = {
    "scale": {"arrivals.scale": 1.3},
    "a higher rate": {"arrivals.per_hour": {"09:00": 50, "10:30": 111.5}},
    "a rate that starts earlier": {"arrivals.per_hour": {"09:00": 50, "10:10": 80}},
    "a busier weekday": {"arrivals.day_of_week": {"mon": 2.05, "tue": 1.01}},
    "longer hours": {
        "hours": {"open": "08:40", "close": "13:15"},
        "arrivals.per_hour": {"08:40": 50, "10:30": 80},
    },
}


@pytest.mark.parametrize("change", MORE)
def test_more_demand_keeps_everybody_who_came_before(change: str) -> None:
    before = batch_of(journey_of(BUSY), 1)
    after = batch_of(journey_of(changed(BUSY, MORE[change])), 1)
    assert_among(before, after)
    assert after.arrivals.tick.size > before.arrivals.tick.size


def addresses(batch: Batch) -> list[tuple[int, int]]:
    return list(zip(batch.arrivals.day.tolist(), batch.arrivals.order.tolist(), strict=True))


def assert_among(before: Batch, after: Batch) -> None:
    """Everybody before is there after, at the same time, with the same needs and the same draws."""
    place = {who: row for row, who in enumerate(addresses(after))}
    rows = np.array([place[who] for who in addresses(before)], dtype=np.int64)
    for name in ("day", "tick", "segment", "need", "order"):
        assert np.array_equal(getattr(before.arrivals, name), getattr(after.arrivals, name)[rows])
    one = draw_steps(before.plan, before.arrivals, before.capacity, before.luck)
    other = draw_steps(after.plan, after.arrivals, after.capacity, after.luck)
    assert np.array_equal(one.acceptable_wait, other.acceptable_wait[rows])
    for mine, theirs in zip(one.steps, other.steps, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            for f in fields(StepDraws):
                assert np.array_equal(getattr(a, f.name), getattr(b, f.name)[..., rows])


@settings(max_examples=40)
@given(branch_maps(), st.sampled_from([1.1, 2.0, 3.7]), st.integers(0, 99))
def test_more_of_any_demand_keeps_everybody(data: dict[str, Any], factor: float, seed: int) -> None:
    scale = data["arrivals"]["scale"]
    more = changed(data, {"arrivals.scale": scale * factor})
    assert_among(batch_of(journey_of(data), 2, seed), batch_of(journey_of(more), 2, seed))


def test_a_larger_share_keeps_everybody_of_the_segment() -> None:
    before = batch_of(journey_of(BUSY), 1)
    after = batch_of(journey_of(changed(BUSY, {"segments.vip.share": 0.5, "segments.regular.share": 0.5})), 1)
    vips = set(before.arrivals.order[before.arrivals.segment == 1].tolist())
    assert vips < set(after.arrivals.order[after.arrivals.segment == 1].tolist())
    regulars = set(before.arrivals.order[before.arrivals.segment == 0].tolist())
    assert regulars > set(after.arrivals.order[after.arrivals.segment == 0].tolist())


def test_days_replications_and_seeds_have_luck_of_their_own() -> None:
    journey = journey_of(BUSY)
    batches = [
        batch_of(journey, 2, seed=seed, replication=replication)
        for seed, replication in ((1, 0), (1, 1), (2, 0))
    ]
    days = [
        tuple(batch.arrivals.tick[batch.arrivals.day == day].tolist()) for batch in batches for day in (0, 1)
    ]
    assert len(set(days)) == 6
    again = batch_of(journey, 2, seed=1)
    assert_same_arrivals(batches[0], again)
