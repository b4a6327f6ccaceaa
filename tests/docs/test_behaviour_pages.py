"""The pages on behaviour say what the models and the presets say."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tools.reference import behaviour_reference

from journeysim.experiment import parse_scenario
from journeysim.market.constants import constants
from journeysim.market.presets import PRESETS, load_preset

PAGE = (ROOT / "docs/explanation/training-and-evidence.md").read_text(encoding="utf-8")
LISTED = {name: {one.path: one for one in constants(load_preset(name).behaviour)} for name in PRESETS}
DIFFERENT = [path for path in LISTED["evidence"] if len({LISTED[name][path].value for name in PRESETS}) > 1]


def test_reference_has_every_constant_once() -> None:
    text = behaviour_reference()
    assert re.findall(r"^\| `([\w.]+)` \|", text, re.MULTILINE) == list(LISTED["evidence"])
    bold = re.findall(r"^\| `([\w.]+)` \|.*\| \*\*", text, re.MULTILINE)
    assert bold == DIFFERENT


def test_the_page_names_every_difference_with_both_values() -> None:
    rows = re.findall(r"^\| `([\w.]+)` \| ([^|]+) \| ([^|]+) \| [^|]+ \|$", PAGE, re.MULTILINE)
    assert rows == [
        (path, LISTED["rules-of-thumb"][path].text, LISTED["evidence"][path].text) for path in DIFFERENT
    ]


def test_the_arithmetic_of_the_page() -> None:
    evidence = load_preset("evidence").behaviour
    large, small = (9, 19, 54, 82), (37, 46, 70, 95)
    ratios = [
        sum(math.log(row[at] / 100) / math.log(row[0] / 100) for row in (large, small)) / 2 for at in range(4)
    ]
    for name in PRESETS:
        left = load_preset(name).behaviour.complaints.harm_left
        assert [left.none, left.unresolved, left.slow, left.fast] == pytest.approx(ratios, abs=0.006)
    assert all(str(percent) in PAGE for percent in large + small)
    telling = evidence.telling
    assert 6 * telling.told_good / telling.told_bad == pytest.approx(3)
    # P(told > 20) of a negative binomial of this mean and dispersion; the page and the preset say 13%.
    k, mean = telling.dispersion, telling.told_bad
    p = k / (k + mean)
    up_to_twenty = sum(
        math.exp(math.lgamma(n + k) - math.lgamma(k) - math.lgamma(n + 1)) * p**k * (1 - p) ** n
        for n in range(21)
    )
    assert 1 - up_to_twenty == pytest.approx(0.13, abs=0.002)
    assert evidence.leaving.reasons.died == pytest.approx(1 / 15, abs=0.005)


def test_the_forms_that_the_reference_shows_are_read(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", behaviour_reference(), re.DOTALL)
    (tmp_path / "our-customers.yaml").write_text(load_preset("evidence").text, encoding="utf-8")
    (tmp_path / "map.yaml").write_bytes((ROOT / "journeys/classic-bank.yaml").read_bytes())
    told = []
    for line in blocks:
        found = parse_scenario(f"scenario: S\njourney: map.yaml\n{line}", "s.yaml", tmp_path)
        told.append(found.options[0].behaviour.telling.told_bad)
    assert told == [9, 9, 12]


def test_what_the_page_says_to_write_works() -> None:
    (line,) = re.findall(r"^(behaviour: \w+)", PAGE, re.MULTILINE)
    found = parse_scenario(f"scenario: S\njourney: classic-bank.yaml\n{line}\n", "s.yaml", ROOT / "journeys")
    assert found.options[0].behaviour == load_preset("evidence").behaviour
    for path in re.findall(r"`behaviour\.([\w.]+)`", PAGE):
        assert path in LISTED["evidence"]
