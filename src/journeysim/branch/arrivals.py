"""Who comes and when: the arrivals of a batch of days.

Each segment, clock hour and layer of ten arrivals an hour holds Poisson(10) points, each with a time in the
hour and a rate mark in the layer; a point arrives when its mark lies under the rate of its moment. So the
arrivals are a Poisson process of exactly the rate asked for, and more demand is the same people at the same
times and some more. This is thinning (Lewis & Shedler 1979) of a process that reaches as high as needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np

from journeysim.branch.calendar import OpenDay
from journeysim.branch.luck import Address, Luck, name_tag
from journeysim.branch.plan import Plan
from journeysim.journey import RecordedArrivals
from journeysim.units import FloatArray, IntArray, array_to_ticks

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
    order : shape (visits,), the address within the day as one number; ties between visits go by it.
    luck_address : whose luck each visit has.
    """

    day: IntArray
    tick: IntArray
    segment: IntArray
    need: IntArray
    order: IntArray
    luck_address: Address

    def between(self, first: int, last: int) -> Arrivals:
        """The visits ``first`` up to but without ``last``, all of one day."""
        part = slice(first, last)
        return Arrivals(
            np.zeros(last - first, dtype=np.int64),
            self.tick[part],
            self.segment[part],
            self.need[part],
            self.order[part],
            Address(self.luck_address.low[part], self.luck_address.high[part], self.luck_address.day[part]),
        )


def generated_arrivals(plan: Plan, days: list[OpenDay], luck: Luck) -> Arrivals:
    """Draw the arrivals of a batch of days that share a plan.

    Parameters
    ----------
    days : in order.
    """
    segment, hour, layer = _strips(plan)
    tags = np.array([name_tag(name) for name in plan.segments], dtype=np.uint32)
    strips, batch = segment.size, len(days)
    day_number = np.array([day.number for day in days], dtype=np.uint32)

    def address(strip: IntArray, day: IntArray, index: IntArray) -> Address:
        low = (hour[strip] << 27) | (layer[strip] << 6) | index
        return Address(low.astype(np.uint32), tags[segment[strip]], day_number[day])

    strip = np.tile(np.arange(strips), batch)
    day = np.repeat(np.arange(batch), strips)
    number = luck.uniforms("arrivals/points", address(strip, day, np.zeros_like(strip)))
    points = np.searchsorted(_POISSON_CDF, number, side="right")
    strip, day = np.repeat(strip, points), np.repeat(day, points)
    index = np.arange(strip.size) - np.repeat(np.cumsum(points) - points, points)
    who = address(strip, day, index)
    tick = hour[strip] * _HOUR + np.rint(luck.uniforms("arrivals/time", who) * _HOUR).astype(np.int64)
    mark = LAYER_HEIGHT * (layer[strip] + luck.uniforms("arrivals/mark", who))
    rate = _rate_at(plan, tick) * plan.segment_share[segment[strip]]
    comes = (mark < rate) & (tick >= plan.opens) & (tick < plan.closes)
    kept = _take(who, comes)
    kept_segment = segment[strip][comes]
    order = (kept_segment << 32) | kept.low.astype(np.int64)
    need = _draw_needs(plan, kept_segment, kept, luck)
    return _sorted(Arrivals(day[comes], tick[comes], kept_segment, need, order, kept))


def recorded_arrivals(plan: Plan, days: list[OpenDay], luck: Luck, log: RecordedArrivals) -> Arrivals:
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
    enters = (tick >= plan.opens) & (tick < plan.closes)
    row, in_batch, tick = row[enters], in_batch[enters], tick[enters]
    day_number = np.array([day.number for day in days], dtype=np.uint32)
    who = Address(row.astype(np.uint32), np.full(row.size, _RECORDED, dtype=np.uint32), day_number[in_batch])
    if log.segment is None:
        shares = np.cumsum(plan.segment_share)
        segment = _pick(shares[None, :], luck.uniforms("arrivals/segment", who))
    else:
        segment = log.segment[row]
    need = _draw_needs(plan, segment, who, luck) if log.need is None else log.need[row]
    return _sorted(Arrivals(in_batch, tick, segment, need, row, who))


def _strips(plan: Plan) -> tuple[IntArray, IntArray, IntArray]:
    """Segment, hour and layer of every strip that the rates of the day reach into."""
    segments: list[int] = []
    hours: list[int] = []
    layers: list[int] = []
    first, last = plan.opens // _HOUR, -(-plan.closes // _HOUR)
    for segment, share in enumerate(plan.segment_share):
        for hour in range(first, last):
            inside = plan.rates[(plan.rate_ticks >= hour * _HOUR) & (plan.rate_ticks < (hour + 1) * _HOUR)]
            highest = max([_rate_at(plan, np.array([hour * _HOUR]))[0], *inside]) * share
            count = int(np.ceil(highest / LAYER_HEIGHT))
            segments += [segment] * count
            hours += [hour] * count
            layers += range(count)
    return (
        np.array(segments, dtype=np.int64),
        np.array(hours, dtype=np.int64),
        np.array(layers, dtype=np.int64),
    )


def _rate_at(plan: Plan, tick: IntArray) -> FloatArray:
    """Arrivals an hour of everybody at each tick; 0 before the first rate of the day."""
    rates = np.concatenate([[0.0], plan.rates])
    return rates[np.searchsorted(plan.rate_ticks, tick, side="right")]


def _draw_needs(plan: Plan, segment: IntArray, who: Address, luck: Luck) -> IntArray:
    return _pick(plan.need_shares[segment], luck.uniforms("arrivals/need", who))


def _pick(cumulative: FloatArray, u: FloatArray) -> IntArray:
    """Number of the share that each ``u`` falls into; cumulative shares along the last axis.

    Shares may sum to 1 within 1e-6 only, so the last sum is taken as the whole.
    """
    scaled = u[:, None] * cumulative[..., -1:]
    number: IntArray = (scaled >= cumulative[..., :-1]).sum(axis=1)
    return number


def _sorted(arrivals: Arrivals) -> Arrivals:
    by = np.lexsort((arrivals.order, arrivals.tick, arrivals.day))
    return Arrivals(
        arrivals.day[by],
        arrivals.tick[by],
        arrivals.segment[by],
        arrivals.need[by],
        arrivals.order[by],
        _take(arrivals.luck_address, by),
    )


def _take(address: Address, which: IntArray | np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Address:
    return Address(address.low[which], address.high[which], address.day[which])


def _poisson_cdf(mean: float, most: int) -> FloatArray:
    """P(N <= k) for k below ``most``; the number of a ``u`` is its place among them."""
    term, terms = exp(-mean), []
    for k in range(most):
        terms.append(term)
        term *= mean / (k + 1)
    return np.cumsum(terms)


_POISSON_CDF = _poisson_cdf(LAYER_HEIGHT, _MOST_POINTS)
