"""How far a run is, in a notebook and in a terminal, for those who call it from Python.

The bar of the command line is another one: it may use rich, which is the command line's alone.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any, Protocol

Progress = Callable[[int, int], None]
"""Called with what is done and all there is."""

Searching = Callable[[int, int, int], None]
"""Called with how many were tried before, and the replications done and all there are of those at work."""

Tell = Callable[[str], None]
"""Called with what a search is about to do."""

QUIET_SECONDS = 0.5
"""A run that is over sooner shows no bar."""

_SURE_SECONDS = 1.0
_MINUTE = 60
_HOUR = 3600
_WIDTH = 20


@dataclass(frozen=True)
class Watchers:
    """What to call with the work done and all there is; None where nobody looks.

    Parameters
    ----------
    calibration : with months of a market's baseline, before the replications.
    replications : with replications of all options.
    searching : with what a search has tried; how much there will be nobody knows.
    """

    calibration: Progress | None = None
    replications: Progress | None = None
    searching: Searching | None = None


class Screen(Protocol):
    """Where a bar is shown."""

    def show(self, done: int, total: int, text: str) -> None:
        """Show the bar in place of what was shown before."""

    def clear(self) -> None:
        """Take it away."""


@contextmanager
def shown_where_somebody_looks() -> Iterator[Watchers]:
    """Show a bar while the block runs: in a notebook's cell, or on stderr where it is a terminal."""
    screen = _screen()
    if screen is None:
        yield Watchers()
        return
    bar = Bar(screen)
    try:
        yield Watchers(bar.calibration, bar.replications)
    finally:
        bar.close()


class Bar:
    """The bar of one run.

    Parameters
    ----------
    screen : where it is shown.
    now : the clock, seconds.
    """

    def __init__(self, screen: Screen, now: Callable[[], float] = time.monotonic) -> None:
        self._screen = screen
        self._now = now
        self._began = now()
        self._pace = Pace()
        self._shown = False

    def calibration(self, month: int, months: int) -> None:
        """Show how far finding the market's baseline is."""
        self._show(month, months, f"finding the market's baseline: month {month} of {months}")

    def replications(self, done: int, total: int) -> None:
        """Show how far the replications are, and how long the rest takes if it goes on as it went."""
        left = left_text(self._pace.left(done, total, self._now()))
        self._show(done, total, f"{done}/{total} replications{left}")

    def close(self) -> None:
        """Take the bar away."""
        if self._shown:
            self._screen.clear()

    def _show(self, done: int, total: int, text: str) -> None:
        if self._shown or self._now() - self._began >= QUIET_SECONDS:
            self._shown = True
            self._screen.show(done, total, text)


class Pace:
    """How fast replications go, told from when they began, and better from when the first ones had ended.

    Those also pay for starting processes and for what every process compiles once.
    """

    def __init__(self) -> None:
        self._began: tuple[float, int] | None = None
        self._warm: tuple[float, int] | None = None

    def left(self, done: int, total: int, now: float) -> float | None:
        """Seconds that the rest takes if it goes on as it went; None before anything is done.

        Parameters
        ----------
        done, total : replications done, and all there are.
        now : seconds, on any clock.
        """
        if self._began is None:
            self._began = (now, done)
        since, had = self._began
        if self._warm is None and done > had:
            self._warm = (now, done)
        elif self._warm is not None and now - self._warm[0] >= _SURE_SECONDS and done > self._warm[1]:
            since, had = self._warm
        return seconds_left(done - had, total - done, now - since)


class Terminal:
    """One line of stderr, written over and over."""

    def show(self, done: int, total: int, text: str) -> None:
        """Show the bar; see `Screen`."""
        full = _WIDTH * done // total if total else 0
        line = f"{'━' * full}{'─' * (_WIDTH - full)} {text}"
        self._write(line[: shutil.get_terminal_size().columns - 1])

    def clear(self) -> None:
        """Empty the line."""
        self._write("")

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write(f"\r{text}\x1b[K")
            sys.stderr.flush()
        except (OSError, UnicodeEncodeError):
            # Somebody who cannot be told how far the run is still gets its result.
            pass


class Cell:
    """One output of a notebook's cell, updated in place.

    Parameters
    ----------
    display : `IPython.display.display`.
    """

    def __init__(self, display: Callable[..., Any]) -> None:
        self._display = display
        self._handle: Any = None

    def show(self, done: int, total: int, text: str) -> None:
        """Show the bar; see `Screen`."""
        html = f'<progress value="{done}" max="{max(total, 1)}"></progress> {escape(text)}'
        self._update({"text/html": html, "text/plain": text})

    def clear(self) -> None:
        """Leave an output with nothing in it."""
        self._update({"text/plain": ""})

    def _update(self, shown: dict[str, str]) -> None:
        if self._handle is None:
            self._handle = self._display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)


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


def _screen() -> Screen | None:
    """The screen that somebody looks at; None where nobody does."""
    # Only a program that runs in a kernel has IPython loaded, and it is no dependency of ours.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if getattr(shell, "kernel", None) is not None:
        return Cell(sys.modules["IPython.display"].display)
    return Terminal() if sys.stderr is not None and sys.stderr.isatty() else None
