"""Figures, one function each: tables in, a matplotlib Figure out.

Every function takes polars tables of a `Run` and says which columns it reads; it raises a ValueError that
names what a table lacks. Options keep the order of the table and with it their look (colour, dash, marker) in
every figure.
"""

from journeysim.report.figures.day import queue_lengths_by_time, wait_by_time, waits_by_hour
from journeysim.report.figures.market import churn_by_reason, customers_by_rung, told_by_month
from journeysim.report.figures.options import option_differences
from journeysim.report.figures.visit import emotion_curve

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
