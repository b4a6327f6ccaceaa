"""What a visit feels like: steps turned into moments, moments into scores.

Owns the rules by which a wait, an encounter and a whole visit are judged, as pure functions over arrays, and
what scores come to over visits. Must not know customers beyond the one visit, other banks, options, or how
anything is printed.
"""

from journeysim.experience.metrics import score_metrics
from journeysim.experience.plan import ExperiencePlan, compile_experience
from journeysim.experience.replication import ScoredReplication, score_replication
from journeysim.experience.rules import ExperienceRules
from journeysim.experience.scoring import SCORE_STEPS, VisitScores, score_visits
from journeysim.experience.totals import ScoreTotals, sum_scores

__all__ = [
    "SCORE_STEPS",
    "ExperiencePlan",
    "ExperienceRules",
    "ScoreTotals",
    "ScoredReplication",
    "VisitScores",
    "compile_experience",
    "score_metrics",
    "score_replication",
    "score_visits",
    "sum_scores",
]
