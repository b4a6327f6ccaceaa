"""The baseline stays where it is: three years on, nothing has drifted by more than luck explains."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import stats
from tests.market_by_hand import scenario_of

from journeysim.experiment import run
from journeysim.market.state import RUNGS

MONTHS = 36
SEEDS = range(40, 50)
DRIFTING = [
    ("all", "", "share"),
    ("all", "", "satisfaction_mean"),
    ("all", "", "heard_mean"),
    ("all", "", "lost"),
    ("all", "", "acquired"),
    ("all", "", "customer_equity"),
    *(("rung", rung, "customers") for rung in RUNGS),
]


@pytest.mark.slow
def test_share_satisfaction_and_rungs_of_the_baseline_drift_by_less_than_their_intervals() -> None:
    """From the first half-year to the last of three; over seeds, as each finds its constants anew.

    The constants are found once for all replications of a run, from a market as small as this one. What luck
    does to them moves all replications of a run alike, so an interval over replications would be too short.
    """
    plan = {
        "arrivals.per_hour": {"09:00": 40, "10:00": 24},
        "arrivals.day_of_week": dict.fromkeys(("fri", "sat", "sun"), 0),
        "staff.tellers.count": 4,
    }
    market = {"customers": 1200, "months": MONTHS, "burn_in_months": 12}
    drifts: dict[tuple[str, str, str], list[float]] = {key: [] for key in DRIFTING}
    levels: dict[tuple[str, str, str], list[float]] = {key: [] for key in DRIFTING}
    for seed in SEEDS:
        found = run(scenario_of(market=market, plan=plan, replications=3, seed=seed), jobs=1, steps=False)
        for key in DRIFTING:
            scope, name, metric = key
            own = (pl.col("scope") == scope) & (pl.col("name") == name) & (pl.col("metric") == metric)
            values = found.months.filter(own).sort("replication", "month")["value"].to_numpy()
            by_month = values.reshape(-1, MONTHS).mean(axis=0)
            drifts[key].append(float(by_month[-6:].mean() - by_month[:6].mean()))
            levels[key].append(float(by_month.mean()))
    # Several numbers at once: each at a level at which all together hold in 99 of 100 cases.
    quantile = stats.t.ppf(1 - 0.005 / len(DRIFTING), len(SEEDS) - 1)
    rows = []
    for key, found_drifts in drifts.items():
        drift, error = np.mean(found_drifts), np.std(found_drifts, ddof=1) / np.sqrt(len(SEEDS))
        rows.append((key, float(drift), float(quantile * error), float(np.mean(levels[key]))))
    print(*rows, sep="\n")
    for key, drift, half_width, level in rows:
        assert abs(drift) < half_width, key
        # And the interval is short enough to say something.
        assert half_width < 0.25 * max(abs(level), 0.1), key
    assert max(map(abs, drifts["all", "", "share"])) < 0.03
