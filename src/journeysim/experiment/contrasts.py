"""Differences of differences: whether a change does more in one situation than in another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from journeysim.experiment.results import MetricKey, difference_document, values_by_metric
from journeysim.experiment.statistics import Difference, difference_of_differences


@dataclass(frozen=True)
class Contrast:
    """A question to four options: (A - B) - (C - D).

    Parameters
    ----------
    name : as tables show it.
    of : names of A and B.
    less : names of C and D.
    """

    name: str
    of: tuple[str, str]
    less: tuple[str, str]


@dataclass(frozen=True)
class ContrastResult:
    """A contrast's answer.

    Parameters
    ----------
    contrast : the question.
    found : by metric, with the unadjusted interval and p.
    """

    contrast: Contrast
    found: Mapping[MetricKey, Difference] = field(repr=False)

    @property
    def metrics(self) -> dict[str, Difference]:
        """What was found over everything and the whole replication, by metric name."""
        return {key.metric: found for key, found in self.found.items() if key.of_all}


def contrasted(metrics: pl.DataFrame, contrasts: Sequence[Contrast]) -> tuple[ContrastResult, ...]:
    """Answer every contrast, for every metric that all four options have, paired by replication.

    Parameters
    ----------
    metrics : columns option, replication, scope, name, metric, month, value; one row each.
    contrasts : whose options are all in it.
    """
    names = dict.fromkeys(name for one in contrasts for name in (*one.of, *one.less))
    values = {name: values_by_metric(metrics, name) for name in names}
    results = []
    for one in contrasts:
        four = [values[name] for name in (*one.of, *one.less)]
        found = {
            key: difference_of_differences(*(option[key] for option in four))
            for key in four[0]
            if all(key in option for option in four)
        }
        results.append(ContrastResult(one, found))
    return tuple(results)


def contrasts_table(results: Sequence[ContrastResult]) -> pl.DataFrame:
    """Contrasts as a table: contrast, scope, name, metric, month, difference, low, high, p, n.

    Null where there is no value; ``month`` is 0 for a whole replication.
    """
    schema: dict[str, Any] = dict.fromkeys(("contrast", "scope", "name", "metric"), pl.String)
    schema |= {"month": pl.Int64}
    numbers = ("difference", "low", "high", "p", "variance_removed_fraction")
    schema |= dict.fromkeys(numbers, pl.Float64)
    schema |= {"n": pl.Int64}
    rows = [
        (
            result.contrast.name, key.scope, key.name, key.metric, key.month,
            one.difference, one.low, one.high, one.p, one.variance_removed, one.n,
        )
        for result in results
        for key, one in result.found.items()
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col(numbers).fill_nan(None))


def contrasts_document(results: Sequence[ContrastResult]) -> dict[str, Any]:
    """Entry ``contrasts`` of the JSON document, by name: the four options, and what was found by metric."""
    return {
        result.contrast.name: {
            "of": list(result.contrast.of),
            "less": list(result.contrast.less),
            "metrics": {metric: difference_document(one) for metric, one in result.metrics.items()},
        }
        for result in results
    }
