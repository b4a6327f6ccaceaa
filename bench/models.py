"""The two models, read from their maps, so that every engine simulates the same numbers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from journeysim.journey import Journey, load_journey

FOLDER = Path(__file__).parent
MONDAY = 0

STEPS_SCHEMA = {
    "day": pl.Int32,
    "segment": pl.String,
    "touchpoint": pl.String,
    "joined_min": pl.Float64,
    "started_min": pl.Float64,
    "ended_min": pl.Float64,
    "outcome": pl.String,
}
"""What every engine tells of a step; ``started_min`` is null for who gave up, outcome served or reneged."""


@dataclass(frozen=True)
class Bank:
    """A model's parameters as a textbook would name them; all times in minutes, opening is minute 0."""

    journey: Journey
    opening_min: int
    open_for_min: int
    arrivals_until: tuple[tuple[float, float], ...]
    """(minute until which it holds, arrivals per minute), in order."""
    share: dict[str, float]
    priority: dict[str, int]
    patience_mean_min: dict[str, float | None]
    service_mean_min: dict[str, float]
    servers: dict[str, int]
    goes_on: dict[str, dict[str, float]]
    """Probability of going on to another touchpoint; the rest leave."""

    @property
    def customers_per_day(self) -> float:
        """Expected customers a day."""
        customers, before = 0.0, 0.0
        for until, per_min in self.arrivals_until:
            customers += (until - before) * per_min
            before = until
        return customers


def read_bank(name: str) -> Bank:
    """Read ``model_<name>.yaml``: exponential everything, one group for each touchpoint, one need."""
    journey = load_journey(FOLDER / f"model_{name}.yaml")
    hours = journey.hours_on(MONDAY)
    assert hours is not None
    rates = journey.arrivals.per_hour_steps()
    changes = [minute - hours.open_min for minute, _ in rates[1:]] + [hours.close_min - hours.open_min]
    group_of = {group.serves[0]: group for group in journey.staff.values()}
    goes_on: dict[str, dict[str, float]] = {}
    for touchpoint, station in journey.touchpoints.items():
        left, moves = 1.0, {}
        for rule in station.next:
            for target, share in rule.targets:
                if target != "leave":
                    moves[target] = left * rule.probability * share
            left *= 1.0 - rule.probability
        goes_on[touchpoint] = moves
    return Bank(
        journey=journey,
        opening_min=hours.open_min,
        open_for_min=hours.close_min - hours.open_min,
        arrivals_until=tuple(
            (float(until), per_hour / 60.0) for until, (_, per_hour) in zip(changes, rates, strict=True)
        ),
        share={name: segment.share or 0.0 for name, segment in journey.segments.items()},
        priority={name: segment.priority for name, segment in journey.segments.items()},
        patience_mean_min={
            name: segment.patience.mean_min() if segment.patience else None
            for name, segment in journey.segments.items()
        },
        service_mean_min={name: station.service.mean_min() for name, station in journey.touchpoints.items()},
        servers={
            name: group_of[station.queue or ""].roster_steps()[0][1]
            for name, station in journey.touchpoints.items()
        },
        goes_on=goes_on,
    )
