"""The report: one HTML file that a planner forwards, with the answer first and everything that it rests on.

Owns what the page says and in which order, its tables, which figures carry an answer, and the text that
stands in for a figure where it cannot be seen. Must not know how a number came about, nor the command line.
"""

from journeysim.report.page.write import font_note, report_html, write_report

__all__ = ["font_note", "report_html", "write_report"]
