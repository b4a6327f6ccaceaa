"""Durations, times of day and names: what they mean and how they are refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from journeysim.journey import values


class Holder(BaseModel):
    duration: values.Duration | None = None
    positive: values.PositiveDuration | None = None
    signed: values.AnyDuration | None = None
    time: values.TimeOfDay | None = None
    name: values.Id | None = None
    share: values.Share | None = None
    count: values.Count | None = None
    truth: values.Truth | None = None
    names: values.Names | None = None


def fault(key: str, value: Any) -> str:
    """Message and hint with which a value is refused."""
    with pytest.raises(ValidationError) as caught:
        Holder.model_validate({key: value})
    (error,) = caught.value.errors()
    return f"{error['msg']} | {error.get('ctx', {}).get('hint', '')}"


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("6 min", 6),
        ("6min", 6),
        ("90 s", 1.5),
        ("20 s", 20 / 60),
        ("2 h", 120),
        ("3 days", 4320),
        ("1 day", 1440),
        ("0 s", 0),
        (".5 min", 0.5),
        ("2.5 min", 2.5),
        ("  7   min ", 7),
    ],
)
def test_durations_are_minutes(text: str, minutes: float) -> None:
    assert Holder.model_validate({"duration": text}).duration == minutes


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (5, "the unit is missing | write 5 min"),
        (0, "the unit is missing"),
        (2.5, "the unit is missing | write 2.5 min"),
        ("5", "the unit is missing | write 5 min"),
        ("5 minutes", "unknown unit minutes | write 5 min"),
        ("5 m", "unknown unit m | write 5 min"),
        ("5 hours", "write 5 h"),
        ("5 Sec", "write 5 s"),
        ("5 weeks", "unknown unit weeks | units are s, min, h, days"),
        ("5 {x}", "unknown unit {x}"),
        ("min 5", "a duration is required"),
        ("", "a duration is required"),
        ("1 h 30 min", "a duration is required"),
        ("٥ min", "a duration is required"),
        (True, "a duration is required"),
        ([], "a duration is required"),
        ("-1 min", "a duration of 0 or more is required"),
        ("99999 days", "at most ten years"),
    ],
)
def test_what_is_no_duration_is_refused(value: Any, words: str) -> None:
    assert words in fault("duration", value)


def test_signs_of_durations() -> None:
    assert Holder.model_validate({"signed": "-2 min"}).signed == -2
    assert "above 0" in fault("positive", "0 min")
    assert "above 0" in fault("positive", "-3 min")


@pytest.mark.parametrize(("text", "minute"), [("00:00", 0), ("09:05", 545), ("23:59", 1439), ("24:00", 1440)])
def test_times_are_minutes_after_midnight(text: str, minute: int) -> None:
    assert Holder.model_validate({"time": text}).time == minute
    assert values.show_time(minute) == text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("9:00", "write 09:00"),
        ("9.30", "write 09:30"),
        ("9h30", "write 09:30"),
        ("24:01", "HH:MM"),
        ("25:00", "HH:MM"),
        ("12:60", "HH:MM"),
        ("noon", "HH:MM"),
        (750, "HH:MM"),
        ("09:00 ", "HH:MM"),
        ("０９:００", "HH:MM"),
    ],
)
def test_what_is_no_time_is_refused(value: Any, words: str) -> None:
    assert words in fault("time", value)


@pytest.mark.parametrize("name", ["counter", "No. 3", "柜台", "Käse/2", "a=b", "[key]", "x" * 80])
def test_names_in_any_script(name: str) -> None:
    assert Holder.model_validate({"name": name}).name == name


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("leave", "leave is a reserved name"),
        ("none", "reserved"),
        ("other", "reserved"),
        ("", "space"),
        (" x", "space"),
        ("x ", "space"),
        ("a\nb", "line breaks"),
        ('a"b', "quotes"),
        ("a\u200eb", "control characters"),
        ("x" * 81, "at most 80"),
    ],
)
def test_names_that_cannot_be(name: str, words: str) -> None:
    assert words in fault("name", name)


@pytest.mark.parametrize("value", ["0.5", True, None.__class__, "nan"])
def test_shares_are_numbers(value: Any) -> None:
    assert "a number is required" in fault("share", value)


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), float("inf"), 10**400])
def test_shares_lie_between_0_and_1(value: Any) -> None:
    fault("share", value)


@pytest.mark.parametrize("value", [3.0, 3.5, "3", True])
def test_counts_are_whole(value: Any) -> None:
    assert "a whole number is required" in fault("count", value)


@pytest.mark.parametrize("value", [1, 0, "true", "yes"])
def test_truth_is_true_or_false(value: Any) -> None:
    assert "true or false is required" in fault("truth", value)


def test_one_name_or_several() -> None:
    assert Holder.model_validate({"names": "a"}).names == ("a",)
    assert Holder.model_validate({"names": ["a", "b"]}).names == ("a", "b")
    fault("names", [])
