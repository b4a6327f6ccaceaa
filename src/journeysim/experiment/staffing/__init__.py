"""The cheapest roster of a staff group that meets its targets.

Owns the question, where the search starts, the search slot by slot or in shifts, the replications of rosters
that were tried, and the words of the answer.
"""

from journeysim.experiment.staffing.result import Staffing
from journeysim.experiment.staffing.run import staff
from journeysim.experiment.staffing.words import staffing_answer

__all__ = ["Staffing", "staff", "staffing_answer"]
