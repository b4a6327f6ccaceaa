"""The folder that keeps a run, so that a killed run continues and a finished one is extended.

::

    <slug>-<id8>/
      run.json        first, never rewritten: versions, seed, engine, id
      scenario.yaml   resolved, with files/ beside it where the map names data files
      lock            held while running
      start.npz       with a market: what its baseline fixes
      chunks/         steps-*.parquet, then metrics-*.parquet: the commit mark of a chunk
      tables/         rebuilt from the chunks
      result.json     last; absent while unfinished

A chunk is one or more whole replications of one option, or of all options of a market, which share their
people. Its name says which, so what is done can be read
from the names alone, and how the work was cut cannot change a number.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl
from filelock import FileLock, Timeout

from journeysim.errors import InputError, Problem
from journeysim.experiment.files import (
    cannot_write,
    make_folder,
    remove_stale,
    write_json,
    write_parquet,
    write_whole,
)

_CHUNK_NAME = re.compile(r"(metrics|steps)-(\d+)-(\d+)-(\d+)\.parquet")


@dataclass(frozen=True, order=True)
class Chunk:
    """Consecutive replications of one task, committed together.

    Parameters
    ----------
    task : position of the option in the scenario, from 0; 0 stands for all options of a market together.
    first : first replication, from 0.
    count : number of replications, >= 1.
    """

    task: int
    first: int
    count: int

    @property
    def replications(self) -> range:
        """Replications in the chunk."""
        return range(self.first, self.first + self.count)

    @property
    def label(self) -> str:
        """Part of the file names; sorts by task, then replication."""
        return f"{self.task:04d}-{self.first:07d}-{self.first + self.count - 1:07d}"


@dataclass(frozen=True)
class RunHeader:
    """What is fixed when a run begins; the content of ``run.json``.

    Parameters
    ----------
    id : hash of the resolved scenario without replications, of its data files and of ``results``.
    results : the RESULTS number of the program that began the run.
    scenario : the scenario's name.
    seed : seed of all luck.
    engine : the engine that simulates.
    steps : whether every step is kept.
    versions : of journeysim, Python and the packages that numbers depend on.
    """

    id: str
    results: int
    scenario: str
    seed: int
    engine: str
    steps: bool
    versions: Mapping[str, str]


class RunFolder:
    """A run's folder; opened with `held`, which keeps every other process out.

    Parameters
    ----------
    path : the run's own folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.chunks = path / "chunks"
        self.tables = path / "tables"

    @property
    def scenario_path(self) -> Path:
        """The resolved scenario."""
        return self.path / "scenario.yaml"

    @property
    def result_path(self) -> Path:
        """The document that says the run is finished."""
        return self.path / "result.json"

    @property
    def start_path(self) -> Path:
        """What the baseline of a market fixes."""
        return self.path / "start.npz"

    def refusal(self, problem: str, hint: str = "", found: str = "") -> InputError:
        """What is said where the folder cannot be used as it is asked to be."""
        return InputError([Problem(str(self.path), 0, 0, "", problem, found, hint)])

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Create the folder if need be and hold its lock.

        Raises
        ------
        InputError
            Another process is running in it.
        StoppedEarly
            It cannot be created or written.
        """
        make_folder(self.path)
        lock = FileLock(self.path / "lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            problem = "another process is running in this folder"
            raise self.refusal(problem, "wait for it, or give another --out") from None
        except OSError as error:
            raise cannot_write(self.path / "lock", error) from error
        try:
            for folder in (self.path, self.chunks, self.tables):
                make_folder(folder)
            remove_stale(self.path)
            yield
        finally:
            lock.release()

    def read_header(self) -> RunHeader | None:
        """Read ``run.json``; None where there is none yet.

        Raises
        ------
        InputError
            The file is no run's header.
        """
        path = self.path / "run.json"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            return RunHeader(**content)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise InputError(
                [Problem(str(path), 0, 0, "", "this is no run of journeysim", str(error))]
            ) from None

    def begin(self, header: RunHeader, files: Mapping[str, bytes]) -> None:
        """Write what is fixed when a run begins, where it is missing.

        Parameters
        ----------
        header : written first; an existing one is never rewritten.
        files : content of the data files that the scenario names, by their path below the folder.
        """
        if self.read_header() is None:
            write_json(self.path / "run.json", asdict(header))
        for name, content in files.items():
            if not (self.path / name).exists():
                make_folder((self.path / name).parent)
                write_whole(self.path / name, content)

    def write_scenario(self, text: str) -> None:
        """Write the resolved scenario."""
        write_whole(self.scenario_path, text.encode())

    def reopen(self) -> None:
        """Say that the run is unfinished, before more replications are added."""
        with contextlib.suppress(FileNotFoundError):
            self.result_path.unlink()

    def forget_beginning(self) -> None:
        """Take back that a run began, where no chunk of it is kept: there is nothing to continue."""
        if not self.committed():
            with contextlib.suppress(OSError):
                (self.path / "run.json").unlink()

    def commit(self, chunk: Chunk, metrics: pl.DataFrame, steps: pl.DataFrame | None) -> None:
        """Keep a finished chunk: its steps, then its metrics as the mark that it is done."""
        if steps is not None:
            write_parquet(self.chunks / f"steps-{chunk.label}.parquet", steps)
        write_parquet(self.chunks / f"metrics-{chunk.label}.parquet", metrics)

    def committed(self) -> list[Chunk]:
        """Chunks that are done, by option and replication."""
        return sorted(self._found("metrics"))

    def next_task(self) -> int:
        """Number above the tasks of all chunks done, for tasks whose files need names of their own."""
        return max((chunk.task for chunk in self.committed()), default=-1) + 1

    def drop_uncommitted(self) -> None:
        """Delete the steps of chunks that were killed before their metrics were written."""
        done = set(self._found("metrics"))
        for chunk in self._found("steps"):
            if chunk not in done:
                with contextlib.suppress(OSError):
                    (self.chunks / f"steps-{chunk.label}.parquet").unlink()

    def read_metrics(self, replications: int) -> pl.DataFrame:
        """Metrics of the first replications of every option, in order of option and replication."""
        return self._read("metrics", replications)

    def read_steps(self, replications: int) -> pl.DataFrame:
        """Steps of the first replications of every option, in order of option and replication."""
        return self._read("steps", replications)

    def steps_files(self) -> list[Path]:
        """Files that hold the steps, each step in exactly one of them."""
        return [self.chunks / f"steps-{chunk.label}.parquet" for chunk in self.committed()]

    def metrics_files(self) -> list[Path]:
        """Files that hold the metrics, by option and replication."""
        return [self.chunks / f"metrics-{chunk.label}.parquet" for chunk in self.committed()]

    def write_table(self, name: str, frame: pl.DataFrame) -> None:
        """Write a table that is derived from the chunks."""
        write_parquet(self.tables / f"{name}.parquet", frame)

    def write_result(self, document: dict[str, Any]) -> None:
        """Write the document that says the run is finished."""
        write_json(self.result_path, document)

    def read_result(self) -> dict[str, Any]:
        """Read the document that says the run is finished.

        Raises
        ------
        InputError
            It is not whole.
        """
        try:
            content = json.loads(self.result_path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(
                [Problem(str(self.result_path), 0, 0, "", "this is no result of journeysim", str(error))]
            ) from None
        if not isinstance(content, dict):
            problem = "this is no result of journeysim"
            raise InputError([Problem(str(self.result_path), 0, 0, "", problem)])
        return content

    def _found(self, kind: str) -> list[Chunk]:
        chunks = []
        for path in self.chunks.glob(f"{kind}-*.parquet"):
            match = _CHUNK_NAME.fullmatch(path.name)
            if match:
                task, first, last = (int(part) for part in match.groups()[1:])
                chunks.append(Chunk(task, first, last - first + 1))
        return chunks

    def _read(self, kind: str, replications: int) -> pl.DataFrame:
        frames = [
            pl.read_parquet(self.chunks / f"{kind}-{chunk.label}.parquet", glob=False)
            for chunk in self.committed()
            if chunk.first < replications
        ]
        return pl.concat(frames).filter(pl.col("replication") < replications)


def complete_replications(done: Sequence[Chunk], tasks: int) -> int:
    """Count the replications, from the first on without a gap, that every task has.

    Parameters
    ----------
    done : committed chunks.
    tasks : number of options, or 1 for all options of a market.
    """
    most = max((chunk.first + chunk.count for chunk in done), default=0)
    missing = missing_replications(done, tasks, most)
    return min((numbers[0] if numbers else most for numbers in missing), default=0)


def missing_replications(done: Sequence[Chunk], tasks: int, replications: int) -> list[list[int]]:
    """Replications of each task that are still to be simulated, ascending.

    Parameters
    ----------
    done : committed chunks.
    tasks : number of options, or 1 for all options of a market.
    replications : number wanted of each.
    """
    have: list[set[int]] = [set() for _ in range(tasks)]
    for chunk in done:
        have[chunk.task].update(chunk.replications)
    return [[number for number in range(replications) if number not in seen] for seen in have]
