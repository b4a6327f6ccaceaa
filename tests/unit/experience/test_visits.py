"""What is remembered of a visit, and what effort takes off, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.experience_by_hand import PLAIN, Step, by_hand, rules

from journeysim.branch.plan import Outcome
from journeysim.experience.moments import Moments, moments_of
from journeysim.experience.visits import Felt, effort, failures, handovers, remembered

RULES = rules().visits
NAN = math.nan


def folded(wait: list[float], encounter: list[float], **others: list[float]) -> tuple[float, float, float]:
    """Score, staff and product of one visit of the given moments."""
    size = len(wait)
    zero = np.zeros(size, dtype=np.int64)
    speaks = np.array(others.get("speaks", [0] * size), dtype=np.int64)
    weight = np.array(others.get("weight", [1.0] * size))
    moments = Moments(np.array([0, size]), zero, zero > 0, zero > 0, zero, speaks, zero, zero)
    personal = np.array(others["personal"]) if "personal" in others else None
    found = remembered(moments, Felt(np.array(wait), np.array(encounter)), weight, RULES, personal)
    return float(found.score[0]), float(found.staff[0]), float(found.product[0])


def test_peak_end_and_mean() -> None:
    score, _, _ = folded([NAN, 0.6, NAN], [0.2, -0.1, 0.3])
    assert score == pytest.approx(0.4 * 0.6 + 0.3 * 0.3 + 0.3 * (0.2 + 0.6 - 0.1 + 0.3) / 4)


def test_a_bad_moment_is_the_peak_before_a_good_one_that_is_twice_as_large() -> None:
    assert folded([0.6], [-0.3])[0] == pytest.approx(0.4 * -0.3 + 0.3 * -0.3 + 0.3 * 0.15)
    # .26 x 2.25 = .585 is less than .6
    assert folded([0.6], [-0.26])[0] == pytest.approx(0.4 * 0.6 + 0.3 * -0.26 + 0.3 * 0.17)


def test_of_two_peaks_as_large_the_worse_counts() -> None:
    """.25 x 2.25 is .5625, whichever comes first."""
    mean = (0.5625 - 0.25) / 2
    assert folded([0.5625], [-0.25])[0] == pytest.approx(0.4 * -0.25 + 0.3 * -0.25 + 0.3 * mean)
    assert folded([NAN, 0.5625], [-0.25, NAN])[0] == pytest.approx(0.4 * -0.25 + 0.3 * 0.5625 + 0.3 * mean)


def test_a_moment_of_truth_weighs_in_peak_and_mean() -> None:
    found = folded([NAN, NAN], [0.4, 0.5], weight=[1.5, 1.0])[0]
    assert found == pytest.approx(0.4 * 0.6 + 0.3 * 0.5 + 0.3 * (1.5 * 0.4 + 0.5) / 2.5)
    assert folded([NAN], [-0.8], weight=[1.5])[0] == pytest.approx(0.4 * -1 + 0.3 * -0.8 + 0.3 * -0.8)


def test_encounters_weigh_more_for_who_comes_for_personal_service() -> None:
    score, staff, _ = folded([0.3], [0.4], personal=[1.5])
    assert score == pytest.approx(0.4 * 0.6 + 0.3 * 0.4 + 0.3 * (0.3 + 1.5 * 0.4) / 2.5)
    assert staff == folded([0.3], [0.4])[1]


def test_waits_speak_for_the_staff_and_encounters_for_what_they_are() -> None:
    _, staff, product = folded([0.5, 0.1], [0.3, -0.2], speaks=[0, 1])
    assert (staff, product) == (pytest.approx(0.3), pytest.approx(-0.2))
    assert math.isnan(folded([0.5], [NAN])[2])
    assert math.isnan(folded([NAN], [0.5], speaks=[1])[1])


def test_a_visit_without_moments_is_neutral() -> None:
    assert folded([NAN, NAN], [NAN, NAN])[0] == 0.0


def test_handovers_count_who_was_met_one_after_the_other() -> None:
    visits = [
        [Step("door"), Step("counter"), Step("adviser")],
        [Step("door"), Step("counter"), Step("counter")],
        [Step("door"), Step("machine", outcome=Outcome.FAILED), Step("counter"), Step("adviser")],
        [Step("counter"), Step("check"), Step("counter")],
        [Step("counter", work=None, outcome=Outcome.RENEGED)],
        [Step("menu"), Step("counter")],
    ]
    made = by_hand(visits)
    moments = moments_of(made.experience, made.steps)
    assert handovers(moments).tolist() == [2, 1, 3, 0, 0, 0]
    assert failures(moments).tolist() == [0, 0, 1, 0, 0, 0]


def test_effort_adds_up_to_a_most() -> None:
    found = effort(np.array([1, 3, 1, 9]), np.array([2, 0, 4, 9]), np.array([0, 0, 2, 9]), rules().effort)
    assert found == pytest.approx([0.0, 0.2, 0.04 + 0.1, 0.5])


def test_effort_is_taken_off_the_score() -> None:
    visit = [[Step("counter", 5.0)]]
    first, third = by_hand(visit).scores(), by_hand(visit, contact=3).scores()
    assert third.score[0] == pytest.approx(first.score[0] - 0.2, abs=1e-6)


def test_disposition_and_mood_are_added_and_scores_stay_within_bounds() -> None:
    visits = [[Step("counter", 2.0)]] * 3000
    plain = by_hand(visits).scores().score
    given = by_hand(visits).scores(disposition=np.array([0.1, 5.0, -5.0] * 1000)).score
    assert given[0::3] == pytest.approx(np.minimum(plain[0::3] + 0.1, 1.0), abs=1e-6)
    assert set(given[1::3]) == {1.0}
    assert set(given[2::3]) == {-1.0}
    wide = by_hand(visits, rules(**{**PLAIN, "visits__mood_sd": 0.1})).scores().score
    person = by_hand(visits, rules(**{**PLAIN, "visits__disposition_sd": 0.1})).scores().score
    for moved in (wide, person):
        inside = np.abs(moved) < 1
        assert (moved - plain)[inside].std() == pytest.approx(0.1, abs=0.005)
    assert abs(np.corrcoef(wide - plain, person - plain)[0, 1]) < 0.06
