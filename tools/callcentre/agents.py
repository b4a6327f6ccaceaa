"""Who was present: the rule that turns the log of agents' calls into a roster.

The log does not say when an agent was there without a call. Calls went, as a rule, to the agent who had been
free longest. So an agent who was free while others, free for a shorter time, were given calls was passed over
and was not there. That tells an idle agent from an absent one on busy and on quiet hours alike, which no
fixed length of gap does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property

import numpy as np
import polars as pl

from callcentre.records import CLOSE_S, NAMES, OPEN_S, FloatArray, IntArray

LONGEST_SERVICE_S = 3600
"""A record that was never closed must not make its agent present all day."""
BRIEF_GAP_S = 30
"""The work after a call: an agent stays present in a gap no longer than this."""
LONGEST_GAP_S = 1800
OPENING_S = 600
"""An agent whose first call came within this time of opening was there at opening."""
STEP_S = 300
"""The roster's grid: finer ones change little, half hours lose when agents came and went."""

SKILLS = (("prospective", 1, 0.02, 2), ("securities", 2, 0.02, 2), ("internet_help", 4, 0.01, 1))
"""Type, its bit, and how much of a shift's calls tells that the agent took the type that day: a share, and
at least so many calls."""

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("general", ("line",)),
    ("prospective", ("line", "prospective_line")),
    ("securities", ("line", "securities_line")),
    ("securities_prospective", ("securities_line", "line", "prospective_line")),
    ("internet", ("internet_line", "line")),
    ("internet_prospective", ("line", "prospective_line", "internet_line")),
    ("internet_securities", ("line", "securities_line", "internet_line")),
    ("all_types", ("line", "securities_line", "prospective_line", "internet_line")),
)
"""Staff groups by the bits of their skills, and the queues that each serves, in order. A group takes from the
first queue that has anyone, where the centre took whoever had waited longest; of six sets of orders tried,
this one comes nearest to the waits by type from January to June."""


@dataclass(frozen=True)
class Shift:
    """One agent's calls on one day: seconds after midnight, and numbers of the calls' types."""

    day: date
    server: str
    start: FloatArray
    end: FloatArray
    kind: IntArray
    wait: FloatArray

    @cached_property
    def group(self) -> int:
        """Number of the staff group: the types that the agent took that day."""
        bits = 0
        for name, bit, share, fewest in SKILLS:
            taken = int((self.kind == NAMES.index(name)).sum())
            if taken >= max(fewest, share * self.kind.size):
                bits |= bit
        return bits


def shifts(calls: pl.DataFrame) -> list[Shift]:
    """Answered calls by day and agent, in order of their start."""
    worked = calls.filter(
        pl.col("served"), pl.col("server") != "NONE", pl.col("service_s").is_not_null()
    ).sort("date", "server", "ser_start")
    found = []
    for (day, server), shift in worked.group_by("date", "server", maintain_order=True):
        start = shift["ser_start"].to_numpy().astype(np.float64)
        length = np.minimum(shift["service_s"].to_numpy().astype(np.float64), LONGEST_SERVICE_S)
        end = np.maximum.accumulate(start + length)
        if not isinstance(day, date):
            raise TypeError("dates are required")
        wait = shift["wait_s"].to_numpy().astype(np.float64)
        found.append(Shift(day, str(server), start, end, shift["kind"].to_numpy(), wait))
    return found


def passed_over(worked: Sequence[Shift]) -> list[IntArray]:
    """Count how often each agent was passed over after each call.

    That is by calls of types that the agent takes, given before the agent's next call to others who became
    free later.

    Returns
    -------
    For each shift, shape (its calls,). After the last call the time until closing counts.
    """
    by_day: dict[date, list[int]] = {}
    for number, shift in enumerate(worked):
        by_day.setdefault(shift.day, []).append(number)
    counts = [np.zeros(shift.start.size, np.int64) for shift in worked]
    for numbers in by_day.values():
        start = np.concatenate([worked[n].start for n in numbers])
        kind = np.concatenate([worked[n].kind for n in numbers])
        free_since = np.concatenate([np.append(-np.inf, worked[n].end[:-1]) for n in numbers])
        whose = np.concatenate([np.full(worked[n].start.size, n) for n in numbers])
        order = np.argsort(start, kind="stable")
        start, kind, free_since, whose = start[order], kind[order], free_since[order], whose[order]
        for n in numbers:
            shift = worked[n]
            takes = np.ones(len(NAMES), bool)
            for name, bit, _, _ in SKILLS:
                takes[NAMES.index(name)] = bool(shift.group & bit)
            rivals = takes[kind] & (whose != n)
            first = np.searchsorted(start, shift.end)
            last = np.searchsorted(start, np.append(shift.start[1:], CLOSE_S))
            for call, (a, b) in enumerate(zip(first, last, strict=True)):
                if b > a:
                    counts[n][call] = (rivals[a:b] & (free_since[a:b] > shift.end[call])).sum()
    return counts


def presence(
    worked: Sequence[Shift],
    passes: Sequence[IntArray],
    days: Sequence[date],
    absent_from: int,
    step_s: int = STEP_S,
) -> FloatArray:
    """Mean number of agents present, by group, day and step of opening time.

    An agent is present during calls, and between two calls (after the last: until closing) when the gap is
    brief, or at most half an hour in which the agent was passed over fewer than ``absent_from`` times.

    Returns
    -------
    shape (groups, days, steps of the day).
    """
    steps = np.arange(OPEN_S, CLOSE_S, step_s, dtype=np.float64)
    number = {day: n for n, day in enumerate(days)}
    present = np.zeros((len(GROUPS), len(days), steps.size))
    for shift, passed in zip(worked, passes, strict=True):
        gap = np.maximum(np.append(shift.start[1:], CLOSE_S) - shift.end, 0)
        stays = ((passed < absent_from) & (gap <= LONGEST_GAP_S)) | (gap <= BRIEF_GAP_S)
        until = shift.end + np.where(stays, gap, 0)
        begin = np.maximum(shift.start, np.append(-np.inf, np.maximum.accumulate(until)[:-1]))
        if OPEN_S < shift.start[0] <= OPEN_S + OPENING_S:
            begin[0] = OPEN_S
        inside = np.minimum(until, steps[:, None] + step_s) - np.maximum(begin, steps[:, None])
        present[shift.group, number[shift.day]] += np.maximum(inside, 0).sum(axis=1) / step_s
    return present


def whole_numbers(present: FloatArray) -> IntArray:
    """Whole numbers of agents whose total is the rounded total of all groups.

    What rounding takes from a group at one step it gives to it later; the groups that are owed most are
    rounded up.

    Parameters
    ----------
    present : shape (groups, days, steps).
    """
    counts = np.zeros(present.shape, np.int64)
    owed = np.zeros(present.shape[:-1])
    for step in range(present.shape[-1]):
        wanted = present[..., step] + owed
        low = np.maximum(np.floor(wanted), 0)
        more = np.round(wanted.sum(axis=0)) - low.sum(axis=0)
        rank = np.argsort(np.argsort(low - wanted, axis=0, kind="stable"), axis=0, kind="stable")
        counts[..., step] = low + (rank < more)
        owed = wanted - counts[..., step]
    return counts


def roster_table(counts: IntArray, days: Sequence[date] | None, step_s: int = STEP_S) -> pl.DataFrame:
    """The roster as a map reads it: a row wherever some group's count changes.

    Parameters
    ----------
    counts : shape (groups, days, steps); one day where ``days`` is None, which every day repeats.

    Returns
    -------
    ``date`` (unless ``days`` is None), ``from`` (time of day) and a column for each group.
    """
    rows = []
    for number in range(counts.shape[1]):
        of_day = counts[:, number, :]
        changes = np.append(True, (np.diff(of_day, axis=1) != 0).any(axis=0))
        for step in np.flatnonzero(changes):
            minute = (OPEN_S + int(step) * step_s) // 60
            row = {} if days is None else {"date": days[number]}
            rows.append(
                row
                | {"from": time(minute // 60, minute % 60)}
                | {name: int(of_day[g, step]) for g, (name, _) in enumerate(GROUPS)}
            )
    return pl.DataFrame(rows)
