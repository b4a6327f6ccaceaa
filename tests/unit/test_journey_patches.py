"""Patches: paths, what they reach, what they refuse, and the places that problems with them name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.example_map import EXAMPLE

from journeysim.errors import InputError
from journeysim.journey import Journey, parse_document, parse_journey
from journeysim.journey.load import journey_from
from journeysim.journey.patches import (
    REMOVE,
    Patch,
    apply_patches,
    patch_from_setting,
    patched_document,
    patches_from,
    removals_from,
    split_path,
)
from journeysim.journey.strict_yaml import Place


@pytest.fixture(scope="module")
def city() -> Journey:
    return parse_journey(EXAMPLE, "map.yaml")


def refusal(journey: Journey, patches: dict[str, Any], remove: list[str] | None = None) -> str:
    with pytest.raises(InputError) as caught:
        journey.patched(patches, remove or [])
    return str(caught.value)


def test_value_replaces_what_stood_there(city: Journey) -> None:
    after = city.patched({"staff.tellers.count": {"09:00": 3, "11:30": 5}, "currency": "EUR"})
    assert after.staff["tellers"].roster_steps() == [(540, 3), (690, 5)]
    assert after.staff["tellers"].serves == city.staff["tellers"].serves
    assert after.currency == "EUR"
    # Maps are frozen: the one patched is as it was.
    assert city.staff["tellers"].roster_steps() == [(540, 3), (690, 4), (840, 3)]
    assert city.currency == "CNY"


def test_known_path_need_not_be_set(city: Journey) -> None:
    after = city.patched(
        {
            "arrivals.day_of_week.tue": 0.5,
            "queues.door.balk.at_length": 4,
            "touchpoints.kiosk.next": [{"to": "leave"}],
            "hours.at_close": "leave",
        }
    )
    assert after.arrivals.day_factor(1) == 0.5
    assert after.arrivals.day_factor(0) == 1.2
    assert after.queues["door"].balk is not None
    assert after.queues["door"].balk.at_length == 4
    hours = after.hours_on(0)
    assert hours is not None
    assert hours.at_close == "leave"


def test_new_id_at_the_end_is_added(city: Journey) -> None:
    after = city.patched(
        {
            'staff."No. 3"': {"count": 1, "serves": ["door"]},
            "staff.tellers.count.12:00": 5,
            "needs.cash.share.regular": 0.6,
            "needs.advice.share.regular": 0.4,
        }
    )
    assert list(after.staff)[-1] == "No. 3"
    assert (720, 5) in after.staff["tellers"].roster_steps()
    again = after.patched({'staff."No. 3".count': 2})
    assert again.staff["No. 3"].roster_steps() == [(0, 2)]


def test_rule_is_addressed_by_name_or_by_its_only_target(city: Journey) -> None:
    after = city.patched({"touchpoints.counter.next.adviser.probability": 0.25})
    assert after.touchpoints["counter"].next[0].probability == 0.25
    assert after.touchpoints["counter"].next[1].targets == (("leave", 1.0),)
    rule = {"to": "adviser", "name": "send on", "probability": 0.1}
    named = after.patched({"touchpoints.counter.next.adviser": rule})
    again = named.patched({"touchpoints.counter.next.send on.probability": 0.2})
    assert again.touchpoints["counter"].next[0].probability == 0.2
    quoted = named.patched({'touchpoints.counter.next."send on".probability': 0.3})
    assert quoted.touchpoints["counter"].next[0].probability == 0.3


def test_name_of_a_rule_goes_before_the_target_of_another() -> None:
    rules = [{"to": "b", "name": "c", "probability": 0.5}, {"to": "c", "probability": 0.5}, {"to": "leave"}]
    data = {"touchpoints": {"a": {"next": rules}}}
    after = apply_patches(data, [Patch("touchpoints.a.next.c.probability", 0.1)])
    assert [rule.get("probability") for rule in after["touchpoints"]["a"]["next"]] == [0.1, 0.5, None]
    assert data["touchpoints"]["a"]["next"][0]["probability"] == 0.5


def test_remove_deletes(city: Journey) -> None:
    after = city.patched(
        {"touchpoints.kiosk.if_failed": "adviser"},
        ["segments.regular.patience", "touchpoints.counter.next.adviser", "arrivals.day_of_week"],
    )
    assert after.segments["regular"].patience is None
    assert [rule.to for rule in after.touchpoints["counter"].next] == ["leave"]
    assert after.arrivals.day_factor(6) == 1


def test_changes_apply_in_order_and_removals_last(city: Journey) -> None:
    after = city.patched(
        {"queues.door": {"capacity": 1, "balk": {"at_length": 1}}, "queues.door.capacity": 2},
        ["queues.door.balk"],
    )
    assert after.queues["door"].capacity == 2
    assert after.queues["door"].balk is None


def test_values_may_come_as_tuples_and_numpy_numbers(city: Journey) -> None:
    after = city.patched(
        {"staff.tellers.count": np.int64(5), "staff.tellers.serves": ("vip_line", "counter_line")}
    )
    assert after.staff["tellers"].roster_steps() == [(0, 5)]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("staf.tellers.count", "unknown path, found staf, hint: did you mean staff?"),
        ("staff.teller.count", "unknown path, found teller, hint: did you mean tellers?"),
        ("staff.tellers.cuont", "unknown path, found cuont, hint: did you mean count?"),
        ("staff.tellers.count.x.y", "unknown path, found x"),
        (
            "touchpoints.counter.next.1.probability",
            "rules are addressed by name, or by `to`, never by number",
        ),
        ("touchpoints.counter.next.advisor", "unknown rule, found advisor, hint: did you mean adviser?"),
        ("touchpoints.welcome.next.kiosk", "unknown rule, found kiosk"),
        ("touchpoints.adviser.kano.x", "touchpoints.adviser.kano is no mapping here, found attractive"),
        (
            "staff.machines.count.12:00",
            "staff.machines.count is no mapping here, found 3, hint: set it as a whole",
        ),
        ("queues.counter_line.conditions.seated", "entries of queues.counter_line.conditions have no names"),
        ("segments.regular.patience.gama.mean", "unknown path, found gama, hint: did you mean gamma?"),
        ("", "a path of names joined by dots is required"),
        ("staff..count", "a path of names joined by dots is required"),
        (".staff", "a path of names joined by dots is required"),
        ("staff.", "a path of names joined by dots is required"),
        ('staff."tellers.count', "a path of names joined by dots is required"),
        ('staff."tellers"x', "a path of names joined by dots is required"),
        ("staff. .count", "a path of names joined by dots is required"),
    ],
)
def test_path_that_leads_nowhere(city: Journey, path: str, words: str) -> None:
    message = refusal(city, {path: 1})
    assert words in message
    assert message.startswith(f"patch: {path}" if path else "patch: ")


def test_several_rules_of_one_target_need_a_name(city: Journey) -> None:
    twice = city.patched(
        {"touchpoints.kiosk.next": [{"to": "counter", "probability": 0.1}, {"to": "counter"}]}
    )
    assert "several rules fit, found counter, hint: give the rule a name" in refusal(
        twice, {"touchpoints.kiosk.next.counter.probability": 1}
    )


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null is not used"),
        (float("nan"), "finite number"),
        (float("inf"), "finite number"),
        (10**400, "finite number"),
        ({"09:00": None}, "null is not used"),
        ({9: 3}, "keys must be text"),
        ({"": 3}, "keys must be text"),
        ({1, 2}, "a set is no map value"),
        (b"5", "a bytes is no map value"),
        ("\ud800", "surrogate"),
        (-1, "a number of 0 or more is required, found -1"),
        ("5", "a whole number or numbers by time of day are required, found 5"),
        (nested(45), "nested deeper"),
    ],
    ids=repr,
)  # fmt: skip
def test_value_that_no_map_can_hold(city: Journey, value: Any, words: str) -> None:
    message = refusal(city, {"staff.tellers.count": value})
    assert words in message
    assert message.startswith("patch: staff.tellers.count")


def test_value_that_contains_itself(city: Journey) -> None:
    value: list[Any] = []
    value.append(value)
    assert "nested deeper" in refusal(city, {"staff.tellers.serves": value})


def test_removing_what_is_not_there(city: Journey) -> None:
    assert "there is nothing to remove" in refusal(city, {}, ["queues.door.capacity"])
    assert "there is nothing to remove" in refusal(city, {}, ["queues.door.balk.at_length"])
    assert "unknown path, found dor" in refusal(city, {}, ["queues.dor.capacity"])
    assert "there is nothing to remove" in refusal(city, {}, ["queues.dor"])


def test_all_wrong_patches_are_told_at_once(city: Journey) -> None:
    message = refusal(city, {"staf": 1, "queus": 1, "staff.tellers.count": -1})
    assert len(message.splitlines()) == 2
    assert len(refusal(city, {"staff.tellers.count": -1, "touchpoints.kiosk.fails": 3}).splitlines()) == 2


def test_changed_map_is_checked_like_any_other(city: Journey) -> None:
    assert "a queue that no staff group serves" in refusal(city, {"staff.advisers.serves": ["door"]})
    assert "the key count is missing" in refusal(city, {"staff.new": {"serves": ["door"]}})


SCENARIO = """\
scenario: x
options:
  Fewer:
    set:
      staff.tellers.count: {09:00: 3, 10:00: -4}
      touchpoints.welcome.servce: {constant: 1 min}
  Worse:
    set:
      touchpoints.counter.next.adviser:
        to: advisr
      queues.door:
        capacity: 5
    remove: [segments.vip.patience]
"""


def test_problems_name_the_line_of_the_file_that_patches(city: Journey) -> None:
    scenario = parse_document(SCENARIO, "scenario.yaml")
    with pytest.raises(InputError) as caught:
        patched_document(city.document, patches_from(scenario, ("options", "Fewer", "set")))
    expected = "scenario.yaml:6:7: touchpoints.welcome.servce: unknown path, found servce, hint: did you mean"
    assert str(caught.value) == f"{expected} service?"
    with pytest.raises(InputError) as caught:
        patched_document(city.document, removals_from(scenario, ("options", "Worse", "remove")))
    assert str(caught.value).startswith(
        "scenario.yaml:13:14: segments.vip.patience: there is nothing to remove"
    )
    first = patches_from(scenario, ("options", "Fewer", "set"))[:1]
    with pytest.raises(InputError) as caught:
        journey_from(patched_document(city.document, first))
    assert str(caught.value).startswith(
        "scenario.yaml:5:46: staff.tellers.count.10:00: a number of 0 or more"
    )
    with pytest.raises(InputError) as caught:
        journey_from(patched_document(city.document, patches_from(scenario, ("options", "Worse", "set"))))
    assert str(caught.value).startswith(
        "scenario.yaml:10:13: touchpoints.counter.next[1].to: unknown touchpoint"
    )


def test_problems_with_what_was_not_patched_name_the_map(city: Journey) -> None:
    scenario = parse_document("set: {queues.door.capacity: 5, segments.regular.share: 0.8}", "scenario.yaml")
    with pytest.raises(InputError) as caught:
        journey_from(patched_document(city.document, patches_from(scenario, ("set",))))
    assert str(caught.value) == "map.yaml:6:1: segments: the shares of the segments must sum to 1, found 0.9"


def test_places_move_up_after_a_removed_rule(city: Journey) -> None:
    document = patched_document(city.document, [Patch("touchpoints.welcome.next.vip_counter", REMOVE)])
    before = city.document.place(("touchpoints", "welcome", "next", 2, "to"))
    assert document.place(("touchpoints", "welcome", "next", 1, "to")) == before
    assert document.place(("touchpoints", "welcome", "next", 2, "to")) == document.place(
        ("touchpoints", "welcome", "next")
    )


def test_place_can_be_given_without_a_document(city: Journey) -> None:
    with pytest.raises(InputError, match=r"^a\.yaml:3:4: staf: unknown path"):
        patched_document(city.document, [Patch("staf", 1, Place("a.yaml", 3, 4))])


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("staff.tellers.count=5", "staff.tellers.count", 5),
        ("a.b = {09:00: 3}", "a.b", {"09:00": 3}),
        ("a.b=6 min", "a.b", "6 min"),
        ("a.b=no", "a.b", "no"),
        ("a.b=[x, y]", "a.b", ["x", "y"]),
        ("a.b='x=y'", "a.b", "x=y"),
        ('staff."a=b".count=1', 'staff."a=b".count', 1),
        ("a={b: {c: 1}}", "a", {"b": {"c": 1}}),
    ],
)
def test_settings_of_the_command_line(setting: str, path: str, value: Any) -> None:
    patch = patch_from_setting(setting)
    assert (patch.path, patch.value) == (path, value)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("staff.tellers.count", "PATH=VALUE is required"),
        ("", "PATH=VALUE is required"),
        ("a=", "nothing follows the ="),
        ("a=[1", "not valid YAML"),
        ("a=~", "null is not used"),
        ("a={b: &x 1}", "anchors"),
        ("a=\0", "a character that no text holds"),
        ("a=\ud800", "a character that no text holds"),
    ],
)
def test_settings_that_are_none(setting: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        patch_from_setting(setting)
    assert words in str(caught.value)
    str(caught.value).encode("utf-8")


def test_setting_is_named_in_problems(city: Journey) -> None:
    with pytest.raises(InputError) as caught:
        journey_from(patched_document(city.document, [patch_from_setting("staff.tellers.count=-5")]))
    assert str(caught.value).startswith(
        "--set staff.tellers.count=-5: staff.tellers.count: a number of 0 or more"
    )


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("a", ["a"]),
        ("a.b.c", ["a", "b", "c"]),
        ('staff."No. 3".count', ["staff", "No. 3", "count"]),
        ("a. b .c", ["a", "b", "c"]),
        ("touchpoints.柜台.service", ["touchpoints", "柜台", "service"]),
        ("staff.No 3.count", ["staff", "No 3", "count"]),
    ],
)
def test_parts_of_a_path(path: str, parts: list[str]) -> None:
    assert split_path(path) == parts
