"""The golden point: which touchpoint, improved by one notch, raises customer equity most for its cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from journeysim.errors import InputError, Problem
from journeysim.experiment.golden.costs import NotchCosts, notch_costs, yearly_group_costs
from journeysim.experiment.golden.notches import Notch, notches_of
from journeysim.experiment.load import load_scenario
from journeysim.experiment.pools import workers_kept
from journeysim.experiment.progress import Progress, Tell
from journeysim.experiment.results import Comparison, MetricKey
from journeysim.experiment.running import run
from journeysim.experiment.runs import Run
from journeysim.experiment.scenario import Option, Scenario, changes_with, fresh_seed
from journeysim.experiment.statistics import Difference, paired_difference
from journeysim.journey.values import MAX_NAME_LENGTH
from journeysim.market.state import OURS
from journeysim.market.timeline import MONTHS_PER_YEAR, Timeline
from journeysim.units import FloatArray

DEFAULT_SCREENING = 4
"""Replications of every notch: with the two dozen notches of a branch, a minute or so on two cores."""
DEFAULT_FRESH = 10
"""Replications on which the two best are estimated again."""
FEWEST = 2
"""Replications without which there is no interval."""

EQUITY = "customer_equity"
NET_VALUE = "net_value_per_year"


@dataclass(frozen=True)
class PricedNotch:
    """A notch, the option that makes it, and what it costs a year.

    Attributes
    ----------
    notch : the improvement.
    option : name of its option.
    cost_per_year : None where the map does not say what is improved costs.
    """

    notch: Notch
    option: str
    cost_per_year: float | None


@dataclass(frozen=True)
class Gain:
    """What a notch came to, against the baseline under the same luck.

    Attributes
    ----------
    priced : the notch and its cost.
    equity : gained by the end of the horizon; its Holm p is over all notches of the run.
    net_value : gained a year, the cost of the notch taken off where it is known.
    replications : behind both.
    """

    priced: PricedNotch
    equity: Comparison
    net_value: Comparison
    replications: int

    @property
    def raises_equity(self) -> bool:
        """Whether the gain is above 0 and can be told from chance."""
        return self.equity.real and self.equity.difference.difference > 0

    @property
    def equity_per_cost(self) -> float | None:
        """Equity gained for each unit of yearly cost; None where that is unknown or nothing."""
        cost = self.priced.cost_per_year
        return self.equity.difference.difference / cost if cost else None


@dataclass(frozen=True)
class Golden:
    """The answer.

    Attributes
    ----------
    scenario : its name.
    currency : of all amounts; may be empty.
    costs : what was assumed of costs.
    screening : all notches side by side, as a run.
    ranking : what each came to in the screening, best first.
    fresh : the best and the runner-up on other luck, as a run; None where no notch seemed to gain anything.
    confirmed : what these came to there, in the order of the screening.
    ahead : by how much the best is ahead of the runner-up there, paired: in equity for each unit of yearly
        cost, or in equity where neither cost is known; None without a runner-up, and where only one of the
        two has a cost, as then they cannot be compared for it.
    """

    scenario: str
    currency: str
    costs: NotchCosts = field(repr=False)
    screening: Run = field(repr=False)
    ranking: tuple[Gain, ...] = field(repr=False)
    fresh: Run | None = field(repr=False)
    confirmed: tuple[Gain, ...]
    ahead: Difference | None

    @property
    def by_cost(self) -> bool:
        """Whether any cost is known, so that the ranking is by equity for its cost."""
        return any(gain.priced.cost_per_year is not None for gain in self.ranking)


def golden(
    scenario: Scenario | str | Path,
    *,
    replications: int = DEFAULT_SCREENING,
    fresh: int = DEFAULT_FRESH,
    costs: Iterable[str] = (),
    seed: int | None = None,
    jobs: int | None = None,
    cluster: str | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    calibration: Progress | None = None,
    tell: Tell | None = None,
    name: str | None = None,
) -> Golden:
    """Try every notch of the baseline's map, and estimate the best two again on fresh replications.

    Parameters
    ----------
    scenario : loaded, or a file; with a market. Its baseline is improved, other options are left out.
    replications : of the screening, >= 2.
    fresh : replications of the second estimate, >= 2.
    costs : in place of the default costs, such as ``service=10%``; see `notch_costs`.
    seed : seed of all luck; None leaves the scenario's. The fresh replications have a seed that follows from
        it.
    jobs, cluster, out, resume, progress, calibration : as those of `run`; two runs are kept in ``out``.
    tell : called with what is about to be done, before each of the two runs.
    name : what messages call the scenario; None: its file as given, or its name.

    Raises
    ------
    InputError
        The scenario is wrong, has no market or leaves nothing to improve, a cost is wrong, or the cluster
        cannot be used.
    StoppedEarly
        As in `run`.

    Notes
    -----
    The best of many estimates looks better than it is. So the screening says who is estimated again, and only
    the numbers of the fresh replications are told of the best.
    """
    file = name or (scenario.name if isinstance(scenario, Scenario) else str(scenario))
    loaded = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    loaded = loaded.overridden(replications, seed)
    if min(replications, fresh) < FEWEST:
        problem = f"at least {FEWEST} replications are required"
        raise InputError([Problem("", 0, 0, "", problem, str(min(replications, fresh)))])
    priced, table = priced_notches(loaded, file, costs)
    baseline = loaded.baseline
    if tell:
        tell(f"screening: {len(priced)} improvements beside {baseline}, {replications} replications each")
    go = partial(
        run, jobs=jobs, out=out, resume=resume, steps=False, progress=progress, calibration=calibration
    )
    with workers_kept(jobs, cluster):
        screen = notched(loaded, priced, "screening of improvements")
        screening = go(screen)
        ranking = ranked(_gains(screening, priced))
        best = [gain.priced for gain in ranking if gain.equity.difference.difference > 0][:2]
        currency = loaded.baseline_option.journey.currency
        if not best:
            return Golden(loaded.name, currency, table, screening, ranking, None, (), None)
        if tell:
            names = " and ".join(one.notch.title for one in best)
            tell(f"fresh luck: {names}, {fresh} replications each")
        again = loaded.overridden(fresh, fresh_seed(loaded.seed, "golden point"))
        again = notched(again, best, "the best again")
        confirming = go(again)
        confirmed = _gains(confirming, best)
        return Golden(
            loaded.name,
            currency,
            table,
            screening,
            ranking,
            confirming,
            confirmed,
            ahead_of_second(confirming, best),
        )


def priced_notches(
    scenario: Scenario, file: str, settings: Iterable[str] = ()
) -> tuple[list[PricedNotch], NotchCosts]:
    """Find every notch of a scenario's baseline, and what it costs.

    Parameters
    ----------
    scenario : with a market.
    file : its name in messages.
    settings : of costs.

    Raises
    ------
    InputError
        There is no market, the baseline holds for some days only, no customer has a margin, nothing can be
        improved, or a cost is wrong.
    """
    option = scenario.baseline_option
    market = option.market
    if market is None:
        hint = "give the scenario a market, for example market: {customers: 12000}"
        problem = "a market is required: without one no customer leaves and equity does not move"
        raise InputError([Problem(file, 0, 0, "", problem, "", hint)])
    branches = market.banks[OURS].branches
    if option.passes:
        hint = "name an option that holds always as its baseline"
        problem = "a baseline with a period cannot be improved"
        raise InputError([Problem(file, 0, 0, f"options.{option.name}.period", problem, "", hint)])
    if not market.margins().any():
        hint = "give the map's segments a margin_per_year"
        problem = "no customer is worth anything, so equity does not move"
        raise InputError([Problem(file, 0, 0, "", problem, "", hint)])
    found = [
        (notch, branch)
        for branch in branches
        for notch in notches_of(branch.journey, option.behaviour, branch.name)
    ]
    table = notch_costs(settings, [notch for notch, _ in found])
    if not found:
        raise InputError([Problem(file, 0, 0, "", "no touchpoint has anything to improve")])
    timeline = Timeline.of(market, 0)
    years = market.months / MONTHS_PER_YEAR
    group_costs = {
        branch.name: yearly_group_costs(branch.journey, timeline.all_open_days(branch), years)
        for branch in branches
    }
    names = option_names([notch for notch, _ in found], option.name)
    priced = [
        PricedNotch(notch, name, table.per_year(notch, group_costs[branch.name]))
        for (notch, branch), name in zip(found, names, strict=True)
    ]
    return priced, table


def notched(scenario: Scenario, priced: Sequence[PricedNotch], part: str) -> Scenario:
    """Make each notch an option beside the baseline, all other options left out.

    Parameters
    ----------
    scenario : with a market.
    priced : notches of its baseline.
    part : what the scenario is called beside its own name.

    Returns
    -------
    A scenario whose resolved form says the notches as patches, so that it is kept, continued and repeated
    like any other.
    """
    option = scenario.baseline_option
    written: Mapping[str, Any] = scenario.resolved["options"].get(option.name, {})
    options = [option, *(_option(option, one) for one in priced)]
    entries = {option.name: written} | {one.option: _written(written, option, one) for one in priced}
    return scenario.with_options(part, options, entries, baseline=option.name)


def ranked(gains: Iterable[Gain]) -> tuple[Gain, ...]:
    """Order notches, best first.

    Those whose interval lies above 0 come first, then those that seem to gain, then the rest. Among the first
    two, by equity for each unit of yearly cost; what costs nothing comes before, and what has no known cost
    behind, by equity. The rest by equity. Equals stay in their order.

    The interval and not Holm's p decides, which few replications leave no power: who is wrongly put first is
    found out on the fresh replications.
    """
    return tuple(sorted(gains, key=_place))


def ahead_of_second(found: Run, best: Sequence[PricedNotch]) -> Difference | None:
    """By how much the first notch of a run is ahead of the second; see `Golden`.

    Parameters
    ----------
    found : a run of both beside the baseline.
    best : the notches; with one alone there is nothing to compare.

    Returns
    -------
    Paired over replications; None where they cannot be compared.
    """
    costs = [one.cost_per_year for one in best]
    unknown = all(cost is None for cost in costs)
    if len(best) < 2 or not (unknown or all(costs)):
        return None
    base = _equity(found, found.scenario.baseline)
    gained = [(_equity(found, one.option) - base) / (one.cost_per_year or 1.0) for one in best]
    return paired_difference(*gained)


def option_names(notches: Sequence[Notch], baseline: str) -> list[str]:
    """Names of the options of notches: their titles, short enough for a name, none twice."""
    taken = {baseline}
    names = []
    for number, notch in enumerate(notches, start=1):
        name = notch.title
        if len(name) > MAX_NAME_LENGTH or name in taken:
            mark = f" ({number})"
            name = name[: MAX_NAME_LENGTH - len(mark)].rstrip() + mark
        taken.add(name)
        names.append(name)
    return names


def _place(gain: Gain) -> tuple[int, float, float]:
    gained, cost = gain.equity.difference.difference, gain.priced.cost_per_year
    if math.isnan(gained):
        return 3, 0.0, 0.0
    if gained <= 0:
        return 2, 0.0, -gained
    for_cost = 0.0 if cost is None else gained / cost if cost else math.inf
    return (0 if gain.equity.difference.low > 0 else 1), -for_cost, -gained


def _option(baseline: Option, priced: PricedNotch) -> Option:
    market, notch = baseline.market, priced.notch
    assert market is not None
    ours = market.banks[OURS]
    branches = tuple(
        replace(branch, journey=branch.journey.patched(notch.patches))
        if branch.name == notch.branch
        else branch
        for branch in ours.branches
    )
    banks = list(market.banks)
    banks[OURS] = replace(ours, branches=branches)
    return replace(
        baseline,
        name=priced.option,
        journey=branches[0].journey,
        description=_description(notch),
        cost_per_year=baseline.cost_per_year + (priced.cost_per_year or 0.0),
        market=replace(market, banks=tuple(banks)),
    )


def _description(notch: Notch) -> str:
    return f"{notch.title}: {notch.detail}"


def _written(baseline: Mapping[str, Any], option: Option, priced: PricedNotch) -> dict[str, Any]:
    """The option as a scenario file has it: what the baseline changes, then the notch."""
    prefix = f"branches.{priced.notch.branch}." if priced.notch.branch else ""
    own = {prefix + path: value for path, value in priced.notch.patches.items()}
    entry = {"description": _description(priced.notch), **changes_with(baseline, own)}
    cost = option.cost_per_year + (priced.cost_per_year or 0.0)
    return entry | ({"cost_per_year": cost} if cost else {})


def _gains(found: Run, priced: Sequence[PricedNotch]) -> tuple[Gain, ...]:
    by_name = {option.name: option for option in found.options}
    gains = []
    for one in priced:
        option = by_name[one.option]
        equity, net = (option.comparisons[MetricKey("all", "", metric)] for metric in (EQUITY, NET_VALUE))
        gains.append(Gain(one, equity, net, option.replications))
    return tuple(gains)


def _equity(found: Run, option: str) -> FloatArray:
    """Equity of an option by replication, in their order."""
    rows = found.metrics.filter(
        (pl.col("option") == option)
        & (pl.col("scope") == "all")
        & (pl.col("metric") == EQUITY)
        & (pl.col("month") == 0)
    ).sort("replication")
    return np.array([math.nan if value is None else value for value in rows["value"]])
