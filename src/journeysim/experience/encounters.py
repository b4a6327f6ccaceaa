"""How an encounter feels: its quality, through the Kano kind of the touchpoint."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from journeysim.experience.rules import EncounterRules
from journeysim.units import BoolArray, FloatArray

Kano = Literal["linear", "attractive", "must_be"]
KANO: tuple[Kano, ...] = ("linear", "attractive", "must_be")


def encounter_quality(attentive: BoolArray, u: FloatArray, rules: EncounterRules) -> FloatArray:
    """Quality of encounters with staff, evenly between the bounds of their kind.

    Parameters
    ----------
    attentive : shape (encounters,), whether somebody attended to the customer or was indifferent.
    u : shape (encounters,), luck in (0, 1), the same whether attentive or not.

    Returns
    -------
    shape (encounters,), 0..1.

    References
    ----------
    Assumption.
    """
    low = np.where(attentive, rules.attentive.low, rules.indifferent.low)
    high = np.where(attentive, rules.attentive.high, rules.indifferent.high)
    return low + (high - low) * u


def kano_shape(quality: FloatArray, kano: Kano) -> FloatArray:
    """Share of the way from the worst to the best score that a quality comes to.

    Parameters
    ----------
    quality : shape (encounters,), 0..1.

    Returns
    -------
    shape (encounters,), 0..1: the quality itself if linear, ``(e^x - 1) / (e - 1)`` if attractive (little
    until it is very good), ``(1 - e^-x) e / (e - 1)`` if must be (little above what is taken for granted).

    References
    ----------
    Kano et al. (1984) for the kinds; Wang & Ji (2010) for the curves.
    """
    if kano == "attractive":
        return np.expm1(quality) / math.expm1(1.0)
    if kano == "must_be":
        return -np.expm1(-quality) * (math.e / math.expm1(1.0))
    return quality


def encounter_score(quality: FloatArray, kano: Kano, rules: EncounterRules) -> FloatArray:
    """Score of encounters that succeeded.

    Parameters
    ----------
    quality : shape (encounters,), 0..1.
    kano : kind of the touchpoint.
    rules : scores of the best and the worst quality, by kind.

    Returns
    -------
    shape (encounters,), -1..1.
    """
    ends = {"linear": rules.linear, "attractive": rules.attractive, "must_be": rules.must_be}[kano]
    return ends.worst + (ends.best - ends.worst) * kano_shape(quality, kano)
