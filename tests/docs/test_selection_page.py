"""docs/how-to/selection.md: its formulas and defaults are those of the program."""

from __future__ import annotations

import re

import pytest
import typer
from tests.conftest import ROOT

from journeysim.cli.app import app
from journeysim.experiment.selection.rule import SelectionRule, kn_constants
from journeysim.experiment.selection.search import FEWEST_FIRST

PAGE = (ROOT / "docs/how-to/selection.md").read_text(encoding="utf-8")
COMMAND = typer.main.get_command(app).commands["select"]


def test_the_constants_are_those_of_the_program():
    eta, h_squared = re.search(r"^eta = (.*?)  +h² = (.*)$", PAGE, re.MULTILINE).groups()
    names = {"alpha": 0.05, "k": 7, "n0": 24}
    named = {"eta": eval(eta.replace("2 alpha", "2 * alpha"), {}, names)}
    found = kn_constants(7, 24, 0.05)
    assert found.eta == pytest.approx(named["eta"])
    assert found.h_squared == pytest.approx(
        eval(h_squared.replace("2 eta (", "2 * eta * ("), {}, names | named)
    )


def test_the_defaults_are_those_of_the_program_and_of_python():
    defaults = {one.name: one.default for one in COMMAND.params}
    rule = SelectionRule(1)
    assert (defaults["alpha"], defaults["first"], defaults["at_most"], defaults["smallest"]) == (
        rule.alpha, rule.first, rule.at_most, rule.smallest,
    )  # fmt: skip
    assert f"`--alpha` is {rule.alpha} by default" in PAGE
    assert f"`--first` replications ({rule.first} by default, and no fewer)" in PAGE
    assert f"`--at-most` ({rule.at_most} by default)" in PAGE
    assert rule.first == FEWEST_FIRST


def test_options_that_the_page_names_exist():
    known = {name for parameter in COMMAND.params for name in parameter.opts}
    named = set(re.findall(r"--[a-z-]+", PAGE))
    assert {"--metric", "--lead", "--alpha", "--smallest", "--first", "--at-most"} <= named
    assert named <= known
