"""The work that a scenario comes to: a task for each option, or one for all options of a market."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile

from journeysim.branch.own_rules import OwnRules
from journeysim.experiment.files import write_whole
from journeysim.experiment.progress import Progress
from journeysim.experiment.scenario import Option, Scenario
from journeysim.experiment.workers import MarketTask, Task, pack, unpacked
from journeysim.market.model import Alternative
from journeysim.market.start import CALIBRATION_MONTHS, Start, calibrated


@dataclass(frozen=True)
class Work:
    """The tasks of a run.

    Parameters
    ----------
    packed : each as `workers.pack` gives it.
    replication_seconds : about how long one replication of all tasks takes; 0 where nothing was measured.
    """

    packed: list[bytes]
    replication_seconds: float = 0.0


def work_of(
    scenario: Scenario,
    engine: str,
    *,
    steps: bool,
    rules: OwnRules | None,
    start_path: Path | None = None,
    progress: Progress | None = None,
) -> Work:
    """Make the tasks of a scenario; a market first finds what its baseline fixes.

    Parameters
    ----------
    scenario, engine, steps, rules : of the run.
    start_path : where the market's start is kept, or will be; None: nowhere.
    progress : called with the months of the market's baseline done and all there are.
    """
    if scenario.options[0].market is not None:
        return _market_work(scenario, steps, rules, start_path, progress)
    return Work(
        [
            pack(
                Task(
                    option=option.name,
                    journey=option.journey,
                    experience=option.behaviour,
                    days=option.days,
                    seed=scenario.seed,
                    target_wait_min=scenario.target_wait_min,
                    engine=engine,
                    keep_steps=steps,
                    rules=rules,
                )
            )
            for option in scenario.options
        ]
    )


def more_work(work: Work, options: Sequence[Option]) -> list[bytes]:
    """Pack tasks for other options than those of a known work, under what its baseline fixes.

    Parameters
    ----------
    work : of a scenario without rules of one's own.
    options : that differ from the scenario's as its own may differ from each other.

    Returns
    -------
    A task for each option, or one for all options of a market.
    """
    task = unpacked(work.packed[0])
    if isinstance(task, Task):
        return [
            pack(replace(task, option=one.name, journey=one.journey, experience=one.behaviour, days=one.days))
            for one in options
        ]
    own = len(task.alternatives)
    alternatives = (*task.alternatives, *_alternatives(options, None))
    return [pack(replace(task, alternatives=alternatives, only=tuple(range(own, len(alternatives)))))]


def _alternatives(options: Sequence[Option], rules: OwnRules | None) -> tuple[Alternative, ...]:
    return tuple(
        Alternative(option.name, option.market, option.behaviour, option.cost_per_year, rules)
        for option in options
        if option.market is not None
    )


def _market_work(
    scenario: Scenario,
    steps: bool,
    rules: OwnRules | None,
    start_path: Path | None,
    progress: Progress | None,
) -> Work:
    alternatives = _alternatives(scenario.options, rules)
    baseline = [option.name for option in scenario.options].index(scenario.baseline)
    start, seconds = _kept_start(start_path), 0.0
    if start is None:
        began = time.perf_counter()
        start = calibrated(alternatives[baseline], scenario.seed, scenario.target_wait_min, progress=progress)
        market = alternatives[baseline].market
        months = market.burn_in_months + len(alternatives) * market.months
        seconds = (time.perf_counter() - began) / CALIBRATION_MONTHS * months
        if start_path is not None:
            write_whole(start_path, start.to_bytes())
    task = MarketTask(
        alternatives,
        baseline,
        replace(start, months=()),
        scenario.seed,
        scenario.target_wait_min,
        steps,
    )
    return Work([pack(task)], seconds)


def _kept_start(path: Path | None) -> Start | None:
    """What the baseline fixed when the run began; None where it is not kept yet, or cannot be read."""
    if path is None:
        return None
    try:
        return Start.from_bytes(path.read_bytes())
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return None
