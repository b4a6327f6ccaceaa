"""The call records: which calls seek an agent on a regular weekday, and what is known of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

TYPES = {
    "PS": "regular",
    "NW": "prospective",
    "NE": "securities",
    "IN": "internet_help",
    "TT": "call_back",
    "PE": "english",
}
"""Names of the call types, by their codes in the records."""
NAMES = tuple(TYPES.values())

DAY_S = 86_400
OPEN_HOUR, CLOSE_HOUR = 7, 24
OPEN_S, CLOSE_S = OPEN_HOUR * 3600, CLOSE_HOUR * 3600
HOURS = tuple(range(OPEN_HOUR, CLOSE_HOUR))
WORKING_DAYS = (7, 1, 2, 3, 4)
"""Sunday to Thursday, as polars numbers weekdays (Monday 1)."""
FEWEST_CALLS = 1000
"""A working day with fewer calls was no regular one: the eves of feasts, and days cut short."""
ANOMALOUS = date(1999, 5, 23)
HIGH_PRIORITY = 2
PROFILE_MONTHS = (3, 5, 6, 7)
SLOT_S = 1800
"""Half hours, by which the number of calls is held against what is usual."""


def regular_calls(raw: pl.DataFrame) -> pl.DataFrame:
    """Calls that seek an agent, on regular weekdays during opening hours.

    A call seeks an agent if it queued or was answered. It joins the queue when it leaves the voice menu.

    Returns
    -------
    One row a call in order of joining: ``date``, ``month``, ``type``, ``kind`` (number of the type),
    ``joined_s`` (seconds after midnight), ``hour``, ``queued``, ``wait_s``, ``served``, ``service_s`` (null
    unless served), ``ser_start``, ``server``, ``high`` (null where unknown, which is where it did not queue).
    """
    usual = (
        raw.group_by("date")
        .len()
        .filter(pl.col("len") >= FEWEST_CALLS, pl.col("date").dt.weekday().is_in(WORKING_DAYS))
        .filter(pl.col("date") != ANOMALOUS)
    )
    served = pl.col("outcome") == "AGENT"
    queued = pl.col("q_start") > 0
    return (
        raw.join(usual, on="date", how="semi")
        .filter(served | queued, pl.col("type").is_in(list(TYPES)))
        .filter(pl.col("vru_exit").is_between(OPEN_S, CLOSE_S, closed="left"))
        .select(
            "date",
            pl.col("date").dt.month().alias("month"),
            pl.col("type").replace(TYPES),
            pl.col("type")
            .replace_strict(list(TYPES), range(len(TYPES)), return_dtype=pl.Int64)
            .alias("kind"),
            pl.col("vru_exit").alias("joined_s"),
            (pl.col("vru_exit") // 3600).cast(pl.Int64).alias("hour"),
            queued.alias("queued"),
            # Times that pass midnight are smaller than the start.
            pl.when(queued).then((pl.col("q_exit") - pl.col("q_start")) % DAY_S).otherwise(0).alias("wait_s"),
            served.alias("served"),
            pl.when(served & (pl.col("ser_start") > 0))
            .then((pl.col("ser_exit") - pl.col("ser_start")) % DAY_S)
            .alias("service_s"),
            "ser_start",
            "server",
            pl.when(queued).then(pl.col("priority") == HIGH_PRIORITY).alias("high"),
            "call_id",
        )
        .sort("date", "joined_s", "call_id")
    )


def in_months(calls: pl.DataFrame, months: Sequence[int]) -> pl.DataFrame:
    return calls.filter(pl.col("month").is_in(list(months)))


def by_type(calls: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    for name in NAMES:
        yield name, calls.filter(pl.col("type") == name)


def mean_wait_s(calls: pl.DataFrame) -> float:
    return float(calls["wait_s"].to_numpy().mean())


def gave_up(calls: pl.DataFrame) -> float:
    return 1 - float(calls["served"].to_numpy().mean())


def half_hours(calls: pl.DataFrame) -> IntArray:
    """Number of the half hour after midnight in which each call joined."""
    slots: IntArray = (calls["joined_s"].to_numpy() // SLOT_S).astype(np.int64)
    return slots


def compare_profile(calls: pl.DataFrame, path: Path) -> None:
    """Print how the selected calls reproduce the published hourly means of 81 regular weekdays."""
    profile = pl.read_csv(path)
    chosen = in_months(calls, PROFILE_MONTHS)
    days = chosen["date"].n_unique()
    hourly = (
        chosen.group_by("hour")
        .agg(
            (pl.len() / days).alias("calls"),
            pl.col("wait_s").mean().alias("wait_all"),
            (1 - pl.col("served").mean()).alias("aband"),
        )
        .join(profile, on="hour", suffix="_published")
    )
    print(f"Profile: {days} regular weekdays in March, May, June and July; largest gaps over 17 hours:")
    for name, unit in (("calls", "calls an hour"), ("wait_all", "s"), ("aband", "of calls")):
        gap = np.abs((hourly[name] - hourly[f"{name}_published"]).to_numpy()).max()
        print(f"  {name:<10}{gap:.5f} {unit}")


def describe(name: str, calls: pl.DataFrame) -> None:
    """Print size, waits and abandonment of some months."""
    print(
        f"{name}: {calls['date'].n_unique()} regular weekdays, {calls.height} calls, "
        f"mean wait {mean_wait_s(calls):.1f} s, gave up {gave_up(calls):.4f}"
    )
