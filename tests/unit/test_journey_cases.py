"""Later contacts, kept servers, line groups and people at opening: what follows from them for a whole map."""

from __future__ import annotations

from typing import Any

import pytest
from tests.strategies import Data, to_text

from journeysim.errors import InputError
from journeysim.journey import Distribution, Journey, expected_case_visits, expected_visits, parse_journey
from journeysim.journey.loads import work_per_arrival


def point(queue: str | None = "line", *rules: Data, minutes: float = 10, **also: Any) -> Data:
    """A touchpoint that takes always the same time, with its ``next``."""
    made: Data = {"stage": "Any", "service": {"constant": f"{minutes} min"}, "next": list(rules), **also}
    return made if queue is None else {**made, "queue": queue}


def to(target: str, probability: float = 1, **also: Any) -> Data:
    return {"to": target, "probability": probability, **also}


LEAVE = to("leave")


def branch(
    points: dict[str, Data], queues: Data | None = None, staff: Data | None = None, per_hour: float = 6
) -> Data:
    """A map of one kind of customer, open for an hour; by default one server for one queue."""
    return {
        "journey": "Small",
        "hours": {"open": "09:00", "close": "10:00"},
        "segments": {"all": {"share": 1}},
        "needs": {"any": {"share": 1, "start": next(iter(points))}},
        "arrivals": {"per_hour": per_hour},
        "staff": staff or {"servers": {"count": 1, "serves": ["line"]}},
        "queues": queues or {"line": {}},
        "touchpoints": points,
    }


def read(data: Data) -> Journey:
    return parse_journey(to_text(data), "map.yaml")


def warnings(data: Data) -> list[str]:
    return [f"{warning.path}: {warning.problem}, {warning.found}" for warning in read(data).warnings]


def problems(data: Data) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(data)
    return [f"{problem.path}: {problem.problem}, {problem.found}" for problem in caught.value.problems]


def load(of: str, number: str) -> str:
    first = of.partition(",")[0]
    return f"touchpoints.{first}: more work than capacity at {of}, a load of {number} over the day"


# Later contacts


def test_a_later_contact_is_no_step_of_the_visit_but_of_the_case() -> None:
    points = {"first": point("line", to("second", 0.5, after="2 days"), to("second", 0.5), LEAVE)}
    points["second"] = point("line")
    journey = read(branch(points))
    assert expected_visits(journey)[:, 0].tolist() == [1, 0.25]
    assert expected_case_visits(journey)[:, 0].tolist() == [1, 0.75]
    assert expected_case_visits(journey, "second")[:, 0].tolist() == [0, 1]


def test_failures_of_an_earlier_visit_are_forgotten() -> None:
    again = to("end", when={"failed_before": True})
    points = {
        "first": point("line", again, to("first", 0.5, after="1 day"), LEAVE, fails=0.5, if_failed="middle")
    }
    points["middle"] = point("line", to("first", 0.4, after="1 day"), to("first"))
    points["end"] = point("line")
    visits = expected_case_visits(read(branch(points)))[:, 0]
    # F: visits to first without a failure so far; those in failed visits are 0.6 of the middles and go in
    # circles until they succeed: M = 0.5 F + 0.5 × 0.6 M, and F = 1 + 0.25 F + 0.4 M.
    middle = 0.5 / (1 - 0.3)
    fresh = 1 / (1 - 0.25 - 0.4 * middle)
    assert visits.tolist() == pytest.approx(
        [fresh + 0.6 * middle * fresh, middle * fresh, 0.5 * 0.6 * middle * fresh]
    )


def test_what_only_a_later_contact_reaches_is_reached() -> None:
    points = {"first": point("line", to("papers", 0.5, after="2 days"), LEAVE), "papers": point("line")}
    assert warnings(branch(points, per_hour=1)) == []
    points["first"]["next"][0]["probability"] = 0
    told = "touchpoints.papers: a touchpoint reached only with probability 0, "
    assert warnings(branch(points, per_hour=1)) == [told]


def test_contacts_count_in_the_load() -> None:
    points = {"first": point("line", LEAVE)}
    assert warnings(branch(points)) == []
    points["first"]["next"].insert(0, to("first", 0.5, after="2 days"))
    assert warnings(branch(points)) == [load("first", "2.00")]


@pytest.mark.parametrize("when", [None, {"failed_before": False}, {"waited_over": "15 min"}])
def test_a_case_may_go_on_as_long_as_some_end(when: Data | None) -> None:
    rule = to("first", 1 if when and "waited_over" in when else 0.99, after="1 day")
    points = {"first": point("line", rule | ({"when": when} if when else {}), LEAVE)}
    read(branch(points))


@pytest.mark.parametrize(
    "rules",
    [
        [to("first", after="1 day")],
        [to("first", 0.9999999, after="1 day"), LEAVE],
        [to("leave", when={"waited_over": "5 min"}), to("first", after="1 day")],
        [to("first", when={"segment": "all"}, after="1 day"), LEAVE],
        [to("second", after="1 day")],
        [{"to": {"first": 0.4, "second": 0.6}, "after": "1 day"}],
        [to("second", 0.5), to("first", after="1 day")],
    ],
)
def test_a_case_that_never_ends_while_nobody_waits_is_refused(rules: list[Data]) -> None:
    points = {"first": point("line", *rules)}
    points["second"] = point("line", to("first", after={"exponential": {"mean": "3 days"}}))
    if "second" not in to_text({"rules": rules}):
        del points["second"]
    (told,) = problems(branch(points))
    assert told.startswith("touchpoints.first: a case that never ends: each contact leads to another, first")


def test_a_case_that_never_ends_after_a_failure_is_refused() -> None:
    points = {"first": point("line", fails=0.1, if_failed="second")}
    points["second"] = point("line", to("second", after="1 day"))
    (told,) = problems(branch(points))
    assert told == "touchpoints.second: a case that never ends: each contact leads to another, second"


def test_a_later_contact_ends_the_visit() -> None:
    points = {"first": point("line", to("second", 0.5, after="1 day"), to("first"))}
    points["second"] = point("line")
    journey = read(branch(points))
    assert expected_visits(journey)[:, 0].tolist() == [2, 0]
    points["first"]["next"][0]["probability"] = 0.01
    (told,) = problems(branch(points))
    assert "a route that returns too often" in told


def test_a_return_on_a_later_day_is_no_loop() -> None:
    points = {"first": point("line", to("second", 0.5), LEAVE)}
    points["second"] = point("line", to("first", after="1 day"))
    read(branch(points))


def test_after_is_minutes_or_a_distribution() -> None:
    points = {"first": point("line", to("first", 0.1, after="36 h"), LEAVE)}
    points["first"]["next"].insert(0, to("first", 0.1, after={"by_need": {"other": {"constant": "1 day"}}}))
    first, second, last = read(branch(points)).touchpoints["first"].next
    assert isinstance(first.after, Distribution)
    assert first.after.mean_min("all", "any") == 1440
    assert (second.after, last.after) == (2160, None)


# Servers who are busy without a customer


def test_wrap_up_and_the_service_a_server_is_kept_for_count_as_work() -> None:
    points = {
        "desk": point("line", to("approval", 0.5, keep_server=True), LEAVE, minutes=2, fails=0.2),
        "approval": point("back", minutes=5, lane="back"),
    }
    data = branch(points, {"line": {}, "back": {}}, per_hour=20)
    data["staff"] = {
        "tellers": {"count": 1, "serves": ["line"]},
        "supervisors": {"count": 1, "serves": ["back"]},
    }
    assert work_per_arrival(read(data)) == pytest.approx({"desk": 2 + 0.8 * 0.5 * 5, "approval": 0.4 * 5})
    assert warnings(data) == [load("desk", "1.33")]
    points["desk"]["wrap_up"] = {"constant": "1 min"}
    points["approval"]["wrap_up"] = {"constant": "1 min"}
    # The supervisor wraps up; the teller does not wait for it.
    assert work_per_arrival(read(data)) == pytest.approx({"desk": 5, "approval": 0.4 * 6})


def test_machines_count_for_the_time_that_they_are_up() -> None:
    data = branch({"kiosk": point("line")}, per_hour=9)
    group = {"count": 2, "serves": ["line"], "kind": "machine"}
    data["staff"] = {"machines": group}
    assert warnings(data) == []
    group["breakdown"] = {"uptime": {"exponential": {"mean": "3 h"}}, "repair": {"constant": "2 h"}}
    assert warnings(data) == [load("kiosk", "1.25")]


KEPT = "servers kept for customers whom only such servers serve: when all are kept, nobody is left"


def kept_map(staff: dict[str, list[str]]) -> Data:
    """Desk keeps its server for an approval in ``back``, which keeps its own for one in ``far``."""
    points = {
        "desk": point("line", to("approval", keep_server=True), minutes=0.01),
        "approval": point("back", to("head", keep_server=True), minutes=0.01),
        "head": point("far", minutes=0.01),
    }
    groups = {name: {"count": 1, "serves": serves} for name, serves in staff.items()}
    return branch(points, {"line": {}, "back": {}, "far": {}}, groups)


@pytest.mark.parametrize(
    ("staff", "rules", "names"),
    [
        ({"a": ["line"], "b": ["back"], "c": ["far"]}, [], ""),
        ({"a": ["line", "back"], "b": ["far"]}, ["desk"], "a"),
        ({"a": ["line", "back"], "b": ["far", "back"]}, ["desk", "approval"], "a, b"),
        ({"a": ["line", "back"], "b": ["back"], "c": ["far"]}, [], ""),
        ({"a": ["line", "far"], "b": ["back"]}, ["desk", "approval"], "a, b"),
        ({"a": ["line", "far"], "b": ["back"], "c": ["far"]}, [], ""),
        ({"a": ["line"], "b": ["back", "far"]}, ["desk", "approval"], "a, b"),
        ({"a": ["line", "back", "far"]}, ["desk", "approval"], "a"),
        ({"a": ["line", "back", "far"], "b": ["back"]}, ["desk", "approval"], "a, b"),
        ({"a": ["line", "back", "far"], "b": ["back", "far"]}, ["desk", "approval"], "a, b"),
        ({"a": ["line", "back", "far"], "b": ["far"]}, ["desk"], "a"),
    ],
)
def test_servers_who_may_all_be_kept(staff: dict[str, list[str]], rules: list[str], names: str) -> None:
    told = [f"touchpoints.{name}.next[1].keep_server: {KEPT}, {names}" for name in rules]
    assert warnings(kept_map(staff)) == told


def test_a_server_kept_for_what_starts_at_once_blocks_nobody() -> None:
    points = {"desk": point("line", to("form", keep_server=True), minutes=1), "form": point(None, minutes=1)}
    assert warnings(branch(points)) == []


# Line groups


def grouped(per_hour: float, **second: Any) -> Data:
    """Two lines of a group with a server each."""
    queues = {"till_1": {"line_group": "tills"}, "till_2": {"line_group": "tills", **second}}
    staff = {f"teller_{i}": {"count": 1, "serves": [f"till_{i}"]} for i in (1, 2)}
    return branch(
        {"till": point("tills", if_rejected="till_b"), "till_b": point(None)}, queues, staff, per_hour
    )


def test_a_touchpoint_may_wait_in_a_line_group() -> None:
    journey = read(grouped(9))
    assert journey.line_groups() == {"tills": ("till_1", "till_2")}
    assert journey.lines_of(journey.touchpoints["till"]) == ("till_1", "till_2")
    assert journey.lines_of(journey.touchpoints["till_b"]) == ()
    only = read(grouped(9) | {"touchpoints": {"till": point("till_2")}})
    assert only.lines_of(only.touchpoints["till"]) == ("till_2",)
    assert [warning.path for warning in only.warnings] == ["queues.till_1", "touchpoints.till"]


def test_lines_of_a_group_may_differ_in_room_and_order() -> None:
    read(grouped(9, capacity=3, discipline="priority", conditions=["seated"]))
    data = grouped(9, balk={"at_length": 2, "probability": 0.5})
    data["queues"]["till_1"]["balk"] = {"at_length": 9, "probability": 0.5}
    read(data)


def test_room_in_one_line_is_enough_to_be_turned_away() -> None:
    assert warnings(grouped(9)) == ["touchpoints.till_b: a touchpoint reached only with probability 0, "]
    assert warnings(grouped(9, capacity=3)) == []


def test_lines_of_a_group_share_its_work() -> None:
    data = grouped(15, capacity=3)
    assert warnings(data) == [load("till", "1.25")]
    data["touchpoints"]["till_b"] = point("till_1")
    data["needs"] = {"any": {"share": 0.5, "start": "till"}, "more": {"share": 0.5, "start": "till_b"}}
    # One line has 75 minutes of its own to do in 60; both together have the same 150 in 120.
    assert warnings(data) == [load("till, till_b", "1.25"), load("till_b", "1.25")]


# People at opening


def test_people_at_opening_come_to_their_touchpoint_in_their_line() -> None:
    data = grouped(1, capacity=3, start_with={"touchpoint": "till", "count": 2})
    start = read(data).queues["till_2"].start_with
    assert start is not None
    assert (start.touchpoint, start.count) == ("till", 2)


def test_what_only_people_at_opening_come_to_is_reached() -> None:
    points = {
        "first": point(None),
        "till": point("line", to("later", after="2 days", probability=0.5), LEAVE),
    }
    points["later"] = point(None)
    told = problems(branch(points))
    assert told == [f"touchpoints.{name}: a touchpoint that nobody reaches, " for name in ("till", "later")]
    data = branch(points, {"line": {"start_with": {"touchpoint": "till", "count": 3}}})
    assert warnings(data) == []
    # Three people with 20 minutes each in an hour are enough, and nobody else comes to the till.
    points["till"]["service"] = {"constant": "21 min"}
    assert warnings(data) == [load("till", "1.05")]
