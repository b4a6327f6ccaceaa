"""What the experience needs of a map, as flat arrays: compiled once, the same for all of its days."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from journeysim.branch.plan import Plan
from journeysim.experience.encounters import KANO
from journeysim.experience.rules import ExperienceRules
from journeysim.experience.waiting import condition_factor
from journeysim.journey import Journey
from journeysim.units import BoolArray, FloatArray, IntArray

SELF_SERVICE = frozenset({"self-service", "app"})
"""Channels in which nobody but a machine meets the customer, whoever the map lets serve."""


class Speaks(IntEnum):
    """What an encounter speaks for."""

    STAFF = 0
    PRODUCT = 1
    AS_SERVED = 2
    """The product if a machine or the back office served, else the staff."""


@dataclass(frozen=True)
class ExperiencePlan:
    """A map and the constants of behaviour, compiled for scoring.

    Attributes
    ----------
    rules : the constants.
    kano : shape (touchpoints,), place in `KANO`.
    is_back : shape (touchpoints,), whether it is on the back lane.
    is_self_service : shape (touchpoints,), whether its channel has no staff.
    is_greeting : shape (touchpoints,), whether it delights when there and is not missed.
    speaks : shape (touchpoints,), `Speaks`.
    weight : shape (touchpoints,), of its moments in what is remembered.
    encounter_weight : shape (segments,), by which the weight of encounters is multiplied.
    wait_factor : shape (queues + 1,), factor of the conditions; the last is for no queue, which is ``[-1]``.
    attentive : shape (groups + 1,), chance of an attentive encounter; the last is for no group.
    is_machine : shape (groups + 1,).
    """

    rules: ExperienceRules
    kano: IntArray
    is_back: BoolArray
    is_self_service: BoolArray
    is_greeting: BoolArray
    speaks: IntArray
    weight: FloatArray
    encounter_weight: FloatArray
    wait_factor: FloatArray
    attentive: FloatArray
    is_machine: BoolArray


def compile_experience(journey: Journey, plan: Plan, rules: ExperienceRules) -> ExperiencePlan:
    """Compile what scoring needs.

    Parameters
    ----------
    journey : the map.
    plan : the plan of any of its days.
    rules : the constants of behaviour.
    """
    points = [journey.touchpoints[name] for name in plan.touchpoints]
    groups = [journey.staff[name] for name in plan.groups]
    otherwise = rules.encounters.attentive_share
    reasons = {"staff": Speaks.STAFF, "product": Speaks.PRODUCT, None: Speaks.AS_SERVED}
    truth = rules.visits.moment_of_truth
    factors = [condition_factor(journey.queues[name].conditions, rules.waiting) for name in plan.queues]
    shares = [otherwise if group.attentive is None else group.attentive for group in groups]
    return ExperiencePlan(
        rules=rules,
        kano=np.array([KANO.index(point.kano) for point in points], dtype=np.int64),
        is_back=np.array([point.lane == "back" for point in points]),
        is_self_service=np.array([point.channel in SELF_SERVICE for point in points]),
        is_greeting=np.array([point.kano == "attractive" for point in points]),
        speaks=np.array([reasons[point.reason] for point in points], dtype=np.int64),
        weight=np.array([truth if point.moment_of_truth else 1.0 for point in points]),
        encounter_weight=np.array([segment.encounter_weight for segment in journey.segments.values()]),
        wait_factor=np.array([*factors, 1.0]),
        attentive=np.array([*shares, otherwise]),
        is_machine=np.array([*(group.kind == "machine" for group in groups), False]),
    )
