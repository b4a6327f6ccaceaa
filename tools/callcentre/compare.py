"""Predicted beside observed, and beside two rivals: a stationary Erlang A by hour, and last month again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from callcentre.fit import NEEDS, Fit, needs
from callcentre.maps import Month
from callcentre.records import HOURS, NAMES, FloatArray
from journeysim.branch.formulas import erlang_a
from journeysim.experiment.statistics import Estimate, estimate

METRICS = ("wait_s", "waited", "gave_up")
TITLES = {"wait_s": "wait, s", "waited": "waited, %", "gave_up": "gave up, %"}


@dataclass(frozen=True)
class Comparison:
    """Rows (all, hours or types) by metric.

    Attributes
    ----------
    observed, simulated, erlang, persistence : by metric, then row; the rivals only by hour and over all.
    """

    rows: tuple[str, ...]
    calls: FloatArray
    observed: dict[str, FloatArray]
    simulated: dict[str, list[Estimate]]
    erlang: dict[str, FloatArray]
    persistence: dict[str, FloatArray]


def measure(calls: pl.DataFrame, column: str, values: Sequence[int] | Sequence[str]) -> dict[str, FloatArray]:
    """Mean wait, share waiting and share abandoning, by the values of a column; NaN where there are none."""
    table = calls.group_by(column).agg(
        wait_s=pl.col("wait_s").mean(),
        waited=(pl.col("wait_s") > 0).mean(),
        gave_up=1 - pl.col("served").mean(),
        calls=pl.len().cast(pl.Float64),
    )
    wanted = pl.DataFrame({column: list(values)}, schema={column: table.schema[column]})
    table = wanted.join(table, on=column, how="left", maintain_order="left")
    return {name: table[name].fill_null(math.nan).to_numpy() for name in (*METRICS, "calls")}


def over_all(calls: pl.DataFrame) -> dict[str, FloatArray]:
    return measure(calls.with_columns(all=pl.lit("all")), "all", ["all"])


def compare(
    month: Month, replications: Sequence[pl.DataFrame], last: pl.DataFrame, fitted: Fit
) -> dict[str, Comparison]:
    """Comparisons over ``all``, by ``hour`` and by ``type``.

    Parameters
    ----------
    replications : simulated calls.
    last : calls of the last fitted month, for persistence.
    """
    hourly_erlang, calls_by_hour = erlang_by_hour(month, fitted)
    all_erlang = {
        name: np.array([np.average(values, weights=calls_by_hour)]) for name, values in hourly_erlang.items()
    }
    hours = tuple(f"{hour:02d}:00" for hour in HOURS)
    by_hour = _comparison(
        hours,
        measure(month.calls, "hour", HOURS),
        [measure(calls, "hour", HOURS) for calls in replications],
        hourly_erlang,
        measure(last, "hour", HOURS),
    )
    by_type = _comparison(
        NAMES,
        measure(month.calls, "type", NAMES),
        [measure(calls, "type", NAMES) for calls in replications],
        {},
        measure(last, "type", NAMES),
    )
    everything = _comparison(
        ("all",),
        over_all(month.calls),
        [over_all(calls) for calls in replications],
        all_erlang,
        over_all(last),
    )
    return {"all": everything, "hour": by_hour, "type": by_type}


def _comparison(
    rows: tuple[str, ...],
    observed: dict[str, FloatArray],
    simulated: Sequence[dict[str, FloatArray]],
    erlang: dict[str, FloatArray],
    persistence: dict[str, FloatArray],
) -> Comparison:
    estimates = {
        name: [estimate(np.array([one[name][row] for one in simulated])) for row in range(len(rows))]
        for name in METRICS
    }
    return Comparison(rows, observed["calls"], observed, estimates, erlang, persistence)


def erlang_by_hour(month: Month, fitted: Fit) -> tuple[dict[str, FloatArray], FloatArray]:
    """Stationary Erlang A of every hour of every day, then the mean over days by calls.

    Same inputs as the simulation: that hour's calls, the fitted mean service of their types with the work
    after a call, the agents present in that hour, mean patience. Agents are a mean, so the two whole numbers
    about it are weighted.
    """
    holding = _holding_s(month.calls, fitted)
    day = month.calls["date"].to_physical().to_numpy()
    hour = month.calls["hour"].to_numpy()
    total = month.present.sum(axis=0)
    agents = total.reshape(len(month.days), len(HOURS), -1).mean(axis=2)
    results = {name: np.zeros((len(month.days), len(HOURS))) for name in METRICS}
    calls = np.zeros((len(month.days), len(HOURS)))
    for d, number in enumerate(np.unique(day)):
        for h, of_day in enumerate(HOURS):
            chosen = (day == number) & (hour == of_day)
            calls[d, h] = chosen.sum()
            if not chosen.any():
                continue
            for name, value in _erlang(
                float(chosen.sum()),
                float(holding[chosen].mean()),
                float(agents[d, h]),
                fitted.patience_mean_s,
            ).items():
                results[name][d, h] = value
    weights = calls / np.maximum(calls.sum(axis=0), 1)
    return {name: (values * weights).sum(axis=0) for name, values in results.items()}, calls.sum(axis=0)


def _erlang(per_hour: float, service_s: float, agents: float, patience_s: float) -> dict[str, float]:
    low = max(math.floor(agents), 1)
    share = min(max(agents - low, 0.0), 1.0)
    found = dict.fromkeys(METRICS, 0.0)
    for servers, weight in ((low, 1 - share), (low + 1, share)):
        if weight > 0:
            queue = erlang_a(per_hour, service_s / 60, servers, patience_s / 60)
            found["wait_s"] += weight * queue.wait_mean_min * 60
            found["waited"] += weight * queue.waited_fraction
            found["gave_up"] += weight * queue.reneged_fraction
    return found


def _holding_s(calls: pl.DataFrame, fitted: Fit) -> FloatArray:
    """Mean time that each call is expected to hold an agent."""
    table = np.empty((len(NAMES), len(NEEDS)))
    for kind in range(len(NAMES)):
        short = fitted.short_share[kind]
        for number, need in enumerate(NEEDS):
            full = fitted.service_mean_s(kind, need)
            table[kind, number] = (1 - short) * full + short * fitted.short_s[kind] + fitted.wrap_up_mean_s
    holding: FloatArray = table[calls["kind"].to_numpy(), needs(calls, fitted.usual)]
    return holding


def print_comparison(title: str, found: Comparison) -> None:
    """Print a table by metric."""
    for name in METRICS:
        times = 1 if name == "wait_s" else 100
        print(f"\n{title}: {TITLES[name]}")
        heads = ["observed", "simulated", *(["Erlang A"] if found.erlang else []), "last month"]
        print(f"  {'':<15}{'calls':>7}" + "".join(f"{head:>16}" for head in heads))
        for row, label in enumerate(found.rows):
            mean = found.simulated[name][row]
            cells = [
                f"{times * found.observed[name][row]:.1f}",
                f"{times * mean.mean:.1f} ±{times * mean.half_width:.1f}",
            ]
            if found.erlang:
                cells.append(f"{times * found.erlang[name][row]:.1f}")
            cells.append(f"{times * found.persistence[name][row]:.1f}")
            print(f"  {label:<15}{found.calls[row]:>7.0f}" + "".join(f"{cell:>16}" for cell in cells))


def errors_by_hour(found: Comparison) -> dict[str, dict[str, float]]:
    """Mean absolute error over the hours, by metric and by who predicts."""
    return {
        name: {
            "simulated": _error(found, name, np.array([one.mean for one in found.simulated[name]])),
            "Erlang A": _error(found, name, found.erlang[name]),
            "last month": _error(found, name, found.persistence[name]),
        }
        for name in METRICS
    }


def _error(found: Comparison, name: str, predicted: FloatArray) -> float:
    return float(np.nanmean(np.abs(predicted - found.observed[name])))


def print_verdict(found: dict[str, Comparison]) -> None:
    """Print how far the prediction is off over the day, and against its rivals hour by hour."""
    everything = found["all"]
    print("\nOver the day")
    for name in METRICS:
        observed, simulated = everything.observed[name][0], everything.simulated[name][0].mean
        print(f"  {TITLES[name]:<12} off by {100 * (simulated / observed - 1):+.1f}%")
    print("\nMean absolute error over the hours")
    print(f"  {'':<12}{'simulated':>11}{'Erlang A':>11}{'last month':>12}")
    for name, errors in errors_by_hour(found["hour"]).items():
        times = 1 if name == "wait_s" else 100
        a, b, c = (times * errors[who] for who in ("simulated", "Erlang A", "last month"))
        print(f"  {TITLES[name]:<12}{a:>11.2f}{b:>11.2f}{c:>12.2f}")
