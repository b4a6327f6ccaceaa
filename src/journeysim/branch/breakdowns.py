"""Machines that break down: the capacity that breakdowns leave of a roster, drawn before the day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from journeysim.branch.calendar import OpenDay
from journeysim.branch.day_plan import Counts
from journeysim.branch.draws import quantile_min
from journeysim.branch.luck import Address, Luck, name_tag
from journeysim.branch.plan import Plan
from journeysim.journey import Distribution
from journeysim.units import LONGEST, IntArray, array_to_ticks


def capacities(plan: Plan, days: Sequence[OpenDay], luck: Luck) -> tuple[tuple[Counts, ...], ...]:
    """Capacity of every staff group on every day of a batch: those of its roster that are up.

    All machines are up at opening; of a group with a roster of n, its first n machines are on duty. Up and
    down times run in opening time, and what is down at closing is up the next morning.

    Returns
    -------
    By day, then group.
    """
    return tuple(
        tuple(
            roster if group.breakdown is None else _capacity(plan, name, group.breakdown, roster, day, luck)
            for name, group, roster in zip(plan.groups, plan.group_plans, plan.day.rosters, strict=True)
        )
        for day in days
    )


def _capacity(
    plan: Plan,
    name: str,
    breakdown: tuple[Distribution, Distribution],
    roster: Counts,
    day: OpenDay,
    luck: Luck,
) -> Counts:
    machines = np.arange(max(roster.counts))
    who = Address.of(machines, name_tag(f"machines\0{name}"), np.full(machines.size, day.number))
    downs: list[IntArray] = []
    ups: list[IntArray] = []
    at = np.full(machines.size, plan.day.opens)
    while machines.size and (at < plan.day.closes).any():
        turn = len(downs)
        up_for = array_to_ticks(quantile_min(breakdown[0], f"uptime\0{turn}", who, luck))
        down_for = array_to_ticks(quantile_min(breakdown[1], f"repair\0{turn}", who, luck))
        down = np.minimum(at + np.minimum(up_for, LONGEST), LONGEST)
        # At least a tick, or a machine that is always up again at once would never reach closing.
        at = down + np.clip(down_for, 1, LONGEST)
        downs.append(down)
        ups.append(at)
    edges = [np.array(roster.ticks), *downs, *ups]
    ticks = np.unique(np.concatenate(edges))
    ticks = ticks[ticks < plan.day.closes]
    count = np.array(roster.counts)[np.searchsorted(np.array(roster.ticks), ticks, side="right") - 1]
    on_duty = machines[None, :] < count[:, None]
    for down, up in zip(downs, ups, strict=True):
        on_duty &= ~((down[None, :] <= ticks[:, None]) & (ticks[:, None] < up[None, :]))
    capacity = on_duty.sum(axis=1)
    changes = np.flatnonzero(np.diff(capacity, prepend=-1))
    return Counts(tuple(ticks[changes].tolist()), tuple(capacity[changes].tolist()))
