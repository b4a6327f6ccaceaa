"""Tables line up in any script and say no more digits than are known."""

from __future__ import annotations

import math

import pytest
from rich.cells import cell_len

from journeysim.cli.cells import fitting
from journeysim.cli.columns import WIDTH, Table
from journeysim.cli.scenarios import continuing
from journeysim.experiment.cells import Column, comparison_text, estimate_cells
from journeysim.experiment.results import Comparison
from journeysim.experiment.statistics import Difference, Estimate

WAIT = Column("wait_mean_min", "wait\nmin")


def test_wide_names_line_up():
    lines = Table("Title", ["option", "wait\nmin"], [["今天", "6.1 ±0.3"], ["Today", "12.1"]]).lines()
    assert lines == [
        "Title",
        "            wait",
        "option       min",
        "----------------",
        "今天    6.1 ±0.3",
        "Today       12.1",
    ]
    assert len({cell_len(line) for line in lines[1:]}) == 1


def test_a_name_that_is_too_long_stands_on_a_line_of_its_own():
    rows = [["柜台" * 60, "1"], ["short", "2"]]
    lines = Table("", ["option", "x" * 80], rows).lines()
    assert max(cell_len(line) for line in lines) <= WIDTH
    assert lines[2].startswith("柜台")
    assert lines[2].endswith("…")
    assert lines[3].strip() == "1"
    assert lines[4].startswith("short")


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(6.123, 5.8, 6.4, 30), "6.1 ±0.3"),
        (Estimate(1234.5, 1200, 1269, 30), "1,234 ±34"),
        (Estimate(0.01234, 0.0122, 0.0124, 30), "0.01 ±0.00"),
        (Estimate(4.0, 4.0, 4.0, 30), "4.0"),
        (Estimate(4.0, math.nan, math.nan, 1), "4.0"),
        (Estimate(math.nan, math.nan, math.nan, 0), "-"),
        (None, "-"),
    ],
)
def test_digits_follow_the_interval(estimate, text):
    assert estimate_cells(WAIT, [estimate]) == [text]


def test_differences_show_their_interval_and_whether_they_are_real():
    def shown(difference, low, high, real):
        return comparison_text(Comparison(Difference(difference, low, high, 0.5, 9, 0.5), 0.5, real), WAIT)

    assert shown(-1.9, -2.1, -1.7, True) == "-1.9 ±0.2*"
    assert shown(-0.0261, -0.0291, -0.0231, True) == "-0.026 ±0.003*"
    assert shown(-0.0, -0.0, -0.0, False) == "+0.0 ±0.0 "
    assert shown(-0.004, -0.4, 0.4, False) == "+0.0 ±0.4 "
    assert shown(2.0, math.nan, math.nan, False) == "+2.0 "
    assert comparison_text(None, WAIT) == "-"


def test_columns_that_do_not_fit_are_left_out_by_importance():
    wait, served, visits = (
        Column("wait_mean_min", "wait\nmin"),
        Column("served_fraction", "served\n%", 100),
        Column("visits_per_day", "visits\na day"),
    )
    cells = {wait: ["9" * 30], served: ["9" * 30], visits: ["9" * 30]}
    assert fitting(cells, 10) == [wait, served]


def test_the_command_that_continues():
    assert continuing(["run", "my map.yaml", "--set", 'staff."No. 3".count=2']) == (
        """journeysim run 'my map.yaml' --set 'staff."No. 3".count=2' --resume"""
    )
    assert continuing(["run", "a.yaml", "--resume"]) == "journeysim run a.yaml --resume"
