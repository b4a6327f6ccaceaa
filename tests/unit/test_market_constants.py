"""The list of constants: none is missing, each has a source, and what a scenario changes is told apart."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from tests.unit.test_market_presets import MAP

from journeysim.cli.assumptions_command import assumption_lines
from journeysim.experiment import parse_scenario
from journeysim.experiment.assumptions import assumptions_of
from journeysim.experiment.yaml_text import to_yaml
from journeysim.journey.strict_yaml import look_up, parse_document
from journeysim.market.constants import NO_SOURCE, constants, sources, sources_in
from journeysim.market.presets import PRESETS, default_behaviour, load_behaviour, load_preset

SOURCE = re.compile(r"\bassumption\b|\bservice training\b|\bTARP\b|\bsurveys?\b|\b(19|20)\d\d\b")
HEAD = "scenario: S\njourney: map.yaml\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "map.yaml").write_text(MAP)
    return tmp_path


def leaves(data: Any, path: str = "") -> list[str]:
    if not isinstance(data, dict):
        return [path]
    return [leaf for key, inner in data.items() for leaf in leaves(inner, f"{path}.{key}" if path else key)]


@pytest.mark.parametrize("name", PRESETS)
def test_every_constant_of_a_preset_has_a_source(name: str) -> None:
    preset = load_preset(name)
    listed = constants(preset.behaviour, sources(preset))
    without = [one.path for one in listed if not SOURCE.search(one.source)]
    assert not without
    assert [one.path for one in listed if not one.meaning] == []


@pytest.mark.parametrize("name", PRESETS)
def test_the_list_is_whole_and_says_what_the_file_says(name: str) -> None:
    preset = load_preset(name)
    listed = constants(preset.behaviour)
    assert [one.path for one in listed] == [
        path for path in leaves(preset.data) if path not in ("behaviour", "description")
    ]
    assert [one.value for one in listed] == [look_up(preset.data, one.path.split(".")) for one in listed]


def test_sources_are_read_from_the_ends_of_lines() -> None:
    text = (
        "a:                 # section 1999\n"
        "  b: 1\n"
        "  c: 2.5           # Smith # 2001 \n"
        "  d: 'x # no'      # quoted\n"
        '  e: "y\\" # no"   # also\n'
        "  f: plain#no      # plain\n"
        "  g: {h: 1, i: 2}  # flow\n"
        "j: 3\n"
        "# k: 4             # not a value\n"
        "l: 5 min#\n"
    )
    assert sources_in(parse_document(text, "x"), text) == {
        "a.b": "section 1999",
        "a.c": "Smith # 2001",
        "a.d": "quoted",
        "a.e": "also",
        "a.f": "plain",
        "a.g.h": "flow",
        "a.g.i": "flow",
    }


def test_without_a_source_it_says_so() -> None:
    listed = constants(default_behaviour(), {"telling.relay": "guess"})
    assert {one.source for one in listed} == {"guess", NO_SOURCE}


def test_what_the_scenario_sets_says_so(folder: Path) -> None:
    text = HEAD + (
        "behaviour: {preset: evidence, set: {telling.told_bad: 12, telling.told_good: 4.5}}\n"
        "set: {behaviour.waiting.unnoticed: 90 s}\n"
        "options:\n  A: {}\n  B:\n"
        "    set: {behaviour.complaints.recovery: fast, behaviour.telling.told_bad: 12}\n"
    )
    found = assumptions_of(parse_scenario(text, "s.yaml", folder))
    by_path = {one.path: one for one in found.constants}
    assert found.name == "Evidence"
    assert by_path["telling.told_bad"].value == 12
    assert by_path["telling.told_bad"].source == "set by the scenario, in place of 9.0"
    assert by_path["telling.told_good"].source.startswith("set by the scenario")
    assert by_path["waiting.unnoticed"].value == "1.5 min"
    assert by_path["waiting.unnoticed"].source == "set by the scenario, in place of 1 min"
    assert by_path["waiting.power"].source == "Tversky & Kahneman 1992"
    (change,) = found.changes
    assert (change.option, change.after.path) == ("B", "complaints.recovery")
    assert (change.before.value, change.after.value) == ("unresolved", "fast")
    assert found.document()["options"] == [
        {
            "name": "B",
            "changes": [{"path": "complaints.recovery", "value": "fast", "before": "unresolved"}],
        }
    ]


def test_a_file_has_its_own_sources(folder: Path) -> None:
    text = load_preset("evidence").text
    text = re.sub(r"told_bad: 9.0 .*", "told_bad: 7  # branch survey 2026", text)
    text = re.sub(r"told_good: 4.5 .*", "told_good: 3", text)
    (folder / "own.yaml").write_text("\ufeff" + text)
    found = {one.path: one for one in assumptions_of(load_behaviour("own.yaml", folder)).constants}
    assert found["telling.told_bad"].source == "branch survey 2026"
    assert found["telling.told_good"].source == NO_SOURCE


def test_a_resolved_scenario_keeps_the_sources_of_what_it_took_over(folder: Path) -> None:
    text = HEAD + "behaviour: {preset: evidence, set: {telling.told_bad: 12}}\n"
    resolved = parse_scenario(text, "s.yaml", folder).resolved
    again = parse_scenario(to_yaml(dict(resolved)), "r.yaml", folder)
    found = {one.path: one.source for one in assumptions_of(again).constants}
    assert found["telling.told_bad"] == "set here; 9.0 in the preset evidence"
    assert found["telling.dispersion"].startswith("TARP")


def test_the_table_fits_whatever_the_names(folder: Path) -> None:
    name = "柜台[/red]" * 9
    text = HEAD + f"options: {{A: {{}}, '{name}': {{set: {{behaviour.telling.told_bad: 3}}}}}}\n"
    lines = assumption_lines(assumptions_of(parse_scenario(text, "s.yaml", folder)))
    assert max(cell_len(line) for line in lines) <= 100
    assert any(name[:20] in line for line in lines)
    joined = " ".join(line[49:].strip() for line in lines)
    assert "service training: a dissatisfied customer tells eight to ten" in joined
    for path in leaves(default_behaviour().model_dump()):
        if path not in ("behaviour", "description"):
            assert sum(line.startswith(f"{path} ") for line in lines) == 1, path
