"""Figures, one function each: tables in, a matplotlib Figure out.

Every function takes polars tables of a `Run` and says which columns it reads; it raises a ValueError that
names what a table lacks. Options keep the order of the table and with it their look (colour, dash, marker) in
every figure.
"""

from journeysim.report.figures.analytic import erlang_against_simulated
from journeysim.report.figures.day import queue_lengths_by_time, wait_by_time, waits_by_hour
from journeysim.report.figures.flows import bank_flows
from journeysim.report.figures.market import churn_by_reason, customers_by_rung, told_by_month
from journeysim.report.figures.options import option_differences, retention_against_staffing, tornado
from journeysim.report.figures.paths import outcome_flows
from journeysim.report.figures.staff import utilisation_by_hour
from journeysim.report.figures.visit import emotion_curve, wait_against_score

__all__ = [
    "bank_flows",
    "churn_by_reason",
    "customers_by_rung",
    "emotion_curve",
    "erlang_against_simulated",
    "option_differences",
    "outcome_flows",
    "queue_lengths_by_time",
    "retention_against_staffing",
    "told_by_month",
    "tornado",
    "utilisation_by_hour",
    "wait_against_score",
    "wait_by_time",
    "waits_by_hour",
]
