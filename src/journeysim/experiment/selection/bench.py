"""Simulates what a selection asks for, and keeps every replication in a folder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from journeysim.errors import InputError, Problem
from journeysim.experiment.progress import Progress
from journeysim.experiment.runner import run_chunks
from journeysim.experiment.scenario import Scenario
from journeysim.experiment.store import RunFolder
from journeysim.experiment.tasks import Work
from journeysim.experiment.workers import ChunkResult, narrowed
from journeysim.units import FloatArray


class SelectionBench:
    """Simulates replications of the options that are wanted, and remembers their values of the metric.

    Parameters
    ----------
    scenario : whose options are chosen from.
    metric : by which they are compared.
    work : their tasks.
    jobs : processes.
    folder : where replications are kept; None: nowhere.
    progress : called after every chunk with replications done and all that are wanted.
    file : of the scenario, for messages.
    """

    def __init__(
        self,
        scenario: Scenario,
        metric: str,
        work: Work,
        jobs: int | None,
        folder: RunFolder | None,
        progress: Progress | None,
        file: str,
    ) -> None:
        self._names = [option.name for option in scenario.options]
        self._together = scenario.options[0].market is not None
        self._metric = metric
        self._work = work
        self._jobs = jobs
        self._folder = folder
        self._progress = progress
        self._file = file
        self._values: list[dict[int, float]] = [{} for _ in self._names]
        if folder is not None:
            for path in folder.metrics_files():
                self._note(pl.read_parquet(path, glob=False))

    def simulate(self, options: Sequence[int], replications: int) -> None:
        """Simulate what is missing of the first replications of some options."""
        lacking = {
            option: [number for number in range(replications) if number not in self._values[option]]
            for option in options
        }
        total, left = len(options) * replications, sum(len(numbers) for numbers in lacking.values())
        if left == 0:
            return
        if self._folder is not None:
            self._folder.reopen()
        if self._together:
            packed, missing, offset = self._shared_tasks(lacking, replications)
        else:
            packed, offset = self._work.packed, 0
            missing = [lacking.get(option, []) for option in range(len(self._names))]

        def commit(result: ChunkResult) -> None:
            nonlocal left
            left -= self._note(result.metrics)
            if self._folder is not None:
                chunk = replace(result.chunk, task=result.chunk.task + offset)
                self._folder.commit(chunk, result.metrics, None)
            if self._progress:
                self._progress(total - left, total)

        if self._progress:
            self._progress(total - left, total)
        run_chunks(packed, missing, self._jobs, commit, replication_seconds=self._work.replication_seconds)

    def values(self, options: Sequence[int], replication: int) -> FloatArray:
        """Values of some options in a replication; shape (all options,), NaN for the others.

        Raises
        ------
        InputError
            One of them has no value.
        """
        values = np.full(len(self._names), math.nan)
        for option in options:
            values[option] = self._values[option][replication]
            if math.isnan(values[option]):
                problem = f"a value of {self._metric} in every replication is required"
                where = f"option {self._names[option]} has none in replication {replication + 1}"
                raise InputError([Problem(self._file, 0, 0, "metric", problem, where)])
        return values

    def _shared_tasks(
        self, lacking: dict[int, list[int]], replications: int
    ) -> tuple[list[bytes], list[list[int]], int]:
        """Tasks of a market, one for each group of options that lack the same replications.

        Together with what is added to the numbers of the tasks, so that their files have names of their own:
        the same replication may be kept in several, each with other options.
        """
        groups: dict[tuple[int, ...], list[int]] = {}
        sets = {option: frozenset(numbers) for option, numbers in lacking.items()}
        for number in range(replications):
            who = tuple(option for option, missing in sets.items() if number in missing)
            if who:
                groups.setdefault(who, []).append(number)
        packed = [narrowed(self._work.packed[0], who) for who in groups]
        return packed, list(groups.values()), 0 if self._folder is None else self._folder.next_task()

    def _note(self, metrics: pl.DataFrame) -> int:
        """Remember the metric of every option and replication of a table; return how many there were."""
        rows = metrics.filter(
            (pl.col("scope") == "all") & (pl.col("month") == 0) & (pl.col("metric") == self._metric)
        )
        number = {name: at for at, name in enumerate(self._names)}
        for option, replication, value in rows.select("option", "replication", "value").iter_rows():
            self._values[number[option]][replication] = math.nan if value is None else value
        return len(rows)
