"""The page on scenarios says what is so."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel
from tests.conftest import ROOT

from journeysim.experiment import Scenario, parse_scenario
from journeysim.experiment.runner import LEAST_REPLICATIONS
from journeysim.experiment.scenario import ContrastFile, OptionFile, ScenarioFile
from journeysim.market.market_file import BranchFile, MarketFile, PeriodFile, RivalFile, RivalScores
from journeysim.market.network_models import NetworkForm

PAGE = (ROOT / "docs" / "how-to" / "scenario.md").read_text(encoding="utf-8")
BLOCKS = {
    text.split("\n", 1)[0].removeprefix("scenario: "): text
    for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
}


def block(name: str) -> Scenario:
    return parse_scenario(BLOCKS[name], f"{name}.yaml", ROOT / "scenarios")


@pytest.mark.parametrize(
    "model",
    [ScenarioFile, OptionFile, MarketFile, RivalFile, RivalScores, BranchFile, PeriodFile, ContrastFile],
)  # fmt: skip
def test_every_key_is_on_the_page(model: type[BaseModel]) -> None:
    for name, field in model.model_fields.items():
        assert re.search(rf"\b{field.alias or name}\b", PAGE), name


def test_every_kind_of_network_is_on_the_page() -> None:
    kinds = [name for name in NetworkForm.model_fields if isinstance(name, str)][:4]
    assert all(f"`{name}`" in PAGE for name in kinds)


def test_options_are_as_the_page_says() -> None:
    assert [option.name for option in block("As it is").options] == ["Today"]
    named = block("One more teller")
    assert [option.name for option in named.options] == ["Today", "Fifth teller at lunch", "No machines"]
    assert {option.journey.arrivals.scale for option in named.options} == {1.1}
    assert "machines" not in named.options[2].journey.staff
    assert "tellers.count=5, machines.count=3" in [option.name for option in block("How many").options]
    assert len(block("How many").options) == 4
    assert block("One more remedy").options[0].name == "Three machines"
    assert block("One more remedy").options[-1].name == "Five machines"


def test_markets_are_as_the_page_says() -> None:
    worth = [option.market for option in block("What is it worth?").options]
    assert worth[0] is not None
    assert worth[0].people == 30_000
    assert [bank.opens for market in worth if market for bank in market.banks[3:]] == [3, 3, None]
    usual = block("A bad month").baseline_option.market
    assert usual is not None
    assert [bank.share for bank in usual.banks[1:]] == [0.4, 0.25]
    both = block("Two branches")
    assert [option.branches for option in both.options] == [2, 2]
    counts = [
        [branch.journey.staff["tellers"].roster_steps()[0][1] for branch in option.market.banks[0].branches]
        for option in both.options
        if option.market
    ]
    assert counts[1][0] == counts[0][0]
    assert counts[1][1] == 5


def test_the_period_and_the_contrast_of_the_page() -> None:
    bad = block("A bad month")
    assert [option.passes for option in bad.options] == [False, True, False, True]
    (echo,) = bad.contrasts
    assert (echo.of, echo.less) == (("Bad month", "Today"), ("Bad and silent", "Silent"))
    assert f"{LEAST_REPLICATIONS} at least" in PAGE


def test_files_that_it_names_are_there() -> None:
    for name in re.findall(r"\]\(([^)#]+)", PAGE):
        assert (ROOT / "docs/how-to" / name).exists(), name
