"""What part of a final effect a horizon shows."""

from __future__ import annotations

import numpy as np
import pytest

from journeysim.experiment.horizon import approach

MONTH = np.arange(1, 13, dtype=float)


@pytest.mark.parametrize("final", [0.08, -0.3])
@pytest.mark.parametrize("months", [1.0, 4.0, 11.0])
def test_a_path_of_that_shape_is_found_again(final, months):
    found = approach(final * (1 - np.exp(-MONTH / months)))
    assert found.final == pytest.approx(final, rel=1e-3)
    assert found.months == pytest.approx(months, rel=1e-3)
    assert found.shown_fraction == pytest.approx(1 - np.exp(-12 / months), rel=1e-3)


def test_a_little_noise_moves_it_a_little():
    noise = 0.002 * np.array([1, -1, -1, 1, 1, 1, -1, -1, 1, -1, 1, -1])
    found = approach(0.1 * (1 - np.exp(-MONTH / 5)) + noise)
    assert found.shown_fraction == pytest.approx(1 - np.exp(-12 / 5), abs=0.05)


def test_an_effect_that_is_there_at_once_is_shown_whole():
    assert approach(np.full(12, 0.2)).shown_fraction == pytest.approx(1)


@pytest.mark.parametrize(
    "path",
    [
        0.1 * (1 - np.exp(-MONTH[:3] / 2)),
        np.zeros(12),
        0.01 * MONTH,
        0.3 - 0.02 * MONTH,
        np.where(MONTH < 7, 0.1, 0.0),
        0.1 * np.cos(MONTH),
        0.32 - 0.009 * MONTH,
        0.1 + 0.06 * (-1) ** MONTH,
        np.array([0.1, np.nan, 0.1, 0.1, 0.1]),
    ],
    ids=[
        "too short",
        "nothing",
        "has not begun to level off",
        "shrinks",
        "ends",
        "comes and goes",
        "wears off",
        "jumps about",
        "unknown",
    ],
)
def test_where_it_means_nothing_it_says_nothing(path):
    assert approach(path) is None
