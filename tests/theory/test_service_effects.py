"""What options do to the measured branch within a year, in sign and rough size as the prototype had it.

The effects are those of the prototype (10 replications of 12,000 customers); a map is not the prototype, so
each must have its sign beyond doubt and its size within a factor, not within an interval.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import stdtrit
from tests.claims import Town, town_of

pytestmark = pytest.mark.slow

ALL_STAFF = ("greeters", "tellers", "advisers", "vip_window")
TWO_FEWER = {"staff.tellers.count": 2}
SILENT = {
    "behaviour.telling.probability": 0,
    "behaviour.complaints.media_reach": 0,
    "behaviour.leaving.contagion": 0,
}
MONTH = {"from": "2027-03-04", "until": "2027-04-03"}

# Change of the share retained, and of the share satisfied, as the prototype had them.
EFFECTS = {
    "Fifth teller at lunch": (0.0078, 0.056),
    "One teller fewer": (-0.0196, -0.122),
    "Two tellers fewer": (-0.0561, -0.287),
    "Attentive staff": (0.0061, 0.043),
    "More demand": (-0.0407, -0.194),
    "Slow recovery": (0.0008, 0.009),
    "Fast recovery": (0.0010, 0.012),
}
OPTIONS: dict[str, object] = {
    "Today": {},
    "Fifth teller at lunch": {"set": {"staff.tellers.count": {"09:00": 4, "11:30": 5, "13:30": 4}}},
    "One teller fewer": {"set": {"staff.tellers.count": 3}},
    "Two tellers fewer": {"set": TWO_FEWER},
    "Attentive staff": {"set": {f"staff.{group}.attentive": 0.9 for group in ALL_STAFF}},
    "More demand": {"set": {"arrivals.scale": 1.6}},
    "Slow recovery": {"set": {"behaviour.complaints.recovery": "slow"}},
    "Fast recovery": {"set": {"behaviour.complaints.recovery": "fast"}},
    "Bad month": {"set": TWO_FEWER, "period": MONTH},
    "Silent": {"set": SILENT},
    "Bad month, silent": {"set": TWO_FEWER | SILENT, "period": MONTH},
}


@pytest.fixture(scope="module")
def town() -> Town:
    return town_of("measured-branch.yaml", 4, customers=12000, months=12, options=OPTIONS)


def interval(values: np.ndarray) -> tuple[float, float]:
    """99% interval of the mean of paired differences."""
    half = stdtrit(values.size - 1, 0.995) * values.std(ddof=1) / math.sqrt(values.size)
    return float(values.mean() - half), float(values.mean() + half)


@pytest.mark.parametrize("option", [name for name in EFFECTS if "recovery" not in name])
def test_what_staff_and_demand_do(town: Town, option: str) -> None:
    retained, satisfied = EFFECTS[option]
    for metric, expected in (("retained_fraction", retained), ("satisfied_fraction", satisfied)):
        found = town.differences(option, metric)
        low, high = interval(found)
        assert low * high > 0, "the sign is not beyond doubt"
        assert 0.6 * abs(expected) < abs(found.mean()) < 1.6 * abs(expected)
        assert found.mean() * expected > 0


@pytest.mark.parametrize("option", ["Slow recovery", "Fast recovery"])
def test_what_recovery_does(town: Town, option: str) -> None:
    """Against answers that resolve nothing. One in ten with a bad visit complains: the effect is small."""
    retained, satisfied = EFFECTS[option]
    found = town.differences(option, "satisfied_fraction")
    assert interval(found)[0] > 0
    assert 0.5 * satisfied < found.mean() < 1.6 * satisfied
    stay = town.differences(option, "retained_fraction")
    assert 0 < stay.mean() < 3 * retained


def test_fast_recovery_beats_slow_recovery(town: Town) -> None:
    assert town.differences("Fast recovery", "satisfaction_mean", less="Slow recovery").min() > 0


def test_a_bad_month_echoes_in_what_people_tell(town: Town) -> None:
    """Worse with word of mouth than without: the difference of differences is below nil."""
    with_talk = town.differences("Bad month", "retained_fraction")
    without = town.differences("Bad month, silent", "retained_fraction", less="Silent")
    assert -0.0108 * 1.6 < with_talk.mean() < -0.0108 * 0.6
    low, high = interval(with_talk)
    assert low < high < 0
    echo = with_talk - without
    assert echo.mean() < 0
    assert (town.differences("Bad month", "heard_mean") < 0).all()
