"""Draws: each number is a person's own, through the quantile function that the map asks for."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from scipy import stats
from tests.branch_days import BUSY, Batch, batch_of, changed, journey_of, one_queue

from journeysim.branch import simulate_replication
from journeysim.branch.draws import Draws, StepDraws, draw_steps
from journeysim.branch.routes import LEAVE
from journeysim.units import LONGEST, NEVER, TICKS_PER_MINUTE, to_ticks

DOOR, MACHINE, COUNTER, ADVICE, FORM = range(5)


def drawn(data: dict[str, Any], days: int = 5, occurrences: int = 4) -> tuple[Batch, Draws]:
    batch = batch_of(journey_of(data), days)
    return batch, draw_steps(batch.plan, batch.arrivals, batch.capacity, batch.luck, occurrences)


def one_service(service: dict[str, Any], days: int = 100) -> tuple[Batch, np.ndarray]:
    batch, draws = drawn(one_queue(touchpoints__counter__service=service), days)
    return batch, draws.steps[0][0].service / TICKS_PER_MINUTE


def same(one: StepDraws, other: StepDraws, whom: np.ndarray | slice = slice(None)) -> bool:
    return all(
        np.array_equal(getattr(one, f.name)[..., whom], getattr(other, f.name)[..., whom])
        for f in fields(StepDraws)
    )


def test_a_touchpoint_on_a_cycle_has_several_blocks_and_others_one() -> None:
    _, draws = drawn(BUSY)
    assert [len(blocks) for blocks in draws.steps] == [1, 1, 4, 4, 1]


def test_more_occurrences_change_none_of_the_others() -> None:
    batch, few = drawn(BUSY)
    _, many = drawn(BUSY, occurrences=16)
    for short, long in zip(few.steps, many.steps, strict=True):
        for one, other in zip(short, long, strict=False):
            reached = np.arange(batch.arrivals.tick.size)
            assert np.array_equal(one.service[reached], other.service[reached])
            assert np.array_equal(one.patience, other.patience)
            assert np.array_equal(one.fails, other.fails)
            assert np.array_equal(one.balks, other.balks)
    assert len(many.steps[COUNTER]) == 16
    # Each coming has luck of its own.
    assert not np.array_equal(many.steps[COUNTER][0].service, many.steps[COUNTER][1].service)


def test_service_is_the_quantile_at_the_persons_number() -> None:
    batch, draws = drawn(BUSY)
    u = batch.luck.uniforms("service\0machine\0" + "0", batch.arrivals.luck_address)
    expected = stats.lognorm(np.sqrt(np.log1p(0.36)), scale=3 / np.sqrt(1.36)).ppf(u) * TICKS_PER_MINUTE
    cash = batch.arrivals.need == 0
    assert abs(draws.steps[MACHINE][0].service - expected)[cash].max() < 0.6


def test_service_and_patience_are_those_of_the_class() -> None:
    data = one_queue(
        segments={
            "a": {"share": 0.5, "patience": {"constant": "1 min"}, "acceptable_wait": {"constant": "2 min"}},
            "b": {"share": 0.5},
        },
        touchpoints__counter__service={
            "by_segment": {"a": {"constant": "3 min"}, "b": {"constant": "4 min"}}
        },
    )
    batch, draws = drawn(data)
    a = batch.arrivals.segment == 0
    (step,) = draws.steps[0]
    assert set(step.service[a]) == {to_ticks(3)}
    assert set(step.service[~a]) == {to_ticks(4)}
    assert set(step.patience[a]) == {to_ticks(1)}
    assert set(step.patience[~a]) == {NEVER}
    assert set(draws.acceptable_wait[a]) == {to_ticks(2)}
    assert set(draws.acceptable_wait[~a]) == {NEVER}


def test_a_mixture_takes_its_parts_by_their_shares() -> None:
    parts = [
        {"share": 0.7, "of": {"uniform": {"low": "1 min", "high": "2 min"}}},
        {"share": 0.2, "of": {"constant": "5 min"}},
        {"share": 0.1, "of": {"exponential": {"mean": "9 min"}}},
    ]
    _, minutes = one_service({"mixture": parts})
    short, five = (minutes >= 1) & (minutes <= 2), minutes == 5
    size = minutes.size
    assert five.mean() == pytest.approx(0.2, abs=4 * (0.16 / size) ** 0.5)
    overlap = np.exp(-1 / 9) - np.exp(-2 / 9)
    share = 0.7 + 0.1 * overlap
    assert short.mean() == pytest.approx(share, abs=4 * (share * (1 - share) / size) ** 0.5)
    # Who has this part says nothing about where in it they are.
    late = minutes[short] > 1.7
    assert late.mean() == pytest.approx(0.3, abs=0.03)
    assert minutes.mean() == pytest.approx(0.7 * 1.5 + 1 + 0.9, abs=4 * minutes.std() / size**0.5)
    # A part is drawn by a stream of its own: another share elsewhere moves nobody who stays in their part.
    parts[1], parts[2] = {**parts[1], "share": 0.1}, {**parts[2], "share": 0.2}
    _, moved = one_service({"mixture": parts})
    assert np.array_equal(moved[short & (moved <= 2)], minutes[short & (moved <= 2)])
    assert np.mean(moved != minutes) < 0.15


def test_durations_are_whole_ticks_and_not_negative() -> None:
    _, draws = drawn(
        changed(BUSY, {"touchpoints.form.service": {"normal": {"mean": "1 min", "sd": "3 min"}}})
    )
    for blocks in draws.steps:
        for step in blocks:
            assert step.service.dtype == np.int64
            assert step.service.min() >= 0
            assert step.patience.min() >= 0


def test_the_slow_stay_slow_in_every_family() -> None:
    """Inversion: a longer service under one distribution is a longer one under every other."""
    families = [
        {"exponential": {"mean": "5 min"}}, {"gamma": {"mean": "4 min", "cv": 0.7}},
        {"lognormal": {"mean": "3 min", "cv": 2}}, {"weibull": {"mean": "6 min", "shape": 0.7}},
        {"uniform": {"low": "1 min", "high": "3 min"}}, {"normal": {"mean": "6 min", "sd": "2 min"}},
    ]  # fmt: skip
    _, reference = one_service(families[0])
    by = np.argsort(reference)
    for family in families[1:]:
        _, minutes = one_service(family)
        # Two people may share a tick under one of them.
        assert np.diff(minutes[by]).min() > -1e-4, family


@pytest.mark.parametrize("fails", [0.0, 0.3, 1.0])
def test_services_fail_as_often_as_the_map_says(fails: float) -> None:
    _, draws = drawn(one_queue(touchpoints__counter__fails=fails), 100)
    failed = draws.steps[0][0].fails
    assert failed.mean() == pytest.approx(fails, abs=4 * (fails * (1 - fails) / failed.size) ** 0.5)


@pytest.mark.parametrize("probability", [0.0, 0.4, 1.0])
def test_customers_balk_as_often_as_the_map_says(probability: float) -> None:
    balk = {"at_length": 1, "probability": probability}
    _, draws = drawn(one_queue(queues__line__balk=balk), 100)
    balks = draws.steps[0][0].balks
    assert balks.mean() == pytest.approx(
        probability, abs=4 * (probability * (1 - probability) / balks.size) ** 0.5
    )


def test_decisions_are_unrelated() -> None:
    """Failure, balking, route, service and patience of one step come from streams of their own."""
    data = changed(
        BUSY,
        {
            "touchpoints.counter.fails": 0.5,
            "touchpoints.counter.next": [{"to": {"form": 0.5, "leave": 0.5}}],
            "needs.advice.start": "advice",
            "queues.counter_line.patience": {"exponential": {"mean": "5 min"}},
        },
    )
    batch, draws = drawn(data, 100)
    cash = batch.arrivals.need == 0
    first, second = draws.steps[COUNTER][:2]
    columns = [
        first.service, first.patience, first.fails, first.balks, first.goes_to[0] == LEAVE,
        second.service, second.fails, draws.steps[DOOR][0].service,
    ]  # fmt: skip
    ranks = np.array([stats.rankdata(column[cash]) for column in columns])
    correlation = np.corrcoef(ranks)[np.triu_indices(len(columns), 1)]
    assert abs(correlation).max() < 4.5 / np.sqrt(np.count_nonzero(cash))


def test_ways_on_follow_the_situation_with_one_number() -> None:
    batch, draws = drawn(BUSY, 100)
    route = batch.plan.touchpoint_plans[COUNTER].route
    step = draws.steps[COUNTER][0]
    assert step.goes_to.shape == (route.situations, batch.arrivals.tick.size) == (4, batch.arrivals.tick.size)
    cash = batch.arrivals.need == 0
    fresh, waited, failed, both = step.goes_to[:, cash]
    assert np.mean(fresh == FORM) == pytest.approx(0.3, abs=4 * (0.21 / cash.sum()) ** 0.5)
    assert set(fresh) == {FORM, LEAVE}
    assert set(waited) == {LEAVE}
    assert set(failed) == set(both) == {FORM}
    advice = step.goes_to[0, ~cash]
    assert np.mean(advice == ADVICE) == pytest.approx(0.6, abs=4 * (0.24 / (~cash).sum()) ** 0.5)


def test_only_who_can_come_is_drawn_and_theirs_does_not_depend_on_it() -> None:
    """Opening the machines to everybody leaves the luck of those who came before."""
    batch, before = drawn(BUSY)
    _, after = drawn(changed(BUSY, {"touchpoints.door.next": [{"to": {"machine": 0.8, "counter": 0.2}}]}))
    cash = batch.arrivals.need == 0
    assert same(before.steps[MACHINE][0], after.steps[MACHINE][0], cash)
    assert set(before.steps[MACHINE][0].service[~cash]) == {LONGEST}
    assert LONGEST not in after.steps[MACHINE][0].service


@pytest.mark.parametrize(
    "heavy",
    [
        {"lognormal": {"median": "3000 days", "sigma": 5}},
        {"weibull": {"scale": "3000 days", "shape": 0.1}},
        {"gamma": {"mean": "3000 days", "cv": 10}},
        {"gamma": {"shape": 0.01, "scale": "3000 days"}},
    ],
)
@pytest.mark.filterwarnings("error")
def test_the_heaviest_tails_that_a_map_may_ask_for_run_to_the_end(heavy: dict[str, Any]) -> None:
    data = one_queue(
        touchpoints__counter__service=heavy,
        queues__line__patience=heavy,
        touchpoints__counter__next=[{"to": "counter", "probability": 0.5}, {"to": "leave"}],
    )
    journey = journey_of(data)
    batch, draws = drawn(data)
    step = draws.steps[0][0]
    assert 0 <= step.service.min() <= step.service.max() <= LONGEST
    assert ((step.patience <= LONGEST) | (step.patience == NEVER)).all()
    result = simulate_replication(journey, batch.days, seed=1, replication=0, target_wait_min=5)
    assert result.totals.sums.min() >= 0
    assert result.totals.staff.min() >= 0
