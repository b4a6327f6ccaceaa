"""Cuts the work into chunks and sees it done, whatever the number of processes.

Every replication is a function of its own address, so neither the cut nor the order in which chunks end
can change a number; they only decide how evenly the cores are busy and how much a kill can lose.
"""

from __future__ import annotations

import contextlib
import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

from journeysim.errors import StoppedEarly
from journeysim.experiment.cluster import WorkersLost
from journeysim.experiment.pools import Pool, cores, on_cluster, pool_for
from journeysim.experiment.store import Chunk
from journeysim.experiment.workers import ChunkResult, simulate_chunk

CHUNK_SECONDS = 0.3
MAX_CHUNK = 64
SERIAL_BELOW_SECONDS = 2.0
"""Work that one process finishes sooner than this is not worth starting others for."""

LEAST_REPLICATIONS = 2
"""Replications that are run however little time there is: with fewer there is no interval."""

Commit = Callable[[ChunkResult], None]


@dataclass(frozen=True)
class TimeLimit:
    """When to begin no more replications.

    Parameters
    ----------
    ends_at : on the clock of `time.monotonic`, seconds.
    """

    ends_at: float

    def fitting(self, first: int, count: int, seconds: float) -> int:
        """How many of ``count`` replications may begin that take about ``seconds`` each; the first few may.

        Parameters
        ----------
        first : number of the first of them, from 0.
        """
        due = max(0, LEAST_REPLICATIONS - first)
        left = self.ends_at - time.monotonic()
        fit = 0 if left <= 0 else count if left >= count * seconds else int(left / seconds)
        return min(count, max(due, fit))


@dataclass
class Cutter:
    """Hands out the missing replications as chunks, all tasks advancing together.

    Parameters
    ----------
    missing : for each task its replications to do, ascending.
    seconds : that a replication takes, by task, as far as was measured.
    limit : None for as long as it takes.
    goal : asked how many replications of each task are wanted as far as is known; None: all.
    """

    missing: Sequence[list[int]]
    seconds: dict[int, float] = field(default_factory=dict)
    limit: TimeLimit | None = None
    goal: Callable[[], int] | None = None

    def left(self) -> int:
        """Replications wanted and not yet handed out."""
        return sum(self._wanted())

    def seconds_left(self) -> float:
        """Estimate of the work wanted and not yet handed out; 0 before anything was measured."""
        return sum(count * self._expected(at) for at, count in enumerate(self._wanted()))

    def learn(self, result: ChunkResult) -> None:
        """Take note of how long a replication of a task takes."""
        self.seconds[result.chunk.task] = result.seconds / result.chunk.count

    def next_chunk(self, jobs: int) -> Chunk | None:
        """Cut the next chunk: consecutive replications of the task that is furthest behind.

        None where nothing is left to do, or no time to do it in.
        """
        wanted = self._wanted()
        waiting = [task for task, count in enumerate(wanted) if count]
        if not waiting:
            return None
        task = min(waiting, key=lambda at: (self.missing[at][0], at))
        numbers = self.missing[task]
        size = self._size(task, jobs)
        count = 1
        while count < min(size, wanted[task]) and numbers[count] == numbers[0] + count:
            count += 1
        if self.limit is not None:
            count = self.limit.fitting(numbers[0], count, self._expected(task))
            if count == 0:
                return None
        chunk = Chunk(task, numbers[0], count)
        del numbers[:count]
        return chunk

    def _wanted(self) -> list[int]:
        """Replications of each task that are to be handed out as far as is known."""
        if self.goal is None:
            return [len(numbers) for numbers in self.missing]
        goal = self.goal()
        return [bisect_left(numbers, goal) for numbers in self.missing]

    def _expected(self, task: int) -> float:
        """Seconds that a replication of a task takes, as far as is known."""
        known = list(self.seconds.values())
        return self.seconds.get(task, sum(known) / len(known) if known else 0.0)

    def _size(self, task: int, jobs: int) -> int:
        if task not in self.seconds:
            return 1
        fitting = int(CHUNK_SECONDS / max(self.seconds[task], 1e-6))
        # Towards the end chunks shrink, so that no process is left alone with a large one.
        fair = self.left() // (2 * jobs) if jobs > 1 else MAX_CHUNK
        return max(1, min(fitting, fair, MAX_CHUNK))


def run_chunks(
    packed: Sequence[bytes],
    missing: Sequence[list[int]],
    jobs: int | None,
    commit: Commit,
    *,
    limit: TimeLimit | None = None,
    goal: Callable[[], int] | None = None,
    replication_seconds: float = 0.0,
) -> None:
    """Simulate every missing replication and commit each chunk as it ends.

    Parameters
    ----------
    packed : each task, as `workers.pack` gives it.
    missing : for each task its replications to do, ascending.
    jobs : processes; 1 works in this one; None takes the cores there are, or this process alone where the
        work is small. On a cluster: of its threads those that are kept busy; None: all.
    commit : called in this process with every finished chunk, in the order they end.
    limit : after which nothing more is begun; what then is at work is waited for.
    goal : asked before every chunk how many replications of each task are wanted as far as is known, which a
        commit may raise; None: all.
    replication_seconds : about how long a replication of all tasks takes; 0 where that is unknown.

    Raises
    ------
    StoppedEarly
        A worker was lost.
    KeyboardInterrupt
        Somebody pressed Ctrl-C; chunks that had ended are committed.
    """
    cutter = Cutter([list(numbers) for numbers in missing], limit=limit, goal=goal)
    if jobs is None and not on_cluster():
        large = replication_seconds * cutter.left() / max(1, len(packed)) > SERIAL_BELOW_SECONDS
        jobs = cores() if large else _try_alone(packed, cutter, commit)
    if cutter.left() == 0:
        return
    with pool_for(None if jobs is None else min(jobs, cutter.left())) as pool:
        _drive(pool, packed, cutter, commit)


def _try_alone(packed: Sequence[bytes], cutter: Cutter, commit: Commit) -> int:
    """Begin in this process to learn how large the work is; return the processes that it deserves."""
    warm = False
    while len(cutter.seconds) < len(packed):
        chunk = cutter.next_chunk(1)
        if chunk is None:
            break
        result = simulate_chunk(packed[chunk.task], chunk)
        commit(result)
        if warm or result.seconds > SERIAL_BELOW_SECONDS:
            cutter.learn(result)
            if cutter.seconds_left() > SERIAL_BELOW_SECONDS:
                return cores()
        # The first replication also pays for what every process does once, and says nothing of the rest.
        warm = True
    return 1


def _drive(pool: Pool, packed: Sequence[bytes], cutter: Cutter, commit: Commit) -> None:
    # With little time left nothing may wait in line that could be left undone.
    most = pool.jobs + (pool.in_line if cutter.limit is None else 0)
    running: set[Future[ChunkResult]] = set()
    try:
        while True:
            while len(running) < most:
                chunk = cutter.next_chunk(pool.jobs)
                if chunk is None:
                    break
                running.add(pool.executor.submit(simulate_chunk, packed[chunk.task], chunk))
            if not running:
                return
            ended = _first_ended(running, pool)
            result = _result(ended, pool)
            running.discard(ended)
            cutter.learn(result)
            commit(result)
    except (BrokenProcessPool, WorkersLost) as error:
        _commit_ended(running, commit)
        process = "a worker process was lost (killed, or out of memory)"
        what = process if isinstance(error, BrokenProcessPool) else error
        raise StoppedEarly(str(what)) from error
    except KeyboardInterrupt:
        _commit_ended(running, commit)
        raise
    finally:
        for future in running:
            future.cancel()


def _first_ended(running: set[Future[ChunkResult]], pool: Pool) -> Future[ChunkResult]:
    while True:
        pool.watch()
        with contextlib.suppress(TimeoutError):
            return next(as_completed(running, timeout=pool.watch_seconds))


def _result(ended: Future[ChunkResult], pool: Pool) -> ChunkResult:
    try:
        return ended.result()
    except CancelledError as error:
        # Nobody here cancels what is still waited for: it was given up with the connection to the cluster.
        pool.look()
        raise WorkersLost("the connection to the cluster was lost") from error
    except Exception:
        # Whoever has gone may be why.
        pool.look()
        raise


def _commit_ended(running: set[Future[ChunkResult]], commit: Commit) -> None:
    """Keep chunks that ended before the run was given up."""
    for future in running:
        if future.done() and not future.cancelled() and future.exception() is None:
            commit(future.result())
