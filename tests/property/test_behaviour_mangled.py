"""No behaviour, however mangled, ends in anything but a behaviour or an InputError with places and words."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import ROOT
from tests.property.test_journey_mangled import TOKENS, VALUES, spots

from journeysim.errors import InputError
from journeysim.experiment import parse_scenario
from journeysim.experiment.assumptions import assumptions_of
from journeysim.experiment.yaml_text import to_yaml
from journeysim.journey.strict_yaml import parse_leniently
from journeysim.market.constants import constants
from journeysim.market.presets import PRESETS, behaviour_of, load_behaviour, load_preset

PATHS = [one.path for one in constants(load_preset(PRESETS[0]).behaviour)]
NUMBERS = st.one_of(
    VALUES, st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["fast", "1 min"])
)
SCENARIO = "scenario: S\njourney: classic-bank.yaml\n"


def well_told(error: InputError) -> None:
    assert error.problems
    for problem in error.problems:
        str(problem).encode("utf-8")
        assert problem.problem
        assert "\n" not in str(problem)
    assert list(error.problems) == sorted(error.problems, key=lambda p: (p.file, p.line, p.column, p.path))


def right(behaviour: Any) -> None:
    """Assert what every accepted behaviour fulfils."""
    reasons = behaviour.leaving.reasons.model_dump().values()
    assert abs(sum(reasons) - 1) < 1e-5
    assert abs(behaviour.visits.peak + behaviour.visits.end + behaviour.visits.mean - 1) < 1e-5
    assert behaviour.telling.bad_below <= behaviour.telling.good_above
    assert behaviour.encounters.attentive.low <= behaviour.encounters.attentive.high
    rungs = [getattr(behaviour.ladder, rung) for rung in ("enthusiast", "active", "stable", "indifferent")]
    assert rungs == sorted(rungs, reverse=True)
    assert max(behaviour.hearing.strong, behaviour.hearing.weak, behaviour.leaving.per_year) < 1


@st.composite
def mangled_texts(draw: st.DrawFn) -> str:
    text = load_preset(draw(st.sampled_from(PRESETS))).text
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 2, 5, 30, 400])))
        middle = draw(st.one_of(st.sampled_from(TOKENS), st.just(text[start:end] * 2), st.text(max_size=4)))
        text = text[:start] + middle + text[end:]
    return text


@given(mangled_texts())
def test_mangled_file_is_read_or_refused(text: str) -> None:
    try:
        document, problems = parse_leniently(text, "b.yaml")
        loaded = behaviour_of(document, "no such file", problems)
    except InputError as error:
        well_told(error)
        return
    right(loaded.behaviour)
    assert len(assumptions_of(loaded).constants) == len(PATHS)


@given(st.data())
def test_mangled_values_are_read_or_refused(data: st.DataObject) -> None:
    value = copy.deepcopy(load_preset("evidence").data)
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(spots(value)))
        if data.draw(st.booleans()):
            container[key] = data.draw(NUMBERS)
        else:
            container[data.draw(st.sampled_from(["x", "told_bad", "set", "preset", "behaviour"]))] = (
                container.pop(key)
            )
    try:
        right(load_behaviour(value).behaviour)
    except InputError as error:
        well_told(error)


@given(st.dictionaries(st.sampled_from(PATHS), NUMBERS, max_size=4), NUMBERS, st.sampled_from(["set", "all"]))
def test_whatever_stands_under_behaviour_is_read_or_refused(changes: Any, odd: Any, form: str) -> None:
    value = {"preset": "evidence", "set": changes} if form == "set" else odd
    try:
        text = SCENARIO + to_yaml({"behaviour": value})
        found = parse_scenario(text, "s.yaml", ROOT / "journeys")
    except InputError as error:
        well_told(error)
        return
    right(found.options[0].behaviour)
    again = parse_scenario(to_yaml(dict(found.resolved)), "r.yaml", ROOT / "journeys")
    assert again.options[0].behaviour == found.options[0].behaviour


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), NUMBERS)
def test_any_path_below_behaviour_is_set_or_refused(path: str, value: Any) -> None:
    text = SCENARIO + to_yaml({"set": {f"behaviour.{path}": value}})
    try:
        parse_scenario(text, "s.yaml", ROOT / "journeys")
    except InputError as error:
        well_told(error)
