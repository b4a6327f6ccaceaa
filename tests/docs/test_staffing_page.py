"""docs/how-to/staffing.md: what it says of options and defaults is so."""

from __future__ import annotations

import re

import pytest
import typer
from tests.conftest import ROOT

from journeysim.cli.app import app
from journeysim.experiment.staffing.run import DEFAULT_FRESH, DEFAULT_REPLICATIONS
from journeysim.experiment.staffing.search import ENUMERATE_BELOW, SWAP_REACH
from journeysim.experiment.staffing.start import USUAL_SHARE, formula_knows
from journeysim.experiment.staffing.target import Target
from journeysim.experiment.staffing.target_text import parse_target

PAGE = (ROOT / "docs/how-to/staffing.md").read_text(encoding="utf-8")


def parameters():
    return typer.main.get_command(app).commands["staff"].params


@pytest.mark.parametrize(
    "option", ["target", "group", "slot", "shift-hours", "fresh", "replications", "jobs"]
)
def test_options_that_the_page_names_exist(option):
    assert f"--{option}" in PAGE
    assert any(f"--{option}" in one.opts for one in parameters())


def test_the_defaults_are_those_of_python_and_of_the_page():
    defaults = {one.name: one.default for one in parameters()}
    assert (defaults["replications"], defaults["fresh"]) == (DEFAULT_REPLICATIONS, DEFAULT_FRESH)
    assert f"`--fresh`, {DEFAULT_FRESH} by default" in PAGE
    assert f"at most {ENUMERATE_BELOW} of them" in PAGE
    assert f"serves {USUAL_SHARE:.0%} within the target wait" in PAGE
    assert SWAP_REACH == 3
    assert "up to three slots" in PAGE


def test_the_formula_knows_the_metrics_that_the_page_lists():
    start = PAGE.split("1. **Erlang start.**")[1].split("2. **")[0]
    named = set(re.findall(r"`(\w+)`", start))
    assert len(named) == 4
    assert all(formula_knows(Target(name, "<=", 0.5)) for name in named)


def test_its_targets_are_targets():
    targets = re.findall(r"--target '([^']+)'", PAGE)
    written = [parse_target(one) for one in targets if one != "…"]
    assert len(written) == 7
