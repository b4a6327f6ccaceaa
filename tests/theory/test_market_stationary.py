"""The baseline stays where it is: three years on, nothing has drifted by more than luck explains."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats
from tests.claims import projected_town
from tests.conftest import ROOT

from journeysim.experiment import parse_scenario
from journeysim.market.state import RUNGS

YEARS = 3
SEEDS = range(40, 48)
DRIFTING = [
    ("share", "all", ""),
    ("satisfaction_mean", "all", ""),
    ("heard_mean", "all", ""),
    ("lost", "all", ""),
    ("acquired", "all", ""),
    ("customer_equity", "all", ""),
    *(("customers", "rung", rung) for rung in RUNGS),
    *(("customers", "segment", segment) for segment in ("regular", "vip")),
]
MOST = 0.08
"""Of its level, what the interval of a number's drift may leave open."""


@pytest.mark.slow
def test_share_satisfaction_and_rungs_of_the_baseline_drift_by_less_than_their_intervals() -> None:
    """From the first year to the last of three; over seeds, as each finds its constants anew.

    The constants are found once for all replications of a run. What luck does to them moves all replications
    of a run alike, so an interval over replications would be too short.
    """
    drifts: dict[tuple[str, str, str], list[float]] = {key: [] for key in DRIFTING}
    levels: dict[tuple[str, str, str], list[float]] = {key: [] for key in DRIFTING}
    for seed in SEEDS:
        document = {
            "scenario": "Standing still",
            "journey": "city-branch.yaml",
            "first_day": "2027-01-04",
            "replications": 2,
            "seed": seed,
            "market": {"customers": 12000, "months": 12 * YEARS},
            "options": {"Today": {}},
        }
        town = projected_town(parse_scenario(json.dumps(document), "still.yaml", ROOT / "journeys"))
        for key in DRIFTING:
            by_month = [town.today.mean(*key, month=month + 1) for month in range(12 * YEARS)]
            by_year = np.reshape(by_month, (YEARS, 12)).mean(axis=1)
            drifts[key].append(float(by_year[-1] - by_year[0]))
            levels[key].append(float(by_year.mean()))
    # Several numbers at once: each at a level at which all together hold in 99 of 100 cases.
    quantile = stats.t.ppf(1 - 0.005 / len(DRIFTING), len(SEEDS) - 1)
    rows = []
    for key, found in drifts.items():
        half_width = quantile * np.std(found, ddof=1) / np.sqrt(len(SEEDS))
        rows.append((key, float(np.mean(found)), float(half_width), float(np.mean(levels[key]))))
    print(*rows, sep="\n")
    for key, drift, half_width, level in rows:
        assert abs(drift) < half_width, key
        # And the interval is short enough to say something.
        assert half_width < MOST * abs(level), key
