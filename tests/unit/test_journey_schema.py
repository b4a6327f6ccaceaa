"""The JSON Schema: what editors need of it, that it accepts what is right and refuses what is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from tests.conftest import ROOT
from tests.example_map import EXAMPLE
from tests.strategies import Data, journey_maps

from journeysim.journey import parse_document, parse_journey, read_document
from journeysim.journey.distributions import FAMILIES
from journeysim.journey.models import Journey
from journeysim.journey.schema import journey_schema

SCHEMA = journey_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def nodes(node: Any, path: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema in a schema, keys of the format and examples left out."""
    if isinstance(node, list):
        for number, inner in enumerate(node):
            yield from nodes(inner, f"{path}/{number}")
    if isinstance(node, dict):
        yield path, node
        for key, inner in node.items():
            if key in {"properties", "patternProperties", "$defs"}:
                for name, schema in inner.items():
                    yield from nodes(schema, f"{path}/{key}/{name}")
            elif key not in {"examples", "default", "enum", "const", "required"}:
                yield from nodes(inner, f"{path}/{key}")


def test_committed_copy_is_what_the_models_say() -> None:
    text = (ROOT / "schemas" / "journey.json").read_text(encoding="utf-8")
    fresh = json.dumps(SCHEMA, ensure_ascii=False, indent=2) + "\n"
    assert text == fresh, "renew it: journeysim schema journey > schemas/journey.json"


def test_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_no_null_anywhere() -> None:
    for path, node in nodes(SCHEMA):
        assert node.get("type") != "null", path
        assert "default" not in node or node["default"] is not None, path


def test_no_titles_but_the_files_own() -> None:
    assert [path for path, node in nodes(SCHEMA) if "title" in node] == ["#"]


def test_nothing_beside_patterns_and_no_limit_that_silences_completion() -> None:
    patterned = 0
    for path, node in nodes(SCHEMA):
        if "patternProperties" in node:
            patterned += 1
            assert node["additionalProperties"] is False, path
        assert node.get("maxProperties") != 1, path
        assert "oneOf" not in node, path
        assert not {"ge", "gt", "le", "lt"} & set(node), path
    assert patterned >= 6


def test_every_key_is_described_with_an_example_that_fits() -> None:
    keys = 0
    for path, node in nodes(SCHEMA):
        for name, inner in node.get("properties", {}).items():
            keys += 1
            assert inner.get("description"), f"{path}/{name}"
            assert inner.get("examples"), f"{path}/{name}"
            part = jsonschema.Draft202012Validator({**inner, "$defs": SCHEMA["$defs"]})
            for example in inner["examples"]:
                errors = [error.message for error in part.iter_errors(example)]
                assert not errors, f"{path}/{name}: {errors}"
    assert keys > 90


def test_unknown_keys_are_refused_everywhere() -> None:
    for path, node in nodes(SCHEMA):
        if node.get("type") == "object" and "properties" in node:
            assert node["additionalProperties"] is False, path


def test_all_keys_of_the_models_are_there() -> None:
    assert list(SCHEMA["properties"]) == [field.alias or name for name, field in Journey.model_fields.items()]
    distribution = SCHEMA["$defs"]["Distribution"]["properties"]
    assert [*FAMILIES, "by_need", "by_segment"] == list(distribution)


@pytest.mark.parametrize("file", sorted((ROOT / "journeys").glob("*.yaml")), ids=lambda file: file.name)
def test_shipped_maps_fit(file: Path) -> None:
    errors = [error.message for error in VALIDATOR.iter_errors(read_document(file).data)]
    assert errors == []


def test_example_fits() -> None:
    VALIDATOR.validate(parse_document(EXAMPLE, "x").data)


@given(journey_maps())
def test_random_maps_fit(data: Data) -> None:
    VALIDATOR.validate(data)


FURTHER_FORMS = """\
journey: further forms
hours: {mon: {open: 09:00, close: 17:00}, sat: {open: 10:00, close: 14:00, at_close: leave}}
segments:
  urgent:
    share: 0.2
    head_start: 90 s
    patience: {by_need: {loan: {weibull: {mean: 8 min, shape: 1.2}}, other: {exponential: {mean: 5 min}}}}
needs:
  loan: {share: 1, start: app}
arrivals:
  day_cv: 0.15
  from_log:
    {file: data/day.csv, time: arrived_at, segment: segment, need: need, observed: {wait: w, outcome: o}}
  appointments:
    file: data/booked.csv
    time: slot
    segment: segment
    need: need
    lateness: {normal: {mean: -2 min, sd: 5 min}}
    no_show: 0.1
staff:
  agents: {count: {file: data/agents.csv, day: date, time: from, count: agents}, serves: calls}
  machines:
    count: 3
    serves: [kiosk_line]
    kind: machine
    breakdown: {uptime: {exponential: {mean: 20 h}}, repair: {constant: 30 min}}
queues:
  calls: {capacity: 20, balk: {expected_wait: true, probability: 0.8}}
  till_1: {line_group: tills, start_with: {touchpoint: till, count: 3}}
touchpoints:
  app:
    stage: Transact
    channel: app
    service:
      by_segment:
        urgent: {uniform: {low: 1 min, high: 3 min}}
        other: {empirical: {values: [2, 7.5], unit: min}}
    next: [{to: {branch: 0.1, leave: 0.9}, when: {need: [loan, mortgage]}}, {to: leave}]
  branch:
    stage: Advise
    lane: back
    kano: must_be
    wrap_up: {constant: 1 min}
    service:
      mixture:
        - {share: 0.9, of: {erlang: {mean: 4 min, k: 3}}}
        - {share: 0.1, of: {empirical: {file: data/s.csv, column: secs, unit: s}}}
    next:
      - {to: approval, keep_server: true}
      - {to: branch, when: {waited_over: 15 min}, after: 2 days}
      - {to: leave}
"""


def test_forms_that_are_not_built_yet_complete_all_the_same() -> None:
    data = parse_document(FURTHER_FORMS, "x").data
    VALIDATOR.validate(data)
    Journey.model_validate(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("open: 09:00", "open: 9:00"),
        ("open: 09:00", "opens: 09:00"),
        ("11:30: 4", "9:30: 4"),
        ("11:30: 4", "24:30: 4"),
        ("11:30: 4", "11:30: 4.5"),
        ("mean: 3 min", "mean: 3"),
        ("mean: 3 min", "mean: 3 minutes"),
        ("fails: 0.08", "fails: 1.5"),
        ("fails: 0.08", "fails: yes"),
        ("kano: attractive", "kano: nice"),
        ("  door: {}", "  leave: {}"),
        ("  door: {}", "  ' door': {}"),
        ("  door: {}", "  door: []"),
        ("stage: Advise", "stge: Advise"),
        ("    stage: Advise\n", ""),
        ("{erlang: {mean: 20 min, k: 3}}", "{erlng: {mean: 20 min, k: 3}}"),
        ("{erlang: {mean: 20 min, k: 3}}", "{erlang: {mean: 20 min, k: 0}}"),
        ("{patience: none}", "{patience: never}"),
        ("attentive: 0.8", "attentive: -0.8"),
        ("priority: 2", "priority: high"),
    ],
)
def test_what_the_check_refuses_by_form_the_editor_marks(old: str, new: str) -> None:
    from journeysim.errors import InputError

    assert EXAMPLE.count(old) == 1
    text = EXAMPLE.replace(old, new)
    assert not VALIDATOR.is_valid(parse_document(text, "x").data)
    with pytest.raises(InputError):
        parse_journey(text, "x")
