"""The pages on the journey map say what is so."""

from __future__ import annotations

import re

import pytest
from tests.conftest import ROOT
from tools.reference import PAGES, pages, reference

from journeysim.errors import InputError
from journeysim.journey import parse_document, parse_journey
from journeysim.journey.distributions import FAMILIES, Distribution
from journeysim.journey.models import Journey
from journeysim.journey.recorded import OUTCOMES
from journeysim.journey.schema import journey_schema
from journeysim.journey.values import RESERVED_NAMES

PAGE = (ROOT / "docs" / "how-to" / "journey-map.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_reference_is_what_the_program_says(page: str) -> None:
    assert PAGES[page].read_text(encoding="utf-8") == pages()[page], "renew it: make reference"


def test_reference_lists_every_key_once_per_kind() -> None:
    text = reference(journey_schema())
    for name in Journey.model_fields:
        assert f"`{Journey.model_fields[name].alias or name}`" in text
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert len(sections) == len(set(sections))
    links = set(re.findall(r"\]\(#(.+?)\)", text))
    assert links <= {section.lower() for section in sections}


def test_smallest_map_runs_without_a_warning() -> None:
    assert parse_journey(BLOCKS[0], "page").warnings == ()


def test_log_of_the_page_is_read_as_far_as_its_file() -> None:
    arrivals = parse_document(BLOCKS[1], "page").data
    data = {**parse_document(BLOCKS[0], "page").data, **arrivals}
    assert Journey.model_validate(data).arrivals.from_log is not None


def test_every_family_has_a_line() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert tuple(rows[: len(FAMILIES)]) == FAMILIES
    assert all(f"`{name}`" in PAGE for name in (*RESERVED_NAMES, "served", "reneged"))
    assert {"served", "reneged"} <= set(OUTCOMES)


@pytest.mark.parametrize(
    "line", re.findall(r"^\| `(uniform|normal|lognormal|gamma|weibull)` \| (.+) \|$", PAGE, re.MULTILINE)
)
def test_parameters_of_a_family_work_as_listed(line: tuple[str, str]) -> None:
    family, text = line
    values = {"cv": 0.5, "sigma": 0.4, "shape": 2, "low": "1 min", "sd": "1 min"}
    for way in re.findall(r"`(\w+)`, `(\w+)`", text):
        Distribution.model_validate({family: {name: values.get(name, "5 min") for name in way}})


def test_messages_of_the_page_are_those_of_the_mistakes() -> None:
    text = BLOCKS[0].replace("count: 2", "count: -3").replace("gamma", "gama")
    with pytest.raises(InputError) as caught:
        parse_journey(text.replace("tellers", "machines"), "map.yaml")
    said = [re.sub(r":\d+:\d+:", ":", str(problem)) for problem in caught.value.problems]
    shown = re.findall(r"^(map\.yaml):\d+:\d+(:.*)$", PAGE, re.MULTILINE)
    assert ["".join(line) for line in shown] == said


def test_two_full_queues_that_send_to_one_another_are_refused() -> None:
    ways = [("if_reneged", "patience: {constant: 5 min}"), ("if_rejected", "capacity: 3")]
    for key, setting in ways:
        text = BLOCKS[0].replace("line: {}", f"line: {{{setting}}}")
        second = f"{{stage: Transact, queue: line, service: {{constant: 1 min}}, {key}: counter}}"
        text += f"    {key}: second\n  second: {second}\n"
        with pytest.raises(InputError, match="a route that never leaves"):
            parse_journey(text, "page")


@pytest.mark.parametrize("path", ["staff.tellers.count", "touchpoints.counter.fails"])
def test_paths_of_the_page_can_be_set(path: str) -> None:
    value = 1 if path.endswith("count") else 0.5
    assert parse_journey(BLOCKS[0], "page").patched({path: value}).document.data
