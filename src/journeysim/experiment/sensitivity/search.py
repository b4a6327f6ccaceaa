"""What an answer hangs on: every number moved by itself, under the same luck, ranked by what that does."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from journeysim.errors import InputError, Problem
from journeysim.experiment.files import write_parquet
from journeysim.experiment.load import load_scenario
from journeysim.experiment.metric_names import metric_problems
from journeysim.experiment.progress import Progress, Tell
from journeysim.experiment.results import MetricKey, values_by_metric
from journeysim.experiment.running import run
from journeysim.experiment.runs import Run
from journeysim.experiment.scenario import Option, Scenario
from journeysim.experiment.sensitivity.plan import LeftOut, Plan
from journeysim.experiment.sensitivity.ranges import Range, ranges_given, usual_range
from journeysim.experiment.sensitivity.varied import Kind
from journeysim.experiment.sensitivity.varied_map import (
    behaviour_parameters,
    further_parameters,
    map_parameters,
    money_parameters,
    not_varied,
    share_parameters,
)
from journeysim.experiment.statistics import (
    Difference,
    difference_of_differences,
    estimate,
    holm,
    is_real,
    paired_difference,
)
from journeysim.experiment.store import RunFolder
from journeysim.journey.faults import nearest
from journeysim.units import FloatArray

DEFAULT_REPLICATIONS = 4
"""Of every end: pairing leaves so little variance that few are enough to rank."""
FEWEST = 2

MONEY_METRICS = ("margin", "value", "equity", "cost")
"""Words in the names of metrics that hang on what customers bring in and staff costs."""

COUNTS = frozenset(
    {
        "customers_end",
        "lost",
        "acquired",
        "told_good",
        "told_bad",
        "read_bad",
        "complaints",
        "queue_length_max",
    }
)
"""Metrics that are whole numbers in every replication: that a few of them change alike proves nothing."""


@dataclass(frozen=True)
class End:
    """One end of a parameter's range.

    Parameters
    ----------
    text : what the parameter is there, such as ``4.8 min``.
    clipped : whether the range went beyond what is possible, and was cut there.
    value : the metric there; with an option its difference from the baseline there.
    change : from the middle, paired by replication.
    p_adjusted : Holm's p of "no change" over all ends.
    real : whether ``p_adjusted`` lies below 0.05.
    """

    text: str
    clipped: bool
    value: Difference
    change: Difference
    p_adjusted: float = math.nan
    real: bool = False


@dataclass(frozen=True)
class Swing:
    """A parameter and what the metric does over its range.

    Parameters
    ----------
    title, path, kind : see `Parameter`.
    middle : what the parameter is in the scenario.
    low, high : ends of the range; None where there is no such end.
    """

    title: str
    path: str
    kind: Kind
    middle: str
    low: End | None
    high: End | None

    @property
    def ends(self) -> tuple[End, ...]:
        """Those that there are."""
        return tuple(end for end in (self.low, self.high) if end is not None)

    @property
    def sure(self) -> bool:
        """Whether the interval of either change lies on one side of 0."""
        return any(end.change.low > 0 or end.change.high < 0 for end in self.ends)

    @property
    def most(self) -> float:
        """The largest change at either end, whatever its sign; 0 where nothing is known."""
        sizes = [abs(end.change.difference) for end in self.ends]
        return max((size for size in sizes if not math.isnan(size)), default=0.0)


@dataclass(frozen=True)
class Sensitivity:
    """The answer.

    Parameters
    ----------
    scenario : what was asked about.
    metric : of it.
    option : whose difference from the baseline is asked about; empty for the baseline's own value.
    middle : the metric where nothing is moved; with an option its difference from the baseline.
    swings : by parameter; first those that move it beyond chance, each part by the larger change.
    left_out : what was not tried, and why.
    never : what is never varied here, in plain words.
    run : all ends side by side.
    """

    scenario: Scenario = field(repr=False)
    metric: str
    option: str
    middle: Difference
    swings: tuple[Swing, ...]
    left_out: tuple[LeftOut, ...] = field(repr=False)
    never: tuple[str, ...] = field(repr=False)
    run: Run = field(repr=False)

    @cached_property
    def table(self) -> pl.DataFrame:
        """One row for each end of each range, in the order of ``swings``; see `TABLE_COLUMNS`."""
        rows = [
            (
                one.title, one.path, str(one.kind), one.middle, side, end.text, end.value.difference,
                end.change.difference, end.change.low, end.change.high, end.change.p, end.p_adjusted,
                end.real, end.change.n,
            )
            for one in self.swings
            for side, end in (("low", one.low), ("high", one.high))
            if end is not None
        ]  # fmt: skip
        numbers = [name for name, kind in TABLE_COLUMNS.items() if kind == pl.Float64]
        return pl.DataFrame(rows, schema=TABLE_COLUMNS, orient="row").with_columns(
            pl.col(numbers).fill_nan(None)
        )


TABLE_COLUMNS: Mapping[str, Any] = {
    "parameter": pl.String,
    "path": pl.String,
    "kind": pl.String,
    "middle": pl.String,
    "end": pl.String,
    "value": pl.String,
    "metric_value": pl.Float64,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "p": pl.Float64,
    "p_adjusted": pl.Float64,
    "real": pl.Boolean,
    "n": pl.Int64,
}
"""Columns of `Sensitivity.table`: what is varied, where it stands and what it is in the scenario; the ``end``
of its range, ``low`` or ``high``, and its ``value`` there; what the metric is there, and the ``difference``
from where nothing is moved with its unadjusted 95% interval, p and Holm's p; null where there is none."""


def sensitivity(
    scenario: Scenario | str | Path,
    metric: str,
    *,
    vary: Iterable[str] = (),
    option: str | None = None,
    behaviour: bool = False,
    everything: bool = False,
    replications: int = DEFAULT_REPLICATIONS,
    seed: int | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    calibration: Progress | None = None,
    tell: Tell | None = None,
    name: str | None = None,
) -> Sensitivity:
    """Move every number by itself and see what a metric does.

    Parameters
    ----------
    scenario : loaded, or a file; a bare map will do.
    metric : over all visits or customers, such as ``retained_fraction``.
    vary : only these, each ``PATH`` or ``PATH=LOW..HIGH``; empty: the numbers of the map.
    option : whose paired difference from the baseline is asked about; None: the baseline's own value.
    behaviour : also the constants of behaviour that rest on an assumption.
    everything : all of these, and what is varied seldom.
    replications : of every end, >= 2.
    seed, jobs, cluster, out, resume, progress, calibration : as those of `run`.
    tell : called with what is about to be done.
    name : what messages call the scenario; None: its file as given, or its name.

    Raises
    ------
    InputError
        The scenario, the metric, the option or a range is wrong, or nothing can be varied.
    StoppedEarly
        As in `run`.

    Notes
    -----
    All ends are options of one run, so that they share their luck, and what the market's baseline fixes is
    fixed once. With an option every end is made twice, on the baseline and on the option, and what is told is
    how the difference of the two changes: a difference of differences, as the level of a market alone means
    little where a constant is moved after it was calibrated.
    """
    file = name or (scenario.name if isinstance(scenario, Scenario) else str(scenario))
    loaded = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    loaded = loaded.overridden(replications, seed)
    sides = _sides(loaded, metric, option, replications, file)
    ranges = _ranges(loaded, metric, tuple(vary), behaviour, everything)
    plan = Plan.of(loaded, sides, ranges, given=bool(tuple(vary)), file=file)
    if tell:
        count = len(plan.ends)
        tell(f"{count} end{'s'[: count != 1]} of {len(ranges)} ranges, {replications} replications each")
    found = run(
        plan.scenario,
        jobs=jobs,
        cluster=cluster,
        out=out,
        resume=resume,
        steps=False,
        progress=progress,
        calibration=calibration,
    )
    answer = _answer(loaded, metric, sides, plan, found)
    if found.folder is not None:
        write_parquet(RunFolder(found.folder).tables / "sensitivity.parquet", answer.table)
    return answer


def _sides(
    scenario: Scenario, metric: str, option: str | None, replications: int, file: str
) -> tuple[Option, ...]:
    """The options that every end is made on: the baseline, and the one that is asked about."""
    in_market = scenario.options[0].market is not None
    problems = metric_problems(metric, file, "--metric", in_market=in_market)
    if replications < FEWEST:
        problem = f"at least {FEWEST} replications are required"
        problems.append(Problem(file, 0, 0, "--replications", problem, str(replications)))
    names = [one.name for one in scenario.options if one.name != scenario.baseline]
    if option is not None and option not in names:
        hint = nearest(option, names) if names else "the scenario has the baseline alone"
        problem = "the name of an option beside the baseline is required"
        problems.append(Problem(file, 0, 0, "--option", problem, option, hint))
    wanted = [one for one in scenario.options if one.name in (scenario.baseline, option)]
    wanted.sort(key=lambda one: one.name != scenario.baseline)
    problems += [
        Problem(file, 0, 0, f"options.{one.name}.period", "an option with a period cannot be varied", "")
        for one in wanted
        if one.passes
    ]
    if problems:
        raise InputError(problems)
    return tuple(wanted)


def _ranges(
    scenario: Scenario, metric: str, vary: tuple[str, ...], behaviour: bool, everything: bool
) -> list[Range]:
    option = scenario.baseline_option
    of_map, money, further = map_parameters(option), money_parameters(option), further_parameters(option)
    if vary:
        shares = share_parameters(option)
        known = [*of_map, *money, *further, *shares, *behaviour_parameters(scenario, measured=True)]
        return ranges_given(vary, known, option)
    chosen = list(of_map)
    if everything or any(word in metric for word in MONEY_METRICS):
        chosen += money
    if everything:
        chosen += further
    if behaviour or everything:
        chosen += behaviour_parameters(scenario, measured=everything)
    return [usual_range(parameter) for parameter in chosen]


def _answer(
    scenario: Scenario, metric: str, sides: tuple[Option, ...], plan: Plan, found: Run
) -> Sensitivity:
    key = MetricKey("all", "", metric)
    whole = found.metrics.filter(
        (pl.col("scope") == "all") & (pl.col("metric") == metric) & (pl.col("month") == 0)
    )
    values: dict[str, FloatArray] = {
        one.name: values_by_metric(whole, one.name).get(key, np.array([])) for one in found.scenario.options
    }
    middle = [values[one.name] for one in sides]
    swings: dict[int, dict[bool, End]] = {}
    ranges: dict[int, Range] = {}
    for end in plan.ends:
        ranges[id(end.range)] = end.range
        here = [values[name] for name in end.names]
        swings.setdefault(id(end.range), {})[end.is_high] = End(
            end.text, end.clipped, _value(here), _change(here, middle, metric)
        )
    adjusted = _adjusted(swings)
    rows = [
        Swing(
            one.parameter.title,
            one.parameter.path,
            one.parameter.kind,
            one.parameter.middle(sides[0]),
            adjusted.get((at, False)),
            adjusted.get((at, True)),
        )
        for at, one in ranges.items()
    ]
    rows.sort(key=lambda row: (not row.sure, -row.most))
    asked = sides[-1].name if len(sides) > 1 else ""
    return Sensitivity(
        scenario,
        metric,
        asked,
        _value(middle),
        tuple(rows),
        plan.left_out,
        tuple(not_varied(scenario)),
        found,
    )


def _adjusted(swings: Mapping[int, Mapping[bool, End]]) -> dict[tuple[int, bool], End]:
    places = [(at, side) for at, ends in swings.items() for side in ends]
    p = holm(np.array([swings[at][side].change.p for at, side in places]))
    real = is_real(p)
    return {
        (at, side): replace(swings[at][side], p_adjusted=float(p[number]), real=bool(real[number]))
        for number, (at, side) in enumerate(places)
    }


def _value(here: Sequence[FloatArray]) -> Difference:
    """The metric, or its difference between the option and the baseline."""
    if len(here) > 1:
        return paired_difference(here[1], here[0])
    found = estimate(here[0])
    return Difference(found.mean, found.low, found.high, math.nan, found.n, math.nan)


def _change(here: Sequence[FloatArray], middle: Sequence[FloatArray], metric: str) -> Difference:
    """Change from the middle; without an interval where whole numbers agree, as a few do by chance."""
    if len(here) > 1:
        found = difference_of_differences(here[1], here[0], middle[1], middle[0])
    else:
        found = paired_difference(here[0], middle[0])
    if metric in COUNTS and found.difference != 0 and found.low == found.high:
        return replace(found, low=math.nan, high=math.nan, p=math.nan)
    return found
