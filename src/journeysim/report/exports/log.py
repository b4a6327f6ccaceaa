"""The history of one replication as events: whose steps, in which order, at which times of the calendar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import polars as pl

from journeysim.errors import InputError, Problem
from journeysim.experiment.runs import Run
from journeysim.experiment.scenario import Option
from journeysim.experiment.store import RunFolder
from journeysim.journey import Journey
from journeysim.journey.faults import nearest
from journeysim.journey.stations import Touchpoint
from journeysim.market.state import OURS
from journeysim.units import MINUTES_PER_DAY

STEPS_HINT = "journeysim run SCENARIO --steps keeps them, in another --out than a run without"

_AS_THEY_ARE = (
    "day", "date", "segment", "need", "touchpoint", "outcome", "queue_length_seen", "score", "visit_score",
    "joined_min", "started_min", "ended_min",
)  # fmt: skip
"""Columns of the steps table that a `Step` has under the same name."""

_WITHOUT_SERVICE = frozenset({"balked", "reneged", "rejected", "closed"})


class Moment(StrEnum):
    """What happens in a step."""

    JOINED = "joined"
    STARTED = "started"
    ENDED = "ended"
    LEFT = "left"


@dataclass(frozen=True)
class Event:
    """One moment of one step.

    Parameters
    ----------
    moment : joined a queue, service started, service ended, or left without service.
    at : time of the branch's clock, to the millisecond.
    day_min : minutes since the midnight that began the first day of the run.
    """

    moment: Moment
    at: datetime
    day_min: float


@dataclass(frozen=True)
class Step:
    """One touchpoint of one visit, as its row of the steps table has it.

    Parameters
    ----------
    branch : empty for a bank's only one.
    visit, case, customer : their numbers as text, with the branch where there are several; the customer is
        empty for a stranger.
    day : since the first day of the run.
    date : of the day.
    segment, need, touchpoint, outcome : names.
    queue, staff_group : empty where there was none.
    wait_min : in the queue; None without one.
    service_min : None for a step that was never served.
    queue_length_seen : None where there was no queue to see.
    score, visit_score : -1..1; None where nothing was felt.
    joined_min, started_min, ended_min : minutes after midnight; the start is None where there was none.
    """

    branch: str
    visit: str
    case: str
    customer: str
    day: int
    date: date
    segment: str
    need: str
    touchpoint: str
    outcome: str
    queue: str
    staff_group: str
    queue_length_seen: int | None
    score: float | None
    visit_score: float | None
    joined_min: float
    started_min: float | None
    ended_min: float

    @property
    def wait_min(self) -> float | None:
        """Minutes in the queue, until service or leaving; None where no queue was."""
        if not self.queue:
            return None
        return (self.ended_min if self.started_min is None else self.started_min) - self.joined_min

    @property
    def service_min(self) -> float | None:
        """Minutes of service; None where there was none."""
        return None if self.started_min is None else self.ended_min - self.started_min

    def events(self) -> Iterator[Event]:
        """What happened, in order; a step without a queue begins with its service."""
        if self.queue:
            yield self._event(Moment.JOINED, self.joined_min)
        if self.started_min is not None:
            yield self._event(Moment.STARTED, self.started_min)
            if self.outcome != "in_progress":
                yield self._event(Moment.ENDED, self.ended_min)
        elif self.outcome in _WITHOUT_SERVICE:
            yield self._event(Moment.LEFT, self.ended_min)

    def _event(self, moment: Moment, minute: float) -> Event:
        midnight = datetime(self.date.year, self.date.month, self.date.day)  # noqa: DTZ001 -- no zone is known
        at = midnight + timedelta(milliseconds=round(minute * 60_000))
        return Event(moment, at, self.day * MINUTES_PER_DAY + minute)


@dataclass(frozen=True)
class Log:
    """One replication of one option, read once.

    Parameters
    ----------
    run : it is of.
    option : the option.
    replication : from 0.
    steps : its steps table, cases together, in the order in which they began.
    """

    run: Run
    option: Option
    replication: int
    steps: pl.DataFrame

    @property
    def name(self) -> str:
        """What the log is called."""
        return f"{self.run.scenario.name}: {self.option.name}, replication {self.replication + 1}"

    @property
    def currency(self) -> str:
        """Of all amounts; may be empty."""
        return self.option.journey.currency

    def rows(self) -> Iterator[Step]:
        """The steps, case by case, each in the order of its visits and of their steps."""
        several = "branch" in self.steps.columns
        branch = "branch" if several else pl.lit("").alias("branch")
        columns = [branch, "visit_id", "case_id", "customer_id", "queue", "staff_group", *_AS_THEY_ARE]
        frame = self.steps.select(columns).with_columns(pl.col("score", "visit_score").fill_nan(None))
        for row in frame.iter_rows(named=True):
            branch, customer = row["branch"] or "", row["customer_id"]
            prefix = f"{branch}/" if branch else ""
            yield Step(
                branch=branch,
                visit=f"{prefix}{row['visit_id']}",
                case=f"{prefix}{row['case_id']}",
                customer="" if customer is None else str(customer),
                queue=row["queue"] or "",
                staff_group=row["staff_group"] or "",
                **{name: row[name] for name in _AS_THEY_ARE},
            )

    def journey(self, branch: str) -> Journey:
        """The map of a branch."""
        market = self.option.market
        if market is None or not branch:
            return self.option.journey
        return next(one.journey for one in market.banks[OURS].branches if one.name == branch)

    def touchpoint(self, step: Step) -> Touchpoint:
        """The touchpoint of a step, as the map has it."""
        return self.journey(step.branch).touchpoints[step.touchpoint]

    def cost(self, step: Step) -> float | None:
        """Cost of the time that the server spent on a step, wrap-up left out; None where it is not known."""
        if step.service_min is None or not step.staff_group:
            return None
        per_hour = self.journey(step.branch).staff[step.staff_group].cost_per_hour
        return per_hour * step.service_min / 60 if per_hour else None


def option_of(run: Run, name: str | None) -> Option:
    """The option that is named, or the baseline.

    Raises
    ------
    InputError
        The run has no such option.
    """
    if name is None:
        return run.scenario.baseline_option
    for option in run.scenario.options:
        if option.name == name:
            return option
    hint = nearest(name, [option.name for option in run.scenario.options])
    raise InputError([Problem(_where(run), 0, 0, "--option", "no option has this name", name, hint)])


def log_of(run: Run, option: str | None, replication: int) -> Log:
    """Read the steps of one replication of one option, and nothing else.

    Parameters
    ----------
    run : with its steps kept.
    option : its name; None for the baseline.
    replication : from 1.

    Raises
    ------
    InputError
        The run did not keep its steps, or has no such option or replication.
    """
    chosen = option_of(run, option)
    if not 1 <= replication <= run.scenario.replications:
        problem = f"a replication from 1 to {run.scenario.replications} is required"
        raise InputError([Problem(_where(run), 0, 0, "--replication", problem, str(replication))])
    number = replication - 1
    own = all_steps(run).filter((pl.col("option") == chosen.name) & (pl.col("replication") == number))
    steps = own.collect()
    # A case's first row is its place; a sort that keeps equal rows as they are puts its later visits behind.
    place = [name for name in ("branch", "case_id") if name in steps.columns]
    ordered = steps.with_row_index("row").with_columns(first=pl.col("row").min().over(place))
    return Log(run, chosen, number, ordered.sort("first", "row").drop("row", "first"))


def all_steps(run: Run) -> pl.LazyFrame:
    """All steps of a run, read where they are used; in the order in which they are kept.

    Raises
    ------
    InputError
        The run did not keep its steps.
    """
    if not run.has_steps:
        problem = "an export of steps needs a run that kept them"
        raise InputError([Problem(_where(run), 0, 0, "", problem, "", STEPS_HINT)])
    if run.folder is None:
        return run.steps.lazy()
    files = RunFolder(run.folder).steps_files()
    return pl.scan_parquet(files, glob=False).filter(pl.col("replication") < run.scenario.replications)


def _where(run: Run) -> str:
    return run.scenario.name if run.folder is None else str(run.folder)
