"""What options do to the measured branch within a year, in sign and rough size as the prototype had it.

The effects are those of the prototype (10 replications of 12,000 customers); a map is not the prototype, so
each must have its sign beyond doubt and its size within a factor, not within an interval. Which month was the
prototype's bad one is not known; here it is the third, and the end of the year remembers of it accordingly.
"""

from __future__ import annotations

import numpy as np
import pytest
from tests.claims import Town, interval, town_of

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
    "Bad month": (-0.0108, -0.017),
}
SILENT_BAD_MONTH, ECHO = -0.0064, -0.0044
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
    return town_of("measured-branch.yaml", 8, customers=12000, months=12, options=OPTIONS)


def assert_about(found: np.ndarray, expected: float, least: float = 0.6, most: float = 1.6) -> None:
    """Paired differences have the sign of what is expected, beyond doubt, and about its size."""
    low, high = interval(found)
    assert low * high > 0, "the sign is not beyond doubt"
    assert least < found.mean() / expected < most


@pytest.mark.parametrize("option", EFFECTS)
def test_who_stays_within_a_year(town: Town, option: str) -> None:
    """Recovery is against answers that resolve nothing: one in ten with a bad visit complains."""
    assert_about(town.differences(option, "retained_fraction"), EFFECTS[option][0])


@pytest.mark.parametrize("option", EFFECTS)
def test_who_is_satisfied_at_the_end_of_the_year(town: Town, option: str) -> None:
    """Satisfaction remembers about half a year, and the bad month is over for longer."""
    least = 0.4 if option == "Bad month" else 0.6
    assert_about(town.differences(option, "satisfied_fraction"), EFFECTS[option][1], least)


def test_fast_recovery_beats_slow_recovery(town: Town) -> None:
    assert town.differences("Fast recovery", "satisfaction_mean", less="Slow recovery").min() > 0


def test_a_bad_month_echoes_in_what_people_tell(town: Town) -> None:
    """Worse with word of mouth than without: the difference of differences is below nil."""
    without = town.differences("Bad month, silent", "retained_fraction", less="Silent")
    assert_about(without, SILENT_BAD_MONTH)
    assert_about(town.differences("Bad month", "retained_fraction") - without, ECHO, least=0.5)
    assert (town.differences("Bad month", "heard_mean") < 0).all()
