"""The best of many options, with a stated probability of choosing it.

Owns the procedure of Kim and Nelson as statistics alone, and its use on the options of a scenario.
"""

from journeysim.experiment.selection.rule import SelectionRule
from journeysim.experiment.selection.search import Selected, select

__all__ = ["Selected", "SelectionRule", "select"]
