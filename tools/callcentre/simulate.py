"""Simulate a map with recorded calls and give back each call's wait and end, replication by replication."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from callcentre.fit import SEGMENT_TYPE
from journeysim.branch.calendar import open_days
from journeysim.branch.simulate import simulate_replication
from journeysim.journey import load_journey

Progress = Callable[[int, int], None] | None


def simulate(
    maps: Sequence[Path], replications: int, seed: int, workers: int, progress: Progress = None
) -> list[pl.DataFrame]:
    """Simulated calls of each replication, in order of replications, those of several maps together.

    Returns
    -------
    For each replication one row a call: ``type``, ``hour``, ``wait_s`` (until answered or given up),
    ``served``.
    """
    tasks = [(path, number) for number in range(replications) for path in maps]
    found: dict[int, pl.DataFrame] = {}
    # Not by fork: polars' threads do not live through it.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        running = {pool.submit(_one, path, seed, number): n for n, (path, number) in enumerate(tasks)}
        for done, future in enumerate(as_completed(running), 1):
            found[running[future]] = future.result()
            if progress is not None:
                progress(done, len(tasks))
    parts = [found[n] for n in range(len(tasks))]
    return [pl.concat(parts[n : n + len(maps)]) for n in range(0, len(parts), len(maps))]


def _one(map_file: Path, seed: int, replication: int) -> pl.DataFrame:
    journey = load_journey(map_file)
    log = journey.arrivals.recorded
    if log is None:
        raise ValueError(f"{map_file}: a map with recorded arrivals is required")
    days = open_days(journey, log.dates[0])
    result = simulate_replication(
        journey, days, seed=seed, replication=replication, target_wait_min=1.0, keep_steps=True
    )
    if result.steps is None:
        raise ValueError("steps are required")
    until = pl.when(pl.col("outcome") == "served").then("started_min").otherwise("ended_min")
    return result.steps.filter(pl.col("queue").is_not_null(), pl.col("queue") != "").select(
        type=pl.col("segment").cast(pl.String).replace(SEGMENT_TYPE),
        hour=(pl.col("joined_min") // 60).cast(pl.Int64),
        wait_s=(until - pl.col("joined_min")) * 60,
        served=pl.col("outcome") == "served",
    )
