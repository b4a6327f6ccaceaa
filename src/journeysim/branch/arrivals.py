"""Who comes and when: the arrivals of a batch of days.

Each segment, clock hour and layer of ten arrivals an hour holds Poisson(10) points, each with a time in the
hour and a rate mark in the layer; a point arrives when its mark lies under the rate of its moment. So the
arrivals are a Poisson process of exactly the rate asked for, and more demand is the same people at the same
times and some more. This is thinning (Lewis & Shedler 1979) of a process that reaches as high as needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import exp

import numpy as np

from journeysim.branch import quantiles
from journeysim.branch.calendar import OpenDay
from journeysim.branch.crowd import STRANGER, Crowd
from journeysim.branch.luck import Address, Luck, name_tag
from journeysim.branch.plan import Plan
from journeysim.journey import RecordedArrivals
from journeysim.units import BoolArray, FloatArray, IntArray, array_to_ticks

LAYER_HEIGHT = 10
"""Arrivals an hour in one layer, and the mean number of points in it."""
_MOST_POINTS = 63
"""More points than a layer ever holds: P(Poisson(10) > 63) < 1e-28; six bits of an address."""
_HOUR = 60 << 20
_RECORDED = name_tag("recorded arrivals")


@dataclass(frozen=True)
class Arrivals:
    """The visits of a batch of days, by day, then arrival, then address.

    Attributes
    ----------
    day : shape (visits,), position of the day in the batch.
    tick : shape (visits,), ticks after midnight.
    segment, need : shape (visits,), numbers in map order.
    start : shape (visits,), touchpoint where the visit starts.
    line : shape (visits,), the queue in which a visit stands that was there at opening; -1 for all others.
    order : shape (visits,), below 2**42, the address within the day; ties between visits go by it.
    luck_address : whose luck each visit has.
    case : shape (visits,), `visit_ids` of the case's first visit.
    contact : shape (visits,), the how-manieth visit of the case it is, from 1.
    case_day : shape (visits,), number of the day on which the case began.
    person : shape (visits,), who it is in the market; `STRANGER` without one.
    """

    day: IntArray
    tick: IntArray
    segment: IntArray
    need: IntArray
    start: IntArray
    line: IntArray
    order: IntArray
    luck_address: Address
    case: IntArray
    contact: IntArray
    case_day: IntArray
    person: IntArray

    @classmethod
    def first_contacts(
        cls,
        plan: Plan,
        day: IntArray,
        tick: IntArray,
        segment: IntArray,
        need: IntArray,
        order: IntArray,
        luck_address: Address,
        person: IntArray | None = None,
    ) -> Arrivals:
        """Visits that each begin a case of their own, where their need starts."""
        number = luck_address.day.astype(np.int64)
        return cls(
            day=day,
            tick=tick,
            segment=segment,
            need=need,
            start=plan.start[need],
            line=np.full_like(tick, -1),
            order=order,
            luck_address=luck_address,
            case=visit_ids(number, order),
            contact=np.ones_like(tick),
            case_day=number,
            person=np.full_like(tick, STRANGER) if person is None else person,
        )

    @classmethod
    def together(cls, parts: Sequence[Arrivals]) -> Arrivals:
        """The visits of all parts in their order."""
        joined = parts[0]
        if len(parts) > 1:
            columns = {
                f.name: np.concatenate([getattr(part, f.name) for part in parts])
                for f in fields(cls)
                if f.name != "luck_address"
            }
            who = Address.together([part.luck_address for part in parts])
            joined = cls(**columns, luck_address=who)
        return joined[np.lexsort((joined.order, joined.tick, joined.day))]

    def __getitem__(self, which: IntArray | BoolArray | slice) -> Arrivals:
        return Arrivals(*(getattr(self, f.name)[which] for f in fields(self)))

    @property
    def visit_id(self) -> IntArray:
        """Shape (visits,), `visit_ids` of each visit."""
        return visit_ids(self.luck_address.day.astype(np.int64), self.order)


def visit_ids(day_number: IntArray, order: IntArray) -> IntArray:
    """A number for each visit that is the same in every option: its day and address packed together."""
    return (day_number << 42) | order


@dataclass(frozen=True)
class Points:
    """Moments at which somebody may come: the arrivals of a batch of days before anybody decides.

    Attributes
    ----------
    day : shape (points,), position of the day in the batch.
    tick : shape (points,), ticks after midnight.
    segment : shape (points,), number in map order.
    person : shape (points,), who it is in the market; `STRANGER` without one.
    order, luck_address : as those of `Arrivals`.
    """

    day: IntArray
    tick: IntArray
    segment: IntArray
    person: IntArray
    order: IntArray
    luck_address: Address

    def __getitem__(self, which: IntArray | BoolArray | slice) -> Points:
        return Points(*(getattr(self, f.name)[which] for f in fields(self)))

    @classmethod
    def together(cls, parts: Sequence[Points]) -> Points:
        """The points of all parts in their order; ``day`` then no longer says which."""
        columns = [f.name for f in fields(cls) if f.name != "luck_address"]
        return cls(
            **{name: np.concatenate([getattr(part, name) for part in parts]) for name in columns},
            luck_address=Address.together([part.luck_address for part in parts]),
        )

    @classmethod
    def none(cls) -> Points:
        """No moment at all."""
        nobody = np.zeros(0, dtype=np.int64)
        return cls(nobody, nobody, nobody, nobody, nobody, Address.of(nobody, 0, nobody))

    def arrivals(self, plan: Plan, luck: Luck) -> Arrivals:
        """The visits that they are if all of them come."""
        need = draw_needs(plan, self.segment, self.luck_address, luck)
        return Arrivals.first_contacts(
            plan, self.day, self.tick, self.segment, need, self.order, self.luck_address, self.person
        )


def generated_arrivals(plan: Plan, days: Sequence[OpenDay], luck: Luck) -> Arrivals:
    """Draw the arrivals of a batch of days that share a plan, in no particular order; days are in order."""
    return generated_points(plan, days, luck).arrivals(plan, luck)


def generated_points(plan: Plan, days: Sequence[OpenDay], luck: Luck, crowd: Crowd | None = None) -> Points:
    """Draw the points of a batch of days that share a plan, in no particular order.

    Parameters
    ----------
    days : in order.
    crowd : the people whom the points name; None: nobody, and the points are the branch's own.
    """
    day_number = np.array([day.number for day in days], dtype=np.int64)
    factor = _day_factors(plan, day_number, luck)
    excess = np.ones(len(plan.segments)) if crowd is None else crowd.excess
    segment, hour, layer = _strips(plan, factor.max(initial=0.0) * excess)
    place = "" if crowd is None else crowd.place
    tags = np.array([name_tag(f"{place}{name}") for name in plan.segments], dtype=np.int64)
    strips, batch = segment.size, len(days)

    def address(strip: IntArray, day: IntArray, index: IntArray) -> Address:
        low = (hour[strip] << 27) | (layer[strip] << 6) | index
        return Address.of(low, tags[segment[strip]], day_number[day])

    strip = np.tile(np.arange(strips), batch)
    day = np.repeat(np.arange(batch), strips)
    number = luck.uniforms("arrivals/points", address(strip, day, np.zeros_like(strip)))
    points = np.searchsorted(_POISSON_CDF, number, side="right")
    strip, day = np.repeat(strip, points), np.repeat(day, points)
    index = np.arange(strip.size) - np.repeat(np.cumsum(points) - points, points)
    who = address(strip, day, index)
    tick = hour[strip] * _HOUR + np.rint(luck.uniforms("arrivals/time", who) * _HOUR).astype(np.int64)
    mark = LAYER_HEIGHT * (layer[strip] + luck.uniforms("arrivals/mark", who))
    of_segment = segment[strip]
    rate = plan.day.rate_at(tick) * (plan.segment_share * excess)[of_segment] * factor[day]
    comes = (mark < rate) & (tick >= plan.day.opens) & (tick < plan.day.closes)
    kept, kept_segment = who[comes], of_segment[comes]
    return Points(
        day=day[comes],
        tick=tick[comes],
        segment=kept_segment,
        person=np.full(kept.low.size, STRANGER) if crowd is None else crowd.anybody(kept_segment, kept, luck),
        order=(kept_segment << 32) | kept.low.astype(np.int64),
        luck_address=kept,
    )


def recorded_arrivals(plan: Plan, days: Sequence[OpenDay], luck: Luck, log: RecordedArrivals) -> Arrivals:
    """Take the arrivals of a batch of days from a log; what the log does not say is drawn.

    An arrival outside the opening hours does not enter. The address of a recorded visit is its row.
    """
    rows, batch_day = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for position, day in enumerate(days):
        of_day = np.flatnonzero(log.day == day.log_day)
        rows.append(of_day)
        batch_day.append(np.full(of_day.size, position))
    row, in_batch = np.concatenate(rows), np.concatenate(batch_day)
    tick = array_to_ticks(log.minute[row])
    enters = (tick >= plan.day.opens) & (tick < plan.day.closes)
    row, in_batch, tick = row[enters], in_batch[enters], tick[enters]
    day_number = np.array([day.number for day in days], dtype=np.int64)
    who = Address.of(row, _RECORDED, day_number[in_batch])
    segment = draw_segments(plan, who, luck) if log.segment is None else log.segment[row]
    need = draw_needs(plan, segment, who, luck) if log.need is None else log.need[row]
    return Arrivals.first_contacts(plan, in_batch, tick, segment, need, row, who)


def draw_segments(plan: Plan, who: Address, luck: Luck) -> IntArray:
    """Segment of each visit by the segments' shares."""
    return _pick(np.cumsum(plan.segment_share)[None, :], luck.uniforms("arrivals/segment", who))


def draw_needs(plan: Plan, segment: IntArray, who: Address, luck: Luck) -> IntArray:
    """Need of each visit by the shares that hold for its segment."""
    return _pick(plan.need_shares[segment], luck.uniforms("arrivals/need", who))


def _day_factors(plan: Plan, day_number: IntArray, luck: Luck) -> FloatArray:
    """Factor on the rates of each day: gamma with mean 1, the same in every option.

    Assumption: the gamma family, which makes the counts of days negative binomial (Jongbloed & Koole 2001).
    """
    if plan.day_cv == 0:
        return np.ones(day_number.size)
    everybody = Address.of(np.zeros_like(day_number), 0, day_number)
    return quantiles.gamma(luck.uniforms("arrivals/day", everybody), 1.0, plan.day_cv**-2)


def _strips(plan: Plan, factor: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
    """Segment, hour and layer of every strip that the rates, times each segment's factor, reach into."""
    segments: list[int] = []
    hours: list[int] = []
    layers: list[int] = []
    first, last = plan.day.opens // _HOUR, -(-plan.day.closes // _HOUR)
    changes = np.array(plan.day.rate_ticks, dtype=np.int64)
    rates = np.array(plan.day.rates)
    for segment, share in enumerate(plan.segment_share):
        for hour in range(first, last):
            inside = rates[(changes >= hour * _HOUR) & (changes < (hour + 1) * _HOUR)]
            at_start = plan.day.rate_at(np.array([hour * _HOUR]))
            highest = max([*at_start, *inside]) * share * factor[segment]
            count = int(np.ceil(highest / LAYER_HEIGHT))
            segments += [segment] * count
            hours += [hour] * count
            layers += range(count)
    return (
        np.array(segments, dtype=np.int64),
        np.array(hours, dtype=np.int64),
        np.array(layers, dtype=np.int64),
    )


def _pick(cumulative: FloatArray, u: FloatArray) -> IntArray:
    """Number of the share that each ``u`` falls into; cumulative shares along the last axis.

    Shares may sum to 1 within 1e-6 only, so the last sum is taken as the whole.
    """
    scaled = u[:, None] * cumulative[..., -1:]
    number: IntArray = (scaled >= cumulative[..., :-1]).sum(axis=1)
    return number


def _poisson_cdf(mean: float, most: int) -> FloatArray:
    """P(N <= k) for k below ``most``; the number of a ``u`` is its place among them."""
    term, terms = exp(-mean), []
    for k in range(most):
        terms.append(term)
        term *= mean / (k + 1)
    return np.cumsum(terms)


_POISSON_CDF = _poisson_cdf(LAYER_HEIGHT, _MOST_POINTS)
