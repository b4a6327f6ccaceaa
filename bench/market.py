"""The market at growing sizes: a year of branch days, every visit simulated, in one process."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from bench.machine import peak_mb
from journeysim.journey import load_journey
from journeysim.market import banks, projection
from journeysim.market.market_file import DEFAULT_NETWORK
from journeysim.market.model import Alternative, Bank, Branch, Market
from journeysim.market.presets import default_behaviour
from journeysim.market.projection import World
from journeysim.market.replication import project
from journeysim.market.start import calibrated

MAP = Path(__file__).parents[1] / "journeys" / "measured-branch.yaml"
SIZES = (10_000, 100_000, 1_000_000)
OUR_SHARE = 0.35
CUSTOMERS_OF_MAP = 12_000
"""The map's arrivals are those of a branch with so many customers."""
MONTHS = 12


@dataclass(frozen=True)
class MarketMeasured:
    """What a year of a market took, calibration and burn-in apart.

    Attributes
    ----------
    people, branches : in the market, and of our bank.
    visits : of all banks' customers; ours are simulated step by step.
    own_visits : ours.
    seconds : of the horizon.
    engine_s : of them in the days of our branches, scores included.
    visits_s : of them in the market's own work on visits: who comes, scores of rivals, opinions, talk.
    before_s : calibration, network and a month of burn-in before the horizon.
    peak_mb : most memory that the process held.
    """

    people: int
    branches: int
    visits: int
    own_visits: int
    seconds: float
    engine_s: float
    visits_s: float
    before_s: float
    peak_mb: float

    @property
    def months_s(self) -> float:
        """Seconds of the months' ends: hearing, leaving, choosing, records."""
        return self.seconds - self.engine_s - self.visits_s

    @property
    def customer_months_per_s(self) -> float:
        """Customers of all banks, times months, a second of the months' ends."""
        return self.people * MONTHS / self.months_s

    @property
    def visits_per_s(self) -> float:
        """Visits to all banks a second of the market's own work on them."""
        return self.visits / self.visits_s


def measure_market(people: int) -> MarketMeasured:
    """Measure in a process of its own, so that its memory is its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (people,))


def market_of(people: int) -> Alternative:
    """A market with as many branches as its customers fill."""
    customers = round(people * OUR_SHARE)
    count = max(round(customers / CUSTOMERS_OF_MAP), 1)
    scale = customers / count / CUSTOMERS_OF_MAP
    journey = load_journey(MAP).patched({"arrivals.scale": scale})
    sizes = [customers // count + (k < customers % count) for k in range(count)]
    names = [""] if count == 1 else [f"Branch {k + 1}" for k in range(count)]
    segments = journey.segments
    share = np.array([segment.share or 0.0 for segment in segments.values()])
    market = Market(
        people=people,
        segments=tuple(segments),
        segment_share=share,
        banks=(
            Bank("", OUR_SHARE, tuple(Branch(*pair, journey) for pair in zip(names, sizes, strict=True))),
            Bank("Rival A", 0.4),
            Bank("Rival B", 0.25),
        ),
        network=DEFAULT_NETWORK,
        first_day=date(2027, 1, 4),
        months=MONTHS,
        burn_in_months=1,
    )
    return Alternative("Today", market, default_behaviour())


def _measure(people: int) -> MarketMeasured:
    option = market_of(people)
    began = time.perf_counter()
    start = calibrated(option, 7, 10.0, months=2)
    clock = _Clock()
    with _timed(clock):
        done = project([option], 0, start, seed=7, replication=0, target_wait_min=10.0)
    ended = time.perf_counter()
    seconds = ended - clock.horizon
    engine = clock.total("engine")
    on_visits = clock.total("visits") - engine
    visits = sum(record["visits"] for record in done[0].months)
    everybody = sum(record["visits_all_banks"] for record in done[0].months)
    peak = peak_mb()
    branches = len(option.market.banks[0].branches)
    return MarketMeasured(
        people, branches, int(everybody), int(visits), seconds, engine, on_visits, clock.horizon - began, peak
    )


class _Clock:
    """Spans of time by kind of work, and when the horizon began."""

    def __init__(self) -> None:
        self.spans: list[tuple[str, float, float]] = []
        self.horizon = 0.0

    def total(self, kind: str) -> float:
        """Seconds of a kind of work in the horizon."""
        return sum(end - begin for what, begin, end in self.spans if what == kind and begin >= self.horizon)


@contextmanager
def _timed(clock: _Clock) -> Iterator[None]:
    """Note when the days of a branch are simulated and scored, and when visits are worked on."""

    def timed(kind: str, call: Any) -> Any:
        def inner(*args: Any, **kwargs: Any) -> Any:
            begin = time.perf_counter()
            found = call(*args, **kwargs)
            clock.spans.append((kind, begin, time.perf_counter()))
            return found

        return inner

    simulate, branch_out = banks.simulated_days, World.branch_out

    def days(*args: Any, **kwargs: Any) -> Iterator[Any]:
        batches = simulate(*args, **kwargs)
        following = timed("engine", lambda: next(batches, None))
        while (batch := following()) is not None:
            yield batch

    def begin(*args: Any, **kwargs: Any) -> World:
        clock.horizon = time.perf_counter()
        return branch_out(*args, **kwargs)

    changes: list[tuple[Any, str, Any]] = [
        (banks, "simulated_days", days),
        (World, "branch_out", begin),
        *((banks, name, timed("engine", getattr(banks, name))) for name in ("score_visits", "sum_scores")),
        *(
            (projection, name, timed("visits", getattr(projection, name)))
            for name in ("visits_of", "live_through", "stories_of", "spread")
        ),
    ]
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in changes]
    for owner, name, new in changes:
        setattr(owner, name, new)
    try:
        yield
    finally:
        for owner, name, old in before:
            setattr(owner, name, old)


def print_markets(found: list[MarketMeasured]) -> None:
    """Print one line for each size."""
    print("\nMarket: a year of branch days, every visit simulated, one process; start and burn-in apart")
    print(
        f"{'people':>10}{'branches':>9}{'our visits':>12}{'seconds':>9}{'branches':>10}{'visits':>8}"
        f"{'months':>8}{'visits/s':>12}{'customer-months/s':>19}{'peak MB':>9}"
    )
    for one in found:
        print(
            f"{one.people:10,}{one.branches:9}{one.own_visits:12,}{one.seconds:9.1f}{one.engine_s:10.1f}"
            f"{one.visits_s:8.2f}{one.months_s:8.2f}{one.visits_per_s:12,.0f}"
            f"{one.customer_months_per_s:19,.0f}{one.peak_mb:9,.0f}"
        )
    print(
        "Visits and customers are those of all banks; targets 1 million visits and 5 million customer-months"
    )
    print("a second of the market's own work on them.")
