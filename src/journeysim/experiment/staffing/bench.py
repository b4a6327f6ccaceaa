"""Simulates the rosters that a search asks for, and keeps every replication in a folder."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from journeysim.branch.simulate import ENGINES
from journeysim.experiment.progress import Progress, Searching
from journeysim.experiment.results import MetricKey, OptionResult, summarise
from journeysim.experiment.runner import run_chunks
from journeysim.experiment.scenario import Option, Scenario, changes_with
from journeysim.experiment.staffing.search import Roster
from journeysim.experiment.staffing.start import Slots
from journeysim.experiment.staffing.target import Targets
from journeysim.experiment.staffing.target_text import check_observed
from journeysim.experiment.store import RunFolder
from journeysim.experiment.tasks import Work, more_work, work_of
from journeysim.experiment.workers import ChunkResult
from journeysim.journey.patches import path_of
from journeysim.market.state import OURS
from journeysim.units import FloatArray

_NOTE = "files/staffing.txt"
_NOTE_TEXT = b"Replications of the rosters that `journeysim staff` tried: each of them is an option.\n"


@dataclass(frozen=True)
class Rostering:
    """Whose roster is searched, and in which slots.

    Attributes
    ----------
    option : the baseline.
    group : a staff group of its map.
    slots : of the day.
    """

    option: Option
    group: str
    slots: Slots

    def rostered(self, roster: Roster, name: str) -> Option:
        """Return the option with another roster under another name."""
        option = self.option
        journey = option.journey.patched({self.path: self.slots.count(roster)})
        changed = replace(option, name=name, journey=journey)
        if option.market is None:
            return changed
        banks = list(option.market.banks)
        (branch,) = banks[OURS].branches
        banks[OURS] = replace(banks[OURS], branches=(replace(branch, journey=journey),))
        return replace(changed, market=replace(option.market, banks=tuple(banks)))

    def written(self, entry: Mapping[str, Any], roster: Roster) -> dict[str, Any]:
        """What a scenario file says of `rostered`, where it says ``entry`` of the option."""
        return {**entry, **changes_with(entry, {self.path: self.slots.count(roster)})}

    @property
    def path(self) -> str:
        """Where the roster stands in the map."""
        return path_of("staff", self.group, "count")

    def name(self, roster: Roster) -> str:
        """Name of a roster in the folder: the same for the same servers, however the day is cut."""
        counts = ", ".join(f"{time} {count}" for time, count in self.slots.count(roster).items())
        return f"{self.option.name} with {self.group} {counts}"


class RosterBench:
    """Replications of today's roster and of others, all with the same luck, none simulated twice.

    Parameters
    ----------
    scenario : its baseline is today; see `kept_scenario`.
    targets : whose metrics are wanted.
    jobs : processes.
    folder : where replications are kept; None: nowhere.
    searching : called after every chunk.
    """

    def __init__(
        self,
        scenario: Scenario,
        targets: Targets,
        jobs: int | None,
        folder: RunFolder | None,
        searching: Searching | None,
    ) -> None:
        self._scenario, self._targets, self._jobs, self._folder = scenario, targets, jobs, folder
        self._searching = searching
        self._today = scenario.baseline
        self._rows = {target.key: at for at, target in enumerate(targets.each)}
        self._values: dict[str, FloatArray] = {}
        self._done: dict[str, set[int]] = {}
        self._today_frames: list[pl.DataFrame] = []
        self.tried = 0
        if folder is not None:
            for path in folder.metrics_files():
                self._note(pl.read_parquet(path, glob=False))
        self._work: Work | None = None

    def today(self, calibration: Progress | None = None) -> OptionResult:
        """What today's roster comes to, before any other is simulated.

        Parameters
        ----------
        calibration : called with the months of a market's baseline done and all there are.

        Raises
        ------
        InputError
            A target is on a number that it has not.
        """
        self._work = work_of(
            self._scenario,
            ENGINES[0],
            steps=False,
            rules=None,
            start_path=None if self._folder is None else self._folder.start_path,
            progress=calibration,
        )
        self._simulate([self._scenario.baseline_option])
        frames = pl.concat(self._today_frames)
        own = frames.filter(pl.col("replication") < self._scenario.replications)
        return summarise(own, [self._today], self._today, {})[0]

    def values(self, rostering: Rostering, rosters: Sequence[Roster]) -> list[FloatArray]:
        """Simulate rosters.

        Returns
        -------
        Of each roster the targets' metrics, shape (targets, replications).
        """
        names = [rostering.name(one) for one in rosters]
        self._simulate([rostering.rostered(one, name) for one, name in zip(rosters, names, strict=True)])
        self.tried += len(rosters)
        return [self._values[name][:, : self._scenario.replications] for name in names]

    def _simulate(self, options: Sequence[Option]) -> None:
        count = self._scenario.replications
        groups: dict[tuple[int, ...], list[Option]] = {}
        for option in options:
            done = self._done.get(option.name, set())
            lacking = tuple(number for number in range(count) if number not in done)
            if lacking:
                groups.setdefault(lacking, []).append(option)
        total = len(options) * count
        left = sum(len(lacking) * len(some) for lacking, some in groups.items())
        if self._searching:
            self._searching(self.tried, total - left, total)
        if not groups:
            return
        assert self._work is not None
        packed, missing = [], []
        for lacking, some in groups.items():
            tasks = more_work(self._work, some)
            packed += tasks
            missing += [list(lacking) for _ in tasks]
        # Files of other rosters bear the numbers below.
        offset = 0
        if self._folder is not None:
            self._folder.reopen()
            offset = self._folder.next_task()

        def commit(result: ChunkResult) -> None:
            nonlocal left
            # Before it is kept: a metric that a part does not have is told after the first chunk.
            left -= self._note(result.metrics)
            if self._folder is not None:
                chunk = replace(result.chunk, task=result.chunk.task + offset)
                self._folder.commit(chunk, result.metrics, None)
            if self._searching:
                self._searching(self.tried, total - left, total)

        run_chunks(packed, missing, self._jobs, commit, replication_seconds=self._work.replication_seconds)

    def _note(self, metrics: pl.DataFrame) -> int:
        """Remember what is wanted of a table; return how many replications of options it has."""
        whole = metrics.filter(pl.col("month") == 0)
        today = whole.filter(pl.col("option") == self._today)
        if not today.is_empty():
            keys = today.select("scope", "name", "metric").unique().iter_rows()
            check_observed(self._targets, {MetricKey(*key) for key in keys})
            self._today_frames.append(today)
        replications = whole.select("option", "replication").unique().rows()
        for option, replication in replications:
            self._done.setdefault(option, set()).add(replication)
            self._row(option, replication)
        wanted = whole.filter(pl.col("metric").is_in([key.metric for key in self._rows]))
        for option, replication, scope, name, metric, value in wanted.select(
            "option", "replication", "scope", "name", "metric", "value"
        ).iter_rows():
            at = self._rows.get(MetricKey(scope, name, metric))
            if at is not None and value is not None:
                self._row(option, replication)[at, replication] = value
        return len(replications)

    def _row(self, option: str, replication: int) -> FloatArray:
        """Values of an option, wide enough for a replication."""
        have = self._values.get(option, np.full((len(self._rows), 0), math.nan))
        lacking = replication + 1 - have.shape[1]
        if lacking > 0:
            have = np.hstack([have, np.full((len(self._rows), lacking), math.nan)])
        self._values[option] = have
        return have


def kept_scenario(scenario: Scenario) -> Scenario:
    """The baseline alone, under a name and an id that are those of a search of its rosters."""
    baseline = scenario.baseline
    written = {baseline: scenario.resolved["options"].get(baseline, {})}
    kept = scenario.with_options("rosters", [scenario.baseline_option], written)
    return replace(kept, files={**kept.files, _NOTE: _NOTE_TEXT})
