"""Expected visits and checks on random maps, against sums taken another way."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import FILES, Data, journey_maps, to_text

from journeysim.journey import expected_case_visits, expected_visits, parse_journey
from journeysim.journey.loads import arrival_mix
from journeysim.journey.routes import Routes


def steps_by_hand(
    data: Data, segment: str, need: str, start: str | None = None, *, contacts: bool
) -> dict[str, float]:
    """Expected steps by following the mass of one customer, rule by rule, until next to nothing is inside.

    With ``contacts``, a later contact of the case begins as a visit without failures so far.
    """
    inside = {(start or data["needs"][need]["start"], False): 1.0}
    steps = dict.fromkeys(data["touchpoints"], 0.0)
    while sum(inside.values()) > 1e-14:
        onward: dict[tuple[str, bool], float] = {}
        for (name, failed), mass in inside.items():
            steps[name] += mass
            point = data["touchpoints"][name]
            fails = point.get("fails", 0)
            ways = {(point.get("if_failed", "leave"), True): fails}
            left = 1 - fails
            for rule in point.get("next", []):
                when = rule.get("when", {})
                segments, needs = when.get("segment", segment), when.get("need", need)
                applies = (
                    segment in ([segments] if isinstance(segments, str) else segments)
                    and need in ([needs] if isinstance(needs, str) else needs)
                    and when.get("failed_before", failed) == failed
                    and "waited_over" not in when
                )
                if applies:
                    taken = left * rule.get("probability", 1)
                    to = rule["to"] if isinstance(rule["to"], dict) else {rule["to"]: 1}
                    for target, share in to.items():
                        state = (target, failed and "after" not in rule)
                        if contacts or "after" not in rule:
                            ways[state] = ways.get(state, 0) + taken * share
                    left -= taken
            for (target, after), probability in ways.items():
                if target != "leave":
                    onward[target, after] = onward.get((target, after), 0) + mass * probability
        inside = onward
    return steps


@given(journey_maps())
def test_expected_visits_equal_the_mass_followed_step_by_step(data: Data) -> None:
    journey = parse_journey(to_text(data), "x")
    visits = expected_visits(journey)
    kinds = [(segment, need) for segment in data["segments"] for need in data["needs"]]
    for column, (segment, need) in enumerate(kinds):
        by_hand = steps_by_hand(data, segment, need, contacts=False)
        assert np.allclose(visits[:, column], [by_hand[name] for name in data["touchpoints"]], atol=1e-9)


@given(journey_maps(), st.integers(0, 4))
def test_expected_visits_of_a_case_follow_its_later_contacts(data: Data, place: int) -> None:
    journey = parse_journey(to_text(data), "x")
    names = list(data["touchpoints"])
    kinds = [(segment, need) for segment in data["segments"] for need in data["needs"]]
    for start in (None, names[place % len(names)]):
        visits = expected_case_visits(journey, start)
        for column, (segment, need) in enumerate(kinds):
            by_hand = steps_by_hand(data, segment, need, start, contacts=True)
            assert np.allclose(visits[:, column], [by_hand[name] for name in names], atol=1e-9)


@given(journey_maps(files=True))
def test_what_is_visited_is_reached(data: Data) -> None:
    journey = parse_journey(to_text(data), "x", FILES)
    mix = arrival_mix(journey)
    assert np.isclose(mix.sum(), 1)
    visited = expected_case_visits(journey) @ mix.ravel() > 0
    names = [name for name, here in zip(journey.touchpoints, visited, strict=True) if here]
    assert set(names) <= Routes(journey).reached


@given(journey_maps(), st.randoms(use_true_random=False))
def test_order_of_sections_does_not_matter(data: Data, random) -> None:  # type: ignore[no-untyped-def]
    keys = list(data)
    random.shuffle(keys)
    journey = parse_journey(to_text(data), "x")
    assert parse_journey(to_text({key: data[key] for key in keys}), "x").model_dump() == journey.model_dump()
