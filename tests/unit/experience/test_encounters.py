"""An encounter is judged by its quality, on the curve of its Kano kind."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.experience_by_hand import rules

from journeysim.experience.encounters import KANO, Kano, encounter_quality, encounter_score, kano_shape

RULES = rules().encounters
BEST = {"linear": 0.7, "attractive": 0.5, "must_be": 0.5}
WORST = {"linear": -0.8, "attractive": 0.0, "must_be": -0.9}


def test_quality_is_even_between_the_bounds_of_its_kind() -> None:
    attentive = np.array([True, True, True, False, False, False])
    u = np.array([0.0, 0.5, 1.0] * 2)
    assert encounter_quality(attentive, u, RULES) == pytest.approx([0.6, 0.8, 1.0, 0.05, 0.325, 0.6])


@pytest.mark.parametrize("kano", KANO)
def test_curves_run_between_the_scores_of_their_kind(kano: Kano) -> None:
    found = encounter_score(np.array([0.0, 1.0]), kano, RULES)
    assert found == pytest.approx([WORST[kano], BEST[kano]])


@pytest.mark.parametrize("x", [0.0, 0.2, 0.5, 0.9])
def test_curves_are_those_of_wang_and_ji(x: float) -> None:
    e, quality = math.e, np.array([x])
    for kano, said in {
        "linear": lambda best, worst: (best - worst) * x + worst,
        "attractive": lambda best, worst: ((best - worst) * math.exp(x) - (best - e * worst)) / (e - 1),
        "must_be": lambda best, worst: (-e * (best - worst) * math.exp(-x) + (e * best - worst)) / (e - 1),
    }.items():
        found = encounter_score(quality, kano, RULES)[0]  # type: ignore[arg-type]
        assert found == pytest.approx(said(BEST[kano], WORST[kano]))


def test_what_is_taken_for_granted_pleases_early_and_what_delights_pleases_late() -> None:
    half = np.array([0.5])
    shares = [kano_shape(half, kano)[0] for kano in ("attractive", "linear", "must_be")]
    assert shares[0] < shares[1] == 0.5 < shares[2]


@pytest.mark.parametrize("kano", ["linear", "must_be"])
def test_a_machine_that_works_pleases_a_little(kano: Kano) -> None:
    """A score of .2 on the curve that a map says nothing about, and on the one that shipped maps give it."""
    assert encounter_score(np.array([RULES.machine]), kano, RULES)[0] == pytest.approx(0.2, abs=0.06)
