"""What is uncertain about a run: the model, chance, what is not settled, the horizon and the calibration."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from journeysim.errors import Problem
from journeysim.experiment.beside import lies_within
from journeysim.experiment.cells import Column
from journeysim.experiment.headline import WAIT
from journeysim.experiment.remarks import (
    behaviour_text,
    few_text,
    horizon_text,
    lasting,
    pairing_text,
    year_text,
)
from journeysim.experiment.results import MetricKey, values_by_metric
from journeysim.experiment.runs import Run
from journeysim.experiment.standing import few, number_with_interval
from journeysim.experiment.statistics import Difference, estimate, paired_difference
from journeysim.report.page.tables import typeset
from journeysim.units import FloatArray

FEW_REPLICATIONS = 10
"""Below it an interval rests on too few to lean on."""

_MOST_WARNINGS = 12


@dataclass(frozen=True)
class Remark:
    """One thing that is uncertain.

    Parameters
    ----------
    about : in two or three words.
    sentences : what there is to say.
    """

    about: str
    sentences: tuple[str, ...]


def remarks_on(run: Run, columns: Sequence[Column], guessed_fraction: float) -> tuple[Remark, ...]:
    """Everything that is uncertain about a run, in the order in which it bears on a decision.

    Parameters
    ----------
    run : whose numbers are told.
    columns : of the table of differences.
    guessed_fraction : share of the constants of behaviour that nobody has measured, 0..1.
    """
    found = [
        Remark("The model", tuple(_model(run, guessed_fraction))),
        Remark("Chance", tuple(_chance(run))),
        Remark("Several options at once", tuple(_comparisons(run, columns))),
        Remark("The horizon", tuple(_horizon(run))),
        Remark("Calibration", tuple(_calibration(run))),
        Remark("Against a log", tuple(_observed(run))),
        Remark("Against formulas", tuple(_formulas(run))),
        Remark("What looks doubtful in the input", tuple(_doubtful(run.scenario.warnings))),
        Remark("About this run", tuple(_sentence(note) for note in run.notes)),
    ]
    return tuple(remark for remark in found if remark.sentences)


def _model(run: Run, guessed_fraction: float) -> Iterator[str]:
    option = run.scenario.baseline_option
    if option.market is not None:
        yield (
            "No public data link one customer's wait to that customer's leaving. What happens in the branch, "
            "waits above all, is surer than who stays."
        )
        yield f"{behaviour_text(run.scenario)}."
    else:
        yield (
            "The run has no market: nobody leaves the bank, nobody tells anybody, and as many come tomorrow "
            "whatever they went through today."
        )
    yield f"Of the constants of behaviour that it uses, {guessed_fraction:.0%} are assumptions."
    if option.journey.arrivals.recorded is not None:
        yield "Who comes and when is read from a log, so other days than those are not represented."
    if run.has_own_rules:
        yield "An analyst's own rules decide on routes, priorities or service times."
    yield "Who of a staff group serves is not modelled, nor what customers know of the queue beforehand."


def _chance(run: Run) -> Iterator[str]:
    count = run.options[0].replications
    if count < 2:
        yield _sentence(few_text(count))
        return
    yield (
        f"Every number is a mean over {count} replications. Were the whole study done again and again with "
        "other luck, 95 of 100 intervals would hold what the model comes to in the long run. They do not say "
        "whether the model is right."
    )
    wait = run.baseline.metrics.get(WAIT.metric)
    if wait is not None and wait.half_width > 0 and wait.mean > 0:
        yield (
            f"The mean wait of {run.scenario.baseline} is known to ±{wait.half_width / wait.mean:.1%} of its "
            "value. Four times the replications halve an interval."
        )
    if told := few_text(count):
        yield _sentence(told)
    elif count < FEW_REPLICATIONS:
        yield (
            f"{count} replications are few: their intervals move much from one seed to another. Before money "
            "rests on them, run it again with --replications 30 or more."
        )
    if run.asked > count:
        yield f"{run.asked} replications were asked for; the time was enough for {count}."
    for line in run.stop.lines() if run.stop is not None else ():
        yield _sentence(line)


def _comparisons(run: Run, columns: Sequence[Column]) -> Iterator[str]:
    others = [option for option in run.options if option is not run.baseline]
    if not others or run.options[0].replications < 2:
        return
    found = [
        compared
        for option in others
        for column in columns
        if (compared := option.versus_baseline.get(column.metric)) is not None
        and not math.isnan(compared.difference.low)
    ]
    real = sum(one.real for one in found)
    same = sum(one.difference.low == one.difference.high == 0 for one in found)
    yield (
        f"Of {len(found)} differences from {run.scenario.baseline} in the table, {real} are real, "
        f"{len(found) - real - same} cannot be told from no change, and {same} are exactly zero. What cannot "
        "be told apart need not be equal: the interval says how large the difference may be."
    )
    if len(others) > 1:
        yield (
            f"A difference counts as real after Holm's adjustment over {len(others)} options, each metric "
            "by itself. Intervals are not adjusted: about one in twenty misses."
        )
    if paired := pairing_text(others):
        yield _sentence(paired)


def _horizon(run: Run) -> Iterator[str]:
    market = run.scenario.baseline_option.market
    if market is None:
        return
    if len(run.options) > 1:
        text = horizon_text(lasting(run), market.months)
        yield _sentence(
            text or f"What part of the final effect {market.months} months show cannot be told from this run"
        )
        yield (
            "Satisfaction shows almost whole within a year, while retention only begins to follow. Customer "
            "equity supposes that customers go on as they feel at the end."
        )
    if text := year_text(market.months):
        yield _sentence(text)
    passing = [option.name for option in run.scenario.options if option.passes]
    if passing:
        yield f"The change holds on some days only, so it has no final effect: {few(passing)}."


def _calibration(run: Run) -> Iterator[str]:
    """How far the baseline is from standing still, which is what it is calibrated to."""
    market = run.scenario.baseline_option.market
    if market is None:
        return
    baseline, started = run.scenario.baseline, sum(one.customers for one in market.banks[0].branches)
    values = values_by_metric(run.metrics, baseline)
    at_end = values.get(MetricKey("all", "", "customers", market.months))
    if at_end is None or not started:
        return
    moved = estimate(at_end - started)
    between = "" if math.isnan(moved.low) else f" ({_signed(moved.low)} to {_signed(moved.high)})"
    yield (
        f"{baseline} is calibrated to keep its {started:,} customers. In this run it ends with "
        f"{abs(moved.mean):,.0f} {'more' if moved.mean > 0 else 'fewer'}{between}, "
        f"{abs(moved.mean) / started:.1%} of them: noise of calibration and chance, and no finding."
    )
    drift = _drift(values, market.months)
    if drift is not None and (drift.low > 0 or drift.high < 0):
        yield (
            f"Its customers' mean satisfaction should stand still too, but moves by {drift.difference:+.3f} "
            f"({drift.low:+.3f} to {drift.high:+.3f}) on the scale from −1 to 1 from the first month to the "
            "last. Figures over months show that beside what options do."
        ).replace("-", "−")
    if len(run.options) > 1:
        yield (
            f"Options are held against {baseline} under the same luck and with the same constants, not "
            f"against {started:,}."
        )


def _drift(values: Mapping[MetricKey, FloatArray], months: int) -> Difference | None:
    """Change of the baseline's mean satisfaction from the first month to the last; None for one month."""
    path = [values.get(MetricKey("all", "", "satisfaction_mean", month)) for month in (1, months)]
    first, last = path
    if months < 2 or first is None or last is None:
        return None
    return paired_difference(last, first)


def _observed(run: Run) -> Iterator[str]:
    if run.observed is None:
        return
    for metric, label, factor in (
        ("wait_mean_min", "Mean wait, min", 1.0),
        ("waited_fraction", "Share who waited", 100.0),
        ("reneged_fraction", "Share who gave up", 100.0),
    ):
        value, found = run.observed.metrics.get(metric, math.nan), run.baseline.metrics.get(metric)
        if found is None or math.isnan(value) or math.isnan(found.mean):
            continue
        within = lies_within(value, found)
        verdict = {
            True: "the log lies inside the interval",
            False: "the log lies outside the interval",
            None: "there is no interval to hold the log against",
        }[within]
        percent = "%" if factor == 100 else ""
        yield (
            f"{label}: the log says {value * factor:,.2f}{percent}, the simulation "
            f"{number_with_interval(found, factor)}; {verdict}."
        )


def _formulas(run: Run) -> Iterator[str]:
    beside = run.baseline_formulas
    simulated = run.baseline.by("touchpoint")
    judged: dict[bool, list[str]] = {True: [], False: []}
    for name, found in beside.items():
        estimates = simulated.get(name, {})
        if found.formula is None or "wait_mean_min" not in estimates:
            continue
        within = lies_within(found.values["wait_mean_min"], estimates["wait_mean_min"])
        if within is not None:
            judged[within].append(name)
    count = len(judged[True]) + len(judged[False])
    if not count:
        if beside and not run.has_own_rules:
            yield "No touchpoint is near enough to a queueing formula to be held against one."
        return
    outside = f"; it does not at {few(judged[False])}" if judged[False] else ""
    yield (
        f"A queueing formula gives the mean wait at {count} of {len(beside)} touchpoints; it lies inside the "
        f"simulation's interval at {len(judged[True])} of them{outside}. Formulas leave out part of what is "
        "simulated, and one interval in twenty misses by chance."
    )


def _doubtful(warnings: Sequence[Problem]) -> Iterator[str]:
    """What looks doubtful, once for each place: options that share a map share its doubts."""
    alike: dict[tuple[str, str], list[Problem]] = {}
    for warning in warnings:
        alike.setdefault((warning.path, warning.problem), []).append(warning)
    for (path, problem), found in list(alike.items())[:_MOST_WARNINGS]:
        # The place is in somebody's file, which the reader of a report does not have.
        told = str(Problem("", 0, 0, path, problem, found[0].found, found[0].hint))
        yield _sentence(f"{told} ({len(found)} times, in different options)" if len(found) > 1 else told)
    if (more := len(alike) - _MOST_WARNINGS) > 0:
        yield f"And {more} more, which `journeysim check` lists."


def _signed(value: float) -> str:
    return f"{value:+,.0f}".replace("-", "−")


def _sentence(text: str) -> str:
    return typeset(text if text.endswith((".", "?", "!")) else f"{text}.")
