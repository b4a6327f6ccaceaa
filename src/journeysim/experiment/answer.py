"""The answer in words: what each option changes and how sure that is; no stronger than intervals allow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from journeysim.experiment.results import Comparison, MetricKey, OptionResult, values_by_metric
from journeysim.experiment.statistics import (
    Difference,
    Estimate,
    holm,
    is_real,
    paired_difference,
    ratio_of_means,
)
from journeysim.units import FloatArray

_NET, _STAFF, _OPTION = "net_value_per_year", "staff_cost_per_year", "option_cost_per_year"
_MINUS = "\N{MINUS SIGN}"
_THOUSANDS_FROM, _MILLIONS_FROM = 1e4, 1e6
_MOST_DECIMALS = 12


@dataclass(frozen=True)
class Fact:
    """A metric as the subject of a sentence.

    Parameters
    ----------
    metric : its name.
    subject : what it is called; begins in lower case.
    plural : whether the subject is.
    unit : of the number that is shown; empty for none.
    factor : 100 for shares shown in percentage points.
    counted : what the number counts, said as so many more or fewer of it; empty for what rises and falls.
    money : whether the number is money.
    """

    metric: str
    subject: str
    plural: bool = False
    unit: str = ""
    factor: float = 1.0
    counted: str = ""
    money: bool = False

    def verb(self, base: str) -> str:
        """Return a verb that agrees with the subject."""
        return base if self.plural else f"{base}s"


WAITS = Fact("wait_mean_min", "waits", plural=True, unit="min")
OF_VISITS = (
    WAITS,
    Fact("served_fraction", "the share served", unit="percentage points", factor=100),
    Fact("satisfied_fraction", "the share of satisfied visits", unit="percentage points", factor=100),
    Fact("staff_cost_per_day", "staff cost a day", money=True),
)
"""What is said of a branch alone."""

OF_CUSTOMERS = (
    WAITS,
    Fact("customers_end", "customers at the end", plural=True, counted="at the end"),
    Fact(_NET, "net value a year", money=True),
)
"""What is said of a market."""


def answers(
    options: Sequence[OptionResult],
    baseline: str,
    *,
    in_market: bool,
    currency: str = "",
    returns: Mapping[str, Estimate] | None = None,
) -> dict[str, str]:
    """Say of each option in a sentence what it changes against the baseline, and how sure that is.

    A direction is claimed only where the difference is real: Holm-adjusted p over the options below .05. The
    interval beside it is the unadjusted one.

    Parameters
    ----------
    options : all, the baseline among them.
    baseline : its name.
    in_market : whether customers are ours to lose.
    currency : of the map; may be empty.
    returns : returns on cost that can be claimed, as `returns_on_cost` gives them.

    Returns
    -------
    A sentence by option; none for the baseline.
    """
    reference = next(option for option in options if option.name == baseline)
    facts = OF_CUSTOMERS if in_market else OF_VISITS
    told = {}
    for option in options:
        if option is reference:
            continue
        known = [
            (fact, compared)
            for fact in facts
            if (compared := option.versus_baseline.get(fact.metric)) is not None
            and not math.isnan(compared.difference.difference)
            and not _is_nothing(fact, option, reference)
        ]
        parts = [said for fact, compared in known if (said := fact_text(fact, compared, currency))]
        same = [fact for fact, compared in known if _is_zero(compared.difference)]
        if same:
            stay = same[0].verb("stay") if len(same) == 1 else "stay"
            parts.append(f"{_listed([fact.subject for fact in same])} {stay} exactly as in {baseline}")
        if returns is not None and option.name in returns:
            parts.append(_return_text(returns[option.name]))
        told[option.name] = f"{option.name}: {'; '.join(parts) or 'nothing to compare'}."
    return told


def fact_text(fact: Fact, compared: Comparison, currency: str = "") -> str:
    """Say how one metric differs; empty for one that is exactly the same.

    Parameters
    ----------
    fact : what it is called.
    compared : its difference, not NaN.
    currency : unit of money.
    """
    found = compared.difference
    if _is_zero(found):
        return ""
    if math.isnan(found.low):
        return f"for {fact.subject} there are too few replications to tell"
    unit, factor = _unit(fact, found, currency)
    low, middle, high = found.low * factor, found.difference * factor, found.high * factor
    contains_zero = low <= 0 <= high
    if contains_zero or not compared.real:
        decimals = _decimals(low, high, ends_seen=not contains_zero)
        among = "" if contains_zero else " among so many options"
        between = f"{_signed(low, decimals)} to {_signed(high, decimals)}{unit}"
        return f"{fact.subject} cannot be told from no change{among} ({between})"
    if low == high:
        size, between = _exact(abs(middle)), "in every replication"
    else:
        decimals = _decimals(low, high, ends_seen=True)
        near, far = sorted((abs(low), abs(high)))
        size = f"{abs(middle):,.{decimals}f}"
        between = f"{near:,.{decimals}f} to {far:,.{decimals}f}"
    if fact.counted:
        thing, more = "customer" if size == "1" else "customers", "more" if middle > 0 else "fewer"
        return f"{size} {thing} {more} {fact.counted} ({between})"
    return f"{fact.subject} {fact.verb('rise' if middle > 0 else 'fall')} by {size}{unit} ({between})"


def returns_on_cost(metrics: pl.DataFrame, options: Sequence[str], baseline: str) -> dict[str, Estimate]:
    """How many times its extra cost each option brings in, where that can be claimed.

    What an option brings in a year is the net value that it adds before what its staff and the option itself
    cost beyond the baseline. A return is claimed where the intervals of the extra cost and of what it brings
    in lie above 0, the latter also with its p adjusted by Holm over the options.

    Parameters
    ----------
    metrics : columns option, replication, scope, name, metric, month, value.
    options : names.
    baseline : the option that the others are compared with.

    Returns
    -------
    Return with its 95% interval, by option; only of those that have one.
    """
    named = metrics.filter(
        (pl.col("scope") == "all") & (pl.col("month") == 0) & pl.col("metric").is_in([_NET, _STAFF, _OPTION])
    )
    values = {option: _money(named, option) for option in options}
    reference = values.pop(baseline)
    priced: dict[str, tuple[FloatArray, FloatArray]] = {}
    for option, found in values.items():
        if found is None or reference is None:
            continue
        net, cost = found[0] - reference[0], found[1] - reference[1]
        nothing = np.zeros_like(cost)
        if paired_difference(cost, nothing).low > 0:
            priced[option] = (net + cost, cost)
    gains = [paired_difference(gain, np.zeros_like(gain)) for gain, _ in priced.values()]
    real = is_real(holm(np.array([gain.p for gain in gains])))
    return {
        option: ratio_of_means(*pair)
        for (option, pair), gain, sure in zip(priced.items(), gains, real, strict=True)
        if sure and gain.low > 0
    }


def _money(metrics: pl.DataFrame, option: str) -> tuple[FloatArray, FloatArray] | None:
    """Net value a year, and what staff and option cost, by replication; None without money."""
    found = values_by_metric(metrics, option)
    keys = [MetricKey("all", "", metric) for metric in (_NET, _STAFF, _OPTION)]
    if any(key not in found for key in keys):
        return None
    net, staff, own = (found[key] for key in keys)
    return net, staff + own


def _return_text(found: Estimate) -> str:
    decimals = _decimals(found.low, found.high, ends_seen=True, least=1)
    low, mean, high = (f"{value:,.{decimals}f}" for value in (found.low, found.mean, found.high))
    between = "" if found.low == found.high else f" ({low} to {high})"
    return f"returns {mean} times its cost{between}"


def _is_zero(found: Difference) -> bool:
    return found.difference == found.low == found.high == 0


def _is_nothing(fact: Fact, option: OptionResult, baseline: OptionResult) -> bool:
    """Whether a map has no such thing, as one without costs or margins has no money."""
    both = [one.metrics[fact.metric].mean for one in (option, baseline) if fact.metric in one.metrics]
    return fact.money and all(value == 0 for value in both)


def _unit(fact: Fact, found: Difference, currency: str) -> tuple[str, float]:
    """Unit as it follows a number, and what the number is multiplied with."""
    if not fact.money:
        return f" {fact.unit}" if fact.unit else "", fact.factor
    largest = max(abs(found.low), abs(found.high))
    words = [("million", 1e-6)] if largest >= _MILLIONS_FROM else []
    words += [("thousand", 1e-3)] if largest >= _THOUSANDS_FROM else []
    word, factor = (*words, ("", 1.0))[0]
    return "".join(f" {part}" for part in (word, currency) if part), factor


def _decimals(low: float, high: float, *, ends_seen: bool, least: int = 0) -> int:
    """Decimals that show the first digit of half an interval; more where an end would else read as 0."""
    half = (high - low) / 2
    decimals = max(least, min(_MOST_DECIMALS, math.ceil(-math.log10(half)))) if half > 0 else least
    near = min(abs(low), abs(high))
    while ends_seen and decimals < _MOST_DECIMALS and float(f"{near:.{decimals}f}") == 0:
        decimals += 1
    return decimals


def _signed(value: float, decimals: int) -> str:
    text = f"{abs(value):,.{decimals}f}"
    if not any(digit in text for digit in "123456789"):
        return text
    return f"{_MINUS if value < 0 else '+'}{text}"


def _exact(value: float) -> str:
    """Number without an interval: two decimals at most, or two digits of a small one."""
    if value < 0.01:
        return f"{value:.2g}"
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def _listed(names: Sequence[str]) -> str:
    return " and ".join([*filter(None, [", ".join(names[:-1])]), names[-1]])
