"""Small tables with known numbers, for tests of what is drawn from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import polars as pl

from journeysim.branch import open_days, simulate_replication
from journeysim.market.ledger import flow_name
from tests.branch_days import journey_of, one_queue

TWO = ("Today", "More")
LONG = (
    "Today",
    "Fifth teller at lunch and a greeter who walks the line on Mondays and Fridays",
    "午间增开一个窗口并由大堂经理引导客户使用自助设备办理业务",
    "Costs $5 and earns $6",
    "staff.tellers.count=4, segments.regular.patience={exponential: {mean: 15 min}}",
    "V",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverordnung",
)
"""Seven options whose names are hard to fit."""

RUNGS = ("enthusiast", "active", "stable", "indifferent", "freezing", "at_risk")
REASONS = ("died", "moved", "other_relationships", "rival", "product", "indifferent_staff")
BANKS = ("ours", "Rival A", "丙银行")
POINTS = (
    "welcome",
    "kiosk",
    "counter",
    "贵宾理财室",
    "adviser for mortgages and loans",
    "vip",
    "desk",
    "exit",
)
MONTHS = 4

Row = tuple[str, str, str, int, float]
"""Scope, name, metric, month and mean of the first option."""


def rows() -> Iterable[Row]:
    """Means of everything that figures of summaries show, all different."""
    value = 100.0

    def following() -> float:
        nonlocal value
        value += 7.0
        return value

    for metric in ("told_good", "told_bad"):
        yield from (("all", "", metric, month, following()) for month in range(1, MONTHS + 1))
    for rung in RUNGS:
        yield from (("rung", rung, "customers", month, following()) for month in range(1, MONTHS + 1))
    yield from (("reason", reason, "lost", 0, following()) for reason in REASONS)
    for bank in BANKS:
        yield from (("bank", bank, metric, 0, following()) for metric in ("gained", "lost"))
        for other in BANKS:
            if other != bank:
                yield "flow", flow_name(bank, other), "went", 0, following()
    for at, point in enumerate(POINTS):
        yield "touchpoint", point, "score_mean", 0, (at % 3) / 4 - 0.2
        yield "touchpoint", point, "wait_mean_min", 0, 1.0 + at
        yield "touchpoint", point, "waited_fraction", 0, 0.1 * at
        yield "touchpoint", point, "reneged_fraction", 0, 0.01 * at
    yield "all", "", "retained_fraction", 0, 0.8
    yield "all", "", "staff_cost_per_year", 0, 250_000.0


def summary_of(options: Sequence[str] = TWO, half: float | None = 0.05) -> pl.DataFrame:
    """A summary; each option has 1% more than the one before. ``half``: of the intervals, as a share."""
    found = [
        (option, scope, name, metric, month, mean * (1 + at / 100))
        for at, option in enumerate(options)
        for scope, name, metric, month, mean in rows()
    ]
    table = pl.DataFrame(found, orient="row", schema=["option", "scope", "name", "metric", "month", "mean"])
    spread = pl.col("mean").abs() * (half or 0.0)
    ends = [(pl.col("mean") - spread).alias("low"), (pl.col("mean") + spread).alias("high")]
    if half is None:
        ends = [pl.lit(None, dtype=pl.Float64).alias(end) for end in ("low", "high")]
    return table.with_columns(*ends, n=pl.lit(1 if half is None else 5))


def differences_of(options: Sequence[str] = TWO, half: float | None = 0.5) -> pl.DataFrame:
    """Differences of the options but the first: 1, 2, … for the wait, a tenth of that in shares."""
    found = [
        (option, "all", "", metric, 0, at * factor, at % 2 == 1)
        for at, option in enumerate(options[1:], start=1)
        for metric, factor in (
            ("wait_mean_min", -1.0), ("satisfied_fraction", 0.01), ("retained_fraction", 0.01),
            ("customers_end", 20.0), ("net_value_per_year", 150_000.0), ("lost", 3.0),
        )
    ]  # fmt: skip
    names = ["option", "scope", "name", "metric", "month", "difference", "real"]
    schema = dict(zip(names, (*[pl.String] * 4, pl.Int64, pl.Float64, pl.Boolean), strict=True))
    table = pl.DataFrame(found, orient="row", schema=schema)
    spread = pl.col("difference").abs() * (half or 0.0)
    ends = [(pl.col("difference") - spread).alias("low"), (pl.col("difference") + spread).alias("high")]
    if half is None:
        ends = [pl.lit(None, dtype=pl.Float64).alias(end) for end in ("low", "high")]
    return table.with_columns(*ends)


def sensitivity_of(parameters: Sequence[str] = ("arrivals.scale", "staff.tellers.count")) -> pl.DataFrame:
    """What `tornado` takes: each parameter moves less than the one before."""
    found = [
        (
            parameter,
            end,
            value,
            sign * 0.02 / (at + 1),
            sign * 0.02 / (at + 1) - 0.001,
            sign * 0.02 / (at + 1) + 0.001,
        )
        for at, parameter in enumerate(parameters)
        for end, value, sign in (("low", "0.8", 1), ("high", "1.2", -1))
    ]
    return pl.DataFrame(
        found, orient="row", schema=["parameter", "end", "value", "difference", "low", "high"]
    )


def steps_of(option: str, replication: int, tellers: int = 2, days: int = 5) -> pl.DataFrame:
    """Steps of the smallest branch."""
    journey = journey_of(one_queue(staff__tellers__count=tellers))
    found = simulate_replication(
        journey,
        open_days(journey, date(2027, 1, 4), days),
        seed=3,
        replication=replication,
        target_wait_min=10,
        keep_steps=True,
    )
    assert found.steps is not None
    return found.steps.select(
        pl.lit(option).alias("option"), pl.lit(replication).alias("replication"), pl.all()
    )


def renamed(table: pl.DataFrame, options: Sequence[str]) -> pl.DataFrame:
    """The rows of the first option under each of some names."""
    first = table.filter(pl.col("option") == table["option"][0])
    return pl.concat([first.with_columns(option=pl.lit(option)) for option in options])
