"""Where chunks are computed: in this process, in others that must not outlive it, or on a cluster.

Everything goes through ``submit``, ``as_completed`` and ``Future.cancel`` with positional arguments, which
is what the three have in common.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from journeysim.experiment.cluster import WATCH_SECONDS, Cluster, connected

P = ParamSpec("P")
T = TypeVar("T")

_PARENT_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Pool:
    """Who computes chunks.

    Parameters
    ----------
    executor : takes them.
    jobs : chunks that are worked on at the same time.
    in_line : further chunks that may wait with it, so that nobody is idle in between.
    cluster : whose workers they are; None for this process or others here, whose loss the executor tells.
    """

    executor: Executor
    jobs: int
    in_line: int
    cluster: Cluster | None = None

    @property
    def watch_seconds(self) -> float | None:
        """How long to wait for a chunk before looking after the workers; None: as long as it takes."""
        return None if self.cluster is None else WATCH_SECONDS

    def watch(self) -> None:
        """Raise `WorkersLost` where a worker has gone that the executor says nothing of."""
        if self.cluster is not None:
            self.cluster.watch()

    def look(self) -> None:
        """Do the same, whenever it was done last."""
        if self.cluster is not None:
            self.cluster.look()


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


_kept: ContextVar[_KeptProcesses | Cluster | None] = ContextVar("kept_workers", default=None)


class _KeptProcesses:
    """Processes that are started when first wanted, and stay until the stack is closed."""

    def __init__(self, jobs: int, stack: contextlib.ExitStack) -> None:
        self._jobs, self._stack = jobs, stack
        self._executor: Executor | None = None

    def executor(self) -> Executor:
        if self._executor is None:
            self._executor = self._stack.enter_context(_processes(self._jobs))
        return self._executor


@contextlib.contextmanager
def workers_kept(jobs: int | None, cluster: str | None = None) -> Iterator[None]:
    """Let all runs within the block share their workers, which take seconds to start or to reach.

    Parameters
    ----------
    jobs : of the runs; None for as many as there are cores.
    cluster : address of a Dask scheduler whose workers do the work, reached at once; None: processes here,
        started when they are first wanted. Within another such block, that one's are shared.

    Raises
    ------
    InputError
        The cluster cannot be used.
    """
    if _kept.get() is not None:
        yield
        return
    with contextlib.ExitStack() as stack:
        kept = (
            _KeptProcesses(jobs or cores(), stack)
            if cluster is None
            else stack.enter_context(connected(cluster))
        )
        token = _kept.set(kept)
        try:
            yield
        finally:
            _kept.reset(token)


def on_cluster() -> bool:
    """Whether the work is to be done on a cluster, see `workers_kept`."""
    return isinstance(_kept.get(), Cluster)


@contextlib.contextmanager
def pool_for(jobs: int | None) -> Iterator[Pool]:
    """Open a pool, or that of `workers_kept`; one job stays in this process unless there is a cluster.

    Worker processes ignore Ctrl-C, which is for the parent to handle, and end soon after a parent that was
    killed.

    Parameters
    ----------
    jobs : chunks to work on at the same time; None: as many as there are cores, here or in the cluster.
    """
    kept = _kept.get()
    if isinstance(kept, Cluster):
        threads = min(jobs or kept.threads, kept.threads)
        yield Pool(kept.executor, threads, threads, kept)
        return
    jobs = jobs or cores()
    if jobs == 1:
        # It works while chunks are submitted: one at a time commits each before the next begins.
        yield Pool(SerialExecutor(), 1, 0)
    elif kept is not None:
        yield Pool(kept.executor(), jobs, jobs)
    else:
        with _processes(jobs) as executor:
            yield Pool(executor, jobs, jobs)


@contextlib.contextmanager
def _processes(jobs: int) -> Iterator[Executor]:
    import loky

    # fork hangs with polars and plain spawn fails without a main guard and in notebooks; loky does neither.
    executor: Any = loky.ProcessPoolExecutor(
        max_workers=jobs,
        initializer=_begin_worker,
        initargs=(os.getpid(),),
        env={"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    try:
        yield executor
    finally:
        # Nothing that is still running is wanted: all results were taken, or the run is being given up.
        executor.shutdown(wait=True, kill_workers=True)


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
