"""What people look at: figures made from tables.

Owns everything that is drawn; the only package that imports matplotlib.

Must not know how a number came about: it takes tables and returns figures.
"""

from journeysim.report.figures import (
    churn_by_reason,
    customers_by_rung,
    emotion_curve,
    option_differences,
    queue_lengths_by_time,
    told_by_month,
    wait_by_time,
    waits_by_hour,
)
from journeysim.report.notebook import show_figures

__all__ = [
    "churn_by_reason",
    "customers_by_rung",
    "emotion_curve",
    "option_differences",
    "queue_lengths_by_time",
    "told_by_month",
    "wait_by_time",
    "waits_by_hour",
]

show_figures()
