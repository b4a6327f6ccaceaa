"""What whoever computes chunks is sent, does with it, and hands back."""

from __future__ import annotations

import contextlib
import pickle
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import cloudpickle
import polars as pl

from journeysim.branch.calendar import OpenDay
from journeysim.branch.metrics import Metric
from journeysim.branch.own_rules import OwnRules
from journeysim.experience import ExperienceRules, score_replication
from journeysim.experiment.store import Chunk
from journeysim.journey import Journey
from journeysim.market.metrics import projection_metrics
from journeysim.market.model import Alternative
from journeysim.market.replication import project
from journeysim.market.start import Start

METRICS_SCHEMA = {
    "option": pl.String,
    "replication": pl.Int64,
    "scope": pl.String,
    "name": pl.String,
    "metric": pl.String,
    "month": pl.Int64,
    "value": pl.Float64,
}
"""Columns of the metrics table; ``month`` is 0 for a whole replication, ``value`` null where nothing was
observed."""


@dataclass(frozen=True)
class Task:
    """What every replication of one option shares.

    Parameters
    ----------
    option : the option's name.
    journey : its map.
    experience : how its visitors judge a visit.
    days : its open days.
    seed : seed of all luck.
    target_wait_min : minutes within which a wait is within target.
    engine : the engine that simulates.
    keep_steps : whether steps are wanted.
    rules : the analyst's own; None for the map's alone.
    """

    option: str
    journey: Journey
    experience: ExperienceRules
    days: tuple[OpenDay, ...]
    seed: int
    target_wait_min: float
    engine: str
    keep_steps: bool
    rules: OwnRules | None = None

    def results(self, replication: int) -> list[OptionReplication]:
        """Simulate one replication."""
        found = score_replication(
            self.journey,
            self.days,
            self.experience,
            seed=self.seed,
            replication=replication,
            target_wait_min=self.target_wait_min,
            engine=self.engine,
            keep_steps=self.keep_steps,
            rules=self.rules,
        )
        return [OptionReplication(self.option, found.metrics, found.steps)]


@dataclass(frozen=True)
class MarketTask:
    """All options of a market, which share the people and the luck of a replication.

    Parameters
    ----------
    alternatives : the options.
    baseline : number of the one that the others are compared with.
    start : what the baseline fixes.
    seed, target_wait_min, keep_steps : as those of `Task`.
    only : numbers of the options that are wanted; None: all.
    """

    alternatives: tuple[Alternative, ...]
    baseline: int
    start: Start
    seed: int
    target_wait_min: float
    keep_steps: bool
    only: tuple[int, ...] | None = None

    @property
    def rules(self) -> OwnRules | None:
        """An analyst's own rules, the same in all options."""
        return self.alternatives[0].rules

    def results(self, replication: int) -> list[OptionReplication]:
        """Project every option that is wanted of one replication."""
        numbers = range(len(self.alternatives)) if self.only is None else self.only
        projected = project(
            self.alternatives,
            self.baseline,
            self.start,
            seed=self.seed,
            replication=replication,
            target_wait_min=self.target_wait_min,
            keep_steps=self.keep_steps,
            only=numbers,
        )
        return [
            OptionReplication(self.alternatives[number].name, projection_metrics(one), one.steps())
            for number, one in zip(numbers, projected, strict=True)
        ]


AnyTask = Task | MarketTask


@dataclass(frozen=True)
class OptionReplication:
    """What one option came to in one replication."""

    option: str
    metrics: Sequence[Metric]
    steps: pl.DataFrame | None


@dataclass(frozen=True)
class ChunkResult:
    """What a worker hands back for one chunk."""

    chunk: Chunk
    metrics: pl.DataFrame
    steps: pl.DataFrame | None
    seconds: float


def pack(task: AnyTask) -> bytes:
    """Pickle a task once, so that it is not pickled again for each of its chunks.

    Rules of an analyst's own travel as code, with what they use of the modules that they stand in: those
    need not be where the work is done.
    """
    if task.rules is None:
        return pickle.dumps(task, protocol=pickle.HIGHEST_PROTOCOL)
    with contextlib.ExitStack() as stack:
        for module in _modules_of(task.rules) - cloudpickle.list_registry_pickle_by_value():
            cloudpickle.register_pickle_by_value(sys.modules[module])
            stack.callback(cloudpickle.unregister_pickle_by_value, sys.modules[module])
        packed: bytes = cloudpickle.dumps(task, protocol=pickle.HIGHEST_PROTOCOL)
    return packed


def _modules_of(rules: OwnRules) -> set[str]:
    """Names of the modules that hold an analyst's own classes of rules."""
    modules = {one.__module__ for one in type(rules).__mro__}
    # What was typed into a prompt or a notebook cloudpickle takes along by itself.
    ours = {name for name in modules if name.partition(".")[0] in ("journeysim", "builtins", "__main__")}
    return (modules - ours) & set(sys.modules)


def narrowed(packed: bytes, only: tuple[int, ...]) -> bytes:
    """Return a packed task of a market for some of its options, whose numbers stay what they are.

    Parameters
    ----------
    packed : as `pack` gives it, of a market.
    only : numbers of the options that are wanted.
    """
    task = unpacked(packed)
    assert isinstance(task, MarketTask)
    return pack(replace(task, only=only))


def simulate_chunk(packed: bytes, chunk: Chunk) -> ChunkResult:
    """Simulate the replications of a chunk, in this process.

    Parameters
    ----------
    packed : a task as `pack` gives it.
    chunk : its replications.
    """
    began = time.perf_counter()
    task = unpacked(packed)
    rows: list[tuple[str, int, str, str, str, int, float]] = []
    steps = []
    for replication in chunk.replications:
        for result in task.results(replication):
            rows += [
                (result.option, replication, one.scope, one.name, one.metric, one.month, one.value)
                for one in result.metrics
            ]
            if result.steps is not None:
                steps.append(
                    result.steps.select(
                        pl.lit(result.option).alias("option"),
                        pl.lit(replication, dtype=pl.Int64).alias("replication"),
                        pl.all(),
                    )
                )
    metrics = pl.DataFrame(rows, schema=METRICS_SCHEMA, orient="row").with_columns(
        pl.col("value").fill_nan(None)
    )
    return ChunkResult(chunk, metrics, pl.concat(steps) if steps else None, time.perf_counter() - began)


@lru_cache(maxsize=32)
def unpacked(packed: bytes) -> AnyTask:
    """Return what `pack` has packed."""
    task: AnyTask = pickle.loads(packed)  # noqa: S301 -- made by `pack` in our own parent process
    return task
