"""What is remembered of a visit: its peak, its end and its mean, less what the effort takes off."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from journeysim.experience.moments import Encounter, Moments
from journeysim.experience.rules import EffortRules, VisitRules
from journeysim.units import FloatArray, IntArray


@dataclass(frozen=True)
class Remembered:
    """What moments come to, by visit; all of shape (visits,).

    Attributes
    ----------
    score : peak, end and mean together, -1..1; 0 for a visit without moments.
    staff, product : mean of the moments that speak for each, -1..1; NaN without any.
    """

    score: FloatArray
    staff: FloatArray
    product: FloatArray


@dataclass(frozen=True)
class Felt:
    """Scores of the moments as they count in the visit; of shape (steps,), NaN where there is none.

    Attributes
    ----------
    wait, encounter : -1..1; in a step the wait comes first.
    """

    wait: FloatArray
    encounter: FloatArray


def coloured(moments: Moments, wait_moment: FloatArray, encounter_moment: FloatArray) -> Felt:
    """Let waits that are no moments of their own colour the meeting that they belong to.

    The meeting becomes no better than such a wait: the encounter of the same step, else the moment before it
    in the visit; where there is neither, the wait stands alone.

    Parameters
    ----------
    wait_moment, encounter_moment : shape (steps,), scores, NaN where there is no such moment.

    References
    ----------
    Assumption. As moments of their own such waits, most of them short and so good ones, would make a visit
    better than no wait at all.
    """
    wait, encounter = wait_moment.copy(), encounter_moment.copy()
    _colour(moments.first, moments.colours, wait, encounter)
    return Felt(wait, encounter)


@numba.njit(cache=True, nogil=True)
def _colour(first, colours, wait, encounter):  # type: ignore[no-untyped-def]
    for visit in range(first.size - 1):
        last = -1
        for i in range(first[visit], first[visit + 1]):
            if colours[i] and not np.isnan(wait[i]):
                if not np.isnan(encounter[i]):
                    encounter[i] = min(encounter[i], wait[i])
                    wait[i] = np.nan
                elif last >= 0:
                    if np.isnan(encounter[last]):
                        wait[last] = min(wait[last], wait[i])
                    else:
                        encounter[last] = min(encounter[last], wait[i])
                    wait[i] = np.nan
            if not (np.isnan(wait[i]) and np.isnan(encounter[i])):
                last = i


def remembered(
    moments: Moments,
    felt: Felt,
    weight: FloatArray,
    rules: VisitRules,
    encounter_weight: FloatArray | None = None,
) -> Remembered:
    """Fold the moments of each visit into what is remembered of it.

    ``score = peak weight x peak + end weight x end + mean weight x mean``. The peak is the moment of the
    largest size, where bad ones count ``bad_weight`` times. A moment of truth counts ``moment_of_truth``
    times in the mean, and as a peak it is as many times as large (within -1..1): so a better moment never
    makes a worse visit. Waits speak for the staff; encounters for what the touchpoint says.

    Parameters
    ----------
    felt : their scores, as `coloured` gives them.
    weight : shape (steps,), > 0, of each step's moments.
    encounter_weight : shape (steps,), > 0, by which that of its encounter is multiplied; None: 1 everywhere.

    References
    ----------
    Kahneman et al. (1993) for peak and end; Carmon & Kahneman (1996) for the mean. Assumption: the weights.
    """
    visits = moments.first.size - 1
    of_encounter = weight if encounter_weight is None else weight * encounter_weight
    score, staff, product = (np.empty(visits) for _ in range(3))
    _fold(
        moments.first,
        *(felt.wait, felt.encounter, weight, of_encounter, moments.speaks),
        *(rules.peak, rules.end, rules.mean, rules.bad_weight),
        *(score, staff, product),
    )
    return Remembered(score, staff, product)


@numba.njit(cache=True, nogil=True)
def _fold(  # type: ignore[no-untyped-def]
    first,
    wait_moment,
    encounter_moment,
    wait_weight,
    encounter_weight,
    speaks,
    of_peak,
    of_end,
    of_mean,
    bad_weight,
    score,
    staff,
    product,
):
    for visit in range(first.size - 1):
        peak, size, end, total, weights = 0.0, -1.0, 0.0, 0.0, 0.0
        sums, counts = np.zeros(2), np.zeros(2)
        for i in range(first[visit], first[visit + 1]):
            for which in range(2):
                moment = encounter_moment[i] if which else wait_moment[i]
                if np.isnan(moment):
                    continue
                weight = encounter_weight[i] if which else wait_weight[i]
                end = moment
                total += weight * moment
                weights += weight
                weighted = min(max(weight * moment, -1.0), 1.0)
                large = -bad_weight * weighted if weighted < 0.0 else weighted
                # Of two as large the worse: so a moment that gets better never gives the peak to a worse one.
                if large > size or (large == size and weighted < peak):
                    peak, size = weighted, large
                about = speaks[i] if which else 0
                sums[about] += moment
                counts[about] += 1.0
        mean = total / weights if weights > 0.0 else 0.0
        score[visit] = of_peak * peak + of_end * end + of_mean * mean
        staff[visit] = sums[0] / counts[0] if counts[0] > 0.0 else np.nan
        product[visit] = sums[1] / counts[1] if counts[1] > 0.0 else np.nan


def handovers(moments: Moments) -> IntArray:
    """How often the customer was handed on from one staff group to another, by visit.

    Returns
    -------
    shape (visits,). Machines count; the back office, which nobody meets, does not.
    """
    visits = moments.first.size - 1
    met = np.flatnonzero(moments.met >= 0)
    visit = np.repeat(np.arange(visits), np.diff(moments.first))[met]
    group = moments.met[met]
    changes = (group[1:] != group[:-1]) & (visit[1:] == visit[:-1])
    counts: IntArray = np.bincount(visit[1:][changes], minlength=visits)
    return counts


def failures(moments: Moments) -> IntArray:
    """How many services failed, by visit: shape (visits,)."""
    failed = (moments.encounter == Encounter.FAILED).astype(np.int64)
    counts: IntArray = np.add.reduceat(failed, moments.first[:-1]) if failed.size else failed
    return counts


def effort(contact: IntArray, handed_on: IntArray, failed: IntArray, rules: EffortRules) -> FloatArray:
    """What the effort that a visit took is taken off its score.

    Parameters
    ----------
    contact : shape (visits,), the how-manieth visit of its case, from 1.
    handed_on, failed : shape (visits,), `handovers` and `failures`.

    Returns
    -------
    shape (visits,), 0..``rules.most``.

    References
    ----------
    Dixon, Freeman & Toman (2010) for effort. Assumption: the size of each part, and that two handovers, as
    from a greeter to a counter to an adviser, are no effort.
    """
    taken = (
        rules.contact * (contact - 1) + rules.handover * np.maximum(handed_on - 2, 0) + rules.failure * failed
    )
    return np.minimum(taken, rules.most)
