"""Behaviours as input: presets, files, changes, and everything that is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.small_branch import SMALL_MAP

from journeysim.errors import InputError
from journeysim.experiment import load_scenario, parse_scenario, run
from journeysim.experiment.resolve import run_id
from journeysim.experiment.schema import scenario_schema
from journeysim.experiment.yaml_text import to_yaml
from journeysim.journey.faults import entry_type
from journeysim.journey.strict_yaml import look_up
from journeysim.market import behaviour_check
from journeysim.market.behaviour import Behaviour
from journeysim.market.constants import constants
from journeysim.market.presets import PRESETS, default_behaviour, load_behaviour, load_preset

MAP = SMALL_MAP.replace("per_hour: 40", "per_hour: 30")
HEAD = "scenario: S\njourney: map.yaml\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "map.yaml").write_text(MAP)
    (tmp_path / "own.yaml").write_text(load_preset("evidence").text.replace("told_bad: 9.0", "told_bad: 7"))
    return tmp_path


def problems_of(value: Any, folder: Path | None = None) -> list[str]:
    with pytest.raises(InputError) as caught:
        load_behaviour(value, folder)
    return [str(problem) for problem in caught.value.problems]


def scenario_problems(text: str, folder: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_scenario(HEAD + text, "s.yaml", folder)
    return [str(problem) for problem in caught.value.problems]


def told_bad(text: str, folder: Path) -> list[float]:
    found = parse_scenario(HEAD + text, "s.yaml", folder)
    return [option.behaviour.telling.told_bad for option in found.options]


def test_the_default_is_what_training_teaches() -> None:
    default = default_behaviour()
    assert default.behaviour == "Rules of thumb"
    assert load_behaviour().behaviour == load_behaviour("rules-of-thumb").behaviour == default
    assert default_behaviour() is default
    assert default.leaving.reasons.indifferent_staff == 0.68
    assert default.waiting.acceptable.median == 15.0


@pytest.mark.parametrize("name", PRESETS)
def test_data_of_a_preset_is_the_whole_of_it(name: str) -> None:
    loaded = load_preset(name)
    assert load_behaviour(loaded.data).behaviour == loaded.behaviour
    assert loaded.data == loaded.base.data


def test_presets_say_the_same_keys_in_the_same_order() -> None:
    def keys(data: Any) -> Any:
        return {name: keys(inner) for name, inner in data.items()} if isinstance(data, dict) else None

    one, two = (keys(load_preset(name).data) for name in PRESETS)
    assert to_yaml_order(one) == to_yaml_order(two)


def to_yaml_order(keys: Any) -> list[Any]:
    return [(name, to_yaml_order(inner)) for name, inner in keys.items()] if keys else []


def test_evidence_takes_published_numbers() -> None:
    training, evidence = (load_preset(name).behaviour for name in PRESETS)
    assert (training.waiting.overestimation, evidence.waiting.overestimation) == (1.2, 1.36)
    assert (training.leaving.reasons.indifferent_staff, evidence.leaving.reasons.indifferent_staff) == (
        0.68,
        0.16,
    )
    switched = 1 - evidence.leaving.reasons.died - evidence.leaving.reasons.moved
    reasons = evidence.leaving.reasons
    for share, published in (
        (reasons.rival, 0.28),
        (reasons.product, 0.22),
        (reasons.indifferent_staff, 0.18),
    ):
        assert share / switched == pytest.approx(published, abs=0.006)
    # Mortality nearer 1% a year, and good stories three times the bad at six good visits for a bad one.
    assert evidence.leaving.per_year * reasons.died == pytest.approx(0.01, abs=0.001)
    assert 6 * evidence.telling.told_good / evidence.telling.told_bad == pytest.approx(3)
    assert evidence.leaving.contagion == 0.8


def test_a_file_beside_the_scenario(folder: Path) -> None:
    assert load_behaviour("own.yaml", folder).behaviour.telling.told_bad == 7
    assert load_behaviour({"file": "own.yaml"}, folder).behaviour.waiting.overestimation == 1.36
    changed = load_behaviour({"file": "own.yaml", "set": {"telling.told_bad": 8}}, folder)
    assert (changed.behaviour.telling.told_bad, changed.data["telling"]["told_bad"]) == (8, 8)
    assert changed.base.data["telling"]["told_bad"] == 7
    assert told_bad("behaviour: own.yaml\n", folder) == [7]


def test_a_preset_with_changes(folder: Path) -> None:
    found = load_behaviour({"preset": "evidence", "set": {"waiting.acceptable.median": "12 min"}})
    assert (found.behaviour.behaviour, found.behaviour.waiting.acceptable.median) == ("Evidence", 12)
    only_changes = load_behaviour({"set": {"telling.told_good": 1}}).behaviour
    assert (only_changes.behaviour, only_changes.telling.told_good) == ("Rules of thumb", 1)
    assert told_bad("behaviour:\n  set:\n    telling.told_bad: 3\n", folder) == [3]
    assert default_behaviour().telling.told_bad == 9


def test_changes_apply_from_the_outside_in(folder: Path) -> None:
    text = (
        "behaviour: {preset: evidence, set: {telling.told_bad: 1, telling.told_good: 1}}\n"
        "set: {behaviour.telling.told_bad: 2, staff.tellers.count: 4}\n"
        "options: {A: {}, B: {set: {behaviour.telling.told_bad: 3}}}\n"
        "grid: {behaviour.telling.told_bad: [4, 5]}\n"
    )
    assert told_bad(text, folder) == [2, 3, 4, 5]
    (folder / "s.yaml").write_text(HEAD + text)
    found = load_scenario(folder / "s.yaml", changes=["behaviour.telling.told_good=6"])
    assert [option.behaviour.telling.told_good for option in found.options] == [6] * 4
    assert [option.name for option in found.options][-1] == "telling.told_bad=5"
    assert found.options[0].journey.staff["tellers"].roster_steps() == [(0, 4)]
    assert found.behaviour.behaviour.telling.told_bad == 2
    bare = load_scenario(folder / "map.yaml", changes=["behaviour.telling.told_bad=12"])
    assert bare.options[0].behaviour.telling.told_bad == 12


def test_a_resolved_scenario_has_the_behaviour_in_it(folder: Path) -> None:
    text = (
        "behaviour: {file: own.yaml, set: {telling.told_good: 3}}\nset: {behaviour.waiting.unnoticed: 90 s}\n"
        "options: {A: {}, B: {set: {behaviour.complaints.recovery: fast}}}\n"
    )
    found = parse_scenario(HEAD + text, "s.yaml", folder)
    again = parse_scenario(to_yaml(dict(found.resolved)), "resolved.yaml", folder / "elsewhere")
    assert again.resolved == found.resolved
    assert [one.behaviour for one in again.options] == [one.behaviour for one in found.options]
    assert run_id(again.resolved, {}) == run_id(found.resolved, {})
    assert found.resolved["behaviour"]["telling"]["told_good"] == 3
    plain = parse_scenario(HEAD, "s.yaml", folder)
    assert run_id(plain.resolved, {}) != run_id(found.resolved, {})
    assert Behaviour.model_validate(plain.resolved["behaviour"]) == default_behaviour()


def test_a_kept_run_reproduces_its_behaviour(folder: Path) -> None:
    (folder / "s.yaml").write_text(HEAD + "days: 1\nreplications: 2\nbehaviour: own.yaml\n")
    done = run(load_scenario(folder / "s.yaml"), jobs=1, out=folder / "runs")
    assert done.folder is not None
    (folder / "own.yaml").unlink()
    assert load_scenario(done.folder / "scenario.yaml").options[0].behaviour.telling.told_bad == 7


def test_extends_finds_the_behaviour_where_the_base_looks_for_it(folder: Path) -> None:
    (folder / "base").mkdir()
    (folder / "own.yaml").rename(folder / "base" / "own.yaml")
    for form in ("own.yaml", "{file: own.yaml, set: {telling.told_good: 3}}"):
        (folder / "base" / "base.yaml").write_text(f"scenario: B\njourney: ../map.yaml\nbehaviour: {form}\n")
        found = parse_scenario("scenario: S\nextends: base/base.yaml\n", "s.yaml", folder)
        assert found.options[0].behaviour.telling.told_bad == 7
    own = parse_scenario("scenario: S\nextends: base/base.yaml\nbehaviour: evidence\n", "s.yaml", folder)
    assert own.options[0].behaviour.telling.told_bad == 9


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "behaviour: evidenc",
            "s.yaml:3:12: behaviour: unknown preset, found evidenc, hint: did you mean evidence?",
        ),
        ("behaviour: 7", "s.yaml:3:12: behaviour: a preset, a file or a mapping is required, found 7"),
        ("behaviour: []", "s.yaml:3:1: behaviour: a preset, a file or a mapping is required, found []"),
        ("behaviour: nowhere.yaml", "s.yaml:3:12: behaviour: there is no such file, found nowhere.yaml"),
        ("behaviour: map.yaml", "s.yaml:3:12: behaviour: a behaviour is required, found a journey: map.yaml"),
        ("behaviour:", "s.yaml:3:1: behaviour: nothing follows this key"),
        ("behaviour: {prset: x}", "s.yaml:3:13: behaviour.prset: unknown key, hint: did you mean preset?"),
        ("behaviour: {preset: 7}", "s.yaml:3:21: behaviour.preset: a preset's name is required, found 7"),
        ("behaviour: {file: [x]}", "s.yaml:3:13: behaviour.file: a file is required, found [x]"),
        (
            "behaviour: {preset: evidence, set: 7}",
            "s.yaml:3:36: behaviour.set: a mapping of paths to values is",
        ),
        (
            "behaviour: {preset: evidence, file: own.yaml}",
            "s.yaml:3:31: behaviour.file: a preset or a file, not both",
        ),
        (
            "behaviour: {set: {telling.tolld_bad: 3}}",
            "s.yaml:3:19: behaviour.telling.tolld_bad: unknown path, found tolld_bad, hint: did you mean",
        ),
        (
            "behaviour: {set: {telling.told_bad: -1}}",
            "s.yaml:3:37: behaviour.telling.told_bad: a number of 0 or more",
        ),
        (
            "behaviour: {behaviour: Own, waitin: {}}",
            "s.yaml:3:29: behaviour.waitin: unknown key, hint: did you mean",
        ),
        (
            "set: {behaviour.waiting.unnoticed: 3}",
            "s.yaml:3:36: behaviour.waiting.unnoticed: the unit is missing",
        ),
        (
            "set: {behaviour.teling.told_bad: 3}",
            "s.yaml:3:7: behaviour.teling.told_bad: unknown path, found teling",
        ),
        ("set: {behaviour: evidence}", "s.yaml:3:7: behaviour: a path into it is required"),
        ("set: {behaviour.: 3}", "s.yaml:3:7: behaviour: a path of names joined by dots is required"),
        ("remove: [behaviour.telling]", "s.yaml:3:10: behaviour.telling: a constant cannot be removed"),
        (
            "options: {A: {}, B: {set: {behaviour.complaints.recovery: quick}}}",
            "s.yaml:3:59: behaviour.complaints.recovery: one of 'none', 'unresolved', 'slow' or 'fast'",
        ),
        (
            "grid: {behaviour.telling.told_bad: [3, many]}",
            "s.yaml:3:40: behaviour.telling.told_bad: a number is",
        ),
    ],
)
def test_refused_with_the_place_in_the_scenario(folder: Path, text: str, said: str) -> None:
    found = scenario_problems(text + "\n", folder)
    assert any(line.startswith(said) for line in found), found
    assert len(found) == len(set(found))


def test_a_setting_on_the_command_line_is_named(folder: Path) -> None:
    with pytest.raises(
        InputError, match=r"--set behaviour\.telling\.told_bad=x: behaviour\.telling\.told_bad: a num"
    ):
        load_scenario(folder / "map.yaml", changes=["behaviour.telling.told_bad=x"])


def test_everything_wrong_with_a_file_at_once(folder: Path) -> None:
    text = (
        load_preset("evidence")
        .text.replace("told_bad: 9.0", "told_bad: nine")
        .replace("  overestimation:", "  overestimaton:")
        .replace("grumble: 0.87", "grumble: 0.9")
        .replace("median: 10 min", "median: 10")
        .replace("    rival: 0.25 ", "    rival: .inf ")
        .replace("contagion_months: 1.0", "contagion_months:")
    )
    (folder / "bad.yaml").write_text(text)
    found = scenario_problems("behaviour: bad.yaml\nseed: -1\nset: {staff.tellers.cuont: 3}\n", folder)
    starts = ("telling.told_bad: a number is required, found nine", "waiting.overestimaton: unknown key")
    starts += (
        "complaints: grumble, complain, media must sum to 1, found 1.03",
        "waiting.acceptable.median: the unit",
    )
    starts += ("leaving.contagion_months: nothing follows", "waiting: the key overestimation is missing")
    for start in starts:
        assert any(line.startswith("bad.yaml:") and f": {start}" in line for line in found), start
    assert any("leaving.reasons.rival" in line for line in found)
    assert not any("indifferent_staff" in line for line in found)
    assert any(line.startswith("s.yaml:4:7: seed") for line in found)
    assert any(line.startswith("s.yaml:5:7: staff.tellers.cuont") for line in found)
    line = next(line for line in found if "nine" in line)
    number, column = (int(part) for part in line.split(":")[1:3])
    assert text.splitlines()[number - 1][column - 1 :].startswith("nine")


SUMS = [
    ("visits", "peak"),
    ("complaints", "media"),
    ("leaving.reasons", "rival"),
    ("choosing", "by_convenience"),
]


@pytest.mark.parametrize(("section", "name"), SUMS)
def test_shares_that_do_not_sum_to_one(section: str, name: str) -> None:
    (line,) = problems_of({"set": {f"{section}.{name}": 0.5}})
    # The changed value is blamed rather than a line of a preset that nobody can edit.
    assert line.startswith(f"behaviour: behaviour.{section}.{name}: ")
    assert "must sum to 1, found 1." in line


def test_customers_who_never_leave_are_worth_something_only_with_interest() -> None:
    (line,) = problems_of({"set": {"leaving.per_year": 0, "money.discount": 0}})
    assert line.startswith("behaviour: behaviour.money.discount: a number above 0 is required where")
    load_behaviour({"set": {"leaving.per_year": 0}})
    load_behaviour({"set": {"money.discount": 0}})


@pytest.mark.parametrize(
    ("path", "word", "limit"),
    [
        ("encounters.attentive.low", "at most", "encounters.attentive.high"),
        ("encounters.indifferent.high", "at least", "encounters.indifferent.low"),
        ("encounters.linear.best", "at least", "encounters.linear.worst"),
        ("encounters.attractive.worst", "at most", "encounters.attractive.best"),
        ("encounters.must_be.worst", "at most", "encounters.must_be.best"),
        ("ladder.active", "at most", "ladder.enthusiast"),
        ("ladder.active", "at least", "ladder.stable"),
        ("ladder.indifferent", "at most", "ladder.stable"),
        ("telling.bad_below", "at most", "telling.good_above"),
    ],
)
def test_order_of_constants(path: str, word: str, limit: str) -> None:
    bound = look_up(load_preset("rules-of-thumb").data, limit.split("."))
    assert look_up(load_behaviour({"set": {path: bound}}).data, path.split(".")) == bound
    beyond = bound + 0.001 if word == "at most" else bound - 0.001
    if path == "encounters.attentive.low":
        # The highest quality is 1 already, so the bound comes down.
        path, word, limit, bound, beyond = limit, "at least", path, 0.6, 0.599
    (line,) = problems_of({"set": {path: beyond}})
    assert line.startswith(
        f"behaviour: behaviour.{path}: {word} {limit} ({bound}) is required, found {beyond}"
    )


@pytest.mark.parametrize("path", ["hearing.strong", "hearing.weak", "leaving.per_year"])
def test_shares_that_must_leave_something(path: str) -> None:
    assert look_up(load_behaviour({"set": {path: 0.999}}).data, path.split(".")) == 0.999
    (line,) = problems_of({"set": {path: 1}})
    assert line.startswith(f"behaviour: behaviour.{path}: a number below 1 is required, found 1")


def test_a_sum_in_a_file_points_at_its_section(folder: Path) -> None:
    text = load_preset("evidence").text.replace("    moved: 0.03 ", "    moved: 0.04 ")
    (folder / "bad.yaml").write_text(text)
    (line,) = problems_of("bad.yaml", folder)
    number = next(n for n, row in enumerate(text.splitlines(), 1) if row.strip().startswith("reasons:"))
    assert line.startswith(f"bad.yaml:{number}:3: leaving.reasons: died, moved, ")


def test_checks_name_keys_that_exist() -> None:
    spots = [(*loc, name) for loc, names in behaviour_check._SUMS + behaviour_check._ORDERS for name in names]
    for loc in (*spots, *behaviour_check._BELOW_ONE):
        kind: Any = Behaviour
        for part in loc:
            kind = entry_type(kind, part)
            assert kind is not None, loc
    reasons = next(names for loc, names in behaviour_check._SUMS if loc == ("leaving", "reasons"))
    assert set(reasons) == set(default_behaviour().leaving.reasons.model_dump())


SET_ONLY = "a preset with `set` beside it needs only what differs"


def test_a_missing_key_shows_what_the_default_has() -> None:
    data = load_preset("evidence").data
    telling = {key: value for key, value in data["telling"].items() if key not in ("told_bad", "relay")}
    data = {key: value for key, value in {**data, "telling": telling}.items() if key != "money"}
    assert problems_of(data) == [
        f"behaviour: behaviour: the key money is missing, hint: {SET_ONLY}",
        "behaviour: behaviour.telling: the key told_bad is missing, hint: rules-of-thumb has told_bad: 9.0",
        "behaviour: behaviour.telling: the key relay is missing, hint: rules-of-thumb has relay: 0.1",
    ]


@pytest.mark.parametrize(
    ("behaviour", "right"),
    [
        ("evidence", True),
        ("own.yaml", True),
        ({"preset": "evidence"}, True),
        ({"file": "own.yaml", "set": {"telling.told_bad": 3, "leaving.reasons": {}}}, True),
        (load_preset("evidence").data, True),
        ("evidenc", False),
        ({"prest": "evidence"}, False),
        ({"preset": "evidenc"}, False),
        ({**load_preset("evidence").data, "hearing": {"strong": 2}}, False),
        (7, False),
    ],
)
def test_the_schema_knows_the_forms(behaviour: Any, right: bool) -> None:
    document = {"scenario": "S", "journey": "map.yaml", "behaviour": behaviour}
    assert jsonschema.Draft202012Validator(scenario_schema()).is_valid(document) is right


def test_the_schema_completes_paths() -> None:
    choice = scenario_schema()["$defs"]["BehaviourChoice"]["properties"]["set"]
    assert choice["properties"]["telling.told_bad"]["description"]
    assert list(choice["properties"]) == [one.path for one in constants(default_behaviour())]
