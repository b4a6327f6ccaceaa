"""Expected visits to each touchpoint: the traffic equations of a map, waits left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from journeysim.journey.stations import LEAVE, Rule, Touchpoint

if TYPE_CHECKING:
    from journeysim.journey.models import Journey
    from journeysim.units import FloatArray


@dataclass(frozen=True)
class Goal:
    """Where a rule takes a customer.

    Parameters
    ----------
    touchpoint : its name, or ``leave``.
    later : whether this visit ends and the case's next contact, on a later day, is there.
    keeps_server : whether the server waits while the customer is there.
    """

    touchpoint: str
    later: bool = False
    keeps_server: bool = False


def expected_visits(journey: Journey) -> FloatArray:
    """Expected number of steps at each touchpoint in a customer's first visit, for each kind of customer.

    Returns
    -------
    shape (touchpoints, segments × needs), 0 or more; column ``s * len(needs) + n`` is segment s with need n,
    all in the map's order. A route that never leaves gives infinity.

    Notes
    -----
    Assumption: nobody balks, reneges or is rejected, and no rule with ``waited_over`` holds. Failures count:
    their share goes to ``if_failed``, and ``failed_before`` is followed exactly.

    References
    ----------
    Jackson (1957), Networks of waiting lines, for the traffic equations.
    """
    return _sums_of_states(_expected(journey, None, contacts=False))


def expected_case_visits(journey: Journey, start: str | None = None) -> FloatArray:
    """Expected number of steps at each touchpoint in all contacts of a case, for each kind of customer.

    As `expected_visits`, but a rule with ``after`` leads on to the case's next contact.

    Parameters
    ----------
    start : touchpoint where the first contact starts; None: where the need does.
    """
    return _sums_of_states(expected_case_states(journey, start))


def expected_case_states(journey: Journey, start: str | None = None) -> FloatArray:
    """Expected number of steps in all contacts of a case, by what has happened before in the visit.

    Returns
    -------
    shape (2 × touchpoints, segments × needs): rows as in `routing_matrix`, columns as in `expected_visits`.
    """
    return _expected(journey, start, contacts=True)


def routing_matrix(journey: Journey, segment: str, need: str, *, contacts: bool = False) -> FloatArray:
    """Probabilities of going from one state to another for one kind of customer.

    Parameters
    ----------
    contacts : whether the next contact of a case counts as going on.

    Returns
    -------
    shape (2 × touchpoints, 2 × touchpoints): row and column ``i`` are touchpoint i with no failure so far in
    the visit, ``touchpoints + i`` the same after one. What a row lacks to 1 leaves.
    """
    names = list(journey.touchpoints)
    index = {name: number for number, name in enumerate(names)}
    count = len(names)
    matrix = np.zeros((2 * count, 2 * count))
    for row, touchpoint in enumerate(journey.touchpoints.values()):
        for failed in (False, True):
            source = row + count * failed
            for goal, probability in route(touchpoint, segment, need, failed_before=failed).items():
                if goal.touchpoint != LEAVE and (contacts or not goal.later):
                    state = index[goal.touchpoint] + count * (failed and not goal.later)
                    matrix[source, state] += probability * (1 - touchpoint.fails)
            if touchpoint.fails > 0 and touchpoint.if_failed != LEAVE:
                matrix[source, index[touchpoint.if_failed] + count] += touchpoint.fails
    return matrix


def route(
    touchpoint: Touchpoint, segment: str, need: str, *, failed_before: bool, waited_min: float = 0.0
) -> dict[Goal, float]:
    """Probability of each goal after a service that succeeded.

    Parameters
    ----------
    failed_before : whether a service failed earlier in the visit.
    waited_min : total wait so far in the visit, minutes.

    Returns
    -------
    probability by goal, in order of first mention; they sum to 1.
    """
    left = 1.0
    goals: dict[Goal, float] = {}
    for rule in touchpoint.next:
        if not holds(rule, segment, need, failed_before=failed_before, waited_min=waited_min):
            continue
        for target, share in rule.targets:
            goal = Goal(target, rule.after is not None, rule.keep_server)
            goals[goal] = goals.get(goal, 0.0) + left * rule.probability * share
        left *= 1 - rule.probability
        if left == 0:
            break
    if left > 0:
        goals[Goal(LEAVE)] = goals.get(Goal(LEAVE), 0.0) + left
    return goals


def holds(rule: Rule, segment: str, need: str, *, failed_before: bool, waited_min: float) -> bool:
    """Whether a rule's conditions hold for a customer."""
    when = rule.when
    if when is None:
        return True
    return (
        (when.segments is None or segment in when.segments)
        and (when.needs is None or need in when.needs)
        and (when.failed_before is None or when.failed_before == failed_before)
        and (when.waited_over_min is None or waited_min > when.waited_over_min)
    )


def _expected(journey: Journey, start: str | None, *, contacts: bool) -> FloatArray:
    """Expected steps by state and kind of customer."""
    index = {name: number for number, name in enumerate(journey.touchpoints)}
    states = np.zeros((2 * len(index), len(journey.segments) * len(journey.needs)))
    solved: dict[bytes, FloatArray] = {}
    column = 0
    for segment in journey.segments:
        for need_name, need in journey.needs.items():
            matrix = routing_matrix(journey, segment, need_name, contacts=contacts)
            first = index[need.start if start is None else start]
            key = matrix.tobytes() + first.to_bytes(4, "big")
            if key not in solved:
                solved[key] = _solve(matrix, first)
            states[:, column] = solved[key]
            column += 1
    return states


def _sums_of_states(states: FloatArray) -> FloatArray:
    count = len(states) // 2
    return np.asarray(states[:count] + states[count:])


def _solve(matrix: FloatArray, start: int) -> FloatArray:
    entry = np.zeros(len(matrix))
    entry[start] = 1
    try:
        steps = np.linalg.solve(np.eye(len(matrix)) - matrix.T, entry)
    except np.linalg.LinAlgError:
        return np.full(len(matrix), np.inf)
    if not np.isfinite(steps).all() or steps.min() < -1e-6:
        return np.full(len(matrix), np.inf)
    return np.asarray(np.maximum(steps, 0))
