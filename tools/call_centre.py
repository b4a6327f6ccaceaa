"""Predict a real call centre: fit on some months of its records, simulate others, compare with what happened.

    python tools/call_centre.py predict RECORDS.parquet --fit 1-6 --predict 7
    python tools/call_centre.py write RECORDS.parquet --fit 1-6 --predict 7 --folder journeys
    python tools/call_centre.py fit RECORDS.parquet --fit 1-6 --profile PROFILE.csv

``predict`` fits service, patience and the rule of presence on the months of ``--fit`` alone; the months of
``--predict`` give the recorded arrivals and, by the same rule, the roster. ``write`` writes the shipped maps
and their data files, ``fit`` prints every number fitted. What the records are, which of their traps matter
here, and who is to be thanked for them, stands in ``journeys/data/README.md``.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from callcentre.agents import Shift, shifts
from callcentre.compare import compare, measure, over_all, print_comparison, print_verdict
from callcentre.fit import BANDS, SEGMENTS, Fit, fit
from callcentre.maps import month_of, names, write_map, write_typical_map
from callcentre.records import HOURS, NAMES, compare_profile, describe, in_months, regular_calls
from callcentre.simulate import simulate

RULES = (3, 4, 5, 6, 7, 8)
"""Times passed over that are tried."""
DEFAULT_RULE = 6


def months(text: str) -> tuple[int, ...]:
    """Months as ``7`` or ``1-6``."""
    first, _, last = text.partition("-")
    try:
        found = tuple(range(int(first), int(last or first) + 1))
    except ValueError:
        found = ()
    if not found or found[0] < 1 or found[-1] > 12:
        raise argparse.ArgumentTypeError(f"a month or a range such as 1-6 is required, found {text!r}")
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    given = _arguments(arguments)
    raw = regular_calls(pl.read_parquet(given.records))
    fitted_calls = in_months(raw, given.fit)
    if fitted_calls.is_empty():
        raise SystemExit(f"no regular calls in months {given.fit}")
    describe(f"Fitted, {names(given.fit)}", fitted_calls)
    worked = shifts(fitted_calls)
    fitted = fit(fitted_calls, worked, given.rule or DEFAULT_RULE)
    if given.command == "fit":
        if given.profile:
            compare_profile(raw, given.profile)
        print_fit(fitted)
    if given.rule is None:
        fitted = choose_rule(fitted, fitted_calls, worked, given)
    if given.command == "fit":
        return
    calls = in_months(raw, given.predict)
    if calls.is_empty():
        raise SystemExit(f"no regular calls in months {given.predict}")
    month = month_of(calls, shifts(calls), fitted.absent_from)
    if given.command == "write":
        for path in (
            write_map(given.folder, fitted, month, given.fit, given.predict),
            write_typical_map(given.folder, fitted, fitted_calls, worked, given.fit),
        ):
            print(f"Wrote {path}")
        return
    describe(f"Predicted, {names(given.predict)}", calls)
    with tempfile.TemporaryDirectory() as folder:
        path = write_map(Path(folder), fitted, month, given.fit, given.predict)
        simulated = simulate([path], given.replications, given.seed, given.workers, _progress("simulating"))
    last = in_months(raw, (given.fit[-1],))
    found = compare(month, simulated, last, fitted)
    for title, comparison in (("All", found["all"]), ("By hour", found["hour"]), ("By type", found["type"])):
        print_comparison(title, comparison)
    print_verdict(found)


def choose_rule(fitted: Fit, calls: pl.DataFrame, worked: Sequence[Shift], given: argparse.Namespace) -> Fit:
    """Choose how often passed over means absent: by simulating the fitted months themselves.

    Service stands at each month's own level here, so that the rule does not make up for a level that moved.
    The rule with the smallest sum of relative errors is taken: of mean wait and of abandonment, over the day
    and by the hour.
    """
    print(f"\nRule of presence, simulated on {names(given.fit)} itself (1 replication)")
    print(
        f"  {'absent from':<14}{'wait, s':>9}{'gave up':>9}{'by the hour, mean absolute error':>36}{'sum':>8}"
    )
    observed = {"all": over_all(calls), "hour": measure(calls, "hour", HOURS)}
    print(f"  {'observed':<14}{observed['all']['wait_s'][0]:>9.1f}{observed['all']['gave_up'][0]:>9.3f}")
    costs = {}
    for number, rule in enumerate(RULES):
        simulated = _at_own_levels(fitted.with_rule(rule), calls, worked, given)
        if (show := _progress("trying rules")) is not None:
            show(number + 1, len(RULES))
        total, hourly = over_all(simulated), measure(simulated, "hour", HOURS)
        cost, by_hour = 0.0, []
        for name in ("wait_s", "gave_up"):
            level = observed["all"][name][0]
            by_hour.append(np.nanmean(np.abs(hourly[name] - observed["hour"][name])))
            cost += abs(total[name][0] / level - 1) + by_hour[-1] / level
        costs[rule] = cost
        print(
            f"  {f'{rule} times':<14}{total['wait_s'][0]:>9.1f}{total['gave_up'][0]:>9.3f}"
            f"{by_hour[0]:>25.1f} s, {by_hour[1]:.4f}{cost:>8.3f}"
        )
    best = min(costs, key=costs.__getitem__)
    print(f"  taken: absent when passed over {best} times")
    return fitted.with_rule(best)


def _at_own_levels(
    fitted: Fit, calls: pl.DataFrame, worked: Sequence[Shift], given: argparse.Namespace
) -> pl.DataFrame:
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        for number, level in fitted.level_by_month.items():
            chosen = in_months(calls, (number,))
            month = month_of(chosen, worked, fitted.absent_from)
            own = replace(fitted, level=level)
            path = write_map(Path(folder) / str(number), own, month, given.fit, (number,))
            parts.append(path)
        return simulate(parts, 1, given.seed, given.workers)[0]


def print_fit(fitted: Fit) -> None:
    """Print every fitted number."""
    print("\nService of 10 s to 1 h with a known agent: mean s, cv, by hours; short ones: share, mean s")
    print(f"  {'type':<15}" + "".join(f"{band:>16}" for band in BANDS) + f"{'short':>16}")
    for kind, name in enumerate(NAMES):
        cells = [f"{fitted.mean_s[kind, b]:.1f}, {fitted.cv[kind, b]:.3f}" for b in range(len(BANDS))]
        cells.append(f"{fitted.short_share[kind]:.4f}, {fitted.short_s[kind]:.1f}")
        print(f"  {name:<15}" + "".join(f"{cell:>16}" for cell in cells))
    print(f"  in a surge: times {fitted.surge_factor:.3f}")
    print("\nLevel of service, relative to the mean of the months")
    print("  by month: " + ", ".join(f"{m}: {level:.3f}" for m, level in fitted.level_by_month.items()))
    print("  error 20 days ahead, by half-life in days: ", end="")
    print(", ".join(f"{h:g}: {error:.4f}" for h, error in fitted.half_life_errors.items()))
    print(f"  taken: half-life {fitted.half_life_days:g} days, level {fitted.level:.3f}")
    print("\nPatience, s: quantiles of the Kaplan-Meier estimate")
    shares = (0.05, 0.1, 0.25, 0.5, 0.75)
    print(f"  {'segment':<22}" + "".join(f"{share:>8.0%}" for share in shares))
    for number, name in enumerate(SEGMENTS):
        values = fitted.patience_s[number]
        print(f"  {name:<22}" + "".join(f"{values[int(share * values.size)]:>8.0f}" for share in shares))
    print("\nHigh priority: " + ", ".join(f"{name} {share:.3f}" for name, share in fitted.high_share.items()))
    print(f"Work after a call: mean {fitted.wrap_up_mean_s:.2f} s, cv {fitted.wrap_up_cv:.3f}")
    print(f"Mean patience (for Erlang A): {fitted.patience_mean_s:.0f} s")


def _progress(title: str) -> Callable[[int, int], None] | None:
    if not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        print(f"\r{title}: {done} of {total}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    return show


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("predict", "write", "fit"))
    parser.add_argument("records", type=Path, help="the call records, a Parquet file")
    parser.add_argument("--fit", type=months, default=months("1-6"), help="months to fit on, such as 1-6")
    parser.add_argument("--predict", type=months, default=months("7"), help="months to predict")
    parser.add_argument(
        "--rule", type=int, help="times passed over that mean absent; absent: chosen on --fit"
    )
    parser.add_argument("--replications", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--folder", type=Path, default=Path("journeys"), help="where the maps are written")
    parser.add_argument("--profile", type=Path, help="published hourly means, to compare the selection with")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
