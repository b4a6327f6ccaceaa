"""The market at growing sizes: a year of branch days, every visit simulated, in one process."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
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
PEOPLE_YEARS = 300_000
"""At least so many are measured: a small market's year is over before memory has been touched once."""


@dataclass(frozen=True)
class MarketMeasured:
    """What years of a market took, calibration and burn-ins apart.

    Attributes
    ----------
    people, branches : in the market, and of our bank.
    years : how many, each a replication of its own.
    visits : of all banks' customers; ours are simulated step by step.
    own_visits : ours.
    seconds : of the horizon.
    engine_s : of them in the days of our branches, scores included.
    visits_s : of them in the market's own work on visits: who comes, scores of rivals, opinions, talk.
    before_s : calibration, networks and months of burn-in before the horizons.
    peak_mb : most memory that the process held.
    """

    people: int
    branches: int
    years: int
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
        return self.people * MONTHS * self.years / self.months_s

    @property
    def visits_per_s(self) -> float:
        """Visits to all banks a second of the market's own work on them."""
        return self.visits / self.visits_s


def measure_market(people: int) -> MarketMeasured:
    """Measure in a process of its own, without the peers that are measured beside it."""
    command = [sys.executable, "-m", "bench.market", str(people)]
    done = subprocess.run(command, cwd=MAP.parents[1], capture_output=True, text=True, check=True)
    return MarketMeasured(**json.loads(done.stdout))


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
    years = max(PEOPLE_YEARS // people, 1)
    own = everybody = 0.0
    with _timed(clock):
        for replication in range(years):
            done = project([option], 0, start, seed=7, replication=replication, target_wait_min=10.0)
            clock.stop()
            own += sum(record["visits"] for record in done[0].months)
            everybody += sum(record["visits_all_banks"] for record in done[0].months)
    return MarketMeasured(
        people=people,
        branches=len(option.market.banks[0].branches),
        years=years,
        visits=int(everybody),
        own_visits=int(own),
        seconds=clock.seconds["horizon"],
        engine_s=clock.seconds["engine"],
        visits_s=clock.seconds["visits"] - clock.seconds["engine"],
        before_s=time.perf_counter() - began - clock.seconds["horizon"],
        peak_mb=peak_mb(),
    )


class _Clock:
    """Seconds in the horizons, and of them by kind of work."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(("horizon", "engine", "visits"), 0.0)
        self._begun: float | None = None

    def start(self) -> None:
        """Let a horizon begin."""
        self._begun = time.perf_counter()

    def stop(self) -> None:
        """Let it end."""
        assert self._begun is not None
        self.seconds["horizon"] += time.perf_counter() - self._begun
        self._begun = None

    def add(self, kind: str, seconds: float) -> None:
        """Note work, which counts in a horizon alone."""
        if self._begun is not None:
            self.seconds[kind] += seconds


@contextmanager
def _timed(clock: _Clock) -> Iterator[None]:
    """Note when the days of a branch are simulated and scored, and when visits are worked on."""

    def timed(kind: str, call: Any) -> Any:
        def inner(*args: Any, **kwargs: Any) -> Any:
            begin = time.perf_counter()
            found = call(*args, **kwargs)
            clock.add(kind, time.perf_counter() - begin)
            return found

        return inner

    simulate, branch_out = banks.simulated_days, World.branch_out

    def days(*args: Any, **kwargs: Any) -> Iterator[Any]:
        batches = simulate(*args, **kwargs)
        following = timed("engine", lambda: next(batches, None))
        while (batch := following()) is not None:
            yield batch

    def begin(*args: Any, **kwargs: Any) -> World:
        clock.start()
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
    print("\nMarket: years of branch days, every visit simulated, one process; start and burn-in apart")
    print(
        f"{'people':>10}{'branches':>9}{'years':>6}{'our visits':>12}{'seconds':>9}{'branches':>10}"
        f"{'visits':>8}{'months':>8}{'visits/s':>12}{'customer-months/s':>19}{'peak MB':>9}"
    )
    for one in found:
        print(
            f"{one.people:10,}{one.branches:9}{one.years:6}{one.own_visits:12,}{one.seconds:9.1f}{one.engine_s:10.1f}"
            f"{one.visits_s:8.2f}{one.months_s:8.2f}{one.visits_per_s:12,.0f}"
            f"{one.customer_months_per_s:19,.0f}{one.peak_mb:9,.0f}"
        )
    print(
        "Visits and customers are those of all banks; targets 1 million visits and 5 million customer-months"
    )
    print("a second of the market's own work on them.")


if __name__ == "__main__":
    print(json.dumps(asdict(_measure(int(sys.argv[1])))))
