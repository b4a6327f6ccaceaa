"""The progress bar: on stderr, where it is a terminal."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from journeysim.cli.guard import say

if TYPE_CHECKING:
    from rich.console import Console

_MINUTE = 60
_HOUR = 3600


@dataclass(frozen=True)
class Watchers:
    """What to call with the work done and all there is; None where nobody looks.

    Parameters
    ----------
    calibration : with months of a market's baseline, before the replications.
    replications : with replications of all options.
    """

    calibration: Callable[[int, int], None] | None = None
    replications: Callable[[int, int], None] | None = None


@contextlib.contextmanager
def progress_bar(
    title: str, within_s: float | None = None, console: Console | None = None
) -> Iterator[Watchers]:
    """Show a bar while the block runs.

    Parameters
    ----------
    title : shown beside the bar as it is, markup or not.
    within_s : seconds after which no more is begun; None: as long as it takes.
    console : where to show it; None: stderr, where it is a terminal.
    """
    if console is None and not sys.stderr.isatty():
        yield Watchers()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[state]}", markup=False),
        console=console or Console(stderr=True),
        transient=True,
    )
    began = time.monotonic()
    first: list[tuple[float, int]] = []
    with bar:
        task = bar.add_task(title, total=None, state="")

        def calibration(month: int, months: int) -> None:
            state = f"finding the market's baseline: month {month} of {months}"
            bar.update(task, completed=month, total=months, state=state, refresh=True)

        def replications(done: int, total: int) -> None:
            now = time.monotonic()
            if not first:
                first.append((now, done))
            since, had = first[0]
            left = seconds_left(done - had, total - done, now - since)
            if left is not None and within_s is not None:
                left = min(left, max(0.0, began + within_s - now))
            state = f"{done}/{total} replications{left_text(left)}"
            bar.update(task, completed=done, total=total, state=state, refresh=True)

        yield Watchers(calibration, replications)


class Stages:
    """A line on stderr and a progress bar of its own for each stage of a search.

    Parameters
    ----------
    title : shown beside the bar.
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._bar = contextlib.ExitStack()
        self._watchers = Watchers()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def begin(self, text: str) -> None:
        """Say what begins, under a new bar."""
        self._bar.close()
        say(text)
        self._watchers = self._bar.enter_context(progress_bar(self._title))

    def replications(self, done: int, total: int) -> None:
        """Move the bar; see `Watchers`."""
        if self._watchers.replications:
            self._watchers.replications(done, total)

    def calibration(self, month: int, months: int) -> None:
        """Move the bar before the replications; see `Watchers`."""
        if self._watchers.calibration:
            self._watchers.calibration(month, months)


def seconds_left(done: int, left: int, seconds: float) -> float | None:
    """Seconds that the rest takes if it goes on as it went; None before anything is done."""
    return seconds / done * left if done > 0 else None


def left_text(seconds: float | None) -> str:
    """How long is left in words, no more exact than is known; empty where nothing is known or left."""
    if seconds is None or seconds < 0.5:
        return ""
    if seconds < 1.5 * _MINUTE:
        return f", about {max(1, round(seconds))} s left"
    if seconds < 1.5 * _HOUR:
        return f", about {round(seconds / _MINUTE)} min left"
    return f", about {seconds / _HOUR:.1f} h left"
