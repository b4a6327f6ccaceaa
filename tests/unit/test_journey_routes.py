"""Routes: who is sure to leave, how often each touchpoint is visited, and how much work that is."""

# ruff: noqa: E501 (one small map a line reads best)

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from tests.example_map import EXAMPLE
from tests.strategies import Data, to_text

from journeysim.errors import InputError
from journeysim.journey import Journey, expected_visits, parse_journey
from journeysim.journey.loads import arrival_mix, overloads, work_per_arrival


def small_map(touchpoints: Data, queues: Data | None = None, **more: Any) -> Data:
    """A map of one segment and two needs that start at the first touchpoint."""
    queues = queues or {}
    for point in touchpoints.values():
        point.setdefault("stage", "Transact")
        point.setdefault("service", {"constant": "6 min"})
    first = next(iter(touchpoints))
    data: Data = {
        "journey": "small",
        "hours": {"open": "09:00", "close": "17:00"},
        "segments": {"regular": {"share": 1, "patience": {"exponential": {"mean": "5 min"}}}},
        "needs": {"cash": {"share": 0.5, "start": first}, "advice": {"share": 0.5, "start": first}},
        "arrivals": {"per_hour": 10},
        "staff": {"tellers": {"count": 9, "serves": list(queues)}} if queues else {},
        "queues": queues,
        "touchpoints": touchpoints,
    }
    return {**data, **more}


def read(data: Data) -> Journey:
    return parse_journey(to_text(data), "map.yaml")


def loops(data: Data) -> list[str]:
    with pytest.raises(InputError) as caught:
        read(data)
    return [f"{problem.path}: {problem.problem}: {problem.found}" for problem in caught.value.problems]


FULL = {"line": {"capacity": 3}, "other line": {"capacity": 3}}
BALKED = {"line": {"balk": {"at_length": 3}}}

ENDLESS: dict[str, tuple[Data, Data, str]] = {
    "back to itself": ({"a": {"next": [{"to": "a"}]}}, {}, "a (served) → a"),
    "to one another": (
        {"a": {"next": [{"to": "b"}]}, "b": {"next": [{"to": "a"}]}},
        {},
        "a (served) → b (served) → a",
    ),
    "for one need": (
        {"a": {"next": [{"to": "b", "when": {"need": "advice"}}, {"to": "leave"}]}, "b": {"next": [{"to": "a"}]}},
        {},
        "a (served) → b (served) → a",
    ),
    "by a split": ({"a": {"next": [{"to": {"a": 1, "leave": 0}}]}}, {}, "a (served) → a"),
    "always failing": ({"a": {"fails": 1, "if_failed": "a"}}, {}, "a (failed) → a"),
    "after a failure": (
        {"a": {"fails": 0.1, "if_failed": "a", "next": [{"to": "a", "when": {"failed_before": True}}, {"to": "leave"}]}},
        {},
        "a (served or failed) → a",
    ),
    "after a wait": (
        {"a": {"queue": "line", "next": [{"to": "a", "when": {"waited_over": "5 min"}}, {"to": "leave"}]}},
        {"line": {}},
        "a (served) → a",
    ),
    "no room": (
        {"a": {"queue": "line", "if_rejected": "b"}, "b": {"queue": "other line", "if_rejected": "a"}},
        FULL,
        "a (rejected) → b (rejected) → a",
    ),
    "no room in the same line": ({"a": {"queue": "line", "if_rejected": "a"}}, {"line": {"capacity": 3}}, "a (rejected) → a"),
    "balked": ({"a": {"queue": "line", "if_balked": "a"}}, BALKED, "a (balked) → a"),
    "balked, then no room": (
        {
            "a": {"queue": "line", "if_balked": "b"},
            "b": {"queue": "other line", "if_rejected": "c"},
            "c": {"next": [{"to": "a"}]},
        },
        {"line": {"balk": {"at_length": 1}}, "other line": {"capacity": 2}},
        "a (balked) → b (rejected) → c (served) → a",
    ),
    "given up": (
        {"a": {"queue": "line", "if_reneged": "b"}, "b": {"queue": "line", "if_reneged": "a"}},
        {"line": {}},
        "a (reneged) → b (reneged) → a",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDLESS)
def test_route_that_never_leaves_is_named(name: str) -> None:
    touchpoints, queues, way = ENDLESS[name]
    (found,) = loops(small_map(touchpoints, queues))
    assert found == f"touchpoints.a: a route that never leaves: {way}"


LEAVING: dict[str, tuple[Data, Data]] = {
    "returns half of the time": ({"a": {"next": [{"to": {"a": 0.5, "leave": 0.5}}]}}, {}),
    "fails now and then": ({"a": {"fails": 0.3, "if_failed": "a"}}, {}),
    "asks for a failure that cannot be": (
        {"a": {"next": [{"to": "a", "when": {"failed_before": True}}, {"to": "leave"}]}},
        {},
    ),
    "always failing once": (
        {"a": {"fails": 1, "if_failed": "b"}, "b": {"next": [{"to": "a", "when": {"failed_before": False}}, {"to": "leave"}]}},
        {},
    ),
    "given up, but nobody gives up here": (
        {"a": {"queue": "line", "if_reneged": "a"}},
        {"line": {"patience": "none"}},
    ),
    "no room, but there is always room": ({"a": {"queue": "line", "if_rejected": "a"}}, {"line": {}}),
    "balked half of the time": (
        {"a": {"queue": "line", "if_balked": "a"}},
        {"line": {"balk": {"at_length": 3, "probability": 0.5}}},
    ),
    "balked never": (
        {"a": {"queue": "line", "if_balked": "a"}},
        {"line": {"balk": {"at_length": 3, "probability": 0}}},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LEAVING)
def test_route_that_leaves_is_accepted(name: str) -> None:
    touchpoints, queues = LEAVING[name]
    read(small_map(touchpoints, queues))


def test_segment_without_patience_does_not_give_up() -> None:
    touchpoints, queues, _ = ENDLESS["given up"]
    read(small_map(touchpoints, queues, segments={"regular": {"share": 1}}))


@pytest.mark.parametrize(("back", "accepted"), [(0.9, True), (0.97, True), (0.975, False), (0.9999, False)])
def test_route_that_returns_too_often_is_refused(back: float, accepted: bool) -> None:
    data = small_map({"a": {"next": [{"to": {"a": back, "leave": 1 - back}}]}})
    assert (back**1000 < 1e-12) == accepted
    if accepted:
        read(data)
    else:
        (found,) = loops(data)
        assert "a route that returns too often: 1000 steps in a visit have a chance of" in found
        assert f"{back**1000:.1g}" in found


def test_long_chain_of_touchpoints_is_no_loop() -> None:
    names = [f"p{number}" for number in range(300)]
    points: Data = {
        name: {"next": [{"to": onward}]} for name, onward in zip(names, [*names[1:], "leave"], strict=True)
    }
    assert expected_visits(read(small_map(points))).sum() == pytest.approx(600)


def test_two_separate_loops_are_both_told() -> None:
    points = {
        "a": {"next": [{"to": "b", "when": {"need": "cash"}}, {"to": "c"}]},
        "b": {"next": [{"to": "b"}]},
        "c": {"next": [{"to": "c"}]},
    }
    assert len(loops(small_map(points))) == 2


def test_expected_visits_of_the_example() -> None:
    visits = expected_visits(parse_journey(EXAMPLE, "x"))
    # Columns: regular cash, regular advice, vip cash, vip advice.
    expected = [
        [1, 1, 1, 1],
        [0.6, 0, 0, 0],
        [0, 0, 1, 1],
        [0.4 + 0.6 * 0.08, 1, 0, 0],
        [0, 0.5, 0, 0],
    ]
    assert visits == pytest.approx(np.array(expected))


def test_expected_visits_with_feedback() -> None:
    back = {"a": {"next": [{"to": "b"}]}, "b": {"next": [{"to": "a", "probability": 0.25}, {"to": "leave"}]}}
    assert expected_visits(read(small_map(back))) == pytest.approx(np.full((2, 2), 1 / 0.75))
    failing = {"a": {"fails": 0.2, "if_failed": "a"}}
    assert expected_visits(read(small_map(failing))) == pytest.approx(np.full((1, 2), 1.25))


def test_expected_visits_follow_failed_before() -> None:
    points = {
        "a": {"fails": 0.25, "if_failed": "b", "next": [{"to": "b"}]},
        "b": {"next": [{"to": "c", "when": {"failed_before": True}, "probability": 0.5}, {"to": "leave"}]},
        "c": {},
    }
    assert expected_visits(read(small_map(points)))[:, 0] == pytest.approx([1, 1, 0.125])


def test_expected_visits_leave_waits_out() -> None:
    points = {
        "a": {"queue": "line", "next": [{"to": "b", "when": {"waited_over": "0 s"}}, {"to": "leave"}]},
        "b": {},
    }
    assert expected_visits(read(small_map(points, {"line": {}})))[:, 0] == pytest.approx([1, 0])


def test_sequential_probabilities_are_of_those_left() -> None:
    rules = [
        {"to": "b", "probability": 0.5},
        {"to": "c", "probability": 0.5},
        {"to": {"b": 0.25, "leave": 0.75}},
    ]
    visits = expected_visits(read(small_map({"a": {"next": rules}, "b": {}, "c": {}})))
    assert visits[:, 0] == pytest.approx([1, 0.5 + 0.25 * 0.25, 0.25])


def test_work_counts_visits_shares_and_service() -> None:
    journey = parse_journey(EXAMPLE, "x")
    work = work_per_arrival(journey)
    assert work["counter"] == pytest.approx(0.9 * (0.7 * 0.448 * 5 + 0.3 * 9))
    assert work["vip_counter"] == pytest.approx(0.1 * 7)
    assert arrival_mix(journey) == pytest.approx(np.array([[0.63, 0.27], [0.04, 0.06]]))


def test_overload_is_work_over_capacity() -> None:
    journey = parse_journey(EXAMPLE, "x")
    found = {overload.touchpoints: overload for overload in overloads(journey)}
    # 66 customers an hour from 12:00 on a Monday, four tellers.
    counter = found["counter",]
    assert counter.load == pytest.approx(66 / 60 * 0.9 * (0.7 * 0.448 * 5 + 0.3 * 9) / 4)
    assert (counter.span, counter.whole_day) == ((720, 840), False)
    arrivals = 1.2 * (24 + 2 * 40 + 2 * 55 + 3 * 30)
    adviser = found["adviser",]
    assert adviser.whole_day
    assert adviser.load == pytest.approx(arrivals * 0.9 * 0.3 * 0.5 * 20 / (2 * 8 * 60))


def test_groups_that_share_queues_are_held_together() -> None:
    points: Data = {
        "a": {"queue": "x", "next": [{"to": "b"}]},
        "b": {"queue": "y", "service": {"constant": "3 min"}},
    }
    staff = {"one": {"count": 1, "serves": ["x", "y"]}, "two": {"count": 1, "serves": ["y"]}}
    data = small_map(points, {"x": {}, "y": {}}, staff=staff)
    data["arrivals"] = {"per_hour": 9}
    assert overloads(read(data)) == []
    data["arrivals"] = {"per_hour": 11}
    (over,) = overloads(read(data))
    # 1.1 servers of work at x alone, with one server.
    assert over.touchpoints == ("a",)
    assert over.load == pytest.approx(1.1)
    data["arrivals"] = {"per_hour": 9.9}
    data["touchpoints"]["b"]["service"] = {"constant": "9 min"}
    (over,) = overloads(read(data))
    assert over.touchpoints == ("a", "b")
    assert over.load == pytest.approx(9.9 * 15 / 60 / 2)


def test_nobody_on_duty_is_an_infinite_load() -> None:
    data = small_map({"a": {"queue": "line"}}, {"line": {}})
    data["staff"]["tellers"]["count"] = {"12:00": 9}
    (over,) = overloads(read(data))
    assert over.load == math.inf
    assert str(over) == "nobody on duty from 09:00 to 12:00"


def test_long_loop_is_named_in_short() -> None:
    names = [f"p{number}" for number in range(50)]
    points: Data = {
        name: {"next": [{"to": onward}]} for name, onward in zip(names, [*names[1:], "p0"], strict=True)
    }
    (found,) = loops(small_map(points))
    assert found.endswith("p6 (served) → p7 (served) → 42 more → p0")


def test_map_beyond_all_measure_is_refused() -> None:
    points: Data = {f"p{number}": {} for number in range(300)}
    segments = {f"s{number}": {"share": 0.05} for number in range(20)}
    needs = {f"n{number}": {"share": 0.1, "start": "p0"} for number in range(10)}
    (found,) = loops(small_map(points, segments=segments, needs=needs))
    assert "at most 50000 combinations of segment, need and touchpoint are possible: 60000" in found
