"""What people look at: figures made from tables.

Owns everything that is drawn; the only package that imports matplotlib.

Must not know how a number came about: it takes tables and returns figures.
"""

from journeysim.report.figures import wait_by_time

__all__ = ["wait_by_time"]
