"""No market, however mangled, ends in anything but a scenario or an InputError with places and words."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.market_by_hand import MARKET, SMALL
from tests.property.test_behaviour_mangled import NUMBERS, well_told
from tests.property.test_journey_mangled import spots

from journeysim.errors import InputError
from journeysim.experiment import parse_scenario
from journeysim.experiment.yaml_text import to_yaml

WHOLE: dict[str, Any] = {
    "market": {
        **MARKET,
        "heard": 0.1,
        "branches": {"Centre": {"customers": 200, "journey": SMALL}, "Station": {"customers": 100}},
        "rivals": {
            "A": {"share": 0.3, "journey": SMALL},
            "B": {"share": 0.2, "score": {"mean": 0.1, "sd": 0.4}, "heard": 0.2},
            "C": {"opens": "2027-03-01"},
        },
    },
    "options": {
        "Today": {},
        "Other": {
            "period": {"from": "2027-01-08", "until": "2027-01-20"},
            "set": {"market.rivals.C.opens": "2027-02-02", "branches.Station.staff.tellers.count": 3},
        },
    },
}
# Words that may stand somewhere in a market, each of the wrong kind nearly everywhere.
ODD = st.one_of(
    NUMBERS,
    st.sampled_from(
        [{}, [], {"share": 0.5}, {"journey": "x.yaml"}, "none", "2027-02-30", "2027-02-03", {"file": "x.csv"}]
    ),
    st.dictionaries(st.sampled_from(["share", "journey", "score", "opens", "ties", "file", "ä.b"]), NUMBERS),
)
KEYS = st.sampled_from(
    ["share", "journey", "score", "heard", "opens", "customers", "market", "Rival 1.5", "from", "x"]
)


def own_spots(value: dict[str, Any]) -> list[Any]:
    """Places to mangle, but for those within the maps, which have tests of their own."""
    maps = [id(place) for place, _ in spots(value) if "touchpoints" in place]
    found = []
    for container, key in spots(value):
        inside = any(id(container) == one for one in maps)
        if not inside and not _within_map(value, container):
            found.append((container, key))
    return found


def _within_map(value: Any, container: Any) -> bool:
    if isinstance(value, dict) and "touchpoints" in value:
        return any(place is container for place, _ in spots(value))
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_within_map(part, container) for part in parts)


@settings(max_examples=120)
@given(st.data())
def test_mangled_markets_are_read_or_refused(data: st.DataObject) -> None:
    value = copy.deepcopy(WHOLE)
    for _ in range(data.draw(st.integers(1, 3))):
        places = own_spots(value)
        container, key = data.draw(st.sampled_from(range(len(places))).map(places.__getitem__))
        if data.draw(st.booleans()):
            container[key] = data.draw(ODD)
        elif isinstance(container, dict):
            container[data.draw(KEYS)] = container.pop(key)
    try:
        found = parse_scenario(to_yaml({"scenario": "S", "journey": SMALL} | value), "s.yaml")
    except InputError as error:
        well_told(error)
        return
    again = parse_scenario(to_yaml(dict(found.resolved)), "r.yaml")
    assert again.resolved == found.resolved


PATHS = st.one_of(
    st.sampled_from(
        [
            "market.rivals.A.share",
            "market.rivals.A.journey",
            "market.rivals.New",
            "market.rivals.New.journey",
            "market.rivals",
            "market.branches.Centre.customers",
            "market.branches.New",
            "market.network.file",
            "market.heard",
            "market",
            "branches",
            "branches.Centre",
            "branches.Centre.staff.tellers.count",
            "branches.Nord.staff",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12).map(lambda text: f"market.{text}"),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12).map(lambda text: f"branches.{text}"),
)


@settings(max_examples=120)
@given(PATHS, ODD, st.booleans())
def test_any_path_into_a_market_is_set_or_refused(path: str, value: Any, of_option: bool) -> None:
    patched = {"set": {path: value}} if value != [] else {"remove": [path]}
    data = {"scenario": "S", "journey": SMALL, "market": WHOLE["market"]}
    data |= {"options": {"Today": {}, "Other": patched}} if of_option else patched
    try:
        parse_scenario(to_yaml(data), "s.yaml")
    except InputError as error:
        well_told(error)
