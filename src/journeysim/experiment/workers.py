"""Where chunks are computed: in this process, or in others that must not outlive it.

Everything goes through ``submit``, ``as_completed`` and ``Future.cancel`` with positional arguments, which
is what local processes, threads and a cluster have in common.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar

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

P = ParamSpec("P")
T = TypeVar("T")

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

_PARENT_POLL_SECONDS = 0.5


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

    Rules from a notebook or a script travel as code, which plain pickle cannot do.
    """
    dumps = pickle.dumps if task.rules is None else cloudpickle.dumps
    return dumps(task, protocol=pickle.HIGHEST_PROTOCOL)


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


class SerialExecutor(Executor):
    """Does the work in this process, at once."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call ``fn`` now and return a future that is done; Ctrl-C goes through."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 -- handed to whoever asks for the result
            future.set_exception(error)
        return future


_kept: ContextVar[_KeptWorkers | None] = ContextVar("kept_workers", default=None)


class _KeptWorkers:
    """Processes that are started when first wanted, and stay until the stack is closed."""

    def __init__(self, jobs: int, stack: contextlib.ExitStack) -> None:
        self._jobs, self._stack = jobs, stack
        self._pool: Executor | None = None

    def pool(self) -> Executor:
        if self._pool is None:
            self._pool = self._stack.enter_context(_pool(self._jobs))
        return self._pool


@contextlib.contextmanager
def workers_kept(jobs: int | None) -> Iterator[None]:
    """Let all runs within the block share their processes, which take seconds to start.

    Parameters
    ----------
    jobs : of the runs; None for as many as there are cores.
    """
    with contextlib.ExitStack() as stack:
        token = _kept.set(_KeptWorkers(jobs or cores(), stack))
        try:
            yield
        finally:
            _kept.reset(token)


@contextlib.contextmanager
def executor_for(jobs: int) -> Iterator[Executor]:
    """Open an executor with a number of processes, or that of `workers_kept`; one job stays in this process.

    Worker processes ignore Ctrl-C, which is for the parent to handle, and end soon after a parent that was
    killed.
    """
    if jobs == 1:
        yield SerialExecutor()
        return
    kept = _kept.get()
    if kept is not None:
        yield kept.pool()
        return
    with _pool(jobs) as pool:
        yield pool


@contextlib.contextmanager
def _pool(jobs: int) -> Iterator[Executor]:
    import loky

    # fork hangs with polars and plain spawn fails without a main guard and in notebooks; loky does neither.
    pool: Any = loky.ProcessPoolExecutor(
        max_workers=jobs,
        initializer=_begin_worker,
        initargs=(os.getpid(),),
        env={"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    try:
        yield pool
    finally:
        # Nothing that is still running is wanted: all results were taken, or the run is being given up.
        pool.shutdown(wait=True, kill_workers=True)


def cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def _begin_worker(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()


def _end_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL_SECONDS)
    os._exit(1)
