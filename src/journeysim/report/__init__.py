"""What people look at: figures made from tables, and the report made of a run.

Owns everything that is drawn; the only package that imports matplotlib.

Must not know how a number came about: it takes tables, maps and runs and returns figures.
"""

from journeysim.report.drawing import draw_journey
from journeysim.report.figures import (
    bank_flows,
    churn_by_reason,
    customers_by_rung,
    emotion_curve,
    erlang_against_simulated,
    option_differences,
    outcome_flows,
    queue_lengths_by_time,
    retention_against_staffing,
    told_by_month,
    tornado,
    utilisation_by_hour,
    wait_against_score,
    wait_by_time,
    waits_by_hour,
)
from journeysim.report.notebook import show_figures
from journeysim.report.page import report_html, write_report
from journeysim.report.style import quiet_style

__all__ = [
    "bank_flows",
    "churn_by_reason",
    "customers_by_rung",
    "draw_journey",
    "emotion_curve",
    "erlang_against_simulated",
    "option_differences",
    "outcome_flows",
    "queue_lengths_by_time",
    "quiet_style",
    "report_html",
    "retention_against_staffing",
    "told_by_month",
    "tornado",
    "utilisation_by_hour",
    "wait_against_score",
    "wait_by_time",
    "waits_by_hour",
    "write_report",
]

show_figures()
