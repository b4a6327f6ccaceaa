"""Which moments a visit has: what the customer waited for, and whom the customer met."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numba
import numpy as np

from journeysim.branch.plan import Outcome
from journeysim.branch.steps import NONE, StepArrays
from journeysim.experience.plan import ExperiencePlan, Speaks
from journeysim.units import BoolArray, IntArray, to_ticks


class Encounter(IntEnum):
    """What kind of encounter a step was."""

    NONE = 0
    STAFF = 1
    MACHINE = 2
    FAILED = 3


@dataclass(frozen=True)
class Moments:
    """The moments of visits, before they are scored; all but ``first`` of shape (steps,).

    Attributes
    ----------
    first : shape (visits + 1,), the first step of each visit, and the number of steps.
    wait : ticks that the customer felt to wait; -1 where there is no wait moment.
    colours : whether the wait is no moment of its own: it makes a meeting no better than itself, the one that
        it is for, or for the back lane the moment before.
    gave_up : whether the wait ended without service: balked, gave up, found no room, sent home.
    encounter : `Encounter`.
    speaks : what the encounter speaks for, `Speaks.STAFF` or `Speaks.PRODUCT`.
    occurrence : the how-manieth time the visit comes to the touchpoint, from 0.
    met : the staff group that the customer met, or -1.
    """

    first: IntArray
    wait: IntArray
    colours: BoolArray
    gave_up: BoolArray
    encounter: IntArray
    speaks: IntArray
    occurrence: IntArray
    met: IntArray


def moments_of(plan: ExperiencePlan, steps: StepArrays) -> Moments:
    """Find the moments of visits: at most one wait and one encounter in each step.

    A wait moment for every queue joined, for who did not join or gave up, and for the time that the back
    office takes, waiting line and work alike, since the customer waits for both. Before a greeting or a
    machine a brief wait goes unnoticed. A longer one there, and the time of the back office, is no moment of
    its own, or quick work behind the scenes would make a visit better than none: it colours a meeting.

    An encounter moment for every service on the front lane, and for one that failed
    on either; where there is no queue nobody serves, so it is an encounter only in a self-service channel or
    where the touchpoint says what it speaks for. A contact that begins in the back office begins without the
    customer, who waits from the first meeting on.

    Parameters
    ----------
    steps : by visit, then step; every visit has at least one.
    """
    size = steps.step.size
    first = np.append(np.flatnonzero(steps.step == 1), size)
    wait = np.full(size, -1, dtype=np.int64)
    colours, gave_up = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    encounter, speaks, occurrence = (np.zeros(size, dtype=np.int64) for _ in range(3))
    met = np.full(size, NONE, dtype=np.int64)
    _find(
        first,
        *(steps.touchpoint, steps.queue, steps.joined, steps.started, steps.ended),
        *(steps.group, steps.queue_length_seen, steps.outcome),
        *(plan.is_back, plan.is_self_service, plan.is_greeting, plan.speaks, plan.is_machine),
        to_ticks(plan.rules.waiting.unnoticed),
        *(wait, colours, gave_up, encounter, speaks, occurrence, met),
    )
    return Moments(first, wait, colours, gave_up, encounter, speaks, occurrence, met)


_SERVED, _FAILED, _BALKED, _RENEGED, _REJECTED, _CLOSED = (
    int(outcome)
    for outcome in (
        Outcome.SERVED,
        Outcome.FAILED,
        Outcome.BALKED,
        Outcome.RENEGED,
        Outcome.REJECTED,
        Outcome.CLOSED,
    )
)
_STAFF, _MACHINE, _FAILURE = int(Encounter.STAFF), int(Encounter.MACHINE), int(Encounter.FAILED)
_AS_SERVED, _FOR_STAFF, _FOR_PRODUCT = int(Speaks.AS_SERVED), int(Speaks.STAFF), int(Speaks.PRODUCT)


@numba.njit(cache=True, nogil=True)
def _find(  # type: ignore[no-untyped-def]
    first,
    touchpoint,
    queue,
    joined,
    started,
    ended,
    group,
    length_seen,
    outcome,
    is_back,
    is_self_service,
    is_greeting,
    speaks_of,
    is_machine,
    unnoticed,
    wait,
    colours,
    gave_up,
    encounter,
    speaks,
    occurrence,
    met,
):
    for visit in range(first.size - 1):
        begin = first[visit]
        there = not is_back[touchpoint[begin]]
        for i in range(begin, first[visit + 1]):
            point, result = touchpoint[i], outcome[i]
            back = is_back[point]
            machine = is_self_service[point] or is_machine[group[i]]
            for before in range(begin, i):
                if touchpoint[before] == point:
                    occurrence[i] += 1
            turned_away = result in (_BALKED, _REJECTED)
            gave_up[i] = there and (turned_away or result in (_RENEGED, _CLOSED))
            waited = -1
            if queue[i] != NONE and length_seen[i] != NONE and not turned_away:
                waited = (started[i] if started[i] != NONE else ended[i]) - joined[i]
            if back and started[i] != NONE:
                waited = ended[i] - joined[i]
            if gave_up[i]:
                wait[i] = max(waited, 0)
            elif there and waited >= 0:
                brief = not back and (machine or is_greeting[point])
                colours[i] = back or brief
                if waited > unnoticed or not brief:
                    wait[i] = waited
            if result == _FAILED:
                encounter[i] = _FAILURE
            elif result == _SERVED and not back and machine:
                encounter[i] = _MACHINE
            elif result == _SERVED and not back and (queue[i] != NONE or speaks_of[point] != _AS_SERVED):
                encounter[i] = _STAFF
            speaks[i] = speaks_of[point]
            if speaks[i] == _AS_SERVED:
                speaks[i] = _FOR_PRODUCT if machine or back else _FOR_STAFF
            if not back and started[i] != NONE:
                met[i] = group[i]
                there = True
