"""What everybody in a projected town goes through, written down month by month as it is projected.

Months keep totals of our bank alone. What single people lived through, heard and chose is seen here: every
step of a month is called as ever, and what went in and came out is noted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numpy as np

from journeysim.market import projection
from journeysim.market.choosing import Banks, reputation
from journeysim.market.opinions import Visits
from journeysim.market.state import OURS, State
from journeysim.market.telling import Heard


@dataclass(frozen=True)
class Moment:
    """Everybody at a moment; all of shape (people,), as in `State`; ``heard`` of our bank alone."""

    bank: np.ndarray
    tenure: np.ndarray
    visits: np.ndarray
    satisfaction: np.ndarray
    rung: np.ndarray
    heard: np.ndarray

    @classmethod
    def of(cls, state: State) -> Moment:
        """A copy, in small numbers where they do."""
        return cls(
            state.bank.astype(np.int8),
            state.tenure.astype(np.int16),
            state.visits.astype(np.int16),
            state.satisfaction.copy(),
            state.rung.astype(np.int8),
            state.heard[OURS].copy(),
        )


@dataclass(frozen=True)
class OurVisits:
    """Visits of a month to our bank, in the order they happened; ``visitors`` are those of any bank."""

    person: np.ndarray
    score: np.ndarray
    visitors: np.ndarray


@dataclass(frozen=True)
class Stories:
    """Hearings of a month about our bank: who heard, what sign it had, and from whom it came.

    The first ``told`` are first hand, then as many as ``relayed`` were passed on; the media come last.
    """

    listener: np.ndarray
    sign: np.ndarray
    told: int
    relayed: int


@dataclass(frozen=True)
class Choices:
    """Who chose a bank at a month's end.

    Parameters
    ----------
    people, own, to : shape (moving,): who, which bank they left (-1: new in town), which one they took.
    thought : shape (moving, banks), what they thought of each.
    banks, constants : what else the choice went by; constants of shape (moving, banks).
    """

    people: np.ndarray
    own: np.ndarray
    to: np.ndarray
    thought: np.ndarray
    banks: Banks
    constants: np.ndarray


@dataclass(frozen=True)
class Month:
    """A month of a replication: before the visits, after them and what was told of them, and who moved."""

    before: Moment
    visits: OurVisits
    stories: Stories
    after: Moment
    choices: Choices

    @property
    def left(self) -> np.ndarray:
        """Shape (people,), who left our bank for another at the month's end."""
        found = np.zeros(self.before.bank.size, dtype=bool)
        found[self.choices.people[self.choices.own == OURS]] = True
        return found


@contextmanager
def watched(months: int) -> Iterator[deque[Month]]:
    """Write down the last months of the one option that is projected within."""
    found: deque[Month] = deque(maxlen=months)
    now: dict[str, Any] = {}

    def live_through(state: State, visits: Visits, *others: Any) -> Any:
        ours = visits.bank == OURS
        now["before"] = Moment.of(state)
        now["visits"] = OurVisits(visits.person[ours], visits.score[ours], np.unique(visits.person))
        return real["live_through"](state, visits, *others)

    def spread(*arguments: Any) -> Heard:
        heard: Heard = real["spread"](*arguments)
        ours = heard.bank == OURS
        told = int(ours[: heard.told].sum())
        relayed = int(ours[heard.told : heard.told + heard.relayed].sum())
        now["stories"] = Stories(heard.listener[ours], heard.sign[ours].astype(np.int8), told, relayed)
        return heard

    def take_in(state: State, *others: Any) -> None:
        real["take_in"](state, *others)
        now["after"] = Moment.of(state)

    def choose(state: State, people: np.ndarray, own: np.ndarray, banks: Banks, *others: Any) -> Any:
        thought = reputation(state, people)
        to = real["choose"](state, people, own, banks, *others)
        of_each = others[0][:, state.segment[people]].T
        now["choices"] = Choices(people, own, to, thought, banks, of_each)
        found.append(Month(**now))
        return to

    watching = {"live_through": live_through, "spread": spread, "take_in": take_in, "choose": choose}
    real = {name: getattr(projection, name) for name in watching}
    with mock.patch.multiple(projection, **watching):
        yield found
