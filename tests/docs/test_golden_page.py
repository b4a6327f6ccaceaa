"""docs/how-to/golden.md: its tables say what the program does."""

from __future__ import annotations

import re

import pytest
from tests.conftest import ROOT

from journeysim.experiment.golden.costs import DEFAULT_COSTS
from journeysim.experiment.golden.notches import CONDITION_ORDER, Lever
from journeysim.experiment.golden.search import DEFAULT_FRESH, DEFAULT_SCREENING

PAGE = (ROOT / "docs/how-to/golden.md").read_text(encoding="utf-8")


def test_the_default_costs_are_those_of_the_program():
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", PAGE.split("## The costs")[1], re.MULTILINE)
    assert {Lever(lever): (value.split()[0], meaning) for lever, value, meaning in rows} == {
        lever: (rule.text, rule.meaning) for lever, rule in DEFAULT_COSTS.items()
    }


def test_levers_conditions_and_replications_are_those_of_the_program():
    rows = re.findall(r"^\| `(\w+)` \| ", PAGE.split("## The costs")[0], re.MULTILINE)
    assert [Lever(row) for row in rows] == list(Lever)
    assert f"the next of {', '.join(CONDITION_ORDER)}" in PAGE
    assert f"`--replications`, {DEFAULT_SCREENING} by default" in PAGE
    assert f"`--fresh`, {DEFAULT_FRESH} by default" in PAGE


@pytest.mark.parametrize(
    "option", ["months", "replications", "cost", "fresh", "out", "resume", "jobs", "json"]
)
def test_options_that_the_page_names_exist(option):
    import typer

    from journeysim.cli.app import app

    command = typer.main.get_command(app).commands["golden"]
    assert f"--{option}" in PAGE
    assert any(f"--{option}" in parameter.opts for parameter in command.params)


def test_the_defaults_of_the_command_are_those_of_python():
    import typer

    from journeysim.cli.app import app

    parameters = {one.name: one.default for one in typer.main.get_command(app).commands["golden"].params}
    assert (parameters["replications"], parameters["fresh"]) == (DEFAULT_SCREENING, DEFAULT_FRESH)
