"""Everything that is fitted: service, its level, patience, priority and the work after a call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import polars as pl

from callcentre.agents import BRIEF_GAP_S, LONGEST_SERVICE_S, Shift
from callcentre.records import DAY_S, NAMES, SLOT_S, BoolArray, FloatArray, IntArray, half_hours

SHORTEST_SERVICE_S = 10
"""Shorter calls are mostly agents hanging up."""
BANDS = {"early": (0, 9), "office_hours": (9, 16), "evening": (16, 22), "night": (22, 24)}
"""Hours of joining between which the length of calls differs: at 9 the first of the day shift come, at 16
they leave."""
SURGE = "surge"
"""A half hour with more than `SURGE_OVER` times its usual calls."""
SURGE_OVER = 2.0
NEEDS = (*BANDS, SURGE)
BANDED = ("regular", "prospective", "securities")
"""Types with enough calls to tell the hours apart."""

SEGMENTS = (
    "regular_preferred",
    "regular",
    "prospective",
    "securities_preferred",
    "securities",
    "internet_help",
    "call_back",
    "english",
)
"""Types, two of them split by priority."""
SEGMENT_TYPE = {name: name.removesuffix("_preferred") for name in SEGMENTS}
PREFERRED = ("regular", "securities")

HALF_LIVES_DAYS = (1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 40.0, 1e6)
FIRST_TEST_DAY, AHEAD_DAYS = 30, 20
PATIENCE_VALUES = 400
LONGEST_PATIENCE_S = 1800.0
GOLDEN = (5**0.5 - 1) / 2
"""Multiples of it, less their whole part, lie evenly in 0 to 1."""


@dataclass(frozen=True)
class Fit:
    """What a map takes from the months it is fitted on.

    Attributes
    ----------
    mean_s, cv : shape (types, bands): calls of `SHORTEST_SERVICE_S` to an hour.
    surge_factor : of the mean, in a surge.
    short_share, short_s : shape (types,): answered calls that end at once, and their mean length.
    level : of the length of calls at the end of the months, relative to their mean.
    half_life_days : weights by which the level was estimated.
    level_by_month : of each month relative to all.
    half_life_errors : root mean square error of the level 20 days ahead, by half-life.
    patience_s : shape (segments, values): quantiles of the Kaplan-Meier estimate.
    high_share : share of high priority by type.
    usual : shape (48,): usual number of calls in each half hour.
    wrap_up_mean_s, wrap_up_cv : the work after a call.
    patience_mean_s : for Erlang A: time waited, divided by the number who gave up.
    absent_from : times passed over from which an agent counts as absent.
    """

    mean_s: FloatArray
    cv: FloatArray
    surge_factor: float
    short_share: FloatArray
    short_s: FloatArray
    level: float
    half_life_days: float
    level_by_month: dict[int, float]
    half_life_errors: dict[float, float]
    patience_s: FloatArray
    high_share: dict[str, float]
    usual: FloatArray
    wrap_up_mean_s: float
    wrap_up_cv: float
    patience_mean_s: float
    absent_from: int

    def with_rule(self, absent_from: int) -> Self:
        """Return the same fit with another rule of presence."""
        return replace(self, absent_from=absent_from)

    def service_mean_s(self, kind: int, need: str) -> float:
        """Mean of the lognormal part of a type's service, at the level of the end of the months."""
        return float(self.mean_s[kind, self._band(need)]) * self.level * self._surge(need)

    def service_cv(self, kind: int, need: str) -> float:
        """Coefficient of variation of the same."""
        return float(self.cv[kind, self._band(need)])

    def _band(self, need: str) -> int:
        return list(BANDS).index("office_hours" if need == SURGE else need)

    def _surge(self, need: str) -> float:
        return self.surge_factor if need == SURGE else 1.0


def fit(calls: pl.DataFrame, worked: Sequence[Shift], absent_from: int) -> Fit:
    """Fit everything but the rule of presence, which is given."""
    usual = np.bincount(half_hours(calls), minlength=DAY_S // SLOT_S) / calls["date"].n_unique()
    need = needs(calls, usual)
    full = (
        (
            calls["served"]
            & calls["service_s"].is_between(SHORTEST_SERVICE_S, LONGEST_SERVICE_S)
            & (calls["server"] != "NONE")
        )
        .fill_null(value=False)
        .to_numpy()
    )
    seconds = calls["service_s"].fill_null(0).to_numpy().astype(np.float64)
    kind, band = calls["kind"].to_numpy(), bands(calls)
    mean, cv = _mean_and_cv(kind, band, seconds, full & (need != NEEDS.index(SURGE)))
    expected = mean[kind, band]
    surge = full & (need == NEEDS.index(SURGE))
    factor = seconds[surge].sum() / expected[surge].sum() if surge.any() else 1.0
    expected = np.where(need == NEEDS.index(SURGE), factor * expected, expected)
    day = calls["date"].to_physical().to_numpy()
    of_day = _ratios(day[full], seconds[full], expected[full])
    errors = {half_life: _error_ahead(of_day, half_life) for half_life in HALF_LIVES_DAYS}
    half_life = min(errors, key=errors.__getitem__)
    month = calls["month"].to_numpy().astype(np.int64)
    served = calls["served"].to_numpy()
    short = served & (seconds < SHORTEST_SERVICE_S)
    wrap_up = after_call_s(worked)
    queued = calls.filter(pl.col("queued"))
    return Fit(
        mean_s=mean,
        cv=cv,
        surge_factor=float(factor),
        short_share=np.array([short[kind == k].sum() / served[kind == k].sum() for k in range(len(NAMES))]),
        short_s=np.array([seconds[short & (kind == k)].mean() for k in range(len(NAMES))]),
        level=_weighted(of_day, half_life),
        half_life_days=half_life,
        level_by_month={
            int(m): float(seconds[full & (month == m)].sum() / expected[full & (month == m)].sum())
            for m in np.unique(month)
        },
        half_life_errors=errors,
        patience_s=patience(queued),
        high_share={
            name: float(queued.filter(pl.col("type") == name)["high"].to_numpy().mean()) for name in NAMES
        },
        usual=usual,
        wrap_up_mean_s=float(wrap_up.mean()),
        wrap_up_cv=float(wrap_up.std() / wrap_up.mean()),
        patience_mean_s=float(queued["wait_s"].to_numpy().sum() / (~queued["served"].to_numpy()).sum()),
        absent_from=absent_from,
    )


def bands(calls: pl.DataFrame) -> IntArray:
    hour = calls["hour"].to_numpy()
    ends = np.array([end for _, end in BANDS.values()])
    found: IntArray = np.searchsorted(ends, hour, side="right").astype(np.int64)
    return found


def needs(calls: pl.DataFrame, usual: FloatArray) -> IntArray:
    """Number of each call's need: its band of hours, or the surge."""
    slot = half_hours(calls)
    cell = (calls["date"].to_physical().to_numpy().astype(np.int64)) * (DAY_S // SLOT_S) + slot
    _, index, counts = np.unique(cell, return_inverse=True, return_counts=True)
    surge = counts[index] > SURGE_OVER * usual[slot]
    return np.where(surge, NEEDS.index(SURGE), bands(calls))


def segments(calls: pl.DataFrame, fitted: Fit) -> IntArray:
    """Number of each call's segment.

    The records know the priority of calls that queued. Of the others, evenly spread, as many are given it as
    calls of their type had it in the fitted months.
    """
    chance = np.arange(calls.height) * GOLDEN % 1
    share = np.array([fitted.high_share[name] for name in NAMES])[calls["kind"].to_numpy()]
    high = np.where(
        calls["queued"].to_numpy(), calls["high"].fill_null(value=False).to_numpy(), chance < share
    )
    found = np.zeros(calls.height, np.int64)
    for name in NAMES:
        of_type = (calls["type"] == name).to_numpy()
        if name in PREFERRED:
            found[of_type & high] = SEGMENTS.index(f"{name}_preferred")
            found[of_type & ~high] = SEGMENTS.index(name)
        else:
            found[of_type] = SEGMENTS.index(name)
    return found


def _mean_and_cv(
    kind: IntArray, band: IntArray, seconds: FloatArray, used: BoolArray
) -> tuple[FloatArray, FloatArray]:
    mean = np.empty((len(NAMES), len(BANDS)))
    cv = np.empty_like(mean)
    for k, name in enumerate(NAMES):
        for b in range(len(BANDS)):
            chosen = used & (kind == k) & ((band == b) if name in BANDED else True)
            mean[k, b] = seconds[chosen].mean()
            cv[k, b] = seconds[chosen].std() / mean[k, b]
    return mean, cv


def _ratios(day: IntArray, seconds: FloatArray, expected: FloatArray) -> FloatArray:
    """Length of each day's calls, relative to what their types and hours lead one to expect."""
    _, index = np.unique(day, return_inverse=True)
    ratios: FloatArray = np.bincount(index, seconds) / np.bincount(index, expected)
    return ratios


def _weighted(of_day: FloatArray, half_life: float) -> float:
    weights = 0.5 ** (np.arange(of_day.size)[::-1] / half_life)
    return float(np.average(of_day, weights=weights))


def _error_ahead(of_day: FloatArray, half_life: float) -> float:
    """Root mean square error of the mean level of the next 20 days, from every day on that has 30 behind it.

    With too few days to try, every half-life is as good, and the first is taken.
    """
    last = of_day.size - AHEAD_DAYS
    errors = [
        _weighted(of_day[:day], half_life) - of_day[day : day + AHEAD_DAYS].mean()
        for day in range(FIRST_TEST_DAY, last)
    ]
    return float(np.sqrt(np.mean(np.square(errors)))) if errors else 0.0


def after_call_s(worked: Sequence[Shift]) -> FloatArray:
    """Gaps of up to `BRIEF_GAP_S` before calls that had waited longer than the gap.

    No caller was missing in them, so the agent was busy.
    """
    gaps = []
    for shift in worked:
        gap = shift.start[1:] - shift.end[:-1]
        gaps.append(gap[(gap >= 0) & (gap <= BRIEF_GAP_S) & (shift.wait[1:] > gap)])
    return np.concatenate(gaps)


def patience(queued: pl.DataFrame) -> FloatArray:
    """Evenly spaced quantiles of the Kaplan-Meier estimate of patience, by segment.

    Answered calls are censored. Where the estimate does not come down to a quantile, half an hour stands.
    """
    values = np.empty((len(SEGMENTS), PATIENCE_VALUES))
    below = 1 - (np.arange(PATIENCE_VALUES) + 0.5) / PATIENCE_VALUES
    for number, segment in enumerate(SEGMENTS):
        chosen = queued.filter(pl.col("type") == SEGMENT_TYPE[segment])
        if SEGMENT_TYPE[segment] in PREFERRED:
            chosen = chosen.filter(pl.col("high") == segment.endswith("_preferred"))
        wait = np.maximum(chosen["wait_s"].to_numpy().astype(np.float64), 0.5)
        at = np.unique(wait)
        longer = kaplan_meier(wait, ~chosen["served"].to_numpy(), at)
        place = np.searchsorted(-longer, -below)
        values[number] = np.where(place < at.size, at[np.minimum(place, at.size - 1)], LONGEST_PATIENCE_S)
    return np.minimum(values, LONGEST_PATIENCE_S)


def kaplan_meier(wait: FloatArray, gave_up: BoolArray, at: FloatArray) -> FloatArray:
    """Share whose patience is longer than ``at``, from waits of which some were ended by an answer.

    Parameters
    ----------
    wait : shape (calls,), seconds.
    gave_up : shape (calls,), whether patience ended the wait.
    at : shape (points,), seconds.

    References
    ----------
    Kaplan & Meier (1958).
    """
    order = np.lexsort((~gave_up, wait))
    at_risk = wait.size - np.arange(wait.size)
    share = np.cumprod(1.0 - gave_up[order] / at_risk)
    index = np.searchsorted(wait[order], at, side="right") - 1
    return np.where(index >= 0, share[np.maximum(index, 0)], 1.0)
