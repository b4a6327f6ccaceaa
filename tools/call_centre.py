"""Make the shipped call-centre data from the raw call records, and print every number fitted for its map.

    python tools/call_centre.py RECORDS.parquet --profile PROFILE.csv
    python tools/call_centre.py RECORDS.parquet --write journeys/data/call-centre-july.parquet

Everything fitted comes from January to June; July is written as recorded arrivals and fits nothing. What the
records are, which of their traps matter here, and who is to be thanked for them, stands in
``journeys/data/README.md``.
"""

from __future__ import annotations

import argparse
import math
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import optimize, special

from journeysim.branch.calendar import open_days
from journeysim.branch.simulate import simulate_replication
from journeysim.journey import load_journey

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

TYPES = {
    "PS": "regular",
    "NW": "prospective",
    "NE": "securities",
    "IN": "internet_help",
    "TT": "call_back",
    "PE": "english",
}
"""Names of the call types in the map, by their codes in the records."""

DAY_S = 86_400
OPEN_HOUR, CLOSE_HOUR = 7, 24
WORKING_DAYS = (7, 1, 2, 3, 4)
"""Sunday to Thursday, as polars numbers weekdays (Monday 1)."""
FEWEST_CALLS = 1000
"""A working day with fewer calls was no regular one: the eves of feasts, and days cut short."""
ANOMALOUS = date(1999, 5, 23)
FITTED_MONTHS = (1, 2, 3, 4, 5, 6)
PROFILE_MONTHS = (3, 5, 6, 7)
JULY = 7

SHORTEST_SERVICE_S, LONGEST_SERVICE_S = 10, 3600
"""Shorter ones are agents hanging up; longer ones are records that were never closed."""
LONGEST_PATIENCE_SHOWN_S = (15, 30, 60, 120, 300, 600)
PRESENT_GAP_S = 300
"""Chosen of 2, 5 and 10 minutes on January to June (``--try-gaps``)."""
SLOT_S = 1800


def regular_calls(raw: pl.DataFrame) -> pl.DataFrame:
    """Calls that seek an agent, on regular weekdays during opening hours.

    A call seeks an agent if it queued or was answered. It joins the queue when it leaves the voice menu.

    Returns
    -------
    One row a call in order of joining: ``date``, ``type``, ``joined_s`` (seconds after midnight), ``wait_s``,
    ``served``, ``service_s`` (NaN unless served) and ``server``.
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
        .filter(pl.col("vru_exit").is_between(OPEN_HOUR * 3600, CLOSE_HOUR * 3600, closed="left"))
        .select(
            "date",
            pl.col("type").replace(TYPES),
            pl.col("vru_exit").alias("joined_s"),
            # Times that pass midnight are smaller than the start.
            pl.when(queued).then((pl.col("q_exit") - pl.col("q_start")) % DAY_S).otherwise(0).alias("wait_s"),
            served.alias("served"),
            pl.when(served & (pl.col("ser_start") > 0))
            .then((pl.col("ser_exit") - pl.col("ser_start")) % DAY_S)
            .alias("service_s"),
            "ser_start",
            "server",
            "call_id",
        )
        .sort("date", "joined_s", "call_id")
    )


def in_months(calls: pl.DataFrame, months: tuple[int, ...]) -> pl.DataFrame:
    return calls.filter(pl.col("date").dt.month().is_in(months))


def compare_profile(calls: pl.DataFrame, path: Path) -> None:
    """Print how the selected calls reproduce the published hourly means of 81 regular weekdays."""
    profile = pl.read_csv(path)
    chosen = in_months(calls, PROFILE_MONTHS)
    days = chosen["date"].n_unique()
    hourly = (
        chosen.group_by(hour=(pl.col("joined_s") // 3600).cast(pl.Int64))
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


def fit_service(calls: pl.DataFrame) -> None:
    """Print mean and cv of service by type, and the share of answered calls that end at once."""
    print(
        "\nService, January-June: answered calls of 10 s to 1 h with a known agent; lognormal by mean and cv"
    )
    print(f"  {'type':<15}{'calls':>8}{'mean s':>8}{'cv':>7}{'under 10 s':>12}{'their mean s':>14}")
    for name, group in by_type(calls.filter(pl.col("served"))):
        seconds = group["service_s"].fill_null(0).to_numpy().astype(np.float64)
        known = (group["server"] != "NONE").to_numpy()
        full = seconds[known & (seconds >= SHORTEST_SERVICE_S) & (seconds <= LONGEST_SERVICE_S)]
        short = seconds[seconds < SHORTEST_SERVICE_S]
        mean, cv = full.mean(), full.std() / full.mean()
        share = short.size / seconds.size
        print(f"  {name:<15}{full.size:>8}{mean:>8.1f}{cv:>7.3f}{share:>12.4f}{short.mean():>14.2f}")


def fit_patience(calls: pl.DataFrame) -> None:
    """Print patience by type: two families by maximum likelihood, beside the Kaplan-Meier estimate."""
    print("\nPatience, January-June: calls that queued; answered ones are censored. S(t) = share who wait t")
    heads = "".join(f"{f'S({seconds})':>8}" for seconds in LONGEST_PATIENCE_SHOWN_S)
    print(f"  {'type':<15}{'gave up':>8} {'':<13}{heads}{'largest gap':>13}  parameters")
    for name, group in by_type(calls.filter((pl.col("wait_s") > 0) | ~pl.col("served"))):
        wait = np.maximum(group["wait_s"].to_numpy().astype(np.float64), 0.5)
        gave_up = ~group["served"].to_numpy()
        _print_patience(name, wait, gave_up)


def _print_patience(name: str, wait: FloatArray, gave_up: BoolArray) -> None:
    shown = np.array(LONGEST_PATIENCE_SHOWN_S, dtype=np.float64)
    grid = np.arange(1.0, LONGEST_PATIENCE_SHOWN_S[-1] + 1)
    measured = kaplan_meier(wait, gave_up, grid)
    print(f"  {name:<15}{gave_up.sum():>8} {'Kaplan-Meier':<13}{_row(kaplan_meier(wait, gave_up, shown))}")
    for family in ("weibull", "lognormal"):
        first, second, likelihood = fit_censored(family, wait, gave_up)
        gap = np.abs(survival(family, first, second, grid) - measured).max()
        if family == "weibull":
            parameters = f"scale {first:.1f} s, shape {second:.3f}"
        else:
            parameters = f"median {first:.1f} s, sigma {second:.3f}"
        values = _row(survival(family, first, second, shown))
        print(f"  {'':<24}{family:<13}{values}{gap:>13.3f}  {parameters} (log-likelihood {likelihood:.0f})")


def _row(values: FloatArray) -> str:
    return "".join(f"{value:>8.3f}" for value in values)


def kaplan_meier(wait: FloatArray, gave_up: BoolArray, at: FloatArray) -> FloatArray:
    """Share whose patience is longer than ``at``, from waits of which some were ended by an answer.

    Parameters
    ----------
    wait : shape (calls,), seconds.
    gave_up : shape (calls,), whether patience ended the wait.
    at : shape (points,), seconds.

    References
    ----------
    Kaplan & Meier (1958).
    """
    order = np.lexsort((~gave_up, wait))
    at_risk = wait.size - np.arange(wait.size)
    share = np.cumprod(1.0 - gave_up[order] / at_risk)
    index = np.searchsorted(wait[order], at, side="right") - 1
    return np.where(index >= 0, share[np.maximum(index, 0)], 1.0)


def survival(family: str, first: float, second: float, seconds: FloatArray) -> FloatArray:
    """Share longer than ``seconds``: a Weibull of scale and shape, or a lognormal of median and sigma."""
    if family == "weibull":
        return np.exp(-((seconds / first) ** second))
    result: FloatArray = special.ndtr(-(np.log(seconds) - math.log(first)) / second)
    return result


def fit_censored(family: str, wait: FloatArray, gave_up: BoolArray) -> tuple[float, float, float]:
    """Maximum likelihood with answered calls censored; two parameters and the log-likelihood."""

    def cost(logs: FloatArray) -> float:
        first, second = np.exp(logs)
        if family == "weibull":
            power = (wait / first) ** second
            density = np.log(second / first) + (second - 1) * np.log(wait / first) - power
            return -float(np.where(gave_up, density, -power).sum())
        z = (np.log(wait) - math.log(first)) / second
        density = -0.5 * z**2 - np.log(wait * second * math.sqrt(2 * math.pi))
        return -float(np.where(gave_up, density, special.log_ndtr(-z)).sum())

    found = optimize.minimize(cost, np.log([300.0, 1.0]), method="Nelder-Mead", options={"xatol": 1e-7})
    first, second = np.exp(found.x)
    return float(first), float(second), -float(found.fun)


def fit_roster(calls: pl.DataFrame) -> None:
    """Print the mean number of agents present in each half hour, and the roster made of it."""
    present = agents_present(calls, PRESENT_GAP_S)
    print(f"\nAgents present, January-June: gaps of up to {PRESENT_GAP_S} s between an agent's calls count")
    for (clock, count), mean in zip(roster(present).items(), present, strict=True):
        print(f"  {clock}: {count:>2}   mean {mean:.2f}")


def agents_present(calls: pl.DataFrame, gap_s: int) -> FloatArray:
    """Mean number of agents present in each half hour of opening time.

    An agent is present during calls, and between two calls at most ``gap_s`` seconds apart.

    Returns
    -------
    shape (half hours,).
    """
    worked = calls.filter(pl.col("served"), pl.col("server") != "NONE", pl.col("service_s").is_not_null())
    slots = np.arange(OPEN_HOUR * 3600, CLOSE_HOUR * 3600, SLOT_S, dtype=np.float64)
    present = np.zeros(slots.size)
    worked = worked.sort("date", "server", "ser_start")
    for _, shift in worked.group_by("date", "server", maintain_order=True):
        start = shift["ser_start"].to_numpy().astype(np.float64)
        # A record that was never closed must not make its agent present all day.
        length = np.minimum(shift["service_s"].to_numpy().astype(np.float64), LONGEST_SERVICE_S)
        end = np.maximum.accumulate(start + length)
        gap = np.append(start[1:] - end[:-1], np.inf)
        until = end + np.where(gap <= gap_s, np.maximum(gap, 0), 0)
        begin = np.maximum(start, np.append(-np.inf, until[:-1]))
        inside = np.minimum(until, slots[:, None] + SLOT_S) - np.maximum(begin, slots[:, None])
        present += np.maximum(inside, 0).sum(axis=1) / SLOT_S
    return present / calls["date"].n_unique()


def roster(present: FloatArray) -> dict[str, int]:
    """Whole numbers by time of day; what rounding takes from one half hour it gives to the next."""
    counts: dict[str, int] = {}
    carried = 0.0
    for slot, mean in enumerate(present):
        minute = OPEN_HOUR * 60 + slot * SLOT_S // 60
        count = round(float(mean) + carried)
        carried += float(mean) - count
        counts[f"{minute // 60:02d}:{minute % 60:02d}"] = count
    return counts


def try_gaps(calls: pl.DataFrame, map_file: Path) -> None:
    """Simulate the fitted months with rosters by several gaps, in queues by priority and by joining."""
    print("\nSimulated January-June (1 replication of all days) beside the observed, by the gap that counts")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / map_file.name
        shutil.copy(map_file, copy)
        base = load_journey(map_file)
        log = base.arrivals.from_log
        if log is None:
            raise SystemExit(f"{map_file}: a map with from_log is required")
        (copy.parent / log.file).parent.mkdir(parents=True, exist_ok=True)
        arrivals(calls).write_parquet(copy.parent / log.file)
        journey = load_journey(copy)
        days = open_days(journey, calls["date"].min())  # type: ignore[arg-type]
        print(f"  {'observed':<18}{_summary(calls)}")
        for gap_s in (120, 300, 600):
            counts = roster(agents_present(calls, gap_s))
            for discipline in ("priority", "fifo"):
                tried = journey.patched({"staff.agents.count": counts, "queues.line.discipline": discipline})
                result = simulate_replication(
                    tried, days, seed=1, replication=0, target_wait_min=1, keep_steps=True
                )
                print(f"  {f'{gap_s} s, {discipline}':<18}{_summary(_as_calls(result.steps))}")


def _as_calls(steps: pl.DataFrame | None) -> pl.DataFrame:
    if steps is None:
        raise ValueError("steps are required")
    until = pl.min_horizontal(pl.col("started_min").fill_nan(None), "ended_min")
    return steps.select(
        type="segment",
        served=pl.col("outcome") == "served",
        wait_s=(until - pl.col("joined_min")) * 60,
    )


def _summary(calls: pl.DataFrame) -> str:
    """Mean wait and share who gave up, over all and by type."""
    names = [("all", calls), *by_type(calls)]
    return "  ".join(f"{name} {_wait_s(group):.0f} s {_gave_up(group):.3f}" for name, group in names)


def _wait_s(calls: pl.DataFrame) -> float:
    return float(calls["wait_s"].to_numpy().mean())


def _gave_up(calls: pl.DataFrame) -> float:
    return 1 - float(calls["served"].to_numpy().mean())


def by_type(calls: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    for name in TYPES.values():
        yield name, calls.filter(pl.col("type") == name)


def arrivals(calls: pl.DataFrame) -> pl.DataFrame:
    """Recorded arrivals as a map reads them, with what became of each.

    Returns
    -------
    ``day`` (date), ``arrived`` (time of day), ``type``, ``wait_min`` (until answered or given up) and
    ``outcome`` (served or reneged).
    """
    return calls.select(
        day="date",
        arrived=(pl.col("joined_s").cast(pl.Int64) * 1_000_000_000).cast(pl.Time),
        type="type",
        wait_min=pl.col("wait_s") / 60.0,
        outcome=pl.when("served").then(pl.lit("served")).otherwise(pl.lit("reneged")),
    )


def describe(name: str, calls: pl.DataFrame) -> None:
    """Print size, waits and abandonment of some months."""
    days = calls["date"].n_unique()
    print(
        f"{name}: {days} regular weekdays, {calls.height} calls, "
        f"mean wait {_wait_s(calls):.1f} s, gave up {_gave_up(calls):.4f}"
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("records", type=Path, help="the call records, a Parquet file")
    parser.add_argument("--profile", type=Path, help="published hourly means, to compare the selection with")
    parser.add_argument("--try-gaps", type=Path, metavar="MAP", help="simulate January-June with this map")
    parser.add_argument("--write", type=Path, help="where to write the arrivals of July")
    given = parser.parse_args(arguments)
    calls = regular_calls(pl.read_parquet(given.records))
    fitted, july = in_months(calls, FITTED_MONTHS), in_months(calls, (JULY,))
    if given.profile:
        compare_profile(calls, given.profile)
    describe("January-June", fitted)
    describe("July", july)
    fit_service(fitted)
    fit_patience(fitted)
    fit_roster(fitted)
    if given.try_gaps:
        try_gaps(fitted, given.try_gaps)
    if given.write:
        arrivals(july).write_parquet(given.write, compression="zstd", compression_level=19, statistics=False)
        print(f"\nWrote {given.write}: {given.write.stat().st_size} bytes")


if __name__ == "__main__":
    main()
