"""What an answer hangs on: every number moved by itself, under the same luck.

Owns which numbers are moved and how far, the comparison with the middle, and its words.
"""

from journeysim.experiment.sensitivity.search import Sensitivity, sensitivity
from journeysim.experiment.sensitivity.words import sensitivity_answer

__all__ = ["Sensitivity", "sensitivity", "sensitivity_answer"]
