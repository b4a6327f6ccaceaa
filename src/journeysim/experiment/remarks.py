"""What a reader of a run should know beside its numbers: how they came about and how far they reach."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from journeysim.experiment.horizon import approach
from journeysim.experiment.results import MetricKey, OptionResult
from journeysim.experiment.runs import Run
from journeysim.experiment.scenario import Scenario
from journeysim.experiment.statistics import CONFIDENCE, FEWEST_ALIKE
from journeysim.market.presets import PRESETS, load_preset

REAL = "real: p < .05 after Holm's adjustment for the number of options"
"""What the mark of a difference means."""

_OPINION = "satisfaction_mean"
_ALL_OF_IT = 0.995
_MONTHS_A_YEAR = 12


def span_text(scenario: Scenario) -> str:
    """Length of a replication, and of a market the people in it."""
    days, market = len(scenario.baseline_option.days), scenario.baseline_option.market
    if market is None:
        return f"{days} day{'s'[: days != 1]}"
    return f"{market.months} month{'s'[: market.months != 1]} in a market of {market.people:,} people"


def sampling_text(run: Run) -> str:
    """How many replications of what the numbers are means of, and the luck they had."""
    count = run.options[0].replications
    kept = f", as many of {run.asked} as the time was enough for," if run.asked > count else ""
    sampled = f"{count} replication{'s'[: count != 1]}{kept} of {span_text(run.scenario)}"
    meant = f"each number is a mean ± half its {CONFIDENCE:.0%} interval over replications"
    return f"{sampled}, seed {run.scenario.seed}; {meant}"


def few_text(replications: int) -> str:
    """Warn of replications from which next to nothing can be told; empty where there are more.

    Parameters
    ----------
    replications : that the numbers are means over, >= 1.

    Returns
    -------
    A sentence without its full stop.
    """
    if replications < 2:
        return "One replication has no interval: nothing here can be told from chance"
    if replications < FEWEST_ALIKE:
        return (
            f"{replications} replications are few: their intervals move much from one seed to another, and a "
            "difference that is the same in all of them has none, as it may be so by chance"
        )
    return ""


def pairing_text(others: Sequence[OptionResult]) -> str:
    """How much shared luck sharpened the difference of the waits; empty where that cannot be told.

    Parameters
    ----------
    others : options without the baseline.
    """
    removed = [
        found.difference.variance_removed
        for option in others
        if (found := option.versus_baseline.get("wait_mean_min")) is not None
    ]
    known = sorted(value for value in removed if not math.isnan(value))
    if not known:
        return ""
    low, high = f"{known[0]:.0%}", f"{known[-1]:.0%}"
    saved = low if low == high else f"{low} to {high}"
    return f"Sharing luck between options removed {saved} of the variance of the wait's difference"


def lasting(run: Run) -> list[OptionResult]:
    """Options beside the baseline whose changes last: a change for some days has no final effect."""
    names = {option.name for option in run.scenario.options if not option.passes}
    return [one for one in run.options if one.name in names and one.name != run.scenario.baseline]


def horizon_text(options: Sequence[OptionResult], months: int) -> str:
    """Say what part of an option's final effect on satisfaction the horizon shows.

    Parameters
    ----------
    options : whose changes last; without the baseline.
    months : of the horizon.

    Returns
    -------
    A sentence without its full stop; empty where that can be told of no option.
    """
    told = []
    for option in options:
        path = [MetricKey("all", "", _OPINION, month) for month in range(1, months + 1)]
        if not (last := option.comparisons.get(path[-1])) or not last.real:
            continue
        found = approach(np.array([option.comparisons[key].difference.difference for key in path]))
        if found is not None and found.shown_fraction < _ALL_OF_IT:
            told.append(f"{found.shown_fraction:.0%} of that of {option.name}")
    if not told:
        return ""
    told[0] = told[0].replace("that", "the final effect on satisfaction", 1)
    return f"A horizon of {months} months shows about {', '.join(told)}: opinions take months to follow"


def year_text(months: int) -> str:
    """How a year's money follows from a horizon that is no year; empty for one that is."""
    if months == _MONTHS_A_YEAR:
        return ""
    span = "one month" if months == 1 else f"{months} months"
    return f"A year's money is that of the {span}, times {_MONTHS_A_YEAR}/{months}"


def behaviour_text(scenario: Scenario) -> str:
    """By which constants the people of a market behave, and how far that is to be trusted; no full stop."""
    loaded = scenario.behaviour
    name = loaded.behaviour.behaviour
    shipped = {one.behaviour.behaviour: one.data for one in map(load_preset, PRESETS)}
    changed = ", with changes" if shipped.get(name, loaded.data) != loaded.data else ""
    return (
        f"Behaviour: {name}{changed}. What is said of customers and money is "
        "illustrative until it is calibrated with the bank's own records"
    )


def cost_texts(scenario: Scenario) -> list[str]:
    """What options cost a year beside their staff, a sentence without full stop for each that does."""
    currency = scenario.baseline_option.journey.currency
    return [
        f"{option.name} also costs {option.cost_per_year:,.0f} {currency}".rstrip()
        + " a year beside its staff"
        for option in scenario.options
        if option.cost_per_year
    ]
