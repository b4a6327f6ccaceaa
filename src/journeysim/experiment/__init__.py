"""What-ifs: several options, replicated and compared.

Owns scenario files, options, running replications in parallel, the folder that keeps a run, the statistics
of paired comparisons and the document that results are told in.

Must not know the command line, and nothing of how a branch day is computed beyond calling it.
"""

from journeysim.experiment.load import load_scenario, parse_scenario
from journeysim.experiment.running import run
from journeysim.experiment.runs import Run, open_run
from journeysim.experiment.scenario import Option, Scenario
from journeysim.experiment.what_if import what_if

__all__ = ["Option", "Run", "Scenario", "load_scenario", "open_run", "parse_scenario", "run", "what_if"]
