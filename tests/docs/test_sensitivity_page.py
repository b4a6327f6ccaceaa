"""docs/how-to/sensitivity.md: it asks what scenarios can answer, and says what the program does."""

from __future__ import annotations

import re
import shlex

import pytest
from tests.conftest import ROOT
from tests.market_maps import write_market

PAGE = (ROOT / "docs/how-to/sensitivity.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^(journeysim .*)$", PAGE, re.MULTILINE)


def command():
    import typer

    from journeysim.cli.app import app

    return typer.main.get_command(app).commands["sensitivity"]


@pytest.mark.slow
@pytest.mark.parametrize("line", COMMANDS)
def test_commands_ask_what_their_scenarios_can_answer(line):
    from journeysim.experiment import load_scenario
    from journeysim.experiment.sensitivity.plan import Plan
    from journeysim.experiment.sensitivity.search import _ranges, _sides

    given = command().make_context("sensitivity", shlex.split(line)[2:]).params
    loaded = load_scenario(ROOT / given["scenario"])
    sides = _sides(loaded, given["metric"], given["option"], given["replications"], "")
    vary = tuple(given["vary"] or ())
    ranges = _ranges(loaded, given["metric"], vary, given["behaviour"], given["all_"])
    assert Plan.of(loaded, sides, ranges, given=bool(vary), file="").ends


@pytest.mark.parametrize(
    "option",
    ["option", "months", "vary", "behaviour", "all", "replications", "out", "resume", "jobs", "seed", "json"],
)
def test_options_that_the_page_names_exist(option):
    assert f"`--{option}" in PAGE
    assert any(f"--{option}" in parameter.opts for parameter in command().params)


def test_defaults_of_the_command_are_those_of_python_and_of_the_page():
    from journeysim.experiment.sensitivity.ranges import USUAL
    from journeysim.experiment.sensitivity.search import DEFAULT_REPLICATIONS

    defaults = {one.name: one.default for one in command().params}
    assert defaults["replications"] == DEFAULT_REPLICATIONS
    assert f"`--replications` ({DEFAULT_REPLICATIONS} by default)" in PAGE
    assert USUAL == 1 / 5


@pytest.mark.slow
def test_the_answer_on_the_page_is_the_programs():
    from journeysim.experiment.sensitivity.search import sensitivity
    from journeysim.experiment.sensitivity.words import sensitivity_answer

    (shown,) = re.findall(r"```text\n(Of the .*?)\n```", PAGE, re.DOTALL)
    found = sensitivity(ROOT / "journeys/city-branch.yaml", "wait_mean_min")
    assert " ".join(shown.split()) == sensitivity_answer(found)


def test_kinds_that_the_page_names_are_varied(tmp_path):
    from journeysim.experiment import load_scenario
    from journeysim.experiment.sensitivity.varied_map import map_parameters

    option = load_scenario(write_market(tmp_path)).baseline_option
    table = PAGE.split("| what | moved |")[1].split("\n\n")[0]
    for kind in {one.kind for one in map_parameters(option)}:
        assert str(kind) in table or {"fails": "failures"}[str(kind)] in table


def test_the_main_scenario_has_more_than_a_hundred_ends_with_an_option():
    from journeysim.experiment import load_scenario
    from journeysim.experiment.sensitivity.varied_map import map_parameters

    option = load_scenario(ROOT / "scenarios/lunch-hour.yaml").baseline_option
    assert "with `--option` there are two of each: the main scenario has more than a\nhundred options" in PAGE
    assert 2 * 2 * len(map_parameters(option)) > 100
