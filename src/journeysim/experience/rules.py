"""The constants by which people judge a visit, as frozen models; values and sources stand in presets/.

Scores run from -1 to 1. Every key is required: a preset says them all.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from journeysim.journey.distributions import Strictly
from journeysim.journey.values import Duration, NotNegative, Number, Positive, PositiveDuration, Share

Score = Annotated[Number, Field(ge=-1, le=1)]


class Conditions(Strictly):
    """Factors on the perceived wait, one for each condition that a queue may have."""

    occupied: Positive = Field(description="Something to do, to read or to watch.")
    seated: Positive = Field(description="A seat.")
    informed: Positive = Field(description="A number, a display or an announced wait.")
    explained: Positive = Field(description="The reason for the wait is known.")
    fair: Positive = Field(description="Nobody can be served out of turn.")
    comfortable: Positive = Field(description="Temperature, light, water.")
    alone: Positive = Field(description="Waiting without company.")
    anxious: Positive = Field(description="Something is at stake.")


class AcceptableWait(Strictly):
    """Lognormal wait that is acceptable to a person, where the map says nothing of their segment."""

    median: PositiveDuration = Field(description="Half of the people accept a longer wait.")
    sigma: NotNegative = Field(description="Standard deviation of its logarithm.")


class WaitingRules(Strictly):
    """How a wait is perceived and scored."""

    overestimation: Positive = Field(description="Perceived wait ÷ actual wait, before the conditions.")
    conditions: Conditions = Field(description="Factors on the perceived wait, by condition of the queue.")
    acceptable: AcceptableWait = Field(description="Acceptable wait where the map says nothing.")
    unnoticed: Duration = Field(description="A wait for a greeting or a machine up to this goes unnoticed.")
    power: Positive = Field(description="Exponent of the value function.")
    loss_aversion: Positive = Field(description="A loss weighs this many times a gain.")
    given_up: Score = Field(description="Who balked, gave up, found no room or was sent home: at most this.")


class Quality(Strictly):
    """Range of an encounter's quality; any in it is as likely."""

    low: Share = Field(description="Lowest quality, 0…1.")
    high: Share = Field(description="Highest quality, 0…1.")


class KanoScores(Strictly):
    """Scores of a Kano kind at the ends of the quality scale."""

    best: Score = Field(description="Score of quality 1.")
    worst: Score = Field(description="Score of quality 0.")


class EncounterRules(Strictly):
    """How an encounter with staff or with a machine is scored."""

    attentive: Quality = Field(description="Quality of an attentive encounter.")
    indifferent: Quality = Field(description="Quality of an indifferent one.")
    attentive_share: Share = Field(description="Attentive encounters, where the map says nothing.")
    machine: Share = Field(description="Quality of an encounter with a machine that works.")
    failed: Score = Field(description="Score of a service that failed.")
    linear: KanoScores = Field(description="The better, the better.")
    attractive: KanoScores = Field(description="Delights when there, not missed otherwise.")
    must_be: KanoScores = Field(description="Taken for granted, missed when not there.")


class EffortRules(Strictly):
    """What is taken off the score of a visit for the customer's effort."""

    contact: NotNegative = Field(description="For each contact of the case beyond the first.")
    handover: NotNegative = Field(description="For each change of server beyond the second.")
    failure: NotNegative = Field(description="For each failed service.")
    most: NotNegative = Field(description="In all at most.")


class VisitRules(Strictly):
    """How moments become the score of a visit."""

    peak: Share = Field(description="Weight of the moment largest in size.")
    end: Share = Field(description="Weight of the last moment.")
    mean: Share = Field(description="Weight of the mean over all moments.")
    bad_weight: Positive = Field(
        description="A bad moment counts this many times in the search for the peak."
    )
    moment_of_truth: Positive = Field(description="Weight of a moment of truth in the mean and the peak.")
    disposition_sd: NotNegative = Field(description="Standard deviation of a person's disposition.")
    mood_sd: NotNegative = Field(description="Standard deviation of the mood of a visit.")


class ExperienceRules(Strictly):
    """How people judge a visit."""

    waiting: WaitingRules = Field(description="How a wait is perceived and scored.")
    encounters: EncounterRules = Field(description="How an encounter is scored.")
    effort: EffortRules = Field(description="What effort takes off.")
    visits: VisitRules = Field(description="How moments become a score.")
