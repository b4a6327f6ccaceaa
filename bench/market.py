"""The market at growing sizes: a year of branch days, every visit simulated, in one process."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from journeysim.journey import load_journey
from journeysim.market import banks
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
    before_s : calibration, network and a month of burn-in before the horizon.
    peak_mb : most memory that the process held.
    """

    people: int
    branches: int
    visits: int
    own_visits: int
    seconds: float
    engine_s: float
    before_s: float
    peak_mb: float

    @property
    def market_s(self) -> float:
        """Seconds of everything but the branch days."""
        return self.seconds - self.engine_s

    @property
    def customer_months_per_s(self) -> float:
        """Customers of all banks, times months, a second of the market's own work."""
        return self.people * MONTHS / self.market_s

    @property
    def visits_per_s(self) -> float:
        """Visits to all banks a second of the market's own work."""
        return self.visits / self.market_s


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
    engine = sum(end - begin for begin, end in clock.spans if begin >= clock.horizon)
    visits = sum(record["visits"] for record in done[0].months)
    everybody = sum(record["visits_all_banks"] for record in done[0].months)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    branches = len(option.market.banks[0].branches)
    return MarketMeasured(
        people, branches, int(everybody), int(visits), seconds, engine, clock.horizon - began, peak
    )


class _Clock:
    """Spans of time spent in branch days, and when the horizon began."""

    def __init__(self) -> None:
        self.spans: list[tuple[float, float]] = []
        self.horizon = 0.0


@contextmanager
def _timed(clock: _Clock) -> Iterator[None]:
    """Note when the days of a branch are simulated and scored."""
    simulate, score, add = banks.simulated_days, banks.score_visits, banks.sum_scores

    def days(*args: Any, **kwargs: Any) -> Iterator[Any]:
        batches = simulate(*args, **kwargs)
        while True:
            begin = time.perf_counter()
            batch = next(batches, None)
            clock.spans.append((begin, time.perf_counter()))
            if batch is None:
                return
            yield batch

    def timed(call: Any) -> Any:
        def inner(*args: Any, **kwargs: Any) -> Any:
            begin = time.perf_counter()
            found = call(*args, **kwargs)
            clock.spans.append((begin, time.perf_counter()))
            return found

        return inner

    branch_out = World.branch_out

    def begin(*args: Any, **kwargs: Any) -> World:
        clock.horizon = time.perf_counter()
        return branch_out(*args, **kwargs)

    banks.simulated_days, banks.score_visits, banks.sum_scores = days, timed(score), timed(add)
    World.branch_out = begin  # type: ignore[method-assign]
    try:
        yield
    finally:
        banks.simulated_days, banks.score_visits, banks.sum_scores = simulate, score, add
        World.branch_out = branch_out  # type: ignore[method-assign]


def print_markets(found: list[MarketMeasured]) -> None:
    """Print one line for each size."""
    print(
        "\nMarket: a year of branch days, every visit simulated, one process; calibration and burn-in apart"
    )
    print(
        f"{'people':>10}{'branches':>10}{'our visits':>12}{'seconds':>10}{'of them market':>16}"
        f"{'visits/s':>12}{'customer-months/s':>19}{'peak MB':>10}"
    )
    for one in found:
        print(
            f"{one.people:10,}{one.branches:10}{one.own_visits:12,}{one.seconds:10.1f}{one.market_s:16.2f}"
            f"{one.visits_per_s:12,.0f}{one.customer_months_per_s:19,.0f}{one.peak_mb:10,.0f}"
        )
    print(
        "visits and customer-months are of all banks, by the market's own time; targets 1 and 5 million a second"
    )
