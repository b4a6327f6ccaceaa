"""A Dask cluster, known by the address of its scheduler, to compute chunks on.

Dask would run what a lost worker had in hand again on another one, without a word. Here a worker that goes
ends the run with what had finished kept, as with processes of this machine: whatever ended one (memory, most
often) would go on to end the next.
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

from journeysim.errors import InputError, Problem
from journeysim.experiment.resolve import RESULTS

Client = Any
"""``distributed.Client``, whose own types are not complete."""

ANSWER_SECONDS = 5.0
"""In which the scheduler must answer, and have a worker."""

WATCH_SECONDS = 1.0
"""How often to look whether all workers are still there."""

_PACKAGES = ("journeysim", "numpy", "polars", "scipy", "numba", "simpy", "cloudpickle", "distributed")
"""Packages that numbers, or how work and results travel, depend on."""

_ADDRESS = re.compile(r"((tcp|tls)://)?(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):[0-9]{1,5}/?")
_LOGGERS = ("distributed", "distributed.client", "tornado.application", "asyncio")
_CLOSE_SECONDS = 2.0
_SHOWN_WORKERS = 5


class WorkersLost(Exception):
    """A worker of the cluster, or its scheduler, has gone; the message says which."""


class Cluster:
    """The workers of a cluster, all of this program's versions, as long as all of them are there.

    Parameters
    ----------
    address : of the scheduler.
    client : connected to it.
    workers : number of threads of each worker by its address; others that come later get nothing to do.
    """

    def __init__(self, address: str, client: Client, workers: Mapping[str, int]) -> None:
        self._address, self._client, self._workers = address, client, dict(workers)
        self._watched = time.monotonic()
        self.threads = sum(self._workers.values())
        # Without pure=False, Dask would hand out the result of an equal call instead of calling.
        self.executor: Executor = client.get_executor(pure=False, workers=list(self._workers))

    def watch(self) -> None:
        """Look, about once a second however often this is called, whether all workers are still there.

        Raises
        ------
        WorkersLost
            One of them, or the scheduler, is not.
        """
        if time.monotonic() < self._watched + WATCH_SECONDS:
            return
        self.look()

    def look(self) -> None:
        """Do the same at once."""
        try:
            present = self._client.nthreads() if self._client.status == "running" else None
        except (OSError, RuntimeError):
            present = None
        if present is None:
            raise WorkersLost(f"the scheduler at {self._address} was lost")
        gone = [worker for worker in self._workers if worker not in present]
        if gone:
            which = f"worker {gone[0]} was" if len(gone) == 1 else f"workers {', '.join(gone)} were"
            raise WorkersLost(f"{which} lost (killed, out of memory, or its machine is gone)")
        self._watched = time.monotonic()


@contextlib.contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """Reach the workers of a cluster and make sure that they compute what this process would.

    Parameters
    ----------
    address : of the scheduler, such as ``tcp://HOST:8786``; ``tls://`` with the certificates that Dask's
        own configuration names.

    Raises
    ------
    InputError
        Dask is not installed, nobody answers at the address, it has no workers, or one of them or the
        scheduler has other versions.
    """
    try:
        import dask
        import distributed  # noqa: F401
    except ModuleNotFoundError:
        hint = "install it with: pip install 'journeysim[cluster]'"
        raise _refusal("a cluster needs the package distributed, which is not installed", "", hint) from None
    quietly = {"distributed.admin.large-graph-warning-threshold": "1 TB"}
    with _quiet(), dask.config.set(quietly):
        client = _client(address)
        try:
            workers = _workers(client, address)
            _refuse_other_versions(client)
            yield Cluster(address, client, workers)
        finally:
            # A scheduler that has gone cannot be taken leave of.
            with contextlib.suppress(OSError, RuntimeError):
                client.close(timeout=_CLOSE_SECONDS)


def results_here() -> int:
    """Return the number that is raised whenever results move, of whoever is asked."""
    return RESULTS


def _client(address: str) -> Client:
    """Connect, in a thread: where something other than Dask listens, its client waits for ever."""
    if not _ADDRESS.fullmatch(address):
        raise _refusal("the address of a Dask scheduler is required", address, "such as tcp://HOST:8786")
    if address.startswith("tls:") and _certificates() is None:
        hint = "name them in Dask's configuration, under distributed.comm.tls"
        raise _refusal("this address needs certificates, and none are configured", address, hint)
    found: list[Client] = []
    late = threading.Event()

    def connect() -> None:
        # Whatever goes wrong, nobody usable answers there.
        with contextlib.suppress(Exception):
            found.append(_client_class()(address, timeout=ANSWER_SECONDS, set_as_default=False))
            if late.is_set():
                found[0].close(timeout=_CLOSE_SECONDS)

    thread = threading.Thread(target=connect, daemon=True)
    with warnings.catch_warnings():
        # Versions are compared below, with those that matter here among them.
        warnings.simplefilter("ignore")
        thread.start()
        try:
            thread.join(ANSWER_SECONDS + 1)
        finally:
            late.set()
    if not found:
        hint = "start it with: dask scheduler; the address is what it says under 'Scheduler at'"
        raise _refusal("no Dask scheduler answered at this address", address, hint)
    return found[0]


def _client_class() -> Any:
    import distributed

    class Client(distributed.Client):
        """Is closed where it is used; one that never connected would wait for seconds when forgotten."""

        def __del__(self) -> None:
            pass

    return Client


def _certificates() -> object:
    """What Dask's configuration has to prove who this is; None where it has nothing."""
    import distributed

    security: Any = distributed.Security
    return security().get_connection_args("client").get("ssl_context")


def _workers(client: Client, address: str) -> Mapping[str, int]:
    """Threads of every worker, as soon as there is one."""
    try:
        client.wait_for_workers(1, timeout=ANSWER_SECONDS)
    except TimeoutError:
        hint = f"start one or more with: dask worker {address} --nthreads 1"
        raise _refusal("the scheduler has no workers", address, hint) from None
    workers: Mapping[str, int] = client.nthreads()
    return workers


def _refuse_other_versions(client: Client) -> None:
    """Refuse a cluster of which one part would compute something else, or could not read what it is sent."""
    found: Any = client.get_versions(packages=list(_PACKAGES))
    ours = _relevant(found["client"])
    results = client.run(results_here, on_error="return")
    told = []
    if other := _differing(_relevant(found["scheduler"]), ours):
        told.append(f"the scheduler: {other}")
    for worker, versions in sorted(found["workers"].items()):
        other = _differing(_relevant(versions), ours)
        if not other and results.get(worker) != RESULTS:
            there = results.get(worker)
            number = there if isinstance(there, int) else "unknown"
            other = f"RESULTS {number} there, {RESULTS} here"
        if other:
            told.append(f"worker {worker}: {other}")
    if told:
        rest = len(told) - _SHOWN_WORKERS
        more = [f"and {rest} more"] if rest > 0 else []
        raise InputError(
            _problem(
                "the same versions are required on all machines",
                text,
                "install the same there, and start it again",
            )
            for text in [*told[:_SHOWN_WORKERS], *more]
        )


def _relevant(versions: Any) -> dict[str, str | None]:
    """Versions that matter, of Python the first two numbers: patches change no numbers and no pickles."""
    packages: Mapping[str, str | None] = versions["packages"]
    python = ".".join(str(packages["python"]).split(".")[:2])
    return {"Python": python} | {name: packages.get(name) for name in _PACKAGES}


def _differing(there: Mapping[str, str | None], here: Mapping[str, str | None]) -> str:
    different = [name for name in here if there[name] != here[name]]
    return "; ".join(f"{name} {there[name] or 'missing'} there, {here[name]} here" for name in different)


def _refusal(problem: str, found: str, hint: str = "") -> InputError:
    return InputError([_problem(problem, found, hint)])


def _problem(problem: str, found: str, hint: str) -> Problem:
    return Problem("", 0, 0, "cluster", problem, found, hint)


@contextlib.contextmanager
def _quiet(names: Sequence[str] = _LOGGERS) -> Iterator[None]:
    """Keep Dask from writing to stderr what is told here in other words."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
