"""How a wait feels: perceived against acceptable, losses larger than gains."""

from __future__ import annotations

import numpy as np

from journeysim.experience.rules import WaitingRules
from journeysim.units import FloatArray


def condition_factor(conditions: tuple[str, ...], rules: WaitingRules) -> float:
    """Factor on the perceived wait of a queue's conditions together.

    Parameters
    ----------
    conditions : words that a map gives a queue, such as ``seated``.
    rules : their factors.

    Returns
    -------
    > 0; 1 without conditions.

    References
    ----------
    Maister (1985) for the propositions. Assumption: the factors, and that they multiply.
    """
    factors = rules.conditions.model_dump()
    return float(np.prod([factors[condition] for condition in conditions]))


def perceived_wait_min(wait_min: FloatArray, factor: FloatArray | float, rules: WaitingRules) -> FloatArray:
    """Wait as it is remembered.

    Parameters
    ----------
    wait_min : shape (waits,), minutes, >= 0.
    factor : of the conditions of waiting; one for each wait, or for all.
    rules : the overestimation.

    Returns
    -------
    shape (waits,), minutes.

    References
    ----------
    Stone (2012), quoting Larson: people overestimate their waits by about a third.
    """
    return wait_min * (rules.overestimation * factor)


def value(gap: FloatArray, rules: WaitingRules) -> FloatArray:
    """Loss-averse value of a gap: ``x^power`` of a gain, ``-loss_aversion (-x)^power`` of a loss.

    Parameters
    ----------
    gap : shape (waits,), gains above 0 and losses below.
    rules : power and loss aversion.

    References
    ----------
    Tversky & Kahneman (1992).
    """
    size = np.abs(gap) ** rules.power
    return np.where(gap < 0, -rules.loss_aversion * size, size)


def wait_score(perceived_min: FloatArray, acceptable_min: FloatArray, rules: WaitingRules) -> FloatArray:
    """Score of a wait against what the customer would accept.

    Parameters
    ----------
    perceived_min : shape (waits,), minutes, >= 0, as `perceived_wait_min` gives them.
    acceptable_min : shape (waits,), minutes, > 0.
    rules : constants of the value function.

    Returns
    -------
    shape (waits,), -1..1: ``tanh(value((acceptable - perceived) / acceptable))``. 0 where the wait is just
    acceptable, never better than tanh(1) = .76.

    References
    ----------
    Maister (1985): satisfaction is perception less expectation. Assumption: the gap counts in parts of the
    acceptable wait, and the hyperbolic tangent keeps scores within -1..1.
    """
    return np.tanh(value((acceptable_min - perceived_min) / acceptable_min, rules))


def given_up_score(score: FloatArray, rules: WaitingRules) -> FloatArray:
    """Score of a wait after which nobody served: who gave up, never joined or was turned away.

    Parameters
    ----------
    score : shape (waits,), of the wait alone, -1..1.

    Returns
    -------
    shape (waits,), at most ``rules.given_up``.

    References
    ----------
    Assumption.
    """
    return np.minimum(score, rules.given_up)
