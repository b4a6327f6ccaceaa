"""A Dask cluster of this machine: a scheduler and workers as a person would start them, on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

SCHEDULER = ("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show", "--no-jupyter")
WORKER = ("worker", "--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard", "--no-nanny")


class DaskHere:
    """Starts and ends the processes of a cluster.

    Parameters
    ----------
    folder : for their files and logs.
    scheduler : further arguments of the scheduler.
    environment : in which all of them run, beside this process's own.
    """

    def __init__(self, folder: Path, scheduler: Sequence[str] = (), **environment: str) -> None:
        self._folder = folder
        self._environment = environment
        self.workers: list[subprocess.Popen[bytes]] = []
        file = folder / "scheduler.json"
        self.scheduler = self._start(*SCHEDULER, *scheduler, "--scheduler-file", str(file))
        # The file is there before it is written.
        wait_until(lambda: file.exists() and file.read_text().endswith("}"))
        self.address: str = json.loads(file.read_text())["address"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    def add_workers(self, command: str) -> None:
        """Start workers by a command line as a person writes it, with the address of this scheduler."""
        words = command.replace("tcp://10.0.0.5:8786", self.address).split()
        here = ("--host", "127.0.0.1", "--no-dashboard", "--local-directory", str(self._folder / "scratch"))
        self.workers.append(self._start(*words[1:], *here))

    def add_worker(self, **environment: str) -> None:
        """Start a worker; what it finds in the environment may be different."""
        scratch = self._folder / "scratch"
        self.workers.append(
            self._start(*WORKER, "--local-directory", str(scratch), self.address, environment=environment)
        )

    def wait_for_workers(self, count: int) -> None:
        """Wait until the scheduler knows of them."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=120)

    def _start(
        self, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        with (self._folder / "dask.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments],
                cwd=self._folder,
                env={**os.environ, **self._environment, **(environment or {})},
                stdout=log,
                stderr=log,
            )


def wait_until(has_come: Callable[[], bool], seconds: float = 120) -> None:
    """Wait for something that is sure to come."""
    deadline = time.monotonic() + seconds
    while not has_come():
        assert time.monotonic() < deadline
        time.sleep(0.02)
