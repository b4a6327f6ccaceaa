"""What a run found: estimates, comparisons, tables, and the document that ``--json`` prints."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from journeysim.experiment.statistics import (
    Difference,
    Estimate,
    estimate,
    holm,
    is_real,
    paired_difference,
)
from journeysim.units import FloatArray

Estimates = Mapping[str, Estimate]

_PARTS = {"touchpoint": "by_touchpoint", "segment": "by_segment", "staff": "by_staff"}
_MARKET_PARTS = {
    "branch": "by_branch",
    "rung": "by_rung",
    "reason": "by_reason",
    "complaint": "by_complaint",
    "bank": "by_bank",
}


@dataclass(frozen=True, order=True)
class MetricKey:
    """Which number: of all visits, or of one touchpoint, segment or staff group.

    Parameters
    ----------
    scope : ``all``, ``touchpoint``, ``segment`` or ``staff``; of a market also ``rung``, ``reason``,
        ``complaint``, ``bank``, ``flow`` (from one bank to another) or ``branch``.
    name : within the scope; empty for all.
    metric : such as ``wait_mean_min``.
    month : of a market's horizon, from 1; 0 for a whole replication.
    """

    scope: str
    name: str
    metric: str
    month: int = 0

    @property
    def of_all(self) -> bool:
        """Whether it is of everything over the whole replication."""
        return self.scope == "all" and self.month == 0


@dataclass(frozen=True)
class Comparison:
    """A difference from the baseline, with what several comparisons at once do to its p.

    Parameters
    ----------
    difference : paired and unadjusted.
    p_adjusted : Holm's p over the options, for this metric; NaN where there is no p.
    real : whether ``p_adjusted`` lies below 0.05.
    """

    difference: Difference
    p_adjusted: float
    real: bool


@dataclass(frozen=True)
class OptionResult:
    """One option's answer.

    Parameters
    ----------
    name : the option's name.
    description : in the planner's words; may be empty.
    replications : number of replications behind every estimate.
    estimates : by metric.
    comparisons : with the baseline, by metric; empty for the baseline itself.
    """

    name: str
    description: str
    replications: int
    estimates: Mapping[MetricKey, Estimate]
    comparisons: Mapping[MetricKey, Comparison]

    @cached_property
    def metrics(self) -> dict[str, Estimate]:
        """Estimates over all visits, by metric name."""
        return {key.metric: found for key, found in self.estimates.items() if key.of_all}

    @cached_property
    def versus_baseline(self) -> dict[str, Comparison]:
        """Comparisons over all visits, by metric name; empty for the baseline itself."""
        return {key.metric: found for key, found in self.comparisons.items() if key.of_all}

    def by(self, scope: str) -> dict[str, dict[str, Estimate]]:
        """Estimates for each part of a scope such as ``touchpoint``, by name and metric."""
        found: dict[str, dict[str, Estimate]] = {}
        for key, value in self.estimates.items():
            if key.scope == scope and key.month == 0:
                found.setdefault(key.name, {})[key.metric] = value
        return found

    def by_month(self) -> dict[str, list[Estimate]]:
        """Estimates of each month of a market's horizon, by metric, over all customers; empty without one.

        Values of a part stand under its scope, name and metric, such as ``rung/active/customers``.
        """
        found: dict[str, list[Estimate]] = {}
        for key, value in self.estimates.items():
            if key.month > 0:
                path = key.metric if key.scope == "all" else f"{key.scope}/{key.name}/{key.metric}"
                found.setdefault(path, []).append(value)
        return found


def summarise(
    metrics: pl.DataFrame, options: Sequence[str], baseline: str, descriptions: Mapping[str, str]
) -> tuple[OptionResult, ...]:
    """Estimate every metric of every option and compare the options with the baseline.

    Parameters
    ----------
    metrics : columns option, replication, scope, name, metric, value; one row each.
    options : names, in the order wanted.
    baseline : the option that the others are compared with.
    descriptions : of options that have one.
    """
    values = {option: values_by_metric(metrics, option) for option in options}
    comparisons = _compared(values, baseline)
    return tuple(
        OptionResult(
            name=option,
            description=descriptions.get(option, ""),
            replications=len(next(iter(found.values()), ())),
            estimates={key: estimate(numbers) for key, numbers in found.items()},
            comparisons=comparisons[option],
        )
        for option, found in values.items()
    )


def summary_table(options: Sequence[OptionResult]) -> pl.DataFrame:
    """Estimates as a table: option, scope, name, metric, mean, low, high, n (null: nothing observed)."""
    rows = [
        (option.name, key.scope, key.name, key.metric, key.month, found.mean, found.low, found.high, found.n)
        for option in options
        for key, found in option.estimates.items()
    ]
    return _table(rows, ("mean", "low", "high"), {"n": pl.Int64})


def differences_table(options: Sequence[OptionResult]) -> pl.DataFrame:
    """Comparisons as a table: unadjusted interval and p, Holm's p, and what pairing did to the variance."""
    rows = [
        (
            option.name, key.scope, key.name, key.metric, key.month,
            found.difference.difference, found.difference.low, found.difference.high, found.difference.p,
            found.p_adjusted, found.difference.variance_removed, found.difference.n, found.real,
        )
        for option in options
        for key, found in option.comparisons.items()
    ]  # fmt: skip
    numbers = ("difference", "low", "high", "p", "p_adjusted", "variance_removed_fraction")
    return _table(rows, numbers, {"n": pl.Int64, "real": pl.Boolean})


def option_document(option: OptionResult) -> dict[str, Any]:
    """One entry of ``options`` in the JSON document."""
    document: dict[str, Any] = {
        "name": option.name,
        "replications": option.replications,
        "metrics": _estimates_document(option.metrics),
    }
    for scope, part in _PARTS.items():
        document[part] = {name: _estimates_document(found) for name, found in option.by(scope).items()}
    months = option.by_month()
    if months:
        for scope, part in _MARKET_PARTS.items():
            document[part] = {name: _estimates_document(found) for name, found in option.by(scope).items()}
        document["by_month"] = {
            metric: [estimate_document(found) for found in estimates] for metric, estimates in months.items()
        }
    document["versus_baseline"] = {
        metric: comparison_document(found) for metric, found in option.versus_baseline.items()
    }
    return document


def number_or_none(value: float) -> float | None:
    """JSON has no NaN: None where nothing was observed."""
    return value if math.isfinite(value) else None


def _estimates_document(found: Estimates) -> dict[str, Any]:
    return {metric: estimate_document(value) for metric, value in found.items()}


def estimate_document(value: Estimate) -> dict[str, Any]:
    """An estimate in a JSON document; null where nothing was observed."""
    return {
        "mean": number_or_none(value.mean),
        "low": number_or_none(value.low),
        "high": number_or_none(value.high),
        "n": value.n,
    }


def difference_document(found: Difference) -> dict[str, Any]:
    """A difference in a JSON document; null where there is none."""
    return {
        "difference": number_or_none(found.difference),
        "low": number_or_none(found.low),
        "high": number_or_none(found.high),
        "p": number_or_none(found.p),
    }


def comparison_document(found: Comparison) -> dict[str, Any]:
    """A difference in a JSON document, and beside it what tables show of it among the other options."""
    return difference_document(found.difference) | {
        "p_adjusted": number_or_none(found.p_adjusted),
        "real": found.real,
        "variance_removed_fraction": number_or_none(found.difference.variance_removed),
    }


def values_by_metric(metrics: pl.DataFrame, option: str) -> dict[MetricKey, FloatArray]:
    """Values of each metric over the replications of an option, in order of replication."""
    own = metrics.filter(pl.col("option") == option)
    replications = own["replication"].unique().sort()
    place = {number: at for at, number in enumerate(replications)}
    found: dict[MetricKey, FloatArray] = {}
    for number, scope, name, metric, month, value in own.select(
        "replication", "scope", "name", "metric", "month", "value"
    ).iter_rows():
        key = MetricKey(scope, name, metric, month)
        if key not in found:
            found[key] = np.full(len(place), math.nan)
        if value is not None:
            found[key][place[number]] = value
    return found


def _compared(
    values: Mapping[str, Mapping[MetricKey, FloatArray]], baseline: str
) -> dict[str, dict[MetricKey, Comparison]]:
    compared: dict[str, dict[MetricKey, Comparison]] = {option: {} for option in values}
    others = [option for option in values if option != baseline]
    for key, reference in values[baseline].items():
        having = [option for option in others if key in values[option]]
        found = [paired_difference(values[option][key], reference) for option in having]
        adjusted = holm(np.array([difference.p for difference in found]))
        for option, difference, p, real in zip(having, found, adjusted, is_real(adjusted), strict=True):
            compared[option][key] = Comparison(difference, float(p), bool(real))
    return compared


def _table(
    rows: Sequence[tuple[Any, ...]], numbers: Sequence[str], others: Mapping[str, Any]
) -> pl.DataFrame:
    schema: dict[str, Any] = dict.fromkeys(("option", "scope", "name", "metric"), pl.String)
    schema |= {"month": pl.Int64}
    schema |= dict.fromkeys(numbers, pl.Float64)
    schema |= others
    return pl.DataFrame(list(rows), schema=schema, orient="row").with_columns(pl.col(numbers).fill_nan(None))


def real_metrics(option: OptionResult) -> Iterator[str]:
    """Names of the overall metrics in which an option really differs from the baseline."""
    for metric, found in option.versus_baseline.items():
        if found.real:
            yield metric
