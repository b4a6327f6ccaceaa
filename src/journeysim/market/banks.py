"""Banks as a projection uses them: what their customers go through in a month."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from journeysim.branch.arrivals import Points, generated_points
from journeysim.branch.calendar import OpenDay
from journeysim.branch.crowd import Attendance, Crowd
from journeysim.branch.follow_ups import PendingContacts
from journeysim.branch.luck import Luck
from journeysim.branch.own_rules import OwnRules
from journeysim.branch.plan import Plan, compile_map
from journeysim.branch.quantiles import normal
from journeysim.branch.simulate import (
    BranchInMarket,
    SimulatedDays,
    day_batches,
    in_day_order,
    simulated_days,
)
from journeysim.branch.totals import Totals
from journeysim.experience.plan import ExperiencePlan, compile_experience
from journeysim.experience.replication import scored_table
from journeysim.experience.rules import ExperienceRules
from journeysim.experience.scoring import VisitScores, score_visits
from journeysim.experience.totals import ScoreTotals, sum_scores
from journeysim.journey import Journey
from journeysim.market.model import Branch, ScoreShape
from journeysim.market.opinions import Visits
from journeysim.market.state import State
from journeysim.market.timeline import Timeline
from journeysim.units import FloatArray, IntArray

if TYPE_CHECKING:
    import polars as pl

_TIME_BITS = 40
"""Ticks of a day fit into so many bits; above them stands the day."""


class Memo:
    """What is drawn in a month for one option and serves the others of the replication as well."""

    def __init__(self) -> None:
        self._found: dict[Hashable, Any] = {}

    def once(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What ``make`` gives, made once for each key."""
        if key not in self._found:
            self._found[key] = make()
        return self._found[key]

    def clear(self) -> None:
        """Forget everything, at a month's end."""
        self._found.clear()


@dataclass
class BranchAtWork:
    """A branch of a bank, simulated day by day.

    Parameters
    ----------
    bank : number of its bank.
    branch : its maps.
    crowd : the people of its part of town.
    rules : how its visitors judge.
    timeline : all months.
    target_wait_min : minutes within which a customer should be served.
    keep, keep_steps : whether to sum up what happens in the branch, and to keep every step.
    own_rules : an analyst's own, in place of the map's where they answer.
    learnt : score that complaints have taught it to add to every visit's, and to what the visit says of
        staff and product.
    totals, scores, tables : what has been summed up and kept.
    """

    bank: int
    branch: Branch
    crowd: Crowd
    rules: ExperienceRules
    timeline: Timeline
    target_wait_min: float
    keep: bool = False
    keep_steps: bool = False
    own_rules: OwnRules | None = None
    learnt: float = 0.0
    totals: Totals | None = None
    scores: ScoreTotals | None = None
    tables: list[pl.DataFrame] = field(default_factory=list)
    _pending: PendingContacts | None = None
    _plans: dict[int, tuple[Journey, Plan, ExperiencePlan]] = field(default_factory=dict)

    def changed(self, branch: Branch, rules: ExperienceRules, keep_steps: bool) -> BranchAtWork:
        """A branch that goes on with other maps, is judged by other rules, and sums up what happens."""
        other = replace(
            self, branch=branch, rules=rules, keep=True, keep_steps=keep_steps,
            totals=None, scores=None, tables=[], _pending=None, _plans={},
        )  # fmt: skip
        if self._pending is not None:
            other._pending = self._pending.carried_over(self.timeline.all_open_days(branch))
        return other

    @property
    def expects_contacts(self) -> bool:
        """Whether a case is still to go on."""
        return self._pending is not None and self._pending.any()

    def forget(self, gone: IntArray) -> None:
        """Drop the contacts still to come of people in whose places somebody new lives."""
        if self._pending is not None:
            self._pending.forget(gone)

    def steps_table(self, *, named: bool) -> pl.DataFrame | None:
        """Every step so far, in order of day, arrival and step; None unless they are kept.

        Parameters
        ----------
        named : whether a last column says which branch it is.
        """
        if not self.tables:
            return None
        import polars as pl

        first = self.timeline.first_number
        table = in_day_order(self.tables).with_columns(pl.col("day") - first)
        return table.with_columns(pl.lit(self.branch.name).alias("branch")) if named else table

    def month(self, state: State, month: int, luck: Luck, memo: Memo) -> Visits:
        """Simulate the days of a month for the people who are customers now."""
        found = [
            self._visits(batch, experience, state, luck)
            for journey, days in self._by_map(month)
            for batch, experience in self._simulated(journey, days, state, month, luck, memo)
        ]
        return Visits.together(found) if found else Visits.none()

    def _by_map(self, month: int) -> list[tuple[Journey, list[OpenDay]]]:
        """The month's days in runs on which one map holds; in order, as contacts follow on earlier days."""
        found: list[tuple[Journey, list[OpenDay]]] = []
        for day in self.timeline.open_days(self.branch, month):
            journey = self.branch.on(day.date)
            if not found or found[-1][0] is not journey:
                found.append((journey, []))
            found[-1][1].append(day)
        return found

    def _simulated(
        self, journey: Journey, days: Sequence[OpenDay], state: State, month: int, luck: Luck, memo: Memo
    ) -> Iterator[tuple[SimulatedDays, ExperiencePlan]]:
        if self._pending is None:
            self._pending = PendingContacts(self.timeline.all_open_days(self.branch))
        plan, experience = self._compiled(journey)
        attendance = Attendance(self.crowd, state.bank == self.bank)
        market = BranchInMarket(attendance, memoised_points(self.crowd, month, memo))
        batches = simulated_days(
            journey, days, luck, rules=self.own_rules, pending=self._pending, market=market, of_map=plan
        )
        for batch in batches:
            yield batch, experience

    def points(self, month: int, luck: Luck, memo: Memo) -> Points:
        """Everything that may become a visit in a month, to this bank or another."""
        found: Points = memo.once((month, id(self)), lambda: self._points(month, luck, memo))
        return found

    def _points(self, month: int, luck: Luck, memo: Memo) -> Points:
        """The same, drawn, in the order of time."""
        draw = memoised_points(self.crowd, month, memo)
        parts = [
            draw(plan, batch, luck)
            for journey, days in self._by_map(month)
            for plan, batch in day_batches(journey, days, of_map=self._compiled(journey)[0])
        ]
        points = Points.together(parts) if parts else Points.none()
        return points[np.argsort(times(points.luck_address.day.astype(np.int64), points.tick), kind="stable")]

    def _compiled(self, journey: Journey) -> tuple[Plan, ExperiencePlan]:
        if id(journey) not in self._plans:
            plan = compile_map(journey)
            self._plans[id(journey)] = journey, plan, compile_experience(journey, plan, self.rules)
        _, plan, experience = self._plans[id(journey)]
        return plan, experience

    def _visits(self, batch: SimulatedDays, experience: ExperiencePlan, state: State, luck: Luck) -> Visits:
        person = batch.arrivals.person
        scores = score_visits(
            batch.plan,
            experience,
            batch.arrivals,
            batch.acceptable_wait,
            batch.steps,
            luck,
            state.disposition[person] + self.learnt,
        )
        if self.keep:
            self._sum(batch, scores)
        return Visits(
            person=person,
            bank=np.full(person.size, self.bank),
            score=scores.score,
            staff=np.minimum(scores.staff + self.learnt, 1.0),
            product=np.minimum(scores.product + self.learnt, 1.0),
            time=times(batch.arrivals.luck_address.day.astype(np.int64), batch.arrivals.tick),
            begins=batch.arrivals.contact == 1,
            luck_address=batch.arrivals.luck_address,
        )

    def _sum(self, batch: SimulatedDays, scores: VisitScores) -> None:
        totals = batch.totals(self.target_wait_min)
        felt = sum_scores(batch.plan, batch.arrivals, batch.steps, scores)
        self.totals = totals if self.totals is None else self.totals + totals
        self.scores = felt if self.scores is None else self.scores + felt
        if self.keep_steps:
            self.tables.append(scored_table(batch, scores))


@dataclass(frozen=True)
class ScoreSample:
    """Scores that a bank's simulated visits had, without what the person's disposition added.

    Attributes
    ----------
    score, staff, product : shape (visits,), by segment and rising score; NaN where a visit says nothing of
        either.
    segment : shape (visits,), the visitors'.
    """

    score: FloatArray
    staff: FloatArray
    product: FloatArray
    segment: IntArray

    @classmethod
    def of(cls, visits: Visits, disposition: FloatArray, segment: IntArray) -> ScoreSample:
        """Take the scores of visits; ``disposition`` and ``segment`` are each visitor's."""
        score = visits.score - disposition
        order = np.lexsort((score, segment))
        return cls(score[order], visits.staff[order], visits.product[order], segment[order])

    def rows(self, u: FloatArray, segment: IntArray) -> IntArray:
        """Visits that are drawn for visitors of the same segment, by rising ``u`` from bad to good.

        A segment that had no visits draws from all.

        Parameters
        ----------
        u : shape (visitors,), luck.
        segment : shape (visitors,), theirs.
        """
        size = np.bincount(self.segment, minlength=int(segment.max(initial=0)) + 1)
        row = (np.cumsum(size) - size)[segment] + (u * size[segment]).astype(np.int64)
        strange = size[segment] == 0
        if strange.any():
            row[strange] = np.argsort(self.score, kind="stable")[
                (u[strange] * self.score.size).astype(np.int64)
            ]
        return row


@dataclass
class ScoredBank:
    """A bank whose visits have scores from a distribution; people come as often as they do to us.

    Parameters
    ----------
    bank : its number.
    shape : its scores; None: those of ``sample``.
    sample : scores of our baseline.
    disposition_sd : of people.
    arrivals : our branches on the baseline, whose arrival points also say when people go to this bank.
    """

    bank: int
    shape: ScoreShape | None
    sample: ScoreSample | None
    disposition_sd: float
    arrivals: Sequence[BranchAtWork]

    def scoring(self, shape: ScoreShape | None) -> ScoredBank:
        """The bank in an option, in which its visits may score otherwise."""
        return replace(self, shape=shape)

    def month(self, state: State, month: int, luck: Luck, memo: Memo) -> Visits:
        """Score the visits of a month."""
        return Visits.together([self._part(at_work, state, month, luck, memo) for at_work in self.arrivals])

    def _part(self, at_work: BranchAtWork, state: State, month: int, luck: Luck, memo: Memo) -> Visits:
        points = at_work.points(month, luck, memo)
        mine = points[state.bank[points.person] == self.bank]
        u = luck.uniforms("rival/score", mine.luck_address)
        score, staff, product = self.scores(u, state.disposition[mine.person], state.segment[mine.person])
        return Visits(
            person=mine.person,
            bank=np.full(mine.person.size, self.bank),
            score=score,
            staff=staff,
            product=product,
            time=times(mine.luck_address.day.astype(np.int64), mine.tick),
            begins=np.ones(mine.person.size, dtype=bool),
            luck_address=mine.luck_address,
        )

    def scores(
        self, u: FloatArray, disposition: FloatArray, segment: IntArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Scores of visits, and what they say of staff and product; by rising ``u`` from bad to good.

        Parameters
        ----------
        u, disposition, segment : shape (visits,), the visitors'.
        """
        if self.shape is not None:
            # The named spread is that of all visits, dispositions included.
            part = min(self.disposition_sd, self.shape.sd)
            own = disposition * (part / self.disposition_sd if self.disposition_sd > 0 else 0.0)
            rest = float(np.sqrt(self.shape.sd**2 - part**2))
            score = np.clip(normal(u, self.shape.mean, rest) + own, -1.0, 1.0)
            return score, score, score
        assert self.sample is not None
        row = self.sample.rows(u, segment)
        score = np.clip(self.sample.score[row] + disposition, -1.0, 1.0)
        return score, self.sample.staff[row], self.sample.product[row]


Operation = BranchAtWork | ScoredBank
"""A bank at work, or one of its branches."""


def memoised_points(
    crowd: Crowd, month: int, memo: Memo
) -> Callable[[Plan, Sequence[OpenDay], Luck], Points]:
    """Draws arrival points, or hands on those drawn in this month for an option with the same arrivals."""

    def points(plan: Plan, days: Sequence[OpenDay], luck: Luck) -> Points:
        day = plan.day
        rates = (day.opens, day.closes, day.rate_ticks, day.rates, plan.segments, plan.day_cv)
        key = (month, crowd.place, rates, tuple(plan.segment_share), tuple(d.number for d in days))
        found: Points = memo.once(key, lambda: generated_points(plan, days, luck, crowd))
        return found

    return points


def times(day: IntArray, tick: IntArray) -> IntArray:
    """Whole numbers that order moments of different days."""
    return (day << _TIME_BITS) | tick
