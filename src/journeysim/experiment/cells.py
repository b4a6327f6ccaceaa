"""Estimates and differences as the cells of a table: no more digits than are known."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeysim.experiment.results import Comparison
from journeysim.experiment.statistics import Difference, Estimate

MISSING = "-"

Found = Mapping[str, Estimate]
"""Estimates by the name of their metric."""


@dataclass(frozen=True)
class Column:
    """A metric as a column.

    Parameters
    ----------
    metric : its name.
    heading : what stands above; a line break splits it.
    factor : 100 for fractions shown in percent.
    only_if_seen : leave the column out where every value is ``usual`` or missing.
    usual : the value that says nothing.
    decimals : at most.
    """

    metric: str
    heading: str
    factor: float = 1.0
    only_if_seen: bool = False
    usual: float = 0.0
    decimals: int = 2


def is_seen(column: Column, rows: Mapping[str, Found]) -> bool:
    """Whether a column says something of any row."""
    values = [found[column.metric].mean for found in rows.values() if column.metric in found]
    if column.only_if_seen:
        return any(abs(value - column.usual) >= 0.0005 for value in values)
    return any(not math.isnan(value) for value in values)


def estimate_cells(column: Column, found: Sequence[Estimate | None]) -> list[str]:
    """Texts of one column, all with the same decimals."""
    halves = [value.half_width * column.factor for value in found if value is not None]
    digits = digits_for(halves, column.decimals)
    return [MISSING if value is None else estimate_text(value, column.factor, digits) for value in found]


def estimate_text(value: Estimate, factor: float, digits: int) -> str:
    """Mean ± half its interval."""
    if math.isnan(value.mean):
        return MISSING
    mean = f"{value.mean * factor:,.{digits}f}"
    # What does not vary, such as the arrivals of a log, is no estimate.
    return mean if value.half_width == 0 else _with_half(mean, value.half_width * factor, digits)


def difference_text(found: Difference, column: Column, mark: str) -> str:
    """Difference with its sign ± half its interval, then ``mark``."""
    if math.isnan(found.difference):
        return MISSING
    half = (found.high - found.low) / 2 * column.factor
    digits = digits_for([half], most=column.decimals + 1)
    text = f"{found.difference * column.factor:+,.{digits}f}"
    if not any(digit in text for digit in "123456789"):
        text = text.replace("-", "+")
    return _with_half(text, half, digits) + mark


def comparison_text(value: Comparison | None, column: Column) -> str:
    """Difference from the baseline, marked where it is real."""
    return MISSING if value is None else difference_text(value.difference, column, "*" if value.real else " ")


def number_text(value: float, digits: int) -> str:
    """A number without an interval."""
    return MISSING if math.isnan(value) else f"{value:,.{digits}f}"


def digits_for(halves: Sequence[float], most: int = 2) -> int:
    """Decimals that show the first digit of a typical half-width."""
    real = sorted(half for half in halves if half > 0)
    if not real:
        return 1
    return min(most, max(0, math.ceil(-math.log10(real[len(real) // 2]))))


def _with_half(mean: str, half: float, digits: int) -> str:
    return mean if math.isnan(half) else f"{mean} ±{half:,.{digits}f}"
