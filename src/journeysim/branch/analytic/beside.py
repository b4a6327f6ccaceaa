"""What queueing formulas say of each touchpoint of a map, and where they say nothing and why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from journeysim.branch.analytic import reasons
from journeysim.branch.analytic.days import DEMANDS, DayKind, day_kinds
from journeysim.branch.analytic.flows import Flow, Kernels
from journeysim.branch.analytic.jackson import jackson
from journeysim.branch.analytic.lines import StationLines, lines_of
from journeysim.branch.analytic.network import Network, Node, fallback, network_of
from journeysim.branch.analytic.reasons import named
from journeysim.branch.analytic.solve import (
    MOST_WORK,
    Counts,
    FormulaName,
    NoFormula,
    StationDay,
    exact_single_server,
    servers_of,
    station_day,
)
from journeysim.branch.analytic.stations import Station
from journeysim.branch.calendar import OpenDay
from journeysim.journey import Journey, Touchpoint
from journeysim.units import FloatArray, IntArray

MOST_KINDS = 40
"""Kinds of days, such as dates with rosters of their own, that are followed."""

MOST_BOOKED = 0.25
"""Share of a queue's customers who come by appointment above which none is calculated: they are spread over
the day, and wait less than customers who come at random."""

MOST_TURNED = 0.25
"""Share of a queue's customers who gave up or were turned away elsewhere above which none is calculated: they
come in bursts, when it is busy there, and wait two or three times as long as customers who come at random."""


@dataclass(frozen=True)
class Beside:
    """What a formula says of a touchpoint, in the metrics of the simulation.

    Parameters
    ----------
    formula : its name; None where none applies.
    reasons : what is only nearly so; where there is no formula, why.
    values : by metric, as under ``by_touchpoint``: per step, over the days of a replication.
    """

    formula: str | None
    reasons: tuple[str, ...]
    values: Mapping[str, float] = field(default_factory=dict)

    @property
    def exact(self) -> bool:
        """Whether the formula holds exactly, so that only chance lies between it and the simulation."""
        return self.formula is not None and not self.reasons


def formulas_beside(journey: Journey, days: Sequence[OpenDay]) -> dict[str, Beside]:
    """Calculate every touchpoint that is close enough to a formula.

    Each day is followed from its opening, when nobody is inside, until the last customer has gone, part by
    part where the arrivals or the roster change.

    Parameters
    ----------
    journey : a map that has passed its checks.
    days : the open days of a replication, at least one.

    Returns
    -------
    by touchpoint, in map order.
    """
    kinds = day_kinds(journey, days)
    if len(kinds) > MOST_KINDS:
        return no_formulas(journey, reasons.TOO_MANY_DAYS)
    outside = np.asarray(sum(kind.count * kind.outside.sum(axis=1) for kind in kinds))
    network = network_of(journey, outside)
    if network is None:
        return no_formulas(journey, reasons.TOO_LARGE)
    known = _Known()
    told = [_Day(journey, network, kind, MOST_WORK / len(kinds), known).follow() for kind in kinds]
    return {
        name: _over_days(kinds, [day[number] for day in told])
        for number, name in enumerate(journey.touchpoints)
    }


def no_formulas(journey: Journey, reason: str) -> dict[str, Beside]:
    """The same reason at every touchpoint."""
    return {name: Beside(None, (reason,)) for name in journey.touchpoints}


@dataclass(frozen=True)
class _Told:
    """One touchpoint on one kind of day; without a name there is no formula."""

    name: FormulaName | None
    reasons: tuple[str, ...]
    counts: Counts = field(default_factory=Counts)


def _over_days(kinds: Sequence[DayKind], told: Sequence[_Told]) -> Beside:
    """Ratios of sums over the days, as the simulation has them."""
    names: list[FormulaName] = []
    for day in told:
        if day.name is None:
            return Beside(None, day.reasons)
        names.append(day.name)
    sums, name = Counts(), names[0]
    for kind, day, of_day in zip(kinds, told, names, strict=True):
        sums += day.counts.times(kind.count)
        name = name.merged(of_day)
    days = sum(kind.count for kind in kinds)
    steps, joined = sums.arrivals, sums.joined
    values = {
        "visits_per_day": steps / days,
        "wait_mean_min": _ratio(sums.wait_min, joined),
        "waited_fraction": _ratio(sums.waited, joined),
        "balked_fraction": _ratio(sums.balked, steps),
        "reneged_fraction": _ratio(sums.reneged, steps),
        "rejected_fraction": _ratio(sums.rejected, steps),
        "closed_fraction": _ratio(sums.closed, steps),
    }
    nearly = dict.fromkeys(reason for day in told for reason in day.reasons)
    return Beside(str(name), tuple(nearly), values)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else math.nan


@dataclass(frozen=True)
class _Known:
    """What one kind of day has found out for the next.

    Parameters
    ----------
    attempts : ways to follow a station that take too long.
    kernels : of `Flow`.
    """

    attempts: dict[Node, int] = field(default_factory=dict)
    kernels: Kernels = field(default_factory=dict)


class _Day:
    """One kind of day, followed through the network from its first touchpoints to its last."""

    def __init__(
        self,
        journey: Journey,
        network: Network,
        kind: DayKind,
        most_work: float,
        known: _Known,
    ) -> None:
        self._journey, self._network, self._kind, self._most_work = journey, network, kind, most_work
        self._attempts = known.attempts
        self._flow = Flow(network, kind, known.kernels)
        self._unknown = dict(network.unknown)
        self._without_waits: set[int] = set()
        self._goes_on = _leads_to_a_queue(network)
        self._told: dict[int, _Told] = {}

    def follow(self) -> dict[int, _Told]:
        """What is known of each touchpoint, by number."""
        for cycle in self._network.cycles:
            inside = [number for node in cycle for number in node.touchpoints]
            unknown = next((self._unknown[number] for number in inside if number in self._unknown), "")
            if self._network.is_round(cycle):
                self._flow.settle(cycle)
                unknown = unknown or self._lost_in(cycle)
            for node in cycle:
                if node.station is None:
                    self._pass_through(cycle, node, unknown)
                else:
                    self._serve(cycle, node, node.station, unknown)
        return self._told

    def _pass_through(self, cycle: tuple[Node, ...], node: Node, unknown: str) -> None:
        """A touchpoint without a queue, or a station without a formula: services start at once."""
        for number in node.touchpoints:
            self._told.setdefault(number, _Told(None, (reasons.NO_QUEUE,)))
        if unknown:
            self._spread_doubt(node, unknown)
            return
        if not any(self._goes_on[number] for number in node.touchpoints):
            return
        states = self._network.states_of(node.touchpoints)
        finished = np.array(self._flow.coming[:, states])
        for at, state in enumerate(states):
            point = self._point(state % len(self._network.touchpoints))
            for row, kind in enumerate(self._network.names):
                if finished[row, at].any():
                    service = point.service.resolve(*kind)
                    finished[row, at] = self._flow.delayed(finished[row, at], service)
        self._flow.pass_on(cycle, states, finished)

    def _serve(self, cycle: tuple[Node, ...], node: Node, station: Station, unknown: str) -> None:
        refusal = station.refusal or unknown
        if not refusal:
            try:
                self._calculate(cycle, node, station)
            except NoFormula as error:
                refusal = str(error)
        if refusal:
            for number in node.touchpoints:
                self._told[number] = _Told(None, (refusal,))
            self._without_waits.update(node.touchpoints)
            lost = self._lost_at(node) if station.loses and refusal != reasons.NOBODY else ""
            self._pass_through(cycle, node, unknown or lost)

    def _booked_share(self, lines: StationLines) -> float:
        """Share of a station's customers who came by appointment."""
        by_class = self._kind.booked[list(self._network.classes)]
        come = lines.coming.sum(axis=1)
        return float(come @ by_class[[member.row for member in lines.members]] / come.sum())

    def _lost_at(self, node: Node) -> str:
        names = named([self._network.touchpoints[number] for number in node.touchpoints])
        return reasons.LOST.format(touchpoints=names)

    def _lost_in(self, cycle: tuple[Node, ...]) -> str:
        """Why a cycle's numbers are not known, if they are not."""
        for node in cycle:
            if node.station is not None and node.station.refusal and node.station.loses:
                return self._lost_at(node)
        return ""

    def _calculate(self, cycle: tuple[Node, ...], node: Node, station: Station) -> None:
        kind, network = self._kind, self._network
        lines = lines_of(self._journey, network, node, self._flow.coming)
        if lines is None:
            raise NoFormula(reasons.NOBODY)
        states = network.states_of(node.touchpoints)
        if self._flow.turned[states].sum() > MOST_TURNED * lines.coming.sum():
            raise NoFormula(reasons.BURSTS)
        booked = self._booked_share(lines)
        if booked > MOST_BOOKED:
            raise NoFormula(reasons.MANY_BOOKED)
        groups = [list(self._journey.staff).index(name) for name in station.groups]
        servers = servers_of(groups, kind)
        day = station_day(
            self._journey,
            network,
            lines,
            kind,
            servers,
            goes_on=any(self._goes_on[number] for number in node.touchpoints),
            most_work=self._most_work,
            attempt=self._attempts.get(node, 0),
        )
        self._attempts[node] = day.attempt
        arrivals = [*self._about_arrivals(cycle, node)]
        about = [*self._about_days(), *arrivals, *self._about_staff(groups)]
        if booked > 0.0:
            about.insert(0, reasons.APPOINTMENTS)
        for number in node.touchpoints:
            if number in day.counts:
                nearly = tuple(dict.fromkeys([*about, *day.reasons]))
                self._told[number] = _Told(day.name, nearly, day.counts[number])
            else:
                self._told[number] = _Told(None, (reasons.NOBODY,))
        self._sharpen(node, lines, servers, bool(arrivals), about)
        self._send_on(cycle, node, lines, day)

    def _sharpen(
        self, node: Node, lines: StationLines, servers: IntArray, from_elsewhere: bool, about: list[str]
    ) -> None:
        """Put an exact formula in the place of a nearly exact one where there is one."""
        if from_elsewhere and not self._kind.booked.any():
            found = jackson(self._journey, self._network, node, self._kind, self._flow.coming)
            if found is not None:
                self._told[node.touchpoints[0]] = _Told(found.name, tuple(self._about_days()), found.counts)
        if from_elsewhere:
            return
        single = exact_single_server(lines, self._kind, servers)
        if single is not None:
            name = FormulaName(lines.services[0].letter, "", 1, 1)
            weights = dict.fromkeys(node.touchpoints, 0.0)
            for member, come in zip(lines.members, lines.coming.sum(axis=1).tolist(), strict=True):
                weights[member.touchpoint] += come
            for number, come in weights.items():
                if come > 0.0:
                    counts = Counts(
                        arrivals=come,
                        joined=come,
                        waited=single.waited_fraction * come,
                        wait_min=single.wait_mean_min * come,
                    )
                    self._told[number] = _Told(name, tuple(about), counts)

    def _send_on(self, cycle: tuple[Node, ...], node: Node, lines: StationLines, day: StationDay) -> None:
        """Send on who was served, and who was turned away or gave up."""
        states = self._network.states_of(node.touchpoints)
        finished = np.zeros((len(self._network.classes), len(states), self._flow.coming.shape[2]))
        for at, member in enumerate(lines.members):
            finished[member.row, states.index(member.state)] += day.finished[at]
        self._flow.pass_on(cycle, states, finished)
        turned: dict[str, FloatArray] = {
            "if_balked": day.balked,
            "if_rejected": day.rejected,
            "if_reneged": day.reneged,
        }
        for key, by_member in turned.items():
            for at, member in enumerate(lines.members):
                name = self._network.touchpoints[member.touchpoint]
                target = fallback(self._journey, name, key)
                if target is not None:
                    people = np.zeros((len(self._network.classes), by_member.shape[1]))
                    people[member.row] = by_member[at]
                    self._flow.turn_away(cycle, member.state, target, people)

    def _spread_doubt(self, node: Node, reason: str) -> None:
        for number in node.touchpoints:
            for following in np.flatnonzero(self._network.leads[number]).tolist():
                self._unknown.setdefault(following, reason)

    def _about_days(self) -> list[str]:
        if self._journey.arrivals.recorded is not None:
            return [reasons.RECORDED]
        if self._journey.arrivals.day_cv > 0:
            return [reasons.DEMAND.format(count=DEMANDS)]
        return []

    def _about_arrivals(self, cycle: tuple[Node, ...], node: Node) -> list[str]:
        network, said = self._network, []
        into = network.leads[:, list(node.touchpoints)].any(axis=1)
        come = self._flow.coming.sum(axis=(0, 2))
        count = len(network.touchpoints)
        inside = {number for each in cycle for number in each.touchpoints}
        sources = [n for n in np.flatnonzero(into).tolist() if come[n] + come[n + count] > 0.0]
        before = [number for number in sources if number not in inside]
        names = [network.touchpoints[number] for number in before]
        if names:
            said.append(reasons.FROM_ELSEWHERE.format(touchpoints=named(names)))
        skipped = [network.touchpoints[number] for number in before if number in self._without_waits]
        if skipped:
            said.append(reasons.TIMES.format(touchpoints=named(skipped)))
        if len(sources) > len(before):
            said.append(reasons.RETURNS)
            if any(each.station is not None and each.station.loses for each in cycle):
                said.append(reasons.RETURNS_LOST)
        return said

    def _about_staff(self, groups: list[int]) -> list[str]:
        rosters = self._kind.rosters[groups, : self._kind.open_parts]
        if len(groups) > 1 and (np.diff(rosters, axis=1) < 0.0).any():
            return [reasons.ONE_GROUP]
        return []

    def _point(self, number: int) -> Touchpoint:
        return self._journey.touchpoints[self._network.touchpoints[number]]


def _leads_to_a_queue(network: Network) -> list[bool]:
    """Whether each touchpoint leads, perhaps through others, to a queue outside its cycle."""
    nodes = [node for cycle in network.cycles for node in cycle]
    with_queue = {number for node in nodes if node.station for number in node.touchpoints}
    found = [False] * len(network.touchpoints)
    for cycle in reversed(network.cycles):
        inside = {number for node in cycle for number in node.touchpoints}
        after = {n for number in inside for n in np.flatnonzero(network.leads[number]).tolist()} - inside
        goes_on = any(number in with_queue or found[number] for number in after)
        for number in inside:
            found[number] = goes_on
    return found
