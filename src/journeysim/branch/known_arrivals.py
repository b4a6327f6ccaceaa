"""Who is known to come: booked customers, and those who wait when the doors open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from journeysim.branch import quantiles
from journeysim.branch.arrivals import Arrivals, draw_needs, draw_segments
from journeysim.branch.calendar import OpenDay
from journeysim.branch.luck import Address, Luck, name_tag
from journeysim.branch.plan import Plan, StartingLine
from journeysim.journey import Appointments, BookedArrivals
from journeysim.units import IntArray, array_to_ticks

_BOOKED = "appointments"
_STARTING = "starting line"
# In the place of a segment's number within an address, which is below 512.
_BOOKED_PLACE = 510 << 32
_STARTING_PLACE = 511 << 32


def booked_arrivals(
    plan: Plan,
    days: Sequence[OpenDay],
    luck: Luck,
    rule: Appointments,
    booked: BookedArrivals,
    place: str = "",
) -> Arrivals:
    """The booked customers of a batch of days who do come, early or late.

    Who comes before opening waits for the doors; who comes at closing or later does not enter. Bookings
    without dates hold on every day. The address of a booking is its row, at the branch ``place``.
    """
    rows, batch_day = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for position, day in enumerate(days):
        of_day = np.arange(booked.minute.size)
        if booked.day is not None:
            number = booked.dates.index(day.date) if day.date in booked.dates else -1
            of_day = np.flatnonzero(booked.day == number)
        rows.append(of_day)
        batch_day.append(np.full(of_day.size, position))
    row, in_batch = np.concatenate(rows), np.concatenate(batch_day)
    day_number = np.array([day.number for day in days], dtype=np.int64)
    who = Address.of(row, name_tag(f"{place}{_BOOKED}"), day_number[in_batch])
    late_min = np.zeros(row.size)
    if rule.lateness is not None:
        normal = rule.lateness.normal
        late_min = quantiles.normal(
            luck.uniforms("appointments/lateness", who), normal.mean_min, normal.sd_min
        )
    tick = np.maximum(array_to_ticks(booked.minute[row] + late_min), plan.day.opens)
    comes = (luck.uniforms("appointments/no-show", who) >= rule.no_show) & (tick < plan.day.closes)
    row, who = row[comes], who[comes]
    segment = draw_segments(plan, who, luck) if booked.segment is None else booked.segment[row]
    need = draw_needs(plan, segment, who, luck) if booked.need is None else booked.need[row]
    return Arrivals.first_contacts(
        plan, in_batch[comes], tick[comes], segment, need, _BOOKED_PLACE | row, who
    )


def starting_arrivals(plan: Plan, days: Sequence[OpenDay], luck: Luck, place: str = "") -> list[Arrivals]:
    """Those who wait when the doors open, for each line of the plan; segment and need by the shares.

    Parameters
    ----------
    place : name of the branch, where there are several.
    """
    return [
        _starting(plan, days, luck, number, line, place) for number, line in enumerate(plan.starting_lines)
    ]


def _starting(
    plan: Plan, days: Sequence[OpenDay], luck: Luck, number: int, line: StartingLine, branch: str
) -> Arrivals:
    day = np.repeat(np.arange(len(days)), line.count)
    place: IntArray = np.tile(np.arange(line.count), len(days))
    day_number = np.array([d.number for d in days], dtype=np.int64)[day]
    who = Address.of(place, name_tag(f"{branch}{_STARTING}\0{plan.queues[line.queue]}"), day_number)
    segment = draw_segments(plan, who, luck)
    need = draw_needs(plan, segment, who, luck)
    tick = np.full(day.size, plan.day.opens)
    order = _STARTING_PLACE | (number << 20) | place
    arrivals = Arrivals.first_contacts(plan, day, tick, segment, need, order, who)
    start, queue = np.full(day.size, line.touchpoint), np.full(day.size, line.queue)
    return replace(arrivals, start=start, line=queue)
