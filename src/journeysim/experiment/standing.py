"""How an option stands by itself, in a sentence: the numbers that it is judged by, with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from journeysim.experiment.cells import digits_for
from journeysim.experiment.results import OptionResult
from journeysim.experiment.statistics import Estimate

_AS_USUAL = 0.0005


@dataclass(frozen=True)
class Said:
    """A metric as part of a sentence.

    Parameters
    ----------
    metric : its name.
    text : with ``{}`` where the number stands.
    factor : 100 for shares shown in percent.
    usual : value that goes without saying; NaN for none.
    """

    metric: str
    text: str
    factor: float = 1.0
    usual: float = math.nan


OF_BRANCH = (
    Said("wait_mean_min", "the mean wait is {} min"),
    Said("wait_p90_min", "one in ten waits longer than {} min"),
    Said("served_fraction", "{} of visits are served", 100),
    Said("contacts_per_case", "a case takes {} contacts", usual=1.0),
    Said("satisfied_fraction", "{} of visits leave the customer satisfied", 100),
)
"""What is said of a branch alone."""

OF_MARKET = (
    Said("wait_mean_min", "the mean wait is {} min"),
    Said("contacts_per_case", "a case takes {} contacts", usual=1.0),
    Said("satisfied_fraction", "{} of customers are satisfied at the end", 100),
    Said("retained_fraction", "{} of the customers at the start are still customers then", 100),
    Said("customers_end", "there are {} customers then"),
)
"""What is said of a market."""


def standing(option: OptionResult, *, in_market: bool) -> str:
    """Say how an option stands, with 95% intervals where there are some.

    Parameters
    ----------
    option : any.
    in_market : whether customers are ours to lose.

    Returns
    -------
    Parts of a sentence joined by semicolons, without the option's name and without a full stop; empty where
    nothing was observed.
    """
    metrics = option.metrics
    parts = [
        said.text.format(number_with_interval(metrics[said.metric], said.factor))
        for said in (OF_MARKET if in_market else OF_BRANCH)
        if said.metric in metrics and _says_something(said, metrics[said.metric])
    ]
    return "; ".join(parts)


def number_with_interval(found: Estimate, factor: float = 1.0, most: int = 2) -> str:
    """Mean with its interval in brackets, no more digits than are known; without one where there is none."""
    ends = (found.low, found.high)
    half = found.half_width * factor
    digits = digits_for([] if math.isnan(half) else [half], most)
    percent = "%" if factor == 100 else ""
    mean = f"{found.mean * factor:,.{digits}f}{percent}"
    if math.isnan(half) or found.low == found.high:
        return mean
    low, high = (f"{end * factor:,.{digits}f}" for end in ends)
    return f"{mean} ({low} to {high})"


def few(names: Sequence[str], most: int = 3) -> str:
    """Names as a list in words, those beyond ``most`` counted."""
    shown, more = list(names[:most]), len(names) - most
    if more > 0:
        shown.append(f"{more} more")
    return " and ".join([*filter(None, [", ".join(shown[:-1])]), *shown[-1:]])


def _says_something(said: Said, found: Estimate) -> bool:
    # Nothing lies near to what is NaN.
    return not math.isnan(found.mean) and not abs(found.mean - said.usual) < _AS_USUAL
