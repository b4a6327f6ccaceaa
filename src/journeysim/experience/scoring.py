"""Scores of simulated visits: each moment, the visit, and what it says of staff and product."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product as combinations

import numpy as np

from journeysim.branch import quantiles
from journeysim.branch.arrivals import Arrivals
from journeysim.branch.luck import Luck
from journeysim.branch.plan import Plan
from journeysim.branch.steps import StepArrays
from journeysim.experience.encounters import KANO, encounter_quality, encounter_score
from journeysim.experience.moments import Encounter, Moments, moments_of
from journeysim.experience.plan import ExperiencePlan
from journeysim.experience.visits import coloured, effort, failures, handovers, remembered
from journeysim.experience.waiting import given_up_score, perceived_wait_min, wait_score
from journeysim.units import NEVER, TICKS_PER_MINUTE, FloatArray, IntArray

SCORE_STEPS = 1 << 20
"""Scores are rounded to so many parts of 1, so that their sums do not depend on the order of addition."""


@dataclass(frozen=True)
class VisitScores:
    """What visits felt like; scores are -1..1, rounded to 2**-20.

    Attributes
    ----------
    score : shape (visits,).
    staff, product : shape (visits,), mean of the moments that speak for each; NaN without any.
    wait_moment, encounter_moment : shape (steps,), NaN where there is none.
    step_score : shape (steps,), of the step: the mean of its two moments, or the worse where the wait only
        colours the encounter; NaN without any.
    """

    score: FloatArray
    staff: FloatArray
    product: FloatArray
    wait_moment: FloatArray
    encounter_moment: FloatArray
    step_score: FloatArray


def score_visits(
    plan: Plan,
    experience_plan: ExperiencePlan,
    arrivals: Arrivals,
    acceptable_wait: IntArray,
    steps: StepArrays,
    luck: Luck,
    disposition: FloatArray | None = None,
) -> VisitScores:
    """Score visits by the five rules of experience.

    Parameters
    ----------
    plan : what their days are like.
    experience_plan : as `compile_experience` makes it of the same map.
    arrivals : the visits, whose luck it is.
    acceptable_wait : shape (visits,), ticks; `NEVER` where the map says nothing and the rules do.
    steps : of all visits, as an engine gives them.
    disposition : shape (visits,), added to the score of each person's every visit; None draws one for each
        visit.
    """
    rules = experience_plan.rules
    who = arrivals.luck_address
    moments = moments_of(experience_plan, steps)
    wait_moment = _wait_moments(experience_plan, moments, arrivals, acceptable_wait, steps, luck)
    encounter_moment = _encounter_moments(experience_plan, plan.touchpoints, moments, arrivals, steps, luck)
    felt = coloured(moments, wait_moment, encounter_moment)
    personal = experience_plan.encounter_weight[arrivals.segment[steps.visit]]
    found = remembered(moments, felt, experience_plan.weight[steps.touchpoint], rules.visits, personal)
    mood, drawn = luck.pairs(["mood"], np.zeros_like(arrivals.tick), who)
    if disposition is None:
        disposition = quantiles.normal(drawn, 0.0, rules.visits.disposition_sd)
    of_day = quantiles.normal(mood, 0.0, rules.visits.mood_sd)
    taken = effort(arrivals.contact, handovers(moments), failures(moments), rules.effort)
    score = np.clip(found.score - taken + disposition + of_day, -1.0, 1.0)
    return VisitScores(
        score=_rounded(score),
        staff=_rounded(found.staff),
        product=_rounded(found.product),
        wait_moment=wait_moment,
        encounter_moment=encounter_moment,
        step_score=_step_score(moments, wait_moment, encounter_moment),
    )


def _rounded(score: FloatArray) -> FloatArray:
    return np.rint(score * SCORE_STEPS) / SCORE_STEPS


def _step_score(moments: Moments, wait: FloatArray, encounter: FloatArray) -> FloatArray:
    both = np.where(moments.colours, np.minimum(wait, encounter), _rounded((wait + encounter) / 2))
    return np.where(np.isnan(wait), encounter, np.where(np.isnan(encounter), wait, both))


def _acceptable_min(
    plan: ExperiencePlan, arrivals: Arrivals, acceptable_wait: IntArray, luck: Luck
) -> FloatArray:
    """Acceptable waits in minutes, above 0; drawn where the map says nothing."""
    # A tick for who accepts no wait at all: any wait is then as bad as can be.
    acceptable = np.maximum(acceptable_wait, 1) / TICKS_PER_MINUTE
    unknown = np.flatnonzero(acceptable_wait == NEVER)
    if unknown.size:
        rule = plan.rules.waiting.acceptable
        u = luck.uniforms("experience/acceptable wait", arrivals.luck_address[unknown])
        acceptable[unknown] = quantiles.lognormal(u, rule.median, rule.sigma)
    return acceptable


def _wait_moments(
    plan: ExperiencePlan,
    moments: Moments,
    arrivals: Arrivals,
    acceptable_wait: IntArray,
    steps: StepArrays,
    luck: Luck,
) -> FloatArray:
    rules = plan.rules.waiting
    out = np.full(steps.step.size, np.nan)
    rows = np.flatnonzero(moments.wait >= 0)
    acceptable = _acceptable_min(plan, arrivals, acceptable_wait, luck)[steps.visit[rows]]
    factor = plan.wait_factor[steps.queue[rows]]
    perceived = perceived_wait_min(moments.wait[rows] / TICKS_PER_MINUTE, factor, rules)
    score = wait_score(perceived, acceptable, rules)
    out[rows] = _rounded(np.where(moments.gave_up[rows], given_up_score(score, rules), score))
    return out


def _encounter_moments(
    plan: ExperiencePlan,
    touchpoints: tuple[str, ...],
    moments: Moments,
    arrivals: Arrivals,
    steps: StepArrays,
    luck: Luck,
) -> FloatArray:
    rules = plan.rules.encounters
    quality = np.full(steps.step.size, np.nan)
    quality[moments.encounter == Encounter.MACHINE] = rules.machine
    rows = np.flatnonzero(moments.encounter == Encounter.STAFF)
    occurrence = moments.occurrence[rows]
    times = int(occurrence.max(initial=0)) + 1
    streams = [f"encounter\0{name}\0{time}" for name, time in combinations(touchpoints, range(times))]
    who = arrivals.luck_address[steps.visit[rows]]
    attends, u = luck.pairs(streams, steps.touchpoint[rows] * times + occurrence, who)
    quality[rows] = encounter_quality(attends < plan.attentive[steps.group[rows]], u, rules)
    score = np.full(steps.step.size, np.nan)
    kano = plan.kano[steps.touchpoint]
    for number in np.unique(plan.kano).tolist():
        mine = kano == number
        score[mine] = encounter_score(quality[mine], KANO[number], rules)
    score[moments.encounter == Encounter.FAILED] = rules.failed
    return _rounded(score)
