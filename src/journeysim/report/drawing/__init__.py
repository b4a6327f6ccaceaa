"""The journey drawing: a map as planned, and beside it what a run came to.

Owns what the drawing says (`content`, `routes`), where everything stands (`layout` and what it calls: pure
data, in inches) and how it is painted (`paint`, the only part that knows matplotlib).
"""

from journeysim.report.drawing.draw import draw_journey, save_drawing

__all__ = ["draw_journey", "save_drawing"]
