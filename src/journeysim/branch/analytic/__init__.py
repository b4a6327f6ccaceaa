"""Formula beside simulation: which queueing formula each touchpoint of a map is close to, and what it says.

Owns the reading of a map as queues, lines and flows of customers, the choice of a formula for each, and the
reasons why one holds only nearly or not at all.

Must not know plans, luck or engines: what is said here is calculated apart from the simulation.
"""

from journeysim.branch.analytic.beside import Beside, formulas_beside, no_formulas

__all__ = ["Beside", "formulas_beside", "no_formulas"]
