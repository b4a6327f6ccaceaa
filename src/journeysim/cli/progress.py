"""The progress bar: on stderr, where it is a terminal."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

from journeysim.cli.guard import say
from journeysim.experiment.progress import Pace, Watchers, left_text

if TYPE_CHECKING:
    from rich.console import Console


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
    pace = Pace()
    with bar:
        task = bar.add_task(title, total=None, state="")

        def calibration(month: int, months: int) -> None:
            state = f"finding the market's baseline: month {month} of {months}"
            bar.update(task, completed=month, total=months, state=state, refresh=True)

        def replications(done: int, total: int) -> None:
            now = time.monotonic()
            left = pace.left(done, total, now)
            if left is not None and within_s is not None:
                left = min(left, max(0.0, began + within_s - now))
            state = f"{done}/{total} replications{left_text(left)}"
            bar.update(task, completed=done, total=total, state=state, refresh=True)

        def searching(tried: int, done: int, total: int) -> None:
            state = f"{tried} tried; {done}/{total} replications of the next"
            bar.update(task, completed=done, total=total, state=state, refresh=True)

        yield Watchers(calibration, replications, searching)


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

    def searching(self, tried: int, done: int, total: int) -> None:
        """Move the bar of a search that nobody knows the length of; see `Watchers`."""
        if self._watchers.searching:
            self._watchers.searching(tried, done, total)

    def calibration(self, month: int, months: int) -> None:
        """Move the bar before the replications; see `Watchers`."""
        if self._watchers.calibration:
            self._watchers.calibration(month, months)
