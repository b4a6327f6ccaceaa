"""Networks as scenarios write them: every form, every refusal, and what each makes."""

from __future__ import annotations

from typing import Any

import jsonschema
import numpy as np
import pytest
from pydantic import Field, ValidationError

from journeysim.branch.luck import Luck
from journeysim.journey.distributions import Strictly
from journeysim.journey.schema import to_schema
from journeysim.market.network import Network
from journeysim.market.network_builders import blocks, scale_free, small_world
from journeysim.market.network_models import (
    COLUMNS,
    Blocks,
    NetworkChoice,
    NetworkForm,
    ScaleFree,
    SmallWorld,
    made_network,
)

LUCK = Luck(7, 3)


class Holder(Strictly):
    """Where a network stands."""

    network: NetworkChoice = Field(description="Who knows whom.")


def read(data: Any) -> Any:
    return Holder.model_validate({"network": data}).network


def faults(data: Any) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        read(data)
    return [(error["msg"], error.get("ctx", {}).get("hint", "")) for error in caught.value.errors()]


def same(one: Network, other: Network) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name)) for name in ("first", "tie", "strong")
    )


SEGMENT = np.arange(300) % 3


@pytest.mark.parametrize(
    ("data", "network"),
    [
        ("none", Network.without_ties(300)),
        ({"small_world": {"ties": 16, "rewire": 0.25}}, small_world(300, 16, 0.25, LUCK)),
        (
            {"small_world": {"ties": 4, "rewire": 0.1, "weak": "rewired", "weak_share": 0.2}},
            small_world(300, 4, 0.1, LUCK, weak_share=0.2, rewired_are_weak=True),
        ),
        ({"scale_free": {"ties": 8, "weak_share": 0.5}}, scale_free(300, 8, LUCK, weak_share=0.5)),
        (
            {"blocks": {"ties": 8, "within": 0.8, "weak_share": 0.1}},
            blocks(SEGMENT, 8, 0.8, LUCK, weak_share=0.1),
        ),
    ],
    ids=["none", "small world", "small world with weak ties", "scale free", "blocks"],
)
def test_every_kind_is_made_as_it_says(data, network):
    assert same(made_network(read(data), 300, SEGMENT, LUCK), network)


def test_file_with_its_columns():
    form = read({"file": "ties.csv", "from": "a", "to": "b", "strength": "kind"})
    assert form.family == "file"
    assert form.columns == {"from": "a", "to": "b", "strength": "kind"}
    assert read({"file": "ties.csv"}).columns == {"from": "from", "to": "to", "strength": None}
    assert form.fewest_people == 1
    with pytest.raises(ValueError, match="read, not made"):
        made_network(form, 300, SEGMENT, LUCK)


def test_smallest_market_that_a_network_fits():
    form = read({"small_world": {"ties": 16, "rewire": 0.25}})
    assert form.fewest_people == 17
    assert made_network(form, 17, SEGMENT[:17], LUCK).people == 17
    with pytest.raises(ValueError, match="16 ties a person take more than 16 people"):
        made_network(form, 16, SEGMENT[:16], LUCK)


@pytest.mark.parametrize(
    ("data", "problem", "hint"),
    [
        ({}, "a network is required", "for example {small_world: {ties: 16, rewire: 0.25}}, or none"),
        (
            {"scale_free": {"ties": 4}, "blocks": {"ties": 4, "within": 1}},
            "exactly one network is required, not scale_free and blocks",
            "",
        ),
        (
            {"scale_free": {"ties": 4}, "file": "ties.csv"},
            "exactly one network is required, not scale_free and file",
            "",
        ),
        (
            {"scale_free": {"ties": 4}, "from": "a", "strength": "s"},
            "from and strength name columns of a file",
            "for example file: data/ties.csv",
        ),
        ({"to": "b"}, "to name columns of a file", "for example file: data/ties.csv"),
        ({"scale_free": {"ties": 5}}, "an even number of ties is required", "for example 6"),
        ("None", "none or a network is required", "{small_world: {ties: 16, rewire: 0.25}}"),
        (16, "none or a network is required", "{small_world: {ties: 16, rewire: 0.25}}"),
        ({"scale_free": {"ties": 2.5}}, "a whole number is required", ""),
        ({"scale_free": {"ties": True}}, "a whole number is required", ""),
    ],
    ids=str,
)
def test_forms_that_are_no_network_are_refused(data, problem, hint):
    assert faults(data) == [(problem, hint)]


@pytest.mark.parametrize(
    "data",
    [
        {"scale_free": {"ties": 0}},
        {"scale_free": {"ties": 1002}},
        {"scale_free": {}},
        {"small_world": {"ties": 4}},
        {"small_world": {"ties": 4, "rewire": 1.5}},
        {"small_world": {"ties": 4, "rewire": 0.5, "weak": "long"}},
        {"blocks": {"ties": 4, "within": -0.5}},
        {"blocks": {"ties": 4, "within": 0.5, "weak_share": 2}},
        {"blocks": {"ties": 4, "within": 0.5, "weak": "rewired"}},
        {"smallworld": {"ties": 4, "rewire": 0.5}},
        {"file": 3},
    ],
    ids=str,
)
def test_values_out_of_bounds_and_unknown_keys_are_refused(data):
    assert len(faults(data)) == 1


def test_schema_takes_what_the_models_take():
    schema = to_schema(Holder, "networks")
    checker = jsonschema.Draft202012Validator(schema)
    for data in ("none", {"blocks": {"ties": 8, "within": 0.8}}, {"file": "t.csv", "from": "a", "to": "b"}):
        checker.validate({"network": data})
    for data in ("some", {"blocks": {"ties": 8}}, {"blok": {}}, {"scale_free": {"ties": 2000}}):
        assert not checker.is_valid({"network": data})


def test_every_key_is_explained_with_an_example():
    for model in (NetworkForm, SmallWorld, ScaleFree, Blocks):
        for name, field in model.model_fields.items():
            assert field.description, name
            assert field.examples, name
            beside = {"file": "ties.csv"} if name in COLUMNS.values() else {}
            model.model_validate({**_least(model), **beside, field.alias or name: field.examples[0]})


def _least(model: Any) -> dict[str, Any]:
    if model is NetworkForm:
        return {}
    return {
        field.alias or name: field.examples[0]
        for name, field in model.model_fields.items()
        if field.is_required()
    }
