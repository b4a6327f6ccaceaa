"""What an engine hands back: every step of every visit, first as arrays of ticks, then as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from journeysim.branch.arrivals import Arrivals
from journeysim.branch.calendar import OpenDay
from journeysim.branch.crowd import STRANGER
from journeysim.branch.plan import Outcome, Plan
from journeysim.units import BoolArray, FloatArray, IntArray, to_minutes

if TYPE_CHECKING:
    import polars as pl

NONE = -1
"""Stands for no staff group, no start of service, no queue seen."""

_RECORDED_FIELDS = (
    "touchpoint", "queue", "joined", "started", "ended", "group", "queue_length_seen", "outcome",
)  # fmt: skip
RECORDED = 1 + len(_RECORDED_FIELDS)
"""Numbers that an engine records of a step: its visit, and these."""

OUTCOMES = tuple(outcome.name.lower() for outcome in Outcome)


@dataclass(frozen=True)
class StepArrays:
    """Steps, by visit, then step; all of shape (steps,).

    Attributes
    ----------
    visit : number of the visit in the draws.
    step : from 1.
    touchpoint, queue : numbers in map order; the queue is `NONE` where nobody waits.
    joined, started, ended : ticks after midnight; ``started`` is `NONE` for a step that never was.
        ``joined`` is when the customer stood before the queue, also for one who did not join it.
    group : the staff group that served, or `NONE`.
    queue_length_seen : people waiting when the customer came; `NONE` where there was no queue to see.
    outcome : `Outcome`.
    released : ticks at which the server was free again; later than ``ended`` after a wrap-up or while the
        server was kept. Equal to ``ended`` where nobody served.
    follow_up : number of the plan's follow-up that the visit leads to after this step, or `NONE`.
    """

    visit: IntArray
    step: IntArray
    touchpoint: IntArray
    queue: IntArray
    joined: IntArray
    started: IntArray
    ended: IntArray
    group: IntArray
    queue_length_seen: IntArray
    outcome: IntArray
    released: IntArray
    follow_up: IntArray

    @classmethod
    def from_record(
        cls,
        record: Sequence[int],
        first_visit: int,
        released: Mapping[int, int] | None = None,
        follow_up: Mapping[int, int] | None = None,
    ) -> StepArrays:
        """Arrange an engine's flat record.

        Parameters
        ----------
        record : for each step, those of a visit in order: visit (counted from ``first_visit``), touchpoint,
            queue, joined, started, ended, group, queue_length_seen, outcome.
        released, follow_up : by place of a step in the record, where they are not `ended` and `NONE`.
        """
        table = np.fromiter(record, np.int64, len(record)).reshape(-1, RECORDED)
        visit = table[:, 0]
        few = visit.max(initial=0) <= np.iinfo(np.int16).max  # then NumPy sorts by counting
        by_visit = np.argsort(visit.astype(np.int16 if few else np.int64), kind="stable")
        visit, *others = table.T[:, by_visit]
        recorded = dict(zip(_RECORDED_FIELDS, others, strict=True))
        steps_of = np.bincount(visit)
        first_of_visit = (np.cumsum(steps_of) - steps_of)[visit]
        return cls(
            visit=visit + first_visit,
            step=np.arange(1, visit.size + 1) - first_of_visit,
            released=_changed(recorded["ended"], by_visit, released),
            follow_up=_changed(np.full(visit.size, NONE), by_visit, follow_up),
            **recorded,
        )

    @classmethod
    def joined_together(cls, parts: Sequence[StepArrays]) -> StepArrays:
        """The steps of several days as one."""
        return cls(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)))

    def renumbered(self, first_visit: int) -> StepArrays:
        """The same steps, their visits counted from ``first_visit``."""
        return replace(self, visit=self.visit + first_visit)

    def touchpoint_of(self, visit: int) -> list[int]:
        """The touchpoints that a visit has been through, in order."""
        found: list[int] = self.touchpoint[self.visit == visit].tolist()
        return found

    @property
    def joined_queue(self) -> BoolArray:
        """Whether the customer joined a queue in this step, starting at once included."""
        turned_away = (self.outcome == Outcome.BALKED) | (self.outcome == Outcome.REJECTED)
        joined: BoolArray = (self.queue != NONE) & (self.queue_length_seen != NONE) & ~turned_away
        return joined

    def wait(self) -> IntArray:
        """Ticks from joining to service or, where there was none, to leaving the queue."""
        return np.where(self.started != NONE, self.started, self.ended) - self.joined


def _changed(values: IntArray, order: NDArray[np.intp], changes: Mapping[int, int] | None) -> IntArray:
    """Values with some replaced; ``changes`` are by place before the values were put in ``order``."""
    if not changes:
        return values
    place_after = np.empty_like(order)
    place_after[order] = np.arange(order.size)
    changed = values.copy()
    changed[place_after[list(changes)]] = list(changes.values())
    return changed


def steps_table(plan: Plan, days: Sequence[OpenDay], arrivals: Arrivals, steps: StepArrays) -> pl.DataFrame:
    """The steps table of a batch of days, without the columns ``option`` and ``replication``.

    Returns
    -------
    One row a step, by day, then arrival, then step, with the columns of `STEPS_COLUMNS`. Times are minutes
    after midnight. ``case_id`` is that of the case's first visit; ``customer_id`` is null for a stranger.
    """
    import polars as pl

    visit = steps.visit
    day = arrivals.day[visit]
    return pl.DataFrame(
        {
            "day": np.array([d.number for d in days], dtype=np.int32)[day],
            "date": pl.Series([d.date for d in days], dtype=pl.Date).gather(day),
            "visit_id": arrivals.visit_id[visit],
            "case_id": arrivals.case[visit],
            "customer_id": _persons(arrivals.person[visit]),
            "segment": _names(plan.segments, arrivals.segment[visit]),
            "need": _names(plan.needs, arrivals.need[visit]),
            "step": steps.step.astype(np.int32),
            "touchpoint": _names(plan.touchpoints, steps.touchpoint),
            "queue": _names(plan.queues, steps.queue),
            "staff_group": _names(plan.groups, steps.group),
            "joined_min": to_minutes(steps.joined),
            "started_min": _or_null(to_minutes(steps.started), steps.started == NONE),
            "ended_min": to_minutes(steps.ended),
            "queue_length_seen": _or_null(
                steps.queue_length_seen.astype(np.int32), steps.queue_length_seen == NONE
            ),
            "outcome": _names(OUTCOMES, steps.outcome),
        }
    )


def _persons(person: IntArray) -> pl.Series:
    """Who each is; null for a stranger."""
    import polars as pl

    found = pl.Series(person)
    return found.set(found == STRANGER, None)


STEPS_COLUMNS = (
    "option", "replication", "day", "date", "visit_id", "case_id", "customer_id", "segment", "need", "step",
    "touchpoint", "queue", "staff_group", "joined_min", "started_min", "ended_min", "queue_length_seen",
    "outcome",
)  # fmt: skip
"""Columns of a complete steps table, in order."""


def visits_from_steps(steps: pl.DataFrame) -> pl.DataFrame:
    """One row a visit from a steps table.

    Parameters
    ----------
    steps : rows of a visit together and in order of ``step``, as every steps table has them.

    Returns
    -------
    The columns of ``steps`` that say whose visit it was, and at which branch where there are several, then
    ``arrival_min`` and ``departure_min`` (minutes after midnight), ``steps`` (their number), ``wait_min``
    (over all its queues, NaN-free: 0 where none was joined), ``service_min`` (over all its services),
    ``outcome`` (that of the last step) and, of steps that were scored, ``score``.
    """
    import polars as pl

    first = np.flatnonzero(steps["step"].to_numpy() == 1)
    last = np.append(first, steps.height)[1:] - 1
    joined = steps["joined_min"].to_numpy()
    ended = steps["ended_min"].to_numpy()
    started = steps["started_min"].to_numpy()
    columns = (*STEPS_COLUMNS[: STEPS_COLUMNS.index("step")], "branch")
    whose = [name for name in columns if name in steps.columns]
    wait = np.where(np.isnan(started), ended, started) - joined
    service = np.where(np.isnan(started), 0.0, ended - started)
    visits = steps.select(whose)[first]
    return visits.with_columns(
        arrival_min=pl.Series(joined[first]),
        departure_min=pl.Series(ended[last]),
        steps=pl.Series(np.diff(np.append(first, steps.height)).astype(np.int32)),
        wait_min=pl.Series(_sums(wait, first)),
        service_min=pl.Series(_sums(service, first)),
        outcome=steps["outcome"][last],
        **({"score": steps["visit_score"][last]} if "visit_score" in steps.columns else {}),
    )


def _sums(values: FloatArray, first: NDArray[np.intp]) -> FloatArray:
    """Sum of each run of values that starts at one of ``first``."""
    return np.add.reduceat(values, first) if first.size else np.zeros(0)


def _names(names: Sequence[str], numbers: IntArray) -> pl.Series:
    """Names by number; null for -1."""
    import polars as pl

    return pl.Series([*names, None], dtype=pl.String).gather(np.where(numbers < 0, len(names), numbers))


def _or_null(
    values: FloatArray | NDArray[np.int32],
    missing: BoolArray,
) -> pl.Series:
    import polars as pl

    return pl.Series(values).set(pl.Series(missing), None)
