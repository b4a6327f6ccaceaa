"""What stands in for a figure where it cannot be seen: the same, said in numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import polars as pl

from journeysim.experiment.results import OptionResult
from journeysim.experiment.runs import Run
from journeysim.experiment.standing import number_with_interval
from journeysim.experiment.statistics import Difference, Estimate
from journeysim.journey import Journey
from journeysim.journey.values import show_time
from journeysim.report.drawing.worst import worst_point
from journeysim.report.figures.day import joined_waits
from journeysim.report.figures.words import is_yearly_money, words_of
from journeysim.report.page.tables import known_scores

_MOST_TOLD = 8
"""Options of which a text tells; the tables have all."""
_MOST_DECIMALS = 6


def of_differences(
    others: Sequence[OptionResult],
    metrics: Sequence[str],
    baseline: str,
    currency: str,
    largest_amount: float = 0.0,
) -> str:
    """Differences of every metric and option with their intervals; the amount as in `option_differences`."""
    parts = []
    for metric in metrics:
        words = words_of(metric, currency, largest_amount if is_yearly_money(metric) else 0.0)
        told = [
            f"{option.name} {_difference(found.difference, words.factor)}{', real' if found.real else ''}"
            for option in others[:_MOST_TOLD]
            if (found := option.versus_baseline.get(metric)) is not None
            and not math.isnan(found.difference.difference)
        ]
        if told:
            parts.append(f"{words.of_difference()}: {'; '.join(told)}")
    return f"Differences from {baseline} with 95% intervals. {'. '.join(parts)}.{_rest(others)}"


def of_waits(steps: pl.DataFrame, options: Sequence[str]) -> str:
    """The hour with the shortest and that with the longest mean wait, of each option."""
    joined = joined_waits(steps, None, 60)
    means = joined.group_by("option", "slot").agg(pl.col("wait").mean()).sort("option", "slot")
    parts = []
    for option in options:
        found = means.filter(pl.col("option") == option)
        if found.is_empty():
            continue
        hours, waits = found["slot"].to_list(), found["wait"].to_list()
        low, high = waits.index(min(waits)), waits.index(max(waits))
        parts.append(
            f"{option}: the mean wait is shortest from {show_time(hours[low])}, {waits[low]:.1f} min, "
            f"and longest from {show_time(hours[high])}, {waits[high]:.1f} min"
        )
    return f"Waits by hour of joining. {'. '.join(parts)}."


def of_emotion(options: Sequence[OptionResult]) -> str:
    """The highest and the lowest touchpoint of each option's emotion curve."""
    parts = []
    for option in options:
        scores = known_scores(option)
        if scores:
            best, worst = max(scores, key=scores.__getitem__), min(scores, key=scores.__getitem__)
            parts.append(
                f"{option.name}: highest {_score(scores[best])} at {best}, "
                f"lowest {_score(scores[worst])} at {worst}"
            )
    return f"Mean score at each touchpoint, from −1 to 1. {'. '.join(parts)}."


def of_journey(journey: Journey, run: Run) -> str:
    """Stages and touchpoints in their order, each with its mean score and wait, and the worst point."""
    found = run.baseline.by("touchpoint")
    stages: dict[str, list[str]] = {}
    for name, touchpoint in journey.touchpoints.items():
        metrics = found.get(name, {})
        told = [
            text.format(metrics[metric].mean).replace("-", "−")
            for metric, text in (("score_mean", "score {:.2f}"), ("wait_mean_min", "wait {:.1f} min"))
            if metric in metrics and not math.isnan(metrics[metric].mean)
        ]
        stages.setdefault(touchpoint.stage, []).append(", ".join([name, *told]))
    parts = [f"{stage}: {'; '.join(points)}" for stage, points in stages.items()]
    worst = worst_point(run, run.baseline.name, journey)
    ending = "" if worst is None else f" {worst.sentence}"
    return f"The journey of {journey.name}, {run.baseline.name}, stage by stage. {'. '.join(parts)}.{ending}"


def of_told(options: Sequence[OptionResult]) -> str:
    """How many people are told good and bad in the first and the last month, for each option."""
    parts = []
    for option in options:
        months = option.by_month()
        good, bad = months.get("told_good", []), months.get("told_bad", [])
        if good and bad:
            told = f"of good visits {_first_and_last(good)}; of bad visits {_first_and_last(bad)}"
            parts.append(f"{option.name}: {told}")
    return f"People told of visits, a month. {'. '.join(parts)}."


def of_reasons(options: Sequence[OptionResult]) -> str:
    """How many customers each reason took, for each option."""
    return _of_parts("Customers lost over the horizon, by reason", options, "reason", "lost")


def of_rungs(options: Sequence[OptionResult]) -> str:
    """How many customers stand on each rung at the end, for each option."""
    return _of_parts("Customers at the end, by rung of loyalty", options, "rung", "customers_end")


def _of_parts(title: str, options: Sequence[OptionResult], scope: str, metric: str) -> str:
    parts = []
    for option in options:
        found: Mapping[str, Mapping[str, Estimate]] = option.by(scope)
        told = [
            f"{name.replace('_', ' ')} {number_with_interval(estimates[metric])}"
            for name, estimates in found.items()
            if metric in estimates and not math.isnan(estimates[metric].mean)
        ]
        if told:
            parts.append(f"{option.name}: {'; '.join(told)}")
    return f"{title}. {'. '.join(parts)}."


def _first_and_last(months: Sequence[Estimate]) -> str:
    first, last = months[0], months[-1]
    if len(months) == 1:
        return number_with_interval(first)
    return f"{number_with_interval(first)} in month 1 and {number_with_interval(last)} in month {len(months)}"


def _difference(found: Difference, factor: float) -> str:
    half = (found.high - found.low) / 2 * factor
    size = half if half > 0 else abs(found.difference * factor)
    digits = max(0, min(_MOST_DECIMALS, math.ceil(-math.log10(size)))) if size > 0 else 0
    middle, low, high = (
        f"{value * factor:+,.{digits}f}".replace("-", "−")
        for value in (found.difference, found.low, found.high)
    )
    return middle if math.isnan(half) or found.low == found.high else f"{middle} ({low} to {high})"


def _score(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _rest(others: Sequence[OptionResult]) -> str:
    more = len(others) - _MOST_TOLD
    return f" {more} more options are in the table." if more > 0 else ""
