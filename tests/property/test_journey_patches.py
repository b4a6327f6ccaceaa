"""Patches on random maps: what is set is there, what is set back is as before, nothing else moves."""

from __future__ import annotations

import copy
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.property.test_journey_mangled import VALUES
from tests.strategies import Data, journey_maps, to_text

from journeysim.errors import InputError
from journeysim.journey import parse_document, parse_journey
from journeysim.journey.patches import REMOVE, Patch, apply_patches, patched_document
from journeysim.journey.strict_yaml import Loc, dotted, look_up


def addressable(data: Any, loc: Loc = ()) -> list[Loc]:
    """Every location that a path of ids can reach: no list but ``next``, and in it only what is unique."""
    found: list[Loc] = []
    if isinstance(data, dict):
        for key, value in data.items():
            found += [(*loc, key), *addressable(value, (*loc, key))]
    elif isinstance(data, list) and loc[-1] == "next":
        for number, rule in enumerate(data):
            names = [other.get("name") for other in data]
            targets = [other.get("to") for other in data]
            name = rule.get("name")
            if name is None and isinstance(rule.get("to"), str):
                unique = targets.count(rule["to"]) == 1 and rule["to"] not in names
                found += addressable_rule(rule, (*loc, number)) if unique else []
            elif name is not None and names.count(name) == 1:
                found += addressable_rule(rule, (*loc, number))
    return found


def addressable_rule(rule: Any, loc: Loc) -> list[Loc]:
    return [loc, *addressable(rule, loc)]


def path_of(data: Data, loc: Loc) -> str:
    """Path of a location, rules by their name or target."""
    parts: list[str] = []
    for depth, part in enumerate(loc):
        rule = look_up(data, loc[: depth + 1])
        name = (rule.get("name") or rule["to"]) if isinstance(part, int) else part
        parts.append(f'"{name}"' if "." in name else name)
    return ".".join(parts)


@given(journey_maps(), st.data(), VALUES)
def test_a_value_set_and_set_back_leaves_the_map_as_it_was(
    data: Data, draw: st.DataObject, value: Any
) -> None:
    loc = draw.draw(st.sampled_from(addressable(data)))
    path, before = path_of(data, loc), copy.deepcopy(data)
    after = apply_patches(data, [Patch(path, value)])
    assert data == before
    assert look_up(after, loc) == value
    if loc[-1] not in {"to", "name"} and not (isinstance(loc[-1], int)):
        assert apply_patches(after, [Patch(path, look_up(data, loc))]) == data
    # Nothing but the value has moved.
    container, last = look_up(after, loc[:-1]), loc[-1]
    container[last] = look_up(data, loc)
    assert after == data


@given(journey_maps(), st.data())
def test_removing_takes_one_thing_away_and_places_still_fit(data: Data, draw: st.DataObject) -> None:
    loc = draw.draw(st.sampled_from(addressable(data)))
    document = parse_document(to_text(data), "map.yaml")
    after = patched_document(document, [Patch(path_of(data, loc), REMOVE)])
    expected = copy.deepcopy(data)
    del look_up(expected, loc[:-1])[loc[-1]]
    assert after.data == expected
    lines = to_text(data).splitlines()
    for place_of in addressable(after.data):
        value = look_up(after.data, place_of)
        if isinstance(value, str) and value.isascii():
            line, column = after.place(place_of)
            assert lines[line - 1][column:].startswith(value)


@given(journey_maps())
def test_setting_what_is_there_changes_nothing(data: Data) -> None:
    journey = parse_journey(to_text(data), "map.yaml")
    patches = {path_of(data, loc): look_up(data, loc) for loc in addressable(data) if len(loc) == 3}
    again = journey.patched(patches)
    assert again.document.data == data
    assert again.model_dump() == journey.model_dump()


WORDS = (
    "staff queues touchpoints next share segments arrivals per_hour 09:00 service 0 hours mon count by_need"
)
WORDS += " leave again when to x 柜台 place_0,line.0,group_0"
PARTS = st.sampled_from([word.replace("_0", " 0") for word in re.split("[ ,]", WORDS)])


@given(journey_maps(), st.lists(PARTS, max_size=6), st.text(max_size=12), VALUES, st.booleans())
def test_any_path_and_value_ends_in_a_map_or_in_words(
    data: Data, parts: list[str], text: str, value: Any, whole: bool
) -> None:
    journey = parse_journey(to_text(data), "map.yaml")
    path = dotted(parts) if whole else ".".join(parts) + text
    try:
        journey.patched({path: value})
        journey.patched({}, [path])
    except InputError as error:
        message = str(error)
    else:
        return
    message.encode("utf-8", "surrogatepass")
    assert message
