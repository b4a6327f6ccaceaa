"""Routes: a touchpoint's rules, read from top to bottom, as a split of one number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.branch_days import changed, journey_of

from journeysim.branch.routes import LEAVE, Route, closure, compile_route, edges, find_follow_ups
from journeysim.units import to_ticks

NAMES = ["hub", "a", "b", "c"]
HUB, A, B, C = range(4)
CLASSES = {("x", "cash"): 0, ("x", "loan"): 1, ("y", "cash"): 2, ("y", "loan"): 3}


def route_of(rules: list[dict[str, Any]]) -> Route:
    """The route of a hub with the given rules; other places lead to leave."""
    place = {"stage": "T", "service": {"constant": "1 min"}}
    # Something reaches every place.
    front = {**place, "next": [{"to": dict.fromkeys(NAMES, 0.25)}]}
    data = {
        "journey": "Routes",
        "hours": {"open": "09:00", "close": "10:00"},
        "segments": {"x": {"share": 0.5}, "y": {"share": 0.5}},
        "needs": {"cash": {"share": 0.5, "start": "front"}, "loan": {"share": 0.5, "start": "front"}},
        "arrivals": {"per_hour": 1},
        "touchpoints": {**dict.fromkeys(NAMES, place), "front": front},
    }
    journey = journey_of(changed(data, {"touchpoints.hub.next": rules} if rules else {}))
    return compile_route("hub", journey.touchpoints["hub"], journey, find_follow_ups(journey))


def shares(route: Route, klass: tuple[str, str] = ("x", "cash"), situation: int = 0) -> dict[int, float]:
    """Share of ten thousand evenly spread numbers that goes to each place."""
    u = (np.arange(10_000) + 0.5) / 10_000
    chosen = route.choose(u, np.full(u.size, CLASSES[klass]), situation)
    places, counts = np.unique(chosen, return_counts=True)
    return dict(zip(places.tolist(), (counts / u.size).tolist(), strict=True))


def test_no_rules_mean_leave() -> None:
    assert shares(route_of([])) == {LEAVE: 1}


def test_a_rule_takes_its_probability_of_those_left() -> None:
    route = route_of([{"to": "a", "probability": 0.5}, {"to": "b", "probability": 0.4}, {"to": "c"}])
    assert shares(route) == pytest.approx({A: 0.5, B: 0.2, C: 0.3})
    rules = [{"to": name, "probability": 0.4} for name in ("a", "b", "c")]
    route = route_of([*rules, {"to": "leave"}])
    assert shares(route) == pytest.approx({A: 0.4, B: 0.24, C: 0.144, LEAVE: 0.216})


def test_a_rule_may_split() -> None:
    route = route_of([{"to": {"a": 0.25, "leave": 0.75}, "probability": 0.8}, {"to": {"b": 0.5, "c": 0.5}}])
    assert shares(route) == pytest.approx({A: 0.2, LEAVE: 0.6, B: 0.1, C: 0.1})


def test_a_rule_applies_when_its_condition_holds() -> None:
    route = route_of(
        [
            {"to": "a", "when": {"segment": "y", "need": ["cash", "loan"]}},
            {"to": "b", "when": {"need": "loan"}, "probability": 0.5},
            {"to": "leave"},
        ]
    )
    assert shares(route, ("y", "cash")) == {A: 1}
    assert shares(route, ("x", "loan")) == {B: 0.5, LEAVE: 0.5}
    assert shares(route, ("x", "cash")) == {LEAVE: 1}
    assert route.situations == 1


def test_situations_tell_failures_and_waits_apart() -> None:
    route = route_of(
        [
            {"to": "a", "when": {"waited_over": "10 min", "failed_before": True}},
            {"to": "b", "when": {"waited_over": "5 min"}},
            {"to": "c", "when": {"failed_before": False}},
            {"to": "leave"},
        ]
    )
    assert route.waited_limits == (to_ticks(5), to_ticks(10))
    for failed, minutes, place in [
        (False, 0, C), (False, 5, C), (False, 5.01, B), (False, 10, B), (False, 11, B),
        (True, 0, LEAVE), (True, 5, LEAVE), (True, 10, B), (True, 10.01, A),
    ]:  # fmt: skip
        assert shares(route, situation=route.situation(failed, to_ticks(minutes))) == {place: 1}, (
            failed,
            minutes,
        )


def test_failures_are_not_asked_for_where_no_rule_does() -> None:
    route = route_of([{"to": "a", "when": {"waited_over": "5 min"}}, {"to": "leave"}])
    assert route.situations == 2
    assert route.situation(has_failed=True, waited=0) == route.situation(has_failed=False, waited=0) == 0


def test_the_last_share_takes_what_rounding_leaves() -> None:
    almost_one = np.array([np.nextafter(1.0, 0.0)])
    route = route_of([{"to": {"a": 0.3333333, "b": 0.3333333, "c": 0.3333333}}])
    assert route.choose(almost_one, np.array([0]), 0).tolist() == [C]
    route = route_of([{"to": {"a": 0.3333333, "b": 0.6666666, "c": 0}}])
    assert route.choose(almost_one, np.array([0]), 0).tolist() == [B]


def test_probability_0_takes_nobody() -> None:
    route = route_of([{"to": "a", "probability": 0}, {"to": {"b": 0, "c": 1}}])
    assert route.choose(np.array([2.0**-53]), np.array([0]), 0).tolist() == [C]
    assert shares(route) == {C: 1}


def test_probability_0_is_no_edge() -> None:
    routes = [route_of([{"to": "a", "probability": 0}, {"to": {"b": 0, "c": 1}}]), *[route_of([])] * 3]
    assert [tuple(pair) for pair in np.argwhere(edges(routes, [set()] * 4)[0])] == [(HUB, C)]


def test_edges_and_their_closure() -> None:
    routes = [route_of([{"to": "a", "when": {"segment": "x"}}, {"to": "leave"}]), *[route_of([])] * 3]
    leads = edges(routes, [set(), {B}, {LEAVE}, {HUB}])
    assert leads.shape == (4, 4, 4)
    assert [tuple(pair) for pair in np.argwhere(leads[CLASSES["x", "cash"]])] == [(HUB, A), (A, B), (C, HUB)]
    assert [tuple(pair) for pair in np.argwhere(leads[CLASSES["y", "cash"]])] == [(A, B), (C, HUB)]
    reach = closure(leads)[CLASSES["x", "cash"]]
    assert [tuple(pair) for pair in np.argwhere(reach)] == [
        (HUB, A), (HUB, B), (A, B), (C, HUB), (C, A), (C, B),
    ]  # fmt: skip
    assert not np.shares_memory(closure(leads), leads)
