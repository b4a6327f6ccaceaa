"""Which moments a visit has."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.experience_by_hand import PLAIN, Step, by_hand, rules

from journeysim.branch.plan import Outcome
from journeysim.experience.waiting import perceived_wait_min, wait_score

SURE = rules(
    **PLAIN,
    encounters__attentive={"low": 0.8, "high": 0.8},
    encounters__indifferent={"low": 0.8, "high": 0.8},
)
"""Every encounter with staff has quality .8."""
LINEAR = -0.8 + 1.5 * 0.8
GREETING = 0.5 * math.expm1(0.8) / math.expm1(1)
MUST_BE = -0.9 + 1.4 * (1 - math.exp(-0.8)) * math.e / (math.e - 1)
MACHINE = -0.8 + 1.5 * 0.7


def of_wait(minutes: float, factor: float = 1.0) -> float:
    """Score of a wait where ten minutes are acceptable."""
    perceived = perceived_wait_min(np.array([minutes]), factor, SURE.waiting)
    return float(wait_score(perceived, np.array([10.0]), SURE.waiting)[0])


def moments(*steps: Step, **changes: object) -> list[tuple[float, float]]:
    """Wait and encounter moment of each step of a visit; NaN where there is none."""
    made = by_hand([steps], SURE, changes)
    scores = made.scores(10.0)
    return list(zip(scores.wait_moment.tolist(), scores.encounter_moment.tolist(), strict=True))


def expect(found: list[tuple[float, float]], *expected: tuple[float | None, float | None]) -> None:
    said = [tuple(math.nan if value is None else value for value in pair) for pair in expected]
    assert np.array(found) == pytest.approx(np.array(said), abs=2e-6, nan_ok=True)


def test_a_queue_joined_is_a_wait_and_a_service_an_encounter() -> None:
    expect(moments(Step("counter", 4.0)), (of_wait(4.0, 0.81), LINEAR))
    expect(moments(Step("counter", 0.0)), (math.tanh(1.0), LINEAR))
    expect(moments(Step("adviser", 4.0)), (of_wait(4.0), MUST_BE))


def test_a_short_wait_before_a_greeting_or_a_machine_goes_unnoticed() -> None:
    expect(moments(Step("door", 1.0)), (None, GREETING))
    expect(moments(Step("door", 1.01)), (of_wait(1.01), GREETING))
    expect(moments(Step("machine", 0.5)), (None, MACHINE))
    expect(moments(Step("machine", 3.0)), (of_wait(3.0), MACHINE))


def test_a_service_that_failed() -> None:
    expect(moments(Step("machine", 2.0, outcome=Outcome.FAILED)), (of_wait(2.0), -0.8))
    expect(moments(Step("counter", 2.0, outcome=Outcome.FAILED)), (of_wait(2.0, 0.81), -0.8))


@pytest.mark.parametrize("outcome", [Outcome.RENEGED, Outcome.CLOSED])
def test_a_wait_for_nothing(outcome: Outcome) -> None:
    expect(moments(Step("counter", 3.0, None, outcome)), (-0.6, None))
    expect(moments(Step("counter", 20.0, None, outcome)), (of_wait(20.0, 0.81), None))
    expect(moments(Step("door", 0.5, None, outcome)), (-0.6, None))
    assert of_wait(20.0, 0.81) < -0.9


@pytest.mark.parametrize("outcome", [Outcome.BALKED, Outcome.REJECTED])
def test_who_never_joined(outcome: Outcome) -> None:
    expect(moments(Step("counter", 0.0, None, outcome)), (-0.6, None))
    expect(moments(Step("machine", 0.0, None, outcome)), (-0.6, None))


def test_nobody_meets_the_back_office_but_the_customer_waits_for_its_work() -> None:
    expect(
        moments(Step("counter"), Step("check", 3.0, 2.0)),
        (math.tanh(1.0), LINEAR),
        (of_wait(5.0), None),
    )
    expect(
        moments(Step("counter"), Step("check", 0.0, 2.0, Outcome.FAILED)),
        (math.tanh(1.0), LINEAR),
        (of_wait(2.0), -0.8),
    )


def test_a_contact_that_begins_in_the_back_office_begins_without_the_customer() -> None:
    expect(
        moments(Step("check", 90.0, 5.0), Step("adviser", 30.0), Step("counter", 4.0)),
        (None, None),
        (None, MUST_BE),
        (of_wait(4.0, 0.81), LINEAR),
    )
    expect(moments(Step("check", 90.0, None, Outcome.CLOSED)), (None, None))


def test_nobody_serves_where_there_is_no_queue_unless_the_map_says_so() -> None:
    expect(moments(Step("menu"), Step("app")), (None, None), (None, MACHINE))
    expect(moments(Step("menu"), **{"touchpoints.menu.reason": "staff"}), (None, LINEAR))


def test_a_wait_for_a_greeting_or_a_machine_makes_the_meeting_no_better_than_itself() -> None:
    """It is no moment beside it: quick work behind the scenes must not make a visit better than none."""

    def score(*steps: Step) -> float:
        return float(by_hand([steps], SURE).scores(10.0).score[0])

    def step_scores(*steps: Step) -> list[float]:
        return by_hand([steps], SURE).scores(10.0).step_score.tolist()

    alone = score(Step("machine"))
    assert alone == pytest.approx(MACHINE, abs=2e-6)
    assert score(Step("machine", 2.0)) == alone
    assert score(Step("machine", 9.0)) == pytest.approx(of_wait(9.0), abs=2e-6)
    assert of_wait(9.0) < 0 < MACHINE < of_wait(2.0)
    counter = score(Step("counter", 4.0))
    assert score(Step("counter", 4.0), Step("check", 0.0, 1.0)) == counter
    own = of_wait(4.0, 0.81)
    last = of_wait(12.0)
    coloured = 0.4 * last + 0.3 * last + 0.3 * (own + last) / 2
    assert score(Step("counter", 4.0), Step("check", 7.0, 5.0)) == pytest.approx(coloured, abs=2e-6)
    assert step_scores(Step("machine", 9.0), Step("machine", 2.0), Step("counter", 4.0)) == pytest.approx(
        [of_wait(9.0), MACHINE, (own + LINEAR) / 2], abs=2e-6
    )


def test_the_back_office_alone_is_judged_by_its_time() -> None:
    scores = by_hand([[Step("menu"), Step("check", 4.0, 4.0)]], SURE).scores(10.0)
    assert scores.score[0] == pytest.approx(of_wait(8.0), abs=2e-6)
    assert scores.staff[0] == pytest.approx(of_wait(8.0), abs=2e-6)
    assert np.isnan(scores.product[0])


def test_what_moments_speak_for() -> None:
    def staff_and_product(*steps: Step, **changes: object) -> tuple[float, float]:
        scores = by_hand([steps], SURE, changes).scores(10.0)
        return float(scores.staff[0]), float(scores.product[0])

    def expect_means(found: tuple[float, float], staff: float, product: float) -> None:
        assert found == pytest.approx((staff, product), abs=2e-6, nan_ok=True)

    expect_means(staff_and_product(Step("door")), GREETING, math.nan)
    expect_means(staff_and_product(Step("machine")), math.nan, MACHINE)
    expect_means(
        staff_and_product(Step("machine"), **{"touchpoints.machine.reason": "staff"}), MACHINE, math.nan
    )
    expect_means(staff_and_product(Step("app")), math.nan, MACHINE)
    expect_means(staff_and_product(Step("adviser", 4.0)), of_wait(4.0), MUST_BE)
    expect_means(staff_and_product(Step("counter", 4.0)), (of_wait(4.0, 0.81) + LINEAR) / 2, math.nan)
    failed = staff_and_product(Step("counter"), Step("check", 0.0, 0.0, Outcome.FAILED))
    expect_means(failed, (math.tanh(1.0) + LINEAR) / 2, -0.8)


def test_a_moment_of_truth_weighs_more() -> None:
    assert by_hand([[Step("door")]], SURE).scores().score[0] == pytest.approx(
        0.4 * 1.5 * GREETING + 0.6 * GREETING, abs=2e-6
    )


def test_each_coming_to_a_touchpoint_has_luck_of_its_own_and_more_steps_move_nobodys() -> None:
    one = by_hand([[Step("counter")]] * 50).scores().encounter_moment
    two = by_hand([[Step("door"), Step("counter"), Step("counter")]] * 50).scores()
    again = two.encounter_moment.reshape(50, 3)
    assert np.array_equal(one, again[:, 1])
    assert np.unique(again[:, 1:]).size == 100
