"""The golden point: which touchpoint, improved by one notch, is worth most for its cost.

Owns the notches that a map allows, what they cost, the comparison of all under the same luck and its words.
"""

from journeysim.experiment.golden.search import Golden, golden
from journeysim.experiment.golden.words import golden_answer

__all__ = ["Golden", "golden", "golden_answer"]
