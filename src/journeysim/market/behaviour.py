"""The constants of the whole model of behaviour, as frozen models; values and sources stand in presets/.

Scores, satisfaction and what was heard run from -1 to 1. Every key is required: a preset says them all.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from journeysim.experience.rules import ExperienceRules, Score
from journeysim.journey.distributions import Strictly
from journeysim.journey.values import Count, NotNegative, Positive, PositiveCount, Share, Text

Recovery = Literal["none", "unresolved", "slow", "fast"]


class SatisfactionRules(Strictly):
    """How a visit's score moves the visitor's satisfaction."""

    first_visit: Share = Field(description="Step towards the score of a first visit with a bank.")
    later_visit: Share = Field(description="Step towards the score of any later visit.")
    downwards: Positive = Field(
        description="A step down is this many times a step up; at most the whole way."
    )


class LadderRules(Strictly):
    """The rungs of loyalty: satisfaction from which on each is reached, and what promotion takes."""

    enthusiast: Score = Field(description="Enthusiasts: satisfaction from which on.")
    active: Score = Field(description="Active customers.")
    stable: Score = Field(description="Stable customers.")
    indifferent: Score = Field(description="Indifferent customers; below it they are at risk.")
    promotion_months: Count = Field(description="Tenure that a promotion takes.")
    promotion_visits: PositiveCount = Field(description="Visits for which satisfaction must have held.")
    freezing_gaps: Positive = Field(description="No visit for so many usual gaps is freezing.")


class TellingRules(Strictly):
    """Who tells how many people."""

    good_above: Score = Field(description="A visit that scores more is good.")
    bad_below: Score = Field(description="A visit that scores less is bad.")
    probability: Share = Field(description="That a good or a bad visit is told at all.")
    told_bad: NotNegative = Field(description="People told of a bad visit by who tells, on average.")
    told_good: NotNegative = Field(description="People told of a good one.")
    dispersion: Positive = Field(description="k of the negative binomial; small: few tell very many.")
    relay: NotNegative = Field(description="People whom a hearer passes a story on to, on average.")


class HearingRules(Strictly):
    """What a story does to who hears it."""

    strong: Share = Field(description="Weight of one story from a strong tie.")
    weak: Share = Field(description="Weight of one from an acquaintance or the media.")
    fading: Share = Field(description="Share of what was heard that is forgotten each month.")


class HarmLeft(Strictly):
    """Share of a bad visit's harm that is left after the bank's answer to the complaint."""

    none: Share = Field(description="No answer.")
    unresolved: Share = Field(description="An answer that resolves nothing.")
    slow: Share = Field(description="Resolved, slowly.")
    fast: Share = Field(description="Resolved at once.")


class ComplaintRules(Strictly):
    """What follows a bad visit."""

    grumble: Share = Field(description="Share who only grumble in their circle.")
    complain: Share = Field(description="Share who complain to the bank.")
    media: Share = Field(description="Share who go to the media or the regulator.")
    media_reach: Count = Field(description="People whom one of them reaches, however large the market.")
    recovery: Recovery = Field(description="What a complaint to the bank leads to.")
    harm_left: HarmLeft = Field(description="Share of the visit's harm that is left, by recovery.")
    lessons: Share = Field(
        description="What a complaint resolved for 100 customers teaches: it is added to every later score."
    )
    lessons_most: Share = Field(description="Never more than this in all.")


class ReasonShares(Strictly):
    """Why customers leave: shares of those who do, on the baseline."""

    died: Share = Field(description="Death.")
    moved: Share = Field(description="Moved away.")
    other_relationships: Share = Field(description="Family, employer, another contract.")
    rival: Share = Field(description="Won over by a rival.")
    product: Share = Field(description="Unhappy with the product.")
    indifferent_staff: Share = Field(description="Met with indifference by the staff.")


class LeavingRules(Strictly):
    """Who leaves when: competing hazards by reason."""

    per_year: Share = Field(description="Share of customers who leave within a year, on the baseline.")
    reasons: ReasonShares = Field(description="Shares of the reasons among them; they sum to 1.")
    satisfaction: NotNegative = Field(description="Fall of the log hazard per unit of satisfaction.")
    heard: NotNegative = Field(description="Fall of the log hazard per unit of what was heard.")
    contagion: NotNegative = Field(description="Each tied customer who left lately adds this to the hazard.")
    contagion_months: Positive = Field(description="Time constant with which that wears off, months.")
    attraction: NotNegative = Field(
        description="Elasticity of the hazard of being won over to how much the other banks draw."
    )
    newcomer_months: Count = Field(description="Tenure below which a customer is a newcomer.")
    newcomer: Positive = Field(description="Factor on a newcomer's hazard.")
    bad_first_visit: Positive = Field(description="Factor on it in the month of a bad first visit.")


class ChoosingRules(Strictly):
    """How who looks for a bank chooses one."""

    by_reputation: Share = Field(description="Share who take the bank they have heard the best of.")
    by_strength: Share = Field(description="Share who take a bank for its size.")
    by_convenience: Share = Field(description="Share who take the bank that lies nearest.")
    reputation: NotNegative = Field(description="Utility per unit of what was heard.")


class MoneyRules(Strictly):
    """What customers cost and are worth."""

    acquisition: NotNegative = Field(description="Cost of winning a customer ÷ yearly cost of keeping one.")
    retention_share: Share = Field(description="Yearly cost of keeping a customer ÷ their margin.")
    discount: NotNegative = Field(description="Yearly interest on money to come.")


class Behaviour(ExperienceRules):
    """How people judge, tell, hear, complain, leave and choose."""

    behaviour: Text = Field(description="Name of the set of constants.")
    description: Text = Field("", description="What it rests on.")
    satisfaction: SatisfactionRules = Field(description="How scores move satisfaction.")
    ladder: LadderRules = Field(description="The rungs of loyalty.")
    telling: TellingRules = Field(description="Who tells how many.")
    hearing: HearingRules = Field(description="What a story does.")
    complaints: ComplaintRules = Field(description="What follows a bad visit.")
    leaving: LeavingRules = Field(description="Who leaves when.")
    choosing: ChoosingRules = Field(description="Who chooses which bank.")
    money: MoneyRules = Field(description="What customers cost and are worth.")
