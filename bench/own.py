"""journeysim on the same models: the whole way from the map to its table of steps and its metrics' sums."""

from __future__ import annotations

from datetime import date

import polars as pl

from bench.models import Bank
from journeysim.branch import open_days, simulate_replication

TARGET_WAIT_MIN = 10.0


def run(bank: Bank, days: int, seed: int, engine: str = "simpy") -> pl.DataFrame:
    """Simulate so many days that open empty and serve all who came; one row a step."""
    calendar = open_days(bank.journey, date(2027, 1, 4), days)
    result = simulate_replication(
        bank.journey,
        calendar,
        seed=seed,
        replication=0,
        target_wait_min=TARGET_WAIT_MIN,
        engine=engine,
        keep_steps=True,
    )
    assert result.steps is not None
    return result.steps
