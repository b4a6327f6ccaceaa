"""The stop rule: replicate until the numbers are precise enough, whatever the number of processes.

A look counts the first replications of every option, in their order, and nothing that has run beyond them. So
where a run stops follows from the scenario alone: not from how many processes there are, in what order they
end, or whether the run was interrupted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from journeysim.experiment.results import number_or_none
from journeysim.experiment.statistics import estimate
from journeysim.experiment.store import Chunk, complete_replications

FIRST_LOOK = 20
"""Replications at the first look: with fewer an interval may be narrow by chance."""

LOOK_EVERY = 10


@dataclass(frozen=True)
class StopRule:
    """When to stop.

    Parameters
    ----------
    until : half-width of the 95% interval to reach, by metric over all visits or customers; > 0.
    at_most : replications to stop at all the same, >= 1.
    """

    until: Mapping[str, float]
    at_most: int

    def next_look(self, replications: int) -> int:
        """Number of replications at the first look after ``replications``; 0 for the very first."""
        if replications < FIRST_LOOK:
            return min(FIRST_LOOK, self.at_most)
        return min(FIRST_LOOK + ((replications - FIRST_LOOK) // LOOK_EVERY + 1) * LOOK_EVERY, self.at_most)


@dataclass(frozen=True)
class Precision:
    """How well a metric is known in the option that is known least.

    Parameters
    ----------
    metric : its name.
    asked : half-width to reach.
    half_width : the widest over the options; infinite where an option has fewer than two values.
    option : the option with that half-width.
    missing : replications without a value in the option that has most of them.
    missing_in : that option.
    """

    metric: str
    asked: float
    half_width: float
    option: str
    missing: int
    missing_in: str

    @property
    def reached(self) -> bool:
        """Whether every option's half-width is at most what was asked."""
        return self.half_width <= self.asked

    def text(self) -> str:
        """Say how wide the interval is and what was asked."""
        if math.isinf(self.half_width):
            return f"{self.metric} has no value in {self.option}"
        asked = f"{self.asked:g}"
        found = _told_apart(self.half_width, self.asked)
        return f"{self.metric} ±{found} (asked {asked})"


@dataclass(frozen=True)
class Stop:
    """Where a run with a stop rule ended, and why.

    Parameters
    ----------
    replications : of each option.
    reason : ``reached``, ``ceiling``, ``unobserved`` (a metric without values, which more would not help)
        or ``time`` (there was no more of it).
    precisions : of every metric of the rule, at that number of replications.
    """

    replications: int
    reason: str
    precisions: tuple[Precision, ...]

    def lines(self) -> list[str]:
        """Say where it stopped and why, then what may surprise."""
        wide = [one for one in self.precisions if not one.reached]
        count = f"{self.replications} replication{'s'[: self.replications != 1]}"
        where = {"ceiling": f"the ceiling of {count}", "time": f"{count}, as the time was over"}
        told = "; ".join(one.text() for one in (self.precisions if self.reason == "reached" else wide))
        still = {"ceiling": "still wider than asked: ", "time": "not yet as asked: " if wide else ""}
        head = f"Stopped at {where.get(self.reason, count)}: {still.get(self.reason, '')}{told}".rstrip(": ")
        more = ["; more replications would not help"] if self.reason == "unobserved" else [""]
        gaps = [
            f"{one.metric} has no value in {one.missing} of {count} of {one.missing_in}; they do not count"
            for one in self.precisions
            if one.missing and not math.isinf(one.half_width)
        ]
        return [head + more[0], *gaps]

    def document(self) -> dict[str, Any]:
        """Entry ``stop`` of the JSON document."""
        return {
            "replications": self.replications,
            "reason": self.reason,
            "until": {
                one.metric: {
                    "asked": one.asked,
                    "half_width": number_or_none(one.half_width),
                    "option": one.option,
                    "without_value": one.missing,
                    "without_value_in": one.missing_in,
                }
                for one in self.precisions
            },
        }

    @staticmethod
    def from_document(document: Mapping[str, Any]) -> Stop:
        """Read what `document` wrote."""
        precisions = tuple(
            Precision(
                metric,
                one["asked"],
                math.inf if one["half_width"] is None else one["half_width"],
                one["option"],
                one["without_value"],
                one["without_value_in"],
            )
            for metric, one in document["until"].items()
        )
        return Stop(document["replications"], document["reason"], precisions)


@dataclass
class Watch:
    """Follows the finished replications and knows how many are wanted.

    Parameters
    ----------
    rule : None for a number of replications that is known from the beginning.
    asked : that number; with a rule its ceiling.
    tasks : number of options, or 1 for all options of a market.
    options : names of the options.
    """

    rule: StopRule | None
    asked: int
    tasks: int
    options: Sequence[str]
    stop: Stop | None = None
    _done: list[Chunk] = field(default_factory=list)
    _values: dict[tuple[str, str], dict[int, float]] = field(default_factory=dict)
    _goal: int = 0

    def __post_init__(self) -> None:
        self._goal = self.asked if self.rule is None else self.rule.next_look(0)

    @property
    def goal(self) -> int:
        """Replications of each option that are wanted as far as is known."""
        return self._goal

    def see(self, chunk: Chunk, metrics: pl.DataFrame) -> None:
        """Take note of a finished chunk, and look where there is enough to look at."""
        self.see_all([chunk], metrics)

    def see_all(self, chunks: Iterable[Chunk], metrics: pl.DataFrame) -> None:
        """Take note of finished chunks, in whatever order they ended.

        Parameters
        ----------
        chunks : finished.
        metrics : all of theirs, with the columns option, replication, scope, metric, month, value.
        """
        if self.rule is None:
            return
        self._done += chunks
        named = metrics.filter(
            (pl.col("scope") == "all")
            & (pl.col("month") == 0)
            & pl.col("metric").is_in(list(self.rule.until))
        )
        for option, metric, replication, value in named.select(
            "option", "metric", "replication", "value"
        ).iter_rows():
            if value is not None:
                self._values.setdefault((option, metric), {})[replication] = value
        complete = complete_replications(self._done, self.tasks)
        while self.stop is None and complete >= self._goal:
            self._look()

    def ended(self, complete: int) -> Stop | None:
        """Return where the run ended that has so many replications of every option; None without a rule."""
        if self.rule is None or self.stop is not None:
            return self.stop
        return Stop(complete, "time", self._precisions(complete))

    def _look(self) -> None:
        assert self.rule is not None
        found = self._precisions(self._goal)
        if all(one.reached for one in found):
            reason = "reached"
        elif self._goal >= FIRST_LOOK and any(math.isinf(one.half_width) for one in found):
            reason = "unobserved"
        elif self._goal >= self.rule.at_most:
            reason = "ceiling"
        else:
            self._goal = self.rule.next_look(self._goal)
            return
        self.stop = Stop(self._goal, reason, found)

    def _precisions(self, replications: int) -> tuple[Precision, ...]:
        assert self.rule is not None
        return tuple(self._precision(*one, replications) for one in self.rule.until.items())

    def _precision(self, metric: str, asked: float, replications: int) -> Precision:
        halves, missing = [], []
        for option in self.options:
            known = self._values.get((option, metric), {})
            values = np.array([known.get(number, math.nan) for number in range(replications)])
            half = estimate(values).half_width
            halves.append(math.inf if math.isnan(half) else half)
            missing.append(int(np.isnan(values).sum()))
        widest, emptiest = int(np.argmax(halves)), int(np.argmax(missing))
        return Precision(
            metric, asked, halves[widest], self.options[widest], missing[emptiest], self.options[emptiest]
        )


def _told_apart(found: float, asked: float) -> str:
    """Text of a half-width, with the digits that it takes to see on which side of ``asked`` it lies."""
    for digits in range(2, 17):
        text = f"{found:.{digits}g}"
        if (float(text) <= asked) == (found <= asked) and (found == asked or float(text) != asked):
            return text
    return repr(found)
