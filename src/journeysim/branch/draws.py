"""What everybody's luck comes to: all times and decisions of a batch of days, drawn before they begin.

An engine draws nothing and transforms nothing: it looks up, for a visit, a touchpoint and an occurrence (the
how-manieth time the visit comes there), how long the service takes, how long the customer would wait, whether
the service fails, whether the customer would balk, and where the customer goes next in each situation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeysim.branch import quantiles
from journeysim.branch.arrivals import Arrivals
from journeysim.branch.day_plan import Counts
from journeysim.branch.luck import Address, Luck
from journeysim.branch.plan import Outcome, Plan, TouchpointPlan
from journeysim.branch.routes import LEAVE
from journeysim.journey import Distribution
from journeysim.units import LONGEST, NEVER, BoolArray, FloatArray, IntArray, array_to_ticks

OCCURRENCES_ON_CYCLES = 4
"""How many times a visit can come to a touchpoint on a cycle before the draws must be extended."""


@dataclass(frozen=True)
class StepDraws:
    """What happens at one touchpoint the k-th time a visit comes there, for every visit of the batch.

    Attributes
    ----------
    service : shape (visits,), ticks; `LONGEST` where a heavy tail gave more.
    wrap_up : shape (visits,), ticks for which the server is busy after the customer has gone.
    patience : shape (visits,), ticks until the customer gives up; `NEVER` where nobody does.
    fails, balks : shape (visits,), whether the service fails, whether one who considers balking does.
    goes_to : shape (situations, visits), the target (see `Route`) if the service succeeds.
    """

    service: IntArray
    wrap_up: IntArray
    patience: IntArray
    fails: BoolArray
    balks: BoolArray
    goes_to: IntArray

    @cached_property
    def lists(self) -> StepLists:
        """The same as lists."""
        return StepLists(
            service=_as_list(self.service),
            wrap_up=_as_list(self.wrap_up),
            patience=_as_list(self.patience),
            balks=_as_list(self.balks),
            outcome=_as_list(np.where(self.fails, Outcome.FAILED, Outcome.SERVED)),
            goes_to=[_as_list(of_situation) for of_situation in self.goes_to],
        )


@dataclass(frozen=True)
class StepLists:
    """`StepDraws` as lists by visit, which Python reads fastest.

    Attributes
    ----------
    outcome : `Outcome` of the service.
    goes_to : by situation, then visit.
    """

    service: list[int]
    wrap_up: list[int]
    patience: list[int]
    balks: list[bool]
    outcome: list[int]
    goes_to: list[list[int]]


def _as_list(values: NDArray[Any]) -> list[Any]:
    """Values as a list; of equal ones only one is made."""
    if values.size and (values == values[0]).all():
        return [values[0].item()] * values.size
    listed: list[Any] = values.tolist()
    return listed


@dataclass(frozen=True)
class Draws:
    """All that is drawn for a batch of days.

    Attributes
    ----------
    arrivals : who comes and when.
    acceptable_wait : shape (visits,), ticks; `NEVER` where the map says nothing.
    capacity : by day of the batch, then staff group.
    steps : by touchpoint, then occurrence.
    named : shape (visits,) for a name, uniform on (0, 1): luck for an analyst's own rules.
    """

    arrivals: Arrivals
    acceptable_wait: IntArray
    capacity: tuple[tuple[Counts, ...], ...]
    steps: tuple[tuple[StepDraws, ...], ...]
    named: Callable[[str], FloatArray]


def draw_steps(
    plan: Plan,
    arrivals: Arrivals,
    capacity: tuple[tuple[Counts, ...], ...],
    luck: Luck,
    occurrences: int = OCCURRENCES_ON_CYCLES,
) -> Draws:
    """Draw everything that can happen to the given arrivals.

    Parameters
    ----------
    capacity : of every staff group on every day of the arrivals.
    occurrences : how many comings to a touchpoint on a cycle are drawn; more of them change no other.
    """
    sampler = _Sampler(plan, arrivals, luck)
    return Draws(
        arrivals=arrivals,
        acceptable_wait=sampler.ticks("acceptable wait", plan.acceptable_wait, sampler.everybody),
        capacity=capacity,
        named=cache(lambda name: luck.uniforms(f"own rule\0{name}", arrivals.luck_address)),
        steps=tuple(
            tuple(
                sampler.step(name, point, occurrence)
                for occurrence in range(occurrences if point.on_cycle else 1)
            )
            for name, point in zip(plan.touchpoints, plan.touchpoint_plans, strict=True)
        ),
    )


class _Sampler:
    """Draws by stream for the visits of a batch."""

    def __init__(self, plan: Plan, arrivals: Arrivals, luck: Luck) -> None:
        self._plan = plan
        self._luck = luck
        self._who = arrivals.luck_address
        self._classes = arrivals.segment * len(plan.needs) + arrivals.need
        self.everybody = np.ones(self._classes.size, dtype=bool)

    def step(self, name: str, point: TouchpointPlan, occurrence: int) -> StepDraws:
        # Only those who can get here need numbers; nobody ever looks up the others'.
        here = point.reached_by[self._classes]
        # (All lines of a line group have the same patience and probability of balking.)
        queue = self._plan.queue_plans[point.queues[0]] if point.queues else None
        place = f"{name}\0{occurrence}"
        return StepDraws(
            service=np.minimum(self.ticks(f"service\0{place}", point.service, here), LONGEST),
            wrap_up=np.minimum(self.ticks(f"wrap-up\0{place}", point.wrap_up, here, absent=0), LONGEST),
            patience=self.ticks(f"patience\0{place}", point.patience, here),
            fails=self._happens(f"failure\0{place}", point.fails, here),
            balks=self._happens(f"balking\0{place}", queue.balk_probability if queue else 0.0, here),
            goes_to=self._goes_to(f"route\0{place}", point, here),
        )

    def ticks(
        self,
        stream: str,
        by_class: tuple[Distribution | None, ...],
        needed: BoolArray,
        absent: int = NEVER,
    ) -> IntArray:
        """A duration for everybody who needs one, each from the distribution of their class."""
        out = np.full(self._classes.size, absent, dtype=np.int64)
        for distribution, classes in _grouped(by_class):
            has_it = np.zeros(len(by_class), dtype=bool)
            has_it[classes] = True
            rows = np.flatnonzero(has_it[self._classes] & needed)
            if rows.size:
                out[rows] = array_to_ticks(quantile_min(distribution, stream, self._who[rows], self._luck))
        return out

    def _happens(self, stream: str, probability: float, needed: BoolArray) -> BoolArray:
        if probability <= 0.0 or probability >= 1.0:
            return np.full(self._classes.size, probability >= 1.0)
        out = np.zeros(self._classes.size, dtype=bool)
        rows = np.flatnonzero(needed)
        out[rows] = self._uniforms(stream, rows) < probability
        return out

    def _goes_to(self, stream: str, point: TouchpointPlan, needed: BoolArray) -> IntArray:
        route = point.route
        out = np.full((route.situations, self._classes.size), LEAVE, dtype=np.int64)
        rows = np.flatnonzero(needed)
        splits = route.bounds.shape[2] > 1
        u = self._uniforms(stream, rows) if splits else np.zeros(rows.size)
        for situation in range(route.situations):
            out[situation, rows] = route.choose(u, self._classes[rows], situation)
        return out

    def _uniforms(self, stream: str, rows: IntArray) -> FloatArray:
        return self._luck.uniforms(stream, self._who[rows])


def _grouped(
    by_class: tuple[Distribution | None, ...],
) -> list[tuple[Distribution, list[int]]]:
    """Classes that share a distribution together, so that each is inverted once."""
    groups: list[tuple[Distribution, list[int]]] = []
    for klass, distribution in enumerate(by_class):
        if distribution is None:
            continue
        for known, classes in groups:
            if known == distribution:
                classes.append(klass)
                break
        else:
            groups.append((distribution, [klass]))
    return groups


def quantile_min(distribution: Distribution, stream: str, who: Address, luck: Luck) -> FloatArray:
    """Durations in minutes: a plain distribution's quantile at each person's number of the stream."""
    if distribution.family == "constant":
        return np.full(who.low.size, distribution.mean_min())
    if distribution.mixture is None:
        return quantile_function(distribution)(luck.uniforms(stream, who))
    # Which part by a stream of its own, so that a person keeps their number within each part.
    bounds = np.cumsum([part.share for part in distribution.mixture])
    u = luck.uniforms(f"{stream}\0part", who) * bounds[-1]
    part_of = np.searchsorted(bounds[:-1], u, side="right")
    out = np.empty(who.low.size)
    for number, part in enumerate(distribution.mixture):
        inside = part_of == number
        out[inside] = quantile_min(part.of, f"{stream}\0{number}", who[inside], luck)
    return out


def quantile_function(distribution: Distribution) -> Callable[[FloatArray], FloatArray]:
    """Quantile function, in minutes, of a plain family that takes one number (no constant, no mixture).

    Raises
    ------
    ValueError
        for any other distribution.
    """
    d = distribution
    if d.exponential is not None:
        return partial(quantiles.exponential, mean=d.exponential.mean_min)
    if d.uniform is not None:
        return partial(quantiles.uniform, low=d.uniform.low_min, high=d.uniform.high_min)
    if d.triangular is not None:
        t = d.triangular
        return partial(quantiles.triangular, low=t.low_min, mode=t.mode_min, high=t.high_min)
    if d.normal is not None:
        return partial(quantiles.truncated_normal, mean=d.normal.location_min, sd=d.normal.sd_min)
    if d.lognormal is not None:
        return partial(quantiles.lognormal, median=d.lognormal.median_min, sigma=d.lognormal.sigma_log)
    if d.gamma is not None or d.erlang is not None:
        parts = d.gamma or d.erlang
        assert parts is not None
        return partial(quantiles.gamma, mean=parts.mean_min, shape=parts.shape_value)
    if d.weibull is not None:
        return partial(quantiles.weibull, scale=d.weibull.scale_min, shape=d.weibull.shape_value)
    if d.empirical is not None:
        return partial(
            quantiles.empirical, ordered=np.sort(np.array(d.empirical.values_min, dtype=np.float64))
        )
    raise ValueError(f"a plain family is required, found {d.family}")
