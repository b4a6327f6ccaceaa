"""Measure contacts, delays, rework and service in a bank's loan log, for ``journeys/six-calls.yaml``.

    python tools/loan_log.py WORK.parquet

The log has every spell of work on 30,000 loan applications at a Dutch bank in 2016: case, activity, employee,
start and end (BPI Challenge 2017). What counts as a contact or a check, which spells are left out, and whom
to thank for the records, stands in ``journeys/data/README.md``.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy import optimize, special

FloatArray = npt.NDArray[np.float64]

APPLY, OFFER, MISSING, CHECK = "application", "offer call", "missing call", "check"
ACTIVITIES = {
    "W_Complete application": APPLY,
    "W_Call after offers": OFFER,
    "W_Call incomplete files": MISSING,
    "W_Validate application": CHECK,
}
TIME_ZONE = "Europe/Amsterdam"
"""The log's times are UTC."""
SHORTEST_SPELL_S, LONGEST_SPELL_S = 10, 3600
"""A shorter spell is an item opened and put away; a longer one was left open, and counts as one hour."""
SHORTEST_CONTACT_S = 60
"""Work on one case in one day: less is an attempt to reach the customer, or a look at the file."""
SUNDAY, MONDAY = 6, 0
MOST_ROUNDS_SHOWN = 4
LONGEST_DELAY = 120


@dataclass(frozen=True)
class Spell:
    """Work of one kind on one case on one day."""

    day: date
    kind: str
    seconds: float


@dataclass
class Found:
    """What is counted over the cases whose file was checked at least once.

    Parameters
    ----------
    delays : by name, pairs of weekday of the earlier event (0 Monday) and calendar days to the later one.
    checks, incomplete : by number of the check within its case.
    calls_per_round : how many missing calls one incomplete check took, with how often.
    """

    delays: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    checks: Counter[int] = field(default_factory=Counter)
    incomplete: Counter[int] = field(default_factory=Counter)
    calls_per_round: Counter[int] = field(default_factory=Counter)
    contacts: list[int] = field(default_factory=list)
    length_days: list[int] = field(default_factory=list)
    talked_again: int = 0

    def delay(self, name: str, earlier: date, later: date) -> None:
        """Note a delay between two days."""
        self.delays[name].append((earlier.weekday(), (later - earlier).days))


def work_by_day(raw: pl.DataFrame) -> pl.DataFrame:
    """Seconds of work by case, local day and kind, in order of each day's first spell.

    Returns
    -------
    ``case_id``, ``day``, ``kind``, ``seconds``.
    """
    local = pl.col("start_time").dt.replace_time_zone("UTC").dt.convert_time_zone(TIME_ZONE)
    return (
        raw.with_columns(pl.col("case_id", "activity").cast(pl.String))
        .filter(pl.col("activity").is_in(list(ACTIVITIES)))
        .with_columns(
            kind=pl.col("activity").replace(ACTIVITIES),
            day=local.dt.date(),
            seconds=(pl.col("end_time") - pl.col("start_time")).dt.total_seconds(),
        )
        .filter(pl.col("seconds") >= SHORTEST_SPELL_S)
        .group_by("case_id", "day", "kind")
        .agg(pl.col("seconds").clip(0, LONGEST_SPELL_S).sum(), pl.col("start_time").min().alias("first"))
        .sort("case_id", "day", "first", "kind")
        .drop("first")
    )


def cases_of(work: pl.DataFrame) -> Iterator[list[Spell]]:
    """Contacts and checks of one case after the other, in order of time."""
    long = work.filter(pl.col("seconds") >= SHORTEST_CONTACT_S)
    for _, rows in groupby(long.iter_rows(), key=lambda row: row[0]):
        yield [Spell(day, kind, seconds) for _, day, kind, seconds in rows]


def measure(work: pl.DataFrame) -> Found:
    """Follow every checked case from its first contact to its last."""
    found = Found()
    for spells in cases_of(work):
        if not any(spell.kind == CHECK for spell in spells):
            continue
        found.contacts.append(len({spell.day for spell in spells if spell.kind != CHECK}))
        found.length_days.append((spells[-1].day - spells[0].day).days)
        first_check = next(spell.day for spell in spells if spell.kind == CHECK)
        _before_checks(found, spells, first_check)
        _rounds(found, [s for s in spells if s.kind in (CHECK, MISSING) and s.day >= first_check])
    return found


def _before_checks(found: Found, spells: list[Spell], first_check: date) -> None:
    talks = sorted({s.day for s in spells if s.kind in (APPLY, OFFER) and s.day <= first_check})
    if not talks:
        return
    if len(talks) == 1:
        found.delay("first contact to papers", talks[0], first_check)
        return
    found.talked_again += 1
    found.delay("first contact to second", talks[0], talks[1])
    found.delay("last of several to papers", talks[-1], first_check)


def _rounds(found: Found, spells: list[Spell]) -> None:
    """Take checks in a row as one check, and the calls up to the next check as what it led to."""
    runs = [(kind, [s.day for s in run]) for kind, run in groupby(spells, key=lambda s: s.kind)]
    if runs and runs[0][0] == MISSING:
        runs = runs[1:]
    for number, (kind, days) in enumerate(runs):
        if kind == CHECK:
            found.checks[number // 2 + 1] += 1
            continue
        found.incomplete[number // 2 + 1] += 1
        found.calls_per_round[len(set(days))] += 1
        found.delay("check to missing call", runs[number - 1][1][-1], days[0])
        for earlier, later in pairwise(days):
            found.delay("missing call to the next", earlier, later)
        if number + 1 < len(runs):
            found.delay("last missing call to check", days[-1], runs[number + 1][1][0])


@dataclass(frozen=True)
class Fit:
    """A lognormal delay, and the mean of the whole days that a map makes of it."""

    median_days: float
    sigma: float
    mean_whole_days: float


def fit_delay(pairs: list[tuple[int, int]]) -> Fit:
    """Fit a lognormal by maximum likelihood to delays known in whole days.

    A map rounds delays up to whole days, at least one, and moves a Sunday to the Monday after: so a delay of
    k days lay between k-1 and k, or between k-2 and k where it ended on a Monday; none counts as one.
    """
    counts = Counter((weekday, max(days, 1)) for weekday, days in pairs)
    weekday, days = (np.array(column) for column in zip(*counts, strict=True))
    weight = np.array(list(counts.values()), dtype=np.float64)
    on_monday = (weekday + days) % 7 == MONDAY
    low = np.maximum(days - np.where(on_monday, 2, 1), 0).astype(np.float64)

    def cost(given: FloatArray) -> float:
        chance = _below(days, *given) - _below(low, *given)
        return -float((weight * np.log(np.maximum(chance, 1e-300))).sum())

    found = optimize.minimize(cost, [1.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-6})
    start = Counter[int]()
    for (day, _), number in counts.items():
        start[day] += number
    mean = sum(number * _mean_whole_days(day, *found.x) for day, number in start.items()) / weight.sum()
    return Fit(math.exp(found.x[0]), math.exp(found.x[1]), float(mean))


def _below(days: npt.ArrayLike, log_median: float, log_sigma: float) -> FloatArray:
    with np.errstate(divide="ignore"):
        logs = np.log(np.asarray(days, dtype=np.float64))
    return np.asarray(special.ndtr((logs - log_median) / math.exp(log_sigma)))


def _mean_whole_days(weekday: int, log_median: float, log_sigma: float) -> float:
    whole = np.arange(1, LONGEST_DELAY + 1)
    chance = np.diff(_below(np.arange(LONGEST_DELAY + 1), log_median, log_sigma))
    moved = whole + ((weekday + whole) % 7 == SUNDAY)
    return float((chance * moved).sum() / chance.sum())


def print_cases(work: pl.DataFrame, found: Found) -> None:
    cases = work["case_id"].n_unique()
    checked = len(found.contacts)
    contacts, length = np.array(found.contacts), np.array(found.length_days)
    print(f"Cases: {cases}; with a check: {checked} ({checked / cases:.3f}), of which all below")
    print(f"Contacts a case, on days of their own: mean {contacts.mean():.2f}, up to {contacts.max()}")
    print(f"Days from first to last: mean {length.mean():.1f}, {_quantiles(length, (10, 50, 90))}")
    print(f"Talked on two days or more before papers came: {found.talked_again / checked:.3f}")


def print_rework(found: Found) -> None:
    print("\nIncomplete files: share of checks that led to a missing call before the next check")
    for number in range(1, MOST_ROUNDS_SHOWN + 1):
        share = found.incomplete[number] / found.checks[number]
        print(f"  check {number}: {found.checks[number]:>6} checks, {share:.3f} incomplete")
    later = sum(found.checks.values()) - found.checks[1]
    share = (sum(found.incomplete.values()) - found.incomplete[1]) / later
    print(f"  check 2 and later: {later} checks, {share:.3f} incomplete")
    rounds = sum(found.calls_per_round.values())
    calls = sum(calls * count for calls, count in found.calls_per_round.items())
    more = 1 - found.calls_per_round[1] / rounds
    print(f"  missing calls for one incomplete check: mean {calls / rounds:.2f}; more than one: {more:.3f}")


def print_delays(found: Found) -> None:
    print("\nDelays in days, and the lognormal that a map rounds up to whole days (same day counts as one)")
    heads = f"{'n':>7}{'same day':>10}{'mean':>7}{'10%':>6}{'50%':>6}{'90%':>6}"
    print(f"  {'':<28}{heads}   lognormal: median, sigma, mean of whole days (observed)")
    for name, pairs in found.delays.items():
        days = np.array([days for _, days in pairs])
        quantiles = "".join(f"{value:>6.0f}" for value in np.percentile(days, (10, 50, 90)))
        fit = fit_delay(pairs)
        print(
            f"  {name:<28}{days.size:>7}{np.mean(days == 0):>10.3f}{days.mean():>7.2f}{quantiles}   "
            f"{fit.median_days:.2f} days, {fit.sigma:.2f}, {fit.mean_whole_days:.2f} "
            f"({np.maximum(days, 1).mean():.2f})"
        )


def print_service(work: pl.DataFrame) -> None:
    print(f"\nWork on a case in one day, minutes, of those of at least {SHORTEST_CONTACT_S} s")
    print(f"  {'':<28}{'n':>7}{'shorter':>10}{'mean':>7}{'cv':>7}{'50%':>6}{'90%':>6}")
    talks = work.filter(pl.col("kind").is_in([APPLY, OFFER]))
    talk_days = talks.group_by("case_id", "day").agg(pl.col("seconds").sum()).sort("case_id", "day")
    first = talk_days.group_by("case_id", maintain_order=True).first()
    later = talk_days.join(first, on=["case_id", "day"], how="anti")
    _print_minutes("first contact, offer and all", first["seconds"].to_numpy())
    _print_minutes("talk on a later day", later["seconds"].to_numpy())
    for kind in (MISSING, CHECK):
        _print_minutes(kind, work.filter(pl.col("kind") == kind)["seconds"].to_numpy())


def _print_minutes(name: str, seconds: npt.NDArray[np.int64]) -> None:
    minutes = seconds[seconds >= SHORTEST_CONTACT_S] / 60
    shorter = 1 - minutes.size / seconds.size
    median, high = np.percentile(minutes, (50, 90))
    cv = minutes.std() / minutes.mean()
    spread = f"{minutes.mean():>7.2f}{cv:>7.2f}{median:>6.1f}{high:>6.1f}"
    print(f"  {name:<28}{minutes.size:>7}{shorter:>10.3f}{spread}")


def print_profile(raw: pl.DataFrame) -> None:
    """Print when cases begin: the first spell of each, by local hour and weekday."""
    local = pl.col("start_time").dt.replace_time_zone("UTC").dt.convert_time_zone(TIME_ZONE)
    start = raw.group_by("case_id").agg(local.min().alias("at"))
    weekday = start["at"].dt.weekday().to_numpy()
    by_day = np.bincount(weekday, minlength=8)[1:]
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    factors = by_day / by_day[:5].mean()
    print("\nFirst work on a case, by weekday (mean of Monday to Friday: 1)")
    print("  " + "  ".join(f"{name} {value:.2f}" for name, value in zip(names, factors, strict=True)))
    hours = np.bincount(start["at"].dt.hour().to_numpy()[weekday <= 5], minlength=24)
    print("Monday to Friday, share by hour")
    print("  " + "  ".join(f"{hour:02d} {n / hours.sum():.3f}" for hour, n in enumerate(hours) if n))


def _quantiles(values: npt.NDArray[np.int64], levels: tuple[int, ...]) -> str:
    found = np.percentile(values, levels)
    return ", ".join(f"{level}%: {value:.0f}" for level, value in zip(levels, found, strict=True))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path, help="the workflow activities, a Parquet file")
    given = parser.parse_args(arguments)
    raw = pl.read_parquet(given.work)
    work = work_by_day(raw)
    found = measure(work)
    print_cases(work, found)
    print_rework(found)
    print_delays(found)
    print_service(work)
    print_profile(raw)


if __name__ == "__main__":
    main()
