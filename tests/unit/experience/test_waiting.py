"""A wait is judged by what was acceptable, and a loss weighs more than a gain."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.experience_by_hand import rules

from journeysim.experience.waiting import (
    condition_factor,
    given_up_score,
    perceived_wait_min,
    value,
    wait_score,
)

WAITING = rules().waiting


@pytest.mark.parametrize(("wait_min", "score"), [(2, 0.66), (5, 0.42), (8, 0.06), (10, -0.50), (15, -0.95)])
def test_scores_of_waits_where_ten_minutes_are_acceptable(wait_min: float, score: float) -> None:
    perceived = perceived_wait_min(np.array([float(wait_min)]), 1.0, WAITING)
    assert wait_score(perceived, np.array([10.0]), WAITING)[0] == pytest.approx(score, abs=0.005)


def test_a_wait_feels_longer_than_it_is() -> None:
    assert perceived_wait_min(np.array([10.0]), 1.0, WAITING)[0] == pytest.approx(12.0)
    assert perceived_wait_min(np.array([10.0]), np.array([0.5]), WAITING)[0] == pytest.approx(6.0)


def test_conditions_multiply() -> None:
    assert condition_factor((), WAITING) == 1.0
    assert condition_factor(("seated", "informed"), WAITING) == pytest.approx(0.81)
    assert condition_factor(("alone", "anxious"), WAITING) == pytest.approx(1.32)


def test_value_is_loss_averse() -> None:
    """Tversky & Kahneman (1992)."""
    gains, losses = value(np.array([0.0, 0.5, 1.0]), WAITING), value(np.array([-0.5, -1.0]), WAITING)
    assert gains == pytest.approx([0.0, 0.5**0.88, 1.0])
    assert losses == pytest.approx([-2.25 * 0.5**0.88, -2.25])


def test_a_wait_that_is_just_acceptable_is_neutral_and_none_is_the_best() -> None:
    found = wait_score(np.array([10.0, 0.0, 1e9]), np.full(3, 10.0), WAITING)
    assert found == pytest.approx([0.0, math.tanh(1.0), -1.0])


def test_who_gave_up_scores_at_most_so_much() -> None:
    assert given_up_score(np.array([0.7, -0.6, -0.9]), WAITING).tolist() == [-0.6, -0.6, -0.9]
