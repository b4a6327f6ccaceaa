"""Expected visits to each touchpoint: the traffic equations of a map, waits left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from journeysim.journey.stations import LEAVE, Rule, Touchpoint

if TYPE_CHECKING:
    from journeysim.journey.models import Journey
    from journeysim.units import FloatArray


def expected_visits(journey: Journey) -> FloatArray:
    """Expected number of steps at each touchpoint per customer, for each kind of customer.

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
    names = list(journey.touchpoints)
    index = {name: number for number, name in enumerate(names)}
    visits = np.zeros((len(names), len(journey.segments) * len(journey.needs)))
    solved: dict[bytes, FloatArray] = {}
    column = 0
    for segment in journey.segments:
        for need_name, need in journey.needs.items():
            matrix = routing_matrix(journey, segment, need_name)
            key = matrix.tobytes() + need.start.encode()
            if key not in solved:
                solved[key] = _solve(matrix, index[need.start], len(names))
            visits[:, column] = solved[key]
            column += 1
    return visits


def routing_matrix(journey: Journey, segment: str, need: str) -> FloatArray:
    """Probabilities of going from one state to another for one kind of customer.

    Returns
    -------
    shape (2 × touchpoints, 2 × touchpoints): row and column ``i`` are touchpoint i with no failure so far,
    ``touchpoints + i`` the same after one. What a row lacks to 1 leaves.
    """
    names = list(journey.touchpoints)
    index = {name: number for number, name in enumerate(names)}
    count = len(names)
    matrix = np.zeros((2 * count, 2 * count))
    for row, touchpoint in enumerate(journey.touchpoints.values()):
        for failed in (False, True):
            source = row + count * failed
            for target, probability in route(touchpoint, segment, need, failed_before=failed).items():
                if target != LEAVE:
                    matrix[source, index[target] + count * failed] += probability * (1 - touchpoint.fails)
            if touchpoint.fails > 0 and touchpoint.if_failed != LEAVE:
                matrix[source, index[touchpoint.if_failed] + count] += touchpoint.fails
    return matrix


def route(
    touchpoint: Touchpoint, segment: str, need: str, *, failed_before: bool, waited_min: float = 0.0
) -> dict[str, float]:
    """Probability of each target after a service that succeeded.

    Parameters
    ----------
    failed_before : whether a service failed earlier in the visit.
    waited_min : total wait so far in the visit, minutes.

    Returns
    -------
    probability by touchpoint or ``leave``, in order of first mention; they sum to 1.
    """
    left = 1.0
    targets: dict[str, float] = {}
    for rule in touchpoint.next:
        if not holds(rule, segment, need, failed_before=failed_before, waited_min=waited_min):
            continue
        for target, share in rule.targets:
            targets[target] = targets.get(target, 0.0) + left * rule.probability * share
        left *= 1 - rule.probability
        if left == 0:
            break
    if left > 0:
        targets[LEAVE] = targets.get(LEAVE, 0.0) + left
    return targets


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


def _solve(matrix: FloatArray, start: int, count: int) -> FloatArray:
    entry = np.zeros(2 * count)
    entry[start] = 1
    try:
        both = np.linalg.solve(np.eye(2 * count) - matrix.T, entry)
    except np.linalg.LinAlgError:
        return np.full(count, np.inf)
    if not np.isfinite(both).all() or both.min() < -1e-6:
        return np.full(count, np.inf)
    both = np.maximum(both, 0)
    return np.asarray(both[:count] + both[count:])
