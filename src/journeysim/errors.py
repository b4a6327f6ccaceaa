"""Everything that can go wrong, as a small tree.

::

    JourneySimError             a journeysim fault with a message meant for a person
    ├── InputError              the input is wrong: all its problems at once      (exit code 2)
    ├── StoppedEarly            work stopped, what a folder had is kept           (exit code 3)
    ├── RouteError              a visit went round in circles while simulated     (exit code 2)
    └── RuleError               an own rule answered what cannot be               (exit code 2)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong with an input, and where.

    Parameters
    ----------
    file : the file's name as the user gave it; empty for input that is no file.
    line, column : from 1; 0 where the place is unknown.
    path : dotted path of the value in the document, such as ``staff.tellers.count``; empty for the whole.
    problem : what is required or wrong, in plain words.
    found : the offending value as text; empty where there is none to show.
    hint : how to mend it; empty where there is nothing to add.
    """

    file: str
    line: int
    column: int
    path: str
    problem: str
    found: str = ""
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        parts = [f"{self.path}: {self.problem}" if self.path else self.problem]
        if self.found:
            parts.append(f"found {self.found}")
        if self.hint:
            parts.append(f"hint: {self.hint}")
        # A key or a value may hold line breaks; a problem is one line.
        text = " ".join(", ".join(parts).splitlines())
        return f"{place}: {text}" if place else text


class JourneySimError(Exception):
    """Root of all errors that journeysim raises on purpose."""

    def _render_traceback_(self) -> list[str]:
        """Lines that a notebook shows in place of a traceback: the message says it all."""
        return f"{type(self).__name__}: {self}".splitlines()


class InputError(JourneySimError):
    """The input is wrong; ``problems`` holds every problem found, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def _render_traceback_(self) -> list[str]:
        if len(self.problems) < 2:
            return super()._render_traceback_()
        return [f"{type(self).__name__}: {len(self.problems)} problems", *map(str, self.problems)]

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


class StoppedEarly(JourneySimError):
    """Work stopped before its end; ``kept_in`` is the folder that keeps what had finished, if one does."""

    def __init__(self, message: str, kept_in: Path | None = None) -> None:
        self.kept_in = kept_in
        super().__init__(message)


class RouteError(JourneySimError):
    """A visit took more steps than any real customer would; the message names its route."""


class RuleError(JourneySimError):
    """A rule of the analyst's own gave an answer that the simulation cannot follow."""
