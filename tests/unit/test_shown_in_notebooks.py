"""How maps, scenarios, runs, errors and progress show themselves where somebody works with them in Python."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from tests.small_branch import SMALL_MAP, small_scenario

import journeysim
from journeysim.experiment import parse_scenario
from journeysim.experiment.progress import Bar, Cell, shown_where_somebody_looks
from journeysim.journey.load import parse_journey

NASTY = "<b>R&D</b> 网点"
OPTIONS = f"""
description: Who waits less?
days: 2
replications: 5
options:
  Today: {{}}
  "{NASTY}": {{set: {{staff.tellers.count: 4}}, cost_per_year: 1200}}
"""


class Read(HTMLParser):
    """The texts and the tags of a piece of HTML; tags must be closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.rows: list[list[str]] = []
        self.texts: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "tr":
            self.rows.append([])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)
        if self.open[-1] in ("td", "th"):
            self.rows[-1].append(data)


@pytest.fixture(scope="module")
def run():
    return journeysim.run(parse_scenario(small_scenario(OPTIONS)), jobs=1)


def test_a_run_shows_the_answer_before_the_tables(run):
    html = run._repr_html_()
    shown = Read(html)
    (sentence,) = run.answers.values()
    assert shown.texts.index(sentence) < shown.texts.index("option")
    head, today, other = shown.rows[:3]
    assert head[:2] == ["option", "wait min"]
    assert today[0] == "Today (baseline)"
    assert today[1].startswith(f"{run.options[0].metrics['wait_mean_min'].mean:.1f} ±")
    assert other[0] == NASTY
    assert "b" not in shown.tags
    assert shown.attributes <= {"style", "scope"}
    assert "color" not in html
    assert len(html) < 8000
    assert any("5 replications of 2 days" in text for text in shown.texts)


def test_differences_are_marked_where_they_are_real(run):
    shown = Read(run._repr_html_())
    (row,) = [cells for cells in shown.rows if cells[0] == NASTY and cells[1].startswith(("+", "-"))]
    assert row[1].endswith("*") == run.options[1].versus_baseline["wait_mean_min"].real


def test_a_run_of_one_option_shows_no_differences():
    found = journeysim.run(parse_journey(SMALL_MAP), replications=2, jobs=1)
    shown = Read(found._repr_html_())
    assert [row[0] for row in shown.rows] == ["option", "Today"]


def test_a_scenario_shows_what_its_options_change(run):
    shown = Read(run.scenario._repr_html_())
    # Without a description: its cell is empty.
    assert [NASTY, "staff.tellers.count = 4; costs 1,200 a year"] in shown.rows
    assert "Who waits less?" in shown.texts
    assert repr(run.scenario) == "Scenario('Small': 2 options, 5 replications of 2 days, seed 1)"


def test_a_map_shows_where_customers_go_and_who_serves_them():
    journey = parse_journey(SMALL_MAP.replace("Small branch", f'"{NASTY}"'))
    shown = Read(journey._repr_html_())
    assert ["counter", "Transact", "line", "tellers", "4"] in shown.rows
    assert ["tellers", "3", "line"] in shown.rows
    assert NASTY in shown.texts
    assert "Open mon–sun 09:00–10:00" in shown.texts
    assert repr(journey) == f"Journey({NASTY!r}: 1 segment, 1 need, 1 touchpoint, 1 staff group)"


def test_wrong_input_is_told_in_a_line_each_without_a_traceback():
    wrong = SMALL_MAP.replace("count: 3", "count: -3").replace("40", "many")
    with pytest.raises(journeysim.InputError) as caught:
        parse_journey(wrong)
    first, *lines = caught.value._render_traceback_()
    assert first == "InputError: 2 problems"
    assert lines == [str(problem) for problem in caught.value.problems]
    assert journeysim.StoppedEarly("lost")._render_traceback_() == ["StoppedEarly: lost"]


@pytest.mark.parametrize("table", ["summary", "differences", "months", "steps", "visits"])
def test_every_column_of_a_table_is_told_by_help(run, table):
    told = getattr(journeysim.Run, table).__doc__
    assert [name for name in getattr(run, table).columns if f"``{name}``" not in told] == []


def test_every_column_of_the_metrics_is_told_by_help(run):
    assert [name for name in run.metrics.columns if f"``{name}``" not in journeysim.Run.__doc__] == []


def test_days_without_customers_are_closed():
    week = SMALL_MAP.replace("{per_hour: 40}", "{per_hour: 40, day_of_week: {sat: 0, sun: 0}}")
    assert "Open mon–fri 09:00–10:00" in Read(parse_journey(week)._repr_html_()).texts


def test_a_what_if_says_what_a_file_would_say(run):
    made = journeysim.what_if(
        parse_journey(SMALL_MAP),
        {"Today": {}, NASTY: {"staff.tellers.count": 4}},
        name="Small",
        days=2,
        replications=5,
    )
    written = journeysim.run(made, jobs=1)
    assert written.summary.equals(run.summary)


def test_a_what_if_says_all_that_is_wrong_with_it():
    with pytest.raises(journeysim.InputError) as caught:
        journeysim.what_if(parse_journey(SMALL_MAP), {"Today": {"staff.teller.count": 4}}, dayz=2)
    assert {problem.path for problem in caught.value.problems} == {"dayz", "staff.teller.count"}
    wrong = {"A": {"staff.teller.count": 4, "staff.tellers.count": -1}, "B": 3, "C": {5: 4}}
    with pytest.raises(journeysim.InputError) as caught:
        journeysim.what_if(parse_journey(SMALL_MAP), {"Today": {}, **wrong}, baseline="Todya")
    assert {problem.path for problem in caught.value.problems} == {
        "staff.teller.count", "staff.tellers.count", "options.B.set", "5", "baseline",
    }  # fmt: skip


class Screen:
    def __init__(self) -> None:
        self.shown: list[str] = []

    def show(self, done, total, text):
        self.shown.append(text)

    def clear(self):
        self.shown.append("")


def test_a_bar_appears_only_where_there_is_something_to_wait_for():
    clock = iter([0.0, 0.1, 0.1, 1.1, 1.1])
    screen = Screen()
    bar = Bar(screen, lambda: next(clock))
    bar.replications(0, 10)
    assert screen.shown == []
    bar.replications(5, 10)
    assert screen.shown == ["5/10 replications, about 1 s left"]
    bar.close()
    assert screen.shown[-1] == ""
    quick = Screen()
    Bar(quick, lambda: 0.0).close()
    assert quick.shown == []


def test_a_bar_in_a_notebook_is_one_output_that_empties_itself():
    shown = []
    handle = SimpleNamespace(update=lambda data, raw: shown.append(data))

    def display(data, *, raw, display_id):
        assert raw
        assert display_id
        shown.append(data)
        return handle

    cell = Cell(display)
    cell.show(1, 4, "<1> of 4")
    cell.show(2, 4, "2 of 4")
    cell.clear()
    assert shown[0]["text/html"] == '<progress value="1" max="4"></progress> &lt;1&gt; of 4'
    assert shown[1]["text/plain"] == "2 of 4"
    assert shown[2] == {"text/plain": ""}


@pytest.mark.parametrize(("terminal", "seen"), [(True, True), (False, False)])
def test_a_bar_is_for_terminals_and_notebooks(monkeypatch, terminal, seen):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda: terminal))
    with shown_where_somebody_looks() as watchers:
        assert (watchers.replications is not None) == seen
